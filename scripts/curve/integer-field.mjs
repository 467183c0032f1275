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
const half = 1n << 28n
const mask = (1n << 29n) - 1n

/** How large a column may become, with what the reduction adds to it. */
const columnLimit = 2 ** 63 - 2 ** 58
/** How large a digit may become in 32 bits, with a carry. */
const digitLimit = 2 ** 31 - 2 ** 29

/**
 * What the two integer kernels write differently for sums of products.
 * @typedef {object} Columns
 * @property {(x: string, y: string) => string} product
 * @property {(x: string, y: string) => string} add
 * @property {(x: string, y: string) => string} subtract
 * @property {(x: string, bits: number) => string} shl
 * @property {(column: string) => { digit: string, carry: string }} split a balanced digit, and the carry
 */

/** @param {import('./curves.mjs').Curve} curve */
export function limbsOf({ terms }) {
  return Math.ceil((terms[0]?.[1] ?? 0) / width)
}

/** What the two integer kernels have in common. */
class IntegerField extends Field {
  /** @param {import('./curves.mjs').Curve} curve */
  constructor(curve) {
    super(curve, width, limbsOf(curve))
    /** Pairs fill whole vectors. */
    this.pairBytes = 16 * Math.ceil(this.limbs / 2)
    this.isMersenne = curve.terms.length === 2
    if (this.isMersenne) this.radix = 1n
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

  /** The same for a multiple. @protected @param {number} factor @param {Pair} a */
  boundsOfMultiple(factor, a) {
    this.limit(digitLimit / factor, a)
    const scale = (/** @type {number} */ x) => factor * x
    return { value: lanewise(scale, a.value), digit: lanewise(scale, a.digit) }
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

  /**
   * The digits after a carry of each to the next.
   * @protected
   * @param {string[]} digits
   * @param {Omit<Columns, 'product' | 'split'> & { carryOf: (x: string) => string }} ops
   */
  carryOn(digits, { add, subtract, shl, carryOf }) {
    const carries = (this.isMersenne ? digits : digits.slice(0, -1)).map(carryOf)
    const last = carries[this.limbs - 1]
    return digits.map((x, k) => {
      const carry = carries[k]
      const into = k > 0 ? carries[k - 1] : last === undefined ? undefined : shl(last, this.wrap)
      const digit = carry === undefined ? x : subtract(x, shl(carry, width))
      return into === undefined ? digit : add(digit, into)
    })
  }

  /**
   * The digits of x y after reduction.
   * @protected
   * @param {Columns} ops
   * @param {string[]} x
   * @param {string[] | undefined} y undefined to square
   */
  digitsOfProduct(ops, x, y) {
    const { limbs: n } = this
    /** What is to be added to columns to come. @type {[sign: number, term: string][][]} */
    const pending = Array.from({ length: 2 * n }, () => [])
    // Columns are summed one after the other, so that few are alive at a time.
    const column = (/** @type {number} */ k) => {
      let sum = this.#column(ops, x, y, k)
      for (const [sign, term] of pending[k] ?? []) {
        if (sum === undefined) sum = sign > 0 ? term : ops.subtract('ZERO', term)
        else sum = sign > 0 ? ops.add(sum, term) : ops.subtract(sum, term)
      }
      return sum ?? ''
    }
    const add = (/** @type {number} */ k, /** @type {string} */ term, sign = 1) => pending[k]?.push([sign, term])
    /** @type {string[]} */
    const digits = []
    if (this.isMersenne) {
      for (let k = 0; k < n; k++) {
        if (k < n - 1) add(k, ops.shl(column(k + n), this.wrap))
        const { digit, carry } = ops.split(column(k))
        digits.push(digit)
        if (k < n - 1) add(k + 1, carry)
        else digits[0] = ops.add(digits[0] ?? '', ops.shl(carry, this.wrap))
      }
      const { digit, carry } = ops.split(digits[0] ?? '')
      digits[0] = digit
      digits[1] = ops.add(digits[1] ?? '', carry)
      return digits
    }
    for (let i = 0; i < n; i++) {
      const { digit: m, carry } = ops.split(column(i))
      add(i + 1, carry)
      for (const [sign, bit] of this.terms.toReversed()) {
        const shift = bit % width
        if (bit > 0) add(i + Math.floor(bit / width), shift === 0 ? m : ops.shl(m, shift), sign)
      }
    }
    for (let k = n; k < 2 * n - 1; k++) {
      const { digit, carry } = ops.split(column(k))
      digits.push(digit)
      add(k + 1, carry)
    }
    return [...digits, column(2 * n - 1)]
  }

  /** @param {Columns} ops @param {string[]} x @param {string[] | undefined} y @param {number} k */
  #column(ops, x, y, k) {
    const { limbs: n } = this
    /** @type {string | undefined} */
    let sum
    const add = (/** @type {string} */ term) => (sum = sum === undefined ? term : ops.add(sum, term))
    if (y !== undefined) {
      for (let i = Math.max(0, k - n + 1); i <= Math.min(n - 1, k); i++) add(ops.product(x[i] ?? '', y[k - i] ?? ''))
      return sum
    }
    for (let i = Math.max(0, k - n + 1); 2 * i < k; i++) if (k - i < n) add(ops.product(x[i] ?? '', x[k - i] ?? ''))
    if (sum !== undefined) sum = ops.shl(sum, 1)
    if (k % 2 === 0 && k / 2 < n) add(ops.product(x[k / 2] ?? '', x[k / 2] ?? ''))
    return sum
  }
}

/**
 * For SIMD (i64x2.extmul): a digit of both elements is the lanes 0 and 1 of a vector of 32-bit integers; in memory they
 * are 8 bytes.
 *
 * @typedef {Pair & { lanes: string[] }} VectorPair
 */
export class SimdField extends IntegerField {
  /** @override @type {Field['load']} */
  load(pointer, index, { value, digit }) {
    const lanes = this.#each((k) =>
      this.writer.let(`v128.load64_zero(${pointer}, ${String(index * this.pairBytes + 8 * k)})`),
    )
    return /** @type {VectorPair} */ ({ value, digit, lanes })
  }

