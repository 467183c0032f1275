import { equalOctets } from '../../uprove/octets.js'
import type { Certificate } from './certificate.js'
import { DerError, readDer, TAG, type DerValue } from './der.js'

/** Signature algorithms of certificates by OID: RSA (PKCS #1 v1.5) and ECDSA, with SHA-2. */
const ALGORITHMS: Readonly<Record<string, readonly [name: 'RSASSA-PKCS1-v1_5' | 'ECDSA', hash: string]>> = {
  '1.2.840.113549.1.1.11': ['RSASSA-PKCS1-v1_5', 'SHA-256'],
  '1.2.840.113549.1.1.12': ['RSASSA-PKCS1-v1_5', 'SHA-384'],
  '1.2.840.113549.1.1.13': ['RSASSA-PKCS1-v1_5', 'SHA-512'],
  '1.2.840.10045.4.3.2': ['ECDSA', 'SHA-256'],
  '1.2.840.10045.4.3.3': ['ECDSA', 'SHA-384'],
  '1.2.840.10045.4.3.4': ['ECDSA', 'SHA-512'],
}
const CURVES: Readonly<Record<string, readonly [name: string, octets: number]>> = {
  '1.2.840.10045.3.1.7': ['P-256', 32],
  '1.3.132.0.34': ['P-384', 48],
  '1.3.132.0.35': ['P-521', 66],
}
const KEY_ALGORITHMS = { 'RSASSA-PKCS1-v1_5': '1.2.840.113549.1.1.1', ECDSA: '1.2.840.10045.2.1' }

const MIN_RSA_BITS = 2048
const MAX_LENGTH = 8
/** Signatures that are verified for one path at most: certificates that certify each other make many paths. */
const MAX_VERIFICATIONS = 32
/** Bits of KeyUsage. */
const DIGITAL_SIGNATURE = 0
const KEY_CERT_SIGN = 5
const ANY_EXTENDED_KEY_USAGE = '2.5.29.37.0'

export interface PathOptions {
  readonly anchors: readonly Certificate[]
  /** Certificates that may be between the signer's and an anchor. */
  readonly others: readonly Certificate[]
  /** The purpose that the signer's certificate must have. */
  readonly extendedKeyUsage: string
  readonly at: Date
  /** Asked for each certificate of a path but the anchor. */
  readonly isRevoked: (certificate: Certificate, issuer: Certificate) => boolean | Promise<boolean>
}

/**
 * Whether a path of valid certificates leads from the signer's to an anchor, and the signer's may sign for the purpose
 * (RFC 5280, section 6, without policies and name constraints: certificates with what is not supported are refused).
 * An anchor may itself be the signer's certificate.
 */
export async function isTrusted(signer: Certificate, options: PathOptions): Promise<boolean> {
  const { extendedKeyUsage, at } = options
  const usable = signer.keyUsage?.[DIGITAL_SIGNATURE] ?? true
  if (!usable || signer.extendedKeyUsage?.includes(extendedKeyUsage) !== true || signer.isCa) return false
  if (!isValidAt(signer, at)) return false
  if (options.anchors.some(({ der }) => equalOctets(der, signer.der))) return true
  return leadsToAnchor(signer, [signer], options, { left: MAX_VERIFICATIONS })
}

/** Extends a path of certificates, whose last is `certificate`, until an anchor has signed it. */
async function leadsToAnchor(
  certificate: Certificate,
  path: readonly Certificate[],
  options: PathOptions,
  verifications: { left: number },
): Promise<boolean> {
  const { anchors, others, isRevoked } = options
  for (const issuer of [...anchors, ...others]) {
    if (!equalOctets(issuer.subject, certificate.issuer) || !mayIssue(issuer, path.length - 1, options)) continue
    if (--verifications.left < 0) return false
    if (!(await isSignedBy(certificate, issuer)) || (await isRevoked(certificate, issuer))) continue
    if (anchors.includes(issuer)) return true
    const longer = [...path, issuer]
    if (path.includes(issuer) || longer.length > MAX_LENGTH) continue
    if (await leadsToAnchor(issuer, longer, options, verifications)) return true
  }
  return false
}

/** @param below the intermediate certificates between this one and the signer's. */
function mayIssue(issuer: Certificate, below: number, { at, extendedKeyUsage }: PathOptions): boolean {
  const usages = issuer.extendedKeyUsage
  return (
    issuer.isCa &&
    isValidAt(issuer, at) &&
    (issuer.pathLength ?? below) >= below &&
    (issuer.keyUsage?.[KEY_CERT_SIGN] ?? true) &&
    (usages === undefined || usages.includes(extendedKeyUsage) || usages.includes(ANY_EXTENDED_KEY_USAGE))
  )
}

function isValidAt({ notBefore, notAfter, hasUnknownCritical }: Certificate, at: Date): boolean {
  return !hasUnknownCritical && notBefore <= at && at <= notAfter
}

async function isSignedBy(certificate: Certificate, issuer: Certificate): Promise<boolean> {
  const [name, hash] = ALGORITHMS[certificate.signatureAlgorithm] ?? []
  if (name === undefined || hash === undefined) return false
  const key = await importPublicKey(issuer, name, hash)
  if (key === undefined) return false
  const [, width] = CURVES[issuer.curve ?? ''] ?? []
  const signature = name === 'ECDSA' ? fixedWidthSignature(certificate.signature, width!) : certificate.signature
  return signature !== undefined && crypto.subtle.verify({ name, hash }, key, signature, certificate.signed)
}

/** A certificate's key for an algorithm and a hash of WebCrypto; undefined if it is none for it, or too weak. */
export async function importPublicKey(
  { publicKey, keyAlgorithm, curve }: Certificate,
  name: 'RSASSA-PKCS1-v1_5' | 'ECDSA',
  hash: string,
): Promise<CryptoKey | undefined> {
  if (keyAlgorithm !== KEY_ALGORITHMS[name]) return undefined
  const [namedCurve] = CURVES[curve ?? ''] ?? []
  if (name === 'ECDSA' && namedCurve === undefined) return undefined
  const parameters = name === 'ECDSA' ? { name, namedCurve: namedCurve! } : { name, hash }
  try {
    const key = await crypto.subtle.importKey('spki', publicKey, parameters, false, ['verify'])
    const strong = name === 'ECDSA' || (key.algorithm as RsaHashedKeyAlgorithm).modulusLength >= MIN_RSA_BITS
    return strong ? key : undefined
  } catch (error) {
    // A key that the platform cannot read: WebCrypto says so with these.
    if (error instanceof DOMException || error instanceof TypeError) return undefined
    throw error
  }
}

/** An ECDSA signature of a certificate, two INTEGERs, as WebCrypto wants it: r and s side by side. */
function fixedWidthSignature(der: Uint8Array<ArrayBuffer>, width: number): Uint8Array<ArrayBuffer> | undefined {
  try {
    const reader = readDer(der)
    const numbers = [reader.next(TAG.integer), reader.next(TAG.integer)]
    reader.end()
    const signature = new Uint8Array(2 * width)
    numbers.forEach(({ contents }: DerValue, i) => {
      const minimal = contents[0] === 0 ? contents.subarray(1) : contents
      if (minimal.length > width) throw new DerError('integer')
      signature.set(minimal, (i + 1) * width - minimal.length)
    })
    return signature
  } catch (error) {
    if (error instanceof DerError) return undefined
    throw error
  }
}
