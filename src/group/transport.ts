import { atWidth, stripLeadingZeros } from '../../bindings/octets/integers.js'
import type { Element, Scalar, Subgroup } from '../../bindings/engine/engine.js'
import { InvalidInputError } from '../../bindings/errors.js'

/**
 * Reads an element of G_q from an unsigned big-endian integer, minimal or with leading zeros, and checks membership
 * (1 passes). Throws `InvalidInputError` (`element/length` for no octets, `element/range`, `element/not-in-subgroup`).
 */
export function elementFromOctets(group: Subgroup, octets: Uint8Array): Element {
  if (octets.length === 0) throw new InvalidInputError('element/length', 'an element has at least one octet')
  const fixed = atWidth(octets, group.elementLength)
  if (fixed === undefined) throw new InvalidInputError('element/range', 'an element must be in [1, p-1]')
  return group.element(fixed)
}

/**
 * Reads a scalar of Z_q from an unsigned big-endian integer, minimal or with leading zeros; no octets are 0.
 * Throws `InvalidInputError` (`scalar/range`).
 */
export function scalarFromOctets(group: Subgroup, octets: Uint8Array): Scalar {
  const fixed = atWidth(octets, group.scalarLength)
  if (fixed === undefined) throw new InvalidInputError('scalar/range', 'a scalar must be less than q')
  const scalar = group.scalars.from(fixed)
  fixed.fill(0)
  return scalar
}

/** The minimal big-endian form of an element or scalar in transport: at least one octet, 00 for 0. A new array. */
export function minimalOctets(number: Uint8Array): Uint8Array {
  const minimal = stripLeadingZeros(number)
  return minimal.length === 0 ? new Uint8Array(1) : minimal.slice()
}
