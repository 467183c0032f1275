import { undefinedOn } from '../../../bindings/errors.js'
import { known } from '../../../bindings/octets/lists.js'
import { equalOctets, type Octets } from '../../../bindings/octets/octets.js'
import { algorithmName } from '../keys/algorithm-names.js'
import { readAlgorithm, readDigestAlgorithm, readSignatureAlgorithm, type SignatureScheme } from '../keys/algorithms.js'
import { readCertificate, type Certificate } from '../x509/certificate.js'
import { readPkiData, type PkiData } from './cmc-request.js'
import {
  digest,
  isSignerOf,
  readAttributes,
  readSignedData,
  signedOctets,
  verifySigner,
  withoutUnsignedAttribute,
  type SignedData,
  type SignerInfo,
} from './cms.js'
import { OID } from './cms-names.js'
import { derFromBer } from '../asn1/ber.js'
import { DerReader, onlyValue, parseDer, TAG, type DerValue } from '../asn1/der.js'
import { PkiError } from '../errors.js'
import type { Extensions } from '../x509/extensions.js'
import { pairsFrom } from './name-value-pairs.js'
import {
  parseCertificationRequest,
  readCertificationRequest,
  verifyCertificationRequest,
  type CertificationRequest,
} from './pkcs10.js'
import type { KeyRequirements } from '../keys/public-key.js'
import type { SignatureVerifier } from '../keys/signing.js'

/**
 * A request for a certificate in one of the forms of [MS-WCCE] 2.2.2.6, told apart by its DER alone. All its signatures are
 * verified with the keys inside it. Whether the old certificate of a renewal is trusted is not checked.
 */
export interface EnrollmentRequest {
  readonly form: 'pkcs10' | 'cms' | 'cmc'
  /** As received, never re-encoded; only of one in BER, which `LegacyRequests` may accept, it is the DER. */
  readonly der: Octets
  readonly certificationRequest: CertificationRequest
  /**
   * For a renewal: the certificate in the attribute 1.3.6.1.4.1.311.13.1, which also signed the CMS (in a CMC request: its
   * second SignerInfo).
   */
  readonly renewalCertificate?: Certificate
  /** Name-value pairs: those of the PKCS#10 (1.3.6.1.4.1.311.13.2.1) and of regInfo of a CMC request. */
  readonly pairs: ReadonlyMap<string, string>
  /** Extensions that a control of a CMC request asks for besides those of the PKCS#10. */
  readonly addedExtensions: Extensions
  /**
   * The private key to be archived, encrypted to the exchange certificate: an EnvelopedData in a ContentInfo, DER. It is the one
   * whose hash the key of the request signed. [MS-WCCE] 3.1.1.4.3.6.1
   */
  readonly archivedKey?: Octets
  /**
   * The PKCS#10 has a null signature, or the CMC around it has none: such a request is never for keys that sign or authenticate.
   * Default false.
   */
  readonly hasNullSignature?: boolean
}

/** What old clients send and is weaker than today's; each is refused by default. */
export interface LegacyRequests {
  /**
   * SHA-1 in the proof of possession: the signature of the PKCS#10, and that of the same key around it. Who finds collisions of SHA-1
   * could have a key certified that is not quite the one that signed; no other signature is weakened.
   */
  readonly sha1Possession?: boolean
  /**
   * SHA-1 in the signature by the old key, which authenticates a renewal. Who finds collisions of SHA-1, and gets the holder to sign
   * something, could renew a certificate of others.
   */
  readonly sha1Renewal?: boolean
  /**
   * A digest in place of the signature of the PKCS#10, which proves nothing ([MS-WCCE] 2.2.2.6.5), inside a CMS or CMC that the same
   * key or, for a renewal, the old key really signed; and, in a renewal, a CMC whose own signature is a digest (RFC 2797, section
   * 3.3.3.1).
   */
  readonly nullSignatures?: boolean
  /** CMS and CMC in BER: indefinite lengths, strings in parts. The PKCS#10 in it, and a bare one, must be DER all the same. */
  readonly ber?: boolean
}

