import { randomId } from '../../../bindings/octets/random.js'
import type { NonceStore, ReplayCache } from '../../../src/authentication/single-use.js'
import type { AuthorityStore } from '../../../src/pki/ca/records/store.js'
import type { OpenTokens } from '../../../src/pool/parties/open-tokens.js'
import type { LoginAttempts, LoginPolicy } from '../../../src/store/state/login-attempts.js'
import type { SingleUseKind } from '../../../src/store/state/single-use.js'
import { DEFAULT_ROW_LIMITS, type RowLimits } from '../../../src/store/store.js'
import type { StateStore } from '../../../src/ws-trust/issuance/state-store.js'
import type { Connection, SimulatedDatabase } from './database.js'
import type { Defect } from '../defects.js'

export interface SimulatedStoreOptions {
  readonly clock: () => Date
  readonly rows?: Partial<RowLimits>
  readonly logins?: LoginPolicy
  readonly defect?: Defect
}

/** How much longer than a digest its nonce is kept, in ms: what the defect takes away. */
const DIGEST_TOLERANCE = 60_000

/** A node's store, as `openStore` gives it, on the simulated database. */
export class SimulatedStore {
  readonly exchanges: StateStore
  readonly openTokens: OpenTokens
  readonly authority: AuthorityStore
  readonly nonces: NonceStore
  readonly presentations: ReplayCache
  readonly passwordDigests: ReplayCache
  readonly logins: Pick<LoginAttempts, 'begin' | 'succeeded' | 'unlock'>

  constructor(
    private readonly database: SimulatedDatabase,
    private readonly node: Connection,
    private readonly options: SimulatedStoreOptions,
  ) {
    const { clock, defect } = options
    const limits = { ...DEFAULT_ROW_LIMITS, ...options.rows }
    this.exchanges = this.#exchanges(clock)
    this.openTokens = this.#openTokens(clock)
    this.authority = this.#authority()
    this.nonces = {
      add: (nonce, digest, until) =>
        database.call(node, 'addNonce', clock(), nonce, Uint8Array.from(digest), until, limits.challenges),
      take: (nonce) => database.call(node, 'takeNonce', clock(), nonce),
    }
    this.presentations = this.replayCache('replay:presentations', limits.presentations)
    const digests = this.replayCache('replay:password-digests', limits.passwordDigests)
    const forgetful: ReplayCache = {
      insert: (keys, until) => digests.insert(keys, new Date(until.getTime() - DIGEST_TOLERANCE)),
    }
    this.passwordDigests = defect === 'digest-tolerance' ? forgetful : digests
    this.logins = this.#logins(clock)
  }

  replayCache(kind: SingleUseKind, rows: number): ReplayCache {
    const { database, node } = this
    return {
      insert: (keys, until) => {
        const copies = keys.map((key) => Uint8Array.from(key))
        return database.call(node, 'useOnce', this.options.clock(), kind, copies, until, rows)
      },
    }
  }

  openExchanges(): Promise<number> {
    return this.database.call(this.node, 'countOpenExchanges', this.options.clock())
  }

  sweep(): Promise<number> {
    return this.database.call(this.node, 'sweep', this.options.clock())
  }

  #exchanges(clock: () => Date): StateStore {
    const { database, node } = this
    return {
      insert: (exchange) => {
        const secrets = exchange.secrets.map((secret) => Uint8Array.from(secret))
        return database.call(node, 'insertExchange', clock(), randomId(), { ...exchange, secrets })
      },
      find: (context) => database.call(node, 'findExchange', clock(), context),
      answer: ({ context, id }, answer) => database.call(node, 'answerExchange', clock(), context, id, answer),
    }
  }

  #openTokens(clock: () => Date): OpenTokens {
    const { database, node } = this
    return {
      open: async (exchange, limits) => {
        if (this.options.defect !== 'quota-before-transaction') {
          return database.call(node, 'openTokensFor', clock(), exchange, limits)
        }
        const hasRoom = await database.call(node, 'hasRoom', clock(), exchange, limits)
        return hasRoom ? database.call(node, 'addTokens', exchange) : undefined
      },
      answer: (id) => database.call(node, 'answerTokens', clock(), id),
      close: (id) => database.call(node, 'closeTokens', id),
    }
  }

  #authority(): AuthorityStore {
    const { database, node } = this
    const methods: readonly (keyof AuthorityStore)[] = [
      ...([
        'insert',
        'findRequest',
        'findByIdempotenceKey',
        'findRenewals',
        'list',
        'decide',
        'findCertificate',
      ] as const),
      ...(['findByKey', 'findArchivedKey', 'insertCertificate', 'exchangeCertificate'] as const),
      ...(['replaceExchangeCertificate', 'revoke', 'unrevoke', 'listRevoked', 'latestCrl'] as const),
      ...(['findCrl', 'publishCrl'] as const),
    ]
    const call = (method: keyof AuthorityStore): [string, unknown] => [
      method,
      (...values: unknown[]) => database.call(node, 'authority', method, ...structuredClone(values)),
    ]
    return Object.fromEntries(methods.map(call)) as unknown as AuthorityStore
  }

  #logins(clock: () => Date): SimulatedStore['logins'] {
    const { database, node } = this
    const { attempts = 10, window = 900_000, lockout = 900_000 } = this.options.logins ?? {}
    return {
      begin: (subject, most) => database.call(node, 'beginLogin', clock(), subject, most ?? attempts, window, lockout),
      succeeded: async (subject) => {
        await database.call(node, 'unlock', subject)
      },
      unlock: (subject) => database.call(node, 'unlock', subject),
    }
  }
}
