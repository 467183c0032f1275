import type { ClientConfig, Pool, PoolClient, QueryResultRow } from 'pg'
import { DURABLY, retried, type Database, type Queryable, type SqlValue } from './database.js'
import { StoreError } from '../errors.js'
import { storeFailure } from './failure.js'

/** TLS to the server; certificates and keys in PEM. */
export interface DatabaseTls {
  /** Authorities for the server's certificate. Default: those that Node trusts. */
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
}

export interface PostgresOptions {
  /** Default: the server's certificate is verified, unless the URL has an `sslmode`, or the server is on this machine. */
  readonly tls?: DatabaseTls
  /** Connections at once. Default 10. */
  readonly connections?: number
}

/** OIDs of types. */
const BYTEA = 17
const INT8 = 20

/**
 * A database on a server. Throws `StoreError` (`store/pg-missing`); it connects with the first statement, which throws
 * the cause if it cannot (`store/host`, `store/port`, `store/login`, `store/no-database`, `store/tls`, `store/connections`,
 * `store/unavailable`).
 */
export async function openPostgres(url: string, options: PostgresOptions = {}): Promise<Database> {
  const { tls, connections = 10 } = options
  const { default: pg } = await import('pg').catch((cause: unknown) => {
    throw new StoreError('store/pg-missing', { cause })
  })
  const parsers = new Map<number, (text: string) => unknown>([
    [BYTEA, (text) => Uint8Array.from(Buffer.from(text.slice(2), 'hex'))],
    [INT8, Number],
  ])
  const getTypeParser = (oid: number, format?: 'text' | 'binary'): unknown =>
    parsers.get(oid) ?? (pg.types.getTypeParser as (oid: number, format?: string) => unknown)(oid, format)
  const secured: Pick<ClientConfig, 'ssl'> = tls ? { ssl: tls } : needsTls(url) ? { ssl: true } : {}
  const pool = new pg.Pool({
    connectionString: url,
    ...secured,
    types: { getTypeParser },
    max: connections,
    application_name: 'uprove',
    keepAlive: true,
    connectionTimeoutMillis: 5_000,
    statement_timeout: 30_000,
    lock_timeout: 10_000,
    idle_in_transaction_session_timeout: 30_000,
  })
  // A broken connection fails the next statement. Without a listener its event would end the process.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  return new PostgresDatabase(pool)
}

/** Whether to require TLS: the server is on a network, and the URL does not mention TLS. */
function needsTls(url: string): boolean {
  const { hostname, searchParams } = new URL(url)
  if (['ssl', 'sslmode', 'sslrootcert', 'sslcert'].some((name) => searchParams.has(name))) return false
  const host = searchParams.get('host') ?? hostname
  return !/^(|\/.*|localhost|127\..*|\[?::1\]?)$/.test(decodeURIComponent(host))
}

class PostgresDatabase implements Database {
  #closed = false

  constructor(private readonly pool: Pool) {}

  async query<Row extends object>(sql: string, parameters: readonly SqlValue[] = []): Promise<readonly Row[]> {
    return this.#with((client) => new Connection(client).query<Row>(sql, parameters))
  }

  async run(sql: string): Promise<void> {
    await this.#with((client) => new Connection(client).run(sql))
  }

  async transaction<T>(action: (transaction: Queryable) => Promise<T>): Promise<T> {
    return retried(() =>
      this.#with(async (client) => {
        const connection = new Connection(client)
        await connection.run(`BEGIN; ${DURABLY}`)
        let result: T
        try {
          result = await action(connection)
        } catch (error) {
          await connection.run('ROLLBACK')
          throw error
        }
        // After a failed statement, COMMIT rolls back without an error.
        const { command } = await guarded(client.query('COMMIT'))
        if (command !== 'COMMIT') throw new StoreError('store/failed')
        return result
      }),
    )
  }

  /** Servers have autovacuum. */
  maintain(): Promise<void> {
    return Promise.resolve()
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.pool.end()
  }

  async #with<T>(action: (client: PoolClient) => Promise<T>): Promise<T> {
    if (this.#closed) throw new StoreError('store/closed')
    const client = await guarded(this.pool.connect())
    let lost = false
    try {
      return await action(client)
    } catch (error) {
      lost = error instanceof StoreError && error.code === 'store/unavailable'
      throw error
    } finally {
      client.release(lost)
    }
  }
}

class Connection implements Queryable {
  constructor(private readonly client: PoolClient) {}

  async query<Row extends object>(sql: string, parameters: readonly SqlValue[] = []): Promise<readonly Row[]> {
    const { rows } = await guarded(this.client.query<Row & QueryResultRow>(sql, [...parameters]))
    return rows
  }

  async run(sql: string): Promise<void> {
    await guarded(this.client.query(sql))
  }
}

async function guarded<T>(query: Promise<T>): Promise<T> {
  try {
    return await query
  } catch (cause) {
    throw storeFailure(cause)
  }
}
