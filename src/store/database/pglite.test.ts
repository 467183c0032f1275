import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { codeOf } from '../../ws-trust/testing/fixtures.js'
import { openPglite } from './pglite.js'
import { openStore, type Store } from '../store.js'
import { Upkeep } from './upkeep.js'
import { testKey } from '../testing/backends.js'

vi.mock('node:fs', async (original) => {
  const real = await original<typeof fs>()
  return { ...real, fsyncSync: vi.fn(real.fsyncSync) }
})

describe('a store in a folder', () => {
  const root = fs.mkdtempSync(path.join(tmpdir(), 'store-'))
  const options = { folder: path.join(root, 'a'), stateFolder: path.join(root, 'b'), key: testKey() }
  let store: Store
  beforeAll(async () => {
    // What a process left that was killed while it made the folder.
    fs.mkdirSync(path.join(options.folder, 'records', 'cluster.new'), { recursive: true })
    fs.writeFileSync(path.join(options.folder, 'records', 'cluster.new', 'PG_VERSION'), '18')
    store = await openStore(options)
  }, 60_000)
  afterAll(async () => {
    await store.close()
    fs.rmSync(root, { recursive: true })
  }, 60_000)

  it('has written what it acknowledges to the disk', async () => {
    for (let i = 0; i < 5; i++) {
      vi.mocked(fs.fsyncSync).mockClear()
      await store.nonces.add(String(i), new Uint8Array(32), new Date(Date.now() + 10_000))
      expect(fs.fsyncSync).toHaveBeenCalled()
      vi.mocked(fs.fsyncSync).mockClear()
      await store.authority.insert({ der: new Uint8Array(1), account: 'a', method: 'm', submittedAt: new Date() })
      expect(fs.fsyncSync).toHaveBeenCalled()
    }
  })

  it('uses the space of swept rows again', async () => {
    const full = { ...options, folder: path.join(root, 'c'), stateFolder: path.join(root, 'd') }
    const [records, state] = await openPglite([path.join(full.folder, 'records'), full.stateFolder])
    if (records === undefined || state === undefined) throw new Error('two databases were asked for')
    await state.run(`CREATE TABLE t (i integer, filler text)`)
    const size = async (): Promise<number> =>
      (await state.query<{ size: number }>(`SELECT pg_relation_size('t') AS size`))[0]?.size ?? 0
    const fill = `INSERT INTO t SELECT i, repeat('x', 100) FROM generate_series(1, 5000) AS i`
    await state.run(fill)
    const once = await size()
    await state.run('DELETE FROM t')
    const upkeep = new Upkeep({ records, state }, () => new Date())
    await upkeep.swept(0)
    await state.run(fill)
    expect(await size()).toBe(once)
    // Few rows are not worth it; many are.
    await state.run('DELETE FROM t')
    await upkeep.swept(100)
    await state.run(fill)
    expect(await size()).toBeGreaterThan(once)
    for (const database of [records, state]) await database.close()
  }, 60_000)

  it('keeps records and state apart, where it is told to', async () => {
    expect(fs.readdirSync(options.folder)).toEqual(['records'])
    expect(fs.readdirSync(path.join(options.folder, 'records')).sort()).toEqual(['cluster', 'lock'])
    expect(fs.readdirSync(options.stateFolder).sort()).toEqual(['cluster', 'lock'])
    await store.close()
    const opened = await openPglite([path.join(options.folder, 'records'), options.stateFolder])
    const schemas = opened.map((database) =>
      database.query(`SELECT nspname AS name FROM pg_namespace WHERE nspname LIKE 'uprove%'`),
    )
    expect(await Promise.all(schemas)).toEqual([[{ name: 'uprove' }], [{ name: 'uprove_state' }]])
    expect(await opened[0]!.query('SELECT account FROM uprove.requests')).toHaveLength(5)
    for (const database of opened) await database.close()
  })

  it('is open in one place at a time', async () => {
    store = await openStore(options)
    expect(await codeOf(() => openStore(options))).toBe('store/folder-in-use')
    await store.check()
  })
})
