import { describe, expect, it } from 'vitest'
import { gammaTableBytes, ordersOf, planTables, type PlanInput, type TablePlan, type Workload } from './cost-model.js'

const none: Workload = { issue: 0, obtain: 0, present: 0, verify: 0 }
const input: PlanInput = {
  exponentBits: 256,
  entryBytes: 336,
  n: 5,
  device: false,
  kernel: 'relaxed-fma',
  workload: { ...none, issue: 1000 },
  budget: 32 << 20,
}
const plan = (changes: Partial<PlanInput>) => planTables({ ...input, ...changes })
const cost = ({ tables }: TablePlan) => tables.reduce((sum, { build, uses, use }) => sum + build + uses * use, 0)
const bytesOf = ({ tables }: TablePlan, base: unknown) => tables.find((table) => table.base === base)?.bytes

describe('planTables', () => {
  it('stays within the budget, and makes the more of it the larger it is', () => {
    const workload = { issue: 1000, obtain: 1000, present: 1000, verify: 1000 }
    const plans = [0, 1 << 16, 1 << 18, 1 << 20, 1 << 24].map((budget) => ({ budget, ...plan({ workload, budget }) }))
    for (const { bytes, budget } of plans) expect(bytes).toBeLessThanOrEqual(budget)
    for (const [i, each] of plans.slice(1).entries()) expect(cost(each)).toBeLessThan(cost(plans[i]!))
  })

  it('makes no tables without memory, nor for a single token', () => {
    expect(ordersOf(plan({ budget: 0 }))).toEqual([])
    expect(ordersOf(plan({ workload: { ...none, present: 1 } }))).toEqual([])
  })

  it('spends most where most is to be saved', () => {
    const issuing = plan({})
    expect(bytesOf(issuing, 'g')).toBeGreaterThan(bytesOf(issuing, 1)!)
    expect(gammaTableBytes(issuing)).toBe(bytesOf(issuing, 'g'))
    const scarce = plan({ budget: 45_000 })
    expect(bytesOf(scarce, 'g')).toBeGreaterThan(0)
    expect(bytesOf(scarce, 1)).toBe(0)
  })

  it('makes larger tables for more tokens', () => {
    const sizes = [1, 10, 100].map((issue) => bytesOf(plan({ workload: { ...none, issue } }), 'g')!)
    for (const [i, size] of sizes.slice(1).entries()) expect(size).toBeGreaterThan(sizes[i]!)
  })

  it('makes none that is too large for the caches, whatever the budget', () => {
    const workload = { issue: 1e6, obtain: 1e6, present: 1e6, verify: 1e6 }
    const sizes = (kind: string) =>
      plan({ workload, budget: 2 ** 40 }).tables.flatMap(({ exponents, bytes }) => (exponents === kind ? bytes : []))
    expect(Math.max(...sizes('secret'))).toBeLessThanOrEqual(144 * 1024)
    expect(Math.max(...sizes('public'))).toBeLessThanOrEqual(352 * 1024)
  })

  it('has tables for the exponents of the work: secret ones to issue, public ones to verify', () => {
    const kinds = (workload: Workload) => new Set(plan({ workload }).tables.map(({ exponents }) => exponents))
    expect(kinds({ ...none, issue: 100 })).toEqual(new Set(['secret']))
    expect(kinds({ ...none, verify: 100 })).toEqual(new Set(['public']))
    expect(ordersOf(plan({ workload: { ...none, verify: 100 } })).map(({ base }) => base)).toEqual([
      ...['g', 'g0', 'gt'],
      ...[1, 2, 3, 4, 5],
    ])
  })

  it('has a table of g_d only for parameters with Devices', () => {
    const workload = { ...none, verify: 1000 }
    expect(bytesOf(plan({ workload }), 'gd')).toBeUndefined()
    expect(bytesOf(plan({ workload, device: true }), 'gd')).toBeGreaterThan(0)
  })

  it('says what a token takes: less with tables than without', () => {
    const [rich, poor] = [plan({}), plan({ budget: 0 })]
    expect(rich.perToken.issue).toBeLessThan(poor.perToken.issue / 3)
    expect(rich.perToken.verify).toBeGreaterThan(rich.perToken.issue)
  })
})
