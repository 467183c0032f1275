import { WasmScalarField } from '../core/wasm-scalars.js'
import type {
  Base,
  Curve,
  CurveDescription,
  Element,
  Engine,
  FixedBase,
  FixedBaseOptions,
  Scalar,
  ScalarField,
} from '../engine/engine.js'
import { Lifetime } from '../engine/lifetime.js'
import { checkElementLength, checkSameCount, checkScalarLength } from '../engine/operands.js'
import { InvalidInputError } from '../errors.js'
import { bitLength } from '../octets/integers.js'
import type { CurveCore } from './curve-core.js'
import { CurveBase } from './curve-base.js'
import { bucketWidth, combEntries, slidingWidth } from './curve-cost.js'
import { decodeCurveTable, type CurveTableOwner } from './curve-table.js'
import { CurveCombStore, CurveFixedBase, type CurveComb } from './wasm-curve-base.js'

/** How many items a bulk call takes at once; it bounds the memory that a call needs. */
const bulkItems = 256

/** Readable bytes that the core wants behind octets. */
const slack = 8
/** What the core takes for a factor of a product: pointers to a table and to digits; the same and a width for a comb. */
const termBytes = 8
const combTermBytes = 12
/** What the core keeps of an exponent whose digits it reads. */
const digitBytes = 80

/**
 * A curve on its WebAssembly core. Elements are uncompressed points, 04 || x || y; the point at infinity, which no
 * element that enters may be, comes out of products as all zeros.
 */
export class WasmCurve extends CurveBase implements Curve {
  readonly qBits: number
  /** Bytes of an entry of a comb. */
  readonly entryBytes: number
  readonly #pointBytes: number
  readonly #scalars: WasmScalarField
  readonly #combs: CurveCombStore
  /** Memory that operations share one after the other; it grows with what they need. */
  #workspace = { pointer: 0, bytes: 0 }

  constructor(
    readonly engine: Engine,
    readonly core: CurveCore,
    readonly description: CurveDescription,
    parent?: Lifetime,
  ) {
    super(description, parent)
    this.qBits = bitLength(this.q)
    this.entryBytes = core.exports.pairBytes()
    this.#pointBytes = core.exports.pointBytes()
    this.#scalars = new WasmScalarField(core, this.q, this.lifetime)
    this.#combs = new CurveCombStore(this)
  }

  get scalars(): ScalarField {
    return this.#scalars
  }

  get tableOwner(): CurveTableOwner {
    const { core, name, elementLength, entryBytes, qBits } = this
    return {
      layout: `${name} ${core.kernel}`,
      elementLength,
      bytesOf: (width) => combEntries(width, qBits) * entryBytes,
      isMember: (octets) => this.isMember(octets),
    }
  }

  memberPowersVartime(x: Uint8Array, exponents: readonly Scalar[]): Element[] | undefined {
    this.#checkScalars(exponents)
    if (!this.isMember(x)) return undefined
    const { exports, octets: memory } = this.core
    const { qBits, scalarLength } = this
    const width = slidingWidth(qBits)
    const count = exponents.length
    const [octets, table, term, digits, scalar, point, points, affines] = this.#room(
      Math.max(1, count) * this.elementLength,
      2 ** (width - 2) * this.#pointBytes,
      termBytes,
      qBits + 1,
      scalarLength,
      this.#pointBytes,
      count * this.#pointBytes,
      count * this.entryBytes,
    )
    memory.set(x, octets)
    exports.elementMultiples(table!, octets!, 2 ** (width - 2))
    this.core.writeWords(term!, [table!, digits!])
    exponents.forEach((e, i) => {
      this.core.octets.set(e, scalar)
      exports.slidingDigits(digits!, scalar!, scalarLength, qBits, width)
      exports.productVartime(points! + i * this.#pointBytes, term!, 1, qBits, 0, 0, point!)
    })
    exports.write(octets!, points!, count, affines!)
    return this.#readElements(octets!, count)
  }

