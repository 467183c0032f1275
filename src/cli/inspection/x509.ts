import { toHex } from '../../../bindings/octets/integers.js'
import { readSignatureAlgorithm } from '../../pki/keys/algorithms.js'
import { serialText } from '../../pki/ca/issuing/sign-certificate.js'
import { certificateSignature, parseCertificate } from '../../pki/x509/certificate.js'
import { parseCrl } from '../../pki/x509/crl.js'
import { digest } from '../../pki/requests/cms.js'
import {
  DerReader,
  readBits,
  parseDer,
  readDer,
  readSmallInteger,
  readTime,
  readUnsigned,
  TAG,
} from '../../pki/asn1/der.js'
import { PkiError } from '../../pki/errors.js'
import {
  EXTENSION,
  readAlternativeNames,
  readExtendedKeyUsage,
  readExtensions,
  readKeyUsage,
  type AlternativeNames,
  type Extensions,
} from '../../pki/x509/extensions.js'
import { signatureVerifier } from '../../pki/keys/keys.js'
import { formatName } from '../../pki/x509/name.js'
import { verifyCertificationRequest, type CertificationRequest } from '../../pki/requests/pkcs10.js'
import { readPublicKey } from '../../pki/keys/public-key.js'
import type { Octets } from '../../../bindings/octets/octets.js'
import { EXTENDED_KEY_USAGE } from '../../ws-trust/trust/signer.js'
import { some, type Fact, type Facts } from './facts.js'
import type { Inspection } from './inspection.js'

/** Extended key usages: RFC 5280, section 4.2.1.12, Microsoft's, and those of this package. */
const PURPOSES: ReadonlyMap<string, string> = new Map([
  ['1.3.6.1.5.5.7.3.1', 'TLS server'],
  ['1.3.6.1.5.5.7.3.2', 'TLS client'],
  ['1.3.6.1.5.5.7.3.3', 'code signing'],
  ['1.3.6.1.5.5.7.3.4', 'e-mail'],
  ['1.3.6.1.4.1.311.20.2.2', 'smart card logon'],
  [EXTENDED_KEY_USAGE['issuer-parameters'], 'signing Issuer parameters'],
  [EXTENDED_KEY_USAGE['device-parameters'], 'signing Device parameters'],
])

/** CRLReason, RFC 5280, section 5.3.1. */
const REASONS = [
  ...['unspecified', 'keyCompromise', 'cACompromise', 'affiliationChanged', 'superseded', 'cessationOfOperation'],
  ...['certificateHold', '7', 'removeFromCRL', 'privilegeWithdrawn', 'aACompromise'],
]

/** An X.509 certificate. Its signature is verified if the file has its issuer's certificate, which may be itself; no authority is trusted. */
export async function ofCertificate(der: Octets, inspection: Inspection): Promise<Facts> {
  const certificate = parseCertificate(der)
  const { subject, issuer, serialNumber, notBefore, notAfter, publicKey, signatureAlgorithm, isCa } = certificate
  return {
    subject: formatName(subject),
    issuer: formatName(issuer),
    serial: serialText(serialNumber),
    'valid from': notBefore.toISOString(),
    'valid until': notAfter.toISOString(),
    key: describeKey(publicKey),
    authority: isCa
      ? certificate.pathLength === undefined
        ? true
        : `path length ${certificate.pathLength}`
      : undefined,
    ...ofExtensions(certificate.extensions),
    template: certificate.templateName ?? certificate.template?.oid,
    'CRL at': some(certificate.crlDistributionPoints),
    'certificate of the issuer at': some(certificate.caIssuers),
    'OCSP at': some(certificate.ocsp),
    'SHA-256': toHex(await digest('SHA-256', der)),
    signature: {
      algorithm: describeSignature(signatureAlgorithm),
      ...(await inspection.verdict(certificate, certificate, (by) => certificateSignature(certificate, by))),
    },
  }
}

/** A PKCS#10 request. Its signature is verified with its own key. */
export async function ofCertificationRequest(request: CertificationRequest, inspection: Inspection): Promise<Facts> {
  const { subject, publicKey, requestedExtensions, templateName, template, pairs } = request
  const { clientInfo, cspProvider, osVersion, renewalCertificate, signatureAlgorithm } = request
  const verified = await refusalOf(() =>
    verifyCertificationRequest(request, signatureVerifier({ engine: inspection.engine })),
  )
  return {
    subject: formatName(subject),
    key: describeKey(publicKey),
    template: templateName ?? (template && `${template.oid}, version ${template.major}.${template.minor}`),
    ...ofExtensions(requestedExtensions),
    'made by': clientInfo && `${clientInfo.process} of ${clientInfo.user} on ${clientInfo.machine}`,
    'operating system': osVersion,
    'key kept by': cspProvider?.name,
    'names and values': pairs.size > 0 ? Object.fromEntries(pairs) : undefined,
    renews: renewalCertificate && (await ofCertificate(renewalCertificate, inspection)),
    signature: { algorithm: describeSignature(signatureAlgorithm), verified: verified ?? true },
  }
}

