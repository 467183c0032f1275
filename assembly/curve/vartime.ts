/**
 * Simultaneous powers of public data, in variable time. Sums are Jacobian points; one of which the digits of Z are all
 * zero is empty: infinity, before anything was added or after everything cancelled out.
 */
import { add, addComplete, addMixed, DIGITS, double, multiply, PAIR_BYTES, square, toHomogeneous } from './field'
import { digit, isZero, negate, pick } from './pair'
import {
  copyPoint,
  ELEMENT_OCTETS,
  fromAffine,
  fromEntry,
  infinityIf,
  POINT_BYTES,
  readAffine,
  toEntry,
  xx,
} from './point'
import { digit as regularDigit, digitsOf, indexOf, oddMultiples, recode, signOf } from './power'

const SUM = memory.data(POINT_BYTES, 16),
  TERM = memory.data(POINT_BYTES, 16),
  COMPLETE = memory.data(POINT_BYTES, 16)
const EXPONENT = memory.data(80, 16)

function isEmpty(point: usize): bool {
  for (let k = 0; k < DIGITS; k++) if (digit(point, 0, k) != 0) return false
  return true
}

function empty(point: usize): void {
  memory.fill(point, 0, POINT_BYTES)
}

function doubleAny(point: usize): void {
  if (!isEmpty(point)) double(point, point)
}

/** point = point +- entry, whatever they are. */
function addEntry(point: usize, entry: usize, minus: bool): void {
  memory.copy(TERM, entry, POINT_BYTES)
  if (minus) negate(TERM + PAIR_BYTES, -1, -1)
  if (isEmpty(point)) {
    fromEntry(point, TERM)
    return
  }
  add(SUM, point, TERM)
  if (isExceptional()) {
    fromEntry(SUM, TERM)
    addExceptional(point)
  } else {
    copyPoint(point, SUM)
  }
}

/** point = point +- an affine point, whatever they are. */
function addAffine(point: usize, affine: usize, minus: bool): void {
  memory.copy(TERM, affine, PAIR_BYTES)
  if (minus) negate(TERM, 0, -1)
  if (isEmpty(point)) {
    fromAffine(point, TERM)
    return
  }
  addMixed(SUM, point, TERM)
  if (isExceptional()) {
    fromAffine(SUM, TERM)
    addExceptional(point)
  } else {
    copyPoint(point, SUM)
  }
}

/**
 * Whether the addition to SUM met two points with one x: Z is then a multiple of p. Since p = -1 modulo 2^29, the lowest
 * digit of a small multiple is small, and hardly any other Z has such a digit.
 */
function isExceptional(): bool {
  const lowest = digit(SUM, 0, 0)
  return lowest < 16 && lowest > -16 && isZero(SUM, 0) != 0
}

/** point = point + SUM by complete addition. */
function addExceptional(point: usize): void {
  toHomogeneous(SUM, SUM)
  toHomogeneous(point, point)
  addComplete(COMPLETE, point, SUM)
  if (isZero(COMPLETE, 0) != 0) {
    empty(point)
    return
  }
  // From (X : Y : Z) to Jacobian coordinates: X Z, Y Z^2, Z.
  pick(TERM, COMPLETE, 0, COMPLETE, 0)
  multiply(xx(point), xx(COMPLETE), TERM)
  square(TERM, TERM)
  multiply(TERM, TERM, COMPLETE) // [, Y Z^2]
  pick(point, COMPLETE, 0, TERM, 1)
}

/** A sum to homogeneous coordinates. */
function finish(dst: usize, point: usize): void {
  const isNothing = isEmpty(point)
  toHomogeneous(dst, point)
  infinityIf(dst, isNothing ? -1 : 0)
}

/**
 * Signed digits of a scalar in non-adjacent form: one byte for each of `bits` + 1 bits, an odd digit below 2^(width-1) in
 * magnitude where a window begins, zero elsewhere.
 *
 * @param scalar  octets, of `length` bytes
 */
export function slidingDigits(digits: usize, scalar: usize, length: i32, bits: i32, width: i32): void {
  memory.fill(EXPONENT, 0, 80)
  for (let i = 0; i < length; i++) store<u8>(EXPONENT + i, load<u8>(scalar + length - 1 - i))
  memory.fill(digits, 0, bits + 1)
  let carry = 0
  for (let i = 0; i <= bits;) {
    const window = ((<i32>(load<u32>(EXPONENT + (i >> 3)) >> (i & 7))) & ((1 << width) - 1)) + carry
    if (window & 1) {
      carry = (window >> (width - 1)) & 1
      store<i8>(digits + i, <i8>(window - (carry << width)))
      i += width
    } else {
      i++
    }
  }
}

