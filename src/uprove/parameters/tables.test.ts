import { describe, expect, it } from 'vitest'
import type { Base, Element, FixedBase, Scalar } from '../../../bindings/engine/engine.js'
import { createIssuer, errorCode, group, isFreed } from '../testing/fixtures.js'
import { ParameterTables } from './tables.js'

const { parameters } = createIssuer()
const isTable = (base: Base): boolean => !(base instanceof Uint8Array)

it('a generator gets a table when it is needed for the third time', () => {
  const tables = new ParameterTables(parameters, {})
  expect([tables.gi(1), tables.gi(1), tables.gi(1), tables.gi(2)].map(isTable)).toEqual([false, false, true, false])
  expect(tables.gi(1)).toBe(tables.gi(1))
  tables.dispose()
  expect(isTable(tables.gi(1))).toBe(false)
})

it('a generator gets a table at once when many uses are announced, or many powers wanted', () => {
  expect(isTable(new ParameterTables(parameters, { expectedUses: 100 }).gt)).toBe(true)
  const tables = new ParameterTables(parameters, { maxTableBytes: 1 << 16 })
  expect(tables.gTable.base).toEqual(group.generator)
  expect(tables.g).toBe(tables.gTable)
  expect(tables.gTable.tableBytes).toBeLessThanOrEqual(1 << 16)
})

it('dispose() of parameters frees their tables, and leaves them usable', () => {
  const before = [parameters.tables.gTable, parameters.publicTables.gTable]
  expect(before.map(isFreed)).toEqual([false, false])
  parameters.dispose()
  expect(before.map(isFreed)).toEqual([true, true])
  expect(parameters.tables.gTable).not.toBe(before[0])
  expect(isFreed(parameters.tables.gTable)).toBe(false)
})

it('each base is the generator that it is named after', () => {
  const own = createIssuer({ device: true }).parameters
  const { tables } = own
  const ofSignature = tables.signatureBases(1)
  const bases = [tables.g0, tables.gi(1), tables.gi(3), tables.gt, tables.gd, ...ofSignature, tables.g]
  const elements = bases.map((base) => (isTable(base) ? (base as FixedBase).base : base))
  const { g0, g, gt, gd } = own
  expect(elements).toEqual([g0, g[0], g[2], gt, gd, g0, group.generator, group.generator])
  expect(errorCode(() => parameters.tables.gd)).toBe('parameters/no-device')
})

describe('g_0 g_t^x_t', () => {
  const { scalars } = group
  const e = scalars.random()
  const xts = Array.from({ length: 6 }, () => scalars.random())
  const productOf = (tables: ParameterTables, xt: Scalar): Element => {
    const factors = tables.contextFactors(xt, e)
    return group.multiExponentiateVartime(
      factors.map(([base]) => base),
      factors.map(([, exponent]) => exponent),
    )
  }
  /** How many factors the n-th use has. */
  const factorsAfter = (tables: ParameterTables, xt: Scalar, uses: number): number => {
    for (let i = 1; i < uses; i++) tables.contextFactors(xt, e)
    return tables.contextFactors(xt, e).length
  }

  it('gets a table when an x_t came a hundred times, and is the same number', () => {
    const tables = new ParameterTables(parameters, { exponents: 'public' })
    const expected = xts.map((xt) => productOf(tables, xt))
    expect(factorsAfter(tables, xts[0]!, 98)).toBe(2)
    expect(factorsAfter(tables, xts[0]!, 1)).toBe(1)
    expect(xts.map((xt) => productOf(tables, xt))).toEqual(expected)
    tables.dispose()
    expect(tables.contextFactors(xts[0]!, e)).toHaveLength(2)
    tables.dispose()
  })

  it('has four tables at most: the one that was not used for longest gives way', () => {
    const tables = new ParameterTables(parameters, { exponents: 'public', expectedUses: 20 })
    expect(xts.slice(0, 5).map((xt) => factorsAfter(tables, xt, 100))).toEqual([1, 1, 1, 1, 1])
    expect([xts[1]!, xts[4]!, xts[0]!].map((xt) => tables.contextFactors(xt, e).length)).toEqual([1, 1, 2])
    const [[oldest], [latest]] = [xts[2]!, xts[1]!].map((xt) => tables.contextFactors(xt, e)[0]!) as unknown as [
      [FixedBase],
      [FixedBase],
    ]
    // The third was not used for longest then.
    for (const xt of [xts[3]!, xts[4]!, xts[1]!]) tables.contextFactors(xt, e)
    factorsAfter(tables, xts[5]!, 100)
    expect([oldest, latest].map(isFreed)).toEqual([true, false])
    tables.dispose()
    expect(isFreed(latest)).toBe(true)
  })

  it('has no table where tables may have no octets', () => {
    const tables = new ParameterTables(parameters, { exponents: 'public', maxTableBytes: 0 })
    expect(factorsAfter(tables, xts[0]!, 200)).toBe(2)
  })

  it('has a table no larger than tables may be', () => {
    const maxTableBytes = 1 << 13
    const tables = new ParameterTables(parameters, { exponents: 'public', maxTableBytes })
    expect(factorsAfter(tables, xts[0]!, 100)).toBe(1)
    const sizes = [tables.contextFactors(xts[0]!, e)[0]![0], tables.gTable].map(
      (table) => (table as FixedBase).tableBytes,
    )
    expect(sizes.every((size) => size > 0 && size <= maxTableBytes)).toBe(true)
    tables.dispose()
  })

  it('is counted on while others get tables', () => {
    const tables = new ParameterTables(parameters, { exponents: 'public', expectedUses: 20 })
    for (const xt of xts.slice(0, 5)) expect(factorsAfter(tables, xt, 50)).toBe(2)
    expect(factorsAfter(tables, xts[5]!, 100)).toBe(1)
    expect(factorsAfter(tables, xts[0]!, 50)).toBe(1)
    tables.dispose()
  })

  it('is counted for the last 64 x_t only', () => {
    const tables = new ParameterTables(parameters, { exponents: 'public', expectedUses: 20 })
    expect(factorsAfter(tables, xts[0]!, 99)).toBe(2)
    for (let i = 0; i < 64; i++) tables.contextFactors(scalars.random(), e)
    expect(factorsAfter(tables, xts[0]!, 99)).toBe(2)
    tables.dispose()
  })
})
