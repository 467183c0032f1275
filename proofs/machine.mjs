import binaryen from 'binaryen'
import { Double, Int, Unproven } from './values.mjs'

/**
 * Runs functions of a WebAssembly module on values of which only bounds are known: on the bytes as they ship, not on the source that they were
 * compiled from. Addresses, sizes and counters are known (the kernels are constant time, so all of them are), so that every loop
 * runs as often as it does and each load finds what was stored; data are intervals. An operation that no rule covers ends the run.
 *
 * @typedef {number | Int | Double | Lanes} Value a number is a known i32
 * @typedef {(Int | Double)[]} Lanes two lanes of 64 bits, or four of 32
 * @typedef {{ locals: Value[], label: string | undefined }} Frame
 * @typedef {(frame: Frame) => Value | undefined} Code
 * @typedef {string | any[]} Tree an expression: its name, and what follows
 */

export class Machine {
  /** @type {Map<number, Int | Double>} what was stored, by address: cells of 4 or 8 bytes */
  #cells = new Map()
  /** @type {Map<string, Tree[]>} */
  #functions = new Map()
  /** @type {Map<string, (operands: Value[]) => Value | undefined>} */
  #compiled = new Map()
  /** @type {Map<string, string>} */
  #exports = new Map()
  /**
   * Bounds for an integer that is converted to a double, and that intervals bound too loosely: beyond `beyond`. What says why is proven elsewhere.
   * @type {{ beyond: readonly [bigint, bigint], bounds: readonly [bigint, bigint] } | undefined}
   */
  lemma
  /** How often the lemma was used. */
  lemmas = 0
  /** The largest magnitude that a shift to the right, a mask or a conversion had to read, in bits. */
  mostBits = 0

  /**
   * @param {Uint8Array<ArrayBuffer>} wasm
   * @param {DataView} background the memory of an instance: what is not stored here
   */
  constructor(wasm, background) {
    this.background = background
    const [module] = parse(binaryen.readBinary(wasm).emitText())
    for (const item of /** @type {Tree[][]} */ (/** @type {Tree[]} */ (module).slice(1))) {
      if (item[0] === 'func') this.#functions.set(String(item[1]), item)
      if (item[0] === 'export' && item[2]?.[0] === 'func')
        this.#exports.set(String(item[1]).slice(1, -1), String(item[2][1]))
    }
  }

  /** Runs an exported function. @param {string} name @param {...number} operands */
  call(name, ...operands) {
    const id = this.#exports.get(name)
    if (id === undefined) throw new Error(`no function ${name}`)
    return this.#call(id, operands)
  }

  /** @param {number} address @param {Int | Double} value of 4 or 8 bytes */
  put(address, value) {
    if (address % 4 !== 0) throw new Error('an address between cells')
    const bytes = sizeOf(value)
    // Of a larger cell that this one covers in part, the other half stays.
    for (const at of [address - 4, bytes === 4 ? address : address + 4]) {
      const cell = this.#cells.get(at)
      if (cell !== undefined && sizeOf(cell) === 8) this.#splitCell(at, cell)
    }
    this.#cells.set(address, value)
    if (bytes === 8) this.#cells.delete(address + 4)
  }

  /** @param {number} address @param {number} bytes 4 or 8 @returns {Int | Double} */
  get(address, bytes) {
    const cell = this.#cells.get(address)
    if (cell !== undefined && sizeOf(cell) === bytes) return cell
    if (cell !== undefined && sizeOf(cell) === 8) return intOf(cell).lowHalf()
    if (bytes === 4) {
      const whole = this.#cells.get(address - 4)
      if (whole !== undefined && sizeOf(whole) === 8) return intOf(whole).highHalf()
      return Int.of(32, BigInt(this.background.getUint32(address, true)))
    }
    const [low, high] = [this.get(address, 4), this.get(address + 4, 4)]
    return joined(/** @type {Int} */ (low), /** @type {Int} */ (high))
  }

