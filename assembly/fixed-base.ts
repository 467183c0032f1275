/**
 * Fixed-base combs (C. H. Lim and P. J. Lee, CRYPTO '94) and their constant-time use.
 *
 * The exponent is read as `teeth` rows of blocks * columns bits. Block j of the table has 2^teeth entries; entry u is
 * the product of base^(2^(i blocks columns + j columns)) over the bits i of u, entry 0 is one. With `columns` = 1 an
 * exponentiation takes no squarings.
 */
import { copy, entryBytes, multiply, select, square } from './kernel/index'
import { limbs, one } from './memory'
import { accumulator, factor } from './exponent'

/** Fills a table of blocks * 2^teeth entries. */
export function buildComb(m: usize, table: usize, base: usize, teeth: i32, blocks: i32, columns: i32): void {
  const bytes = entryBytes(limbs(m)),
    blockBytes = bytes << teeth,
    acc = accumulator(m)
  // Along one chain of squarings: the base of tooth i in block j goes to entry 2^i of block j.
  copy(m, acc, base)
  for (let i = 0; i < teeth; i++) {
    for (let j = 0; j < blocks; j++) {
      copy(m, table + j * blockBytes + (bytes << i), acc)
      if (i == teeth - 1 && j == blocks - 1) break
      for (let c = 0; c < columns; c++) square(m, acc, acc)
    }
  }
  for (let j = 0; j < blocks; j++) {
    const block = table + j * blockBytes
    copy(m, block, one(m))
    for (let i = 1; i < teeth; i++) {
      copy(m, acc, block + (bytes << i))
      for (let u = 1; u < 1 << i; u++) multiply(m, block + ((1 << i) + u) * bytes, block + u * bytes, acc)
    }
  }
}

/**
 * A factor of a product of powers, as the bindings write it: 24 bytes.
 *
 *  0 table     of a comb, or of odd powers (multi-exp.ts)
 *  4 exponent  little-endian, or its digits (multi-exp.ts)
 *  8 teeth     0 for odd powers
 * 12 blocks
 * 16 columns
 * 20 bits of a row: blocks * columns
 */
export const TERM_BYTES: i32 = 24
// @ts-ignore: decorator
@inline export function tableOf(term: usize): usize {
  return load<u32>(term)
}
// @ts-ignore: decorator
@inline export function exponentOf(term: usize): usize {
  return load<u32>(term, 4)
}
// @ts-ignore: decorator
@inline export function teethOf(term: usize): i32 {
  return load<i32>(term, 8)
}
// @ts-ignore: decorator
@inline export function blocksOf(term: usize): i32 {
  return load<i32>(term, 12)
}
// @ts-ignore: decorator
@inline export function columnsOf(term: usize): i32 {
  return load<i32>(term, 16)
}
// @ts-ignore: decorator
@inline function rowBitsOf(term: usize): i32 {
  return load<i32>(term, 20)
}

/** The entry of block j that the exponent's bits in this column select. */
export function combDigit(term: usize, block: i32, column: i32): i32 {
  const exponent = exponentOf(term),
    rowBits = rowBitsOf(term)
  let position = block * columnsOf(term) + column,
    digit = 0
  for (let i = 0, teeth = teethOf(term); i < teeth; i++) {
    digit |= (((<i32>load<u8>(exponent + (position >> 3))) >> (position & 7)) & 1) << i
    position += rowBits
  }
  return digit
}

/**
 * dst = the product of the combs' powers; all share the squarings of the one with the most columns. Constant time in
 * the exponents.
 *
 * @param columns  the most columns of any term
 */
export function combProduct(m: usize, dst: usize, terms: usize, count: i32, columns: i32): void {
  const bytes = entryBytes(limbs(m)),
    acc = accumulator(m),
    selected = factor(m)
  copy(m, acc, one(m))
  for (let column = columns - 1; column >= 0; column--) {
    if (column != columns - 1) square(m, acc, acc)
    for (let i = 0; i < count; i++) {
      const term = terms + i * TERM_BYTES
      if (column >= columnsOf(term)) continue
      const entries = 1 << teethOf(term)
      for (let block = 0, blocks = blocksOf(term); block < blocks; block++) {
        select(m, selected, tableOf(term) + block * entries * bytes, entries, combDigit(term, block, column))
        multiply(m, acc, selected, acc)
      }
    }
  }
  copy(m, dst, acc)
}
