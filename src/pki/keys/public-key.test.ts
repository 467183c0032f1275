import { describe, expect, it } from 'vitest'
import { toBigint, toFixedWidth, toHex } from '../../../bindings/octets/integers.js'
import type { Octets } from '../../../bindings/octets/octets.js'
import { L2048N256 } from '../../params/L2048N256.js'
import { bitString, encode, integer, nullValue, octetString, oid, sequence } from '../asn1/der.js'
import { PkiError, type PkiErrorCode } from '../errors.js'
import { rsaPublicKey } from '../testing/rsa.js'
import { CURVES, KEY_ALGORITHM, type CurveName } from './algorithms.js'
import { checkPublicKeyStructure, keyFingerprint, readPublicKey, type PublicKey } from './public-key.js'

const { p, q, g } = L2048N256
const parameters = sequence(integer(p), integer(q), integer(g))
const bits = (...values: Octets[]): Octets => bitString(sequence(...values))
const rsa = (...rest: Octets[]): Octets => sequence(oid(KEY_ALGORITHM.rsa), ...rest)
const point = (curve: CurveName, first = 4, octets = 2 * CURVES[curve].length): Octets =>
  bitString(Uint8Array.from({ length: 1 + octets }, (_, i) => (i === 0 ? first : i & 0xff)))
const ecKey = (curve: CurveName, key = point(curve)): Octets =>
  sequence(sequence(oid(KEY_ALGORITHM.ec), oid(CURVES[curve].oid)), key)
const ecWith = (...of: Octets[]): Octets => sequence(sequence(oid(KEY_ALGORITHM.ec), ...of), point('P-256'))
const dsaKey = (y: Octets = integer(g), of: Octets | undefined = parameters): Octets =>
  sequence(sequence(oid(KEY_ALGORITHM.dsa), of), bitString(y))

const refused = (der: Octets): PkiError => {
  try {
    readPublicKey(der)
  } catch (error) {
    if (error instanceof PkiError) return error
    throw error
  }
  throw new Error(`accepted: ${toHex(der)}`)
}

