import { equalOctets, type Octets } from '../../../bindings/octets/octets.js'
import { parseCertificate, type Certificate } from '../x509/certificate.js'
import { onlyValueOf, readAddition, readControls, writeAddition, writeControl, type Control } from './cmc-controls.js'
import {
  createSignedData,
  digest,
  identifierOf,
  isSignerOf,
  readAttributes,
  writeAttribute,
  parseSignedData,
  verifySigner,
  type DigestOptions,
  type SignedData,
} from './cms.js'
import { OID } from './cms-names.js'
import {
  ascii,
  DerReader,
  generalizedTime,
  integer,
  octetString,
  parseDer,
  readSmallInteger,
  readString,
  readTime,
  sequence,
  setOf,
  TAG,
  utf8String,
  type DerValue,
} from '../asn1/der.js'
import { PkiError } from '../errors.js'
import type { SignatureVerifier, SigningKey } from '../keys/signing.js'

export type ResponseStatus = 'issued' | 'denied' | 'pending'

/** CMCStatus, as far as [MS-WCCE] 3.2.1.4.2.1.4.8.2 uses it. */
const STATUS: Readonly<Record<ResponseStatus, number>> = { issued: 0, denied: 2, pending: 3 }

/** The signer of a response. */
export interface ResponseSigner {
  /** The signing key; its digest is that of its certificates. */
  readonly key: SigningKey
  /** Of the key. */
  readonly certificate: Certificate
}

/** The contents of a CMC full PKI response. Octets are DER. */
export type ResponseContent = {
  /** Text for people, as in DispositionMessage of [MS-WSTEP]. */
  readonly statusString: string
} & (
  | {
      readonly status: 'issued'
      readonly certificate: Octets
      /** As in the request, if its private key was archived. */
      readonly encryptedKeyHash?: Octets
    }
  | { readonly status: 'denied' }
  /** When the request arrived. */
  | { readonly status: 'pending'; readonly requestId: string; readonly time: Date }
)

export type FullResponse = ResponseContent & {
  readonly signer: ResponseSigner
  /** Certificates from the signer's issuer up to the root, DER. */
  readonly chain: readonly Octets[]
}

/** A CMC full PKI response, DER ([MS-WCCE] 3.2.1.4.2.1.4.8.2). */
export async function createFullResponse(response: FullResponse): Promise<Octets> {
  const { signer, chain } = response
  const issued = response.status === 'issued' ? [response.certificate] : []
  return createSignedData({
    contentType: OID.pkiResponse,
    content: await createResponseBody(response),
    signers: [{ key: signer.key, identifier: identifierOf(signer.certificate) }],
    certificates: [...issued, signer.certificate.der, ...chain],
  })
}

/** The signed part: ResponseBody of RFC 2797, section 3.2, DER. */
export async function createResponseBody(response: ResponseContent): Promise<Octets> {
  const status = sequence(
    integer(STATUS[response.status]),
    sequence(integer(1)),
    utf8String(response.statusString),
    ...(response.status === 'pending'
      ? [sequence(octetString(ascii(response.requestId)), generalizedTime(response.time))]
      : []),
  )
  const controls = [writeControl(1, OID.statusInfo, status)]
  if (response.status === 'issued') {
    const { certificate, encryptedKeyHash } = response
    const attributes = [
      writeAttribute(OID.issuedCertificateHash, octetString(await digest('SHA-1', certificate))),
      ...(encryptedKeyHash === undefined ? [] : [writeAttribute(OID.encryptedKeyHash, octetString(encryptedKeyHash))]),
    ]
    controls.push(writeControl(2, OID.addAttributes, writeAddition(setOf(...attributes))))
  }
  return sequence(sequence(...controls), sequence(), sequence())
}

export interface EnrollmentResponse {
  readonly form: 'full' | 'certs-only'
  readonly status: ResponseStatus
  readonly statusString: string | undefined
  /** The pending request, and since when it is pending. */
  readonly pending: { readonly token: Octets; readonly time: Date } | undefined
  /** DER, in no order. */
  readonly certificates: readonly Octets[]
  /** The one of the certificates that the response says was issued. A certs-only response does not say. */
  readonly certificate: Octets | undefined
  /** The hash of the private key that came with the request, if it was archived. */
  readonly encryptedKeyHash?: Octets
}

export interface ReadResponseOptions extends DigestOptions {
  /**
   * Certificates, DER, one of which must have signed the response, with what verifies it. Default: the signature is not
   * checked, and the response is only as trustworthy as its transport.
   */
  readonly trust?: { readonly signers: readonly Octets[]; readonly verifier: SignatureVerifier }
}

/**
 * An authority's answer, read: a CMC full PKI response, or certificates only ([MS-WCCE] 2.2.2.8). Throws `PkiError`:
 * `pki/response-form` if it is neither; `pki/response-unsigned`, `pki/response-signer` and `pki/response-signature` if no
 * trusted signer signed it; `pki/response-certificate` if the certificate that was issued is not in it; and what reading a
 * SignedData throws.
 */
