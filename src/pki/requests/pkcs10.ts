import {
  DerReader,
  ia5String,
  integer,
  oid,
  onlyValue,
  parseDer,
  bitString,
  bmpString,
  readBits,
  readDer,
  readIntegerOctets,
  readOid,
  readSmallInteger,
  readString,
  sequence,
  setOf,
  TAG,
  utf8String,
  encode,
  type DerValue,
} from '../asn1/der.js'
import { PkiError } from '../errors.js'
import {
  encodeExtensions,
  EXTENSION,
  extensionName,
  readExtensions,
  readTemplate,
  readTemplateName,
  template as templateExtension,
  templateName as templateNameExtension,
  type CertificateTemplate,
  type Extension,
  type Extensions,
} from '../x509/extensions.js'
import { nextName, parseName } from '../x509/name.js'
import { checkPublicKeyStructure, type KeyRequirements } from '../keys/public-key.js'
import { checkKeyStrength } from '../keys/weak-keys.js'
import type { SignatureToVerify, SignatureVerifier, SigningKey } from '../keys/signing.js'
import type { Octets } from '../../../bindings/octets/octets.js'

/** Attributes of a PKCS#10: of PKCS#9, and of [MS-WCCE] 2.2.2.7. */
export const ATTRIBUTE = {
  extensionRequest: '1.2.840.113549.1.9.14',
  certificateExtensions: '1.3.6.1.4.1.311.2.1.14',
  renewalCertificate: '1.3.6.1.4.1.311.13.1',
  pairs: '1.3.6.1.4.1.311.13.2.1',
  cspProvider: '1.3.6.1.4.1.311.13.2.2',
  osVersion: '1.3.6.1.4.1.311.13.2.3',
  clientInfo: '1.3.6.1.4.1.311.21.20',
} as const

/** The user, machine and program that made a request, by its own account. [MS-WCCE] 2.2.2.7.4 */
export interface ClientInfo {
  readonly clientId: number
  readonly machine: string
  readonly user: string
  readonly process: string
}

/** The cryptographic provider that keeps the private key. [MS-WCCE] 2.2.2.7.2 */
export interface CspProvider {
  readonly keySpec: number
  readonly name: string
  /** Mostly empty. */
  readonly signature: Octets
}

/** A PKCS#10 (RFC 2986). Octets are views of `der`. */
export interface CertificationRequest {
  readonly der: Octets
  /** CertificationRequestInfo, which is signed. */
  readonly info: Octets
  /** Name, DER. */
  readonly subject: Octets
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Octets
  /** AlgorithmIdentifier, DER. */
  readonly signatureAlgorithm: Octets
  readonly signature: Octets
  /** By OID, their values in DER. */
  readonly attributes: ReadonlyMap<string, readonly Octets[]>
  readonly requestedExtensions: Extensions
  /** The requested template of version 1. [MS-WCCE] 2.2.2.7.7.1 */
  readonly templateName: string | undefined
  /** The requested template of version 2 and up. [MS-WCCE] 2.2.2.7.7.2 */
  readonly template: CertificateTemplate | undefined
  readonly osVersion: string | undefined
  readonly clientInfo: ClientInfo | undefined
  readonly cspProvider: CspProvider | undefined
  /** The certificate to renew, DER. [MS-WCCE] 2.2.2.7.3 */
  readonly renewalCertificate: Octets | undefined
  /** Names and values. [MS-WCCE] 2.2.2.7.10 */
  readonly pairs: ReadonlyMap<string, string>
}

/** The maximum size of a request, in octets. */
const MAX_OCTETS = 1 << 18

/**
 * Reads a PKCS#10; nothing is verified. Throws `PkiError` (`pki/not-der`, `pki/limit`, `pki/structure`, `pki/request-version`;
 * for attributes and extensions that are known here `pki/duplicate`, `pki/empty`, `pki/pairs`).
 */
export function parseCertificationRequest(octets: Uint8Array): CertificationRequest {
  return readCertificationRequest(parseDer(new Uint8Array(octets), { maxOctets: MAX_OCTETS }))
}