  /** @override @type {Field['store']} */
  store(pointer, pair, index = 0) {
    const { lanes } = this.#vector(pair)
    lanes.forEach((x, k) =>
      this.writer.do(`v128.store64_lane(${pointer}, ${x}, 0, ${String(index * this.pairBytes + 8 * k)})`),
    )
    return pair
  }

  /** @override @type {Field['add']} */
  add(a, b) {
    return this.#sum('add', a, b)
  }

  /** @override @type {Field['subtract']} */
  subtract(a, b) {
    return this.#sum('sub', a, b)
  }

  /** @override @type {Field['times']} */
  times(factor, a) {
    if (factor === 3) return this.add(this.times(2, a), a)
    const bits = String(factor / 2)
    const bounds = this.boundsOfMultiple(factor, a)
    const lanes = this.#vector(a).lanes.map((x) => this.writer.let(`i32x4.shl(${x}, ${bits})`))
    return /** @type {VectorPair} */ ({ ...bounds, lanes })
  }

  /** @override @type {Field['pick']} */
  pick(a, i, b, j) {
    // Lanes 2 and 3 are never read: they are chosen so that engines find one instruction.
    const order =
      a === b ? [i, j, 2, 3] : i === 0 && j === 1 ? [0, 5, 2, 7] : i === 0 ? [0, 4, 1, 5] : [i, 4 + j, i, 4 + j]
    const [x, y] = [this.#vector(a).lanes, this.#vector(b).lanes]
    const lanes = this.#each((k) =>
      this.writer.let(`v128.shuffle<i32>(${x[k] ?? ''}, ${y[k] ?? ''}, ${order.join(', ')})`),
    )
    return /** @type {VectorPair} */ ({
      value: pairOf(a.value[i], b.value[j]),
      digit: pairOf(a.digit[i], b.digit[j]),
      lanes,
    })
  }