  /** @param {number} at @param {Int | Double} cell */
  #splitCell(at, cell) {
    const whole = intOf(cell)
    this.#cells.set(at, whole.lowHalf())
    this.#cells.set(at + 4, whole.highHalf())
  }

  /** @param {string} id @param {Value[]} operands */
  #call(id, operands) {
    let run = this.#compiled.get(id)
    if (run === undefined) {
      run = this.#compileFunction(/** @type {Tree[]} */ (this.#functions.get(id)))
      this.#compiled.set(id, run)
    }
    return run(operands)
  }

  /** @param {Tree[]} definition */
  #compileFunction(definition) {
    /** @type {Value[]} */
    const locals = []
    /** @type {Map<string, number>} */
    const names = new Map()
    let parameters = 0
    /** @type {Tree[]} */
    const body = []
    for (const part of definition.slice(2)) {
      const head = typeof part === 'string' ? part : part[0]
      if (head === 'param' || head === 'local') {
        names.set(String(part[1]), locals.length)
        locals.push(zeroOf(String(part[2])))
        if (head === 'param') parameters++
      } else if (head !== 'result' && head !== 'export' && head !== 'type') body.push(part)
    }
    const code = this.#sequence(body, names)
    return (/** @type {Value[]} */ operands) => {
      if (operands.length !== parameters) throw new Error('a call with other operands')
      const frame = { locals: [...operands, ...locals.slice(parameters)], label: undefined }
      return code(frame)
    }
  }

  /** @param {Tree[]} trees @param {Map<string, number>} names @returns {Code} */
  #sequence(trees, names) {
    const codes = trees.map((tree) => this.#compile(/** @type {Tree[]} */ (tree), names))
    return (frame) => {
      let last
      for (const code of codes) {
        last = code(frame)
        if (frame.label !== undefined) return undefined
      }
      return last
    }
  }

  /** @param {Tree[]} tree @param {Map<string, number>} names @returns {Code} */
  #compile(tree, names) {
    const [op, ...rest] = /** @type {[string, ...Tree[]]} */ (tree)
    const words = /** @type {string[]} */ (rest.filter((part) => typeof part === 'string'))
    const trees = /** @type {Tree[][]} */ (rest.filter((part) => typeof part !== 'string'))
    switch (op) {
      case 'local.get': {
        const index = /** @type {number} */ (names.get(words[0] ?? ''))
        return (frame) => frame.locals[index]
      }
      case 'local.set':
      case 'local.tee': {
        const index = /** @type {number} */ (names.get(words[0] ?? ''))
        const value = this.#compile(/** @type {Tree[]} */ (trees[0]), names)
        return (frame) => (frame.locals[index] = /** @type {Value} */ (value(frame)))
      }
      case 'loop': {
        const label = words[0]?.startsWith('$') ? words[0] : undefined
        const body = this.#sequence(
          trees.filter(([head]) => head !== 'result'),
          names,
        )
        return (frame) => {
          for (;;) {
            const value = body(frame)
            if (frame.label === undefined || frame.label !== label) return value
            frame.label = undefined
          }
        }
      }
      case 'block': {
        const label = words[0]?.startsWith('$') ? words[0] : undefined
        const body = this.#sequence(
          trees.filter(([head]) => head !== 'result'),
          names,
        )
        return (frame) => {
          const value = body(frame)
          if (frame.label !== undefined && frame.label === label) frame.label = undefined
          return value
        }
      }
      case 'if': {
        const [condition, then, otherwise] = trees.filter(([head]) => head !== 'result')
        const test = this.#compile(/** @type {Tree[]} */ (condition), names)
        const yes = this.#sequence(/** @type {Tree[]} */ (then).slice(1), names)
        const no = this.#sequence((otherwise ?? ['else']).slice(1), names)
        return (frame) => (known(test(frame)) === 0 ? no(frame) : yes(frame))
      }
      case 'br':
        return (frame) => void (frame.label = words[0])
      case 'br_if': {
        const test = this.#compile(/** @type {Tree[]} */ (trees[0]), names)
        return (frame) => {
          if (known(test(frame)) !== 0) frame.label = words[0]
          return undefined
        }
      }
      case 'return':
        throw new Error('a return in the middle')
      default: {
        const operands = trees.map((part) => this.#compile(part, names))
        const apply = this.#operation(op, words)
        return (frame) => {
          const values = operands.map((operand) => /** @type {Value} */ (operand(frame)))
          if (frame.label !== undefined) throw new Error('a branch within an expression')
          return apply(values)
        }
      }
    }
  }

  /** @param {string} op @param {string[]} words @returns {(values: any[]) => Value | undefined} */
  #operation(op, words) {
    const offset = Number(words.find((word) => word.startsWith('offset='))?.slice(7) ?? 0)
    const at = (/** @type {Value} */ pointer) => (known(pointer) >>> 0) + offset
    const plain = words.filter((word) => !word.includes('='))
    switch (op) {
      case 'call':
        return (values) => this.#call(plain[0] ?? '', values)
      case 'nop':
      case 'drop':
        return () => undefined
      case 'i32.const':
        return () => Number(plain[0]) | 0
      case 'i64.const': {
        const value = Int.of(64, BigInt.asUintN(64, BigInt(plain[0] ?? '')))
        return () => value
      }
      case 'v128.const': {
        if (plain[0] !== 'i32x4') throw new Error(`a vector of ${plain[0] ?? ''}`)
        const lanes = plain.slice(1).map((word) => Int.of(32, BigInt(word)))
        return () => lanes
      }
      case 'i32.load':
        return ([p]) => narrow(this.get(at(p), 4))
      case 'i64.load':
        return ([p]) => intOf(this.get(at(p), 8))
      case 'f64.load':
        return ([p]) => doubleOf(this.get(at(p), 8))
      case 'i64.load32_u':
        return ([p]) => widened(/** @type {Int} */ (this.get(at(p), 4)).unsigned())
      case 'i64.load32_s':
        return ([p]) => widened(/** @type {Int} */ (this.get(at(p), 4)).signed())
      case 'v128.load':
        return ([p]) => this.#load16(at(p))
      case 'v128.load64_splat':
        return ([p]) => {
          const lane = this.get(at(p), 8)
          return [lane, lane]
        }
      case 'v128.load64_zero':
        return ([p]) => {
          const [low, high] = [this.get(at(p), 4), this.get(at(p) + 4, 4)]
          return [low, high, Int.of(32, 0n), Int.of(32, 0n)]
        }
      case 'v128.load32_splat':
        return ([p]) => {
          const lane = this.get(at(p), 4)
          return [lane, lane, lane, lane]
        }
      case 'i32.store':
        return ([p, x]) => this.#store(at(p), typeof x === 'number' ? Int.of(32, BigInt(x >>> 0)) : x)
      case 'i64.store':
      case 'f64.store':
        return ([p, x]) => this.#store(at(p), x)
      case 'i64.store32':
        return ([p, x]) => this.#store(at(p), x.lowHalf())
      case 'v128.store':
        return ([p, lanes]) => this.#store(at(p), ...lanes)
      case 'v128.store64_lane': {
        const lane = Number(plain.at(-1) ?? 0)
        return ([p, lanes]) => this.#store(at(p), wide(lanes)[lane] ?? never())
      }
      case 'memory.fill':
        return ([p, value, count]) => {
          if (known(value) !== 0 || known(count) % 4 !== 0) throw new Error('a fill that is not of zeros')
          for (let i = 0; i < known(count); i += 4) this.put(at(p) + i, Int.of(32, 0n))
        }
      case 'memory.copy':
        return ([to, from, count]) => {
          const cells = Array.from({ length: known(count) / 4 }, (_, i) => this.get(at(from) + 4 * i, 4))
          cells.forEach((cell, i) => this.put(at(to) + 4 * i, cell))
        }
    }
    if (op.startsWith('i32.')) return (values) => onWords(op.slice(4), this, values)
    const rule = (op.startsWith('i64.') ? integer[op.slice(4)] : undefined) ?? conversions[op] ?? vector[op]
    if (rule !== undefined) return (values) => rule(this, values, plain)
    const [shape, name = ''] = op.split('.')
    const lanewise = shape === 'i64x2' || shape === 'i32x4' ? integer[name] : undefined
    if (lanewise !== undefined) {
      const lanesOf = shape === 'i64x2' ? integers : halves
      return (values) => {
        const [a, b] = [lanesOf(values[0]), typeof values[1] === 'number' ? values[1] : lanesOf(values[1])]
        const results = a.map((lane, i) => lanewise(this, [lane, typeof b === 'number' ? b : b[i]], plain))
        return /** @type {Lanes} */ (results)
      }
    }
    throw new Error(`no rule for ${op}`)
  }

  /** @param {number} address @param {...(Int | Double)} values side by side */
  #store(address, ...values) {
    values.forEach((value, i) => this.put(address + i * sizeOf(value), value))
    return undefined
  }

  /** @param {number} address @returns {Lanes} */
  #load16(address) {
    const isWhole = [address, address + 8].some((at) => {
      const cell = this.#cells.get(at)
      return cell !== undefined && sizeOf(cell) === 8
    })
    return isWhole
      ? [this.get(address, 8), this.get(address + 8, 8)]
      : [0, 4, 8, 12].map((i) => this.get(address + i, 4))
  }

  /** Notes how large a value is that is about to be shifted to the right. @param {Int} value @param {{ lo: bigint, hi: bigint }} bounds */
  read(value, bounds) {
    if (value.isExact) return
    if (value.isUnknown) throw new Unproven('a column that may overflow')
    const most = [bounds.lo, bounds.hi].map((bound) => (bound < 0n ? -bound : bound)).reduce((a, b) => (a > b ? a : b))
    this.mostBits = Math.max(this.mostBits, log2(most))
  }
}

