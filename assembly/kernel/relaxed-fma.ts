/**
 * Montgomery multiplication on the floating-point fused multiply-add of relaxed SIMD (after N. Emmart, F. Zheng and
 * C. Weems, "Faster modular exponentiation using double precision floating point arithmetic on the GPU", ARITH 2018;
 * here in round-to-nearest).
 *
 * A number has n = 4m+1 limbs of 51 bits, each an integer held as an f64; R = 2^(51n). 21, 41, 61 and 81 limbs serve
 * 1024, 2048, 3072 and 4096 bits.
 *
 * Products. For limbs x, y with 0 <= xy < 2^102 (a little more or less is fine, see Limbs) let
 *
 *     h = fma(x, y, C1)         C1 = 1.25 * 2^103
 *     l = fma(x, y, C2 - h)     C2 = C1 + 3 * 2^51
 *
 * h lies in [2^103, 2^104), where doubles are multiples of 2^51, so h = C1 + H * 2^51 with H the nearest integer to xy
 * / 2^51 and |xy - H * 2^51| <= 2^50. C2 - h is exact, and l = 3 * 2^51 + (xy - H * 2^51) lies in [2^52, 2^53), where
 * doubles are integers: l is exact too. Within one binade the bit pattern of a double is a linear function of its
 * value, so adding the patterns of h as 64-bit integers adds the H, and those of l the low parts, once the patterns of
 * C1 and of C3 = 3 * 2^51 are subtracted as often as terms were added. This needs `relaxed_madd` to be fused: the
 * self-test of the bindings shows whether it is.
 *
 * Columns. Column k of a product is the sum of the low parts of all x_i y_j with i + j = k and of the H with i + j = k
 * - 1. Sums are below 2^59 in magnitude for n <= 81. A vector holds two neighbouring columns, a block four: each step
 * multiplies one limb of the first factor, broadcast, with four neighbours of the second.
 *
 * Limbs. A column becomes a limb by taking its low 51 bits and adding the carry of its right neighbour, all columns at
 * once and without rippling on. So limbs lie in [-2^9, 2^51 + 2^9], not in [0, 2^51): products stay within the bounds
 * above, since C1 leaves 2^101 of room below and above.
 *
 * Reduction. With T = a b, Q = T * (-p^-1) mod R and T + Q p = 0 mod R, the result is (T + Q p) / R. Only the low half
 * of the first product and the high half of the second are computed. What the low columns of T + Q p carry into column
 * n is an integer; column n-1 alone (with the H of column n-2) gives it to within 2^-40, so rounding is exact.
 *
 * Range. |Q| <= (1 + 2^-40) R, and p < 2^-8 R, since the bindings choose n with 51 n >= bits + 8. Hence for |a|, |b| <
 * 2^3 p the result, at most |a b| / R + (1 + 2^-40) p, is below 2 p in magnitude, and for results as factors above
 * -2^-7 p: there is no final subtraction, and `toOctets` has little to correct. docs/proofs.md has the bounds of this
 * section, proven of the bytes that ship.
 */
import { elementLength, limbs, modulus, negativeInverse, scratch, wordBelow } from '../memory'

// @ts-ignore: decorator
@inline const WIDTH: i32 = 51
// @ts-ignore: decorator
@inline const LIMB_MASK: u64 = (1 << 51) - 1
/** The bit patterns of C1 and C3. */
// @ts-ignore: decorator
@inline const C1: i64 = 0x4664000000000000
// @ts-ignore: decorator
@inline const C3: i64 = 0x4338000000000000
/** Added to columns before they are split, so that shifting them is unsigned: 2^60, whose carry is 2^9. */
// @ts-ignore: decorator
@inline const BIAS_CARRY: i64 = 512

/**
 * Constants twice, as vectors. They are loaded, not written as literals, because V8 would build a literal again in every
 * iteration of a loop.
 */
