import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { equalOctets, type Octets } from '../../../bindings/octets/octets.js'
import { createPkiData } from './cmc-request.js'
import { createSignedData, digest, identifierOf, parseSignedData } from './cms.js'
import { OID } from './cms-names.js'
import { createCmcRequest, createRenewalRequest } from './create-enrollment-request.js'
import {
  explicit,
  integer,
  nullValue,
  octetString,
  oid,
  onlyValue,
  sequence,
  setOf,
  TAG,
  bmpString,
  encode,
} from '../asn1/der.js'
import {
  certificationRequestIn,
  encryptedKeyHashIn,
  readEnrollmentRequest,
  withoutArchivedKey,
  type EnrollmentRequest,
  type ReadRequestOptions,
} from './enrollment-request.js'
import { PkiError, type PkiErrorCode } from '../errors.js'
import { subjectKeyIdentifier, templateName } from '../x509/extensions.js'
import { generateKey, signatureVerifier } from '../keys/keys.js'
import { encodePem } from '../asn1/pem.js'
import { createCertificationRequest, type CertificationRequestContent } from './pkcs10.js'
import { claiming, makeCertificate, makeIdentity, noSignatureKey, nullKey } from '../testing/certificates.js'
import { mutations } from '../testing/mutations.js'
import { hasOpenssl, openssl } from '../testing/openssl.js'
import { expectRefusal } from '../testing/refusal.js'
import { attribute, rawSignedData, usualAttributes, type RawSigner } from '../testing/signed-data.js'

const verifier = signatureVerifier()
const [fresh, old, stranger] = await Promise.all([makeIdentity(), makeIdentity('RSA-2048', 'CN=Old'), makeIdentity()])
const { key } = fresh
const certificate = old.certificate.der

const read = (der: Octets, options: Partial<ReadRequestOptions> = {}): Promise<EnrollmentRequest> =>
  readEnrollmentRequest(der, { verifier, ...options })

const request = async (content: Partial<CertificationRequestContent> = {}): Promise<Octets> =>
  (await createCertificationRequest({ subject: 'CN=New', key, ...content })).der

const byOld: RawSigner = { key: old.key, identifier: identifierOf(old.certificate) }
const byStranger: RawSigner = { key: stranger.key, identifier: identifierOf(stranger.certificate) }
const byNew: RawSigner = { key, identifier: { subjectKeyIdentifier: fresh.certificate.subjectKeyIdentifier! } }

const cms = (content: Octets, signers: readonly RawSigner[] = [byOld], certificates = [certificate]): Promise<Octets> =>
  rawSignedData({ contentType: OID.data, content, signers, certificates })

const cmc = (content: Octets, signers: readonly RawSigner[] = [byNew], certificates = [certificate]): Promise<Octets> =>
  rawSignedData({ contentType: OID.pkiData, content, signers, certificates })

/** Another certificate of the same key and name. */
const twin = await makeCertificate(old.key, 'CN=Old')

const none = new Map<string, string>()
const renewing = await request({ renewalCertificate: certificate })
const isNew = await request()
const pkiData = createPkiData(isNew, none, [])
const nullSigned = await request({ key: nullKey(key.publicKey) })

/** PKIData of parts: controls, requests, nested messages. */
const pkiDataOf = (controls: readonly Octets[], requests: readonly Octets[], ...nested: readonly Octets[]): Octets =>
  sequence(sequence(...controls), sequence(...requests), sequence(...nested), sequence())
const tagged = (bodyPartId = 1, content = isNew): Octets => explicit(0, integer(bodyPartId), content)
const control = (bodyPartId: number, type: string, ...values: readonly Octets[]): Octets =>
  sequence(integer(bodyPartId), oid(type), setOf(...values))
const regInfo = (text: string): Octets => control(2, OID.regInfo, octetString(new TextEncoder().encode(text)))
const addition = (added: Octets, dataReference = 0, reference = 1): Octets =>
  sequence(integer(dataReference), sequence(integer(reference)), added)

type Refusals = readonly (readonly [string, PkiErrorCode, () => Octets | Promise<Octets>])[]

