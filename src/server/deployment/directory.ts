import { createHmac, randomBytes } from 'node:crypto'
import type { User } from './configuration.js'
import { verifyPassword } from './passwords.js'

/** A user with the name of the account. */
export interface Account {
  readonly name: string
  readonly user: User
}

/** How long a right password is accepted again without hashing, in milliseconds. */
const REMEMBERED = 300_000
const CAPACITY = 10_000

/**
 * The users of a deployment. A right password is remembered for some minutes, because clients send it with each leg of a protocol:
 * as an HMAC under a key of this process, over the hash too, so that a changed password takes effect at once.
 */
export class Directory {
  readonly #key = randomBytes(32)
  readonly #verified = new Map<string, number>()

  constructor(
    private users: ReadonlyMap<string, User>,
    private readonly clock: () => number = () => performance.now(),
  ) {}

  /** Replaces the users. */
  replace(users: ReadonlyMap<string, User>): void {
    this.users = users
  }

  /** The number of accounts. */
  get size(): number {
    return this.users.size
  }

  /** Whether there is an account of this name, disabled or not. */
  knows(name: string): boolean {
    return this.users.has(name)
  }

  /** The account of this name, unless it is disabled. */
  find(name: string): Account | undefined {
    const user = this.users.get(name)
    return user === undefined || user.disabled ? undefined : { name, user }
  }

  /** The account, if this password was right in the last minutes. */
  recall(name: string, password: string): Account | undefined {
    const account = this.find(name)
    const until = account && this.#verified.get(this.#tagOf(account, password))
    return until !== undefined && until > this.clock() ? account : undefined
  }

  /** The account with this name and password. An unknown name takes as long as a wrong password. */
  async authenticate(name: string, password: string): Promise<Account | undefined> {
    const account = this.find(name)
    const isRight = await verifyPassword(password, account?.user.password)
    if (account === undefined || !isRight) return undefined
    const tag = this.#tagOf(account, password)
    this.#verified.delete(tag)
    this.#verified.set(tag, this.clock() + REMEMBERED)
    const [oldest] = this.#verified.keys()
    if (this.#verified.size > CAPACITY && oldest !== undefined) this.#verified.delete(oldest)
    return account
  }

  /** A name for texts that does not reveal them, in this process. */
  tag(...texts: readonly (string | undefined)[]): string {
    return createHmac('sha256', this.#key).update(JSON.stringify(texts)).digest('base64')
  }

  #tagOf({ name, user }: Account, password: string): string {
    return this.tag(name, password, user.password)
  }
}
