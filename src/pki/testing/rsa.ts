import { inverseModulo, powerModulo } from '../../../bindings/engine/power.js'
import { toBigint, toFixedWidth } from '../../../bindings/octets/integers.js'
import type { Octets } from '../../../bindings/octets/octets.js'
import { bitString, integer, nullValue, octetString, oid, sequence } from '../asn1/der.js'
import { HASHES, KEY_ALGORITHM, signatureAlgorithm } from '../keys/algorithms.js'
import type { SigningKey } from '../keys/signing.js'

/** SubjectPublicKeyInfo of an RSA key of any numbers. */
export const rsaPublicKey = (n: bigint, e = 65537n): Octets =>
  sequence(sequence(oid(KEY_ALGORITHM.rsa), nullValue()), bitString(sequence(integer(n), integer(e))))

/** Signs (PKCS #1 v1.5, SHA-256) modulo any n whose `order` is known: p - 1 for a prime. */
export function rsaKey(n: bigint, order: bigint): SigningKey {
  const d = inverseModulo(65537n, order)!
  const length = n.toString(16).length / 2
  return {
    publicKey: rsaPublicKey(n),
    signatureAlgorithm: signatureAlgorithm({ name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }),
    digest: 'SHA-256',
    async sign(octets) {
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', octets))
      const info = sequence(sequence(oid(HASHES['SHA-256'].oid), nullValue()), octetString(digest))
      const padded = Uint8Array.of(0, 1, ...new Uint8Array(length - info.length - 3).fill(0xff), 0, ...info)
      return toFixedWidth(powerModulo(toBigint(padded), d, n), length) as Octets
    },
  }
}
