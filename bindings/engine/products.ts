import { InvalidInputError } from '../errors.js'
import type { Base, Element, Factor, Scalar } from './engine.js'

/** The operations that products are made of. */
interface Products {
  multiply(a: Element, b: Element): Element
  multiExponentiateVartime(bases: readonly Base[], es: readonly Scalar[]): Element
}

/**
 * `Group.memberProductsVartime`, where the powers of each value are computed together.
 *
 * @param memberPowers  x^e for each e, or undefined if x is not a member
 */
export function memberProducts(
  group: Products,
  memberPowers: (x: Uint8Array, es: readonly Scalar[]) => Element[] | undefined,
  xs: readonly Uint8Array[],
  products: readonly (readonly Factor<Base | number>[])[],
): Element[] | undefined {
  const powersOf: Element[][] = []
  for (const [i, x] of xs.entries()) {
    const es = products.flatMap((factors) => factors.flatMap(([base, e]) => (base === i ? [e] : [])))
    const powers = memberPowers(x, es)
    if (powers === undefined) return undefined
    powersOf.push(powers)
  }
  return products.map((factors) => {
    // Powers are in the order in which products need them.
    const parts = factors.flatMap(([base]) => (typeof base === 'number' ? valueAt(powersOf, base).splice(0, 1) : []))
    const others = factors.filter((factor): factor is Factor => typeof factor[0] !== 'number')
    if (others.length > 0 || parts.length === 0) parts.push(productOf(group, others))
    return parts.reduce((product, part) => group.multiply(product, part))
  })
}

/** The value that a number stands for in a product. Throws `InvalidInputError` (`base/index`). */
export function valueAt<T>(xs: readonly T[], index: number): T {
  const x = xs[index]
  if (x === undefined) throw new InvalidInputError('base/index', `a product names value ${index} of ${xs.length}`)
  return x
}

function productOf(group: Products, factors: readonly Factor[]): Element {
  return group.multiExponentiateVartime(
    factors.map(([base]) => base),
    factors.map(([, e]) => e),
  )
}