/** @param {bigint} value positive */
export function log2(value) {
  const bits = value.toString(2).length
  const shift = BigInt(Math.max(0, bits - 60))
  return Math.log2(Number(value >> shift)) + Number(shift)
}

/** @returns {never} */
function never() {
  throw new Error('no such lane')
}

/** @param {Value | undefined} value */
function known(value) {
  if (typeof value === 'number') return value
  throw new Unproven('an address or a branch that depends on data')
}

/** @param {Int | Double} value */
function narrow(value) {
  const int = /** @type {Int} */ (value)
  return int.isExact ? Number(int.signed().lo) : int
}

/** @param {{ lo: bigint, hi: bigint }} bounds */
function widened({ lo, hi }) {
  return new Int(64, lo, hi)
}

/** Bytes. @param {Int | Double} value */
function sizeOf(value) {
  return value instanceof Int ? value.bits / 8 : 8
}

/** @param {Int | Double} value */
function intOf(value) {
  return value instanceof Double ? value.toInt() : value
}

/** @param {Int | Double} value */
function doubleOf(value) {
  return value instanceof Double ? value : Double.fromInt(value)
}

/** @param {Int} low @param {Int} high */
function joined(low, high) {
  const [a, b] = [low.unsigned(), high.signed()]
  return new Int(64, a.lo + (b.lo << 32n), a.hi + (b.hi << 32n))
}

