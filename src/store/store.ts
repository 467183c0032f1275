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
import { RowLimit } from './database/row-limit.js'
import { SharedNonces, SharedReplayCache } from './state/single-use.js'
import { stateSchema } from './state/state-schema.js'
import { sweep } from './database/sweep.js'

/** Where the data is: the records, which are to be kept for years, and the state, which lives for minutes. */
export interface StoreLocation {
  /** A server, `postgresql://...`. */
  readonly url?: string
  /** Another server for the state, which is not backed up and not replicated. Default: the same database, another schema. */
  readonly stateUrl?: string
  /** Embedded databases in a folder, which one process at a time has open. Made if it is not there. */
  readonly folder?: string
  /** Another folder for the state, which is not backed up. Default: `state` in the folder, beside `records`. */
  readonly stateFolder?: string
}

export interface StoreOptions extends StoreLocation {
  /** The key that the secrets of issuance are sealed under. */
  readonly key: KeySource
  /** Default: the server's certificate is verified, unless the URL has an `sslmode`, or the server is on this machine. */
  readonly tls?: DatabaseTls
  /** Connections to each server. Default 10. */
  readonly connections?: number
  /** How many exchanges may be open at once. Default 10,000. */
  readonly exchanges?: number
  /** How many nonces, presentations and messages are remembered at once. Default 1,000,000. */
  readonly singleUse?: number
  readonly logins?: LoginPolicy
  /** How often what has expired is deleted, in milliseconds; 0: only by `sweep()`. Default: a minute. */
  readonly sweepInterval?: number
  readonly clock?: () => Date
}

/** All that a service must remember. Everything throws `StoreError` beside what the interfaces say. */
export interface Store {
  readonly exchanges: StateStore
  readonly openTokens: OpenTokens
  readonly authority: AuthorityStore
  readonly nonces: NonceStore
  readonly logins: LoginAttempts
  /** What must not come twice, of one kind: caches of other names have other keys. */
  replayCache(name: string): ReplayCache
  /**
   * Replaces the key of the issuance state: what it sealed cannot be read again, here or in any copy. To be done after a
   * restore. Open exchanges are lost, and begin anew.
   */
  rotateStateKey(): Promise<void>
  /** Deletes what has expired; returns how many rows went. */
  sweep(): Promise<number>
  /** Throws if a database does not answer. */
  check(): Promise<void>
  close(): Promise<void>
}

/**
 * Opens a store, and brings its schema up to date. Throws `StoreError` (`store/options`, `store/pglite-missing`,
 * `store/pg-missing`, `store/folder-in-use`, `store/unavailable`, `store/schema-changed`, `store/schema-newer`,
 * `store/not-durable`, `store/other-key`, `store/key`, `store/key-missing`).
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { key, clock = () => new Date(), sweepInterval = 60_000 } = options
  const databases = await openDatabases(options)
  const { records, state } = databases
  try {
    const exchanges = await Exchanges.open(state, { keys: key, capacity: options.exchanges ?? 10_000, clock })
    const limit = new RowLimit(state, 'uprove_state.single_use', options.singleUse ?? 1_000_000, clock)
    const sweepAll = (): Promise<number> => {
      exchanges.forget()
      return sweep(state, clock())
    }
    // What fails now is done the next time.
    const timer = sweepInterval > 0 && setInterval(() => void sweepAll().catch(() => 0), sweepInterval).unref()
    return {
      exchanges,
      openTokens: new SharedOpenTokens(state, clock),
      authority: new AuthorityRecords(records),
      nonces: new SharedNonces(state, limit, clock),
      logins: new LoginAttempts(state, options.logins ?? {}, clock),
      replayCache: (name) => new SharedReplayCache(state, `replay:${name}`, limit, clock),
      rotateStateKey: () => exchanges.rotateKey(),
      sweep: sweepAll,
      check: async () => {
        await Promise.all([records.query('SELECT 1 AS one'), state.query('SELECT 1 AS one')])
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
 * Replaces the key of the issuance state of a store that is not open, as after a restore, when it cannot be opened with the key
 * at hand. Throws `StoreError` as `openStore` does, and `store/key-not-replaced`.
 */
export async function rotateStateKey(options: Omit<StoreOptions, 'clock' | 'sweepInterval'>): Promise<void> {
  const databases = await openDatabases(options)
  try {
    await Exchanges.rotateKey(databases.state, options.key)
  } finally {
    await databases.close()
  }
}

/** Where the environment says that the data is: `DATABASE_URL` and `STATE_DATABASE_URL`, or else in a folder. */
export function locationFromEnvironment(
  folder: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): StoreLocation {
  const { DATABASE_URL: url, STATE_DATABASE_URL: stateUrl } = environment
  return url === undefined || url === '' ? { folder } : { url, stateUrl: stateUrl === '' ? undefined : stateUrl }
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

/** The database of the records, and that of the state if it is another one. */
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
