import { decodeBase64Url } from '../../../bindings/octets/base64.js'
import { atWidth } from '../../../bindings/octets/integers.js'
import { JsonError, type JsonErrorCode } from '../errors.js'
import { parseJson, type JsonLimits, type JsonObject, type JsonValue } from './parse.js'
import { isOctets } from '../../../bindings/octets/shape.js'

/**
 * A document: its text or octets, or the object that a framework such as Express already made of them. Give the text if you have
 * it: `JSON.parse` takes the last of two members of one name, so that only the text shows that there were two.
 */
export type JsonInput = string | Uint8Array | object

/**
 * The members of a document's object. Throws `JsonError` (`json/...` of `parseJson`, `json/type`, `json/unknown-member`).
 * @param names the members that it may have
 */
export function readDocument(
  input: JsonInput,
  names: readonly string[] | 'any',
  limits?: Partial<JsonLimits>,
): JsonObject {
  return readObject(typeof input === 'string' || isOctets(input) ? parseJson(input, limits) : input, names)
}

/**
 * The members of an object. Throws `JsonError` (`json/type`, `json/unknown-member`).
 * @param names the members that it may have
 */
export function readObject(value: unknown, names: readonly string[] | 'any'): JsonObject {
  check(typeof value === 'object' && value !== null && !Array.isArray(value), 'json/type')
  // A copy without a prototype, so that no inherited member is taken for one of the document.
  const members = Object.assign(Object.create(null) as JsonObject, value)
  check(names === 'any' || Object.keys(members).every((name) => names.includes(name)), 'json/unknown-member')
  return members
}

/** Throws `JsonError` with this code unless the condition holds. */
export function check(condition: boolean, code: JsonErrorCode): asserts condition {
  if (!condition) throw new JsonError(code)
}

/** A string. Throws `JsonError` (`json/type`). */
export function readText(value: JsonValue | undefined): string {
  check(typeof value === 'string', 'json/type')
  return value
}

/** Octets in base64url. Throws `JsonError` (`json/type`, `json/base64url`). */
export function readOctets(value: JsonValue | undefined): Uint8Array {
  const octets = decodeBase64Url(readText(value))
  check(octets !== undefined, 'json/base64url')
  return octets
}

/** Octets of one length. Throws `JsonError` (`json/type`, `json/base64url`, `json/length`). */
export function readWidth(value: JsonValue | undefined, width: number): Uint8Array {
  const octets = readOctets(value)
  check(octets.length === width, 'json/length')
  return octets
}

/**
 * A number modulo q at its full width. Microsoft's reference implementation leaves leading zeros out.
 * Throws `JsonError` (`json/type`, `json/base64url`, `json/length`).
 */
export function readNumber(value: JsonValue | undefined, width: number): Uint8Array {
  const octets = readOctets(value)
  const wide = octets.length >= 1 && octets.length <= width ? atWidth(octets, width) : undefined
  check(wide !== undefined, 'json/length')
  return wide
}

/** A list, each of its items read. Throws `JsonError` (`json/type`, `json/count`), and what `read` throws. */
export function readList<T>(value: JsonValue | undefined, limit: number, read: (item: JsonValue) => T): T[] {
  check(Array.isArray(value), 'json/type')
  const list = value as readonly JsonValue[]
  check(list.length <= limit, 'json/count')
  return list.map(read)
}
