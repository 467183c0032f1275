/** Octets as base64, on one line. */
export function encodeBase64(octets: Uint8Array): string {
  let binary = ''
  for (const octet of octets) binary += String.fromCharCode(octet)
  return btoa(binary)
}

/**
 * The octets of an xs:base64Binary, or undefined if it is malformed. White space is skipped, since base64 comes wrapped;
 * otherwise there is one way to write each value: padding is required and unused bits are zero.
 */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  const dense = text.replace(/[\t\n\r ]+/g, '')
  const padding = dense.endsWith('==') ? 2 : dense.endsWith('=') ? 1 : 0
  if (dense.length % 4 !== 0 || /[^A-Za-z0-9+/]/.test(dense.slice(0, dense.length - padding))) return undefined
  const binary = atob(dense)
  if (padding > 0 && btoa(binary.slice(padding - 3)) !== dense.slice(-4)) return undefined
  const octets = new Uint8Array(binary.length)
  for (let i = 0; i < binary.length; i++) octets[i] = binary.charCodeAt(i)
  return octets
}