  multiply(a: Element, b: Element): Element {
    this.lifetime.check()
    const { exports } = this.core
    const [octets, points, affine] = this.#room(this.elementLength, 3 * this.#pointBytes, this.entryBytes)
    try {
      const factors = [a, b]
      factors.forEach((factor, i) => {
        this.#writeElements(octets!, [factor])
        exports.read(points! + i * this.#pointBytes, octets!)
      })
      const product = points! + factors.length * this.#pointBytes
      exports.sum(product, points!, factors.length)
      exports.write(octets!, product, 1, affine!)
      return this.#readElements(octets!, 1)[0]!
    } finally {
      // Factors may be as secret as exponents: a Prover's t_b and sigma_b^alpha are.
      this.#wipe(octets!, affine! + this.entryBytes)
    }
  }

  exponentiate(base: Element, e: Scalar): Element {
    return this.exponentiateMany([base], [e])[0]!
  }

  exponentiateMany(bases: readonly Element[], es: readonly Scalar[]): Element[] {
    return this.powersOf(bases, es)
  }

  /** bases[i]^es[i] for bases with combs and without, constant time in the exponents; inversions are shared. */
  powersOf(bases: readonly (Element | CurveComb)[], es: readonly Scalar[]): Element[] {
    this.lifetime.check()
    checkSameCount(bases, es)
    this.#checkScalars(es)
    const results: Element[] = []
    for (let start = 0; start < bases.length; start += bulkItems) {
      const piece = bases.slice(start, start + bulkItems)
      const [octets, scalar, points, affines] = this.#room(
        piece.length * this.elementLength,
        this.scalarLength,
        piece.length * this.#pointBytes,
        piece.length * this.entryBytes,
      )
      try {
        this.#powers(points!, piece, es.slice(start), octets!, scalar!)
        this.core.exports.write(octets!, points!, piece.length, affines!)
        results.push(...this.#readElements(octets!, piece.length))
      } finally {
        this.#wipe(octets!, affines! + piece.length * this.entryBytes)
      }
    }
    return results
  }

  multiExponentiate(bases: readonly Base[], es: readonly Scalar[]): Element {
    this.lifetime.check()
    checkSameCount(bases, es)
    this.#checkScalars(es)
    const factors = bases.map((base) => this.#factorOf(base))
    const count = factors.length
    const [octets, scalar, points, affine] = this.#room(
      this.elementLength,
      this.scalarLength,
      (count + 1) * this.#pointBytes,
      this.entryBytes,
    )
    try {
      const product = points! + count * this.#pointBytes
      this.#powers(points!, factors, es, octets!, scalar!)
      this.core.exports.sum(product, points!, count)
      this.core.exports.write(octets!, product, 1, affine!)
      return this.#readElements(octets!, 1)[0]!
    } finally {
      this.#wipe(octets!, affine! + this.entryBytes)
    }
  }

  multiExponentiateVartime(bases: readonly Base[], es: readonly Scalar[]): Element {
    this.lifetime.check()
    checkSameCount(bases, es)
    this.#checkScalars(es)
    const combs: (readonly [CurveComb, Scalar])[] = []
    const elements: (readonly [Element, Scalar])[] = []
    bases.forEach((base, i) => {
      const factor = this.#factorOf(base)
      if (!(factor instanceof Uint8Array)) combs.push([factor, es[i]!])
      else if (!isAllZero(factor)) elements.push([factor, es[i]!])
    })
    const width = bucketWidth(elements.length, this.qBits)
    return width === undefined ? this.#interleavedProduct(combs, elements) : this.#bucketProduct(combs, elements, width)
  }

  fixedBase(base: Element, options: FixedBaseOptions = {}): FixedBase {
    this.lifetime.check()
    checkElementLength(base, this.elementLength)
    return this.#combs.open(base, options)
  }

  importFixedBase(image: Uint8Array): FixedBase {
    this.lifetime.check()
    return this.#combs.load(decodeCurveTable(this.tableOwner, image))
  }

  dispose(): void {
    if (this.lifetime.ended) return
    this.#combs.dispose()
    this.#scalars.dispose()
    if (this.#workspace.bytes > 0) this.core.release(this.#workspace.pointer)
    this.core.exports.wipeCurve()
    this.lifetime.end()
  }

  /** A new table with the comb of a base. */
  buildComb(base: Element, width: number): number {
    const { core } = this
    const entries = combEntries(width, this.qBits)
    const points = core.allocate(entries * this.#pointBytes)
    try {
      const [octets] = this.#room(this.elementLength)
      const table = core.allocate(entries * this.entryBytes)
      this.#writeElements(octets!, [base])
      core.exports.buildComb(table, octets!, width, points)
      return table
    } finally {
      core.release(points)
    }
  }

  /** Straus' interleaved windows for elements, which share their doublings; combs are added to that. */
  #interleavedProduct(
    combs: readonly (readonly [CurveComb, Scalar])[],
    elements: readonly (readonly [Element, Scalar])[],
  ): Element {
    const { core, qBits, scalarLength } = this
    const { exports } = core
    const width = slidingWidth(qBits)
    const multiples = 2 ** (width - 2)
    const [octets, terms, combTerms, scalars, tables, digits, points, affine] = this.#room(
      this.elementLength,
      elements.length * termBytes,
      combs.length * combTermBytes,
      Math.max(1, combs.length) * scalarLength,
      elements.length * multiples * this.#pointBytes,
      elements.length * (qBits + 1),
      2 * this.#pointBytes,
      this.entryBytes,
    )
    elements.forEach(([base, e], i) => {
      const [table, ofBase] = [tables! + i * multiples * this.#pointBytes, digits! + i * (qBits + 1)]
      this.#writeElements(octets!, [base])
      exports.elementMultiples(table, octets!, multiples)
      core.octets.set(e, scalars)
      exports.slidingDigits(ofBase, scalars!, scalarLength, qBits, width)
      core.writeWords(terms! + i * termBytes, [table, ofBase])
    })
    combs.forEach(([comb, e], i) => {
      core.octets.set(e, scalars! + i * scalarLength)
      core.writeWords(combTerms! + i * combTermBytes, [comb.table, scalars! + i * scalarLength, comb.width])
    })
    const product = points! + this.#pointBytes
    exports.productVartime(product, terms!, elements.length, qBits, combTerms!, combs.length, points!)
    exports.write(octets!, product, 1, affine!)
    return this.#readElements(octets!, 1)[0]!
  }

  #bucketProduct(
    combs: readonly (readonly [CurveComb, Scalar])[],
    elements: readonly (readonly [Element, Scalar])[],
    width: number,
  ): Element {
    const { core, scalarLength } = this
    const { length } = elements
    const [octets, scalars, affines, digits, buckets, points, affine] = this.#room(
      length * this.elementLength,
      length * scalarLength,
      length * this.entryBytes,
      length * digitBytes,
      2 ** (width - 1) * this.#pointBytes,
      4 * this.#pointBytes,
      this.entryBytes,
    )
    elements.forEach(([base, e], i) => {
      this.#writeElements(octets! + i * this.elementLength, [base])
      core.octets.set(e, scalars! + i * scalarLength)
    })
    const product = points! + 3 * this.#pointBytes
    core.exports.bucketProduct(
      product,
      octets!,
      scalars!,
      scalarLength,
      length,
      width,
      affines!,
      digits!,
      buckets!,
      points!,
    )
    core.exports.write(octets!, product, 1, affine!)
    const result = this.#readElements(octets!, 1)[0]!
    return combs.length === 0 ? result : this.multiply(result, this.#interleavedProduct(combs, []))
  }

  /** Leaves the homogeneous powers of some bases at `points`. Constant time in the exponents. */
  #powers(
    points: number,
    bases: readonly (Element | CurveComb)[],
    es: readonly Scalar[],
    octets: number,
    scalar: number,
  ): void {
    const { exports } = this.core
    bases.forEach((base, i) => {
      const point = points + i * this.#pointBytes
      this.core.octets.set(es[i]!, scalar)
      if (base instanceof Uint8Array) {
        this.#writeElements(octets, [base])
        exports.power(point, octets, scalar)
      } else {
        exports.combPower(point, base.table, base.width, scalar)
      }
    })
  }

