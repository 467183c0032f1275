import { describe, expect, it } from 'vitest'
import type { FixedBaseOptions, KernelName } from '../engine/engine.js'
import { bucketWidth, combEntries, combWidth, combWidths, slidingWidth } from './curve-cost.js'

const limits = { kernel: 'simd', qBits: 256, entryBytes: 64 } as const
const widthFor = (options: FixedBaseOptions, change: { kernel?: KernelName; entryBytes?: number } = {}) =>
  combWidth(options, { ...limits, ...change })

describe('a comb', () => {
  it('has odd multiples below 2^width of either sign for each digit', () => {
    expect(combWidths.map((width) => combEntries(width, 256))).toEqual([256, 344, 512, 832, 1376, 2368, 4096])
    expect(combEntries(5, 521)).toBe(105 * 16)
  })

  it('is wider, the more it is used', () => {
    const uses = [1, 4, 5, 10, 20, 100, 1000, 1e6, 1e12, Infinity]
    expect(uses.map((expectedUses) => widthFor({ expectedUses }))).toEqual([
      undefined,
      undefined,
      2,
      3,
      3,
      4,
      6,
      6,
      6,
      6,
    ])
    // Public exponents need no scan.
    const widths = uses.map((expectedUses) => widthFor({ expectedUses, exponents: 'public' }))
    expect(widths).toEqual([undefined, undefined, 2, 3, 3, 5, 7, 8, 8, 8])
  })

  it.each([
    ['relaxed-fma', [4, 5, 5]],
    ['simd', [4, 5, 6]],
    ['scalar', [4, 4, 5]],
  ] as const)('is as wide as scans on the kernel %s let it be', (kernel, widths) => {
    expect([30, 300, 3000].map((expectedUses) => widthFor({ expectedUses }, { kernel }))).toEqual(widths)
  })

  it('is for 1000 secret exponents if nothing else is said', () => {
    expect(widthFor({})).toBe(widthFor({ expectedUses: 1000, exponents: 'secret' }))
  })

  it('is at most as large as it may be: 1 MiB for secret exponents, 2 MiB for public ones', () => {
    const many = { expectedUses: 1e12, exponents: 'public' } as const
    const bytes = combEntries(8, 256) * 64
    expect([widthFor({ ...many, maxTableBytes: bytes }), widthFor({ ...many, maxTableBytes: bytes - 1 })]).toEqual([
      8, 7,
    ])
    expect(widthFor({ ...many, maxTableBytes: 256 * 64 - 1 })).toBeUndefined()
    expect(widthFor({ ...many, maxTableBytes: 0 })).toBeUndefined()
    const fitting = (bytes: number, width: number): number => bytes / combEntries(width, 256)
    const secret = [0, 1].map((more) => widthFor({ expectedUses: 1e12 }, { entryBytes: fitting(1 << 20, 6) + more }))
    const ofPublic = [0, 1].map((more) => widthFor(many, { entryBytes: fitting(1 << 21, 8) + more }))
    expect([secret, ofPublic]).toEqual([
      [6, 5],
      [8, 7],
    ])
  })

  it.each<FixedBaseOptions>([
    { expectedUses: 0 },
    { expectedUses: -1 },
    { expectedUses: NaN },
    { maxTableBytes: -1 },
    { maxTableBytes: NaN },
    { exponents: 'Public' as 'public' },
    { exponents: 'Public' as 'public', maxTableBytes: 1000 },
  ])('is refused with %o', (options) => {
    expect(() => widthFor(options)).toThrow(expect.objectContaining({ code: 'table/options' }))
  })
})

describe('windows', () => {
  it('are wider, the longer the exponents and the more of them share the multiples', () => {
    const bits = [1, 10, 64, 128, 256, 384, 521, 10_000]
    expect(bits.map((length) => slidingWidth(length))).toEqual([2, 2, 4, 5, 5, 6, 6, 7])
    expect([0, 1, 2, 4, 8, 100].map((uses) => slidingWidth(256, uses))).toEqual([2, 5, 6, 7, 7, 7])
  })
})

describe('buckets', () => {
  it.each([
    [64, 66],
    [256, 170],
    [521, 268],
  ])('for exponents of %d bits cost less from %d bases on', (bits, count) => {
    expect([0, 1, count - 1].map((fewer) => bucketWidth(fewer, bits))).toEqual([undefined, undefined, undefined])
    expect(bucketWidth(count, bits)).toBeGreaterThan(1)
  })

  it('are wider, the more bases and the longer the exponents', () => {
    expect([300, 1000, 10_000, 1e6].map((count) => bucketWidth(count, 256))).toEqual([6, 7, 10, 12])
    expect([0, 1, 8, 64, 521].map((bits) => bucketWidth(300, bits))).toEqual([2, 2, 5, 6, 6])
  })
})
