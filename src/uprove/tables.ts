import type { Element, FixedBase, FixedBaseOptions, Subgroup } from '../../bindings/engine.js'

/** How much to invest in tables of powers; passed on to `group.fixedBase()` for each generator. */
export type TableOptions = FixedBaseOptions

/** The generators that tables are made of. */
interface Generators {
  readonly group: Subgroup
  readonly g0: Element
  readonly g: readonly Element[]
  readonly gt: Element
  deviceGenerator(): Element
}

/** Tables of the powers of an Issuer's generators, each made when it is first needed. */
export class ParameterTables {
  readonly #tables = new Map<string, FixedBase>()
  readonly #options: FixedBaseOptions

  constructor(
    private readonly generators: Generators,
    { expectedUses, maxTableBytes }: TableOptions,
  ) {
    this.#options = {
      ...(expectedUses !== undefined && { expectedUses }),
      ...(maxTableBytes !== undefined && { maxTableBytes }),
    }
  }

  /** The group's generator g. */
  get g(): FixedBase {
    return this.#table('g', () => this.generators.group.generator)
  }

  get g0(): FixedBase {
    return this.#table('g_0', () => this.generators.g0)
  }

  get gt(): FixedBase {
    return this.#table('g_t', () => this.generators.gt)
  }

  get gd(): FixedBase {
    return this.#table('g_d', () => this.generators.deviceGenerator())
  }

  /** g_i, counted from 1. */
  gi(index: number): FixedBase {
    return this.#table(`g_${index}`, () => this.generators.g[index - 1]!)
  }

  dispose(): void {
    for (const table of this.#tables.values()) table.dispose()
    this.#tables.clear()
  }

  #table(name: string, base: () => Element): FixedBase {
    let table = this.#tables.get(name)
    if (table === undefined) {
      table = this.generators.group.fixedBase(base(), this.#options)
      this.#tables.set(name, table)
    }
    return table
  }
}
