import {
  constants,
  createPrivateKey,
  generateKeyPairSync,
  privateDecrypt,
  publicEncrypt,
  type KeyObject,
} from 'node:crypto'
import type { Octets } from '../../../bindings/octets/octets.js'
import { importDecryptionKey, type DecryptionKey } from '../../pki/archival/key-transport.js'

/**
 * A decryption key from PrivateKeyInfo, DER (PKCS#8): for RSAES-OAEP and, where this Node rejects wrong padding implicitly, for PKCS #1
 * v1.5, which Windows sends. Throws `PkiError` unless it is an RSA key.
 */
export async function nodeDecryptionKey(pkcs8: Octets): Promise<DecryptionKey> {
  const key = await importDecryptionKey(pkcs8)
  if (!rejectsImplicitly()) return key
  const native = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' })
  return {
    publicKey: key.publicKey,
    transports: [...key.transports, 'RSAES-PKCS1-v1_5'],
    decrypt: (transport, encrypted) =>
      transport.name === 'RSAES-PKCS1-v1_5'
        ? Promise.resolve(decryptWithPkcs1(native, encrypted))
        : key.decrypt(transport, encrypted),
  }
}

/** Undefined for octets that are no ciphertext at all, such as a number that is not below the modulus. */
function decryptWithPkcs1(key: KeyObject, encrypted: Uint8Array): Octets | undefined {
  try {
    return new Uint8Array(privateDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, encrypted))
  } catch {
    return undefined
  }
}

/**
 * Whether Node decrypts PKCS #1 v1.5 at all (20 refuses to), and answers wrong padding with octets that look random and are the same each
 * time. An error in their place would tell an attacker which padding is right. Tried with a key that is then forgotten.
 */
export function rejectsImplicitly(decrypt: typeof decryptWithPkcs1 = decryptWithPkcs1): boolean {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const message = Buffer.from('a message')
  const right = publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, message)
  const block = Buffer.alloc(256, 7)
  // Right padding begins with 00 02.
  block.set([0, 3])
  const wrong = publicEncrypt({ key: publicKey, padding: constants.RSA_NO_PADDING }, block)
  const decrypted = decrypt(privateKey, right)
  const [once, again] = [decrypt(privateKey, wrong), decrypt(privateKey, wrong)]
  if (decrypted === undefined || once === undefined || again === undefined) return false
  return message.equals(decrypted) && Buffer.from(once).equals(again)
}
