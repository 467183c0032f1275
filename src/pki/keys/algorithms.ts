import { equalOctets, type Octets } from '../../../bindings/octets/octets.js'
import {
  explicit,
  integer,
  nullValue,
  oid,
  onlyValue,
  readDer,
  readOid,
  readSmallInteger,
  readUnsigned,
  sequence,
  TAG,
} from '../asn1/der.js'
import { PkiError } from '../errors.js'
import type { DigestName } from './signing.js'

/** Digests of signatures that are verified; SHA-1 only where it is asked for. */
export type HashName = DigestName | 'SHA-1'

/** A signature algorithm: what the key is used with. */
export type SignatureScheme =
  | { readonly name: 'RSASSA-PKCS1-v1_5' | 'ECDSA'; readonly hash: HashName }
  | { readonly name: 'DSA'; readonly hash: HashName }
  | { readonly name: 'RSA-PSS'; readonly hash: HashName; readonly saltLength: number }

/** Algorithms of public keys. RFC 3279, section 2.3 */
export const KEY_ALGORITHM = {
  rsa: '1.2.840.113549.1.1.1',
  ec: '1.2.840.10045.2.1',
  dsa: '1.2.840.10040.4.1',
} as const

/** Hash algorithms by OID, with the octets of a digest. */
export const HASHES: Readonly<Record<HashName, { readonly oid: string; readonly length: number }>> = {
  'SHA-1': { oid: '1.3.14.3.2.26', length: 20 },
  'SHA-256': { oid: '2.16.840.1.101.3.4.2.1', length: 32 },
  'SHA-384': { oid: '2.16.840.1.101.3.4.2.2', length: 48 },
  'SHA-512': { oid: '2.16.840.1.101.3.4.2.3', length: 64 },
}

export type CurveName = 'P-256' | 'P-384' | 'P-521'

/** Named curves: OID, octets of a coordinate, and the digest that goes with each (RFC 5480, section 4). */
export const CURVES: Readonly<
  Record<CurveName, { readonly oid: string; readonly length: number; readonly digest: DigestName }>
> = {
  'P-256': { oid: '1.2.840.10045.3.1.7', length: 32, digest: 'SHA-256' },
  'P-384': { oid: '1.3.132.0.34', length: 48, digest: 'SHA-384' },
  'P-521': { oid: '1.3.132.0.35', length: 66, digest: 'SHA-512' },
}

/** Signature algorithms without parameters of their own (RFC 4055, RFC 5758; sha1WithRSA and the like RFC 3279). */
const SIMPLE: readonly (readonly [oid: string, name: 'RSASSA-PKCS1-v1_5' | 'ECDSA' | 'DSA', hash: HashName])[] = [
  ['1.2.840.113549.1.1.5', 'RSASSA-PKCS1-v1_5', 'SHA-1'],
  ['1.2.840.113549.1.1.11', 'RSASSA-PKCS1-v1_5', 'SHA-256'],
  ['1.2.840.113549.1.1.12', 'RSASSA-PKCS1-v1_5', 'SHA-384'],
  ['1.2.840.113549.1.1.13', 'RSASSA-PKCS1-v1_5', 'SHA-512'],
  ['1.2.840.10045.4.1', 'ECDSA', 'SHA-1'],
  ['1.2.840.10045.4.3.2', 'ECDSA', 'SHA-256'],
  ['1.2.840.10045.4.3.3', 'ECDSA', 'SHA-384'],
  ['1.2.840.10045.4.3.4', 'ECDSA', 'SHA-512'],
  ['1.2.840.10040.4.3', 'DSA', 'SHA-1'],
  ['2.16.840.1.101.3.4.3.2', 'DSA', 'SHA-256'],
  ['2.16.840.1.101.3.4.3.3', 'DSA', 'SHA-384'],
  ['2.16.840.1.101.3.4.3.4', 'DSA', 'SHA-512'],
]
const PSS = '1.2.840.113549.1.1.10'
const MGF1 = '1.2.840.113549.1.1.8'

/** The signature algorithm that a SignerInfo means if it names the algorithm of its key. */
const NAME_OF_KEY: Readonly<Record<string, 'RSASSA-PKCS1-v1_5' | 'ECDSA' | 'DSA'>> = {
  [KEY_ALGORITHM.rsa]: 'RSASSA-PKCS1-v1_5',
  [KEY_ALGORITHM.ec]: 'ECDSA',
  [KEY_ALGORITHM.dsa]: 'DSA',
}

/**
 * The scheme that an AlgorithmIdentifier (DER) names; undefined for one that is not known here.
 * Throws `PkiError` (`pki/not-der`, `pki/structure`).
 */
export function readSignatureAlgorithm(der: Octets): SignatureScheme | undefined {
  const { algorithm, parameters } = readAlgorithm(der)
  if (algorithm === PSS) return readPss(parameters)
  const known = SIMPLE.find(([oid]) => oid === algorithm)
  if (known === undefined) return undefined
  const [, name, hash] = known
  // Absent for ECDSA and DSA; NULL for RSA, where absent parameters must be accepted too (RFC 4055, section 5).
  const isNull = name === 'RSASSA-PKCS1-v1_5' && equalOctets(parameters, nullValue())
  if (parameters.length > 0 && !isNull) throw new PkiError('pki/structure')
  return { name, hash }
}

