import type { SeededRandom } from '../random.js'

/** Where an entry stands: the first has number 1. */
interface Written<Entry> {
  readonly number: number
  readonly entry: Entry
}

/**
 * A log on a disk. What was written is there for good only once it was synced: at a crash each entry that was not may be on
 * the disk or not, in any order, and some of them twice. Recovery begins at the last checkpoint and reads up to
 * the first entry that is missing.
 */
export class DurableLog<Entry> {
  /** Since the last checkpoint. */
  readonly #synced: Entry[] = []
  /** How many entries the checkpoint stands for. */
  #forgotten = 0
  #written: Written<Entry>[] = []
  #end = 0

  constructor(private readonly random: SeededRandom) {}

  /** The number of the last entry. */
  get end(): number {
    return this.#end
  }

  get syncedEnd(): number {
    return this.#forgotten + this.#synced.length
  }

  /** How many entries recovery would read. */
  get length(): number {
    return this.#synced.length
  }

  append(entry: Entry): void {
    this.#written.push({ number: ++this.#end, entry })
  }

  /** The entries up to a number have reached the disk. */
  synced(upTo: number): void {
    while (this.#written[0] !== undefined && this.#written[0].number <= upTo) {
      const [first] = this.#written.splice(0, 1)
      if (first !== undefined) this.#synced.push(first.entry)
    }
  }

  /** A checkpoint stands for what was synced, which is everything. */
  forget(): void {
    this.#forgotten += this.#synced.splice(0).length
  }

  /** The power fails. Returns the entries that recovery finds; the log goes on behind them. */
  crash(): readonly Entry[] {
    const { random } = this
    const survival = random.pick([0, 0.5, 0.9])
    const onDisk = this.#written.flatMap((each) => {
      if (!random.chance(survival)) return []
      return random.chance(0.2) ? [each, each] : [each]
    })
    for (const { number, entry } of this.#inOrder(random.shuffle(onDisk))) {
      if (number !== this.syncedEnd + 1) break
      this.#synced.push(entry)
    }
    this.#written = []
    this.#end = this.syncedEnd
    return this.#synced
  }

  /** Each entry once. */
  #inOrder(onDisk: readonly Written<Entry>[]): Written<Entry>[] {
    return [...new Map(onDisk.map((each) => [each.number, each])).values()].sort((a, b) => a.number - b.number)
  }
}
