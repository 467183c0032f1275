import type { Element, Factor } from '../engine/engine.js'
import type { CurveCore } from './curve-core.js'
import { slidingWidth } from './curve-cost.js'
import type { CurveMemory } from './curve-memory.js'
import type { CurveComb } from './wasm-curve-base.js'

/** The sizes of a product's factor: pointers to a table and to digits; with a comb, also a width. */
const termBytes = 8
const combTermBytes = 12
/** The size of an exponent prepared for reading its digits. */
const digitBytes = 80

/** Products of powers of public data, in variable time. */
export class PublicProducts {
  constructor(
    private readonly core: CurveCore,
    private readonly memory: CurveMemory,
    private readonly elementLength: number,
    private readonly scalarLength: number,
  ) {}

  /**
   * Products by Straus' interleaved windows: in each product the elements share their doublings, and combs, which need none,
   * are added to that. All products share the elements' tables, and one inversion. A number stands for an element.
   */
  interleaved(elements: readonly Element[], products: readonly (readonly Factor<CurveComb | number>[])[]): Element[] {
    const { core, memory, elementLength, scalarLength } = this
    const { exports } = core
    const { pointBytes, affineBytes } = memory
    const parts = products.map((factors) => ({
      combs: factors.filter((factor): factor is Factor<CurveComb> => typeof factor[0] !== 'number'),
      windows: factors.filter((factor): factor is Factor<number> => typeof factor[0] === 'number'),
    }))
    const powers = parts.flatMap(({ windows }) => windows)
    const bits = longestOf(powers)
    const width = slidingWidth(bits, powers.length / Math.max(1, elements.length))
    const multiples = 2 ** (width - 2)
    const tableBytes = multiples * pointBytes
    const mostWindows = Math.max(0, ...parts.map(({ windows }) => windows.length))
    const mostCombs = Math.max(1, ...parts.map(({ combs }) => combs.length))
    const [octets, tables, terms, digits, combTerms, scalars, sum, points, affines] = memory.room(
      Math.max(1, products.length) * elementLength,
      elements.length * tableBytes,
      mostWindows * termBytes,
      mostWindows * (bits + 1),
      mostCombs * combTermBytes,
      mostCombs * scalarLength,
      pointBytes,
      products.length * pointBytes,
      products.length * affineBytes,
    )
    elements.forEach((element, i) => {
      memory.writeElements(octets, [element])
      exports.elementMultiples(tables + i * tableBytes, octets, multiples)
    })
    parts.forEach(({ combs, windows }, at) => {
      windows.forEach(([element, e], i) => {
        const own = digits + i * (bits + 1)
        core.octets.set(e, scalars)
        exports.slidingDigits(own, scalars, scalarLength, bits, width)
        core.writeWords(terms + i * termBytes, [tables + element * tableBytes, own])
      })
      combs.forEach(([comb, e], i) => {
        const scalar = scalars + i * scalarLength
        core.octets.set(e, scalar)
        core.writeWords(combTerms + i * combTermBytes, [comb.table, scalar, comb.width])
      })
      exports.productVartime(points + at * pointBytes, terms, windows.length, bits, combTerms, combs.length, sum)
    })
    exports.write(octets, points, products.length, affines)
    return memory.readElements(octets, products.length)
  }

  /** A product of powers of many elements, by Pippenger's buckets. */
  buckets(powers: readonly Factor<Element>[], width: number): Element {
    const { core, memory, elementLength, scalarLength } = this
    const { pointBytes, affineBytes } = memory
    const { length } = powers
    const [octets, scalars, affines, digits, buckets, points, product, affine] = memory.room(
      length * elementLength,
      length * scalarLength,
      length * affineBytes,
      length * digitBytes,
      2 ** (width - 1) * pointBytes,
      3 * pointBytes,
      pointBytes,
      affineBytes,
    )
    powers.forEach(([base, e], i) => {
      memory.writeElements(octets + i * elementLength, [base])
      core.octets.set(e, scalars + i * scalarLength)
    })
    core.exports.bucketProduct(
      product,
      octets,
      scalars,
      scalarLength,
      length,
      longestOf(powers),
      width,
      affines,
      digits,
      buckets,
      points,
    )
    core.exports.write(octets, product, 1, affine)
    return memory.readElement(octets)
  }
}

/** Bits of the longest exponent. */
export function longestOf(powers: readonly Factor<unknown>[]): number {
  return powers.reduce((longest, [, e]) => Math.max(longest, bitsOf(e)), 1)
}

function bitsOf(octets: Uint8Array): number {
  const first = octets.findIndex((octet) => octet !== 0)
  return first < 0 ? 0 : 8 * (octets.length - first) - Math.clz32(octets[first] ?? 0) + 24
}
