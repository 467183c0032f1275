import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { inverseModulo, negativeInverse, powerModulo, productOfPowers, sharedPowers } from './power.js'

/** The definition, for exponents that are small enough to count down. */
function repeatedProduct(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n % modulus
  for (let i = 0n; i < exponent; i++) result = (result * base) % modulus
  return result
}

const modulus = fc.bigInt({ min: 2n, max: 1n << 70n })
const base = fc.bigInt({ min: 0n, max: 1n << 75n })
const smallExponent = fc.bigInt({ min: 0n, max: 300n })
const exponent = fc.bigInt({ min: 0n, max: 1n << 600n })

describe('powers', () => {
  it('are repeated products', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(base, smallExponent), { maxLength: 4 }), modulus, (list, m) => {
        const powers = list.map(([b, e]) => repeatedProduct(b, e, m))
        const [bases, exponents] = [list.map(([b]) => b), list.map(([, e]) => e)]
        expect(list.map(([b, e]) => powerModulo(b, e, m))).toEqual(powers)
        expect(productOfPowers(bases, exponents, m)).toBe(powers.reduce((a, b) => (a * b) % m, 1n))
        if (list.length === 0) return
        expect(sharedPowers(bases[0]!, exponents, m)).toEqual(exponents.map((e) => repeatedProduct(bases[0]!, e, m)))
      }),
    )
  })

  it('add in the exponent, however long', () => {
    fc.assert(
      fc.property(base, exponent, exponent, modulus, (b, x, y, m) => {
        const product = (powerModulo(b, x, m) * powerModulo(b, y, m)) % m
        expect(powerModulo(b, x + y, m)).toBe(product)
        expect(sharedPowers(b, [x, y, x + y], m)).toEqual([powerModulo(b, x, m), powerModulo(b, y, m), product])
      }),
    )
  })
})

describe('products of many powers', () => {
  it.each([1, 20, 400, 1500])('of %i bases are products of single ones', (count) => {
    const long = fc.bigInt({ min: 1n << 599n, max: 1n << 600n })
    fc.assert(
      fc.property(fc.array(fc.tuple(base, long), { minLength: 1, maxLength: 5 }), modulus, (few, m) => {
        // Few different factors, repeated: what they come to is quickly known.
        const all = Array.from({ length: count }, (_, i) => few[i % few.length]!)
        // Some exponents are short.
        const list = all.map(([b, e], i) => [b, i % 3 === 1 ? e >> 590n : e] as const)
        const expected = list.reduce((result, [b, e]) => (result * powerModulo(b, e, m)) % m, 1n)
        const [bases, exponents] = [list.map(([b]) => b), list.map(([, e]) => e)]
        expect(productOfPowers(bases, exponents, m)).toBe(expected)
      }),
      { numRuns: 3 },
    )
  })
})

describe('inverses', () => {
  it('modulo a power of two, negative, make -1', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 1n << 600n }), fc.integer({ min: 1, max: 600 }), (half, bits) => {
        const odd = 2n * half + 1n
        expect(BigInt.asUintN(bits, odd * negativeInverse(odd, bits) + 1n)).toBe(0n)
      }),
    )
  })

  it('are inverses where there are any', () => {
    fc.assert(
      fc.property(base, modulus, (value, m) => {
        const inverse = inverseModulo(value, m)
        if (inverse !== undefined) {
          expect((inverse * value) % m).toBe(1n)
          expect(inverse).toBeLessThan(m)
        }
      }),
    )
    expect(inverseModulo(6n, 9n)).toBeUndefined()
    expect(inverseModulo(0n, 7n)).toBeUndefined()
    expect(inverseModulo(3n, 7n)).toBe(5n)
  })
})
