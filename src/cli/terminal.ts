/** Where a command writes: `process.stdout` and `process.stderr`, or what a test puts in their place. */
export interface Terminal {
  readonly out: Stream
  readonly err: Stream
}

export interface Stream {
  write(text: string): unknown
  readonly isTTY?: boolean
}

/**
 * Tells people what is being done: on a terminal in one line of stderr, which is updated and taken away in the end; in a
 * file or a pipe not at all, unless `plain` wants a line for each step.
 */
export class Progress {
  #shown = false

  constructor(
    private readonly stream: Stream,
    private readonly plain = false,
  ) {}

  update(text: string): void {
    if (this.stream.isTTY === true) {
      this.stream.write(`\r\x1b[K${text}`)
      this.#shown = true
    } else if (this.plain) {
      this.stream.write(`${text}\n`)
    }
  }

  /** Takes the line away, before anything else is written. */
  clear(): void {
    if (this.#shown) this.stream.write('\r\x1b[K')
    this.#shown = false
  }
}
