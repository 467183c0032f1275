/**
 * Numbers of 28-bit limbs, each in a u32: the part that the integer kernels, scalar.ts and simd.ts, share. There are n
 * = 4m+2 limbs; 38, 74, 110 and 150 serve 1024, 2048, 3072 and 4096 bits; R = 2^(28n), and the bindings choose n with
 * 28 n >= bits + 8.
 *
 * A column of a product, the sum of at most 150 products of two limbs, fits into a u64 together with its carry.
 *
 * The reduction is the one of relaxed-fma.ts: T = a b, Q = T * (-p^-1) mod R, result (T + Q p) / R, of which the low
 * half of the first product and the high half of the second are computed. What the low columns of T + Q p carry into
 * column n is an integer; columns n-2 and n-1 give it to within 2^-20, so rounding is exact. Since Q < R, for 0 <= a, b
 * < 2p the result is below p + 4 p^2 / R, less than 2p: there is no final subtraction.
 */
import { elementLength, limbs, modulus, scratch, wordBelow } from '../memory'

// @ts-ignore: decorator
@inline export const WIDTH: i32 = 28
// @ts-ignore: decorator
@inline export const LIMB_MASK: u64 = (1 << 28) - 1

// @ts-ignore: decorator
@inline export function limbsFor(bits: i32): i32 {
  return ((bits + 8 + 2 * WIDTH - 1) / (4 * WIDTH)) * 4 + 2
}
// @ts-ignore: decorator
@inline export function radixBits(n: i32): i32 {
  return WIDTH * n
}
// @ts-ignore: decorator
@inline export function slotPadding(): i32 {
  return 16
}
// @ts-ignore: decorator
@inline export function slotBytes(n: i32): i32 {
  return ((n << 2) + 47) & ~15
}
// @ts-ignore: decorator
@inline export function entryBytes(n: i32): i32 {
  return n << 2
}
// @ts-ignore: decorator
@inline export function constantBytes(n: i32): i32 {
  return slotBytes(n)
}
/** The numbers T, of 2n limbs, and Q. */
// @ts-ignore: decorator
@inline export function scratchBytes(n: i32): i32 {
  return slotBytes(2 * n) + slotBytes(n)
}

/** T mod R; the limbs of the other half follow. */
// @ts-ignore: decorator
@inline export function low(m: usize): usize {
  return scratch(m) + slotPadding()
}
// @ts-ignore: decorator
@inline export function quotient(m: usize): usize {
  return scratch(m) + slotBytes(2 * limbs(m)) + slotPadding()
}

// @ts-ignore: decorator
@inline export function limb(number: usize, i: i32): u64 {
  return load<u32>(number + (i << 2))
}

/** In these kernels nothing follows p and -p^-1. */
export function prepare(m: usize): void {}

/** Splits `length` octets into limbs. The number is not converted to Montgomery form. */
export function fromOctets(m: usize, dst: usize, octets: usize, length: i32): void {
  const n = limbs(m)
  for (let i = 0; i < n; i++) {
    const bit = WIDTH * i
    const word = wordBelow(octets, length - (bit >> 3)) >> (<u64>(bit & 7))
    store<u32>(dst + (i << 2), <u32>(word & LIMB_MASK))
  }
}

/** T = a: the operand with which `reduce` brings a out of Montgomery form. */
export function widen(m: usize, a: usize): void {
  const n = limbs(m),
    t = low(m)
  memory.copy(t, a, n << 2)
  memory.fill(t + (n << 2), 0, n << 2)
}

/** Writes the number at `low`, below 2p, as `elementLength` octets of its residue in [0, p). Constant time. */
export function writeLow(m: usize, octets: usize): void {
  const n = limbs(m),
    p = modulus(m),
    t = low(m),
    q = quotient(m)
  // Subtract p, and keep the difference unless it is negative.
  let borrow: i64 = 0
  for (let i = 0; i < n; i++) {
    const v = <i64>limb(t, i) - <i64>limb(p, i) + borrow
    store<u32>(q + (i << 2), <u32>(v & LIMB_MASK))
    borrow = v >> WIDTH
  }
  const keep = <u32>borrow
  for (let i = 0; i < n; i++) {
    const at = i << 2,
      v = load<u32>(t + at),
      difference = load<u32>(q + at)
    store<u32>(t + at, difference ^ ((difference ^ v) & keep))
  }
  const length = elementLength(m)
  for (let i = 0; i < length; i++) {
    const bit = i << 3,
      at = bit / WIDTH
    const word = (limb(t, at) | (limb(t, at + 1) << WIDTH)) >> (<u64>(bit - at * WIDTH))
    store<u8>(octets + length - 1 - i, <u8>word)
  }
}

/** Copies a number, from a slot or an entry to a slot or an entry. */
export function copy(m: usize, dst: usize, src: usize): void {
  memory.copy(dst, src, entryBytes(limbs(m)))
}

/** Splits a column and the carry from its right into limb k of a number. Returns the carry to its left. */
// @ts-ignore: decorator
@inline export function split(number: usize, k: i32, column: u64, carry: u64): u64 {
  column += carry
  store<u32>(number + (k << 2), <u32>(column & LIMB_MASK))
  return column >> WIDTH
}

/**
 * The carry of T + Q p into column n: columns n-2 and n-1 of Q p, and the same limbs of T.
 */
// @ts-ignore: decorator
@inline export function carryIntoHigh(m: usize, before: u64, last: u64): u64 {
  const n = limbs(m),
    t = low(m)
  const top = last + limb(t, n - 1) + ((before + limb(t, n - 2)) >> WIDTH)
  return (top + (1 << (WIDTH - 1))) >> WIDTH
}
