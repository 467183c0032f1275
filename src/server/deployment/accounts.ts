import { AsyncLocalStorage } from 'node:async_hooks'
import type { LoginAttempts } from '../../store/index.js'
import type { Accounts } from '../../authentication/authentication.js'
import type { Account, Directory } from './directory.js'
import { openPassword, type SealingKey } from './sealed-passwords.js'

/** From where the request comes that is being answered: an address, or the network that counts for one. */
export const currentAddress = new AsyncLocalStorage<string>()

export interface DirectoryAccountsOptions {
  readonly directory: Directory
  /** Counts attempts over all nodes, by account and by address. */
  readonly logins: LoginAttempts
  /** How many attempts may fail from one address, where many people may be. */
  readonly attemptsPerAddress: number
  /** Opens sealed passwords; without it, digests of passwords are refused. */
  readonly digestKey?: SealingKey
  /** Told of an account or address that may not try any more for a while. */
  readonly onLockout?: (kind: 'account' | 'address') => void
}

/**
 * Accounts of a directory, behind a lock: after some failures in a row by one account, or from one address, further attempts
 * fail without being looked at. A password that was right minutes ago is not an attempt, and the same password several times at
 * once is one: a client may begin with many requests.
 */
export function directoryAccounts(options: DirectoryAccountsOptions): Accounts {
  const { directory, logins, attemptsPerAddress, digestKey, onLockout } = options
  /** Attempts under way, by name, password and address. */
  const underWay = new Map<string, Promise<Account | undefined>>()

  function login(username: string, password: string): Promise<Account | undefined> {
    const name = directory.tag(username, password, currentAddress.getStore() ?? '')
    const begun = underWay.get(name)
    if (begun !== undefined) return begun
    const result = attempt(username, () => directory.authenticate(username, password))
    underWay.set(name, result)
    return result.finally(() => underWay.delete(name))
  }

  async function attempt<T>(username: string, verify: () => Promise<T | undefined>): Promise<T | undefined> {
    const address = currentAddress.getStore()
    // The address first: one that is locked has no more say in which accounts are.
    const subjects = [
      ...(address === undefined ? [] : [['address', address, attemptsPerAddress] as const]),
      ['account', username, undefined] as const,
    ]
    for (const [kind, subject, attempts] of subjects) {
      if ((await logins.begin(`${kind}:${subject}`, attempts)) === undefined) continue
      onLockout?.(kind)
      return undefined
    }
    const result = await verify()
    if (result !== undefined) for (const [kind, subject] of subjects) await logins.succeeded(`${kind}:${subject}`)
    return result
  }

  return {
    async verify(username, password) {
      const known = directory.recall(username, password)
      const account = known ?? (await login(username, password))
      return account?.name
    },
    ...(digestKey && {
      verifyDigest: (username, matches) =>
        attempt(username, async () => {
          const account = directory.find(username)
          const sealed = account?.user.sealedPassword
          const isRight = await matches(sealed === undefined ? '' : await openPassword(sealed, username, digestKey))
          return sealed !== undefined && isRight ? account?.name : undefined
        }),
    }),
  }
}
