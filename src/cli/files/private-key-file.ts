import { createEngine } from '../../index.js'
import { L2048N256, L3072N256 } from '../../params/index.js'
import { DsaKey } from '../../pki/keys/dsa.js'
import { generateKey, importPrivateKey, type ExportableKey, type KeyType } from '../../pki/keys/keys.js'
import { decodePem, encodePem } from '../../pki/asn1/pem.js'
import { toBigint } from '../../../bindings/octets/integers.js'
import { itemAt } from '../../../bindings/octets/lists.js'
import { wipe, type Octets } from '../../../bindings/octets/octets.js'
import { readPublicKey } from '../../pki/keys/public-key.js'
import { dsaSha256 } from '../../ws-trust/trust/signer.js'
import {
  ecdsaSha256,
  ecdsaSha384,
  ecdsaSha512,
  rsaSha256,
  type SignatureAlgorithm,
} from '../../xml/signature-algorithms.js'
import type { SignatureKey } from '../../xml/signature.js'
import { UsageError } from '../errors.js'
import type { Stream } from '../command/terminal.js'
import { readSecretText } from './files.js'

const WEB_CRYPTO_TYPES: readonly KeyType[] = [
  'ECDSA-P256',
  'ECDSA-P384',
  'ECDSA-P521',
  'RSA-2048',
  'RSA-3072',
  'RSA-4096',
]
const SETS = [L2048N256, L3072N256]

/** The types that `--key-type` takes. */
export const KEY_TYPES: readonly string[] = [...WEB_CRYPTO_TYPES, ...SETS.map(({ name }) => `DSA-${name}`)]

/** A new key that can be written to a file. Throws `UsageError` for an unknown type. */
export async function newKey(type: string): Promise<ExportableKey> {
  const webCryptoType = WEB_CRYPTO_TYPES.find((known) => known === type)
  if (webCryptoType !== undefined) return generateKey(webCryptoType, { extractable: true })
  const set = SETS.find(({ name }) => `DSA-${name}` === type)
  if (set === undefined) throw new UsageError(`unknown key type ${type}; choose from ${KEY_TYPES.join(', ')}`)
  return DsaKey.generate((await createEngine()).subgroup(set))
}

/** The type of a key (SubjectPublicKeyInfo, DER), for another one like it; the first type for a key of no type in the list. */
export function typeOfKey(publicKey: Octets): string {
  const key = readPublicKey(publicKey)
  const type =
    key.type === 'EC'
      ? `ECDSA-${key.curve.replace('-', '')}`
      : key.type === 'RSA'
        ? `RSA-${String(8 * key.modulus.length)}`
        : `DSA-${SETS.find(({ p }) => p === toBigint(key.p))?.name ?? ''}`
  return KEY_TYPES.includes(type) ? type : itemAt(KEY_TYPES, 0)
}

/** The private key as PKCS#8 in PEM. */
export async function privateKeyPem(key: ExportableKey): Promise<string> {
  const pkcs8 = await key.exportPrivateKey()
  try {
    return encodePem('PRIVATE KEY', pkcs8)
  } finally {
    wipe(pkcs8)
  }
}

/** The private key in a file, PKCS#8 in PEM. Warns if others can read it. Throws `UsageError`, and `PkiError` for an unsupported type. */
export function readPrivateKey(file: string, err: Stream): Promise<ExportableKey> {
  return withPkcs8(file, err, async (pkcs8) => importPrivateKey(pkcs8, { engine: await createEngine() }))
}

/** The private key in a file, with the algorithm of XML signatures that goes with it. Warns and throws like `readPrivateKey`. */
export function readSigningKey(
  file: string,
  err: Stream,
): Promise<{ readonly key: SignatureKey; readonly algorithm: SignatureAlgorithm }> {
  return withPkcs8(file, err, async (pkcs8) => {
    const key = await importPrivateKey(pkcs8, { engine: await createEngine() })
    if (key instanceof DsaKey) return { key, algorithm: dsaSha256 }
    const publicKey = readPublicKey(key.publicKey)
    const [algorithm, parameters] =
      publicKey.type === 'EC'
        ? [ECDSA[publicKey.curve], { name: 'ECDSA', namedCurve: publicKey.curve }]
        : [rsaSha256, { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }]
    return { key: await crypto.subtle.importKey('pkcs8', pkcs8, parameters, false, ['sign']), algorithm }
  })
}

const ECDSA = { 'P-256': ecdsaSha256, 'P-384': ecdsaSha384, 'P-521': ecdsaSha512 } as const

/** Runs `use` with the private key in a file, PKCS#8 in PEM, as DER; it is wiped afterwards. Warns and throws like `readPrivateKey`. */
export async function withPkcs8<T>(
  file: string,
  err: Stream,
  use: (pkcs8: Uint8Array<ArrayBuffer>) => Promise<T>,
): Promise<T> {
  const text = await readSecretText(file, err)
  if (/-----BEGIN (?!PRIVATE KEY)[A-Z ]*PRIVATE KEY-----/.test(text)) {
    throw new UsageError(
      `${file} is encrypted or in an older format; convert it to PKCS#8: openssl pkcs8 -topk8 -nocrypt -in ${file}`,
    )
  }
  const pkcs8 = decodePem('PRIVATE KEY', text)
  try {
    return await use(pkcs8)
  } finally {
    wipe(pkcs8)
  }
}
