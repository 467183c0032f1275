import { toHex } from './integers.js'
import { systemRandom } from '../engine/random.js'
import type { RandomSource } from '../engine/engine.js'

/** A new urn:uuid: of version 4 (RFC 9562, section 5.4). `crypto.randomUUID` is not there in all contexts of browsers. */
export function newMessageId(random: RandomSource = systemRandom): string {
  const octets = new Uint8Array(16)
  random.fill(octets)
  octets[6] = (octets[6]! & 0x0f) | 0x40
  octets[8] = (octets[8]! & 0x3f) | 0x80
  return `urn:uuid:${toHex(octets).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')}`
}