  /** The element of a base, or its comb where it has one. */
  #factorOf(base: Base): Element | CurveComb {
    if (base instanceof Uint8Array) {
      checkElementLength(base, this.elementLength)
      return base
    }
    if (!(base instanceof CurveFixedBase) || base.curve !== this) {
      throw new InvalidInputError('base/other-group', 'the table was made by another group')
    }
    base.lifetime.check()
    return base.comb ?? base.base
  }

  protected areOnCurve(xs: readonly Uint8Array[]): boolean[] {
    const { core } = this
    const results: boolean[] = []
    for (let start = 0; start < xs.length; start += bulkItems) {
      const piece = xs.slice(start, start + bulkItems)
      const [octets, flags] = this.#room(piece.length * this.elementLength, piece.length)
      this.#writeElements(octets!, piece)
      core.exports.areOnCurve(flags!, octets!, piece.length)
      for (const flag of core.octets.subarray(flags, flags! + piece.length)) results.push(flag === 1)
    }
    return results
  }

  #checkScalars(es: readonly Scalar[]): void {
    for (const e of es) checkScalarLength(e, this.scalarLength)
  }

  #writeElements(pointer: number, xs: readonly Uint8Array[]): void {
    xs.forEach((x, i) => {
      checkElementLength(x, this.elementLength)
      this.core.octets.set(x, pointer + i * this.elementLength)
    })
  }

  #readElements(pointer: number, count: number): Element[] {
    const { elementLength, core } = this
    return Array.from({ length: count }, (_, i) => {
      const start = pointer + i * elementLength
      return core.octets.slice(start, start + elementLength) as Uint8Array as Element
    })
  }

  /** Pieces of memory for one operation, in this order. What is in them is left from earlier ones. */
  #room(...sizes: readonly number[]): number[] {
    const offsets: number[] = []
    let bytes = 0
    for (const size of sizes) {
      offsets.push(bytes)
      bytes += Math.ceil((size + slack) / 16) * 16
    }
    if (bytes > this.#workspace.bytes) {
      if (this.#workspace.bytes > 0) this.core.release(this.#workspace.pointer)
      const generous = Math.max(8192, 2 ** Math.ceil(Math.log2(bytes)))
      this.#workspace = { pointer: this.core.allocate(generous), bytes: generous }
    }
    return offsets.map((offset) => this.#workspace.pointer + offset)
  }

  /** Wipes the workspace from `start` to `end`, and all that arithmetic left behind. */
  #wipe(start: number, end: number): void {
    this.core.exports.wipe(start, end - start)
    this.core.exports.wipeCurve()
  }
}

function isAllZero(octets: Uint8Array): boolean {
  return octets.every((octet) => octet === 0)
}
