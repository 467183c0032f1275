// The process that runs tests, as those see it who ask for runs.
import { fork } from 'node:child_process'
import { statSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

/** @typedef {import('./runner.mjs').Run} Run */
/** @typedef {import('./runner.mjs').Outcome} Outcome */

/** A run in which nothing happens for so long has a mutant that never ends, unless the caller knows better. */
const SILENT_MILLISECONDS = 240_000

/** The child that runs tests, begun anew when it was ended. */
export class Runner {
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #child
  #options

  /**
   * @param {{ log: string, plan: string, switchedBy: string, silentMilliseconds?: number }} options files for what happens and what is to be
   * tried; the runner of tests that tries it
   */
  constructor(options) {
    this.#options = options
  }

  /** The tests of files, without a mutant. @type {Map<string, Promise<Outcome[]>>} */
  #whole = new Map()

  /**
   * @param {Run} run
   * @returns {Promise<Outcome[] | undefined>} undefined if it did not end
   */
  async run(run) {
    const { log, plan, switchedBy, silentMilliseconds = SILENT_MILLISECONDS } = this.#options
    writeFileSync(log, '')
    const child = (this.#child ??= fork(fileURLToPath(new URL('runner.mjs', import.meta.url)), {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      env: { ...process.env, CONFORMANCE_PLAN: plan, CONFORMANCE_SWITCH: switchedBy },
      detached: true,
    }))
    return new Promise((resolve) => {
      const end = (/** @type {Outcome[] | undefined} */ tests) => {
        clearInterval(timer)
        child.removeAllListeners()
        if (tests === undefined) this.end()
        resolve(tests)
      }
      const begun = Date.now()
      const timer = setInterval(() => {
        if (Date.now() - Math.max(begun, statSync(log).mtimeMs) > silentMilliseconds) end(undefined)
      }, 1000)
      child.on('message', (/** @type {{ tests?: Outcome[] }} */ { tests }) => end(tests))
      child.on('exit', () => end(undefined))
      child.send(run)
    })
  }

  /** All tests of a file, without a mutant. */
  testsOf(/** @type {string} */ file) {
    // Once more if the process ended.
    const run = async () => (await this.run({ files: [file] })) ?? (await this.run({ files: [file] })) ?? []
    const known = this.#whole.get(file) ?? run()
    this.#whole.set(file, known)
    return known
  }

  end() {
    try {
      if (this.#child?.pid !== undefined) process.kill(-this.#child.pid, 'SIGKILL')
    } catch {
      // It has ended by itself.
    }
    this.#child = undefined
  }
}
