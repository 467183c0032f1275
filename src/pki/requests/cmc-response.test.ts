import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { writeAddition, writeControl } from './cmc-controls.js'
import { createFullResponse, createResponseBody, readResponse, type ResponseContent } from './cmc-response.js'
import {
  createCertsOnly,
  createSignedData,
  identifierOf,
  readAttributes,
  parseSignedData,
  writeAttribute,
} from './cms.js'
import { OID } from './cms-names.js'
import { encode, generalizedTime, integer, octetString, oid, sequence, setOf, TAG, utf8String } from '../asn1/der.js'
import { PkiError, type PkiErrorCode } from '../errors.js'
import { signatureVerifier } from '../keys/keys.js'
import { encodePem } from '../asn1/pem.js'
import type { Octets } from '../../../bindings/octets/octets.js'
import { makeCertificate, makeIdentity } from '../testing/certificates.js'
import { mutations } from '../testing/mutations.js'
import { hasOpenssl, openssl } from '../testing/openssl.js'
import { expectRefusal } from '../testing/refusal.js'
import { rawSignedData } from '../testing/signed-data.js'

const verifier = signatureVerifier()
const [authority, stranger, user] = await Promise.all([
  makeIdentity('RSA-2048', 'CN=CA'),
  makeIdentity(),
  makeIdentity(),
])
const root = (await makeCertificate(stranger.key, 'CN=Root')).der
const certificate = user.certificate.der
const signer = { key: authority.key, certificate: authority.certificate }
const trust = { signers: [root, signer.certificate.der], verifier }

const time = new Date('2026-11-22T01:02:03Z')
const contents: Readonly<Record<ResponseContent['status'], ResponseContent>> = {
  issued: { status: 'issued', statusString: 'Issued', certificate },
  denied: { status: 'denied', statusString: 'Abgelehnt' },
  pending: { status: 'pending', statusString: 'Taken Under Submission', requestId: '61', time },
}
const full = (content: ResponseContent): Promise<Octets> => createFullResponse({ ...content, signer, chain: [root] })

/** A response around any content. */
const around = (
  content: Octets,
  contentType: string = OID.pkiResponse,
  certificates = [certificate],
): Promise<Octets> =>
  createSignedData({
    ...{ contentType, content, certificates },
    signers: [{ key: signer.key, identifier: identifierOf(authority.certificate) }],
  })

