import { itemAt } from '../../bindings/octets/lists.js'

/** Numbers from a seed: sfc32, which passes PractRand and is four lines long. Nothing secret comes from it. */
export class SeededRandom {
  #state: [number, number, number, number]

  /** @param stream sources with one seed and other streams are independent */
  constructor(seed: number, stream = 0) {
    this.#state = [seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0, stream >>> 0, 1]
    for (let i = 0; i < 15; i++) this.word()
  }

  /** 32 bits. */
  word(): number {
    const [a, b, c, counter] = this.#state
    const sum = (a + b + counter) >>> 0
    this.#state = [b ^ (b >>> 9), (c + (c << 3)) >>> 0, (((c << 21) | (c >>> 11)) + sum) >>> 0, (counter + 1) >>> 0]
    return sum
  }

  /** At least 0, below 1. */
  fraction(): number {
    return this.word() / 2 ** 32
  }

  /** An integer from `least` to `most`. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.fraction() * (most - least + 1))
  }

  chance(probability: number): boolean {
    return this.fraction() < probability
  }

  pick<T>(items: readonly T[]): T {
    return itemAt(items, this.integer(0, items.length - 1))
  }

  /** Shuffles an array in place. */
  shuffle<T>(items: T[]): T[] {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.integer(0, i)
      const [a, b] = [itemAt(items, i), itemAt(items, j)]
      items[i] = b
      items[j] = a
    }
    return items
  }

  fill(octets: Uint8Array): void {
    for (let i = 0; i < octets.length; i++) octets[i] = this.word()
  }
}