/** A PKCS#10 in DER that was checked already, such as one inside a CMC request. Throws as `parseCertificationRequest` does. */
export function readCertificationRequest({ encoded: der }: DerValue): CertificationRequest {
  if (der.length > MAX_OCTETS) throw new PkiError('pki/limit')
  const outer = readDer(der)
  const info = outer.next(TAG.sequence)
  const signatureAlgorithm = outer.next(TAG.sequence).encoded
  const signature = readBits(outer.next(TAG.bitString))
  outer.end()

  const inner = new DerReader(info.contents)
  if (readSmallInteger(inner.next(TAG.integer)) !== 0) throw new PkiError('pki/request-version')
  const subject = nextName(inner)
  const publicKey = inner.next(TAG.sequence).encoded
  checkPublicKeyStructure(publicKey)
  const list = inner.optional(0xa0)
  inner.end()
  const attributes = readAttributes(list?.contents ?? new Uint8Array())
  return {
    ...{ der, info: info.encoded, subject, publicKey, signatureAlgorithm, signature, attributes },
    ...readKnown(attributes),
  }
}

function readAttributes(list: Octets): Map<string, Octets[]> {
  const attributes = new Map<string, Octets[]>()
  for (const { contents } of new DerReader(list).rest(TAG.sequence)) {
    const reader = new DerReader(contents)
    const type = readOid(reader.next(TAG.oid))
    const values = reader.enter(TAG.set).rest()
    reader.end()
    const all = attributes.get(type) ?? []
    for (const { encoded } of values) all.push(encoded)
    attributes.set(type, all)
  }
  return attributes
}

type Known = Pick<
  CertificationRequest,
  | 'requestedExtensions'
  | 'templateName'
  | 'template'
  | 'osVersion'
  | 'clientInfo'
  | 'cspProvider'
  | 'renewalCertificate'
  | 'pairs'
>

function readKnown(attributes: ReadonlyMap<string, readonly Octets[]>): Known {
  const single = <T>(name: keyof typeof ATTRIBUTE, read: (value: Octets) => T): T | undefined => {
    const values = attributes.get(ATTRIBUTE[name])
    if (values === undefined) return undefined
    const [value, ...others] = values
    if (value === undefined) throw new PkiError('pki/empty', { detail: name })
    if (others.length > 0) throw new PkiError('pki/duplicate', { detail: name })
    return read(value)
  }
  const requestedExtensions = merge(
    single('extensionRequest', readExtensions),
    single('certificateExtensions', readExtensions),
  )
  const requested = <T>(type: string, read: (value: Octets) => T): T | undefined => {
    const extension = requestedExtensions.get(type)
    return extension && read(extension.value)
  }
  return {
    requestedExtensions,
    templateName: requested(EXTENSION.templateName, readTemplateName),
    template: requested(EXTENSION.template, readTemplate),
    osVersion: single('osVersion', (value) => readString(onlyValue(value))),
    clientInfo: single('clientInfo', readClientInfo),
    cspProvider: single('cspProvider', readCspProvider),
    renewalCertificate: single('renewalCertificate', (value) => onlyValue(value, TAG.sequence).encoded),
    pairs: readPairs(attributes.get(ATTRIBUTE.pairs) ?? []),
  }
}

/** Both attributes are read. No extension may occur in both. */
function merge(...lists: readonly (Extensions | undefined)[]): Extensions {
  const extensions = new Map<string, Extension>()
  for (const [oid, extension] of lists.flatMap((list) => [...(list ?? [])])) {
    if (extensions.has(oid)) throw new PkiError('pki/duplicate', { detail: extensionName(oid) })
    extensions.set(oid, extension)
  }
  return extensions
}

function readClientInfo(value: Octets): ClientInfo {
  const reader = readDer(value)
  const clientId = readSmallInteger(reader.next(TAG.integer))
  const [machine, user, process] = [readString(reader.next()), readString(reader.next()), readString(reader.next())]
  reader.end()
  return { clientId, machine, user, process }
}

function readCspProvider(value: Octets): CspProvider {
  const reader = readDer(value)
  // AT_KEYEXCHANGE, AT_SIGNATURE, or neither, which some clients write as -1.
  const octets = readIntegerOctets(reader.next(TAG.integer))
  const keySpec = octets.reduce((sum, octet) => sum * 256 + octet, octets[0]! >= 0x80 ? -1 : 0)
  const name = readString(reader.next())
  const signature = readBits(reader.next(TAG.bitString))
  reader.end()
  return { keySpec, name, signature }
}

/** Each value holds pairs. A name that occurs twice is refused, since one of its values would be ignored. */
function readPairs(values: readonly Octets[]): Map<string, string> {
  const pairs = new Map<string, string>()
  const add = (reader: DerReader): void => {
    const [name, value] = [readString(reader.next()), readString(reader.next())]
    reader.end()
    if (pairs.has(name)) throw new PkiError('pki/pairs')
    pairs.set(name, value)
  }
  for (const value of values) {
    const { contents } = onlyValue(value, TAG.sequence)
    // One pair, or a SEQUENCE of pairs.
    if (contents[0] === TAG.sequence) {
      for (const pair of new DerReader(contents).rest(TAG.sequence)) add(new DerReader(pair.contents))
    } else if (contents.length > 0) add(new DerReader(contents))
  }
  return pairs
}

