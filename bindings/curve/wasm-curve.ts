import { WasmScalarField } from '../core/wasm-scalars.js'
import type {
  Base,
  Curve,
  CurveDescription,
  Element,
  Engine,
  Factor,
  FixedBase,
  FixedBaseOptions,
  Scalar,
  ScalarField,
} from '../engine/engine.js'
import { Lifetime } from '../engine/lifetime.js'
import { checkElementLength, checkScalarLength, pairsOf } from '../engine/operands.js'
import { valueAt } from '../engine/products.js'
import { InvalidInputError } from '../errors.js'
import { bitLength } from '../octets/integers.js'
import type { CurveCore } from './curve-core.js'
import { CurveBase } from './curve-base.js'
import { bucketWidth, combEntries } from './curve-cost.js'
import { CurveMemory } from './curve-memory.js'
import { decodeCurveTable, type CurveTableOwner } from './curve-table.js'
import { longestOf, PublicProducts } from './public-products.js'
import { CurveCombStore, CurveFixedBase, type CurveComb } from './wasm-curve-base.js'
import { isOctets } from '../octets/shape.js'

/** How many items a bulk call takes at once; it bounds the memory that a call needs. */
const bulkItems = 256

/**
 * A curve on its WebAssembly core. Elements are uncompressed points, 04 || x || y; the point at infinity, which is refused on
 * input, comes out of products as all zeros.
 */
export class WasmCurve extends CurveBase implements Curve {
  readonly qBits: number
  readonly scalars: ScalarField & { dispose(): void }
  readonly #memory: CurveMemory
  readonly #products: PublicProducts
  readonly #combs: CurveCombStore

  constructor(
    readonly engine: Engine,
    readonly core: CurveCore,
    readonly description: CurveDescription,
    parent?: Lifetime,
  ) {
    super(description, parent)
    this.qBits = bitLength(this.q)
    this.scalars = new WasmScalarField(core, this.q, this.lifetime)
    this.#memory = new CurveMemory(core, this.elementLength)
    this.#products = new PublicProducts(core, this.#memory, this.elementLength, this.scalarLength)
    this.#combs = new CurveCombStore(this)
    this.lifetime.endWithParent(this)
  }

  /** Bytes of an entry of a comb. */
  get entryBytes(): number {
    return this.#memory.affineBytes
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

  memberProductsVartime(
    xs: readonly Uint8Array[],
    products: readonly (readonly Factor<Base | number>[])[],
  ): Element[] | undefined {
    const elements = this.#members(xs)
    if (elements === undefined) return undefined
    const terms = products.map((factors) =>
      factors.flatMap(([base, e]): Factor<CurveComb | number>[] => {
        this.#checkScalar(e)
        if (typeof base === 'number') {
          valueAt(xs, base)
          return [[base, e]]
        }
        const factor = this.#factorOf(base)
        if (!isOctets(factor)) return [[factor, e]]
        return this.hasEncoding(factor) ? [[elements.push(factor) - 1, e]] : []
      }),
    )
    return this.#products.interleaved(elements, terms)
  }

  multiply(a: Element, b: Element): Element {
    return only(this.multiplyMany([a], [b]))
  }

  multiplyMany(as: readonly Element[], bs: readonly Element[]): Element[] {
    this.lifetime.check()
    const { exports } = this.core
    const { pointBytes, affineBytes } = this.#memory
    return inPieces(pairsOf(as, bs), (piece) => {
      const { length } = piece
      const [octets, factors, products, affines] = this.#memory.room(
        length * this.elementLength,
        2 * pointBytes,
        length * pointBytes,
        length * affineBytes,
      )
      try {
        piece.forEach((pair, i) => {
          pair.forEach((factor, j) => {
            this.#memory.writeElement(octets, factor)
            exports.read(factors + j * pointBytes, octets)
          })
          exports.sum(products + i * pointBytes, factors, pair.length)
        })
        exports.write(octets, products, length, affines)
        return this.#memory.readElements(octets, length)
      } finally {
        // Factors may be as secret as exponents: a Prover's t_b and sigma_b^alpha are.
        this.#memory.wipe(octets, affines + length * affineBytes)
      }
    })
  }

  exponentiate(base: Element, e: Scalar): Element {
    return only(this.powersOf([[base, e]]))
  }

  exponentiateMany(bases: readonly Element[], es: readonly Scalar[]): Element[] {
    return this.powersOf(pairsOf(bases, es))
  }

  multiExponentiate(bases: readonly Base[], es: readonly Scalar[]): Element {
    return only(this.multiExponentiateMany(bases, [es]))
  }

