import { lastOf } from '../../../bindings/octets/lists.js'
import { atWidth, stripLeadingZeros } from '../../../bindings/octets/integers.js'
import { wipeAll } from '../../../bindings/octets/octets.js'
import { DerReader, readDer, readUnsigned, TAG } from '../asn1/der.js'

// Numbers are big-endian octets. Time depends on their lengths only.

/**
 * Whether the numbers of an RSAPrivateKey (DER, RFC 8017, appendix A.1.2) belong together: p q = n, d mod p - 1 and d mod q - 1 are
 * those that it has, and q times its inverse is 1 modulo p. A signature with them then proves all of them; without this check it proves
 * either d or the others. Throws `PkiError` (`pki/not-der`, `pki/structure`).
 */
export function areConsistent(rsaPrivateKey: Uint8Array<ArrayBuffer>): boolean {
  const reader = readDer(rsaPrivateKey)
  reader.next(TAG.integer)
  const [n, , d, p, q, dp, dq, qInverse] = [
    next(reader), next(reader), next(reader), next(reader), next(reader), next(reader), next(reader), next(reader),
  ] // prettier-ignore
  reader.end()
  // Odd, so one less than each needs no borrowing.
  if (p.length < 2 || q.length < 2 || !isOdd(p) || !isOdd(q)) return false
  const made: Uint8Array[] = []
  const keep = (octets: Uint8Array): Uint8Array => {
    made.push(octets)
    return octets
  }
  try {
    const [lessP, lessQ] = [keep(oneLess(p)), keep(oneLess(q))]
    return [
      isEqual(keep(product(p, q)), n),
      isEqual(keep(remainder(d, lessP)), dp),
      isEqual(keep(remainder(d, lessQ)), dq),
      isEqual(keep(remainder(keep(product(q, qInverse)), p)), Uint8Array.of(1)),
    ].every(Boolean)
  } finally {
    wipeAll(made)
  }
}

const next = (reader: DerReader): Uint8Array => readUnsigned(reader.next(TAG.integer))

const isOdd = (number: Uint8Array): boolean => (lastOf(number) & 1) === 1

/** An odd number minus 1. */
function oneLess(odd: Uint8Array): Uint8Array {
  const octets = new Uint8Array(odd)
  octets[octets.length - 1] = lastOf(odd) & 0xfe
  return octets
}

/** Whether numbers are equal, whatever their lengths. */
function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  const width = Math.max(a.length, b.length)
  const [one, two] = [atWidth(a, width)!, atWidth(b, width)!]
  let difference = 0
  for (let i = 0; i < width; i++) difference |= one[i]! ^ two[i]!
  wipeAll([one, two])
  return difference === 0
}

/** a b */
function product(a: Uint8Array, b: Uint8Array): Uint8Array {
  const octets = new Uint8Array(a.length + b.length)
  for (let i = a.length - 1; i >= 0; i--) {
    let carry = 0
    for (let k = b.length - 1; k >= 0; k--) {
      const sum = octets[i + k + 1]! + a[i]! * b[k]! + carry
      octets[i + k + 1] = sum & 0xff
      carry = sum >> 8
    }
    octets[i] = carry
  }
  return octets
}

/** a mod m, bit by bit. m is not 0. */
function remainder(a: Uint8Array, m: Uint8Array): Uint8Array {
  const width = m.length + 1
  // r < m throughout; 2 r + 1 fits into one octet more.
  const r = new Uint8Array(width)
  const reduced = new Uint8Array(width)
  for (let bit = 0; bit < 8 * a.length; bit++) {
    let carry = (a[bit >> 3]! >> (7 - (bit & 7))) & 1
    let borrow = 0
    for (let i = width - 1; i >= 0; i--) {
      const doubled = (r[i]! << 1) | carry
      carry = doubled >> 8
      r[i] = doubled & 0xff
      const difference = (doubled & 0xff) - (i === 0 ? 0 : m[i - 1]!) - borrow
      borrow = (difference >> 8) & 1
      reduced[i] = difference & 0xff
    }
    // All ones if the difference was not negative: then it is taken.
    const mask = borrow - 1
    for (let i = 0; i < width; i++) r[i] = (reduced[i]! & mask) | (r[i]! & ~mask)
  }
  reduced.fill(0)
  return stripLeadingZeros(r)
}
