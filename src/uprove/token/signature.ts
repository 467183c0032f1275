import type { Scalar } from '../../../bindings/engine/engine.js'
import type { IssuerParameters } from '../parameters/parameters.js'

/** The hash inputs of sigma_c', besides PI. */
export interface SignatureHashInput {
  readonly h: Uint8Array
  readonly sigmaZPrime: Uint8Array
  readonly sigmaAPrime: Uint8Array
  readonly sigmaBPrime: Uint8Array
}

/** sigma_c' = H(h, PI, sigma_z', sigma_a', sigma_b') mod q. Section 5. */
export function computeSigmaCPrime(
  parameters: IssuerParameters,
  proverInformation: Uint8Array | null,
  { h, sigmaZPrime, sigmaAPrime, sigmaBPrime }: SignatureHashInput,
): Scalar {
  const { group } = parameters
  return parameters
    .beginHash()
    .element(group, h)
    .nullable(proverInformation)
    .element(group, sigmaZPrime)
    .element(group, sigmaAPrime)
    .element(group, sigmaBPrime)
    .digestScalar(group.scalars)
}