/** @param {Lanes} lanes @returns {Lanes} */
function wide(lanes) {
  if (lanes.length === 2) return lanes
  const [a, b, c, d] = /** @type {[Int, Int, Int, Int]} */ (lanes)
  return [joined(a, b), joined(c, d)]
}

/** @param {Lanes} lanes */
function integers(lanes) {
  return wide(lanes).map(intOf)
}

/** @param {Lanes} lanes */
function doubles(lanes) {
  return wide(lanes).map(doubleOf)
}

/** @param {Lanes} lanes @returns {Int[]} */
function halves(lanes) {
  if (lanes.length === 4) return /** @type {Int[]} */ (lanes)
  return lanes.flatMap((lane) => [intOf(lane).lowHalf(), intOf(lane).highHalf()])
}

/** @param {string} type @returns {Value} */
function zeroOf(type) {
  if (type === 'i32') return 0
  if (type === 'i64') return Int.of(64, 0n)
  if (type === 'f64') return Double.of(0n)
  return [Int.of(64, 0n), Int.of(64, 0n)]
}

/** @typedef {(machine: Machine, values: any[], words: string[]) => Value | undefined} Rule */

/** What is computed with addresses and counters. @type {Record<string, (a: number, b: number) => number | boolean>} */
const known32 = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: Math.imul,
  shl: (a, b) => a << b,
  shr_s: (a, b) => a >> b,
  shr_u: (a, b) => a >>> b,
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
  div_s: (a, b) => Math.trunc(a / b),
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  eqz: (a) => a === 0,
  lt_s: (a, b) => a < b,
  lt_u: (a, b) => a >>> 0 < b >>> 0,
  gt_s: (a, b) => a > b,
  le_s: (a, b) => a <= b,
  ge_s: (a, b) => a >= b,
}

