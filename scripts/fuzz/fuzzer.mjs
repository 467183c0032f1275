// The search: inputs that reach new places, or old ones more often, are kept and changed further.
import { COUNTERS } from './instrument.mjs'

/**
 * @typedef {{
 *   explores: string,
 *   words: readonly string[],
 *   seeds: () => Promise<readonly Uint8Array[]>,
 *   prepare: () => Promise<(input: Uint8Array) => unknown>
 * }} Target `prepare()` gives the check of an input: it throws, or rejects, if the library does what it must not
 * @typedef {(bound: number) => number} Below a whole number from 0 on, below the bound
 */

/** Where input is longer than this, it is cut. */
const longest = 16_384

/** Octets that are special somewhere: ends of ranges, lengths of DER, delimiters. */
const special = [
  0x00, 0x01, 0x02, 0x04, 0x30, 0x31, 0x7f, 0x80, 0x81, 0x82, 0x84, 0xff, 0x22, 0x26, 0x3c, 0x3e, 0x7b, 0x7d,
]

/** @param {number} hits how often a place was reached; the class as one bit, as AFL has it */
function classOf(hits) {
  if (hits <= 3) return 1 << (hits - 1)
  return hits < 8 ? 8 : hits < 16 ? 16 : hits < 32 ? 32 : hits < 128 ? 64 : 128
}

/** What inputs reached so far, and the inputs that were first. */
export class Corpus {
  /** @type {Uint8Array[]} */
  inputs = []
  /** Places that were reached. */
  reached = 0
  /** @type {Uint8Array} */
  #counters
  /** @type {Uint8Array} of each place the classes of its counts */
  #seen

  /** @param {number} places */
  constructor(places) {
    this.#seen = new Uint8Array(places)
    this.#counters =
      /** @type {Record<string, Uint8Array>} */ (/** @type {unknown} */ (globalThis))[COUNTERS] ??
      new Uint8Array(places)
  }

  /**
   * Checks an input, and keeps it if it is the first to reach something.
   * @param {(input: Uint8Array) => unknown} check
   * @param {Uint8Array} input
   * @returns {Promise<boolean>} whether it was kept
   */
  async try(check, input) {
    const counters = this.#counters
    counters.fill(0)
    const pending = check(input)
    if (pending instanceof Promise) await pending
    let isNew = false
    for (let i = 0; i < counters.length; i++) {
      const hits = counters[i]
      if (hits === undefined || hits === 0) continue
      const [bit, seen] = [classOf(hits), this.#seen[i] ?? 0]
      if ((seen & bit) !== 0) continue
      if (seen === 0) this.reached++
      this.#seen[i] = seen | bit
      isNew = true
    }
    if (isNew) this.inputs.push(input.slice())
    return isNew
  }
}

/**
 * An input with some changes.
 * @param {readonly Uint8Array[]} inputs
 * @param {readonly Uint8Array[]} words
 * @param {Below} below
 */
export function mutant(inputs, words, below) {
  // The newest are tried most: they are on the way to something.
  const pick = () =>
    inputs[below(2) === 0 ? inputs.length - 1 - below(Math.min(inputs.length, 16)) : below(inputs.length)]
  /** @type {number[]} */
  let octets = [...(pick() ?? [])]
  for (let changes = 1 << below(4); changes > 0; changes--) {
    const at = below(octets.length + 1)
    const length = 1 + below(1 << below(7))
    const old = octets[at] ?? 0
    const word = words.length === 0 ? [] : (words[below(words.length)] ?? [])
    switch (below(10)) {
      case 0:
        octets[at] = old ^ (1 << below(8))
        break
      case 1:
        octets[at] = below(256)
        break
      case 2:
        octets[at] = special[below(special.length)] ?? 0
        break
      case 3:
        octets[at] = (old + below(17) - 8) & 0xff
        break
      case 4:
        octets.splice(at, length)
        break
      case 5:
        octets.splice(at, 0, ...octets.slice(at, at + length))
        break
      case 6:
        octets.splice(at, 0, ...Array.from({ length: Math.min(length, 8) }, () => below(256)))
        break
      case 7:
        octets.splice(at, below(2) * word.length, ...word)
        break
      case 8: {
        const from = below(octets.length + 1)
        octets.splice(at, length, ...octets.slice(from, from + length))
        break
      }
      default: {
        const other = pick() ?? new Uint8Array()
        const from = below(other.length + 1)
        octets = [...octets.slice(0, at), ...other.slice(from)]
      }
    }
  }
  return Uint8Array.from(octets.slice(0, longest))
}
