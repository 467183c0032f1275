import { modulusOf } from './curves.mjs'
import { Writer } from './writer.mjs'

/**
 * A pair of field elements in locals of the function that is being written, and what is known of it, a lane:
 * `value` bounds the magnitude of the element in units of p, `digit` that of its digits.
 *
 * @typedef {object} Pair
 * @property {readonly [number, number]} value
 * @property {readonly [number, number]} digit
 */

/** @typedef {{ value: number, digit: number }} Bound */

/** The components of points: the coordinates in their lanes, and the number of the pair. */
const components = {
  ZY: { lanes: ['Z', 'Y'], at: 0 },
  XX: { lanes: ['X', 'X'], at: 1 },
  XZ: { lanes: ['X', 'Z'], at: 0 },
  YY: { lanes: ['Y', 'Y'], at: 1 },
  XY: { lanes: ['product', 'product'], at: 0 },
  HZY: { lanes: ['HZ', 'HY'], at: 0 },
  HXX: { lanes: ['HX', 'HX'], at: 1 },
}

/**
 * Writes the arithmetic of one field for one kernel, and proves while it writes that no digit or column overflows:
 * every pair carries bounds, every operation checks those of its operands. Bounds of coordinates are found by
 * iteration: the formulas are written again until what they store stays within what they load.
 */
export class Field {
  writer = new Writer()
  /** Whether products are written where they are used, rather than called. */
  inlineProducts = false
  /** Bounds of what memory holds, by coordinate. @type {Map<string, Bound>} */
  bounds = new Map()
  /** Whether something was stored that its bound does not allow. */
  #exceeded = false

  /**
   * @param {import('./curves.mjs').Curve} curve
   * @param {number} width bits of a digit
   * @param {number} limbs
   */
  constructor(curve, width, limbs) {
    this.curve = curve
    this.terms = curve.terms
    this.p = modulusOf(curve)
    this.width = width
    this.limbs = limbs
    /** R: elements are in Montgomery form, x R mod p. */
    this.radix = 1n << BigInt(width * limbs)
    /** p / R */
    this.slack = Number((this.p << 64n) / this.radix) / 2 ** 64
  }

  /** The least bound that a normalised pair of this value has for its digits: the topmost holds what is left. @param {number} value */
  normalDigit(value) {
    const unit = Number((this.p << 20n) >> BigInt(this.width * (this.limbs - 1))) / 2 ** 20
    return Math.max(2 ** (this.width - 1), Math.ceil(value * unit) + 1)
  }

  /** @param {string} coordinate @returns {Bound} */
  boundOf(coordinate) {
    const least = { value: 0.625, digit: this.normalDigit(0.625) }
    return this.bounds.get(coordinate) ?? least
  }

  /** The bounds of the coordinates in the lanes of a component. @param {keyof typeof components} component */
  boundsOf(component) {
    const [low, high] = components[component].lanes.map((lane) => this.boundOf(lane))
    if (low === undefined || high === undefined) throw new Error(component)
    return { value: pairOf(low.value, high.value), digit: pairOf(low.digit, high.digit) }
  }

  /**
   * Loads a component of a point.
   * @param {string} pointer
   * @param {keyof typeof components} component
   */
  loadPoint(pointer, component) {
    return this.load(pointer, components[component].at, this.boundsOf(component))
  }

