import type { Accounts } from '../authentication.js'

/** Accounts with their passwords in clear, for digests too. */
export class TestAccounts implements Accounts {
  readonly #passwords: ReadonlyMap<string, string>
  /** The calls, in order. */
  readonly asked: string[] = []

  constructor(passwords: Readonly<Record<string, string>>) {
    this.#passwords = new Map(Object.entries(passwords))
  }

  verify(username: string, password: string): Promise<string | undefined> {
    this.asked.push(`verify ${username}`)
    return Promise.resolve(this.#passwords.get(username) === password ? `id-of-${username}` : undefined)
  }

  async verifyDigest(username: string, matches: (password: string) => Promise<boolean>): Promise<string | undefined> {
    this.asked.push(`verifyDigest ${username}`)
    const password = this.#passwords.get(username)
    const isRight = await matches(password ?? '')
    return password !== undefined && isRight ? `id-of-${username}` : undefined
  }
}

/** The same accounts without passwords in clear: they take no digests. */
export function hashedOnly(accounts: Accounts): Accounts {
  return { verify: (username, password) => accounts.verify(username, password) }
}
