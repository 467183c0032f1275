import { decodeBase64, encodeBase64 } from '../../../bindings/octets/base64.js'
import { PkiError } from '../errors.js'
import type { Octets } from '../../../bindings/octets/octets.js'

/** Labels of RFC 7468. */
export type PemLabel =
  'CERTIFICATE' | 'CERTIFICATE REQUEST' | 'X509 CRL' | 'CMS' | 'PKCS7' | 'PRIVATE KEY' | 'PUBLIC KEY'

/** Octets as PEM, in lines of 64 characters. */
export function encodePem(label: PemLabel, der: Uint8Array): string {
  const lines = encodeBase64(der).match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}

/** The blocks with this label, in their order; text between blocks is skipped. Throws `PkiError` (`pki/pem`). */
export function decodePems(label: PemLabel, text: string): Octets[] {
  const blocks = text.matchAll(/^-----BEGIN ([A-Z0-9 ]+)-----[ \t]*\r?\n([A-Za-z0-9+/=\s]*)^-----END \1-----[ \t]*$/gm)
  return Array.from(blocks)
    .filter(([, found]) => found === label || (label === 'CERTIFICATE REQUEST' && found === `NEW ${label}`))
    .map(([, , body]) => {
      const octets = decodeBase64(body!)
      if (octets === undefined || octets.length === 0) throw new PkiError('pki/pem')
      return octets
    })
}

/** The one block with this label. Throws `PkiError` (`pki/pem`) if there is none, or more than one. */
export function decodePem(label: PemLabel, text: string): Octets {
  const [only, ...more] = decodePems(label, text)
  if (only === undefined || more.length > 0) throw new PkiError('pki/pem')
  return only
}
