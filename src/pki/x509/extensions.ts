import {
  ascii,
  bmpString,
  boolean,
  DerReader,
  encode,
  explicit,
  implicit,
  integer,
  namedBits,
  octetString,
  oid,
  onlyValue,
  readAscii,
  readBoolean,
  readDer,
  readNamedBits,
  readOid,
  readSmallInteger,
  readString,
  sequence,
  TAG,
  utf8String,
} from '../asn1/der.js'
import { PkiError } from '../errors.js'
import { nextName } from './name.js'
import type { Octets } from '../../../bindings/octets/octets.js'

/** Extensions of RFC 5280, sections 4.2 and 5.2, and of [MS-WCCE] 2.2.2.7. */
export const EXTENSION = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  crlNumber: '2.5.29.20',
  reasonCode: '2.5.29.21',
  nameConstraints: '2.5.29.30',
  crlDistributionPoints: '2.5.29.31',
  certificatePolicies: '2.5.29.32',
  policyMappings: '2.5.29.33',
  authorityKeyIdentifier: '2.5.29.35',
  policyConstraints: '2.5.29.36',
  extendedKeyUsage: '2.5.29.37',
  inhibitAnyPolicy: '2.5.29.54',
  authorityInfoAccess: '1.3.6.1.5.5.7.1.1',
  templateName: '1.3.6.1.4.1.311.20.2',
  template: '1.3.6.1.4.1.311.21.7',
  applicationPolicies: '1.3.6.1.4.1.311.21.10',
  securityIdentifier: '1.3.6.1.4.1.311.25.2',
} as const

/** One extension, as certificates, CRLs and requests carry it. RFC 5280, section 4.2 */
export interface Extension {
  readonly oid: string
  readonly critical: boolean
  /** The contents of extnValue: a value in DER. */
  readonly value: Octets
}

/** Extensions by their OID. */
export type Extensions = ReadonlyMap<string, Extension>

/** The name of an extension, for people; its OID if it has none here. */
export const extensionName = (oid: string): string =>
  Object.entries(EXTENSION).find(([, known]) => known === oid)?.[0] ?? oid

/** Extensions, DER. Throws `PkiError` (`pki/not-der`, `pki/structure`, `pki/duplicate` for one that occurs twice). */
export function readExtensions(der: Octets): Extensions {
  const extensions = new Map<string, Extension>()
  for (const entry of readDer(der).rest(TAG.sequence)) {
    const reader = new DerReader(entry.contents)
    const oid = readOid(reader.next(TAG.oid))
    const flag = reader.optional(TAG.boolean)
    const value = reader.next(TAG.octetString).contents
    reader.end()
    if (extensions.has(oid)) throw new PkiError('pki/duplicate', { detail: extensionName(oid) })
    extensions.set(oid, { oid, critical: flag !== undefined && readBoolean(flag), value })
  }
  return extensions
}

/** The Extensions value, DER, in the order given. RFC 5280, section 4.1.2.9 */
export function encodeExtensions(extensions: Iterable<Extension>): Octets {
  return sequence(
    ...Array.from(extensions, ({ oid: name, critical, value }) =>
      sequence(oid(name), ...(critical ? [boolean(true)] : []), octetString(value)),
    ),
  )
}

/** The named bits of KeyUsage, in their order. RFC 5280, section 4.2.1.3 */
const KEY_USAGES = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const
/** A usage of a key, by its name in RFC 5280, section 4.2.1.3. */
export type KeyUsage = (typeof KEY_USAGES)[number]

/** The usages that a KeyUsage value allows. Throws `PkiError` (`pki/not-der`, `pki/structure`). RFC 5280, section 4.2.1.3 */
export function readKeyUsage(value: Octets): ReadonlySet<KeyUsage> {
  const bits = readNamedBits(onlyValue(value, TAG.bitString))
  return new Set(KEY_USAGES.filter((_, i) => bits[i] === true))
}

/** A critical KeyUsage extension. RFC 5280, section 4.2.1.3 */
export function keyUsage(...usages: readonly KeyUsage[]): Extension {
  const value = namedBits(KEY_USAGES.map((usage) => usages.includes(usage)))
  return { oid: EXTENSION.keyUsage, critical: true, value }
}