export interface ReadRequestOptions {
  readonly verifier: SignatureVerifier
  /** The requirements on the keys of requests. Groups of DSA must be accepted by the verifier too. */
  readonly requirements?: KeyRequirements
  readonly legacy?: LegacyRequests
  /** Accept requests to archive a private key. Default false. */
  readonly allowKeyArchival?: boolean
}

/**
 * A request, read, with its signatures verified. Each broken rule has its own code of `PkiError`. Requests on behalf of
 * others (`pki/on-behalf`) and, unless `allowKeyArchival`, requests to archive a key (`pki/key-archival`) are refused: ignoring
 * either would issue something that was not requested. [MS-WCCE] 3.2.1.4.2.1.4.1 and 3.2.1.4.2.1.4.2
 *
 * @example
 * ```ts
 * import { createCertificationRequest, generateKey, PkiError, readEnrollmentRequest, signatureVerifier } from 'uprove-wasm/pki'
 *
 * const verifier = signatureVerifier()
 * const { der } = await createCertificationRequest({ subject: 'CN=alice', key: await generateKey('ECDSA-P256'), templateName: 'User' })
 * const { form, certificationRequest } = await readEnrollmentRequest(der, { verifier })
 * console.log(form, certificationRequest.templateName) // pkcs10 User
 *
 * const forged = new Uint8Array(der)
 * forged[forged.length - 1]! ^= 1
 * await readEnrollmentRequest(forged, { verifier }).catch((error: unknown) => {
 *   if (error instanceof PkiError) console.log(error.code) // pki/signature
 * })
 * ```
 */
export async function readEnrollmentRequest(
  octets: Uint8Array,
  options: ReadRequestOptions,
): Promise<EnrollmentRequest> {
  const value = readValue(new Uint8Array(octets), options.legacy)
  if (value.tag !== TAG.sequence) throw new PkiError('pki/structure')
  const { encoded: der, contents } = value
  const { tag } = new DerReader(contents).next()
  if (tag === TAG.sequence) return readBare(value, options)
  if (tag !== TAG.oid) throw new PkiError('pki/request-form')
  const signedData = readSignedData(value)
  switch (signedData.contentType) {
    case OID.data:
      return readCms(der, signedData, options)
    case OID.pkiData:
      return readCmc(der, signedData, options)
    default:
      throw new PkiError('pki/request-form')
  }
}

/** The one value in the octets; of a CMS in BER, where that is accepted, its DER. */
function readValue(octets: Octets, { ber = false }: LegacyRequests = {}): DerValue {
  try {
    return parseDer(octets)
  } catch (error) {
    if (!ber) throw error
    const value = parseDer(derFromBer(octets))
    // A ContentInfo begins with an OID.
    if (value.contents[0] !== TAG.oid) throw error
    return value
  }
}

/** The PKCS#10 in a request of any form, without its signatures verified. Throws as `readEnrollmentRequest` does. */
export function certificationRequestIn(der: Octets): CertificationRequest {
  const value = parseDer(der)
  if (new DerReader(value.contents).next().tag === TAG.sequence) return readCertificationRequest(value)
  const { contentType, content } = readSignedData(value)
  if (content === undefined) throw new PkiError('pki/cms-content')
  return contentType === OID.pkiData
    ? readCertificationRequest(readPkiData(content).certificationRequest)
    : parseCertificationRequest(content)
}

/** A request as it is to be stored: without the private key to be archived. [MS-WCCE] 3.2.2.6.2.1.4.3 */
export function withoutArchivedKey({ der, archivedKey }: EnrollmentRequest): Octets {
  return archivedKey === undefined ? der : withoutUnsignedAttribute(der, OID.archivedKey)
}

