import { closeSync, existsSync, fsyncSync, openSync } from 'node:fs'
import { cp, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import type { PGlite, Transaction } from '@electric-sql/pglite'
import { DURABLY, retried, sqlState, type Database, type Queryable, type SqlValue } from './database.js'
import { StoreError, type StoreErrorCode } from '../errors.js'
import { storeFailure } from './failure.js'
import { ProcessLock } from '../process-lock.js'

/** OID of bigint. */
const INT8 = 20

/** PGlite's own settings turn fsync off. A small buffer is enough here. */
const SETTINGS = ['fsync=on', 'wal_sync_method=fsync', 'shared_buffers=8MB']

type Packages = Awaited<ReturnType<typeof load>>

/** The part of Emscripten's file system for Node that is used here. */
interface NodeFiles {
  readonly stream_ops: { fsync?: (stream: { readonly nfd?: number; readonly node: unknown }) => number }
  realPath(node: unknown): string
}

/**
 * Opens an embedded database in each folder, and creates missing ones. Throws `StoreError`
 * (`store/pglite-missing`, `store/folder-in-use`, `store/failed`).
 */
export async function openPglite(folders: readonly string[]): Promise<Database[]> {
  const packages = await load()
  const locked: { readonly folder: string; readonly lock: ProcessLock }[] = []
  const opened: { readonly database: PGlite; readonly lock: ProcessLock }[] = []
  try {
    for (const folder of folders) {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const lock = await ProcessLock.acquire(path.join(folder, 'lock'))
      if (lock === undefined) throw new StoreError('store/folder-in-use')
      locked.push({ folder, lock })
    }
    await makeClusters(packages, folders.map(clusterIn))
    for (const { folder, lock } of locked) opened.push({ database: await start(packages, clusterIn(folder)), lock })
  } catch (error) {
    for (const { database } of opened) await database.close()
    for (const { lock } of locked) await lock.release()
    throw error
  }
  return opened.map(({ database, lock }) => new PgliteDatabase(database, lock))
}

const clusterIn = (folder: string): string => path.join(folder, 'cluster')

async function load() {
  try {
    const [{ PGlite }, { NodeFS }] = await Promise.all([
      import('@electric-sql/pglite'),
      import('@electric-sql/pglite/nodefs'),
    ])
    return { PGlite, NodeFS }
  } catch (cause) {
    throw new StoreError('store/pglite-missing', { cause })
  }
}

/** Creates missing clusters: the first takes seconds, the others are copies. An unfinished cluster is begun again. */
async function makeClusters(packages: Packages, folders: readonly string[]): Promise<void> {
  const missing = folders.filter((folder) => !existsSync(folder))
  const unfinished = (folder: string): string => `${folder}.new`
  const [first, ...others] = missing
  if (first === undefined) return
  for (const folder of missing) await rm(unfinished(folder), { recursive: true, force: true })
  await (await start(packages, unfinished(first))).close()
  for (const other of others) await cp(unfinished(first), unfinished(other), { recursive: true })
  for (const folder of missing) {
    await syncTree(unfinished(folder))
    await rename(unfinished(folder), folder)
    syncPath(path.dirname(folder))
  }
}

async function start({ PGlite, NodeFS }: Packages, folder: string): Promise<PGlite> {
  /** PGlite's file system with an fsync that reaches the disk; Emscripten's does nothing. */
  class DurableFiles extends NodeFS {
    override async init(...[pg, options]: Parameters<InstanceType<typeof NodeFS>['init']>) {
      const { emscriptenOpts } = await super.init(pg, options)
      emscriptenOpts.preRun?.push((module) => {
        const files = module.NODEFS as unknown as NodeFiles
        files.stream_ops.fsync = ({ nfd, node }) => {
          if (nfd === undefined) syncPath(files.realPath(node))
          else fsyncSync(nfd)
          return 0
        }
      })
      return { emscriptenOpts }
    }
  }
  const settings = SETTINGS.flatMap((setting) => ['-c', setting])
  const startParams = [...PGlite.defaultStartParams.filter((parameter) => parameter !== '-F'), ...settings]
  return guarded(PGlite.create({ fs: new DurableFiles(folder), startParams, parsers: { [INT8]: Number } }))
}

/** Writes all files in a folder to the disk, several at a time. */
async function syncTree(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = [folder, ...entries.map((entry) => path.join(entry.parentPath, entry.name))]
  const syncNext = async (): Promise<void> => {
    for (let file = files.pop(); file !== undefined; file = files.pop()) {
      const handle = await open(file, 'r')
      try {
        await handle.sync()
      } finally {
        await handle.close()
      }
    }
  }
  await Promise.all(Array.from({ length: 16 }, syncNext))
}

/** Writes a file, or a folder's list of names, to the disk. */
function syncPath(file: string): void {
  const descriptor = openSync(file, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

class PgliteDatabase implements Database {
  readonly #connection: Connection
  #closed = false

  constructor(
    private readonly database: PGlite,
    private readonly lock: ProcessLock,
  ) {
    this.#connection = new Connection(database)
  }

  async query<Row extends object>(sql: string, parameters?: readonly SqlValue[]): Promise<readonly Row[]> {
    this.#checkOpen()
    return this.#connection.query<Row>(sql, parameters)
  }

  async run(sql: string): Promise<void> {
    this.#checkOpen()
    await this.#connection.run(sql)
  }

  async transaction<T>(action: (transaction: Queryable) => Promise<T>): Promise<T> {
    this.#checkOpen()
    return retried(() =>
      guarded(
        this.database.transaction(async (transaction) => {
          const connection = new Connection(transaction)
          await connection.run(DURABLY)
          return action(connection)
        }),
      ),
    )
  }

  /** PGlite has no autovacuum. */
  async maintain(): Promise<void> {
    await this.run('VACUUM (ANALYZE)')
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.database.close()
    await this.lock.release()
  }

  #checkOpen(): void {
    if (this.#closed) throw new StoreError('store/closed')
  }
}

class Connection implements Queryable {
  constructor(private readonly target: PGlite | Transaction) {}

  async query<Row extends object>(sql: string, parameters: readonly SqlValue[] = []): Promise<readonly Row[]> {
    return (await guarded(this.target.query<Row>(sql, [...parameters]))).rows
  }

  async run(sql: string): Promise<void> {
    await guarded(this.target.exec(sql))
  }
}

/** Makes errors of the database a `StoreError`; errors of an action in a transaction stay as they are. */
async function guarded<T>(query: Promise<T>): Promise<T> {
  try {
    return await query
  } catch (cause) {
    if (sqlState(cause) !== undefined) throw storeFailure(cause)
    const errno = wasiErrno(cause)
    if (errno !== undefined) throw new StoreError(BY_ERRNO[errno] ?? 'store/failed', { cause })
    throw cause instanceof WebAssembly.RuntimeError ? new StoreError('store/failed', { cause }) : cause
  }
}

/** Causes by the error number of WASI, which Emscripten's file system throws in an object that is no `Error`. */
const BY_ERRNO: Readonly<Record<number, StoreErrorCode>> = {
  2: 'store/permission', // EACCES
  19: 'store/disk-full', // EDQUOT
  51: 'store/disk-full', // ENOSPC
  63: 'store/permission', // EPERM
  69: 'store/read-only', // EROFS
}

function wasiErrno(cause: unknown): number | undefined {
  if (typeof cause !== 'object' || cause === null || !('errno' in cause)) return undefined
  // Errors of Node have a number too, a negative one, beside a code.
  return typeof cause.errno === 'number' && !('code' in cause) ? cause.errno : undefined
}
