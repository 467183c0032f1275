import { lanewise, pairOf } from './field.mjs'
import { digitLimit, half, IntegerField, mask, width } from './integer-field.mjs'

/** @typedef {import('./field.mjs').Field} Field */
/** @typedef {import('./field.mjs').Pair} Pair */

/** The instructions of formulas, and the numbers of elements, as `assembly/curve/formula.ts` has them. */
const codes = { end: 0, multiply: 1, normalise: 2, square: 3, copy: 4, combine: 9 }
const numberOf = { ONE: 0, CURVE_B: 2, p: 4, q: 8, results: 14 }
/** Pairs of working memory before the results. */
const pairsBeforeResults = 5

/**
 * Without SIMD: 64-bit integers. Memory is as for SIMD. This kernel is for old engines, where its size counts more than
 * its speed: a formula is a table of instructions on single elements, of those alone that something depends on.
 *
 * An element is made when it is needed: its lane returns its number. A small multiple is not made if it is only added to
 * something: `multiple` says of what it is one.
 *
 * @typedef {() => number} Lane
 * @typedef {Pair & { lanes: readonly [Lane, Lane], multiple?: { factor: number, of: Pair } }} ScalarPair
 */
export class ScalarField extends IntegerField {
  /** What the instructions of the present formula do, and their octets. @type {string[]} */
  #instructions = []
  /** @type {string[]} */
  #octets = []
  /** What the present formula stores. @type {Lane[]} */
  #stored = []
  /** Pairs of the present formula's q. */
  #pairsOfQ = 0
  /** The most instructions of a formula. */
  #mostResults = 0

  /** @override @type {Field['define']} */
  define(name, parameters, comment, body) {
    body()
    const stored = this.#stored.splice(0).map((lane) => lane())
    for (const number of stored) this.#instruct(codes.copy, `dst = ${String(number)}`, [number])
    this.#mostResults = Math.max(this.#mostResults, this.#instructions.length)
    const lines = this.#instructions.map(
      (what, i) => `${this.#octets[i] ?? ''}, // ${String(numberOf.results + i)}: ${what}`,
    )
    const table = [`${String(this.#pairsOfQ)},`, ...lines, `${String(codes.end)},`]
      .map((line) => `    ${line}`)
      .join('\n')
    ;[this.#instructions, this.#octets, this.#pairsOfQ] = [[], [], 0]
    const [dst, p, q = p] = parameters.split(', ').map((parameter) => parameter.split(':')[0])
    this.writer.function(name, parameters, comment, () => {
      this.writer.do(`run(memory.data<u8>([\n${table}\n  ], 1), ${[dst, p, q].join(', ')})`)
    })
  }

  /** Bytes of `SCRATCH`. */
  get scratchBytes() {
    return (pairsBeforeResults + Math.ceil(this.#mostResults / 2)) * this.pairBytes
  }

  /** Where the columns of a product are. */
  get #columns() {
    return this.pointerTo('SCRATCH', pairsBeforeResults - 1)
  }

  /** @override @type {Field['load']} */
  load(pointer, index, { value, digit }) {
    if (pointer === 'q') this.#pairsOfQ = Math.max(this.#pairsOfQ, index + 1)
    const at = numberOf[/** @type {keyof typeof numberOf} */ (pointer)] + 2 * index
    return /** @type {ScalarPair} */ ({ value, digit, lanes: [() => at, () => at + 1] })
  }

  /** @override @type {Field['store']} */
  store(_, pair) {
    this.prepareStore(pair)
    this.#stored.push(...lanesOf(pair))
    return pair
  }

  /** @override @type {Field['add']} */
  add(a, b) {
    return this.#combine(a, 1, b, this.boundsOfSum(a, b))
  }

  /** @override @type {Field['subtract']} */
  subtract(a, b) {
    return this.#combine(a, -1, b, this.boundsOfSum(a, b))
  }

  /** @override @type {Field['times']} */
  times(factor, a) {
    this.limit(digitLimit / factor, a)
    const multiple = (/** @type {number} */ x) => factor * x
    const bounds = { value: lanewise(multiple, a.value), digit: lanewise(multiple, a.digit) }
    return /** @type {ScalarPair} */ ({ ...this.#combine(a, factor - 1, a, bounds), multiple: { factor, of: a } })
  }

  /** @override @type {Field['pick']} */
  pick(a, i, b, j) {
    const lanes = /** @type {const} */ ([lanesOf(a)[i], lanesOf(b)[j]])
    const bounds = { value: pairOf(a.value[i], b.value[j]), digit: pairOf(a.digit[i], b.digit[j]) }
    return /** @type {ScalarPair} */ ({ ...bounds, lanes })
  }

  /** @override @type {Field['multiply']} */
  multiply(a, b) {
    return this.#apply(this.prepareProduct(a, b), [a, b], ([x = 0, y = 0]) =>
      this.#instruct(codes.multiply, `${String(x)} * ${String(y)}`, [x, y]),
    )
  }

  /** a^(2^count). @param {Pair} a @param {number} count @returns {Pair} */
  squareTimes(a, count) {
    if (count > 255) return this.squareTimes(this.squareTimes(a, 255), count - 255)
    return this.#apply(this.prepareProduct(a, a), [a], ([x = 0]) =>
      this.#instruct(codes.square, `${String(x)} ^ 2 ^ ${String(count)}`, [x], count),
    )
  }

  /** @override @type {IntegerField['normalise']} */
  normalise(pair) {
    const normal = this.#apply(this.normalBounds(pair), [pair], ([x = 0]) =>
      this.#instruct(codes.normalise, `${String(x)}, normalised`, [x]),
    )
    Object.assign(pair, { multiple: undefined }, normal)
  }