/** An operation on words of 32 bits: addresses and counters, which are known, or data. @param {string} name @param {Machine} machine @param {any[]} values */
function onWords(name, machine, values) {
  if (name === 'wrap_i64') return narrow(values[0].lowHalf())
  const [a, b] = values
  if (typeof a === 'number' && (b === undefined || typeof b === 'number')) {
    const f = known32[name]
    if (f === undefined) throw new Error(`no rule for i32.${name}`)
    return Number(f(a, b ?? 0)) | 0
  }
  const rule = integer[name]
  if (rule === undefined) throw new Unproven(`i32.${name} of data`)
  const word = (/** @type {number | Int} */ x) => (typeof x === 'number' ? Int.of(32, BigInt(x >>> 0)) : x)
  return rule(machine, [word(a), word(b)], [])
}

/** @param {number | Int} count */
const countOf = (count) => (typeof count === 'number' ? BigInt(count) : count.unsigned().lo)

/** Operations on integers, as such or lane by lane. @type {Record<string, Rule>} */
const integer = {
  add: (_, [a, b]) => a.plus(b),
  sub: (_, [a, b]) => a.minus(b),
  mul: (_, [a, b]) => a.times(b),
  shl: (_, [a, count]) => a.shiftedLeft(countOf(count)),
  shr_u: (machine, [a, count]) => {
    machine.read(a, a.unsigned())
    return a.shiftedRight(countOf(count))
  },
  shr_s: (machine, [a, count]) => {
    machine.read(a, a.signed())
    return a.shiftedRightSigned(countOf(count))
  },
  and: (_, [a, b]) => a.and(b),
  or: (_, [a, b]) => a.or(b),
}

/** @type {(sign: bigint) => Rule} */
const fused = (sign) => (_, values) => {
  const [x, y, z] = values.map(doubles)
  return x?.map((lane, i) => Double.fma(sign, lane, y?.[i] ?? never(), z?.[i] ?? never()))
}

