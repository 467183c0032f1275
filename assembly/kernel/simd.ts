/**
 * Montgomery multiplication on the widening multiplications of SIMD (i64x2.extmul), for engines without relaxed SIMD. A
 * block is four neighbouring columns; each step multiplies one limb of the first factor, broadcast, with four
 * neighbours of the second. See limbs28.ts for the numbers and the reduction.
 */
import { limbs, modulus, negativeInverse } from '../memory'
import { carryIntoHigh, limb, low, quotient, split, widen, writeLow } from './limbs28'

/** Where a block leaves its four columns. */
const SUMS = memory.data(32, 16)

/** Selects the second lane. */
const SECOND_LANE = memory.data<i64>([0, -1], 16)

/** Doubles sums of cross products and adds a vector (square, cross product), the second lane twice. */
// @ts-ignore: decorator
@inline function doubled(sums: v128, product: v128): v128 {
  return i64x2.add(i64x2.add(i64x2.shl(sums, 1), product), v128.and(product, v128.load(SECOND_LANE)))
}

/**
 * Sums four columns, as a left and a right vector. `a` ascends limb by limb and is broadcast; `b` points at the limb
 * that meets it in the leftmost column, and descends. Inlined with constant `head` and `tail`:
 *
 * head 2:  the first two steps concern the left vector only.
 * steps:   for both vectors.
 * tail 2:  two more steps for the right vector only.
 * tail 1:  squaring: one more step for the right vector, from `middle`, then the sums are doubled and the squares
 *          added.
 */
// @ts-ignore: decorator
@inline function sumBlock(head: i32, tail: i32, a: usize, b: usize, middle: usize, steps: i32): void {
  let left = i64x2.splat(0),
    right = left
  let x: v128, y: v128
  if (head == 2) {
    left = i64x2.extmul_low_i32x4_u(v128.load32_splat(a), v128.load(b))
    left = i64x2.add(left, i64x2.extmul_low_i32x4_u(v128.load32_splat(a, 4), v128.load(b - 4)))
    a += 8
    b -= 8
  }
  for (; steps > 1; steps -= 2) {
    x = v128.load32_splat(a)
    y = v128.load(b)
    left = i64x2.add(left, i64x2.extmul_low_i32x4_u(x, y))
    right = i64x2.add(right, i64x2.extmul_high_i32x4_u(x, y))
    x = v128.load32_splat(a, 4)
    b -= 8
    y = v128.load(b, 4)
    a += 8
    left = i64x2.add(left, i64x2.extmul_low_i32x4_u(x, y))
    right = i64x2.add(right, i64x2.extmul_high_i32x4_u(x, y))
  }
  if (steps == 1) {
    x = v128.load32_splat(a)
    y = v128.load(b)
    left = i64x2.add(left, i64x2.extmul_low_i32x4_u(x, y))
    right = i64x2.add(right, i64x2.extmul_high_i32x4_u(x, y))
    a += 4
    b -= 4
  }
  if (tail == 2) {
    right = i64x2.add(right, i64x2.extmul_high_i32x4_u(v128.load32_splat(a), v128.load(b)))
    right = i64x2.add(right, i64x2.extmul_high_i32x4_u(v128.load32_splat(a, 4), v128.load(b - 4)))
  }
  if (tail == 1) {
    x = v128.load32_splat(middle)
    y = v128.load(middle)
    right = i64x2.add(right, i64x2.extmul_high_i32x4_u(x, y))
    left = doubled(left, i64x2.extmul_low_i32x4_u(x, y))
    right = doubled(right, i64x2.extmul_low_i32x4_u(v128.load32_splat(middle, 4), v128.load(middle, 4)))
  }
  v128.store(SUMS, left)
  v128.store(SUMS, right, 16)
}

/** Splits the four columns at SUMS into limbs k to k+3. Returns the carry. */
// @ts-ignore: decorator
@inline function splitBlock(number: usize, k: i32, carry: u64): u64 {
  carry = split(number, k, load<u64>(SUMS), carry)
  carry = split(number, k + 1, load<u64>(SUMS, 8), carry)
  carry = split(number, k + 2, load<u64>(SUMS, 16), carry)
  return split(number, k + 3, load<u64>(SUMS, 24), carry)
}