/**
 * Verifies that the request's key is strong enough and signed it. Throws `PkiError`: what `checkKeyStrength`
 * throws; `pki/signature`.
 */
export async function verifyCertificationRequest(
  request: CertificationRequest,
  verifier: SignatureVerifier,
  requirements: KeyRequirements & Pick<SignatureToVerify, 'allowSha1'> = {},
): Promise<void> {
  const { publicKey, signatureAlgorithm, signature, info } = request
  const { allowSha1, minRsaBits } = requirements
  checkKeyStrength(publicKey, requirements)
  if (!(await verifier.verify({ publicKey, signatureAlgorithm, signature, octets: info, allowSha1, minRsaBits }))) {
    throw new PkiError('pki/signature')
  }
}

export interface CertificationRequestContent {
  /** Name, DER, or as RFC 4514 writes it. */
  readonly subject: Octets | string
  readonly key: SigningKey
  /** Requested extensions, besides those of the templates. */
  readonly extensions?: readonly Extension[]
  readonly templateName?: string
  readonly template?: CertificateTemplate
  readonly osVersion?: string
  readonly clientInfo?: ClientInfo
  readonly cspProvider?: CspProvider
  readonly renewalCertificate?: Octets
  readonly pairs?: ReadonlyMap<string, string>
  /** Further attributes: by OID, their values in DER. */
  readonly attributes?: ReadonlyMap<string, readonly Octets[]>
}

/**
 * A signed PKCS#10. Throws `PkiError` (`pki/name`, `pki/value`; `pki/structure` for a subject in DER that is no Name).
 *
 * @example
 * ```ts
 * import { createCertificationRequest, encodePem, formatName, generateKey } from 'uprove-wasm/pki'
 *
 * const key = await generateKey('ECDSA-P256', { extractable: true })
 * const { der, subject } = await createCertificationRequest({ subject: 'CN=alice,O=Example', key, templateName: 'User' })
 * console.log(formatName(subject)) // CN=alice,O=Example
 * console.log(encodePem('CERTIFICATE REQUEST', der).split('\n')[0]) // -----BEGIN CERTIFICATE REQUEST-----
 * ```
 */
export async function createCertificationRequest(content: CertificationRequestContent): Promise<CertificationRequest> {
  const { subject, key } = content
  const attribute = (type: string, values: readonly Uint8Array[]): Octets => sequence(oid(type), setOf(...values))
  const attributes = Array.from(attributesOf(content), ([type, values]) => attribute(type, values))
  const sorted = onlyValue(setOf(...attributes)).contents
  const info = sequence(
    integer(0),
    typeof subject === 'string' ? parseName(subject) : subject,
    key.publicKey,
    encode(0xa0, sorted),
  )
  return parseCertificationRequest(sequence(info, key.signatureAlgorithm, bitString(await key.sign(info))))
}

function attributesOf(content: CertificationRequestContent): Map<string, readonly Octets[]> {
  const { templateName, template, osVersion, clientInfo, cspProvider, renewalCertificate, pairs } = content
  const attributes = new Map(content.attributes)
  const extensions = [
    ...(templateName === undefined ? [] : [templateNameExtension(templateName)]),
    ...(template === undefined ? [] : [templateExtension(template)]),
    ...(content.extensions ?? []),
  ]
  if (extensions.length > 0) attributes.set(ATTRIBUTE.extensionRequest, [encodeExtensions(extensions)])
  if (osVersion !== undefined) attributes.set(ATTRIBUTE.osVersion, [ia5String(osVersion)])
  if (clientInfo !== undefined) {
    const { clientId, machine, user, process } = clientInfo
    const texts = [machine, user, process].map(utf8String)
    attributes.set(ATTRIBUTE.clientInfo, [sequence(integer(clientId), ...texts)])
  }
  if (cspProvider !== undefined) {
    const { keySpec, name, signature } = cspProvider
    attributes.set(ATTRIBUTE.cspProvider, [sequence(integer(keySpec), bmpString(name), bitString(signature))])
  }
  if (renewalCertificate !== undefined) attributes.set(ATTRIBUTE.renewalCertificate, [renewalCertificate])
  if (pairs !== undefined && pairs.size > 0) {
    const values = Array.from(pairs, ([name, value]) => sequence(bmpString(name), bmpString(value)))
    attributes.set(ATTRIBUTE.pairs, values)
  }
  return attributes
}
