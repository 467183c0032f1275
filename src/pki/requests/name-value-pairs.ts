import { PkiError } from '../errors.js'
import { encodeText } from '../../../bindings/octets/text.js'

/**
 * Attributes of a request as regInfo has them: `Name=Value&Name=Value&`, both percent-encoded ([MS-WCCE] 2.2.2.6.3;
 * percent-encoding and the final ampersand are observed on the wire). Throws `PkiError` (`pki/pairs`), also if a name occurs
 * twice in any case, since it would be unclear which value counts.
 */
export function parsePairs(octets: Uint8Array): Map<string, string> {
  let items: (readonly [string, string])[]
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(octets)
    items = text
      .split('&')
      .filter((item) => item !== '')
      .map((item) => {
        const at = item.indexOf('=')
        if (at < 1) throw new PkiError('pki/pairs')
        return [decodeURIComponent(item.slice(0, at)), decodeURIComponent(item.slice(at + 1))]
      })
  } catch {
    throw new PkiError('pki/pairs')
  }
  return pairsFrom(items)
}

/** Throws `PkiError` (`pki/pairs`) if a name occurs twice; case does not count. */
export function pairsFrom(items: readonly (readonly [string, string])[]): Map<string, string> {
  if (new Set(items.map(([name]) => name.toLowerCase())).size !== items.length) throw new PkiError('pki/pairs')
  return new Map(items)
}

/** The pairs as `name=value&` items, percent-encoded, in UTF-8. Throws `PkiError` (`pki/value`) for lone surrogates. */
export function formatPairs(pairs: ReadonlyMap<string, string>): Uint8Array<ArrayBuffer> {
  try {
    const items = [...pairs].map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}&`)
    return encodeText(items.join(''))
  } catch {
    // Lone surrogates.
    throw new PkiError('pki/value')
  }
}
