import type { Curve, Element, Scalar } from '../engine/engine.js'
import { isZero, toFixedWidth } from '../octets/integers.js'

/**
 * Whether (r, s) signs a digest under a key, by ECDSA (FIPS 186-4, section 6.4) on the interface of groups: for the vectors of
 * others, whose keys and products are at the borders. Throws `InvalidInputError` for r or s of q or more.
 */
export function verifiesEcdsa(
  curve: Curve,
  key: Element,
  digest: Uint8Array,
  [r, s]: [Uint8Array, Uint8Array],
): boolean {
  const { scalars, generator, scalarLength, elementLength } = curve
  const [rScalar, sScalar] = [scalars.from(r), scalars.from(s)]
  if (isZero(rScalar) || isZero(sScalar)) return false
  const inverse = scalars.invert(sScalar)
  const exponents: Scalar[] = [
    scalars.multiply(scalars.reduce(digest.subarray(0, scalarLength)), inverse),
    scalars.multiply(rScalar, inverse),
  ]
  const product = curve.multiExponentiateVartime([generator, key], exponents)
  const same = curve.multiExponentiate([generator, key], exponents)
  if (!product.every((octet, i) => octet === same[i])) throw new Error('the two products differ')
  if (!curve.hasEncoding(product)) return false
  const x = scalars.reduce(product.subarray(1, 1 + (elementLength - 1) / 2))
  return rScalar.every((octet, i) => octet === x[i])
}

/** A scalar from hexadecimal digits, however many there are. */
export function scalarOf(curve: Curve, digits: string): Scalar {
  return curve.scalars.from(toFixedWidth(BigInt(`0x${digits}`), curve.scalarLength))
}
