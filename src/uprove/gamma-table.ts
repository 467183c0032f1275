import type { FixedBase } from '../../bindings/engine.js'
import type { IssuedToken } from './token.js'

// Beside the tokens and not in them, so that a token stays plain data that can be cloned and stored.
const tables = new WeakMap<IssuedToken, () => FixedBase | undefined>()

/** Lets presentations of a token use the table of its batch's gamma, as long as `table` gives it. */
export function rememberGamma(token: IssuedToken, table: () => FixedBase | undefined): void {
  tables.set(token, table)
}

/** The table of a token's gamma, if its Prover still keeps it. */
export function gammaOf(token: IssuedToken): FixedBase | undefined {
  return tables.get(token)?.()
}
