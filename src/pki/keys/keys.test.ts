import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Engine } from '../../../bindings/engine/engine.js'
import { createEngine } from '../../../bindings/loading/create-engine.js'
import { isZero, toFixedWidth, toHex } from '../../../bindings/octets/integers.js'
import type { Octets } from '../../../bindings/octets/octets.js'
import { L2048N256 } from '../../params/L2048N256.js'
import {
  acceptedBy,
  generateKey,
  importPrivateKey,
  importPublicKey,
  signatureVerifier,
  webCryptoKey,
  type ExportableKey,
  type ImportOptions,
  type KeyType,
} from './keys.js'
import { bitString, DerReader, explicit, integer, nullValue, octetString, oid, readDer, sequence } from '../asn1/der.js'
import { PkiError } from '../errors.js'
import { makeCertificate } from '../testing/certificates.js'
import { expectRefusal } from '../testing/refusal.js'
import { rsaPublicKey } from '../testing/rsa.js'
import { wipedBy } from '../testing/wiping.js'
import {
  CURVES,
  KEY_ALGORITHM,
  readSignatureAlgorithm,
  signatureAlgorithm,
  toSequence,
  type HashName,
} from './algorithms.js'
import { DsaKey } from './dsa.js'
import type { DigestName, SignatureToVerify, SigningKey } from './signing.js'
import { createCertificationRequest, verifyCertificationRequest } from '../requests/pkcs10.js'

const types: KeyType[] = ['RSA-2048', 'RSA-PSS-2048', 'ECDSA-P256', 'ECDSA-P384', 'ECDSA-P521']

describe('keys of WebCrypto', () => {
  it.each(types)('%s signs requests', async (type) => {
    const key = await generateKey(type)
    const request = await createCertificationRequest({ subject: 'CN=user,O=Example', key })
    await expect(verifyCertificationRequest(request, signatureVerifier())).resolves.toBeUndefined()
  })
})

describe('the parameters of RSASSA-PSS', () => {
  const hash = sequence(oid('2.16.840.1.101.3.4.2.1'), nullValue())
  const pss = (...more: Uint8Array[]) =>
    sequence(
      oid('1.2.840.113549.1.1.10'),
      sequence(explicit(0, hash), explicit(1, sequence(oid('1.2.840.113549.1.1.8'), hash)), ...more),
    )

  it('are read to their end', () => {
    expect(readSignatureAlgorithm(pss(explicit(2, integer(32))))).toEqual({
      ...{ name: 'RSA-PSS', hash: 'SHA-256', saltLength: 32 },
    })
    for (const wrong of [
      pss(explicit(2, integer(32), integer(1))),
      pss(explicit(2, integer(32)), explicit(3, integer(1), nullValue())),
      pss(explicit(2, nullValue())),
      pss(explicit(2, integer(32)), explicit(4, integer(1))),
    ]) {
      expect(() => readSignatureAlgorithm(wrong)).toThrow(PkiError)
    }
    expect(readSignatureAlgorithm(pss(explicit(2, integer(32)), explicit(3, integer(2))))).toBeUndefined()
  })
})

/** Of a platform that has keys which it does not make here. */
const fakePair = async (algorithm: object, usages: string[] = ['sign']): Promise<CryptoKeyPair> => {
  const { publicKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ])
  return { publicKey, privateKey: { algorithm, usages, extractable: true } as unknown as CryptoKey }
}

