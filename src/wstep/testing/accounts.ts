import type { Accounts } from '../accounts.js'

/** Accounts with their passwords in clear, and whose of them may be had. */
export class TestAccounts implements Accounts {
  readonly #passwords: ReadonlyMap<string, string>
  /** What was asked for. */
  readonly asked: string[] = []

  constructor(passwords: Readonly<Record<string, string>>) {
    this.#passwords = new Map(Object.entries(passwords))
  }

  verify(username: string, password: string): Promise<string | undefined> {
    this.asked.push(`verify ${username}`)
    return Promise.resolve(this.#passwords.get(username) === password ? `id-of-${username}` : undefined)
  }

  recover(username: string): Promise<{ id: string; password: string } | undefined> {
    this.asked.push(`recover ${username}`)
    const password = this.#passwords.get(username)
    return Promise.resolve(password === undefined ? undefined : { id: `id-of-${username}`, password })
  }
}

/** Accounts none of whose passwords can be had. */
export function hashedOnly(accounts: Accounts): Accounts {
  return { verify: (username, password) => accounts.verify(username, password) }
}
