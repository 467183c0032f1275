/**
 * Points in memory, as the formulas take them (scripts/curve/formulas.mjs).
 *
 * point   the pairs [Z, Y] and [X, X]: Jacobian coordinates, x = X / Z^2 and y = Y / Z^3, or homogeneous ones,
 *         x = X / Z and y = Y / Z; where it matters the functions say which
 * entry   the pairs [X, Z] and [Y, Y]: the second operand of an addition
 * affine  the pair [x, y]
 *
 * Octets of an element are SEC1's uncompressed form, 04 || x || y, and all zero for the point at infinity, which has
 * no encoding of this length there: it is accepted and returned as a value, and the bindings refuse it on input.
 */
import {
  addComplete,
  COORDINATE_OCTETS,
  curveEquation,
  DIGITS,
  multiply,
  ONE,
  PAIR_BYTES,
  RADIX_SQUARED,
} from './field'
import { invert } from './invert'
import { blend, copy, isBelowModulus, isZero, negate, pick, readOctets, writeOctets } from './pair'

// @ts-ignore: decorator
@inline export const POINT_BYTES: i32 = 2 * PAIR_BYTES
// @ts-ignore: decorator
@inline export const ELEMENT_OCTETS: i32 = 2 * COORDINATE_OCTETS + 1

/** Working pairs. */
const A = memory.data(3 * PAIR_BYTES, 16),
  B = A + PAIR_BYTES,
  INVERSE = B + PAIR_BYTES
/** Always zero. */
const ZERO = memory.data(PAIR_BYTES, 16)

// @ts-ignore: decorator
@inline export function xx(point: usize): usize {
  return point + PAIR_BYTES
}

export function copyPoint(dst: usize, src: usize): void {
  memory.copy(dst, src, POINT_BYTES)
}

export function toEntry(entry: usize, point: usize): void {
  pick(entry, xx(point), 0, point, 0)
  pick(entry + PAIR_BYTES, point, 1, point, 1)
}

/** Not in place. */
export function fromEntry(point: usize, entry: usize): void {
  pick(point, entry, 1, entry + PAIR_BYTES, 0)
  pick(xx(point), entry, 0, entry, 0)
}

export function fromAffine(point: usize, affine: usize): void {
  pick(point, ONE, 0, affine, 1)
  pick(xx(point), affine, 0, affine, 0)
}

/** Negates a point if the mask is all ones. */
export function negatePoint(point: usize, mask: i64): void {
  negate(point, 0, mask)
}

/** All ones if an element's octets are all zero, else zero. */
export function isInfinity(octets: usize): i64 {
  let bits: i64 = 0
  for (let i = 0; i < ELEMENT_OCTETS; i++) bits |= load<u8>(octets + i)
  return (bits - 1) >> 63
}

/** The affine point of an element's octets. */
export function readAffine(affine: usize, octets: usize): void {
  readOctets(affine, 0, octets + 1)
  readOctets(affine, 1, octets + 1 + COORDINATE_OCTETS)
  multiply(affine, affine, RADIX_SQUARED)
}

/** Makes a homogeneous point (0 : 1 : 0) if the mask is all ones. */
export function infinityIf(point: usize, mask: i64): void {
  pick(A, ZERO, 0, ONE, 0)
  blend(point, mask, A, point)
  blend(xx(point), mask, ZERO, xx(point))
}

/** The homogeneous point of an element's octets, which may be those of infinity. */
export function read(point: usize, octets: usize): void {
  readAffine(B, octets)
  fromAffine(point, B)
  infinityIf(point, isInfinity(octets))
}

/** Homogeneous points: dst = the sum of all; infinity if there are none. */
export function sum(dst: usize, points: usize, count: i32): void {
  infinityIf(dst, -1)
  for (let i = 0; i < count; i++) addComplete(dst, dst, points + i * POINT_BYTES)
}

/**
 * Points to affine ones with one inversion (P. L. Montgomery): affine point i is left at `affines + i PAIR_BYTES`, (0, 0)
 * for infinity. The points are overwritten.
 */
export function toAffine(affines: usize, points: usize, count: i32, homogeneous: bool): void {
  copy(INVERSE, ONE)
  for (let i = 0; i < count; i++) {
    const point = points + i * POINT_BYTES,
      infinity = isZero(point, 0)
    pick(A, ONE, 0, ZERO, 0)
    blend(point, infinity, A, point)
    blend(xx(point), infinity, ZERO, xx(point))
    copy(affines + i * PAIR_BYTES, INVERSE)
    pick(A, point, 0, point, 0)
    multiply(INVERSE, INVERSE, A)
  }
  invert(INVERSE, INVERSE)
  for (let i = count - 1; i >= 0; i--) {
    const point = points + i * POINT_BYTES,
      affine = affines + i * PAIR_BYTES
    multiply(A, INVERSE, affine) // [1 / Z, the same]
    pick(B, point, 0, point, 0)
    multiply(INVERSE, INVERSE, B)
    pick(B, xx(point), 0, point, 1)
    if (!homogeneous) {
      multiply(affine, A, A)
      multiply(B, B, affine) // [X / Z^2, Y / Z^2]
      pick(A, ONE, 0, A, 1)
    }
    multiply(affine, B, A)
  }
}

/** Homogeneous points to octets. The points are overwritten; `affines` is room for a pair for each. */
export function write(octets: usize, points: usize, count: i32, affines: usize): void {
  toAffine(affines, points, count, true)
  for (let i = 0; i < count; i++) {
    const element = octets + i * ELEMENT_OCTETS,
      affine = affines + i * PAIR_BYTES
    writeOctets(element + 1, affine, 0)
    writeOctets(element + 1 + COORDINATE_OCTETS, affine, 1)
    store<u8>(element, 0)
    store<u8>(element, <u8>(~isInfinity(element) & 4))
  }
}

/** Writes a byte for each of some elements: 1 if the octets are a point of the curve, in the only form. Variable time. */
export function areOnCurve(flags: usize, octets: usize, count: i32): void {
  for (let i = 0; i < count; i++) {
    const element = octets + i * ELEMENT_OCTETS
    readOctets(A, 0, element + 1)
    readOctets(A, 1, element + 1 + COORDINATE_OCTETS)
    const inRange = load<u8>(element) == 4 && isBelowModulus(A, 0) && isBelowModulus(A, 1)
    multiply(A, A, RADIX_SQUARED)
    curveEquation(B, A)
    store<u8>(flags + i, inRange && isZero(B, 0) != 0 ? 1 : 0)
  }
}

export function wipePoints(): void {
  memory.fill(A, 0, 3 * PAIR_BYTES)
}
