import { describe, expect, it } from 'vitest'
import { Lifetime } from './lifetime.js'
import {
  checkElementLength,
  checkReducible,
  checkSameCount,
  checkScalarLength,
  elementInRange,
  isInElementRange,
  maxReducibleOctets,
  pairsOf,
  scalarInRange,
} from './operands.js'
import { memberProducts, valueAt } from './products.js'
import type { Base, Element, Factor, Scalar } from './engine.js'

const withCode = (code: string): unknown => expect.objectContaining({ code })
const octets = (...values: number[]): Uint8Array => Uint8Array.from(values)
const p = octets(2, 5)

describe('operands', () => {
  it('of the right length and range are copied', () => {
    for (const value of [octets(0, 1), octets(2, 4)]) {
      const copies = [elementInRange(value, p), scalarInRange(value, p)]
      expect(copies).toEqual([value, value])
      expect(copies.some((copy) => copy === value)).toBe(false)
      expect(isInElementRange(value, p)).toBe(true)
    }
    expect(scalarInRange(octets(0, 0), p)).toEqual(octets(0, 0))
    expect(() => checkReducible(new Uint8Array(maxReducibleOctets))).not.toThrow()
  })

  const read: [string, () => unknown, string][] = [
    ['an element that is text', () => elementInRange('ab' as never, p), 'octets/type'],
    ['a short element', () => elementInRange(octets(1), p), 'element/length'],
    ['a long element', () => elementInRange(octets(0, 0, 1), p), 'element/length'],
    ['an element of 0', () => elementInRange(octets(0, 0), p), 'element/range'],
    ['an element of p', () => elementInRange(p, p), 'element/range'],
    ['a short scalar', () => scalarInRange(octets(1), p), 'scalar/length'],
    ['a scalar that is a list', () => scalarInRange([0, 1] as never, p), 'octets/type'],
    ['a scalar of q', () => scalarInRange(p, p), 'scalar/range'],
    ['the length of an element', () => checkElementLength(octets(1), 2), 'element/length'],
    ['the length of a scalar', () => checkScalarLength(octets(1, 2, 3), 2), 'scalar/length'],
    ['text to reduce', () => checkReducible('ab' as never), 'octets/type'],
    ['too much to reduce', () => checkReducible(new Uint8Array(maxReducibleOctets + 1)), 'scalar/length'],
    ['an exponent too few', () => checkSameCount([1, 2], [1]), 'exponent/count'],
    ['an exponent too many', () => pairsOf([1], [1, 2]), 'exponent/count'],
    ['a value that is not there', () => valueAt(['a'], 1), 'base/index'],
  ]
  it.each(read)('refuse %s', (_, call, code) => expect(call).toThrow(withCode(code)))

  it.each([['text'], [[0, 1]], [octets(1)], [octets(0, 0, 1)], [octets(0, 0)], [p], [octets(2, 6)]])(
    '%j is no element',
    (value) => expect(isInElementRange(value as Uint8Array, p)).toBe(false),
  )

  it('are paired', () => {
    expect(pairsOf([1, 2], ['a', 'b'])).toEqual([
      [1, 'a'],
      [2, 'b'],
    ])
    expect(valueAt(['a', 'b'], 1)).toBe('b')
  })
})

describe('products of powers of values and of others', () => {
  // Elements and scalars of one octet: numbers modulo 251, whose powers can be counted.
  const power = (base: number, e: number): number =>
    Array.from({ length: e }).reduce<number>((x) => (x * base) % 251, 1)
  const group = {
    multiply: (a: Uint8Array, b: Uint8Array) => octets((a[0]! * b[0]!) % 251) as Element,
    multiExponentiateVartime: (bases: readonly unknown[], es: readonly Scalar[]) =>
      octets(
        bases.reduce<number>((product, base, i) => (product * power((base as Uint8Array)[0]!, es[i]![0]!)) % 251, 1),
      ) as Element,
  }
  const powers = (x: Uint8Array, es: readonly Scalar[]) =>
    x[0] === 0 ? undefined : es.map((e) => octets(power(x[0]!, e[0]!)) as Element)
  const factor = (base: number | Uint8Array, e: number) => [base, octets(e)] as unknown as Factor<Base | number>
  const other = octets(7)

  it('are computed for any number of either, in their order', () => {
    const products = [
      [factor(0, 2), factor(1, 3)],
      [factor(1, 4), factor(other, 5), factor(0, 6)],
      [factor(other, 2), factor(octets(11), 3)],
      [factor(0, 1), factor(0, 2)],
      [],
    ]
    expect(memberProducts(group, powers, [octets(3), octets(5)], products)).toEqual([
      octets((power(3, 2) * power(5, 3)) % 251),
      octets((power(5, 4) * power(7, 5) * power(3, 6)) % 251),
      octets((power(7, 2) * power(11, 3)) % 251),
      octets(power(3, 3)),
      octets(1),
    ])
  })

  it('are undefined if a value is no member, whether or not a product names it', () => {
    expect(memberProducts(group, powers, [octets(3), octets(0)], [[factor(0, 2)]])).toBeUndefined()
  })

  it('refuse a value that is not there', () => {
    expect(() => memberProducts(group, powers, [octets(3)], [[factor(1, 2)]])).toThrow(withCode('base/index'))
  })
})

describe('a lifetime', () => {
  it('ends with its own, or with that of what it was made from, and not with that of a part', () => {
    const engine = new Lifetime('engine')
    const [group, another] = [new Lifetime('group', engine), new Lifetime('group', engine)]
    expect([engine.ended, group.ended]).toEqual([false, false])
    expect(() => group.check()).not.toThrow()
    group.end()
    expect([engine.ended, group.ended, another.ended]).toEqual([false, true, false])
    expect(() => group.check()).toThrow(withCode('engine/disposed'))
    engine.end()
    expect(another.ended).toBe(true)
    expect(() => another.check()).toThrow(withCode('engine/disposed'))
  })
})
