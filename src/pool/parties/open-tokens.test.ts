import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { group, scalar } from '../../uprove/testing/fixtures.js'
import { gammaKey, MemoryOpenTokens } from './open-tokens.js'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const limits = { tokens: 10, accountTokens: 100, accountExchanges: 3, patience: 30_000 }

const entry = (id: string, count: number, key = 'gamma', account?: string) => ({
  id,
  key,
  account,
  count,
  since: Date.now(),
  expires: Date.now() + 600_000,
})

describe('MemoryOpenTokens', () => {
  let open: MemoryOpenTokens
  beforeEach(() => {
    open = new MemoryOpenTokens()
  })
  const opens = async (...of: Parameters<typeof entry>) => (await open.open(entry(...of), limits)) !== undefined

  it('admits tokens up to the limit, those of all exchanges together', async () => {
    expect(await opens('a', 6)).toBe(true)
    expect(await opens('b', 5)).toBe(false)
    expect(await opens('c', 4)).toBe(true)
    expect(open.count('gamma')).toBe(10)
    expect(await opens('d', 1)).toBe(false)
  })

  it('counts each gamma by itself', async () => {
    expect(await opens('a', 10)).toBe(true)
    expect(await opens('b', 10, 'other')).toBe(true)
    expect(await opens('c', 1, 'other')).toBe(false)
  })

  it('gives each exchange a number that no other has', async () => {
    const serials = new Set<string | undefined>()
    for (const id of ['a', 'b', 'c']) serials.add((await open.open(entry(id, 1), limits))?.serial)
    expect(serials).toHaveLength(3)
    expect(serials).not.toContain(undefined)
  })

  it('makes room when an exchange is closed, once', async () => {
    await opens('a', 6)
    await opens('b', 4)
    await open.close('a')
    await open.close('a')
    await open.close('unknown')
    expect(open.count('gamma')).toBe(4)
    expect(await opens('c', 7)).toBe(false)
    expect(await opens('d', 6)).toBe(true)
  })

  it('makes room when an exchange is answered, and lets the same be answered again for a minute', async () => {
    await opens('a', 10)
    expect(await open.answer('a')).toBe(true)
    expect(open.count('gamma')).toBe(0)
    expect(await opens('b', 10)).toBe(true)
    vi.advanceTimersByTime(59_999)
    expect(await open.answer('a')).toBe(true)
    vi.advanceTimersByTime(1)
    expect(await open.answer('a')).toBe(false)
    expect(open.count('gamma')).toBe(10)
    await open.close('a')
    expect(open.count('gamma')).toBe(10)
    expect(await open.answer('unknown')).toBe(false)
  })

  it('makes room when an exchange expires, not before', async () => {
    await open.open({ ...entry('a', 10), expires: Date.now() + 1000 }, limits)
    vi.advanceTimersByTime(999)
    expect(await opens('b', 1)).toBe(false)
    vi.advanceTimersByTime(1)
    expect(await open.answer('a')).toBe(false)
    expect(await opens('c', 10)).toBe(true)
    await open.close('a')
    expect(open.count('gamma')).toBe(10)
  })

  it('closes the oldest exchange of an account that begins too many, and none of others', async () => {
    expect(await opens('of bob', 1, 'gamma', 'bob')).toBe(true)
    for (const id of ['1', '2', '3', '4']) {
      vi.advanceTimersByTime(1)
      expect(await opens(id, 1, `gamma ${id}`, 'alice')).toBe(true)
    }
    expect(await open.answer('1')).toBe(false)
    expect(await open.answer('2')).toBe(true)
    expect(await open.answer('of bob')).toBe(true)
    // One that was answered is open no more.
    expect(await opens('5', 1, 'gamma 5', 'alice')).toBe(true)
    expect(await open.answer('3')).toBe(true)
  })

  it('bounds the tokens of an account', async () => {
    const few = { ...limits, tokens: 1000 }
    await open.open(entry('1', 60, 'one', 'alice'), few)
    vi.advanceTimersByTime(1)
    await open.open(entry('2', 40, 'two', 'alice'), few)
    expect(await open.open(entry('3', 101, 'three', 'alice'), few)).toBeUndefined()
    expect(open.count('one')).toBe(60)
    expect(await open.open(entry('3', 50, 'three', 'alice'), few)).toBeDefined()
    expect([open.count('one'), open.count('two'), open.count('three')]).toEqual([0, 40, 50])
  })

  it('lets an account have its own place again, and nobody else before the time for that is over', async () => {
    expect(await opens('1', 10, 'gamma', 'alice')).toBe(true)
    expect(await opens('of bob', 1, 'gamma', 'bob')).toBe(false)
    expect(await opens('of nobody', 1)).toBe(false)
    expect(await opens('2', 10, 'gamma', 'alice')).toBe(true)
    expect(await open.answer('1')).toBe(false)
    vi.advanceTimersByTime(limits.patience)
    expect(await opens('of bob', 1, 'gamma', 'bob')).toBe(true)
    expect(await open.answer('2')).toBe(false)
  })

  it('does not wait longer for an account that begins again and again', async () => {
    for (let i = 0; i < 10; i++) {
      expect(await opens(`${i}`, 10, 'gamma', 'alice')).toBe(true)
      vi.advanceTimersByTime(limits.patience / 10)
    }
    expect(await opens('of bob', 1, 'gamma', 'bob')).toBe(true)
  })

  it('takes from nobody what does not help', async () => {
    expect(await opens('of alice', 2, 'gamma', 'alice')).toBe(true)
    vi.advanceTimersByTime(limits.patience)
    expect(await opens('of carol', 8, 'gamma', 'carol')).toBe(true)
    expect(await opens('of bob', 3, 'gamma', 'bob')).toBe(false)
    expect(open.count('gamma')).toBe(10)
    expect(await opens('of bob', 2, 'gamma', 'bob')).toBe(true)
    expect([await open.answer('of alice'), await open.answer('of carol')]).toEqual([false, true])
  })
})

describe('gammaKey', () => {
  const [one, two] = [scalar(1n), scalar(2n)]

  it('is the same for the same tokens, and differs with every part of them', () => {
    const key = gammaKey({ x: [one, two], xt: one }, undefined)
    expect(gammaKey({ x: [one, two], xt: one }, undefined)).toBe(key)
    const others = [
      gammaKey({ x: [two, one], xt: one }, undefined),
      gammaKey({ x: [one, two], xt: two }, undefined),
      gammaKey({ x: [one, two], xt: one }, group.generator),
      gammaKey({ x: [one], xt: one }, undefined),
    ]
    expect(new Set([key, ...others])).toHaveLength(5)
  })
})
