import { expect, it } from 'vitest'
import type { Base } from '../../../bindings/engine/engine.js'
import { createIssuer, group } from '../testing/fixtures.js'
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

it('dispose() of parameters leaves them usable', () => {
  const before = parameters.tables.gTable
  parameters.dispose()
  expect(parameters.tables.gTable).not.toBe(before)
})
