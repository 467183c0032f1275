import { describe, expect, it } from 'vitest'
import { toHex } from '../../../bindings/octets/integers.js'
import type { Octets } from '../../../bindings/octets/octets.js'
import { integer, nullValue, octetString, oid, sequence } from '../asn1/der.js'
import type { PkiErrorCode } from '../errors.js'
import { KEY_ALGORITHM } from '../keys/algorithms.js'
import { wipedBy } from '../testing/wiping.js'
import { isPrivateKeyBlob, privateKeyBlob, privateKeyFromBlob } from './private-key-blob.js'

const refusal = (code: PkiErrorCode): unknown => expect.objectContaining({ name: 'PkiError', code })

/** A key of 32 bits, each number of which is another. */
const numbers = {
  n: 0x81020304n,
  e: 0x05060708n,
  d: 0x090a0bn,
  p: 0x8c0dn,
  q: 0x0e0fn,
  dp: 0x10n,
  dq: 0x1112n,
  i: 0x1314n,
}
const pkcs8Of = (changed: Partial<typeof numbers> = {}, algorithm: string = KEY_ALGORITHM.rsa): Octets => {
  const { n, e, d, p, q, dp, dq, i } = { ...numbers, ...changed }
  return sequence(
    integer(0),
    sequence(oid(algorithm), nullValue()),
    octetString(sequence(...[0n, n, e, d, p, q, dp, dq, i].map(integer))),
  )
}
/** Header, "RSA2", bits, e, n, p, q, d mod p - 1, d mod q - 1, q^-1 mod p, d. [MS-WCCE] 2.2.2.9.1 */
const BLOB = '0702000000a40000 52534132 20000000 08070605 04030281 0d8c 0f0e 1000 1211 1413 0b0a0900'.replaceAll(
  ' ',
  '',
)
const octetsOf = (hex: string): Octets => Uint8Array.from(hex.match(/../g)!, (octet) => Number.parseInt(octet, 16))
const withOctet = (at: number, value: number): Octets => octetsOf(BLOB).map((octet, i) => (i === at ? value : octet))

describe('a private key BLOB', () => {
  it('has the numbers of a key in another order, little-endian, at full width', () => {
    expect(toHex(privateKeyBlob(pkcs8Of()))).toBe(BLOB)
    expect(privateKeyFromBlob(octetsOf(BLOB))).toEqual(pkcs8Of())
  })

  it('is read wherever it is in a buffer', () => {
    const buffer = Uint8Array.from([9, 9, 9, ...octetsOf(BLOB), 9])
    expect(privateKeyFromBlob(buffer.subarray(3, -1))).toEqual(pkcs8Of())
  })

  it('is told by its first octet', () => {
    expect(isPrivateKeyBlob(octetsOf(BLOB))).toBe(true)
    expect(isPrivateKeyBlob(pkcs8Of())).toBe(false)
    expect(isPrivateKeyBlob(new Uint8Array())).toBe(false)
  })

  it('has a header, of which only the reserved field may be anything', () => {
    for (let i = 0; i < 12; i++) {
      const blob = withOctet(i, 0x99)
      if (i === 2 || i === 3) expect(privateKeyFromBlob(blob)).toEqual(pkcs8Of())
      else expect(() => privateKeyFromBlob(blob), String(i)).toThrow(refusal('pki/structure'))
    }
  })

  it('has the length that its bits say, which are a multiple of 16', () => {
    const blob = octetsOf(BLOB)
    for (let length = 0; length < blob.length; length++)
      expect(() => privateKeyFromBlob(blob.subarray(0, length)), String(length)).toThrow(refusal('pki/structure'))
    expect(() => privateKeyFromBlob(Uint8Array.from([...blob, 0]))).toThrow(refusal('pki/structure'))
    for (const bits of [0, 16, 24, 31, 33, 48])
      expect(() => privateKeyFromBlob(withOctet(12, bits)), String(bits)).toThrow(refusal('pki/structure'))
    // A header without numbers, for a modulus without bits, or with another header.
    for (const octet of [7, 8]) {
      const empty = withOctet(12, 0).subarray(0, 20)
      empty[0] = octet
      expect(() => privateKeyFromBlob(empty)).toThrow(refusal('pki/structure'))
    }
  })

  it('leaves nothing of the key behind', async () => {
    const wiped = await wipedBy(() => privateKeyFromBlob(octetsOf(BLOB)))
    const { n, e, d, p, q, dp, dq, i } = numbers
    const key = sequence(...[0n, n, e, d, p, q, dp, dq, i].map(integer))
    const fixed = ['81020304', '8c0d', '0e0f', '0010', '1112', '1314', '00090a0b']
    const ders = [...[n, p, q, dp, dq, i, d].map(integer), key, octetString(key)].map(toHex)
    expect(wiped.sort()).toEqual([...fixed, ...ders].sort())
  })

  it.each<[string, Partial<typeof numbers>]>([
    ['a modulus whose bits are no multiple of 16', { n: 0x71020304n }],
    ['a modulus of an odd number of octets', { n: 0x810203n }],
    ['a public exponent longer than four octets', { e: 0x100000001n }],
    ['a private exponent longer than the modulus', { d: 1n << 32n }],
    ['a factor longer than half of it', { p: 0x10000n }],
    ['a second factor that is', { q: 0x10000n }],
    ['an inverse that is', { i: 0x10000n }],
  ])('is not made for a key with %s', (_, changed) => {
    expect(() => privateKeyBlob(pkcs8Of(changed))).toThrow(refusal('pki/key'))
  })

  it('has the longest numbers that it has room for', () => {
    const longest = pkcs8Of({ e: 0xffffffffn, d: 0xffffffffn, p: 0xffffn, q: 0xffffn, i: 0xffffn })
    expect(privateKeyFromBlob(privateKeyBlob(longest))).toEqual(longest)
  })

  it('is not made for a key of another algorithm', () => {
    expect(() => privateKeyBlob(pkcs8Of({}, KEY_ALGORITHM.dsa))).toThrow(refusal('pki/key'))
  })
})
