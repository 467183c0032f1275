import type { Element, FixedBase, Group } from '../../../bindings/engine/engine.js'

/** How many bases keep their tables. */
const maxBases = 8

/** A gamma at work. */
export interface CachedTable {
  readonly base: Element
  readonly table: FixedBase
  /** gamma^y_0, once an Issuer computed it. */
  sigmaZ: Element | undefined
}

export interface Uses {
  /** How many powers are needed now. */
  readonly uses: number
  /** How many will be needed, these included, as far as is known. */
  readonly expected: number
  /** Upper bound on the table, in bytes. Default what holds for all. */
  readonly maxTableBytes?: number
}

interface Entry extends CachedTable {
  readonly planned: number
  used: number
}

/**
 * Tables of the bases that work is being done with: gammas and sigma_z of batches. A table is built for what is expected of it, and
 * anew, larger, when it serves longer than that; the base that was used least recently gives its place up.
 */
export class TableCache {
  readonly #entries = new Map<string, Entry>()

  constructor(
    private readonly group: Group,
    /** Upper bound on a table, in bytes. */
    public maxTableBytes: number,
  ) {}

  /** The base under a name, which `make` gives the first time. */
  use(name: string, { uses, expected, maxTableBytes = this.maxTableBytes }: Uses, make: () => Element): CachedTable {
    const known = this.#entries.get(name)
    const used = (known?.used ?? 0) + uses
    if (known !== undefined && used <= known.planned) {
      known.used = used
      return this.#keep(name, known)
    }
    const base = known?.base ?? (make().slice() as Element)
    const planned = Math.max(expected, known === undefined ? 0 : 4 * used)
    const table = this.group.fixedBase(base, { expectedUses: planned, maxTableBytes })
    known?.table.dispose()
    return this.#keep(name, { base, table, planned, used, sigmaZ: known?.sigmaZ })
  }

  dispose(): void {
    for (const { table } of this.#entries.values()) table.dispose()
    this.#entries.clear()
  }

  /** Puts an entry last, which is the one that is given up last. */
  #keep(name: string, entry: Entry): Entry {
    this.#entries.delete(name)
    this.#entries.set(name, entry)
    for (const [oldest, { table }] of this.#entries) {
      if (this.#entries.size <= maxBases) break
      table.dispose()
      this.#entries.delete(oldest)
    }
    return entry
  }
}
