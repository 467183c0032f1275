import type { Device } from '../uprove/device.js'
import type { PresentationOptions } from '../uprove/presentation-options.js'
import type { PresentationProof } from '../uprove/proof.js'
import type { IssuedToken, Token } from '../uprove/token.js'
import type { VerificationOptions } from '../uprove/verification.js'

export interface PoolPresentationOptions extends Omit<PresentationOptions, 'random' | 'allowVariableTime'> {
  readonly device?: Device | undefined
}

/** A token to present, and how. */
export interface PresentationRequest extends PoolPresentationOptions {
  readonly issued: IssuedToken
}

/** A token to verify, with its presentation. */
export interface VerificationRequest extends VerificationOptions {
  readonly token: Token
  readonly proof: PresentationProof
}
