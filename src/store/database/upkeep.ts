import type { Database } from './database.js'

const DAY = 86_400_000
/** Deleted rows whose space is made usable again: about a mebibyte. */
const ROWS_TO_RECLAIM = 5_000

/** Maintains embedded databases: the state after many rows were deleted, and both once a day, the first time soon after the start. */
export class Upkeep {
  #deleted = 0
  #maintainedAt = Number.NEGATIVE_INFINITY

  constructor(
    private readonly databases: { readonly records: Database; readonly state: Database },
    private readonly clock: () => Date,
  ) {}

  /** To be called after each sweep. */
  async swept(deleted: number): Promise<void> {
    const now = this.clock().getTime()
    this.#deleted += deleted
    const isDue = now - this.#maintainedAt >= DAY
    if (!isDue && this.#deleted < ROWS_TO_RECLAIM) return
    this.#deleted = 0
    await this.databases.state.maintain()
    if (!isDue) return
    this.#maintainedAt = now
    if (this.databases.records !== this.databases.state) await this.databases.records.maintain()
  }
}
