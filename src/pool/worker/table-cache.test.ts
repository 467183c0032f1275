import { describe, expect, it, vi } from 'vitest'
import type { Subgroup } from '../../../bindings/engine/engine.js'
import { TableCache } from './table-cache.js'
import { subgroup } from '../testing/fixtures.js'

async function start() {
  const group: Subgroup = await subgroup()
  const fixedBase = vi.spyOn(group, 'fixedBase')
  return { group, fixedBase, bases: new TableCache(group, 1 << 20) }
}

describe('hot bases', () => {
  it('are made once, and have a table for what is expected', async () => {
    const { group, fixedBase, bases } = await start()
    const make = vi.fn(() => group.generator)
    const first = bases.use('gamma', { uses: 10, expected: 100 }, make)
    expect(bases.use('gamma', { uses: 90, expected: 100 }, make)).toBe(first)
    expect(make).toHaveBeenCalledTimes(1)
    expect(fixedBase).toHaveBeenCalledTimes(1)
    expect(first.table.tableBytes).toBeGreaterThan(0)
  })

  it('get larger tables when they serve longer than expected, and keep what is known of them', async () => {
    const { group, bases } = await start()
    const make = vi.fn(() => group.generator)
    const first = bases.use('gamma', { uses: 1, expected: 1 }, make)
    expect(first.table.tableBytes).toBe(0)
    first.sigmaZ = group.identity
    let last = first
    for (let i = 0; i < 100; i++) last = bases.use('gamma', { uses: 1, expected: 1 }, make)
    expect(last.table.tableBytes).toBeGreaterThan(0)
    expect(last.sigmaZ).toEqual(group.identity)
    expect(make).toHaveBeenCalledTimes(1)
    expect(last.table.exponentiate(group.scalars.one)).toEqual(group.generator)
  })

  it('do not depend on the octets that they were given', async () => {
    const { group, bases } = await start()
    const given = group.generator.slice() as typeof group.generator
    bases.use('gamma', { uses: 1, expected: 1 }, () => given)
    given.fill(0)
    const { base, table } = bases.use('gamma', { uses: 9, expected: 9 }, () => given)
    expect(base).toEqual(group.generator)
    expect(table.exponentiate(group.scalars.one)).toEqual(group.generator)
  })

  it('give their places up to others, the one that was used least recently first', async () => {
    const { group, bases } = await start()
    const make = vi.fn(() => group.generator)
    const use = (name: string) => bases.use(name, { uses: 1, expected: 1000 }, make)
    for (let i = 0; i < 8; i++) use(`gamma ${i}`)
    use('gamma 0')
    use('gamma 8')
    expect(make).toHaveBeenCalledTimes(9)
    use('gamma 0')
    expect(make).toHaveBeenCalledTimes(9)
    use('gamma 1')
    expect(make).toHaveBeenCalledTimes(10)
  })
})
