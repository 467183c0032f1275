import type { Database } from './database.js'

/** How long a count that is not at the limit is believed, in milliseconds, and one that is. */
const BELIEVED = { below: 10_000, atLimit: 1_000 }

/**
 * Keeps a table from growing without bound. Counting takes time, so this counts now and then, and what it lets in itself; a
 * farm may be over the limit by what the other nodes let in meanwhile.
 */
export class RowLimit {
  #rows = 0
  #countedAt = Number.NEGATIVE_INFINITY

  constructor(
    private readonly database: Database,
    private readonly table: string,
    private readonly limit: number,
    private readonly clock: () => Date,
  ) {}

  /** Whether so many more rows may be there; then they count. */
  async admit(rows = 1): Promise<boolean> {
    const now = this.clock()
    const age = now.getTime() - this.#countedAt
    if (age >= (this.#rows + rows > this.limit ? BELIEVED.atLimit : BELIEVED.below)) {
      this.#countedAt = now.getTime()
      const sql = `SELECT count(*) AS rows FROM ${this.table} WHERE expires > $1`
      this.#rows = (await this.database.query<{ rows: number }>(sql, [now]))[0]!.rows
    }
    if (this.#rows + rows > this.limit) return false
    this.#rows += rows
    return true
  }
}