describe('a PKCS#10', () => {
  it('is read as it came', async () => {
    const pairs = new Map([['CertificateUsage', '1.2.3']])
    const der = await request({ pairs, templateName: 'User' })
    const got = await read(der)
    expect(got).toMatchObject({ form: 'pkcs10', der, pairs })
    expect(got.renewalCertificate).toBeUndefined()
    expect(got.certificationRequest.templateName).toBe('User')
  })

  const refusals: Refusals = [
    ['nothing', 'pki/not-der', () => new Uint8Array()],
    ['a string', 'pki/structure', () => octetString(Uint8Array.of(1))],
    ['octets after it', 'pki/not-der', () => Uint8Array.of(...isNew, 0)],
    ['another type', 'pki/request-form', () => sequence(integer(1))],
    ['something else', 'pki/structure', () => sequence(sequence(integer(1)))],
    ['a signature by another key', 'pki/signature', () => request({ key: claiming(key.publicKey, stranger.key) })],
    [
      'a signature of RSA-PSS by another key',
      'pki/signature',
      async () => request({ key: claiming(key.publicKey, await generateKey('RSA-PSS-2048')) }),
    ],
    [
      'parameters that its algorithm has not',
      'pki/algorithm-parameters',
      () => {
        const signatureAlgorithm = sequence(oid('1.2.840.10045.4.3.2'), integer(1))
        return request({ key: { ...claiming(key.publicKey, key), signatureAlgorithm } })
      },
    ],
    ['a null signature', 'pki/null-signature', () => nullSigned],
    ['a renewal', 'pki/renewal-unsigned', () => renewing],
    ['a requester', 'pki/on-behalf', () => request({ pairs: new Map([['requesterName', 'somebody']]) })],
  ]
  it.each(refusals)('is refused with %s', async (_, code, make) => {
    const der = await make()
    await expectRefusal(() => read(der), code)
    await expectRefusal(() => read(der, { legacy: { nullSignatures: true } }), code)
  })
})

