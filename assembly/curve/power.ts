/**
 * Powers with secret exponents, in constant time: of any base, and of bases with a comb.
 *
 * Digits. An exponent k in [0, q) is replaced by q - k if it is even, and the result negated. An odd k is the sum of
 * d_j 2^(w j) for j below L = ceil(bits of q / w), with odd digits |d_j| < 2^w (M. Joye, M. Tunstall, AFRICACRYPT 2009):
 * no digit is zero and nothing starts at infinity. With u_j the w bits of k from position w j + 1 on, d_j is
 * 2 u_j + 1 - 2^w; the last digit is 2 u_j + 1, which is the same once bit w L of k is set.
 *
 * Exceptional cases. `add` and `addMixed` fail if the two points are equal or opposite. Let k be odd, 0 < k <= q.
 *
 * - `power` goes from the top: the sum is A_j = (k - sum of d_i 2^(w i) for i < j) / 2^(w j), and A_j = 2^w A_(j+1) + d_j.
 *   All A_j are odd and positive, so 2^w A_(j+1) > |d_j|: as integers they are neither equal nor opposite. For j >= 1,
 *   2^w A_(j+1) + |d_j| < q / 2^(w j) + 2^(w+1) < q: so neither are they modulo q. Left is j = 0, where k = q, for
 *   instance, ends at infinity, and k = q - 2 |d_0| doubles.
 * - `combPower` goes from the bottom: |sum of d_i 2^(w i) for i < j| < 2^(w j) <= |d_j 2^(w j)|, so as integers they are
 *   neither equal nor opposite. For j < L - 1 both together are below 2^(w (j + 1)) <= 2^(w (L - 1)) <= 2^(bits - 1) < q.
 *   Left is j = L - 1.
 *
 * In both, for every curve and width, the last addition alone can be exceptional, and it is complete.
 */
import {
  add,
  addComplete,
  addMixed,
  COORDINATE_OCTETS,
  double,
  ORDER,
  ORDER_BITS,
  PAIR_BYTES,
  toHomogeneous,
} from './field'
import { negate } from './pair'
import {
  copyPoint,
  fromAffine,
  fromEntry,
  infinityIf,
  isInfinity,
  negatePoint,
  POINT_BYTES,
  readAffine,
  toAffine,
  toEntry,
} from './point'
import { select } from '../kernel/select'

/** Width of the digits of `power`. */
// @ts-ignore: decorator
@inline const WIDTH: i32 = 5

// @ts-ignore: decorator
@inline const WORKING_BYTES: i32 = 19 * POINT_BYTES + 80
const POINT = memory.data(WORKING_BYTES, 16),
  OTHER = POINT + POINT_BYTES,
  SELECTED = OTHER + POINT_BYTES
/** Entries P, 3 P, 5 P, ... */
const TABLE = SELECTED + POINT_BYTES
/** An odd exponent, little-endian, with room for the bit above and for reading on. */
const EXPONENT = TABLE + 16 * POINT_BYTES

/** How many digits of `width` bits an exponent has. */
// @ts-ignore: decorator
@inline export function digitsOf(width: i32): i32 {
  return (ORDER_BITS + width - 1) / width
}

/** Prepares the digits of a scalar's octets at `exponent`, 80 bytes. Returns all ones if the result is to be negated. */
export function recode(exponent: usize, scalar: usize, width: i32): i64 {
  memory.fill(exponent, 0, 80)
  const even = <i32>(load<u8>(scalar + COORDINATE_OCTETS - 1) & 1) - 1
  let borrow = 0
  for (let i = 0; i < COORDINATE_OCTETS; i++) {
    const k = <i32>load<u8>(scalar + COORDINATE_OCTETS - 1 - i)
    borrow += <i32>load<u8>(ORDER + i) - k
    store<u8>(exponent + i, <u8>(k ^ ((k ^ borrow) & even)))
    borrow >>= 8
  }
  const top = width * digitsOf(width),
    at = exponent + (top >> 3),
    bit = 1 << (top & 7)
  store<u8>(at, load<u8>(at) | (<u8>bit))
  return even
}

