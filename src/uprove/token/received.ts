import type { Element, Scalar, Group } from '../../../bindings/engine/engine.js'
import { InvalidInputError } from '../../../bindings/errors.js'
import { checkElementLength, checkScalarLength } from '../../../bindings/engine/operands.js'
import { equalOctets } from '../../../bindings/octets/octets.js'

/** A received scalar; undefined if it is not less than q. Throws `InvalidInputError` (`scalar/length`). */
export function scalarOrRefuse(group: Group, octets: Uint8Array): Scalar | undefined {
  checkScalarLength(octets, group.scalarLength)
  try {
    return group.scalars.from(octets)
  } catch (error) {
    if (error instanceof InvalidInputError && error.code === 'scalar/range') return undefined
    throw error
  }
}

/**
 * Powers of a received public value which must be in G_q and not be 1; undefined if it is not.
 * Throws `InvalidInputError` (`element/length`).
 */
export function memberPowers(group: Group, x: Uint8Array, exponents: readonly Scalar[]): Element[] | undefined {
  checkElementLength(x, group.elementLength)
  return group.memberPowersVartime(x, exponents)
}

/**
 * x^e for a received public value that must be in G_q and may be 1, as commitments may (on a curve 1 has no encoding); undefined
 * if it is not a member. Throws `InvalidInputError` (`element/length`).
 */
export function memberOrIdentityPower(group: Group, x: Uint8Array, e: Scalar): Element | undefined {
  if (equalOctets(x, group.identity)) return group.hasEncoding(group.identity) ? group.identity : undefined
  return memberPowers(group, x, [e])?.[0]
}
