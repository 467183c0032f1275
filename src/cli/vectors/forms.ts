import { toBigint, toFixedWidth, toHex } from '../../../bindings/octets/integers.js'
import { equalOctets } from '../../../bindings/octets/octets.js'

/** A published value. */
export interface Published {
  /** Hexadecimal in lower case, text, a number, a boolean, a list of integers, or null. */
  readonly value: string | number | boolean | readonly number[] | null
  /** Whether octet strings have all their digits. Microsoft's flat files may drop leading zeros. */
  readonly allDigits: boolean
}

/** How values of one kind are compared and shown. */
export interface Form<T> {
  agrees(published: Published, computed: T): boolean
  /** The computed value in the form of a file; `beside` is the published value. */
  show(computed: T, beside: string): string
}

/** Octets from hexadecimal digits, even an odd number of them. */
export function octetsOfHex(hex: string): Uint8Array {
  const digits = hex.length % 2 === 0 ? hex : `0${hex}`
  return toFixedWidth(BigInt(`0x0${digits}`), digits.length / 2)
}

/** An element of G_q, an element of Z_q, p, q or g: compared as an integer. */
export const number: Form<Uint8Array | bigint> = {
  agrees: ({ value }, computed) => typeof value === 'string' && BigInt(`0x0${value}`) === integerOf(computed),
  show: (computed, beside) => integerOf(computed).toString(16).padStart(beside.length, '0'),
}

function integerOf(value: Uint8Array | bigint): bigint {
  return typeof value === 'bigint' ? value : toBigint(value)
}

/** An octet string. */
export const octets: Form<Uint8Array> = {
  agrees: ({ value, allDigits }, computed) =>
    typeof value === 'string' && (allDigits ? value : value.padStart(2 * computed.length, '0')) === toHex(computed),
  show: (computed) => toHex(computed),
}

/** A number or boolean. */
export const plain: Form<number | boolean> = {
  agrees: ({ value }, computed) => value === computed,
  show: String,
}

/** A list of attribute indices. */
export const indices: Form<readonly number[]> = {
  agrees: ({ value }, computed) => JSON.stringify(value) === JSON.stringify(computed),
  show: (computed) => JSON.stringify(computed),
}

/** A recorded hash input. It is compared by its digest: `digest` hashes it as the computed value was hashed. */
export interface HashInput {
  readonly digest: (input: Uint8Array) => Uint8Array
  readonly computed: Uint8Array
}

/** Octets are the right hash input if they have the right digest, barring a collision. */
export const hashInput: Form<HashInput> = {
  agrees: ({ value }, { digest, computed }) =>
    typeof value === 'string' && equalOctets(digest(octetsOfHex(value)), computed),
  show: ({ computed }) => `octets with the digest ${toHex(computed)}`,
}

/** Plays back copies of published scalars, in order. */
export function* playback(scalars: readonly (Uint8Array | undefined)[]): Generator<Uint8Array, undefined> {
  for (const scalar of scalars) if (scalar !== undefined) yield scalar.slice()
  return undefined
}
