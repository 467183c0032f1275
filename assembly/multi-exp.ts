/** Simultaneous exponentiation. Variable time, for public data only. */
import { copy, entryBytes, multiply, square } from './kernel/index'
import { limbs, one } from './memory'
import { accumulator, digitAt, factor } from './exponent'
import { blocksOf, columnsOf, combDigit, exponentOf, tableOf, teethOf, TERM_BYTES } from './fixed-base'

/** Fills a table with base, base^3, ..., base^(2 count - 1). */
export function oddPowers(m: usize, table: usize, base: usize, count: i32): void {
  const bytes = entryBytes(limbs(m)),
    squared = factor(m)
  copy(m, table, base)
  square(m, squared, base)
  for (let i = 1; i < count; i++) multiply(m, table + i * bytes, table + (i - 1) * bytes, squared)
}

/**
 * Recodes an exponent into sliding windows from its low end: one byte for each of its bits, an odd digit below 2^width
 * where a window begins, zero elsewhere.
 */
export function slidingDigits(digits: usize, exponent: usize, bits: i32, width: i32): void {
  memory.fill(digits, 0, bits)
  for (let i = 0; i < bits;) {
    const window = (load<u32>(exponent + (i >> 3)) >> (i & 7)) & ((1 << width) - 1)
    if (window & 1) {
      store<u8>(digits + i, <u8>window)
      i += width
    } else {
      i++
    }
  }
}

/**
 * dst = the product of powers of combs and of tables of odd powers (interleaved windows, Straus); all share the
 * squarings.
 *
 * @param bits     the longest exponent of a table of odd powers, or the most columns of a comb
 * @param fetched  room for an entry for each block of each comb
 */
export function productVartime(m: usize, dst: usize, terms: usize, count: i32, bits: i32, fetched: usize): void {
  const bytes = entryBytes(limbs(m)),
    acc = accumulator(m)
  let empty = true
  for (let i = bits - 1; i >= 0; i--) {
    if (!empty) square(m, acc, acc)
    // Combs are large, and so out of the cache: the entries of a column are copied first, which waits for all of them at once.
    let end = fetched
    for (let k = 0; k < count; k++) {
      const term = terms + k * TERM_BYTES
      if (i >= columnsOf(term)) continue
      const teeth = teethOf(term)
      if (teeth == 0) {
        const digit = <i32>load<u8>(exponentOf(term) + i)
        if (digit == 0) continue
        empty = multiplyIn(m, acc, tableOf(term) + (digit >> 1) * bytes, empty)
      } else {
        for (let block = 0, blocks = blocksOf(term); block < blocks; block++) {
          const digit = combDigit(term, block, i)
          if (digit == 0) continue
          memory.copy(end, tableOf(term) + ((block << teeth) + digit) * bytes, bytes)
          end += bytes
        }
      }
    }
    for (let entry = fetched; entry < end; entry += bytes) empty = multiplyIn(m, acc, entry, empty)
  }
  copy(m, dst, empty ? one(m) : acc)
}

/** acc = acc * entry, or the entry if acc is empty. Returns false, since acc is no longer empty. */
// @ts-ignore: decorator
@inline function multiplyIn(m: usize, acc: usize, entry: usize, empty: bool): bool {
  if (empty) copy(m, acc, entry)
  else multiply(m, acc, entry, acc)
  return false
}

/** A power that `sharedPowers` multiplies into a product, as the bindings write it: its base, its product, and its digits. */
const POWER_BYTES: i32 = 12

/**
 * Products of powers of some bases with one chain of squarings for each base (A. C. Yao, 1976): base^(2^i) is multiplied into
 * the bucket of the digit that an exponent has at i, and the buckets of each product are raised to their odd digits together in the
 * end.
 *
 * @param results  `products` entries
 * @param bases    `baseCount` entries
 * @param powers   `count` powers: the index of the base, that of the product, and where the digits are, `bits` bytes from
 *                 `slidingDigits`
 * @param buckets  room for 2^(width-1) entries for each product
 * @param used     room for a byte for each bucket
 */
