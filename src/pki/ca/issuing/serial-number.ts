import { stripLeadingZeros, toHex } from '../../../../bindings/octets/integers.js'
import type { RandomSource } from '../../../../bindings/engine/engine.js'
import { UProveError } from '../../../../bindings/errors.js'

/**
 * 128 random bits: unguessable, and unique without asking anybody (RFC 5280, section 4.1.2.2, allows 20 octets). Throws
 * `UProveError` (`random/source-failed`) for 0, which no source that works gives.
 */
export function newSerialNumber(random: RandomSource): Uint8Array {
  const octets = new Uint8Array(16)
  random.fill(octets)
  if (octets.every((octet) => octet === 0)) {
    throw new UProveError('random/source-failed', 'the random source gave zeros only')
  }
  return octets
}

/** A serial number as text: lower-case hexadecimal, two digits an octet, without leading zero octets. */
export const serialText = (magnitude: Uint8Array): string => toHex(stripLeadingZeros(magnitude))

/** The magnitude of a serial number from its text. */
export function serialOctets(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16))
}