describe('a CMS request', () => {
  it('renews', async () => {
    const der = await createRenewalRequest({ certificate, oldKey: old.key, newKey: key, templateName: 'User' })
    const got = await read(der)
    expect(got).toMatchObject({ form: 'cms', der, renewalCertificate: { der: certificate } })
    expect(got.certificationRequest.subject).toEqual(old.certificate.subject)
    expect(got.certificationRequest.publicKey).toEqual(key.publicKey)
    expect(got.certificationRequest.templateName).toBe('User')
    // As in the example 4.1.5.1: version 1, no signed attributes.
    const { signers, certificates, contentType } = parseSignedData(der)
    expect(signers).toHaveLength(1)
    expect(signers[0]).toMatchObject({ signedAttributes: undefined, identifier: identifierOf(old.certificate) })
    expect({ certificates, contentType }).toEqual({ certificates: [certificate], contentType: OID.data })
  })

  it('renews with the same key', async () => {
    const der = await createRenewalRequest({ certificate, oldKey: old.key, newKey: old.key })
    expect((await read(der)).renewalCertificate?.der).toEqual(certificate)
  })

  it('renews with a key identifier, with signed attributes', async () => {
    const identifier = { subjectKeyIdentifier: old.certificate.subjectKeyIdentifier! }
    const attributes = await usualAttributes(OID.data, renewing)
    const der = await cms(renewing, [{ ...byOld, identifier, attributes }])
    expect((await read(der)).renewalCertificate?.der).toEqual(certificate)
  })

  it('is new without the certificate to be renewed, whoever signs', async () => {
    for (const signer of [byOld, byNew])
      expect((await read(await cms(isNew, [signer]))).renewalCertificate).toBeUndefined()
  })

  it('has a null signature only where that is allowed', async () => {
    const content = await request({ key: nullKey(key.publicKey), renewalCertificate: certificate })
    const der = await cms(content)
    await expectRefusal(() => read(der), 'pki/null-signature')
    expect((await read(der, { legacy: { nullSignatures: true } })).renewalCertificate?.der).toEqual(certificate)
    // In a new request, the signer's certificate is not known to be trusted; the key of the request is enough.
    await expectRefusal(
      () => cms(nullSigned).then((one) => read(one, { legacy: { nullSignatures: true } })),
      'pki/null-signature',
    )
    const own = await read(await cms(nullSigned, [byNew]), { legacy: { nullSignatures: true } })
    expect(own).toMatchObject({ form: 'cms', hasNullSignature: true })
    // Its twin: a digest of something else.
    const sign = () => key.sign(content)
    const changed = await cms(await request({ key: { ...nullKey(key.publicKey), sign } }))
    await expectRefusal(() => read(changed, { legacy: { nullSignatures: true } }), 'pki/algorithm')
  })

  const refusals: Refusals = [
    ['octets after it', 'pki/not-der', async () => Uint8Array.of(...(await cms(renewing)), 0)],
    [
      'other content',
      'pki/request-form',
      () => rawSignedData({ contentType: OID.pkiResponse, content: renewing, signers: [byOld] }),
    ],
    ['no content', 'pki/cms-content', () => rawSignedData({ contentType: OID.data, signers: [byOld] })],
    ['octets after the PKCS#10', 'pki/not-der', () => cms(Uint8Array.of(...renewing, 0))],
    ['no PKCS#10', 'pki/structure', () => cms(sequence())],
    ['no signer', 'pki/signer-missing', () => cms(renewing, [])],
    ['two signers', 'pki/signer-unexpected', () => cms(renewing, [byOld, byStranger])],
    [
      'another signer',
      'pki/renewal-signer',
      () => cms(renewing, [byStranger], [certificate, stranger.certificate.der]),
    ],
    [
      'another certificate of the same key and name',
      'pki/renewal-signer',
      () => cms(renewing, [{ ...byOld, identifier: identifierOf(twin) }], [certificate, twin.der]),
    ],
    ['a signature by the new key', 'pki/renewal-signature', () => cms(renewing, [{ ...byOld, key }])],
    ['the new key as signer', 'pki/renewal-signer', () => cms(renewing, [byNew])],
    ['no old certificate', 'pki/renewal-certificate', () => cms(renewing, [byOld], [])],
    ['another old certificate', 'pki/renewal-certificate', () => cms(renewing, [byOld], [twin.der])],
    [
      'an old certificate that is none',
      'pki/structure',
      async () => cms(await request({ renewalCertificate: sequence(nullValue()) }), [byOld], [sequence(nullValue())]),
    ],
    [
      'a PKCS#10 of another key',
      'pki/signature',
      async () => cms(await request({ key: claiming(key.publicKey, stranger.key), renewalCertificate: certificate })),
    ],
    [
      'another digest than the signature says',
      'pki/renewal-signature',
      () =>
        cms(renewing, [
          {
            ...byOld,
            digestAlgorithm: sequence(oid('2.16.840.1.101.3.4.2.3')),
            signatureAlgorithm: sequence(oid('1.2.840.113549.1.1.11'), nullValue()),
          },
        ]),
    ],
    ['a signer who is unknown', 'pki/signer-unknown', () => cms(isNew, [byOld], [])],
    [
      'a new request, signed by another key',
      'pki/signer-signature',
      () => cms(isNew, [{ ...byOld, key: stranger.key }]),
    ],
    [
      'a requester',
      'pki/on-behalf',
      async () => cms(await request({ pairs: new Map([['RequesterName', 'somebody']]) })),
    ],
    [
      'a requester whom the signer names',
      'pki/on-behalf',
      async () => {
        const pair = attribute(OID.nameValuePair, sequence(bmpString('requestername'), bmpString('somebody')))
        return cms(isNew, [{ ...byOld, attributes: [...(await usualAttributes(OID.data, isNew)), pair] }])
      },
    ],
    [
      'a requester beside the signature',
      'pki/on-behalf',
      () => {
        const pair = attribute(OID.nameValuePair, sequence(bmpString('requestername'), bmpString('somebody')))
        return cms(isNew, [{ ...byOld, unsignedAttributes: [pair] }])
      },
    ],
  ]
  it.each(refusals)('is refused with %s', async (_, code, make) => {
    const der = await make()
    await expectRefusal(() => read(der), code)
  })

  it('is accepted, or refused with a PkiError, when octets change', async () => {
    const der = await cms(renewing)
    await fc.assert(
      fc.asyncProperty(mutations, async (mutate) => {
        const changed = mutate(der)
        try {
          const got = await read(changed)
          // Only what says nothing may have changed.
          expect(got.renewalCertificate?.der).toEqual(certificate)
          expect(got.certificationRequest.der).toEqual(renewing)
        } catch (error) {
          expect(error).toBeInstanceOf(PkiError)
        }
      }),
      { numRuns: 400 },
    )
  })
})

