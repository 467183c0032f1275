import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createEngine } from '../../../bindings/loading/create-engine.js'
import type { Octets } from '../../../bindings/octets/octets.js'
import { L2048N256 } from '../../params/L2048N256.js'
import {
  createCertsOnly,
  createSignedData,
  digestIdentifier,
  identifierOf,
  isSignerOf,
  parseSignedData,
  readAttributes,
  signedOctets,
  verifySigner,
  withoutUnsignedAttribute,
  type CmsSigner,
} from './cms.js'
import { OID } from './cms-names.js'
import {
  encode,
  explicit,
  integer,
  octetString,
  oid,
  readDer,
  readSmallInteger,
  sequence,
  setOf,
  type DerReader,
} from '../asn1/der.js'
import { DsaKey } from '../keys/dsa.js'
import { PkiError, type PkiErrorCode } from '../errors.js'
import { signatureVerifier, type ExportableKey, type KeyType } from '../keys/keys.js'
import { encodePem } from '../asn1/pem.js'
import { makeCertificate, makeIdentity, type Identity } from '../testing/certificates.js'
import type { Certificate } from '../x509/certificate.js'
import { mutations } from '../testing/mutations.js'
import { hasOpenssl, openssl } from '../testing/openssl.js'
import { expectRefusal } from '../testing/refusal.js'
import {
  attribute,
  rawSignedData,
  usualAttributes,
  type RawSignedData,
  type RawSigner,
} from '../testing/signed-data.js'

const engine = await createEngine()
const verifier = signatureVerifier({ engine })
const text = (value: string): Octets => new TextEncoder().encode(value)
const content = text('what is signed')

const { key, certificate } = await makeIdentity()
const other = await makeIdentity()
const signer: RawSigner = { key, identifier: identifierOf(certificate) }

/** Verifies the first signer with the key of a certificate. */
async function verifies(der: Octets, { publicKey } = certificate): Promise<boolean> {
  const signedData = parseSignedData(der)
  return verifySigner(signedData, signedData.signers[0]!, publicKey, verifier)
}

const raw = (changes: Partial<RawSignedData> & { readonly signer?: Partial<RawSigner> } = {}): Promise<Octets> =>
  rawSignedData({ contentType: OID.pkiData, content, ...changes, signers: [{ ...signer, ...changes.signer }] })

