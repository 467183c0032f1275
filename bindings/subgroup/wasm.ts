import { bitLength, toBigint, toFixedWidth } from '../octets/integers.js'
import type { CombShape } from './comb.js'
import type { Core } from '../core/core.js'
import { bucketWidth, costsOf, planSliding, sharedWidth, slidingWidth, windowWidth } from './cost.js'
import type {
  Base,
  Curve,
  CurveDescription,
  KernelName,
  Group,
  GroupDescription,
  Element,
  Engine,
  FixedBase,
  FixedBaseOptions,
  Scalar,
  ScalarField,
  Subgroup,
  SubgroupDescription,
  SubgroupOptions,
} from '../engine/engine.js'
import { EngineError, InvalidInputError } from '../errors.js'
import { Lifetime } from '../engine/lifetime.js'
import { checkElementLength, checkSameCount, checkScalarLength } from '../engine/operands.js'
import { inverseModulo, powerModulo } from '../engine/power.js'
import { isOne, SubgroupBase } from './subgroup-base.js'
import { validateSubgroup } from './validation.js'
import { decodeTable, type TableOwner } from './table-codec.js'
import { CombStore, WasmFixedBase, type Comb } from './wasm-fixed-base.js'
import { slack, WasmModulus } from './wasm-modulus.js'
import { WasmScalarField } from '../core/wasm-scalars.js'

/** The backend on WebAssembly: a core for all subgroups, and one for each curve, which comes with it. */
export class WasmEngine implements Engine {
  readonly backend = 'wasm'
  readonly constantTime = true
  readonly #lifetime = new Lifetime('engine')
  readonly #curves: Curve[] = []

  /** @param kernels those that curves may use, the fastest first; that of `core` where there is one */
  constructor(
    private readonly core: Core | undefined,
    private readonly kernels: readonly KernelName[] = core === undefined ? [] : [core.kernel],
  ) {}

  get kernel(): Engine['kernel'] {
    return this.kernels[0]
  }