export async function readResponse(der: Octets, options: ReadResponseOptions = {}): Promise<EnrollmentResponse> {
  const signedData = parseSignedData(der)
  const { contentType, content, certificates, signers } = signedData
  const isCertsOnly = contentType === OID.data && content === undefined && signers.length === 0
  if (options.trust !== undefined) await verifyResponse(signedData, options.trust, options)
  if (isCertsOnly) {
    const nothing = { statusString: undefined, pending: undefined, certificate: undefined }
    return { form: 'certs-only', status: 'issued', certificates, ...nothing }
  }
  if (contentType !== OID.pkiResponse || content === undefined) throw new PkiError('pki/response-form')
  const controls = readResponseBody(content)
  const statusInfo = controlOf(controls, OID.statusInfo)
  if (statusInfo === undefined) throw new PkiError('pki/response-form')
  const { status, statusString, pending } = readStatusInfo(onlyValueOf(statusInfo))
  const attributes = addedAttributes(controls)
  const certificate = await issuedCertificate(attributes.get(OID.issuedCertificateHash), certificates)
  const encryptedKeyHash = attributes.get(OID.encryptedKeyHash)
  if ((status === 'issued') !== (certificate !== undefined)) throw new PkiError('pki/response-certificate')
  return { form: 'full', status, statusString, pending, certificates, certificate, encryptedKeyHash }
}

async function verifyResponse(
  signedData: SignedData,
  { signers, verifier }: NonNullable<ReadResponseOptions['trust']>,
  options: DigestOptions,
): Promise<void> {
  const [signerInfo] = signedData.signers
  if (signerInfo === undefined) throw new PkiError('pki/response-unsigned')
  if (signedData.signers.length > 1) throw new PkiError('pki/response-signer')
  const certificate = signers.map(parseCertificate).find((one) => isSignerOf(signerInfo.identifier, one))
  if (certificate === undefined) throw new PkiError('pki/response-signer')
  if (!(await verifySigner(signedData, signerInfo, certificate.publicKey, verifier, options))) {
    throw new PkiError('pki/response-signature')
  }
}

function readResponseBody(content: Octets): Control[] {
  const value = parseDer(content)
  if (value.tag !== TAG.sequence) throw new PkiError('pki/structure')
  const reader = new DerReader(value.contents)
  const controls = readControls(reader)
  // cmsSequence and otherMsgSequence: not used.
  reader.next(TAG.sequence)
  reader.next(TAG.sequence)
  reader.end()
  return controls
}

function controlOf(controls: readonly Control[], type: string): Control | undefined {
  const [control, ...others] = controls.filter((one) => one.type === type)
  if (others.length > 0) throw new PkiError('pki/structure')
  return control
}

/** CMCStatusInfo (RFC 5272, section 6.1.2). */
function readStatusInfo({ tag, contents }: DerValue): Pick<EnrollmentResponse, 'status' | 'statusString' | 'pending'> {
  if (tag !== TAG.sequence) throw new PkiError('pki/structure')
  const reader = new DerReader(contents)
  const code = readSmallInteger(reader.next(TAG.integer))
  reader.next(TAG.sequence)
  const statusString = reader.optional(TAG.utf8String)
  const pendInfo = reader.optionalEnter(TAG.sequence)
  // failInfo.
  reader.optional(TAG.integer)
  reader.end()
  const status = (Object.keys(STATUS) as ResponseStatus[]).find((name) => STATUS[name] === code)
  if (status === undefined) throw new PkiError('pki/response-form')
  return {
    status,
    statusString: statusString && readString(statusString),
    pending: pendInfo && readPendInfo(pendInfo),
  }
}

function readPendInfo(reader: DerReader): NonNullable<EnrollmentResponse['pending']> {
  const token = reader.next(TAG.octetString).contents
  const time = readTime(reader.next(TAG.generalizedTime))
  reader.end()
  return { token, time }
}

/** The first value of each attribute in the control that adds them. */
function addedAttributes(controls: readonly Control[]): ReadonlyMap<string, Octets> {
  const control = controlOf(controls, OID.addAttributes)
  if (control === undefined) return new Map()
  const attributes = readAttributes(readAddition(control, TAG.set).added)
  return new Map(
    attributes.flatMap(({ type, values: [value] }) => (value === undefined ? [] : [[type, value.contents]])),
  )
}

async function issuedCertificate(
  wanted: Octets | undefined,
  certificates: readonly Octets[],
): Promise<Octets | undefined> {
  if (wanted === undefined) return undefined
  // The digest only selects the certificate; the certificate's own signature shows whether it is genuine.
  for (const certificate of certificates) {
    if (equalOctets(await digest('SHA-1', certificate), wanted)) return certificate
  }
  throw new PkiError('pki/response-certificate')
}
