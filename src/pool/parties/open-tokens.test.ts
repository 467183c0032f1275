import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { group, scalar } from '../../uprove/testing/fixtures.js'
import { gammaKey, MemoryOpenTokens } from './open-tokens.js'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const entry = (id: string, count: number, key = 'gamma') => ({
  id,
  key,
  count,
  limit: 10,
  expires: Date.now() + 1000,
})

describe('MemoryOpenTokens', () => {
  it('admits tokens up to the limit, those of all exchanges together', async () => {
    const open = new MemoryOpenTokens()
    expect(await open.open(entry('a', 6))).toBe(true)
    expect(await open.open(entry('b', 5))).toBe(false)
    expect(await open.open(entry('c', 4))).toBe(true)
    expect(open.count('gamma')).toBe(10)
    expect(await open.open(entry('d', 1))).toBe(false)
  })

  it('counts each gamma by itself', async () => {
    const open = new MemoryOpenTokens()
    expect(await open.open(entry('a', 10))).toBe(true)
    expect(await open.open(entry('b', 10, 'other'))).toBe(true)
    expect(await open.open(entry('c', 1, 'other'))).toBe(false)
  })

  it('makes room when an exchange is closed, once', async () => {
    const open = new MemoryOpenTokens()
    await open.open(entry('a', 6))
    await open.open(entry('b', 4))
    await open.close('a')
    await open.close('a')
    await open.close('unknown')
    expect(open.count('gamma')).toBe(4)
    expect(await open.open(entry('c', 7))).toBe(false)
    expect(await open.open(entry('d', 6))).toBe(true)
  })

  it('makes room when an exchange expires, not before', async () => {
    const open = new MemoryOpenTokens()
    await open.open(entry('a', 10))
    vi.advanceTimersByTime(999)
    expect(await open.open(entry('b', 1))).toBe(false)
    vi.advanceTimersByTime(1)
    expect(await open.open(entry('c', 10))).toBe(true)
    await open.close('a')
    expect(open.count('gamma')).toBe(10)
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
