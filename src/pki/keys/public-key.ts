import { bitLength, toBigint } from '../../../bindings/octets/integers.js'
import { isLegacy, isRecommended } from '../../../bindings/subgroup/validation.js'
import { equalOctets, type Octets } from '../../../bindings/octets/octets.js'
import { CURVES, KEY_ALGORITHM, readAlgorithm, type CurveName } from './algorithms.js'
import { nullValue, onlyValue, readBits, readDer, readOid, readUnsigned, TAG } from '../asn1/der.js'
import { PkiError } from '../errors.js'

/** A public key as SubjectPublicKeyInfo has it; numbers are unsigned, big-endian, without leading zeros. */
export type PublicKey =
  | { readonly type: 'RSA'; readonly modulus: Octets; readonly exponent: Octets }
  | { readonly type: 'EC'; readonly curve: CurveName }
  | ({ readonly type: 'DSA'; readonly y: Octets } & DsaParameters)

export interface DsaParameters {
  readonly p: Octets
  readonly q: Octets
  readonly g: Octets
}

/** What keys must be to be accepted. */
export interface KeyRequirements {
  /** Default 2048. */
  readonly minRsaBits?: number
  /** Accepts groups of DSA below 2048/224 bits. Never for new deployments. */
  readonly allowLegacy?: boolean
  /** Accepts groups of DSA other than the recommended ones; each is validated, which takes a while. */
  readonly allowOtherGroups?: boolean
}

/** What the arithmetic of any platform is asked to do with a key of somebody else's. */
const MAX_RSA_BITS = 8192
/** The largest groups that an engine has. */
const MAX_DSA_OCTETS = 512

/**
 * Reads SubjectPublicKeyInfo, DER (RFC 3279, section 2.3; RFC 5480). Throws `PkiError` (`pki/not-der`, `pki/structure`,
 * `pki/key` for an algorithm that is not supported, `pki/weak-key` for a curve that is not).
 */
export function readPublicKey(der: Octets): PublicKey {
  const outer = readDer(der)
  const { algorithm, parameters } = readAlgorithm(outer.next(TAG.sequence).encoded)
  const key = readBits(outer.next(TAG.bitString))
  outer.end()
  switch (algorithm) {
    case KEY_ALGORITHM.rsa: {
      // NULL (section 2.3.1); some leave it out. Anything else would end up in the certificate.
      if (parameters.length > 0 && !equalOctets(parameters, nullValue())) throw new PkiError('pki/structure')
      const reader = readDer(key)
      const [modulus, exponent] = [readUnsigned(reader.next(TAG.integer)), readUnsigned(reader.next(TAG.integer))]
      reader.end()
      return { type: 'RSA', modulus, exponent }
    }
    case KEY_ALGORITHM.ec: {
      const curve = readCurve(parameters)
      // Uncompressed points only: what WebCrypto reads everywhere. Whether it is on the curve, WebCrypto says.
      if (key.length !== 1 + 2 * CURVES[curve].length || key[0] !== 4) throw new PkiError('pki/key')
      return { type: 'EC', curve }
    }
    case KEY_ALGORITHM.dsa:
      return { type: 'DSA', ...readDsaParameters(parameters), y: readUnsigned(onlyValue(key, TAG.integer)) }
    default:
      throw new PkiError('pki/key')
  }
}

/** The curve that the parameters of an EC key name; explicit ones are refused. */
export function readCurve(parameters: Octets): CurveName {
  const value = onlyValue(parameters)
  const oid = value.tag === TAG.oid ? readOid(value) : undefined
  const curve = (Object.keys(CURVES) as CurveName[]).find((name) => CURVES[name].oid === oid)
  if (curve === undefined) throw new PkiError('pki/weak-key')
  return curve
}

/** Dss-Parms. Keys that inherit them from their issuer (RFC 3279, section 2.3.2) are not supported. */
export function readDsaParameters(parameters: Octets): DsaParameters {
  if (parameters.length === 0) throw new PkiError('pki/key')
  const reader = readDer(parameters)
  const [p, q, g] = [reader.next(TAG.integer), reader.next(TAG.integer), reader.next(TAG.integer)].map(readUnsigned)
  reader.end()
  return { p: p!, q: q!, g: g! }
}

/**
 * Checks that a public key (SubjectPublicKeyInfo, DER) is one that is accepted: RSA of enough bits, EC on a named curve,
 * DSA in an accepted group. Throws `PkiError` (`pki/weak-key`, `pki/key`, `pki/not-der`, `pki/structure`).
 */
export function checkKeyStrength(der: Octets, requirements: KeyRequirements = {}): void {
  const key = readPublicKey(der)
  if (!isStrong(key, requirements)) throw new PkiError('pki/weak-key')
}

/** Whether a key is accepted, as far as its numbers tell: that a DSA group is one, is validated when it is used. */
export function isStrong(key: PublicKey, requirements: KeyRequirements): boolean {
  switch (key.type) {
    case 'RSA':
      return isStrongRsa(key, requirements)
    case 'EC':
      return true
    case 'DSA':
      return isAcceptedGroup(key, requirements)
  }
}

function isStrongRsa(
  { modulus, exponent }: { readonly modulus: Octets; readonly exponent: Octets },
  { minRsaBits = 2048 }: KeyRequirements,
): boolean {
  if (8 * modulus.length > MAX_RSA_BITS || exponent.length > 8) return false
  const areOdd = [modulus, exponent].every((number) => ((number.at(-1) ?? 0) & 1) === 1)
  return areOdd && bitLength(toBigint(modulus)) >= minRsaBits && toBigint(exponent) >= 3n
}

/** Whether keys in a group of DSA are accepted, as far as its numbers tell. */
export function isAcceptedGroup(parameters: DsaParameters, requirements: KeyRequirements): boolean {
  const { allowLegacy = false, allowOtherGroups = false } = requirements
  if ([parameters.p, parameters.q, parameters.g].some(({ length }) => length > MAX_DSA_OCTETS)) return false
  const numbers = { p: toBigint(parameters.p), q: toBigint(parameters.q), g: toBigint(parameters.g) }
  return (allowLegacy || !isLegacy(numbers)) && (allowOtherGroups || isRecommended(numbers))
}
