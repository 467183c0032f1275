import { bitLength, byteLength, toBigint, toFixedWidth } from './bytes.js'
import type { CombShape } from './comb.js'
import type { Core } from './core.js'
import type {
  Base,
  Element,
  Engine,
  FixedBase,
  FixedBaseOptions,
  Scalar,
  ScalarField,
  Subgroup,
  SubgroupDescription,
  SubgroupOptions,
} from './engine.js'
import { InvalidInputError } from './errors.js'
import { Lifetime } from './lifetime.js'
import { checkElementLength, checkSameCount, checkScalarLength, elementInRange, isInElementRange } from './operands.js'
import { inverseModulo } from './power.js'
import { isLegacy, validateSubgroup } from './validation.js'
import { WasmFixedBase } from './wasm-fixed-base.js'
import { slack, slidingWidth, WasmModulus } from './wasm-modulus.js'
import { WasmScalarField } from './wasm-scalars.js'

/** The window of a constant-time exponentiation: 2^4 entries to make and to scan cost least for exponents of 160 to 512 bits. */
const windowWidth = 4

/** The window of powers that share their squarings. */
const sharedWidth = 4

const termBytes = 24

/** The backend on the WebAssembly core. */
export class WasmEngine implements Engine {
  readonly backend = 'wasm'
  readonly constantTime = true
  readonly #lifetime = new Lifetime('engine')

  constructor(readonly core: Core) {}

  get kernel(): Engine['kernel'] {
    return this.core.kernel
  }