const CONSTANTS = memory.data<i64>(
  [
    0x4664000000000000,
    0x4664000000000000, //   0: C1
    0x4664000000000003,
    0x4664000000000003, //  16: C2
    0x4338000000000000,
    0x4338000000000000, //  32: C3
    0x1000000000000000,
    0x1000000000000000, //  48: the bias
    0x0007ffffffffffff,
    0x0007ffffffffffff, //  64: mask of a limb
    0x4330000000000000,
    0x4330000000000000, //  80: 2^52 as an f64: OR-ing an integer below 2^52 into it adds the integer
    0x4330000000000200,
    0x4330000000000200, //  96: 2^52 + 2^9 as an f64
    512,
    512, // 112: the carry of the bias
    0,
    -1, // 128: selects the second lane
  ],
  16,
)

/** Where a block leaves its four sums of H (32 bytes) and of low parts (32 bytes). */
const SUMS = memory.data(64, 16)

// @ts-ignore: decorator
@inline export function limbsFor(bits: i32): i32 {
  return ((bits + 8 + 4 * WIDTH - WIDTH - 1) / (4 * WIDTH)) * 4 + 1
}
// @ts-ignore: decorator
@inline export function radixBits(n: i32): i32 {
  return WIDTH * n
}
// @ts-ignore: decorator
@inline export function slotPadding(): i32 {
  return 16
}
// @ts-ignore: decorator
@inline export function slotBytes(n: i32): i32 {
  return (n + 5) << 3
}
// @ts-ignore: decorator
@inline export function entryBytes(n: i32): i32 {
  return (n + 1) << 3
}
/** p and -p^-1 are followed by their limbs in reverse. */
// @ts-ignore: decorator
@inline export function constantBytes(n: i32): i32 {
  return 2 * slotBytes(n)
}
/** Two numbers (T mod R, Q) and the n raw columns of T above R. */
// @ts-ignore: decorator
@inline export function scratchBytes(n: i32): i32 {
  return 2 * slotBytes(n) + ((n + 1) << 3)
}

// @ts-ignore: decorator
@inline function low(m: usize): usize {
  return scratch(m) + slotPadding()
}
// @ts-ignore: decorator
@inline function quotient(m: usize): usize {
  return scratch(m) + slotBytes(limbs(m)) + slotPadding()
}
// @ts-ignore: decorator
@inline function high(m: usize): usize {
  return scratch(m) + 2 * slotBytes(limbs(m))
}
// @ts-ignore: decorator
@inline function reversed(constant: usize, n: i32): usize {
  return constant + slotBytes(n)
}

// @ts-ignore: decorator
@inline function highPart(x: v128, y: v128): v128 {
  return f64x2.relaxed_madd(x, y, v128.load(CONSTANTS))
}
// @ts-ignore: decorator
@inline function lowPart(x: v128, y: v128, h: v128): v128 {
  return f64x2.relaxed_madd(x, y, f64x2.sub(v128.load(CONSTANTS, 16), h))
}
/** [a1, b0]: what column sums of H need to move up by one column. */
// @ts-ignore: decorator
@inline function shifted(a: v128, b: v128): v128 {
  return v128.shuffle<i64>(a, b, 1, 2)
}
// @ts-ignore: decorator
@inline function biased(column: v128): v128 {
  return i64x2.add(column, v128.load(CONSTANTS, 48))
}
// @ts-ignore: decorator
@inline function carryOf(biasedColumn: v128): v128 {
  return i64x2.shr_u(biasedColumn, WIDTH)
}
/** Limbs of two columns from their low bits and the carries on their right. */
// @ts-ignore: decorator
@inline function limbsOf(biasedColumn: v128, carriesBefore: v128, carries: v128): v128 {
  const digits = v128.and(biasedColumn, v128.load(CONSTANTS, 64))
  const sum = i64x2.add(digits, shifted(carriesBefore, carries))
  return f64x2.sub(v128.or(sum, v128.load(CONSTANTS, 80)), v128.load(CONSTANTS, 96))
}
/** Doubles sums of cross products and adds a vector (square, cross product), the second lane twice. */
// @ts-ignore: decorator
@inline function doubled(sums: v128, product: v128): v128 {
  return i64x2.add(i64x2.add(i64x2.add(sums, sums), product), v128.and(product, v128.load(CONSTANTS, 128)))
}