export function sharedPowers(
  m: usize,
  results: usize,
  products: i32,
  bases: usize,
  baseCount: i32,
  powers: usize,
  count: i32,
  bits: i32,
  width: i32,
  buckets: usize,
  used: usize,
): void {
  const bytes = entryBytes(limbs(m)),
    power = accumulator(m),
    perProduct = 1 << (width - 1)
  memory.fill(used, 0, products * perProduct)
  for (let base = 0; base < baseCount; base++) {
    copy(m, power, bases + base * bytes)
    for (let i = 0; i < bits; i++) {
      if (i != 0) square(m, power, power)
      for (let k = 0; k < count; k++) {
        const item = powers + k * POWER_BYTES
        if (load<i32>(item) != base) continue
        const digit = <i32>load<u8>(<usize>load<u32>(item, 8) + i)
        if (digit != 0) addToBucket(m, buckets, used, load<i32>(item, 4) * perProduct + (digit >> 1), power)
      }
    }
  }
  // prod bucket[j]^(2j+1): with S_j the product of the buckets from j up, that is S_0 (S_1 S_2 ...)^2.
  const running = factor(m),
    total = accumulator(m)
  for (let k = 0; k < products; k++) {
    const first = k * perProduct
    let empty = true,
      totalEmpty = true
    for (let j = perProduct - 1; j > 0; j--) {
      if (load<u8>(used + first + j)) empty = multiplyIn(m, running, buckets + (first + j) * bytes, empty)
      if (!empty) totalEmpty = multiplyIn(m, total, running, totalEmpty)
    }
    if (totalEmpty) copy(m, total, one(m))
    else square(m, total, total)
    if (load<u8>(used + first)) empty = multiplyIn(m, running, buckets + first * bytes, empty)
    if (!empty) multiply(m, total, running, total)
    copy(m, results + k * bytes, total)
  }
}

/** Multiplies a bucket by a number, or puts the number into it if it is empty. */
// @ts-ignore: decorator
@inline function addToBucket(m: usize, buckets: usize, used: usize, index: i32, number: usize): void {
  const bucket = buckets + index * entryBytes(limbs(m))
  if (load<u8>(used + index)) {
    multiply(m, bucket, bucket, number)
  } else {
    copy(m, bucket, number)
    store<u8>(used + index, 1)
  }
}

/**
 * dst = the product of powers of many bases by buckets (N. Pippenger): for each window of the exponents from the top,
 * the bases are sorted into buckets by their digits, and the buckets raised to the digits together.
 *
 * @param bases      `count` entries
 * @param exponents  little-endian, `stride` bytes each
 * @param width      1 to 16
 * @param buckets    room for 2^width entries
 * @param used       room for 2^width bytes
 */
export function bucketProduct(
  m: usize,
  dst: usize,
  bases: usize,
  exponents: usize,
  stride: i32,
  count: i32,
  bits: i32,
  width: i32,
  buckets: usize,
  used: usize,
): void {
  const bytes = entryBytes(limbs(m)),
    acc = dst,
    running = accumulator(m),
    total = factor(m)
  let accEmpty = true
  for (let position = ((bits - 1) / width) * width; position >= 0; position -= width) {
    if (!accEmpty) for (let i = 0; i < width; i++) square(m, acc, acc)
    memory.fill(used, 0, 1 << width)
    for (let k = 0; k < count; k++) {
      const digit = digitAt(exponents + k * stride, position, min(width, bits - position))
      if (digit == 0) continue
      // A bucket, unlike a base, has to be a first factor: the base goes through a register.
      copy(m, running, bases + k * bytes)
      addToBucket(m, buckets, used, digit, running)
    }
    // prod bucket[d]^d is the product of all running products from the top digit down.
    let empty = true,
      totalEmpty = true
    for (let d = (1 << width) - 1; d > 0; d--) {
      if (load<u8>(used + d)) empty = multiplyIn(m, running, buckets + d * bytes, empty)
      if (!empty) totalEmpty = multiplyIn(m, total, running, totalEmpty)
    }
    if (!totalEmpty) accEmpty = multiplyIn(m, acc, total, accEmpty)
  }
  if (accEmpty) copy(m, dst, one(m))
}

/**
 * Products of subsets, eight in a draw: entry i is in subset b of a draw if bit b of its pattern is set. Entries with one pattern are
 * multiplied with each other first, and then the patterns lose their bits from the top: a draw costs one multiplication for each
 * entry, and two for each pattern.
 *
 * @param results   8 `draws` entries
 * @param patterns  a byte for each entry, draw by draw
 * @param buckets   room for 256 entries
 * @param used      room for 256 bytes
 */
export function subsetProducts(
  m: usize,
  results: usize,
  entries: usize,
  count: i32,
  patterns: usize,
  draws: i32,
  buckets: usize,
  used: usize,
): void {
  const bytes = entryBytes(limbs(m)),
    product = accumulator(m),
    moved = factor(m)
  for (; draws > 0; draws--, patterns += count, results += 8 * bytes) {
    memory.fill(used, 0, 256)
    for (let i = 0; i < count; i++) {
      copy(m, moved, entries + i * bytes)
      addToBucket(m, buckets, used, <i32>load<u8>(patterns + i), moved)
    }
    for (let bit = 7; bit >= 0; bit--) {
      let empty = true
      copy(m, product, one(m))
      for (let rest = 0, half = 1 << bit; rest < half; rest++) {
        if (!load<u8>(used + half + rest)) continue
        copy(m, moved, buckets + (half + rest) * bytes)
        empty = multiplyIn(m, product, moved, empty)
        addToBucket(m, buckets, used, rest, moved)
      }
      copy(m, results + bit * bytes, product)
    }
  }
}
