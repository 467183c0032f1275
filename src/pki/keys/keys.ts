import type { Engine } from '../../../bindings/engine/engine.js'
import { wipe, type Octets } from '../../../bindings/octets/octets.js'
import {
  HASHES,
  CURVES,
  KEY_ALGORITHM,
  readAlgorithm,
  readSignatureAlgorithm,
  signatureAlgorithm,
} from './algorithms.js'
import type { CurveName, HashName, SignatureScheme } from './algorithms.js'
import {
  bitString,
  nullValue,
  oid,
  onlyValue,
  readBits,
  readDer,
  readSmallInteger,
  readUnsigned,
  sequence,
  TAG,
} from '../asn1/der.js'
import { bindGroup, DsaKey } from './dsa.js'
import { DsaKeys } from './dsa-keys.js'
import { PkiError } from '../errors.js'
import { readCurve, readDsaParameters, readPublicKey, type KeyRequirements } from './public-key.js'
import { unfitForUse } from './weak-keys.js'
import type { DigestName, SignatureToVerify, SignatureVerifier, SigningKey } from './signing.js'
import { toFullWidth, toSequence } from './algorithms.js'
import { subtle } from '../../../bindings/octets/platform.js'

/** A signing key that can be exported as PKCS#8. */
export interface ExportableKey extends SigningKey {
  /** PrivateKeyInfo, DER; the caller wipes it. Throws `PkiError` (`pki/not-extractable`). */
  exportPrivateKey(): Promise<Octets>
}

/** Kinds of keys that WebCrypto makes: RSA with PKCS #1 v1.5 or PSS, by bits; ECDSA by curve. */
export type KeyType =
  `RSA-${2048 | 3072 | 4096}` | `RSA-PSS-${2048 | 3072 | 4096}` | `ECDSA-${'P256' | 'P384' | 'P521'}`

export interface SigningOptions {
  /** Default: SHA-256, or the digest that matches the curve. An RSA key of WebCrypto is already bound to one. */
  readonly digest?: DigestName
}

export interface GenerationOptions extends SigningOptions {
  /** Whether the private key may be exported. Default false. */
  readonly extractable?: boolean
}

/** A new signing key of WebCrypto: RSA or ECDSA. */
export async function generateKey(type: KeyType, options: GenerationOptions = {}): Promise<ExportableKey> {
  const { extractable = false, digest = 'SHA-256' } = options
  const curve = type.startsWith('ECDSA-P') ? (`P-${type.slice(7)}` as CurveName) : undefined
  const parameters: EcKeyGenParams | RsaHashedKeyGenParams = curve
    ? { name: 'ECDSA', namedCurve: curve }
    : {
        name: type.startsWith('RSA-PSS') ? 'RSA-PSS' : 'RSASSA-PKCS1-v1_5',
        modulusLength: Number(type.slice(-4)),
        publicExponent: Uint8Array.of(1, 0, 1),
        hash: digest,
      }
  return webCryptoKey(await subtle().generateKey(parameters, extractable, ['sign', 'verify']), options)
}

/**
 * A signing key from a WebCrypto key pair. The private key need not be extractable, so an HSM's can be used.
 * Throws `PkiError` (`pki/key`) for a pair that does not sign, and for curves and digests that are not supported.
 */
export async function webCryptoKey(pair: CryptoKeyPair, { digest }: SigningOptions = {}): Promise<ExportableKey> {
  const publicKey = new Uint8Array(await subtle().exportKey('spki', pair.publicKey))
  return new WebCryptoKey(pair.privateKey, publicKey, digest)
}

/** The parameters with which WebCrypto signs with a key. */
function schemeOf({ algorithm, usages }: CryptoKey, digest: DigestName | undefined): SignatureScheme {
  if (!usages.includes('sign')) throw new PkiError('pki/key')
  const { name } = algorithm
  if (name === 'ECDSA') {
    const curve = (CURVES as Partial<typeof CURVES>)[(algorithm as EcKeyAlgorithm).namedCurve as CurveName]
    if (curve === undefined) throw new PkiError('pki/key')
    return { name, hash: digest ?? curve.digest }
  }
  const hash = (algorithm as Partial<RsaHashedKeyAlgorithm>).hash?.name as DigestName | undefined
  const isSupported = hash === 'SHA-256' || hash === 'SHA-384' || hash === 'SHA-512'
  if (!isSupported || (digest !== undefined && digest !== hash)) throw new PkiError('pki/key')
  if (name === 'RSASSA-PKCS1-v1_5') return { name, hash }
  if (name === 'RSA-PSS') return { name, hash, saltLength: HASHES[hash].length }
  throw new PkiError('pki/key')
}

