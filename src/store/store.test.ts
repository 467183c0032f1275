import { sha256 } from '@noble/hashes/sha2.js'
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { codeOf } from '../ws-trust/testing/fixtures.js'
import type { Answer, OpenExchange } from '../ws-trust/issuance/state-store.js'
import { AuthorityRecords } from './records/authority-records.js'
import type { Database, SqlValue } from './database/database.js'
import { Exchanges } from './state/exchanges.js'
import type { KeySource } from './state/key-source.js'
import { LoginAttempts } from './state/login-attempts.js'
import { migrate } from './database/migrate.js'
import { SharedOpenTokens } from './state/open-tokens.js'
import { recordsSchema } from './records/records-schema.js'
import { SharedNonces, SharedReplayCache, singleUseLimit, type SingleUseKind } from './state/single-use.js'
import { stateSchema } from './state/state-schema.js'
import { openPostgres } from './database/postgres.js'
import type { StoreLocation } from './databases.js'
import { locationFromEnvironment, openStore, rotateStateKey } from './store.js'
import { sweep } from './database/sweep.js'
import { testAuthorityStore } from './testing/authority-store.js'
import { backends, testKey } from './testing/backends.js'
import { hasPostgres, TestServer } from './testing/postgres.js'

const START = new Date('2026-01-01T00:00:00.123Z')
const LIFETIME = 300_000

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
  const exchange = (context: string, principal = 'alice'): OpenExchange => ({
    context,
    principal,
    uidp: 'urn:issuer',
    expires: later(LIFETIME),
    counts: [2, 1],
    secrets: [Uint8Array.of(1, 2, 3, 4), new Uint8Array(0)],
  })
  const answer = (octet: number): Answer => ({
    digest: new Uint8Array(32).fill(octet),
    octets: new Uint8Array(100).fill(octet),
  })

  describe('an exchange', () => {
    it('is found as it was kept, until it is answered; then with its answer and without secrets', async () => {
      const store = await exchanges()
      const { secrets, ...rest } = exchange('a')
      expect(await store.find('a')).toBeUndefined()
      expect(await store.insert({ ...rest, secrets })).toBe(true)
      expect(await store.insert(exchange('a'))).toBe(false)
      const found = (await store.find('a'))!
      expect(found).toEqual({ ...rest, secrets, id: found.id })
      expect(await store.answer(found, answer(1))).toEqual(answer(1))
      expect(await store.find('a')).toEqual({ ...rest, id: found.id, answer: answer(1) })
      expect(await store.answer(found, answer(2))).toEqual(answer(1))
      expect(await store.answer({ context: 'b', id: found.id }, answer(2))).toBeUndefined()
      expect(await store.insert(exchange('a'))).toBe(false)
    })

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

    it('gives one answer to two nodes that race with different messages', async () => {
      const [one, two] = [await exchanges(), await exchanges(1_000, other)]
      const winners = [0, 0]
      for (let round = 0; round < 200; round++) {
        const context = `race ${String(round)}`
        await one.insert(exchange(context))
        const found = await Promise.all([one.find(context), two.find(context)])
        const given = await Promise.all([one.answer(found[0]!, answer(1)), two.answer(found[1]!, answer(2))])
        expect(given[0]).toEqual(given[1])
        expect((await two.find(context))?.answer).toEqual(given[0])
        winners[given[0]!.octets[0]! - 1]!++
      }
      expect(winners[0]! + winners[1]!).toBe(200)
    }, 120_000)

    it('is kept once, whoever asks first', async () => {
      const [one, two] = [await exchanges(), await exchanges(1_000, other)]
      for (let round = 0; round < 50; round++) {
        const context = `first ${String(round)}`
        const kept = await Promise.all([one, two, one, two].map((store) => store.insert(exchange(context))))
        expect(kept.filter(Boolean)).toHaveLength(1)
      }
    })

    it('ends when it expires, and its Context is free; an answer that comes late does not meet the next one', async () => {
      const store = await exchanges()
      await store.insert(exchange('a'))
      const slow = (await store.find('a'))!
      now = later(LIFETIME - 1)
      expect(await store.find('a')).toBeDefined()
      now = later(1)
      expect(await store.find('a')).toBeUndefined()
      expect(await store.answer(slow, answer(1))).toBeUndefined()
      expect(await store.insert(exchange('a'))).toBe(true)
      expect(await store.answer(slow, answer(1))).toBeUndefined()
      const next = (await store.find('a'))!
      expect(next.secrets).toBeDefined()
      expect(await store.answer(next, answer(2))).toEqual(answer(2))
    })

    it('is one of so many', async () => {
      const store = await exchanges(2)
      const insert = (context: string) => codeOf(() => store.insert(exchange(context)))
      expect([await insert('a'), await insert('b'), await insert('c')]).toEqual([
        'accepted',
        'accepted',
        'ws-trust/busy',
      ])
      const node = await exchanges(2, other)
      expect(await codeOf(() => node.insert(exchange('c')))).toBe('ws-trust/busy')
      now = later(LIFETIME)
      expect([await insert('c'), await insert('d'), await insert('e')]).toEqual([
        'accepted',
        'accepted',
        'ws-trust/busy',
      ])
    })

    it('gives way to newer ones of the same account only, the oldest first', async () => {
      const [here, there] = [await exchanges(1_000, state, 2), await exchanges(1_000, other, 2)]
      const begin = async (store: Exchanges, context: string, principal: string) => {
        now = later(1)
        expect(await store.insert(exchange(context, principal))).toBe(true)
      }
      const open = async (...contexts: string[]) => {
        const found = await Promise.all(contexts.map((context) => there.find(context)))
        return contexts.filter((_, i) => found[i] !== undefined).join('')
      }
      await begin(here, 'b', 'bob')
      for (const context of ['1', '2']) await begin(here, context, 'alice')
      const displaced = (await there.find('1'))!
      await begin(there, '3', 'alice')
      expect(await open('b', '1', '2', '3')).toBe('b23')
      // It is never answered, whoever has read it before.
      expect(await there.answer(displaced, answer(1))).toBeUndefined()
      // An answered one is open no more, and is remembered for as long as there is room for it.
      await here.answer((await here.find('2'))!, answer(2))
      await begin(here, '4', 'alice')
      expect(await open('2', '3', '4')).toBe('234')
      expect(await here.openCount()).toBe(3)
      for (const context of ['3', '4']) await here.answer((await here.find(context))!, answer(3))
      await begin(there, '5', 'alice')
      expect(await open('b', '2', '3', '4', '5')).toBe('b345')
      expect(await there.openCount()).toBe(2)
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

  describe('open tokens', () => {
    const limits = { tokens: 10, accountTokens: 100, accountExchanges: 3, patience: 30_000 }
    const entry = (id: string, count: number, gamma = 'g', account?: string) => {
      return { id, key: gamma, account, count, since: now.getTime(), expires: later(LIFETIME).getTime() }
    }
    const opens = async (tokens: SharedOpenTokens, ...of: Parameters<typeof entry>) =>
      (await tokens.open(entry(...of), limits)) !== undefined

    it('are counted by gamma until they are answered, closed or expire', async () => {
      const tokens = new SharedOpenTokens(state, clock)
      expect(await opens(tokens, 'a', 6)).toBe(true)
      expect(await opens(tokens, 'b', 5)).toBe(false)
      expect(await opens(tokens, 'c', 4)).toBe(true)
      expect(await opens(tokens, 'd', 10, 'other')).toBe(true)
      await tokens.close('a')
      await tokens.close('never there')
      expect(await opens(tokens, 'e', 6)).toBe(true)
      expect(await opens(tokens, 'f', 1)).toBe(false)
      expect([await tokens.answer('e'), await tokens.answer('e'), await tokens.answer('a')]).toEqual([
        ...[true, true, false],
      ])
      expect(await opens(tokens, 'f', 6)).toBe(true)
      now = later(LIFETIME)
      expect(await tokens.answer('e')).toBe(false)
      expect(await opens(tokens, 'g', 11)).toBe(false)
      expect(await opens(tokens, 'h', 10)).toBe(true)
    })

    it('are never more than the limit, however many nodes open them at once', async () => {
      const nodes = [new SharedOpenTokens(state, clock), new SharedOpenTokens(other, clock)]
      const serials = new Set<string>()
      for (let round = 0; round < 5; round++) {
        const opened = await Promise.all(
          Array.from({ length: 24 }, (_, i) =>
            nodes[i % 2]!.open(entry(`${String(round)} ${String(i)}`, 1, String(round)), limits),
          ),
        )
        const admitted = opened.filter((each) => each !== undefined)
        expect(admitted).toHaveLength(10)
        for (const { serial } of admitted) serials.add(serial)
      }
      expect(serials).toHaveLength(50)
    })

    it('of an account give way to newer ones of the same account, the oldest first, at every node', async () => {
      const [here, there] = [new SharedOpenTokens(state, clock), new SharedOpenTokens(other, clock)]
      for (const id of ['1', '2', '3']) {
        expect(await opens(here, id, 1, `gamma ${id}`, 'alice')).toBe(true)
        now = later(1)
      }
      expect(await opens(there, '4', 1, 'gamma 4', 'alice')).toBe(true)
      expect(await here.answer('1')).toBe(false)
      expect(await there.answer('2')).toBe(true)
      // One that was answered is open no more.
      expect(await opens(there, '5', 1, 'gamma 5', 'alice')).toBe(true)
      expect(await here.answer('3')).toBe(true)
    })

    it('that nobody answers give way to another account, once the time for that is over', async () => {
      const tokens = new SharedOpenTokens(state, clock)
      expect(await opens(tokens, 'of alice', 10, 'g', 'alice')).toBe(true)
      expect(await opens(tokens, 'of bob', 1, 'g', 'bob')).toBe(false)
      now = later(limits.patience - 1)
      expect(await opens(tokens, 'of bob', 1, 'g', 'bob')).toBe(false)
      // Alice begins again, which gains her no time.
      expect(await opens(tokens, 'of alice again', 10, 'g', 'alice')).toBe(true)
      expect(await tokens.answer('of alice')).toBe(false)
      now = later(1)
      expect(await opens(tokens, 'of bob', 1, 'g', 'bob')).toBe(true)
      expect(await tokens.answer('of alice again')).toBe(false)
      expect(await tokens.answer('of bob')).toBe(true)
    })
  })

  describe('what is used once', () => {
    const limit = (kind: SingleUseKind, rows = 1_000) => singleUseLimit(state, kind, rows, clock)
    const cache = (kind: SingleUseKind = 'replay:presentations', database = state, rows?: number) =>
      new SharedReplayCache(database, kind, limit(kind, rows), clock)
    const digest = new Uint8Array(32).fill(7)
    const keys = (...octets: number[]) => octets.map((octet) => new Uint8Array(32).fill(octet))

    it('is kept all together or not at all, until its time', async () => {
      const until = later(1000)
      expect(await cache().insert(keys(1, 2), until)).toBe(true)
      expect(await cache().insert(keys(3, 2), until)).toBe(false)
      expect(await cache().insert(keys(3, 3), until)).toBe(false)
      expect(await cache().insert(keys(3), until)).toBe(true)
      expect(await cache('replay:password-digests').insert(keys(1, 2), until)).toBe(true)
      now = until
      expect(await cache().insert(keys(2), later(1000))).toBe(false)
      now = later(1)
      expect(await cache().insert(keys(2), later(1000))).toBe(true)
      expect(await cache().insert(keys(2, 1), later(1000))).toBe(false)
    })

    it('is accepted from one of many', async () => {
      for (let round = 0; round < 10; round++) {
        const tries = Array.from({ length: 10 }, (_, i) => {
          const [a, b] = i % 2 ? [2 * round, 2 * round + 1] : [2 * round + 1, 2 * round]
          return cache('replay:presentations', i % 2 ? state : other).insert(keys(a, b), later(1000))
        })
        expect((await Promise.all(tries)).filter(Boolean)).toHaveLength(1)
      }
    })

    it('is not more than may be', async () => {
      const full = cache('replay:presentations', state, 2)
      expect(await full.insert(keys(1, 2), later(1000))).toBe(true)
      expect(await codeOf(() => full.insert(keys(3), later(1000)))).toBe('store/full')
      now = later(1000)
      expect(await full.insert(keys(3), later(1000))).toBe(true)
    })

    it('has a limit for each kind: challenges, which anybody may ask for, leave room for the others', async () => {
      const nonces = new SharedNonces(state, limit('nonce', 2), clock)
      for (const nonce of ['a', 'b']) await nonces.add(nonce, digest, later(1000))
      expect(await codeOf(() => nonces.add('c', digest, later(1000)))).toBe('store/full')
      for (const kind of ['replay:presentations', 'replay:password-digests'] as const) {
        expect(await cache(kind, state, 2).insert(keys(1, 2), later(1000))).toBe(true)
        expect(await codeOf(() => cache(kind, state, 2).insert(keys(3), later(1000)))).toBe('store/full')
      }
      expect(await nonces.take('a')).toBeDefined()
      now = later(1000)
      await nonces.add('c', digest, later(1000))
    })

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

    it('is a nonce, which is taken once, in time', async () => {
      const nonces = new SharedNonces(state, limit('nonce'), clock)
      await nonces.add('a', digest, later(1000))
      await nonces.add('b', digest, later(1000))
      expect(await nonces.take('other')).toBeUndefined()
      const taken = await Promise.all(Array.from({ length: 10 }, () => nonces.take('a')))
      expect(taken.filter(Boolean)).toHaveLength(1)
      now = later(1000)
      await nonces.add('c', digest, later(-1))
      const [b, c, a] = [await nonces.take('b'), await nonces.take('c'), await nonces.take('a')]
      expect([b && Uint8Array.from(b), c, a]).toEqual([digest, undefined, undefined])
    })

    it('is no nonce without a digest, as an older version wrote it', async () => {
      const nonces = new SharedNonces(state, limit('nonce'), clock)
      await nonces.add('a', digest, later(1000))
      await state.run('UPDATE uprove_state.single_use SET digest = NULL')
      expect(await nonces.take('a')).toBeUndefined()
      expect(await nonces.take('a')).toBeUndefined()
    })
  })

  describe('attempts to log in', () => {
    const attempts = (database = state) =>
      new LoginAttempts(database, { attempts: 3, window: 1000, lockout: 5000 }, clock)

    it('are let through up to a number, and then not for a while', async () => {
      const logins = attempts()
      for (let i = 0; i < 3; i++) expect(await logins.begin('alice')).toBeUndefined()
      const locked = later(5000)
      expect(await logins.begin('alice')).toEqual(locked)
      now = later(4999)
      expect(await logins.begin('alice')).toEqual(locked)
      expect(await logins.begin('bob')).toBeUndefined()
      now = locked
      for (let i = 0; i < 3; i++) expect(await logins.begin('alice')).toBeUndefined()
      expect(await logins.begin('alice')).toEqual(later(5000))
    })

    it('are forgotten after a success, or a while', async () => {
      const logins = attempts()
      for (let i = 0; i < 3; i++) await logins.begin('alice')
      await logins.succeeded('alice')
      for (let i = 0; i < 3; i++) expect(await logins.begin('alice')).toBeUndefined()
      now = later(1000)
      expect(await logins.begin('alice')).toBeUndefined()
    })

    it('count over all nodes, when they come at once too', async () => {
      const nodes = [attempts(), attempts(other)]
      const tries = await Promise.all(Array.from({ length: 20 }, (_, i) => nodes[i % 2]!.begin('alice')))
      expect(tries.filter((until) => until === undefined)).toHaveLength(3)
    })
  })

  testAuthorityStore(async () => {
    await databases.records
      .run(`TRUNCATE uprove.requests, uprove.archived_keys, uprove.certificates, uprove.authority, uprove.crl RESTART IDENTITY;
      INSERT INTO uprove.authority (revision) VALUES (0)`)
    return [
      new AuthorityRecords(databases.records),
      new AuthorityRecords(backend.name === 'PostgreSQL' ? other : databases.records),
    ]
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
