import type {
  Base,
  ClaimedProducts,
  CurveNumbers,
  Digest,
  Element,
  FixedBase,
  FixedBaseOptions,
  GroupDescription,
  Scalar,
  ScalarField,
} from '../engine/engine.js'
import { Lifetime } from '../engine/lifetime.js'
import { checkElementLength, pairsOf } from '../engine/operands.js'
import { InvalidInputError } from '../errors.js'
import { byteLength, isLess, isZero, toFixedWidth } from '../octets/integers.js'
import { copyOctets, equalOctets } from '../octets/octets.js'
import { systemRandom } from '../octets/random.js'
import { deriveElement } from './derivation.js'
import { coordinateLength, uncompressed, uncompressedForm } from './sec1.js'
import { isOctets } from '../octets/shape.js'

/** Octets of the coefficients of a random combination: a wrong list passes with probability 2^-64. */
const coefficientOctets = 8

/**
 * The part of a curve that both backends share: its numbers, and the forms of its elements. They are uncompressed points, 04
 * || x || y. Infinity, which is refused on input, comes out of products as zeros.
 */
export abstract class CurveBase {
  readonly construction = 'curve'
  /** Revision 1 does not define curves. */
  readonly revisions: readonly number[] = [3]
  readonly legacy = false
  readonly name: string
  readonly oid: string | undefined
  readonly p: bigint
  readonly b: bigint
  readonly q: bigint
  readonly elementLength: number
  readonly scalarLength: number
  readonly generator: Element
  readonly identity: Element
  readonly lifetime: Lifetime
  readonly #coordinateLength: number
  readonly #modulus: Uint8Array

  constructor(
    protected readonly numbers: CurveNumbers,
    parent?: Lifetime,
  ) {
    const { name, oid, p, b, q, g } = numbers
    this.name = name
    this.oid = oid
    this.p = p
    this.b = b
    this.q = q
    const length = coordinateLength(numbers)
    this.#coordinateLength = length
    this.elementLength = 1 + 2 * length
    this.scalarLength = byteLength(q)
    this.generator = uncompressed(g, length) as Element
    this.identity = new Uint8Array(this.elementLength) as Uint8Array as Element
    this.lifetime = new Lifetime('group', parent)
    this.#modulus = toFixedWidth(p, length)
  }

  abstract readonly scalars: ScalarField
  abstract multiExponentiateVartime(bases: readonly Base[], es: readonly Scalar[]): Element
  abstract fixedBase(base: Element, options?: FixedBaseOptions): FixedBase

  /** Whether points in the uncompressed form, with coordinates below p, satisfy the equation. */
  protected abstract areOnCurve(xs: readonly Uint8Array[]): boolean[]

  /** p, a = -3, b, the generator, q and the cofactor. */
  get hashedDescription(): readonly (bigint | Uint8Array)[] {
    return [this.p, this.p - 3n, this.b, this.generator, this.q, 1n]
  }

  matches(description: GroupDescription): boolean {
    const { p, q } = description
    if (!('b' in description) || p !== this.p || q !== this.q || description.b !== this.b) return false
    const { x, y } = description.g
    return x === this.numbers.g.x && y === this.numbers.g.y
  }

  element(octets: Uint8Array): Element {
    this.lifetime.check()
    checkElementLength(octets, this.elementLength)
    if (octets[0] !== uncompressedForm) {
      throw new InvalidInputError('element/encoding', 'an element must be an uncompressed point')
    }
    if (!this.#isInRange(octets)) {
      throw new InvalidInputError('element/range', 'the coordinates of an element must be less than p')
    }
    const element = copyOctets(octets) as Element
    if (this.areOnCurve([element])[0] !== true) {
      throw new InvalidInputError('element/not-on-curve', 'the point is not on the curve')
    }
    return element
  }

  operand(octets: Uint8Array): Element {
    return this.element(octets)
  }

  decode(octets: Uint8Array): Element {
    return this.element(octets)
  }

  isMember(x: Uint8Array): boolean {
    return this.areMembers([x])[0] === true
  }

  areMembers(xs: readonly Uint8Array[]): boolean[] {
    this.lifetime.check()
    const hasForm = xs.map((x) => this.#hasForm(x))
    const onCurve = this.areOnCurve(xs.filter((_, i) => hasForm[i]))
    let next = 0
    return hasForm.map((has) => has && onCurve[next++] === true)
  }

  fixedBaseOfMember(x: Uint8Array, options?: FixedBaseOptions): FixedBase | undefined {
    return this.isMember(x) ? this.fixedBase(x as Element, options) : undefined
  }

  /**
   * Whether prod values[i]^d_i prod bases[j]^(-sum d_i exponents[i][j]) = 1 for random d_i, other ones for each claim. Since q is a
   * prime above 2^64, for any choice of the others, at most one d_i compensates a wrong value.
   */
  areProductsVartime(claims: readonly ClaimedProducts[], exponents: readonly (readonly Scalar[])[]): boolean {
    const { scalars } = this
    const bases: Base[] = []
    const es: Scalar[] = []
    for (const claim of claims) {
      let sums = claim.bases.map(() => scalars.zero)
      for (const [value, row] of pairsOf(claim.values, exponents)) {
        const octets = new Uint8Array(coefficientOctets)
        systemRandom.fill(octets)
        const d = scalars.reduce(octets)
        bases.push(value)
        es.push(d)
        sums = pairsOf(sums, row).map(([sum, e]) => scalars.multiplyAdd(d, e, sum))
      }
      bases.push(...claim.bases)
      es.push(...sums.map((sum) => scalars.negate(sum)))
    }
    return equalOctets(this.multiExponentiateVartime(bases, es), this.identity)
  }

  hasEncoding(x: Uint8Array): boolean {
    return x[0] === uncompressedForm
  }

  encode(x: Uint8Array): Uint8Array {
    checkElementLength(x, this.elementLength)
    if (!this.hasEncoding(x)) {
      throw new InvalidInputError(
        'element/identity',
        'the point at infinity has no encoding of the width of an element',
      )
    }
    return copyOctets(x)
  }

  scopeElement(scope: Uint8Array, hash: Digest): Element {
    this.lifetime.check()
    return deriveElement(this.numbers, scope, 0, hash)
  }

  /** a^-1, constant time: the point with -y. */
  invert(a: Element): Element {
    this.lifetime.check()
    checkElementLength(a, this.elementLength)
    const inverse = copyOctets(a)
    const y = inverse.subarray(1 + this.#coordinateLength)
    // p - y; infinity, which has y = 0, is unchanged.
    const mask = isZero(y) ? 0 : 0xff
    let borrow = 0
    for (let i = y.length - 1; i >= 0; i--) {
      borrow += this.#modulus[i]! - y[i]!
      y[i] = borrow & mask
      borrow >>= 8
    }
    return inverse
  }

  #hasForm(x: unknown): boolean {
    return isOctets(x) && x.length === this.elementLength && x[0] === uncompressedForm && this.#isInRange(x)
  }

  #isInRange(octets: Uint8Array): boolean {
    const middle = 1 + this.#coordinateLength
    return isLess(octets.subarray(1, middle), this.#modulus) && isLess(octets.subarray(middle), this.#modulus)
  }
}
