import { describe, expect, it } from 'vitest'
import { inverseModulo } from '../../../bindings/engine/power.js'
import { encode, integer, nullValue, sequence } from '../asn1/der.js'
import { wipedBy } from '../testing/wiping.js'
import { areConsistent } from './rsa-numbers.js'

interface Numbers {
  readonly n: bigint
  readonly e: bigint
  readonly d: bigint
  readonly p: bigint
  readonly q: bigint
  readonly dp: bigint
  readonly dq: bigint
  readonly qInverse: bigint
}

/** A key of any odd numbers. */
function numbersOf(p: bigint, q: bigint, d: bigint): Numbers {
  return { n: p * q, e: 65537n, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qInverse: inverseModulo(q, p)! }
}
const encoded = ({ n, e, d, p, q, dp, dq, qInverse }: Numbers, ...more: Uint8Array[]): Uint8Array<ArrayBuffer> =>
  sequence(...[0n, n, e, d, p, q, dp, dq, qInverse].map(integer), ...more)

const KEYS: readonly [string, Numbers][] = [
  ['of 16 bits', numbersOf(0xfff1n, 0xffefn, 0xabcdefn)],
  ['of 16 and 24 bits', numbersOf(0x8003n, 0xfffffdn, 0x7fffffffn)],
  ['of 89 and 107 bits', numbersOf(2n ** 107n - 1n, 2n ** 89n - 1n, (1n << 190n) / 3n)],
  ['with an exponent below both', numbersOf(0xfff1n, 0xffefn, 5n)],
]

describe('the numbers of an RSA key', () => {
  it.each(KEYS)('%s belong together, or not, whichever is changed', (_, numbers) => {
    expect(areConsistent(encoded(numbers))).toBe(true)
    for (const name of ['n', 'd', 'p', 'q', 'dp', 'dq', 'qInverse'] as const) {
      for (const by of [1n, 2n, 1n << 16n, -1n])
        if (numbers[name] + by > 0n)
          expect(areConsistent(encoded({ ...numbers, [name]: numbers[name] + by })), `${name} ${by}`).toBe(false)
      expect(areConsistent(encoded({ ...numbers, [name]: 0n })), name).toBe(false)
    }
  })

  it('are those modulo p and q, not others that are the same there', () => {
    const [, numbers] = KEYS[0]!
    const { p, q, dp, dq } = numbers
    expect(areConsistent(encoded({ ...numbers, dp: dp + p - 1n }))).toBe(false)
    expect(areConsistent(encoded({ ...numbers, dq: dq + q - 1n }))).toBe(false)
  })

  it('have two odd factors of two octets or more', () => {
    // With 1 nothing is hidden; with an even factor, what is computed modulo one less is not that.
    for (const [p, q] of [
      [0xfbn, 0xfff1n],
      [0xfff1n, 0xfbn],
    ] as const)
      expect(areConsistent(encoded(numbersOf(p, q, 0xabcdn))), `${p} ${q}`).toBe(false)
    const [p, d] = [0xfff1n, 0xabcdefn]
    const one = { n: p, e: 65537n, d, p, q: 1n, dp: d % (p - 1n), dq: d & 0xffffn, qInverse: 1n }
    expect(areConsistent(encoded(one))).toBe(false)
    const [even, odd] = [0xfff2n, 0xfff1n]
    const evenP = { ...numbersOf(even, odd, d), dp: d % even }
    expect(areConsistent(encoded(evenP))).toBe(false)
    expect(areConsistent(encoded({ ...numbersOf(odd, even, d), dq: d % even }))).toBe(false)
  })

  it('are eight, and not negative', () => {
    const [, numbers] = KEYS[0]!
    const structure = expect.objectContaining({ code: 'pki/structure' }) as unknown
    expect(() => areConsistent(encoded(numbers, nullValue()))).toThrow(structure)
    expect(() => areConsistent(sequence(integer(0), integer(5), integer(3)))).toThrow(structure)
    const negative = sequence(...Array.from({ length: 9 }, () => encode(2, Uint8Array.of(0xff))))
    expect(() => areConsistent(negative)).toThrow(structure)
  })

  it('have their products and remainders wiped after the check', async () => {
    const [, numbers] = KEYS[2]!
    const { n, p, q, dp, dq, qInverse } = numbers
    const wiped = await wipedBy(() => areConsistent(encoded(numbers)))
    const times = (value: bigint): number => wiped.filter((hex) => BigInt(`0x${hex}`) === value).length
    expect([p - 1n, q - 1n, q * qInverse].map(times)).toEqual([1, 1, 1])
    // What is compared is there three times: as it was computed, and both numbers at one width.
    for (const value of [n, dp, dq, 1n]) expect(times(value), String(value)).toBeGreaterThanOrEqual(3)
    // And what the three divisions last subtracted.
    expect(wiped).toHaveLength(3 + 4 * 3 + 3)
  })
})
