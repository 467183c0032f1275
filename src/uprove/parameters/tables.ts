import type { Base, Element, FixedBase, FixedBaseOptions, Group } from '../../../bindings/engine/engine.js'

/**
 * How large the tables of powers of each generator may be, as for `group.fixedBase()`. Without `expectedUses` a generator
 * gets its table at its third use, so that a single presentation does not wait for tables.
 */
export type TableOptions = Omit<FixedBaseOptions, 'exponents'>

const usesWithoutTable = 2

/** The generators that can have tables. */
interface Generators {
  readonly group: Group
  readonly g0: Element
  readonly g: readonly Element[]
  readonly gt: Element
  deviceGenerator(): Element
}

/** A generator with its uses so far, and its table if there is one. */
interface Entry {
  readonly element: Element
  uses: number
  table: FixedBase | undefined
}

/** An Issuer's generators as bases of powers of one kind, with tables for those that are used often. */
export class ParameterTables {
  readonly #entries = new Map<string, Entry>()
  readonly #options: FixedBaseOptions
  readonly #usesWithoutTable: number

  constructor(
    private readonly generators: Generators,
    { expectedUses, maxTableBytes, exponents }: FixedBaseOptions,
  ) {
    this.#usesWithoutTable = expectedUses === undefined ? usesWithoutTable : 0
    this.#options = {
      expectedUses,
      maxTableBytes,
      exponents,
    }
  }

  /** The group's generator g. */
  get g(): Base {
    return this.#base('g', () => this.generators.group.generator)
  }

  /** The table of g, for many powers at once. */
  get gTable(): FixedBase {
    return this.#table(this.#entry('g', () => this.generators.group.generator))
  }

  get g0(): Base {
    return this.#base('g_0', () => this.generators.g0)
  }

  /** g_0 and g, the bases of sigma_a and its like, for `count` products at once. */
  signatureBases(count: number): [Base, Base] {
    const { g0, group } = this.generators
    return [this.#base('g_0', () => g0, count), this.#base('g', () => group.generator, count)]
  }

  get gt(): Base {
    return this.#base('g_t', () => this.generators.gt)
  }

  get gd(): Base {
    return this.#base('g_d', () => this.generators.deviceGenerator())
  }

  /** g_i, counted from 1. */
  gi(index: number): Base {
    return this.#base(`g_${index}`, () => this.generators.g[index - 1]!)
  }

  dispose(): void {
    for (const { table } of this.#entries.values()) table?.dispose()
    this.#entries.clear()
  }

  #base(name: string, element: () => Element, uses = 1): Base {
    const entry = this.#entry(name, element)
    entry.uses += uses
    return entry.table !== undefined || entry.uses > this.#usesWithoutTable ? this.#table(entry) : entry.element
  }

  #entry(name: string, element: () => Element): Entry {
    const entry = this.#entries.get(name) ?? { element: element(), uses: 0, table: undefined }
    this.#entries.set(name, entry)
    return entry
  }

  #table(entry: Entry): FixedBase {
    return (entry.table ??= this.generators.group.fixedBase(entry.element, this.#options))
  }
}