describe('a CMC full PKI response', () => {
  it('says that a certificate was issued', async () => {
    const der = await full(contents.issued)
    const response = await readResponse(der, { trust })
    expect(response).toMatchObject({ form: 'full', status: 'issued', statusString: 'Issued', certificate })
    expect(response.pending).toBeUndefined()
    expect(response.certificates).toHaveLength(3)
    expect(response.certificates).toEqual(expect.arrayContaining([certificate, signer.certificate.der, root]))
  })

  it('says that a request is denied', async () => {
    const response = await readResponse(await full(contents.denied), { trust })
    expect(response).toMatchObject({ status: 'denied', statusString: 'Abgelehnt', certificate: undefined })
    expect(response.certificates).toHaveLength(2)
  })

  it('says that a request is pending', async () => {
    const response = await readResponse(await full(contents.pending), { trust })
    expect(response).toMatchObject({ status: 'pending', certificate: undefined })
    expect(response.pending).toEqual({ token: new TextEncoder().encode('61'), time })
  })

  it('has one SignerInfo as [MS-WCCE] wants it', async () => {
    const { signers, contentType } = parseSignedData(await full(contents.issued))
    expect(contentType).toBe(OID.pkiResponse)
    expect(signers).toHaveLength(1)
    expect(signers[0]!.identifier).toEqual(identifierOf(authority.certificate))
    expect(signers[0]!.unsignedAttributes).toBeUndefined()
    expect(readAttributes(signers[0]!.signedAttributes).map(({ type }) => type)).toEqual([
      OID.contentType,
      OID.messageDigest,
    ])
    expect(signers[0]!.signatureAlgorithm).toEqual(sequence(oid('1.2.840.113549.1.1.1'), Uint8Array.of(5, 0)))
  })

  const statusInfo = (status: number): Octets => sequence(integer(status), sequence(integer(1)), utf8String('text'))
  const body = (...controls: readonly Octets[]): Octets => sequence(sequence(...controls), sequence(), sequence())
  const status = writeControl(1, OID.statusInfo, statusInfo(0))
  const text = new TextEncoder().encode('7')
  const adding = (bodyPartId: number, added: Octets): Octets =>
    writeControl(bodyPartId, OID.addAttributes, writeAddition(added))
  const withStatus = (...parts: readonly Octets[]): Promise<Octets> =>
    around(body(writeControl(1, OID.statusInfo, sequence(...parts))))

  it('may leave out what is for people, and say more for programs', async () => {
    const failInfo = integer(2)
    for (const parts of [[], [failInfo], [utf8String('No.'), failInfo]]) {
      const response = await readResponse(await withStatus(integer(2), sequence(), ...parts), { trust })
      expect(response).toMatchObject({ status: 'denied', statusString: parts.length === 2 ? 'No.' : undefined })
    }
    // An attribute without a value says nothing.
    const empty = sequence(oid(OID.issuedCertificateHash), setOf())
    const denied = writeControl(1, OID.statusInfo, statusInfo(2))
    const response = await readResponse(await around(body(denied, adding(2, setOf(empty)))))
    expect(response).toMatchObject({ status: 'denied', certificate: undefined, encryptedKeyHash: undefined })
  })

  it('confirms that a private key was archived', async () => {
    const encryptedKeyHash = Uint8Array.of(1, 2, 3)
    const der = await full({ ...contents.issued, status: 'issued', certificate, encryptedKeyHash })
    expect(await readResponse(der, { trust })).toMatchObject({ certificate, encryptedKeyHash })
    expect(await readResponse(await full(contents.issued))).toMatchObject({ encryptedKeyHash: undefined })
  })

  const refusals: readonly (readonly [string, PkiErrorCode, () => Octets | Promise<Octets>])[] = [
    ['octets after it', 'pki/not-der', async () => Uint8Array.of(...(await full(contents.issued)), 0)],
    ['another content', 'pki/response-form', () => around(sequence(), OID.pkiData)],
    ['content that is a set', 'pki/structure', () => around(encode(TAG.set, sequence(status), sequence(), sequence()))],
    ['one list after the controls', 'pki/structure', () => around(sequence(sequence(status), sequence()))],
    ['four lists', 'pki/structure', () => around(sequence(sequence(status), sequence(), sequence(), sequence()))],
    ['a set of messages', 'pki/structure', () => around(sequence(sequence(status), setOf(), sequence()))],
    ['a set of other messages', 'pki/structure', () => around(sequence(sequence(status), sequence(), setOf()))],
    [
      'a status that is a set',
      'pki/structure',
      () => around(body(writeControl(1, OID.statusInfo, encode(TAG.set, integer(2), sequence())))),
    ],
    ['a status without a number', 'pki/structure', () => withStatus(sequence())],
    ['a status without parts', 'pki/structure', () => withStatus(integer(2))],
    ['more after a status', 'pki/structure', () => withStatus(integer(2), sequence(), integer(1), integer(1))],
    [
      'a pending request without a time',
      'pki/structure',
      () => withStatus(integer(3), sequence(), sequence(octetString(text))),
    ],
    [
      'a pending request with two times',
      'pki/structure',
      () =>
        withStatus(integer(3), sequence(), sequence(octetString(text), generalizedTime(time), generalizedTime(time))),
    ],
    ['attributes in two controls', 'pki/structure', () => around(body(status, adding(2, setOf()), adding(3, setOf())))],
    ['a list of attributes', 'pki/structure', () => around(body(status, adding(2, sequence())))],
    [
      'octets after the content',
      'pki/not-der',
      async () => around(Uint8Array.of(...(await createResponseBody(contents.denied)), 0)),
    ],
    ['no status', 'pki/response-form', () => around(body())],
    ['two statuses', 'pki/structure', () => around(body(status, writeControl(2, OID.statusInfo, statusInfo(0))))],
    [
      'a status that is not known',
      'pki/response-form',
      () => around(body(writeControl(1, OID.statusInfo, statusInfo(4)))),
    ],
    [
      'the hash of a certificate that is not in it, although none was issued',
      'pki/response-certificate',
      () => {
        const hash = writeAttribute(OID.issuedCertificateHash, octetString(new Uint8Array(20)))
        return around(body(writeControl(1, OID.statusInfo, statusInfo(2)), adding(2, setOf(hash))))
      },
    ],
    ['no certificate although one was issued', 'pki/response-certificate', () => around(body(status))],
    [
      'another certificate than the one issued',
      'pki/response-certificate',
      async () => around(await createResponseBody(contents.issued), OID.pkiResponse, [root]),
    ],
    [
      'a certificate although none was issued',
      'pki/response-certificate',
      async () => {
        const issued = parseSignedData(await full(contents.issued)).content!
        // The status: the first INTEGER in the first control's value.
        const at = issued.findIndex((_, i) => issued[i] === 2 && issued[i + 1] === 1 && issued[i + 2] === 0)
        return around(issued.map((octet, i) => (i === at + 2 ? 2 : octet)))
      },
    ],
  ]
  it.each(refusals)('is refused with %s', async (_, code, make) => {
    const der = await make()
    await expectRefusal(() => readResponse(der, { trust }), code)
    await expectRefusal(() => readResponse(der), code)
  })

  it('is refused where it is not signed by one who is trusted', async () => {
    const der = await full(contents.issued)
    const of = (...signers: Octets[]) => ({ trust: { signers, verifier } })
    await expectRefusal(() => readResponse(der, of(root)), 'pki/response-signer')
    // The same name and number, another key.
    const forged = await createFullResponse({ ...contents.issued, signer: { ...signer, key: stranger.key }, chain: [] })
    await expectRefusal(() => readResponse(forged, of(signer.certificate.der)), 'pki/response-signature')
    const { content } = parseSignedData(der)
    const identifier = identifierOf(authority.certificate)
    const unsigned = await createSignedData({ contentType: OID.pkiResponse, content: content!, signers: [] })
    await expectRefusal(() => readResponse(unsigned, of(signer.certificate.der)), 'pki/response-unsigned')
    const twice = await createSignedData({
      ...{ contentType: OID.pkiResponse, content: content!, certificates: [certificate] },
      signers: [
        { key: authority.key, identifier },
        { key: authority.key, identifier },
      ],
    })
    await expectRefusal(() => readResponse(twice, of(signer.certificate.der)), 'pki/response-signer')
  })

  it('is accepted, or refused with a PkiError, when octets change', async () => {
    const der = await full(contents.issued)
    const { content } = parseSignedData(der)
    await fc.assert(
      fc.asyncProperty(mutations, async (mutate) => {
        const changed = mutate(der)
        try {
          const response = await readResponse(changed, { trust })
          expect(parseSignedData(changed).content).toEqual(content)
          expect(response.certificate).toEqual(certificate)
        } catch (error) {
          expect(error).toBeInstanceOf(PkiError)
        }
      }),
      { numRuns: 400 },
    )
  })
})

