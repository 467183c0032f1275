import { describe, expect, it } from 'vitest'
import { generateKey, signatureVerifier, type KeyType } from './keys.js'
import { bitString, explicit, integer, nullValue, oid, sequence } from '../asn1/der.js'
import { PkiError } from '../errors.js'
import { makeCertificate } from '../testing/certificates.js'
import { readSignatureAlgorithm } from './algorithms.js'
import type { SigningKey } from './signing.js'
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
