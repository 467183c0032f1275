// The test runner of vitest for `npm run conformance`: runs each test that a row means once more for each mutant of the row, with
// that mutant switched on, until one makes it fail. Which tests and mutants, and what came of them, is in files.
import { appendFileSync, readFileSync } from 'node:fs'
import process from 'node:process'
import { TestRunner } from 'vitest'
import { getFn } from 'vitest/suite'
import { fails } from './fails.mjs'

/**
 * @typedef {{ log: string, tests: Record<string, { row: number, mutants: number[] }[]> }} Plan for the full names of tests
 * @typedef {{ begun: number } | { shown: number, by: number, test: string } | { unsteady: string }} Entry a line of the log:
 * a mutant that is tried, a row that is shown, a test that does not pass twice without a mutant
 */

/** A test that takes longer with a mutant waits for something that does not come. */
const TEST_MILLISECONDS = 20_000

/** @type {Plan} */
const plan = JSON.parse(readFileSync(process.env['CONFORMANCE_PLAN'] ?? '', 'utf8'))
const log = (/** @type {Entry} */ entry) => appendFileSync(plan.log, `${JSON.stringify(entry)}\n`)
/** @type {Set<number>} */
const shown = new Set()

/**
 * @param {import('vitest').RunnerTestCase} test
 * @returns {string}
 */
const fullName = (test) => {
  /** @type {string[]} */
  const names = [test.name]
  for (let { suite } = test; suite !== undefined; suite = suite.suite) names.unshift(suite.name)
  return names.join(' ')
}

export default class extends TestRunner {
  /** @param {import('vitest').RunnerTestCase} test */
  async runTask(test) {
    const run = getFn(test)
    await run()
    const name = fullName(test)
    const rows = (plan.tests[name] ?? []).filter(({ row }) => !shown.has(row))
    if (rows.length > 0 && (await fails(run, TEST_MILLISECONDS))) return log({ unsteady: name })
    for (const { row, mutants } of rows) {
      for (const mutant of mutants) {
        log({ begun: mutant })
        Reflect.set(globalThis, 'conformanceMutant', mutant)
        const isFound = await fails(run, TEST_MILLISECONDS)
        Reflect.set(globalThis, 'conformanceMutant', undefined)
        if (!isFound) continue
        if (await fails(run, TEST_MILLISECONDS)) return log({ unsteady: name })
        log({ shown: row, by: mutant, test: name })
        shown.add(row)
        break
      }
    }
  }
}
