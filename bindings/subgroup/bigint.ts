import { bitLength, toBigint, toFixedWidth } from '../octets/integers.js'
import { combEntries, combFor, type CombShape } from './comb.js'
import type {
  Base,
  Curve,
  CurveDescription,
  Group,
  GroupDescription,
  Element,
  Engine,
  Factor,
  FixedBase,
  FixedBaseOptions,
  Scalar,
  ScalarField,
  Subgroup,
  SubgroupDescription,
  SubgroupOptions,
} from '../engine/engine.js'
import { InvalidInputError } from '../errors.js'
import { Lifetime } from '../engine/lifetime.js'
import { checkElementLength, checkScalarLength, pairsOf, requireCurve } from '../engine/operands.js'
import { memberProducts } from '../engine/products.js'
import { powerModulo, productOfPowers, sharedPowers } from '../engine/power.js'
import { BigintScalarField } from '../core/bigint-scalars.js'
import { decodeTable, encodeTable, type TableImage, type TableOwner } from './table-codec.js'
import { SubgroupBase } from './subgroup-base.js'
import { validateSubgroup } from './validation.js'
import { itemAt } from '../octets/lists.js'
import { copyOctets } from '../octets/octets.js'
import { isOctets } from '../octets/shape.js'

/** The limits that shape the combs of fixed bases. */
export interface CombCosts {
  /** The assumed size of an entry; by default the octets of an element. */
  readonly entryBytes?: (p: bigint) => number
  /** As in `CombLimits`. */
  readonly scanCost?: number
  /** As in `CombLimits`. */
  readonly squareCost?: number
}

/**
 * The backend on JavaScript's BigInt: needs nothing of the platform, and is the reference that the WebAssembly core is
 * tested against. Its operations take time that depends on their operands, secret ones too. With the costs of a kernel
 * its combs have the shapes of that kernel's, so that benchmarks compare like with like.
 */
export function createBigintEngine(combCosts: CombCosts = {}): Engine {
  return new BigintEngine(combCosts)
}

class BigintEngine implements Engine {
  readonly backend = 'bigint'
  readonly kernel = undefined
  readonly constantTime = false
  readonly #lifetime = new Lifetime('engine')

  constructor(readonly combCosts: CombCosts) {}