describe('a CMC request', () => {
  const pairs = new Map([
    ['CertificateTemplate', 'Über & Co=1'],
    ['rmd', 'DOM\\host'],
  ])

  it('is read as it was made', async () => {
    const der = await createCmcRequest({
      ...{ subject: 'CN=New', key, pairs },
      extensions: [templateName('Other'), subjectKeyIdentifier(Uint8Array.of(1, 2, 3))],
      addedExtensions: [templateName('User')],
    })
    const got = await read(der)
    expect(got).toMatchObject({ form: 'cmc', der, pairs })
    expect(got.renewalCertificate).toBeUndefined()
    expect([...got.addedExtensions.values()]).toEqual([templateName('User')])
    expect(parseSignedData(der).signers[0]!.identifier).toEqual({ subjectKeyIdentifier: Uint8Array.of(1, 2, 3) })
  })

  it('renews, in either order of its signers', async () => {
    const der = await createCmcRequest({ subject: 'CN=New', key, renewal: { certificate, key: old.key } })
    expect(await read(der)).toMatchObject({ form: 'cmc', der, renewalCertificate: { der: certificate } })
    const content = createPkiData(renewing, none, [])
    for (const signers of [
      [byNew, byOld],
      [byOld, byNew],
    ]) {
      const signed = await createSignedData({ contentType: OID.pkiData, content, signers, certificates: [certificate] })
      expect((await read(signed)).renewalCertificate?.der).toEqual(certificate)
    }
  })

  it('unites the pairs of the PKCS#10 and of regInfo', async () => {
    const content = createPkiData(await request({ pairs: new Map([['a', '1']]) }), new Map([['b', '2']]), [])
    expect((await read(await cmc(content))).pairs).toEqual(
      new Map([
        ['a', '1'],
        ['b', '2'],
      ]),
    )
  })

  it('may say what an authority ignores', async () => {
    const osVersion = attribute('1.3.6.1.4.1.311.13.2.3', encode(TAG.ia5String, Uint8Array.of(0x36)))
    const controls = [
      control(2, OID.transactionId, integer(7)),
      control(3, OID.senderNonce, octetString(Uint8Array.of(1))),
      control(4, OID.addAttributes, addition(setOf(osVersion))),
    ]
    expect((await read(await cmc(pkiDataOf(controls, [tagged()])))).form).toBe('cmc')
  })

  it('has no signature only where that is allowed', async () => {
    const withoutSignature = { ...byOld, key: noSignatureKey(key.publicKey) }
    const legacy = { nullSignatures: true }
    const half = await cmc(pkiData, [withoutSignature])
    await expectRefusal(() => read(half), 'pki/null-signature')
    expect(await read(half, { legacy })).toMatchObject({ form: 'cmc', hasNullSignature: true })
    // Somebody has to sign: the key of the request, or the old one.
    const unsigned = await cmc(createPkiData(nullSigned, none, []), [withoutSignature])
    await expectRefusal(() => read(unsigned), 'pki/null-signature')
    await expectRefusal(() => read(unsigned, { legacy }), 'pki/null-signature')
    const byItself = await cmc(createPkiData(nullSigned, none, []))
    expect(await read(byItself, { legacy })).toMatchObject({ form: 'cmc', hasNullSignature: true })
    const nullRenewing = await request({ key: nullKey(key.publicKey), renewalCertificate: certificate })
    const renewal = await cmc(createPkiData(nullRenewing, none, []), [withoutSignature, byOld])
    expect((await read(renewal, { legacy })).renewalCertificate?.der).toEqual(certificate)
    expect(await read(await cmc(pkiData), { legacy })).toMatchObject({ hasNullSignature: false })
    // Its twin: a digest of something else.
    const sign = () => key.sign(pkiData)
    const changed = await cmc(pkiData, [{ ...withoutSignature, key: { ...withoutSignature.key, sign } }])
    await expectRefusal(() => read(changed, { legacy: { nullSignatures: true } }), 'pki/signer-signature')
  })

  const renewal = createPkiData(renewing, none, [])
  const refusals: Refusals = [
    ['octets after the PKIData', 'pki/not-der', () => cmc(Uint8Array.of(...pkiData, 0))],
    ['no content', 'pki/cms-content', () => rawSignedData({ contentType: OID.pkiData, signers: [byNew] })],
    ['no request', 'pki/cmc-requests', () => cmc(pkiDataOf([], []))],
    ['two requests', 'pki/cmc-requests', () => cmc(pkiDataOf([], [tagged(), tagged(2)]))],
    ['a request that is no PKCS#10', 'pki/cmc-body', () => cmc(pkiDataOf([], [explicit(1, integer(1))]))],
    ['a nested message', 'pki/cmc-nested', () => cmc(pkiDataOf([], [tagged()], sequence(integer(9))))],
    [
      'a body part twice',
      'pki/cmc-body-part',
      () => cmc(pkiDataOf([control(1, OID.transactionId, integer(7))], [tagged()])),
    ],
    ['body part 0', 'pki/cmc-body-part', () => cmc(pkiDataOf([], [tagged(0)]))],
    [
      'extensions for another body part',
      'pki/cmc-body-part',
      () => cmc(pkiDataOf([control(2, OID.addExtensions, addition(sequence(), 0, 5))], [tagged()])),
    ],
    [
      'extensions for another message',
      'pki/cmc-body-part',
      () => cmc(pkiDataOf([control(2, OID.addExtensions, addition(sequence(), 4, 1))], [tagged()])),
    ],
    [
      'a control that is not known',
      'pki/cmc-control',
      () => cmc(pkiDataOf([control(2, '1.3.6.1.5.5.7.7.17', integer(7))], [tagged()])),
    ],
    [
      'an attribute that is not known',
      'pki/cmc-control',
      () =>
        cmc(pkiDataOf([control(2, OID.addAttributes, addition(setOf(attribute('1.2.3', integer(1)))))], [tagged()])),
    ],
    [
      'a key to be archived',
      'pki/key-archival',
      () => cmc(pkiDataOf([control(2, OID.encryptedKeyHash, octetString(new Uint8Array(32)))], [tagged()])),
    ],
    [
      'the digest of a key to be archived',
      'pki/key-archival',
      () => {
        const keyHash = attribute(OID.encryptedKeyHash, octetString(new Uint8Array(32)))
        return cmc(pkiDataOf([control(2, OID.addAttributes, addition(setOf(keyHash)))], [tagged()]))
      },
    ],
    [
      'a key to be archived beside the signature',
      'pki/key-archival',
      () => cmc(pkiData, [{ ...byNew, unsignedAttributes: [attribute(OID.archivedKey, sequence())] }]),
    ],
    ['a requester', 'pki/on-behalf', () => cmc(pkiDataOf([regInfo('RequesterName=DOM%5Cuser&')], [tagged()]))],
    ['a requester in other letters', 'pki/on-behalf', () => cmc(pkiDataOf([regInfo('REQUESTER%4Eame=x')], [tagged()]))],
    ['a pair twice', 'pki/pairs', () => cmc(pkiDataOf([regInfo('a=1&A=2')], [tagged()]))],
    [
      'a pair that the PKCS#10 has too',
      'pki/pairs',
      async () => cmc(createPkiData(await request({ pairs: new Map([['a', '1']]) }), new Map([['A', '2']]), [])),
    ],
    ['a pair without a value', 'pki/pairs', () => cmc(pkiDataOf([regInfo('a')], [tagged()]))],
    ['a pair without a name', 'pki/pairs', () => cmc(pkiDataOf([regInfo('=a')], [tagged()]))],
    ['a malformed escape', 'pki/pairs', () => cmc(pkiDataOf([regInfo('a=%5')], [tagged()]))],
    ['an escape that is no UTF-8', 'pki/pairs', () => cmc(pkiDataOf([regInfo('a=%ff')], [tagged()]))],
    [
      'pairs that are no UTF-8',
      'pki/pairs',
      () => cmc(pkiDataOf([control(2, OID.regInfo, octetString(Uint8Array.of(0x61, 0x3d, 0xff)))], [tagged()])),
    ],
    [
      'regInfo that is no octet string',
      'pki/structure',
      () => cmc(pkiDataOf([control(2, OID.regInfo, integer(1))], [tagged()])),
    ],
    ['regInfo without a value', 'pki/structure', () => cmc(pkiDataOf([control(2, OID.regInfo)], [tagged()]))],
    ['no signer', 'pki/signer-missing', () => cmc(pkiData, [])],
    ['two signers of a new request', 'pki/signer-unexpected', () => cmc(pkiData, [byNew, byOld])],
    ['a renewal that only the new key signed', 'pki/signer-missing', () => cmc(renewal, [byNew])],
    ['a renewal that only the old key signed', 'pki/signer-missing', () => cmc(renewal, [byOld])],
    ['a renewal with three signers', 'pki/signer-unexpected', () => cmc(renewal, [byNew, byOld, byStranger])],
    ['a signer named by a certificate', 'pki/signer-form', () => cmc(pkiData, [byOld])],
    ['two signers named by certificates', 'pki/signer-form', () => cmc(renewal, [byOld, byStranger])],
    ['a signature by another key', 'pki/signer-signature', () => cmc(pkiData, [{ ...byNew, key: stranger.key }])],
    [
      'a PKCS#10 of another key',
      'pki/signature',
      async () => cmc(createPkiData(await request({ key: claiming(key.publicKey, stranger.key) }), none, [])),
    ],
    ['a null signature in it', 'pki/null-signature', () => cmc(createPkiData(nullSigned, none, []))],
    ['a renewal that another certificate signed', 'pki/renewal-signer', () => cmc(renewal, [byNew, byStranger])],
    [
      'a renewal that another key signed',
      'pki/renewal-signature',
      () => cmc(renewal, [byNew, { ...byOld, key: stranger.key }]),
    ],
    ['a renewal without the old certificate', 'pki/renewal-certificate', () => cmc(renewal, [byNew, byOld], [])],
    [
      'another content type signed',
      'pki/cms-content-type',
      async () => cmc(pkiData, [{ ...byNew, attributes: await usualAttributes(OID.data, pkiData) }]),
    ],
    [
      'another digest signed',
      'pki/cms-message-digest',
      async () => cmc(pkiData, [{ ...byNew, attributes: await usualAttributes(OID.pkiData, renewal) }]),
    ],
    ['no signed attributes', 'pki/cms-attributes', () => cmc(pkiData, [{ ...byNew, attributes: null }])],
  ]
  it.each(refusals)('is refused with %s', async (_, code, make) => {
    const der = await make()
    await expectRefusal(() => read(der), code)
  })

  describe('with a private key to be archived', () => {
    const envelope = sequence(oid(OID.envelopedData), explicit(0, sequence()))
    const hashOf = async (octets: Octets): Promise<Octets> => octetString(await digest('SHA-256', octets))
    const unsigned = (...values: readonly Octets[]): RawSigner => ({
      ...byNew,
      unsignedAttributes: [attribute(OID.archivedKey, ...values)],
    })
    const withHash = async (hash = hashOf(envelope)): Promise<Octets> =>
      pkiDataOf([control(2, OID.encryptedKeyHash, await hash)], [tagged()])
    const archiving = { allowKeyArchival: true }

    it('is read as it was made', async () => {
      const der = await createCmcRequest({ subject: 'CN=New', key, archivedKey: envelope })
      expect((await read(der, archiving)).archivedKey).toEqual(envelope)
      expect(encryptedKeyHashIn(der)).toEqual(await digest('SHA-256', envelope))
    })

    it('is read where it is accepted, if its hash is signed: in a control, or among added attributes', async () => {
      const added = addition(setOf(attribute(OID.encryptedKeyHash, await hashOf(envelope))))
      const forms = [await withHash(), pkiDataOf([control(2, OID.addAttributes, added)], [tagged()])]
      for (const content of forms) {
        const der = await cmc(content, [unsigned(envelope)])
        const got = await read(der, archiving)
        expect(got.archivedKey).toEqual(envelope)
        expect(encryptedKeyHashIn(der)).toEqual(await digest('SHA-256', envelope))
        // What is stored is the same request without it, its signature still good.
        const stored = withoutArchivedKey(got)
        expect(stored).toEqual(await withoutUnsigned(der))
        await expectRefusal(() => read(stored, archiving), 'pki/archival-request')
        await expectRefusal(() => read(der), 'pki/key-archival')
      }
      expect(withoutArchivedKey(await read(isNew))).toEqual(isNew)
    })

    /** The same message without unsigned attributes, put together anew. */
    function withoutUnsigned(der: Octets): Promise<Octets> {
      const { content, signers } = parseSignedData(der)
      const { publicKey, signatureAlgorithm, digest: hash } = key
      const sign = (): Promise<Octets> => Promise.resolve(signers[0]!.signature)
      return cmc(content!, [{ ...byNew, key: { publicKey, signatureAlgorithm, digest: hash, sign } }])
    }

    const unsignedAndSigned: Refusals = [
      ['another hash', 'pki/archival-hash', async () => cmc(await withHash(hashOf(isNew)), [unsigned(envelope)])],
      [
        'a hash of another algorithm',
        'pki/archival-hash',
        async () => cmc(await withHash(digest('SHA-1', envelope).then(octetString)), [unsigned(envelope)]),
      ],
      ['no hash', 'pki/archival-request', () => cmc(pkiData, [unsigned(envelope)])],
      ['only the hash', 'pki/archival-request', async () => cmc(await withHash())],
      [
        'two hashes',
        'pki/archival-request',
        async () => {
          const hash = await hashOf(envelope)
          const controls = [control(2, OID.encryptedKeyHash, hash), control(3, OID.encryptedKeyHash, hash)]
          return cmc(pkiDataOf(controls, [tagged()]), [unsigned(envelope)])
        },
      ],
      [
        'a hash of another type',
        'pki/archival-request',
        () => cmc(pkiDataOf([control(2, OID.encryptedKeyHash, integer(1))], [tagged()]), [unsigned(envelope)]),
      ],
      ['two keys', 'pki/archival-request', async () => cmc(await withHash(), [unsigned(envelope, sequence())])],
      [
        'the key in a signed attribute',
        'pki/archival-request',
        async () => {
          const content = await withHash()
          const attributes = [...(await usualAttributes(OID.pkiData, content)), attribute(OID.archivedKey, envelope)]
          return cmc(content, [{ ...byNew, attributes }])
        },
      ],
      [
        'the key in a signed attribute, and something else beside the signature',
        'pki/archival-request',
        async () => {
          const content = await withHash()
          const attributes = [...(await usualAttributes(OID.pkiData, content)), attribute(OID.archivedKey, envelope)]
          return cmc(content, [{ ...byNew, attributes, unsignedAttributes: [attribute('1.2.3', integer(1))] }])
        },
      ],
      [
        'the key at the second signer of a renewal',
        'pki/archival-request',
        async () => {
          const content = pkiDataOf([control(2, OID.encryptedKeyHash, await hashOf(envelope))], [tagged(1, renewing)])
          return cmc(content, [byNew, { ...byOld, unsignedAttributes: [attribute(OID.archivedKey, envelope)] }])
        },
      ],
      [
        'a wrong signature',
        'pki/signer-signature',
        async () => cmc(await withHash(), [{ ...unsigned(envelope), key: stranger.key }]),
      ],
    ]
    it.each(unsignedAndSigned)('is refused with %s', async (_, code, make) => {
      const der = await make()
      await expectRefusal(() => read(der, archiving), code)
    })

    it('is refused with a digest in place of the signature, though that is accepted', async () => {
      const der = await cmc(await withHash(), [{ ...unsigned(envelope), key: noSignatureKey(key.publicKey) }])
      await expectRefusal(() => read(der, { ...archiving, legacy: { nullSignatures: true } }), 'pki/archival-request')
    })

    it('is refused in a CMS', async () => {
      const der = await cms(isNew, [{ ...byOld, unsignedAttributes: [attribute(OID.archivedKey, envelope)] }])
      await expectRefusal(() => read(der, archiving), 'pki/key-archival')
    })
  })

  it('is accepted, or refused with a PkiError, when octets change', async () => {
    const content = createPkiData(renewing, pairs, [])
    const der = await cmc(content, [byNew, byOld])
    await fc.assert(
      fc.asyncProperty(mutations, async (mutate) => {
        const changed = mutate(der)
        try {
          const got = await read(changed)
          expect(equalOctets(parseSignedData(changed).content!, content)).toBe(true)
          expect(got.renewalCertificate?.der).toEqual(certificate)
        } catch (error) {
          expect(error).toBeInstanceOf(PkiError)
        }
      }),
      { numRuns: 400 },
    )
  })
})

