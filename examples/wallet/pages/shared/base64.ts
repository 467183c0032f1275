// Texts and octets behind `#` and in files.
export function encode(octets: Uint8Array): string {
  let binary = ''
  for (const octet of octets) binary += String.fromCharCode(octet)
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

export function decode(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(binary, (character) => character.charCodeAt(0))
}

export const encodeText = (text: string): string => encode(new TextEncoder().encode(text))
export const decodeText = (text: string): string => new TextDecoder('utf-8', { fatal: true }).decode(decode(text))
