import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database, Queryable, SqlValue } from './database/database.js'
import { migrate } from './database/migrate.js'
import { openPostgres } from './database/postgres.js'
import { sweep } from './database/sweep.js'
import { recordsSchema } from './records/records-schema.js'
import { stateSchema } from './state/state-schema.js'
import { operations, storeParts, type StoreParts } from './testing/operations.js'
import { hasPostgres, TestServer } from './testing/postgres.js'
import { fillRows } from './testing/rows.js'

/** One node of PostgreSQL's plan. */
interface Plan {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly Plans?: readonly Plan[]
}

/** Tables with one row, and those that are empty here. */
const SMALL = ['authority', 'crl', 'seal', 'archived_keys']

/** Tables that a plan reads from one end to the other. */
function readWhole({ Plans = [], ...plan }: Plan): string[] {
  const table = plan['Relation Name']
  const own = plan['Node Type'] === 'Seq Scan' && table !== undefined && !SMALL.includes(table) ? [table] : []
  return [...own, ...Plans.flatMap(readWhole)]
}

/** A database that notes each statement that reads a table from one end to the other. */
function explained(database: Database, note: (sql: string, tables: readonly string[]) => void): Database {
  const explaining = (target: Queryable): Queryable => ({
    query: async <Row extends object>(sql: string, parameters?: readonly SqlValue[]) => {
      if (/^\s*(SELECT|INSERT|UPDATE|DELETE)/.test(sql)) {
        const rows = await target.query<{ 'QUERY PLAN': { Plan: Plan }[] }>(`EXPLAIN (FORMAT JSON) ${sql}`, parameters)
        note(
          sql,
          (rows[0]?.['QUERY PLAN'] ?? []).flatMap(({ Plan: plan }) => readWhole(plan)),
        )
      }
      return target.query<Row>(sql, parameters)
    },
    run: (sql) => target.run(sql),
  })
  return {
    ...explaining(database),
    transaction: (action) => database.transaction((transaction) => action(explaining(transaction))),
    maintain: () => database.maintain(),
    close: () => database.close(),
  }
}

describe.runIf(hasPostgres('the tests of plans'))('in a store with many rows', () => {
  let server: TestServer
  let database: Database
  let store: StoreParts
  const seen: { readonly sql: string; readonly tables: readonly string[] }[] = []

  beforeAll(async () => {
    server = await TestServer.start({ settings: ['autovacuum=off'] })
    database = explained(await openPostgres(await server.createDatabase()), (sql, tables) => seen.push({ sql, tables }))
    await migrate(database, recordsSchema)
    await migrate(database, stateSchema)
    await fillRows(
      { records: database, state: database },
      { certificates: 20_000, revoked: 2_000, pending: 1_000, replays: 20_000, exchanges: 5_000, logins: 20_000 },
    )
    store = await storeParts(database)
  }, 120_000)
  afterAll(async () => {
    await database.close()
    await server.stop()
  })

  const wholeReads = async (run: () => Promise<unknown>): Promise<typeof seen> => {
    seen.length = 0
    await run()
    expect(seen).not.toEqual([])
    // Counts for a limit read up to the limit, in the background.
    return seen.filter(({ sql, tables }) => tables.length > 0 && !sql.includes('count(*)'))
  }

  it.each(Object.entries(operations))('%s reads no table whole', async (name, run) => {
    expect(await wholeReads(() => run(store, name))).toEqual([])
  })

  it('a sweep reads no table whole when nothing has expired', async () => {
    const found = await wholeReads(() => sweep(database, new Date()))
    // Secrets under a replaced key have no index: it would be written with each exchange, for a statement once a minute.
    expect(found.map(({ tables }) => tables)).toEqual([['exchanges']])
  })

  it('a revoked list is read page by page, from its index alone', async () => {
    await database.run('VACUUM uprove.certificates')
    expect(await wholeReads(() => store.authority.listRevoked(new Date()))).toEqual([])
    const pages = seen.filter(({ sql }) => sql.includes('ORDER BY serial'))
    expect(pages).toHaveLength(2)
  })

  it('a statement without an index is seen', async () => {
    const found = await wholeReads(() => database.query(`SELECT 1 FROM uprove.requests WHERE method = 'none'`))
    expect(found.map(({ tables }) => tables)).toEqual([['requests']])
  })
})
