/** What a statement takes: bytea are octets, timestamptz are dates. */
export type SqlValue = string | number | boolean | Date | Uint8Array | null | readonly string[] | readonly number[]

export interface Queryable {
  /**
   * Runs one statement, and returns its rows: bytea as plain `Uint8Array`, bigint as number, timestamptz as `Date`. Throws
   * `StoreError` (`store/unavailable`, `store/failed`).
   */
  query<Row extends object>(sql: string, parameters?: readonly SqlValue[]): Promise<readonly Row[]>
  /** Runs several statements without parameters. */
  run(sql: string): Promise<void>
}

/** One PostgreSQL, embedded or a server. What writes is a transaction; a statement by itself only reads. */
export interface Database extends Queryable {
  /**
   * Runs an action in one transaction (read committed), which is rolled back if the action throws, and is on disk when this
   * resolves. Where it lost to others in a deadlock, the action runs again. Throws what the action throws, and `StoreError`.
   */
  transaction<T>(action: (transaction: Queryable) => Promise<T>): Promise<T>
  close(): Promise<void>
}

/** What begins each transaction: a server whose default is to acknowledge first and write later does not do that here. */
export const DURABLY = 'SET LOCAL synchronous_commit TO on'

const ATTEMPTS = 5

/** Runs a transaction again while the database ends it for the sake of others. */
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

/** The SQLSTATE of an error, or the code of an error of Node. */
export function sqlState(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}
