import { Field, balancedDigits, lanewise, pairOf } from './field.mjs'

/**
 * Field elements of digits of 52 bits for the floating-point fused multiply-add of relaxed SIMD, two elements a vector.
 *
 * Digits are balanced, |x| <= 2^51, and held as f64. For a product of digits, |x y| <= 2^103, let
 *
 *     h = C1 - x y              rounded to a multiple of 2^52: C1 = 1.5 * 2^104
 *     l = x y + (h - C1 + C3)   exact: C3 = 1.5 * 2^52
 *
 * So x y = H 2^52 + L, where h = C1 - H 2^52 and l = C3 + L. The term in brackets is fma(-1.5 * 2^52, 2^52 - 1, h): its
 * product is C3 - C1, which no double holds. Within one binade the bit pattern of a double is linear in its value, so
 * columns are sums of bit patterns, as 64-bit integers, and what the patterns of C1 and C3 add up to is known when the
 * code is written: it is the `offset` of an `Integer`, and goes into the constants that columns start from.
 *
 * Reduction is Montgomery's with R = 2^(52 n). Since p is a sum of powers of two, m p is added by shifts of the
 * integer m. Columns start from -(R/2) p, so that results lie around zero: |result| <= |a b| / R + p / 2.
 *
 * @typedef {import('./field.mjs').Pair} Pair
 *
 * An integer vector: it holds its value plus the offset, modulo 2^64, in each lane.
 * @typedef {{ name: string, offset: readonly [bigint, bigint] }} Integer
 *
 * A pair whose digits are doubles, integers or both; what is missing is made when it is needed.
 * @typedef {Pair & {
 *   floats?: string[], integers?: Integer[],
 *   sum?: { ready: () => boolean, floats: () => string[], integers: () => Integer[] },
 * }} FmaPair
 */

const width = 52
const mask = (1n << 52n) - 1n

/** @param {number} x */
function patternOf(x) {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, x)
  return view.getBigUint64(0)
}

const C1 = 1.5 * 2 ** 104
const C3 = 1.5 * 2 ** 52
const [patternOfC1, patternOfC3] = [patternOf(C1), patternOf(C3)]
/** The offset of columns that are split, which makes shifts unsigned: 2^60, whose carry is 2^8. */
const bias = 1n << 60n
const carryOfBias = bias >> 52n
/** How large a product of two digits may be. */
const productLimit = 2 ** 103

export class FmaField extends Field {
  /** @param {import('./curves.mjs').Curve} curve */
  constructor(curve) {
    super(curve, width, Math.ceil((curve.terms[0]?.[1] ?? 0) / width))
    this.pairBytes = 16 * this.limbs
    const inverse = inverseModulo(this.p, 1n << 52n)
    /** m is t times these powers of two. */
    this.quotientShifts = [...powersIn((1n << 52n) - inverse)].filter((bit) => bit > 0)
    const { limbs } = this
    /** The offsets from which digits are made: see `normalise`. */
    this.normalOffsets = Array.from({ length: limbs }, (_, k) => {
      const carried = k === 0 ? 0n : carryOfBias
      return (k === limbs - 1 ? patternOfC3 : bias + (1n << 51n)) - carried
    })
  }

