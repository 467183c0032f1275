import { describe, expect, it } from 'vitest'
import { Quota, RateLimiter } from './limits.js'

describe('a rate limiter', () => {
  it('lets a burst pass, then so many a second, each name for itself', () => {
    let now = 0
    const limiter = new RateLimiter({ burst: 3, perSecond: 2 }, () => now)
    const takes = (name: string, count: number): number[] => Array.from({ length: count }, () => limiter.take(name))
    expect(takes('a', 4)).toEqual([0, 0, 0, 1])
    expect(takes('b', 1)).toEqual([0])
    now += 500
    expect(takes('a', 2)).toEqual([0, 1])
    now += 1_000
    expect(takes('a', 3)).toEqual([0, 0, 1])
    now += 60_000
    expect(takes('a', 4)).toEqual([0, 0, 0, 1])
  })

  it('says how long to wait', () => {
    const limiter = new RateLimiter({ burst: 1, perSecond: 0.1 }, () => 0)
    expect(limiter.take('a')).toBe(0)
    expect(limiter.take('a')).toBe(10)
  })

  it('forgets who was not seen for long, and only them', () => {
    const limiter = new RateLimiter({ burst: 1, perSecond: 0.001 }, () => 0)
    limiter.take('first')
    limiter.take('second')
    for (let i = 0; i < 99_998; i++) limiter.take(`other ${String(i)}`)
    expect(limiter.take('second')).toBeGreaterThan(0)
    limiter.take('one more')
    expect(limiter.take('first')).toBe(0)
    expect(limiter.take('second')).toBeGreaterThan(0)
  })
})

it('holds each name to its share, until it is given back', () => {
  const quota = new Quota(10)
  expect([quota.take('a', 6), quota.take('a', 5), quota.take('b', 10)]).toEqual([true, false, true])
  quota.release('a', 2)
  expect([quota.take('a', 6), quota.take('a')]).toEqual([true, false])
  quota.release('a', 10)
  expect([quota.take('a', 11), quota.take('a', 0), quota.take('a', 10)]).toEqual([false, true, true])
})