class WebCryptoKey implements ExportableKey {
  readonly signatureAlgorithm: Octets
  readonly digest: DigestName
  readonly #scheme: SignatureScheme

  constructor(
    private readonly privateKey: CryptoKey,
    readonly publicKey: Octets,
    digest: DigestName | undefined,
  ) {
    this.#scheme = schemeOf(privateKey, digest)
    this.signatureAlgorithm = signatureAlgorithm(this.#scheme)
    this.digest = this.#scheme.hash as DigestName
  }

  async sign(octets: Octets): Promise<Octets> {
    const signature = new Uint8Array(await subtle().sign(this.#scheme, this.privateKey, octets))
    return this.#scheme.name === 'ECDSA' ? toSequence(signature) : signature
  }

  async exportPrivateKey(): Promise<Octets> {
    if (!this.privateKey.extractable) throw new PkiError('pki/not-extractable')
    return new Uint8Array(await subtle().exportKey('pkcs8', this.privateKey))
  }
}

export interface ImportOptions extends GenerationOptions, KeyRequirements {
  /** For RSA keys. Default: PKCS #1 v1.5. */
  readonly padding?: 'RSASSA-PKCS1-v1_5' | 'RSA-PSS'
  /** For keys of DSA. */
  readonly engine?: Engine
  /** DSA on an engine that is not constant time: for tests. */
  readonly allowVariableTime?: boolean
}

/**
 * A signing key from PrivateKeyInfo, DER (PKCS#8, RFC 5958): RSA, EC with its public key inside, or
 * DSA. Throws `PkiError` (`pki/key`, `pki/not-der`, `pki/structure`, `pki/ec-curve`, `pki/dsa-group`, `pki/variable-time`).
 *
 * @example
 * ```ts
 * import { decodePem, encodePem, generateKey, importPrivateKey } from 'uprove-wasm/pki'
 *
 * const key = await generateKey('ECDSA-P256', { extractable: true })
 * const pem = encodePem('PRIVATE KEY', await key.exportPrivateKey())
 *
 * const again = await importPrivateKey(decodePem('PRIVATE KEY', pem))
 * console.log(again.publicKey.every((octet, i) => octet === key.publicKey[i])) // true
 * ```
 */
export async function importPrivateKey(octets: Uint8Array, options: ImportOptions = {}): Promise<ExportableKey> {
  const pkcs8 = new Uint8Array(octets)
  try {
    const reader = readDer(pkcs8)
    if (readSmallInteger(reader.next(TAG.integer)) > 1) throw new PkiError('pki/structure')
    const { algorithm, parameters } = readAlgorithm(reader.next(TAG.sequence).encoded)
    const inner = reader.next(TAG.octetString).contents
    switch (algorithm) {
      case KEY_ALGORITHM.rsa:
        return await importWebCrypto(pkcs8, rsaPublicKey(inner), rsaImport(options), options)
      case KEY_ALGORITHM.ec: {
        const parametersOfImport = { name: 'ECDSA', namedCurve: readCurve(parameters) }
        return await importWebCrypto(pkcs8, ecPublicKey(inner, parameters), parametersOfImport, options)
      }
      case KEY_ALGORITHM.dsa:
        return importDsaKey(parameters, inner, options)
      default:
        throw new PkiError('pki/key')
    }
  } finally {
    wipe(pkcs8)
  }
}

const rsaImport = ({ padding = 'RSASSA-PKCS1-v1_5', digest = 'SHA-256' }: ImportOptions): RsaHashedImportParams => ({
  name: padding,
  hash: digest,
})

async function importWebCrypto(
  pkcs8: Octets,
  publicKey: Octets,
  parameters: EcKeyImportParams | RsaHashedImportParams,
  { extractable = false, digest }: ImportOptions,
): Promise<ExportableKey> {
  const key = await acceptedBy(subtle().importKey('pkcs8', pkcs8, parameters, extractable, ['sign']))
  if (key === undefined) throw new PkiError('pki/key')
  return new WebCryptoKey(key, publicKey, digest)
}

/** The result of WebCrypto; undefined if the platform refuses the key or the octets. */
export async function acceptedBy<T>(result: Promise<T>): Promise<T | undefined> {
  try {
    return await result
  } catch (error) {
    if (error instanceof DOMException || error instanceof TypeError) return undefined
    throw error
  }
}

/** SubjectPublicKeyInfo out of RSAPrivateKey (RFC 8017, appendix A.1.2). */
function rsaPublicKey(privateKey: Octets): Octets {
  const reader = readDer(privateKey)
  reader.next(TAG.integer)
  const [modulus, exponent] = [reader.next(TAG.integer).encoded, reader.next(TAG.integer).encoded]
  return sequence(sequence(oid(KEY_ALGORITHM.rsa), nullValue()), bitString(sequence(modulus, exponent)))
}

/** SubjectPublicKeyInfo out of ECPrivateKey (RFC 5915). */
function ecPublicKey(privateKey: Octets, parameters: Octets): Octets {
  const reader = readDer(privateKey)
  reader.next(TAG.integer)
  reader.next(TAG.octetString)
  reader.optional(0xa0)
  const point = reader.optionalEnter(0xa1)?.next(TAG.bitString)
  if (point === undefined) throw new PkiError('pki/key')
  return sequence(sequence(oid(KEY_ALGORITHM.ec), parameters), bitString(readBits(point)))
}

/** The group lives as long as the engine. */
function importDsaKey(parameters: Octets, inner: Octets, options: ImportOptions): DsaKey {
  if (options.engine === undefined) throw new PkiError('pki/key')
  const group = bindGroup(options.engine, readDsaParameters(parameters), options)
  const magnitude = readUnsigned(onlyValue(inner, TAG.integer))
  const x = new Uint8Array(group.scalarLength)
  if (magnitude.length > x.length) throw new PkiError('pki/key')
  x.set(magnitude, x.length - magnitude.length)
  try {
    return new DsaKey(group, x, options)
  } finally {
    wipe(x)
  }
}

export interface VerifierOptions extends KeyRequirements {
  /** Verifies DSA. Without one, its signatures are refused. */
  readonly engine?: Engine
  /** Accepts SHA-1 in every signature: for one signature, ask for it in `SignatureToVerify`. Default false. */
  readonly allowSha1?: boolean
}

/** A verifier of RSA (PKCS #1 v1.5, PSS) and ECDSA signatures on WebCrypto, and of DSA if an engine is given. */
export function signatureVerifier(options: VerifierOptions = {}): SignatureVerifier {
  const dsaKeys = options.engine && new DsaKeys(options.engine, options)
  return {
    async verify(signature) {
      try {
        const scheme = readSignatureAlgorithm(signature.signatureAlgorithm)
        const { allowSha1 = options.allowSha1, minRsaBits = options.minRsaBits } = signature
        if (scheme === undefined || (scheme.hash === 'SHA-1' && allowSha1 !== true)) return false
        if (scheme.name !== 'DSA') return await verifyWithWebCrypto(scheme, signature, { minRsaBits })
        const key = dsaKeys?.read(signature.publicKey)
        const numbers = key && toFullWidth(signature.signature, key.numberLength)
        return numbers !== undefined && key!.verify(numbers, signature.octets, scheme.hash)
      } catch (error) {
        if (error instanceof PkiError) return false
        throw error
      }
    },
  }
}

/**
 * A public key (SubjectPublicKeyInfo, DER) for an algorithm and a hash of WebCrypto; undefined if it is malformed, of another
 * algorithm, not accepted, or not readable on this platform.
 */
export async function importPublicKey(
  publicKey: Octets,
  name: Exclude<SignatureScheme['name'], 'DSA'>,
  hash: HashName,
  requirements: KeyRequirements = {},
): Promise<CryptoKey | undefined> {
  try {
    const key = readPublicKey(publicKey)
    if (key.type !== (name === 'ECDSA' ? 'EC' : 'RSA') || unfitForUse(key, requirements) !== undefined) return undefined
    const parameters = key.type === 'EC' ? { name, namedCurve: key.curve } : { name, hash }
    return await acceptedBy(subtle().importKey('spki', publicKey, parameters, false, ['verify']))
  } catch (error) {
    if (error instanceof PkiError) return undefined
    throw error
  }
}

async function verifyWithWebCrypto(
  scheme: Exclude<SignatureScheme, { name: 'DSA' }>,
  { publicKey, signature, octets }: SignatureToVerify,
  requirements: KeyRequirements,
): Promise<boolean> {
  const key = await importPublicKey(publicKey, scheme.name, scheme.hash, requirements)
  if (key === undefined) return false
  const { namedCurve } = key.algorithm as Partial<EcKeyAlgorithm>
  const raw = namedCurve ? toFullWidth(signature, CURVES[namedCurve as CurveName].length) : signature
  return raw !== undefined && ((await acceptedBy(subtle().verify(scheme, key, raw, octets))) ?? false)
}