  multiExponentiateMany(bases: readonly Base[], exponents: readonly (readonly Scalar[])[]): Element[] {
    const factors = bases.map((base) => this.#factorOf(base))
    return this.#secretProducts(exponents.map((es) => pairsOf(factors, es)))
  }

  /** Powers of bases with combs and without, constant time in the exponents; inversions are shared. */
  powersOf(powers: readonly Factor<Element | CurveComb>[]): Element[] {
    return this.#secretProducts(powers.map((power) => [power]))
  }

  multiExponentiateVartime(bases: readonly Base[], es: readonly Scalar[]): Element {
    this.lifetime.check()
    const combs: Factor<CurveComb>[] = []
    const elements: Factor<Element>[] = []
    for (const [base, e] of pairsOf(bases, es)) {
      this.#checkScalar(e)
      const factor = this.#factorOf(base)
      if (!isOctets(factor)) combs.push([factor, e])
      else if (this.hasEncoding(factor)) elements.push([factor, e])
    }
    const width = bucketWidth(elements.length, longestOf(elements))
    if (width === undefined) {
      const windows = elements.map(([, e], i) => [i, e] as const)
      return only(
        this.#products.interleaved(
          elements.map(([element]) => element),
          [[...combs, ...windows]],
        ),
      )
    }
    const product = this.#products.buckets(elements, width)
    return combs.length === 0 ? product : this.multiply(product, only(this.#products.interleaved([], [combs])))
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
    this.scalars.dispose()
    this.#memory.dispose()
    this.core.exports.wipeCurve()
    this.lifetime.end()
  }

  /** A new table with the comb of a base. */
  buildComb(base: Element, width: number): number {
    const { core } = this
    const entries = combEntries(width, this.qBits)
    const points = core.allocate(entries * this.#memory.pointBytes)
    try {
      const [octets] = this.#memory.room(this.elementLength)
      const table = core.allocate(entries * this.entryBytes)
      this.#memory.writeElement(octets, base)
      core.exports.buildComb(table, octets, width, points)
      return table
    } finally {
      core.release(points)
    }
  }

  /** Products of powers, constant time in the exponents; inversions are shared. */
  #secretProducts(products: readonly (readonly Factor<Element | CurveComb>[])[]): Element[] {
    this.lifetime.check()
    const { exports } = this.core
    const { pointBytes, affineBytes } = this.#memory
    let most = 0
    for (const factors of products) {
      for (const [, e] of factors) this.#checkScalar(e)
      most = Math.max(most, factors.length)
    }
    return inPieces(products, (piece) => {
      const { length } = piece
      const [octets, scalar, powers, points, affines] = this.#memory.room(
        length * this.elementLength,
        this.scalarLength,
        most * pointBytes,
        length * pointBytes,
        length * affineBytes,
      )
      try {
        let product = points
        for (const factors of piece) {
          // One power is the product.
          let power = factors.length === 1 ? product : powers
          for (const factor of factors) {
            this.#power(power, factor, octets, scalar)
            power += pointBytes
          }
          if (factors.length !== 1) exports.sum(product, powers, factors.length)
          product += pointBytes
        }
        exports.write(octets, points, length, affines)
        return this.#memory.readElements(octets, length)
      } finally {
        this.#memory.wipe(octets, affines + length * affineBytes)
      }
    })
  }

  /** Leaves a homogeneous power at `point`. Constant time in the exponent. */
  #power(point: number, [base, e]: Factor<Element | CurveComb>, octets: number, scalar: number): void {
    const { exports } = this.core
    this.core.octets.set(e, scalar)
    if (isOctets(base)) {
      this.#memory.writeElement(octets, base)
      exports.power(point, octets, scalar)
    } else {
      exports.combPower(point, base.table, base.width, scalar)
    }
  }

  /** The element of a base, or its comb where it has one. */
  #factorOf(base: Base): Element | CurveComb {
    if (isOctets(base)) {
      checkElementLength(base, this.elementLength)
      return base
    }
    if (!(base instanceof CurveFixedBase) || base.curve !== this) {
      throw new InvalidInputError('base/other-group', 'the table was made by another group')
    }
    base.lifetime.check()
    return base.comb ?? base.base
  }

  /** The values as elements, if all are members. */
  #members(xs: readonly Uint8Array[]): Element[] | undefined {
    return this.areMembers(xs).every((isMember) => isMember) ? (xs.slice() as Element[]) : undefined
  }

  protected areOnCurve(xs: readonly Uint8Array[]): boolean[] {
    const { core } = this
    return inPieces(xs, (piece) => {
      const [octets, flags] = this.#memory.room(piece.length * this.elementLength, piece.length)
      this.#memory.writeElements(octets, piece)
      core.exports.areOnCurve(flags, octets, piece.length)
      return Array.from(core.octets.subarray(flags, flags + piece.length), (flag) => flag === 1)
    })
  }

  #checkScalar(e: Scalar): void {
    checkScalarLength(e, this.scalarLength)
  }
}

/** Calls `operation` with pieces of a list that are not too long. */
function inPieces<T, Result>(list: readonly T[], operation: (piece: readonly T[]) => Result[]): Result[] {
  const results: Result[] = []
  for (let start = 0; start < list.length; start += bulkItems) {
    results.push(...operation(list.slice(start, start + bulkItems)))
  }
  return results
}

/** The one item of a list that has one. */
function only<T>([item]: readonly T[]): T {
  return item as T
}
