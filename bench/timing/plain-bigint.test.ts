import { expect, it } from 'vitest'
import { createBigintEngine } from '../../bindings/subgroup/bigint.js'
import { L1024N160 } from '../../src/params/L1024N160.js'
import { countCrossings, countingGroup, crossingTime } from '../arithmetic/conversion.js'
import { measurement } from './measurement.js'
import { createPlainEngine } from './plain-bigint.js'

const bind = (engine: ReturnType<typeof createPlainEngine>) => engine.subgroup(L1024N160, { allowLegacy: true })
const [plain, reference] = [bind(createPlainEngine()), bind(createBigintEngine())]
const { scalars } = reference
const [x, y] = L1024N160.generators as [typeof L1024N160.gt, typeof L1024N160.gt]
const [a, b] = [scalars.random(), scalars.random()]

it('square-and-multiply computes what the bigint backend computes', () => {
  const table = plain.fixedBase(x)
  expect(plain.exponentiate(x, a)).toEqual(reference.exponentiate(x, a))
  expect(plain.exponentiate(x, scalars.zero)).toEqual(reference.identity)
  expect(table.exponentiateMany([a, b])).toEqual(reference.exponentiateMany([x, x], [a, b]))
  expect(plain.multiExponentiate([table, y], [a, b])).toEqual(reference.multiExponentiate([x, y], [a, b]))
  const products = [[[0, a] as const], [[y, a] as const, [0, b] as const]]
  expect(plain.memberProductsVartime([x], products)).toEqual(reference.memberProductsVartime([x], products))
  expect(plain.multiply(x, y)).toEqual(reference.multiply(x, y))
  expect(plain.multiplyMany([x, y], [y, y])).toEqual(reference.multiplyMany([x, y], [y, y]))
  const values = reference.multiExponentiateMany([x, y], [[a, b]])
  expect(plain.multiExponentiateMany([x, y], [[a, b]])).toEqual(values)
  expect(plain.areProductsVartime([{ values, bases: [x, y] }], [[a, b]])).toBe(true)
  expect(plain.areProductsVartime([{ values, bases: [x, y] }], [[b, a]])).toBe(false)
})

it('and refuses what is not in the group', () => {
  const outside = x.slice()
  outside[outside.length - 1]! ^= 1
  expect(plain.areMembers([x, outside, plain.identity])).toEqual([true, false, false])
  expect(plain.memberProductsVartime([x, outside], [[[0, a]]])).toBeUndefined()
})

it('a counting group counts the elements and scalars that cross', () => {
  const { group, counter } = countingGroup(reference)
  const table = group.fixedBase(x)
  const run = (): void => {
    // In 0, out 1; in 2, out 1; in 1 and, since that computes x^q, out 1.
    const power = table.exponentiate(group.scalars.add(a, b))
    group.multiExponentiateVartime([power, table, y], [a, b, a])
    group.isMember(x)
  }
  const measured = measurement('L1024N160', { backend: 'bigint' }, 'some', run, { operations: 2 })
  const [crossings] = countCrossings([measured], counter)
  expect(crossings).toEqual({ name: 'some', elementsIn: 1.5, elementsOut: 1.5, scalars: 0.5 })
  expect(crossingTime(crossings!, { elementIn: 2, elementOut: 4, scalar: 10 })).toBe(14)
})
