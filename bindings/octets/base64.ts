const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** How many octets become text at once: as many arguments as every engine takes. */
const PIECE = 4096

/** Octets as base64, on one line. */
export function encodeBase64(octets: Uint8Array): string {
  let binary = ''
  for (let start = 0; start < octets.length; start += PIECE) {
    // Not with spread syntax, which takes several times as long; `apply` accepts any array-like.
    binary += String.fromCharCode.apply(undefined, octets.subarray(start, start + PIECE) as unknown as number[])
  }
  return btoa(binary)
}

/** Octets in the URL-safe alphabet of base64, without padding (RFC 4648, section 5). */
export function encodeBase64Url(octets: Uint8Array): string {
  return encodeBase64(octets).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

/** The six bits of each character, or -1. */
const SEXTETS = /* @__PURE__ */ (() => {
  const sextets = new Int8Array(128).fill(-1)
  for (let i = 0; i < 64; i++) sextets[ALPHABET.charCodeAt(i)] = i
  return sextets
})()

/**
 * The octets of an xs:base64Binary, or undefined if it is malformed. White space is skipped, since base64 comes wrapped;
 * otherwise there is one way to write each value: padding is required and unused bits are zero.
 */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  const dense = text.replace(/[\t\n\r ]+/g, '')
  const padding = dense.endsWith('==') ? 2 : dense.endsWith('=') ? 1 : 0
  if (dense.length % 4 !== 0) return undefined
  const octets = new Uint8Array((dense.length / 4) * 3 - padding)
  let bits = 0
  let length = 0
  for (let i = 0; i < dense.length - padding; i++) {
    const sextet = SEXTETS[dense.charCodeAt(i)] ?? -1
    if (sextet < 0) return undefined
    bits = (bits << 6) | sextet
    if (i % 4 === 0) continue
    // After the second, third and fourth character of a group, 4, 2 and no bits are left over.
    const left = 6 - 2 * (i % 4)
    octets[length++] = bits >> left
    bits &= (1 << left) - 1
  }
  return bits === 0 ? octets : undefined
}

/** Octets from base64 in the package itself, unchecked. */
export function octetsOfBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text)
  const octets = new Uint8Array(binary.length)
  // Not `Uint8Array.from`, which takes several times as long, and pages wait for it.
  for (let i = 0; i < binary.length; i++) octets[i] = binary.charCodeAt(i)
  return octets
}
