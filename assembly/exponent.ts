/**
 * Exponentiation of one base.
 *
 * Exponents are little-endian with 8 readable zero bytes behind them. Positions and widths of digits are public; their
 * values may be secret, and here neither an address nor a branch depends on them.
 */
import { copy, entryBytes, multiply, select, slotBytes, square } from './kernel/index'
import { limbs, one, registers } from './memory'

/** `width` <= 24 bits of an exponent from bit `position` on. */
// @ts-ignore: decorator
@inline export function digitAt(exponent: usize, position: i32, width: i32): i32 {
  return (load<u32>(exponent + (position >> 3)) >> (position & 7)) & ((1 << width) - 1)
}

/** The first of the two working registers: the accumulator. */
// @ts-ignore: decorator
@inline export function accumulator(m: usize): usize {
  return registers(m)
}

/** The second: the factor. */
// @ts-ignore: decorator
@inline export function factor(m: usize): usize {
  return registers(m) + slotBytes(limbs(m))
}

/**
 * Fills a table with base^0 to base^(2^width - 1).
 *
 * @param width  bits of a window, 1 to 8
 */
export function windowPowers(m: usize, table: usize, base: usize, width: i32): void {
  const bytes = entryBytes(limbs(m)),
    acc = accumulator(m)
  copy(m, table, one(m))
  copy(m, table + bytes, base)
  for (let i = 2, count = 1 << width; i < count; i++) {
    if (i & 1) {
      multiply(m, acc, table + (i - 1) * bytes, base)
    } else {
      copy(m, acc, table + (i >> 1) * bytes)
      square(m, acc, acc)
    }
    copy(m, table + i * bytes, acc)
  }
}

/**
 * dst = the product of base^exponent over some bases in fixed windows, which share the squarings (Straus). Constant time in the
 * exponents.
 *
 * @param tables     of each base, from `windowPowers`, one behind the other
 * @param exponents  little-endian, `stride` bytes each
 * @param count      1 or more
 * @param bits       bits of an exponent, leading zeros included
 */
export function windowProduct(
  m: usize,
  dst: usize,
  tables: usize,
  exponents: usize,
  stride: i32,
  count: i32,
  bits: i32,
  width: i32,
): void {
  const acc = accumulator(m),
    selected = factor(m),
    entries = 1 << width,
    tableBytes = entryBytes(limbs(m)) << width,
    top = ((bits - 1) / width) * width
  for (let position = top; position >= 0; position -= width) {
    if (position != top) for (let i = 0; i < width; i++) square(m, acc, acc)
    for (let k = 0; k < count; k++) {
      const isFirst = position == top && k == 0,
        digit = digitAt(exponents + k * stride, position, width)
      select(m, isFirst ? acc : selected, tables + k * tableBytes, entries, digit)
      if (!isFirst) multiply(m, acc, selected, acc)
    }
  }
  copy(m, dst, acc)
}
