/**
 * Montgomery multiplication on 64-bit integers, for engines without SIMD. Columns are summed two at a time, so that
 * each loaded limb serves two products. See limbs28.ts for the numbers and the reduction.
 */
import { limbs, modulus, negativeInverse } from '../memory'
import { carryIntoHigh, limb, low, quotient, split, widen, writeLow } from './limbs28'

/** Where `sumColumns` leaves its two columns. */
const SUMS = memory.data(16, 8)

/**
 * Sums columns k and k+1 over the limbs a_first to a_last; b is read as zero outside its limbs, one place on either
 * side. The sums are left at SUMS.
 */
// @ts-ignore: decorator
@inline function sumColumns(a: usize, b: usize, k: i32, first: i32, last: i32): void {
  let c0: u64 = 0,
    c1: u64 = 0
  let x = a + (first << 2),
    y = b + ((k - first) << 2)
  const end = a + (last << 2)
  let b0 = <u64>load<u32>(y, 4)
  for (; x < end; x += 8) {
    const a0 = <u64>load<u32>(x),
      b1 = <u64>load<u32>(y)
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
  const n = limbs(m),
    t = low(m)
  let carry: u64 = 0,
    k = 0
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
  const n = limbs(m),
    t = low(m)
  let carry: u64 = 0,
    k = 0
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
  return split(number, k + 1, load<u64>(SUMS, 8), split(number, k, load<u64>(SUMS), carry))
}

/** dst = (T + Q p) / R. */
function reduce(m: usize, dst: usize): void {
  const n = limbs(m),
    t = low(m),
    q = quotient(m),
    p = modulus(m),
    inverse = negativeInverse(m)
  let carry: u64 = 0
  for (let k = 0; k < n; k += 2) {
    sumColumns(t, inverse, k, 0, k + 1)
    carry = splitPair(q, k, carry)
  }
  sumColumns(q, p, n - 2, 0, n - 1)
  carry = carryIntoHigh(m, load<u64>(SUMS), load<u64>(SUMS, 8))
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

/** Writes a, brought out of Montgomery form and into [0, p), as octets. Constant time. */
export function toOctets(m: usize, octets: usize, a: usize): void {
  widen(m, a)
  reduce(m, low(m))
  writeLow(m, octets)
}

/** Wipes the working memory outside `scratch`. */
export function wipeSums(): void {
  memory.fill(SUMS, 0, 16)
}
