import { InvalidInputError } from '../../bindings/errors.js'
import { decodeBase64, encodeBase64 } from '../../bindings/octets/base64.js'
import { canonicalize, EXCLUSIVE_C14N } from './canonicalize.js'
import { isNCName } from './names.js'
import { DEFAULT_LIMITS, parseXml, type ParseOptions } from './parse.js'
import { ElementReader, expectAttributes, type ReaderRules } from './reader.js'
import { webCryptoAlgorithms, type SignatureAlgorithm } from './signature-algorithms.js'
import { vocabulary, type XmlElement } from './tree.js'
import { subtle } from '../../bindings/octets/platform.js'

export const DSIG_NAMESPACE = 'http://www.w3.org/2000/09/xmldsig#'
const ENVELOPED_SIGNATURE = `${DSIG_NAMESPACE}enveloped-signature`

const DIGESTS = {
  'SHA-256': 'http://www.w3.org/2001/04/xmlenc#sha256',
  'SHA-384': 'http://www.w3.org/2001/04/xmldsig-more#sha384',
  'SHA-512': 'http://www.w3.org/2001/04/xmlenc#sha512',
} as const
export type DigestName = keyof typeof DIGESTS

/** An attribute whose values identify elements of a document. No namespace is `''`. */
export interface IdAttribute {
  readonly namespace: string
  readonly localName: string
}

const UTILITY_NAMESPACE = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd'

export const DEFAULT_ID_ATTRIBUTES: readonly IdAttribute[] = [
  { namespace: '', localName: 'Id' },
  { namespace: '', localName: 'ID' },
  { namespace: UTILITY_NAMESPACE, localName: 'Id' },
]

/**
 * The characters of a URI's fragment (RFC 3986, section 3.5) except `%`, `'`, `(` and `)`. With those, a reference could be an
 * XPointer, or mean another identifier once it is decoded.
 */
const USABLE_ID = /^[-A-Za-z0-9._~!$&*+,;=:@/?]+$/

const MAX_INCLUSIVE_PREFIXES = 64

/** The reason why a signature is refused. */
export type SignatureRefusal =
  /** The element has no signature among its children. */
  | 'xml-signature/missing'
  /** It has several. */
  | 'xml-signature/multiple'
  /** A part of the signature is unknown, out of place or missing, or its base64 is malformed. */
  | 'xml-signature/structure'
  /** Two elements of the document have the same identifier. */
  | 'xml-signature/duplicate-id'
  /** SignedInfo is not canonicalised with exclusive C14N without comments. */
  | 'xml-signature/canonicalization'
  /** The signature algorithm is not registered. SHA-1, MD5 and HMAC never are. */
  | 'xml-signature/algorithm'
  /** There is not exactly one Reference, or it does not refer to the element that envelops the signature. */
  | 'xml-signature/reference'
  /** The transforms are not enveloped-signature, then exclusive C14N without comments. */
  | 'xml-signature/transforms'
  /** The digest algorithm is not SHA-256, SHA-384 or SHA-512. */
  | 'xml-signature/digest-method'
  /** The caller's function found no key. */
  | 'xml-signature/unknown-key'
  /** The key does not fit the signature's algorithm. */
  | 'xml-signature/key-mismatch'
  /** The signature over SignedInfo is wrong. */
  | 'xml-signature/signature'
  /** The element differs from the signed one. */
  | 'xml-signature/digest'

/** The signature's information about its key, not verified. */
export interface KeyHint {
  /** The identifier of the signature algorithm. */
  readonly algorithm: string
  /** The X509Certificate elements of KeyInfo as DER, in the order of the document. */
  readonly certificates: readonly Uint8Array<ArrayBuffer>[]
}

/** A key of the kind that the algorithm takes: a `CryptoKey` for the algorithms of WebCrypto. */
export type SignatureKey = object

type KeyResolver = (hint: KeyHint) => SignatureKey | undefined | Promise<SignatureKey | undefined>

export interface VerifyOptions {
  /** The signed element, somewhere in the document; the document element by default. */
  readonly target?: XmlElement
  /** The trusted public key, or a function that finds one. KeyInfo is read for such a function only. */
  readonly key: SignatureKey | KeyResolver
  /** Default: `webCryptoAlgorithms`. */
  readonly algorithms?: readonly SignatureAlgorithm[]
  /** Default: `DEFAULT_ID_ATTRIBUTES`. */
  readonly idAttributes?: readonly IdAttribute[]
  /** The limits for the parts that are parsed again. */
  readonly limits?: ParseOptions
}