/** A CRL (RFC 5280, section 5.1). Its signature is verified if the file has the issuer's certificate. */
export async function ofCrl(der: Octets, inspection: Inspection): Promise<Facts> {
  const { signed, signature, authorityKeyIdentifier } = parseCrl(der)
  const outer = readDer(parseDer(der).encoded)
  const list = outer.enter()
  const signatureAlgorithm = outer.next(TAG.sequence).encoded
  readBits(outer.next(TAG.bitString))
  outer.end()
  list.optional(TAG.integer)
  list.next(TAG.sequence)
  const issuer = list.next(TAG.sequence).encoded
  const thisUpdate = readTime(list.next())
  const nextUpdate = list.optional(TAG.utcTime) ?? list.optional(TAG.generalizedTime)
  const revoked = list.optionalEnter(TAG.sequence)?.rest(TAG.sequence) ?? []
  const wrapped = list.optional(0xa0)
  list.end()
  const extensions: Extensions = wrapped === undefined ? new Map() : readExtensions(wrapped.contents)
  const number = extensions.get(EXTENSION.crlNumber)
  return {
    issuer: formatName(issuer),
    'made at': thisUpdate.toISOString(),
    'next by': nextUpdate === undefined ? null : readTime(nextUpdate).toISOString(),
    number: number && serialText(readUnsigned(readDerValue(number.value))),
    revoked: revoked.map(({ contents }) => ofRevocation(contents)),
    signature: {
      algorithm: describeSignature(signatureAlgorithm),
      ...(await inspection.verdict({ issuer, authorityKeyIdentifier }, undefined, ({ publicKey }) => ({
        ...{ publicKey, signatureAlgorithm, signature, octets: signed },
      }))),
    },
  }
}

const readDerValue = (octets: Octets) => new DerReader(octets).next(TAG.integer)

function ofRevocation(contents: Octets): string {
  const entry = new DerReader(contents)
  const serial = serialText(readUnsigned(entry.next(TAG.integer)))
  const at = readTime(entry.next()).toISOString()
  const extensions = entry.optional(TAG.sequence)
  entry.end()
  const reason = extensions && readExtensions(extensions.encoded).get(EXTENSION.reasonCode)
  const code = reason && new DerReader(reason.value).next(TAG.enumerated).contents[0]
  return `${serial}, at ${at}${code === undefined ? '' : `: ${REASONS[code] ?? String(code)}`}`
}

/** The extensions of a certificate, or those that a request asks for. */
function ofExtensions(extensions: Extensions): Facts {
  const value = (oid: string): Octets | undefined => extensions.get(oid)?.value
  const [usage, purposes, names] = [
    value(EXTENSION.keyUsage),
    value(EXTENSION.extendedKeyUsage),
    value(EXTENSION.subjectAltName),
  ]
  return {
    names: names && ofNames(readAlternativeNames(names)),
    'key usage': some(usage && [...readKeyUsage(usage)]),
    purposes: some(purposes && readExtendedKeyUsage(purposes).map((oid) => PURPOSES.get(oid) ?? oid)),
  }
}

function ofNames({ dnsNames, uris, emails, upns, ipAddresses, directoryNames, others }: AlternativeNames): Fact {
  const kinds: [string, readonly string[]][] = [
    ['DNS', dnsNames],
    ['URI', uris],
    ['e-mail', emails],
    ['UPN', upns],
    ['IP', ipAddresses.map(describeAddress)],
    ['name', directoryNames.map(formatName)],
    ['other', others.map(toHex)],
  ]
  return kinds.flatMap(([kind, all]) => all.map((name) => `${kind} ${name}`))
}

function describeAddress(octets: Octets): string {
  return octets.length === 4 ? octets.join('.') : toHex(octets).replace(/(.{4})(?=.)/g, '$1:')
}

/** SubjectPublicKeyInfo, DER. */
export function describeKey(der: Octets): string {
  try {
    const key = readPublicKey(der)
    if (key.type === 'EC') return `EC, ${key.curve}`
    return `${key.type}, ${8 * (key.type === 'RSA' ? key.modulus : key.p).length} bits`
  } catch (error) {
    if (error instanceof PkiError) return `unsupported (${error.code})`
    throw error
  }
}

/** AlgorithmIdentifier, DER. */
export function describeSignature(der: Octets): string {
  const scheme = readSignatureAlgorithm(der)
  return scheme === undefined ? 'unknown' : `${scheme.name} with ${scheme.hash}`
}

/** The code of a refusal; undefined if the check passes. */
export async function refusalOf(check: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await check()
    return undefined
  } catch (error) {
    if (error instanceof PkiError) return error.code
    throw error
  }
}

/** RFC 7292, section 4. */
const PFX_VERSION = 3

/** The kind of an X.509 structure, from its first values. The version tells a request from a CRL. */
export function kindOf(der: Octets): 'certificate' | 'request' | 'crl' | 'cms' | 'pkcs12' | undefined {
  const outer = readDer(der)
  const first = outer.next()
  if (first.tag === TAG.oid) return 'cms'
  if (first.tag === TAG.integer) return readSmallInteger(first) === PFX_VERSION ? 'pkcs12' : undefined
  if (first.tag !== TAG.sequence) return undefined
  const inner = new DerReader(first.contents).next()
  if (inner.tag === 0xa0) return 'certificate'
  if (inner.tag === TAG.sequence) return 'crl'
  if (inner.tag !== TAG.integer) return undefined
  return readSmallInteger(inner) === 0 ? 'request' : 'crl'
}
