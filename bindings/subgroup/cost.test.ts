import { describe, expect, it } from 'vitest'
import { bucketWidth, costsOf, planSliding, sharedWidth, slidingWidth, subsetsPay, windowWidth } from './cost.js'

describe('widths', () => {
  it('grow with the exponent', () => {
    for (const width of [slidingWidth, sharedWidth]) {
      expect(width(16)).toBeLessThan(width(256))
      expect(width(256)).toBeLessThan(width(4096))
    }
    expect(sharedWidth(256)).toBe(5)
  })

  it('of constant-time windows shrink as scanning costs more', () => {
    expect(windowWidth(256, { square: 1, scan: 0.2 })).toBeLessThan(windowWidth(256, { square: 1, scan: 0 }))
    for (const costs of Object.values(costsOf)) expect(windowWidth(256, costs)).toBe(4)
  })

  it('of buckets are given only where there are many bases', () => {
    expect(bucketWidth(64, 256)).toBeUndefined()
    expect(bucketWidth(1024, 256)).toBeGreaterThan(5)
  })
})

it('a fixed exponent gets the sliding windows with the fewest multiplications', () => {
  expect(planSliding(0b1111n)).toEqual({ width: 2, powers: 2, cost: 4 })
  // Of 4 bits there would be 64 windows and 8 powers, of 6 bits 43 and 32.
  expect(planSliding((1n << 256n) - 1n)).toEqual({ width: 5, powers: 16, cost: 68 })
  // One power of the base, wherever the bits are.
  expect(planSliding(1n << 255n)).toMatchObject({ powers: 1, cost: 2 })
})

it('products are compared in subsets only where they are many', () => {
  expect([1, 64, 100, 150, 1000].map((count) => subsetsPay(count, 256))).toEqual([false, false, false, true, true])
})
