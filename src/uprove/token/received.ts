import type { Base, Element, Factor, Scalar, Group } from '../../../bindings/engine/engine.js'
import { InvalidInputError } from '../../../bindings/errors.js'
import { checkElementLength } from '../../../bindings/engine/operands.js'
import { equalOctets } from '../../../bindings/octets/octets.js'

/** A received scalar; undefined if it is not less than q. Throws `InvalidInputError` (`scalar/length`). */
export function scalarOrRefuse(group: Group, octets: Uint8Array): Scalar | undefined {
  try {
    return group.scalars.from(octets)
  } catch (error) {
    if (error instanceof InvalidInputError && error.code === 'scalar/range') return undefined
    throw error
  }
}

/**
 * Products with powers of received public values, which must be in G_q and not be 1; undefined if one is not. In a product the
 * number i stands for xs[i]. Throws `InvalidInputError` (`element/length`).
 */
export function memberProducts(
  group: Group,
  xs: readonly Uint8Array[],
  products: readonly (readonly Factor<Base | number>[])[],
): Element[] | undefined {
  for (const x of xs) checkElementLength(x, group.elementLength)
  return group.memberProductsVartime(xs, products)
}

/**
 * x^e times powers of other bases, for a received public value that must be in G_q and may be 1, as commitments may (on a curve 1
 * has no encoding); undefined if it is not a member. Throws `InvalidInputError` (`element/length`).
 */
export function memberOrIdentityProduct(
  group: Group,
  x: Uint8Array,
  e: Scalar,
  others: readonly Factor[],
): Element | undefined {
  const isIdentity = equalOctets(x, group.identity)
  if (isIdentity && !group.hasEncoding(x)) return undefined
  return memberProducts(group, isIdentity ? [] : [x], [isIdentity ? others : [[0, e], ...others]])?.[0]
}
