// Certificates and CRLs, right or wrong in any of their parts.
import { bitString, boolean, explicit, hex, integer, name, octetString, oid, sequence, time, value } from './asn1.mjs'
import { digest } from './keys.mjs'

/** @typedef {import('./asn1.mjs').Octets} Octets */
/** @typedef {import('./keys.mjs').Key} Key */

export const EXTENSIONS = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  crlNumber: '2.5.29.20',
  nameConstraints: '2.5.29.30',
  certificatePolicies: '2.5.29.32',
  policyMappings: '2.5.29.33',
  authorityKeyIdentifier: '2.5.29.35',
  policyConstraints: '2.5.29.36',
  extendedKeyUsage: '2.5.29.37',
  inhibitAnyPolicy: '2.5.29.54',
}

/** @type {(type: string, content: Uint8Array, critical?: boolean) => Octets} */
export const extension = (type, content, critical = false) =>
  sequence(oid(type), ...(critical ? [boolean(true)] : []), octetString(content))

/** @type {(publicKey: Uint8Array) => Octets} */
export const keyIdentifier = (publicKey) => digest('sha1', publicKey)

/** Named bits of KeyUsage. */
export const USAGE = {
  signs: bitString(Buffer.of(0x80), 7),
  signsCertificates: bitString(Buffer.of(0x06), 1),
  signsCrls: bitString(Buffer.of(0x02), 1),
}

/**
 * @typedef {object} CertificateOptions
 * @property {string} subject
 * @property {{ subject: string, key: Key }} issuer whose name and key
 * @property {Key} key
 * @property {Uint8Array} [serialNumber] an INTEGER
 * @property {Uint8Array | null} [version] what [0] holds; null for none
 * @property {string | Octets} [notBefore] a time, or its DER
 * @property {string | Octets} [notAfter]
 * @property {Octets} [issuerName]
 * @property {Octets} [subjectName]
 * @property {readonly Octets[] | null} extensions null for none
 * @property {Octets} [innerAlgorithm]
 * @property {(signature: Octets) => Octets} [signature] what becomes of it
 * @property {(signed: Octets) => Octets} [signed] what becomes of the signed part, after it was signed
 */

/** @type {(options: CertificateOptions) => Octets} */
export function certificate(options) {
  const { subject, issuer, key, version = integer(2), extensions } = options
  const { serialNumber = serialOf(subject), innerAlgorithm = issuer.key.algorithm } = options
  const { notBefore = '2026-01-01T00:00:00Z', notAfter = '2036-01-01T00:00:00Z' } = options
  /** @type {(text: string | Octets) => Octets} */
  const timeOf = (text) => (typeof text === 'string' ? time(text) : text)
  const signed = sequence(
    ...(version === null ? [] : [explicit(0, version)]),
    serialNumber,
    innerAlgorithm,
    options.issuerName ?? name(issuer.subject),
    sequence(timeOf(notBefore), timeOf(notAfter)),
    options.subjectName ?? name(subject),
    key.publicKey,
    ...(extensions === null ? [] : [explicit(3, sequence(...extensions))]),
  )
  const { signature = (same) => same, signed: change = (same) => same } = options
  return sequence(change(signed), issuer.key.algorithm, bitString(signature(issuer.key.sign(signed))))
}

/**
 * A serial number of its own for each name.
 * @type {(subject: string) => Octets}
 */
export const serialOf = (subject) => value(2, hex(`40${digest('sha256', Buffer.from(subject)).toString('hex', 0, 7)}`))

/** @type {(key: Key, issuer: Key) => Octets[]} */
export const identifiers = (key, issuer) => [
  extension(EXTENSIONS.subjectKeyIdentifier, octetString(keyIdentifier(key.publicKey))),
  extension(EXTENSIONS.authorityKeyIdentifier, sequence(value(0x80, keyIdentifier(issuer.publicKey)))),
]

/**
 * @typedef {object} CrlOptions
 * @property {{ subject: string, key: Key }} issuer
 * @property {readonly Octets[]} [revoked] serial numbers
 * @property {string} [thisUpdate]
 * @property {string | null} [nextUpdate]
 * @property {readonly Octets[]} [extensions]
 * @property {(signature: Octets) => Octets} [signature]
 */

/** @type {(options: CrlOptions) => Octets} */
export function crl({ issuer, revoked = [], signature, ...options }) {
  const { thisUpdate = '2026-05-30T00:00:00Z', nextUpdate = '2026-06-30T00:00:00Z' } = options
  const { extensions = [extension(EXTENSIONS.crlNumber, integer(1))] } = options
  const signed = sequence(
    integer(1),
    issuer.key.algorithm,
    name(issuer.subject),
    time(thisUpdate),
    ...(nextUpdate === null ? [] : [time(nextUpdate)]),
    ...(revoked.length === 0
      ? []
      : [sequence(...revoked.map((serial) => sequence(serial, time('2026-05-01T00:00:00Z'))))]),
    ...(extensions.length === 0 ? [] : [explicit(0, sequence(...extensions))]),
  )
  const right = issuer.key.sign(signed)
  return sequence(signed, issuer.key.algorithm, bitString(signature?.(right) ?? right))
}
