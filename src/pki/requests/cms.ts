import {
  HASHES,
  KEY_ALGORITHM,
  readAlgorithm,
  readDigestAlgorithm,
  readSignatureAlgorithm,
  signerAlgorithm,
  type HashName,
} from '../keys/algorithms.js'
import { algorithmName } from '../keys/algorithm-names.js'
import type { Certificate } from '../x509/certificate.js'
import { undefinedOn } from '../../../bindings/errors.js'
import { equalOctets, type Octets } from '../../../bindings/octets/octets.js'
import { OID } from './cms-names.js'
import {
  DerReader,
  encode,
  explicit,
  implicit,
  integer,
  octetString,
  oid,
  onlyValue,
  parseDer,
  nullValue,
  readDer,
  readIntegerOctets,
  readOid,
  readSmallInteger,
  sequence,
  setOf,
  TAG,
  type DerValue,
} from '../asn1/der.js'
import { PkiError } from '../errors.js'
import type { SignatureToVerify, SignatureVerifier, SigningKey } from '../keys/signing.js'
import { subtle } from '../../../bindings/octets/platform.js'
import { nextName } from '../x509/name.js'

/** SignedData in a ContentInfo (RFC 5652, sections 3 and 5). Its values are views of the DER. */
export interface SignedData {
  /** eContentType. */
  readonly contentType: string
  readonly content: Octets | undefined
  /** Certificates of X.509; others are refused. */
  readonly certificates: readonly Octets[]
  readonly signers: readonly SignerInfo[]
}

/** RFC 5652, section 5.3. */
export interface SignerInfo {
  readonly identifier: SignerIdentifier
  /** AlgorithmIdentifier. */
  readonly digestAlgorithm: Octets
  /** As in the DER: [0] IMPLICIT. */
  readonly signedAttributes: DerValue | undefined
  /** AlgorithmIdentifier. */
  readonly signatureAlgorithm: Octets
  readonly signature: Octets
  readonly unsignedAttributes: DerValue | undefined
}

/**
 * The signer's certificate: its issuer's name (DER) and the contents of its serial number, or the value of its key identifier
 * extension.
 */
export type SignerIdentifier =
  { readonly issuer: Octets; readonly serialNumber: Octets } | { readonly subjectKeyIdentifier: Octets }

export interface Attribute {
  readonly type: string
  readonly values: readonly DerValue[]
}

/** Reads a SignedData. Throws `PkiError` (`pki/not-der`, `pki/limit`, `pki/structure`, `pki/cms-type`). */
export function parseSignedData(der: Octets): SignedData {
  return readSignedData(parseDer(der))
}

/** A SignedData in DER that was checked already. Throws as `parseSignedData` does. */
export function readSignedData({ encoded }: DerValue): SignedData {
  const contentInfo = readDer(encoded)
  if (readOid(contentInfo.next(TAG.oid)) !== OID.signedData) throw new PkiError('pki/cms-type')
  const explicitContent = contentInfo.enter(0xa0)
  contentInfo.end()
  const signedData = explicitContent.enter()
  explicitContent.end()

  const version = readSmallInteger(signedData.next(TAG.integer))
  // Versions 4 and 5 have certificates and revocation information of other kinds (section 5.1).
  if (version !== 1 && version !== 3) throw new PkiError('pki/structure')
  for (const { encoded: algorithm } of signedData.enter(TAG.set).rest(TAG.sequence)) readAlgorithm(algorithm)
  const { contentType, content } = readContent(signedData.enter())
  const certificates = signedData.optionalEnter(0xa0)?.rest(TAG.sequence) ?? []
  signedData.optional(0xa1)
  const signers = signedData.enter(TAG.set).rest(TAG.sequence).map(readSignerInfo)
  signedData.end()
  return { contentType, content, certificates: certificates.map(({ encoded }) => encoded), signers }
}

function readContent(reader: DerReader): { contentType: string; content: Octets | undefined } {
  const contentType = readOid(reader.next(TAG.oid))
  const wrapper = reader.optionalEnter(0xa0)
  reader.end()
  const content = wrapper?.next(TAG.octetString).contents
  wrapper?.end()
  return { contentType, content }
}