describe('a key of WebCrypto', () => {
  it.each<[string, object, DigestName | undefined, object]>([
    ['RSA', { name: 'RSASSA-PKCS1-v1_5', hash: { name: 'SHA-256' } }, undefined, { hash: 'SHA-256' }],
    ['RSA, SHA-384', { name: 'RSASSA-PKCS1-v1_5', hash: { name: 'SHA-384' } }, 'SHA-384', { hash: 'SHA-384' }],
    ['RSA, SHA-512', { name: 'RSASSA-PKCS1-v1_5', hash: { name: 'SHA-512' } }, undefined, { hash: 'SHA-512' }],
    ['PSS', { name: 'RSA-PSS', hash: { name: 'SHA-384' } }, undefined, { hash: 'SHA-384', saltLength: 48 }],
    ['ECDSA', { name: 'ECDSA', namedCurve: 'P-384' }, undefined, { hash: 'SHA-384' }],
    ['ECDSA with another digest', { name: 'ECDSA', namedCurve: 'P-384' }, 'SHA-512', { hash: 'SHA-512' }],
  ])('%s signs with one algorithm', async (_, algorithm, digest, expected) => {
    const key = await webCryptoKey(await fakePair(algorithm), digest && { digest })
    const { name } = algorithm as { name: string }
    expect(readSignatureAlgorithm(key.signatureAlgorithm)).toEqual({ name, ...expected })
    expect(key.digest).toBe((expected as { hash: string }).hash)
  })

  it.each<[string, object, DigestName | undefined, string[]]>([
    ['to agree on keys', { name: 'ECDH', namedCurve: 'P-256' }, undefined, ['deriveBits']],
    ['that must not sign', { name: 'ECDSA', namedCurve: 'P-256' }, undefined, ['verify']],
    ['on another curve', { name: 'ECDSA', namedCurve: 'P-192' }, undefined, ['sign']],
    ['with SHA-1', { name: 'RSASSA-PKCS1-v1_5', hash: { name: 'SHA-1' } }, undefined, ['sign']],
    ['bound to another digest', { name: 'RSA-PSS', hash: { name: 'SHA-256' } }, 'SHA-384', ['sign']],
    ['of a MAC', { name: 'HMAC', hash: { name: 'SHA-256' } }, undefined, ['sign']],
    ['without a hash', { name: 'Ed25519' }, undefined, ['sign']],
  ])('%s is refused', async (_, algorithm, digest, usages) => {
    const pair = await fakePair(algorithm, usages)
    await expectRefusal(() => webCryptoKey(pair, { digest }), 'pki/key')
  })

  it('is made for one algorithm', async () => {
    const made = async (type: KeyType, digest?: DigestName): Promise<unknown> =>
      readSignatureAlgorithm((await generateKey(type, { digest })).signatureAlgorithm)
    expect(await made('ECDSA-P521')).toEqual({ name: 'ECDSA', hash: 'SHA-512' })
    expect(await made('ECDSA-P256', 'SHA-384')).toEqual({ name: 'ECDSA', hash: 'SHA-384' })
    expect(await made('RSA-2048')).toEqual({ name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' })
    expect(await made('RSA-PSS-2048', 'SHA-512')).toEqual({ name: 'RSA-PSS', hash: 'SHA-512', saltLength: 64 })
  })

  it('is exported if that is allowed', async () => {
    await expectRefusal(async () => (await generateKey('ECDSA-P256')).exportPrivateKey(), 'pki/not-extractable')
    const key = await generateKey('ECDSA-P256', { extractable: true })
    const again = await importPrivateKey(await key.exportPrivateKey())
    expect(again.publicKey).toEqual(key.publicKey)
    await expectRefusal(() => again.exportPrivateKey(), 'pki/not-extractable')
  })

  it('is what the platform makes of it, or refuses', async () => {
    const failing = (error: unknown): Promise<number> => acceptedBy(Promise.reject(error as Error)) as Promise<number>
    expect(await acceptedBy(Promise.resolve(5))).toBe(5)
    expect(await failing(new DOMException('no', 'DataError'))).toBeUndefined()
    expect(await failing(new TypeError('no'))).toBeUndefined()
    await expect(failing(new RangeError('memory'))).rejects.toThrow(RangeError)
  })
})

describe('a private key that is imported', () => {
  let rsa: Octets
  let ecKey: ExportableKey
  let ec: Octets
  let engine: Engine
  beforeAll(async () => {
    rsa = await (await generateKey('RSA-2048', { extractable: true })).exportPrivateKey()
    ecKey = await generateKey('ECDSA-P256', { extractable: true })
    ec = await ecKey.exportPrivateKey()
    engine = await createEngine({ backend: 'wasm' })
  })
  afterAll(() => {
    engine.dispose()
  })
  afterEach(() => void vi.restoreAllMocks())

  const ecAlgorithm = sequence(oid(KEY_ALGORITHM.ec), oid(CURVES['P-256'].oid))
  const pkcs8 = (algorithm: Octets, key: Octets, version = 0): Octets =>
    sequence(integer(version), algorithm, octetString(key))
  /** The private number and the point of the EC key. */
  const partsOfEc = (): [Octets, Octets] => {
    const reader = new DerReader(readDer(ec).rest(undefined)[2]!.contents).enter()
    reader.next()
    return [reader.next().encoded, reader.next(0xa1).encoded]
  }

  it('of RSA signs as it is asked to', async () => {
    const scheme = async (options?: ImportOptions): Promise<unknown> =>
      readSignatureAlgorithm((await importPrivateKey(rsa, options)).signatureAlgorithm)
    expect(await scheme()).toEqual({ name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' })
    expect(await scheme({ digest: 'SHA-384' })).toEqual({ name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-384' })
    expect(await scheme({ padding: 'RSA-PSS' })).toEqual({ name: 'RSA-PSS', hash: 'SHA-256', saltLength: 32 })
    const key = await importPrivateKey(rsa, { extractable: true })
    expect(await key.exportPrivateKey()).toEqual(rsa)
    const octets = Uint8Array.of(1)
    const signature = await key.sign(octets)
    const { publicKey, signatureAlgorithm } = key
    expect(await signatureVerifier().verify({ publicKey, signatureAlgorithm, signature, octets })).toBe(true)
  })

  it('of EC has its public key inside, with the curve or without', async () => {
    const [number, point] = partsOfEc()
    const curve = explicit(0, oid(CURVES['P-256'].oid))
    for (const inner of [sequence(integer(1), number, point), sequence(integer(1), number, curve, point)])
      expect((await importPrivateKey(pkcs8(ecAlgorithm, inner))).publicKey).toEqual(ecKey.publicKey)
    await expectRefusal(() => importPrivateKey(pkcs8(ecAlgorithm, sequence(integer(1), number))), 'pki/key')
    await expectRefusal(() => importPrivateKey(pkcs8(ecAlgorithm, sequence(integer(1), number, curve))), 'pki/key')
  })

  it('has a version of 0 or 1, an algorithm that is known, and a key that the platform takes', async () => {
    const [number, point] = partsOfEc()
    const inner = sequence(integer(1), number, point)
    await expectRefusal(() => importPrivateKey(pkcs8(ecAlgorithm, inner, 2)), 'pki/structure')
    await expectRefusal(() => importPrivateKey(pkcs8(sequence(oid('1.3.101.112')), inner)), 'pki/key')
    await expectRefusal(
      () => importPrivateKey(pkcs8(sequence(oid(KEY_ALGORITHM.ec), oid('1.3.132.0.10')), inner)),
      'pki/ec-curve',
    )
    const rsaAlgorithm = sequence(oid(KEY_ALGORITHM.rsa), nullValue())
    const numbers = sequence(...[0, 15, 3, 3].map(integer))
    await expectRefusal(() => importPrivateKey(pkcs8(rsaAlgorithm, numbers)), 'pki/key')
    await expectRefusal(() => importPrivateKey(new Uint8Array()), 'pki/not-der')
  })

  it('is given to the platform as a copy, which is wiped, and left as it is', async () => {
    const importKey = vi.spyOn(crypto.subtle, 'importKey')
    const given = new Uint8Array(ec)
    await importPrivateKey(given)
    importKey.mockRejectedValueOnce(new DOMException('no', 'DataError'))
    await expectRefusal(() => importPrivateKey(given), 'pki/key')
    expect(given).toEqual(ec)
    expect(importKey.mock.calls.map(([, octets]) => isZero(octets as Octets))).toEqual([true, true])
  })

  it('of DSA is on an engine, and in its group', async () => {
    const { p, q, g } = L2048N256
    const algorithm = sequence(oid(KEY_ALGORITHM.dsa), sequence(integer(p), integer(q), integer(g)))
    const key = await importPrivateKey(pkcs8(algorithm, integer(5)), { engine })
    expect(await key.exportPrivateKey()).toEqual(pkcs8(algorithm, integer(5)))
    await expectRefusal(() => importPrivateKey(pkcs8(algorithm, integer(5))), 'pki/key')
    for (const x of [0n, q, q + 1n, 1n << 256n, 1n << 600n])
      await expectRefusal(() => importPrivateKey(pkcs8(algorithm, integer(x)), { engine }), 'pki/key')
    const small = sequence(oid(KEY_ALGORITHM.dsa), sequence(integer(23), integer(11), integer(4)))
    await expectRefusal(() => importPrivateKey(pkcs8(small, integer(5)), { engine }), 'pki/dsa-group')
    const x = toHex(toFixedWidth(0x1234567n, 32))
    const wiped = await wipedBy(() => importPrivateKey(pkcs8(algorithm, integer(0x1234567)), { engine }))
    expect(wiped).toContain(x)
  })
})

describe('a verifier of signatures', () => {
  let engine: Engine
  let pair: CryptoKeyPair
  let publicKey: Octets
  const octets = Uint8Array.of(1, 2, 3)
  beforeAll(async () => {
    engine = await createEngine({ backend: 'wasm' })
    pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
    publicKey = new Uint8Array(await crypto.subtle.exportKey('spki', pair.publicKey))
  })
  afterAll(() => {
    engine.dispose()
  })
  afterEach(() => void vi.restoreAllMocks())

  const signed = async (hash: HashName = 'SHA-256'): Promise<SignatureToVerify> => {
    const signature = toSequence(
      new Uint8Array(await crypto.subtle.sign({ name: 'ECDSA', hash }, pair.privateKey, octets)),
    )
    return { publicKey, signatureAlgorithm: signatureAlgorithm({ name: 'ECDSA', hash }), signature, octets }
  }

  it('accepts SHA-1 only where it is asked for', async () => {
    const one = await signed('SHA-1')
    expect(await signatureVerifier().verify(one)).toBe(false)
    expect(await signatureVerifier({ allowSha1: false }).verify(one)).toBe(false)
    expect(await signatureVerifier().verify({ ...one, allowSha1: true })).toBe(true)
    expect(await signatureVerifier({ allowSha1: true }).verify(one)).toBe(true)
    expect(await signatureVerifier({ allowSha1: true }).verify({ ...one, allowSha1: false })).toBe(false)
    const usual = await signed()
    for (const allowSha1 of [true, false]) expect(await signatureVerifier({ allowSha1 }).verify(usual)).toBe(true)
  })

  it('says false for what it does not know, and for what is malformed, without asking the platform', async () => {
    const one = await signed()
    const importKey = vi.spyOn(crypto.subtle, 'importKey')
    const verify = vi.spyOn(crypto.subtle, 'verify')
    const verifier = signatureVerifier({ engine })
    const algorithm = (...parts: Octets[]): SignatureToVerify => ({ ...one, signatureAlgorithm: sequence(...parts) })
    expect(await verifier.verify(algorithm(oid('1.3.101.112')))).toBe(false)
    expect(await verifier.verify(algorithm())).toBe(false)
    expect(await verifier.verify(algorithm(oid('1.2.840.113549.1.1.11')))).toBe(false)
    expect(await verifier.verify(algorithm(oid('2.16.840.1.101.3.4.3.2')))).toBe(false)
    expect(await verifier.verify({ ...one, publicKey: sequence() })).toBe(false)
    expect(importKey).not.toHaveBeenCalled()
    const long = sequence(integer(1n << 256n), integer(1))
    expect(await verifier.verify({ ...one, signature: long })).toBe(false)
    expect(await verifier.verify({ ...one, signature: Uint8Array.of(5) })).toBe(false)
    expect(verify).not.toHaveBeenCalled()
    expect(await verifier.verify({ ...one, octets: Uint8Array.of(1) })).toBe(false)
    expect(await verifier.verify(one)).toBe(true)
  })

  it('says false where the platform refuses, and throws where it fails', async () => {
    const one = await signed()
    const verify = vi.spyOn(crypto.subtle, 'verify')
    verify.mockRejectedValueOnce(new DOMException('no', 'OperationError'))
    expect(await signatureVerifier().verify(one)).toBe(false)
    verify.mockRejectedValueOnce(new RangeError('memory'))
    await expect(signatureVerifier().verify(one)).rejects.toThrow(RangeError)
  })

  it('verifies DSA on an engine', async () => {
    const key = new DsaKey(engine.subgroup(L2048N256), toFixedWidth(5n, 32))
    const signature = await key.sign(octets)
    const one = { publicKey: key.publicKey, signatureAlgorithm: key.signatureAlgorithm, signature, octets }
    expect(await signatureVerifier({ engine }).verify(one)).toBe(true)
    expect(await signatureVerifier().verify(one)).toBe(false)
    expect(await signatureVerifier({ engine }).verify({ ...one, octets: Uint8Array.of(1) })).toBe(false)
    const long = sequence(integer(1n << 256n), integer(1))
    expect(await signatureVerifier({ engine }).verify({ ...one, signature: long })).toBe(false)
    key.dispose()
  })

  it('reads public keys that fit the algorithm, and are fit for use', async () => {
    const importKey = vi.spyOn(crypto.subtle, 'importKey')
    const [odd, short] = [rsaPublicKey((1n << 2047n) + 1n), rsaPublicKey((1n << 1023n) + 1n)]
    expect(await importPublicKey(publicKey, 'ECDSA', 'SHA-256')).toMatchObject({ algorithm: { namedCurve: 'P-256' } })
    expect(await importPublicKey(odd, 'RSA-PSS', 'SHA-256')).toMatchObject({ algorithm: { name: 'RSA-PSS' } })
    expect(await importPublicKey(short, 'RSA-PSS', 'SHA-256', { minRsaBits: 1024 })).toBeDefined()
    expect(importKey).toHaveBeenCalledTimes(3)
    expect(await importPublicKey(short, 'RSA-PSS', 'SHA-256')).toBeUndefined()
    expect(await importPublicKey(publicKey, 'RSASSA-PKCS1-v1_5', 'SHA-256')).toBeUndefined()
    expect(await importPublicKey(odd, 'ECDSA', 'SHA-256')).toBeUndefined()
    const flipped = publicKey.map((octet, i) => (i === publicKey.length - 1 ? octet ^ 1 : octet))
    expect(await importPublicKey(flipped, 'ECDSA', 'SHA-256')).toBeUndefined()
    expect(await importPublicKey(sequence(), 'ECDSA', 'SHA-256')).toBeUndefined()
    expect(importKey).toHaveBeenCalledTimes(3)
    importKey.mockRejectedValueOnce(new DOMException('no', 'DataError'))
    expect(await importPublicKey(publicKey, 'ECDSA', 'SHA-256')).toBeUndefined()
    importKey.mockRejectedValueOnce(new RangeError('memory'))
    await expect(importPublicKey(publicKey, 'ECDSA', 'SHA-256')).rejects.toThrow(RangeError)
  })
})

describe('a public key that is none', () => {
  it.each([
    ['RSA without numbers', sequence(sequence(oid('1.2.840.113549.1.1.1'), nullValue()), bitString(Uint8Array.of(1)))],
    [
      'RSA with three',
      sequence(sequence(oid('1.2.840.113549.1.1.1'), nullValue()), bitString(sequence(...[5, 3, 1].map(integer)))),
    ],
    ['nothing but an algorithm', sequence(sequence(oid('1.2.840.113549.1.1.1'), nullValue()))],
    ['EC without a curve', sequence(sequence(oid('1.2.840.10045.2.1')), bitString(new Uint8Array(65)))],
  ])('is refused in a request and a certificate: %s', async (_, publicKey) => {
    const signing = await generateKey('ECDSA-P256')
    const claimed: SigningKey = {
      publicKey,
      signatureAlgorithm: signing.signatureAlgorithm,
      digest: signing.digest,
      sign: (octets) => signing.sign(octets),
    }
    await expect(createCertificationRequest({ subject: 'CN=x', key: claimed })).rejects.toBeInstanceOf(PkiError)
    await expect(makeCertificate(claimed)).rejects.toBeInstanceOf(PkiError)
  })
})
