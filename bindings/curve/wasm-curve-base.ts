import { Lifetime } from '../engine/lifetime.js'
import type { Base, Element, Factor, FixedBase, FixedBaseOptions, Scalar } from '../engine/engine.js'
import { copyOctets } from '../octets/octets.js'
import { isZero, toHex } from '../octets/integers.js'
import { combWidth } from './curve-cost.js'
import { encodeCurveTable, type CurveTableImage, type CurveTableOwner } from './curve-table.js'
import type { CurveCore } from './curve-core.js'

/** The operations of a curve that its fixed bases need. */
export interface CurveOfBases {
  readonly core: CurveCore
  readonly qBits: number
  readonly entryBytes: number
  readonly lifetime: Lifetime
  readonly tableOwner: CurveTableOwner
  /** A new table with the comb of a base. */
  buildComb(base: Element, width: number): number
  /** Powers of bases with combs and without. */
  powersOf(powers: readonly Factor<Element | CurveComb>[]): Element[]
  multiExponentiate(bases: readonly Base[], es: readonly Scalar[]): Element
  multiExponentiateVartime(bases: readonly Base[], es: readonly Scalar[]): Element
}

/** A comb in the core's memory, and its number of handles. */
export interface CurveComb {
  /** Bits of a digit. */
  readonly width: number
  readonly table: number
  users: number
}

/**
 * The combs of a curve. Handles of one base for one kind of exponents share a comb where the older one is as large as
 * the younger needs.
 */
export class CurveCombStore {
  readonly #combs = new Map<string, CurveComb>()

  constructor(private readonly curve: CurveOfBases) {}

  /** A handle of `base`, with a comb if one pays for `expectedUses` exponentiations. */
  open(base: Element, options: FixedBaseOptions): CurveFixedBase {
    const { core, qBits, entryBytes } = this.curve
    const width = combWidth(options, { kernel: core.kernel, qBits, entryBytes })
    const { exponents = 'secret' } = options
    const known = this.#combs.get(keyOf(base, exponents))
    if (known !== undefined && known.width >= (width ?? 0)) return this.#handle(base, exponents, known)
    // Infinity has no affine multiples, of which a comb consists.
    if (width === undefined || isZero(base)) return this.#handle(base, exponents, undefined)
    return this.#handle(base, exponents, this.#add(base, exponents, this.curve.buildComb(base, width), width))
  }

  /** A handle of a table that was exported. Later handles of the base share it. */
  load({ base, exponents, width, entries }: CurveTableImage): CurveFixedBase {
    if (width === undefined) return this.#handle(base, exponents, undefined)
    const { core } = this.curve
    const table = core.allocate(entries.length)
    core.octets.set(entries, table)
    return this.#handle(base, exponents, this.#add(base, exponents, table, width))
  }

  /** Frees all combs. */
  dispose(): void {
    for (const { table } of this.#combs.values()) this.curve.core.release(table)
  }

  /** Makes a comb the one that later handles share. */
  #add(base: Element, exponents: CurveTableImage['exponents'], table: number, width: number): CurveComb {
    const key = keyOf(base, exponents)
    // A replaced comb stays in the map under a key that no base has, so that dispose() finds it.
    const previous = this.#combs.get(key)
    if (previous !== undefined) this.#combs.set(`${key}/${previous.table}`, previous)
    const comb = { width, table, users: 0 }
    this.#combs.set(key, comb)
    return comb
  }

  #handle(base: Element, exponents: CurveTableImage['exponents'], comb: CurveComb | undefined): CurveFixedBase {
    if (comb !== undefined) comb.users++
    return new CurveFixedBase(this.curve, base, exponents, comb, () => {
      if (comb === undefined || --comb.users > 0) return
      this.curve.core.release(comb.table)
      for (const [key, candidate] of this.#combs) if (candidate === comb) this.#combs.delete(key)
    })
  }
}

function keyOf(base: Element, exponents: CurveTableImage['exponents']): string {
  return `${toHex(base)} ${exponents}`
}

/** A base with its comb; for rarely used bases, the base alone. */
export class CurveFixedBase implements FixedBase {
  readonly base: Element
  readonly tableBytes: number
  readonly lifetime: Lifetime
  readonly #onDispose: () => void

  constructor(
    readonly curve: CurveOfBases,
    base: Element,
    readonly exponents: CurveTableImage['exponents'],
    readonly comb: CurveComb | undefined,
    onDispose: () => void,
  ) {
    this.lifetime = new Lifetime('fixed base', curve.lifetime)
    this.base = copyOctets(base)
    this.tableBytes = comb === undefined ? 0 : curve.tableOwner.bytesOf(comb.width)
    this.#onDispose = onDispose
  }

  exponentiate(e: Scalar): Element {
    return this.curve.multiExponentiate([this], [e])
  }

  exponentiateMany(es: readonly Scalar[]): Element[] {
    this.lifetime.check()
    const base = this.comb ?? this.base
    return this.curve.powersOf(es.map((e) => [base, e] as const))
  }

  exponentiateVartime(e: Scalar): Element {
    return this.curve.multiExponentiateVartime([this], [e])
  }

  export(): Uint8Array {
    this.lifetime.check()
    const { core, tableOwner } = this.curve
    const { table = 0, width } = this.comb ?? {}
    const entries = core.octets.subarray(table, table + this.tableBytes)
    return encodeCurveTable(tableOwner, { base: this.base, exponents: this.exponents, width, entries })
  }

  dispose(): void {
    if (this.lifetime.ended) return
    this.lifetime.end()
    this.#onDispose()
  }
}
