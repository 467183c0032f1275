import { toFixedWidth } from '../octets/integers.js'
import type { Each } from '../octets/lists.js'
import type { CombShape } from './comb.js'
import type { Core } from '../core/core.js'
import { costsOf, subsetsPay, windowWidth } from './cost.js'
import type {
  Base,
  ClaimedProducts,
  Element,
  Engine,
  Factor,
  FixedBase,
  FixedBaseOptions,
  Scalar,
  ScalarField,
  Subgroup,
  SubgroupDescription,
} from '../engine/engine.js'
import { InvalidInputError } from '../errors.js'
import type { Lifetime } from '../engine/lifetime.js'
import { checkElementLength, checkSameCount, pairsOf } from '../engine/operands.js'
import { valueAt } from '../engine/products.js'
import { SubgroupBase } from './subgroup-base.js'
import { SubgroupMemory, termBytes } from './subgroup-memory.js'
import { areProductsOfSubsets } from './subset-products.js'
import { decodeTable, type TableOwner } from './table-codec.js'
import { productsOfMembersVartime, productVartime, type Factors, type PowerOfValue } from './vartime-products.js'
import { CombStore, WasmFixedBase, type Comb } from './wasm-fixed-base.js'
import type { WasmModulus } from './wasm-modulus.js'
import { WasmScalarField } from '../core/wasm-scalars.js'
import { equalOctets } from '../octets/octets.js'
import { isOctets } from '../octets/shape.js'

/** How many items a bulk call takes at once; it bounds the memory that a call needs. */
const bulkItems = 256
/** How many bases without a table share their squarings; it bounds the memory that a product needs. */
const productItems = 64

/** A subgroup of Z_p* on the core. Section 3.1 of the U-Prove specification. */
export class WasmSubgroup extends SubgroupBase implements Subgroup {
  readonly #memory: SubgroupMemory
  readonly #windows: { readonly width: number; readonly table: number; readonly bytes: number }
  /** The term of q in a test of membership. */
  readonly #orderTerm: { readonly term: number; readonly powers: number }
  readonly #scalars: WasmScalarField
  readonly #combs: CombStore
  readonly #orderOctets: Uint8Array

  constructor(
    readonly engine: Engine,
    readonly core: Core,
    description: SubgroupDescription,
    lifetime: Lifetime,
  ) {
    super(description, lifetime)
    const { p, q } = description
    const memory = new SubgroupMemory(core, p, q)
    this.#memory = memory
    this.#orderOctets = toFixedWidth(q, this.scalarLength)
    this.#scalars = new WasmScalarField(core, q, lifetime)
    this.#combs = new CombStore(this)
    const width = windowWidth(memory.qBits, costsOf[core.kernel])
    const bytes = 2 ** width * memory.modulus.entryBytes
    this.#windows = { width, table: memory.modulus.allocate(bytes), bytes }
    this.#orderTerm = memory.prepareOrder()
  }

  get scalars(): ScalarField {
    return this.#scalars
  }

  get modulus(): WasmModulus {
    return this.#memory.modulus
  }

  get qBits(): number {
    return this.#memory.qBits
  }

  get entryBytes(): number {
    return this.modulus.entryBytes
  }

  get tableOwner(): TableOwner {
    const { core, p, q, entryBytes } = this
    return { layout: core.kernel, p, q, entryBytes }
  }

  protected areOfOrderQ(xs: readonly Uint8Array[]): boolean[] {
    const { core, modulus, qBits, elementLength } = this
    const memory = this.#memory
    const { term, powers } = this.#orderTerm
    return inPieces(xs, (piece) => {
      const { length } = piece
      const [octets, flags, scratch] = memory.room(length * elementLength, length, elementLength)
      memory.writeElements(octets, piece)
      core.exports.areOfOrder(modulus.record, flags, octets, length, term, powers, qBits, memory.left, scratch)
      return Array.from(core.octets.subarray(flags, flags + length), (flag) => flag === 1)
    })
  }

