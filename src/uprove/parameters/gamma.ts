import type { Element, Scalar } from '../../../bindings/engine/engine.js'
import { InvalidInputError } from '../../../bindings/errors.js'
import { equalOctets, wipe } from '../../../bindings/octets/octets.js'
import type { IssuerParameters } from './parameters.js'

/** The exponents of gamma: (x_1, ..., x_n) and x_t. */
export interface TokenScalars {
  readonly x: readonly Scalar[]
  readonly xt: Scalar
}

/**
 * gamma = g_0 g_1^x_1 ... g_n^x_n g_t^x_t [h_d], constant time in the attributes. Section 5.
 * Throws `InvalidInputError` (`issuance/gamma-is-one`) in the one case where no token can be made.
 */
export function computeGamma(parameters: IssuerParameters, { x, xt }: TokenScalars, hd?: Element): Element {
  const { group, tables, g0 } = parameters
  const bases = [...x.map((_, i) => tables.gi(i + 1)), tables.gt]
  const product = group.multiExponentiate(bases, [...x, xt])
  try {
    const gamma = group.multiply(hd === undefined ? g0 : group.multiply(g0, hd), product)
    if (equalOctets(gamma, group.identity)) throw new InvalidInputError('issuance/gamma-is-one', 'gamma is 1')
    return gamma
  } finally {
    // g_0 and h_d are public, so it tells as much as gamma, which `checkIssuedToken()` wipes.
    wipe(product)
  }
}

/** sigma_z = z_0 z_1^x_1 ... z_n^x_n z_t^x_t [zeta_d], as the Prover computes it in Revision 1. Section 5. */
export function computeSigmaZ(parameters: IssuerParameters, { x, xt }: TokenScalars, zetaD?: Element): Element {
  const { group, z } = parameters
  if (z === undefined) throw new InvalidInputError('parameters/z-values', 'these parameters carry no z values')
  // Computed once for each batch, so tables of the z values would not pay.
  const product = group.multiply(z.z0, group.multiExponentiate([...z.z, z.zt], [...x, xt]))
  return zetaD === undefined ? product : group.multiply(product, zetaD)
}
