// The test runner of vitest for `npm run mutation`: runs each test once more for every mutant that it reaches and that no test has
// noticed yet, with that mutant switched on; or, where only one mutant is asked for, all tests with it on from the beginning.
import fc from 'fast-check'
import { appendFileSync, readFileSync } from 'node:fs'
import process from 'node:process'
import { TestRunner, vi } from 'vitest'
import { getFn, getHooks } from 'vitest/suite'
import { fails } from '../conformance/fails.mjs'

/**
 * @typedef {{ log: string, highest: number, mutants: [number, number][], skipped: string[], careful: boolean }} Trial mutants, with the milliseconds that
 * may still be spent on each; the tests that have been run with them already; whether a test runs without a mutant after each that it notices
 * @typedef {{ log: string, alone: number, calls: number }} Alone one mutant or none (0), and how often a run without it asks whether mutants are on
 * @typedef {{ begun: number } | { noticed: number } | { missed: number, milliseconds: number } | { spoilt: number[] } | { done: string }
 *   | { reached: number[] } | { untold: number[] } | { calls: number }} Entry a line of the log: a mutant that is tried; what came of it, `spoilt` if the
 * test fails from then on without it too, for one of these; a test that has tried all its mutants; mutants that it reaches; those of which only a run of their own can tell, since
 * they have their effect before a test or in the first of several runs; how often mutants have been asked for
 */

/** @type {Trial | Alone} */
const plan = JSON.parse(readFileSync(process.env['CONFORMANCE_PLAN'] ?? '', 'utf8'))
const log = (/** @type {Entry} */ entry) => appendFileSync(plan.log, `${JSON.stringify(entry)}\n`)
const trial = 'alone' in plan ? undefined : plan
/** The milliseconds that may still be spent on each mutant. */
const left = new Map(trial?.mutants)
const skipped = new Set(trial?.skipped)

// That a property fails is enough; the smallest example takes many runs.
fc.configureGlobal({ endOnFailure: true })

/** What mutants ask when code comes to them: whether they are switched on. */
const state = {
  active: 'alone' in plan ? plan.alone : 0,
  reached: new Uint8Array((trial?.highest ?? 0) + 1),
  calls: 0,
  most: 'alone' in plan ? mostCalls(plan.calls) : Infinity,
}
Reflect.set(globalThis, 'mutationIsOn', (/** @type {number} */ number) => {
  state.reached[number] = 1
  if (++state.calls > state.most) throw new Error('endless with a mutant')
  return state.active === number
})

/** A loop that a mutant made endless asks for its mutants again and again. */
function mostCalls(/** @type {number} */ calls) {
  return 20 * calls + 1_000_000
}

/** A test waits for something that does not come if it takes much longer with a mutant. */
const longest = (/** @type {number} */ milliseconds) => 10 * milliseconds + 2000

/**
 * Ends a run of a test and begins the next one, as vitest does: what a test has set is undone.
 * @param {import('vitest').RunnerTestCase} test
 */
async function runHooks(test) {
  /** @type {(import('vitest').RunnerTestSuite)[]} */
  const suites = [test.file]
  for (let { suite } = test; suite !== undefined; suite = suite.suite) suites.splice(1, 0, suite)
  for (const suite of [...suites].reverse())
    for (const hook of [...getHooks(suite).afterEach].reverse()) await hook(test.context, suite)
  for (const suite of suites) for (const hook of getHooks(suite).beforeEach) await hook(test.context, suite)
}

let isSpoilt = false
let allCalls = 0

export default class extends TestRunner {
  /** @param {import('vitest').RunnerTestCase} test */
  async runTask(test) {
    const run = getFn(test)
    if (trial === undefined) {
      if (isSpoilt) throw new Error('a test before has failed')
      isSpoilt = await fails(run, 600_000)
      if (isSpoilt) throw new Error('failed with a mutant')
      // A run is ended when nothing is logged for long.
      log({ done: test.id })
      return
    }
    if (isSpoilt || skipped.has(test.id)) return
    const reachedNow = () => [...left.keys()].filter((number) => state.reached[number] === 1)
    log({ untold: reachedNow() })
    state.reached.fill(0)
    allCalls += state.calls
    state.calls = 0
    const begun = performance.now()
    await run()
    const milliseconds = performance.now() - begun
    const { calls } = state
    allCalls += calls
    log({ calls: allCalls })
    const reached = reachedNow()
    log({ reached })
    const tried = reached.filter((number) => (left.get(number) ?? 0) >= milliseconds)
    const runAgain = async () => {
      // Assertions that a run with a mutant still waits for, `expect(…).rejects` of what does not come; vitest would wait for them again.
      delete test.promises
      await runHooks(test)
      await run()
    }
    if (tried.length > 0) await this.#tryAll(runAgain, tried, milliseconds, calls)
    if (isSpoilt) return
    log({ done: test.id })
    state.reached.fill(0)
    state.calls = 0
  }

  /**
   * @param {() => unknown} run
   * @param {readonly number[]} numbers
   * @param {number} milliseconds that it takes without a mutant
   * @param {number} calls that it makes
   */
  async #tryAll(run, numbers, milliseconds, calls) {
    // A test that does not pass twice cannot tell.
    if (await fails(run, longest(milliseconds))) return log({ untold: [...numbers] })
    /** Noticed, unless the test fails without them too from then on. @type {number[]} */
    let pending = []
    const settle = async (isPassed = false) => {
      if (pending.length > 0 && !isPassed) isSpoilt = await fails(run, longest(milliseconds))
      if (isSpoilt) log({ spoilt: pending })
      else for (const number of pending) log({ noticed: number })
      pending = []
    }
    for (const number of numbers) {
      log({ begun: number })
      const begun = performance.now()
      state.reached[number] = 0
      state.calls = 0
      state.most = mostCalls(calls)
      state.active = number
      const isNoticed = await fails(run, longest(milliseconds))
      state.active = 0
      state.most = Infinity
      if (isNoticed) {
        // A test that fails does not get to where it undoes what it set.
        vi.restoreAllMocks().unstubAllGlobals().useRealTimers()
        pending.push(number)
        left.delete(number)
        if (trial?.careful === true) await settle()
        if (isSpoilt) return
        continue
      }
      // What passes now has not been spoilt before.
      await settle(true)
      if (state.reached[number] === 0) log({ untold: [number] })
      const spent = performance.now() - begun
      log({ missed: number, milliseconds: spent })
      const rest = (left.get(number) ?? 0) - spent
      if (rest > 0) left.set(number, rest)
      else left.delete(number)
    }
    await settle()
  }
}
