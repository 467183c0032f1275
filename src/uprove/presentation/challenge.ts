import type { Scalar } from '../../../bindings/engine/engine.js'
import type { HashFormat, ZeroEncoding } from '../../hash/index.js'
import type { IssuerParameters } from '../parameters/parameters.js'
import type { ChallengeInput } from '../parameters/revision.js'

/** The inputs of a challenge besides those that the Prover's digest binds. */
export interface ChallengeContext {
  /** m_d. */
  readonly deviceMessage: Uint8Array | null
  readonly deviceProtected: boolean
  /** How a disclosed x_i = 0 is hashed. Default `'octet'`. */
  readonly zeroEncoding?: ZeroEncoding
}

/** A challenge, and the digest that the Device is given: m_d' in Revision 1, c_p in Revision 3. */
export interface Challenge {
  readonly digest: Uint8Array
  readonly c: Scalar
}

/** The challenge of a presentation, by the rules of the parameters' revision. Section 7. */
export function computeChallenge(
  parameters: IssuerParameters,
  input: Omit<ChallengeInput, 'group'>,
  { deviceMessage, deviceProtected, zeroEncoding = 'octet' }: ChallengeContext,
): Challenge {
  const { rules, group } = parameters
  const beginHash = (): HashFormat => parameters.beginHash({ zeroEncoding })
  const digest = rules.challengeDigest(beginHash, { ...input, group })
  return { digest, c: rules.challenge(beginHash, group.scalars, digest, deviceMessage, deviceProtected) }
}
