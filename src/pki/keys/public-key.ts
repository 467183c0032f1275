import { sha256 } from '@noble/hashes/sha2.js'
import { toHex } from '../../../bindings/octets/integers.js'
import { equalOctets, type Octets } from '../../../bindings/octets/octets.js'
import { CURVES, KEY_ALGORITHM, readAlgorithm, type CurveName } from './algorithms.js'
import {
  nullValue,
  octetString,
  onlyValue,
  readBits,
  readDer,
  readOid,
  readUnsigned,
  sequence,
  TAG,
  utf8String,
} from '../asn1/der.js'
import { PkiError, type PkiErrorCode } from '../errors.js'
import { algorithmName } from './algorithm-names.js'

/** A public key as SubjectPublicKeyInfo has it; numbers are unsigned, big-endian, without leading zeros; coordinates have full width. */
export type PublicKey =
  | { readonly type: 'RSA'; readonly modulus: Octets; readonly exponent: Octets }
  | { readonly type: 'EC'; readonly curve: CurveName; readonly x: Octets; readonly y: Octets }
  | ({ readonly type: 'DSA'; readonly y: Octets } & DsaParameters)

export interface DsaParameters {
  readonly p: Octets
  readonly q: Octets
  readonly g: Octets
}

/** The requirements on accepted keys. */
export interface KeyRequirements {
  /** Default 2048. */
  readonly minRsaBits?: number
  /** Accepts groups of DSA below 2048/224 bits. Never for new deployments. */
  readonly allowLegacy?: boolean
  /** Accepts groups of DSA other than the recommended ones; each is validated, which takes a while. */
  readonly allowOtherGroups?: boolean
}

/**
 * Reads SubjectPublicKeyInfo, DER (RFC 3279, section 2.3; RFC 5480). Throws `PkiError` (`pki/not-der`, `pki/structure`,
 * `pki/key-type` for an algorithm that is not supported, `pki/ec-curve` for a curve that is not, `pki/ec-compressed` for such a
 * point, `pki/key` for DSA without parameters).
 */
export function readPublicKey(der: Octets): PublicKey {
  const outer = readDer(der)
  const { algorithm, parameters } = readAlgorithm(outer.next(TAG.sequence).encoded)
  const key = readBits(outer.next(TAG.bitString))
  outer.end()
  switch (algorithm) {
    case KEY_ALGORITHM.rsa: {
      // NULL (section 2.3.1); some clients leave it out. Other parameters are refused, since they would be copied into the
      // certificate.
      if (parameters.length > 0 && !equalOctets(parameters, nullValue())) throw new PkiError('pki/structure')
      const reader = readDer(key)
      const [modulus, exponent] = [readUnsigned(reader.next(TAG.integer)), readUnsigned(reader.next(TAG.integer))]
      reader.end()
      return { type: 'RSA', modulus, exponent }
    }
    case KEY_ALGORITHM.ec: {
      const curve = readCurve(parameters)
      const { length } = CURVES[curve]
      // Uncompressed points only, which WebCrypto reads on every platform.
      if (key.length !== 1 + 2 * length || key[0] !== 4) throw new PkiError('pki/ec-compressed')
      return { type: 'EC', curve, x: key.subarray(1, 1 + length), y: key.subarray(1 + length) }
    }
    case KEY_ALGORITHM.dsa:
      return { type: 'DSA', ...readDsaParameters(parameters), y: readUnsigned(onlyValue(key, TAG.integer)) }
    default:
      throw new PkiError('pki/key-type', { detail: algorithmName(algorithm) })
  }
}

/**
 * Checks that SubjectPublicKeyInfo (DER) is one: for an algorithm that is known, with a key of its kind. Throws `PkiError`
 * (`pki/not-der`, `pki/structure`); algorithms and curves that are not supported pass.
 */
export function checkPublicKeyStructure(der: Octets): void {
  try {
    readPublicKey(der)
  } catch (error) {
    if (!(error instanceof PkiError) || !UNSUPPORTED.includes(error.code)) throw error
  }
}

const UNSUPPORTED: readonly PkiErrorCode[] = ['pki/key', 'pki/key-type', 'pki/ec-curve', 'pki/ec-compressed']

/** The curve that the parameters of an EC key name; explicit ones are refused. */
export function readCurve(parameters: Octets): CurveName {
  const value = onlyValue(parameters)
  const oid = value.tag === TAG.oid ? readOid(value) : undefined
  const curve = (Object.keys(CURVES) as CurveName[]).find((name) => CURVES[name].oid === oid)
  if (curve === undefined) throw new PkiError('pki/ec-curve', { detail: oid && algorithmName(oid) })
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
 * A name for a public key that does not depend on its encoding: keys with the same private key have one fingerprint. For RSA it
 * depends on the modulus alone, since the factors serve every exponent. SHA-256, in hexadecimal.
 */
export function keyFingerprint(key: PublicKey): string {
  const numbers =
    key.type === 'RSA'
      ? [key.modulus]
      : key.type === 'EC'
        ? [utf8String(key.curve), key.x, key.y]
        : [key.p, key.q, key.g, key.y]
  return toHex(sha256(sequence(utf8String(key.type), ...numbers.map(octetString))))
}
