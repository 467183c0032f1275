/**
 * Simultaneous powers of public data, in variable time. Sums are Jacobian points; one of which the digits of Z are all
 * zero is empty: infinity, before anything was added or after everything cancelled out.
 */
import { add, addMixed, DIGITS, double, PAIR_BYTES, toHomogeneous } from './field'
import { digit, isZero, negateTo } from './pair'
import {
  copyPoint,
  ELEMENT_OCTETS,
  fromAffine,
  infinityIf,
  POINT_BYTES,
  readAffine,
  toAffine,
  toEntry,
  xx,
} from './point'
import { digit as regularDigit, digitsOf, indexOf, oddPoints, recode, signOf } from './power'

const TERM = memory.data(POINT_BYTES, 16)
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

/** point = point +- an affine point, with all exceptional cases. */
function addAffine(point: usize, affine: usize, minus: bool): void {
  let term = affine
  if (minus) {
    term = TERM
    negateTo(TERM, affine, 0, -1)
  }
  if (isEmpty(point)) {
    fromAffine(point, term)
    return
  }
  addMixed(point, point, term)
  if (isStillToDouble(point)) {
    fromAffine(point, term)
    double(point, point)
  }
}

/**
 * Whether an addition, which made this sum, met two equal points, and so is still to be a doubling. It makes the sum empty if
 * the points were opposite.
 *
 * The points had one x if Z = H Z1 Z2 is a multiple of p. Since p = -1 modulo 2^29, the lowest digit of a small multiple is
 * small, and hardly any other Z has such a digit. Then X = R^2, with R = S2 - S1, is zero if the points were equal.
 */
function isStillToDouble(sum: usize): bool {
  const lowest = digit(sum, 0, 0)
  if (lowest >= 16 || lowest <= -16 || isZero(sum, 0) == 0) return false
  if (isZero(xx(sum), 0) != 0) return true
  empty(sum)
  return false
}

/** A sum to homogeneous coordinates. */
function finish(dst: usize, point: usize): void {
  if (isEmpty(point)) infinityIf(dst, -1)
  else toHomogeneous(dst, point)
}

/**
 * Signed digits of a scalar in non-adjacent form: an i16 for each of `bits` + 1 bits, an odd digit below 2^(width-1) in
 * magnitude where a window begins, zero elsewhere.
 *
 * @param scalar  octets, of `length` bytes
 */
export function slidingDigits(digits: usize, scalar: usize, length: i32, bits: i32, width: i32): void {
  memory.fill(EXPONENT, 0, 80)
  reverse(EXPONENT, scalar, length)
  memory.fill(digits, 0, (bits + 1) << 1)
  let carry = 0
  for (let i = 0; i <= bits;) {
    const window = ((<i32>(load<u32>(EXPONENT + (i >> 3)) >> (i & 7))) & ((1 << width) - 1)) + carry
    if (window & 1) {
      carry = (window >> (width - 1)) & 1
      store<i16>(digits + (i << 1), <i16>(window - (carry << width)))
      i += width
    } else {
      i++
    }
  }
}

/**
 * Tables of affine points: for each of `count` elements, `multiples` odd multiples.
 *
 * @param points  room for as many points
 */
export function elementTables(tables: usize, octets: usize, count: i32, multiples: i32, points: usize): void {
  for (let k = 0; k < count; k++) {
    const first = points + k * multiples * POINT_BYTES
    readAffine(TERM, octets + k * ELEMENT_OCTETS)
    fromAffine(first, TERM)
    oddPoints(first, multiples)
  }
  toAffine(tables, points, count * multiples, false)
}

/**
 * dst = the product of powers, homogeneous: of tables of odd multiples by interleaved windows (E. G. Straus), which
 * share their doublings, and of combs, which need none.
 *
 * @param terms  8 bytes each: pointers to the table and to `bits` + 1 digits
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
        d = <i32>load<i16>(<usize>load<u32>(term, 4) + (i << 1))
      if (d != 0) addAffine(point, load<u32>(term) + (abs(d) >> 1) * PAIR_BYTES, d < 0)
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

/** How many signed digits an exponent of some bits has. */
// @ts-ignore: decorator
@inline function signedDigitsOf(bits: i32, width: i32): i32 {
  return bits / width + 1
}

/**
 * Digit j of an exponent k, of magnitude 2^(width-1) at most (A. D. Booth): k is the sum of d_j 2^(width j).
 *
 * @param exponent  little-endian, behind an octet of zero
 */
// @ts-ignore: decorator
@inline function signedDigit(exponent: usize, j: i32, width: i32): i32 {
  const position = width * j + 7,
    window = (<i32>(load<u32>(exponent + (position >> 3)) >> (position & 7))) & ((2 << width) - 1)
  return ((window + 1) >> 1) - ((window >> width) << width)
}

/**
 * dst = the product of powers of many elements, homogeneous, by buckets (N. Pippenger): for each digit of the exponents from the
 * top, the bases are added to the bucket of its magnitude, and the buckets are multiplied by theirs together.
 *
 * @param octets   of the elements; `scalars`, their exponents' octets, of at most `bits` bits
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
  bits: i32,
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
  memory.fill(digits, 0, 80 * count)
  for (let k = 0; k < count; k++) {
    readAffine(affines + k * PAIR_BYTES, octets + k * ELEMENT_OCTETS)
    reverse(digits + k * 80 + 1, scalars + k * stride, stride)
  }
  empty(total)
  for (let j = signedDigitsOf(bits, width) - 1; j >= 0; j--) {
    for (let i = 0; i < width; i++) doubleAny(total)
    memory.fill(buckets, 0, bucketCount * POINT_BYTES)
    for (let k = 0; k < count; k++) {
      const d = signedDigit(digits + k * 80, j, width)
      if (d != 0) addAffine(buckets + (abs(d) - 1) * POINT_BYTES, affines + k * PAIR_BYTES, d < 0)
    }
    // The sum of i B_i is the sum of all S_i = B_i + B_(i+1) + ...
    empty(running)
    empty(window)
    for (let i = bucketCount - 1; i >= 0; i--) {
      addPoint(running, buckets + i * POINT_BYTES)
      addPoint(window, running)
    }
    addPoint(total, window)
  }
  finish(dst, total)
}

/** point = point + other, with all exceptional cases. */
function addPoint(point: usize, other: usize): void {
  if (isEmpty(other)) return
  if (isEmpty(point)) {
    copyPoint(point, other)
    return
  }
  toEntry(TERM, other)
  add(point, point, TERM)
  if (isStillToDouble(point)) {
    copyPoint(point, other)
    double(point, point)
  }
}

/** Big-endian octets as little-endian ones. */
function reverse(dst: usize, octets: usize, length: i32): void {
  for (let i = 0; i < length; i++) store<u8>(dst + i, load<u8>(octets + length - 1 - i))
}
