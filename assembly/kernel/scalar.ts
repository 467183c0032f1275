/**
 * Montgomery multiplication on 64-bit integers, for engines without SIMD.
 *
 * A number has n limbs (n even) of 28 bits, each in a u32; R = 2^(28n). A column of a product, the sum of at most 148 products of limbs, fits
 * into a u64 together with its carry. Columns are summed two at a time, so that each loaded limb serves two products. The reduction
 * is the one of relaxed-fma.ts: T = a b, Q = T * (-p^-1) mod R, result (T + Q p) / R, of which the low half of the first product and the
 * high half of the second are computed. What the low columns of T + Q p carry into column n is an integer; columns n-2 and n-1 give it to
 * within 2^-20, so rounding is exact.
 *
 * Range: Q < R, hence for 0 <= a, b < 2p the result is below p + 4 p^2 / R, less than 2p: there is no final subtraction. The bindings
 * choose n with 28 n >= bits + 8.
 */
import { elementLength, limbs, modulus, negativeInverse, scratch } from '../memory'

// @ts-ignore: decorator
@inline const WIDTH: i32 = 28
// @ts-ignore: decorator
@inline const LIMB_MASK: u64 = (1 << 28) - 1

/** Where `sumColumns` leaves its two columns. */
const SUMS = memory.data(16, 8)

// @ts-ignore: decorator
@inline export function limbsFor(bits: i32): i32 { return ((bits + 8 + 2 * WIDTH - 1) / (2 * WIDTH)) * 2 }
// @ts-ignore: decorator
@inline export function radixBits(n: i32): i32 { return WIDTH * n }
// @ts-ignore: decorator
@inline export function slotPadding(): i32 { return 16 }
// @ts-ignore: decorator
@inline export function slotBytes(n: i32): i32 { return ((n << 2) + 47) & ~15 }
// @ts-ignore: decorator
@inline export function entryBytes(n: i32): i32 { return n << 2 }
// @ts-ignore: decorator
@inline export function constantBytes(n: i32): i32 { return slotBytes(n) }
/** The numbers T, of 2n limbs, and Q. */
// @ts-ignore: decorator
@inline export function scratchBytes(n: i32): i32 { return slotBytes(2 * n) + slotBytes(n) }

/** T mod R; the limbs of the other half follow. */
// @ts-ignore: decorator
@inline function low(m: usize): usize { return scratch(m) + slotPadding() }
// @ts-ignore: decorator
@inline function quotient(m: usize): usize { return scratch(m) + slotBytes(2 * limbs(m)) + slotPadding() }

// @ts-ignore: decorator
@inline function limb(number: usize, i: i32): u64 { return load<u32>(number + (i << 2)) }

/**
 * Sums columns k and k+1 over the limbs a_first to a_last; b is read as zero outside its limbs, one place on either side.
 * The sums are left at SUMS.
 */
// @ts-ignore: decorator
@inline function sumColumns(a: usize, b: usize, k: i32, first: i32, last: i32): void {
  let c0: u64 = 0, c1: u64 = 0
  let x = a + (first << 2), y = b + ((k - first) << 2)
  const end = a + (last << 2)
  let b0 = <u64>load<u32>(y, 4)
  for (; x < end; x += 8) {
    const a0 = <u64>load<u32>(x), b1 = <u64>load<u32>(y)
    const a1 = <u64>load<u32>(x, 4)
    c1 += a0 * b0
    c0 += a0 * b1
    b0 = load<u32>(y - 4)
    c1 += a1 * b1
    c0 += a1 * b0
    y -= 8
  }
  if (x == end) {
    const a0 = <u64>load<u32>(x)
    c1 += a0 * b0
    c0 += a0 * <u64>load<u32>(y)
  }
  store<u64>(SUMS, c0)
  store<u64>(SUMS, c1, 8)
}

/** T = a b. */
function product(m: usize, a: usize, b: usize): void {
  const n = limbs(m), t = low(m)
  let carry: u64 = 0, k = 0
  for (; k < n; k += 2) {
    sumColumns(a, b, k, 0, k + 1)
    carry = splitPair(t, k, carry)
  }
  for (; k < 2 * n; k += 2) {
    sumColumns(a, b, k, k - n + 1, n - 1)
    carry = splitPair(t, k, carry)
  }
}

/** T = a^2: cross products are summed once and doubled. */
function squareProduct(m: usize, a: usize): void {
  const n = limbs(m), t = low(m)
  let carry: u64 = 0, k = 0
  for (; k < n; k += 2) {
    sumCross(a, k, 0)
    carry = splitPair(t, k, carry)
  }
  for (; k < 2 * n; k += 2) {
    sumCross(a, k, k - n + 1)
    carry = splitPair(t, k, carry)
  }
}

/** Columns k and k+1 of a^2 at SUMS. In both, the pairs i < j have i < k/2, but for (k/2, k/2 + 1) in column k+1. */
// @ts-ignore: decorator
@inline function sumCross(a: usize, k: i32, first: i32): void {
  const middle = k >> 1
  sumColumns(a, a, k, first, middle - 1)
  const x = limb(a, middle)
  store<u64>(SUMS, (load<u64>(SUMS) << 1) + x * x)
  store<u64>(SUMS, (load<u64>(SUMS, 8) + x * limb(a, middle + 1)) << 1, 8)
}

