import { randomBytes } from 'node:crypto'
import { open, readFile, rename } from 'node:fs/promises'
import path from 'node:path'
import { toHex } from '../../../bindings/octets/integers.js'
import { wipe } from '../../../bindings/octets/octets.js'
import { StoreError } from '../errors.js'

/** The key that the secrets of issuance are sealed under. */
export interface StateKey {
  /** Tells keys apart, and nothing else of them. Stored with each row. */
  readonly id: string
  /** Of HKDF, to derive a key of AES-256-GCM for each row. */
  readonly key: CryptoKey
}

/** Where the key is kept: a file, the environment, or a key management service that unwraps it (`stateKeyFromOctets`). */
export interface KeySource {
  /**
   * The key now. Asked for when a store is opened, and again when it finds that another key is in use. Throws `StoreError`
   * (`store/key`, `store/key-missing`).
   */
  load(): Promise<StateKey>
  /**
   * Puts a new key in the place of the old one, of which nothing is kept: what it sealed stays sealed for ever. Absent where
   * only an operator can do that.
   */
  replace?(): Promise<StateKey>
}

const KEY_LENGTH = 32

/** A key from 32 secret octets, which the caller keeps and wipes. Throws `StoreError` (`store/key`). */
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

/** A key in a file of its own, in base64 or hexadecimal; `replace()` makes the file. All nodes of a farm need the same one. */
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
        await write(file, `${octets.toString('base64')}\n`)
        return await stateKeyFromOctets(octets)
      } finally {
        wipe(octets)
      }
    },
  }
}

/** A key in a variable of the environment, in base64 or hexadecimal. */
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

/** Replaces a file, so that a crash leaves the old one or the new one. */
async function write(file: string, text: string): Promise<void> {
  const handle = await open(`${file}.new`, 'w', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(`${file}.new`, file)
  const folder = await open(path.dirname(file), 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