  subgroup(description: SubgroupDescription, options: SubgroupOptions = {}): Subgroup {
    this.#lifetime.check()
    validateSubgroup(description, options)
    return new BigintSubgroup(this, description, new Lifetime('group', this.#lifetime))
  }

  curve(description: CurveDescription): Curve {
    this.#lifetime.check()
    requireCurve(description)
    return description.arithmetic.onBigint(this, description, this.#lifetime)
  }

  group(description: GroupDescription, options?: SubgroupOptions): Group {
    return 'arithmetic' in description ? this.curve(description) : this.subgroup(description, options)
  }

  powerVartime(base: bigint, exponent: bigint, modulus: bigint): bigint {
    this.#lifetime.check()
    return powerModulo(base, exponent, modulus)
  }

  dispose(): void {
    this.#lifetime.end()
  }
}

class BigintSubgroup extends SubgroupBase implements Subgroup {
  readonly scalars: ScalarField

  constructor(
    readonly engine: BigintEngine,
    description: SubgroupDescription,
    lifetime: Lifetime,
  ) {
    super(description, lifetime)
    this.scalars = new BigintScalarField(this.q, lifetime)
  }

  memberProductsVartime(
    xs: readonly Uint8Array[],
    products: readonly (readonly Factor<Base | number>[])[],
  ): Element[] | undefined {
    this.lifetime.check()
    return memberProducts(this, (x, es) => this.#memberPowers(x, es), xs, products)
  }

  /** x^e for each e, or undefined if x is not a member: x^q shares the squarings. */
  #memberPowers(x: Uint8Array, exponents: readonly Scalar[]): Element[] | undefined {
    if (!this.mayBeMember(x)) return undefined
    const value = toBigint(x)
    const exponentValues = exponents.map((e) => this.readScalar(e))
    const [membership, ...powers] = sharedPowers(value, [this.q, ...exponentValues], this.p)
    if (membership !== 1n) return undefined
    return powers.map((power) => this.write(power))
  }

  multiply(a: Element, b: Element): Element {
    return this.write((this.read(a) * this.read(b)) % this.p)
  }

  exponentiate(base: Element, e: Scalar): Element {
    return this.write(powerModulo(this.read(base), this.readScalar(e), this.p))
  }

  exponentiateMany(bases: readonly Element[], es: readonly Scalar[]): Element[] {
    this.lifetime.check()
    return pairsOf(bases, es).map(([base, e]) => this.exponentiate(base, e))
  }

  multiExponentiate(bases: readonly Base[], es: readonly Scalar[]): Element {
    return this.multiExponentiateVartime(bases, es)
  }

  multiExponentiateVartime(bases: readonly Base[], es: readonly Scalar[]): Element {
    this.lifetime.check()
    const [plainBases, plainExponents]: [bigint[], bigint[]] = [[], []]
    let fromTables = 1n
    for (const [base, e] of pairsOf(bases, es)) {
      const exponent = this.readScalar(e)
      if (isOctets(base)) {
        plainBases.push(this.read(base))
        plainExponents.push(exponent)
      } else {
        fromTables = (fromTables * this.#tableOf(base).power(exponent)) % this.p
      }
    }
    return this.write((productOfPowers(plainBases, plainExponents, this.p) * fromTables) % this.p)
  }

  fixedBase(base: Element, options: FixedBaseOptions = {}): FixedBase {
    this.lifetime.check()
    const { entryBytes = () => this.elementLength, scanCost = 0, squareCost = 1 } = this.engine.combCosts
    const costs = { exponentBits: bitLength(this.q), entryBytes: entryBytes(this.p), scanCost, squareCost }
    return new BigintFixedBase(this, base, options.exponents ?? 'secret', combFor(options, costs))
  }

  /** About: BigInts have a header. */
  get entryBytes(): number {
    return Math.ceil(1.4 * this.elementLength)
  }

  get tableOwner(): TableOwner {
    return { layout: 'bigint', p: this.p, q: this.q, entryBytes: this.elementLength }
  }

  importFixedBase(image: Uint8Array): FixedBase {
    this.lifetime.check()
    const { base, exponents, shape, entries } = decodeTable(this.tableOwner, image)
    const values = Array.from({ length: entries.length / this.elementLength }, (_, i) =>
      toBigint(entries.subarray(i * this.elementLength, (i + 1) * this.elementLength)),
    )
    return new BigintFixedBase(this, base, exponents, shape, values)
  }

  dispose(): void {
    this.lifetime.end()
  }

  read(x: Uint8Array): bigint {
    checkElementLength(x, this.elementLength)
    return toBigint(x)
  }

  readScalar(e: Scalar): bigint {
    checkScalarLength(e, this.scalarLength)
    return toBigint(e)
  }

  write(value: bigint): Element {
    this.lifetime.check()
    return toFixedWidth(value, this.elementLength) as Element
  }

  protected areOfOrderQ(xs: readonly Uint8Array[]): boolean[] {
    return xs.map((x) => powerModulo(toBigint(x), this.q, this.p) === 1n)
  }

  #tableOf(base: FixedBase): BigintFixedBase {
    if (base instanceof BigintFixedBase && base.group === this) return base
    throw new InvalidInputError('base/other-group', 'the table was made by another group')
  }
}

class BigintFixedBase implements FixedBase {
  readonly base: Element
  readonly tableBytes: number
  readonly #value: bigint
  readonly #shape: CombShape | undefined
  /** `#blocks[j][u]` is the product of base^(2^(i rowBits + j columns)) over the bits i of u. */
  #blocks: bigint[][] = []
  readonly #lifetime: Lifetime

  constructor(
    readonly group: BigintSubgroup,
    base: Element,
    private readonly exponents: TableImage['exponents'],
    shape: CombShape | undefined,
    entries?: readonly bigint[],
  ) {
    this.#lifetime = new Lifetime('fixed base', group.lifetime)
    this.base = copyOctets(base)
    this.#value = group.read(base)
    this.#shape = shape
    this.tableBytes = shape === undefined ? 0 : combEntries(shape) * group.elementLength
    if (shape === undefined) return
    const perBlock = 2 ** shape.teeth
    this.#blocks =
      entries === undefined
        ? this.#precompute(shape)
        : Array.from({ length: shape.blocks }, (_, i) => entries.slice(i * perBlock, (i + 1) * perBlock))
  }

  exponentiate(e: Scalar): Element {
    return this.group.write(this.power(this.group.readScalar(e)))
  }

  exponentiateMany(es: readonly Scalar[]): Element[] {
    this.#lifetime.check()
    return es.map((e) => this.exponentiate(e))
  }

  exponentiateVartime(e: Scalar): Element {
    return this.exponentiate(e)
  }

  export(): Uint8Array {
    this.#lifetime.check()
    const { elementLength, tableOwner } = this.group
    const entries = new Uint8Array(this.tableBytes)
    this.#blocks.flat().forEach((entry, i) => entries.set(toFixedWidth(entry, elementLength), i * elementLength))
    return encodeTable(tableOwner, { base: this.base, exponents: this.exponents, shape: this.#shape, entries })
  }

  dispose(): void {
    this.#lifetime.end()
    this.#blocks = []
  }

  /** base^exponent. */
  power(exponent: bigint): bigint {
    this.#lifetime.check()
    const { p } = this.group
    if (this.#shape === undefined) return powerModulo(this.#value, exponent, p)
    const { teeth, blocks, columns } = this.#shape
    const rowBits = blocks * columns
    // Bit k of the exponent is at k from the end; row i holds the bits from i rowBits on.
    const bits = exponent.toString(2).padStart(teeth * rowBits, '0')
    const bitAt = (k: number): number => (bits[bits.length - 1 - k] === '1' ? 1 : 0)
    let result = 1n
    for (let column = columns - 1; column >= 0; column--) {
      result = (result * result) % p
      for (const [block, entries] of this.#blocks.entries()) {
        let selection = 0
        for (let i = teeth - 1; i >= 0; i--) {
          selection = 2 * selection + bitAt(i * rowBits + block * columns + column)
        }
        if (selection !== 0) result = (result * itemAt(entries, selection)) % p
      }
    }
    return result
  }

  #precompute({ teeth, blocks, columns }: CombShape): bigint[][] {
    const { p } = this.group
    // The powers base^(2^(i rowBits + j columns)) in the order of one chain of squarings.
    const toothOf: bigint[] = []
    let power = this.#value % p
    for (let k = 0; k < teeth * blocks; k++) {
      toothOf.push(power)
      for (let i = 0; i < columns; i++) power = (power * power) % p
    }
    return Array.from({ length: blocks }, (_, block) => {
      const products = [1n]
      for (let i = 0; i < teeth; i++) {
        const tooth = itemAt(toothOf, i * blocks + block)
        products.push(...products.map((product) => (product * tooth) % p))
      }
      return products
    })
  }
}
