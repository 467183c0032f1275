import { pairOf } from './field.mjs'
import { half, IntegerField, mask, width } from './integer-field.mjs'

/** @typedef {import('./field.mjs').Field} Field */
/** @typedef {import('./field.mjs').Pair} Pair */

/**
 * The code for sums of products.
 * @typedef {object} Columns
 * @property {(x: string, y: string) => string} product
 * @property {(x: string, y: string) => string} add
 * @property {(x: string, y: string) => string} subtract
 * @property {(x: string, bits: number) => string} shl
 * @property {(column: string) => { digit: string, carry: string }} split a balanced digit, and the carry
 */

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
  /** Pairs of the scratch that the present function works in, and the most of any. */
  #slots = 0
  #mostSlots = 0
  /** Copies to what a function stores; they come last, since that may be what it loads. @type {string[]} */
  #copies = []

  /** A pointer to room for a pair. */
  #slot() {
    this.#mostSlots = Math.max(this.#mostSlots, this.#slots + 1)
    return this.pointerTo('SCRATCH', this.#slots++)
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

  /** @override @type {Field['load']} */
  load(pointer, index, { value, digit }) {
    return /** @type {VectorPair} */ ({ value, digit, pointer: this.pointerTo(pointer, index) })
  }

  /** @override @type {Field['store']} */
  store(pointer, pair, index = 0) {
    this.prepareStore(pair)
    const { vectors } = /** @type {VectorPair} */ (pair)
    if (vectors === undefined) this.#copies.push(`copyPair(${this.pointerTo(pointer, index)}, ${this.#pointer(pair)})`)
    else
      vectors.forEach((x, i) =>
        this.#copies.push(`v128.store(${pointer}, ${x}, ${String(index * this.pairBytes + 16 * i)})`),
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
    return this.#digitsOfProduct(ops, x, y)
  }

  /**
   * The digits of x y after reduction.
   * @param {Columns} ops
   * @param {string[]} x
   * @param {string[] | undefined} y undefined to square
   */
  #digitsOfProduct(ops, x, y) {
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
    const pointer = this.#slot()
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
    const pointer = this.#slot()
    this.writer.do(`${operation}(${[pointer, ...operands.map((operand) => this.#pointer(operand))].join(', ')})`)
    return /** @type {VectorPair} */ ({ ...bounds, pointer })
  }
}