  /** @override @type {Field['multiply']} */
  multiply(a, b) {
    const { writer: w } = this
    const bounds = this.prepareProduct(a, b)
    const [x, y] = [this.#vector(a).lanes, a === b ? undefined : this.#vector(b).lanes]
    if (this.inlineProducts) return /** @type {VectorPair} */ ({ ...bounds, lanes: this.#product(x, y) })
    const { pairBytes } = this
    x.forEach((digit, k) => w.do(`v128.store64_lane(SCRATCH, ${digit}, 0, ${String(8 * k)})`))
    y?.forEach((digit, k) => w.do(`v128.store64_lane(SCRATCH, ${digit}, 0, ${String(pairBytes + 8 * k)})`))
    w.do(y === undefined ? 'squareOfScratch()' : 'productOfScratch()')
    return this.load('SCRATCH', 2, bounds)
  }

  /** Writes the functions that products call: operands and results pass through memory. */
  writeCallees() {
    const { writer: w, pairBytes } = this
    const x = (/** @type {number} */ index) =>
      this.#each((k) => w.let(`v128.load64_zero(SCRATCH, ${String(index * pairBytes + 8 * k)})`))
    const write = (/** @type {string[]} */ digits) =>
      digits.forEach((digit, k) => w.do(`v128.store64_lane(SCRATCH, ${digit}, 0, ${String(2 * pairBytes + 8 * k)})`))
    w.function('productOfScratch', '', 'The product of the first two pairs of the scratch: the third.', () =>
      write(this.#product(x(0), x(1))),
    )
    w.function('squareOfScratch', '', 'The square of the first pair of the scratch: the third.', () =>
      write(this.#product(x(0), undefined)),
    )
  }

  /** @param {string[]} x @param {string[] | undefined} y */
  #product(x, y) {
    const { writer: w } = this
    const [bias, carryOfBias] = [(1n << 63n) + half, 1n << 34n]
    const constant = (/** @type {bigint} */ value) => w.constant(value)
    /** @type {Columns} */
    const ops = {
      product: (p, q) => w.let(`i64x2.extmul_low_i32x4_s(${p}, ${q})`),
      add: (p, q) => w.let(`i64x2.add(${p}, ${q})`),
      subtract: (p, q) => w.let(`i64x2.sub(${p === 'ZERO' ? w.load(0n) : p}, ${q})`),
      shl: (p, bits) => w.let(`i64x2.shl(${p}, ${String(bits)})`),
      // Shifts of 64 bits are unsigned: columns are made positive by 2^63, of which the carry is freed again.
      split: (column) => {
        const u = w.let(`i64x2.add(${column}, ${constant(bias)})`)
        const digit = w.let(`i64x2.sub(v128.and(${u}, ${constant(mask)}), ${constant(half)})`)
        return { digit, carry: w.let(`i64x2.sub(i64x2.shr_u(${u}, 29), ${constant(carryOfBias)})`) }
      },
    }
    return this.digitsOfProduct(ops, x, y).map((digit) => w.let(`v128.shuffle<i32>(${digit}, ${digit}, 0, 2, 0, 2)`))
  }

  /** @override @type {IntegerField['normalise']} */
  normalise(pair) {
    const { writer: w } = this
    const halves = w.constant((half << 32n) | half)
    const lanes = this.carryOn(this.#vector(pair).lanes, {
      add: (x, y) => w.let(`i32x4.add(${x}, ${y})`),
      subtract: (x, y) => w.let(`i32x4.sub(${x}, ${y})`),
      shl: (x, bits) => w.let(`i32x4.shl(${x}, ${String(bits)})`),
      carryOf: (x) => w.let(`i32x4.shr_s(i32x4.add(${x}, ${halves}), 29)`),
    })
    Object.assign(pair, this.normalBounds(pair), { lanes })
  }

  /** @param {'add' | 'sub'} op @param {Pair} a @param {Pair} b */
  #sum(op, a, b) {
    const bounds = this.boundsOfSum(a, b)
    const [x, y] = [this.#vector(a).lanes, this.#vector(b).lanes]
    const lanes = this.#each((k) => this.writer.let(`i32x4.${op}(${x[k] ?? ''}, ${y[k] ?? ''})`))
    return /** @type {VectorPair} */ ({ ...bounds, lanes })
  }

  /** @param {Pair} pair */
  #vector(pair) {
    return /** @type {VectorPair} */ (pair)
  }

  /**
   * @template T
   * @param {(k: number) => T} f
   */
  #each(f) {
    return Array.from({ length: this.limbs }, (_, k) => f(k))
  }
}

/**
 * Without SIMD: 64-bit integers, a product for each element. Memory is as for SIMD.
 *
 * @typedef {Pair & { lanes: readonly [string[], string[]] }} ScalarPair
 */
export class ScalarField extends IntegerField {
  /** @override @type {Field['load']} */
  load(pointer, index, { value, digit }) {
    const lane = (/** @type {number} */ i) => this.#digits(pointer, index * this.pairBytes + 4 * i)
    return /** @type {ScalarPair} */ ({ value, digit, lanes: [lane(0), lane(1)] })
  }

  /** @override @type {Field['store']} */
  store(pointer, pair, index = 0) {
    this.#lanes(pair).forEach((digits, i) =>
      digits.forEach((x, k) =>
        this.writer.do(`store<i32>(${pointer}, <i32>${x}, ${String(index * this.pairBytes + 8 * k + 4 * i)})`),
      ),
    )
    return pair
  }

  /** @override @type {Field['add']} */
  add(a, b) {
    return this.#sum('+', a, b)
  }

