import { BigintScalarField } from '../core/bigint-scalars.js'
import type { Base, Curve, CurveDescription, Element, Engine, Factor, FixedBase, Scalar } from '../engine/engine.js'
import { Lifetime } from '../engine/lifetime.js'
import { checkElementLength, checkScalarLength, pairsOf } from '../engine/operands.js'
import { inverseModulo } from '../engine/power.js'
import { memberProducts } from '../engine/products.js'
import { InvalidInputError } from '../errors.js'
import { bitLength, isZero, toBigint } from '../octets/integers.js'
import { copyOctets } from '../octets/octets.js'
import { CurveBase } from './curve-base.js'
import { decodeCurveTable, encodeCurveTable, type CurveTableImage, type CurveTableOwner } from './curve-table.js'
import { coordinateLength, coordinatesOf, uncompressed } from './sec1.js'
import { isOctets } from '../octets/shape.js'

/** A point (x / z^2, y / z^3) in Jacobian coordinates; infinity where z = 0. */
interface Point {
  readonly x: bigint
  readonly y: bigint
  readonly z: bigint
}

const infinity: Point = { x: 1n, y: 1n, z: 0n }

/** Bits of the windows of exponents. */
const windowBits = 4

/** A curve on JavaScript's BigInt: the reference that the cores are tested against. Variable time, in secrets too. */
export class BigintCurve extends CurveBase implements Curve {
  readonly scalars: BigintScalarField
  readonly entryBytes: number

  constructor(
    readonly engine: Engine,
    readonly description: CurveDescription,
    parent?: Lifetime,
  ) {
    super(description, parent)
    this.scalars = new BigintScalarField(this.q, this.lifetime)
    this.entryBytes = Math.ceil(1.4 * this.elementLength)
  }

  get tableOwner(): CurveTableOwner {
    return {
      layout: `${this.name} bigint`,
      elementLength: this.elementLength,
      // No table has a comb.
      bytesOf: () => Infinity,
      isMember: (octets) => this.isMember(octets),
    }
  }

  memberProductsVartime(
    xs: readonly Uint8Array[],
    products: readonly (readonly Factor<Base | number>[])[],
  ): Element[] | undefined {
    const memberPowers = (x: Uint8Array, es: readonly Scalar[]): Element[] | undefined => {
      const scalars = es.map((e) => this.#readScalar(e))
      if (!this.isMember(x)) return undefined
      const base = this.#read(x as Element)
      return scalars.map((scalar) => this.#write(this.#product([base], [scalar])))
    }
    this.lifetime.check()
    return memberProducts(this, memberPowers, xs, products)
  }

  multiply(a: Element, b: Element): Element {
    return this.#write(this.#add(this.#read(a), this.#read(b)))
  }

  multiplyMany(as: readonly Element[], bs: readonly Element[]): Element[] {
    this.lifetime.check()
    return pairsOf(as, bs).map(([a, b]) => this.multiply(a, b))
  }

  exponentiate(base: Element, e: Scalar): Element {
    return this.multiExponentiateVartime([base], [e])
  }

  exponentiateMany(bases: readonly Element[], es: readonly Scalar[]): Element[] {
    this.lifetime.check()
    return pairsOf(bases, es).map(([base, e]) => this.exponentiate(base, e))
  }

  multiExponentiate(bases: readonly Base[], es: readonly Scalar[]): Element {
    return this.multiExponentiateVartime(bases, es)
  }

  multiExponentiateMany(bases: readonly Base[], exponents: readonly (readonly Scalar[])[]): Element[] {
    this.lifetime.check()
    return exponents.map((es) => this.multiExponentiate(bases, es))
  }

  multiExponentiateVartime(bases: readonly Base[], es: readonly Scalar[]): Element {
    this.lifetime.check()
    const powers = pairsOf(bases, es).map(([base, e]) => ({
      point: this.#read(isOctets(base) ? base : this.#elementOf(base)),
      scalar: this.#readScalar(e),
    }))
    return this.#write(
      this.#product(
        powers.map(({ point }) => point),
        powers.map(({ scalar }) => scalar),
      ),
    )
  }

  fixedBase(
    base: Element,
    { exponents = 'secret' }: { readonly exponents?: CurveTableImage['exponents'] } = {},
  ): FixedBase {
    this.lifetime.check()
    checkElementLength(base, this.elementLength)
    return new BigintCurveBase(this, base, exponents)
  }

  importFixedBase(image: Uint8Array): FixedBase {
    this.lifetime.check()
    const { base, exponents } = decodeCurveTable(this.tableOwner, image)
    return new BigintCurveBase(this, base, exponents)
  }

  dispose(): void {
    this.lifetime.end()
  }

  protected areOnCurve(xs: readonly Uint8Array[]): boolean[] {
    return xs.map((octets) => {
      const { x, y } = coordinatesOf(octets)
      return this.#mod(y * y - (x ** 3n - 3n * x + this.b)) === 0n
    })
  }

