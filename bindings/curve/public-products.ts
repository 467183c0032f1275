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

/** How a product is computed: powers by windows, which need doublings, and by combs alone. */
interface Plan {
  readonly windows: readonly Factor<Window>[]
  readonly combs: readonly Factor<CurveComb>[]
}

/** A table of affine odd multiples of a base, and the width of the windows of its exponents. */
interface Window {
  readonly table: number
  readonly width: number
}

/** Products of powers of public data, in variable time. */
export class PublicProducts {
  constructor(
    private readonly core: CurveCore,
    private readonly memory: CurveMemory,
    private readonly elementLength: number,
    private readonly scalarLength: number,
  ) {}

  /**
   * Products by Straus' interleaved windows: all bases of a product share their doublings, and all products the elements' tables
   * and one inversion. A number stands for an element. Where no element needs doublings, combs serve as they are.
   */
  interleaved(elements: readonly Element[], products: readonly (readonly Factor<CurveComb | number>[])[]): Element[] {
    const { core, memory, elementLength, scalarLength } = this
    const { exports } = core
    const { pointBytes, affineBytes } = memory
    const powers = products.flat()
    const ofElements = powers.filter(isOfElement)
    const elementBits = longestOf(ofElements)
    const width = slidingWidth(elementBits, ofElements.length / Math.max(1, elements.length))
    const multiples = 2 ** (width - 2)
    const bits = longestOf(powers)
    const most = products.reduce((longest, { length }) => Math.max(longest, length), 1)
    const [octets, tables, multiplesOf, terms, digits, combTerms, scalars, sum, points, affines] = memory.room(
      Math.max(elements.length, products.length) * elementLength,
      elements.length * multiples * affineBytes,
      elements.length * multiples * pointBytes,
      most * termBytes,
      most * digitsBytes(bits),
      most * combTermBytes,
      most * scalarLength,
      pointBytes,
      products.length * pointBytes,
      products.length * affineBytes,
    )
    memory.writeElements(octets, elements)
    if (elements.length > 0) exports.elementTables(tables, octets, elements.length, multiples, multiplesOf)
    const tableOf = (element: number): Window => ({ table: tables + element * multiples * affineBytes, width })
    products.forEach((factors, at) => {
      const { windows, combs } = planOf(factors, tableOf, elementBits >= bits / 2)
      const doublings = longestOf(windows)
      windows.forEach(([{ table, width: own }, e], i) => {
        const ofBase = digits + i * digitsBytes(bits)
        core.octets.set(e, scalars)
        exports.slidingDigits(ofBase, scalars, scalarLength, doublings, own)
        core.writeWords(terms + i * termBytes, [table, ofBase])
      })
      combs.forEach(([comb, e], i) => {
        const scalar = scalars + i * scalarLength
        core.octets.set(e, scalar)
        core.writeWords(combTerms + i * combTermBytes, [comb.table, scalar, comb.width])
      })
      const product = points + at * pointBytes
      exports.productVartime(product, terms, windows.length, doublings, combTerms, combs.length, sum)
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
      memory.writeElement(octets + i * elementLength, base)
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

function isOfElement(factor: Factor<CurveComb | number>): factor is Factor<number> {
  return typeof factor[0] === 'number'
}

/**
 * Doublings that an element needs serve combs too, if they are not far fewer: what a comb has for its lowest digit, all odd
 * multiples below 2^width, makes windows of one bit more, of which an exponent has fewer than digits.
 */
function planOf(
  factors: readonly Factor<CurveComb | number>[],
  tableOf: (element: number) => Window,
  shareDoublings: boolean,
): Plan {
  const shares = shareDoublings && factors.some(isOfElement)
  const windows: Factor<Window>[] = []
  const combs: Factor<CurveComb>[] = []
  for (const [base, e] of factors) {
    if (typeof base === 'number') windows.push([tableOf(base), e])
    else if (shares) windows.push([{ table: base.table, width: base.width + 1 }, e])
    else combs.push([base, e])
  }
  return { windows, combs }
}

/** Room for the digits of an exponent of some bits. */
function digitsBytes(bits: number): number {
  return 2 * (bits + 1)
}

/** Bits of the longest exponent. */
export function longestOf(powers: readonly Factor<unknown>[]): number {
  return powers.reduce((longest, [, e]) => Math.max(longest, bitsOf(e)), 1)
}

function bitsOf(octets: Uint8Array): number {
  const first = octets.findIndex((octet) => octet !== 0)
  return first < 0 ? 0 : 8 * (octets.length - first) - Math.clz32(octets[first] ?? 0) + 24
}