/** @type {Record<string, Rule>} */
const conversions = {
  'i64.extend_i32_s': (_, [x]) => (typeof x === 'number' ? Int.of(64, BigInt(x)) : widened(x.signed())),
  'i64.extend_i32_u': (_, [x]) => (typeof x === 'number' ? Int.of(64, BigInt(x >>> 0)) : widened(x.unsigned())),
  'f64x2.relaxed_madd': fused(1n),
  'f64x2.relaxed_nmadd': fused(-1n),
  'f64x2.add': (_, [a, b]) => doubles(a).map((lane, i) => lane.plus(doubles(b)[i] ?? never())),
  'f64x2.sub': (_, [a, b]) => doubles(a).map((lane, i) => lane.plus((doubles(b)[i] ?? never()).negated())),
  'i64.trunc_sat_f64_s': (_, [x]) => new Int(64, x.lo, x.hi),
  'f64.convert_i64_s': (machine, [x]) => {
    const { lo, hi } = x.signed()
    const { beyond, bounds } = machine.lemma ?? {}
    if (beyond === undefined || bounds === undefined || (lo >= beyond[0] && hi <= beyond[1])) return new Double(lo, hi)
    machine.lemmas++
    return new Double(...bounds)
  },
}

/** @type {(first: number, read: (lane: Int) => { lo: bigint, hi: bigint }) => Rule} */
const widening =
  (first, read) =>
  (_, [a, b]) =>
    [first, first + 1].map((i) => {
      const [x, y] = [read(halves(a)[i] ?? never()), read(halves(b)[i] ?? never())]
      const corners = [x.lo * y.lo, x.lo * y.hi, x.hi * y.lo, x.hi * y.hi]
      const [lo, hi] = [corners.reduce((p, q) => (p < q ? p : q)), corners.reduce((p, q) => (p > q ? p : q))]
      return new Int(64, lo, hi)
    })

/** @type {Record<string, Rule>} */
const vector = {
  'i64x2.splat': (_, [x]) => [x, x],
  'i32x4.splat': (_, [x]) => Array.from({ length: 4 }, () => (typeof x === 'number' ? Int.of(32, BigInt(x >>> 0)) : x)),
  'i64x2.extract_lane': (_, [x], [lane]) => integers(x)[Number(lane)],
  'i64x2.extmul_low_i32x4_u': widening(0, (lane) => lane.unsigned()),
  'i64x2.extmul_high_i32x4_u': widening(2, (lane) => lane.unsigned()),
  'i64x2.extmul_low_i32x4_s': widening(0, (lane) => lane.signed()),
  'i64x2.extmul_high_i32x4_s': widening(2, (lane) => lane.signed()),
  'v128.and': (_, [a, b]) => {
    const [x, y] = [integers(a), integers(b)]
    return x.map((lane, i) => lane.and(y[i] ?? never()))
  },
  'v128.or': (_, [a, b]) => {
    const [x, y] = [integers(a), integers(b)]
    return x.map((lane, i) => lane.or(y[i] ?? never()))
  },
  'i8x16.shuffle': (_, [a, b], words) => {
    const bytes = words.map(Number)
    const inGroups = (/** @type {number} */ size) =>
      bytes.every((byte, i) => (i % size === 0 ? byte % size === 0 : byte === (bytes[i - 1] ?? 0) + 1))
    if (inGroups(8)) {
      const lanes = [...wide(a), ...wide(b)]
      return [0, 8].map((i) => lanes[(bytes[i] ?? 0) / 8] ?? never())
    }
    if (!inGroups(4)) throw new Error('a shuffle of single bytes')
    const lanes = [...halves(a), ...halves(b)]
    return [0, 4, 8, 12].map((i) => lanes[(bytes[i] ?? 0) / 4] ?? never())
  },
}

/** The text of a module, as lists of lists. @param {string} text @returns {Tree[]} */
function parse(text) {
  /** @type {Tree[]} */
  const root = []
  const stack = [root]
  for (const [token] of text.matchAll(/\(|\)|"(?:[^"\\]|\\.)*"|;;[^\n]*|[^\s()]+/g)) {
    if (token.startsWith(';;')) continue
    if (token === '(') {
      /** @type {Tree[]} */
      const list = []
      stack.at(-1)?.push(list)
      stack.push(list)
    } else if (token === ')') stack.pop()
    else stack.at(-1)?.push(token)
  }
  return root
}
