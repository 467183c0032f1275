import type { SecureContextOptions } from 'node:tls'

export interface TlsOptions {
  /** Certificate chain and private key, PEM. */
  readonly cert: string
  readonly key: string
  /** Authorities for client certificates, PEM. With them, the host asks each client for a certificate, and requires none. */
  readonly clientAuthorities?: readonly string[]
}

/** TLS 1.3, and of TLS 1.2 the suites with forward secrecy and authenticated encryption (AEAD). RFC 9325, section 4.2 */
const CIPHERS = [
  ...['TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_GCM_SHA256'],
  ...['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256'],
  ...['ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-RSA-AES256-GCM-SHA384'],
  ...['ECDHE-ECDSA-CHACHA20-POLY1305', 'ECDHE-RSA-CHACHA20-POLY1305'],
].join(':')

/** A server's TLS settings: TLS 1.2 or 1.3, AEAD suites only. */
export function secureContextOptions({ cert, key, clientAuthorities }: TlsOptions): SecureContextOptions {
  return { cert, key, minVersion: 'TLSv1.2', ciphers: CIPHERS, ca: clientAuthorities && [...clientAuthorities] }
}
