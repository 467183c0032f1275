import type { Octets } from '../../../bindings/octets/octets.js'

/** Digests of signatures, as WebCrypto names them. */
export type DigestName = 'SHA-256' | 'SHA-384' | 'SHA-512'

/**
 * A private key that signs PKCS#10, certificates, CRLs and CMS: one of WebCrypto (RSA, ECDSA; the platform or an HSM keeps
 * it), or of DSA on the core. It signs with one algorithm, as keys of WebCrypto do.
 */
export interface SigningKey {
  /** SubjectPublicKeyInfo of the public key, DER (RFC 5280, section 4.1.2.7). */
  readonly publicKey: Octets
  /** AlgorithmIdentifier of its signatures, DER. */
  readonly signatureAlgorithm: Octets
  /** The digest of its signatures: DigestAlgorithm of a CMS SignerInfo. */
  readonly digest: DigestName
  /** A signature as X.509 has them (ECDSA and DSA: a SEQUENCE of two INTEGERs). */
  sign(octets: Octets): Promise<Octets>
}

/** A signature with the values needed to verify it, each as in the DER. */
export interface SignatureToVerify {
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Octets
  /** AlgorithmIdentifier, DER. */
  readonly signatureAlgorithm: Octets
  readonly signature: Octets
  /** The signed octets. */
  readonly octets: Octets
  /** Accept SHA-1 in this signature. Default: as the verifier does with all. */
  readonly allowSha1?: boolean
  /** Accept an RSA modulus of so many bits in this signature. Default: as the verifier does with all. */
  readonly minRsaBits?: number
}

/** Verifies signatures of every accepted algorithm. The set of algorithms is fixed when it is made. */
export interface SignatureVerifier {
  /** False for wrong and malformed signatures, and for keys and algorithms that are not accepted or do not match. */
  verify(signature: SignatureToVerify): Promise<boolean>
}
