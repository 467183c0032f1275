import { InvalidInputError, undefinedOn } from '../../../bindings/errors.js'
import type { Engine } from '../../../bindings/engine/engine.js'
import { parseCertificate, type Certificate } from '../../pki/x509/certificate.js'
import { DsaKey, DsaPublicKey } from '../../pki/keys/dsa.js'
import { DsaKeys } from '../../pki/keys/dsa-keys.js'
import { findPath, type PathOptions } from '../../pki/x509/path.js'
import { PkiError } from '../../pki/errors.js'
import { importPublicKey, signatureVerifier } from '../../pki/keys/keys.js'
import type { DigestName } from '../../pki/keys/signing.js'
import {
  ecdsaSha256,
  ecdsaSha384,
  ecdsaSha512,
  rsaSha256,
  rsaSha384,
  rsaSha512,
  webCryptoAlgorithms,
  type SignatureAlgorithm,
} from '../../xml/signature-algorithms.js'
import type { KeyHint, SignatureKey } from '../../xml/signature.js'
import type { Octets } from '../../../bindings/octets/octets.js'

/** DSA with SHA-256 on the core (XML Signature 1.1, section 6.4.1); its keys are `DsaKey` and `DsaPublicKey`. */
export const dsaSha256: SignatureAlgorithm = {
  identifier: 'http://www.w3.org/2009/xmldsig11#dsa-sha256',
  accepts: (key, use) =>
    use === 'sign' ? key instanceof DsaKey && key.digest === 'SHA-256' : key instanceof DsaPublicKey,
  sign: (key, octets) => Promise.resolve((key as DsaKey).signNumbers(octets)),
  verify: (key, signature, octets) => Promise.resolve((key as DsaPublicKey).verify(signature, octets, 'SHA-256')),
}

/** The purpose of a signature. */
export type SigningPurpose = 'issuer-parameters' | 'device-parameters'

/**
 * The extended key usages of certificates that sign for a purpose. A CA should grant each only by a profile of its own. Both
 * are UUIDs (X.667).
 */
export const EXTENDED_KEY_USAGE: Readonly<Record<SigningPurpose, string>> = {
  'issuer-parameters': '2.25.80431215331923866204540506039740046950',
  'device-parameters': '2.25.276210947154323492951890878943260482840',
}

/** A trusted signer. */
export interface Signer {
  /** The public key, of the kind that the signature's algorithm takes. */
  readonly key: SignatureKey
  /** The URIs and DNS names in the certificate's SubjectAltName. */
  readonly uris: readonly string[]
  readonly dnsNames: readonly string[]
}

/** Decides which signers are trusted. Implement it for a PKI of your own. */
export interface SignerTrust {
  /** The signer that the certificates of a signature name; undefined if it is not trusted for the purpose. */
  findSigner(hint: KeyHint, purpose: SigningPurpose): Promise<Signer | undefined>
  /** Further signature algorithms. Default: those of WebCrypto. */
  readonly algorithms?: readonly SignatureAlgorithm[]
}

export interface CertificateTrustOptions {
  /** Root or pinned certificates, in DER. */
  readonly anchors: readonly Uint8Array[]
  /** Default `EXTENDED_KEY_USAGE`. */
  readonly extendedKeyUsage?: Readonly<Record<SigningPurpose, string>>
  /** Verifies DSA signatures, of certificates and by them (`dsaSha256`). Default: DSA is refused. */
  readonly engine?: Engine
  /** The time at which certificates must be valid. Default: now. */
  readonly clock?: () => Date
  /** Whether a certificate was revoked, by its DER and its issuer's. Default: none is. */
  readonly isRevoked?: (certificate: Uint8Array, issuer: Uint8Array) => boolean | Promise<boolean>
}

const MAX_CERTIFICATES = 16

