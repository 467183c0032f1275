import { atWidth, stripLeadingZeros } from '../../bindings/octets/integers.js'
import type { Element, Group, Scalar } from '../../bindings/engine/engine.js'
import { InvalidInputError } from '../../bindings/errors.js'

/**
 * Reads an element as specifications send it, and checks membership: in a subgroup an unsigned big-endian integer, minimal
 * or with leading zeros (1 passes); on a curve an uncompressed point. Throws `InvalidInputError` like `group.decode()`.
 */
export function elementFromOctets(group: Group, octets: Uint8Array): Element {
  return group.decode(octets)
}

/**
 * Reads a scalar of Z_q from an unsigned big-endian integer, minimal or with leading zeros; an empty array is 0.
 * Throws `InvalidInputError` (`scalar/range`).
 */
export function scalarFromOctets(group: Group, octets: Uint8Array): Scalar {
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