/** The hash of the private key that came with a CMC request, DER, to be archived; undefined for other requests. */
export function encryptedKeyHashIn(der: Octets): Octets | undefined {
  const value = parseDer(der)
  if (new DerReader(value.contents).next().tag === TAG.sequence) return undefined
  const { contentType, content } = readSignedData(value)
  return contentType === OID.pkiData && content !== undefined ? readPkiData(content).encryptedKeyHash : undefined
}

async function readBare(value: DerValue, options: ReadRequestOptions): Promise<EnrollmentRequest> {
  const certificationRequest = readCertificationRequest(value)
  const { der, renewalCertificate, pairs } = certificationRequest
  // No signature here is by the old key.
  if (renewalCertificate !== undefined) throw new PkiError('pki/renewal-unsigned')
  refuseOnBehalf(pairs)
  await verifyPossession(certificationRequest, options, false)
  return { form: 'pkcs10', der, certificationRequest, pairs, addedExtensions: new Map() }
}

async function readCms(der: Octets, signedData: SignedData, options: ReadRequestOptions): Promise<EnrollmentRequest> {
  if (signedData.content === undefined) throw new PkiError('pki/cms-content')
  const certificationRequest = parseCertificationRequest(signedData.content)
  const { pairs } = certificationRequest
  refuseOnBehalf(pairs)
  const [signer] = signersOf(signedData, 1)
  if (archivedKeysIn(signedData.signers).length > 0) throw new PkiError('pki/key-archival')
  const possession = await verifyPossession(certificationRequest, options, true)
  const { hasNullSignature } = possession
  const addedExtensions = new Map()
  const request = { form: 'cms', der, certificationRequest, pairs, addedExtensions, hasNullSignature } as const
  const renewed = renewedBy(certificationRequest, signedData)
  if (renewed === undefined) {
    const isOwn = await verifyAnySigner(signedData, signer!, certificationRequest, options)
    // Nobody knows whether the certificate of another signer is trusted.
    if (hasNullSignature && !isOwn) throw new PkiError('pki/null-signature')
    return request
  }
  await verifyRenewal(signedData, signer!, renewed, options)
  return { ...request, renewalCertificate: renewed }
}

async function readCmc(der: Octets, signedData: SignedData, options: ReadRequestOptions): Promise<EnrollmentRequest> {
  if (signedData.content === undefined) throw new PkiError('pki/cms-content')
  const pkiData = readPkiData(signedData.content)
  const certificationRequest = readCertificationRequest(pkiData.certificationRequest)
  const pairs = pairsFrom([...certificationRequest.pairs, ...pkiData.pairs])
  refuseOnBehalf(pairs)
  const isRenewal = certificationRequest.renewalCertificate !== undefined
  const signers = signersOf(signedData, isRenewal ? 2 : 1)
  const possession = await verifyPossession(certificationRequest, options, true)
  // The first signature is by the new key. Sorted as in DER, the signer that names a certificate is the second as well.
  const [own, old] = namesKey(signers[0]!) ? signers : [...signers].reverse()
  await verifyOwnSigner(signedData, own!, certificationRequest.publicKey, options)
  // Without a renewal, a message that nothing signs would be left.
  const isUnsigned = hasNoSignature(own!)
  if (isUnsigned && possession.hasNullSignature && !isRenewal) throw new PkiError('pki/null-signature')
  const hasNullSignature = isUnsigned || possession.hasNullSignature
  const archivedKey = await archivedKeyIn(signedData, own!, pkiData, options)
  const { extensions: addedExtensions } = pkiData
  const read = { der, certificationRequest, pairs, addedExtensions, archivedKey, hasNullSignature }
  const request = { form: 'cmc', ...read } as const
  const renewed = renewedBy(certificationRequest, signedData)
  if (renewed === undefined) return request
  await verifyRenewal(signedData, old!, renewed, options)
  return { ...request, renewalCertificate: renewed }
}

