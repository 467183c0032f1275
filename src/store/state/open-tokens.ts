import type { OpenTokens, OpenTokensEntry } from '../../pool/parties/open-tokens.js'
import type { Database } from '../database/database.js'

/** Sets the turns apart that are taken for gammas from all others. */
const GAMMA_LOCK = 0x55_50_47

/** Counts over all nodes that share a database. */
export class SharedOpenTokens implements OpenTokens {
  constructor(
    private readonly database: Database,
    private readonly clock: () => Date,
  ) {}

  open({ id, key, count, limit, expires }: OpenTokensEntry): Promise<boolean> {
    return this.database.transaction(async (transaction) => {
      // Whoever opens tokens of one gamma waits here for the others to be counted.
      await transaction.query(`SELECT pg_advisory_xact_lock(${GAMMA_LOCK}, hashtext($1))`, [key])
      const rows = await transaction.query(
        `INSERT INTO uprove_state.open_tokens (id, gamma, count, expires)
         SELECT $1, $2, $3, $4
         WHERE (SELECT coalesce(sum(count), 0) FROM uprove_state.open_tokens WHERE gamma = $2 AND expires > $5) <= $6
         RETURNING 1 AS opened`,
        [id, key, count, new Date(expires), this.clock(), limit - count],
      )
      return rows.length > 0
    })
  }

  async close(id: string): Promise<void> {
    await this.database.transaction(async (transaction) => {
      await transaction.query(`DELETE FROM uprove_state.open_tokens WHERE id = $1`, [id])
    })
  }
}
