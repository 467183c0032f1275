import { describe, expect, it } from 'vitest'
import { toHex } from '../../../bindings/octets/integers.js'
import type { Octets } from '../../../bindings/octets/octets.js'
import { explicit, integer, nullValue, oid, sequence } from '../asn1/der.js'
import type { PkiErrorCode } from '../errors.js'
import {
  digestAlgorithm,
  HASHES,
  KEY_ALGORITHM,
  readDigestAlgorithm,
  readSignatureAlgorithm,
  signatureAlgorithm,
  signerAlgorithm,
  toFullWidth,
  toSequence,
  type HashName,
  type SignatureScheme,
} from './algorithms.js'

const hashNames = Object.keys(HASHES) as HashName[]
const refusal = (code: PkiErrorCode): unknown => expect.objectContaining({ name: 'PkiError', code })
const MGF1 = '1.2.840.113549.1.1.8'
const hashOf = (hash: HashName, ...more: Octets[]): Octets => sequence(oid(HASHES[hash].oid), nullValue(), ...more)
const SHA224 = sequence(oid('2.16.840.1.101.3.4.2.4'), nullValue())

describe('the algorithm of a signature', () => {
  // RFC 4055, section 5; RFC 5758, sections 3.1 and 3.2; RFC 3279, section 2.2.
  it.each<[string, SignatureScheme, string]>([
    ['sha1WithRSA', { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-1' }, '300d06092a864886f70d0101050500'],
    ['sha256WithRSA', { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, '300d06092a864886f70d01010b0500'],
    ['sha384WithRSA', { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-384' }, '300d06092a864886f70d01010c0500'],
    ['sha512WithRSA', { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-512' }, '300d06092a864886f70d01010d0500'],
    ['ecdsa-with-SHA1', { name: 'ECDSA', hash: 'SHA-1' }, '300906072a8648ce3d0401'],
    ['ecdsa-with-SHA256', { name: 'ECDSA', hash: 'SHA-256' }, '300a06082a8648ce3d040302'],
    ['ecdsa-with-SHA384', { name: 'ECDSA', hash: 'SHA-384' }, '300a06082a8648ce3d040303'],
    ['ecdsa-with-SHA512', { name: 'ECDSA', hash: 'SHA-512' }, '300a06082a8648ce3d040304'],
    ['dsa-with-SHA1', { name: 'DSA', hash: 'SHA-1' }, '300906072a8648ce380403'],
    ['dsa-with-SHA256', { name: 'DSA', hash: 'SHA-256' }, '300b0609608648016503040302'],
    ['dsa-with-SHA384', { name: 'DSA', hash: 'SHA-384' }, '300b0609608648016503040303'],
    ['dsa-with-SHA512', { name: 'DSA', hash: 'SHA-512' }, '300b0609608648016503040304'],
    [
      'RSASSA-PSS with the defaults',
      { name: 'RSA-PSS', hash: 'SHA-1', saltLength: 20 },
      '300d06092a864886f70d01010a3000',
    ],
    [
      'RSASSA-PSS with SHA-1 and another salt',
      { name: 'RSA-PSS', hash: 'SHA-1', saltLength: 32 },
      '301206092a864886f70d01010a3005a203020120',
    ],
    [
      'RSASSA-PSS with SHA-256 and the default salt',
      { name: 'RSA-PSS', hash: 'SHA-256', saltLength: 20 },
      '303c06092a864886f70d01010a302fa00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d06096086480165030402010500',
    ],
    [
      'RSASSA-PSS with SHA-512',
      { name: 'RSA-PSS', hash: 'SHA-512', saltLength: 64 },
      '304106092a864886f70d01010a3034a00f300d06096086480165030402030500a11c301a06092a864886f70d010108300d06096086480165030402030500a203020140',
    ],
  ])('%s is written and read', (_, scheme, hex) => {
    const der = signatureAlgorithm(scheme)
    expect(toHex(der)).toBe(hex)
    expect(readSignatureAlgorithm(der)).toEqual(scheme)
  })

  it('is unknown if it has another name', () => {
    expect(readSignatureAlgorithm(sequence(oid('1.2.840.113549.1.1.4'), nullValue()))).toBeUndefined()
    expect(readSignatureAlgorithm(sequence(oid('1.3.101.112')))).toBeUndefined()
  })

  it('has no parameters but those that it may have', () => {
    const sha256WithRsa = '1.2.840.113549.1.1.11'
    expect(readSignatureAlgorithm(sequence(oid(sha256WithRsa)))).toEqual({ name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' })
    for (const der of [
      sequence(oid(sha256WithRsa), integer(1)),
      sequence(oid(sha256WithRsa), nullValue(), nullValue()),
      sequence(oid('1.2.840.10045.4.3.2'), nullValue()),
      sequence(oid('2.16.840.1.101.3.4.3.2'), nullValue()),
    ])
      expect(() => readSignatureAlgorithm(der), toHex(der)).toThrow(refusal('pki/structure'))
  })

  it('may be that of the key in a SignerInfo, with the digest beside it', () => {
    const signer = (algorithm: string): SignatureScheme | undefined =>
      readSignatureAlgorithm(signerAlgorithm(sequence(oid(algorithm)), 'SHA-384'))
    expect(signer(KEY_ALGORITHM.rsa)).toEqual({ name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-384' })
    expect(signer(KEY_ALGORITHM.ec)).toEqual({ name: 'ECDSA', hash: 'SHA-384' })
    expect(signer(KEY_ALGORITHM.dsa)).toEqual({ name: 'DSA', hash: 'SHA-384' })
    expect(signer('1.2.840.10045.4.3.2')).toEqual({ name: 'ECDSA', hash: 'SHA-256' })
  })
})

describe('the parameters of RSASSA-PSS', () => {
  const pss = (...fields: Octets[]): SignatureScheme | undefined =>
    readSignatureAlgorithm(sequence(oid('1.2.840.113549.1.1.10'), sequence(...fields)))
  const hash = (name: HashName): Octets => explicit(0, hashOf(name))
  const mask = (name: HashName, generator = MGF1): Octets => explicit(1, sequence(oid(generator), hashOf(name)))

  it('have defaults, one by one', () => {
    expect(pss()).toEqual({ name: 'RSA-PSS', hash: 'SHA-1', saltLength: 20 })
    expect(pss(hash('SHA-1'))).toEqual({ name: 'RSA-PSS', hash: 'SHA-1', saltLength: 20 })
    expect(pss(mask('SHA-1'))).toEqual({ name: 'RSA-PSS', hash: 'SHA-1', saltLength: 20 })
    expect(pss(hash('SHA-256'), mask('SHA-256'))).toEqual({ name: 'RSA-PSS', hash: 'SHA-256', saltLength: 20 })
    expect(pss(explicit(3, integer(1)))).toEqual({ name: 'RSA-PSS', hash: 'SHA-1', saltLength: 20 })
  })

  it('that are not usual are not supported', () => {
    expect(pss(hash('SHA-256'))).toBeUndefined()
    expect(pss(mask('SHA-256'))).toBeUndefined()
    expect(pss(hash('SHA-256'), mask('SHA-384'))).toBeUndefined()
    expect(pss(hash('SHA-256'), mask('SHA-256', '1.2.840.113549.1.1.9'))).toBeUndefined()
    expect(pss(mask('SHA-1', '1.2.840.113549.1.1.9'))).toBeUndefined()
    expect(pss(hash('SHA-256'), mask('SHA-256'), explicit(3, integer(2)))).toBeUndefined()
    expect(pss(explicit(0, SHA224), explicit(1, sequence(oid(MGF1), SHA224)))).toBeUndefined()
    expect(pss(hash('SHA-256'), explicit(1, sequence(oid(MGF1), SHA224)))).toBeUndefined()
  })

  it('are there, and in their order', () => {
    const none = sequence(oid('1.2.840.113549.1.1.10'))
    expect(() => readSignatureAlgorithm(none)).toThrow(refusal('pki/not-der'))
    expect(() => pss(mask('SHA-256'), hash('SHA-256'))).toThrow(refusal('pki/structure'))
    expect(() => pss(explicit(0, hashOf('SHA-256', nullValue())), mask('SHA-256'))).toThrow(refusal('pki/structure'))
    expect(() => pss(explicit(2, integer(1n << 31n)))).toThrow(refusal('pki/structure'))
  })
})

describe('the algorithm of a digest', () => {
  it.each(hashNames)('%s is read with and without NULL, and written without', (hash) => {
    expect(digestAlgorithm(hash)).toEqual(sequence(oid(HASHES[hash].oid)))
    expect(readDigestAlgorithm(digestAlgorithm(hash))).toBe(hash)
    expect(readDigestAlgorithm(hashOf(hash))).toBe(hash)
    expect(() => readDigestAlgorithm(sequence(oid(HASHES[hash].oid), integer(0)))).toThrow(refusal('pki/structure'))
    expect(() => readDigestAlgorithm(hashOf(hash, nullValue()))).toThrow(refusal('pki/structure'))
  })

  it('is unknown if it has another name', () => {
    expect(readDigestAlgorithm(SHA224)).toBeUndefined()
    expect(readDigestAlgorithm(sequence(oid('1.2.840.113549.2.5')))).toBeUndefined()
  })
})

describe('two numbers of a signature', () => {
  it('are a SEQUENCE, and side by side', () => {
    const signature = Uint8Array.of(0, 0, 1, 0x80, 0, 0)
    expect(toHex(toSequence(signature))).toBe('3009020101020400800000')
    expect(toFullWidth(toSequence(signature), 3)).toEqual(signature)
    expect(toFullWidth(toSequence(new Uint8Array(4)), 2)).toEqual(new Uint8Array(4))
  })

  it('have the width at most, both of them', () => {
    const numbers = (r: number, s: number): Octets => sequence(integer(r), integer(s))
    expect(toFullWidth(numbers(0xffff, 0xffff), 2)).toEqual(Uint8Array.of(0xff, 0xff, 0xff, 0xff))
    expect(toFullWidth(numbers(0x10000, 1), 2)).toBeUndefined()
    expect(toFullWidth(numbers(1, 0x10000), 2)).toBeUndefined()
    expect(() => toFullWidth(sequence(integer(1), integer(1), integer(1)), 2)).toThrow(refusal('pki/structure'))
  })
})