  /**
   * Stores a component of a point.
   * @param {string} pointer
   * @param {keyof typeof components} component
   * @param {Pair} pair
   */
  storePoint(pointer, component, pair) {
    const { lanes, at } = components[component]
    const stored = this.store(pointer, pair, at)
    lanes.forEach((lane, i) => this.#observe(lane, { value: stored.value[i] ?? 0, digit: stored.digit[i] ?? 0 }))
  }

  /**
   * Adds a function to the file.
   * @param {string} name
   * @param {string} parameters
   * @param {string} comment
   * @param {() => void} body
   */
  define(name, parameters, comment, body) {
    this.writer.function(name, parameters, comment, () => {
      body()
      this.finish()
    })
  }

  /** @param {string} name of a pair of constants, normalised and below p in magnitude */
  constantPair(name) {
    const digit = this.normalDigit(1)
    return this.load(name, 0, { value: [1, 1], digit: [digit, digit] })
  }

  /**
   * The bounds of what the functions `multiply` and `square` take: `multiply` any coordinate and a Z, one in Montgomery
   * form or a product of these; `square` two of the latter.
   */
  boundsOfFactors() {
    const largest = (/** @type {string[]} */ ...coordinates) => {
      const bounds = coordinates.map((coordinate) => this.boundOf(coordinate))
      const value = Math.max(1, ...bounds.map((bound) => bound.value))
      const digit = Math.max(this.normalDigit(value), ...bounds.map((bound) => bound.digit))
      return { value: pairOf(value, value), digit: pairOf(digit, digit) }
    }
    return { any: largest('X', 'Y', 'Z', 'HX', 'HY', 'HZ', 'product'), narrow: largest('Z', 'HZ', 'product') }
  }

  /** Notes what `multiply` and `square` store: it may become a coordinate. @param {Pair} stored */
  observeProduct(stored) {
    for (const coordinate of ['product', 'X', 'Y', 'Z', 'HX', 'HY', 'HZ'])
      this.#observe(coordinate, { value: stored.value[0], digit: stored.digit[0] })
  }

  /**
   * Writes a file until its bounds hold.
   * @param {() => void} write
   */
  untilBoundsHold(write) {
    for (let round = 0; round < 40; round++) {
      this.#exceeded = false
      this.writer = new Writer()
      write()
      if (!this.#exceeded) return
    }
    throw new Error(`the bounds of ${this.curve.name} do not close`)
  }

  /** @param {string} coordinate @param {Bound} seen */
  #observe(coordinate, seen) {
    const bound = this.boundOf(coordinate)
    if (seen.value <= bound.value && seen.digit <= bound.digit) return
    this.#exceeded = true
    // A little more than was seen, so that the iteration ends.
    const value = Math.max(bound.value, Math.ceil(seen.value * 16) / 16)
    this.bounds.set(coordinate, { value, digit: Math.max(bound.digit, seen.digit, this.normalDigit(value)) })
  }

  // The part that each kernel implements.

  /** Ends a function. */
  finish() {
    // By default nothing remains to be stored.
  }

  /**
   * Loads a pair that is stored.
   * @param {string} _pointer
   * @param {number} _index in pairs
   * @param {Pick<Pair, 'value' | 'digit'>} _bounds
   * @returns {Pair}
   */
  load(_pointer, _index, _bounds) {
    throw new Error('abstract')
  }

  /**
   * Stores a pair, and returns it as it was stored.
   * @param {string} _pointer
   * @param {Pair} _pair
   * @param {number} [_index] in pairs
   * @returns {Pair}
   */
  store(_pointer, _pair, _index) {
    throw new Error('abstract')
  }

  /** [a_0 b_0 / R, a_1 b_1 / R] @param {Pair} _a @param {Pair} _b @returns {Pair} */
  multiply(_a, _b) {
    throw new Error('abstract')
  }

  /** @param {Pair} a @returns {Pair} */
  square(a) {
    return this.multiply(a, a)
  }

  /** @param {Pair} _a @param {Pair} _b @returns {Pair} */
  add(_a, _b) {
    throw new Error('abstract')
  }

  /** @param {Pair} _a @param {Pair} _b @returns {Pair} */
  subtract(_a, _b) {
    throw new Error('abstract')
  }

  /** A small multiple. @param {2 | 3 | 4} _factor @param {Pair} _a @returns {Pair} */
  times(_factor, _a) {
    throw new Error('abstract')
  }

  /** [a_i, b_j] @param {Pair} _a @param {0 | 1} _i @param {Pair} _b @param {0 | 1} _j @returns {Pair} */
  pick(_a, _i, _b, _j) {
    throw new Error('abstract')
  }

  /** The same with digits that a factor may have, where they are not yet: worth it for what several products take. @param {Pair} a */
  carry(a) {
    return a
  }

  /** The same modulo p, with a value of about p/2 at most where room for larger ones is short. @param {Pair} a */
  fold(a) {
    return a
  }
}

/**
 * @param {number} low
 * @param {number} high
 * @returns {readonly [number, number]}
 */
export function pairOf(low, high) {
  return [low, high]
}

/**
 * Both lanes of some numbers.
 * @param {(...lanes: number[]) => number} f
 * @param {readonly (readonly [number, number])[]} pairs
 */
export function lanewise(f, ...pairs) {
  return pairOf(f(...pairs.map((pair) => pair[0])), f(...pairs.map((pair) => pair[1])))
}

/**
 * Digits of an integer, least significant first, all but the last in [-2^(width-1), 2^(width-1)).
 * @param {bigint} value
 * @param {number} width
 * @param {number} count
 */
export function balancedDigits(value, width, count) {
  return Array.from({ length: count }, (_, k) => {
    if (k === count - 1) return value
    const digit = BigInt.asIntN(width, value)
    value = (value - digit) >> BigInt(width)
    return digit
  })
}
