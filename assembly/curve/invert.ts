/**
 * Inversion modulo p in constant time. On the scalar kernel it is a power, which takes fewer bytes. Else it is done by
 * division steps (D. J. Bernstein, B.-Y. Yang, "Fast constant-time gcd computation and modular inversion", CHES 2019), in
 * the variant that starts with delta = 1/2 and takes (45907 bits + 26313) / 19929 steps at most (P. Wuille,
 * "safegcd-bounds"). Steps are taken 30 at a time on the lowest 30 bits, which gives a matrix to apply to the whole
 * numbers.
 *
 * Numbers are signed, of N digits of 30 bits, an i32 each; only the last digit is negative. Since p = -1 modulo 2^30,
 * the multiple of p that makes the lowest digit of a number x vanish is x itself.
 */
import { FIELD_BITS, modulus30, multiply, RADIX_SQUARED } from './field'
// Only the field of the scalar kernel has an inverse of its own.
import * as field from './field'
import { read30, write30 } from './pair'

// @ts-ignore: decorator
@inline const N: i32 = (FIELD_BITS + 29) / 30
// @ts-ignore: decorator
@inline const STEPS: i32 = (45907 * FIELD_BITS + 26313) / 19929
// @ts-ignore: decorator
@inline const MASK: i32 = (1 << 30) - 1

/** f and g, of which the steps take the greatest common divisor, and d and e, with d x = f and e x = g modulo p. */
const NUMBERS = memory.data(336, 16)
const F = NUMBERS,
  G = NUMBERS + 80,
  D = NUMBERS + 160,
  E = NUMBERS + 240

/** The matrix of 30 steps: (f, g) becomes (u f + v g, q f + r g) / 2^30. */
const MATRIX = NUMBERS + 320

// @ts-ignore: decorator
@inline function at(number: usize, i: i32): i64 {
  return <i64>load<i32>(number + (i << 2))
}

/** dst = [1 / src_0, the same]. Zero has the inverse zero. dst may be src. */
export function invert(dst: usize, src: usize): void {
  if (ASC_FEATURE_SIMD) invertBySteps(dst, src)
  else field.inverse(dst, src)
}

function invertBySteps(dst: usize, src: usize): void {
  memory.fill(NUMBERS, 0, 320)
  for (let i = 0; i < N; i++) store<i32>(F + (i << 2), <i32>load<i64>(modulus30() + (i << 3)))
  write30(G, src, 0)
  store<i32>(E, 1)
  let delta = -1
  for (let steps = 0; steps < STEPS; steps += 30) {
    delta = divisionSteps(delta, load<i32>(F), load<i32>(G))
    combineModulo()
    combine()
  }
  // f is 1 or -1, and d is the inverse up to that sign, in (-2 p, p).
  const sign = (<i32>at(F, N - 1)) >> 31
  addModulus((<i32>at(D, N - 1)) >> 31, sign)
  addModulus((<i32>at(D, N - 1)) >> 31, 0)
  read30(dst, D)
  multiply(dst, dst, RADIX_SQUARED)
}

/** Takes 30 steps on the lowest bits of f and g, and leaves their matrix. `delta` is -(delta + 1/2) of the paper. */
function divisionSteps(delta: i32, f: i32, g: i32): i32 {
  let u = 1,
    v = 0,
    q = 0,
    r = 1
  for (let i = 0; i < 30; i++) {
    // If delta < 0 and g is odd, (f, g) becomes (g, g - f), else g becomes g + f if it is odd.
    let negative = delta >> 31
    const odd = -(g & 1)
    g += ((f ^ negative) - negative) & odd
    q += ((u ^ negative) - negative) & odd
    r += ((v ^ negative) - negative) & odd
    negative &= odd
    delta = (delta ^ negative) - 1
    f += g & negative
    u = (u + (q & negative)) << 1
    v = (v + (r & negative)) << 1
    g >>= 1
  }
  store<i32>(MATRIX, u)
  store<i32>(MATRIX, v, 4)
  store<i32>(MATRIX, q, 8)
  store<i32>(MATRIX, r, 12)
  return delta
}

/** (f, g) = (u f + v g, q f + r g) / 2^30, which is exact. */
function combine(): void {
  const u = <i64>load<i32>(MATRIX),
    v = <i64>load<i32>(MATRIX, 4),
    q = <i64>load<i32>(MATRIX, 8),
    r = <i64>load<i32>(MATRIX, 12)
  let f = (u * at(F, 0) + v * at(G, 0)) >> 30,
    g = (q * at(F, 0) + r * at(G, 0)) >> 30
  for (let i = 1; i < N; i++) {
    const x = at(F, i),
      y = at(G, i)
    f += u * x + v * y
    g += q * x + r * y
    store<i32>(F + ((i - 1) << 2), (<i32>f) & MASK)
    store<i32>(G + ((i - 1) << 2), (<i32>g) & MASK)
    f >>= 30
    g >>= 30
  }
  store<i32>(F + ((N - 1) << 2), <i32>f)
  store<i32>(G + ((N - 1) << 2), <i32>g)
}

/** (d, e) = (u d + v e, q d + r e) / 2^30 modulo p; both stay in (-2 p, p). */
function combineModulo(): void {
  const u = <i64>load<i32>(MATRIX),
    v = <i64>load<i32>(MATRIX, 4),
    q = <i64>load<i32>(MATRIX, 8),
    r = <i64>load<i32>(MATRIX, 12)
  // Negative numbers count with p added.
  const dSign = at(D, N - 1) >> 63,
    eSign = at(E, N - 1) >> 63
  let dMultiple = (u & dSign) + (v & eSign),
    eMultiple = (q & dSign) + (r & eSign)
  let d = u * at(D, 0) + v * at(E, 0),
    e = q * at(D, 0) + r * at(E, 0)
  // d + multiple p = 0 modulo 2^30, where p = -1.
  dMultiple -= (dMultiple - d) & MASK
  eMultiple -= (eMultiple - e) & MASK
  d = (d + load<i64>(modulus30()) * dMultiple) >> 30
  e = (e + load<i64>(modulus30()) * eMultiple) >> 30
  for (let i = 1; i < N; i++) {
    const x = at(D, i),
      y = at(E, i),
      p = load<i64>(modulus30() + (i << 3))
    d += u * x + v * y + p * dMultiple
    e += q * x + r * y + p * eMultiple
    store<i32>(D + ((i - 1) << 2), (<i32>d) & MASK)
    store<i32>(E + ((i - 1) << 2), (<i32>e) & MASK)
    d >>= 30
    e >>= 30
  }
  store<i32>(D + ((N - 1) << 2), <i32>d)
  store<i32>(E + ((N - 1) << 2), <i32>e)
}

/** d = +-(d + p), where p is added if `add` is all ones, and the sign is minus if `minus` is. */
function addModulus(add: i32, minus: i32): void {
  let carry = 0
  for (let i = 0; i < N; i++) {
    const v = ((load<i32>(D + (i << 2)) + ((<i32>load<i64>(modulus30() + (i << 3))) & add)) ^ minus) - minus + carry
    store<i32>(D + (i << 2), i == N - 1 ? v : v & MASK)
    carry = v >> 30
  }
}

export function wipeInversion(): void {
  memory.fill(NUMBERS, 0, 336)
}
