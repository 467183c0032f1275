import { existsSync } from 'node:fs'
import path from 'node:path'
import type { Database } from './database/database.js'
import { migrate, pendingMigrations } from './database/migrate.js'
import { openPglite } from './database/pglite.js'
import { openPostgres, type DatabaseTls } from './database/postgres.js'
import { StoreError } from './errors.js'
import { recordsSchema } from './records/records-schema.js'
import { stateSchema } from './state/state-schema.js'

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

export interface DatabaseOptions extends StoreLocation {
  /** Default: the server's certificate is verified, unless the URL has an `sslmode`, or the server is on this machine. */
  readonly tls?: DatabaseTls
  /** Connections to each server. Default 10. */
  readonly connections?: number
  /** Told how long each statement and each transaction took, in milliseconds, failed ones too. */
  readonly onCall?: (database: 'records' | 'state', milliseconds: number) => void
}

/** Writes to the disk: a full one, or a standby, answers queries. */
export async function checkWrite(database: Database): Promise<void> {
  await database.transaction((transaction) =>
    transaction.query(`SELECT pg_logical_emit_message(true, 'uprove', 'ready')`),
  )
}

export interface Databases {
  readonly records: Database
  readonly state: Database
  close(): Promise<void>
}

export async function openDatabases(options: DatabaseOptions): Promise<Databases> {
  const opened = await openEach(options)
  const [first, second = first] = opened as [Database, Database?]
  const { onCall } = options
  const records = onCall === undefined ? first : timed(first, (milliseconds) => onCall('records', milliseconds))
  const state = onCall === undefined ? second : timed(second, (milliseconds) => onCall('state', milliseconds))
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

/** A database whose calls are timed. */
function timed(database: Database, onCall: (milliseconds: number) => void): Database {
  const timing = async <T>(call: Promise<T>): Promise<T> => {
    const begun = performance.now()
    try {
      return await call
    } finally {
      onCall(performance.now() - begun)
    }
  }
  return {
    query: (sql, parameters) => timing(database.query(sql, parameters)),
    run: (sql) => timing(database.run(sql)),
    transaction: (action) => timing(database.transaction(action)),
    maintain: () => database.maintain(),
    close: () => database.close(),
  }
}

/** The database of the records, and that of the state if it is a separate one. */
async function openEach(options: DatabaseOptions): Promise<Database[]> {
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

/** What a look at the databases of a store found. */
export interface StoreProbe {
  /** Of PostgreSQL, such as `15.6`. */
  readonly version: string
  /** Migrations that the next start will apply, of both schemas. */
  readonly pending: number
  /** How far the clock of the database is ahead of the one here, in milliseconds. */
  readonly ahead: number
  /** The name of the key that encrypts the issuance state; undefined before the first use. */
  readonly stateKey: string | undefined
}

/**
 * Looks whether the databases of a store can be reached and written, and changes nothing in them. Undefined if the folders of an embedded
 * store are not there. Throws `StoreError` as `openStore` does; `store/folder-in-use` says that a server runs.
 */
export async function probeStore(options: DatabaseOptions): Promise<StoreProbe | undefined> {
  const { folder } = options
  if (folder !== undefined && !existsSync(path.join(folder, 'records'))) return undefined
  const opened = await openEach({ ...options, connections: 1 })
  const [records, state = records] = opened as [Database, Database?]
  try {
    const pending = (await pendingMigrations(records, recordsSchema)) + (await pendingMigrations(state, stateSchema))
    await Promise.all(opened.map(checkWrite))
    const before = Date.now()
    const [row] = await records.query<{ now: Date; version: string }>(
      `SELECT clock_timestamp() AS now, current_setting('server_version') AS version`,
    )
    const here = (before + Date.now()) / 2
    const [seal] = await state.query<{ name: string | null }>(`SELECT to_regclass('uprove_state.seal')::text AS name`)
    const [inUse] =
      seal === undefined || seal.name === null
        ? []
        : await state.query<{ key_id: string }>(`SELECT key_id FROM uprove_state.seal`)
    if (row === undefined) throw new StoreError('store/failed')
    return { version: row.version, pending, ahead: row.now.getTime() - here, stateKey: inUse?.key_id }
  } finally {
    await Promise.all(opened.map((database) => database.close()))
  }
}
