import { combEntries, combFor, type CombShape } from './comb.js'
import { costsOf } from './cost.js'
import type { Core } from '../core/core.js'
import type { Base, Element, FixedBase, FixedBaseOptions, Scalar } from '../engine/engine.js'
import { Lifetime } from '../engine/lifetime.js'
import { copyOctets } from '../octets/octets.js'
import { encodeTable, type TableImage, type TableOwner } from './table-codec.js'
import { toHex } from '../octets/integers.js'
import type { Each } from '../octets/lists.js'
import type { WasmModulus } from './wasm-modulus.js'

/** A comb in the core's memory, and how many handles use it. */
export interface Comb {
  readonly shape: CombShape
  readonly table: number
  users: number
}

/** The operations of a group that its combs need. */
export interface CombGroup {
  readonly core: Core
  readonly modulus: WasmModulus
  readonly qBits: number
  readonly lifetime: Lifetime
  readonly tableOwner: TableOwner
  buildComb(table: number, base: Element, shape: CombShape): void
  combPowers<const List extends readonly Scalar[]>(comb: Pick<Comb, 'table' | 'shape'>, es: List): Each<List, Element>
  exponentiateMany<const List extends readonly Scalar[]>(bases: readonly Element[], es: List): Each<List, Element>
  multiExponentiateVartime(bases: readonly Base[], es: readonly Scalar[]): Element
}

/**
 * The combs of a group. Handles of one base for one kind of exponents share a comb where the older one is large enough
 * for the younger.
 */
export class CombStore {
  readonly #combs = new Map<string, Comb>()

  constructor(private readonly group: CombGroup) {}

  /** A handle of `base`, with a comb if one pays for `expectedUses` exponentiations. */
  open(base: Element, options: FixedBaseOptions): FixedBase {
    const { core, modulus, qBits } = this.group
    const { entryBytes } = modulus
    const { scan: scanCost, square: squareCost } = costsOf[core.kernel]
    const shape = combFor(options, { exponentBits: qBits, entryBytes, scanCost, squareCost })
    const { exponents = 'secret' } = options
    const key = keyOf(base, exponents)
    const known = this.#combs.get(key)
    if (known !== undefined && (shape === undefined || combEntries(known.shape) >= combEntries(shape))) {
      return this.#handle(base, exponents, known)
    }
    if (shape === undefined) return this.#handle(base, exponents, undefined)
    const table = core.allocate(combEntries(shape) * modulus.entryBytes)
    this.group.buildComb(table, base, shape)
    return this.#handle(base, exponents, this.#add(key, { shape, table, users: 0 }))
  }

  /** A handle of a table that was exported. Later handles of the base share it. */
  load({ base, exponents, shape, entries }: TableImage): FixedBase {
    if (shape === undefined) return this.#handle(base, exponents, undefined)
    const { core } = this.group
    const table = core.allocate(entries.length)
    core.octets.set(entries, table)
    return this.#handle(base, exponents, this.#add(keyOf(base, exponents), { shape, table, users: 0 }))
  }

  /** Frees all combs. */
  dispose(): void {
    for (const { table } of this.#combs.values()) this.group.core.release(table)
  }

  /** Makes a comb the one that later handles share. */
  #add(key: string, comb: Comb): Comb {
    // A comb that gives way stays in the map under a key that no base has, so that dispose() finds it.
    const previous = this.#combs.get(key)
    if (previous !== undefined) this.#combs.set(`${key}/${previous.table}`, previous)
    this.#combs.set(key, comb)
    return comb
  }

  #handle(base: Element, exponents: TableImage['exponents'], comb: Comb | undefined): WasmFixedBase {
    if (comb !== undefined) comb.users++
    return new WasmFixedBase(this.group, base, exponents, comb, () => {
      if (comb === undefined || --comb.users > 0) return
      this.group.core.release(comb.table)
      for (const [key, candidate] of this.#combs) if (candidate === comb) this.#combs.delete(key)
    })
  }
}

function keyOf(base: Element, exponents: TableImage['exponents']): string {
  return `${toHex(base)} ${exponents}`
}

/** A base with its comb; for bases that are used too seldom to be worth one, the base alone. */
export class WasmFixedBase implements FixedBase {
  readonly base: Element
  readonly tableBytes: number
  readonly lifetime: Lifetime
  readonly #onDispose: () => void

  constructor(
    readonly group: CombGroup,
    base: Element,
    readonly exponents: TableImage['exponents'],
    readonly comb: Comb | undefined,
    onDispose: () => void,
  ) {
    this.lifetime = new Lifetime('fixed base', group.lifetime)
    this.base = copyOctets(base)
    this.tableBytes = comb === undefined ? 0 : combEntries(comb.shape) * group.modulus.entryBytes
    this.#onDispose = onDispose
  }

  exponentiate(e: Scalar): Element {
    const [power] = this.exponentiateMany([e])
    return power
  }

  exponentiateMany<const List extends readonly Scalar[]>(es: List): Each<List, Element> {
    this.lifetime.check()
    if (this.comb !== undefined) return this.group.combPowers(this.comb, es)
    const bases = es.map(() => this.base)
    return this.group.exponentiateMany(bases, es)
  }

  exponentiateVartime(e: Scalar): Element {
    return this.group.multiExponentiateVartime([this], [e])
  }

  export(): Uint8Array {
    this.lifetime.check()
    const { core } = this.group
    const { table = 0, shape } = this.comb ?? {}
    const entries = core.octets.subarray(table, table + this.tableBytes)
    return encodeTable(this.group.tableOwner, { base: this.base, exponents: this.exponents, shape, entries })
  }

  dispose(): void {
    if (this.lifetime.ended) return
    this.lifetime.end()
    this.#onDispose()
  }
}
