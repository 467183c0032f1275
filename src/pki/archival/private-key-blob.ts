import { bitLength, toBigint } from '../../../bindings/octets/integers.js'
import { wipeAll, type Octets } from '../../../bindings/octets/octets.js'
import { integer, nullValue, octetString, oid, readDer, readUnsigned, sequence, TAG } from '../asn1/der.js'
import { PkiError } from '../errors.js'
import { KEY_ALGORITHM, readAlgorithm } from '../keys/algorithms.js'

// RSA Private Key BLOB, [MS-WCCE] 2.2.2.9.1: the PRIVATEKEYBLOB of Windows CryptoAPI. All numbers are little-endian.

/** PRIVATEKEYBLOB, version 2, reserved, RSA_KEYX. */
const HEADER = [0x07, 0x02, 0x00, 0x00, 0x00, 0xa4, 0x00, 0x00]
/** "RSA2" */
const MAGIC = [0x52, 0x53, 0x41, 0x32]
const PREFIX = HEADER.length + MAGIC.length + 8
/** Octets of n, p, q, d mod p - 1, d mod q - 1, q^-1 mod p and d, in half moduli. */
const HALVES = [2, 1, 1, 1, 1, 1, 2]

/** Whether octets begin as a private key BLOB does, and PrivateKeyInfo does not. */
export const isPrivateKeyBlob = (octets: Uint8Array): boolean => octets[0] === HEADER[0]

/** PrivateKeyInfo, DER (PKCS#8), of a private key BLOB; the caller wipes it. Throws `PkiError` (`pki/structure`). */
export function privateKeyFromBlob(blob: Octets): Octets {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.length)
  // The reserved field is ignored upon receipt.
  const isBlob =
    blob.length > PREFIX &&
    HEADER.every((octet, i) => i === 2 || i === 3 || blob[i] === octet) &&
    MAGIC.every((octet, i) => blob[HEADER.length + i] === octet)
  const bits = isBlob ? view.getUint32(12, true) : 0
  const half = Math.ceil(bits / 16)
  // An odd number of octets has halves of another length, which no key of Windows has.
  if (bits === 0 || bits % 16 !== 0 || blob.length !== PREFIX + 9 * half) throw new PkiError('pki/structure')
  const secrets: Octets[] = []
  const keep = (octets: Octets): Octets => {
    secrets.push(octets)
    return octets
  }
  try {
    let at = PREFIX
    const numbers = HALVES.map((halves) => {
      const end = at + halves * half
      const number = keep(blob.slice(at, end).reverse())
      at = end
      return keep(integer(number))
    })
    const [modulus, p, q, dp, dq, qInverse, d] = numbers as [Octets, Octets, Octets, Octets, Octets, Octets, Octets]
    const exponent = integer(view.getUint32(16, true))
    return writePrivateKeyInfo(keep(sequence(integer(0), modulus, exponent, d, p, q, dp, dq, qInverse)), keep)
  } finally {
    wipeAll(secrets)
  }
}

function writePrivateKeyInfo(rsaPrivateKey: Octets, keep: (octets: Octets) => Octets): Octets {
  return sequence(integer(0), sequence(oid(KEY_ALGORITHM.rsa), nullValue()), keep(octetString(rsaPrivateKey)))
}

/** A private key BLOB of PrivateKeyInfo, DER; the caller wipes it. Throws `PkiError` (`pki/key`) unless it is an RSA key of two primes. */
export function privateKeyBlob(pkcs8: Octets): Octets {
  const outer = readDer(pkcs8)
  outer.next(TAG.integer)
  const { algorithm } = readAlgorithm(outer.next(TAG.sequence).encoded)
  if (algorithm !== KEY_ALGORITHM.rsa) throw new PkiError('pki/key')
  const inner = readDer(outer.next(TAG.octetString).contents)
  inner.next(TAG.integer)
  const read = (): Octets => readUnsigned(inner.next(TAG.integer))
  const [modulus, exponent, d, p, q, dp, dq, qInverse] = [
    read(),
    read(),
    read(),
    read(),
    read(),
    read(),
    read(),
    read(),
  ]
  const bits = bitLength(toBigint(modulus))
  const half = Math.ceil(bits / 16)
  const numbers = [modulus, p, q, dp, dq, qInverse, d].map((number, i) => ({ number, width: HALVES[i]! * half }))
  const fits = numbers.every(({ number, width }) => number.length <= width)
  if (bits % 16 !== 0 || exponent.length > 4 || !fits) throw new PkiError('pki/key')
  const blob = new Uint8Array(PREFIX + 9 * half)
  blob.set([...HEADER, ...MAGIC])
  const view = new DataView(blob.buffer)
  view.setUint32(12, bits, true)
  view.setUint32(16, Number(toBigint(exponent)), true)
  let at = PREFIX
  for (const { number, width } of numbers) {
    const last = at + number.length - 1
    number.forEach((octet, i) => (blob[last - i] = octet))
    at += width
  }
  return blob
}
