import {
  DerReader,
  parseDer,
  readBits,
  readDer,
  readIntegerOctets,
  readSmallInteger,
  readTime,
  TAG,
  type DerValue,
} from '../asn1/der.js'
import { PkiError } from '../errors.js'
import { checkPublicKeyStructure } from '../keys/public-key.js'
import {
  readCertificatePolicies,
  readInhibitAnyPolicy,
  readNameConstraints,
  readPolicyConstraints,
  readPolicyMappings,
  type NameConstraints,
  type PolicyConstraints,
  type PolicyMapping,
} from './constraints.js'
import {
  EXTENSION,
  noAlternativeNames,
  readAlternativeNames,
  readAuthorityInformation,
  readAuthorityKeyIdentifier,
  readBasicConstraints,
  readCrlDistributionPoints,
  readExtendedKeyUsage,
  readExtensions,
  readKeyUsage,
  readSubjectKeyIdentifier,
  readTemplate,
  readTemplateName,
  type AlternativeNames,
  type CertificateTemplate,
  type Extensions,
  type KeyUsage,
} from './extensions.js'
import { nextName } from './name.js'
import { equalOctets, type Octets } from '../../../bindings/octets/octets.js'
import type { SignatureToVerify } from '../keys/signing.js'

/** An X.509 certificate of version 3 (RFC 5280, section 4). Nothing in it is verified. Octets are views of `der`. */
export interface Certificate {
  readonly der: Octets
  /** TBSCertificate, the signed part. */
  readonly signed: Octets
  /** AlgorithmIdentifier, DER. */
  readonly signatureAlgorithm: Octets
  readonly signature: Octets
  /** The contents of the INTEGER: two's complement. */
  readonly serialNumber: Octets
  /** Names, DER; `isSameName` compares them. */
  readonly issuer: Octets
  readonly subject: Octets
  readonly notBefore: Date
  readonly notAfter: Date
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Octets
  readonly extensions: Extensions
  readonly isCa: boolean
  readonly pathLength: number | undefined
  /** Undefined if there is no such extension. */
  readonly keyUsage: ReadonlySet<KeyUsage> | undefined
  /** The OIDs of ExtendedKeyUsage; undefined if there is none. */
  readonly extendedKeyUsage: readonly string[] | undefined
  /** SubjectAltName. */
  readonly names: AlternativeNames
  readonly subjectKeyIdentifier: Octets | undefined
  readonly authorityKeyIdentifier: Octets | undefined
  readonly nameConstraints: NameConstraints | undefined
  /** OIDs of certificatePolicies. */
  readonly policies: readonly string[] | undefined
  readonly policyMappings: readonly PolicyMapping[] | undefined
  readonly policyConstraints: PolicyConstraints | undefined
  /** SkipCerts. */
  readonly inhibitAnyPolicy: number | undefined
  /** URIs. */
  readonly crlDistributionPoints: readonly string[]
  readonly caIssuers: readonly string[]
  readonly ocsp: readonly string[]
  readonly templateName: string | undefined
  readonly template: CertificateTemplate | undefined
  /** Whether it has a critical extension that is not understood here. */
  readonly hasUnknownCritical: boolean
}

/** Critical extensions that are understood: path validation and purpose checks use them. */
const UNDERSTOOD: readonly string[] = [
  EXTENSION.keyUsage,
  EXTENSION.subjectAltName,
  EXTENSION.basicConstraints,
  EXTENSION.extendedKeyUsage,
  EXTENSION.nameConstraints,
  EXTENSION.certificatePolicies,
  EXTENSION.policyMappings,
  EXTENSION.policyConstraints,
  EXTENSION.inhibitAnyPolicy,
]

/**
 * A certificate of version 3, from DER, with its extensions read. Nothing in it is verified: `findPath` does that.
 *
 * Throws `PkiError` (`pki/not-der`, `pki/limit`, `pki/structure`).
 *
 * @example
 * ```ts
 * import { createRoot, decodePem, encodePem, formatName, generateKey, parseCertificate, parseName } from 'uprove-wasm/pki'
 *
 * const key = await generateKey('ECDSA-P256')
 * const root = await createRoot({ key, subject: parseName('CN=Example CA,O=Example'), validity: 365 * 86_400_000 })
 * const pem = encodePem('CERTIFICATE', root)
 *
 * const { subject, isCa, keyUsage } = parseCertificate(decodePem('CERTIFICATE', pem))
 * console.log(formatName(subject), isCa, keyUsage?.has('keyCertSign')) // CN=Example CA,O=Example true true
 * ```
 */
export function parseCertificate(octets: Uint8Array): Certificate {
  return readCertificate(parseDer(new Uint8Array(octets)))
}

