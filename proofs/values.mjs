/**
 * Values of which only bounds are known.
 *
 * An `Int` is an integer modulo 2^bits, of which all that is known is that it is congruent to some integer in [lo, hi]. Sums, differences and
 * shifts to the left keep that exactly, however often they wrap around; what needs one reading of the bits (a shift to the right, a conversion, a product)
 * asks for it with `unsigned` or `signed`, which fail if the interval crosses the border of that reading. So a column that could overflow
 * is refused as soon as anything is read from it.
 *
 * A `Double` is an integer in [lo, hi] held as a double, and a multiple of `step`, a power of two. `Inexact` results are errors unless a rule says
 * what they are: the rule for fused multiply-add is `fma`, and `fma.g` proves it with Gappa.
 */

/** What cannot be proven. */
export class Unproven extends Error {}

export class Int {
  /** @param {number} bits @param {bigint} lo @param {bigint} hi */
  constructor(bits, lo, hi) {
    if (hi < lo) throw new Unproven(`an empty interval, [${String(lo)}, ${String(hi)}]`)
    const all = 1n << BigInt(bits)
    const known = hi - lo < all
    this.bits = bits
    this.lo = known ? lo : 0n
    this.hi = known ? hi : all - 1n
    /** That it is `of` plus a constant. @type {{ of: Int, by: bigint } | undefined} */
    this.sum = undefined
    /** That it is floor((`of` + `by`) / 2^`count`). @type {{ of: Int, by: bigint, count: bigint } | undefined} */
    this.carry = undefined
    /** That it is such a floor times 2^count again. @type {Int['carry']} */
    this.carried = undefined
  }

  /** @param {number} bits @param {bigint} value */
  static of(bits, value) {
    return new Int(bits, value, value)
  }

  get isExact() {
    return this.lo === this.hi
  }

  /** Whether it may be anything. */
  get isUnknown() {
    return this.hi - this.lo === (1n << BigInt(this.bits)) - 1n
  }

  /** The same bits, read as an integer of [0, 2^bits). */
  unsigned() {
    return this.#within(0n)
  }

  /** The same bits, read as an integer of [-2^(bits-1), 2^(bits-1)). */
  signed() {
    return this.#within(-1n << BigInt(this.bits - 1))
  }

