import { HASHES, KEY_ALGORITHM, readSignatureAlgorithm, signerAlgorithm, type HashName } from '../keys/algorithms.js'
import { nullValue, oid, sequence } from '../asn1/der.js'
import type { Octets } from '../keys/signing.js'

export async function digest(hash: HashName, octets: Octets): Promise<Octets> {
  return new Uint8Array(await crypto.subtle.digest(hash, octets))
}

/** DigestAlgorithmIdentifier with the NULL that Windows writes; to be accepted with and without (RFC 5754, section 2). */
export const digestIdentifier = (hash: HashName): Octets => sequence(oid(HASHES[hash].oid), nullValue())

/** The signature algorithm of a SignerInfo as certificates name it; undefined unless it hashes with the SignerInfo's digest. */
export function certificateAlgorithm(signatureAlgorithm: Octets, hash: HashName): Octets | undefined {
  const algorithm = signerAlgorithm(signatureAlgorithm, hash)
  return readSignatureAlgorithm(algorithm)?.hash === hash ? algorithm : undefined
}

/** The inverse: RSA with the padding of PKCS #1 v1.5 is named by its key, rsaEncryption (RFC 3370, section 3.2). */
export function nameForSigner(certificateAlgorithm: Octets): Octets {
  const isRsa = readSignatureAlgorithm(certificateAlgorithm)?.name === 'RSASSA-PKCS1-v1_5'
  return isRsa ? sequence(oid(KEY_ALGORITHM.rsa), nullValue()) : certificateAlgorithm
}
