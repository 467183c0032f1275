// The test runner of vitest for `npm run mutation`: runs each test once more for every mutant that it reaches and that no test has
// noticed yet, with that mutant switched on.
import { appendFileSync, readFileSync } from 'node:fs'
import process from 'node:process'
import { TestRunner } from 'vitest'
import { getFn } from 'vitest/suite'
import { fails } from '../conformance/fails.mjs'

/**
 * @typedef {{ log: string, mutants: number[] }} Plan
 * @typedef {{ begun: number } | { noticed: number } | { reached: number[] }} Entry a line of the log
 */

/** A test that takes longer with a mutant waits for something that does not come. */
const TEST_MILLISECONDS = 10_000

/** @type {Plan} */
const plan = JSON.parse(readFileSync(process.env['CONFORMANCE_PLAN'] ?? '', 'utf8'))
const log = (/** @type {Entry} */ entry) => appendFileSync(plan.log, `${JSON.stringify(entry)}\n`)
const left = new Set(plan.mutants)
const highest = Math.max(0, ...plan.mutants)

/** What mutants ask when code comes to them: whether they are switched on. */
const state = { active: 0, reached: new Uint8Array(highest + 1) }
Reflect.set(globalThis, 'mutationIsOn', (/** @type {number} */ number) => {
  state.reached[number] = 1
  return state.active === number
})

export default class extends TestRunner {
  /** @param {import('vitest').RunnerTestCase} test */
  async runTask(test) {
    const run = getFn(test)
    state.reached.fill(0)
    await run()
    const reached = [...left].filter((number) => state.reached[number] === 1)
    if (reached.length === 0) return
    log({ reached })
    // A test that does not pass twice cannot tell.
    if (await fails(run, TEST_MILLISECONDS)) return
    for (const number of reached) {
      log({ begun: number })
      state.active = number
      const isNoticed = await fails(run, TEST_MILLISECONDS)
      state.active = 0
      if (!isNoticed) continue
      if (await fails(run, TEST_MILLISECONDS)) return
      log({ noticed: number })
      left.delete(number)
    }
  }
}
