import { Field, lanewise, pairOf } from './field.mjs'

/**
 * Field elements of digits of 29 bits for integer multiplications: 32 x 32 bits to 64. Digits are balanced,
 * |x| <= 2^28 where they are normalised, and may be unnormalised sums: what counts is that a column of products fits
 * into 64 bits.
 *
 * Reduction is Montgomery's with R = 2^(29 n) and balanced m, so |result| <= |a b| / R + p / 2; m p is added by shifts.
 * Where p = 2^k - 1 there is none: what is above 2^(29 n) comes back in at the low end, times 2^(29 n - k), and R = 1.
 *
 * @typedef {import('./field.mjs').Pair} Pair
 */

export const width = 29
export const half = 1n << 28n
export const mask = (1n << 29n) - 1n

/** How large a column may become, with what the reduction adds to it. */
const columnLimit = 2 ** 63 - 2 ** 58
/** How large a digit may become in 32 bits, with a carry. */
export const digitLimit = 2 ** 31 - 2 ** 29

/** @param {import('./curves.mjs').Curve} curve */
export function limbsOf({ terms }) {
  return Math.ceil((terms[0]?.[1] ?? 0) / width)
}

/** The part that the two kernels share. */
export class IntegerField extends Field {
  /** @param {import('./curves.mjs').Curve} curve */
  constructor(curve) {
    super(curve, width, limbsOf(curve))
    /** Pairs fill whole vectors. */
    this.pairBytes = 16 * Math.ceil(this.limbs / 2)
    this.isMersenne = curve.terms.length === 2
    if (this.isMersenne) this.radix = 1n
  }

  /** @protected @param {string} pointer @param {number} index */
  pointerTo(pointer, index) {
    return index === 0 ? pointer : `${pointer} + ${String(index * this.pairBytes)}`
  }

  /** Checks the bounds of what `multiply` and `square` take. @protected */
  observeProducts() {
    const { any, narrow } = this.boundsOfFactors()
    if (!this.checkColumns(any, narrow)) throw new Error('the factors of products are too large')
    this.observeProduct({ ...this.boundsOfProduct(any, narrow) })
  }

  /** Bits that what returns at the low end is shifted by. */
  get wrap() {
    return width * this.limbs - (this.terms[0]?.[1] ?? 0)
  }

  /** @protected @param {Pair} a @param {Pair} b */
  checkColumns(a, b) {
    // With wrapping, all products but one may be in columns that count 2^wrap times.
    const terms = this.isMersenne ? (this.limbs - 1) * 2 ** this.wrap + 1 : this.limbs
    const largest = lanewise((x, y) => terms * x * y, a.digit, b.digit)
    return Math.max(...largest) <= columnLimit
  }

  /**
   * Normalises factors where a column would overflow. Returns the bounds of their product.
   * @protected
   * @param {Pair} a
   * @param {Pair} b
   */
  prepareProduct(a, b) {
    for (let i = 0; i < 2 && !this.checkColumns(a, b); i++)
      this.normalise(Math.max(...a.digit) >= Math.max(...b.digit) ? a : b)
    if (!this.checkColumns(a, b)) throw new Error('a column is too large')
    return this.boundsOfProduct(a, b)
  }

  /** @protected @param {Pair} a @param {Pair} b */
  boundsOfProduct(a, b) {
    const value = this.isMersenne
      ? pairOf(1 + 2 ** -20, 1 + 2 ** -20)
      : lanewise((s, t) => s * t * this.slack + 0.5 + 2 ** -20, a.value, b.value)
    return { value, digit: lanewise((v) => this.normalDigit(v), value) }
  }

  /** Makes sure that the sum of two pairs fits. Returns its bounds. @protected @param {Pair} a @param {Pair} b */
  boundsOfSum(a, b) {
    for (const operand of [a, b]) this.limit(digitLimit / 2, operand)
    const plus = (/** @type {number} */ s, /** @type {number} */ t) => s + t
    return { value: lanewise(plus, a.value, b.value), digit: lanewise(plus, a.digit, b.digit) }
  }

  /** Normalises what is stored where columns are full: half of the products there count twice. @protected @param {Pair} a */
  prepareStore(a) {
    if (this.isMersenne && Math.max(...a.digit) > this.normalDigit(1.125)) this.normalise(a)
  }

  /** @protected @param {number} limit @param {Pair} a */
  limit(limit, a) {
    if (Math.max(...a.digit) > limit) this.normalise(a)
    if (Math.max(...a.digit) > limit) throw new Error('a digit is too large')
  }

  /** By a product with one, where it must be: it is as dear as any. @override @type {Field['fold']} */
  fold(a) {
    return this.isMersenne || this.slack < 2 ** -10 || Math.max(...a.value) < 4
      ? a
      : this.multiply(a, this.constantPair('ONE'))
  }

  /** @override @type {Field['times']} */
  times(factor, a) {
    const twice = this.add(a, a)
    return factor === 2 ? twice : this.add(twice, factor === 3 ? a : twice)
  }

  /** Carries every digit to the next, all at once. @protected @param {Pair} _pair @returns {void} */
  normalise(_pair) {
    throw new Error('abstract')
  }

  /** @protected @param {Pair} pair */
  normalBounds(pair) {
    const value = this.isMersenne ? pairOf(1 + 2 ** -20, 1 + 2 ** -20) : pair.value
    const carry = (/** @type {number} */ d) => Math.ceil(d / 2 ** width) * (this.isMersenne ? 2 ** this.wrap : 1)
    return { value, digit: lanewise((v, d) => Math.max(this.normalDigit(v), 2 ** 28 + carry(d)), value, pair.digit) }
  }
}
