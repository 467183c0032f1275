import { DerReader, oid, onlyValue, readBits, sequence, TAG } from '../asn1/der.js'
import { signCertificate } from '../ca/issuing/sign-certificate.js'
import { parseCertificate, type Certificate } from '../x509/certificate.js'
import { subjectKeyIdentifier, type Extension } from '../x509/extensions.js'
import { generateKey, type ExportableKey, type KeyType } from '../keys/keys.js'
import { parseName } from '../x509/name.js'
import type { SigningKey } from '../keys/signing.js'
import type { Octets } from '../../../bindings/octets/octets.js'

/** A key with a certificate that it signed itself. */
export interface Identity {
  readonly key: ExportableKey
  readonly certificate: Certificate
}

let serial = 1

/** With a key identifier as Windows and RFC 5280 (section 4.2.1.2, method 1) make it. */
export async function makeCertificate(
  key: SigningKey,
  subject = 'CN=Test',
  issuer = subject,
  more: readonly Extension[] = [],
): Promise<Certificate> {
  const der = await signCertificate(
    {
      serialNumber: Uint8Array.of(0x80, serial++),
      issuer: parseName(issuer),
      subject: parseName(subject),
      notBefore: new Date('2026-01-01T00:00:00Z'),
      notAfter: new Date('2046-01-01T00:00:00Z'),
      publicKey: key.publicKey,
      extensions: [subjectKeyIdentifier(await sha1KeyIdentifier(key.publicKey)), ...more],
    },
    key,
  )
  return parseCertificate(der)
}

export async function makeIdentity(type: KeyType = 'ECDSA-P256', subject?: string): Promise<Identity> {
  const key = await generateKey(type, { extractable: true })
  return { key, certificate: await makeCertificate(key, subject) }
}

async function sha1KeyIdentifier(publicKey: Octets): Promise<Octets> {
  const reader = new DerReader(onlyValue(publicKey).contents)
  reader.next(TAG.sequence)
  return new Uint8Array(await crypto.subtle.digest('SHA-1', readBits(reader.next(TAG.bitString))))
}

/** Says that it is one key and signs with another. */
export const claiming = (publicKey: Octets, signer: SigningKey): SigningKey => ({
  publicKey,
  signatureAlgorithm: signer.signatureAlgorithm,
  digest: signer.digest,
  sign: (octets) => signer.sign(octets),
})

/** Signs with a digest only. [MS-WCCE] 2.2.2.6.5 */
export const nullKey = (publicKey: Octets): SigningKey => ({
  publicKey,
  signatureAlgorithm: sequence(oid('2.16.840.1.101.3.4.2.1')),
  digest: 'SHA-256',
  sign: async (octets) => new Uint8Array(await crypto.subtle.digest('SHA-256', octets)),
})

/** "No signature" of RFC 2797, section 3.3.3.1. */
export const noSignatureKey = (publicKey: Octets): SigningKey => ({
  ...nullKey(publicKey),
  signatureAlgorithm: sequence(oid('1.3.6.1.5.5.7.6.2'), Uint8Array.of(5, 0)),
})