  /** Writes what the instructions do. */
  writeProducts() {
    const { writer: w, limbs: n } = this
    const [unary, binary] = ['dst: usize, a: usize', 'dst: usize, a: usize, b: usize']
    w.declare(`import { run } from './formula'`)
    const digitwise = (/** @type {string} */ statement) =>
      w.do(`for (let k: usize = 0; k < ${String(8 * n)}; k += 8) ${statement}`)
    w.function('combineElements', 'dst: usize, a: usize, factor: i32, b: usize', 'dst = a + factor b.', () =>
      digitwise('store<i32>(dst + k, load<i32>(a + k) + factor * load<i32>(b + k))'),
    )
    w.function(
      'carryColumns',
      'dst: usize',
      'dst = the columns in the working memory, carried from digit to digit.',
      () => {
        w.do('let carry: i64 = 0')
        w.do(`for (let k: usize = 0; k < ${String(8 * n)}; k += 8) {`)
        w.do(`  const column = load<i64>(k + ${this.#columns}) + carry`)
        w.do(`  carry = (column + ${String(half)}) >> 29`)
        w.do('  store<i32>(dst + k, <i32>(column - (carry << 29)))')
        w.do('}')
        if (this.isMersenne) {
          w.do(`const lowest = <i64>load<i32>(dst) + (carry << ${String(this.wrap)})`)
          w.do(`carry = (lowest + ${String(half)}) >> 29`)
          w.do('store<i32>(dst, <i32>(lowest - (carry << 29)))')
          w.do('store<i32>(dst, load<i32>(dst, 8) + <i32>carry, 8)')
        } else {
          const last = String(8 * n - 8)
          w.do('// The topmost digit keeps what it has.')
          w.do(`store<i32>(dst, load<i32>(dst, ${last}) + <i32>(carry << 29), ${last})`)
        }
      },
    )
    w.function('normaliseElement', unary, 'dst = a, carried from digit to digit.', () => {
      digitwise(`store<i64>(k + ${this.#columns}, <i64>load<i32>(a + k))`)
      w.do('carryColumns(dst)')
    })
    w.function('multiplyElements', binary, 'dst = a b.', () => this.#writeProduct())
    w.function('multiply', binary, 'dst = [a_0 b_0, a_1 b_1].', () => {
      w.do('multiplyElements(dst, a, b)')
      w.do('multiplyElements(dst + 4, a + 4, b + 4)')
    })
    w.function('square', unary, 'dst = [a_0^2, a_1^2].', () => w.do('multiply(dst, a, a)'))
    this.observeProducts()
  }

  /** The product digit by digit of a, in a loop: columns move on by one in each turn. */
  #writeProduct() {
    const { writer: w, limbs: n } = this
    const indices = Array.from({ length: n }, (_, k) => k)
    const product = (/** @type {number} */ k) => `x * b${String(k)}`
    for (const k of indices) w.do(`const b${String(k)} = <i64>load<i32>(b, ${String(8 * k)})`)
    for (const k of indices) w.do(`let c${String(k)}: i64 = 0`)
    if (this.isMersenne) {
      // From the top: each turn multiplies by 2^29, and what leaves at the top comes back in.
      w.do(`for (let i: i32 = ${String(8 * (n - 1))}; i >= 0; i -= 8) {`)
      w.do(`  const x = <i64>load<i32>(a + i), top = c${String(n - 1)} << ${String(this.wrap)}`)
      for (const k of indices.slice(1).reverse()) w.do(`  c${String(k)} = c${String(k - 1)} + ${product(k)}`)
      w.do(`  c0 = top + ${product(0)}`)
      w.do('}')
    } else {
      // From the low end: each turn adds a multiple m of p that makes the lowest column vanish, and divides by 2^29.
      w.do(`for (let i: i32 = 0; i < ${String(8 * n)}; i += 8) {`)
      w.do('  const x = <i64>load<i32>(a + i)')
      w.do(`  const u = c0 + ${product(0)} + ${String(half)}, m = (u & ${String(mask)}) - ${String(half)}`)
      for (const k of indices.slice(1)) {
        // The last column is empty, except for what it is given here.
        const column = k < n - 1 ? `c${String(k)} + ` : ''
        w.do(`  c${String(k - 1)} = ${column}${product(k)}${k === 1 ? ' + (u >> 29)' : ''}`)
      }
      for (const [sign, bit] of this.terms) {
        const [k, shift] = [Math.floor(bit / width) - 1, bit % width]
        if (bit > 0) w.do(`  c${String(k)} ${sign > 0 ? '+=' : '-='} m << ${String(shift)}`)
      }
      w.do('}')
    }
    for (const k of indices) w.do(`store<i64>(${this.#columns}, c${String(k)}, ${String(8 * k)})`)
    w.do('carryColumns(dst)')
  }