  subgroup(description: SubgroupDescription, options: SubgroupOptions = {}): Subgroup {
    this.#lifetime.check()
    const moduli: WasmModulus[] = []
    try {
      validateSubgroup(description, {
        ...options,
        preparePower: (p) => {
          const modulus = new WasmModulus(this.core, p)
          moduli.push(modulus)
          return modulus.powers(bitLength(p))
        },
      })
    } finally {
      for (const modulus of moduli) modulus.dispose()
    }
    return new WasmSubgroup(this, description, new Lifetime('group', this.#lifetime))
  }

  dispose(): void {
    if (this.#lifetime.ended) return
    this.#lifetime.end()
    this.core.wipe()
  }
}

/** A factor of a product: an exponent with a comb, or with odd powers of a base. */
interface Term {
  readonly table: number
  /** Where the exponent or its digits are. */
  readonly exponent: number
  readonly shape: CombShape | { readonly bits: number }
}

export class WasmSubgroup implements Subgroup {
  readonly p: bigint
  readonly q: bigint
  readonly g: bigint
  readonly name: string | undefined
  readonly oid: string | undefined
  readonly legacy: boolean
  readonly elementLength: number
  readonly scalarLength: number
  readonly generator: Element
  readonly identity: Element
  readonly core: Core
  readonly modulus: WasmModulus
  readonly qBits: number
  /** Numbers that operations use and leave to the next. */
  readonly #left: number
  readonly #right: number
  readonly #exponent: number
  readonly #windows: number
  readonly #scalars: WasmScalarField
  readonly #modulusOctets: Uint8Array
  readonly #orderOctets: Uint8Array
  readonly #tables = new Set<WasmFixedBase>()

  constructor(
    readonly engine: WasmEngine,
    description: SubgroupDescription,
    readonly lifetime: Lifetime,
  ) {
    const { p, q, g, name, oid } = description
    this.p = p
    this.q = q
    this.g = g
    this.name = name
    this.oid = oid
    this.legacy = isLegacy(description)
    this.core = engine.core
    this.elementLength = byteLength(p)
    this.scalarLength = byteLength(q)
    this.qBits = bitLength(q)
    this.modulus = new WasmModulus(this.core, p)
    this.#scalars = new WasmScalarField(this.core, q, lifetime)
    this.#left = this.modulus.allocateNumber()
    this.#right = this.modulus.allocateNumber()
    this.#exponent = this.modulus.allocate(this.exponentBytes)
    this.#windows = this.modulus.allocate(2 ** windowWidth * this.modulus.entryBytes)
    this.#modulusOctets = toFixedWidth(p, this.elementLength)
    this.#orderOctets = toFixedWidth(q, this.scalarLength)
    this.generator = toFixedWidth(g, this.elementLength) as Element
    this.identity = toFixedWidth(1n, this.elementLength) as Element
  }

  get scalars(): ScalarField {
    return this.#scalars
  }

  /** Bytes of an exponent in the core's memory: a comb reads up to a row beyond its end. */
  get exponentBytes(): number {
    return 2 * this.scalarLength + slack
  }

  element(octets: Uint8Array): Element {
    this.lifetime.check()
    const x = elementInRange(octets, this.#modulusOctets)
    if (!this.#hasOrderQ(x)) throw new InvalidInputError('element/not-in-subgroup', 'the value is not of order q')
    return x
  }

  isMember(x: Uint8Array): boolean {
    this.lifetime.check()
    return isInElementRange(x, this.#modulusOctets) && !isOne(x) && this.#hasOrderQ(x)
  }

  areMembers(xs: readonly Uint8Array[]): boolean[] {
    this.lifetime.check()
    return xs.map((x) => this.isMember(x))
  }

  memberPowersVartime(x: Uint8Array, exponents: readonly Scalar[]): Element[] | undefined {
    this.lifetime.check()
    this.#checkScalars(exponents)
    if (!isInElementRange(x, this.#modulusOctets)) return undefined
    const { core, modulus, qBits } = this
    const all = [this.#orderOctets, ...exponents]
    const { entryBytes } = modulus
    return this.#borrowing(
      all.length * entryBytes,
      all.length * qBits,
      all.length * 2 ** (sharedWidth - 1) * entryBytes,
      (results, digits, buckets) => {
        all.forEach((exponent, i) => {
          this.#writeExponent(this.#exponent, exponent)
          core.exports.slidingDigits(digits + i * qBits, this.#exponent, qBits, sharedWidth)
        })
        modulus.read(this.#left, x)
        core.exports.sharedPowers(modulus.record, results, this.#left, digits, all.length, qBits, sharedWidth, buckets)
        const [membership, ...powers] = all.map((_, i) => {
          core.exports.copy(modulus.record, this.#left, results + i * entryBytes)
          return modulus.write(this.#left) as Element
        })
        return !isOne(x) && isOne(membership!) ? powers : undefined
      },
    )
  }

  multiply(a: Element, b: Element): Element {
    this.lifetime.check()
    this.#read(this.#left, a)
    this.#read(this.#right, b)
    this.core.exports.multiply(this.modulus.record, this.#left, this.#left, this.#right)
    return this.modulus.write(this.#left) as Element
  }

  invert(a: Element): Element {
    return this.invertMany([a])[0]!
  }

  invertMany(as: readonly Element[]): Element[] {
    this.lifetime.check()
    const { core, modulus } = this
    const { entryBytes, record } = modulus
    const { multiply, copy } = core.exports
    // prefixes[i] is the product of the elements before i.
    return this.#borrowing(as.length * entryBytes, as.length * entryBytes, 0, (prefixes, values) => {
      copy(record, this.#left, modulus.one)
      as.forEach((a, i) => {
        this.#read(this.#right, a)
        copy(record, prefixes + i * entryBytes, this.#left)
        copy(record, values + i * entryBytes, this.#right)
        multiply(record, this.#left, this.#left, this.#right)
      })
      const inverse = inverseModulo(toBigint(modulus.write(this.#left)), this.p)
      if (inverse === undefined) throw new InvalidInputError('element/range', 'zero has no inverse')
      modulus.read(this.#left, toFixedWidth(inverse, this.elementLength))
      const inverses = new Array<Element>(as.length)
      for (let i = as.length - 1; i >= 0; i--) {
        multiply(record, this.#right, prefixes + i * entryBytes, this.#left)
        inverses[i] = modulus.write(this.#right) as Element
        multiply(record, this.#left, values + i * entryBytes, this.#left)
      }
      return inverses
    })
  }

  exponentiate(base: Element, e: Scalar): Element {
    return this.multiExponentiate([base], [e])
  }

  exponentiateMany(bases: readonly Element[], es: readonly Scalar[]): Element[] {
    this.lifetime.check()
    checkSameCount(bases, es)
    return bases.map((base, i) => this.exponentiate(base, es[i]!))
  }

  multiExponentiate(bases: readonly Base[], es: readonly Scalar[]): Element {
    this.lifetime.check()
    checkSameCount(bases, es)
    this.#checkScalars(es)
    const { core, modulus, qBits } = this
    const { record } = modulus
    const { tables, elements } = this.#split(bases, es)
    try {
      if (tables.length > 0) {
        this.#withTerms(tables, (terms, columns) =>
          core.exports.combProduct(record, this.#right, terms, tables.length, columns),
        )
      } else if (elements.length === 0) {
        core.exports.copy(record, this.#right, modulus.one)
      }
      elements.forEach(([base, e], i) => {
        this.#read(this.#left, base)
        this.#writeExponent(this.#exponent, e)
        const dst = i === 0 && tables.length === 0 ? this.#right : this.#left
        core.exports.exponentiate(record, dst, this.#left, this.#exponent, qBits, windowWidth, this.#windows)
        if (dst === this.#left) core.exports.multiply(record, this.#right, this.#left, this.#right)
      })
      return modulus.write(this.#right) as Element
    } finally {
      core.exports.wipe(this.#exponent, this.exponentBytes)
      modulus.wipeNumber(this.#left)
      modulus.wipeNumber(this.#right)
      modulus.wipeWorkingMemory()
    }
  }

  multiExponentiateVartime(bases: readonly Base[], es: readonly Scalar[]): Element {
    this.lifetime.check()
    checkSameCount(bases, es)
    this.#checkScalars(es)
    const { core, modulus, qBits } = this
    const { record, entryBytes } = modulus
    const { tables, elements } = this.#split(bases, es)
    const width = slidingWidth(qBits)
    const powers = 2 ** (width - 1)
    return this.#borrowing(elements.length * powers * entryBytes, elements.length * qBits, 0, (oddPowers, digits) => {
      const windows = elements.map(([base, e], i): Term => {
        const [table, exponent] = [oddPowers + i * powers * entryBytes, digits + i * qBits]
        this.#read(this.#left, base)
        core.exports.oddPowers(record, table, this.#left, powers)
        this.#writeExponent(this.#exponent, e)
        core.exports.slidingDigits(exponent, this.#exponent, qBits, width)
        return { table, exponent, shape: { bits: qBits } }
      })
      this.#withTerms(
        tables,
        (terms, bits) => core.exports.productVartime(record, this.#left, terms, tables.length + windows.length, bits),
        windows,
      )
      return modulus.write(this.#left) as Element
    })
  }

  fixedBase(base: Element, options: FixedBaseOptions = {}): FixedBase {
    this.lifetime.check()
    checkElementLength(base, this.elementLength)
    const table = new WasmFixedBase(this, base, options, () => this.#tables.delete(table))
    this.#tables.add(table)
    return table
  }

  dispose(): void {
    if (this.lifetime.ended) return
    for (const table of [...this.#tables]) table.dispose()
    this.#scalars.dispose()
    this.modulus.dispose()
    this.lifetime.end()
  }

  /** Reads an element into a number and builds a comb of it. */
  buildComb(table: number, base: Element, { teeth, blocks, columns }: CombShape): void {
    this.#read(this.#left, base)
    this.core.exports.buildComb(this.modulus.record, table, this.#left, teeth, blocks, columns)
  }

  #hasOrderQ(x: Uint8Array): boolean {
    this.#writeExponent(this.#exponent, this.#orderOctets)
    const { core, modulus, qBits } = this
    const width = slidingWidth(qBits)
    const powers = 2 ** (width - 1)
    return this.#borrowing(powers * modulus.entryBytes, qBits, 0, (table, digits) => {
      modulus.read(this.#left, x)
      core.exports.oddPowers(modulus.record, table, this.#left, powers)
      core.exports.slidingDigits(digits, this.#exponent, qBits, width)
      this.#withTerms([], (terms, bits) => core.exports.productVartime(modulus.record, this.#left, terms, 1, bits), [
        { table, exponent: digits, shape: { bits: qBits } },
      ])
      return isOne(modulus.write(this.#left))
    })
  }

  #checkScalars(es: readonly Scalar[]): void {
    for (const e of es) checkScalarLength(e, this.scalarLength)
  }

  #read(number: number, x: Element): void {
    checkElementLength(x, this.elementLength)
    this.modulus.read(number, x)
  }

  /** Writes octets little-endian; what lies behind them is zero. */
  #writeExponent(pointer: number, octets: Uint8Array): void {
    const memory = this.core.octets
    for (let i = 0; i < octets.length; i++) memory[pointer + i] = octets[octets.length - 1 - i]!
  }

  /** Bases with a table, and bases without. */
  #split(
    bases: readonly Base[],
    es: readonly Scalar[],
  ): { tables: (readonly [WasmFixedBase, Scalar])[]; elements: (readonly [Element, Scalar])[] } {
    const tables: (readonly [WasmFixedBase, Scalar])[] = []
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
      if (base.shape === undefined) elements.push([base.base, es[i]!])
      else tables.push([base, es[i]!])
    })
    return { tables, elements }
  }

  /**
   * Lays out the terms of a product for the core, calls it with them and with the number of columns or bits that the longest has, and wipes them.
   */
  #withTerms(
    tables: readonly (readonly [WasmFixedBase, Scalar])[],
    call: (terms: number, bits: number) => void,
    windows: readonly Term[] = [],
  ): void {
    const count = tables.length + windows.length
    this.#borrowing(count * termBytes, tables.length * this.exponentBytes, 0, (terms, exponents) => {
      let longest = 0
      const combs = tables.map(([table, e], i): Term => {
        const exponent = exponents + i * this.exponentBytes
        this.#writeExponent(exponent, e)
        return { table: table.table, exponent, shape: table.shape! }
      })
      ;[...combs, ...windows].forEach(({ table, exponent, shape }, i) => {
        const { teeth, blocks, columns } = 'bits' in shape ? { teeth: 0, blocks: 0, columns: shape.bits } : shape
        longest = Math.max(longest, columns)
        this.core.writeWords(terms + i * termBytes, [table, exponent, teeth, blocks, columns, blocks * columns])
      })
      call(terms, longest)
    })
  }

  /** Allocates up to three pieces of memory for the time of a call. They are zero at first and wiped in the end. */
  #borrowing<T>(
    first: number,
    second: number,
    third: number,
    use: (first: number, second: number, third: number) => T,
  ): T {
    const { core } = this
    const pointers = [first, second, third].map((bytes) => core.allocate(bytes + slack))
    try {
      return use(pointers[0]!, pointers[1]!, pointers[2]!)
    } finally {
      for (const pointer of pointers) core.release(pointer)
    }
  }
}

function isOne(octets: Uint8Array): boolean {
  return octets.every((octet, i) => octet === (i === octets.length - 1 ? 1 : 0))
}