/** AlgorithmIdentifier, DER. */
export function signatureAlgorithm(scheme: SignatureScheme): Octets {
  if (scheme.name === 'RSA-PSS') return encodePss(scheme)
  const [algorithm] = SIMPLE.find(([, name, hash]) => name === scheme.name && hash === scheme.hash)!
  return sequence(oid(algorithm), ...(scheme.name === 'RSASSA-PKCS1-v1_5' ? [nullValue()] : []))
}

/**
 * The signature algorithm of a SignerInfo, DER, as certificates name it: there, the key's own algorithm may stand for it,
 * with the digest beside it (RFC 3370, section 3). Throws `PkiError` (`pki/not-der`, `pki/structure`).
 */
export function signerAlgorithm(der: Octets, hash: HashName): Octets {
  const name = NAME_OF_KEY[readAlgorithm(der).algorithm]
  return name === undefined ? der : signatureAlgorithm({ name, hash })
}

/** The hash that an AlgorithmIdentifier (DER) names. Throws `PkiError` (`pki/not-der`, `pki/structure`). */
export function readDigestAlgorithm(der: Octets): HashName | undefined {
  const { algorithm, parameters } = readAlgorithm(der)
  if (parameters.length > 0 && !equalOctets(parameters, nullValue())) throw new PkiError('pki/structure')
  return (Object.keys(HASHES) as HashName[]).find((name) => HASHES[name].oid === algorithm)
}

/** AlgorithmIdentifier of a hash, DER, without parameters (RFC 5754, section 2). */
export const digestAlgorithm = (hash: HashName): Octets => sequence(oid(HASHES[hash].oid))

/** An AlgorithmIdentifier's OID, and its parameters, DER: no octets if there are none. */
export function readAlgorithm(der: Octets): { readonly algorithm: string; readonly parameters: Octets } {
  const reader = readDer(der)
  const algorithm = readOid(reader.next(TAG.oid))
  const parameters = reader.done ? new Uint8Array() : reader.next().encoded
  reader.end()
  return { algorithm, parameters }
}

/** RSASSA-PSS-params (RFC 4055, section 3.1). Only MGF1 with the same hash is supported. */
function readPss(parameters: Octets): SignatureScheme | undefined {
  const reader = readDer(parameters)
  const [hashField, maskField, salt, trailer] = [0xa0, 0xa1, 0xa2, 0xa3].map((tag) => reader.optional(tag)?.contents)
  reader.end()
  const hash = hashField === undefined ? 'SHA-1' : readDigestAlgorithm(hashField)
  const mask = maskField && readAlgorithm(maskField)
  const maskHash = mask === undefined ? 'SHA-1' : readDigestAlgorithm(mask.parameters)
  const saltLength = salt === undefined ? 20 : readSmallInteger(onlyValue(salt, TAG.integer))
  const trailerField = trailer === undefined ? 1 : readSmallInteger(onlyValue(trailer, TAG.integer))
  const isUsual = hash === maskHash && (mask === undefined || mask.algorithm === MGF1) && trailerField === 1
  return hash !== undefined && isUsual ? { name: 'RSA-PSS', hash, saltLength } : undefined
}

function encodePss({ hash, saltLength }: { hash: HashName; saltLength: number }): Octets {
  const hashAlgorithm = sequence(oid(HASHES[hash].oid), nullValue())
  const isDefault = hash === 'SHA-1'
  return sequence(
    oid(PSS),
    sequence(
      ...(isDefault ? [] : [explicit(0, hashAlgorithm), explicit(1, sequence(oid(MGF1), hashAlgorithm))]),
      ...(saltLength === 20 ? [] : [explicit(2, integer(saltLength))]),
    ),
  )
}

// Signatures of ECDSA and DSA are two numbers: a SEQUENCE of INTEGERs in X.509 (RFC 3279, sections 2.2.2 and 2.2.3), side by
// side at full width in WebCrypto and XML signatures.

/** r || s, each of `width` octets, as a SEQUENCE. */
export function toSequence(signature: Uint8Array): Octets {
  const width = signature.length / 2
  return sequence(integer(signature.subarray(0, width)), integer(signature.subarray(width)))
}

/** r || s at full width; undefined if a number is longer. Throws `PkiError` (`pki/not-der`, `pki/structure`). */
export function toFullWidth(der: Octets, width: number): Octets | undefined {
  const reader = readDer(der)
  const numbers = [readUnsigned(reader.next(TAG.integer)), readUnsigned(reader.next(TAG.integer))]
  reader.end()
  if (numbers.some(({ length }) => length > width)) return undefined
  const octets = new Uint8Array(2 * width)
  numbers.forEach((number, i) => octets.set(number, (i + 1) * width - number.length))
  return octets
}
