import type { Device } from '../../uprove/device/device.js'
import type { PresentationOptions } from '../../uprove/presentation/presentation-options.js'
import type { PresentationProof } from '../../uprove/presentation/proof.js'
import type { IssuedToken, Token } from '../../uprove/token/token.js'
import type { VerificationOptions } from '../../uprove/presentation/verification.js'

export interface PoolPresentationOptions extends Omit<PresentationOptions, 'random' | 'allowVariableTime'> {
  readonly device?: Device
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
