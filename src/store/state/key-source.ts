import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { toHex } from '../../../bindings/octets/integers.js'
import { wipe } from '../../../bindings/octets/octets.js'
import { StoreError } from '../errors.js'
import { replaceSecretFile } from '../secret-file.js'

/** The key that seals the secrets of issuance. */
export interface StateKey {
  /** Tells keys apart and reveals nothing else. Stored with each row. */
  readonly id: string
  /** An HKDF key, from which each row's AES-256-GCM key is derived. */
  readonly key: CryptoKey
}

/** The place of the key: a file, the environment, or a key management service that unwraps it (`stateKeyFromOctets`). */
export interface KeySource {
  /**
   * The current key. Called when a store is opened, and again when the store finds another key in use. Throws `StoreError`
   * (`store/key`, `store/key-missing`).
   */
  load(): Promise<StateKey>
  /**
   * Replaces the key by a new one and destroys the old one, which makes the old secrets unreadable for ever. Absent if only
   * an operator can replace the key.
   */
  replace?(): Promise<StateKey>
}

const KEY_LENGTH = 32

/** The key made from 32 secret octets, which the caller wipes. Throws `StoreError` (`store/key`). */
export async function stateKeyFromOctets(octets: Uint8Array): Promise<StateKey> {
  if (octets.length !== KEY_LENGTH) throw new StoreError('store/key')
  const copy = Uint8Array.from(octets)
  try {
    const key = await crypto.subtle.importKey('raw', copy, 'HKDF', false, ['deriveBits', 'deriveKey'])
    const info = new TextEncoder().encode('uprove-wasm issuance state: key id')
    const parameters = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info }
    return { id: toHex(new Uint8Array(await crypto.subtle.deriveBits(parameters, key, 128))), key }
  } finally {
    wipe(copy)
  }
}

/** A key in a file of its own, in base64 or hexadecimal; `replace()` makes the file. All nodes of a farm need the same key. */
export function keyInFile(file: string): KeySource {
  return {
    async load() {
      const text = await readFile(file, 'utf8').catch((cause: unknown) => {
        throw new StoreError('store/key-missing', { cause })
      })
      return parse(text)
    },
    async replace() {
      const octets = randomBytes(KEY_LENGTH)
      try {
        await replaceSecretFile(file, `${octets.toString('base64')}\n`)
        return await stateKeyFromOctets(octets)
      } finally {
        wipe(octets)
      }
    },
  }
}

/** A key in an environment variable, in base64 or hexadecimal. */
export function keyInEnvironment(
  name = 'UPROVE_STATE_KEY',
  environment: Readonly<Record<string, string | undefined>> = process.env,
): KeySource {
  return {
    async load() {
      const text = environment[name]
      if (text === undefined || text === '') throw new StoreError('store/key-missing')
      return parse(text)
    },
  }
}

async function parse(text: string): Promise<StateKey> {
  const trimmed = text.trim()
  const isHex = /^[0-9A-Fa-f]{64}$/.test(trimmed)
  if (!isHex && !/^[A-Za-z0-9+/]{43}=$/.test(trimmed)) throw new StoreError('store/key')
  const octets = Buffer.from(trimmed, isHex ? 'hex' : 'base64')
  try {
    return await stateKeyFromOctets(octets)
  } finally {
    wipe(octets)
  }
}
