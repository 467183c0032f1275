import { InvalidInputError } from '../errors.js'
import { itemAt } from './lists.js'
import { concatOctets, type Octets } from './octets.js'
import { requireList, requireOctets } from './shape.js'

/**
 * Writes the octet form of values that are stored or sent: integers of four octets, strings behind their length. A value of
 * another type throws `InvalidInputError` (`octets/type`).
 */
export class OctetWriter {
  readonly #parts: Uint8Array[] = []

  /** One octet. */
  byte(value: number): this {
    this.#parts.push(Uint8Array.of(value))
    return this
  }

  /** An unsigned integer in four octets, big-endian. */
  int(value: number): this {
    const octets = new Uint8Array(4)
    new DataView(octets.buffer).setUint32(0, value)
    this.#parts.push(octets)
    return this
  }

  /** Octets as they are; the reader knows how many. */
  raw(octets: Uint8Array): this {
    requireOctets(octets, 'octets/type', 'a value')
    this.#parts.push(octets)
    return this
  }

  /** Octets behind their length. */
  octets(value: Uint8Array): this {
    requireOctets(value, 'octets/type', 'a value')
    return this.int(value.length).raw(value)
  }

  /** 0 for null, else 1 and the octets. */
  nullable(value: Uint8Array | null | undefined): this {
    return value === null || value === undefined ? this.byte(0) : this.byte(1).octets(value)
  }

  /** The number of items, then each as `write` writes it. */
  list<T>(items: readonly T[], write: (writer: this, item: T) => void): this {
    requireList(items, 'octets/type', 'values')
    this.int(items.length)
    for (const item of items) write(this, item)
    return this
  }

  /** Everything written so far, in one new array. */
  finish(): Octets {
    return concatOctets(this.#parts)
  }
}

/** Reads what `OctetWriter` wrote. All methods throw `InvalidInputError` (`octets/truncated`, `octets/malformed`). */
export class OctetReader {
  /** A Uint8Array over the source, even if that is a Buffer of Node, whose `slice()` would not copy. */
  readonly #source: Uint8Array
  #offset = 0

  /** Throws `InvalidInputError` (`octets/type`). */
  constructor(source: Uint8Array) {
    requireOctets(source, 'octets/type', 'the input')
    this.#source = new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
  }

  /** One octet. */
  byte(): number {
    return itemAt(this.raw(1), 0)
  }

  /** An unsigned integer of four octets, big-endian. */
  int(): number {
    const octets = this.raw(4)
    return new DataView(octets.buffer, octets.byteOffset).getUint32(0)
  }

  /** A copy of the next `length` octets. */
  raw(length: number): Uint8Array {
    if (length > this.#source.length - this.#offset) {
      throw new InvalidInputError('octets/truncated', 'octets are missing')
    }
    const start = this.#offset
    this.#offset += length
    return this.#source.slice(start, this.#offset)
  }

  /** Octets behind their length. */
  octets(): Uint8Array {
    return this.raw(this.int())
  }

  /** A 0 or 1. */
  flag(): boolean {
    const value = this.byte()
    if (value > 1) throw new InvalidInputError('octets/malformed', 'a flag must be 0 or 1')
    return value === 1
  }

  /** Null after 0, octets after 1. */
  nullable(): Uint8Array | null {
    return this.flag() ? this.octets() : null
  }

  /** At most `limit` items, each as `read` reads it. */
  list<T>(limit: number, read: (reader: this) => T): T[] {
    const length = this.int()
    if (length > limit) throw new InvalidInputError('octets/malformed', 'a list is too long')
    return Array.from({ length }, () => read(this))
  }

  /** Checks that nothing is left. */
  end(): void {
    if (this.#offset !== this.#source.length) throw new InvalidInputError('octets/malformed', 'octets are left over')
  }
}
