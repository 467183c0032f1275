import { sha256 } from '@noble/hashes/sha2.js'
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { codeOf } from '../ws-trust/testing/fixtures.js'
import type { OpenExchange } from '../ws-trust/issuance/state-store.js'
import { AuthorityRecords } from './records/authority-records.js'
import type { Database, SqlValue } from './database/database.js'
import { Exchanges } from './state/exchanges.js'
import type { KeySource } from './state/key-source.js'
import { LoginAttempts } from './state/login-attempts.js'
import { migrate } from './database/migrate.js'
import { SharedOpenTokens } from './state/open-tokens.js'
import { recordsSchema } from './records/records-schema.js'
import { SharedNonces, SharedReplayCache, singleUseLimit } from './state/single-use.js'
import { stateSchema } from './state/state-schema.js'
import { openPostgres } from './database/postgres.js'
import type { StoreLocation } from './databases.js'
import { locationFromEnvironment, openStore, rotateStateKey } from './store.js'
import { sweep } from './database/sweep.js'
import { backends, testKey } from './testing/backends.js'
import { answer, LIFETIME, openExchange, testStoreContract, type Node } from './testing/store-contract.js'
import { hasPostgres, TestServer } from './testing/postgres.js'

const START = new Date('2026-01-01T00:00:00.123Z')