describe('certificates only', () => {
  it('are read', async () => {
    const response = await readResponse(createCertsOnly([certificate, root]))
    expect(response).toMatchObject({ form: 'certs-only', status: 'issued', certificate: undefined, pending: undefined })
    expect(response.certificates).toEqual(expect.arrayContaining([certificate, root]))
  })

  it('are refused where a signature is wanted, and where there is content', async () => {
    await expectRefusal(() => readResponse(createCertsOnly([certificate]), { trust }), 'pki/response-unsigned')
    const withContent = await around(octetString(new Uint8Array()), OID.data)
    await expectRefusal(() => readResponse(withContent), 'pki/response-form')
    await expectRefusal(() => Promise.resolve(createCertsOnly([setOf()])), 'pki/structure')
    const signers = [{ key: signer.key, identifier: identifierOf(authority.certificate) }]
    const [content, contentType] = [octetString(new Uint8Array()), OID.pkiResponse]
    for (const der of [
      await createSignedData({ contentType: OID.data, content, signers: [] }),
      await rawSignedData({ contentType: OID.data, signers }),
      await rawSignedData({ contentType, signers }),
      await rawSignedData({ contentType, signers: [] }),
    ]) {
      await expectRefusal(() => readResponse(der), 'pki/response-form')
    }
  })
})

describe.skipIf(!hasOpenssl('CMC responses against OpenSSL'))('OpenSSL', () => {
  it.each(Object.values(contents))('verifies what is made here: $status', async (content) => {
    const { said, out } = openssl('cms -verify -binary -inform DER -in cms -CAfile ca -purpose any -out out', {
      cms: await full(content),
      ca: encodePem('CERTIFICATE', signer.certificate.der),
    })
    expect(said).toContain('successful')
    expect(out).toEqual(await createResponseBody(content))
  })
})