  subgroup(description: SubgroupDescription, options: SubgroupOptions = {}): Subgroup {
    this.#lifetime.check()
    const { core } = this
    if (core === undefined)
      throw new EngineError('engine/options', 'this engine was made without a kernel for subgroups')
    const moduli: WasmModulus[] = []
    try {
      validateSubgroup(description, {
        ...options,
        preparePower: (p) => {
          const modulus = new WasmModulus(core, p)
          moduli.push(modulus)
          return modulus.powers(bitLength(p))
        },
      })
    } finally {
      for (const modulus of moduli) modulus.dispose()
    }
    return new WasmSubgroup(this, core, description, new Lifetime('group', this.#lifetime))
  }

  curve(description: CurveDescription): Curve {
    this.#lifetime.check()
    const curve = description.arithmetic.onWasm(this, description, this.#lifetime, this.kernels)
    this.#curves.push(curve)
    return curve
  }

  group(description: GroupDescription, options?: SubgroupOptions): Group {
    return 'arithmetic' in description ? this.curve(description) : this.subgroup(description, options)
  }

  powerVartime(base: bigint, exponent: bigint, modulus: bigint): bigint {
    this.#lifetime.check()
    const { core } = this
    const isForCore = core !== undefined && bitLength(modulus) <= MAX_MODULUS_BITS && exponent > 0n
    if (!isForCore) return powerModulo(base, exponent, modulus)
    const prepared = new WasmModulus(core, modulus)
    try {
      return prepared.powers(bitLength(exponent))(base % modulus, exponent)
    } finally {
      prepared.dispose()
    }
  }

  dispose(): void {
    if (this.#lifetime.ended) return
    for (const curve of this.#curves) curve.dispose()
    this.#lifetime.end()
    this.core?.wipe()
  }
}

/** The longest modulus for which the kernels' bounds are proven. */
const MAX_MODULUS_BITS = 4096

/** How many items a bulk call takes at once; it bounds the memory that a call needs. */
const bulkItems = 256

const termBytes = 24

/**
 * A factor of a product as the core wants it: an exponent with a comb, or the digits of one with odd powers of a base.
 */
interface Term {
  readonly table: number
  readonly exponent: number
  readonly shape: CombShape | { readonly bits: number }
}

/** A subgroup construction on the core. Section 3.1 of the U-Prove specification. */
export class WasmSubgroup extends SubgroupBase implements Subgroup {
  readonly modulus: WasmModulus
  readonly qBits: number
  /** Numbers that operations use and leave to the next. */
  readonly #left: number
  readonly #right: number
  readonly #windows: { readonly width: number; readonly table: number }
  /** The term of q in a test of membership. */
  readonly #orderTerm: { readonly term: number; readonly powers: number }
  /** Memory that operations share one after the other; it grows with what they need. */
  #workspace = { pointer: 0, bytes: 0 }
  readonly #scalars: WasmScalarField
  readonly #combs: CombStore
  readonly #orderOctets: Uint8Array

  constructor(
    readonly engine: WasmEngine,
    readonly core: Core,
    description: SubgroupDescription,
    lifetime: Lifetime,
  ) {
    super(description, lifetime)
    const { p, q } = description
    this.qBits = bitLength(q)
    this.#orderOctets = toFixedWidth(q, this.scalarLength)
    this.modulus = new WasmModulus(this.core, p)
    this.#scalars = new WasmScalarField(this.core, q, lifetime)
    this.#combs = new CombStore(this)
    this.#left = this.modulus.allocateNumber()
    this.#right = this.modulus.allocateNumber()
    const width = windowWidth(this.qBits, costsOf[this.core.kernel])
    this.#windows = { width, table: this.modulus.allocate(2 ** width * this.modulus.entryBytes) }
    this.#orderTerm = this.#prepareOrder()
  }

  get scalars(): ScalarField {
    return this.#scalars
  }

  get entryBytes(): number {
    return this.modulus.entryBytes
  }

  get tableOwner(): TableOwner {
    const { core, p, q, modulus } = this
    return { layout: core.kernel, p, q, entryBytes: modulus.entryBytes }
  }

  memberPowersVartime(x: Uint8Array, exponents: readonly Scalar[]): Element[] | undefined {
    this.lifetime.check()
    this.#checkScalars(exponents)
    if (!this.mayBeMember(x)) return undefined
    const { core, modulus, qBits } = this
    const { record, entryBytes } = modulus
    const all = [this.#orderOctets, ...exponents]
    const width = sharedWidth(qBits)
    const buckets = all.length * 2 ** (width - 1)
    const [results, bucketEntries, used, digits, exponent] = this.#room(
      all.length * entryBytes,
      buckets * entryBytes,
      buckets,
      all.length * qBits,
      this.#exponentBytes,
    )
    all.forEach((e, i) => {
      this.#writeExponent(exponent!, e)
      core.exports.slidingDigits(digits! + i * qBits, exponent!, qBits, width)
    })
    modulus.read(this.#left, x)
    core.exports.sharedPowers(record, results!, this.#left, digits!, all.length, qBits, width, bucketEntries!, used!)
    const [membership, ...powers] = all.map((_, i) => {
      core.exports.copy(record, this.#left, results! + i * entryBytes)
      return modulus.write(this.#left) as Element
    })
    return isOne(membership!) ? powers : undefined
  }

  multiply(a: Element, b: Element): Element {
    this.lifetime.check()
    this.#read(this.#left, a)
    this.#read(this.#right, b)
    this.core.exports.multiply(this.modulus.record, this.#left, this.#left, this.#right)
    const product = this.modulus.write(this.#left) as Element
    // Factors may be as secret as exponents: a Prover's t_b and sigma_b^alpha are.
    this.#wipe(0, 0)
    return product
  }

  invert(a: Element): Element {
    return this.invertMany([a])[0]!
  }

  invertMany(as: readonly Element[]): Element[] {
    this.lifetime.check()
    const { core, modulus } = this
    const { record, entryBytes, one } = modulus
    return inPieces(as, (piece) => {
      const [octets, prefixes, values] = this.#room(
        piece.length * this.elementLength,
        piece.length * entryBytes,
        piece.length * entryBytes,
      )
      this.#writeElements(octets!, piece)
      core.exports.prefixProducts(record, this.#left, octets!, piece.length, prefixes!, values!, one, this.#right)
      const inverse = inverseModulo(toBigint(modulus.write(this.#left)), this.p)
      if (inverse === undefined) throw new InvalidInputError('element/range', 'zero has no inverse')
      modulus.read(this.#left, toFixedWidth(inverse, this.elementLength))
      core.exports.suffixInverses(record, this.#left, octets!, piece.length, prefixes!, values!, this.#right)
      return this.#readElements(octets!, piece.length)
    })
  }

  exponentiate(base: Element, e: Scalar): Element {
    return this.exponentiateMany([base], [e])[0]!
  }

  exponentiateMany(bases: readonly Element[], es: readonly Scalar[]): Element[] {
    this.lifetime.check()
    checkSameCount(bases, es)
    this.#checkScalars(es)
    const { core, modulus, qBits } = this
    return inPieces(bases, (piece, start) => {
      const stride = this.#exponentBytes
      const [octets, exponents] = this.#room(piece.length * this.elementLength, piece.length * stride)
      this.#writeElements(octets!, piece)
      piece.forEach((_, i) => this.#writeExponent(exponents! + i * stride, es[start + i]!))
      try {
        core.exports.exponentiateMany(
          modulus.record,
          octets!,
          exponents!,
          stride,
          piece.length,
          qBits,
          this.#windows.width,
          this.#windows.table,
          this.#left,
        )
        return this.#readElements(octets!, piece.length)
      } finally {
        core.exports.wipe(this.#windows.table, 2 ** this.#windows.width * modulus.entryBytes)
        this.#wipe(octets!, exponents! + piece.length * stride)
      }
    })
  }

  /** Powers of a comb. Constant time in the exponents. */
  combPowers(
    { table, shape }: { readonly table: number; readonly shape: CombShape },
    es: readonly Scalar[],
  ): Element[] {
    this.#checkScalars(es)
    const { core, modulus } = this
    return inPieces(es, (piece) => {
      const stride = this.#exponentBytes
      const [octets, term, exponents] = this.#room(piece.length * this.elementLength, termBytes, piece.length * stride)
      piece.forEach((e, i) => this.#writeExponent(exponents! + i * stride, e))
      this.#writeTerms(term!, [{ table, exponent: exponents!, shape }])
      try {
        core.exports.combPowers(
          modulus.record,
          octets!,
          term!,
          exponents!,
          stride,
          piece.length,
          shape.columns,
          this.#left,
        )
        return this.#readElements(octets!, piece.length)
      } finally {
        this.#wipe(octets!, exponents! + piece.length * stride)
      }
    })
  }

  multiExponentiate(bases: readonly Base[], es: readonly Scalar[]): Element {
    this.lifetime.check()
    checkSameCount(bases, es)
    this.#checkScalars(es)
    const { core, modulus } = this
    const { record } = modulus
    const { combs, elements } = this.#split(bases, es)
    const powers = this.exponentiateMany(
      elements.map(([base]) => base),
      elements.map(([, e]) => e),
    )
    const stride = this.#exponentBytes
    const [terms, exponents] = this.#room(combs.length * termBytes, combs.length * stride)
    try {
      const columns = this.#writeTerms(terms!, this.#combTerms(combs, exponents!))
      core.exports.combProduct(record, this.#right, terms!, combs.length, columns)
      for (const power of powers) {
        modulus.read(this.#left, power)
        core.exports.multiply(record, this.#right, this.#left, this.#right)
      }
      return modulus.write(this.#right) as Element
    } finally {
      for (const power of powers) power.fill(0)
      this.#wipe(terms!, exponents! + combs.length * stride)
    }
  }

  multiExponentiateVartime(bases: readonly Base[], es: readonly Scalar[]): Element {
    this.lifetime.check()
    checkSameCount(bases, es)
    this.#checkScalars(es)
    const { core, modulus, qBits } = this
    const { record, entryBytes } = modulus
    const { combs, elements } = this.#split(bases, es)
    const width = bucketWidth(elements.length, qBits)
    if (width !== undefined) {
      const product = this.#bucketProduct(elements, width)
      return combs.length === 0 ? product : this.multiply(product, this.#combProductVartime(combs))
    }
    const slidingBits = slidingWidth(qBits)
    const powers = 2 ** (slidingBits - 1)
    const count = combs.length + elements.length
    const [terms, exponents, tables, digits, exponent] = this.#room(
      count * termBytes,
      combs.length * this.#exponentBytes,
      elements.length * powers * entryBytes,
      elements.length * qBits,
      this.#exponentBytes,
    )
    const windows = elements.map(([base, e], i): Term => {
      const term = { table: tables! + i * powers * entryBytes, exponent: digits! + i * qBits, shape: { bits: qBits } }
      this.#read(this.#left, base)
      core.exports.oddPowers(record, term.table, this.#left, powers)
      this.#writeExponent(exponent!, e)
      core.exports.slidingDigits(term.exponent, exponent!, qBits, slidingBits)
      return term
    })
    const bits = this.#writeTerms(terms!, [...this.#combTerms(combs, exponents!), ...windows])
    core.exports.productVartime(record, this.#left, terms!, count, bits)
    return modulus.write(this.#left) as Element
  }

  fixedBase(base: Element, options: FixedBaseOptions = {}): FixedBase {
    this.lifetime.check()
    checkElementLength(base, this.elementLength)
    return this.#combs.open(base, options)
  }

  importFixedBase(image: Uint8Array): FixedBase {
    this.lifetime.check()
    return this.#combs.load(decodeTable(this.tableOwner, image))
  }

  dispose(): void {
    if (this.lifetime.ended) return
    this.#combs.dispose()
    this.#scalars.dispose()
    if (this.#workspace.bytes > 0) this.core.release(this.#workspace.pointer)
    this.modulus.dispose()
    this.lifetime.end()
  }

  /** Reads an element and builds a comb of it. */
  buildComb(table: number, base: Element, { teeth, blocks, columns }: CombShape): void {
    this.#read(this.#left, base)
    this.core.exports.buildComb(this.modulus.record, table, this.#left, teeth, blocks, columns)
  }

  /** Lays out the digits of q and the odd powers that they need, for good. */
  #prepareOrder(): { term: number; powers: number } {
    const { modulus, qBits, core } = this
    const { width, powers } = planSliding(this.q)
    const [table, digits, term, exponent] = [
      modulus.allocate(powers * modulus.entryBytes),
      modulus.allocate(qBits),
      modulus.allocate(termBytes),
      modulus.allocate(this.#exponentBytes),
    ]
    this.#writeExponent(exponent, this.#orderOctets)
    core.exports.slidingDigits(digits, exponent, qBits, width)
    this.#writeTerms(term, [{ table, exponent: digits, shape: { bits: qBits } }])
    return { term, powers }
  }

  protected areOfOrderQ(xs: readonly Uint8Array[]): boolean[] {
    const { core, modulus, elementLength, qBits } = this
    const { term, powers } = this.#orderTerm
    return inPieces(xs, (piece) => {
      const { length } = piece
      const [octets, flags, scratch] = this.#room(length * elementLength, length, elementLength)
      this.#writeElements(octets!, piece)
      core.exports.areOfOrder(modulus.record, flags!, octets!, length, term, powers, qBits, this.#left, scratch!)
      return Array.from(core.octets.subarray(flags, flags! + length), (flag) => flag === 1)
    })
  }

  #bucketProduct(elements: readonly (readonly [Element, Scalar])[], width: number): Element {
    const { core, modulus, qBits } = this
    const { record, entryBytes } = modulus
    const stride = this.#exponentBytes
    const [bases, exponents, buckets, used] = this.#room(
      elements.length * entryBytes,
      elements.length * stride,
      2 ** width * entryBytes,
      2 ** width,
    )
    elements.forEach(([base, e], i) => {
      this.#read(this.#right, base)
      core.exports.copy(record, bases! + i * entryBytes, this.#right)
      this.#writeExponent(exponents! + i * stride, e)
    })
    core.exports.bucketProduct(
      record,
      this.#left,
      bases!,
      exponents!,
      stride,
      elements.length,
      qBits,
      width,
      buckets!,
      used!,
    )
    return modulus.write(this.#left) as Element
  }

  #combProductVartime(combs: readonly (readonly [Comb, Scalar])[]): Element {
    const { core, modulus } = this
    const [terms, exponents] = this.#room(combs.length * termBytes, combs.length * this.#exponentBytes)
    const columns = this.#writeTerms(terms!, this.#combTerms(combs, exponents!))
    core.exports.productVartime(modulus.record, this.#left, terms!, combs.length, columns)
    return modulus.write(this.#left) as Element
  }

  #checkScalars(es: readonly Scalar[]): void {
    for (const e of es) checkScalarLength(e, this.scalarLength)
  }

  #read(number: number, x: Element): void {
    checkElementLength(x, this.elementLength)
    this.modulus.read(number, x)
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

  /** Bytes of an exponent in the core's memory: a comb reads up to a row beyond its end. */
  get #exponentBytes(): number {
    return 2 * this.scalarLength + slack
  }

  /** Writes octets little-endian, with zeros behind them. */
  #writeExponent(pointer: number, octets: Uint8Array): void {
    const memory = this.core.octets
    for (let i = 0; i < octets.length; i++) memory[pointer + i] = octets[octets.length - 1 - i]!
    memory.fill(0, pointer + octets.length, pointer + this.#exponentBytes)
  }

  /** Bases with a comb, and bases without. */
  #split(
    bases: readonly Base[],
    es: readonly Scalar[],
  ): { combs: (readonly [Comb, Scalar])[]; elements: (readonly [Element, Scalar])[] } {
    const combs: (readonly [Comb, Scalar])[] = []
    const elements: (readonly [Element, Scalar])[] = []
    bases.forEach((base, i) => {
      if (base instanceof Uint8Array) {
        elements.push([base, es[i]!])
        return
      }
      if (!(base instanceof WasmFixedBase) || base.group !== this) {
        throw new InvalidInputError('base/other-group', 'the table was made by another group')
      }
      base.lifetime.check()
      if (base.comb === undefined) elements.push([base.base, es[i]!])
      else combs.push([base.comb, es[i]!])
    })
    return { combs, elements }
  }

  /** The terms of combs, whose exponents are written to `exponents`. */
  #combTerms(combs: readonly (readonly [Comb, Scalar])[], exponents: number): Term[] {
    return combs.map(([{ table, shape }, e], i) => {
      const exponent = exponents + i * this.#exponentBytes
      this.#writeExponent(exponent, e)
      return { table, exponent, shape }
    })
  }

  /** Writes terms for the core. Returns the columns or bits of the longest. */
  #writeTerms(pointer: number, terms: readonly Term[]): number {
    let longest = 0
    terms.forEach(({ table, exponent, shape }, i) => {
      const { teeth, blocks, columns } = 'bits' in shape ? { teeth: 0, blocks: 0, columns: shape.bits } : shape
      longest = Math.max(longest, columns)
      this.core.writeWords(pointer + i * termBytes, [table, exponent, teeth, blocks, columns, blocks * columns])
    })
    return longest
  }

  /** Pieces of memory for one operation. What is in them is left from earlier ones. */
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
    const { core, modulus } = this
    core.exports.wipe(start, end - start)
    modulus.wipeNumber(this.#left)
    modulus.wipeNumber(this.#right)
    modulus.wipeWorkingMemory()
  }
}

/** Calls `operation` with pieces of a list that are not too long, and with where each starts. */
function inPieces<T, Result>(
  list: readonly T[],
  operation: (piece: readonly T[], start: number) => Result[],
): Result[] {
  if (list.length <= bulkItems) return operation(list, 0)
  const results: Result[] = []
  for (let start = 0; start < list.length; start += bulkItems) {
    results.push(...operation(list.slice(start, start + bulkItems), start))
  }
  return results
}
