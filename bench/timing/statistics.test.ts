import { describe, expect, it } from 'vitest'
import { Moments, percentile, ratioOf, summarise, welch } from './statistics.js'

function momentsOf(values: readonly number[]): Moments {
  const moments = new Moments()
  for (const value of values) moments.add(value)
  return moments
}

describe('percentile', () => {
  it('interpolates between neighbours', () => {
    const ascending = [10, 20, 30, 40]
    expect([0, 10, 50, 90, 100].map((p) => percentile(ascending, p))).toEqual([10, 13, 25, 37, 40])
  })

  it('is the value itself where there is one, and NaN where there is none', () => {
    expect(percentile([7], 10)).toBe(7)
    expect(percentile([], 50)).toBeNaN()
  })
})

describe('summarise', () => {
  it('does not depend on the order, and leaves its argument alone', () => {
    const values = Array.from({ length: 101 }, (_, i) => (i * 37) % 101)
    const copy = [...values]
    expect(summarise(values)).toEqual({ median: 50, p5: 5, p10: 10, p95: 95, samples: 101 })
    expect(values).toEqual(copy)
  })
})

describe('ratioOf', () => {
  it('compares 10th percentiles, in all and in parts', () => {
    const [before, after] = [[40, 40, 40, 40, 60, 60, 60, 60, 60, 60], Array.from({ length: 20 }, () => 20)]
    expect(ratioOf(before, after)).toEqual({ ratio: 2, least: 2, most: 3 })
    expect(ratioOf(after, before)).toEqual({ ratio: 1 / 2, least: 1 / 3, most: 1 / 2 })
  })

  it('has fewer parts than five where there are fewer values', () => {
    expect(ratioOf([30, 10, 20], [10, 10])).toEqual({ ratio: 1.2, least: 1.1, most: 3 })
  })
})

describe('Moments', () => {
  it('keeps mean and variance, far from zero as well', () => {
    const offset = 1e9
    const moments = momentsOf([4, 7, 13, 16].map((value) => offset + value))
    expect(moments.mean).toBe(offset + 10)
    expect(moments.variance).toBe(30)
    expect(momentsOf([1]).variance).toBeNaN()
  })
})

describe('welch', () => {
  it('divides the difference of the means by its standard error', () => {
    // Means 2 and 6, variances 2 and 4: the error is sqrt(2/2 + 4/3).
    const [a, b] = [momentsOf([1, 3]), momentsOf([4, 6, 8])]
    expect(welch(a, b)).toBeCloseTo(-4 / Math.sqrt(7 / 3), 12)
    expect(welch(b, a)).toBeCloseTo(4 / Math.sqrt(7 / 3), 12)
  })

  it('is 0 for samples that are the same constant, and infinite for different ones', () => {
    expect(welch(momentsOf([3, 3]), momentsOf([3, 3, 3]))).toBe(0)
    expect(welch(momentsOf([3, 3]), momentsOf([4, 4]))).toBe(-Infinity)
  })
})