describe('SignedData', async () => {
  it.each([OID.data, OID.pkiData])('is read as it was made, %s', async (contentType) => {
    const der = await createSignedData({ contentType, content, signers: [signer], certificates: [certificate.der] })
    const signedData = parseSignedData(der)
    expect(signedData.contentType).toBe(contentType)
    expect(signedData.content).toEqual(content)
    expect(signedData.certificates).toEqual([certificate.der])
    expect(signedData.signers).toHaveLength(1)
    expect(isSignerOf(signedData.signers[0]!.identifier, certificate)).toBe(true)
    expect(isSignerOf(signedData.signers[0]!.identifier, other.certificate)).toBe(false)
    // Only id-data may be without signed attributes, and is.
    expect(signedData.signers[0]!.signedAttributes === undefined).toBe(contentType === OID.data)
    expect(await verifies(der)).toBe(true)
    expect(await verifies(der, other.certificate)).toBe(false)
  })

  it('takes SHA-1 only where that is allowed', async () => {
    const signedData = parseSignedData(await raw({ contentType: OID.data, signer: { digestAlgorithm: sha1 } }))
    const [first] = signedData.signers
    await expectRefusal(() => signedOctets(signedData, first!), 'pki/cms-digest')
    expect(await signedOctets(signedData, first!, { allowSha1: true })).toEqual({ octets: content, hash: 'SHA-1' })
  })

  it('does not take a certificate without a key identifier for one with any', () => {
    const without: Certificate = { ...certificate, subjectKeyIdentifier: undefined }
    expect(isSignerOf({ subjectKeyIdentifier: certificate.subjectKeyIdentifier! }, without)).toBe(false)
    expect(isSignerOf(identifierOf(certificate), without)).toBe(true)
  })

  it('names a signer by a key identifier', async () => {
    const identifier = { subjectKeyIdentifier: certificate.subjectKeyIdentifier! }
    const der = await createSignedData({ contentType: OID.data, content, signers: [{ key, identifier }] })
    const { signers } = parseSignedData(der)
    expect(isSignerOf(signers[0]!.identifier, certificate)).toBe(true)
    expect(isSignerOf(signers[0]!.identifier, other.certificate)).toBe(false)
    expect(await verifies(der)).toBe(true)
  })

  it('keeps the order of its signers', async () => {
    const signers = [signer, { key: other.key, identifier: identifierOf(other.certificate) }]
    for (const order of [signers, signers.toReversed()]) {
      const der = await createSignedData({ contentType: OID.data, content, signers: order })
      expect(parseSignedData(der).signers.map(({ identifier }) => identifier)).toEqual(
        order.map(({ identifier }) => identifier),
      )
    }
  })

  it('carries certificates only, each once', () => {
    const {
      certificates,
      signers,
      content: none,
    } = parseSignedData(createCertsOnly([other.certificate.der, certificate.der, other.certificate.der]))
    expect(certificates).toHaveLength(2)
    expect(signers).toEqual([])
    expect(none).toBeUndefined()
  })

  it('is as the parts say that the tests change', async () => {
    expect(await verifies(await raw())).toBe(true)
    expect(await verifies(await raw({ contentType: OID.data }))).toBe(true)
    expect(
      await verifies(
        await raw({ contentType: OID.data, signer: { attributes: await usualAttributes(OID.data, content) } }),
      ),
    ).toBe(true)
  })

  const [type, digest] = await usualAttributes(OID.pkiData, content)
  const sha1 = sequence(oid('1.3.14.3.2.26'))
  const refused: readonly (readonly [string, PkiErrorCode, () => Octets | Promise<Octets>])[] = [
    ['nothing', 'pki/not-der', () => new Uint8Array()],
    ['octets after it', 'pki/not-der', async () => Uint8Array.of(...(await raw()), 0)],
    ['too little', 'pki/not-der', async () => (await raw()).slice(0, -1)],
    ['another type', 'pki/cms-type', () => raw({ type: OID.data })],
    ['a version of attribute certificates', 'pki/structure', () => raw({ version: 4 })],
    ['a version that does not go with the identifier', 'pki/structure', () => raw({ signer: { version: 3 } })],
    ['no content', 'pki/cms-content', () => rawSignedData({ contentType: OID.data, signers: [signer] })],
    ['a certificate of another kind', 'pki/structure', () => raw({ certificates: [encode(0xa1)] })],
    [
      'no signed attributes for other content than data',
      'pki/cms-attributes',
      () => raw({ signer: { attributes: null } }),
    ],
    ['no content type', 'pki/cms-attributes', () => raw({ signer: { attributes: [digest] } })],
    ['no digest', 'pki/cms-attributes', () => raw({ signer: { attributes: [type] } })],
    ['two content types', 'pki/cms-attributes', () => raw({ signer: { attributes: [type, type, digest] } })],
    ['two digests', 'pki/cms-attributes', () => raw({ signer: { attributes: [type, digest, digest] } })],
    [
      'a digest twice',
      'pki/cms-attributes',
      () =>
        raw({
          signer: { attributes: [type, attribute(OID.messageDigest, octetString(content), octetString(content))] },
        }),
    ],
    [
      'a digest that is no octet string',
      'pki/cms-attributes',
      () => raw({ signer: { attributes: [type, attribute(OID.messageDigest, integer(1))] } }),
    ],
    [
      'another content type',
      'pki/cms-content-type',
      () => raw({ signer: { attributes: [attribute(OID.contentType, oid(OID.data)), digest] } }),
    ],
    [
      'another digest',
      'pki/cms-message-digest',
      async () => raw({ signer: { attributes: await usualAttributes(OID.pkiData, text('something else')) } }),
    ],
    ['SHA-1', 'pki/cms-digest', () => raw({ signer: { digestAlgorithm: sha1 } })],
    [
      'a digest that is not known',
      'pki/cms-digest',
      () => raw({ signer: { digestAlgorithm: sequence(oid('1.2.3')) } }),
    ],
    // Neither of these is signed.
    [
      'a list of digests with an identifier that is none',
      'pki/structure',
      () => retagged('060960864801650304020', 'first'),
    ],
    ['an identifier of the signature that is none', 'pki/structure', () => retagged('06082a8648ce3d0403', 'last')],
    ['attributes that are none', 'pki/structure', () => raw({ signer: { attributes: [integer(1)] } })],
    [
      'more after an attribute',
      'pki/structure',
      () => raw({ signer: { attributes: [type, digest, sequence(oid('1.2.3'), setOf(), integer(1))] } }),
    ],
  ]
  /** With the tag of an octet string for that of an object identifier, found by how it begins. */
  async function retagged(start: string, which: 'first' | 'last'): Promise<Octets> {
    const hex = Buffer.from(await raw()).toString('hex')
    const at = which === 'first' ? hex.indexOf(start) : hex.lastIndexOf(start)
    expect(at).toBeGreaterThan(0)
    return Uint8Array.from(Buffer.from(`${hex.slice(0, at)}04${hex.slice(at + 2)}`, 'hex'))
  }
  it.each(refused)('is refused with %s', async (_, code, make) => {
    const der = await make()
    await expectRefusal(() => verifies(der), code)
  })

  /** A SignedData without a signature, with more after some of its parts, and its signers given field by field. */
  function assembled({
    info = [],
    wrapper = [],
    data = [],
    content: parts = [explicit(0, octetString(content))],
    digests = [],
    crls = [],
    signers = [],
  }: Readonly<
    Partial<Record<'info' | 'wrapper' | 'data' | 'content' | 'digests' | 'crls' | 'signers', readonly Octets[]>>
  >) {
    const encapsulated = sequence(oid(OID.data), ...parts)
    const body = sequence(integer(1), setOf(...digests), encapsulated, ...crls, setOf(...signers), ...data)
    return sequence(oid(OID.signedData), explicit(0, body, ...wrapper), ...info)
  }
  const [sha256, named] = [digestIdentifier('SHA-256'), sequence(certificate.issuer, integer(7))]
  const fields = [integer(1), named, sha256, key.signatureAlgorithm, octetString(content)]
  const withField = (at: number, field: Octets): Octets => sequence(...fields.map((one, i) => (i === at ? field : one)))

  it('may have revocation lists, which are not looked at, and no signers', () => {
    const read = parseSignedData(assembled({ crls: [encode(0xa1, sequence())], digests: [sha256] }))
    expect(read).toEqual({ contentType: OID.data, content, certificates: [], signers: [] })
    expect(parseSignedData(assembled({ content: [] })).content).toBeUndefined()
    expect(parseSignedData(assembled({ signers: [sequence(...fields)] })).signers).toEqual([
      {
        identifier: { issuer: certificate.issuer, serialNumber: Uint8Array.of(7) },
        ...{ digestAlgorithm: sha256, signatureAlgorithm: key.signatureAlgorithm, signature: content },
        ...{ signedAttributes: undefined, unsignedAttributes: undefined },
      },
    ])
  })

  it.each<[string, Octets]>([
    ['more after the content', assembled({ info: [integer(1)] })],
    ['two contents', assembled({ wrapper: [sequence()] })],
    ['more after the signers', assembled({ data: [setOf()] })],
    ['content of another type', assembled({ content: [explicit(0, integer(1))] })],
    ['two values as content', assembled({ content: [explicit(0, octetString(content), octetString(content))] })],
    ['more after the content itself', assembled({ content: [explicit(0, octetString(content)), integer(1)] })],
    ['a digest that is none', assembled({ digests: [sequence(integer(1))] })],
    ['a signer that is none', assembled({ signers: [setOf()] })],
    ['more after a signer', assembled({ signers: [sequence(...fields, integer(1))] })],
    ['a signer of version 2', assembled({ signers: [withField(0, integer(2))] })],
    ['a signer of version 1 with a key identifier', assembled({ signers: [withField(1, encode(0x80, content))] })],
    [
      'a signer named in another way',
      assembled({ signers: [withField(1, encode(0xa1, certificate.issuer, integer(7)))] }),
    ],
    [
      'a signer whose issuer is no name',
      assembled({ signers: [withField(1, sequence(sequence(integer(1)), integer(7)))] }),
    ],
    [
      'more after a serial number',
      assembled({ signers: [withField(1, sequence(certificate.issuer, integer(7), integer(7)))] }),
    ],
    ['a signer without a digest', assembled({ signers: [withField(2, integer(1))] })],
    ['a digest of a signer that is none', assembled({ signers: [withField(2, sequence(integer(1)))] })],
    ['an algorithm of a signer that is none', assembled({ signers: [withField(3, sequence(integer(1)))] })],
    ['a signature that is no octets', assembled({ signers: [withField(4, integer(1))] })],
  ])('is refused with %s', async (_, der) => {
    await expectRefusal(() => Promise.resolve().then(() => parseSignedData(der)), 'pki/structure')
  })

  it('is made as [MS-WCCE] and RFC 5652 want it', async () => {
    const keyIdentifier = { subjectKeyIdentifier: certificate.subjectKeyIdentifier! }
    const of = async (contentType: string, ...signers: readonly CmsSigner[]): Promise<DerReader> => {
      const der = await createSignedData({
        contentType,
        content,
        signers,
        certificates: [certificate.der, certificate.der],
      })
      expect(parseSignedData(der).certificates).toEqual([certificate.der])
      const reader = readDer(der)
      reader.next()
      return reader.enter(0xa0).enter()
    }
    const version = async (...parts: Parameters<typeof of>): Promise<number> =>
      readSmallInteger((await of(...parts)).next())
    expect(await version(OID.data, signer)).toBe(1)
    expect(await version(OID.data, signer, { key, identifier: keyIdentifier })).toBe(3)
    expect(await version(OID.pkiData, signer)).toBe(3)
    const reader = await of(OID.data, signer, { key: other.key, identifier: signer.identifier })
    reader.next()
    // One hash that both use.
    expect(reader.next().encoded).toEqual(setOf(sha256))
    expect(createCertsOnly([])).toEqual(
      sequence(oid(OID.signedData), explicit(0, sequence(integer(1), setOf(), sequence(oid(OID.data)), setOf()))),
    )
  })

  it('loses the unsigned attributes of one type, and nothing else', async () => {
    const [lost, kept] = [attribute('1.2.3', integer(1)), attribute('1.2.4', integer(2))]
    const of = (...attributes: readonly (readonly Octets[] | undefined)[]): Promise<Octets> =>
      rawSignedData({
        ...{ contentType: OID.pkiData, content, certificates: [certificate.der] },
        signers: attributes.map((unsignedAttributes) => ({ ...signer, key: frozen, unsignedAttributes })),
      })
    const { publicKey, signatureAlgorithm, digest: hash } = key
    const frozen = { publicKey, signatureAlgorithm, digest: hash, sign: () => Promise.resolve(content) }
    const without = withoutUnsignedAttribute(await of([lost, kept], [lost, lost], [kept], undefined), '1.2.3')
    expect(without).toEqual(await of([kept], undefined, [kept], undefined))
    const made = await createSignedData({
      contentType: OID.data,
      content,
      signers: [{ ...signer, unsignedAttributes: [kept] }],
    })
    expect(readAttributes(parseSignedData(made).signers[0]!.unsignedAttributes)).toMatchObject([{ type: '1.2.4' }])
    const empty = sequence(oid(OID.signedData), explicit(0, sequence()))
    await expectRefusal(() => Promise.resolve().then(() => withoutUnsignedAttribute(empty, '1.2.3')), 'pki/structure')
  })

  const wrong: readonly (readonly [string, () => Promise<Octets>])[] = [
    ['with a signature by another key', () => raw({ signer: { key: other.key } })],
    [
      'with another digest than the signature says',
      () => raw({ contentType: OID.data, signer: { digestAlgorithm: digestIdentifier('SHA-512') } }),
    ],
    ['with an algorithm that is not known', () => raw({ signer: { signatureAlgorithm: sequence(oid('1.2.3')) } })],
    [
      'with an algorithm for another kind of key',
      () => raw({ signer: { signatureAlgorithm: sequence(oid('1.2.840.113549.1.1.11')) } }),
    ],
    [
      'with more content',
      async () => {
        const { signers } = parseSignedData(await raw({ contentType: OID.data }))
        const frozen = { ...key, sign: () => Promise.resolve(signers[0]!.signature) }
        return raw({ contentType: OID.data, content: text('what is not signed'), signer: { key: frozen } })
      },
    ],
  ]
  it.each(wrong)('does not verify %s', async (_, make) => {
    expect(await verifies(await make())).toBe(false)
  })

  it('does not take signed attributes for content', async () => {
    // The signature over attributes is one over data that looks like them; only the content type tells.
    const attributes = setOf(...(await usualAttributes(OID.data, content)))
    const { signers } = parseSignedData(
      await raw({ contentType: OID.data, signer: { attributes: await usualAttributes(OID.data, content) } }),
    )
    const frozen = { ...key, sign: () => Promise.resolve(signers[0]!.signature) }
    const moved = await raw({
      contentType: OID.pkiData,
      content: attributes,
      signer: { key: frozen, attributes: null },
    })
    await expectRefusal(() => verifies(moved), 'pki/cms-attributes')
    const asData = await raw({ contentType: OID.data, content: attributes, signer: { key: frozen, attributes: null } })
    await expectRefusal(() => verifies(asData), 'pki/cms-attributes')
    // Other sets are content like any other, and so are lists.
    const list = sequence(...(await usualAttributes(OID.data, content)))
    for (const set of [setOf(), setOf(integer(1)), setOf(attribute(OID.contentType, oid(OID.data))), list, text('1')]) {
      expect(await verifies(await raw({ contentType: OID.data, content: set, signer: { attributes: null } }))).toBe(
        true,
      )
    }
  })

  it('throws nothing else, and verifies nothing else, when octets change', async () => {
    const der = await raw({ certificates: [certificate.der] })
    const { content: signed, contentType } = parseSignedData(der)
    await fc.assert(
      fc.asyncProperty(mutations, async (mutate) => {
        const changed = mutate(der)
        try {
          const signedData = parseSignedData(changed)
          const [first] = signedData.signers
          if (first === undefined || !(await verifySigner(signedData, first, certificate.publicKey, verifier))) return
          // What is not signed may change: the certificates, who it is said to be by, the digests announced.
          expect(signedData.content).toEqual(signed)
          expect(signedData.contentType).toBe(contentType)
        } catch (error) {
          expect(error).toBeInstanceOf(PkiError)
        }
      }),
      { numRuns: 500 },
    )
  })
})

