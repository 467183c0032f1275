import { EngineError } from '../errors.js'
import { provided } from './platform.js'

/** What Node and its relatives have beside `btoa` and `atob`: several times faster. */
interface NativeBase64 {
  from(text: string, encoding: 'base64'): Uint8Array
  from(buffer: ArrayBufferLike, offset: number, length: number): { toString(encoding: 'base64'): string }
}
const native = (globalThis as { readonly Buffer?: NativeBase64 }).Buffer

/** How many octets become text at once: as many arguments as every engine takes. */
const PIECE = 4096

/** Octets as base64, on one line. */
export function encodeBase64(octets: Uint8Array): string {
  if (native !== undefined) return native.from(octets.buffer, octets.byteOffset, octets.length).toString('base64')
  let binary = ''
  for (let start = 0; start < octets.length; start += PIECE) {
    // Not with spread syntax, which takes several times as long; `apply` accepts any array-like.
    binary += String.fromCharCode.apply(undefined, octets.subarray(start, start + PIECE) as unknown as number[])
  }
  return provided('btoa')(binary)
}

/** Octets in the URL-safe alphabet of base64, without padding (RFC 4648, section 5). */
export function encodeBase64Url(octets: Uint8Array): string {
  return encodeBase64(octets).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

/**
 * The octets of an xs:base64Binary, or undefined if it is malformed. White space is skipped, since base64 comes wrapped;
 * otherwise there is one way to write each value: padding is required and unused bits are zero.
 */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  const dense = /[\t\n\r ]/.test(text) ? text.replace(/[\t\n\r ]+/g, '') : text
  let octets: Uint8Array<ArrayBuffer>
  try {
    octets = octetsOfBase64(dense)
  } catch (error) {
    if (error instanceof EngineError) throw error
    return undefined
  }
  // Platforms read more than they write.
  return encodeBase64(octets) === dense ? octets : undefined
}

/** The octets of a base64url without padding (RFC 4648, section 5), or undefined if it is not the one way to write them. */
export function decodeBase64Url(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[\w-]*$/.test(text)) return undefined
  // A last group of one character stays malformed: there is no padding of three.
  return decodeBase64(text.replaceAll('-', '+').replaceAll('_', '/') + '='.repeat(-text.length & 3))
}

/** Octets from base64 in the package itself, unchecked. */
export function octetsOfBase64(text: string): Uint8Array<ArrayBuffer> {
  if (native !== undefined) return new Uint8Array(native.from(text, 'base64'))
  const binary = provided('atob')(text)
  const octets = new Uint8Array(binary.length)
  // Not `Uint8Array.from`, which takes several times as long, and pages wait for it.
  for (let i = 0; i < binary.length; i++) octets[i] = binary.charCodeAt(i)
  return octets
}
