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
 * The code for sums of products, which differs between the two integer kernels.
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

/** The part that the two integer kernels share. */
class IntegerField extends Field {
  /** @param {import('./curves.mjs').Curve} curve */
  constructor(curve) {
    super(curve, width, limbsOf(curve))
    /** Pairs fill whole vectors. */
    this.pairBytes = 16 * Math.ceil(this.limbs / 2)
    this.isMersenne = curve.terms.length === 2
    if (this.isMersenne) this.radix = 1n
  }

  /** Pairs of the scratch that the present function works in, and the most of any. */
  #slots = 0
  #mostSlots = 0
  /** Copies to what a function stores; they come last, since that may be what it loads. @type {string[]} */
  #copies = []

  /** A pointer to room for a pair. @protected */
  slot() {
    this.#mostSlots = Math.max(this.#mostSlots, this.#slots + 1)
    return this.pointerTo('SCRATCH', this.#slots++)
  }

  /** @protected @param {string} pointer @param {number} index */
  pointerTo(pointer, index) {
    return index === 0 ? pointer : `${pointer} + ${String(index * this.pairBytes)}`
  }

  /** @protected @param {string} statement */
  copyAtEnd(statement) {
    this.#copies.push(statement)
  }

  /** @override */
  finish() {
    for (const copy of this.#copies.splice(0)) this.writer.do(copy)
    this.#slots = 0
  }

  /** Bytes of `SCRATCH`. */
  get scratchBytes() {
    return this.#mostSlots * this.pairBytes
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

  /**
   * The digits of x y after reduction.
   * @protected
   * @param {Columns} ops
   * @param {string[]} x
   * @param {string[] | undefined} y undefined to square
   */
  digitsOfProduct(ops, x, y) {
    const { limbs: n } = this
    /** The terms to be added to later columns. @type {[sign: number, term: string][][]} */
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
 * The operations on all vectors of two pairs. @type {Readonly<Record<'addPairs' | 'subtractPairs' | 'pick00' | 'pick01' |
 * 'pick10' | 'pick11', (x: string, y: string) => string>>}
 */
const vectorwise = {
  addPairs: (x, y) => `i32x4.add(${x}, ${y})`,
  subtractPairs: (x, y) => `i32x4.sub(${x}, ${y})`,
  pick00: (x, y) => `v128.shuffle<i32>(${x}, ${y}, 0, 4, 2, 6)`,
  pick01: (x, y) => `v128.shuffle<i32>(${x}, ${y}, 0, 5, 2, 7)`,
  pick10: (x, y) => `v128.shuffle<i32>(${x}, ${y}, 1, 4, 3, 6)`,
  pick11: (x, y) => `v128.shuffle<i32>(${x}, ${y}, 1, 5, 3, 7)`,
}

/**
 * For SIMD (i64x2.extmul). In memory the digits of a pair are 32-bit integers side by side, so that a vector holds two
 * of each element. Formulas are calls that take and leave pairs in memory: they are short, and the calls cost little
 * beside the products.
 *
 * A pair is in memory, in locals or in both; what is missing is made when it is needed.
 * @typedef {Pair & { pointer?: string, vectors?: string[] }} VectorPair
 */
export class SimdField extends IntegerField {
  /** Whether sums and picks are written where they are used, rather than called. */
  inlineSums = false
  /** @override @type {Field['load']} */
  load(pointer, index, { value, digit }) {
    return /** @type {VectorPair} */ ({ value, digit, pointer: this.pointerTo(pointer, index) })
  }

  /** @override @type {Field['store']} */
  store(pointer, pair, index = 0) {
    this.prepareStore(pair)
    const { vectors } = /** @type {VectorPair} */ (pair)
    if (vectors === undefined) this.copyAtEnd(`copyPair(${this.pointerTo(pointer, index)}, ${this.#pointer(pair)})`)
    else
      vectors.forEach((x, i) =>
        this.copyAtEnd(`v128.store(${pointer}, ${x}, ${String(index * this.pairBytes + 16 * i)})`),
      )
    return pair
  }

  /** @override @type {Field['add']} */
  add(a, b) {
    return this.#apply('addPairs', this.boundsOfSum(a, b), a, b)
  }

  /** @override @type {Field['subtract']} */
  subtract(a, b) {
    return this.#apply('subtractPairs', this.boundsOfSum(a, b), a, b)
  }

  /** @override @type {Field['pick']} */
  pick(a, i, b, j) {
    const bounds = { value: pairOf(a.value[i], b.value[j]), digit: pairOf(a.digit[i], b.digit[j]) }
    return this.#apply(`pick${String(i)}${String(j)}`, bounds, a, b)
  }

  /** @override @type {Field['multiply']} */
  multiply(a, b) {
    const bounds = this.prepareProduct(a, b)
    return a === b ? this.#call('square', bounds, a) : this.#call('multiply', bounds, a, b)
  }

  /** @override @type {IntegerField['normalise']} */
  normalise(pair) {
    Object.assign(pair, { vectors: undefined }, this.#call('normalise', this.normalBounds(pair), pair))
  }

  /** Writes what the formulas call. */
  writeProducts() {
    const { writer: w, limbs: n } = this
    const [unary, binary] = ['dst: usize, a: usize', 'dst: usize, a: usize, b: usize']
    const vectors = this.#each((i) => i)
    const loaded = (/** @type {string} */ pointer, /** @type {number} */ i) =>
      `v128.load(${pointer}, ${String(16 * i)})`
    const store = (/** @type {number} */ i, /** @type {string} */ x) => w.do(`v128.store(dst, ${x}, ${String(16 * i)})`)
    this.define('copyPair', unary, 'dst = a.', () => vectors.forEach((i) => store(i, loaded('a', i))))
    for (const operation of /** @type {(keyof typeof vectorwise)[]} */ (Object.keys(vectorwise))) {
      this.define(operation, binary, 'What its name says, dst of a and b.', () =>
        vectors.forEach((i) => store(i, vectorwise[operation](loaded('a', i), loaded('b', i)))),
      )
    }
    this.define('normalise', unary, 'dst = a with every digit carried to the next, all at once.', () => {
      const x = vectors.map((i) => w.let(loaded('a', i)))
      const carries = vectors.map((i) => {
        const carry = w.let(`i32x4.shr_s(i32x4.add(${x[i] ?? ''}, ${w.constant((half << 32n) | half)}), 29)`)
        // The topmost digit keeps what it has, unless it wraps around.
        if (this.isMersenne || 2 * i + 1 < n - 1) return carry
        return 2 * i < n - 1 ? w.let(`v128.and(${carry}, ${w.constant(-1n, 0n)})`) : undefined
      })
      vectors.forEach((i) => {
        const [carry, before] = [carries[i], carries[i - 1]]
        const none = w.load(0n)
        const wrapped = this.isMersenne ? w.let(`i32x4.shl(${carries.at(-1) ?? ''}, ${String(this.wrap)})`) : none
        const digit = carry === undefined ? (x[i] ?? '') : w.let(`i32x4.sub(${x[i] ?? ''}, i32x4.shl(${carry}, 29))`)
        const into = w.let(`v128.shuffle<i32>(${i === 0 ? wrapped : (before ?? none)}, ${carry ?? none}, 2, 3, 4, 5)`)
        store(i, w.let(`i32x4.add(${digit}, ${into})`))
      })
    })
    const digits = (/** @type {string} */ pointer) =>
      Array.from({ length: n }, (_, k) => w.let(`v128.load64_zero(${pointer}, ${String(8 * k)})`))
    const write = (/** @type {string[]} */ columns) =>
      vectors.forEach((i) => {
        const [low, high] = [columns[2 * i] ?? '', columns[2 * i + 1] ?? w.load(0n)]
        store(i, w.let(`v128.shuffle<i32>(${low}, ${high}, 0, 2, 4, 6)`))
      })
    this.define('multiply', binary, 'dst = [a_0 b_0, a_1 b_1].', () => write(this.#product(digits('a'), digits('b'))))
    this.define('square', unary, 'dst = [a_0^2, a_1^2].', () => write(this.#product(digits('a'), undefined)))
    this.observeProducts()
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
    return this.digitsOfProduct(ops, x, y)
  }

  /**
   * An operation on all digits alike, which leaves its result in a new pair.
   * @param {string} operation
   * @param {{ value: readonly [number, number], digit: readonly [number, number] }} bounds
   * @param {Pair} a
   * @param {Pair} b
   */
  #apply(operation, bounds, a, b) {
    if (!this.inlineSums) return this.#call(operation, bounds, a, b)
    const [x, y] = [this.#vectors(a), this.#vectors(b)]
    const vectors = x.map((vector, i) =>
      this.writer.let(vectorwise[/** @type {keyof typeof vectorwise} */ (operation)](vector, y[i] ?? '')),
    )
    return /** @type {VectorPair} */ ({ ...bounds, vectors })
  }

  /** @param {Pair} pair */
  #vectors(pair) {
    const known = /** @type {VectorPair} */ (pair)
    return (known.vectors ??= this.#each((i) =>
      this.writer.let(`v128.load(${known.pointer ?? ''}, ${String(16 * i)})`),
    ))
  }

  /** @param {Pair} pair */
  #pointer(pair) {
    const known = /** @type {VectorPair} */ (pair)
    if (known.pointer !== undefined) return known.pointer
    const pointer = this.slot()
    known.vectors?.forEach((x, i) => this.writer.do(`v128.store(${pointer}, ${x}, ${String(16 * i)})`))
    return (known.pointer = pointer)
  }

  /**
   * @template T
   * @param {(i: number) => T} f for each vector of a pair
   */
  #each(f) {
    return Array.from({ length: this.pairBytes / 16 }, (_, i) => f(i))
  }

  /**
   * Calls an operation that leaves its result in a new pair.
   * @param {string} operation
   * @param {{ value: readonly [number, number], digit: readonly [number, number] }} bounds
   * @param {Pair[]} operands
   */
  #call(operation, bounds, ...operands) {
    const pointer = this.slot()
    this.writer.do(`${operation}(${[pointer, ...operands.map((operand) => this.#pointer(operand))].join(', ')})`)
    return /** @type {VectorPair} */ ({ ...bounds, pointer })
  }
}

/**
 * Without SIMD: 64-bit integers. Memory is as for SIMD; formulas are calls on single elements, of which only those are
 * computed that something depends on.
 *
 * @typedef {Pair & { lanes: readonly [() => string, () => string] }} ScalarPair lanes: computes an element, points at it
 */
export class ScalarField extends IntegerField {
  /** @override @type {Field['load']} */
  load(pointer, index, { value, digit }) {
    const at = this.pointerTo(pointer, index)
    return /** @type {ScalarPair} */ ({ value, digit, lanes: [() => at, () => `${at} + 4`] })
  }

  /** @override @type {Field['store']} */
  store(pointer, pair, index = 0) {
    this.prepareStore(pair)
    this.#lanes(pair).forEach((lane, i) => {
      const at = this.pointerTo(pointer, index)
      this.copyAtEnd(`copyElement(${i === 0 ? at : `${at} + 4`}, ${lane()})`)
    })
    return pair
  }

  /** @override @type {Field['add']} */
  add(a, b) {
    return this.#call('addElements', this.boundsOfSum(a, b), a, b)
  }

  /** @override @type {Field['subtract']} */
  subtract(a, b) {
    return this.#call('subtractElements', this.boundsOfSum(a, b), a, b)
  }

  /** @override @type {Field['pick']} */
  pick(a, i, b, j) {
    const lanes = /** @type {const} */ ([this.#lanes(a)[i], this.#lanes(b)[j]])
    const bounds = { value: pairOf(a.value[i], b.value[j]), digit: pairOf(a.digit[i], b.digit[j]) }
    return /** @type {ScalarPair} */ ({ ...bounds, lanes })
  }

  /** @override @type {Field['multiply']} */
  multiply(a, b) {
    const bounds = this.prepareProduct(a, b)
    return this.#call('multiplyElements', bounds, a, b)
  }

  /** @override @type {IntegerField['normalise']} */
  normalise(pair) {
    Object.assign(pair, this.#call('normaliseElement', this.normalBounds(pair), pair))
  }

  /** Writes what the formulas call. */
  writeProducts() {
    const { writer: w, limbs: n } = this
    const [unary, binary] = ['dst: usize, a: usize', 'dst: usize, a: usize, b: usize']
    const at = (/** @type {string} */ pointer, /** @type {number} */ k) =>
      `<i64>load<i32>(${pointer}, ${String(8 * k)})`
    const digits = (/** @type {string} */ pointer) => Array.from({ length: n }, (_, k) => w.let(at(pointer, k)))
    const write = (/** @type {string[]} */ values) =>
      values.forEach((x, k) => w.do(`store<i32>(dst, <i32>(${x}), ${String(8 * k)})`))
    const inLoop = (/** @type {string} */ expression) => () =>
      w.do(`for (let k: usize = 0; k < ${String(8 * n)}; k += 8) store<i32>(dst + k, ${expression})`)
    this.define('copyElement', unary, 'dst = a.', inLoop('load<i32>(a + k)'))
    this.define('addElements', binary, 'dst = a + b.', inLoop('load<i32>(a + k) + load<i32>(b + k)'))
    this.define('subtractElements', binary, 'dst = a - b.', inLoop('load<i32>(a + k) - load<i32>(b + k)'))
    this.define('normaliseElement', unary, 'dst = a with every digit carried to the next, all at once.', () => {
      const x = digits('a')
      const carries = (this.isMersenne ? x : x.slice(0, -1)).map((digit) => w.let(`(${digit} + ${String(half)}) >> 29`))
      const wrapped = this.isMersenne ? `(${carries.at(-1) ?? ''} << ${String(this.wrap)})` : '0'
      write(
        x.map((digit, k) => {
          const carry = carries[k]
          return `${digit} - ${carry === undefined ? '0' : `(${carry} << 29)`} + ${k === 0 ? wrapped : (carries[k - 1] ?? '0')}`
        }),
      )
    })
    this.define('multiplyElements', binary, 'dst = a b.', () => write(this.#product(digits('b'))))
    this.define('multiply', binary, 'dst = [a_0 b_0, a_1 b_1].', () => {
      w.do('multiplyElements(dst, a, b)')
      w.do('multiplyElements(dst + 4, a + 4, b + 4)')
    })
    this.define('square', unary, 'dst = [a_0^2, a_1^2].', () => w.do('multiply(dst, a, a)'))
    this.observeProducts()
  }

  /**
   * The digits of the product with the element at `a`, digit by digit of that, in a loop: columns move on by one in each turn.
   * @param {string[]} y
   */
  #product(y) {
    const { writer: w, limbs: n } = this
    const indices = y.map((_, k) => k)
    const rows = indices.map((k) => `c${String(k)} += x * ${y[k] ?? ''}`)
    for (const k of indices) w.do(`let c${String(k)}: i64 = 0`)
    if (this.isMersenne) {
      // From the top: each turn multiplies by 2^29, and what leaves at the top comes back in.
      w.do(`for (let i: i32 = ${String(8 * (n - 1))}; i >= 0; i -= 8) {`)
      w.do(`  const x = <i64>load<i32>(a + i), top = c${String(n - 1)} << ${String(this.wrap)}`)
      for (const k of indices.slice(1).reverse()) w.do(`  c${String(k)} = c${String(k - 1)}`)
      w.do('  c0 = top')
      for (const row of rows) w.do(`  ${row}`)
      w.do('}')
    } else {
      // From the low end: each turn adds a multiple m of p that makes the lowest column vanish, and divides by 2^29.
      w.do(`for (let i: i32 = 0; i < ${String(8 * n)}; i += 8) {`)
      w.do('  const x = <i64>load<i32>(a + i)')
      for (const row of rows) w.do(`  ${row}`)
      w.do(`  const u = c0 + ${String(half)}, m = (u & ${String(mask)}) - ${String(half)}`)
      for (const k of indices.slice(1)) w.do(`  c${String(k - 1)} = c${String(k)}${k === 1 ? ' + (u >> 29)' : ''}`)
      w.do(`  c${String(n - 1)} = 0`)
      for (const [sign, bit] of this.terms) {
        const [k, shift] = [Math.floor(bit / width) - 1, bit % width]
        if (bit > 0) w.do(`  c${String(k)} ${sign > 0 ? '+=' : '-='} m << ${String(shift)}`)
      }
      w.do('}')
    }
    const split = (/** @type {string} */ column) => {
      const u = w.let(`${column} + ${String(half)}`)
      return { digit: w.let(`(${u} & ${String(mask)}) - ${String(half)}`), carry: `(${u} >> 29)` }
    }
    let carry = '0'
    const digits = indices.map((k) => {
      const column = w.let(`c${String(k)} + ${carry}`)
      if (k === n - 1 && !this.isMersenne) return column
      const parts = split(column)
      carry = parts.carry
      return parts.digit
    })
    if (this.isMersenne) {
      const lowest = split(w.let(`${digits[0] ?? ''} + (${carry} << ${String(this.wrap)})`))
      digits[0] = lowest.digit
      digits[1] = w.let(`${digits[1] ?? ''} + ${lowest.carry}`)
    }
    return digits
  }

  /**
   * Calls an operation for each element, once that is needed.
   * @param {string} operation
   * @param {{ value: readonly [number, number], digit: readonly [number, number] }} bounds
   * @param {Pair[]} operands
   */
  #call(operation, bounds, ...operands) {
    const lanes = operands.map((operand) => this.#lanes(operand))
    const lane = (/** @type {0 | 1} */ i) => {
      /** @type {string | undefined} */
      let pointer
      return () => {
        if (pointer !== undefined) return pointer
        const inputs = lanes.map((lanesOfOperand) => lanesOfOperand[i]())
        pointer = this.slot()
        this.writer.do(`${operation}(${[pointer, ...inputs].join(', ')})`)
        return pointer
      }
    }
    return /** @type {ScalarPair} */ ({ ...bounds, lanes: [lane(0), lane(1)] })
  }

  /** @param {Pair} pair */
  #lanes(pair) {
    return /** @type {ScalarPair} */ (pair).lanes
  }
}
