import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { InvalidInputError } from '../../../bindings/errors.js'

/** 32 octets, a key of AES-256-GCM. */
export type SealingKey = Uint8Array

const CIPHER = 'aes-256-gcm'
const [NONCE_OCTETS, TAG_OCTETS] = [12, 16]

/**
 * A password encrypted under a key and bound to the account's name: for clients that send digests, which a hash cannot verify.
 * `$sealed$` and the base64 of nonce, ciphertext and tag.
 */
export function sealPassword(password: string, account: string, key: SealingKey): string {
  const nonce = randomBytes(NONCE_OCTETS)
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(Buffer.from(account))
  const sealed = Buffer.concat([nonce, cipher.update(password, 'utf8'), cipher.final(), cipher.getAuthTag()])
  return `$sealed$${sealed.toString('base64')}`
}

/** The password. Throws `InvalidInputError` (`password/sealed`) unless this key sealed it for this account. */
export function openPassword(sealed: string, account: string, key: SealingKey): Promise<string> {
  const octets = Buffer.from(sealed.slice('$sealed$'.length), 'base64')
  const [nonce, tag] = [octets.subarray(0, NONCE_OCTETS), octets.subarray(-TAG_OCTETS)]
  try {
    const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_OCTETS })
    decipher.setAAD(Buffer.from(account)).setAuthTag(tag)
    const text = Buffer.concat([decipher.update(octets.subarray(NONCE_OCTETS, -TAG_OCTETS)), decipher.final()])
    return Promise.resolve(text.toString('utf8'))
  } catch (cause) {
    const message = 'the sealed password belongs to another key or account, or is damaged'
    return Promise.reject(new InvalidInputError('password/sealed', message, { cause }))
  }
}
