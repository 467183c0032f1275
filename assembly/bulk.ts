/** Whole lists in one call, octets in and octets out: `elementLength` bytes an item. */
import { combProduct } from './fixed-base'
import { windowPowers, windowProduct } from './exponent'
import { copy, entryBytes, fromOctets, multiply, toOctets } from './kernel/index'
import { elementLength, limbs, radixSquared } from './memory'
import { oddPowers, productVartime } from './multi-exp'

/** Octets in [0, p) to a number in Montgomery form. */
export function read(m: usize, dst: usize, octets: usize): void {
  fromOctets(m, dst, octets, elementLength(m))
  multiply(m, dst, radixSquared(m), dst)
}

/** A number in Montgomery form to octets in [0, p). */
export function write(m: usize, octets: usize, src: usize): void {
  toOctets(m, octets, src)
}

/**
 * Raises each item to its exponent, in place. Constant time in the exponents; see `windowProduct`.
 *
 * @param exponents  little-endian, `stride` bytes each
 * @param number     room for a number
 */
export function exponentiateMany(
  m: usize,
  octets: usize,
  exponents: usize,
  stride: i32,
  count: i32,
  bits: i32,
  width: i32,
  table: usize,
  number: usize,
): void {
  for (let i = 0; i < count; i++) {
    const item = octets + i * elementLength(m)
    read(m, number, item)
    windowPowers(m, table, number, width)
    windowProduct(m, number, table, exponents + i * stride, stride, 1, bits, width)
    write(m, item, number)
  }
}

/**
 * dst = the product of the items' powers. Constant time in the exponents; see `windowProduct`.
 *
 * @param tables  room for 2^width entries for each item
 */
export function multiExponentiate(
  m: usize,
  dst: usize,
  octets: usize,
  exponents: usize,
  stride: i32,
  count: i32,
  bits: i32,
  width: i32,
  tables: usize,
): void {
  const tableBytes = entryBytes(limbs(m)) << width
  for (let i = 0; i < count; i++) {
    read(m, dst, octets + i * elementLength(m))
    windowPowers(m, tables + i * tableBytes, dst, width)
  }
  windowProduct(m, dst, tables, exponents, stride, count, bits, width)
}

/**
 * Writes the powers of one comb. Constant time in the exponents. The term's exponent is the first of them in the
 * beginning, and again in the end.
 */
export function combPowers(
  m: usize,
  octets: usize,
  term: usize,
  exponents: usize,
  stride: i32,
  count: i32,
  columns: i32,
  number: usize,
): void {
  for (let i = 0; i < count; i++) {
    store<u32>(term, <u32>(exponents + i * stride), 4)
    combProduct(m, number, term, 1, columns)
    write(m, octets + i * elementLength(m), number)
  }
  store<u32>(term, <u32>exponents, 4)
}

/**
 * Tests each item x for x^q = 1, each for itself, and writes a byte for each: 1 if so. Variable time.
 *
 * @param term     a term of odd powers (multi-exp.ts), whose digits are those of q
 * @param powers   how many odd powers these digits need
 * @param scratch  `elementLength` bytes
 */
export function areOfOrder(
  m: usize,
  flags: usize,
  octets: usize,
  count: i32,
  term: usize,
  powers: i32,
  bits: i32,
  number: usize,
  scratch: usize,
): void {
  const length = elementLength(m),
    table = load<u32>(term)
  for (let i = 0; i < count; i++) {
    read(m, number, octets + i * length)
    oddPowers(m, table, number, powers)
    productVartime(m, number, term, 1, bits, 0)
    write(m, scratch, number)
    let differs = load<u8>(scratch + length - 1) ^ 1
    for (let k = 0; k < length - 1; k++) differs |= load<u8>(scratch + k)
    store<u8>(flags + i, differs == 0 ? 1 : 0)
  }
}