describe.skipIf(!hasOpenssl('SignedData against OpenSSL'))('OpenSSL', async () => {
  const types: KeyType[] = ['RSA-2048', 'RSA-PSS-2048', 'ECDSA-P256', 'ECDSA-P384', 'ECDSA-P521']
  const dsa: ExportableKey = DsaKey.generate(engine.subgroup(L2048N256))
  const identities: readonly (readonly [string, Identity])[] = await Promise.all([
    ...types.map(async (name) => [name, await makeIdentity(name)] as const),
    makeCertificate(dsa).then((one) => ['DSA', { key: dsa, certificate: one }] as const),
  ])

  it.each(identities)('accepts what we sign: %s', async (_, { key: signing, certificate: named }) => {
    const { subjectKeyIdentifier } = named
    const identifiers = [identifierOf(named), { subjectKeyIdentifier: subjectKeyIdentifier! }]
    for (const identifier of identifiers) {
      for (const contentType of [OID.data, OID.pkiData]) {
        const signers = [{ key: signing, identifier }]
        const cms = await createSignedData({ contentType, content, signers, certificates: [named.der] })
        const command = 'cms -verify -noverify -binary -inform DER -in cms -out out'
        const verified = openssl(command, { cms })
        expect(verified.said).toContain('successful')
        expect(verified.out).toEqual(content)
        // Its twin: the last octet, which is of the signature.
        cms[cms.length - 1]! ^= 1
        expect(openssl(command, { cms }).ok).toBe(false)
      }
    }
  })

  it.each(identities)('makes what we accept: %s', async (name, { key: signing, certificate: named }) => {
    const pem = encodePem('PRIVATE KEY', await signing.exportPrivateKey())
    const pss = name.startsWith('RSA-PSS') ? ' -keyopt rsa_padding_mode:pss -keyopt rsa_pss_saltlen:digest' : ''
    // OpenSSL 3.0 signs CMS with DSA and SHA-256 only.
    const sha512: readonly string[] = name === 'DSA' ? [] : [' -md sha512']
    for (const options of ['', ' -noattr', ' -keyid', ' -noattr -keyid', ` -econtent_type ${OID.pkiData}`, ...sha512]) {
      const md = options.includes('-md') ? '' : ' -md sha256'
      const { ok, said, out } = openssl(
        `cms -sign -binary -nodetach -outform DER -signer cert -inkey key -in content -out out${md}${options}${pss}`,
        { cert: encodePem('CERTIFICATE', named.der), key: pem, content },
      )
      expect({ ok, said }).toEqual({ ok: true, said: '' })
      const { signers, content: signed } = parseSignedData(out)
      expect(signed).toEqual(content)
      expect(isSignerOf(signers[0]!.identifier, named)).toBe(true)
      expect(await verifies(out, named)).toBe(true)
      out[out.length - 1]! ^= 1
      expect(await verifies(out, named)).toBe(false)
    }
  })

  it('refuses detached signatures and streams of BER that it makes', async () => {
    const files = {
      cert: encodePem('CERTIFICATE', certificate.der),
      key: encodePem('PRIVATE KEY', await key.exportPrivateKey()),
      content,
    }
    const command = 'cms -sign -binary -outform DER -signer cert -inkey key -in content -out out'
    const detached = openssl(command, files).out
    await expectRefusal(() => verifies(detached), 'pki/cms-content')
    const stream = openssl(`${command} -nodetach -stream`, files).out
    await expectRefusal(() => verifies(stream), 'pki/not-der')
  })

  it('reads the certificates', () => {
    const { ok, said } = openssl('pkcs7 -inform DER -in p7 -print_certs -noout', {
      p7: createCertsOnly([certificate.der, other.certificate.der]),
    })
    expect(ok).toBe(true)
    expect(said.match(/^subject=/gm)).toHaveLength(2)
    const made = openssl('crl2pkcs7 -nocrl -certfile cert -outform DER -out out', {
      cert: encodePem('CERTIFICATE', certificate.der),
    })
    expect(parseSignedData(made.out).certificates).toEqual([certificate.der])
  })
})
