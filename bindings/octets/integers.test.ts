import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  atWidth,
  bitLength,
  byteLength,
  isLess,
  isZero,
  stripLeadingZeros,
  toBigint,
  toFixedWidth,
  toHex,
} from './integers.js'

describe('fixed-width octets', () => {
  it('carry an integer there and back', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 1n << 300n }), fc.nat({ max: 5 }), (value, surplus) => {
        const octets = toFixedWidth(value, byteLength(value) + surplus)
        expect(octets.length).toBe(byteLength(value) + surplus)
        expect(toBigint(octets)).toBe(value)
        expect(toBigint(stripLeadingZeros(octets))).toBe(value)
        expect(stripLeadingZeros(octets).length).toBe(byteLength(value))
      }),
    )
  })

  it('are big-endian', () => {
    expect(toFixedWidth(0x1234n, 3)).toEqual(Uint8Array.of(0, 0x12, 0x34))
    expect(toFixedWidth(0n, 0)).toEqual(new Uint8Array(0))
    expect(toBigint(new Uint8Array(0))).toBe(0n)
    expect(toHex(Uint8Array.of(0, 0x0a, 0xff))).toBe('000aff')
  })

  it('hold what fits only', () => {
    expect(() => toFixedWidth(256n, 1)).toThrow(RangeError)
    expect(() => toFixedWidth(-1n, 4)).toThrow(RangeError)
    expect(() => toFixedWidth(1n, 0)).toThrow(RangeError)
  })

  it('are another width on demand', () => {
    const octets = Uint8Array.of(0, 0, 1, 2)
    expect([2, 3, 4, 6].map((length) => atWidth(octets, length))).toEqual([
      Uint8Array.of(1, 2),
      Uint8Array.of(0, 1, 2),
      Uint8Array.of(0, 0, 1, 2),
      Uint8Array.of(0, 0, 0, 0, 1, 2),
    ])
    expect(atWidth(octets, 1)).toBeUndefined()
    const zero = new Uint8Array(3)
    expect([stripLeadingZeros(zero), atWidth(zero, 0), atWidth(zero, 1)]).toEqual([
      new Uint8Array(0),
      new Uint8Array(0),
      new Uint8Array(1),
    ])
  })

  it('are measured in bits', () => {
    expect([0n, 1n, 2n, 255n, 256n, 1n << 2047n].map(bitLength)).toEqual([0, 1, 2, 8, 9, 2048])
    expect([0n, 1n, 255n, 256n].map(byteLength)).toEqual([0, 1, 1, 2])
  })

  it('compare as integers', () => {
    const small = fc.array(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), { minLength: 4, maxLength: 4 })
    fc.assert(
      fc.property(small, small, (a, b) => {
        const [x, y] = [Uint8Array.from(a), Uint8Array.from(b)]
        expect(isLess(x, y)).toBe(toBigint(x) < toBigint(y))
        expect(isLess(x, x)).toBe(false)
        expect(isZero(x)).toBe(toBigint(x) === 0n)
      }),
      { numRuns: 500 },
    )
  })
})
