import type { OpenTokens } from '../pool/parties/open-tokens.js'
import type { AuthorityStore } from '../pki/ca/records/store.js'
import type { NonceStore, ReplayCache } from '../authentication/single-use.js'
import type { StateStore } from '../ws-trust/issuance/state-store.js'
import { AuthorityRecords } from './records/authority-records.js'
import { Exchanges } from './state/exchanges.js'
import type { KeySource } from './state/key-source.js'
import { LoginAttempts, type LoginPolicy } from './state/login-attempts.js'
import { SharedOpenTokens } from './state/open-tokens.js'
import { SharedNonces, SharedReplayCache, singleUseLimit, type SingleUseKind } from './state/single-use.js'
import { sweep } from './database/sweep.js'
import { Upkeep } from './database/upkeep.js'
import { checkWrite, openDatabases, type DatabaseOptions, type StoreLocation } from './databases.js'

/** How many rows of each kind are remembered until they expire. Beyond it, requests that need another row are refused. */
export interface RowLimits {
  /** Unanswered challenges; unknown callers may request them. */
  readonly challenges: number
  readonly presentations: number
  readonly passwordDigests: number
}

/** The row limits that hold unless the options say otherwise. */
export const DEFAULT_ROW_LIMITS: RowLimits = {
  challenges: 100_000,
  presentations: 1_000_000,
  passwordDigests: 100_000,
}

export interface StoreOptions extends DatabaseOptions {
  /** The key that seals the secrets of issuance. */
  readonly key: KeySource
  /** Exchanges that are remembered at once, open and answered ones. Default 10,000. */
  readonly exchanges?: number
  /** Open exchanges of one account, and answered ones; a new one takes the place of its oldest. Default 64. */
  readonly maxAccountExchanges?: number
  /** Rows of each kind that may be remembered at once. */
  readonly remembered?: Partial<RowLimits>
  readonly logins?: LoginPolicy
  /** How often expired rows are deleted, in milliseconds; 0: only by `sweep()`. Default: a minute. */
  readonly sweepInterval?: number
  readonly clock?: () => Date
}

/** The memory of a service. All methods throw `StoreError`, besides the errors of their interfaces. */
export interface Store {
  readonly exchanges: StateStore
  readonly openTokens: OpenTokens
  readonly authority: AuthorityStore
  readonly nonces: NonceStore
  readonly logins: LoginAttempts
  /** Presentations that were accepted. */
  readonly presentations: ReplayCache
  /** Password digests that were accepted. */
  readonly passwordDigests: ReplayCache
  /** The number of exchanges that wait for their second message, over all nodes. */
  openExchanges(): Promise<number>
  /**
   * Replaces the key of the issuance state. Secrets under the old key become unreadable, here and in every copy. Do it after
   * a restore. Clients with open exchanges must begin again.
   */
  rotateStateKey(): Promise<void>
  /** Deletes expired rows; returns their number. */
  sweep(): Promise<number>
  /** Throws if a database does not take a write. Writes a row of its own, which no longer matters. */
  check(): Promise<void>
  close(): Promise<void>
}

/**
 * Opens a store and brings its schema up to date. Throws `StoreError` (`store/options`, `store/pglite-missing`,
 * `store/pg-missing`, `store/folder-in-use`, `store/unavailable`, `store/schema-changed`, `store/schema-newer`,
 * `store/not-durable`, `store/other-key`, `store/key`, `store/key-missing`).
 *
 * @example
 * ```ts
 * import { mkdtemp, rm } from 'node:fs/promises'
 * import path from 'node:path'
 * import { keyInFile, openStore } from 'uprove-wasm/server'
 *
 * const folder = await mkdtemp('store-')
 * const key = keyInFile(path.join(folder, 'state.key'))
 * await key.replace?.()
 *
 * // Embedded databases in a folder; `url: 'postgresql://...'` for nodes that share one.
 * const store = await openStore({ key, folder: path.join(folder, 'database') })
 * const expires = new Date(Date.now() + 60_000)
 * const seen = [new TextEncoder().encode('a presentation')]
 * console.log(await store.presentations.insert(seen, expires)) // true
 * console.log(await store.presentations.insert(seen, expires)) // false
 * await store.close()
 * await rm(folder, { recursive: true })
 * ```
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { key, clock = () => new Date(), sweepInterval = 60_000 } = options
  const databases = await openDatabases(options)
  const { records, state } = databases
  try {
    const exchanges = await Exchanges.open(state, {
      keys: key,
      capacity: options.exchanges ?? 10_000,
      maxAccountExchanges: options.maxAccountExchanges ?? 64,
      clock,
    })
    const limits = { ...DEFAULT_ROW_LIMITS, ...options.remembered }
    const replayCache = (kind: SingleUseKind, rows: number): ReplayCache =>
      new SharedReplayCache(state, kind, singleUseLimit(state, kind, rows, clock), clock)
    const upkeep = new Upkeep(databases, clock)
    const sweepAll = async (): Promise<number> => {
      exchanges.forget()
      const deleted = await sweep(state, clock())
      await upkeep.swept(deleted)
      return deleted
    }
    // A sweep that fails is repeated by the next one.
    const timer = sweepInterval > 0 && setInterval(() => void sweepAll().catch(() => 0), sweepInterval).unref()
    return {
      exchanges,
      openTokens: new SharedOpenTokens(state, clock),
      authority: new AuthorityRecords(records),
      nonces: new SharedNonces(state, singleUseLimit(state, 'nonce', limits.challenges, clock), clock),
      presentations: replayCache('replay:presentations', limits.presentations),
      passwordDigests: replayCache('replay:password-digests', limits.passwordDigests),
      logins: new LoginAttempts(state, options.logins ?? {}, clock),
      openExchanges: () => exchanges.openCount(),
      rotateStateKey: () => exchanges.rotateKey(),
      sweep: sweepAll,
      check: async () => {
        await Promise.all([records, state].map(checkWrite))
      },
      close: async () => {
        if (timer !== false) clearInterval(timer)
        await databases.close()
      },
    }
  } catch (error) {
    await databases.close()
    throw error
  }
}

/**
 * Replaces the key of the issuance state of a closed store, which after a restore cannot be opened with the current key.
 * Throws `StoreError` as `openStore` does, and `store/key-not-replaced`.
 */
export async function rotateStateKey(options: Omit<StoreOptions, 'clock' | 'sweepInterval'>): Promise<void> {
  const databases = await openDatabases(options)
  try {
    await Exchanges.rotateKey(databases.state, options.key)
  } finally {
    await databases.close()
  }
}

/** The location from `DATABASE_URL` and `STATE_DATABASE_URL`; without them, a folder. */
export function locationFromEnvironment(
  folder: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): StoreLocation {
  const { DATABASE_URL: url, STATE_DATABASE_URL: stateUrl } = environment
  return url === undefined || url === '' ? { folder } : { url, stateUrl: stateUrl === '' ? undefined : stateUrl }
}
