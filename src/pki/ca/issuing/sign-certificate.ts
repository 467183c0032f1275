import { stripLeadingZeros, toHex } from '../../../../bindings/octets/integers.js'
import type { RandomSource } from '../../../../bindings/octets/random.js'
import type { Octets } from '../../../../bindings/octets/octets.js'
import { UProveError } from '../../../../bindings/errors.js'
import { bitString, explicit, integer, readBits, readDer, sequence, TAG, time } from '../../asn1/der.js'
import { encodeExtensions, type Extension } from '../../x509/extensions.js'
import type { SigningKey } from '../../keys/signing.js'
import { subtle } from '../../../../bindings/octets/platform.js'

/** The contents of a certificate. Names and keys are DER. */
export interface CertificateToSign {
  /** Magnitude. */
  readonly serialNumber: Uint8Array
  readonly issuer: Octets
  readonly notBefore: Date
  readonly notAfter: Date
  readonly subject: Octets
  readonly publicKey: Octets
  readonly extensions: readonly Extension[]
}

/** Signs a certificate of version 3 (RFC 5280, section 4.1); returns its DER. */
export function signCertificate(content: CertificateToSign, key: SigningKey): Promise<Octets> {
  const octets = sequence(
    explicit(0, integer(2)),
    integer(content.serialNumber),
    key.signatureAlgorithm,
    content.issuer,
    sequence(time(content.notBefore), time(content.notAfter)),
    content.subject,
    content.publicKey,
    explicit(3, encodeExtensions(content.extensions)),
  )
  return signed(octets, key)
}

/** Octets with the algorithm and the signature that X.509 puts after them. */
export async function signed(octets: Octets, key: SigningKey): Promise<Octets> {
  return sequence(octets, key.signatureAlgorithm, bitString(await key.sign(octets)))
}

/** A key identifier: the leftmost 160 bits of the SHA-256 of the public key (RFC 7093, section 2, method 1). */
export async function keyIdentifier(subjectPublicKeyInfo: Octets): Promise<Octets> {
  const reader = readDer(subjectPublicKeyInfo)
  reader.next(TAG.sequence)
  const bits = readBits(reader.next(TAG.bitString))
  return new Uint8Array(await subtle().digest('SHA-256', bits)).slice(0, 20)
}

/** The time, in milliseconds, without the fraction of a second, which certificates cannot express. */
export const wholeSeconds = (time: number): Date => new Date(Math.floor(time / 1000) * 1000)

/**
 * 128 random bits: unguessable, and unique without a counter (RFC 5280, section 4.1.2.2, allows 20 octets). Throws
 * `UProveError` (`random/source-failed`) for 0, which only a broken source returns.
 */
export function newSerialNumber(random: RandomSource): Uint8Array {
  const octets = new Uint8Array(16)
  random.fill(octets)
  if (octets.every((octet) => octet === 0)) {
    throw new UProveError('random/source-failed', 'the random source returned only zeros')
  }
  return octets
}

/** A serial number as text: lower-case hexadecimal, two digits an octet, without leading zero octets. */
export const serialText = (magnitude: Uint8Array): string => toHex(stripLeadingZeros(magnitude))

/** The magnitude of a serial number from its text. */
export function serialOctets(text: string): Uint8Array {
  const octets = new Uint8Array(text.length >> 1)
  for (let i = 0; i < octets.length; i++) octets[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16)
  return octets
}