/** Entries of the odd multiples of an element. */
export function elementMultiples(table: usize, octets: usize, count: i32): void {
  readAffine(TERM, octets)
  fromAffine(SUM, TERM)
  oddMultiples(table, SUM, count)
}

/**
 * dst = the product of powers, homogeneous: of tables of odd multiples by interleaved windows (E. G. Straus), which
 * share their doublings, and of combs, which need none.
 *
 * @param terms  8 bytes each: pointers to the entries and to the digits
 * @param combs  12 bytes each: pointers to the comb and to a scalar's octets, and the width
 */
export function productVartime(
  dst: usize,
  terms: usize,
  count: i32,
  bits: i32,
  combs: usize,
  combCount: i32,
  point: usize,
): void {
  empty(point)
  for (let i = bits; i >= 0 && count > 0; i--) {
    doubleAny(point)
    for (let k = 0; k < count; k++) {
      const term = terms + (k << 3),
        d = <i32>load<i8>(<usize>load<u32>(term, 4) + i)
      if (d != 0) addEntry(point, load<u32>(term) + (abs(d) >> 1) * POINT_BYTES, d < 0)
    }
  }
  for (let k = 0; k < combCount; k++) {
    const comb = combs + k * 12,
      width = load<i32>(comb, 8),
      minus = recode(EXPONENT, load<u32>(comb, 4), width) != 0
    for (let j = 0; j < digitsOf(width); j++) {
      const u = regularDigit(EXPONENT, j, width)
      const affine = load<u32>(comb) + ((j << (width - 1)) + indexOf(u, width)) * PAIR_BYTES
      addAffine(point, affine, (signOf(u, width) != 0) != minus)
    }
  }
  finish(dst, point)
}

/**
 * dst = the product of powers of many elements, homogeneous, by buckets (N. Pippenger): for each digit of the exponents from the
 * top, the bases are added to the bucket of its magnitude, and the buckets are multiplied by theirs together.
 *
 * @param octets   of the elements; `scalars`, their exponents' octets
 * @param affines  room for a pair for each
 * @param digits   room for 80 bytes for each
 * @param buckets  room for 2^(width-1) points
 * @param points   room for three points
 */
export function bucketProduct(
  dst: usize,
  octets: usize,
  scalars: usize,
  stride: i32,
  count: i32,
  width: i32,
  affines: usize,
  digits: usize,
  buckets: usize,
  points: usize,
): void {
  const total = points,
    running = points + POINT_BYTES,
    window = points + 2 * POINT_BYTES,
    bucketCount = 1 << (width - 1)
  for (let k = 0; k < count; k++) {
    const affine = affines + k * PAIR_BYTES
    readAffine(affine, octets + k * ELEMENT_OCTETS)
    negate(affine, 0, recode(digits + k * 80, scalars + k * stride, width))
  }
  empty(total)
  for (let j = digitsOf(width) - 1; j >= 0; j--) {
    for (let i = 0; i < width; i++) doubleAny(total)
    memory.fill(buckets, 0, bucketCount * POINT_BYTES)
    for (let k = 0; k < count; k++) {
      const u = regularDigit(digits + k * 80, j, width)
      addAffine(buckets + indexOf(u, width) * POINT_BYTES, affines + k * PAIR_BYTES, signOf(u, width) != 0)
    }
    // The sum of (2 i + 1) B_i: with S_i the sum of the buckets from i up, it is S_0 + 2 (S_1 + S_2 + ...).
    empty(running)
    empty(window)
    for (let i = bucketCount - 1; i > 0; i--) {
      addPoint(running, buckets + i * POINT_BYTES)
      addPoint(window, running)
    }
    doubleAny(window)
    addPoint(running, buckets)
    addPoint(window, running)
    addPoint(total, window)
  }
  finish(dst, total)
}

/** point = point + other, whatever they are. */
function addPoint(point: usize, other: usize): void {
  if (isEmpty(other)) return
  toEntry(COMPLETE, other)
  addEntry(point, COMPLETE, false)
}