/** Splits the two columns at SUMS into limbs k and k+1. Returns the carry. */
// @ts-ignore: decorator
@inline function splitPair(number: usize, k: i32, carry: u64): u64 {
  const c0 = load<u64>(SUMS) + carry
  const c1 = load<u64>(SUMS, 8) + (c0 >> WIDTH)
  store<u32>(number + (k << 2), <u32>(c0 & LIMB_MASK))
  store<u32>(number + (k << 2), <u32>(c1 & LIMB_MASK), 4)
  return c1 >> WIDTH
}

/** dst = (T + Q p) / R. */
function reduce(m: usize, dst: usize): void {
  const n = limbs(m), t = low(m), q = quotient(m), p = modulus(m), inverse = negativeInverse(m)
  let carry: u64 = 0
  for (let k = 0; k < n; k += 2) {
    sumColumns(t, inverse, k, 0, k + 1)
    carry = splitPair(q, k, carry)
  }
  sumColumns(q, p, n - 2, 0, n - 1)
  carry = load<u64>(SUMS, 8) + limb(t, n - 1) + ((load<u64>(SUMS) + limb(t, n - 2)) >> WIDTH)
  carry = (carry + (1 << (WIDTH - 1))) >> WIDTH
  for (let k = n; k < 2 * n; k += 2) {
    sumColumns(q, p, k, k - n + 1, n - 1)
    store<u64>(SUMS, load<u64>(SUMS) + limb(t, k))
    store<u64>(SUMS, load<u64>(SUMS, 8) + limb(t, k + 1), 8)
    carry = splitPair(dst, k - n, carry)
  }
}

/** dst = a b / R mod p. `a` may be a table entry. */
export function multiply(m: usize, dst: usize, a: usize, b: usize): void {
  product(m, a, b)
  reduce(m, dst)
}

/** dst = a^2 / R mod p. */
export function square(m: usize, dst: usize, a: usize): void {
  squareProduct(m, a)
  reduce(m, dst)
}

/** Nothing follows p and -p^-1 in this kernel. */
export function prepare(m: usize): void {}

/** Splits `length` octets into limbs. They are what the octets say, not in Montgomery form. */
export function fromOctets(m: usize, dst: usize, octets: usize, length: i32): void {
  const n = limbs(m)
  for (let i = 0; i < n; i++) {
    const bit = WIDTH * i
    // A limb begins at a whole or a half byte; what lies above the octets is zero.
    const at = length - (bit >> 3) - 8
    const word = at > -8 ? bswap<u64>(load<u64>(octets + at)) >> <u64>(bit & 7) : 0
    store<u32>(dst + (i << 2), <u32>(word & LIMB_MASK))
  }
}

/** Writes a, brought out of Montgomery form and into [0, p), as `elementLength` octets. Constant time. */
export function toOctets(m: usize, octets: usize, a: usize): void {
  const n = limbs(m), p = modulus(m), t = low(m), q = quotient(m)
  memory.copy(t, a, n << 2)
  memory.fill(t + (n << 2), 0, n << 2)
  reduce(m, t)
  // The result is below 2p: subtract p, and keep the difference unless it is negative.
  let borrow: i64 = 0
  for (let i = 0; i < n; i++) {
    const v = <i64>limb(t, i) - <i64>limb(p, i) + borrow
    store<u32>(q + (i << 2), <u32>(v & LIMB_MASK))
    borrow = v >> WIDTH
  }
  const keep = <u32>borrow
  for (let i = 0; i < n; i++) {
    const at = i << 2, v = load<u32>(t + at), difference = load<u32>(q + at)
    store<u32>(t + at, difference ^ ((difference ^ v) & keep))
  }
  const length = elementLength(m)
  for (let i = 0; i < length; i++) {
    const bit = i << 3, at = bit / WIDTH
    const word = (limb(t, at) | (limb(t, at + 1) << WIDTH)) >> <u64>(bit - at * WIDTH)
    store<u8>(octets + length - 1 - i, <u8>word)
  }
}

/** dst = entry `index` of `count` entries, all of which are read: neither time nor addresses depend on the index. */
export function select(m: usize, dst: usize, table: usize, count: i32, index: i32): void {
  const bytes = entryBytes(limbs(m))
  for (let at = 0; at < bytes; at += 8) {
    let chosen: u64 = 0
    let entry = table + at
    for (let i = 0; i < count; i++) {
      // All ones if i == index: i ^ index is below 2^31, so subtracting 1 borrows only from zero.
      const mask = (<i64>(i ^ index) - 1) >> 63
      chosen |= load<u64>(entry) & mask
      entry += bytes
    }
    store<u64>(dst + at, chosen)
  }
}

/** Copies a number, from a slot or an entry to a slot or an entry. */
export function copy(m: usize, dst: usize, src: usize): void {
  memory.copy(dst, src, entryBytes(limbs(m)))
}

/** Wipes what multiplications leave behind. */
export function wipeKernel(m: usize): void {
  memory.fill(SUMS, 0, 16)
  memory.fill(scratch(m), 0, scratchBytes(limbs(m)))
}
