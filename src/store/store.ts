import path from 'node:path'
import type { OpenTokens } from '../pool/parties/open-tokens.js'
import type { AuthorityStore } from '../pki/ca/records/store.js'
import type { NonceStore, ReplayCache } from '../authentication/single-use.js'
import type { StateStore } from '../ws-trust/issuance/state-store.js'
import { AuthorityRecords } from './records/authority-records.js'
import type { Database } from './database/database.js'
import { StoreError } from './errors.js'
import { Exchanges } from './state/exchanges.js'
import type { KeySource } from './state/key-source.js'
import { LoginAttempts, type LoginPolicy } from './state/login-attempts.js'
import { migrate } from './database/migrate.js'
import { SharedOpenTokens } from './state/open-tokens.js'
import { openPglite } from './database/pglite.js'
import { openPostgres, type DatabaseTls } from './database/postgres.js'
import { recordsSchema } from './records/records-schema.js'
import { SharedNonces, SharedReplayCache, singleUseLimit, type SingleUseKind } from './state/single-use.js'
import { stateSchema } from './state/state-schema.js'
import { sweep } from './database/sweep.js'
import { Upkeep } from './database/upkeep.js'

/** The location of a store's data: the records, for years, and the state, for minutes. */
export interface StoreLocation {
  /** A PostgreSQL server, `postgresql://...`. */
  readonly url?: string
  /** Another server for the state, without backups and replicas. Default: another schema in the same database. */
  readonly stateUrl?: string
  /** Embedded databases in a folder, for one process at a time. Created if missing. */
  readonly folder?: string
  /** Another folder for the state, without backups. Default: `state` in the folder, beside `records`. */
  readonly stateFolder?: string
}

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

export interface StoreOptions extends StoreLocation {
  /** The key that seals the secrets of issuance. */
  readonly key: KeySource
  /** Default: the server's certificate is verified, unless the URL has an `sslmode`, or the server is on this machine. */
  readonly tls?: DatabaseTls
  /** Connections to each server. Default 10. */
  readonly connections?: number
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

/** Writes to the disk: a full one, or a standby, answers queries. */
async function checkWrite(database: Database): Promise<void> {
  await database.transaction((transaction) =>
    transaction.query(`SELECT pg_logical_emit_message(true, 'uprove', 'ready')`),
  )
}

interface Databases {
  readonly records: Database
  readonly state: Database
  close(): Promise<void>
}

async function openDatabases(options: Omit<StoreOptions, 'key'>): Promise<Databases> {
  const opened = await openEach(options)
  const [records, state = records] = opened as [Database, Database?]
  const close = async (): Promise<void> => {
    await Promise.all(opened.map((database) => database.close()))
  }
  try {
    await migrate(records, recordsSchema)
    await migrate(state, stateSchema)
  } catch (error) {
    await close()
    throw error
  }
  return { records, state, close }
}

/** The database of the records, and that of the state if it is a separate one. */
async function openEach(options: Omit<StoreOptions, 'key'>): Promise<Database[]> {
  const { url, stateUrl, folder, stateFolder } = options
  const isFolder = folder !== undefined && url === undefined && stateUrl === undefined
  if (isFolder) return openPglite([path.join(folder, 'records'), stateFolder ?? path.join(folder, 'state')])
  const isServer = url !== undefined && folder === undefined && stateFolder === undefined
  if (!isServer || ![url, stateUrl ?? url].every(isPostgresUrl)) throw new StoreError('store/options')
  const urls = stateUrl === undefined ? [url] : [url, stateUrl]
  return Promise.all(urls.map((each) => openPostgres(each, options)))
}

function isPostgresUrl(url: string): boolean {
  return /^postgres(ql)?:\/\//.test(url) && URL.canParse(url)
}