/** [MS-WCCE] 3.1.1.4.3.3: an agent requests for the account with this name. */
function refuseOnBehalf(pairs: ReadonlyMap<string, string>): void {
  for (const name of pairs.keys()) if (name.toLowerCase() === 'requestername') throw new PkiError('pki/on-behalf')
}

/** The signers. Their number must be right, and they must have no attribute that is unknown here. */
function signersOf({ signers }: SignedData, count: number): readonly SignerInfo[] {
  if (signers.length < count) throw new PkiError('pki/signer-missing')
  if (signers.length > count) throw new PkiError('pki/signer-unexpected')
  const attributes = signers.flatMap(({ signedAttributes, unsignedAttributes }) => [
    ...readAttributes(signedAttributes),
    ...readAttributes(unsignedAttributes),
  ])
  for (const { type } of attributes) {
    if (type === OID.nameValuePair) throw new PkiError('pki/on-behalf')
  }
  return signers
}

/** All values of the attribute with a private key to be archived, signed or not. */
const archivedKeysIn = (signers: readonly SignerInfo[]): readonly DerValue[] =>
  signers
    .flatMap((one) => [...readAttributes(one.signedAttributes), ...readAttributes(one.unsignedAttributes)])
    .flatMap(({ type, values }) => (type === OID.archivedKey ? values : []))

/**
 * The private key to be archived: in an unsigned attribute of the first signer, whose signature covers its hash. The hash is
 * that of the signature. [MS-WCCE] 3.2.2.6.2.1.2.2
 */
async function archivedKeyIn(
  { signers }: SignedData,
  own: SignerInfo,
  { encryptedKeyHash }: PkiData,
  { allowKeyArchival = false }: ReadRequestOptions,
): Promise<Octets | undefined> {
  const values = archivedKeysIn(signers)
  const [value] = values
  if (value === undefined && encryptedKeyHash === undefined) return undefined
  if (!allowKeyArchival) throw new PkiError('pki/key-archival')
  const isUnsigned = readAttributes(own.unsignedAttributes).some(({ type }) => type === OID.archivedKey)
  const isAlone = values.length === 1 && isUnsigned
  // A digest in place of the signature would prove nothing.
  if (value === undefined || encryptedKeyHash === undefined || !isAlone || hasNoSignature(own)) {
    throw new PkiError('pki/archival-request')
  }
  // Its signature was verified with it.
  const hash = known(readDigestAlgorithm(own.digestAlgorithm))
  if (!equalOctets(encryptedKeyHash, await digest(hash, value.encoded))) throw new PkiError('pki/archival-hash')
  return value.encoded
}

/** Verifies that the PKCS#10 is signed with its own key. The null signature is considered only if this fails. */
async function verifyPossession(
  request: CertificationRequest,
  { verifier, requirements, legacy = {} }: ReadRequestOptions,
  isEnclosed: boolean,
): Promise<{ readonly hasNullSignature: boolean }> {
  const { sha1Possession: allowSha1, nullSignatures = false } = legacy
  try {
    await verifyCertificationRequest(request, verifier, { ...requirements, allowSha1 })
    return { hasNullSignature: false }
  } catch (error) {
    if (!(error instanceof PkiError) || error.code !== 'pki/signature') throw error
    // Other algorithms may have parameters that no digest has.
    const hash = undefinedOn(PkiError, () => readDigestAlgorithm(request.signatureAlgorithm))
    if (hash === undefined || !equalOctets(request.signature, await digest(hash, request.info))) {
      throw signatureFault(request.signatureAlgorithm, allowSha1 === true)
    }
    if (!isEnclosed || !nullSignatures || (hash === 'SHA-1' && allowSha1 !== true)) {
      throw new PkiError('pki/null-signature')
    }
    return { hasNullSignature: true }
  }
}

