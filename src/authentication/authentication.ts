import { sha256 } from '@noble/hashes/sha2.js'
import type { Requester } from '../pki/authority.js'
import type { Octets } from '../../bindings/octets/octets.js'
import { verifyPassword, type UsernameToken } from '../soap/security/username-token.js'
import { MemoryReplayCache, type ReplayCache } from './single-use.js'
import { AuthenticationError, type AuthenticationErrorCode } from './errors.js'
import { encodeText } from '../../bindings/octets/text.js'

/** Checks names and passwords. */
export interface Accounts {
  /**
   * The id of the account if the password is right; the authority knows the account by this id. Undefined for a wrong
   * password and, after the same amount of work, an unknown name. May throw `AuthenticationError`
   * (`authentication/locked-account`, `.../locked-address`).
   */
  verify(username: string, password: string): Promise<string | undefined>
  /**
   * The id of the account whose password matches a digest. The account passes its password to `matches`, so the password must
   * be stored in a recoverable form; failures count as in `verify`. Undefined as in `verify`; for an unknown name, `matches` is
   * called with any other password, to take as long. Leave it out to refuse all digests, which is the better choice unless a
   * client needs them. [WSSUTP] 3.1
   */
  verifyDigest?(username: string, matches: (password: string) => Promise<boolean>): Promise<string | undefined>
}

/** The transport's knowledge about the client. [MS-WSTEP] 3.1.1.1.1 and 3.1.1.1.2 */
export interface TransportCredentials {
  /**
   * The certificate that the client showed in the TLS handshake. `trusted`: its path to an authority for clients was
   * verified.
   */
  readonly certificate?: { readonly der: Octets; readonly trusted: boolean }
  /** The result of Kerberos or another HTTP scheme: the account's id, or none if it failed. */
  readonly negotiated?: { readonly method: string; readonly id: string | undefined }
}

export interface AuthenticationOptions {
  /** Checks passwords. Default: all are refused. */
  readonly accounts?: Accounts
  /**
   * The account of a trusted TLS certificate; undefined if it has none. May throw `AuthenticationError`
   * (`authentication/certificate-revoked`, `.../key-compromised`). Default: no certificate has an account.
   */
  readonly certificateAccount?: (certificate: Octets) => Promise<string | undefined>
  /** Called for each authenticated account. Throws a `SoapFault` to make it wait. */
  readonly admit?: (account: Account) => void
  /** Remembers the nonces of digests; the nodes of a farm share one. Default: in memory. */
  readonly replayCache?: ReplayCache
  /** How old the digest of a password may be, in milliseconds. Default: 5 minutes. */
  readonly digestAge?: number
  /** How far the clocks of clients may be ahead, in milliseconds. Default: 1 minute. */
  readonly digestFuture?: number
}

/** An account that came with credentials beside the request. */
export type Account = Extract<Requester, { by: 'account' }>

/** Longer passwords are refused unread, because hashing them would cost too much. */
const MAX_PASSWORD = 1024
/** How much longer than it is accepted a digest is remembered, in ms: a node whose clock is ahead deletes it for all. */
const CLOCK_TOLERANCE = 60_000

/** Authenticates messages by all the credentials that come with them. */
export class Authentication {
  readonly #options: AuthenticationOptions
  readonly #replayCache: ReplayCache
  readonly #clock: () => Date

  constructor(options: AuthenticationOptions, clock: () => Date) {
    this.#options = options
    this.#replayCache = options.replayCache ?? new MemoryReplayCache({ clock })
    this.#clock = clock
  }

  /**
   * The account of a message; undefined if the message has no credentials. All credentials must be right and belong to one
   * account; otherwise throws `AuthenticationError`. [MS-WSTEP] 3.1.4.2
   */
  async authenticate(token: UsernameToken | undefined, transport: TransportCredentials): Promise<Account | undefined> {
    const { certificate, negotiated } = transport
    const found: Account[] = []
    const add = (method: string, id: string | undefined, otherwise: AuthenticationErrorCode): void => {
      if (id === undefined || id === '') throw new AuthenticationError(otherwise)
      found.push({ by: 'account', id, method })
    }
    if (negotiated !== undefined) add(negotiated.method, negotiated.id, 'authentication/negotiated')
    if (certificate !== undefined) {
      if (!certificate.trusted) throw new AuthenticationError('authentication/certificate-untrusted')
      const id = await this.#options.certificateAccount?.(certificate.der)
      add('certificate', id, 'authentication/certificate-account')
    }
    if (token?.type === 'text') add('password', await this.#passwordAccount(token), 'authentication/password')
    if (token?.type === 'digest') add('digest', await this.#digestAccount(token), 'authentication/digest')

    const [account] = found
    if (account === undefined) return undefined
    if (found.some(({ id }) => id !== account.id)) throw new AuthenticationError('authentication/account-mismatch')
    this.#options.admit?.(account)
    return account
  }

  /**
   * Ignores Nonce and Created: some clients set them once for many messages, and in local time. TLS protects a password in
   * clear from replay.
   */
  async #passwordAccount({ username, password }: UsernameToken & { type: 'text' }): Promise<string | undefined> {
    if (password === undefined || password.length > MAX_PASSWORD) return undefined
    return this.#options.accounts?.verify(username, password)
  }

  async #digestAccount(token: UsernameToken & { type: 'digest' }): Promise<string | undefined> {
    const { accounts, digestAge = 300_000, digestFuture = 60_000 } = this.#options
    if (accounts?.verifyDigest === undefined) return undefined
    const created = token.createdAt.getTime()
    const now = this.#clock().getTime()
    if (created < now - digestAge || created > now + digestFuture) {
      throw new AuthenticationError('authentication/digest-time')
    }
    const id = await accounts.verifyDigest(token.username, (password) => verifyPassword(token, password))
    if (id === undefined) return undefined
    // Only valid digests are remembered, so that unknown callers cannot fill the cache, and only until they expire at every node.
    const until = new Date(created + digestAge + CLOCK_TOLERANCE)
    const isNew = await this.#replayCache.insert([nonceKey(id, token.nonce)], until)
    if (!isNew) throw new AuthenticationError('authentication/digest-replayed')
    return id
  }
}

/** The replay cache's key for a nonce: of fixed length, and separate for each account. */
function nonceKey(id: string, nonce: Uint8Array): Uint8Array {
  return sha256
    .create()
    .update(sha256(encodeText(id)))
    .update(nonce)
    .digest()
}