  /** @param {bigint} lowest */
  #within(lowest) {
    const all = 1n << BigInt(this.bits)
    const turns = floorDivide(this.lo - lowest, all)
    const [lo, hi] = [this.lo - turns * all, this.hi - turns * all]
    if (hi >= lowest + all) throw new Unproven(`[${String(this.lo)}, ${String(this.hi)}] wraps around`)
    return { lo, hi }
  }

  /** @param {Int} other */
  plus(other) {
    const sum = new Int(this.bits, this.lo + other.lo, this.hi + other.hi)
    if (other.isExact) sum.sum = { of: this, by: other.signed().lo }
    return sum
  }

  /** What a carry leaves behind is a digit, whatever the column was. @param {Int} other */
  minus(other) {
    const { of, by, count } = other.carried ?? {}
    if (of === this && by !== undefined && count !== undefined) return new Int(this.bits, -by, (1n << count) - 1n - by)
    return new Int(this.bits, this.lo - other.hi, this.hi - other.lo)
  }

  /** Either reading of the factors gives the product modulo 2^bits; the signed one is the smaller. @param {Int} other */
  times(other) {
    const [a, b] = [this.#smallest(), other.#smallest()]
    const corners = [a.lo * b.lo, a.lo * b.hi, a.hi * b.lo, a.hi * b.hi]
    return new Int(this.bits, least(corners), -least(corners.map((corner) => -corner)))
  }

  #smallest() {
    const half = 1n << BigInt(this.bits - 1)
    return this.lo >= -half && this.hi < half ? { lo: this.lo, hi: this.hi } : this.unsigned()
  }

  /** @param {bigint} count */
  shiftedLeft(count) {
    const shifted = new Int(this.bits, this.lo << count, this.hi << count)
    if (this.carry?.count === count) shifted.carried = this.carry
    return shifted
  }

  /** @param {bigint} count */
  shiftedRight(count) {
    const { lo, hi } = this.unsigned()
    return new Int(this.bits, lo >> count, hi >> count)
  }

  /** @param {bigint} count */
  shiftedRightSigned(count) {
    const { lo, hi } = this.signed()
    const shifted = new Int(this.bits, lo >> count, hi >> count)
    if (this.sum !== undefined) shifted.carry = { ...this.sum, count }
    return shifted
  }

  /** Bitwise, with ones at the low end, with all ones or with none. @param {Int} other */
  and(other) {
    const [value, mask] = other.isExact ? [this, other.unsigned().lo] : [other, this.#exact()]
    if (value.isExact) return Int.of(this.bits, value.unsigned().lo & mask)
    if (mask === 0n) return Int.of(this.bits, 0n)
    if ((mask & (mask + 1n)) !== 0n) throw new Unproven(`the mask ${mask.toString(16)} has gaps`)
    if (mask === (1n << BigInt(this.bits)) - 1n) return value
    const turns = floorDivide(value.lo, mask + 1n)
    const [lo, hi] = [value.lo - turns * (mask + 1n), value.hi - turns * (mask + 1n)]
    return hi <= mask ? new Int(this.bits, lo, hi) : new Int(this.bits, 0n, mask)
  }

  /** Bitwise, where no bit is set in both. @param {Int} other @returns {Int} */
  or(other) {
    if (!other.isExact) return this.isExact ? other.or(this) : this.#noBits(other)
    const bits = other.unsigned().lo
    const { lo, hi } = this.unsigned()
    if (lo === hi) return Int.of(this.bits, lo | bits)
    if (bits !== 0n && hi >= (bits & -bits)) throw new Unproven('bits that may be set twice')
    return new Int(this.bits, lo + bits, hi + bits)
  }

  /** @param {Int} other @returns {Int} */
  #noBits(other) {
    throw new Unproven(
      `bits of two unknown values, [${String(this.lo)}, ${String(this.hi)}] and [${String(other.lo)}, ${String(other.hi)}]`,
    )
  }

  #exact() {
    if (!this.isExact) this.#noBits(this)
    return this.unsigned().lo
  }

  /** The low half of 64 bits. */
  lowHalf() {
    return new Int(32, this.lo, this.hi)
  }

  /** The high half of 64 bits; anything, where the whole wraps around. */
  highHalf() {
    const lowest = floorDivide(this.lo, 1n << 64n)
    if (floorDivide(this.hi, 1n << 64n) !== lowest) return new Int(32, 0n, (1n << 32n) - 1n)
    return new Int(32, this.lo >> 32n, this.hi >> 32n)
  }
}

/** @param {bigint} a @param {bigint} b positive */
function floorDivide(a, b) {
  const quotient = a / b
  return a < 0n && quotient * b !== a ? quotient - 1n : quotient
}

/** How a double was made, for the rules of fused multiply-add: it is `sign` h + `plus`, where h is a rounded product. @typedef {{ h: Double, sign: bigint, plus: bigint }} Origin */

/** h = c + t x y, rounded to a multiple of `unit`. @typedef {{ x: Double, y: Double, t: bigint, c: bigint, unit: bigint }} RoundedProduct */

export class Double {
  /**
   * @param {bigint} lo
   * @param {bigint} hi
   * @param {bigint} step a power of two that divides it
   */
  constructor(lo, hi, step = 1n) {
    this.lo = lo
    this.hi = hi
    this.step = step
    const most = -lo > hi ? -lo : hi
    if (most > step << 53n) throw new Unproven(`a double that is not exact: [${String(lo)}, ${String(hi)}]`)
    /** @type {RoundedProduct | undefined} */
    this.product = undefined
    /** @type {Origin | undefined} */
    this.origin = undefined
  }

  /** @param {bigint} value */
  static of(value) {
    return new Double(value, value, value === 0n ? 1n << 1000n : value & -value)
  }

  get isExact() {
    return this.lo === this.hi
  }

  /** The bit pattern, where it is a linear function of the value: within one binade, its end included. */
  toInt() {
    if (this.lo < 0n || (this.lo === 0n && !this.isExact))
      throw new Unproven('the bits of a double that may be negative')
    if (!this.isExact) withinBinade(this.lo, this.hi)
    return new Int(64, pattern(this.lo), pattern(this.hi))
  }

  /** @param {Int} bits */
  static fromInt(bits) {
    const { lo, hi } = bits.unsigned()
    if (lo === hi) return Double.of(valueOf(lo))
    const [from, to] = [valueOf(lo), valueOf(hi)]
    if (from < 1n << 52n) throw new Unproven('a double that may have a fraction')
    withinBinade(from, to)
    return new Double(from, to, 1n << BigInt(from.toString(2).length - 53))
  }

