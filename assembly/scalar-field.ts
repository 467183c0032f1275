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
 * Scalars enter and leave as big-endian octets.
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

function read(f: usize, dst: usize, octets: usize): void {
  const n = words(f),
    length = octetsOf(f)
  memory.fill(dst, 0, n << 2)
  for (let i = 0; i < length; i++) store<u8>(dst + i, load<u8>(octets + length - 1 - i))
}

function write(f: usize, octets: usize, src: usize): void {
  const length = octetsOf(f)
  for (let i = 0; i < length; i++) store<u8>(octets + length - 1 - i, load<u8>(src + i))
}

/** a = a - q if that is not negative; a has one word more, which takes part. */
function reduceOnce(f: usize, a: usize): void {
  const n = words(f),
    q = order(f)
  let borrow: i64 = 0
  for (let i = 0; i < n; i++) {
    borrow += <i64>load<u32>(a + (i << 2)) - <i64>load<u32>(q + (i << 2))
    store<u32>(a + (i << 2), <u32>borrow)
    borrow >>= 32
  }
  borrow += <i64>load<u32>(a + (n << 2))
  const addBack = <u32>(borrow >> 32)
  let carry: u64 = 0
  for (let i = 0; i < n; i++) {
    carry += <u64>load<u32>(a + (i << 2)) + <u64>(load<u32>(q + (i << 2)) & addBack)
    store<u32>(a + (i << 2), <u32>carry)
    carry >>= 32
  }
  store<u32>(a + (n << 2), 0)
}

/** dst = a + b mod q. */
function addWords(f: usize, dst: usize, a: usize, b: usize): void {
  const n = words(f)
  let carry: u64 = 0
  for (let i = 0; i < n; i++) {
    carry += <u64>load<u32>(a + (i << 2)) + <u64>load<u32>(b + (i << 2))
    store<u32>(dst + (i << 2), <u32>carry)
    carry >>= 32
  }
  store<u32>(dst + (n << 2), <u32>carry)
  reduceOnce(f, dst)
}

/** dst = a b / R mod q. dst is neither a nor b. */
function montgomery(f: usize, dst: usize, a: usize, b: usize): void {
  const n = words(f),
    q = order(f),
    inverse = load<u32>(f, 8)
  memory.fill(dst, 0, (n + 2) << 2)
  for (let i = 0; i < n; i++) {
    const x = <u64>load<u32>(a + (i << 2))
    let carry: u64 = 0
    for (let j = 0; j < n; j++) {
      carry += x * <u64>load<u32>(b + (j << 2)) + <u64>load<u32>(dst + (j << 2))
      store<u32>(dst + (j << 2), <u32>carry)
      carry >>= 32
    }
    carry += load<u32>(dst + (n << 2))
    store<u32>(dst + (n << 2), <u32>carry)
    store<u32>(dst + (n << 2), <u32>(carry >> 32), 4)
    // A statement of its own: within a cast to u64 the product would not be cut to 32 bits.
    const quotient: u32 = load<u32>(dst) * inverse
    const u = <u64>quotient
    carry = (u * <u64>load<u32>(q) + <u64>load<u32>(dst)) >> 32
    for (let j = 1; j < n; j++) {
      carry += u * <u64>load<u32>(q + (j << 2)) + <u64>load<u32>(dst + (j << 2))
      store<u32>(dst + ((j - 1) << 2), <u32>carry)
      carry >>= 32
    }
    carry += load<u32>(dst + (n << 2))
    store<u32>(dst + ((n - 1) << 2), <u32>carry)
    store<u32>(dst + (n << 2), <u32>(carry >> 32) + load<u32>(dst + (n << 2), 4))
  }
  reduceOnce(f, dst)
}

/** dst = a + b mod q. */
export function scalarAdd(f: usize, dst: usize, a: usize, b: usize): void {
  read(f, value(f, 0), a)
  read(f, value(f, 1), b)
  addWords(f, value(f, 2), value(f, 0), value(f, 1))
  write(f, dst, value(f, 2))
}

/** dst = a - b mod q. */
export function scalarSubtract(f: usize, dst: usize, a: usize, b: usize): void {
  const n = words(f),
    q = order(f),
    x = value(f, 0),
    y = value(f, 1)
  read(f, x, a)
  read(f, y, b)
  // a + (q - b), and q - b is at most q: one reduction is enough.
  let borrow: i64 = 0
  for (let i = 0; i < n; i++) {
    borrow += <i64>load<u32>(q + (i << 2)) - <i64>load<u32>(y + (i << 2))
    store<u32>(y + (i << 2), <u32>borrow)
    borrow >>= 32
  }
  addWords(f, value(f, 2), x, y)
  write(f, dst, value(f, 2))
}

/** dst = a b + c mod q. */
export function scalarMultiplyAdd(f: usize, dst: usize, a: usize, b: usize, c: usize): void {
  read(f, value(f, 0), a)
  read(f, value(f, 1), b)
  montgomery(f, value(f, 2), value(f, 0), value(f, 1))
  montgomery(f, value(f, 3), value(f, 2), radixSquared(f))
  read(f, value(f, 0), c)
  addWords(f, value(f, 2), value(f, 3), value(f, 0))
  write(f, dst, value(f, 2))
}

/** dst = a^-1 mod q, as a^(q-2); q is public. */
export function scalarInvert(f: usize, dst: usize, a: usize): void {
  const exponent = load<u32>(f, 24),
    base = value(f, 1)
  let x = value(f, 2),
    y = value(f, 3)
  read(f, value(f, 0), a)
  montgomery(f, base, value(f, 0), radixSquared(f))
  memory.copy(x, base, words(f) << 2)
  for (let i = load<i32>(f, 12) - 2; i >= 0; i--) {
    montgomery(f, y, x, x)
    if ((load<u8>(exponent + (i >> 3)) >> (<u8>(i & 7))) & 1) {
      montgomery(f, x, y, base)
    } else {
      const t = x
      x = y
      y = t
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
  memory.fill(x, 0, size + 8)
  while (at < length) {
    memory.fill(block, 0, size)
    for (let i = 0; i < take; i++) store<u8>(block + i, load<u8>(octets + at + take - 1 - i))
    if (at > 0) {
      montgomery(f, y, x, radixSquared(f))
      montgomery(f, z, block, load<u32>(f, 28))
      addWords(f, x, y, z)
    } else if (take << 3 < load<i32>(f, 12)) {
      memory.copy(x, block, size)
    } else {
      montgomery(f, x, block, load<u32>(f, 28))
    }
    at += take
    take = size
  }
  write(f, dst, x)
}

/** Wipes the working memory of the operations. */
export function wipeScalars(f: usize): void {
  memory.fill(value(f, 0), 0, 5 * ((words(f) + 2) << 2))
}
