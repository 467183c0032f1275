import { byteLength, stripLeadingZeros, toFixedWidth } from '../../bindings/octets/integers.js'
import type { Group, Scalar, ScalarField } from '../../bindings/engine/engine.js'
import { hashFunction, type HashAlgorithm } from './algorithm.js'

/**
 * How the number 0 is hashed: as one zero octet (the specification's text, the JavaScript SDK), or as no octets
 * (Microsoft's Java and C# SDKs). Every other number has one form.
 */
export type ZeroEncoding = 'octet' | 'empty'

export interface HashFormatOptions {
  /** Default `'octet'`. */
  readonly zeroEncoding?: ZeroEncoding
}

/**
 * Collects the values of one hash input, as the UPCS formats them, and digests them. Made by `hashFormat()`; each
 * method appends one value and returns the collector.
 */
export class HashFormat {
  readonly #hash: ReturnType<ReturnType<typeof hashFunction>['create']>
  readonly #zero: Uint8Array

  constructor(algorithm: HashAlgorithm, { zeroEncoding = 'octet' }: HashFormatOptions = {}) {
    this.#hash = hashFunction(algorithm).create()
    this.#zero = new Uint8Array(zeroEncoding === 'octet' ? 1 : 0)
  }

  /** One octet. */
  byte(value: number): this {
    this.#hash.update(Uint8Array.of(value))
    return this
  }

  /** A length, count or index: four octets, big-endian. */
  int(value: number): this {
    if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) {
      throw new RangeError('a length, count or index does not fit into 4 octets')
    }
    this.#hash.update(Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value))
    return this
  }

  /** An octet string: its length, then the octets as they are. */
  octets(value: Uint8Array): this {
    this.int(value.length)
    this.#hash.update(value)
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
    const octets = typeof value === 'bigint' ? toFixedWidth(value, byteLength(value)) : stripLeadingZeros(value)
    return this.octets(octets.length === 0 ? this.#zero : octets)
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
    return this.#hash.digest()
  }

  /** The digest as a big-endian integer, modulo q. The collector is used up. */
  digestScalar(scalars: ScalarField): Scalar {
    return scalars.reduce(this.#hash.digest())
  }
}

/** Begins a hash input as the UPCS formats it. */
export function hashFormat(algorithm: HashAlgorithm, options?: HashFormatOptions): HashFormat {
  return new HashFormat(algorithm, options)
}