  memberProductsVartime(
    xs: readonly Uint8Array[],
    products: readonly (readonly Factor<Base | number>[])[],
  ): Element[] | undefined {
    this.lifetime.check()
    const terms = products.map((factors) => {
      const isOfValue = (factor: Factor<Base | number>): factor is PowerOfValue => typeof factor[0] === 'number'
      const powers = factors.filter(isOfValue)
      for (const [index] of powers) valueAt(xs, index)
      this.#memory.checkScalars(powers.map(([, e]) => e))
      const others = factors.filter((factor): factor is Factor => !isOfValue(factor))
      return { powers, ...this.#split(others) }
    })
    if (!xs.every((x) => this.mayBeMember(x))) return undefined
    return productsOfMembersVartime(this.#memory, xs, terms, { order: this.#orderOctets, one: this.identity })
  }

  multiply(a: Element, b: Element): Element {
    this.lifetime.check()
    const memory = this.#memory
    memory.read(memory.left, a)
    memory.read(memory.right, b)
    this.core.exports.multiply(this.modulus.record, memory.left, memory.left, memory.right)
    const product = memory.write(memory.left)
    // Factors may be as secret as exponents: a Prover's t_b and sigma_b^alpha are.
    memory.wipe(0, 0)
    return product
  }

  exponentiate(base: Element, e: Scalar): Element {
    const [power] = this.exponentiateMany([base], [e])
    return power
  }

  exponentiateMany<const List extends readonly Scalar[]>(bases: readonly Element[], es: List): Each<List, Element> {
    this.lifetime.check()
    checkSameCount(bases, es)
    this.#memory.checkScalars(es)
    const { core, modulus, qBits } = this
    const memory = this.#memory
    const { exponentBytes: stride, left } = memory
    const { width, table, bytes } = this.#windows
    return inPieces(es, (piece, start) => {
      const count = piece.length
      const [octets, exponents] = memory.room(count * this.elementLength, count * stride)
      memory.writeElements(octets, bases.slice(start, start + count))
      memory.writeExponents(exponents, piece)
      try {
        core.exports.exponentiateMany(modulus.record, octets, exponents, stride, count, qBits, width, table, left)
        return memory.readElements(octets, piece)
      } finally {
        core.exports.wipe(table, bytes)
        memory.wipe(octets, exponents + count * stride)
      }
    })
  }

  /** Powers of a comb. Constant time in the exponents. */
  combPowers<const List extends readonly Scalar[]>(
    { table, shape }: { readonly table: number; readonly shape: CombShape },
    es: List,
  ): Each<List, Element> {
    const { core, modulus } = this
    const memory = this.#memory
    const { exponentBytes: stride, left } = memory
    memory.checkScalars(es)
    return inPieces(es, (piece) => {
      const count = piece.length
      const [octets, term, exponents] = memory.room(count * this.elementLength, termBytes, count * stride)
      memory.writeExponents(exponents, piece)
      memory.writeTerms(term, [{ table, exponent: exponents, shape }])
      try {
        core.exports.combPowers(modulus.record, octets, term, exponents, stride, count, shape.columns, left)
        return memory.readElements(octets, piece)
      } finally {
        memory.wipe(octets, exponents + count * stride)
      }
    })
  }

  multiExponentiate(bases: readonly Base[], es: readonly Scalar[]): Element {
    const { combs, elements } = this.#split(pairsOf(bases, es))
    const { core, qBits, elementLength } = this
    const { record } = this.modulus
    const memory = this.#memory
    const { left, right, exponentBytes: stride } = memory
    const { width, bytes: tableBytes } = this.#windows
    const most = Math.min(elements.length, productItems)
    const [terms, combExponents, octets, exponents, tables] = memory.room(
      combs.length * termBytes,
      combs.length * stride,
      most * elementLength,
      most * stride,
      most * tableBytes,
    )
    // Scans read entries with the gaps between them, which must be zero.
    core.exports.wipe(tables, most * tableBytes)
    try {
      const columns = memory.writeTerms(terms, memory.combTerms(combs, combExponents))
      core.exports.combProduct(record, right, terms, combs.length, columns)
      for (let start = 0; start < elements.length; start += productItems) {
        const piece = elements.slice(start, start + productItems)
        memory.writeElements(
          octets,
          piece.map(([base]) => base),
        )
        memory.writeExponents(
          exponents,
          piece.map(([, e]) => e),
        )
        core.exports.multiExponentiate(record, left, octets, exponents, stride, piece.length, qBits, width, tables)
        core.exports.multiply(record, right, left, right)
      }
      return memory.write(right)
    } finally {
      memory.wipe(terms, tables + most * tableBytes)
    }
  }

  multiExponentiateVartime(bases: readonly Base[], es: readonly Scalar[]): Element {
    return productVartime(this.#memory, this.#split(pairsOf(bases, es)))
  }

  /** Many in random subsets, through which elements of small order do not slip. */
  override areProductsVartime(claims: readonly ClaimedProducts[], exponents: readonly (readonly Scalar[])[]): boolean {
    return subsetsPay(exponents.length, this.qBits)
      ? areProductsOfSubsets(this, this.#memory, claims, exponents)
      : super.areProductsVartime(claims, exponents)
  }

  fixedBase(base: Element, options: FixedBaseOptions = {}): FixedBase {
    this.lifetime.check()
    checkElementLength(base, this.elementLength)
    return this.#combs.open(base, options)
  }

  override fixedBaseOfMember(x: Uint8Array, options: FixedBaseOptions = {}): FixedBase | undefined {
    this.lifetime.check()
    if (!this.mayBeMember(x)) return undefined
    const table = this.#combs.open(x as Element, options)
    if (equalOctets(table.exponentiateVartime(this.#orderOctets as Scalar), this.identity)) return table
    table.dispose()
    return undefined
  }

  importFixedBase(image: Uint8Array): FixedBase {
    this.lifetime.check()
    return this.#combs.load(decodeTable(this.tableOwner, image))
  }

  /** Reads an element and builds a comb of it. */
  buildComb(table: number, base: Element, { teeth, blocks, columns }: CombShape): void {
    const { left } = this.#memory
    this.#memory.read(left, base)
    this.core.exports.buildComb(this.modulus.record, table, left, teeth, blocks, columns)
  }

  dispose(): void {
    if (this.lifetime.ended) return
    this.#combs.dispose()
    this.#scalars.dispose()
    this.#memory.dispose()
    this.lifetime.end()
  }

  /** Checks the factors of a product, and parts bases with a comb from bases without. */
  #split(factors: readonly Factor[]): Factors {
    this.lifetime.check()
    this.#memory.checkScalars(factors.map(([, e]) => e))
    const combs: (readonly [Comb, Scalar])[] = []
    const elements: (readonly [Element, Scalar])[] = []
    for (const [base, e] of factors) {
      if (isOctets(base)) {
        elements.push([base, e])
        continue
      }
      if (!(base instanceof WasmFixedBase) || base.group !== this) {
        throw new InvalidInputError('base/other-group', 'the table was made by another group')
      }
      base.lifetime.check()
      if (base.comb === undefined) elements.push([base.base, e])
      else combs.push([base.comb, e])
    }
    return { combs, elements }
  }
}

/** Calls `operation` with pieces of a list that are not too long, and with where each starts. */
function inPieces<List extends readonly unknown[], Result>(
  list: List,
  operation: (piece: readonly List[number][], start: number) => Result[],
): Each<List, Result> {
  if (list.length <= bulkItems) return operation(list, 0) as Each<List, Result>
  const results: Result[] = []
  for (let start = 0; start < list.length; start += bulkItems) {
    results.push(...operation(list.slice(start, start + bulkItems), start))
  }
  return results as Each<List, Result>
}