describe('a request of any form', () => {
  it('has a PKCS#10, found without its signatures', async () => {
    const unsigned = await request({ key: claiming(key.publicKey, stranger.key) })
    for (const der of [unsigned, await cms(unsigned, []), await cmc(createPkiData(unsigned, none, []), [])])
      expect(certificationRequestIn(der).der).toEqual(unsigned)
    const empty = await rawSignedData({ contentType: OID.data, signers: [] })
    await expectRefusal(() => Promise.resolve().then(() => certificationRequestIn(empty)), 'pki/cms-content')
  })

  it('has the hash of an archived key only if it is a CMC request with one', async () => {
    const hash = Uint8Array.of(1, 2)
    expect(encryptedKeyHashIn(await cmc(createPkiData(isNew, none, [], hash)))).toEqual(hash)
    const empty = await rawSignedData({ contentType: OID.pkiData, signers: [] })
    for (const der of [isNew, await cms(isNew), await cmc(pkiData), empty])
      expect(encryptedKeyHashIn(der)).toBeUndefined()
  })

  it('in BER is read where that is accepted, but for the PKCS#10', async () => {
    const indefinite = (der: Octets): Octets => Uint8Array.of(0x30, 0x80, ...onlyValue(der).contents, 0, 0)
    const legacy = { ber: true }
    const der = await cmc(pkiData)
    expect(await read(indefinite(der), { legacy })).toMatchObject({ form: 'cmc', der })
    expect(await read(der, { legacy })).toMatchObject({ form: 'cmc', der })
    await expectRefusal(() => read(indefinite(der)), 'pki/not-der')
    await expectRefusal(() => read(indefinite(isNew), { legacy }), 'pki/not-der')
    await expectRefusal(() => cms(indefinite(isNew)).then((one) => read(one, { legacy })), 'pki/not-der')
    await expectRefusal(() => read(der.subarray(1), { legacy }), 'pki/not-der')
  })

  it('keeps to the requirements on keys, its own and that of a renewal', async () => {
    const requirements = { minRsaBits: 3072 }
    const small = await request({ key: old.key })
    await expectRefusal(() => read(small, { requirements }), 'pki/rsa-too-small')
    expect((await read(small)).form).toBe('pkcs10')
    await expectRefusal(() => cms(isNew).then((one) => read(one, { requirements })), 'pki/signer-signature')
    await expectRefusal(() => cms(renewing).then((one) => read(one, { requirements })), 'pki/renewal-signature')
  })
})

