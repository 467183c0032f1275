import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Element, Group } from '../../../bindings/engine/engine.js'
import { toFixedWidth } from '../../../bindings/octets/integers.js'
import { P256 } from '../../params/P256.js'
import { errorCode, group as subgroup, outside, scalar } from '../testing/fixtures.js'
import { memberOrIdentityProduct, memberProducts, scalarOrRefuse } from './received.js'

afterEach(() => void vi.restoreAllMocks())

describe('a received scalar', () => {
  it('is taken below q, and refused from q on', () => {
    const values = [0n, 1n, subgroup.q - 1n].map(scalar)
    expect(values.map((octets) => scalarOrRefuse(subgroup, octets))).toEqual(values)
    const above = [subgroup.q, subgroup.q + 1n].map(scalar)
    expect([...above, new Uint8Array(32).fill(0xff)].map((octets) => scalarOrRefuse(subgroup, octets))).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })

  it('of another length or type is no scalar at all, and a fault is none of the scalar', () => {
    expect(errorCode(() => scalarOrRefuse(subgroup, new Uint8Array(31)))).toBe('scalar/length')
    expect(errorCode(() => scalarOrRefuse(subgroup, new Uint8Array(33)))).toBe('scalar/length')
    expect(errorCode(() => scalarOrRefuse(subgroup, '1' as never))).toBe('octets/type')
    vi.spyOn(subgroup.scalars, 'from').mockImplementationOnce(() => {
      throw new RangeError('out of memory')
    })
    expect(() => scalarOrRefuse(subgroup, scalar(1n))).toThrow('out of memory')
  })
})

describe.each<[string, Group]>([
  ['a subgroup', subgroup],
  ['a curve', subgroup.engine.curve(P256)],
])('received values in %s', (_, group) => {
  const { generator, identity, scalars, elementLength } = group
  const of = (value: bigint) => scalars.from(toFixedWidth(value, group.scalarLength))
  const power = (e: bigint): Element => group.exponentiate(generator, of(e))
  const x = power(3n)

  it('are raised, each by its number, and multiplied with powers of other bases', () => {
    const products = memberProducts(
      group,
      [x, power(5n)],
      [
        [
          [1, of(7n)],
          [generator, of(2n)],
          [0, of(11n)],
        ],
        [[0, of(2n)]],
      ],
    )
    expect(products).toEqual([power(35n + 2n + 33n), power(6n)])
    const product = memberOrIdentityProduct(group, x, of(7n), [
      [generator, of(2n)],
      [power(5n), of(3n)],
    ])
    expect(product).toEqual(power(21n + 2n + 15n))
  })

  it('are refused outside the group', () => {
    const bad: Uint8Array[] = [new Uint8Array(elementLength).fill(1), new Uint8Array(elementLength).fill(0xff)]
    if (group === subgroup) bad.push(outside(x, 2), outside(identity, 2))
    for (const value of bad) {
      expect(memberProducts(group, [x, value], [[[0, of(1n)]]])).toBeUndefined()
      expect(memberOrIdentityProduct(group, value, of(1n), [[generator, of(2n)]])).toBeUndefined()
    }
  })

  it('are no elements at all if they have another length', () => {
    for (const value of [x.slice(1), Uint8Array.of(...x, 0), new Uint8Array(0)]) {
      expect(errorCode(() => memberProducts(group, [x, value], [[[0, of(1n)]]]))).toBe('element/length')
      expect(errorCode(() => memberOrIdentityProduct(group, value, of(1n), []))).toBe('element/length')
    }
  })

  it('may be 1 where that is said, and where 1 has an encoding', () => {
    expect(memberProducts(group, [identity], [[[0, of(1n)]]])).toBeUndefined()
    const product = memberOrIdentityProduct(group, identity, of(7n), [[generator, of(2n)]])
    expect(product).toEqual(group === subgroup ? power(2n) : undefined)
  })
})