  /**
   * a + sign b
   * @param {Pair} a
   * @param {number} sign
   * @param {Pair} b
   * @param {Pick<Pair, 'value' | 'digit'>} bounds
   */
  #combine(a, sign, b, bounds) {
    const { factor, of } = /** @type {ScalarPair} */ (b).multiple ?? { factor: 1, of: b }
    const f = sign * factor
    return this.#apply(bounds, [a, of], ([x = 0, y = 0]) =>
      this.#instruct(codes.combine + f, `${String(x)} ${f < 0 ? '-' : '+'} ${String(Math.abs(f))} * ${String(y)}`, [
        x,
        y,
      ]),
    )
  }

  /**
   * A pair each element of which is made from those in its lane, when it is needed first.
   * @param {Pick<Pair, 'value' | 'digit'>} bounds
   * @param {Pair[]} operands
   * @param {(numbers: number[]) => number} make
   */
  #apply(bounds, operands, make) {
    const lane = (/** @type {0 | 1} */ i) => {
      const inputs = operands.map((operand) => lanesOf(operand)[i])
      /** @type {number | undefined} */
      let number
      return () => (number ??= make(inputs.map((input) => input())))
    }
    return /** @type {ScalarPair} */ ({ ...bounds, lanes: [lane(0), lane(1)] })
  }

  /**
   * Adds an instruction, unless there is the same: lanes are often alike. Returns the number of its result.
   * @param {number} code
   * @param {string} what it does
   * @param {number[]} operands
   * @param {number} [count] in place of the second operand
   */
  #instruct(code, what, operands, count = 0) {
    const { results } = numberOf
    const known = code === codes.copy ? -1 : this.#instructions.indexOf(what)
    if (known >= 0) return results + known
    const at = results + this.#instructions.push(what) - 1
    // Results are told by how many instructions ago they were made.
    const [a, b = count] = operands.map((number) => (number < results ? number : results + at - 1 - number))
    if (Math.max(a ?? 0, b) > 255) throw new Error('a formula is too long')
    this.#octets.push([code, a, b].join(', '))
    return at
  }
}

/** @param {Pair} pair */
function lanesOf(pair) {
  return /** @type {ScalarPair} */ (pair).lanes
}
