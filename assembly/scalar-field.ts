/**
 * Arithmetic modulo the odd prime q on secret scalars: constant time, 32-bit words, Montgomery multiplication with R =
 * 2^(32 words).
 *
 * A field is this record, written by the bindings, words little-endian throughout:
 *
 *  0 words          of q, at most 16
 *  4 octets         of a scalar
 *  8 -q^-1 mod 2^32
 * 12 bits of q
 * 16 pointer to q
 * 20 pointer to R^2 mod q
 * 24 pointer to q - 2
 * 28 pointer to R mod q
 * 32 pointer to scratch: 5 values of words + 2 words each
 *
 * Scalars enter and leave as big-endian octets. The bindings wipe the scratch.
 */

// @ts-ignore: decorator
@inline function words(f: usize): i32 {
  return load<i32>(f)
}
// @ts-ignore: decorator
@inline function octetsOf(f: usize): i32 {
  return load<i32>(f, 4)
}
// @ts-ignore: decorator
@inline function order(f: usize): usize {
  return load<u32>(f, 16)
}
// @ts-ignore: decorator
@inline function radixSquared(f: usize): usize {
  return load<u32>(f, 20)
}
// @ts-ignore: decorator
@inline function value(f: usize, i: i32): usize {
  return load<u32>(f, 32) + ((i * (words(f) + 2)) << 2)
}

/** dst = octets, at most those of the words. */
function read(f: usize, dst: usize, octets: usize, length: i32): void {
  memory.fill(dst, 0, words(f) << 2)
  for (let i = 0; i < length; i++) store<u8>(dst + i, load<u8>(octets + length - 1 - i))
}

function write(f: usize, octets: usize, src: usize): void {
  const length = octetsOf(f)
  for (let i = 0; i < length; i++) store<u8>(octets + length - 1 - i, load<u8>(src + i))
}

/** dst = a + factor b, for a factor of 1, 0 or -1. Returns what is carried out of the words. */
function sum(f: usize, dst: usize, a: usize, factor: i64, b: usize): i64 {
  const bytes = words(f) << 2
  let carry: i64 = 0
  for (let i = 0; i < bytes; i += 4) {
    carry += <i64>load<u32>(a + i) + factor * <i64>load<u32>(b + i)
    store<u32>(dst + i, <u32>carry)
    carry >>= 32
  }
  return carry
}

/** a = a - q if that is not negative; a has one word more, which takes part. */
function reduceOnce(f: usize, a: usize): void {
  const top = a + (words(f) << 2),
    borrow = sum(f, a, a, -1, order(f)) + <i64>load<u32>(top)
  sum(f, a, a, borrow >>> 63, order(f))
  store<u32>(top, 0)
}

/** dst = a + b mod q. */
function addWords(f: usize, dst: usize, a: usize, b: usize): void {
  const carry = sum(f, dst, a, 1, b)
  store<u32>(dst + (words(f) << 2), <u32>carry)
  reduceOnce(f, dst)
}

/** dst = a b / R mod q. dst is neither a nor b. */
function montgomery(f: usize, dst: usize, a: usize, b: usize): void {
  const bytes = words(f) << 2,
    q = order(f),
    inverse = load<u32>(f, 8),
    top = dst + bytes
  memory.fill(dst, 0, bytes + 8)
  for (let i = 0; i < bytes; i += 4) {
    const x = <u64>load<u32>(a + i)
    let carry: u64 = 0
    for (let j = 0; j < bytes; j += 4) {
      carry += x * <u64>load<u32>(b + j) + <u64>load<u32>(dst + j)
      store<u32>(dst + j, <u32>carry)
      carry >>= 32
    }
    store<u64>(top, carry + <u64>load<u32>(top))
    // A statement of its own: within a cast to u64 the product would not be cut to 32 bits.
    const quotient: u32 = load<u32>(dst) * inverse
    const u = <u64>quotient
    carry = (u * <u64>load<u32>(q) + <u64>load<u32>(dst)) >> 32
    for (let j = 4; j < bytes; j += 4) {
      carry += u * <u64>load<u32>(q + j) + <u64>load<u32>(dst + j)
      store<u32>(dst + j - 4, <u32>carry)
      carry >>= 32
    }
    store<u64>(top - 4, carry + load<u64>(top))
  }
  reduceOnce(f, dst)
}

/** dst = a + b mod q. */
export function scalarAdd(f: usize, dst: usize, a: usize, b: usize): void {
  read(f, value(f, 0), a, octetsOf(f))
  read(f, value(f, 1), b, octetsOf(f))
  addWords(f, value(f, 2), value(f, 0), value(f, 1))
  write(f, dst, value(f, 2))
}

/** dst = a - b mod q. */
export function scalarSubtract(f: usize, dst: usize, a: usize, b: usize): void {
  const x = value(f, 0),
    y = value(f, 1)
  read(f, x, a, octetsOf(f))
  read(f, y, b, octetsOf(f))
  // a + (q - b), and q - b is at most q: one reduction is enough.
  sum(f, y, order(f), -1, y)
  addWords(f, value(f, 2), x, y)
  write(f, dst, value(f, 2))
}

/** dst = a b + c mod q. */
export function scalarMultiplyAdd(f: usize, dst: usize, a: usize, b: usize, c: usize): void {
  read(f, value(f, 0), a, octetsOf(f))
  read(f, value(f, 1), b, octetsOf(f))
  montgomery(f, value(f, 2), value(f, 0), value(f, 1))
  montgomery(f, value(f, 3), value(f, 2), radixSquared(f))
  read(f, value(f, 0), c, octetsOf(f))
  addWords(f, value(f, 2), value(f, 3), value(f, 0))
  write(f, dst, value(f, 2))
}

/** dst = a^-1 mod q, as a^(q-2); q is public. */
export function scalarInvert(f: usize, dst: usize, a: usize): void {
  const exponent = load<u32>(f, 24),
    base = value(f, 1),
    x = value(f, 2),
    y = value(f, 3)
  read(f, value(f, 0), a, octetsOf(f))
  montgomery(f, base, value(f, 0), radixSquared(f))
  memory.copy(x, base, words(f) << 2)
  for (let i = load<i32>(f, 12) - 2; i >= 0; i--) {
    montgomery(f, y, x, x)
    if ((load<u8>(exponent + (i >> 3)) >> (<u8>(i & 7))) & 1) {
      montgomery(f, x, y, base)
    } else {
      memory.copy(x, y, words(f) << 2)
    }
  }
  memory.fill(base, 0, words(f) << 2)
  store<u32>(base, 1)
  montgomery(f, y, x, base)
  write(f, dst, y)
}

/** dst = the `length` octets as an integer, modulo q. */
export function scalarReduce(f: usize, dst: usize, octets: usize, length: i32): void {
  const size = words(f) << 2,
    block = value(f, 0),
    x = value(f, 1),
    y = value(f, 2),
    z = value(f, 3)
  // Horner's rule: x = R x + block. The first block takes the odd octets. A product with R mod q is the block modulo q; a block is
  // below R, as the first factor of a Montgomery product may be. A first block that is shorter than q is below q as it is.
  let at = 0,
    take = ((length - 1) % size) + 1
  // Both x and y.
  memory.fill(x, 0, 2 * (size + 8))
  while (at < length) {
    read(f, block, octets + at, take)
    if (at > 0) montgomery(f, y, x, radixSquared(f))
    let reduced = block
    if (take << 3 >= load<i32>(f, 12)) {
      montgomery(f, z, block, load<u32>(f, 28))
      reduced = z
    }
    addWords(f, x, y, reduced)
    at += take
    take = size
  }
  write(f, dst, x)
}
