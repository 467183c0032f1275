import { toHex } from './integers.js'
import { itemAt } from './lists.js'
import { provided } from './platform.js'

/**
 * Fills `octets` with uniformly random octets. Replaceable for vector runs and for embedders with a generator of their
 * own.
 */
export interface RandomSource {
  fill(octets: Uint8Array): void
}

/** The most octets that one call of `crypto.getRandomValues` fills. */
const maxPiece = 65_536

/** `crypto.getRandomValues`, for arrays of any length. */
export const systemRandom: RandomSource = {
  fill(octets) {
    for (let start = 0; start < octets.length; start += maxPiece) {
      // The cast only says that the memory is not shared, which getRandomValues would refuse anyway.
      provided('crypto').getRandomValues(octets.subarray(start, start + maxPiece) as Uint8Array<ArrayBuffer>)
    }
  },
}

/** 128 random bits in hexadecimal: an unguessable identifier. */
export function randomId(): string {
  const octets = new Uint8Array(16)
  systemRandom.fill(octets)
  return toHex(octets)
}

/** A new urn:uuid: of version 4 (RFC 9562, section 5.4). Some contexts of browsers have no `crypto.randomUUID`. */
export function newUuidUrn(random: RandomSource = systemRandom): string {
  const octets = new Uint8Array(16)
  random.fill(octets)
  octets[6] = (itemAt(octets, 6) & 0x0f) | 0x40
  octets[8] = (itemAt(octets, 8) & 0x3f) | 0x80
  return `urn:uuid:${toHex(octets).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')}`
}
