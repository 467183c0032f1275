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
 * itself. Below the limit nobody waits for a count, except for the first one. A farm may exceed the limit by the rows that other nodes
 * admit in the meantime.
 */
export class RowLimit {
  #rows = 0
  #countedAt = Number.NEGATIVE_INFINITY
  #counting: Promise<void> | undefined
  /** Rows admitted since the current count began. */
  #since = 0

  constructor(
    private readonly database: Database,
    private readonly limited: LimitedRows,
    private readonly limit: number,
    private readonly clock: () => Date,
  ) {}

  /** Whether so many more rows fit; if they do, they count from now on. */
  async admit(rows = 1): Promise<boolean> {
    const age = this.clock().getTime() - this.#countedAt
    const isFull = this.#rows + rows > this.limit
    if (age >= (isFull ? TRUSTED.atLimit : TRUSTED.belowLimit)) {
      const counted = (this.#counting ??= this.#recount())
      if (isFull || age === Number.POSITIVE_INFINITY) await counted
      // The next request tries again.
      else counted.catch(() => undefined)
    }
    if (this.#rows + rows > this.limit) return false
    this.#rows += rows
    this.#since += rows
    return true
  }

  async #recount(): Promise<void> {
    const now = this.clock()
    this.#since = 0
    try {
      // Rows that were admitted meanwhile may be in the count or not: they count twice rather than never.
      this.#rows = (await this.#count(now)) + this.#since
      this.#countedAt = now.getTime()
    } finally {
      this.#counting = undefined
    }
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
