import { createEngine } from '../../index.js'
import { L2048N256, L3072N256 } from '../../params/index.js'
import { DsaKey } from '../../pki/keys/dsa.js'
import { generateKey, importPrivateKey, type ExportableKey, type KeyType } from '../../pki/keys/keys.js'
import { decodePem, encodePem } from '../../pki/asn1/pem.js'
import { wipe } from '../../../bindings/octets/octets.js'
import { UsageError } from '../errors.js'
import { readText } from './files.js'

const WEB_CRYPTO_TYPES: readonly KeyType[] = [
  'ECDSA-P256',
  'ECDSA-P384',
  'ECDSA-P521',
  'RSA-2048',
  'RSA-3072',
  'RSA-4096',
]
const SETS = [L2048N256, L3072N256]

/** Kinds of keys, as `--key-type` names them. */
export const KEY_TYPES: readonly string[] = [...WEB_CRYPTO_TYPES, ...SETS.map(({ name }) => `DSA-${name}`)]

/** A new key that can be written to a file. Throws `UsageError` for a kind that is not known. */
export async function newKey(type: string): Promise<ExportableKey> {
  const webCryptoType = WEB_CRYPTO_TYPES.find((known) => known === type)
  if (webCryptoType !== undefined) return generateKey(webCryptoType, { extractable: true })
  const set = SETS.find(({ name }) => `DSA-${name}` === type)
  if (set === undefined) throw new UsageError(`there is no key type ${type}: choose from ${KEY_TYPES.join(', ')}`)
  return DsaKey.generate((await createEngine()).subgroup(set))
}

/** A private key as it is written to a file: PKCS#8, PEM. */
export async function privateKeyPem(key: ExportableKey): Promise<string> {
  const pkcs8 = await key.exportPrivateKey()
  try {
    return encodePem('PRIVATE KEY', pkcs8)
  } finally {
    wipe(pkcs8)
  }
}

/** A key in a file. Throws `UsageError`, and `PkiError` for a kind that is not supported. */
export async function readPrivateKey(file: string): Promise<ExportableKey> {
  const text = await readText(file)
  if (/-----BEGIN (?!PRIVATE KEY)[A-Z ]*PRIVATE KEY-----/.test(text)) {
    throw new UsageError(
      `${file} is encrypted, or of an old form: openssl pkcs8 -topk8 -nocrypt -in ${file} makes PKCS#8`,
    )
  }
  const pkcs8 = decodePem('PRIVATE KEY', text)
  try {
    return await importPrivateKey(pkcs8, { engine: await createEngine() })
  } finally {
    wipe(pkcs8)
  }
}
