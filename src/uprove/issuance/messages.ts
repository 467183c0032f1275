import type { Element, Scalar } from '../../../bindings/engine/engine.js'
import { limits } from '../../../bindings/octets/octets.js'
import { objectFrom, require, requireList } from '../../../bindings/octets/shape.js'

/**
 * The first message of issuance, Issuer to Prover: sigma_a and sigma_b for each token, and in Revision 3 sigma_z once.
 * `E` is what the values are known to be: elements where they are made, octets where they are received.
 */
export interface IssuanceMessage1<E extends Uint8Array = Element> {
  readonly sigmaZ?: E
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
  const fits = Number.isInteger(count) && count >= 1 && count <= limits.batch
  require(fits, 'issuance/count', `a batch has 1 to ${limits.batch} tokens`)
}

/** A received message, once it is known to be an object. Throws `InvalidInputError` (`issuance/message-shape`). */
export function messageFrom<M extends object>(message: M): M {
  return objectFrom(message, 'issuance/message-shape', 'a message')
}

/**
 * Checks that a message holds a value for each token.
 * Throws `InvalidInputError` (`issuance/message-shape`, `issuance/message-length`).
 */
export function checkMessageLength(values: readonly unknown[], count: number): void {
  requireList(values, 'issuance/message-shape', 'what a message has for the tokens')
  const message = `the message is for ${values.length} tokens, not ${count}`
  require(values.length === count, 'issuance/message-length', message)
}