export type SignatureVerification =
  | {
      readonly valid: true
      /** The signed element without its signature, parsed from `octets`, so that nothing unsigned is in it. Use only this. */
      readonly element: XmlElement
      /** The canonical form, which the digest covers. */
      readonly octets: Uint8Array<ArrayBuffer>
      /** The identifier of the signature algorithm. */
      readonly algorithm: string
    }
  | { readonly valid: false; readonly code: SignatureRefusal }

/**
 * Verifies the enveloped signature that is a child of `target` and covers all of it. A signature of any other shape is
 * refused with a code. `document` is the whole document, in which identifiers must be unique. Throws `InvalidInputError`
 * (`xml-signature/target`) for a target that is not in it, `XmlError` where limits are exceeded, and what the caller's
 * function throws. (XML Signature Syntax and Processing, section 3.2.)
 */
export async function verifySignature(document: XmlElement, options: VerifyOptions): Promise<SignatureVerification> {
  try {
    return await verify(document, options)
  } catch (error) {
    if (error instanceof Refused) return { valid: false, code: error.code }
    throw error
  }
}

class Refused extends Error {
  readonly code: SignatureRefusal

  constructor(code: SignatureRefusal) {
    super(code)
    this.code = code
  }
}

async function verify(document: XmlElement, options: VerifyOptions): Promise<SignatureVerification> {
  const { target = document, algorithms = webCryptoAlgorithms, limits = {} } = options
  const idAttributes = options.idAttributes ?? DEFAULT_ID_ATTRIBUTES
  const maxBytes = limits.maxBytes ?? DEFAULT_LIMITS.maxBytes
  const [contains, unique] = survey(document, target, idAttributes)
  if (!contains) throw new InvalidInputError('xml-signature/target', 'The target is not an element of the document.')
  if (!unique) throw new Refused('xml-signature/duplicate-id')

  const [signature, ...others] = signaturesOf(target)
  if (signature === undefined) throw new Refused('xml-signature/missing')
  if (others.length > 0) throw new Refused('xml-signature/multiple')
  const parts = read(signature, 'Id')
  const received = parts.next('SignedInfo')
  const signatureValue = parts.next('SignatureValue')
  const keyInfo = parts.optional('KeyInfo')
  parts.end()
  expectAttributes(signatureValue, ['Id'], RULES)

  // From here on SignedInfo is read from the octets that its signature covers.
  const [method] = new ElementReader(received, RULES, 'any').rest()
  const signedInfoOctets = canonicalize(received, {
    inclusivePrefixes: exclusiveC14n(method, 'xml-signature/canonicalization'),
    maxBytes,
  })
  const signedInfo = read(parseXml(signedInfoOctets, limits), 'Id')
  signedInfo.next('CanonicalizationMethod')
  const signatureMethod = read(signedInfo.next('SignatureMethod'), 'Algorithm')
  const algorithm = algorithms.find(({ identifier }) => identifier === algorithmOf(signatureMethod))
  if (algorithm === undefined) throw new Refused('xml-signature/algorithm')
  signatureMethod.end()

  const references = signedInfo.rest()
  if (references.length !== 1) throw new Refused('xml-signature/reference')
  const reference = read(named(references[0], 'Reference', 'xml-signature/structure'), 'Id', 'URI')
  const uri = reference.element.attribute('URI')
  const uris = identifiersOf(target, idAttributes).flatMap((id) => (USABLE_ID.test(id) ? `#${id}` : []))
  if (target === document) uris.push('')
  if (uri === undefined || !uris.includes(uri)) throw new Refused('xml-signature/reference')

  const transforms = named(reference.optional('Transforms'), 'Transforms', 'xml-signature/transforms')
  const inclusivePrefixes = envelopedThenExclusiveC14n(transforms)
  const digestMethod = read(reference.next('DigestMethod'), 'Algorithm')
  const digestIdentifier = algorithmOf(digestMethod)
  const digest = (Object.keys(DIGESTS) as DigestName[]).find((name) => DIGESTS[name] === digestIdentifier)
  if (digest === undefined) throw new Refused('xml-signature/digest-method')
  const digestValue = reference.next('DigestValue')
  expectAttributes(digestValue, [], RULES)
  digestMethod.end()
  reference.end()

  const key = await findKey(options.key, algorithm.identifier, keyInfo)
  if (!algorithm.accepts(key, 'verify')) throw new Refused('xml-signature/key-mismatch')
  if (!(await algorithm.verify(key, base64Of(signatureValue), signedInfoOctets))) {
    throw new Refused('xml-signature/signature')
  }

  const signed = target.withChildren(target.children.filter((child) => child !== signature))
  const octets = canonicalize(signed, { inclusivePrefixes, maxBytes })
  const actual = new Uint8Array(await subtle().digest(digest, octets))
  if (encodeBase64(actual) !== encodeBase64(base64Of(digestValue))) throw new Refused('xml-signature/digest')
  return { valid: true, element: parseXml(octets, limits), octets, algorithm: algorithm.identifier }
}

