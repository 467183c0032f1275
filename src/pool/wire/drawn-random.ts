import { type RandomSource, systemRandom } from '../../../bindings/octets/random.js'

/**
 * Random octets that were drawn at once, since many small draws take the time of many calls: handed out each once, then the
 * system gives more. What is left is wiped by `dispose()`.
 */
export class DrawnRandom implements RandomSource {
  readonly #octets: Uint8Array
  #used = 0

  /** @param length how many octets are likely to be needed */
  constructor(length: number) {
    this.#octets = new Uint8Array(length)
    systemRandom.fill(this.#octets)
  }

  fill(bytes: Uint8Array): void {
    const end = this.#used + bytes.length
    if (end > this.#octets.length) {
      systemRandom.fill(bytes)
      return
    }
    const drawn = this.#octets.subarray(this.#used, end)
    bytes.set(drawn)
    drawn.fill(0)
    this.#used = end
  }

  dispose(): void {
    this.#octets.fill(0)
  }
}
