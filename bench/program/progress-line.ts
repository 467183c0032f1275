/** Shows on standard error how far a long work is: a line that is rewritten on a terminal, else a line now and then. */
export class ProgressLine {
  readonly #terminal = process.stderr.isTTY
  readonly #interval = this.#terminal ? 100 : 15_000
  #last = -Infinity

  /** @param clock in ms; of the machine, where `performance.now` is simulated */
  constructor(
    private readonly title: string,
    private readonly clock = () => performance.now(),
  ) {}

  /** `done` is between 0 and 1. */
  show(done: number, what: string): void {
    const now = this.clock()
    if (now - this.#last < this.#interval) return
    this.#last = now
    const percentage = `${String(Math.min(100, Math.floor(100 * done))).padStart(3)} %`
    this.#write(`${this.title} ${percentage}  ${what}`)
  }

  end(): void {
    if (this.#terminal) process.stderr.write('\r\x1b[K')
  }

  #write(line: string): void {
    const width = process.stderr.columns || 100
    process.stderr.write(this.#terminal ? `\r\x1b[K${line.slice(0, width - 1)}` : `${line}\n`)
  }
}