/** The algorithms of XML signatures whose keys a certificate can hold. */
const KEYS: Readonly<Record<string, readonly [name: 'RSASSA-PKCS1-v1_5' | 'ECDSA', hash: DigestName]>> = {
  [rsaSha256.identifier]: ['RSASSA-PKCS1-v1_5', 'SHA-256'],
  [rsaSha384.identifier]: ['RSASSA-PKCS1-v1_5', 'SHA-384'],
  [rsaSha512.identifier]: ['RSASSA-PKCS1-v1_5', 'SHA-512'],
  [ecdsaSha256.identifier]: ['ECDSA', 'SHA-256'],
  [ecdsaSha384.identifier]: ['ECDSA', 'SHA-384'],
  [ecdsaSha512.identifier]: ['ECDSA', 'SHA-512'],
}

/**
 * Trusts signers with an X.509 certificate that chains to an anchor and has the extended key usage of the purpose. The
 * signer's certificate is the first of the signature; the others may complete its path.
 *
 * Throws `InvalidInputError` (`trust/anchor`) for an anchor that is not a certificate.
 */
export function certificateTrust(options: CertificateTrustOptions): SignerTrust {
  const { extendedKeyUsage = EXTENDED_KEY_USAGE, clock = () => new Date(), isRevoked = () => false } = options
  const anchors = options.anchors.map((der) => {
    const anchor = certificateFrom(der)
    if (anchor === undefined) throw new InvalidInputError('trust/anchor', 'An anchor is not a certificate in DER.')
    return anchor
  })
  const { engine } = options
  const verifier = signatureVerifier({ engine })
  const dsaKeys = engine && new DsaKeys(engine)
  return {
    algorithms: engine && [...webCryptoAlgorithms, dsaSha256],
    async findSigner({ algorithm, certificates }, purpose) {
      if (certificates.length > MAX_CERTIFICATES) return undefined
      const [signer, ...others] = certificates.map(certificateFrom)
      if (signer === undefined) return undefined
      const trusted = await isTrusted(signer, {
        anchors,
        others: others.filter((other) => other !== undefined),
        extendedKeyUsage: extendedKeyUsage[purpose],
        at: clock(),
        verifier,
        isRevoked: (certificate: Certificate, issuer: Certificate) => isRevoked(certificate.der, issuer.der),
      })
      const key = trusted ? await keyFor(algorithm, signer.publicKey, dsaKeys) : undefined
      return key && { key, uris: signer.names.uris, dnsNames: signer.names.dnsNames }
    },
  }
}

/** A certificate's key for an algorithm of XML signatures; undefined if it does not fit. */
async function keyFor(
  algorithm: string,
  publicKey: Octets,
  dsaKeys: DsaKeys | undefined,
): Promise<SignatureKey | undefined> {
  if (algorithm === dsaSha256.identifier) return undefinedOn(PkiError, () => dsaKeys?.read(publicKey))
  const kind = KEYS[algorithm]
  return kind && importPublicKey(publicKey, ...kind)
}

/** The certificate in DER octets; undefined if they are not one. */
const certificateFrom = (der: Uint8Array): Certificate | undefined => undefinedOn(PkiError, () => parseCertificate(der))

/** Decides whether a signer may speak for the Issuer that parameters name (section 3.2.3). */
export type IdentityRule = (issuer: string, signer: Signer) => boolean

/** The default rule: the Issuer's URI is one of the certificate's, or its host is one of the certificate's DNS names. */
export const issuerOfCertificate: IdentityRule = (issuer, { uris, dnsNames }) => {
  if (uris.includes(issuer)) return true
  if (!URL.canParse(issuer)) return false
  const { protocol, hostname } = new URL(issuer)
  // URLs of these schemes always have a host.
  return ['http:', 'https:'].includes(protocol) && dnsNames.some((name) => name.toLowerCase() === hostname)
}

interface SignerPathOptions extends PathOptions {
  /** The purpose that the signer's certificate must have. */
  readonly extendedKeyUsage: string
}

/**
 * Whether a path of valid certificates leads from the signer's to an anchor, and the signer's may sign for the purpose. An anchor
 * may itself be the signer's certificate.
 */
async function isTrusted(signer: Certificate, options: SignerPathOptions): Promise<boolean> {
  const usable = signer.keyUsage?.has('digitalSignature') ?? true
  if (!usable || signer.extendedKeyUsage?.includes(options.extendedKeyUsage) !== true || signer.isCa) return false
  return (await findPath(signer, options)) !== undefined
}