/** The OIDs of ExtendedKeyUsage. RFC 5280, section 4.2.1.12 */
export const readExtendedKeyUsage = (value: Octets): string[] => readDer(value).rest(TAG.oid).map(readOid)

/** An ExtendedKeyUsage extension, not critical, of dotted OIDs. RFC 5280, section 4.2.1.12 */
export function extendedKeyUsage(...purposes: readonly string[]): Extension {
  return { oid: EXTENSION.extendedKeyUsage, critical: false, value: sequence(...purposes.map(oid)) }
}

/** RFC 5280, section 4.2.1.9 */
export interface BasicConstraints {
  readonly isCa: boolean
  readonly pathLength: number | undefined
}

/**
 * Whether a BasicConstraints value makes its subject an authority, and the path length. Throws `PkiError` (`pki/not-der`, `pki/structure`).
 */
export function readBasicConstraints(value: Octets): BasicConstraints {
  const reader = readDer(value)
  const flag = reader.optional(TAG.boolean)
  const pathLength = reader.optional(TAG.integer)
  reader.end()
  return { isCa: flag !== undefined && readBoolean(flag), pathLength: pathLength && readSmallInteger(pathLength) }
}

/** A critical BasicConstraints extension. RFC 5280, section 4.2.1.9 */
export function basicConstraints({ isCa, pathLength }: BasicConstraints): Extension {
  const value = sequence(...(isCa ? [boolean(true)] : []), ...(pathLength === undefined ? [] : [integer(pathLength)]))
  return { oid: EXTENSION.basicConstraints, critical: true, value }
}

/** The contents of a SubjectAltName, by kind. RFC 5280, section 4.2.1.6 */
export interface AlternativeNames {
  readonly dnsNames: readonly string[]
  readonly uris: readonly string[]
  readonly emails: readonly string[]
  /** User principal names: otherNames of 1.3.6.1.4.1.311.20.2.3. */
  readonly upns: readonly string[]
  /** Four or sixteen octets each. */
  readonly ipAddresses: readonly Octets[]
  /** Names, DER. */
  readonly directoryNames: readonly Octets[]
  /** GeneralNames of other kinds, DER. */
  readonly others: readonly Octets[]
}

/** No names of any kind: spread it and add some. */
export const noAlternativeNames: AlternativeNames = {
  dnsNames: [],
  uris: [],
  emails: [],
  upns: [],
  ipAddresses: [],
  directoryNames: [],
  others: [],
}

const UPN = '1.3.6.1.4.1.311.20.2.3'
/** Tags of GeneralName. */
const GENERAL_NAME = { other: 0xa0, email: 0x81, dns: 0x82, directory: 0xa4, uri: 0x86, ip: 0x87 } as const

/** The names in a SubjectAltName value, by kind. Throws `PkiError` (`pki/not-der`, `pki/structure`). RFC 5280, section 4.2.1.6 */
export function readAlternativeNames(value: Octets): AlternativeNames {
  const names = { dnsNames: [], uris: [], emails: [], upns: [], ipAddresses: [], directoryNames: [], others: [] } as {
    -readonly [Kind in keyof AlternativeNames]: AlternativeNames[Kind][number][]
  }
  for (const { tag, contents, encoded } of readDer(value).rest()) {
    if (tag === GENERAL_NAME.dns) names.dnsNames.push(readAscii(contents))
    else if (tag === GENERAL_NAME.uri) names.uris.push(readAscii(contents))
    else if (tag === GENERAL_NAME.email) names.emails.push(readAscii(contents))
    else if (tag === GENERAL_NAME.ip) names.ipAddresses.push(readAddress(contents))
    else if (tag === GENERAL_NAME.directory) names.directoryNames.push(readDirectoryName(contents))
    else {
      const upn = tag === GENERAL_NAME.other ? readUpn(contents) : undefined
      if (upn === undefined) names.others.push(encoded)
      else names.upns.push(upn)
    }
  }
  return names
}

/** An address of version 4 or 6. */
function readAddress(contents: Octets): Octets {
  if (contents.length !== 4 && contents.length !== 16) throw new PkiError('pki/structure')
  return contents
}

