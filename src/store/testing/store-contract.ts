import { beforeEach, describe, expect, it } from 'vitest'
import type { NonceStore, ReplayCache } from '../../authentication/single-use.js'
import type { AuthorityStore } from '../../pki/ca/records/store.js'
import type { OpenTokens } from '../../pool/parties/open-tokens.js'
import type { Answer, OpenExchange, StateStore } from '../../ws-trust/issuance/state-store.js'
import { codeOf } from '../../ws-trust/testing/fixtures.js'
import type { LoginAttempts, LoginPolicy } from '../state/login-attempts.js'
import type { SingleUseKind } from '../state/single-use.js'
import { testAuthorityStore } from './authority-store.js'

/** One of two nodes that share a store. */
export type Node = 'here' | 'there'

/** The parts of a store, through two nodes. */
export interface StoreUnderTest {
  exchanges(
    capacity: number,
    node: Node,
    maxAccountExchanges: number,
  ): Promise<StateStore & { openCount(): Promise<number> }>
  openTokens(node: Node): OpenTokens
  replays(kind: SingleUseKind, node: Node, rows: number): ReplayCache
  nonces(rows: number): NonceStore
  logins(policy: LoginPolicy, node: Node): Pick<LoginAttempts, 'begin' | 'succeeded'>
  /** Empty records. */
  authority(): Promise<[AuthorityStore, AuthorityStore]>
}

const START = new Date('2026-01-01T00:00:00.123Z')
/** How long exchanges of these tests stay open, in milliseconds. */
export const LIFETIME = 300_000

/** An exchange as a store keeps it. */
export const openExchange = (context: string, expires: Date, principal = 'alice'): OpenExchange => ({
  context,
  principal,
  uidp: 'urn:issuer',
  expires,
  counts: [2, 1],
  secrets: [Uint8Array.of(1, 2, 3, 4), new Uint8Array(0)],
})

/** An answer that a number tells apart from others. */
export const answer = (octet: number): Answer => ({
  digest: new Uint8Array(32).fill(octet),
  octets: new Uint8Array(100).fill(octet),
})

/**
 * What every store must do, whatever keeps its rows.
 *
 * @param open an empty store, whose nodes read this clock
 */
export function testStoreContract(open: (clock: () => Date) => Promise<StoreUnderTest> | StoreUnderTest): void {
  let store: StoreUnderTest
  let now: Date
  const clock = (): Date => now
  const later = (milliseconds: number): Date => new Date(now.getTime() + milliseconds)

  beforeEach(async () => {
    now = START
    store = await open(clock)
  })

  const exchanges = (capacity = 1_000, node: Node = 'here', maxAccountExchanges = 1_000) =>
    store.exchanges(capacity, node, maxAccountExchanges)
  const exchange = (context: string, principal?: string): OpenExchange =>
    openExchange(context, later(LIFETIME), principal)

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

    it('gives one answer to two nodes that race with different messages', async () => {
      const [one, two] = [await exchanges(), await exchanges(1_000, 'there')]
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
      const [one, two] = [await exchanges(), await exchanges(1_000, 'there')]
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
      const node = await exchanges(2, 'there')
      expect(await codeOf(() => node.insert(exchange('c')))).toBe('ws-trust/busy')
      now = later(LIFETIME)
      expect([await insert('c'), await insert('d'), await insert('e')]).toEqual([
        'accepted',
        'accepted',
        'ws-trust/busy',
      ])
    })

    it('gives way to newer ones of the same account only, the oldest first', async () => {
      const [here, there] = [await exchanges(1_000, 'here', 2), await exchanges(1_000, 'there', 2)]
      const begin = async (of: StateStore, context: string, principal: string) => {
        now = later(1)
        expect(await of.insert(exchange(context, principal))).toBe(true)
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
  })

  describe('open tokens', () => {
    const limits = { tokens: 10, accountTokens: 100, accountExchanges: 3, patience: 30_000 }
    const entry = (id: string, count: number, gamma = 'g', account?: string) => {
      return { id, key: gamma, account, count, since: now.getTime(), expires: later(LIFETIME).getTime() }
    }
    const opens = async (tokens: OpenTokens, ...of: Parameters<typeof entry>) =>
      (await tokens.open(entry(...of), limits)) !== undefined

    it('are counted by gamma until they are answered, closed or expire', async () => {
      const tokens = store.openTokens('here')
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
      const nodes = [store.openTokens('here'), store.openTokens('there')]
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
      const [here, there] = [store.openTokens('here'), store.openTokens('there')]
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
      const tokens = store.openTokens('here')
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
    const cache = (kind: SingleUseKind = 'replay:presentations', node: Node = 'here', rows = 1_000) =>
      store.replays(kind, node, rows)
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
          return cache('replay:presentations', i % 2 ? 'here' : 'there').insert(keys(a, b), later(1000))
        })
        expect((await Promise.all(tries)).filter(Boolean)).toHaveLength(1)
      }
    })

    it('is not more than may be', async () => {
      const full = cache('replay:presentations', 'here', 2)
      expect(await full.insert(keys(1, 2), later(1000))).toBe(true)
      expect(await codeOf(() => full.insert(keys(3), later(1000)))).toBe('store/full')
      now = later(1000)
      expect(await full.insert(keys(3), later(1000))).toBe(true)
    })

    it('has a limit for each kind: challenges, which anybody may ask for, leave room for the others', async () => {
      const nonces = store.nonces(2)
      for (const nonce of ['a', 'b']) await nonces.add(nonce, digest, later(1000))
      expect(await codeOf(() => nonces.add('c', digest, later(1000)))).toBe('store/full')
      for (const kind of ['replay:presentations', 'replay:password-digests'] as const) {
        expect(await cache(kind, 'here', 2).insert(keys(1, 2), later(1000))).toBe(true)
        expect(await codeOf(() => cache(kind, 'here', 2).insert(keys(3), later(1000)))).toBe('store/full')
      }
      expect(await nonces.take('a')).toBeDefined()
      now = later(1000)
      await nonces.add('c', digest, later(1000))
    })

    it('is a nonce, which is taken once, in time', async () => {
      const nonces = store.nonces(1_000)
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
  })

  describe('attempts to log in', () => {
    const attempts = (node: Node = 'here') => store.logins({ attempts: 3, window: 1000, lockout: 5000 }, node)

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
      const nodes = [attempts(), attempts('there')]
      const tries = await Promise.all(Array.from({ length: 20 }, (_, i) => nodes[i % 2]!.begin('alice')))
      expect(tries.filter((until) => until === undefined)).toHaveLength(3)
    })
  })

  testAuthorityStore(() => store.authority())
}