/** The w bits u_j. */
// @ts-ignore: decorator
@inline export function digit(exponent: usize, j: i32, width: i32): i32 {
  const position = width * j + 1
  return (<i32>(load<u32>(exponent + (position >> 3)) >> (position & 7))) & ((1 << width) - 1)
}
/** All ones if d_j is negative, else zero. */
// @ts-ignore: decorator
@inline export function signOf(u: i32, width: i32): i32 {
  return (u >> (width - 1)) - 1
}
/** (|d_j| - 1) / 2: where |d_j| P is among the odd multiples. */
// @ts-ignore: decorator
@inline export function indexOf(u: i32, width: i32): i32 {
  return (u ^ signOf(u, width)) & ((1 << (width - 1)) - 1)
}

/** SELECTED = the entry d_j P of TABLE. */
// @ts-ignore: decorator
@inline function selectEntry(j: i32): void {
  const u = digit(EXPONENT, j, WIDTH),
    sign = <i64>signOf(u, WIDTH)
  select(SELECTED, TABLE, POINT_BYTES, 1 << (WIDTH - 1), indexOf(u, WIDTH))
  negate(SELECTED + PAIR_BYTES, sign, sign)
}

/** Jacobian points P, 3 P, ..., (2 count - 1) P behind P. Leaves 2 P at POINT. */
export function oddPoints(points: usize, count: i32): void {
  double(POINT, points)
  toEntry(SELECTED, POINT)
  for (let i = 1; i < count; i++) add(points + i * POINT_BYTES, points + (i - 1) * POINT_BYTES, SELECTED)
}

/** dst = base^scalar, homogeneous, of octets of an element, which may be infinity, and of a scalar. */
export function power(dst: usize, base: usize, scalar: usize): void {
  const minus = recode(EXPONENT, scalar, WIDTH)
  readAffine(SELECTED, base)
  fromAffine(TABLE, SELECTED)
  oddPoints(TABLE, 1 << (WIDTH - 1))
  for (let at = TABLE; at < TABLE + (POINT_BYTES << (WIDTH - 1)); at += POINT_BYTES) {
    copyPoint(OTHER, at)
    toEntry(at, OTHER)
  }
  let j = digitsOf(WIDTH) - 1
  selectEntry(j)
  fromEntry(POINT, SELECTED)
  for (j--; j >= 0; j--) {
    for (let i = 0; i < WIDTH; i++) double(POINT, POINT)
    selectEntry(j)
    if (j > 0) add(POINT, POINT, SELECTED)
  }
  fromEntry(OTHER, SELECTED)
  finish(dst, minus)
  infinityIf(dst, isInfinity(base))
}

/** dst = +- (POINT + OTHER), homogeneous. */
function finish(dst: usize, minus: i64): void {
  toHomogeneous(POINT, POINT)
  toHomogeneous(OTHER, OTHER)
  addComplete(dst, POINT, OTHER)
  negatePoint(dst, minus)
}

/** Affine points in a comb. */
// @ts-ignore: decorator
@inline export function combEntries(width: i32): i32 {
  return digitsOf(width) << (width - 1)
}

/**
 * Fills the comb of an element: for each digit j, the affine points 2^(w j) P, 3 2^(w j) P, ..., (2^w - 1) 2^(w j) P.
 *
 * @param points  room for as many points
 */
export function buildComb(table: usize, base: usize, width: i32, points: usize): void {
  const perDigit = 1 << (width - 1)
  readAffine(SELECTED, base)
  fromAffine(POINT, SELECTED)
  for (let j = 0; j < digitsOf(width); j++) {
    const first = points + j * perDigit * POINT_BYTES
    memory.copy(first, POINT, POINT_BYTES)
    oddPoints(first, perDigit)
    for (let i = 1; i < width; i++) double(POINT, POINT)
  }
  toAffine(table, points, combEntries(width), false)
}

/** dst = base^scalar, homogeneous, by the base's comb. */
export function combPower(dst: usize, table: usize, width: i32, scalar: usize): void {
  const minus = recode(EXPONENT, scalar, width),
    perDigit = 1 << (width - 1),
    last = digitsOf(width) - 1
  for (let j = 0; j <= last; j++) {
    const u = digit(EXPONENT, j, width)
    select(SELECTED, table + j * perDigit * PAIR_BYTES, PAIR_BYTES, perDigit, indexOf(u, width))
    negate(SELECTED, 0, <i64>signOf(u, width))
    if (j == 0) fromAffine(POINT, SELECTED)
    else if (j < last) addMixed(POINT, POINT, SELECTED)
  }
  fromAffine(OTHER, SELECTED)
  finish(dst, minus)
}

export function wipePowers(): void {
  memory.fill(POINT, 0, WORKING_BYTES)
}
