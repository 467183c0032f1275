import {
  DerError,
  DerReader,
  readBits,
  readDer,
  readNamedBits,
  readOid,
  readSmallInteger,
  readTime,
  TAG,
  type DerValue,
} from './der.js'

/** What of an X.509 certificate a path and its purpose depend on (RFC 5280, section 4). Nothing in it is verified. */
export interface Certificate {
  readonly der: Uint8Array<ArrayBuffer>
  /** TBSCertificate, which the signature is over. */
  readonly signed: Uint8Array<ArrayBuffer>
  /** The OID of the signature algorithm. */
  readonly signatureAlgorithm: string
  readonly signature: Uint8Array<ArrayBuffer>
  /** Names as DER, compared octet by octet. */
  readonly issuer: Uint8Array<ArrayBuffer>
  readonly subject: Uint8Array<ArrayBuffer>
  readonly notBefore: Date
  readonly notAfter: Date
  /** SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array<ArrayBuffer>
  /** The OID of the key's algorithm, and of its curve if it has one. */
  readonly keyAlgorithm: string
  readonly curve: string | undefined
  readonly isCa: boolean
  readonly pathLength: number | undefined
  /** The bits of KeyUsage; undefined if there is none. */
  readonly keyUsage: readonly boolean[] | undefined
  /** The OIDs of ExtendedKeyUsage; undefined if there is none. */
  readonly extendedKeyUsage: readonly string[] | undefined
  /** SubjectAltName. */
  readonly uris: readonly string[]
  readonly dnsNames: readonly string[]
  /** Whether it has something critical that is not understood here. */
  readonly hasUnknownCritical: boolean
}

interface Extensions {
  isCa: boolean
  pathLength: number | undefined
  keyUsage: readonly boolean[] | undefined
  extendedKeyUsage: readonly string[] | undefined
  uris: readonly string[]
  dnsNames: readonly string[]
  hasUnknownCritical: boolean
}

const text = (octets: Uint8Array): string => new TextDecoder('ascii').decode(octets)

/** GeneralName, section 4.2.1.6. */
const DNS_NAME = 0x82
const URI = 0x86

/** Undefined for what is no certificate of X.509 version 3 in DER. */
export function parseCertificate(der: Uint8Array): Certificate | undefined {
  try {
    return read(der.slice())
  } catch (error) {
    if (error instanceof DerError) return undefined
    throw error
  }
}

function read(der: Uint8Array<ArrayBuffer>): Certificate {
  const outer = readDer(der)
  const signed = outer.next(TAG.sequence)
  const outerAlgorithm = outer.next(TAG.sequence)
  const signature = readBits(outer.next(TAG.bitString))
  outer.end()

  const inner = readDer(signed.encoded)
  const version = inner.enter(0xa0).next(TAG.integer)
  if (readSmallInteger(version) !== 2) throw new DerError('version')
  inner.next(TAG.integer)
  const innerAlgorithm = inner.next(TAG.sequence)
  // What the signature covers must say the same as what does not.
  if (text(innerAlgorithm.encoded) !== text(outerAlgorithm.encoded)) throw new DerError('algorithm')
  const issuer = inner.next(TAG.sequence).encoded
  const validity = inner.enter()
  const [notBefore, notAfter] = [readTime(validity.next()), readTime(validity.next())]
  validity.end()
  const subject = inner.next(TAG.sequence).encoded
  const publicKey = inner.next(TAG.sequence).encoded
  inner.optional(0x81)
  inner.optional(0x82)
  const extensionList = inner.optional(0xa3)
  inner.end()

  const key = readDer(publicKey).enter()
  const keyAlgorithm = readOid(key.next(TAG.oid))
  const curve = key.optional(TAG.oid)
  return {
    ...{ der, signed: signed.encoded, signature, issuer, subject, notBefore, notAfter, publicKey, keyAlgorithm },
    signatureAlgorithm: readOid(readDer(outerAlgorithm.encoded).next(TAG.oid)),
    curve: curve && readOid(curve),
    ...readExtensions(extensionList),
  }
}

function readExtensions(list: DerValue | undefined): Extensions {
  const extensions: Extensions = {
    isCa: false,
    pathLength: undefined,
    keyUsage: undefined,
    extendedKeyUsage: undefined,
    uris: [],
    dnsNames: [],
    hasUnknownCritical: false,
  }
  const seen = new Set<string>()
  for (const entry of list === undefined ? [] : readDer(list.contents).rest(TAG.sequence)) {
    const reader = readDer(entry.encoded)
    const oid = readOid(reader.next(TAG.oid))
    const critical = reader.optional(TAG.boolean)?.contents[0] === 0xff
    const value = reader.next(TAG.octetString).contents
    reader.end()
    if (seen.has(oid)) throw new DerError('duplicate extension')
    seen.add(oid)
    const known = readExtension(oid, value, extensions)
    extensions.hasUnknownCritical ||= critical && !known
  }
  return extensions
}

/** Whether the extension is one that is understood. Sections 4.2.1.3, 4.2.1.6, 4.2.1.9, 4.2.1.12. */
function readExtension(oid: string, value: Uint8Array<ArrayBuffer>, extensions: Extensions): boolean {
  switch (oid) {
    case '2.5.29.15':
      extensions.keyUsage = readNamedBits(onlyValue(value, TAG.bitString))
      return true
    case '2.5.29.17': {
      const names = readDer(value).rest()
      const ofTag = (tag: number): string[] => names.filter((n) => n.tag === tag).map((n) => text(n.contents))
      extensions.uris = ofTag(URI)
      extensions.dnsNames = ofTag(DNS_NAME)
      return true
    }
    case '2.5.29.19':
      readBasicConstraints(readDer(value), extensions)
      return true
    case '2.5.29.37':
      extensions.extendedKeyUsage = readDer(value).rest(TAG.oid).map(readOid)
      return true
    default:
      return false
  }
}

function readBasicConstraints(reader: DerReader, extensions: Extensions): void {
  extensions.isCa = reader.optional(TAG.boolean)?.contents[0] === 0xff
  const pathLength = reader.optional(TAG.integer)
  reader.end()
  extensions.pathLength = pathLength && readSmallInteger(pathLength)
}

function onlyValue(octets: Uint8Array<ArrayBuffer>, tag: number): DerValue {
  const reader = new DerReader(octets)
  const value = reader.next(tag)
  reader.end()
  return value
}
