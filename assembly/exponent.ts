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
 * dst = base^exponent in fixed windows, constant time in the exponent.
 *
 * @param bits   bits of the exponent, leading zeros included
 * @param width  bits of a window, 1 to 8
 * @param table  room for 2^width entries
 */
export function exponentiate(
  m: usize,
  dst: usize,
  base: usize,
  exponent: usize,
  bits: i32,
  width: i32,
  table: usize,
): void {
  const bytes = entryBytes(limbs(m)),
    acc = accumulator(m),
    selected = factor(m),
    count = 1 << width
  copy(m, table, one(m))
  copy(m, table + bytes, base)
  for (let i = 2; i < count; i++) {
    if (i & 1) {
      multiply(m, acc, table + (i - 1) * bytes, base)
    } else {
      copy(m, acc, table + (i >> 1) * bytes)
      square(m, acc, acc)
    }
    copy(m, table + i * bytes, acc)
  }
  let position = ((bits - 1) / width) * width
  select(m, acc, table, count, digitAt(exponent, position, width))
  for (position -= width; position >= 0; position -= width) {
    for (let i = 0; i < width; i++) square(m, acc, acc)
    select(m, selected, table, count, digitAt(exponent, position, width))
    multiply(m, acc, selected, acc)
  }
  copy(m, dst, acc)
}