function readSignerInfo({ contents }: DerValue): SignerInfo {
  const reader = new DerReader(contents)
  const version = readSmallInteger(reader.next(TAG.integer))
  const identifier = readIdentifier(reader.next())
  if (version !== ('issuer' in identifier ? 1 : 3)) throw new PkiError('pki/structure')
  const digestAlgorithm = reader.next(TAG.sequence).encoded
  const signedAttributes = reader.optional(0xa0)
  const signatureAlgorithm = reader.next(TAG.sequence).encoded
  const signature = reader.next(TAG.octetString).contents
  const unsignedAttributes = reader.optional(0xa1)
  reader.end()
  for (const algorithm of [digestAlgorithm, signatureAlgorithm]) readAlgorithm(algorithm)
  return { identifier, digestAlgorithm, signedAttributes, signatureAlgorithm, signature, unsignedAttributes }
}

/** The name of a certificate in a SignerInfo or RecipientInfo. */
export function readIdentifier({ tag, contents }: DerValue): SignerIdentifier {
  if (tag === 0x80) return { subjectKeyIdentifier: contents }
  if (tag !== TAG.sequence) throw new PkiError('pki/structure')
  const reader = new DerReader(contents)
  const issuer = nextName(reader)
  const serialNumber = readIntegerOctets(reader.next(TAG.integer))
  reader.end()
  return { issuer, serialNumber }
}

/** The attributes in a SET OF Attribute with any tag; none for undefined. Throws `PkiError` (`pki/structure`). */
export function readAttributes(set: DerValue | undefined): Attribute[] {
  if (set === undefined) return []
  return new DerReader(set.contents).rest(TAG.sequence).map(({ contents }) => {
    const reader = new DerReader(contents)
    const type = readOid(reader.next(TAG.oid))
    const values = reader.enter(TAG.set).rest()
    reader.end()
    return { type, values }
  })
}

export interface DigestOptions {
  /** Accept SHA-1, for old signatures. Default: not as a digest; in the signature as the verifier does. */
  readonly allowSha1?: boolean
}

/**
 * The octets that a SignerInfo signs, and the algorithm, with its attributes checked (RFC 5652, sections 5.4, 5.6 and 11).
 * Throws `PkiError`: `pki/cms-content` if there is no content; `pki/cms-digest` if the digest is not accepted;
 * `pki/cms-attributes` if attributes are malformed or missing (only with id-data may they be missing), or are the content; `pki/cms-content-type`
 * and `pki/cms-message-digest` if they name another content type or digest than the content has.
 */
export async function signedOctets(
  { contentType, content }: SignedData,
  { digestAlgorithm, signedAttributes }: SignerInfo,
  { allowSha1 = false }: DigestOptions = {},
): Promise<{ octets: Octets; hash: HashName }> {
  if (content === undefined) throw new PkiError('pki/cms-content')
  const hash = readDigestAlgorithm(digestAlgorithm)
  if (hash === undefined || (hash === 'SHA-1' && !allowSha1)) {
    throw new PkiError('pki/cms-digest', { detail: algorithmName(readAlgorithm(digestAlgorithm).algorithm) })
  }
  if (signedAttributes === undefined) {
    // A signature over attributes is also one over content that looks like them: it must not be moved there.
    if (contentType !== OID.data || isAttributeSet(content)) throw new PkiError('pki/cms-attributes')
    return { octets: content, hash }
  }
  const attributes = readAttributes(signedAttributes)
  const only = (type: string): DerValue => {
    const [first, ...others] = attributes.filter((attribute) => attribute.type === type)
    const [value, ...further] = first?.values ?? []
    if (value === undefined || others.length > 0 || further.length > 0) throw new PkiError('pki/cms-attributes')
    return value
  }
  if (readOid(only(OID.contentType)) !== contentType) throw new PkiError('pki/cms-content-type')
  const claimed = only(OID.messageDigest)
  if (claimed.tag !== TAG.octetString) throw new PkiError('pki/cms-attributes')
  if (!equalOctets(claimed.contents, await digest(hash, content))) throw new PkiError('pki/cms-message-digest')
  // The signature covers a SET OF, not the [0] IMPLICIT.
  return { octets: encode(TAG.set, signedAttributes.contents), hash }
}

