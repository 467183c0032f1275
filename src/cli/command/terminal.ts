import type { EventEmitter } from 'node:events'

/** The streams of a command: `process.stdout` and `process.stderr`, or those of a test. */
export interface Terminal {
  readonly out: Stream
  readonly err: Stream
  /** Standard input. Default: that of the process. */
  readonly input?: AsyncIterable<Uint8Array>
  /** Default: that of the process. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** The source of the signals that end or reload a server. Default: the process. */
  readonly signals?: Pick<EventEmitter, 'on' | 'off'>
}

export interface Stream {
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

/** How often progress is printed where no line can be updated, in milliseconds. */
const plainInterval = 1_000
/** Characters in a bar. */
const BAR = 24

/**
 * Progress on stderr. On a terminal it is one line, updated in place and cleared at the end. Elsewhere, if `plain` is set, it is
 * at most one new line a second.
 */
export class Progress {
  #shown = false
  #lastPlain = -Infinity

  constructor(
    private readonly stream: Stream,
    private readonly plain = false,
  ) {}

  update(text: string): void {
    if (this.stream.isTTY === true) {
      this.stream.write(`\r\x1b[K${text.slice(0, (this.stream.columns ?? 80) - 1)}`)
      this.#shown = true
    } else if (this.plain && performance.now() - this.#lastPlain >= plainInterval) {
      this.stream.write(`${text}\n`)
      this.#lastPlain = performance.now()
    }
  }

  /** Shows how many of `total` are done; on a terminal with a bar. */
  count(what: string, done: number, total: number): void {
    const filled = total === 0 ? BAR : Math.floor((BAR * done) / total)
    const bar = this.stream.isTTY === true ? `[${'#'.repeat(filled)}${'.'.repeat(BAR - filled)}] ` : ''
    this.update(`${bar}${what}: ${done} of ${total}`)
  }

  /** Clears the line, before anything else is written. */
  clear(): void {
    if (this.#shown) this.stream.write('\r\x1b[K')
    this.#shown = false
  }
}