/** The Name that a GeneralName holds, DER, its structure checked. Throws `PkiError` (`pki/not-der`, `pki/structure`). */
export function readDirectoryName(contents: Octets): Octets {
  const reader = new DerReader(contents)
  const name = nextName(reader)
  reader.end()
  return name
}

function readUpn(contents: Octets): string | undefined {
  const reader = new DerReader(contents)
  const type = readOid(reader.next(TAG.oid))
  const value = reader.enter(0xa0)
  reader.end()
  if (type !== UPN) return undefined
  const text = readString(value.next())
  value.end()
  return text
}

/** Critical if the subject is empty (RFC 5280, section 4.1.2.6), which the caller knows. */
export function subjectAltName(names: Partial<AlternativeNames>, critical = false): Extension {
  const { dnsNames, uris, emails, upns, ipAddresses, directoryNames, others } = { ...noAlternativeNames, ...names }
  const value = sequence(
    ...upns.map((upn) => explicit(0, oid(UPN), explicit(0, utf8String(upn)))),
    ...emails.map((email) => encode(GENERAL_NAME.email, ascii(email))),
    ...dnsNames.map((name) => encode(GENERAL_NAME.dns, ascii(name))),
    ...directoryNames.map((name) => encode(GENERAL_NAME.directory, name)),
    ...uris.map((uri) => encode(GENERAL_NAME.uri, ascii(uri))),
    ...ipAddresses.map((address) => encode(GENERAL_NAME.ip, address)),
    ...others,
  )
  return { oid: EXTENSION.subjectAltName, critical, value }
}

/** The octets of a SubjectKeyIdentifier value. Throws `PkiError` (`pki/not-der`, `pki/structure`). RFC 5280, section 4.2.1.2 */
export const readSubjectKeyIdentifier = (value: Octets): Octets => onlyValue(value, TAG.octetString).contents

/** A SubjectKeyIdentifier extension, not critical. RFC 5280, section 4.2.1.2 */
export function subjectKeyIdentifier(identifier: Uint8Array): Extension {
  return { oid: EXTENSION.subjectKeyIdentifier, critical: false, value: octetString(identifier) }
}

/** The keyIdentifier of an AuthorityKeyIdentifier. RFC 5280, section 4.2.1.1 */
export function readAuthorityKeyIdentifier(value: Octets): Octets | undefined {
  const reader = readDer(value)
  const identifier = reader.optional(0x80)
  // The issuer and the serial number of the issuer's certificate, which only help to find it.
  reader.optional(0xa1)
  reader.optional(0x82)
  reader.end()
  return identifier?.contents
}

/** An AuthorityKeyIdentifier extension with the keyIdentifier alone, not critical. RFC 5280, section 4.2.1.1 */
export function authorityKeyIdentifier(identifier: Uint8Array): Extension {
  const value = sequence(implicit(0, octetString(identifier)))
  return { oid: EXTENSION.authorityKeyIdentifier, critical: false, value }
}

/** The URIs of the fullNames of CRLDistributionPoints. RFC 5280, section 4.2.1.13 */
export function readCrlDistributionPoints(value: Octets): string[] {
  return readDer(value)
    .rest(TAG.sequence)
    .flatMap(({ contents }) => {
      const fullName = new DerReader(contents).optionalEnter(0xa0)?.optionalEnter(0xa0)
      return fullName === undefined ? [] : urisOf(fullName)
    })
}

const urisOf = (names: DerReader): string[] =>
  names.rest().flatMap(({ tag, contents }) => (tag === GENERAL_NAME.uri ? [readAscii(contents)] : []))

/** One point with these URIs. */
export function crlDistributionPoints(...uris: readonly string[]): Extension {
  const fullName = explicit(0, ...uris.map((uri) => encode(GENERAL_NAME.uri, ascii(uri))))
  return { oid: EXTENSION.crlDistributionPoints, critical: false, value: sequence(sequence(explicit(0, fullName))) }
}

/** Where the issuer's certificate and its OCSP responder are. RFC 5280, section 4.2.2.1 */
export interface AuthorityInformation {
  readonly caIssuers: readonly string[]
  readonly ocsp: readonly string[]
}

const CA_ISSUERS = '1.3.6.1.5.5.7.48.2'
const OCSP = '1.3.6.1.5.5.7.48.1'