/** Whether content is what a signer with attributes signs: a SET OF Attribute with a message digest. */
function isAttributeSet(content: Octets): boolean {
  if (content[0] !== TAG.set) return false
  const attributes = undefinedOn(PkiError, () => readAttributes(onlyValue(content)))
  return attributes?.some(({ type }) => type === OID.messageDigest) === true
}

/**
 * Whether this key (SubjectPublicKeyInfo) made the signature of a SignerInfo. Its algorithm must use the digest that the
 * SignerInfo names (RFC 5652, section 5.4, uses one digest for both). Throws what `signedOctets` does.
 */
export async function verifySigner(
  signedData: SignedData,
  signer: SignerInfo,
  publicKey: Octets,
  verifier: SignatureVerifier,
  { allowSha1, minRsaBits }: DigestOptions & Pick<SignatureToVerify, 'minRsaBits'> = {},
): Promise<boolean> {
  const { octets, hash } = await signedOctets(signedData, signer, { allowSha1 })
  const signatureAlgorithm = certificateAlgorithm(signer.signatureAlgorithm, hash)
  if (signatureAlgorithm === undefined) return false
  const { signature } = signer
  return verifier.verify({ publicKey, signatureAlgorithm, signature, octets, allowSha1, minRsaBits })
}

/** Whether a SignerInfo names this certificate. */
export function isSignerOf(identifier: SignerIdentifier, certificate: Certificate): boolean {
  if ('issuer' in identifier) {
    return (
      equalOctets(identifier.issuer, certificate.issuer) &&
      equalOctets(identifier.serialNumber, certificate.serialNumber)
    )
  }
  const { subjectKeyIdentifier } = certificate
  return subjectKeyIdentifier !== undefined && equalOctets(identifier.subjectKeyIdentifier, subjectKeyIdentifier)
}

/** The default name of a certificate in a SignerInfo: issuer and serial number. */
export const identifierOf = ({ issuer, serialNumber }: Certificate): SignerIdentifier => ({ issuer, serialNumber })

/** A signer, and its name in the SignerInfo. */
export interface CmsSigner {
  readonly key: SigningKey
  readonly identifier: SignerIdentifier
  /** Attributes, DER, that the signature does not cover. */
  readonly unsignedAttributes?: readonly Octets[]
}

export interface SignedDataContent {
  readonly contentType: string
  readonly content: Octets
  /** Not sorted: in [MS-WCCE] the first and the second signer have different meanings. */
  readonly signers: readonly CmsSigner[]
  /** DER. */
  readonly certificates?: readonly Octets[]
}

/**
 * A SignedData, in a ContentInfo, DER. Like Windows, it signs attributes (contentType and messageDigest only) unless the
 * content is id-data.
 */
export async function createSignedData({
  contentType,
  content,
  signers,
  certificates = [],
}: SignedDataContent): Promise<Octets> {
  const digests = [...new Set(signers.map(({ key }) => key.digest))].map(digestIdentifier)
  const isVersion1 = contentType === OID.data && signers.every(({ identifier }) => 'issuer' in identifier)
  return contentInfo(
    integer(isVersion1 ? 1 : 3),
    setOf(...digests),
    sequence(oid(contentType), explicit(0, octetString(content))),
    ...certificateSet(certificates),
    encode(TAG.set, ...(await Promise.all(signers.map((signer) => createSignerInfo(signer, contentType, content))))),
  )
}

/** A SignedData with certificates only, DER (RFC 5652, section 5; [MS-WCCE] 2.2.2.8). */
export function createCertsOnly(certificates: readonly Octets[]): Octets {
  return contentInfo(integer(1), setOf(), sequence(oid(OID.data)), ...certificateSet(certificates), setOf())
}

const contentInfo = (...signedData: readonly Octets[]): Octets =>
  sequence(oid(OID.signedData), explicit(0, sequence(...signedData)))

