import type { KernelName } from '../engine/engine.js'
import { EngineError } from '../errors.js'

/** The exports that all cores share. Pointers and sizes are unsigned 32-bit, in bytes. */
export interface CommonExports {
  readonly memory: WebAssembly.Memory
  readonly heapBase: () => number
  readonly scalarAdd: (f: number, dst: number, a: number, b: number) => void
  readonly scalarSubtract: (f: number, dst: number, a: number, b: number) => void
  readonly scalarMultiplyAdd: (f: number, dst: number, a: number, b: number, c: number) => void
  readonly scalarInvert: (f: number, dst: number, a: number) => void
  readonly scalarReduce: (f: number, dst: number, octets: number, length: number) => void
  readonly wipe: (pointer: number, bytes: number) => void
}

/** The exports of `assembly/index.ts`: the core of subgroups. */
export interface CoreExports extends CommonExports {
  readonly limbsFor: (bits: number) => number
  readonly radixBits: (limbs: number) => number
  readonly slotPadding: () => number
  readonly slotBytes: (limbs: number) => number
  readonly entryBytes: (limbs: number) => number
  readonly constantBytes: (limbs: number) => number
  readonly scratchBytes: (limbs: number) => number
  readonly readConstant: (m: number, dst: number, octets: number, length: number) => void
  readonly prepare: (m: number) => void
  readonly read: (m: number, dst: number, octets: number) => void
  readonly write: (m: number, octets: number, src: number) => void
  readonly multiply: (m: number, dst: number, a: number, b: number) => void
  readonly square: (m: number, dst: number, a: number) => void
  readonly copy: (m: number, dst: number, src: number) => void
  readonly exponentiateMany: (
    m: number,
    octets: number,
    exponents: number,
    stride: number,
    count: number,
    bits: number,
    width: number,
    table: number,
    number: number,
  ) => void
  readonly multiExponentiate: (
    m: number,
    dst: number,
    octets: number,
    exponents: number,
    stride: number,
    count: number,
    bits: number,
    width: number,
    tables: number,
  ) => void
  readonly combPowers: (
    m: number,
    octets: number,
    term: number,
    exponents: number,
    stride: number,
    count: number,
    columns: number,
    number: number,
  ) => void
  readonly areOfOrder: (
    m: number,
    flags: number,
    octets: number,
    count: number,
    term: number,
    powers: number,
    bits: number,
    number: number,
    scratch: number,
  ) => void
  readonly bucketProduct: (
    m: number,
    dst: number,
    bases: number,
    exponents: number,
    stride: number,
    count: number,
    bits: number,
    width: number,
    buckets: number,
    used: number,
  ) => void
  readonly buildComb: (m: number, table: number, base: number, teeth: number, blocks: number, columns: number) => void
  readonly combProduct: (m: number, dst: number, terms: number, count: number, columns: number) => void
  readonly oddPowers: (m: number, table: number, base: number, count: number) => void
  readonly slidingDigits: (digits: number, exponent: number, bits: number, width: number) => void
  readonly productVartime: (m: number, dst: number, terms: number, count: number, bits: number, fetched: number) => void
  readonly sharedPowers: (
    m: number,
    results: number,
    products: number,
    bases: number,
    baseCount: number,
    powers: number,
    count: number,
    bits: number,
    width: number,
    buckets: number,
    used: number,
  ) => void
  readonly subsetProducts: (
    m: number,
    results: number,
    entries: number,
    count: number,
    patterns: number,
    draws: number,
    buckets: number,
    used: number,
  ) => void
  readonly wipeModulus: (m: number) => void
}

const pageBytes = 65_536
const alignment = 16
/** How far beyond its operands the core may read, without using those bytes. */
const readAhead = 32

/**
 * One instance of a kernel and its memory, which this class lays out. Allocated memory is zero.
 */
export class Core<Exports extends CommonExports = CoreExports> {
  readonly #free: { pointer: number; bytes: number }[] = []
  readonly #sizes = new Map<number, number>()
  #end: number
  #octets: Uint8Array<ArrayBuffer>

  constructor(
    readonly kernel: KernelName,
    readonly exports: Exports,
  ) {
    this.#end = alignUp(exports.heapBase())
    this.#octets = new Uint8Array(exports.memory.buffer)
  }

  /** The whole memory as octets. Valid until the next allocation. */
  get octets(): Uint8Array<ArrayBuffer> {
    // Growing detaches the buffer.
    if (this.#octets.length === 0) this.#octets = new Uint8Array(this.exports.memory.buffer)
    return this.#octets
  }

  /** Bytes that are allocated now. */
  get allocatedBytes(): number {
    let total = 0
    for (const bytes of this.#sizes.values()) total += bytes
    return total
  }

  /**
   * The pointer to `bytes` zeros, aligned for vectors. Throws `EngineError` (`engine/out-of-memory`) when there is no more
   * memory; earlier allocations stay valid.
   */
  allocate(bytes: number): number {
    const size = alignUp(bytes)
    const pointer = this.#reuse(size) ?? this.#extend(size)
    this.#sizes.set(pointer, size)
    return pointer
  }

  /** Wipes and frees memory from `allocate`. */
  release(pointer: number): void {
    const bytes = this.#sizes.get(pointer)
    if (bytes === undefined) throw new RangeError('nothing is allocated there')
    this.#sizes.delete(pointer)
    this.exports.wipe(pointer, bytes)
    const next = this.#free.findIndex((block) => block.pointer > pointer)
    const at = next < 0 ? this.#free.length : next
    this.#free.splice(at, 0, { pointer, bytes })
    this.#mergeWithNext(at)
    this.#mergeWithNext(at - 1)
  }

  /** Wipes the whole memory. */
  wipe(): void {
    this.octets.fill(0)
  }

  /** Writes 32-bit words. */
  writeWords(pointer: number, words: readonly number[]): void {
    new Uint32Array(this.exports.memory.buffer, pointer, words.length).set(words)
  }

  /** The start of a block that was given back, if one is large enough. */
  #reuse(size: number): number | undefined {
    const block = this.#free.find(({ bytes }) => bytes >= size)
    if (block === undefined) return undefined
    const { pointer } = block
    block.pointer += size
    block.bytes -= size
    if (block.bytes === 0) this.#free.splice(this.#free.indexOf(block), 1)
    return pointer
  }

  /** The start of memory that was never used. */
  #extend(size: number): number {
    const pointer = this.#end
    this.#growTo(pointer + size + readAhead)
    this.#end += size
    return pointer
  }

  #growTo(bytes: number): void {
    const missing = bytes - this.exports.memory.buffer.byteLength
    if (missing <= 0) return
    try {
      this.exports.memory.grow(Math.ceil(missing / pageBytes))
    } catch (cause) {
      throw new EngineError('engine/out-of-memory', 'WebAssembly gives no more memory', { cause })
    }
  }

  /** Makes one block of two free ones that touch, if there are both. */
  #mergeWithNext(index: number): void {
    const [block, next] = [this.#free[index], this.#free[index + 1]]
    if (block === undefined || next === undefined || block.pointer + block.bytes !== next.pointer) return
    block.bytes += next.bytes
    this.#free.splice(index + 1, 1)
  }
}

function alignUp(bytes: number): number {
  return Math.ceil(bytes / alignment) * alignment
}
