import type { Element, FixedBase, Group, Scalar } from '../../../bindings/engine/engine.js'
import type { IssuedToken } from './token.js'

// Knowledge about held tokens is kept beside them, so that tokens stay plain data that can be cloned and stored.
const gammaTables = new WeakMap<IssuedToken, GammaTable>()
const checkedIn = new WeakMap<IssuedToken, Group>()
const certified = new WeakMap<IssuedToken, { readonly group: Group; readonly x: readonly Scalar[] }>()

/** The table of a batch's gamma in one group, if it still exists. Other groups cannot use it. */
export type GammaTable = (group: Group) => FixedBase | undefined

/** Lets presentations of a token use the table of its batch's gamma, as long as `table` gives it. */
export function rememberGamma(token: IssuedToken, table: GammaTable): void {
  gammaTables.set(token, table)
}

/** The table of a token's gamma in a group, if its Prover worked there and still keeps it. */
export function gammaOf(group: Group, token: IssuedToken): FixedBase | undefined {
  return gammaTables.get(token)?.(group)
}

/** Notes that a token certifies (x_1, ..., x_n), and so that its h is in G_q: it was made here, or a proof of it was verified. */
export function rememberCertified(group: Group, token: IssuedToken, x: readonly Scalar[]): void {
  checkedIn.set(token, group)
  certified.set(token, { group, x })
}

/** The (x_1, ..., x_n) that a token is known to certify. */
export function certifiedScalars(group: Group, token: IssuedToken): readonly Scalar[] | undefined {
  const entry = certified.get(token)
  return entry?.group === group ? entry.x : undefined
}

/**
 * h, which presentations raise to secrets: checked once for tokens that come from elsewhere.
 * Throws `InvalidInputError` (`element/...`).
 */
export function publicKeyOf(group: Group, issued: IssuedToken): Element {
  if (checkedIn.get(issued) === group) return issued.token.h as Element
  const h = group.element(issued.token.h)
  checkedIn.set(issued, group)
  return h
}
