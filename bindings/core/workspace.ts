import type { Each } from '../octets/lists.js'

/** Cores read so many bytes beyond the end of octets and exponents. */
export const slack = 8
const alignment = 16
const leastBytes = 8192

/** Allocates memory of a core. */
interface Allocator {
  allocate(bytes: number): number
  release(pointer: number): void
}

/** Memory that operations use one after the other. It grows with their needs. */
export class Workspace {
  #pointer = 0
  #bytes = 0

  constructor(private readonly allocator: Allocator) {}

  /** Pieces of memory for one operation, one for each size in bytes. They contain data of earlier operations. */
  room<Sizes extends readonly number[]>(...sizes: Sizes): Each<Sizes, number> {
    let bytes = 0
    const offsets: number[] = []
    for (const size of sizes) {
      offsets.push(bytes)
      bytes += Math.ceil((size + slack) / alignment) * alignment
    }
    if (bytes > this.#bytes) {
      this.#free()
      const generous = Math.max(leastBytes, 2 ** Math.ceil(Math.log2(bytes)))
      this.#pointer = this.allocator.allocate(generous)
      this.#bytes = generous
    }
    return offsets.map((offset) => this.#pointer + offset) as Each<Sizes, number>
  }

  /** Wipes and frees the memory. */
  dispose(): void {
    this.#free()
  }

  #free(): void {
    if (this.#bytes > 0) this.allocator.release(this.#pointer)
    this.#bytes = 0
  }
}
