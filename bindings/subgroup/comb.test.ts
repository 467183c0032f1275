import { describe, expect, it } from 'vitest'
import { combEntries, combFor, isCombFor, planComb, type CombShape } from './comb.js'
import type { FixedBaseOptions } from '../engine/engine.js'

const costs = { exponentBits: 256, entryBytes: 256, scanCost: 0, squareCost: 1 }
const limits = { exponentBits: 256, expectedUses: 1000, maxEntries: 4096 }

describe('the options of a table', () => {
  it.each<[string, unknown]>([
    ['exponents that are neither secret nor public', { exponents: 'other' }],
    ['such exponents, whatever the size', { exponents: 'other', maxTableBytes: 1 << 20 }],
    ['no uses', { expectedUses: 0 }],
    ['fewer than no uses', { expectedUses: -1 }],
    ['uses that are not a number', { expectedUses: Number.NaN }],
    ['a negative size', { maxTableBytes: -1 }],
    ['a size that is not a number', { maxTableBytes: Number.NaN }],
    ['products of no base', { basesPerProduct: 0 }],
  ])('refuse %s', (_, options) =>
    expect(() => combFor(options as FixedBaseOptions, costs)).toThrow(
      expect.objectContaining({ code: 'table/options' }),
    ),
  )

  it('have defaults', () => {
    const defaults = { expectedUses: 1000, maxTableBytes: 1 << 20, basesPerProduct: 1 }
    expect(combFor({}, costs)).toEqual(combFor({ exponents: 'secret', ...defaults }, costs))
    // Public exponents may have tables of twice the size.
    const much = { expectedUses: 1e6 }
    const size = (options: FixedBaseOptions): number => 256 * combEntries(combFor(options, costs)!)
    expect(size({ ...much })).toBeLessThanOrEqual(1 << 20)
    expect(size({ ...much, exponents: 'public' })).toBeGreaterThan(1 << 20)
    expect(size({ ...much, exponents: 'public' })).toBeLessThanOrEqual(1 << 21)
    expect(combFor({ expectedUses: Infinity }, costs)).toEqual(combFor({ expectedUses: 1e12 }, costs))
  })

  it('leave the cost of scans to secret exponents', () => {
    const scanning = { ...costs, scanCost: 0.05 }
    expect(combFor({ exponents: 'public', expectedUses: 1e4 }, scanning)).toEqual(
      combFor({ exponents: 'public', expectedUses: 1e4 }, costs),
    )
    expect(combFor({ expectedUses: 1e4 }, scanning)!.teeth).toBeLessThan(combFor({ expectedUses: 1e4 }, costs)!.teeth)
  })
})

describe('a comb', () => {
  it('covers its exponents, and fits into its limits', () => {
    for (const exponentBits of [160, 171, 224, 256, 512])
      for (const expectedUses of [10, 100, 10_000, 1e12])
        for (const maxEntries of [2, 16, 100, 4096]) {
          const shape = planComb({ exponentBits, expectedUses, maxEntries })
          if (shape === undefined) continue
          expect(combEntries(shape)).toBeLessThanOrEqual(maxEntries)
          expect(isCombFor(shape, exponentBits)).toBe(true)
        }
  })

  it('grows with the number of its uses, and is left out if it does not pay', () => {
    const entries = [10, 1000, 1e6].map((expectedUses) => combEntries(planComb({ ...limits, expectedUses })!))
    expect(entries).toEqual([...entries].sort((a, b) => a - b))
    expect(new Set(entries).size).toBe(3)
    expect(planComb({ ...limits, expectedUses: 1 })).toBeUndefined()
    expect(planComb({ ...limits, maxEntries: 0 })).toBeUndefined()
    // More blocks than columns are of no use, whatever room there is.
    const { teeth, blocks } = planComb({ ...limits, expectedUses: 1e12, maxEntries: Infinity })!
    expect(blocks).toBeLessThanOrEqual(Math.ceil(limits.exponentBits / teeth))
    expect(planComb({ ...limits, maxEntries: 2 })).toBeUndefined()
    expect(planComb({ ...limits, maxEntries: 4 })).toEqual({ teeth: 2, blocks: 1, columns: 128 })
  })

  it.each([
    { exponentBits: 160, expectedUses: 100 },
    { exponentBits: 256, expectedUses: 1000 },
    { exponentBits: 256, expectedUses: 30_000 },
    { exponentBits: 512, expectedUses: 10_000 },
  ])('is the smallest of those that cost about as little: %j', ({ exponentBits, expectedUses }) => {
    const maxEntries = 4096
    const cost = ({ teeth, blocks, columns }: CombShape): number =>
      exponentBits + blocks * 2 ** teeth + expectedUses * (blocks * columns + columns)
    const shapes = Array.from({ length: 12 }, (_, i) => i + 1).flatMap((teeth) => {
      const bitsOfRow = Math.ceil(exponentBits / teeth)
      return Array.from({ length: bitsOfRow }, (_, i) => ({
        teeth,
        blocks: i + 1,
        columns: Math.ceil(bitsOfRow / (i + 1)),
      }))
    })
    const possible = shapes.filter((shape) => combEntries(shape) <= maxEntries)
    const least = Math.min(...possible.map(cost))
    const cheap = possible.filter((shape) => cost(shape) <= 1.05 * least)
    const chosen = planComb({ exponentBits, expectedUses, maxEntries })!
    expect(cost(chosen)).toBeLessThanOrEqual(1.05 * least)
    expect(combEntries(chosen)).toBe(Math.min(...cheap.map(combEntries)))
  })

  it.each([
    [{ teeth: 8, blocks: 4, columns: 8 }, true],
    [{ teeth: 8, blocks: 4, columns: 7 }, false],
    [{ teeth: 13, blocks: 4, columns: 8 }, false],
    [{ teeth: 12, blocks: 4, columns: 11 }, true],
    [{ teeth: 12, blocks: 4, columns: 12 }, false],
  ])('%j fits 256 bits: %j', (shape, expected) => expect(isCombFor(shape, 256)).toBe(expected))
})