/** [0] IMPLICIT CertificateSet, each certificate once; absent if there are none. */
function certificateSet(certificates: readonly Octets[]): Octets[] {
  const unique = certificates.filter((one, i) => certificates.findIndex((other) => equalOctets(one, other)) === i)
  return unique.length === 0 ? [] : [implicit(0, setOf(...unique.map((one) => onlyValue(one, TAG.sequence).encoded)))]
}

async function createSignerInfo(
  { key, identifier, unsignedAttributes = [] }: CmsSigner,
  contentType: string,
  content: Octets,
): Promise<Octets> {
  const signedAttributes =
    contentType === OID.data
      ? undefined
      : setOf(
          sequence(oid(OID.contentType), setOf(oid(contentType))),
          sequence(oid(OID.messageDigest), setOf(octetString(await digest(key.digest, content)))),
        )
  return sequence(
    integer('issuer' in identifier ? 1 : 3),
    'issuer' in identifier
      ? sequence(identifier.issuer, encode(TAG.integer, identifier.serialNumber))
      : implicit(0, octetString(identifier.subjectKeyIdentifier)),
    digestIdentifier(key.digest),
    ...(signedAttributes === undefined ? [] : [implicit(0, signedAttributes)]),
    nameForSigner(key.signatureAlgorithm),
    octetString(await key.sign(signedAttributes ?? content)),
    ...(unsignedAttributes.length === 0 ? [] : [implicit(1, setOf(...unsignedAttributes))]),
  )
}

/** An Attribute with one value, DER. */
export const writeAttribute = (type: string, value: Octets): Octets => sequence(oid(type), setOf(value))

/**
 * A SignedData, in a ContentInfo, DER, without the unsigned attributes of a type. All else stays as it is, octet by octet, so
 * the signatures stay valid.
 */
export function withoutUnsignedAttribute(der: Octets, type: string): Octets {
  const contentInfo = readDer(der)
  const contentType = contentInfo.next(TAG.oid).encoded
  const parts = contentInfo.enter(0xa0).enter().rest()
  const signers = parts[parts.length - 1]
  if (signers === undefined) throw new PkiError('pki/structure')
  const kept = new DerReader(signers.contents).rest(TAG.sequence).map(({ contents }) => {
    const fields = new DerReader(contents).rest()
    return sequence(
      ...fields.flatMap(({ tag, contents: attributes, encoded }) => {
        // Only unsignedAttrs have this tag, [1].
        if (tag !== 0xa1) return [encoded]
        const rest = new DerReader(attributes).rest(TAG.sequence)
        const others = rest.filter((one) => readOid(new DerReader(one.contents).next(TAG.oid)) !== type)
        return others.length === 0 ? [] : [encode(0xa1, ...others.map((one) => one.encoded))]
      }),
    )
  })
  const rest = parts.slice(0, -1).map(({ encoded }) => encoded)
  return sequence(contentType, explicit(0, sequence(...rest, encode(TAG.set, ...kept))))
}

/** The digest of octets. */
export async function digest(hash: HashName, octets: Octets): Promise<Octets> {
  return new Uint8Array(await subtle().digest(hash, octets))
}

/** DigestAlgorithmIdentifier with NULL parameters, as Windows writes it. Readers must accept both forms (RFC 5754, section 2). */
export const digestIdentifier = (hash: HashName): Octets => sequence(oid(HASHES[hash].oid), nullValue())

/** The signature algorithm of a SignerInfo as certificates name it; undefined unless it hashes with the SignerInfo's digest. */
export function certificateAlgorithm(signatureAlgorithm: Octets, hash: HashName): Octets | undefined {
  const algorithm = signerAlgorithm(signatureAlgorithm, hash)
  return readSignatureAlgorithm(algorithm)?.hash === hash ? algorithm : undefined
}

/** The inverse: RSA with PKCS #1 v1.5 padding is named rsaEncryption, like its key (RFC 3370, section 3.2). */
export function nameForSigner(certificateAlgorithm: Octets): Octets {
  const isRsa = readSignatureAlgorithm(certificateAlgorithm)?.name === 'RSASSA-PKCS1-v1_5'
  return isRsa ? sequence(oid(KEY_ALGORITHM.rsa), nullValue()) : certificateAlgorithm
}
