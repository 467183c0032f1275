import type { Element, FixedBase, Group } from '../../../bindings/engine/engine.js'

/** The number of bases that keep their tables. */
const maxBases = 8

/** A gamma at work. */
export interface CachedTable {
  readonly base: Element
  readonly table: FixedBase
  /** gamma^y_0, after an Issuer computed it. */
  sigmaZ: Element | undefined
}

export interface Uses {
  /** The number of powers needed now. */
  readonly uses: number
  /** The number of powers expected in all, these included. */
  readonly expected: number
  /** Upper bound on the table, in bytes. Default: the bound for all. */
  readonly maxTableBytes?: number
}

interface Entry extends CachedTable {
  readonly planned: number
  used: number
}

/**
 * Tables of the bases in use: gammas and sigma_z of batches. A table is built for its expected number of uses, and rebuilt
 * larger when it serves longer. The least recently used base is dropped first.
 */
export class TableCache {
  readonly #entries = new Map<string, Entry>()

  constructor(
    private readonly group: Group,
    /** Upper bound on a table, in bytes. */
    public maxTableBytes: number,
  ) {}

  /** The base with a name; `make` makes it the first time. */
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

  /** Puts an entry last: it is dropped last. */
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
