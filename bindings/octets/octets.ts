import { InvalidInputError } from '../errors.js'
import { requireOctets } from './shape.js'
import { encodeText } from './text.js'

/** Octets that are not shared with other threads, as WebCrypto requires. */
export type Octets = Uint8Array<ArrayBuffer>

/** An octet string from an application; text stands for its UTF-8 encoding. */
export type OctetsLike = Uint8Array | string

/** The longest accepted octet strings: generous for honest use, and cheap to hash. */
export const limits = {
  /** Attributes of a token, n. The recommended parameters have generators for 50. */
  attributes: 250,
  /** UID_P, TI, PI and scopes. */
  field: 0xffff,
  /** S, one attribute. */
  content: 1 << 20,
  /** m and m_d. */
  message: 1 << 28,
  /** Tokens of one batch. */
  batch: 0xffff,
} as const

/**
 * A copy of an octet string from a caller. Throws `InvalidInputError` (`octets/type`, `octets/too-long`, and
 * `octets/not-unicode` for text with lone surrogates, which have no UTF-8 encoding).
 */
export function octetsFrom(value: OctetsLike, what: string, limit: number = limits.field): Uint8Array {
  if (typeof value !== 'string') requireOctets(value, 'octets/type', what)
  const octets = typeof value === 'string' ? utf8(value, what) : value
  if (octets.length > limit) throw new InvalidInputError('octets/too-long', `${what} exceeds ${limit} octets`)
  return octets === value ? copyOctets(octets) : octets
}

/** The UTF-8 encoding of text. */
function utf8(text: string, what: string): Uint8Array {
  if (/[\ud800-\udfff]/u.test(text)) {
    throw new InvalidInputError('octets/not-unicode', `${what} contains lone surrogates`)
  }
  return encodeText(text)
}

/** `octetsFrom` for values that may be null; undefined counts as null. */
export function nullableOctetsFrom(
  value: OctetsLike | null | undefined,
  what: string,
  limit: number = limits.field,
): Uint8Array | null {
  return value === null || value === undefined ? null : octetsFrom(value, what, limit)
}

/** A copy, a plain Uint8Array: `slice()` of a Buffer of Node.js, which is a Uint8Array too, would be a view. */
export function copyOctets<T extends Uint8Array>(octets: T): T {
  return new Uint8Array(octets) as Uint8Array as T
}

/** Octet strings one after another. */
export function concatOctets(parts: readonly Uint8Array[]): Octets {
  const octets = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let offset = 0
  for (const part of parts) {
    octets.set(part, offset)
    offset += part.length
  }
  return octets
}

/** The parts that `concatOctets` joined, if all have one length; each is an array of its own. */
export function splitOctets<T extends Uint8Array>(octets: Uint8Array, length: number): T[] {
  return Array.from({ length: octets.length / length }, (_, i) => octets.slice(i * length, (i + 1) * length) as T)
}

/** Whether two public octet strings are equal. Variable time. */
export function equalOctets(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((octet, i) => octet === b[i])
}

/** Whether two secrets of one length are equal, in time that depends on the length only. */
export function equalSecrets(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0)
  return difference === 0
}

/** Overwrites secrets with zeros. */
export function wipe(...secrets: readonly (Uint8Array | undefined)[]): void {
  wipeAll(secrets)
}

/** Runs `make`, which passes each secret to `keep` as soon as it exists. If it fails, these are wiped. */
export function wipeOnFailure<T>(make: (keep: <S extends Uint8Array>(secret: S) => S) => T): T {
  const kept: Uint8Array[] = []
  try {
    return make((secret) => {
      kept.push(secret)
      return secret
    })
  } catch (error) {
    wipeAll(kept)
    throw error
  }
}

/** `wipe` for lists of any length. */
export function wipeAll(secrets: readonly (Uint8Array | undefined)[]): void {
  for (const secret of secrets) secret?.fill(0)
}
