import { itemAt, zip } from '../octets/lists.js'

/** A window of an exponent: the odd `digit` times 2^`position`. */
interface Window {
  readonly position: number
  readonly digit: number
}

/** Splits an exponent into windows of at most `width` bits that begin and end with a 1 bit. */
function slidingWindows(exponent: bigint, width: number): Window[] {
  const bits = exponent.toString(2)
  const windows: Window[] = []
  let start = 0
  while (start < bits.length) {
    if (bits[start] === '0') {
      start++
      continue
    }
    let end = Math.min(start + width, bits.length)
    while (bits[end - 1] === '0') end--
    windows.push({ position: bits.length - end, digit: Number.parseInt(bits.slice(start, end), 2) })
    start = end
  }
  return windows
}

/** The width that minimises 2^(width-1) + bits / (width+1), the multiplications that one exponentiation takes. */
function windowWidth(bits: number): number {
  let width = 1
  while (2 ** (width - 1) < bits / ((width + 1) * (width + 2))) width++
  return width
}

/** base, base^3, base^5, ...: `count` odd powers. */
function oddPowers(base: bigint, count: number, modulus: bigint): bigint[] {
  const square = (base * base) % modulus
  let power = base
  const powers = [power]
  while (powers.length < count) {
    power = (power * square) % modulus
    powers.push(power)
  }
  return powers
}

/**
 * prod bases[i]^exponents[i] mod modulus, by interleaved windows or, where there are so many bases that it takes fewer
 * multiplications, by buckets. Variable time.
 */
export function productOfPowers(bases: readonly bigint[], exponents: readonly bigint[], modulus: bigint): bigint {
  const bits = exponents.reduce((longest, exponent) => Math.max(longest, exponent.toString(2).length), 1)
  const width = windowWidth(bits)
  const interleavedCost = bases.length * (2 ** (width - 1) + bits / (width + 1))
  const { width: bucketWidth, cost: bucketCost } = bucketPlan(bases.length, bits)
  return bucketCost < interleavedCost
    ? bucketProduct(bases, exponents, modulus, bucketWidth)
    : interleavedProduct(bases, exponents, modulus)
}

/** Straus: each base has a table of odd powers, and all share the squarings. */
function interleavedProduct(bases: readonly bigint[], exponents: readonly bigint[], modulus: bigint): bigint {
  const factorsAt: bigint[][] = []
  for (const [base, exponent] of zip(bases, exponents)) {
    const width = windowWidth(exponent.toString(2).length)
    const powers = oddPowers(base % modulus, 2 ** (width - 1), modulus)
    for (const { position, digit } of slidingWindows(exponent, width)) {
      ;(factorsAt[position] ??= []).push(itemAt(powers, digit >> 1))
    }
  }
  let result = 1n
  for (let position = factorsAt.length - 1; position >= 0; position--) {
    if (result !== 1n) result = (result * result) % modulus
    for (const factor of factorsAt[position] ?? []) result = (result * factor) % modulus
  }
  return result
}

/** The bucket width with the fewest multiplications: each window takes one a base and two a bucket. */
function bucketPlan(count: number, bits: number): { width: number; cost: number } {
  const cost = (width: number): number => Math.ceil(bits / width) * (count + 2 ** (width + 1))
  let width = 1
  while (cost(width + 1) < cost(width)) width++
  return { width, cost: cost(width) }
}

/** Pippenger: in each window the bases are multiplied into one bucket a digit, without tables of their own. */
function bucketProduct(bases: readonly bigint[], exponents: readonly bigint[], modulus: bigint, width: number): bigint {
  const digitsOf = exponents.map((exponent) => fixedWindows(exponent, width))
  const pairs = zip(bases, digitsOf)
  let result = 1n
  for (let window = longest(digitsOf) - 1; window >= 0; window--) {
    for (let i = 0; i < width; i++) result = (result * result) % modulus
    const buckets = new Array<bigint>(2 ** width).fill(1n)
    for (const [base, digits] of pairs) multiplyInto(buckets, digits[window] ?? 0, base, modulus)
    result = (result * productOfBuckets(buckets, modulus)) % modulus
  }
  return result
}

/** Multiplies the bucket of a digit by a factor. Digit 0 has no bucket, and callers never pass it. */
function multiplyInto(buckets: bigint[], digit: number, factor: bigint, modulus: bigint): void {
  if (digit !== 0) buckets[digit] = (itemAt(buckets, digit) * factor) % modulus
}

/** The length of the longest list. */
const longest = (lists: readonly { readonly length: number }[]): number =>
  lists.reduce((most, { length }) => Math.max(most, length), 0)

/** Digits of an exponent in base 2^width, least significant first. */
function fixedWindows(exponent: bigint, width: number): number[] {
  const mask = (1n << BigInt(width)) - 1n
  const digits: number[] = []
  for (let rest = exponent; rest !== 0n; rest >>= BigInt(width)) digits.push(Number(rest & mask))
  return digits
}

/** prod buckets[d]^d, as the product of all running products from the top digit down. */
function productOfBuckets(buckets: readonly bigint[], modulus: bigint): bigint {
  let [running, result] = [1n, 1n]
  for (let digit = buckets.length - 1; digit > 0; digit--) {
    running = (running * itemAt(buckets, digit)) % modulus
    result = (result * running) % modulus
  }
  return result
}

/** base^exponent mod modulus by sliding windows. Variable time. */
export function powerModulo(base: bigint, exponent: bigint, modulus: bigint): bigint {
  return interleavedProduct([base], [exponent], modulus)
}

/** value^-1 mod modulus by the extended Euclidean algorithm; undefined if they have a common factor. Variable time. */
export function inverseModulo(value: bigint, modulus: bigint): bigint | undefined {
  let [previous, current] = [modulus, value % modulus]
  let [previousFactor, factor] = [0n, 1n]
  while (current !== 0n) {
    const quotient = previous / current
    ;[previous, current] = [current, previous - quotient * current]
    ;[previousFactor, factor] = [factor, previousFactor - quotient * factor]
  }
  if (previous !== 1n) return undefined
  return previousFactor < 0n ? previousFactor + modulus : previousFactor
}

/** -odd^-1 modulo 2^bits, by Newton's iteration: each step doubles the bits that are right. */
export function negativeInverse(odd: bigint, bits: number): bigint {
  let inverse = 1n
  for (let right = 1; right < bits; right *= 2) {
    inverse = BigInt.asUintN(bits, inverse * (2n - odd * inverse))
  }
  return BigInt.asUintN(bits, -inverse)
}

/**
 * base^e mod modulus for each exponent, with one chain of squarings for all (Yao): the powers base^(2^(width i)) are
 * multiplied into a bucket for each digit, and the buckets are then raised to their digits together. Variable time.
 */
export function sharedPowers(base: bigint, exponents: readonly bigint[], modulus: bigint): bigint[] {
  const width = 4
  const digitsOf = exponents.map((exponent) => fixedWindows(exponent, width))
  const buckets = exponents.map(() => new Array<bigint>(2 ** width).fill(1n))
  const windows = longest(digitsOf)
  let power = base % modulus
  for (let window = 0; window < windows; window++) {
    for (const [digits, ofPower] of zip(digitsOf, buckets)) multiplyInto(ofPower, digits[window] ?? 0, power, modulus)
    for (let i = 0; i < width; i++) power = (power * power) % modulus
  }
  return buckets.map((bucket) => productOfBuckets(bucket, modulus))
}
