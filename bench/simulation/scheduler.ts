import { createHash } from 'node:crypto'
import { itemAt } from '../../bindings/octets/lists.js'

/** Somebody with a clock of its own: a node, a client, the network. */
export interface Actor {
  readonly name: string
  /** How far its clock is ahead, in milliseconds. */
  offset: number
}

interface Event {
  readonly time: number
  /** Breaks ties. */
  readonly number: number
  readonly actor: Actor
  readonly what: string
  readonly action: () => void
}

/**
 * One event after another, in the order of simulated time. Everything that happens is such an event, and each is noted in
 * the digest of the trace.
 */
export class Scheduler {
  #time: number
  #scheduled = 0
  #steps = 0
  #running: Actor | undefined
  /** A binary heap. */
  readonly #events: Event[] = []
  readonly #trace = createHash('sha256')

  /**
   * @param settle waits until all code waits for something simulated
   * @param onNote told of each line of the trace
   */
  constructor(
    start: number,
    private readonly settle: () => Promise<void>,
    private readonly onNote?: (line: string) => void,
  ) {
    this.#time = start
  }

  /** The true time, in ms since 1970. */
  get time(): number {
    return this.#time
  }

  /** The time on the clock of the actor that runs now. */
  get clock(): number {
    return Math.floor(this.#time + (this.#running?.offset ?? 0))
  }

  /** Events that have happened. */
  get steps(): number {
    return this.#steps
  }

  get running(): Actor | undefined {
    return this.#running
  }

  /** Lets something happen to an actor later. */
  after(milliseconds: number, actor: Actor, what: string, action: () => void): void {
    this.#push({ time: this.#time + milliseconds, number: ++this.#scheduled, actor, what, action })
  }

  /** Resolves after so many milliseconds, for the actor that runs now. */
  sleep(milliseconds: number): Promise<void> {
    const actor = this.#running
    if (actor === undefined) throw new Error('nobody runs who could sleep')
    return new Promise((resolve) => this.after(milliseconds, actor, 'wakes', resolve))
  }

  /** Runs the next event, and everything that follows from it at the same simulated time. Returns false if no event is left. */
  async step(): Promise<boolean> {
    const event = this.#pop()
    if (event === undefined) return false
    this.#time = event.time
    this.#running = event.actor
    this.#steps++
    this.note(event.what)
    event.action()
    await this.settle()
    this.#running = undefined
    return true
  }

  /** Adds a line to the trace. */
  note(what: string): void {
    const line = `${String(this.#steps)} ${this.#time.toFixed(3)} ${this.#running?.name ?? '-'} ${what}\n`
    this.#trace.update(line)
    this.onNote?.(line)
  }

  /** The digest of the trace up to now. */
  get digest(): string {
    return this.#trace.copy().digest('hex')
  }

  #push(event: Event): void {
    const events = this.#events
    let at = events.length
    events.push(event)
    while (at > 0) {
      const above = (at - 1) >> 1
      const other = itemAt(events, above)
      if (!isBefore(event, other)) break
      events[at] = other
      at = above
    }
    events[at] = event
  }

  #pop(): Event | undefined {
    const events = this.#events
    const first = events[0]
    const last = events.pop()
    if (first === undefined || last === undefined || events.length === 0) return first
    let at = 0
    for (;;) {
      let below = 2 * at + 1
      const [left, right] = [events[below], events[below + 1]]
      if (left === undefined) break
      let least = left
      if (right !== undefined && isBefore(right, left)) {
        least = right
        below++
      }
      if (!isBefore(least, last)) break
      events[at] = least
      at = below
    }
    events[at] = last
    return first
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.time < b.time || (a.time === b.time && a.number < b.number)
}
