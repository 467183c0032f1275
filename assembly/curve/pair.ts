/**
 * Pairs of field elements in memory, for operations that are not worth unrolling. The digits of both elements lie side by
 * side, one pair of digits after the other; `./field` is generated for the curve and the kernel of the build (scripts/curve)
 * and says how many and how wide they are. A digit is an f64 for relaxed FMA, else an i32.
 */
import { COORDINATE_OCTETS, DIGITS, DIGIT_BITS, FIELD_BITS, MODULUS, multiply, PAIR_BYTES, UNIT } from './field'

// @ts-ignore: decorator
@inline const DIGIT_MASK: i64 = (1 << DIGIT_BITS) - 1

/** The digits of a residue in [0, p), 8 bytes each, and a zero behind them; then as many for sums. */
const RESIDUE = memory.data(304 + PAIR_BYTES, 16)
const SUM = RESIDUE + 152

/** A product. */
const PRODUCT = RESIDUE + 304

// @ts-ignore: decorator
@inline function place(pair: usize, lane: i32, k: i32): usize {
  return ASC_FEATURE_RELAXED_SIMD ? pair + (k << 4) + (lane << 3) : pair + (k << 3) + (lane << 2)
}

// @ts-ignore: decorator
@inline export function digit(pair: usize, lane: i32, k: i32): i64 {
  if (ASC_FEATURE_RELAXED_SIMD) return <i64>load<f64>(place(pair, lane, k))
  return <i64>load<i32>(place(pair, lane, k))
}

// @ts-ignore: decorator
@inline function setDigit(pair: usize, lane: i32, k: i32, value: i64): void {
  if (ASC_FEATURE_RELAXED_SIMD) store<f64>(place(pair, lane, k), <f64>value)
  else store<i32>(place(pair, lane, k), <i32>value)
}

export function copy(dst: usize, src: usize): void {
  memory.copy(dst, src, PAIR_BYTES)
}

/** dst = [a_i, b_j]; dst may be a or b. */
export function pick(dst: usize, a: usize, i: i32, b: usize, j: i32): void {
  for (let k = 0; k < DIGITS; k++) {
    if (ASC_FEATURE_RELAXED_SIMD) {
      const x = load<u64>(place(a, i, k)),
        y = load<u64>(place(b, j, k))
      store<u64>(place(dst, 0, k), x)
      store<u64>(place(dst, 1, k), y)
    } else {
      const x = load<u32>(place(a, i, k)),
        y = load<u32>(place(b, j, k))
      store<u32>(place(dst, 0, k), x)
      store<u32>(place(dst, 1, k), y)
    }
  }
}

/** dst = mask ? a : b, in constant time; the mask is all ones or zero. */
export function blend(dst: usize, mask: i64, a: usize, b: usize): void {
  for (let k = 0; k < PAIR_BYTES; k += 8) {
    const x = load<u64>(a + k),
      y = load<u64>(b + k)
    store<u64>(dst + k, y ^ ((x ^ y) & mask))
  }
}

/** Negates the lanes of which the mask is all ones, in constant time. */
export function negate(pair: usize, low: i64, high: i64): void {
  negateTo(pair, pair, low, high)
}

/** dst = a pair with the lanes negated of which the mask is all ones, in constant time. */
export function negateTo(dst: usize, pair: usize, low: i64, high: i64): void {
  for (let i = 0; i < 2 * DIGITS; i++) {
    const mask = i & 1 ? high : low
    if (ASC_FEATURE_RELAXED_SIMD) store<u64>(dst + (i << 3), load<u64>(pair + (i << 3)) ^ (mask << 63))
    else store<i32>(dst + (i << 2), (load<i32>(pair + (i << 2)) ^ (<i32>mask)) - <i32>mask)
  }
}

/** A coordinate's octets to the digits of a lane, as they are: not in Montgomery form, and perhaps not below p. */
export function readOctets(pair: usize, lane: i32, octets: usize): void {
  let bits: i64 = 0,
    held = 0,
    next = COORDINATE_OCTETS
  for (let k = 0; k < DIGITS; k++) {
    while (held < DIGIT_BITS && next > 0) {
      bits |= (<i64>load<u8>(octets + --next)) << held
      held += 8
    }
    setDigit(pair, lane, k, bits & DIGIT_MASK)
    bits >>= DIGIT_BITS
    held -= DIGIT_BITS
  }
}

