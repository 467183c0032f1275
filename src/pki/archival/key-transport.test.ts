import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Octets } from '../../../bindings/octets/octets.js'
import { isZero } from '../../../bindings/octets/integers.js'
import { explicit, integer, nullValue, octetString, oid, sequence } from '../asn1/der.js'
import type { PkiErrorCode } from '../errors.js'
import { HASHES, type HashName } from '../keys/algorithms.js'
import { generateKey, type ExportableKey } from '../keys/keys.js'
import { expectRefusal } from '../testing/refusal.js'
import { importDecryptionKey, readKeyTransport, type KeyTransport } from './key-transport.js'

const OAEP = '1.2.840.113549.1.1.7'
const MGF1 = '1.2.840.113549.1.1.8'
const SPECIFIED = '1.2.840.113549.1.1.9'
const refusal = (code: PkiErrorCode): unknown => expect.objectContaining({ name: 'PkiError', code })
const hashOf = (hash: HashName): Octets => sequence(oid(HASHES[hash].oid), nullValue())
const SHA224 = sequence(oid('2.16.840.1.101.3.4.2.4'), nullValue())
const oaep = (...fields: Octets[]): KeyTransport | undefined =>
  readKeyTransport(sequence(oid(OAEP), sequence(...fields)))
const hash = (name: HashName): Octets => explicit(0, hashOf(name))
const mask = (name: HashName, generator = MGF1): Octets => explicit(1, sequence(oid(generator), hashOf(name)))
const label = (octets: Octets, kind = SPECIFIED): Octets => explicit(2, sequence(oid(kind), octets))

afterEach(() => void vi.restoreAllMocks())

describe('the parameters of RSAES-OAEP', () => {
  const sha1 = { name: 'RSAES-OAEP', hash: 'SHA-1' }
  const sha256 = { name: 'RSAES-OAEP', hash: 'SHA-256' }

  it('have defaults, one by one and all', () => {
    expect(readKeyTransport(sequence(oid(OAEP)))).toEqual(sha1)
    expect(oaep()).toEqual(sha1)
    expect(oaep(hash('SHA-1'))).toEqual(sha1)
    expect(oaep(mask('SHA-1'))).toEqual(sha1)
    expect(oaep(hash('SHA-256'), mask('SHA-256'))).toEqual(sha256)
    expect(oaep(hash('SHA-256'), mask('SHA-256'), label(octetString(new Uint8Array())))).toEqual(sha256)
  })

  it('that are not usual are not supported', () => {
    expect(oaep(hash('SHA-256'))).toBeUndefined()
    expect(oaep(mask('SHA-256'))).toBeUndefined()
    expect(oaep(hash('SHA-256'), mask('SHA-384'))).toBeUndefined()
    expect(oaep(hash('SHA-256'), mask('SHA-256', SPECIFIED))).toBeUndefined()
    expect(oaep(explicit(0, SHA224), explicit(1, sequence(oid(MGF1), SHA224)))).toBeUndefined()
    const usual = [hash('SHA-256'), mask('SHA-256')]
    expect(oaep(...usual, label(octetString(Uint8Array.of(0))))).toBeUndefined()
    expect(oaep(...usual, label(nullValue()))).toBeUndefined()
    expect(oaep(...usual, label(octetString(new Uint8Array()), MGF1))).toBeUndefined()
  })

  it('are read to their end', () => {
    expect(() => oaep(hash('SHA-256'), mask('SHA-256'), explicit(3, integer(1)))).toThrow(refusal('pki/structure'))
    expect(() => oaep(mask('SHA-256'), hash('SHA-256'))).toThrow(refusal('pki/structure'))
    expect(() => readKeyTransport(sequence(oid(OAEP), nullValue()))).toThrow(refusal('pki/structure'))
  })
})

describe('a decryption key', () => {
  let rsa: ExportableKey
  let pkcs8: Octets
  beforeAll(async () => {
    rsa = await generateKey('RSA-2048', { extractable: true })
    pkcs8 = await rsa.exportPrivateKey()
  })
  const encrypt = async (name: HashName, content: Octets): Promise<Octets> => {
    const key = await crypto.subtle.importKey('spki', rsa.publicKey, { name: 'RSA-OAEP', hash: name }, false, [
      'encrypt',
    ])
    return new Uint8Array(await crypto.subtle.encrypt('RSA-OAEP', key, content))
  }

  it('decrypts RSAES-OAEP with each hash, and says so', async () => {
    const key = await importDecryptionKey(pkcs8)
    expect(key.publicKey).toEqual(rsa.publicKey)
    expect(key.transports).toEqual(['RSAES-OAEP'])
    for (const name of Object.keys(HASHES) as HashName[]) {
      const encrypted = await encrypt(name, Uint8Array.of(1, 2, 3))
      expect(await key.decrypt({ name: 'RSAES-OAEP', hash: name }, encrypted)).toEqual(Uint8Array.of(1, 2, 3))
      const other = name === 'SHA-1' ? 'SHA-256' : 'SHA-1'
      expect(await key.decrypt({ name: 'RSAES-OAEP', hash: other }, encrypted)).toBeUndefined()
    }
    expect(await key.decrypt({ name: 'RSAES-OAEP', hash: 'SHA-256' }, new Uint8Array(256))).toBeUndefined()
    expect(await key.decrypt({ name: 'RSAES-OAEP', hash: 'SHA-256' }, new Uint8Array())).toBeUndefined()
  })

  it('decrypts nothing in another way', async () => {
    const key = await importDecryptionKey(pkcs8)
    const encrypted = await encrypt('SHA-1', Uint8Array.of(1))
    const decrypt = vi.spyOn(crypto.subtle, 'decrypt')
    expect(await key.decrypt({ name: 'RSAES-PKCS1-v1_5' }, encrypted)).toBeUndefined()
    const named: KeyTransport & { hash: HashName } = { name: 'RSAES-PKCS1-v1_5', hash: 'SHA-1' }
    expect(await key.decrypt(named, encrypted)).toBeUndefined()
    expect(decrypt).not.toHaveBeenCalled()
  })

  it('is imported from a copy, which is wiped', async () => {
    const given = new Uint8Array(pkcs8)
    const importKey = vi.spyOn(crypto.subtle, 'importKey')
    await importDecryptionKey(given)
    expect(given).toEqual(pkcs8)
    const copies = importKey.mock.calls.map(([, octets]) => octets as Octets)
    // One to sign, four to decrypt.
    expect(copies.map((octets) => octets.length)).toEqual(new Array(5).fill(pkcs8.length))
    expect(copies.every(isZero)).toBe(true)
  })

  it('is one of RSA', async () => {
    const ec = await generateKey('ECDSA-P256', { extractable: true })
    const octets = await ec.exportPrivateKey()
    const importKey = vi.spyOn(crypto.subtle, 'importKey')
    await expectRefusal(() => importDecryptionKey(octets), 'pki/key')
    expect(importKey.mock.calls.map(([, given]) => given as Octets).every(isZero)).toBe(true)
    await expectRefusal(() => importDecryptionKey(pkcs8.subarray(0, -1)), 'pki/not-der')
  })
})
