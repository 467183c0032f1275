import { describe, expect, it } from 'vitest'
import { DEFECTS, type Defect, type Property } from './defects.js'
import { runFarm } from './farm.js'

describe('a simulated farm', () => {
  it('keeps every property', async () => {
    const results = await runFarm({ seed: 20_000, exchanges: 500 })
    expect(results.map(({ seed, violation }) => [seed, violation?.message])).toEqual([[20_000, undefined]])
    const done = results.flatMap(({ outcomes }) => Object.keys(outcomes))
    // Everything that clients can do was done, and went well.
    for (const outcome of ['obtain', 'obtain: asked again', 'two answers: one', 'present', 'challenge', 'enrol']) {
      expect(done).toContain(outcome)
    }
    for (const { crashes } of results) expect(Math.min(crashes.nodes, crashes.database)).toBeGreaterThan(0)
  })

  it('goes the same way again from the same seed, alone or after other worlds, and another way from another seed', async () => {
    const digests = async (seed: number, exchanges: number) =>
      (await runFarm({ seed, exchanges })).map(({ digest }) => digest)
    const [, second] = await digests(7, 600)
    const [alone] = await digests(8, 100)
    expect(alone).toBe(second)
    expect(await digests(8, 100)).toEqual([alone])
    expect(await digests(9, 100)).not.toEqual([alone])
  })
})

describe('a farm whose clocks jump by hours and years', () => {
  it('answers no w twice, keeps its certificates, and leaves nothing open', async () => {
    const [result] = await runFarm({ seed: 4, exchanges: 500, farJumps: true })
    expect(result?.violation?.message).toBeUndefined()
    // Clocks stopped some of what clients did, and not all of it.
    expect(Object.keys(result?.outcomes ?? {})).toEqual(
      expect.arrayContaining(['obtain', 'obtain: not begun', 'two answers: one', 'present', 'enrol']),
    )
  })

  it.each([
    ['w-kept', 'no w answers twice'],
    ['records-not-logged', 'no acknowledged item is lost'],
    ['never-swept', 'everything open ends'],
  ] as const)('shows %s', async (defect, property) => {
    const results = await runFarm({ seed: 1, exchanges: 1_500, farJumps: true, defect })
    expect(results.at(-1)?.violation?.property).toBe(property)
  })
})

const found: Record<Defect, readonly [property: Property, seed: number]> = {
  'w-kept': ['no w answers twice', 1],
  'bytes-replay': ['a replay is refused', 1],
  'early-acknowledgement': ['a replay is refused', 1],
  'quota-before-transaction': ['quotas hold', 1],
  'never-swept': ['everything open ends', 1],
  'records-not-logged': ['no acknowledged item is lost', 1],
  'digest-tolerance': ['a replay is refused', 11],
}

describe('a farm with a defect', () => {
  it.each(Object.keys(DEFECTS) as Defect[])('is found out: %s', async (defect) => {
    const [property, seed] = found[defect]
    // A row that is left shows at the end of a world, all others while it runs.
    const exchanges = defect === 'never-swept' ? 60 : 500
    const run = async () => (await runFarm({ seed, exchanges, defect })).at(-1)
    const result = await run()
    expect(result?.violation?.property).toBe(property)
    // It fails again at the same step, in the same way.
    const again = await run()
    expect([again?.steps, again?.digest, again?.violation?.message]).toEqual([
      result?.steps,
      result?.digest,
      result?.violation?.message,
    ])
  })
})