/** Why a signature was refused: for its algorithm, or because it is wrong. */
function signatureFault(signatureAlgorithm: Octets, allowSha1: boolean): PkiError {
  let scheme: SignatureScheme | undefined
  try {
    scheme = readSignatureAlgorithm(signatureAlgorithm)
  } catch (error) {
    if (error instanceof PkiError) return new PkiError('pki/algorithm-parameters', { cause: error })
    throw error
  }
  if (scheme !== undefined && (scheme.hash !== 'SHA-1' || allowSha1)) return new PkiError('pki/signature')
  return new PkiError('pki/algorithm', { detail: algorithmName(readAlgorithm(signatureAlgorithm).algorithm) })
}

/** The certificate to renew, which must be among the certificates of the request; undefined if this is no renewal. */
function renewedBy(
  { renewalCertificate }: CertificationRequest,
  { certificates }: SignedData,
): Certificate | undefined {
  if (renewalCertificate === undefined) return undefined
  if (!certificates.some((one) => equalOctets(one, renewalCertificate))) throw new PkiError('pki/renewal-certificate')
  return readCertificate(onlyValue(renewalCertificate))
}

async function verifyRenewal(
  signedData: SignedData,
  signer: SignerInfo,
  renewed: Certificate,
  options: ReadRequestOptions,
): Promise<void> {
  if (!isSignerOf(signer.identifier, renewed)) throw new PkiError('pki/renewal-signer')
  const { verifier, legacy, requirements } = options
  const accepted = { allowSha1: legacy?.sha1Renewal, minRsaBits: requirements?.minRsaBits }
  if (!(await verifySigner(signedData, signer, renewed.publicKey, verifier, accepted))) {
    throw new PkiError('pki/renewal-signature')
  }
}

/** How a signature by the key of the request may be made. */
const ownSignature = ({ legacy, requirements }: ReadRequestOptions) => ({
  allowSha1: legacy?.sha1Possession,
  minRsaBits: requirements?.minRsaBits,
})

/**
 * A new request in CMS, signed with its own key or that of any certificate in it. Whether that certificate is trusted does
 * not matter. Returns whether it is the own key.
 */
async function verifyAnySigner(
  signedData: SignedData,
  signer: SignerInfo,
  { publicKey }: CertificationRequest,
  options: ReadRequestOptions,
): Promise<boolean> {
  const certificate = signedData.certificates
    .map((der) => readCertificate(onlyValue(der)))
    .find((one) => isSignerOf(signer.identifier, one))
  if (certificate === undefined && 'issuer' in signer.identifier) throw new PkiError('pki/signer-unknown')
  const signerKey = certificate?.publicKey ?? publicKey
  if (!(await verifySigner(signedData, signer, signerKey, options.verifier, ownSignature(options)))) {
    throw new PkiError('pki/signer-signature')
  }
  return equalOctets(signerKey, publicKey)
}

const hasNoSignature = ({ signatureAlgorithm }: SignerInfo): boolean =>
  readAlgorithm(signatureAlgorithm).algorithm === OID.noSignature

const namesKey = (signer: SignerInfo): boolean => !('issuer' in signer.identifier) || hasNoSignature(signer)

/**
 * The first SignerInfo of a CMC request. Its key identifier is not compared: the signature by the key of the PKCS#10 proves
 * more, and identifiers are computed in several ways.
 */
async function verifyOwnSigner(
  signedData: SignedData,
  signer: SignerInfo,
  publicKey: Octets,
  options: ReadRequestOptions,
): Promise<void> {
  if (!namesKey(signer)) throw new PkiError('pki/signer-form')
  if (!hasNoSignature(signer)) {
    if (await verifySigner(signedData, signer, publicKey, options.verifier, ownSignature(options))) return
    throw new PkiError('pki/signer-signature')
  }
  if (options.legacy?.nullSignatures !== true) throw new PkiError('pki/null-signature')
  const { octets, hash } = await signedOctets(signedData, signer, ownSignature(options))
  if (!equalOctets(signer.signature, await digest(hash, octets))) throw new PkiError('pki/signer-signature')
}
