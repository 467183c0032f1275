import { sha256 } from '@noble/hashes/sha2.js'
import type { Requester } from '../pki/authority.js'
import type { Octets } from '../pki/keys/signing.js'
import { verifyPassword, type UsernameToken } from '../soap/security/username-token.js'
import { MemoryReplayCache, type ReplayCache } from './single-use.js'
import type { Accounts } from './accounts.js'
import { Refusal } from '../wstep/faults/refusal.js'

/** What the transport says of who calls. [MS-WSTEP] 3.1.1.1.1 and 3.1.1.1.2 */
export interface TransportCredentials {
  /**
   * The certificate that the client has shown in the handshake of TLS. `trusted`: its path to an authority for clients was
   * verified.
   */
  readonly certificate?: { readonly der: Octets; readonly trusted: boolean }
  /** What Kerberos or another scheme of HTTP found out: who it is, or no id if its authentication failed. */
  readonly negotiated?: { readonly method: string; readonly id: string | undefined }
}

export interface AuthenticationOptions {
  /** Who may log in with a password. Default: nobody. */
  readonly accounts?: Accounts
  /** The account of a trusted certificate of TLS; undefined if it has none, or was revoked. Default: none has one. */
  readonly certificateAccount?: (certificate: Octets) => Promise<string | undefined>
  /** Told of each account that is authenticated. Throws a `SoapFault` where it has to wait. */
  readonly admit?: (account: Account) => void
  /** Where the nonces of digests are kept; the nodes of a farm share one. Default: in memory. */
  readonly replayCache?: ReplayCache
  /** How old the digest of a password may be, in milliseconds. Default: 5 minutes. */
  readonly digestAge?: number
  /** How far clocks of clients may be ahead, in milliseconds. Default: 1 minute. */
  readonly digestFuture?: number
}

/** Who is authenticated by what came beside the request. */
export type Account = Extract<Requester, { by: 'account' }>

/** The longest password that is looked at; hashing longer ones would be work for whoever sends them. */
const MAX_PASSWORD = 1024

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
   * Undefined if there are no credentials. If there are, each must be right, and all must be of one account: throws `Refusal`
   * (`authentication-failed`) otherwise, whatever was wrong. [MS-WSTEP] 3.1.4.2
   */
  async authenticate(token: UsernameToken | undefined, transport: TransportCredentials): Promise<Account | undefined> {
    const { certificate, negotiated } = transport
    const found: { method: string; id: string | undefined }[] = []
    if (negotiated !== undefined) found.push(negotiated)
    if (certificate !== undefined) {
      const id = certificate.trusted ? await this.#options.certificateAccount?.(certificate.der) : undefined
      found.push({ method: 'certificate', id })
    }
    if (token?.type === 'text') found.push({ method: 'password', id: await this.#passwordAccount(token) })
    if (token?.type === 'digest') found.push({ method: 'digest', id: await this.#digestAccount(token) })

    const [first] = found
    if (first === undefined) return undefined
    const { id, method } = first
    if (id === undefined || id === '' || found.some((other) => other.id !== id)) {
      throw new Refusal('authentication-failed')
    }
    const account: Account = { by: 'account', id, method }
    this.#options.admit?.(account)
    return account
  }

  /**
   * Nonce and Created do not count here: some clients make them once for many messages, and in local time. It is TLS that
   * keeps others from replaying a password in clear.
   */
  async #passwordAccount({ username, password }: UsernameToken & { type: 'text' }): Promise<string | undefined> {
    if (password === undefined || password.length > MAX_PASSWORD) return undefined
    return this.#options.accounts?.verify(username, password)
  }

  async #digestAccount(token: UsernameToken & { type: 'digest' }): Promise<string | undefined> {
    const { accounts, digestAge = 300_000, digestFuture = 60_000 } = this.#options
    const created = token.createdAt.getTime()
    const now = this.#clock().getTime()
    if (accounts?.verifyDigest === undefined || created < now - digestAge || created > now + digestFuture) {
      return undefined
    }
    const id = await accounts.verifyDigest(token.username, (password) => verifyPassword(token, password))
    if (id === undefined) return undefined
    // Only now, so that nobody else can fill the cache. A digest is of no use to anyone once it is too old.
    const isNew = await this.#replayCache.insert([nonceKey(id, token.nonce)], new Date(created + digestAge))
    return isNew ? id : undefined
  }
}

/** What a nonce is kept as: of one length, and apart for each account. */
function nonceKey(id: string, nonce: Uint8Array): Uint8Array {
  return sha256
    .create()
    .update(sha256(new TextEncoder().encode(id)))
    .update(nonce)
    .digest()
}
