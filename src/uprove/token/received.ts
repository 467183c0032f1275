import { toFixedWidth } from '../../../bindings/octets/integers.js'
import type { Element, Scalar, Subgroup } from '../../../bindings/engine/engine.js'
import { InvalidInputError } from '../../../bindings/errors.js'
import { checkElementLength, checkScalarLength, elementInRange } from '../../../bindings/engine/operands.js'
import { equalOctets } from '../../../bindings/octets/octets.js'

const moduli = new WeakMap<Subgroup, Uint8Array>()

/** p, fixed-width. */
function modulusOf(group: Subgroup): Uint8Array {
  let p = moduli.get(group)
  if (p === undefined) moduli.set(group, (p = toFixedWidth(group.p, group.elementLength)))
  return p
}

/**
 * A received value in [1, p-1] whose membership in G_q something else protects: say what, where this is used.
 * Throws `InvalidInputError` (`element/length`, `element/range`).
 */
export function rangeCheckedElement(group: Subgroup, octets: Uint8Array): Element {
  return elementInRange(octets, modulusOf(group))
}

/** A received scalar; undefined if it is not less than q. Throws `InvalidInputError` (`scalar/length`). */
export function scalarOrRefuse(group: Subgroup, octets: Uint8Array): Scalar | undefined {
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
export function memberPowers(group: Subgroup, x: Uint8Array, exponents: readonly Scalar[]): Element[] | undefined {
  checkElementLength(x, group.elementLength)
  return group.memberPowersVartime(x, exponents)
}

/**
 * x^e for a received public value that must be in G_q and may be 1, as commitments and pseudonyms may; undefined if it is
 * not a member. Throws `InvalidInputError` (`element/length`).
 */
export function memberOrIdentityPower(group: Subgroup, x: Uint8Array, e: Scalar): Element | undefined {
  if (equalOctets(x, group.identity)) return group.identity
  return memberPowers(group, x, [e])?.[0]
}
