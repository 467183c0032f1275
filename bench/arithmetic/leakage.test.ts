import { describe, expect, it } from 'vitest'
import { alarm, leakageOf } from './leakage.js'

/** Deterministic numbers in [0, 1) that look random (M. E. O'Neill's PCG in its simplest use: a good multiplier, high bits). */
function generator(): () => number {
  let state = 1n
  return () => {
    state = BigInt.asUintN(64, state * 6364136223846793005n + 1442695040888963407n)
    return Number(state >> 40n) / 2 ** 24
  }
}

const count = 40_000

/** Times around 100, one in 50 of which an interruption made very long. */
function simulate(timeOf: (random: number, isFixed: boolean) => number) {
  const next = generator()
  const classes = Uint8Array.from({ length: count }, () => (next() < 0.5 ? 0 : 1))
  const times = Float64Array.from(classes, (c) => {
    const time = timeOf(next() + next(), c === 0)
    return next() < 0.02 ? time + 20_000 * next() : time
  })
  return leakageOf(times, classes)
}

describe('leakageOf', () => {
  it('is quiet where the class makes no difference', () => {
    expect(Math.abs(simulate((random) => 100 + random).t)).toBeLessThan(alarm)
  })

  it('sees a small difference below the long times that hide it', () => {
    const { t, test, difference } = simulate((random, isFixed) => 100 + random + (isFixed ? 0.05 : 0))
    expect(t).toBeGreaterThan(alarm)
    expect(test).toBeLessThan(100)
    expect(difference).toBeCloseTo(0.05, 1)
  })

  it('tells the direction', () => {
    expect(simulate((random, isFixed) => 100 + random - (isFixed ? 0.05 : 0)).t).toBeLessThan(-alarm)
  })

  it('sees times that differ in spread only', () => {
    const next = generator()
    const classes = Uint8Array.from({ length: count }, () => (next() < 0.5 ? 0 : 1))
    const times = Float64Array.from(classes, (c) => 100 + (next() < 0.5 ? -1 : 1) * (c === 0 ? 1 : 1.1))
    expect(Math.abs(leakageOf(times, classes).t)).toBeGreaterThan(alarm)
  })

  it('does not mistake equal constants for anything', () => {
    expect(
      leakageOf(
        new Float64Array(100).fill(5),
        Uint8Array.from({ length: 100 }, (_, i) => i % 2),
      ).t,
    ).toBe(0)
  })
})
