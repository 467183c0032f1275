import { FailureError } from '../errors.js'
import { itemAt } from '../../../bindings/octets/lists.js'
import { describeFailure } from '../command/failures.js'
import { Progress, type Terminal } from '../command/terminal.js'

/** A step: its title, its outcome, and its duration. */
interface Step {
  readonly title: string
  readonly outcome: string
  readonly milliseconds: number
}

/** Runs the steps of a demo and keeps their outcomes and times for a table. */
export class Steps {
  readonly #done: Step[] = []
  readonly #progress: Progress

  constructor(private readonly terminal: Terminal) {
    this.#progress = new Progress(terminal.err, true)
  }

  /** Runs an action and returns its result; `describe` makes the outcome of it. A failure is thrown with the title. */
  async step<T>(title: string, action: () => Promise<T>, describe: (result: T) => string): Promise<T> {
    this.#progress.update(title)
    const before = performance.now()
    try {
      const result = await action()
      const milliseconds = performance.now() - before
      this.#done.push({ title, outcome: describe(result), milliseconds })
      return result
    } catch (error) {
      const reason = describeFailure(error)
      throw reason === undefined ? error : new FailureError(`${title}: ${reason}`, { cause: error })
    } finally {
      this.#progress.clear()
    }
  }

  /** One row a step: title, milliseconds, outcome. */
  table(): string {
    const width = Math.max(...this.#done.map(({ title }) => title.length))
    const numbers = this.#done.map(({ milliseconds }) => milliseconds.toFixed(milliseconds < 10 ? 1 : 0))
    const digits = Math.max(...numbers.map((number) => number.length))
    return this.#done
      .map(
        ({ title, outcome }, i) => `   ${title.padEnd(width)}  ${itemAt(numbers, i).padStart(digits)} ms  ${outcome}\n`,
      )
      .join('')
  }
}

/** Throws `FailureError` unless a condition holds; `problem` describes the failure. */
export function must(condition: boolean, problem: string): asserts condition {
  if (!condition) throw new FailureError(`FAILED: ${problem}`)
}