describe.each(backends('the tests of a store on PostgreSQL'))('on $name', (backend) => {
  let location: StoreLocation
  let databases: Awaited<ReturnType<typeof backend.open>>
  let state: Database
  /** The same database through other connections, as another node has it; embedded, there is none. */
  let other: Database
  let key: KeySource
  let now: Date
  const clock = (): Date => now
  const later = (milliseconds: number): Date => new Date(now.getTime() + milliseconds)

  beforeAll(async () => {
    location = await backend.newLocation()
    databases = await backend.open(location)
    state = databases.state
    await migrate(databases.records, recordsSchema)
    await migrate(state, stateSchema)
    other = backend.name === 'PostgreSQL' ? (await backend.open(location)).state : state
  }, 60_000)
  afterAll(async () => {
    await databases.close()
    await other.close()
    await backend.dispose()
  }, 60_000)

  beforeEach(async () => {
    now = START
    key = testKey()
    await state.run(`TRUNCATE uprove_state.seal, uprove_state.exchanges, uprove_state.open_tokens,
      uprove_state.single_use, uprove_state.login_attempts`)
  })

  const exchanges = (capacity = 1_000, database = state, maxAccountExchanges = 1_000): Promise<Exchanges> =>
    Exchanges.open(database, { keys: key, capacity, maxAccountExchanges, clock })
  const exchange = (context: string, principal?: string): OpenExchange =>
    openExchange(context, later(LIFETIME), principal)

  describe('an exchange', () => {
    it('holds its secrets sealed, differently each time, and none once it is answered', async () => {
      const store = await exchanges()
      const secrets = [crypto.getRandomValues(new Uint8Array(40))]
      for (const context of ['a', 'b']) await store.insert({ ...exchange(context), secrets })
      const octets = async () => {
        const rows = await state.query<{ sealed: Uint8Array | null }>(
          `SELECT sealed FROM uprove_state.exchanges ORDER BY sealed`,
        )
        return rows.map(({ sealed }) => sealed && Buffer.from(sealed))
      }
      const [one, two] = await octets()
      expect(one!.includes(Buffer.from(secrets[0]!.subarray(0, 8)))).toBe(false)
      expect(one!.subarray(12).equals(two!.subarray(12))).toBe(false)
      await store.answer((await store.find('a'))!, answer(1))
      expect((await octets()).filter((sealed) => sealed === null)).toHaveLength(1)
    })

    it('is one of its account’s share, however many are begun at once, at every node', async () => {
      const nodes = [await exchanges(1_000, state, 3), await exchanges(1_000, other, 3)]
      const begun = await Promise.all(
        Array.from({ length: 40 }, (_, i) => nodes[i % 2]!.insert(exchange(String(i), i % 4 < 2 ? 'alice' : 'bob'))),
      )
      expect(begun.every(Boolean)).toBe(true)
      const counts = await state.query(
        `SELECT principal, count(*) AS count FROM uprove_state.exchanges GROUP BY principal ORDER BY principal`,
      )
      expect(counts).toEqual([
        { principal: 'alice', count: 3 },
        { principal: 'bob', count: 3 },
      ])
    })

    const row = (context: string): string => `'\\x${createHash('sha256').update(context).digest('hex')}'`
    it.each<[string, string]>([
      ['another principal', `principal = 'mallory'`],
      ['other Issuer parameters', `uidp = 'urn:other'`],
      ['a later end', `expires = expires + interval '1 millisecond'`],
      ['other counts', `counts = '1,2'`],
      ['another identity', `id = decode(repeat('00', 32), 'hex')`],
      ['the Context of another', `context = '\\x00'`],
      ['the secrets of another', `sealed = (SELECT sealed FROM uprove_state.exchanges WHERE context = ${row('b')})`],
      ['a bit of its secrets flipped', `sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1)`],
      [
        'a bit of its tag flipped',
        `sealed = set_byte(sealed, length(sealed) - 1, get_byte(sealed, length(sealed) - 1) # 128)`,
      ],
      ['a bit of its nonce flipped', `sealed = set_byte(sealed, 0, get_byte(sealed, 0) # 1)`],
      ['its secrets cut short', `sealed = substr(sealed, 1, length(sealed) - 1)`],
      ['no secrets left', `sealed = ''`],
    ])('is refused with %s', async (_, change) => {
      const store = await exchanges()
      await store.insert(exchange('a'))
      await store.insert({ ...exchange('b'), secrets: [Uint8Array.of(5, 6, 7, 8)] })
      await state.run(`UPDATE uprove_state.exchanges SET ${change} WHERE context = ${row('a')}`)
      // A row that says to be that of the Context is looked at as it.
      await state.run(`UPDATE uprove_state.exchanges SET context = ${row('c')} WHERE context = '\\x00'`)
      const context = change.startsWith('context') ? 'c' : 'a'
      expect(await codeOf(() => store.find(context))).toBe('store/tampered')
      expect(await codeOf(() => store.find('b'))).toBe('accepted')
    })

    it('is refused by the node that answered it, if its secrets are restored', async () => {
      const store = await exchanges()
      await store.insert(exchange('a'))
      const found = (await store.find('a'))!
      const saved = await state.query<{ sealed: Uint8Array }>(`SELECT sealed FROM uprove_state.exchanges`)
      await store.answer(found, answer(1))
      await state.query(`UPDATE uprove_state.exchanges SET sealed = $1, digest = NULL, answer = NULL`, [
        saved[0]!.sealed,
      ])
      expect(await codeOf(() => store.find('a'))).toBe('store/tampered')
      expect(await store.answer(found, answer(2))).toBeUndefined()
      now = later(LIFETIME)
      store.forget()
      expect(await store.find('a')).toBeUndefined()
    })

    it('is still open at the node that answered it, if the database failed before it kept the answer', async () => {
      await (await exchanges()).insert(exchange('a'))
      const crash = new Error('the server crashed')
      let crashes = false
      const failing: Database = {
        query: (sql, parameters) => state.query(sql, parameters),
        run: (sql) => state.run(sql),
        maintain: () => state.maintain(),
        close: () => state.close(),
        transaction: (action) =>
          state.transaction(async (transaction) => {
            const result = await action(transaction)
            if (crashes) throw crash
            return result
          }),
      }
      const store = await exchanges(1_000, failing)
      const found = (await store.find('a'))!
      crashes = true
      await expect(store.answer(found, answer(1))).rejects.toBe(crash)
      expect((await store.find('a'))?.secrets).toEqual(exchange('a').secrets)
      crashes = false
      expect(await store.answer(found, answer(2))).toEqual(answer(2))
      expect((await store.find('a'))?.answer).toEqual(answer(2))
    })
  })

  describe('the key of the issuance state', () => {
    it('is that of the store, or nothing is opened', async () => {
      await exchanges()
      key = testKey()
      expect(await codeOf(() => exchanges())).toBe('store/other-key')
    })

    it('opens no exchange that was sealed before it was replaced, even from a restored backup', async () => {
      const store = await exchanges()
      for (const context of ['open', 'answered']) await store.insert(exchange(context))
      const [open, answered] = [(await store.find('open'))!, (await store.find('answered'))!]
      await store.answer(answered, answer(1))
      const columns = 'context, id, principal, uidp, expires, counts, key_id, sealed, digest, answer'
      await state.run(`CREATE TABLE uprove_state.backup AS SELECT ${columns} FROM uprove_state.exchanges`)
      await store.rotateKey()
      await state.run(`DELETE FROM uprove_state.exchanges;
        INSERT INTO uprove_state.exchanges (${columns}) SELECT ${columns} FROM uprove_state.backup;
        DROP TABLE uprove_state.backup`)

      expect(await store.find('open')).toBeUndefined()
      expect(await store.answer(open, answer(1))).toBeUndefined()
      expect((await store.find('answered'))?.answer).toEqual(answer(1))
      // The rows say which key they need; they cannot say another.
      await state.run(`UPDATE uprove_state.exchanges SET key_id = (SELECT key_id FROM uprove_state.seal)`)
      expect(await codeOf(() => store.find('open'))).toBe('store/tampered')
      await state.run(`UPDATE uprove_state.exchanges SET key_id = 'old'`)
      expect(await sweep(state, now)).toBe(1)
      expect(await store.insert(exchange('open'))).toBe(true)
      expect(await store.find('open')).toBeDefined()
    })

    it('is asked for again by nodes that have the old one', async () => {
      const [one, two] = [await exchanges(), await exchanges(1_000, other)]
      const stale = {
        load: (
          (old) => () =>
            old
        )(key.load()),
      }
      const three = await Exchanges.open(other, { keys: stale, capacity: 10, maxAccountExchanges: 10, clock })
      await one.rotateKey()
      await one.insert(exchange('a'))
      expect(await codeOf(() => three.find('a'))).toBe('store/other-key')
      expect(await codeOf(() => three.insert(exchange('b')))).toBe('store/other-key')
      expect((await two.find('a'))?.secrets).toBeDefined()
      await one.rotateKey()
      expect(await two.insert(exchange('b'))).toBe(true)
      expect((await one.find('b'))?.secrets).toBeDefined()
    })

    it('must be another one where an operator replaces it', async () => {
      await exchanges()
      const environment = { load: () => key.load() }
      expect(await codeOf(() => Exchanges.rotateKey(state, environment))).toBe('store/key-not-replaced')
      key = testKey()
      await Exchanges.rotateKey(state, { load: () => key.load() })
      expect(await codeOf(() => exchanges())).toBe('accepted')
    })
  })

  describe('what is used once', () => {
    const digest = new Uint8Array(32).fill(7)

    it('is counted no further than the limit', async () => {
      await state.run(`INSERT INTO uprove_state.single_use (kind, key, expires)
        SELECT 'nonce', decode(lpad(to_hex(i), 8, '0'), 'hex'), '${later(1000).toISOString()}' FROM generate_series(1, 5000) AS i`)
      const counts: number[] = []
      const counting: Database = {
        ...state,
        query: async <Row extends object>(sql: string, parameters?: readonly SqlValue[]) => {
          const rows = await state.query<Row>(sql, parameters)
          counts.push((rows[0] as { rows: number }).rows)
          return rows
        },
      }
      expect(await singleUseLimit(counting, 'nonce', 10, clock).admit()).toBe(false)
      expect(await singleUseLimit(counting, 'nonce', 5001, clock).admit()).toBe(true)
      expect(counts).toEqual([10, 5000])
    })

    it('is counted while requests go on, except for the first', async () => {
      let finish: (() => void) | undefined
      const slow: Database = {
        ...state,
        query: async <Row extends object>(sql: string, parameters?: readonly SqlValue[]) => {
          const rows = await state.query<Row>(sql, parameters)
          if (finish !== undefined) await new Promise<void>((resolve) => (finish = resolve))
          return rows
        },
      }
      const rows = singleUseLimit(slow, 'nonce', 3, clock)
      expect(await rows.admit()).toBe(true)
      finish = () => undefined
      const noop = finish
      now = later(60_000)
      expect(await rows.admit()).toBe(true)
      while (finish === noop) await new Promise(setImmediate)
      // The count began before this row and may not have it.
      expect(await rows.admit()).toBe(true)
      finish()
      finish = undefined
      await new Promise(setImmediate)
      // No row was stored: only what was admitted since the count began counts.
      expect(await rows.admit()).toBe(true)
    })

    it('is no nonce without a digest, as an older version wrote it', async () => {
      const nonces = new SharedNonces(state, singleUseLimit(state, 'nonce', 1_000, clock), clock)
      await nonces.add('a', digest, later(1000))
      await state.run('UPDATE uprove_state.single_use SET digest = NULL')
      expect(await nonces.take('a')).toBeUndefined()
      expect(await nonces.take('a')).toBeUndefined()
    })
  })

  testStoreContract((clock) => {
    const on = (node: Node): Database => (node === 'here' ? state : other)
    return {
      exchanges: (capacity, node, maxAccountExchanges) =>
        Exchanges.open(on(node), { keys: key, capacity, maxAccountExchanges, clock }),
      openTokens: (node) => new SharedOpenTokens(on(node), clock),
      replays: (kind, node, rows) =>
        new SharedReplayCache(on(node), kind, singleUseLimit(state, kind, rows, clock), clock),
      nonces: (rows) => new SharedNonces(state, singleUseLimit(state, 'nonce', rows, clock), clock),
      logins: (policy, node) => new LoginAttempts(on(node), policy, clock),
      authority: async () => {
        await databases.records
          .run(`TRUNCATE uprove.requests, uprove.archived_keys, uprove.certificates, uprove.authority, uprove.crl RESTART IDENTITY;
          INSERT INTO uprove.authority (revision) VALUES (0)`)
        return [
          new AuthorityRecords(databases.records),
          new AuthorityRecords(backend.name === 'PostgreSQL' ? other : databases.records),
        ]
      },
    }
  })

  it('keeps an archived key with its request until that is denied', async () => {
    const records = new AuthorityRecords(databases.records)
    const request = { der: new Uint8Array([1]), account: 'alice', method: 'password', submittedAt: now }
    const denied = { status: 'denied', reason: 'denied-by-operator', errorCode: -1 } as const
    const kept = () => databases.records.query('SELECT envelope FROM uprove.archived_keys')
    await databases.records.run('TRUNCATE uprove.archived_keys')
    const { requestId } = await records.insert(request, undefined, new Uint8Array([2]))
    expect(await kept()).toEqual([{ envelope: new Uint8Array([2]) }])
    await records.decide(requestId, denied, { at: now, event: 'denied' })
    expect(await kept()).toEqual([])
  })

  it('deletes what has expired, and only that, however much it is', async () => {
    const store = await exchanges()
    await store.insert(exchange('a'))
    const fill = (id: string, expires: string) =>
      state.run(`INSERT INTO uprove_state.open_tokens (id, gamma, count, expires)
        SELECT '${id}' || i, 'g', 1, '${expires}' FROM generate_series(1, 1201) AS i`)
    await fill('old', now.toISOString())
    await fill('new', later(LIFETIME).toISOString())
    await new SharedNonces(state, singleUseLimit(state, 'nonce', 10, clock), clock).add('n', new Uint8Array(32), now)
    await new LoginAttempts(state, {}, clock).begin('alice')
    now = later(1)
    expect(await sweep(state, now)).toBe(1202)
    now = later(900_000)
    expect(await sweep(state, now)).toBe(1203)
    expect(await sweep(state, now)).toBe(0)
  })

  describe('the schema', () => {
    const numbers = () => state.query(`SELECT number, hash FROM uprove_state.migrations ORDER BY number`)

    it('is made once, however many nodes start at once', async () => {
      const before = await numbers()
      await state.run('DROP SCHEMA uprove_state CASCADE')
      await Promise.all([state, other, state, other].map((database) => migrate(database, stateSchema)))
      expect(await numbers()).toEqual(before)
      await migrate(other, stateSchema)
      expect(await numbers()).toEqual(before)
    })

    it('is brought up to date, all of it or nothing', async () => {
      const schema = { ...stateSchema, name: 'uprove_state' }
      const grown = [...stateSchema.migrations, 'CREATE TABLE uprove_state.more (i integer)']
      const broken = [...grown, 'CREATE TABLE uprove_state.last (i integer); SELECT 1 / 0']
      expect(await codeOf(() => migrate(state, { ...schema, migrations: broken }))).toBe('store/failed')
      const { length } = stateSchema.migrations
      expect(await numbers()).toHaveLength(length)
      await migrate(state, { ...schema, migrations: grown })
      expect(await numbers()).toHaveLength(length + 1)
      expect(await state.query('SELECT i FROM uprove_state.more')).toEqual([])
      expect(await codeOf(() => migrate(state, stateSchema))).toBe('store/schema-newer')
      await state.run(
        `DROP TABLE uprove_state.more; DELETE FROM uprove_state.migrations WHERE number = ${String(length + 1)}`,
      )
    })

    it('keeps nonces of its first version, and refuses them', async () => {
      await state.run('DROP SCHEMA uprove_state CASCADE')
      await migrate(state, { ...stateSchema, migrations: stateSchema.migrations.slice(0, 1) })
      await state.query(`INSERT INTO uprove_state.single_use (kind, key, expires) VALUES ('nonce', $1, $2)`, [
        sha256(new TextEncoder().encode('old')),
        later(1000),
      ])
      await migrate(state, stateSchema)
      const nonces = new SharedNonces(state, singleUseLimit(state, 'nonce', 10, clock), clock)
      expect(await nonces.take('old')).toBeUndefined()
      await nonces.add('new', new Uint8Array(32), later(1000))
      expect(await nonces.take('new')).toHaveLength(32)
    })

    it('is not taken for another one', async () => {
      const changed = stateSchema.migrations.map((sql) => `${sql} `)
      expect(await codeOf(() => migrate(state, { ...stateSchema, migrations: changed }))).toBe('store/schema-changed')
    })
  })

  it('opens, rotates and closes as a whole', async () => {
    const place = await backend.newLocation()
    const file = testKey()
    const options = { ...place, key: file, clock, sweepInterval: 0 }
    const store = await openStore(options)
    await store.check()
    await store.exchanges.insert(exchange('a'))
    expect((await store.exchanges.find('a'))?.secrets).toBeDefined()
    expect(await store.nonces.take('n')).toBeUndefined()
    expect(await store.presentations.insert([new Uint8Array(32)], later(1))).toBe(true)
    const limits = { tokens: 1, accountTokens: 1, accountExchanges: 1, patience: 1 }
    const open = { id: 'i', key: 'g', count: 1, since: now.getTime(), expires: later(9).getTime() }
    expect(await store.openTokens.open(open, limits)).toEqual({ serial: '1' })
    expect(await store.logins.begin('alice')).toBeUndefined()
    expect(await store.authority.list({ status: 'pending', limit: 9 })).toEqual([])
    await store.close()
    await store.close()
    expect(await codeOf(() => store.check())).toBe('store/closed')
    expect(await codeOf(() => store.exchanges.insert(exchange('b')))).toBe('store/closed')

    expect(await codeOf(() => openStore({ ...options, key: testKey() }))).toBe('store/other-key')
    const again = await openStore(options)
    expect((await again.exchanges.find('a'))?.secrets).toBeDefined()
    await again.rotateStateKey()
    expect(await again.exchanges.find('a')).toBeUndefined()
    now = later(1_000_000)
    expect(await again.sweep()).toBe(3)
    await again.close()
    await rotateStateKey({ ...place, key: file })
    await (await openStore(options)).close()
  }, 60_000)
})