export interface SignOptions {
  /** The private key. */
  readonly key: SignatureKey
  readonly algorithm: SignatureAlgorithm
  /** Default: SHA-256. */
  readonly digest?: DigestName
  /** DER certificates for KeyInfo, the signer's first. Default: no KeyInfo. */
  readonly certificates?: readonly Uint8Array[]
  /** Default: `DEFAULT_ID_ATTRIBUTES`. */
  readonly idAttributes?: readonly IdAttribute[]
}

/**
 * Adds an enveloped signature as the last child. Its Reference is `#` and the element's first identifier; without one it is
 * empty, and the element must be a document of its own. Throws `InvalidInputError`: `xml-signature/already-signed`,
 * `xml-signature/duplicate-id`, `xml-signature/unusable-id`, `xml-signature/key-mismatch`.
 */
export async function signEnveloped(element: XmlElement, options: SignOptions): Promise<XmlElement> {
  const { key, algorithm, digest = 'SHA-256', certificates = [], idAttributes = DEFAULT_ID_ATTRIBUTES } = options
  if (signaturesOf(element).length > 0) {
    throw new InvalidInputError('xml-signature/already-signed', 'The element already has a signature.')
  }
  const [, unique] = survey(element, element, idAttributes)
  if (!unique) throw new InvalidInputError('xml-signature/duplicate-id', 'Two elements have the same identifier.')
  const id = identifiersOf(element, idAttributes)[0]
  if (id !== undefined && !USABLE_ID.test(id)) {
    throw new InvalidInputError(
      'xml-signature/unusable-id',
      'The identifier cannot stand in a same-document reference.',
    )
  }
  if (!algorithm.accepts(key, 'sign')) {
    throw new InvalidInputError('xml-signature/key-mismatch', 'The key is not a private key for the algorithm.')
  }

  const ds = vocabulary('ds', DSIG_NAMESPACE)
  const digestValue = new Uint8Array(await subtle().digest(digest, canonicalize(element)))
  const signedInfo = ds(
    'SignedInfo',
    {},
    ds('CanonicalizationMethod', { Algorithm: EXCLUSIVE_C14N }),
    ds('SignatureMethod', { Algorithm: algorithm.identifier }),
    ds(
      'Reference',
      { URI: id === undefined ? '' : `#${id}` },
      ds(
        'Transforms',
        {},
        ds('Transform', { Algorithm: ENVELOPED_SIGNATURE }),
        ds('Transform', { Algorithm: EXCLUSIVE_C14N }),
      ),
      ds('DigestMethod', { Algorithm: DIGESTS[digest] }),
      ds('DigestValue', {}, encodeBase64(digestValue)),
    ),
  )
  const signatureValue = await algorithm.sign(key, canonicalize(signedInfo))
  const x509 = certificates.map((der) => ds('X509Certificate', {}, encodeBase64(der)))
  const signature = ds(
    'Signature',
    {},
    signedInfo,
    ds('SignatureValue', {}, encodeBase64(signatureValue)),
    x509.length === 0 ? undefined : ds('KeyInfo', {}, ds('X509Data', {}, ...x509)),
  )
  return element.withChildren([...element.children, signature])
}

function signaturesOf(element: XmlElement): XmlElement[] {
  return element.elements.filter((child) => child.is(DSIG_NAMESPACE, 'Signature'))
}