  #elementOf(base: FixedBase): Element {
    if (base instanceof BigintCurveBase && base.curve === this) return base.use()
    throw new InvalidInputError('base/other-group', 'the table was made by another group')
  }

  /** prod bases[i]^exponents[i] by interleaved windows, which share the doublings (Straus). */
  #product(bases: readonly Point[], exponents: readonly bigint[]): Point {
    const tables = bases.map((base) => this.#multiplesOf(base))
    const windows = Math.ceil(exponents.reduce((longest, e) => Math.max(longest, bitLength(e)), 0) / windowBits)
    let result = infinity
    for (let window = windows - 1; window >= 0; window--) {
      for (let i = 0; i < windowBits; i++) result = this.#double(result)
      exponents.forEach((e, i) => {
        const digit = Number(BigInt.asUintN(windowBits, e >> BigInt(windowBits * window)))
        result = this.#add(result, tables[i]![digit]!)
      })
    }
    return result
  }

  /** base^0, base^1, ...: one power for each digit of a window. */
  #multiplesOf(base: Point): Point[] {
    let last = infinity
    const multiples = [last]
    while (multiples.length < 2 ** windowBits) multiples.push((last = this.#add(last, base)))
    return multiples
  }

  /** "dbl-2001-b" of the Explicit-Formulas Database, for a = -3. */
  #double({ x, y, z }: Point): Point {
    const delta = this.#mod(z * z)
    const gamma = this.#mod(y * y)
    const beta = this.#mod(x * gamma)
    const alpha = this.#mod(3n * (x - delta) * (x + delta))
    const doubled = this.#mod(alpha * alpha - 8n * beta)
    return {
      x: doubled,
      y: this.#mod(alpha * (4n * beta - doubled) - 8n * gamma * gamma),
      z: this.#mod((y + z) ** 2n - gamma - delta),
    }
  }

  /** "add-2007-bl" of the Explicit-Formulas Database, and the cases that it excepts. */
  #add(a: Point, b: Point): Point {
    if (a.z === 0n) return b
    if (b.z === 0n) return a
    const [zz1, zz2] = [this.#mod(a.z * a.z), this.#mod(b.z * b.z)]
    const [u1, u2] = [this.#mod(a.x * zz2), this.#mod(b.x * zz1)]
    const [s1, s2] = [this.#mod(a.y * b.z * zz2), this.#mod(b.y * a.z * zz1)]
    const h = this.#mod(u2 - u1)
    const r = this.#mod(2n * (s2 - s1))
    if (h === 0n) return r === 0n ? this.#double(a) : infinity
    const i = this.#mod(4n * h * h)
    const j = this.#mod(h * i)
    const v = this.#mod(u1 * i)
    const x = this.#mod(r * r - j - 2n * v)
    return {
      x,
      y: this.#mod(r * (v - x) - 2n * s1 * j),
      z: this.#mod(((a.z + b.z) ** 2n - zz1 - zz2) * h),
    }
  }

  #read(element: Element): Point {
    checkElementLength(element, this.elementLength)
    return isZero(element) ? infinity : { ...coordinatesOf(element), z: 1n }
  }

  #readScalar(e: Scalar): bigint {
    checkScalarLength(e, this.scalarLength)
    return toBigint(e)
  }

  #write({ x, y, z }: Point): Element {
    this.lifetime.check()
    const inverse = inverseModulo(z, this.p)
    if (inverse === undefined) return copyOctets(this.identity)
    const square = this.#mod(inverse * inverse)
    const affine = { x: this.#mod(x * square), y: this.#mod(y * square * inverse) }
    return uncompressed(affine, coordinateLength(this)) as Element
  }

  #mod(value: bigint): bigint {
    const remainder = value % this.p
    return remainder < 0n ? remainder + this.p : remainder
  }
}

/** A base alone: the reference has no tables. */
class BigintCurveBase implements FixedBase {
  readonly base: Element
  readonly tableBytes = 0
  readonly #lifetime: Lifetime

  constructor(
    readonly curve: BigintCurve,
    base: Element,
    private readonly exponents: CurveTableImage['exponents'],
  ) {
    this.#lifetime = new Lifetime('fixed base', curve.lifetime)
    this.base = copyOctets(base)
  }

  /** The base, while it may be used. */
  use(): Element {
    this.#lifetime.check()
    return this.base
  }

  exponentiate(e: Scalar): Element {
    return this.curve.exponentiate(this.use(), e)
  }

  exponentiateMany(es: readonly Scalar[]): Element[] {
    this.#lifetime.check()
    return es.map((e) => this.exponentiate(e))
  }

  exponentiateVartime(e: Scalar): Element {
    return this.exponentiate(e)
  }

  export(): Uint8Array {
    const { base, exponents } = this
    this.#lifetime.check()
    const image = { base, exponents, width: undefined, entries: new Uint8Array(0) }
    return encodeCurveTable(this.curve.tableOwner, image)
  }

  dispose(): void {
    this.#lifetime.end()
  }
}