it.runIf(hasPostgres('the test of a server for the state alone'))(
  'keeps records and state on two servers, if it is told to',
  async () => {
    const server = await TestServer.start()
    const [url, stateUrl] = [await server.createDatabase(), await server.createDatabase()]
    const store = await openStore({ url, stateUrl, key: testKey() })
    await store.nonces.add('n', new Uint8Array(32), new Date(Date.now() + 10_000))
    await store.close()
    const schemas = [url, stateUrl].map(async (each) => {
      const database = await openPostgres(each)
      const found = await database.query(`SELECT nspname AS name FROM pg_namespace WHERE nspname LIKE 'uprove%'`)
      await database.close()
      return found
    })
    expect(await Promise.all(schemas)).toEqual([[{ name: 'uprove' }], [{ name: 'uprove_state' }]])
    await server.stop()
  },
  60_000,
)

it('is where the environment says', () => {
  expect(locationFromEnvironment('f', {})).toEqual({ folder: 'f' })
  expect(locationFromEnvironment('f', { DATABASE_URL: 'postgresql://a' })).toEqual({ url: 'postgresql://a' })
  const both = { DATABASE_URL: 'postgresql://a', STATE_DATABASE_URL: 'postgresql://b' }
  expect(locationFromEnvironment('f', both)).toEqual({ url: 'postgresql://a', stateUrl: 'postgresql://b' })
})

it('is either in a folder or on a server', async () => {
  const key = testKey()
  const refused = [
    {},
    { folder: 'a', url: 'postgresql://b' },
    { url: 'mysql://b' },
    { url: 'postgresql://b', stateUrl: 'c' },
  ]
  for (const location of refused) expect(await codeOf(() => openStore({ ...location, key }))).toBe('store/options')
})
