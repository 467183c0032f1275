import { integer, readDer, readUnsigned, sequence, TAG } from './der.js'
import type { Octets } from '../keys/signing.js'

// Signatures of ECDSA and DSA are two numbers: a SEQUENCE of INTEGERs in X.509 (RFC 3279, sections 2.2.2 and 2.2.3), side by
// side at full width in WebCrypto and XML signatures.

/** r || s, each of `width` octets, as a SEQUENCE. */
export function toSequence(signature: Uint8Array): Octets {
  const width = signature.length / 2
  return sequence(integer(signature.subarray(0, width)), integer(signature.subarray(width)))
}

/** r || s at full width; undefined if a number is longer. Throws `PkiError` (`pki/not-der`, `pki/structure`). */
export function toFullWidth(der: Octets, width: number): Octets | undefined {
  const reader = readDer(der)
  const numbers = [readUnsigned(reader.next(TAG.integer)), readUnsigned(reader.next(TAG.integer))]
  reader.end()
  if (numbers.some(({ length }) => length > width)) return undefined
  const octets = new Uint8Array(2 * width)
  numbers.forEach((number, i) => octets.set(number, (i + 1) * width - number.length))
  return octets
}
