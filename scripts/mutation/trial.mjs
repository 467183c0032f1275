// Tries mutants with test files, in one vitest for all of them.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Runner } from '../conformance/child.mjs'
import { switchable } from '../conformance/mutations.mjs'

/** @typedef {import('../conformance/mutations.mjs').Change} Change */
/** @typedef {import('./switch.mjs').Entry} Entry */
/**
 * @typedef {{ file: string, change: Change & { key: string }, line: number, state: 'noticed' | 'survived' | 'not reached' | 'equivalent', by?: string,
 *   milliseconds: number, untold: Set<string> }} Mutant `by`: the test file that noticed it; `milliseconds` spent on it; `untold`: the test files of which
 * only a run with this mutant alone can tell
 */

/** A trial that is silent for so long has a loop without an end, and without a mutant in it. */
const SILENT_MILLISECONDS = 60_000
/** How much of the time for a mutant goes to one test file. */
const SHARE = 0.3
/** How many test files are run with one mutant alone. */
const ALONE = 6
/** Test files that take longer are not: how long a run takes depends on what else the machine does. */
const ALONE_MILLISECONDS = 20_000

export class Trial {
  #mutants
  #seconds
  #onRun
  #scratch = mkdtempSync(path.join(tmpdir(), 'mutation-'))
  #log = path.join(this.#scratch, 'log')
  #runner = new Runner({
    log: this.#log,
    plan: path.join(this.#scratch, 'plan.json'),
    switchedBy: 'scripts/mutation/switch.mjs',
    silentMilliseconds: SILENT_MILLISECONDS,
  })
  /** All source files with all mutants, off. @type {Record<string, string>} */
  #replaced = {}
  /** How often each test file asks for mutants, if all its tests pass. @type {Map<string, number>} */
  #calls = new Map()
  /** Whether all tests of a file pass in a run for one mutant without that mutant, in time. @type {Map<string, boolean>} */
  #passAlone = new Map()

  /**
   * @param {readonly Mutant[]} mutants
   * @param {number} seconds that are spent on a mutant at most
   * @param {() => void} onRun is called after each run, with what came of it in the mutants
   */
  constructor(mutants, seconds, onRun) {
    this.#mutants = mutants
    this.#onRun = onRun
    this.#seconds = seconds
    const numbered = mutants.map((mutant, i) => /** @type {const} */ ({ mutant, number: i + 1 }))
    for (const file of new Set(mutants.map((mutant) => mutant.file)))
      // A constant of the module is asked several times faster than a global one.
      this.#replaced[file] = `const mutationIsOn = globalThis.mutationIsOn ?? (() => false); ${switchable(
        file,
        numbered.filter(({ mutant }) => mutant.file === file).map(({ mutant, number }) => [number, mutant.change]),
        (number) => `mutationIsOn(${String(number)})`,
      )}`
  }

  end() {
    this.#runner.end()
    rmSync(this.#scratch, { recursive: true, force: true })
  }

  /** The mutants in some files that no test has noticed and for which there is time left, with their numbers. */
  #left(/** @type {ReadonlySet<string>} */ files) {
    return this.#mutants.flatMap((mutant, i) =>
      files.has(mutant.file) &&
      (mutant.state === 'survived' || mutant.state === 'not reached') &&
      mutant.milliseconds < 1000 * this.#seconds
        ? [/** @type {const} */ ([i + 1, mutant])]
        : [],
    )
  }

  #at(/** @type {number} */ number) {
    const mutant = this.#mutants[number - 1]
    if (mutant === undefined) throw new Error(`no mutant ${String(number)}`)
    return mutant
  }

  /**
   * Runs a test file with the mutants in what it imports.
   * @param {string} test
   * @param {ReadonlySet<string>} imported
   */
  async run(test, imported) {
    /** @type {string[]} */
    const skipped = []
    /** Mutants that this file was run with and that ended the run. @type {Set<number>} */
    const set = new Set()
    let careful = false
    for (;;) {
      const left = this.#left(imported).filter(([number]) => !set.has(number))
      if (left.length === 0) return
      const outcomes = await this.#runner.run({
        files: [test],
        replaced: this.#replaced,
        plan: {
          log: this.#log,
          highest: this.#mutants.length,
          mutants: left.map(([number, { milliseconds }]) => [
            number,
            Math.min(1000 * this.#seconds - milliseconds, 1000 * this.#seconds * SHARE),
          ]),
          skipped,
          careful,
        },
      })
      const before = skipped.length
      const { begun, spoilt } = this.#read(test, skipped)
      this.#onRun()
      if (spoilt.length > 0) {
        if (careful) for (const number of spoilt) this.#spoil(test, number, set)
        careful = true
      } else if (outcomes === undefined && begun !== undefined && !set.has(begun)) {
        // A mutant that never ends is noticed by that.
        set.add(begun)
        Object.assign(this.#at(begun), { state: 'noticed', by: test })
      } else {
        if (outcomes?.every(({ state }) => state !== 'failed') !== true) {
          // What an earlier mutant left behind may make a test fail: it runs again in a new process of tests.
          if (skipped.length > before) continue
          this.#calls.delete(test)
          console.log(`${test}: ${outcomes === undefined ? 'did not end' : 'fails without a mutant'}`)
        }
        return
      }
    }
  }

  /** A mutant after which a test fails without it too is tried alone, with the file of that test first. */
  #spoil(/** @type {string} */ test, /** @type {number} */ number, /** @type {Set<number>} */ set) {
    set.add(number)
    const mutant = this.#at(number)
    mutant.untold = new Set([test, ...mutant.untold])
  }

  /**
   * Takes over what the log says.
   * @param {string} test
   * @param {string[]} skipped is added to
   */
  #read(test, skipped) {
    /** @type {number | undefined} */
    let begun
    /** @type {number[]} */
    let spoilt = []
    for (const line of readFileSync(this.#log, 'utf8').split('\n').filter(Boolean)) {
      const entry = /** @type {Entry} */ (JSON.parse(line))
      if ('begun' in entry) begun = entry.begun
      else if ('calls' in entry) this.#calls.set(test, Math.max(this.#calls.get(test) ?? 0, entry.calls))
      else if ('done' in entry) skipped.push(entry.done)
      else if ('noticed' in entry) Object.assign(this.#at(entry.noticed), { state: 'noticed', by: test })
      else if ('missed' in entry) this.#at(entry.missed).milliseconds += entry.milliseconds
      else if ('spoilt' in entry) spoilt = entry.spoilt
      else
        for (const number of 'untold' in entry ? entry.untold : entry.reached) {
          const mutant = this.#at(number)
          if (mutant.state === 'not reached') mutant.state = 'survived'
          if ('untold' in entry) mutant.untold.add(test)
        }
      if (!('begun' in entry)) begun = 'noticed' in entry || 'missed' in entry ? undefined : begun
    }
    return { begun, spoilt }
  }

  /**
   * Runs test files with one mutant on from the beginning: those where it has its effect before a test, or only once.
   * @param {Mutant} mutant
   */
  async runAlone(mutant) {
    let times = 0
    for (const test of mutant.untold) {
      if (times === ALONE) return
      if (!(await this.#canRunAlone(test))) continue
      times++
      if (await this.#passes(test, this.#mutants.indexOf(mutant) + 1)) continue
      Object.assign(mutant, { state: 'noticed', by: test })
      return
    }
  }

  /** A test file that fails or takes long in such a run without a mutant cannot tell. */
  async #canRunAlone(/** @type {string} */ test) {
    const begun = performance.now()
    const canRun =
      this.#passAlone.get(test) ??
      (this.#calls.has(test) && (await this.#passes(test, 0)) && performance.now() - begun < ALONE_MILLISECONDS)
    this.#passAlone.set(test, canRun)
    return canRun
  }

  /**
   * Whether all tests of a file pass with one mutant on from the beginning.
   * @param {string} test
   * @param {number} number of the mutant, 0 for none
   */
  async #passes(test, number) {
    const outcomes = await this.#runner.run({
      files: [test],
      replaced: this.#replaced,
      plan: { log: this.#log, alone: number, calls: this.#calls.get(test) ?? 0 },
    })
    return outcomes?.length !== 0 && outcomes?.every(({ state }) => state !== 'failed') === true
  }
}
