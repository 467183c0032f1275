import { InvalidInputError } from '../errors.js'

// Types do not hold for messages of peers and for callers in JavaScript. All functions here throw `InvalidInputError` with
// the given code.

/** What a value is, in one word that tells nothing of its contents, such as `String`, `Null` or `Uint16Array`. */
export const kindOf = (value: unknown): string => Object.prototype.toString.call(value).slice(8, -1)

/** Whether a value is a Uint8Array, or of a class made from it, of whatever realm: frames, jsdom and Jest have classes of their own. */
export const isOctets = (value: unknown): value is Uint8Array =>
  ArrayBuffer.isView(value) && (value as Partial<Uint8Array>)[Symbol.toStringTag] === 'Uint8Array'

/** Throws unless the condition holds. */
export function require(condition: boolean, code: string, message: string): asserts condition {
  if (!condition) throw new InvalidInputError(code, message)
}

/** The value, which must be an object. */
export function objectFrom<T>(value: T, code: string, what: string): T & object {
  require(typeof value === 'object' && value !== null, code, `${what} must be an object`)
  return value
}

/** Checks that a value is a list. */
export function requireList(value: unknown, code: string, what: string): asserts value is readonly unknown[] {
  require(Array.isArray(value), code, `${what} must be a list`)
}

/** Checks that a value is octets: text, numbers and lists of them have lengths too. */
export function requireOctets(value: unknown, code: string, what: string): asserts value is Uint8Array {
  if (!isOctets(value)) throw new InvalidInputError(code, `${what} must be a Uint8Array, not ${kindOf(value)}`)
}
