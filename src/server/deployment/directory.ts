import { createHmac, randomBytes } from 'node:crypto'
import type { User } from './configuration.js'
import { verifyPassword } from './passwords.js'

/** A user with the name of the account. */
export interface Account {
  readonly name: string
  readonly user: User
}

/** How long a password that was right is taken for right without hashing it again, in milliseconds. */
const REMEMBERED = 300_000
const CAPACITY = 10_000

/**
 * The users of a deployment. A password that was right is remembered for some minutes (as an HMAC under a key of this process,
 * over the hash too, so that a changed password counts at once): a client of a protocol with several legs sends it with each.
 */
export class Directory {
  readonly #key = randomBytes(32)
  readonly #verified = new Map<string, number>()

  constructor(
    private users: ReadonlyMap<string, User>,
    private readonly clock: () => number = () => performance.now(),
  ) {}

  /** Takes other users from now on. */
  replace(users: ReadonlyMap<string, User>): void {
    this.users = users
  }

  /** An account that is there and not disabled. */
  find(name: string): Account | undefined {
    const user = this.users.get(name)
    return user === undefined || user.disabled ? undefined : { name, user }
  }

  /** The account, if this was its password some minutes ago at most. */
  recall(name: string, password: string): Account | undefined {
    const account = this.find(name)
    const until = account && this.#verified.get(this.#tagOf(account, password))
    return until !== undefined && until > this.clock() ? account : undefined
  }

  /** The account with this name and password. Takes as long for a name that is not there as for a wrong password. */
  async authenticate(name: string, password: string): Promise<Account | undefined> {
    const account = this.find(name)
    const isRight = await verifyPassword(password, account?.user.password)
    if (account === undefined || !isRight) return undefined
    const tag = this.#tagOf(account, password)
    this.#verified.delete(tag)
    this.#verified.set(tag, this.clock() + REMEMBERED)
    if (this.#verified.size > CAPACITY) this.#verified.delete(this.#verified.keys().next().value!)
    return account
  }

  /** Names texts without telling them, in this process. */
  tag(...texts: readonly (string | undefined)[]): string {
    return createHmac('sha256', this.#key).update(JSON.stringify(texts)).digest('base64')
  }

  #tagOf({ name, user }: Account, password: string): string {
    return this.tag(name, password, user.password)
  }
}