/** The URIs in an AuthorityInfoAccess value. Throws `PkiError` (`pki/not-der`, `pki/structure`). RFC 5280, section 4.2.2.1 */
export function readAuthorityInformation(value: Octets): AuthorityInformation {
  const entries = readDer(value)
    .rest(TAG.sequence)
    .map(({ contents }) => {
      const reader = new DerReader(contents)
      const method = readOid(reader.next(TAG.oid))
      const [uri] = urisOf(reader)
      return { method, uri }
    })
  const of = (wanted: string): string[] =>
    entries.flatMap(({ method, uri }) => (method === wanted && uri !== undefined ? [uri] : []))
  return { caIssuers: of(CA_ISSUERS), ocsp: of(OCSP) }
}

/** An AuthorityInfoAccess extension, not critical. RFC 5280, section 4.2.2.1 */
export function authorityInformation({ caIssuers = [], ocsp = [] }: Partial<AuthorityInformation>): Extension {
  const entry = (method: string, uri: string): Octets => sequence(oid(method), encode(GENERAL_NAME.uri, ascii(uri)))
  const value = sequence(...ocsp.map((uri) => entry(OCSP, uri)), ...caIssuers.map((uri) => entry(CA_ISSUERS, uri)))
  return { oid: EXTENSION.authorityInfoAccess, critical: false, value }
}

/** [MS-WCCE] 2.2.2.7.7.1: on the wire a bare string; the document has it in a SEQUENCE. */
export function readTemplateName(value: Octets): string {
  const outer = onlyValue(value)
  return readString(outer.tag === TAG.sequence ? onlyValue(outer.contents) : outer)
}

/** The extension that names a certificate template of version 1. [MS-WCCE] 2.2.2.7.7.1 */
export function templateName(name: string): Extension {
  return { oid: EXTENSION.templateName, critical: false, value: bmpString(name) }
}

/** A certificate template of version 2 and up. [MS-WCCE] 2.2.2.7.7.2 */
export interface CertificateTemplate {
  readonly oid: string
  readonly major?: number
  readonly minor?: number
}

/**
 * The template that a CertificateTemplateOID value names. Throws `PkiError` (`pki/not-der`, `pki/structure`). [MS-WCCE] 2.2.2.7.7.2
 */
export function readTemplate(value: Octets): CertificateTemplate {
  const reader = readDer(value)
  const oid = readOid(reader.next(TAG.oid))
  const [major, minor] = [reader.optional(TAG.integer), reader.optional(TAG.integer)]
  reader.end()
  return { oid, major: major && readSmallInteger(major), minor: minor && readSmallInteger(minor) }
}

/** The extension that names a certificate template by its OID, not critical. [MS-WCCE] 2.2.2.7.7.2 */
export function template({ oid: name, major, minor }: CertificateTemplate): Extension {
  const versions = [major, minor].filter((version) => version !== undefined)
  return { oid: EXTENSION.template, critical: false, value: sequence(oid(name), ...versions.map(integer)) }
}

/** The type of the name in a securityIdentifier extension. [MS-WCCE] 2.2.2.7.7.4 */
const OBJECT_SID = '1.3.6.1.4.1.311.25.2.1'

/**
 * The security identifier of an account in Active Directory, as `S-1-5-21-...`, that a certificate is mapped to. Throws `PkiError`
 * (`pki/not-der`, `pki/structure`). [MS-WCCE] 2.2.2.7.7.4
 */
export function readSecurityIdentifier(value: Octets): string {
  const name = new DerReader(onlyValue(value, TAG.sequence).contents)
  const reader = name.enter(GENERAL_NAME.other)
  name.end()
  const type = readOid(reader.next(TAG.oid))
  const sid = reader.enter(0xa0)
  reader.end()
  const text = readAscii(sid.next(TAG.octetString).contents)
  sid.end()
  if (type !== OBJECT_SID) throw new PkiError('pki/structure')
  return text
}

/** The extension by which Active Directory maps a certificate to its account, not critical. [MS-WCCE] 2.2.2.7.7.4 */
export function securityIdentifier(sid: string): Extension {
  const value = sequence(explicit(0, oid(OBJECT_SID), explicit(0, octetString(ascii(sid)))))
  return { oid: EXTENSION.securityIdentifier, critical: false, value }
}