  /** @override @type {Field['load']} */
  load(pointer, index, { value, digit }) {
    const floats = this.#each((k) =>
      this.writer.let(`v128.load(${pointer}, ${String(index * this.pairBytes + 16 * k)})`),
    )
    return /** @type {FmaPair} */ ({ value, digit, floats })
  }

  /** @override @type {Field['store']} */
  store(pointer, pair, index = 0) {
    const floats = this.#floats(
      pair,
      lanewise((value) => this.normalDigit(value), pair.value),
    )
    floats.forEach((x, k) => this.writer.do(`v128.store(${pointer}, ${x}, ${String(index * this.pairBytes + 16 * k)})`))
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
    const scale = (/** @type {number} */ x) => factor * x
    const w = this.writer
    return /** @type {FmaPair} */ ({
      value: lanewise(scale, a.value),
      digit: lanewise(scale, a.digit),
      sum: {
        ready: () => factor === 2 && this.#ready(a),
        floats: () => this.#floats(a).map((x) => w.let(`f64x2.add(${x}, ${x})`)),
        integers: () =>
          this.#integers(a).map((x) => {
            const shifted = this.#shl(x, factor === 4 ? 2 : 1)
            return factor === 3 ? this.#integer('add', shifted, x) : shifted
          }),
      },
    })
  }

  /** @override @type {Field['pick']} */
  pick(a, i, b, j) {
    const shuffle = (/** @type {string} */ x, /** @type {string} */ y) =>
      this.writer.let(`v128.shuffle<i64>(${x}, ${y}, ${String(i)}, ${String(2 + j)})`)
    return /** @type {FmaPair} */ ({
      value: pairOf(a.value[i], b.value[j]),
      digit: pairOf(a.digit[i], b.digit[j]),
      sum: {
        ready: () => this.#ready(a) && this.#ready(b),
        floats: () => {
          const [x, y] = [this.#floats(a), this.#floats(b)]
          return this.#each((k) => shuffle(at(x, k), at(y, k)))
        },
        integers: () => {
          const [x, y] = [this.#integers(a), this.#integers(b)]
          return this.#each((k) => ({
            name: shuffle(at(x, k).name, at(y, k).name),
            offset: /** @type {const} */ ([at(x, k).offset[i], at(y, k).offset[j]]),
          }))
        },
      },
    })
  }

  /** @override @type {Field['carry']} */
  carry(a) {
    if (!this.#ready(a)) this.#normalise(a)
    return a
  }

  /** @override @type {Field['fold']} */
  fold(a) {
    if (this.slack < 2 ** -20) return a
    this.#normalise(a, true)
    return a
  }

  /** @override @type {Field['multiply']} */
  multiply(a, b) {
    const square = a === b
    const exceeds = () => lanewise((x, y) => x * y, a.digit, b.digit).some((product) => product > productLimit)
    for (const operand of [a, b]) if (!this.#ready(operand)) this.#normalise(operand)
    while (exceeds()) {
      const larger = Math.max(...a.digit) >= Math.max(...b.digit) ? a : b
      const before = Math.max(...larger.digit)
      this.#normalise(larger)
      if (Math.max(...larger.digit) >= before) throw new Error('digits are too large to be multiplied')
    }
    const [x, y] = [this.#floats(a), square ? this.#floats(a) : this.#floats(b)]
    const value = lanewise((s, t) => s * t * this.slack + 0.5 + 2 ** -20, a.value, b.value)
    const integers = this.inlineProducts
      ? this.#product(x, square ? undefined : y)
      : this.#call(x, square ? undefined : y)
    // Columns are not digits yet.
    return /** @type {FmaPair} */ ({ value, digit: [2 ** 58, 2 ** 58], integers })
  }

  /** Writes `multiply`, `square` and what products call: operands and columns pass through memory. */
  writeProducts() {
    const { writer: w } = this
    const x = (/** @type {number} */ index) =>
      this.#each((k) => w.let(`v128.load(SCRATCH, ${String(index * this.pairBytes + 16 * k)})`))
    const write = (/** @type {Integer[]} */ columns) =>
      columns.forEach((t, k) => w.do(`v128.store(SCRATCH, ${t.name}, ${String(2 * this.pairBytes + 16 * k)})`))
    const third = 'of the first pairs of the scratch, to the third'
    this.define('productOfScratch', '', `The columns of the product ${third}.`, () => write(this.#product(x(0), x(1))))
    this.define('squareOfScratch', '', `The columns of the square ${third}.`, () =>
      write(this.#product(x(0), undefined)),
    )
    const { any, narrow } = this.boundsOfFactors()
    this.define('multiply', 'dst: usize, a: usize, b: usize', 'dst = [a_0 b_0, a_1 b_1].', () =>
      this.observeProduct(this.store('dst', this.multiply(this.load('a', 0, any), this.load('b', 0, narrow)))),
    )
    this.define('square', 'dst: usize, a: usize', 'dst = [a_0^2, a_1^2].', () =>
      this.observeProduct(this.store('dst', this.square(this.load('a', 0, narrow)))),
    )
  }

  /** Bytes of `SCRATCH`. */
  get scratchBytes() {
    return 3 * this.pairBytes
  }

  /** @param {string[]} x @param {string[] | undefined} y undefined to square */
  #call(x, y) {
    const { writer: w, pairBytes } = this
    x.forEach((digit, k) => w.do(`v128.store(SCRATCH, ${digit}, ${String(16 * k)})`))
    y?.forEach((digit, k) => w.do(`v128.store(SCRATCH, ${digit}, ${String(pairBytes + 16 * k)})`))
    w.do(y === undefined ? 'squareOfScratch()' : 'productOfScratch()')
    return this.#each((k) =>
      both(w.let(`v128.load(SCRATCH, ${String(2 * pairBytes + 16 * k)})`), at(this.normalOffsets, k)),
    )
  }

  /**
   * The upper columns of x y after reduction.
   * @param {string[]} x
   * @param {string[] | undefined} y undefined to square
   * @returns {Integer[]}
   */
  #product(x, y) {
    const { writer: w, limbs: n } = this
    // The offsets that the steps below add to each column; the columns start from what makes them right.
    const offsets = Array.from({ length: 2 * n }, () => 0n)
    const addOffset = (/** @type {number} */ k, /** @type {bigint} */ offset) => (offsets[k] = at(offsets, k) + offset)
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        addOffset(i + j, patternOfC3)
        addOffset(i + j + 1, -patternOfC1)
      }
      addOffset(i + 1, carryOfBias)
    }
    const start = balancedDigits(-(this.radix / 2n) * this.p, width, 2 * n)
    const first = offsets.map((offset, k) => at(start, k) - offset + (k < n ? bias : at(this.normalOffsets, k - n)))
    /** @type {string[]} */
    const t = []
    const change = (/** @type {number} */ k, /** @type {'add' | 'sub'} */ op, /** @type {string} */ term) =>
      (t[k] = w.let(`i64x2.${op}(${at(t, k)}, ${term})`))

    if (y !== undefined) {
      for (let k = 0; k < 2 * n; k++) t.push(w.load(at(first, k)))
      for (let k = 0; k < 2 * n - 1; k++) {
        for (let i = Math.max(0, k - n + 1); i <= Math.min(n - 1, k); i++) {
          const [h, l] = this.#digitProduct(at(x, i), at(y, k - i))
          change(k, 'add', l)
          change(k + 1, 'sub', h)
        }
      }
    } else {
      /** Cross products, which count twice. @type {(string | undefined)[]} */
      const cross = []
      for (let k = 0; k < 2 * n - 1; k++) {
        for (let i = Math.max(0, k - n + 1); 2 * i < k; i++) {
          const [h, l] = this.#digitProduct(at(x, i), at(x, k - i))
          cross[k] = cross[k] === undefined ? l : w.let(`i64x2.add(${cross[k]}, ${l})`)
          cross[k + 1] = w.let(`i64x2.sub(${cross[k + 1] ?? w.load(0n)}, ${h})`)
        }
      }
      for (let k = 0; k < 2 * n; k++) {
        const sum = cross[k]
        t.push(
          sum === undefined
            ? w.load(at(first, k))
            : w.let(`i64x2.add(i64x2.add(${sum}, ${sum}), ${w.load(at(first, k))})`),
        )
      }
      for (let i = 0; i < n; i++) {
        const [h, l] = this.#digitProduct(at(x, i), at(x, i))
        change(2 * i, 'add', l)
        change(2 * i + 1, 'sub', h)
      }
    }
    for (let i = 0; i < n; i++) this.#reduceColumn(t, i, change)
    return t.slice(n).map((name, k) => both(name, at(this.normalOffsets, k)))
  }

  /**
   * Adds m p 2^(52 i), with m such that column i becomes zero.
   * @param {string[]} t
   * @param {number} i
   * @param {(k: number, op: 'add' | 'sub', term: string) => string} change
   */
  #reduceColumn(t, i, change) {
    const { writer: w } = this
    const low = (/** @type {string} */ x, /** @type {number} */ shift) =>
      `v128.and(i64x2.shl(${x}, ${String(shift)}), ${w.constant(mask)})`
    const column = at(t, i)
    const multiple = this.quotientShifts.reduce(
      (sum, shift) => w.let(`i64x2.add(${sum}, i64x2.shl(${column}, ${String(shift)}))`),
      column,
    )
    const m = w.let(`v128.and(${multiple}, ${w.constant(mask)})`)
    for (const [sign, bit] of this.terms.toReversed()) {
      const [op, k, shift] = [
        sign > 0 ? /** @type {const} */ ('add') : /** @type {const} */ ('sub'),
        i + Math.floor(bit / width),
        bit % width,
      ]
      if (bit > 0) change(k, op, shift === 0 ? m : low(m, shift))
      // The term -1 takes m from column i; what is left is a multiple of 2^52.
      if (bit < width && shift > 0 && sign < 0) throw new Error('the lowest digit of p must grow')
      if (shift > 0) change(k + 1, op, `i64x2.shr_u(${m}, ${String(width - shift)})`)
    }
    change(i + 1, 'add', `i64x2.shr_u(${at(t, i)}, 52)`)
  }

  /** @param {string} x @param {string} y @returns {[high: string, low: string]} */
  #digitProduct(x, y) {
    const { writer: w } = this
    const constant = (/** @type {number} */ value) => w.constant(patternOf(value))
    const h = w.let(`f64x2.relaxed_nmadd(${x}, ${y}, ${constant(C1)})`)
    const rest = w.let(`f64x2.relaxed_madd(${constant(-C3)}, ${constant(2 ** 52 - 1)}, ${h})`)
    return [h, w.let(`f64x2.relaxed_madd(${x}, ${y}, ${rest})`)]
  }

  /**
   * Gives a pair balanced digits.
   * @param {FmaPair} a
   * @param {boolean} fold first subtract p as often as is nearest to value / 2^(bits of p)
   */
  #normalise(a, fold = false) {
    const { writer: w, limbs: n } = this
    const columns = [...this.#integers(a)]
    if (fold) this.#subtractMultiple(columns)
    /** @type {string[]} */
    const floats = []
    /** @type {Integer[]} */
    const integers = []
    /** @type {string | undefined} */
    let carry
    for (let k = 0; k < n; k++) {
      let u = this.#withOffset(at(columns, k), at(this.normalOffsets, k)).name
      if (carry !== undefined) u = w.let(`i64x2.add(${u}, ${carry})`)
      if (k === n - 1) {
        // A pattern of C3 plus the digit.
        integers.push(both(u, patternOfC3))
        floats.push(w.let(`f64x2.sub(${u}, ${w.constant(patternOfC3)})`))
      } else {
        const digit = w.let(`v128.and(${u}, ${w.constant(mask)})`)
        integers.push(both(digit, 1n << 51n))
        const pattern = w.let(`v128.or(${digit}, ${w.constant(patternOf(2 ** 52))})`)
        floats.push(w.let(`f64x2.sub(${pattern}, ${w.constant(patternOf(2 ** 52 + 2 ** 51))})`))
        carry = w.let(`i64x2.shr_u(${u}, 52)`)
      }
    }
    const value = fold ? lanewise((v) => 0.5 + v * 2 ** -30 + 2 ** -30, a.value) : a.value
    if (value.some((v) => this.normalDigit(v) > 2 ** 51)) throw new Error('the top digit does not fit')
    Object.assign(a, { value, digit: lanewise((v) => this.normalDigit(v), value), floats, integers })
  }

  /** @param {Integer[]} columns */
  #subtractMultiple(columns) {
    const { writer: w, limbs: n } = this
    const [, bits] = /** @type {[number, number]} */ (this.terms[0])
    const shift = bits - width * (n - 1)
    const biased = this.#withOffset(at(columns, n - 1), bias + (1n << BigInt(shift - 1)))
    columns[n - 1] = { name: biased.name, offset: both('', bias + (1n << BigInt(shift - 1))).offset }
    const quotient = both(w.let(`i64x2.shr_u(${biased.name}, ${String(shift)})`), bias >> BigInt(shift))
    for (const [sign, bit] of this.terms) {
      const k = Math.floor(bit / width)
      columns[k] = this.#integer(sign > 0 ? 'sub' : 'add', at(columns, k), this.#shl(quotient, bit % width))
    }
  }

  /** Whether there are doubles, or can be without carries. @param {FmaPair} a @returns {boolean} */
  #ready(a) {
    return a.floats !== undefined || (Math.max(...a.digit) <= 2 ** 53 && a.sum !== undefined && a.sum.ready())
  }

  /**
   * The digits as doubles.
   * @param {FmaPair} a
   * @param {readonly [number, number]} [limit] how large they may be
   */
  #floats(a, limit = [Infinity, Infinity]) {
    if (a.digit.some((digit, lane) => digit > (limit[lane] ?? 0)) || !this.#ready(a)) this.#normalise(a)
    return (a.floats ??= a.sum?.floats() ?? [])
  }

  /** @param {FmaPair} a @returns {Integer[]} */
  #integers(a) {
    return (a.integers ??=
      a.sum?.integers() ??
      this.#floats(a).map((x) =>
        both(this.writer.let(`f64x2.add(${x}, ${this.writer.constant(patternOfC3)})`), patternOfC3),
      ))
  }

  /** @param {'add' | 'sub'} op @param {FmaPair} a @param {FmaPair} b */
  #sum(op, a, b) {
    const plus = (/** @type {number} */ x, /** @type {number} */ y) => x + y
    return /** @type {FmaPair} */ ({
      value: lanewise(plus, a.value, b.value),
      digit: lanewise(plus, a.digit, b.digit),
      sum: {
        ready: () => this.#ready(a) && this.#ready(b),
        floats: () => {
          const [x, y] = [this.#floats(a), this.#floats(b)]
          return this.#each((k) => this.writer.let(`f64x2.${op}(${at(x, k)}, ${at(y, k)})`))
        },
        integers: () => {
          const [x, y] = [this.#integers(a), this.#integers(b)]
          return this.#each((k) => this.#integer(op, at(x, k), at(y, k)))
        },
      },
    })
  }

  /** @param {'add' | 'sub'} op @param {Integer} a @param {Integer} b @returns {Integer} */
  #integer(op, a, b) {
    const sign = op === 'add' ? 1n : -1n
    const name = this.writer.let(`i64x2.${op}(${a.name}, ${b.name})`)
    return { name, offset: [a.offset[0] + sign * b.offset[0], a.offset[1] + sign * b.offset[1]] }
  }

  /** @param {Integer} a @param {number} bits @returns {Integer} */
  #shl(a, bits) {
    if (bits === 0) return a
    const scale = 1n << BigInt(bits)
    return {
      name: this.writer.let(`i64x2.shl(${a.name}, ${String(bits)})`),
      offset: [a.offset[0] * scale, a.offset[1] * scale],
    }
  }

  /** @param {Integer} a @param {bigint} offset @returns {Integer} */
  #withOffset(a, offset) {
    const missing = a.offset.map((present) => BigInt.asUintN(64, offset - present))
    if (missing.every((m) => m === 0n)) return a
    return both(this.writer.let(`i64x2.add(${a.name}, ${this.writer.load(at(missing, 0), at(missing, 1))})`), offset)
  }

  /**
   * @template T
   * @param {(k: number) => T} f
   */
  #each(f) {
    return Array.from({ length: this.limbs }, (_, k) => f(k))
  }
}

/** @param {string} name @param {bigint} offset @returns {Integer} */
function both(name, offset) {
  return { name, offset: [offset, offset] }
}

/**
 * @template T
 * @param {readonly T[]} list
 * @param {number} index
 * @returns {T}
 */
function at(list, index) {
  if (index >= list.length) throw new RangeError(String(index))
  return /** @type {T} */ (list[index])
}

/** @param {bigint} a @param {bigint} modulus a power of two */
function inverseModulo(a, modulus) {
  let inverse = 1n
  for (let i = 0; i < 6; i++) inverse = (inverse * (2n - a * inverse)) % modulus
  return ((inverse % modulus) + modulus) % modulus
}

/** The positions of the ones. @param {bigint} value */
function* powersIn(value) {
  for (let bit = 0; value > 0n; bit++, value >>= 1n) if ((value & 1n) === 1n) yield bit
}
