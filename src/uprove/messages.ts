import type { Element, Scalar } from '../../bindings/engine.js'
import { InvalidInputError } from '../../bindings/errors.js'
import { limits } from './octets.js'

/**
 * The first message of issuance, Issuer to Prover: sigma_a and sigma_b for each token, and in Revision 3 sigma_z once.
 * `E` is what the values are known to be: elements where they are made, octets where they are received.
 */
export interface IssuanceMessage1<E extends Uint8Array = Element> {
  readonly sigmaZ?: E | undefined
  readonly sigmaA: readonly E[]
  readonly sigmaB: readonly E[]
}

/** The second message of issuance, Prover to Issuer: sigma_c for each token. */
export interface IssuanceMessage2<S extends Uint8Array = Scalar> {
  readonly sigmaC: readonly S[]
}

/** The third message of issuance, Issuer to Prover: sigma_r for each token. */
export interface IssuanceMessage3<S extends Uint8Array = Scalar> {
  readonly sigmaR: readonly S[]
}

/** Checks how many tokens are asked for. Throws `InvalidInputError` (`issuance/count`). */
export function checkBatchSize(count: number): void {
  if (!Number.isInteger(count) || count < 1 || count > limits.batch) {
    throw new InvalidInputError('issuance/count', `a batch has 1 to ${limits.batch} tokens`)
  }
}

/** Checks that a message holds a value for each token. Throws `InvalidInputError` (`issuance/message-length`). */
export function checkMessageLength(values: readonly unknown[], count: number): void {
  if (values.length !== count) {
    throw new InvalidInputError('issuance/message-length', `the message is for ${values.length} tokens, not ${count}`)
  }
}
