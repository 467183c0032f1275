import { createHash } from 'node:crypto'
import type { Database } from './database.js'
import { StoreError } from '../errors.js'

/** A database schema as a list of migrations; a released migration never changes, comments included. */
export interface Schema {
  readonly name: string
  readonly migrations: readonly string[]
  /** Hashes of earlier texts of migrations that did the same, each with the number of its migration, from 1. */
  readonly earlierTexts?: Readonly<Record<string, number>>
}

/** The hash by which a database remembers a migration. */
export const migrationHash = (sql: string): string => createHash('sha256').update(sql).digest('hex')

/** Lets nodes that start at once take turns; any fixed number does. */
const MIGRATION_LOCK = 0x55_50_52_56

/**
 * Brings a schema up to date, in one transaction. Throws `StoreError` (`store/schema-changed`, `store/schema-newer`,
 * `store/not-durable`).
 */
export async function migrate(database: Database, { name, migrations, earlierTexts = {} }: Schema): Promise<void> {
  await database.transaction(async (transaction) => {
    const [settings] = await transaction.query<{ fsync: string }>(`SELECT current_setting('fsync') AS fsync`)
    if (settings?.fsync !== 'on') throw new StoreError('store/not-durable')
    await transaction.query(`SELECT pg_advisory_xact_lock(${MIGRATION_LOCK})`)
    const [schema] = await transaction.query(`SELECT 1 FROM pg_namespace WHERE nspname = $1`, [name])
    if (schema === undefined) {
      await transaction.run(`
        CREATE SCHEMA ${name};
        CREATE TABLE ${name}.migrations (
          number integer PRIMARY KEY,
          hash text NOT NULL
        )`)
    }
    const applied = await transaction.query<{ hash: string }>(`SELECT hash FROM ${name}.migrations ORDER BY number`)
    if (applied.length > migrations.length) throw new StoreError('store/schema-newer')
    for (const [i, sql] of migrations.entries()) {
      const hash = migrationHash(sql)
      const before = applied[i]?.hash
      if (before === hash || (before !== undefined && earlierTexts[before] === i + 1)) continue
      if (before !== undefined) throw new StoreError('store/schema-changed')
      await transaction.run(sql)
      await transaction.query(`INSERT INTO ${name}.migrations (number, hash) VALUES ($1, $2)`, [i + 1, hash])
    }
  })
}

/** How many migrations of a schema are not applied yet. Throws `StoreError` (`store/schema-newer`). */
export async function pendingMigrations(database: Database, { name, migrations }: Schema): Promise<number> {
  const [table] = await database.query<{ name: string | null }>(`SELECT to_regclass($1)::text AS name`, [
    `${name}.migrations`,
  ])
  if (table === undefined || table.name === null) return migrations.length
  const applied = await database.query(`SELECT hash FROM ${name}.migrations`)
  if (applied.length > migrations.length) throw new StoreError('store/schema-newer')
  return migrations.length - applied.length
}
