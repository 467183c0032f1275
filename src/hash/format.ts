import { byteLength, toFixedWidth } from '../../bindings/octets/integers.js'
import type { Group, Scalar, ScalarField } from '../../bindings/engine/engine.js'
import { digestOf, hashFunction, type HashAlgorithm, type HashState } from './algorithm.js'

/**
 * How the number 0 is hashed: as one zero octet (the specification's text, the JavaScript SDK), or as no octets
 * (Microsoft's Java and C# SDKs). Every other number has one form.
 */
export type ZeroEncoding = 'octet' | 'empty'

export interface HashFormatOptions {
  /** Default `'octet'`. */
  readonly zeroEncoding?: ZeroEncoding
}

/** Room for most inputs of the protocols. */
const roomLength = 1024

/** Rooms that no collector uses, wiped. */
const rooms: Uint8Array[] = []

/**
 * Collects the values of one hash input, as the UPCS formats them, and digests them. Made by `hashFormat()`; each
 * method appends one value and returns the collector.
 *
 * Inputs are many short values, so they are gathered and hashed at once: a hash state for each input, and an update for each
 * value, would cost several times what the hash costs.
 */
export class HashFormat {
  readonly #algorithm: HashAlgorithm
  readonly #zeroLength: number
  /** What was not hashed yet, `#length` octets. */
  #room: Uint8Array | undefined
  #length = 0
  /** The state of an input for which there was not enough room. */
  #state: HashState | undefined

  constructor(algorithm: HashAlgorithm, { zeroEncoding = 'octet' }: HashFormatOptions = {}) {
    this.#algorithm = algorithm
    this.#zeroLength = zeroEncoding === 'octet' ? 1 : 0
    this.#room = rooms.pop() ?? new Uint8Array(roomLength)
  }

  /** One octet. */
  byte(value: number): this {
    this.#reserve(1)[this.#length++] = value
    return this
  }

  /** A length, count or index: four octets, big-endian. */
  int(value: number): this {
    if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) {
      throw new RangeError('a length, count or index does not fit into 4 octets')
    }
    const room = this.#reserve(4)
    for (let shift = 24; shift >= 0; shift -= 8) room[this.#length++] = value >>> shift
    return this
  }

  /** An octet string: its length, then the octets as they are. */
  octets(value: Uint8Array): this {
    const { length } = value
    this.int(length)
    if (length > roomLength) {
      this.#flush().update(value)
    } else {
      this.#reserve(length).set(value, this.#length)
      this.#length += length
    }
    return this
  }

  /** The absent value, hashed like the octet string of length 0. */
  null(): this {
    return this.int(0)
  }

  /** An octet string, or the absent value. */
  nullable(value: Uint8Array | null): this {
    return value === null ? this.null() : this.octets(value)
  }

  /** A scalar, or a number of a group: the octet string of its minimal big-endian form. */
  number(value: Uint8Array | bigint): this {
    if (typeof value === 'bigint') return this.number(toFixedWidth(value, byteLength(value)))
    let zeros = 0
    while (zeros < value.length && value[zeros] === 0) zeros++
    if (zeros === value.length) return this.octets(new Uint8Array(this.#zeroLength))
    return this.octets(zeros === 0 ? value : value.subarray(zeros))
  }

  /** The count, then each item as `encode` appends it. */
  list<T>(items: readonly T[], encode: (format: this, item: T) => void): this {
    this.int(items.length)
    for (const item of items) encode(this, item)
    return this
  }

  /** desc(Gq): what describes a group, without a count. */
  group({ hashedDescription }: Pick<Group, 'hashedDescription'>): this {
    for (const value of hashedDescription) {
      if (typeof value === 'bigint') this.number(value)
      else this.octets(value)
    }
    return this
  }

  /** An element of a group: the octet string of its encoding. Throws `InvalidInputError` (`element/identity`). */
  element(group: Pick<Group, 'encode'>, x: Uint8Array): this {
    return this.octets(group.encode(x))
  }

  /** The digest, at full length. The collector is used up. */
  digest(): Uint8Array {
    const room = this.#reserve(0)
    const digest =
      this.#state === undefined ? digestOf(this.#algorithm, room.subarray(0, this.#length)) : this.#flush().digest()
    room.fill(0, 0, this.#state === undefined ? this.#length : roomLength)
    this.#room = undefined
    rooms.push(room)
    return digest
  }

  /** The digest as a big-endian integer, modulo q. The collector is used up. */
  digestScalar(scalars: ScalarField): Scalar {
    return scalars.reduce(this.digest())
  }

  /** The room, with space for some more octets. */
  #reserve(length: number): Uint8Array {
    if (this.#room === undefined) throw new Error('this hash input was digested already')
    if (this.#length + length > roomLength) this.#flush()
    return this.#room
  }

  /** Hashes what was gathered. */
  #flush(): HashState {
    this.#state ??= hashFunction(this.#algorithm).create()
    this.#state.update(this.#reserve(0).subarray(0, this.#length))
    this.#length = 0
    return this.#state
  }
}

/** Begins a hash input as the UPCS formats it. */
export function hashFormat(algorithm: HashAlgorithm, options?: HashFormatOptions): HashFormat {
  return new HashFormat(algorithm, options)
}