describe('a bit that changes anywhere', () => {
  /** Where a bit can change and the request still be accepted. */
  async function overlooked(der: Octets): Promise<number[]> {
    const places: number[] = []
    for (let at = 0; at < der.length; at++) {
      const changed = der.map((octet, i) => (i === at ? octet ^ (1 << (at & 7)) : octet))
      await read(changed).then(
        () => places.push(at),
        (error: unknown) => expect(error).toBeInstanceOf(PkiError),
      )
    }
    return places
  }

  /** The place of octets in others. */
  const placeOf = (octets: Octets, part: Octets): number =>
    octets.findIndex((_, i) => equalOctets(octets.subarray(i, i + part.length), part))

  it('is seen, but in the version and the digests that the SignedData announces', async () => {
    const { key: oldKey, certificate: one } = stranger
    const der = await createRenewalRequest({ certificate: one.der, oldKey, newKey: key })
    const places = await overlooked(der)
    const contentInfo = placeOf(der, oid(OID.data))
    expect(places.length).toBeGreaterThan(0)
    expect(places.filter((at) => at >= contentInfo - 2)).toEqual([])
  })

  it('of a CMC request, too, but in the key identifier', async () => {
    const der = await createCmcRequest({ subject: 'CN=New', key })
    const identifier = fresh.certificate.subjectKeyIdentifier!
    const start = placeOf(der, identifier)
    const places = await overlooked(der)
    const others = places.filter((at) => at < start || at >= start + identifier.length)
    expect(others.filter((at) => at >= placeOf(der, oid(OID.pkiData)) - 2)).toEqual([])
  })
})

