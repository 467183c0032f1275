import type { Element, Scalar } from '../../../bindings/engine/engine.js'
import type { IssuerParameters } from '../parameters/parameters.js'

/** c~_i = g^x_i g_1^o~_i, or the witness g^w_i g_1^w~_i, which has the same form. Section 8. */
export function commitTo({ group, tables }: IssuerParameters, value: Scalar, opening: Scalar): Element {
  return group.multiExponentiate([tables.g, tables.gi(1)], [value, opening])
}

/** c~_i^c g^r_i g_1^r~_i, which a~_i is recomputed from. Public data. Section 8. */
export function recomputeCommitmentWitness(
  { group, publicTables: tables }: IssuerParameters,
  r: Scalar,
  rTilde: Scalar,
  cTildePower: Element,
): Element {
  return group.multiply(group.multiExponentiateVartime([tables.g, tables.gi(1)], [r, rTilde]), cTildePower)
}
