import type { Element, Group, Scalar } from '../../../bindings/engine/engine.js'
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
  require(fits, 'issuance/count', `a batch must have 1 to ${limits.batch} tokens`)
}

/** A received message, once it is known to be an object. Throws `InvalidInputError` (`issuance/message-shape`). */
export function messageFrom<M extends object>(message: M): M {
  return objectFrom(message, 'issuance/message-shape', 'a message')
}

/**
 * Checks that a message holds a value for each token. Throws `InvalidInputError` (`issuance/message-length`).
 * @param received how many values it holds
 */
export function checkMessageLength(received: number, count: number): void {
  require(received === count, 'issuance/message-length', `the message is for ${received} tokens, not ${count}`)
}

/**
 * Received scalars, in range and in arrays of their own.
 * Throws `InvalidInputError` (`issuance/message-shape`, `issuance/message-length`, `octets/type`, `scalar/...`).
 */
export function scalarsFrom({ scalars }: Group, values: readonly Uint8Array[]): Scalar[] {
  return valuesFrom(values, (octets) => scalars.from(octets))
}

/**
 * Received values in [1, p-1], in arrays of their own. Their membership in G_q is ensured elsewhere.
 * Throws `InvalidInputError` (`issuance/message-shape`, `issuance/message-length`, `octets/type`, `element/...`).
 */
export function elementsFrom(group: Group, values: readonly Uint8Array[]): Element[] {
  return valuesFrom(values, (octets) => group.operand(octets))
}

function valuesFrom<T>(values: readonly Uint8Array[], read: (octets: Uint8Array) => T): T[] {
  requireList(values, 'issuance/message-shape', 'the values of a message')
  require(values.length <=
    limits.batch, 'issuance/message-length', `a message must have at most ${limits.batch} values`)
  return Array.from(values, read)
}