  negated() {
    const result = new Double(-this.hi, -this.lo, this.step)
    const { h, sign, plus } = this.origin ?? { h: this, sign: 1n, plus: 0n }
    if (h.product !== undefined) result.origin = { h, sign: -sign, plus: -plus }
    return result
  }

  /** A sum that is exact. @param {Double} other */
  plus(other) {
    if (this.isExact && other.isExact) return Double.of(this.lo + other.lo)
    const step = this.step < other.step ? this.step : other.step
    const sum = new Double(this.lo + other.lo, this.hi + other.hi, step)
    const [known, other_] = this.isExact ? [this, other] : [other, this]
    const { h, sign, plus } = other_.origin ?? { h: other_, sign: 1n, plus: 0n }
    if (known.isExact && h.product !== undefined) sum.origin = { h, sign, plus: plus + known.lo }
    return sum
  }

  /**
   * `sign` x y + z, rounded once.
   *
   * - Where x and y are known, it is a sum.
   * - Where z is known and the result stays within one binade, it is a rounded product.
   * - Where z is made of a rounded product of the same x and y so that x y cancels out, what is left is the rounding error of that product, at most half
   *   its unit, and a constant; it is exact, since it is a small integer. `fma.g` has this step by step.
   *
   * @param {bigint} sign
   * @param {Double} x
   * @param {Double} y
   * @param {Double} z
   */
  static fma(sign, x, y, z) {
    if (x.isExact && y.isExact) return z.plus(exactProduct(sign * x.lo * y.lo))
    if (z.isExact) return roundedProduct(sign, x, y, z.lo)
    const { h, sign: s, plus } = z.origin ?? { h: z, sign: 1n, plus: 0n }
    const made = h.product
    if (made === undefined) throw new Unproven('a product and an unknown sum')
    const same = (made.x === x && made.y === y) || (made.x === y && made.y === x)
    if (!same || sign + s * made.t !== 0n) throw new Unproven('a product that does not cancel out')
    const middle = s * made.c + plus
    return new Double(middle - made.unit / 2n, middle + made.unit / 2n)
  }
}

/** A product of two constants, which need not be a double by itself: only a sum with it is one. @param {bigint} value */
function exactProduct(value) {
  const product = Double.of(0n)
  if (value === 0n) return product
  product.lo = product.hi = value
  product.step = value & -value
  return product
}

/** @param {bigint} t @param {Double} x @param {Double} y @param {bigint} c */
function roundedProduct(t, x, y, c) {
  const corners = [x.lo * y.lo, x.lo * y.hi, x.hi * y.lo, x.hi * y.hi].map((product) => c + t * product)
  const [lo, hi] = [least(corners), -least(corners.map((corner) => -corner))]
  if (lo <= 0n) throw new Unproven('a rounded product that may be negative')
  const bits = lo.toString(2).length
  withinBinade(lo, hi)
  const unit = 1n << BigInt(Math.max(0, bits - 53))
  const result = new Double(roundToEven(lo, unit), roundToEven(hi, unit), unit)
  result.product = { x, y, t, c, unit }
  return result
}

/** @param {bigint[]} values */
function least(values) {
  return values.reduce((a, b) => (b < a ? b : a))
}

/** @param {bigint} value positive @param {bigint} unit */
function roundToEven(value, unit) {
  const twice = 2n * (value % unit)
  const below = value / unit
  const up = twice > unit || (twice === unit && (below & 1n) === 1n)
  return (up ? below + 1n : below) * unit
}

/** @param {bigint} lo positive @param {bigint} hi */
function withinBinade(lo, hi) {
  if (hi > 1n << BigInt(lo.toString(2).length)) throw new Unproven('the bits of doubles in two binades')
}

const view = new DataView(new ArrayBuffer(8))

/** @param {bigint} value that a double holds */
function pattern(value) {
  view.setFloat64(0, Number(value))
  if (BigInt(view.getFloat64(0)) !== value) throw new Unproven(`${String(value)} is no double`)
  return view.getBigUint64(0)
}

/** @param {bigint} bits */
function valueOf(bits) {
  view.setBigUint64(0, bits)
  const value = view.getFloat64(0)
  if (!Number.isInteger(value)) throw new Unproven(`the double ${String(value)} is no integer`)
  return BigInt(value)
}