/** Whether the target is in the document, and whether its identifiers are all different. */
function survey(
  document: XmlElement,
  target: XmlElement,
  idAttributes: readonly IdAttribute[],
): [contains: boolean, unique: boolean] {
  const ids = new Set<string>()
  let contains = false
  let unique = true
  const pending = [document]
  for (let element = pending.pop(); element !== undefined; element = pending.pop()) {
    contains ||= element === target
    for (const id of identifiersOf(element, idAttributes)) {
      unique &&= !ids.has(id)
      ids.add(id)
    }
    for (const child of element.elements) pending.push(child)
  }
  return [contains, unique]
}

function identifiersOf(element: XmlElement, idAttributes: readonly IdAttribute[]): string[] {
  return idAttributes.flatMap(({ namespace, localName }) => element.attribute(localName, namespace) ?? [])
}

async function findKey(
  key: SignatureKey | KeyResolver,
  algorithm: string,
  keyInfo: XmlElement | undefined,
): Promise<SignatureKey> {
  if (typeof key !== 'function') return key
  const certificates = (keyInfo?.elements ?? [])
    .filter((data) => data.is(DSIG_NAMESPACE, 'X509Data'))
    .flatMap((data) => data.elements.filter((child) => child.is(DSIG_NAMESPACE, 'X509Certificate')))
    .map(base64Of)
  const found = await (key as KeyResolver)({ algorithm, certificates })
  if (found === undefined) throw new Refused('xml-signature/unknown-key')
  return found
}

/** The PrefixList of a method or transform that must be exclusive C14N without comments. */
function exclusiveC14n(element: XmlElement | undefined, otherwise: SignatureRefusal): string[] {
  const method = element && read(element, 'Algorithm')
  if (method === undefined || algorithmOf(method) !== EXCLUSIVE_C14N) throw new Refused(otherwise)
  const [inclusiveNamespaces, ...surplus] = method.rest()
  if (inclusiveNamespaces === undefined) return []
  if (!inclusiveNamespaces.is(EXCLUSIVE_C14N, 'InclusiveNamespaces') || surplus.length > 0) throw new Refused(otherwise)
  expectAttributes(inclusiveNamespaces, ['PrefixList'], RULES)
  const list = inclusiveNamespaces.attribute('PrefixList') ?? ''
  const prefixes = list.split(/[\t\n\r ]+/).filter((prefix) => prefix !== '')
  const wellFormed = prefixes.every((prefix) => prefix === '#default' || isNCName(prefix))
  if (inclusiveNamespaces.children.length > 0 || prefixes.length > MAX_INCLUSIVE_PREFIXES || !wellFormed) {
    throw new Refused(otherwise)
  }
  return prefixes
}

/** The PrefixList of the second transform. */
function envelopedThenExclusiveC14n(transforms: XmlElement): string[] {
  const [first, second, ...surplus] = read(transforms).rest()
  const enveloped = read(named(first, 'Transform', 'xml-signature/transforms'), 'Algorithm')
  const c14n = named(second, 'Transform', 'xml-signature/transforms')
  const isEnveloped = algorithmOf(enveloped) === ENVELOPED_SIGNATURE && enveloped.rest().length === 0
  if (!isEnveloped || surplus.length > 0) throw new Refused('xml-signature/transforms')
  return exclusiveC14n(c14n, 'xml-signature/transforms')
}

/** Comments are ignored, as canonicalisation leaves them out. */
const RULES: ReaderRules = {
  namespace: DSIG_NAMESPACE,
  refuse: () => new Refused('xml-signature/structure'),
  comments: true,
}

/** Reads an element that may have these attributes. */
function read(element: XmlElement, ...attributes: readonly string[]): ElementReader {
  return new ElementReader(element, RULES, attributes)
}

function named(element: XmlElement | undefined, localName: string, otherwise: SignatureRefusal): XmlElement {
  if (element?.is(DSIG_NAMESPACE, localName) !== true) throw new Refused(otherwise)
  return element
}

function algorithmOf({ element }: ElementReader): string {
  return element.attribute('Algorithm') ?? ''
}

function base64Of(element: XmlElement): Uint8Array<ArrayBuffer> {
  const octets = element.text === undefined ? undefined : decodeBase64(element.text)
  if (octets === undefined || octets.length === 0) throw new Refused('xml-signature/structure')
  return octets
}

/** A copy of an element without the signatures that are its children. */
export function withoutSignature(element: XmlElement): XmlElement {
  return element.withChildren(
    element.children.filter(
      (child) => typeof child === 'string' || !('is' in child && child.is(DSIG_NAMESPACE, 'Signature')),
    ),
  )
}
