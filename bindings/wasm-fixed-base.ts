import { combEntries, planComb, type CombShape } from './comb.js'
import type { Element, FixedBase, FixedBaseOptions, Scalar } from './engine.js'
import { Lifetime } from './lifetime.js'
import type { WasmSubgroup } from './wasm.js'

/** What `fixedBase()` assumes when it is told nothing. */
const defaultUses = 1000
const defaultTableBytes = 1 << 20

/** What reading one entry in a constant-time scan costs, in multiplications. */
const scanCost = 0.006

/** A comb in the core's memory; for bases that are used too seldom to be worth one, the base alone. */
export class WasmFixedBase implements FixedBase {
  readonly base: Element
  readonly tableBytes: number
  /** Undefined if the base has no comb. */
  readonly shape: CombShape | undefined
  /** The comb, if `shape` is defined. */
  readonly table: number = 0
  readonly lifetime: Lifetime
  readonly #onDispose: () => void

  constructor(
    readonly group: WasmSubgroup,
    base: Element,
    { expectedUses = defaultUses, maxTableBytes = defaultTableBytes }: FixedBaseOptions,
    onDispose: () => void,
  ) {
    const { core, modulus, qBits } = group
    this.lifetime = new Lifetime('fixed base', group.lifetime)
    this.#onDispose = onDispose
    this.base = base.slice() as Element
    const maxEntries = Math.floor(maxTableBytes / modulus.entryBytes)
    this.shape = planComb({ exponentBits: qBits, expectedUses, maxEntries, scanCost })
    this.tableBytes = this.shape === undefined ? 0 : combEntries(this.shape) * modulus.entryBytes
    if (this.shape === undefined) return
    this.table = core.allocate(this.tableBytes)
    group.buildComb(this.table, this.base, this.shape)
  }

  exponentiate(e: Scalar): Element {
    return this.group.multiExponentiate([this], [e])
  }

  exponentiateMany(es: readonly Scalar[]): Element[] {
    this.lifetime.check()
    return es.map((e) => this.exponentiate(e))
  }

  exponentiateVartime(e: Scalar): Element {
    return this.group.multiExponentiateVartime([this], [e])
  }

  dispose(): void {
    if (this.lifetime.ended) return
    this.lifetime.end()
    if (this.shape !== undefined) this.group.core.release(this.table)
    this.#onDispose()
  }
}
