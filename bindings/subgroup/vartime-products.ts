import { bucketWidth, sharedWidth, slidingWidth } from './cost.js'
import type { Element, Scalar } from '../engine/engine.js'
import { equalOctets } from '../octets/octets.js'
import { termBytes, type SubgroupMemory, type Term } from './subgroup-memory.js'
import type { Comb } from './wasm-fixed-base.js'

/** Subsets are drawn eight at a time: an octet for each value, its pattern, whose bit b says whether it is in subset b. */
export const draws = 8

/** A power in `sharedPowers` of the core. */
const powerBytes = 12

type Powers<Base> = readonly (readonly [Base, Scalar])[]

/** The powers of a product. */
export interface Factors {
  readonly combs: Powers<Comb>
  readonly elements: Powers<Element>
}

/** The product of powers of combs and of elements, in the cheapest way, and of an entry in the core's memory. Variable time. */
export function productVartime(memory: SubgroupMemory, { combs, elements }: Factors, entry?: number): Element {
  const { core, modulus, left, right } = memory
  const width = bucketWidth(elements.length, memory.qBits)
  if (width === undefined) {
    windowProduct(memory, combs, elements)
  } else {
    bucketProduct(memory, elements, width)
    if (combs.length > 0) {
      core.exports.copy(modulus.record, right, left)
      windowProduct(memory, combs, [])
      core.exports.multiply(modulus.record, left, left, right)
    }
  }
  if (entry !== undefined) core.exports.multiply(modulus.record, left, entry, left)
  return memory.write(left)
}

/** To the left number: combs as they are, and sliding windows of each element, which all share their squarings. */
function windowProduct(memory: SubgroupMemory, combs: Powers<Comb>, elements: Powers<Element>): void {
  const { core, modulus, qBits, exponentBytes, left } = memory
  const { record, entryBytes } = modulus
  const width = slidingWidth(qBits)
  const powers = 2 ** (width - 1)
  const count = combs.length + elements.length
  const blocks = combs.reduce((sum, [{ shape }]) => sum + shape.blocks, 0)
  const [terms, exponents, tables, digits, exponent, fetched] = memory.room(
    count * termBytes,
    combs.length * exponentBytes,
    elements.length * powers * entryBytes,
    elements.length * qBits,
    exponentBytes,
    blocks * entryBytes,
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
  core.exports.productVartime(record, left, terms, count, bits, fetched)
}

/** To the left number: of elements so many that bases with one digit are first multiplied with each other (Pippenger). */
function bucketProduct(memory: SubgroupMemory, elements: Powers<Element>, width: number): void {
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
}

/** A power of a received value, which a number stands for. */
export type PowerOfValue = readonly [value: number, exponent: Scalar]

/**
 * Products of powers of values and of others; undefined if a value is not of order q or 1. The powers of a value share their squarings
 * with its test. Variable time.
 *
 * @param values  in the range of elements
 * @param order   the octets of q, and of 1
 */
export function productsOfMembersVartime(
  memory: SubgroupMemory,
  values: readonly Uint8Array[],
  products: readonly (Factors & { readonly powers: readonly PowerOfValue[] })[],
  { order, one }: { readonly order: Uint8Array; readonly one: Element },
): Element[] | undefined {
  const { modulus, kept } = memory
  const { entryBytes } = modulus
  const powers = [
    ...values.map((_, i) => ({ base: i, product: i, exponent: order })),
    ...products.flatMap(({ powers: own }, i) =>
      own.map(([base, exponent]) => ({ base, product: values.length + i, exponent })),
    ),
  ]
  const count = values.length + products.length
  const [results] = kept.room(count * entryBytes)
  sharedPowers(memory, results, values, powers, count)
  const ofOrder = readEntries(memory, results, values.length)
  if (!ofOrder.every((power) => equalOctets(power, one))) return undefined
  return products.map(({ powers: { length }, ...factors }, i) =>
    productVartime(memory, factors, length === 0 ? undefined : results + (values.length + i) * entryBytes),
  )
}

/** Writes products of powers, `count` entries. */
function sharedPowers(
  memory: SubgroupMemory,
  results: number,
  bases: readonly Uint8Array[],
  powers: readonly { readonly base: number; readonly product: number; readonly exponent: Uint8Array }[],
  count: number,
): void {
  const { core, modulus, qBits, exponentBytes } = memory
  const { record, entryBytes } = modulus
  const width = sharedWidth(qBits)
  const buckets = count * 2 ** (width - 1)
  const [basesAt, powersAt, bucketEntries, used, digits, exponent] = memory.room(
    bases.length * entryBytes,
    powers.length * powerBytes,
    buckets * entryBytes,
    buckets,
    powers.length * qBits,
    exponentBytes,
  )
  bases.forEach((base, i) => {
    writeEntry(memory, basesAt + i * entryBytes, base)
  })
  powers.forEach(({ base, product, exponent: e }, i) => {
    const digitsAt = digits + i * qBits
    memory.writeExponent(exponent, e)
    core.exports.slidingDigits(digitsAt, exponent, qBits, width)
    core.writeWords(powersAt + i * powerBytes, [base, product, digitsAt])
  })
  const size = [results, count, basesAt, bases.length, powersAt, powers.length] as const
  core.exports.sharedPowers(record, ...size, qBits, width, bucketEntries, used)
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
function writeEntry(memory: SubgroupMemory, entry: number, element: Uint8Array): void {
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
