import { createBigintEngine } from '../../bindings/subgroup/bigint.js'
import { itemAt } from '../../bindings/octets/lists.js'
import { bitLength, toBigint, toFixedWidth } from '../../bindings/octets/integers.js'
import { equalOctets } from '../../bindings/octets/octets.js'
import type {
  Base,
  ClaimedProducts,
  Digest,
  Element,
  Engine,
  Factor,
  FixedBase,
  GroupDescription,
  Scalar,
  Subgroup,
  SubgroupDescription,
  SubgroupOptions,
} from '../../bindings/engine/engine.js'

/**
 * The code that one would write without a library: BigInt and square-and-multiply, for every power by itself. No tables, no
 * windows, nothing shared. Arithmetic modulo q and inversion are those of the bigint backend.
 */
export function createPlainEngine(): Engine {
  const inner = createBigintEngine()
  const engine: Engine = {
    backend: 'bigint',
    kernel: undefined,
    constantTime: false,
    subgroup(description: SubgroupDescription, options?: SubgroupOptions) {
      return new PlainSubgroup(engine, inner.subgroup(description, options))
    },
    curve: (description) => inner.curve(description),
    group: (description, options) => inner.group(description, options),
    powerVartime: squareAndMultiply,
    dispose: () => inner.dispose(),
  }
  return engine
}

/** base^exponent mod modulus, bit by bit. */
export function squareAndMultiply(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n
  for (let i = bitLength(exponent) - 1; i >= 0; i--) {
    result = (result * result) % modulus
    if ((exponent >> BigInt(i)) & 1n) result = (result * base) % modulus
  }
  return result
}

class PlainSubgroup implements Subgroup {
  readonly construction = 'subgroup'
  readonly p: bigint
  readonly q: bigint
  readonly g: bigint
  readonly name: string | undefined
  readonly oid: string | undefined
  readonly legacy: boolean
  readonly elementLength: number
  readonly scalarLength: number
  readonly scalars: Subgroup['scalars']
  readonly generator: Element
  readonly identity: Element

  constructor(
    readonly engine: Engine,
    private readonly inner: Subgroup,
  ) {
    this.p = inner.p
    this.q = inner.q
    this.g = inner.g
    this.name = inner.name
    this.oid = inner.oid
    this.legacy = inner.legacy
    this.elementLength = inner.elementLength
    this.scalarLength = inner.scalarLength
    this.scalars = inner.scalars
    this.generator = inner.generator
    this.identity = inner.identity
  }

  get description(): Subgroup['description'] {
    return this.inner.description
  }

  get revisions(): readonly number[] {
    return this.inner.revisions
  }

  get entryBytes(): number {
    return this.inner.entryBytes
  }

  get hashedDescription(): Subgroup['hashedDescription'] {
    return this.inner.hashedDescription
  }

  matches(description: GroupDescription): boolean {
    return this.inner.matches(description)
  }

  operand(octets: Uint8Array): Element {
    return this.inner.operand(octets)
  }

  hasEncoding(x: Uint8Array): boolean {
    return this.inner.hasEncoding(x)
  }

  encode(x: Uint8Array): Uint8Array {
    return this.inner.encode(x)
  }

  decode(octets: Uint8Array): Element {
    return this.inner.decode(octets)
  }

  scopeElement(scope: Uint8Array, hash: Digest): Element {
    return this.inner.scopeElement(scope, hash)
  }

  element(octets: Uint8Array): Element {
    if (!this.#hasOrderQ(octets)) throw new RangeError('the value is not of order q')
    return octets as Element
  }

  isMember(x: Uint8Array): boolean {
    return toBigint(x) > 1n && this.#hasOrderQ(x)
  }

  areMembers(xs: readonly Uint8Array[]): boolean[] {
    return xs.map((x) => this.isMember(x))
  }

  memberProductsVartime(
    xs: readonly Uint8Array[],
    products: readonly (readonly Factor<Base | number>[])[],
  ): Element[] | undefined {
    if (!this.areMembers(xs).every((isMember) => isMember)) return undefined
    return products.map((factors) =>
      this.multiExponentiate(
        factors.map(([base]) => (typeof base === 'number' ? (xs[base] as Element) : base)),
        factors.map(([, e]) => e),
      ),
    )
  }

  areProductsVartime(claims: readonly ClaimedProducts[], exponents: readonly (readonly Scalar[])[]): boolean {
    return claims.every(({ values, bases }) =>
      values.every((value, i) => equalOctets(value, this.multiExponentiate(bases, itemAt(exponents, i)))),
    )
  }

  multiply(a: Element, b: Element): Element {
    return this.#write((toBigint(a) * toBigint(b)) % this.p)
  }

  multiplyMany(as: readonly Element[], bs: readonly Element[]): Element[] {
    return as.map((a, i) => this.multiply(a, itemAt(bs, i)))
  }

  invert(a: Element): Element {
    return this.inner.invert(a)
  }

  exponentiate(base: Element, e: Scalar): Element {
    return this.#write(squareAndMultiply(toBigint(base), toBigint(e), this.p))
  }

  exponentiateMany(bases: readonly Element[], es: readonly Scalar[]): Element[] {
    return bases.map((base, i) => this.exponentiate(base, itemAt(es, i)))
  }

  multiExponentiate(bases: readonly Base[], es: readonly Scalar[]): Element {
    const product = bases.reduce((sum, base, i) => {
      const element = base instanceof Uint8Array ? base : base.base
      return (sum * squareAndMultiply(toBigint(element), toBigint(itemAt(es, i)), this.p)) % this.p
    }, 1n)
    return this.#write(product)
  }

  multiExponentiateMany(bases: readonly Base[], exponents: readonly (readonly Scalar[])[]): Element[] {
    return exponents.map((es) => this.multiExponentiate(bases, es))
  }

  multiExponentiateVartime(bases: readonly Base[], es: readonly Scalar[]): Element {
    return this.multiExponentiate(bases, es)
  }

  fixedBase(base: Element): FixedBase {
    const exponentiate = (e: Scalar): Element => this.exponentiate(base, e)
    return {
      base,
      tableBytes: 0,
      exponentiate,
      exponentiateMany: (es) => es.map(exponentiate),
      exponentiateVartime: exponentiate,
      export: () => base.slice(),
      dispose: () => undefined,
    }
  }

  fixedBaseOfMember(x: Uint8Array): FixedBase | undefined {
    return this.isMember(x) ? this.fixedBase(x as Element) : undefined
  }

  importFixedBase(image: Uint8Array): FixedBase {
    return this.fixedBase(image.slice() as Element)
  }

  dispose(): void {
    this.inner.dispose()
  }

  #hasOrderQ(x: Uint8Array): boolean {
    return x.length === this.elementLength && squareAndMultiply(toBigint(x), this.q, this.p) === 1n
  }

  #write(value: bigint): Element {
    return toFixedWidth(value, this.elementLength) as Element
  }
}
