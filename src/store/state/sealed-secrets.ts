import { systemRandom } from '../../../bindings/octets/random.js'
import { OctetReader, OctetWriter } from '../../../bindings/octets/octet-stream.js'
import { wipe } from '../../../bindings/octets/octets.js'
import type { OpenExchange } from '../../ws-trust/issuance/state-store.js'
import { StoreError } from '../errors.js'
import type { StateKey } from './key-source.js'

const ID_LENGTH = 32
const NONCE_LENGTH = 12
/** More than an exchange can have. */
const MAX_INSTANCES = 0xffff

/** The row that secrets are sealed to. They cannot be opened in another row. */
export type SealedRow = Omit<OpenExchange, 'secrets'> & { readonly id: Uint8Array<ArrayBuffer> }

/** The identity of a new row, also the salt of its key. */
export function newRowId(): Uint8Array<ArrayBuffer> {
  return random(ID_LENGTH)
}

/** Secrets encrypted with AES-256-GCM for one row: nonce, ciphertext, tag. */
export async function sealSecrets(key: StateKey, row: SealedRow, secrets: readonly Uint8Array[]): Promise<Uint8Array> {
  const plain = new OctetWriter().list(secrets, (list, secret) => list.octets(secret)).finish()
  try {
    const nonce = random(NONCE_LENGTH)
    const sealed = await crypto.subtle.encrypt(gcm(nonce, key, row), await rowKey(key, row), plain)
    return new OctetWriter().raw(nonce).raw(new Uint8Array(sealed)).finish()
  } finally {
    wipe(plain)
  }
}

/** The secrets of a row; the caller wipes them. Throws `StoreError` (`store/tampered`) if the row was changed. */
export async function openSecrets(key: StateKey, row: SealedRow, sealed: Uint8Array): Promise<Uint8Array[]> {
  const octets = Uint8Array.from(sealed)
  const nonce = octets.subarray(0, NONCE_LENGTH)
  let plain: Uint8Array
  try {
    const algorithm = gcm(nonce, key, row)
    plain = new Uint8Array(
      await crypto.subtle.decrypt(algorithm, await rowKey(key, row), octets.subarray(NONCE_LENGTH)),
    )
  } catch (cause) {
    throw new StoreError('store/tampered', { cause })
  }
  try {
    const reader = new OctetReader(plain)
    const secrets = reader.list(MAX_INSTANCES, (list) => list.octets())
    reader.end()
    return secrets
  } finally {
    wipe(plain)
  }
}

/** The key of a row. A key for each row keeps within the limits of GCM for any number of rows. NIST SP 800-38D, section 8.3 */
function rowKey({ key }: StateKey, { id }: SealedRow): Promise<CryptoKey> {
  const info = new TextEncoder().encode('uprove-wasm issuance state: row')
  const parameters = { name: 'HKDF', hash: 'SHA-256', salt: id, info }
  return crypto.subtle.deriveKey(parameters, key, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
}

function gcm(nonce: Uint8Array<ArrayBuffer>, key: StateKey, row: SealedRow): AesGcmParams {
  const { id, context, principal, uidp, expires, counts } = row
  const writer = new OctetWriter().octets(id)
  const texts = [key.id, context, principal, uidp, expires.toISOString(), counts.join()]
  for (const text of texts) writer.octets(new TextEncoder().encode(text))
  return { name: 'AES-GCM', iv: nonce, additionalData: writer.finish() }
}

function random(length: number): Uint8Array<ArrayBuffer> {
  const octets = new Uint8Array(length)
  systemRandom.fill(octets)
  return octets
}
