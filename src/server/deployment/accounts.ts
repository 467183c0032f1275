import type { LoginAttempts } from '../../store/index.js'
import type { Accounts } from '../../authentication/authentication.js'
import { AuthenticationError } from '../../authentication/errors.js'
import { networkOf } from '../http/ip-address.js'
import { requestContext } from '../http/request-context.js'
import type { Account, Directory } from './directory.js'
import { openPassword, type SealingKey } from './sealed-passwords.js'

export interface DirectoryAccountsOptions {
  readonly directory: Directory
  /** Counts attempts over all nodes, by account and by address. */
  readonly logins: Pick<LoginAttempts, 'begin' | 'succeeded'>
  /** Failed attempts from one address until it is locked; many people may share it. */
  readonly attemptsPerAddress: number
  /** The key that opens sealed passwords. Without it, digests of passwords are refused. */
  readonly digestKey?: SealingKey
  /** Called for each attempt that a lock refuses. */
  readonly onLockout?: (kind: 'account' | 'address') => void
}

/**
 * The accounts of a directory, behind a lock: after some failures in a row of one account, or from one address, further
 * attempts throw `AuthenticationError` (`authentication/locked-account`, `.../locked-address`), and the password is not
 * checked. A password that was right minutes ago is not an attempt, and the same password several times at once is one: a
 * client may begin with many requests.
 */
export function directoryAccounts(options: DirectoryAccountsOptions): Accounts {
  const { directory, logins, attemptsPerAddress, digestKey, onLockout } = options
  /** Attempts under way, by name, password and address. */
  const underWay = new Map<string, Promise<Account | undefined>>()

  function login(username: string, password: string): Promise<Account | undefined> {
    const name = directory.tag(username, password, currentNetwork() ?? '')
    const begun = underWay.get(name)
    if (begun !== undefined) return begun
    const result = attempt(username, () => directory.authenticate(username, password))
    underWay.set(name, result)
    return result.finally(() => underWay.delete(name))
  }

  async function attempt<T>(username: string, verify: () => Promise<T | undefined>): Promise<T | undefined> {
    const address = currentNetwork()
    // The address first: a locked address must not lock further accounts.
    const subjects = [
      ...(address === undefined ? [] : [['address', address, attemptsPerAddress] as const]),
      ['account', username, undefined] as const,
    ]
    for (const [kind, subject, attempts] of subjects) {
      if ((await logins.begin(`${kind}:${subject}`, attempts)) === undefined) continue
      onLockout?.(kind)
      throw new AuthenticationError(`authentication/locked-${kind}`)
    }
    const result = await verify()
    if (result !== undefined) for (const [kind, subject] of subjects) await logins.succeeded(`${kind}:${subject}`)
    return result
  }

  /** Names the account in log lines if it exists; an unknown name may be a mistyped password. */
  function noteAccount(username: string): void {
    const context = requestContext.getStore()
    if (context !== undefined && directory.knows(username)) context.account = username
  }

  return {
    async verify(username, password) {
      noteAccount(username)
      const known = directory.recall(username, password)
      const account = known ?? (await login(username, password))
      return account?.name
    },
    verifyDigest:
      digestKey &&
      ((username, matches) => {
        noteAccount(username)
        return attempt(username, async () => {
          const account = directory.find(username)
          const sealed = account?.user.sealedPassword
          const isRight = await matches(sealed === undefined ? '' : await openPassword(sealed, username, digestKey))
          return sealed !== undefined && isRight ? account?.name : undefined
        })
      }),
  }
}

/** The network that attempts of the current request count for. */
function currentNetwork(): string | undefined {
  const address = requestContext.getStore()?.address
  return address === undefined ? undefined : networkOf(address)
}
