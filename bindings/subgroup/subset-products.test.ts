import { afterEach, describe, expect, it, vi } from 'vitest'
import { L1024N160 } from '../../src/params/L1024N160.js'
import type { Element, Scalar, Subgroup } from '../engine/engine.js'
import { createEngine } from '../loading/create-engine.js'
import { itemAt } from '../octets/lists.js'
import { elementsOfSmallOrder } from '../testing/small-order.js'
import { createBigintEngine } from './bigint.js'
import { subsetsPay } from './cost.js'

const smallOrders = elementsOfSmallOrder(L1024N160)
const count = 240

afterEach(() => {
  vi.restoreAllMocks()
})

describe.each([
  ['WebAssembly, in subsets', (await createEngine()).subgroup(L1024N160, { allowLegacy: true }), count],
  ['BigInt, one by one', createBigintEngine().subgroup(L1024N160, { allowLegacy: true }), 4],
])('claimed products on %s', (_, group: Subgroup, length) => {
  const { scalars, generator } = group
  const bases = [generator, L1024N160.gt].map((base) => group.fixedBase(base, { exponents: 'public' }))
  const others = [L1024N160.gd, generator]
  const rows = Array.from({ length }, () => [scalars.random(), scalars.random()])
  const values = group.multiExponentiateMany(bases, rows)
  const ofOthers = group.multiExponentiateMany(others, rows)
  const holds = (own: readonly Element[], its = ofOthers, exponents: readonly Scalar[][] = rows): boolean =>
    group.areProductsVartime(
      [
        { values: own, bases },
        { values: its, bases: others },
      ],
      exponents,
    )
  /** The list with values i, from the end, multiplied by factors. */
  const changed = (list: readonly Element[], ...factors: Element[]): Element[] =>
    list.map((value, i) => {
      const factor = factors[list.length - 1 - i]
      return factor === undefined ? value : group.multiply(value, factor)
    })

  it('pass if they are right', () => {
    expect(holds(values)).toBe(true)
  })

  it.each<[string, Element[]]>([
    ['one value is wrong', [generator]],
    ['two errors cancel out in the product of all', [generator, group.invert(generator)]],
    ...smallOrders.map((x, i): [string, Element[]] => [`a value is off by an element of small order (${i + 1})`, [x]]),
    ['two values are off by -1', [itemAt(smallOrders, 0), itemAt(smallOrders, 0)]],
    ['two values are off by elements that cancel out', [itemAt(smallOrders, 1), group.invert(itemAt(smallOrders, 1))]],
  ])('are refused if %s', (_, factors) => {
    expect(holds(changed(values, ...factors))).toBe(false)
    expect(holds(values, changed(ofOthers, ...factors))).toBe(false)
    // Nor do errors of one claim make up for those of another.
    expect(holds(changed(values, ...factors), changed(ofOthers, ...factors))).toBe(false)
  })

  it('are refused if values are exchanged, or exponents wrong', () => {
    expect(holds([...values].reverse())).toBe(false)
    const [first, ...rest] = rows as [Scalar[], ...Scalar[][]]
    expect(holds(values, ofOthers, [first.map((e) => scalars.add(e, scalars.one)), ...rest])).toBe(false)
  })

  it('need a value for each row of exponents', () => {
    expect(() => holds(values.slice(1))).toThrow(expect.objectContaining({ code: 'exponent/count' }))
  })
})

describe('random subsets', () => {
  it('are drawn afresh from the platform, and decide', async () => {
    expect(subsetsPay(count, 160)).toBe(true)
    const group = (await createEngine()).subgroup(L1024N160, { allowLegacy: true })
    const { generator, scalars } = group
    const bases = [generator, generator]
    const values = Array.from({ length: count }, (_, i) =>
      i > 1 ? group.identity : i === 1 ? generator : group.invert(generator),
    )
    const rows = values.map(() => [scalars.zero, scalars.zero])
    const holds = (): boolean => group.areProductsVartime([{ values, bases }], rows)
    const draw = vi.spyOn(crypto, 'getRandomValues')
    expect([holds(), holds()]).toEqual([false, false])
    const drawn = draw.mock.calls.map(([octets]) => octets as Uint8Array)
    expect(drawn.map(({ length }) => length)).toEqual([8 * count, 8 * count])
    expect(drawn[0]).not.toEqual(drawn[1])
    // The errors of the first two values cancel out where both or none are in a subset.
    const fillWith = (octet: (i: number) => number): void => {
      draw.mockImplementation((octets) => {
        const list = octets as Uint8Array
        list.forEach((_, i) => (list[i] = octet(i)))
        return octets
      })
    }
    fillWith(() => 0)
    expect(holds()).toBe(true)
    fillWith(() => 0xff)
    expect(holds()).toBe(true)
    // In one of 64 subsets only one of them is.
    for (const [at, bit] of [
      [0, 1],
      [count + 1, 0x80],
      [7 * count, 0x10],
    ] as const) {
      fillWith((i) => (i === at ? bit : 0))
      expect(holds()).toBe(false)
    }
  })
})
