import { bitLength, byteLength, toBigint, toFixedWidth } from '../octets/integers.js'
import type { Core } from '../core/core.js'
import { slidingWidth } from './cost.js'
import { negativeInverse } from '../engine/power.js'
import { slack } from '../core/workspace.js'

/**
 * Arithmetic modulo one odd p in the core's memory: its constants, its working memory, and a few numbers. Pointers to
 * numbers are what the core's functions take.
 */
export class WasmModulus {
  /** The first argument of the core's functions. */
  readonly record: number
  readonly octetLength: number
  readonly slotBytes: number
  readonly entryBytes: number
  readonly #allocations: number[] = []
  readonly #octets: number

  constructor(
    readonly core: Core,
    readonly p: bigint,
  ) {
    const { exports } = core
    const limbs = exports.limbsFor(bitLength(p))
    this.octetLength = byteLength(p)
    this.slotBytes = exports.slotBytes(limbs)
    this.entryBytes = exports.entryBytes(limbs)
    const radix = 1n << BigInt(exports.radixBits(limbs))
    const radixOctets = byteLength(radix)
    this.#octets = this.allocate(Math.max(this.octetLength, radixOctets))
    const padding = exports.slotPadding()
    const modulus = this.allocate(exports.constantBytes(limbs)) + padding
    const inverse = this.allocate(exports.constantBytes(limbs)) + padding
    const [radixSquared, one] = [this.allocateNumber(), this.allocateNumber()]
    const scratch = this.allocate(exports.scratchBytes(limbs))
    const registers = this.allocate(2 * this.slotBytes) + padding
    this.record = this.allocate(32)
    core.writeWords(this.record, [limbs, this.octetLength, modulus, inverse, radixSquared, one, scratch, registers])
    const write = (number: number, value: bigint): void => {
      core.octets.set(toFixedWidth(value, radixOctets), this.#octets)
      exports.readConstant(this.record, number, this.#octets, radixOctets)
    }
    write(modulus, p)
    write(inverse, negativeInverse(p, exports.radixBits(limbs)))
    write(radixSquared, radix ** 2n % p)
    write(one, radix % p)
    exports.prepare(this.record)
  }

  /** Memory that lives as long as this modulus. */
  allocate(bytes: number): number {
    const pointer = this.core.allocate(bytes)
    this.#allocations.push(pointer)
    return pointer
  }

  /** A number that lives as long as this modulus. */
  allocateNumber(): number {
    return this.allocate(this.slotBytes) + this.core.exports.slotPadding()
  }

  /** Octets of an integer in [0, p) to a number. */
  read(number: number, octets: Uint8Array): void {
    this.core.octets.set(octets, this.#octets)
    this.core.exports.read(this.record, number, this.#octets)
  }

  /** A number to octets of an integer in [0, p). */
  write(number: number): Uint8Array {
    this.core.exports.write(this.record, this.#octets, number)
    return this.core.octets.slice(this.#octets, this.#octets + this.octetLength)
  }

  /** Prepares x -> x^exponent mod p for public exponents of up to `bits` bits. */
  powers(bits: number): (base: bigint, exponent: bigint) => bigint {
    const { core, record } = this
    const width = slidingWidth(bits)
    const exponentBytes = Math.ceil(bits / 8)
    const [number, exponentAt, digits] = [
      this.allocateNumber(),
      this.allocate(exponentBytes + slack),
      this.allocate(bits),
    ]
    const table = this.allocate(2 ** (width - 1) * this.entryBytes)
    const term = this.allocate(24)
    core.writeWords(term, [table, digits, 0, 0, bits, 0])
    return (base, exponent) => {
      this.read(number, toFixedWidth(base, this.octetLength))
      core.octets.set(toFixedWidth(exponent, exponentBytes).reverse(), exponentAt)
      core.exports.slidingDigits(digits, exponentAt, bits, width)
      core.exports.oddPowers(record, table, number, 2 ** (width - 1))
      core.exports.productVartime(record, number, term, 1, bits, 0)
      return toBigint(this.write(number))
    }
  }

  /** Wipes what operations on secrets left in working memory and where octets pass. */
  wipeWorkingMemory(): void {
    this.core.exports.wipeModulus(this.record)
    this.core.exports.wipe(this.#octets, this.octetLength)
  }

  /** Wipes a number. */
  wipeNumber(number: number): void {
    this.core.exports.wipe(number, this.entryBytes)
  }

  /** Wipes and frees everything. */
  dispose(): void {
    for (const pointer of this.#allocations.splice(0)) this.core.release(pointer)
  }
}
