import { onlyRow, type Database, type SqlValue } from './database.js'

/** How long a count is trusted, in milliseconds. */
const TRUSTED = { belowLimit: 10_000, atLimit: 1_000 }

/** The rows that a limit counts, while their `expires` lies ahead. */
export interface LimitedRows {
  readonly table: string
  /** A condition on its rows; `$3` is the value. Default: all rows. */
  readonly where?: { readonly condition: string; readonly value: SqlValue }
}

/**
 * Bounds the rows of one kind. It counts from time to time, no further than the limit, and adds the rows that it admits
 * itself. A farm may exceed the limit by the rows that other nodes admit in the meantime.
 */
export class RowLimit {
  #rows = 0
  #countedAt = Number.NEGATIVE_INFINITY

  constructor(
    private readonly database: Database,
    private readonly limited: LimitedRows,
    private readonly limit: number,
    private readonly clock: () => Date,
  ) {}

  /** Whether so many more rows fit; if they do, they count from now on. */
  async admit(rows = 1): Promise<boolean> {
    const now = this.clock()
    const age = now.getTime() - this.#countedAt
    if (age >= (this.#rows + rows > this.limit ? TRUSTED.atLimit : TRUSTED.belowLimit)) {
      this.#countedAt = now.getTime()
      this.#rows = await this.#count(now)
    }
    if (this.#rows + rows > this.limit) return false
    this.#rows += rows
    return true
  }

  async #count(now: Date): Promise<number> {
    const { table, where } = this.limited
    const counted = await this.database.query<{ rows: number }>(
      `SELECT count(*) AS rows FROM (
         SELECT 1 FROM ${table} WHERE expires > $1 ${where === undefined ? '' : `AND ${where.condition}`} LIMIT $2
       ) AS counted`,
      [now, this.limit, ...(where === undefined ? [] : [where.value])],
    )
    return onlyRow(counted).rows
  }
}