  /** @override @type {Field['subtract']} */
  subtract(a, b) {
    return this.#sum('-', a, b)
  }

  /** @override @type {Field['times']} */
  times(factor, a) {
    const bounds = this.boundsOfMultiple(factor, a)
    const [low, high] = this.#lanes(a).map((digits) => digits.map((x) => this.writer.let(`${x} * ${String(factor)}`)))
    return /** @type {ScalarPair} */ ({ ...bounds, lanes: [low, high] })
  }

  /** @override @type {Field['pick']} */
  pick(a, i, b, j) {
    const lanes = /** @type {const} */ ([this.#lanes(a)[i], this.#lanes(b)[j]])
    return /** @type {ScalarPair} */ ({
      value: pairOf(a.value[i], b.value[j]),
      digit: pairOf(a.digit[i], b.digit[j]),
      lanes,
    })
  }

  /** @override @type {Field['multiply']} */
  multiply(a, b) {
    const bounds = this.prepareProduct(a, b)
    this.store('SCRATCH', a, 0)
    if (a !== b) this.store('SCRATCH', b, 1)
    this.writer.do(a === b ? 'squareOfScratch()' : 'productOfScratch()')
    return this.load('SCRATCH', 2, bounds)
  }

  /** Writes the functions that products call: operands and results pass through memory. */
  writeCallees() {
    const { writer: w, pairBytes } = this
    const lane = (/** @type {boolean} */ square) => {
      const digits = this.#product(this.#digits('lane', 0), square ? undefined : this.#digits('lane', pairBytes))
      digits.forEach((x, k) => w.do(`store<i32>(lane, <i32>${x}, ${String(2 * pairBytes + 8 * k)})`))
    }
    w.function('productOfLane', 'lane: usize', 'One lane of `productOfScratch`.', () => lane(false))
    w.function('squareOfLane', 'lane: usize', 'One lane of `squareOfScratch`.', () => lane(true))
    const both = (/** @type {string} */ callee) =>
      [0, 4].forEach((offset) => w.do(`${callee}(SCRATCH + ${String(offset)})`))
    w.function('productOfScratch', '', 'The product of the first two pairs of the scratch: the third.', () =>
      both('productOfLane'),
    )
    w.function('squareOfScratch', '', 'The square of the first pair of the scratch: the third.', () =>
      both('squareOfLane'),
    )
  }

  /** @param {string[]} x @param {string[] | undefined} y */
  #product(x, y) {
    const { writer: w } = this
    return this.digitsOfProduct(
      {
        product: (p, q) => `${p} * ${q}`,
        add: (p, q) => w.let(`${p} + ${q}`),
        subtract: (p, q) => w.let(`${p === 'ZERO' ? '0' : p} - ${q}`),
        shl: (p, bits) => w.let(`${p} << ${String(bits)}`),
        split: (column) => {
          const u = w.let(`${column} + ${String(half)}`)
          return { digit: w.let(`(${u} & ${String(mask)}) - ${String(half)}`), carry: w.let(`${u} >> 29`) }
        },
      },
      x,
      y,
    )
  }

  /** @override @type {IntegerField['normalise']} */
  normalise(pair) {
    const { writer: w } = this
    const lanes = this.#lanes(pair).map((digits) =>
      this.carryOn(digits, {
        add: (x, y) => w.let(`${x} + ${y}`),
        subtract: (x, y) => w.let(`${x} - ${y}`),
        shl: (x, bits) => w.let(`${x} << ${String(bits)}`),
        carryOf: (x) => w.let(`(${x} + ${String(half)}) >> 29`),
      }),
    )
    Object.assign(pair, this.normalBounds(pair), { lanes })
  }

  /** @param {'+' | '-'} op @param {Pair} a @param {Pair} b */
  #sum(op, a, b) {
    const bounds = this.boundsOfSum(a, b)
    const lane = (/** @type {0 | 1} */ i) => {
      const [x, y] = [this.#lanes(a)[i], this.#lanes(b)[i]]
      return x.map((digit, k) => this.writer.let(`${digit} ${op} ${y[k] ?? ''}`))
    }
    return /** @type {ScalarPair} */ ({ ...bounds, lanes: [lane(0), lane(1)] })
  }

  /** @param {string} pointer @param {number} offset */
  #digits(pointer, offset) {
    return Array.from({ length: this.limbs }, (_, k) =>
      this.writer.let(`<i64>load<i32>(${pointer}, ${String(offset + 8 * k)})`),
    )
  }

  /** @param {Pair} pair */
  #lanes(pair) {
    return /** @type {ScalarPair} */ (pair).lanes
  }
}
