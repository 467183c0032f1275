import { describe, expect, it } from 'vitest'
import { powerModulo } from '../engine/power.js'
import { toFixedWidth } from '../octets/integers.js'
import type { RandomSource } from '../octets/random.js'
import { isProbablePrime } from './validation.js'

describe('isProbablePrime', () => {
  it('knows small numbers', () => {
    const primes = Array.from({ length: 60 }, (_, n) => n).filter((n) => isProbablePrime(BigInt(n)))
    expect(primes).toEqual([2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59])
    expect(isProbablePrime(-7n)).toBe(false)
  })

  it('accepts large primes', () => {
    expect(isProbablePrime((1n << 521n) - 1n)).toBe(true)
    expect(isProbablePrime((1n << 255n) - 19n)).toBe(true)
  })

  it('refuses composites without small factors, Carmichael numbers among them', () => {
    expect(isProbablePrime(((1n << 127n) - 1n) * ((1n << 521n) - 1n))).toBe(false)
    expect(isProbablePrime(((1n << 127n) - 1n) ** 2n)).toBe(false)
    // (6k+1)(12k+1)(18k+1) with three prime factors passes Fermat's test for every base.
    let k = 1n << 60n
    while (![6n, 12n, 18n].every((factor) => isProbablePrime(factor * k + 1n))) k++
    const carmichael = (6n * k + 1n) * (12n * k + 1n) * (18n * k + 1n)
    expect(powerModulo(2n, carmichael - 1n, carmichael)).toBe(1n)
    expect(isProbablePrime(carmichael)).toBe(false)
  })

  it('tries at least 50 random bases', () => {
    const n = (1n << 127n) - 1n
    const bases = new Set<bigint>()
    isProbablePrime(n, (modulus) => (base, exponent) => {
      bases.add(base)
      return powerModulo(base, exponent, modulus)
    })
    expect(bases.size).toBeGreaterThan(50)
    expect([...bases].every((base) => 1n < base && base < n - 1n)).toBe(true)
  })

  it('takes its bases from the source that it is given', () => {
    // The square of a prime has strong liars: the elements of order dividing prime - 1.
    const prime = (1n << 127n) - 1n
    const composite = prime ** 2n
    const liar = powerModulo(3n, prime, composite)
    const source: RandomSource = { fill: (bytes) => bytes.set(toFixedWidth(liar - 2n, bytes.length)) }
    expect(isProbablePrime(composite, undefined, source)).toBe(true)
    expect(isProbablePrime(composite)).toBe(false)
  })
})
