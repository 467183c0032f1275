import type {
  Base,
  Element,
  Factor,
  FixedBase,
  FixedBaseOptions,
  Group,
  Scalar,
} from '../../../bindings/engine/engine.js'
import { toHex } from '../../../bindings/octets/integers.js'

/**
 * How large the tables of powers of each generator may be, as for `group.fixedBase()`. Without `expectedUses` a generator
 * gets its table at its third use, so that a single presentation does not wait for tables.
 */
export type TableOptions = Omit<FixedBaseOptions, 'exponents' | 'basesPerProduct'>

const usesWithoutTable = 2

/**
 * How many bases the products of a generator's powers have: two (sigma_a' and its like) or some more (gamma and proofs). An Issuer's
 * sigma_a is a power of g alone.
 */
export function basesPerProduct(isG: boolean, exponents: 'secret' | 'public'): number {
  return isG && exponents === 'secret' ? 1 : 3
}

/** After how many uses g_0 g_t^x_t gets a table, how many may have one, and for how many x_t uses are counted. */
const recurring = { uses: 100, tables: 4, counted: 64 }

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
  /** g_0 g_t^x_t for the x_t that came last, by x_t, the latest at the end. */
  readonly #contexts = new Map<string, { uses: number; table: FixedBase | undefined }>()
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

  /**
   * (g_0 g_t^x_t)^e as factors of a public product. Most tokens that a Verifier sees have one TI: once an x_t came often, the product
   * has a table of its own.
   */
  contextFactors(xt: Scalar, e: Scalar): Factor[] {
    const table = this.#contextTable(xt)
    if (table !== undefined) return [[table, e]]
    const { scalars } = this.generators.group
    return [
      [this.g0, e],
      [this.gt, scalars.multiply(e, xt)],
    ]
  }

  dispose(): void {
    for (const { table } of [...this.#entries.values(), ...this.#contexts.values()]) table?.dispose()
    this.#entries.clear()
    this.#contexts.clear()
  }

  #contextTable(xt: Scalar): FixedBase | undefined {
    const { group, g0, gt } = this.generators
    const key = toHex(xt)
    const context = this.#contexts.get(key) ?? { uses: 0, table: undefined }
    this.#contexts.delete(key)
    this.#contexts.set(key, context)
    if (++context.uses === recurring.uses && this.#options.maxTableBytes !== 0) {
      const product = group.multiply(g0, group.multiExponentiateVartime([gt], [xt]))
      context.table = group.fixedBase(product, { ...this.#options, basesPerProduct: basesPerProduct(false, 'public') })
      const [oldest, ...others] = [...this.#contexts].filter(([, { table }]) => table !== undefined)
      if (others.length >= recurring.tables) this.#forget(oldest?.[0])
    }
    if (this.#contexts.size > recurring.counted) this.#forget(this.#contexts.keys().next().value)
    return context.table
  }

  #forget(key: string | undefined): void {
    if (key === undefined) return
    this.#contexts.get(key)?.table?.dispose()
    this.#contexts.delete(key)
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
    if (entry.table === undefined) {
      const shared = basesPerProduct(entry === this.#entries.get('g'), this.#options.exponents ?? 'secret')
      entry.table = this.generators.group.fixedBase(entry.element, { ...this.#options, basesPerProduct: shared })
    }
    return entry.table
  }
}
