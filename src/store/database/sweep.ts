import type { Database } from './database.js'

/** Rows of a table that go in one transaction. */
const BATCH = 500

/** Tables with a column `expires`, and their keys. */
const TABLES = [
  { table: 'uprove_state.exchanges', key: 'context' },
  { table: 'uprove_state.open_tokens', key: 'id' },
  { table: 'uprove_state.single_use', key: '(kind, key)' },
  { table: 'uprove_state.login_attempts', key: 'subject' },
]

/** Deletes expired rows, in small batches so that other statements do not wait for long. Returns their number. */
export async function sweep(database: Database, now: Date): Promise<number> {
  let total = 0
  for (const { table, key } of TABLES) {
    const columns = key.replace(/[()]/g, '')
    for (let deleted = BATCH; deleted === BATCH; total += deleted) {
      deleted = await database.transaction(async (transaction) => {
        const rows = await transaction.query(
          `DELETE FROM ${table} WHERE ${key} IN (
             SELECT ${columns} FROM ${table} WHERE expires < $1 ORDER BY expires LIMIT ${BATCH} FOR UPDATE SKIP LOCKED
           ) RETURNING 1 AS deleted`,
          [now],
        )
        return rows.length
      })
    }
  }
  return total + (await sweepUnreadable(database))
}

/** Deletes secrets sealed under a key that was replaced. */
async function sweepUnreadable(database: Database): Promise<number> {
  return database.transaction(async (transaction) => {
    const rows = await transaction.query(
      `DELETE FROM uprove_state.exchanges
       WHERE sealed IS NOT NULL AND key_id <> (SELECT key_id FROM uprove_state.seal) RETURNING 1 AS deleted`,
    )
    return rows.length
  })
}