/** T = a b. */
function product(m: usize, a: usize, b: usize): void {
  const n = limbs(m),
    t = low(m)
  let carry: u64 = 0,
    k = 0
  for (; k < n - 2; k += 4) {
    sumBlock(0, 2, a, b + (k << 2), 0, k + 2)
    carry = splitBlock(t, k, carry)
  }
  sumBlock(0, 0, a, b + (k << 2), 0, n)
  carry = splitBlock(t, k, carry)
  for (k += 4; k < 2 * n; k += 4) {
    sumBlock(2, 0, a + ((k - n + 1) << 2), b + ((n - 1) << 2), 0, 2 * n - 3 - k)
    carry = splitBlock(t, k, carry)
  }
}

/** T = a^2: cross products are summed once and doubled. */
function squareProduct(m: usize, a: usize): void {
  const n = limbs(m),
    t = low(m),
    last = a + ((n - 1) << 2)
  let carry: u64 = 0,
    k = 0
  for (; k < n + 2; k += 4) {
    sumBlock(0, 1, a, a + (k << 2), a + (k << 1), k >> 1)
    carry = splitBlock(t, k, carry)
  }
  for (; k < 2 * n - 4; k += 4) {
    sumBlock(2, 1, a + ((k - n + 1) << 2), last, a + (k << 1), n - 3 - (k >> 1))
    carry = splitBlock(t, k, carry)
  }
  // Columns 2n-4 to 2n-1: one cross product on the left and the last two squares.
  const x = limb(last - 4, 0),
    y = limb(last, 0)
  carry = split(t, k, 2 * limb(last - 8, 0) * y + x * x, carry)
  carry = split(t, k + 1, 2 * x * y, carry)
  carry = split(t, k + 2, y * y, carry)
  split(t, k + 3, 0, carry)
}

/** dst = (T + Q p) / R. */
function reduce(m: usize, dst: usize): void {
  const n = limbs(m),
    t = low(m),
    q = quotient(m),
    p = modulus(m),
    inverse = negativeInverse(m)
  let carry: u64 = 0,
    k = 0
  for (; k < n - 2; k += 4) {
    sumBlock(0, 2, t, inverse + (k << 2), 0, k + 2)
    carry = splitBlock(q, k, carry)
  }
  sumBlock(0, 0, t, inverse + (k << 2), 0, n)
  carry = split(q, k, load<u64>(SUMS), carry)
  split(q, k + 1, load<u64>(SUMS, 8), carry)
  sumBlock(0, 0, q, p + (k << 2), 0, n)
  carry = carryIntoHigh(m, load<u64>(SUMS), load<u64>(SUMS, 8))
  carry = split(dst, 0, load<u64>(SUMS, 16) + limb(t, n), carry)
  carry = split(dst, 1, load<u64>(SUMS, 24) + limb(t, n + 1), carry)
  for (k += 4; k < 2 * n; k += 4) {
    sumBlock(2, 0, q + ((k - n + 1) << 2), p + ((n - 1) << 2), 0, 2 * n - 3 - k)
    const d = k - n
    carry = split(dst, d, load<u64>(SUMS) + limb(t, k), carry)
    carry = split(dst, d + 1, load<u64>(SUMS, 8) + limb(t, k + 1), carry)
    carry = split(dst, d + 2, load<u64>(SUMS, 16) + limb(t, k + 2), carry)
    carry = split(dst, d + 3, load<u64>(SUMS, 24) + limb(t, k + 3), carry)
  }
}

/** dst = a b / R mod p. `a` may be a table entry. */
export function multiply(m: usize, dst: usize, a: usize, b: usize): void {
  product(m, a, b)
  reduce(m, dst)
}

/** dst = a^2 / R mod p. */
export function square(m: usize, dst: usize, a: usize): void {
  squareProduct(m, a)
  reduce(m, dst)
}

/** Writes a, brought out of Montgomery form and into [0, p), as octets. Constant time. */
export function toOctets(m: usize, octets: usize, a: usize): void {
  widen(m, a)
  reduce(m, low(m))
  writeLow(m, octets)
}

/** Wipes the working memory outside `scratch`. */
export function wipeSums(): void {
  memory.fill(SUMS, 0, 32)
}
