import { equalOctets, wipe, type Octets } from '../../../bindings/octets/octets.js'
import { DerReader, explicit, nullValue, octetString, oid, readDer, sequence } from '../asn1/der.js'
import { PkiError } from '../errors.js'
import { acceptedBy, importPrivateKey } from '../keys/keys.js'
import { HASHES, KEY_ALGORITHM, readAlgorithm, readDigestAlgorithm, type HashName } from '../keys/algorithms.js'
import { subtle } from '../../../bindings/octets/platform.js'

/** How a key is encrypted with RSA: the mask generation function of OAEP is MGF1 with the same hash, its label is empty. */
export type KeyTransport =
  { readonly name: 'RSAES-OAEP'; readonly hash: HashName } | { readonly name: 'RSAES-PKCS1-v1_5' }

const OAEP = '1.2.840.113549.1.1.7'
const MGF1 = '1.2.840.113549.1.1.8'
const SPECIFIED = '1.2.840.113549.1.1.9'

/**
 * The KeyEncryptionAlgorithmIdentifier (DER); undefined for others. Throws `PkiError` (`pki/not-der`, `pki/structure`).
 * RFC 3370, section 4.2.1; RFC 3560; RFC 4055, section 4.1
 */
export function readKeyTransport(der: Octets): KeyTransport | undefined {
  const { algorithm, parameters } = readAlgorithm(der)
  if (algorithm === KEY_ALGORITHM.rsa) return { name: 'RSAES-PKCS1-v1_5' }
  if (algorithm !== OAEP) return undefined
  const reader = parameters.length === 0 ? new DerReader(parameters) : readDer(parameters)
  const [hashField, maskField, sourceField] = [0xa0, 0xa1, 0xa2].map((tag) => reader.optional(tag)?.contents)
  reader.end()
  const hash = hashField === undefined ? 'SHA-1' : readDigestAlgorithm(hashField)
  const mask = maskField && readAlgorithm(maskField)
  const maskHash = mask === undefined ? 'SHA-1' : readDigestAlgorithm(mask.parameters)
  const isMgf1 = mask === undefined || mask.algorithm === MGF1
  return hash !== undefined && hash === maskHash && isMgf1 && isEmptyLabel(sourceField)
    ? { name: 'RSAES-OAEP', hash }
    : undefined
}

function isEmptyLabel(source: Octets | undefined): boolean {
  if (source === undefined) return true
  const { algorithm, parameters } = readAlgorithm(source)
  return algorithm === SPECIFIED && equalOctets(parameters, octetString(new Uint8Array()))
}

/** RSAES-OAEP with a hash, DER. */
export function oaepAlgorithm(hash: Exclude<HashName, 'SHA-1'>): Octets {
  const hashAlgorithm = sequence(oid(HASHES[hash].oid), nullValue())
  return sequence(oid(OAEP), sequence(explicit(0, hashAlgorithm), explicit(1, sequence(oid(MGF1), hashAlgorithm))))
}

/** A private key that decrypts the keys of messages: in memory, or in an HSM. */
export interface DecryptionKey {
  /** SubjectPublicKeyInfo of the public key, DER. RSA. */
  readonly publicKey: Octets
  /**
   * The ways of encryption that it takes part in. PKCS #1 v1.5 only where the platform rejects wrong padding implicitly, that is
   * with octets that look random (RFC 3218, section 2.3.2): any other difference gives the messages away (Bleichenbacher).
   */
  readonly transports: readonly KeyTransport['name'][]
  /** What was encrypted; the caller wipes it. Undefined if it cannot be decrypted. Throws only if it fails itself. */
  decrypt(transport: KeyTransport, encrypted: Octets): Promise<Octets | undefined>
}

/**
 * A decryption key from PrivateKeyInfo, DER (PKCS#8), for RSAES-OAEP, on WebCrypto. Throws `PkiError` (`pki/key`, `pki/not-der`,
 * `pki/structure`) unless it is an RSA key.
 *
 * @example
 * ```ts
 * import { decodePem, encodePem, generateKey, importDecryptionKey } from 'uprove-wasm/pki'
 *
 * const exchange = await generateKey('RSA-2048', { extractable: true })
 * const pem = encodePem('PRIVATE KEY', await exchange.exportPrivateKey())
 *
 * const key = await importDecryptionKey(decodePem('PRIVATE KEY', pem))
 * console.log(key.transports) // [ 'RSAES-OAEP' ]
 * ```
 */
export async function importDecryptionKey(pkcs8: Uint8Array): Promise<DecryptionKey> {
  const hashes: readonly HashName[] = ['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512']
  const octets = new Uint8Array(pkcs8)
  try {
    const { publicKey } = await importPrivateKey(octets)
    const keys = new Map(
      await Promise.all(
        hashes.map(async (hash) => {
          const algorithm = { name: 'RSA-OAEP', hash }
          const key = await acceptedBy(subtle().importKey('pkcs8', octets, algorithm, false, ['decrypt']))
          if (key === undefined) throw new PkiError('pki/key')
          return [hash, key] as const
        }),
      ),
    )
    return {
      publicKey,
      transports: ['RSAES-OAEP'],
      async decrypt(transport, encrypted) {
        const key = transport.name === 'RSAES-OAEP' ? keys.get(transport.hash) : undefined
        const decrypted = key && (await acceptedBy(subtle().decrypt('RSA-OAEP', key, encrypted)))
        return decrypted && new Uint8Array(decrypted)
      },
    }
  } finally {
    wipe(octets)
  }
}