describe.skipIf(!hasOpenssl('requests against OpenSSL'))('OpenSSL', () => {
  const verify = 'cms -verify -noverify -binary -inform DER -in cms -certfile certs -out out'
  const certs = [fresh, old].map(({ certificate: one }) => encodePem('CERTIFICATE', one.der)).join('')

  it('verifies renewals that are made here, and the PKCS#10 in them', async () => {
    const made = await createRenewalRequest({ certificate, oldKey: old.key, newKey: key })
    const { said, out } = openssl(verify, { cms: made, certs })
    expect(said).toContain('successful')
    expect(openssl('req -verify -noout -inform DER -in req', { req: out }).said).toContain('verify OK')
  })

  it('verifies both signatures of CMC requests that are made here', async () => {
    const made = await createCmcRequest({ subject: 'CN=New', key, renewal: { certificate, key: old.key } })
    expect(openssl(verify, { cms: made, certs }).said).toContain('successful')
    made[made.length - 1]! ^= 1
    expect(openssl(verify, { cms: made, certs }).ok).toBe(false)
    // The first of the signatures.
    const at = made.findIndex((_, i) =>
      equalOctets(made.subarray(i, i + 8), parseSignedData(made).signers[0]!.signature.subarray(-8)),
    )
    made[made.length - 1]! ^= 1
    made[at]! ^= 1
    expect(openssl(verify, { cms: made, certs }).ok).toBe(false)
  })

  it('makes renewals and CMC requests that are accepted', async () => {
    const files = {
      cert: encodePem('CERTIFICATE', certificate),
      key: encodePem('PRIVATE KEY', await old.key.exportPrivateKey()),
      newCert: encodePem('CERTIFICATE', fresh.certificate.der),
      newKey: encodePem('PRIVATE KEY', await key.exportPrivateKey()),
    }
    const sign = 'cms -sign -binary -nodetach -outform DER -md sha256 -in content -out out'
    for (const options of ['', ' -noattr', ' -keyid']) {
      const { out } = openssl(`${sign} -signer cert -inkey key${options}`, { ...files, content: renewing })
      expect((await read(out)).renewalCertificate?.der).toEqual(certificate)
    }
    const cmcSign = `${sign} -econtent_type ${OID.pkiData}`
    const single = openssl(`${cmcSign} -keyid -signer newCert -inkey newKey`, { ...files, content: pkiData })
    expect(await read(single.out)).toMatchObject({ form: 'cmc' })
    // Signers of one kind only, both named by key identifiers, and sorted as DER wants: the shorter signature first.
    const both = openssl(`${cmcSign} -keyid -signer newCert -inkey newKey -signer cert -inkey key`, {
      ...files,
      content: createPkiData(renewing, none, []),
    })
    expect((await read(both.out)).renewalCertificate?.der).toEqual(certificate)
  })

  it('finds the PKCS#10 where it stands', async () => {
    const made = await createCmcRequest({ subject: 'CN=New', key })
    const { content } = parseSignedData(made)
    expect(onlyValue(content!).tag).toBe(TAG.sequence)
    const { said } = openssl('asn1parse -inform DER -in data', { data: content! })
    expect(said).toContain('commonName')
  })
})