/** A certificate in DER that was checked already, such as one inside a CMS. Throws as `parseCertificate` does. */
export function readCertificate({ encoded: der }: DerValue): Certificate {
  const outer = readDer(der)
  const signed = outer.next(TAG.sequence)
  const signatureAlgorithm = outer.next(TAG.sequence).encoded
  const signature = readBits(outer.next(TAG.bitString))
  outer.end()

  const inner = new DerReader(signed.contents)
  const version = inner.enter(0xa0)
  if (readSmallInteger(version.next(TAG.integer)) !== 2) throw new PkiError('pki/structure')
  version.end()
  const serialNumber = readIntegerOctets(inner.next(TAG.integer))
  // The signature algorithm inside the signed part must equal the one outside.
  if (!equalOctets(inner.next(TAG.sequence).encoded, signatureAlgorithm)) throw new PkiError('pki/structure')
  const issuer = nextName(inner)
  const validity = inner.enter()
  const [notBefore, notAfter] = [readTime(validity.next()), readTime(validity.next())]
  validity.end()
  const subject = nextName(inner)
  const publicKey = inner.next(TAG.sequence).encoded
  checkPublicKeyStructure(publicKey)
  inner.optional(0x81)
  inner.optional(0x82)
  const list = inner.optional(0xa3)
  inner.end()
  const extensions: Extensions = list === undefined ? new Map() : readExtensions(list.contents)
  return {
    ...{ der, signed: signed.encoded, signatureAlgorithm, signature },
    ...{ serialNumber, issuer, subject, notBefore, notAfter, publicKey, extensions },
    ...readKnown(extensions),
  }
}

type Known = Pick<
  Certificate,
  | 'isCa'
  | 'pathLength'
  | 'keyUsage'
  | 'extendedKeyUsage'
  | 'names'
  | 'subjectKeyIdentifier'
  | 'authorityKeyIdentifier'
  | 'nameConstraints'
  | 'policies'
  | 'policyMappings'
  | 'policyConstraints'
  | 'inhibitAnyPolicy'
  | 'crlDistributionPoints'
  | 'caIssuers'
  | 'ocsp'
  | 'templateName'
  | 'template'
  | 'hasUnknownCritical'
>

function readKnown(extensions: Extensions): Known {
  const read = <T>(oid: string, reader: (value: Octets) => T): T | undefined => {
    const extension = extensions.get(oid)
    return extension && reader(extension.value)
  }
  return {
    ...(read(EXTENSION.basicConstraints, readBasicConstraints) ?? { isCa: false, pathLength: undefined }),
    ...(read(EXTENSION.authorityInfoAccess, readAuthorityInformation) ?? { caIssuers: [], ocsp: [] }),
    keyUsage: read(EXTENSION.keyUsage, readKeyUsage),
    extendedKeyUsage: read(EXTENSION.extendedKeyUsage, readExtendedKeyUsage),
    names: read(EXTENSION.subjectAltName, readSomeNames) ?? noAlternativeNames,
    subjectKeyIdentifier: read(EXTENSION.subjectKeyIdentifier, readSubjectKeyIdentifier),
    authorityKeyIdentifier: read(EXTENSION.authorityKeyIdentifier, readAuthorityKeyIdentifier),
    nameConstraints: read(EXTENSION.nameConstraints, readNameConstraints),
    policies: read(EXTENSION.certificatePolicies, readCertificatePolicies),
    policyMappings: read(EXTENSION.policyMappings, readPolicyMappings),
    policyConstraints: read(EXTENSION.policyConstraints, readPolicyConstraints),
    inhibitAnyPolicy: read(EXTENSION.inhibitAnyPolicy, readInhibitAnyPolicy),
    crlDistributionPoints: read(EXTENSION.crlDistributionPoints, readCrlDistributionPoints) ?? [],
    templateName: read(EXTENSION.templateName, readTemplateName),
    template: read(EXTENSION.template, readTemplate),
    hasUnknownCritical: [...extensions.values()].some(({ oid, critical }) => critical && !UNDERSTOOD.includes(oid)),
  }
}

/** At least one name (RFC 5280, section 4.2.1.6): it may be the only one that the certificate has. */
function readSomeNames(value: Octets): AlternativeNames {
  const names = readAlternativeNames(value)
  if (Object.values(names).every((list: readonly unknown[]) => list.length === 0)) throw new PkiError('pki/structure')
  return names
}

/** The input for a `SignatureVerifier`, to verify that `issuer`'s key signed the certificate. */
export function certificateSignature(certificate: Certificate, issuer: Certificate): SignatureToVerify {
  const { signatureAlgorithm, signature, signed } = certificate
  return { publicKey: issuer.publicKey, signatureAlgorithm, signature, octets: signed }
}
