// How the wallet is locked. A random key encrypts everything. That key is kept wrapped: by a key that cannot leave this browser, by
// one made from a passphrase, or by one that the platform's passkey gives.
import { scrypt } from '@noble/hashes/scrypt.js'
import { Failure } from '../shared/calls.js'

export type LockKind = 'browser' | 'passphrase' | 'passkey'

/** A wrapped wallet key. What opens it is not here, but for `browser`, whose key cannot be exported. */
export interface Lock {
  readonly kind: LockKind
  readonly wrapped: Uint8Array
  readonly key?: CryptoKey
  /** Of a passphrase, and what a passkey computes its secret from. */
  readonly salt?: Uint8Array<ArrayBuffer>
  readonly credential?: Uint8Array<ArrayBuffer>
}

/** OWASP's figures for scrypt: 128 MiB of memory, about a second on a phone. */
const cost = { N: 2 ** 17, r: 8, p: 1, dkLen: 32 }
const ivLength = 12

export const random = (length: number): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(length))

const aesKey = (octets: Uint8Array<ArrayBuffer>): Promise<CryptoKey> =>
  crypto.subtle.importKey('raw', octets, 'AES-GCM', false, ['encrypt', 'decrypt'])

/** Encrypts octets, with what they are for: they cannot be taken for anything else. */
export async function seal(key: CryptoKey, purpose: string, octets: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const iv = random(ivLength)
  const additionalData = new TextEncoder().encode(purpose)
  const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData }, key, octets))
  const result = new Uint8Array(ivLength + sealed.length)
  result.set(iv)
  result.set(sealed, ivLength)
  return result
}

/** Throws `Failure` (`wrong-key`). */
export async function open(key: CryptoKey, purpose: string, sealed: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const additionalData = new TextEncoder().encode(purpose)
  const [iv, content] = [sealed.slice(0, ivLength), sealed.slice(ivLength)]
  try {
    return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv, additionalData }, key, content))
  } catch {
    throw new Failure('wrong-key')
  }
}

export async function keyOfPassphrase(passphrase: string, salt: Uint8Array): Promise<CryptoKey> {
  const octets = scrypt(passphrase.normalize('NFKC'), salt, cost)
  try {
    return await aesKey(octets.slice())
  } finally {
    octets.fill(0)
  }
}

/** A key for one purpose, from the secret of a passkey or from the wallet key. */
export async function derive(secret: Uint8Array<ArrayBuffer>, purpose: string): Promise<CryptoKey> {
  const base = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveKey'])
  const info = new TextEncoder().encode(purpose)
  const method = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info }
  return crypto.subtle.deriveKey(method, base, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
}

/** What a person has at hand to open a lock. */
export interface Opener {
  readonly passphrase?: string
  /** What the passkey gave (WebAuthn PRF). */
  readonly secret?: Uint8Array<ArrayBuffer>
}

async function keyOf(lock: Omit<Lock, 'wrapped'>, { passphrase, secret }: Opener): Promise<CryptoKey | undefined> {
  if (lock.kind === 'browser') return lock.key
  if (lock.kind === 'passphrase' && passphrase !== undefined && lock.salt) return keyOfPassphrase(passphrase, lock.salt)
  if (lock.kind === 'passkey' && secret !== undefined) return derive(secret, 'wallet lock')
  return undefined
}

/** A new lock around the wallet key. */
export async function makeLock(
  walletKey: Uint8Array<ArrayBuffer>,
  kind: LockKind,
  opener: Opener & Partial<Lock>,
): Promise<Lock> {
  const { credential } = opener
  const salt = kind === 'browser' ? undefined : (opener.salt ?? random(32))
  const own =
    kind === 'browser'
      ? await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
      : undefined
  const parts = { kind, salt, credential, key: own }
  const key = await keyOf(parts, opener)
  if (key === undefined) throw new Failure('wrong-key')
  return { ...parts, wrapped: await seal(key, `lock ${kind}`, walletKey) }
}

/** The wallet key, if one of the locks can be opened with what there is. Throws `Failure` (`wrong-key`). */
export async function openLocks(locks: readonly Lock[], opener: Opener): Promise<Uint8Array<ArrayBuffer> | undefined> {
  for (const lock of locks) {
    const key = await keyOf(lock, opener)
    if (key !== undefined) return open(key, `lock ${lock.kind}`, lock.wrapped)
  }
  return undefined
}