/**
 * SUM = RESIDUE + multiple p, of which all digits but the last are below 2^DIGIT_BITS. Returns all ones if it is negative,
 * else zero. Constant time.
 */
function addModulus(multiple: i64): i64 {
  let carry: i64 = 0
  for (let k = 0; k < DIGITS; k++) {
    const at = k << 3,
      v = load<i64>(RESIDUE + at) + multiple * load<i64>(MODULUS + at) + carry
    store<i64>(SUM + at, k == DIGITS - 1 ? v : v & DIGIT_MASK)
    carry = v >> DIGIT_BITS
  }
  return carry >> 63
}

/** RESIDUE = SUM, unless the mask is all ones. Constant time. */
function takeSum(unless: i64): void {
  for (let at = 0; at < DIGITS << 3; at += 8) {
    const sum = load<i64>(SUM + at)
    store<i64>(RESIDUE + at, sum ^ ((sum ^ load<i64>(RESIDUE + at)) & unless))
  }
}

/** Digits of a lane to RESIDUE. */
function toResidue(pair: usize, lane: i32): void {
  for (let k = 0; k < DIGITS; k++) store<i64>(RESIDUE + (k << 3), digit(pair, lane, k))
}

/** Whether what `readOctets` read is below p. */
export function isBelowModulus(pair: usize, lane: i32): bool {
  toResidue(pair, lane)
  return addModulus(-1) != 0
}

/**
 * Leaves the residue in [0, p) of what a lane stands for at RESIDUE: brought out of Montgomery form, which also makes
 * its magnitude less than 2 p. Constant time.
 */
function reduce(pair: usize, lane: i32): void {
  multiply(PRODUCT, pair, UNIT)
  toResidue(PRODUCT, lane)
  // In (-2 p, 2 p): add 2 p; then subtract 2 p, and p, each if that leaves no less than zero.
  addModulus(2)
  takeSum(0)
  for (let multiple: i64 = -2; multiple < 0; multiple++) takeSum(addModulus(multiple))
  store<i64>(RESIDUE + (DIGITS << 3), 0)
}

/** `width` bits, 30 at most, of the residue. */
// @ts-ignore: decorator
@inline function residueBits(bit: i32, width: i32): i64 {
  const k = bit / DIGIT_BITS,
    offset = bit - k * DIGIT_BITS,
    at = RESIDUE + (k << 3)
  const right = <u64>offset,
    left = <u64>(DIGIT_BITS - offset)
  const word = (load<u64>(at) >> right) | (load<u64>(at, 8) << left)
  return (<i64>word) & ((1 << width) - 1)
}

/** What a lane stands for, as octets of an integer in [0, p). Constant time. */
export function writeOctets(octets: usize, pair: usize, lane: i32): void {
  reduce(pair, lane)
  for (let i = 0; i < COORDINATE_OCTETS; i++) {
    store<u8>(octets + COORDINATE_OCTETS - 1 - i, <u8>residueBits(i << 3, 8))
  }
}

/** The residue in digits of 30 bits, an i32 each. */
export function write30(digits: usize, pair: usize, lane: i32): void {
  reduce(pair, lane)
  for (let bit = 0; bit < FIELD_BITS; bit += 30) store<i32>(digits + ((bit / 30) << 2), <i32>residueBits(bit, 30))
}

/** Digits of 30 bits of an integer in [0, p), with two zeros behind them, to both lanes; not in Montgomery form. */
export function read30(pair: usize, digits: usize): void {
  for (let k = 0; k < DIGITS; k++) {
    const bit = DIGIT_BITS * k,
      offset = <i64>(bit % 30),
      at = digits + ((bit / 30) << 2)
    const word =
      ((<i64>load<u32>(at)) >> offset) |
      ((<i64>load<u32>(at, 4)) << (30 - offset)) |
      ((<i64>load<u32>(at, 8)) << (60 - offset))
    setDigit(pair, 0, k, word & DIGIT_MASK)
    setDigit(pair, 1, k, word & DIGIT_MASK)
  }
}

/** All ones if a lane is zero modulo p, else zero. Constant time. */
export function isZero(pair: usize, lane: i32): i64 {
  reduce(pair, lane)
  let bits: i64 = 0
  for (let k = 0; k < DIGITS; k++) bits |= load<i64>(RESIDUE + (k << 3))
  return (bits - 1) >> 63
}

export function wipePairs(): void {
  memory.fill(RESIDUE, 0, 304 + PAIR_BYTES)
}
