import type {
  Base,
  ClaimedProducts,
  Digest,
  Element,
  FixedBase,
  FixedBaseOptions,
  GroupDescription,
  Scalar,
  SubgroupDescription,
} from '../engine/engine.js'
import type { Lifetime } from '../engine/lifetime.js'
import { checkElementLength, elementInRange, isInElementRange, pairsOf } from '../engine/operands.js'
import { inverseModulo } from '../engine/power.js'
import { InvalidInputError } from '../errors.js'
import { atWidth, byteLength, stripLeadingZeros, toBigint, toFixedWidth } from '../octets/integers.js'
import { equalOctets } from '../octets/octets.js'
import { scopeElement, type PowersOfPublicValues } from './derivation.js'
import { isLegacy } from './validation.js'

/** The part of a subgroup that both backends share: its numbers, and the forms of its elements. */
export abstract class SubgroupBase implements PowersOfPublicValues {
  readonly construction = 'subgroup'
  readonly revisions: readonly number[] = [1, 3]
  readonly p: bigint
  readonly q: bigint
  readonly g: bigint
  readonly name: string | undefined
  readonly oid: string | undefined
  readonly description: SubgroupDescription
  readonly legacy: boolean
  readonly elementLength: number
  readonly scalarLength: number
  readonly generator: Element
  readonly identity: Element
  readonly #modulus: Uint8Array

  constructor(
    description: SubgroupDescription,
    readonly lifetime: Lifetime,
  ) {
    const { p, q, g, name, oid } = description
    this.p = p
    this.q = q
    this.g = g
    this.name = name
    this.oid = oid
    this.description = { p, q, g, name, oid }
    this.legacy = isLegacy(description)
    this.elementLength = byteLength(p)
    this.scalarLength = byteLength(q)
    this.#modulus = toFixedWidth(p, this.elementLength)
    this.generator = toFixedWidth(g, this.elementLength) as Element
    this.identity = toFixedWidth(1n, this.elementLength) as Element
  }

  abstract multiply(a: Element, b: Element): Element
  abstract multiExponentiate(bases: readonly Base[], es: readonly Scalar[]): Element
  abstract multiExponentiateVartime(bases: readonly Base[], es: readonly Scalar[]): Element
  abstract fixedBase(base: Element, options?: FixedBaseOptions): FixedBase

  /** Whether x^q = 1, for each value in range. */
  protected abstract areOfOrderQ(xs: readonly Uint8Array[]): boolean[]

  get hashedDescription(): readonly bigint[] {
    return [this.p, this.q, this.g]
  }

  matches(description: GroupDescription): boolean {
    return description.p === this.p && description.q === this.q && description.g === this.g
  }

  element(octets: Uint8Array): Element {
    const x = this.operand(octets)
    if (this.areOfOrderQ([x])[0] !== true) {
      throw new InvalidInputError('element/not-in-subgroup', 'the value is not of order q')
    }
    return x
  }

  operand(octets: Uint8Array): Element {
    this.lifetime.check()
    return elementInRange(octets, this.#modulus)
  }

  isMember(x: Uint8Array): boolean {
    return this.areMembers([x])[0] === true
  }

  areMembers(xs: readonly Uint8Array[]): boolean[] {
    this.lifetime.check()
    const ofOrderQ = this.areOfOrderQ(xs.filter((x) => this.mayBeMember(x)))
    let next = 0
    return xs.map((x) => this.mayBeMember(x) && ofOrderQ[next++] === true)
  }

  fixedBaseOfMember(x: Uint8Array, options?: FixedBaseOptions): FixedBase | undefined {
    return this.isMember(x) ? this.fixedBase(x as Element, options) : undefined
  }

  /** One by one. */
  areProductsVartime(claims: readonly ClaimedProducts[], exponents: readonly (readonly Scalar[])[]): boolean {
    this.lifetime.check()
    return claims.every(({ values, bases }) =>
      pairsOf(values, exponents).every(([value, es]) => equalOctets(value, this.multiExponentiateVartime(bases, es))),
    )
  }

  invert(a: Element): Element {
    const inverse = inverseModulo(toBigint(this.operand(a)), this.p)
    if (inverse === undefined) throw new RangeError('p is no prime')
    return toFixedWidth(inverse, this.elementLength) as Element
  }

  multiplyMany(as: readonly Element[], bs: readonly Element[]): Element[] {
    this.lifetime.check()
    return pairsOf(as, bs).map(([a, b]) => this.multiply(a, b))
  }

  multiExponentiateMany(bases: readonly Base[], exponents: readonly (readonly Scalar[])[]): Element[] {
    this.lifetime.check()
    return exponents.map((es) => this.multiExponentiate(bases, es))
  }

  hasEncoding(): boolean {
    return true
  }

  encode(x: Uint8Array): Uint8Array {
    checkElementLength(x, this.elementLength)
    const minimal = stripLeadingZeros(x)
    return minimal.length === 0 ? new Uint8Array(1) : minimal.slice()
  }

  decode(octets: Uint8Array): Element {
    if (octets.length === 0) throw new InvalidInputError('element/length', 'an element has at least one octet')
    const fixed = atWidth(octets, this.elementLength)
    if (fixed === undefined) throw new InvalidInputError('element/range', 'an element must be in [1, p-1]')
    return this.element(fixed)
  }

  scopeElement(scope: Uint8Array, _hash: Digest): Element {
    return scopeElement(this, scope)
  }

  /** In range, and not 1. */
  protected mayBeMember(x: Uint8Array): boolean {
    return isInElementRange(x, this.#modulus) && !equalOctets(x, this.identity)
  }
}
