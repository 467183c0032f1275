import { StoreError } from '../errors.js'

/** A parameter of a statement: octets for bytea, dates for timestamptz. */
export type SqlValue = string | number | boolean | Date | Uint8Array | null | readonly string[] | readonly number[]

export interface Queryable {
  /**
   * Runs one statement and returns its rows: bytea as plain `Uint8Array`, bigint as number, timestamptz as `Date`. Throws
   * `StoreError` (`store/unavailable`, `store/failed`).
   */
  query<Row extends object>(sql: string, parameters?: readonly SqlValue[]): Promise<readonly Row[]>
  /** Runs several statements without parameters. */
  run(sql: string): Promise<void>
}

/** A PostgreSQL database, embedded or on a server. Writes need a transaction; a single statement only reads. */
export interface Database extends Queryable {
  /**
   * Runs an action in one transaction (read committed). It is rolled back if the action throws, and on the disk when this
   * resolves. After a deadlock the action runs again. Throws what the action throws, and `StoreError`.
   */
  transaction<T>(action: (transaction: Queryable) => Promise<T>): Promise<T>
  /** Makes the space of deleted rows usable again, and counts rows for the planner, where the database does not do that by itself. */
  maintain(): Promise<void>
  close(): Promise<void>
}

/** Begins each transaction: overrides a server's default of acknowledging before it writes to the disk. */
export const DURABLY = 'SET LOCAL synchronous_commit TO on'

const ATTEMPTS = 5

/** Runs a transaction again when the database ends it because of a deadlock or a conflict. */
export async function retried<T>(transaction: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await transaction()
    } catch (error) {
      const code = sqlState(error instanceof Error ? error.cause : undefined)
      if (attempt === ATTEMPTS || (code !== '40P01' && code !== '40001')) throw error
    }
  }
}

/** The one row of a statement that always returns one. */
export function onlyRow<Row>([row]: readonly Row[]): Row {
  if (row === undefined) throw new StoreError('store/failed')
  return row
}

/**
 * The SQLSTATE of an error that a database reported. Such errors have a severity; Node's own do not, and some of their codes
 * (`EPIPE`, `EPERM`) look like a SQLSTATE.
 */
export function sqlState(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('severity' in error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}