/**
 * Sums four columns, as a left and a right vector. `a` ascends limb by limb and is broadcast; `b` points at the limb
 * that meets it in the leftmost column, and descends. Inlined with constant `head` and `tail`:
 *
 * head 2, 3: the first two steps concern the left vector only; 3 adds a single step for both, so that pairs remain.
 * pairs:     steps for both vectors, two at a time.
 * tail 2:    two more steps for the right vector only.
 * tail 1:    squaring: one more step for the right vector, from `middle`, then all sums are doubled and the squares
 *            added.
 */
// @ts-ignore: decorator
@inline function sumBlock(head: i32, tail: i32, a: usize, b: usize, middle: usize, pairs: i32): void {
  const c1 = v128.load(CONSTANTS),
    c2 = v128.load(CONSTANTS, 16)
  const left = 2 * pairs + head,
    right = 2 * pairs + (head == 3 ? 1 : 0) + tail
  let h0 = i64x2.splat(-C1 * left),
    h1 = i64x2.splat(-C1 * right)
  let l0 = i64x2.splat(-C3 * left),
    l1 = i64x2.splat(-C3 * right)
  let x: v128, y: v128, z: v128, h: v128
  if (head >= 2) {
    x = v128.load64_splat(a)
    y = v128.load(b)
    h = f64x2.relaxed_madd(x, y, c1)
    h0 = i64x2.add(h0, h)
    l0 = i64x2.add(l0, f64x2.relaxed_madd(x, y, f64x2.sub(c2, h)))
    x = v128.load64_splat(a, 8)
    y = v128.load(b - 8)
    h = f64x2.relaxed_madd(x, y, c1)
    h0 = i64x2.add(h0, h)
    l0 = i64x2.add(l0, f64x2.relaxed_madd(x, y, f64x2.sub(c2, h)))
    if (head == 3) {
      x = v128.load64_splat(a, 16)
      y = v128.load(b - 16)
      z = v128.load(b)
      h = f64x2.relaxed_madd(x, y, c1)
      h0 = i64x2.add(h0, h)
      l0 = i64x2.add(l0, f64x2.relaxed_madd(x, y, f64x2.sub(c2, h)))
      h = f64x2.relaxed_madd(x, z, c1)
      h1 = i64x2.add(h1, h)
      l1 = i64x2.add(l1, f64x2.relaxed_madd(x, z, f64x2.sub(c2, h)))
    }
    a += head << 3
    b -= head << 3
  }
  for (; pairs > 0; pairs--) {
    x = v128.load64_splat(a)
    y = v128.load(b)
    z = v128.load(b, 16)
    h = f64x2.relaxed_madd(x, y, c1)
    h0 = i64x2.add(h0, h)
    l0 = i64x2.add(l0, f64x2.relaxed_madd(x, y, f64x2.sub(c2, h)))
    h = f64x2.relaxed_madd(x, z, c1)
    h1 = i64x2.add(h1, h)
    l1 = i64x2.add(l1, f64x2.relaxed_madd(x, z, f64x2.sub(c2, h)))
    x = v128.load64_splat(a, 8)
    b -= 16
    y = v128.load(b, 8)
    z = v128.load(b, 24)
    a += 16
    h = f64x2.relaxed_madd(x, y, c1)
    h0 = i64x2.add(h0, h)
    l0 = i64x2.add(l0, f64x2.relaxed_madd(x, y, f64x2.sub(c2, h)))
    h = f64x2.relaxed_madd(x, z, c1)
    h1 = i64x2.add(h1, h)
    l1 = i64x2.add(l1, f64x2.relaxed_madd(x, z, f64x2.sub(c2, h)))
  }
  if (tail == 2) {
    x = v128.load64_splat(a)
    z = v128.load(b, 16)
    h = f64x2.relaxed_madd(x, z, c1)
    h1 = i64x2.add(h1, h)
    l1 = i64x2.add(l1, f64x2.relaxed_madd(x, z, f64x2.sub(c2, h)))
    x = v128.load64_splat(a, 8)
    z = v128.load(b, 8)
    h = f64x2.relaxed_madd(x, z, c1)
    h1 = i64x2.add(h1, h)
    l1 = i64x2.add(l1, f64x2.relaxed_madd(x, z, f64x2.sub(c2, h)))
  }
  if (tail == 1) {
    const c3 = v128.load(CONSTANTS, 32)
    x = v128.load64_splat(middle)
    z = v128.load(middle, 16)
    h = f64x2.relaxed_madd(x, z, c1)
    h1 = i64x2.add(h1, h)
    l1 = i64x2.add(l1, f64x2.relaxed_madd(x, z, f64x2.sub(c2, h)))
    y = v128.load(middle)
    h = f64x2.relaxed_madd(x, y, c1)
    h0 = doubled(h0, i64x2.sub(h, c1))
    l0 = doubled(l0, i64x2.sub(f64x2.relaxed_madd(x, y, f64x2.sub(c2, h)), c3))
    x = v128.load64_splat(middle, 8)
    y = v128.load(middle, 8)
    h = f64x2.relaxed_madd(x, y, c1)
    h1 = doubled(h1, i64x2.sub(h, c1))
    l1 = doubled(l1, i64x2.sub(f64x2.relaxed_madd(x, y, f64x2.sub(c2, h)), c3))
  }
  v128.store(SUMS, h0)
  v128.store(SUMS, h1, 16)
  v128.store(SUMS, l0, 32)
  v128.store(SUMS, l1, 48)
}