describe('a public key', () => {
  it('of RSA is two numbers without leading zeros, with NULL beside its algorithm, or without', () => {
    const expected = { type: 'RSA', modulus: Uint8Array.of(0xff, 1), exponent: Uint8Array.of(1, 0, 1) }
    expect(readPublicKey(rsaPublicKey(0xff01n))).toEqual(expected)
    expect(readPublicKey(sequence(rsa(), bits(integer(0xff01), integer(65537))))).toEqual(expected)
  })

  it.each(['P-256', 'P-384', 'P-521'] as const)('of %s is a point', (curve) => {
    const key = readPublicKey(ecKey(curve)) as Extract<PublicKey, { type: 'EC' }>
    const { length } = CURVES[curve]
    expect({ ...key, x: key.x.length, y: key.y.length }).toEqual({ type: 'EC', curve, x: length, y: length })
    expect([...key.x, ...key.y]).toEqual(Array.from({ length: 2 * length }, (_, i) => (i + 1) & 0xff))
  })

  it('of DSA is a number in a group', () => {
    const key = readPublicKey(dsaKey(integer(5)))
    if (key.type !== 'DSA') throw new Error(key.type)
    expect([key.p, key.q, key.g, key.y].map(toBigint)).toEqual([p, q, g, 5n])
  })

  it.each<[string, Octets, PkiErrorCode]>([
    ['RSA with other parameters', sequence(rsa(integer(1)), bits(integer(5), integer(3))), 'pki/structure'],
    [
      'RSA with more parameters',
      sequence(rsa(nullValue(), nullValue()), bits(integer(5), integer(3))),
      'pki/structure',
    ],
    ['RSA with a third number', sequence(rsa(nullValue()), bits(integer(5), integer(3), integer(1))), 'pki/structure'],
    ['RSA with one number', sequence(rsa(nullValue()), bits(integer(5))), 'pki/structure'],
    [
      'RSA with a negative number',
      sequence(rsa(nullValue()), bits(integer(5), encode(2, Uint8Array.of(0xff)))),
      'pki/structure',
    ],
    ['RSA with something after the numbers', sequence(rsa(), bitString(Uint8Array.of(0x30, 0, 0))), 'pki/not-der'],
    ['something after the key', sequence(rsa(nullValue()), bits(integer(5), integer(3)), nullValue()), 'pki/structure'],
    ['no key', sequence(rsa(nullValue())), 'pki/structure'],
    [
      'an OCTET STRING for the key',
      sequence(rsa(nullValue()), octetString(sequence(integer(5), integer(3)))),
      'pki/structure',
    ],
    ['a key with unused bits', sequence(rsa(), encode(3, Uint8Array.of(1, 0))), 'pki/not-der'],
    ['EC with a compressed point', ecKey('P-256', point('P-256', 2, 32)), 'pki/ec-compressed'],
    ['EC with another form of point', ecKey('P-256', point('P-256', 6)), 'pki/ec-compressed'],
    ['EC with a point too short', ecKey('P-256', point('P-256', 4, 63)), 'pki/ec-compressed'],
    ['EC with a point too long', ecKey('P-256', point('P-256', 4, 65)), 'pki/ec-compressed'],
    ['EC with the point at infinity', ecKey('P-256', bitString(Uint8Array.of(0))), 'pki/ec-compressed'],
    ['EC without a point', ecKey('P-256', bitString(new Uint8Array())), 'pki/ec-compressed'],
    ['EC on an unknown curve', ecWith(oid('1.3.132.0.10')), 'pki/ec-curve'],
    ['EC with explicit parameters', ecWith(sequence(integer(1))), 'pki/ec-curve'],
    ['EC with implicit parameters', ecWith(nullValue()), 'pki/ec-curve'],
    ['EC without parameters', ecWith(), 'pki/not-der'],
    ['DSA without parameters', sequence(sequence(oid(KEY_ALGORITHM.dsa)), bitString(integer(g))), 'pki/key'],
    ['DSA with NULL', dsaKey(integer(g), nullValue()), 'pki/structure'],
    ['DSA with two parameters', dsaKey(integer(g), sequence(integer(p), integer(q))), 'pki/structure'],
    ['DSA with four', dsaKey(integer(g), sequence(integer(p), integer(q), integer(g), integer(1))), 'pki/structure'],
    ['DSA with something after y', dsaKey(Uint8Array.from([...integer(g), 0])), 'pki/not-der'],
    ['DSA with a negative y', dsaKey(encode(2, Uint8Array.of(0x80))), 'pki/structure'],
    ['DSA with text for y', dsaKey(octetString(Uint8Array.of(4))), 'pki/structure'],
    ['another algorithm', sequence(sequence(oid('1.3.101.112')), bitString(new Uint8Array(32))), 'pki/key-type'],
    ['nothing', sequence(), 'pki/structure'],
    ['no octets', new Uint8Array(), 'pki/not-der'],
    ['a value after it', Uint8Array.from([...rsaPublicKey(5n), 0]), 'pki/not-der'],
  ])('is refused: %s', (_, der, code) => {
    expect(refused(der).code).toBe(code)
    // Where only structure is checked, what is not supported passes.
    const unsupported = ['pki/key', 'pki/key-type', 'pki/ec-curve', 'pki/ec-compressed'].includes(code)
    const check = (): void => {
      checkPublicKeyStructure(der)
    }
    if (unsupported) expect(check).not.toThrow()
    else expect(check).toThrow(expect.objectContaining({ code }))
  })

  it('that is refused says which algorithm or curve it has, by name if that is known', () => {
    const key = bitString(new Uint8Array(65))
    const detail = (...algorithm: Octets[]): string | undefined => refused(sequence(sequence(...algorithm), key)).detail
    expect(detail(oid('1.3.101.112'))).toBe('Ed25519')
    expect(detail(oid('1.3.101.9'))).toBe('1.3.101.9')
    expect(detail(oid(KEY_ALGORITHM.ec), oid('1.3.132.0.10'))).toBe('secp256k1')
    expect(detail(oid(KEY_ALGORITHM.ec), oid('1.3.132.0.9'))).toBe('1.3.132.0.9')
    expect(detail(oid(KEY_ALGORITHM.ec), sequence())).toBeUndefined()
  })

  it('is not what another error is about', () => {
    const failure = Object.assign(new RangeError('broken'), { code: 'pki/key' })
    const broken = { get length(): number { throw failure } } as unknown as Octets // prettier-ignore
    expect(() => {
      checkPublicKeyStructure(broken)
    }).toThrow(RangeError)
  })
})

describe('the fingerprint of a public key', () => {
  const fingerprint = (der: Octets): string => keyFingerprint(readPublicKey(der))

  it('is one for one private key, however the public key is written', () => {
    expect(fingerprint(rsaPublicKey(0xff01n))).toMatch(/^[0-9a-f]{64}$/)
    expect(fingerprint(rsaPublicKey(0xff01n, 3n))).toBe(fingerprint(rsaPublicKey(0xff01n)))
    expect(fingerprint(sequence(rsa(), bits(integer(0xff01), integer(3))))).toBe(fingerprint(rsaPublicKey(0xff01n)))
  })

  it('is another for every other number, curve and algorithm', () => {
    const other = (i: number): Octets => {
      const octets = Uint8Array.from({ length: 65 }, (_, at) => (at === 0 ? 4 : at))
      octets[i]! ^= 1
      return ecKey('P-256', bitString(octets))
    }
    const group = (...numbers: bigint[]): Octets => dsaKey(integer(5), sequence(...numbers.map(integer)))
    const keys: readonly Octets[] = [
      rsaPublicKey(0xff01n),
      rsaPublicKey(0xff03n),
      ecKey('P-256'),
      ecKey('P-384'),
      ecKey('P-521'),
      other(1),
      other(64),
      group(7n, 11n, 13n),
      group(5n, 11n, 13n),
      group(7n, 5n, 13n),
      group(7n, 11n, 5n),
      group(0x07n, 0x0bn, 0x0d05n),
      dsaKey(integer(6), sequence(...[7n, 11n, 13n].map(integer))),
      // The numbers of one key as the modulus of another.
      rsaPublicKey(toBigint(toFixedWidth(0x070b0d05n, 4))),
    ]
    expect(new Set(keys.map(fingerprint)).size).toBe(keys.length)
  })
})
