import { subtle } from '../../bindings/octets/platform.js'
/** A signature algorithm. `VerifyOptions.algorithms` takes further ones beside those below. */
export interface SignatureAlgorithm {
  /** The URI that names it in SignatureMethod. */
  readonly identifier: string
  /** Whether a key fits this algorithm and this use. Only such keys are passed on. */
  accepts(key: object, use: 'sign' | 'verify'): boolean
  /** The signature in the encoding of XML signatures (ECDSA and DSA: r and s, each at full width). */
  sign(key: object, octets: Uint8Array<ArrayBuffer>): Promise<Uint8Array>
  /** Whether the signature is one over the octets. False for a malformed one, too. */
  verify(key: object, signature: Uint8Array<ArrayBuffer>, octets: Uint8Array<ArrayBuffer>): Promise<boolean>
}

type Hash = 'SHA-256' | 'SHA-384' | 'SHA-512'

/** An algorithm of WebCrypto; its keys are `CryptoKey`s. */
function provided(identifier: string, name: 'RSASSA-PKCS1-v1_5' | 'ECDSA', hash: Hash): SignatureAlgorithm {
  const parameters = { name, hash }
  return {
    identifier,
    accepts(key, use) {
      const { usages, algorithm } = key as Partial<CryptoKey>
      if (usages?.includes(use) !== true) return false
      // An RSA key is bound to a hash when it is imported; an EC key is not.
      return algorithm?.name === name && (name === 'ECDSA' || (algorithm as RsaHashedKeyAlgorithm).hash.name === hash)
    },
    async sign(key, octets) {
      return new Uint8Array(await subtle().sign(parameters, key as CryptoKey, octets))
    },
    verify: (key, signature, octets) => subtle().verify(parameters, key as CryptoKey, signature, octets),
  }
}

const MORE = 'http://www.w3.org/2001/04/xmldsig-more#'

export const rsaSha256 = provided(`${MORE}rsa-sha256`, 'RSASSA-PKCS1-v1_5', 'SHA-256')
export const rsaSha384 = provided(`${MORE}rsa-sha384`, 'RSASSA-PKCS1-v1_5', 'SHA-384')
export const rsaSha512 = provided(`${MORE}rsa-sha512`, 'RSASSA-PKCS1-v1_5', 'SHA-512')
export const ecdsaSha256 = provided(`${MORE}ecdsa-sha256`, 'ECDSA', 'SHA-256')
export const ecdsaSha384 = provided(`${MORE}ecdsa-sha384`, 'ECDSA', 'SHA-384')
export const ecdsaSha512 = provided(`${MORE}ecdsa-sha512`, 'ECDSA', 'SHA-512')

export const webCryptoAlgorithms: readonly SignatureAlgorithm[] = [
  rsaSha256,
  rsaSha384,
  rsaSha512,
  ecdsaSha256,
  ecdsaSha384,
  ecdsaSha512,
]
