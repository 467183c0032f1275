import { afterEach, describe, expect, it, vi } from 'vitest'
import { isZero } from '../../../bindings/octets/integers.js'
import { codeOf, testClock } from '../testing/fixtures.js'
import { MemoryStateStore, type OpenExchange } from './state-store.js'

const secret = (octet: number): Uint8Array => new Uint8Array(4).fill(octet)

function exchangeOf(context: string, until: Date, ...secrets: Uint8Array[]): OpenExchange {
  return { context, principal: 'alice', uidp: 'urn:u', expires: until, counts: secrets.map(() => 1), secrets }
}

const answer = { digest: secret(7), octets: secret(8) }

function setUp(options: { capacity?: number } = {}) {
  const time = testClock()
  const store = new MemoryStateStore({ clock: time.clock, ...options })
  const later = (milliseconds: number): Date => new Date(time.now.getTime() + milliseconds)
  const pass = (milliseconds: number): void => void (time.now = later(milliseconds))
  return { store, later, pass }
}

/** The copies of secrets that are made from now on. */
function copiesMade(): Uint8Array[] {
  const made: Uint8Array[] = []
  const from = Uint8Array.from.bind(Uint8Array) as (octets: Uint8Array) => Uint8Array<ArrayBuffer>
  vi.spyOn(Uint8Array, 'from').mockImplementation((octets) => {
    const copy = from(octets as Uint8Array)
    made.push(copy)
    return copy
  })
  return made
}

describe('a store of exchanges in memory', () => {
  afterEach(() => void vi.restoreAllMocks())

  it('gives an exchange as it was kept, in copies of its own', async () => {
    const { store, later } = setUp()
    const exchange = exchangeOf('c', later(1000), secret(1), secret(2))
    expect(await store.find('c')).toBeUndefined()
    expect(await store.insert(exchange)).toBe(true)
    exchange.secrets[0]!.fill(0)
    const found = (await store.find('c'))!
    expect(found).toEqual({ ...exchange, id: found.id, secrets: [secret(1), secret(2)] })
    found.secrets![1]!.fill(0)
    expect((await store.find('c'))?.secrets).toEqual([secret(1), secret(2)])
  })

  it('keeps the first exchange with a Context', async () => {
    const { store, later } = setUp()
    await store.insert(exchangeOf('c', later(1000), secret(1)))
    expect(await store.insert(exchangeOf('c', later(1000), secret(2)))).toBe(false)
    expect((await store.find('c'))?.secrets).toEqual([secret(1)])
  })

  it('has room for a number of exchanges, answered ones too, until they expire', async () => {
    const { store, later, pass } = setUp({ capacity: 2 })
    await store.insert(exchangeOf('c1', later(1000), secret(1)))
    await store.insert(exchangeOf('c2', later(2000), secret(1)))
    const { id } = (await store.find('c1'))!
    await store.answer({ context: 'c1', id }, answer)
    const third = () => store.insert(exchangeOf('c3', later(1000), secret(1)))
    expect(await codeOf(third)).toBe('ws-trust/busy')
    pass(1000)
    expect(await third()).toBe(true)
    expect(await codeOf(() => store.insert(exchangeOf('c4', later(1000))))).toBe('ws-trust/busy')
  })

  it('replaces the secrets by the first answer, for good', async () => {
    const { store, later } = setUp()
    const exchange = exchangeOf('c', later(1000), secret(1))
    await store.insert(exchange)
    const { id } = (await store.find('c'))!
    const name = { context: 'c', id }
    expect(await store.answer(name, answer)).toEqual(answer)
    const other = { digest: secret(9), octets: secret(9) }
    expect(await store.answer(name, other)).toEqual(answer)
    expect(await store.find('c')).toEqual({ ...exchange, secrets: undefined, id, answer })
  })

  it('takes no answer for an exchange that it does not have, or whose Context another one has', async () => {
    const { store, later, pass } = setUp()
    expect(await store.answer({ context: 'c', id: '1' }, answer)).toBeUndefined()
    await store.insert(exchangeOf('c', later(1000), secret(1)))
    const { id } = (await store.find('c'))!
    pass(999)
    await store.find('c')
    pass(1)
    expect(await store.answer({ context: 'c', id }, answer)).toBeUndefined()
    await store.insert(exchangeOf('c', later(1000), secret(2)))
    expect(await store.answer({ context: 'c', id }, answer)).toBeUndefined()
    expect((await store.find('c'))?.secrets).toEqual([secret(2)])
  })

  it('forgets what has expired, at that very time', async () => {
    const { store, later, pass } = setUp()
    await store.insert(exchangeOf('c', later(1000), secret(1)))
    pass(999)
    expect(await store.find('c')).toBeDefined()
    pass(1)
    expect(await store.find('c')).toBeUndefined()
    expect(await store.insert(exchangeOf('c', later(1000), secret(1)))).toBe(true)
  })

  it.each<[string, (store: MemoryStateStore, pass: (milliseconds: number) => void) => Promise<unknown>]>([
    ['are answered', async (store) => store.answer({ context: 'c', id: (await store.find('c'))!.id }, answer)],
    ['expire', (store, pass) => (pass(1000), store.find('other'))],
    [
      'are disposed of',
      (store) => {
        store.dispose()
        return Promise.resolve()
      },
    ],
  ])('wipes the secrets of exchanges that %s', async (_, end) => {
    const { store, later, pass } = setUp()
    const made = copiesMade()
    await store.insert(exchangeOf('c', later(1000), secret(1), secret(2)))
    const kept = [...made]
    expect(kept).toEqual([secret(1), secret(2)])
    await end(store, pass)
    expect(kept.every(isZero)).toBe(true)
  })

  it('can be disposed of with answered exchanges, and is empty then', async () => {
    const { store, later, pass } = setUp()
    await store.insert(exchangeOf('c', later(1000), secret(1)))
    await store.answer({ context: 'c', id: (await store.find('c'))!.id }, answer)
    store.dispose()
    expect(await store.find('c')).toBeUndefined()
    await store.insert(exchangeOf('c', later(1000), secret(1)))
    await store.answer({ context: 'c', id: (await store.find('c'))!.id }, answer)
    pass(1000)
    expect(await store.find('c')).toBeUndefined()
  })

  it('goes by the time of the system if no clock is given', async () => {
    const store = new MemoryStateStore()
    await store.insert(exchangeOf('open', new Date(Date.now() + 60_000), secret(1)))
    await store.insert(exchangeOf('expired', new Date(Date.now() - 1), secret(1)))
    expect(await store.find('open')).toBeDefined()
    expect(await store.find('expired')).toBeUndefined()
  })
})