/** Sums two columns over `pairs` pairs of steps; the sum of H at SUMS, the low parts at SUMS + 32. */
// @ts-ignore: decorator
@inline function sumPair(a: usize, b: usize, pairs: i32): void {
  const c1 = v128.load(CONSTANTS),
    c2 = v128.load(CONSTANTS, 16)
  let h0 = i64x2.splat(-C1 * pairs),
    h1 = h0,
    l0 = i64x2.splat(-C3 * pairs),
    l1 = l0
  for (; pairs > 0; pairs--) {
    let x = v128.load64_splat(a),
      y = v128.load(b),
      h = f64x2.relaxed_madd(x, y, c1)
    h0 = i64x2.add(h0, h)
    l0 = i64x2.add(l0, f64x2.relaxed_madd(x, y, f64x2.sub(c2, h)))
    x = v128.load64_splat(a, 8)
    b -= 16
    y = v128.load(b, 8)
    a += 16
    h = f64x2.relaxed_madd(x, y, c1)
    h1 = i64x2.add(h1, h)
    l1 = i64x2.add(l1, f64x2.relaxed_madd(x, y, f64x2.sub(c2, h)))
  }
  v128.store(SUMS, i64x2.add(h0, h1))
  v128.store(SUMS, i64x2.add(l0, l1), 32)
}

/** Adds one step, x y, to the sums that `sumPair` left. */
// @ts-ignore: decorator
@inline function addStep(x: v128, y: v128): void {
  const h = highPart(x, y)
  v128.store(SUMS, i64x2.add(v128.load(SUMS), i64x2.sub(h, v128.load(CONSTANTS))))
  v128.store(SUMS, i64x2.add(v128.load(SUMS, 32), i64x2.sub(lowPart(x, y, h), v128.load(CONSTANTS, 32))), 32)
}

/** Turns the sums that `sumPair` left of cross products into those of a square, whose middle limbs are at `middle`. */
// @ts-ignore: decorator
@inline function addMiddle(middle: usize): void {
  const x = v128.load64_splat(middle),
    y = v128.load(middle),
    h = highPart(x, y)
  v128.store(SUMS, doubled(v128.load(SUMS), i64x2.sub(h, v128.load(CONSTANTS))))
  v128.store(SUMS, doubled(v128.load(SUMS, 32), i64x2.sub(lowPart(x, y, h), v128.load(CONSTANTS, 32))), 32)
}

