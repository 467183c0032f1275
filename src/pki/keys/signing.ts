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
  /** What it hashes with: DigestAlgorithm of a CMS SignerInfo. */
  readonly digest: DigestName
  /** A signature as X.509 has them (ECDSA and DSA: a SEQUENCE of two INTEGERs). */
  sign(octets: Octets): Promise<Octets>
}

/** A signature with what is needed to verify it, each as it stood in the DER. */
export interface SignatureToVerify {
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Octets
  /** AlgorithmIdentifier, DER. */
  readonly signatureAlgorithm: Octets
  readonly signature: Octets
  /** What was signed. */
  readonly octets: Octets
}

/** Verifies signatures of every algorithm that is accepted; which these are is decided when it is made. */
export interface SignatureVerifier {
  /** False for wrong and malformed signatures, for keys and algorithms that are not accepted or do not go together. */
  verify(signature: SignatureToVerify): Promise<boolean>
}
