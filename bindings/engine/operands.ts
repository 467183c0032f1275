import { isLess, isZero } from '../octets/integers.js'
import { copyOctets } from '../octets/octets.js'
import type { CurveDescription, Element, GroupDescription, Scalar } from './engine.js'
import { InvalidGroupError, InvalidInputError } from '../errors.js'
import { isOctets, requireOctets } from '../octets/shape.js'

/** The longest integer that `ScalarField.reduce` takes, in octets. */
export const maxReducibleOctets = 128

/** Checks that a description is that of a curve. Throws `InvalidGroupError` (`group/not-curve`). */
export function requireCurve(description: GroupDescription): asserts description is CurveDescription {
  if (!('arithmetic' in description)) throw new InvalidGroupError('group/not-curve', 'use engine.subgroup()')
}

/** Checks that an operand is as long as elements are. Throws `InvalidInputError` (`octets/type`, `element/length`). */
export function checkElementLength(octets: Uint8Array, length: number): void {
  checkLength(octets, length, 'element')
}

/** Checks that an operand is as long as scalars are. Throws `InvalidInputError` (`octets/type`, `scalar/length`). */
export function checkScalarLength(octets: Uint8Array, length: number): void {
  checkLength(octets, length, 'scalar')
}

function checkLength(octets: unknown, length: number, what: 'element' | 'scalar'): void {
  requireOctets(octets, 'octets/type', what)
  if (octets.length !== length) {
    throw new InvalidInputError(`${what}/length`, `${what} must have ${length} octets, not ${octets.length}`)
  }
}

/** Checks that there are as many exponents as bases. Throws `InvalidInputError` (`exponent/count`). */
export function checkSameCount(bases: readonly unknown[], exponents: readonly unknown[]): void {
  if (bases.length !== exponents.length) {
    throw new InvalidInputError('exponent/count', `${bases.length} bases, but ${exponents.length} exponents`)
  }
}

/** Two lists as one of pairs. Throws `InvalidInputError` (`exponent/count`) if they are not of one length. */
export function pairsOf<A, B>(as: readonly A[], bs: readonly B[]): (readonly [A, B])[] {
  checkSameCount(as, bs)
  return as.map((a, i) => [a, bs[i] as B] as const)
}

/** Checks that octets are short enough to be reduced modulo q. Throws `InvalidInputError` (`scalar/length`). */
export function checkReducible(octets: Uint8Array): void {
  requireOctets(octets, 'octets/type', 'scalar')
  if (octets.length > maxReducibleOctets) {
    throw new InvalidInputError(
      'scalar/length',
      `at most ${maxReducibleOctets} octets can be reduced modulo q, not ${octets.length}`,
    )
  }
}

/** Whether octets are an integer in [1, p-1] of p's length. */
export function isInElementRange(octets: Uint8Array, p: Uint8Array): boolean {
  return isOctets(octets) && octets.length === p.length && !isZero(octets) && isLess(octets, p)
}

/**
 * A copy of octets that are an integer in [1, p-1] of p's length. The caller checks membership.
 * Throws `InvalidInputError` (`element/length`, `element/range`).
 */
export function elementInRange(octets: Uint8Array, p: Uint8Array): Element {
  checkElementLength(octets, p.length)
  if (!isInElementRange(octets, p)) throw new InvalidInputError('element/range', 'an element must be in [1, p-1]')
  return copyOctets(octets) as Element
}

/**
 * A copy of octets that are an integer in [0, q-1] of q's length, compared in constant time.
 * Throws `InvalidInputError` (`scalar/length`, `scalar/range`).
 */
export function scalarInRange(octets: Uint8Array, q: Uint8Array): Scalar {
  checkScalarLength(octets, q.length)
  if (!isLess(octets, q)) throw new InvalidInputError('scalar/range', 'a scalar must be less than q')
  return copyOctets(octets) as Scalar
}