/** T = a b: limbs 0 to n-1 of T as a number at `low`, columns n to 2n-1 raw at `high`. */
function product(m: usize, a: usize, b: usize): void {
  const n = limbs(m)
  let to = low(m),
    sumsBefore = i64x2.splat(0),
    carries = v128.load(CONSTANTS, 112),
    k = 0
  for (; k < n - 1; k += 4) {
    sumBlock(0, 2, a, b + (k << 3), 0, (k + 2) >> 1)
    const h0 = v128.load(SUMS),
      h1 = v128.load(SUMS, 16)
    const left = biased(i64x2.add(v128.load(SUMS, 32), shifted(sumsBefore, h0))),
      leftCarries = carryOf(left)
    const right = biased(i64x2.add(v128.load(SUMS, 48), shifted(h0, h1)))
    v128.store(to, limbsOf(left, carries, leftCarries))
    carries = carryOf(right)
    v128.store(to, limbsOf(right, leftCarries, carries), 16)
    sumsBefore = h1
    to += 32
  }
  sumPair(a, b + ((n - 1) << 3), n >> 1)
  addStep(v128.load64_splat(a + ((n - 1) << 3)), v128.load(b))
  sumsBefore = storeMiddle(m, to, sumsBefore, carries)
  to = high(m) + 8
  for (k = n + 1; k < 2 * n - 1; k += 4) {
    sumBlock(3, 0, a + ((k - n + 1) << 3), b + ((n - 1) << 3), 0, (2 * n - 4 - k) >> 1)
    sumsBefore = storeRaw(to, sumsBefore)
    to += 32
  }
}

/** T = a^2, likewise. The cross products are summed once and doubled. */
function squareProduct(m: usize, a: usize): void {
  const n = limbs(m),
    last = a + ((n - 1) << 3)
  let to = low(m),
    sumsBefore = i64x2.splat(0),
    carries = v128.load(CONSTANTS, 112),
    k = 0
  for (; k < n - 1; k += 4) {
    sumBlock(0, 1, a, a + (k << 3), a + (k << 2), k >> 2)
    const h0 = v128.load(SUMS),
      h1 = v128.load(SUMS, 16)
    const left = biased(i64x2.add(v128.load(SUMS, 32), shifted(sumsBefore, h0))),
      leftCarries = carryOf(left)
    const right = biased(i64x2.add(v128.load(SUMS, 48), shifted(h0, h1)))
    v128.store(to, limbsOf(left, carries, leftCarries))
    carries = carryOf(right)
    v128.store(to, limbsOf(right, leftCarries, carries), 16)
    sumsBefore = h1
    to += 32
  }
  sumPair(a, last, (n - 1) >> 2)
  addMiddle(a + ((n - 1) << 2))
  sumsBefore = storeMiddle(m, to, sumsBefore, carries)
  to = high(m) + 8
  for (k = n + 1; k < 2 * n - 4; k += 4) {
    sumBlock(3, 1, a + ((k - n + 1) << 3), last, a + (k << 2), (n - 4 - (k >> 1)) >> 1)
    sumsBefore = storeRaw(to, sumsBefore)
    to += 32
  }
  // Columns 2n-4 to 2n-1: one cross product on the left and the last two squares.
  v128.store(SUMS, i64x2.splat(0), 16)
  v128.store(SUMS, i64x2.splat(0), 48)
  v128.store(SUMS, i64x2.splat(0))
  v128.store(SUMS, i64x2.splat(0), 32)
  addStep(v128.load64_splat(last - 16), v128.load(last))
  addMiddle(last - 8)
  const x = v128.load64_splat(last),
    y = v128.load(last),
    h = highPart(x, y)
  v128.store(SUMS, i64x2.sub(h, v128.load(CONSTANTS)), 16)
  v128.store(SUMS, i64x2.sub(lowPart(x, y, h), v128.load(CONSTANTS, 32)), 48)
  storeRaw(to, sumsBefore)
}

/**
 * Columns n-1 and n of T from SUMS: the first ends the number at `low`, the second, with its carry, begins `high`.
 * Returns the sums of H.
 */
// @ts-ignore: decorator
@inline function storeMiddle(m: usize, to: usize, sumsBefore: v128, carries: v128): v128 {
  const h = v128.load(SUMS)
  const columns = i64x2.add(v128.load(SUMS, 32), shifted(sumsBefore, h))
  const pair = biased(columns),
    pairCarries = carryOf(pair)
  v128.store64_lane(to, limbsOf(pair, carries, pairCarries), 0)
  store<i64>(high(m), i64x2.extract_lane(columns, 1) + i64x2.extract_lane(pairCarries, 0) - BIAS_CARRY)
  return h
}

