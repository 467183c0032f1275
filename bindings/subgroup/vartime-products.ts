import { bucketWidth, sharedWidth, slidingWidth } from './cost.js'
import type { Element, Scalar } from '../engine/engine.js'
import { termBytes, type SubgroupMemory, type Term } from './subgroup-memory.js'
import type { Comb } from './wasm-fixed-base.js'

/** Subsets are drawn eight at a time: an octet for each value, its pattern, whose bit b says whether it is in subset b. */
export const draws = 8

type Powers<Base> = readonly (readonly [Base, Scalar])[]

/** The product of powers of combs and of elements, in the cheapest way. Variable time. */
export function productVartime(memory: SubgroupMemory, combs: Powers<Comb>, elements: Powers<Element>): Element {
  const width = bucketWidth(elements.length, memory.qBits)
  if (width === undefined) return windowProduct(memory, combs, elements)
  const product = bucketProduct(memory, elements, width)
  if (combs.length === 0) return product
  const { core, modulus, left, right } = memory
  const ofCombs = windowProduct(memory, combs, [])
  memory.read(left, product)
  memory.read(right, ofCombs)
  core.exports.multiply(modulus.record, left, left, right)
  return memory.write(left)
}

/** With combs as they are, and sliding windows of each element, which all share their squarings. */
function windowProduct(memory: SubgroupMemory, combs: Powers<Comb>, elements: Powers<Element>): Element {
  const { core, modulus, qBits, exponentBytes, left } = memory
  const { record, entryBytes } = modulus
  const width = slidingWidth(qBits)
  const powers = 2 ** (width - 1)
  const count = combs.length + elements.length
  const [terms, exponents, tables, digits, exponent] = memory.room(
    count * termBytes,
    combs.length * exponentBytes,
    elements.length * powers * entryBytes,
    elements.length * qBits,
    exponentBytes,
  )
  const windows = elements.map(([base, e], i): Term => {
    const term = { table: tables + i * powers * entryBytes, exponent: digits + i * qBits, shape: { bits: qBits } }
    memory.read(left, base)
    core.exports.oddPowers(record, term.table, left, powers)
    memory.writeExponent(exponent, e)
    core.exports.slidingDigits(term.exponent, exponent, qBits, width)
    return term
  })
  const bits = memory.writeTerms(terms, [...memory.combTerms(combs, exponents), ...windows])
  core.exports.productVartime(record, left, terms, count, bits)
  return memory.write(left)
}

/** Of elements so many that bases with one digit are first multiplied with each other (Pippenger). */
function bucketProduct(memory: SubgroupMemory, elements: Powers<Element>, width: number): Element {
  const { core, modulus, qBits, exponentBytes, left } = memory
  const { record, entryBytes } = modulus
  const count = elements.length
  const [bases, exponents, buckets, used] = memory.room(
    count * entryBytes,
    count * exponentBytes,
    2 ** width * entryBytes,
    2 ** width,
  )
  elements.forEach(([base, e], i) => {
    writeEntry(memory, bases + i * entryBytes, base)
    memory.writeExponent(exponents + i * exponentBytes, e)
  })
  core.exports.bucketProduct(record, left, bases, exponents, exponentBytes, count, qBits, width, buckets, used)
  return memory.write(left)
}

/** Powers of one base, which share their squarings. Variable time. */
export function sharedPowersVartime(
  memory: SubgroupMemory,
  base: Uint8Array,
  exponents: readonly Uint8Array[],
): Element[] {
  const { core, modulus, qBits, exponentBytes, left } = memory
  const { record, entryBytes } = modulus
  const count = exponents.length
  const width = sharedWidth(qBits)
  const buckets = count * 2 ** (width - 1)
  const [results, bucketEntries, used, digits, exponent] = memory.room(
    count * entryBytes,
    buckets * entryBytes,
    buckets,
    count * qBits,
    exponentBytes,
  )
  exponents.forEach((e, i) => {
    memory.writeExponent(exponent, e)
    core.exports.slidingDigits(digits + i * qBits, exponent, qBits, width)
  })
  modulus.read(left, base)
  core.exports.sharedPowers(record, results, left, digits, count, qBits, width, bucketEntries, used)
  return readEntries(memory, results, count)
}

/** The products of subsets of values, draw by draw, which the patterns of their draws select. */
export function subsetProductsVartime(
  memory: SubgroupMemory,
  values: readonly Element[],
  patterns: Uint8Array,
): Element[] {
  const { core, modulus } = memory
  const { record, entryBytes } = modulus
  const count = values.length
  const [entries, patternsAt, results, buckets, used] = memory.room(
    count * entryBytes,
    patterns.length,
    8 * draws * entryBytes,
    256 * entryBytes,
    256,
  )
  values.forEach((value, i) => {
    writeEntry(memory, entries + i * entryBytes, value)
  })
  core.octets.set(patterns, patternsAt)
  core.exports.subsetProducts(record, results, entries, count, patternsAt, draws, buckets, used)
  return readEntries(memory, results, 8 * draws)
}

/** An element to an entry. */
function writeEntry(memory: SubgroupMemory, entry: number, element: Element): void {
  const { core, modulus, left } = memory
  memory.read(left, element)
  core.exports.copy(modulus.record, entry, left)
}

/** Entries to elements. */
function readEntries(memory: SubgroupMemory, entries: number, count: number): Element[] {
  const { core, modulus, left } = memory
  return Array.from({ length: count }, (_, i) => {
    core.exports.copy(modulus.record, left, entries + i * modulus.entryBytes)
    return memory.write(left)
  })
}
