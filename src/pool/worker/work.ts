import type { Element, FixedBase, Group } from '../../../bindings/engine/engine.js'
import { itemAt } from '../../../bindings/octets/lists.js'
import { IssuerParameters } from '../../uprove/parameters/parameters.js'
import { TableCache } from './table-cache.js'
import type { BaseName, ParametersSetup } from '../wire/jobs.js'

/** Issuer parameters in a worker, with the tables that the pool chose for them. */
export class Work {
  readonly parameters: IssuerParameters
  readonly gammas: TableCache
  /** Kept so that the parameters' own tables share them. */
  #tables: readonly FixedBase[] = []

  /** The values were verified by the sender. */
  constructor(group: Group, { values, allowLegacy, gammaTableBytes }: ParametersSetup) {
    // Bases share existing tables in WebAssembly, so the parameters make none themselves.
    const tables = group.engine.backend === 'wasm' ? { expectedUses: 1, maxTableBytes: 0 } : {}
    this.parameters = new IssuerParameters(group, values, { allowLegacy, ...tables })
    this.gammas = new TableCache(group, gammaTableBytes)
  }

  /** Builds the tables that the pool chose, and frees others. */
  order({ tables, gammaTableBytes }: ParametersSetup): void {
    const { parameters } = this
    const previous = this.#tables
    this.gammas.maxTableBytes = gammaTableBytes
    this.#tables = tables.map(({ base, ...options }) =>
      parameters.group.fixedBase(elementOf(parameters, base), options),
    )
    for (const table of previous) table.dispose()
    // They are set up again at their next use.
    parameters.dispose()
  }

  dispose(): void {
    for (const table of this.#tables) table.dispose()
    this.gammas.dispose()
    this.parameters.dispose()
  }
}

function elementOf(parameters: IssuerParameters, base: BaseName): Element {
  switch (base) {
    case 'g':
      return parameters.group.generator
    case 'g0':
      return parameters.g0
    case 'gt':
      return parameters.gt
    case 'gd':
      return parameters.deviceGenerator()
    default:
      return itemAt(parameters.g, base - 1)
  }
}
