import type { Element } from '../engine/engine.js'
import { checkElementLength } from '../engine/operands.js'
import type { Each } from '../octets/lists.js'
import type { CurveCore } from './curve-core.js'

/** The number of readable bytes that the core needs behind octets. */
const slack = 8
const alignment = 16
const leastBytes = 8192

/** Memory that a curve's operations use one after the other, for octets and for points; it grows with their needs. */
export class CurveMemory {
  readonly pointBytes: number
  /** Bytes of an affine point, and so of an entry of a comb. */
  readonly affineBytes: number
  #pointer = 0
  #bytes = 0

  constructor(
    private readonly core: CurveCore,
    private readonly elementLength: number,
  ) {
    this.pointBytes = core.exports.pointBytes()
    this.affineBytes = core.exports.pairBytes()
  }

  /** Pieces of memory for one operation, in this order. They contain data of earlier operations. */
  room<Sizes extends readonly number[]>(...sizes: Sizes): Each<Sizes, number> {
    let bytes = 0
    const offsets = sizes.map((size) => {
      const offset = bytes
      bytes += Math.ceil((size + slack) / alignment) * alignment
      return offset
    })
    if (bytes > this.#bytes) {
      this.dispose()
      const generous = Math.max(leastBytes, 2 ** Math.ceil(Math.log2(bytes)))
      this.#pointer = this.core.allocate(generous)
      this.#bytes = generous
    }
    return offsets.map((offset) => this.#pointer + offset) as Each<Sizes, number>
  }

  writeElements(pointer: number, xs: readonly Uint8Array[]): void {
    xs.forEach((x, i) => {
      checkElementLength(x, this.elementLength)
      this.core.octets.set(x, pointer + i * this.elementLength)
    })
  }

  readElement(pointer: number): Element {
    return this.core.octets.slice(pointer, pointer + this.elementLength) as Uint8Array as Element
  }

  readElements(pointer: number, count: number): Element[] {
    return Array.from({ length: count }, (_, i) => this.readElement(pointer + i * this.elementLength))
  }

  /** Wipes from `start` to `end`, and the working memory of the arithmetic. */
  wipe(start: number, end: number): void {
    this.core.exports.wipe(start, end - start)
    this.core.exports.wipeCurve()
  }

  /** Wipes and frees the memory. */
  dispose(): void {
    if (this.#bytes > 0) this.core.release(this.#pointer)
    this.#bytes = 0
  }
}
