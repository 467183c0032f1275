import { describe, expect, it } from 'vitest'
import type { FixedBase } from '../../../bindings/engine/engine.js'
import type { ParametersSetup, TableOrder } from '../wire/jobs.js'
import { createIssuer, subgroup } from '../testing/fixtures.js'
import { Work } from './work.js'

describe('parameters in a worker', () => {
  it('use the tables that were ordered, and no others', async () => {
    const group = await subgroup()
    const { parameters } = createIssuer(group)
    const setup: ParametersSetup = {
      kind: 'parameters',
      id: 1,
      group,
      values: parameters.values(),
      allowLegacy: false,
      tables: [],
      gammaTableBytes: 0,
    }
    const work = new Work(group, setup)
    const order = (...tables: TableOrder[]) => work.order({ ...setup, tables })
    const bytes = () => {
      const { tables, publicTables } = work.parameters
      return [tables.g, publicTables.g, publicTables.gi(2)].map((base) => (base as FixedBase).tableBytes)
    }
    const table = { expectedUses: 1000, maxTableBytes: 1 << 18, basesPerProduct: 1 }
    expect(bytes()).toEqual([0, 0, 0])
    order({ base: 'g', exponents: 'public', ...table }, { base: 2, exponents: 'public', ...table })
    expect(bytes()).toEqual([0, expect.any(Number), expect.any(Number)])
    expect(Math.min(...bytes().slice(1))).toBeGreaterThan(1 << 17)
    order({ base: 'g', exponents: 'secret', ...table })
    expect(bytes()).toEqual([expect.any(Number), 0, 0])
    expect(bytes()[0]).toBeGreaterThan(1 << 17)
    work.dispose()
  })
})