/** Four columns from SUMS, unsplit. Returns the sums of H of the last two. */
// @ts-ignore: decorator
@inline function storeRaw(to: usize, sumsBefore: v128): v128 {
  const h0 = v128.load(SUMS),
    h1 = v128.load(SUMS, 16)
  v128.store(to, i64x2.add(v128.load(SUMS, 32), shifted(sumsBefore, h0)))
  v128.store(to, i64x2.add(v128.load(SUMS, 48), shifted(h0, h1)), 16)
  return h1
}

/** dst = (T + Q p) / R from `low` and `high`. */
function reduce(m: usize, dst: usize): void {
  const n = limbs(m),
    half = (n + 1) >> 1
  const t = low(m),
    q = quotient(m),
    p = modulus(m),
    inverse = negativeInverse(m)
  let sumsBefore = i64x2.splat(0),
    carries = v128.load(CONSTANTS, 112),
    to = q,
    k = 0
  for (; k < n - 1; k += 4) {
    sumBlock(0, 2, t, inverse + (k << 3), 0, (k + 2) >> 1)
    const h0 = v128.load(SUMS),
      h1 = v128.load(SUMS, 16)
    const left = biased(i64x2.add(v128.load(SUMS, 32), shifted(sumsBefore, h0))),
      leftCarries = carryOf(left)
    const right = biased(i64x2.add(v128.load(SUMS, 48), shifted(h0, h1)))
    v128.store(to, limbsOf(left, carries, leftCarries))
    carries = carryOf(right)
    v128.store(to, limbsOf(right, leftCarries, carries), 16)
    sumsBefore = h1
    to += 32
  }
  // Column n-1 of T (-p^-1) alone, along the reversed factor: only its low bits count modulo R.
  let x: v128, y: v128, h: v128
  let l = i64x2.splat(-C3 * half)
  let a = t,
    b = reversed(inverse, n)
  for (k = half; k > 0; k--) {
    x = v128.load(a)
    y = v128.load(b)
    l = i64x2.add(l, lowPart(x, y, highPart(x, y)))
    a += 16
    b += 16
  }
  const column =
    i64x2.extract_lane(l, 0) +
    i64x2.extract_lane(l, 1) +
    i64x2.extract_lane(sumsBefore, 1) +
    i64x2.extract_lane(carries, 1) -
    BIAS_CARRY
  store<f64>(to, <f64>(<i64>(column & LIMB_MASK)))
  // Column n-1 of Q p, with the H of column n-2: their carry into column n.
  let hBefore = i64x2.splat(-C1 * half)
  h = hBefore
  l = i64x2.splat(-C3 * half)
  a = q
  b = reversed(p, n)
  for (k = half; k > 0; k--) {
    x = v128.load(a)
    y = v128.load(b)
    const hi = highPart(x, y)
    h = i64x2.add(h, hi)
    l = i64x2.add(l, lowPart(x, y, hi))
    hBefore = i64x2.add(hBefore, highPart(x, v128.load(b, 8)))
    a += 16
    b += 16
  }
  l = i64x2.add(l, hBefore)
  const top = i64x2.extract_lane(l, 0) + i64x2.extract_lane(l, 1) + <i64>load<f64>(t + ((n - 1) << 3))
  carries = i64x2.splat(((top + (1 << (WIDTH - 1))) >> WIDTH) + BIAS_CARRY)
  sumsBefore = i64x2.splat(i64x2.extract_lane(h, 0) + i64x2.extract_lane(h, 1))
  let raw = high(m)
  to = dst
  for (k = n; k < 2 * n - 1; k += 4) {
    sumBlock(2, 0, q + ((k - n + 1) << 3), p + ((n - 1) << 3), 0, (2 * n - 3 - k) >> 1)
    const h0 = v128.load(SUMS),
      h1 = v128.load(SUMS, 16)
    const left = biased(i64x2.add(i64x2.add(v128.load(SUMS, 32), shifted(sumsBefore, h0)), v128.load(raw)))
    const right = biased(i64x2.add(i64x2.add(v128.load(SUMS, 48), shifted(h0, h1)), v128.load(raw, 16)))
    const leftCarries = carryOf(left)
    v128.store(to, limbsOf(left, carries, leftCarries))
    carries = carryOf(right)
    v128.store(to, limbsOf(right, leftCarries, carries), 16)
    sumsBefore = h1
    to += 32
    raw += 32
  }
  const last = i64x2.extract_lane(sumsBefore, 1) + load<i64>(raw) + i64x2.extract_lane(carries, 1) - BIAS_CARRY
  store<f64>(to, <f64>last)
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

/** Fills the limbs that follow p and -p^-1, after these are written. */
export function prepare(m: usize): void {
  const n = limbs(m),
    p = modulus(m),
    inverse = negativeInverse(m)
  for (let i = 0; i < n; i++) {
    store<f64>(reversed(p, n) + (i << 3), load<f64>(p + ((n - 1 - i) << 3)))
    store<f64>(reversed(inverse, n) + (i << 3), load<f64>(inverse + ((n - 1 - i) << 3)))
  }
}

/** Splits `length` octets into limbs. The number is not converted to Montgomery form. */
export function fromOctets(m: usize, dst: usize, octets: usize, length: i32): void {
  const n = limbs(m)
  for (let i = 0; i < n; i++) {
    const bit = WIDTH * i
    // 58 bits suffice for a limb at any position in a byte.
    const word = wordBelow(octets, length - (bit >> 3)) >> (<u64>(bit & 7))
    store<f64>(dst + (i << 3), <f64>(<i64>(word & LIMB_MASK)))
  }
}

/** Writes a, brought out of Montgomery form and into [0, p), as `elementLength` octets. Constant time. */
export function toOctets(m: usize, octets: usize, a: usize): void {
  const n = limbs(m),
    p = modulus(m),
    t = low(m),
    q = quotient(m)
  memory.copy(t, a, n << 3)
  memory.fill(high(m), 0, n << 3)
  reduce(m, q)
  // v = result + p is in (0, 3p); subtract p twice, each time if it leaves v >= 0. v as i64 limbs at t, its difference
  // at q.
  let carry: i64 = 0
  for (let i = 0; i < n; i++) {
    const v = <i64>load<f64>(q + (i << 3)) + <i64>load<f64>(p + (i << 3)) + carry
    store<i64>(t + (i << 3), v & LIMB_MASK)
    carry = v >> WIDTH
  }
  for (let round = 0; round < 2; round++) {
    let borrow: i64 = 0
    for (let i = 0; i < n; i++) {
      const v = load<i64>(t + (i << 3)) - <i64>load<f64>(p + (i << 3)) + borrow
      store<i64>(q + (i << 3), v & LIMB_MASK)
      borrow = v >> WIDTH
    }
    // borrow is 0 or -1: all ones keeps v.
    for (let i = 0; i < n; i++) {
      const at = i << 3,
        v = load<i64>(t + at),
        difference = load<i64>(q + at)
      store<i64>(t + at, difference ^ ((difference ^ v) & borrow))
    }
  }
  const length = elementLength(m)
  for (let i = 0; i < length; i++) {
    const bit = i << 3,
      limb = bit / WIDTH,
      offset = bit - limb * WIDTH
    let word = load<u64>(t + (limb << 3)) >> (<u64>offset)
    if (offset > WIDTH - 8 && limb + 1 < n) word |= load<u64>(t + (limb << 3), 8) << (WIDTH - offset)
    store<u8>(octets + length - 1 - i, <u8>word)
  }
  // The limbs at t and q were integers; leave none behind that would be read as odd floating-point numbers.
  memory.fill(t, 0, n << 3)
  memory.fill(q, 0, n << 3)
}

/**
 * Copies a number, from a slot or an entry to a slot or an entry; not its padding, which in an entry may be anything.
 */
export function copy(m: usize, dst: usize, src: usize): void {
  memory.copy(dst, src, limbs(m) << 3)
}

/** Wipes the working memory outside `scratch`. */
export function wipeSums(): void {
  memory.fill(SUMS, 0, 64)
}
