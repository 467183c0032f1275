import { FailureError } from '../errors.js'
import { describeFailure } from '../command/failures.js'
import { Progress, type Terminal } from '../command/terminal.js'

/** Something that was done, what came of it, and how long it took. */
interface Step {
  readonly title: string
  readonly outcome: string
  readonly milliseconds: number
}

/** What a demo does, step by step: a table of outcomes and times. */
export class Steps {
  readonly #told: Step[] = []
  readonly #progress: Progress

  constructor(private readonly terminal: Terminal) {
    this.#progress = new Progress(terminal.err, true)
  }

  /** Does something and notes what it returns as its outcome: a text, which `tell` may make of it. Throws what it throws. */
  async step<T>(title: string, action: () => Promise<T>, tell: (result: T) => string): Promise<T> {
    this.#progress.update(title)
    const before = performance.now()
    try {
      const result = await action()
      const milliseconds = performance.now() - before
      this.#told.push({ title, outcome: tell(result), milliseconds })
      return result
    } catch (error) {
      const reason = describeFailure(error)
      throw reason === undefined ? error : new FailureError(`${title}: ${reason}`, { cause: error })
    } finally {
      this.#progress.clear()
    }
  }

  /** Rows of a table: what was done, what came of it, milliseconds. */
  table(): string {
    const width = Math.max(...this.#told.map(({ title }) => title.length))
    const numbers = this.#told.map(({ milliseconds }) => milliseconds.toFixed(milliseconds < 10 ? 1 : 0))
    const digits = Math.max(...numbers.map((number) => number.length))
    return this.#told
      .map(({ title, outcome }, i) => `   ${title.padEnd(width)}  ${numbers[i]!.padStart(digits)} ms  ${outcome}\n`)
      .join('')
  }
}

/** Throws `FailureError` for what is not as it must be. */
export function must(condition: boolean, what: string): asserts condition {
  if (!condition) throw new FailureError(`WRONG: ${what}`)
}
