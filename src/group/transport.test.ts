import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createBigintEngine } from '../../bindings/subgroup/bigint.js'
import { byteLength, toBigint, toFixedWidth } from '../../bindings/octets/integers.js'
import { customGroups } from '../../bindings/testing/groups.js'
import { elementOfOrder } from '../../bindings/testing/small-order.js'
import { L1024N160, L2048N256 } from '../params/index.js'
import { elementFromOctets, minimalOctets, scalarFromOctets } from './index.js'

const engine = createBigintEngine()
const withCode = (code: string): unknown => expect.objectContaining({ code })

describe.each([
  { name: 'L1024N160', description: L1024N160 },
  { name: '1091/171', description: customGroups['1091/171']! },
])('transported numbers of $name', ({ description }) => {
  const group = engine.subgroup(description, { allowLegacy: true })
  const { p, q } = group

  it('come in at any width and go out at the minimal one', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: q - 1n }), fc.nat({ max: 4 }), (value, zeros) => {
        const scalar = toFixedWidth(value, group.scalarLength)
        expect(scalarFromOctets(group, toFixedWidth(value, byteLength(value) + zeros))).toEqual(scalar)
        const minimal = minimalOctets(scalar)
        expect(toBigint(minimal)).toBe(value)
        expect(minimal.length).toBe(Math.max(1, byteLength(value)))
        const element = group.exponentiate(group.generator, group.scalars.from(scalar))
        const wide = Uint8Array.of(...new Uint8Array(zeros), ...minimalOctets(element))
        expect(elementFromOctets(group, wide)).toEqual(element)
      }),
      { numRuns: 20 },
    )
  })

  it('may be 1 as an element, and 0 or nothing as a scalar', () => {
    expect(elementFromOctets(group, Uint8Array.of(1))).toEqual(group.identity)
    expect(scalarFromOctets(group, new Uint8Array(0))).toEqual(group.scalars.zero)
    expect(scalarFromOctets(group, Uint8Array.of(0))).toEqual(group.scalars.zero)
    expect(minimalOctets(group.scalars.zero)).toEqual(Uint8Array.of(0))
  })

  it('are refused out of range', () => {
    expect(() => elementFromOctets(group, new Uint8Array(0))).toThrow(withCode('element/length'))
    expect(() => elementFromOctets(group, Uint8Array.of(0))).toThrow(withCode('element/range'))
    for (const x of [p, p + 1n, 1n << BigInt(8 * group.elementLength)]) {
      const octets = toFixedWidth(x, group.elementLength + 1)
      expect(() => elementFromOctets(group, octets)).toThrow(withCode('element/range'))
    }
    for (const x of [q, q + 1n, 1n << BigInt(8 * group.scalarLength)]) {
      const octets = toFixedWidth(x, group.scalarLength + 1)
      expect(() => scalarFromOctets(group, octets)).toThrow(withCode('scalar/range'))
    }
    expect(toBigint(scalarFromOctets(group, toFixedWidth(q - 1n, group.scalarLength)))).toBe(q - 1n)
  })
})

describe('transported elements outside G_q', () => {
  it.each([[2], [13], [2, 13, 17, 23, 29]])('of order %j are refused, alone and as a factor', (...orders) => {
    const group = engine.subgroup(L2048N256)
    const small = elementOfOrder(group, ...orders)
    expect(group.isMember(small)).toBe(false)
    for (const octets of [small, group.multiply(small, group.generator)]) {
      expect(() => elementFromOctets(group, minimalOctets(octets))).toThrow(withCode('element/not-in-subgroup'))
    }
  })
})
