import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { createEngine } from '../../../bindings/loading/create-engine.js'
import type { Octets } from '../../../bindings/octets/octets.js'
import { L1024N160 } from '../../params/L1024N160.js'
import { L2048N256 } from '../../params/L2048N256.js'
import { parseCertificate } from '../x509/certificate.js'
import {
  bitString,
  bmpString,
  encode,
  integer,
  nullValue,
  oid,
  onlyValue,
  parseDer,
  readDer,
  sequence,
  setOf,
  utf8String,
} from '../asn1/der.js'
import { DsaKey } from '../keys/dsa.js'
import { PkiError, type PkiErrorCode } from '../errors.js'
import {
  basicConstraints,
  encodeExtensions,
  EXTENSION,
  extendedKeyUsage,
  keyUsage,
  readAlternativeNames,
  readKeyUsage,
  subjectAltName,
  templateName,
} from '../x509/extensions.js'
import { generateKey, signatureVerifier, webCryptoKey, type KeyType } from '../keys/keys.js'
import { formatName } from '../x509/name.js'
import {
  ATTRIBUTE,
  createCertificationRequest,
  parseCertificationRequest,
  readCertificationRequest,
  verifyCertificationRequest,
  type CertificationRequest,
  type CertificationRequestContent,
} from './pkcs10.js'
import type { SigningKey } from '../keys/signing.js'
import { mutations } from '../testing/mutations.js'
import { hasOpenssl, openssl } from '../testing/openssl.js'

const engine = await createEngine()
afterAll(() => engine.dispose())
const verifier = signatureVerifier({ engine })
/** For the examples, which are of 2009. */
const ofThePast = signatureVerifier({ allowSha1: true })
const webCryptoTypes: KeyType[] = ['RSA-2048', 'RSA-PSS-2048', 'ECDSA-P256', 'ECDSA-P384', 'ECDSA-P521']
const keys: readonly (readonly [string, SigningKey])[] = [
  ...(await Promise.all(webCryptoTypes.map(async (type) => [type, await generateKey(type)] as const))),
  ['DSA', DsaKey.generate(engine.subgroup(L2048N256))],
]
const [, key] = keys[2]!

const example = (name: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(readFileSync(new URL(`../../../vectors/wstep/${name}.der`, import.meta.url)))
const windows = example('4.1.1.1-request')
const renewed = example('4.1.1.2-certificate')

/** All that a request can have. */
const everything: Omit<CertificationRequestContent, 'key'> = {
  subject: 'CN=user,O=Example',
  extensions: [
    keyUsage('digitalSignature', 'keyEncipherment'),
    extendedKeyUsage('1.3.6.1.5.5.7.3.2', '2.25.80431215331923866204540506039740046950'),
    basicConstraints({ isCa: false, pathLength: undefined }),
    subjectAltName({
      dnsNames: ['host.example.org'],
      uris: ['https://example.org/'],
      emails: ['user@example.org'],
      upns: ['üser@example.org'],
      ipAddresses: [Uint8Array.of(127, 0, 0, 1)],
    }),
  ],
  templateName: 'User',
  template: { oid: '1.3.6.1.4.1.311.21.8.1.2', major: 100, minor: 3 },
  osVersion: '10.0.26100.2',
  clientInfo: { clientId: 5, machine: 'host', user: 'EXAMPLE\\user', process: 'certreq.exe' },
  cspProvider: { keySpec: 1, name: 'A provider', signature: new Uint8Array() },
  renewalCertificate: renewed,
  pairs: new Map([
    ['CertificateTemplate', 'User'],
    ['other', 'ÄÖ'],
  ]),
  attributes: new Map([['1.2.3.4', [integer(7), utf8String('x')]]]),
}

/** One with these attributes, whose signature is not looked at. */
async function withAttributes(...attributes: readonly (readonly [string, ...Octets[]])[]): Promise<Octets> {
  const { publicKey, signatureAlgorithm } = key
  const list = attributes.map(([type, ...values]) => sequence(oid(type), setOf(...values)))
  const info = sequence(integer(0), sequence(), publicKey, encode(0xa0, ...list))
  return sequence(info, signatureAlgorithm, bitString(await key.sign(info)))
}

const isAccepted = async (octets: Uint8Array, by = verifier): Promise<boolean> => {
  try {
    await verifyCertificationRequest(parseCertificationRequest(octets), by)
    return true
  } catch (error) {
    // Nothing else may be thrown, whatever the octets are.
    expect(error).toBeInstanceOf(PkiError)
    return false
  }
}

describe('a certification request', () => {
  it.each(keys)('of %s is made, read and verified with all that it can have', async (_, key) => {
    const request = await createCertificationRequest({ ...everything, key })
    await verifyCertificationRequest(request, verifier)
    expect(formatName(request.subject)).toBe(everything.subject)
    expect(request.publicKey).toEqual(key.publicKey)
    const { templateName, template, osVersion, clientInfo, cspProvider, renewalCertificate, pairs } = everything
    expect(request).toMatchObject({ templateName, template, osVersion, clientInfo, cspProvider, pairs })
    expect(request.renewalCertificate).toEqual(renewalCertificate)
    expect(new Set(request.attributes.get('1.2.3.4'))).toEqual(new Set(everything.attributes!.get('1.2.3.4')))
    const extension = (type: string) => request.requestedExtensions.get(type)!.value
    expect(readKeyUsage(extension(EXTENSION.keyUsage))).toEqual(new Set(['digitalSignature', 'keyEncipherment']))
    expect(readAlternativeNames(extension(EXTENSION.subjectAltName))).toMatchObject({
      dnsNames: ['host.example.org'],
      uris: ['https://example.org/'],
      emails: ['user@example.org'],
      upns: ['üser@example.org'],
      ipAddresses: [Uint8Array.of(127, 0, 0, 1)],
    })
    // A bare BMPString, as on the wire.
    expect(extension(EXTENSION.templateName)).toEqual(bmpString('User'))
  })

  it.each(keys)('of %s is refused with any bit changed', async (_, key) => {
    const { der } = await createCertificationRequest({ subject: 'CN=user', key, templateName: 'User' })
    expect(await isAccepted(der)).toBe(true)
    for (let i = 0; i < der.length; i++) {
      const changed = der.slice()
      changed[i]! ^= 1 << (i % 8)
      expect(await isAccepted(changed), `octet ${i}`).toBe(false)
    }
    expect(await isAccepted(Uint8Array.from([...der, 0]))).toBe(false)
    expect(await isAccepted(der.slice(0, -1))).toBe(false)
  })

  it('that is mutated is refused with a PkiError', async () => {
    const { der } = await createCertificationRequest({ ...everything, key })
    for (const octets of [der, windows]) expect(await isAccepted(octets, ofThePast)).toBe(true)
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(der, windows), mutations, async (octets, mutate) => {
        const mutated = mutate(octets)
        fc.pre(!Buffer.from(mutated).equals(octets))
        expect(await isAccepted(mutated, ofThePast)).toBe(false)
      }),
      { numRuns: 1000 },
    )
  })

  it('of Windows is read, and its octets are kept', async () => {
    const request = parseCertificationRequest(windows)
    await verifyCertificationRequest(request, ofThePast)
    await expect(verifyCertificationRequest(request, verifier)).rejects.toMatchObject({ code: 'pki/signature' })
    expect(request.der).toEqual(windows)
    expect(request).toMatchObject({
      templateName: 'User',
      osVersion: '6.1.7053.2',
      clientInfo: { clientId: 5, user: 'D9-1351C0406A\\abby', process: 'CesTest.exe' },
      cspProvider: { keySpec: 1, name: 'Microsoft Enhanced Cryptographic Provider v1.0', signature: new Uint8Array() },
    })
    expect([...request.requestedExtensions.keys()]).toHaveLength(5)
    expect(formatName(request.subject)).toBe('')
  })

  it('may say extensions and templates in other ways that are in use', async () => {
    const named = (value: Octets) => encodeExtensions([{ ...templateName(''), value }])
    for (const value of [bmpString('User'), utf8String('User'), sequence(utf8String('User'))]) {
      for (const attribute of [ATTRIBUTE.extensionRequest, ATTRIBUTE.certificateExtensions]) {
        const request = parseCertificationRequest(await withAttributes([attribute, named(value)]))
        expect(request.templateName).toBe('User')
      }
    }
    const pair = (name: string, value: string) => sequence(bmpString(name), bmpString(value))
    for (const values of [
      [pair('a', 'b'), pair('c', 'd')],
      [sequence(pair('a', 'b'), pair('c', 'd'))],
      [sequence(), pair('a', 'b'), sequence(pair('c', 'd'))],
    ]) {
      const { pairs } = parseCertificationRequest(await withAttributes([ATTRIBUTE.pairs, ...values]))
      expect([...pairs]).toEqual([['a', 'b'], ['c', 'd']]) // prettier-ignore
    }
  })

  /** One of these parts, whose signature is not looked at. */
  function raw(parts: {
    readonly version?: Octets
    readonly name?: Octets
    readonly publicKey?: Octets
    readonly attributes?: readonly Octets[]
    readonly signature?: Octets
    readonly more?: readonly Octets[]
  }): Octets {
    const { version = integer(0), name = sequence(), publicKey = key.publicKey, attributes = [encode(0xa0)] } = parts
    const { signature = bitString(Uint8Array.of(1)), more = [] } = parts
    return sequence(sequence(version, name, publicKey, ...attributes), key.signatureAlgorithm, signature, ...more)
  }

  it('may have no attributes, and says nothing then', () => {
    for (const attributes of [[], [encode(0xa0)]]) {
      const der = raw({ attributes })
      expect(parseCertificationRequest(der)).toEqual({
        ...{ der, info: readDer(der).next().encoded, subject: sequence(), publicKey: key.publicKey },
        ...{ signatureAlgorithm: key.signatureAlgorithm, signature: Uint8Array.of(1), attributes: new Map() },
        ...{ requestedExtensions: new Map(), templateName: undefined, template: undefined, osVersion: undefined },
        ...{ clientInfo: undefined, cspProvider: undefined, renewalCertificate: undefined, pairs: new Map() },
      })
    }
  })

  it('is made with no more than it is to have', async () => {
    const { attributes } = await createCertificationRequest({ subject: 'CN=user', key, pairs: new Map() })
    expect(attributes).toEqual(new Map())
    const subject = sequence()
    expect((await createCertificationRequest({ subject, key })).subject).toEqual(subject)
  })

  const attributeOf = (...parts: readonly Octets[]): Octets => encode(0xa0, sequence(...parts))
  it.each<[string, PkiErrorCode, Octets]>([
    ['version 2', 'pki/request-version', raw({ version: integer(1) })],
    ['a version that is none', 'pki/structure', raw({ version: nullValue() })],
    ['a subject that is none', 'pki/structure', raw({ name: integer(1) })],
    ['a key that is none', 'pki/structure', raw({ publicKey: sequence() })],
    ['more after its attributes', 'pki/structure', raw({ attributes: [encode(0xa0), encode(0xa1)] })],
    ['more after its signature', 'pki/structure', raw({ more: [nullValue()] })],
    ['unused bits in its signature', 'pki/not-der', raw({ signature: encode(3, Uint8Array.of(1, 2)) })],
    ['an attribute that is none', 'pki/structure', raw({ attributes: [encode(0xa0, setOf())] })],
    ['an attribute without a type', 'pki/structure', raw({ attributes: [attributeOf(setOf())] })],
    ['an attribute without a set', 'pki/structure', raw({ attributes: [attributeOf(oid('1.2.3'), integer(1))] })],
    ['more after an attribute', 'pki/structure', raw({ attributes: [attributeOf(oid('1.2.3'), setOf(), setOf())] })],
    ['too many octets', 'pki/limit', new Uint8Array((1 << 18) + 1)],
  ])('with %s is refused: %s', (_, code, octets) => {
    expect(() => parseCertificationRequest(octets)).toThrow(expect.objectContaining({ name: 'PkiError', code }))
    if (code === 'pki/limit') return
    // Inside another message, it is read the same way.
    expect(() => readCertificationRequest(parseDer(octets))).toThrow(expect.objectContaining({ code }))
  })

  it('inside a larger message may not be too large either', async () => {
    const octets = await withAttributes(['1.2.3', encode(4, new Uint8Array(1 << 18))])
    const value = parseDer(octets)
    expect(() => readCertificationRequest(value)).toThrow(expect.objectContaining({ code: 'pki/limit' }))
  })

  it.each([
    [0, [0]],
    [2, [2]],
    [-1, [0xff]],
    [-256, [0xff, 0x00]],
    [0x80, [0, 0x80]],
  ])('may name a provider with the key number %d', async (keySpec, octets) => {
    const value = sequence(encode(2, Uint8Array.from(octets)), bmpString('x'), bitString(Uint8Array.of(9)))
    const { cspProvider } = parseCertificationRequest(await withAttributes([ATTRIBUTE.cspProvider, value]))
    expect(cspProvider).toEqual({ keySpec, name: 'x', signature: Uint8Array.of(9) })
  })

  const pair = sequence(bmpString('a'), bmpString('b'))
  const usage = encodeExtensions([keyUsage('digitalSignature')])
  it.each<[string, readonly (readonly [string, ...Octets[]])[], PkiErrorCode?, string?]>([
    [
      'an extension twice',
      [[ATTRIBUTE.extensionRequest, encodeExtensions([templateName('a'), templateName('b')])]],
      'pki/duplicate',
      'templateName',
    ],
    [
      'two lists of extensions',
      [[ATTRIBUTE.extensionRequest, usage, encodeExtensions([templateName('b')])]],
      'pki/duplicate',
      'extensionRequest',
    ],
    [
      'an attribute twice',
      [
        [ATTRIBUTE.extensionRequest, usage],
        [ATTRIBUTE.extensionRequest, usage],
      ],
      'pki/duplicate',
      'extensionRequest',
    ],
    [
      'an extension in both attributes',
      [
        [ATTRIBUTE.extensionRequest, usage],
        [ATTRIBUTE.certificateExtensions, usage],
      ],
      'pki/duplicate',
      'keyUsage',
    ],
    ['an attribute without a value', [[ATTRIBUTE.extensionRequest]], 'pki/empty', 'extensionRequest'],
    ['a name twice', [[ATTRIBUTE.pairs, pair, sequence(bmpString('a'), bmpString('c'))]], 'pki/pairs'],
    ['a name twice in one value', [[ATTRIBUTE.pairs, sequence(pair, pair)]], 'pki/pairs'],
    ['more after a pair', [[ATTRIBUTE.pairs, sequence(bmpString('a'), bmpString('b'), bmpString('c'))]]],
    ['half a pair', [[ATTRIBUTE.pairs, sequence(bmpString('a'))]]],
    ['pairs that are none', [[ATTRIBUTE.pairs, integer(1)]]],
    ['something else among pairs', [[ATTRIBUTE.pairs, sequence(pair, integer(1))]]],
    ['an empty client information', [[ATTRIBUTE.clientInfo]], 'pki/empty', 'clientInfo'],
    [
      'client information that is too long',
      [[ATTRIBUTE.clientInfo, sequence(integer(5), ...['a', 'b', 'c', 'd'].map(utf8String))]],
    ],
    ['an extension that is malformed', [[ATTRIBUTE.extensionRequest, sequence(sequence())]]],
    [
      'a provider with more after it',
      [[ATTRIBUTE.cspProvider, sequence(integer(1), bmpString('x'), bitString(new Uint8Array()), nullValue())]],
    ],
    ['a version that is no string', [[ATTRIBUTE.osVersion, integer(10)]]],
    ['client information that is too short', [[ATTRIBUTE.clientInfo, sequence(integer(5))]]],
    ['a provider without a key', [[ATTRIBUTE.cspProvider, sequence(integer(1), bmpString('x'))]]],
    ['a renewal certificate that is none', [[ATTRIBUTE.renewalCertificate, integer(1)]]],
  ])('with %s is refused', async (_, attributes, code = 'pki/structure', detail?) => {
    const octets = await withAttributes(...attributes)
    expect(() => parseCertificationRequest(octets)).toThrow(expect.objectContaining({ code, detail }))
  })

  it.each([
    ['a number', sequence(integer(1))],
    ['an empty SET', sequence(setOf())],
    ['an attribute outside of a SET', sequence(sequence(oid('2.5.4.3'), utf8String('x')))],
    ['an attribute without a value', sequence(setOf(sequence(oid('2.5.4.3'))))],
    ['an attribute with two values', sequence(setOf(sequence(oid('2.5.4.3'), utf8String('x'), utf8String('y'))))],
  ])('is refused if its subject has %s', async (_, subject) => {
    const request = createCertificationRequest({ subject, key })
    await expect(request).rejects.toMatchObject({ code: 'pki/structure' })
  })

  it('is refused if it is too large, or nested too deeply', async () => {
    let deep: Octets = sequence()
    for (let i = 0; i < 40; i++) deep = sequence(deep)
    const large = encode(0x04, new Uint8Array(1 << 18))
    for (const value of [deep, large]) {
      const octets = await withAttributes(['1.2.3', value])
      expect(() => parseCertificationRequest(octets)).toThrow(expect.objectContaining({ code: 'pki/limit' }))
    }
  })

  it('takes no time beyond what it is long', async () => {
    const repeated = Array.from({ length: 20_000 }, () => ['1.2.3', integer(1)] as const)
    expect(parseCertificationRequest(await withAttributes(...repeated)).attributes.get('1.2.3')).toHaveLength(20_000)
  })

  it('is refused if the algorithm of its key says more than it should', async () => {
    const [, rsa] = keys[0]!
    const reader = readDer(rsa.publicKey)
    reader.next()
    const bits = reader.next().encoded
    for (const [parameters, accepted] of [
      [[nullValue()], true],
      [[], true],
      [[sequence()], false],
    ] as const) {
      const publicKey = sequence(sequence(oid('1.2.840.113549.1.1.1'), ...parameters), bits)
      const claiming: SigningKey = { ...pick(rsa), publicKey, sign: (octets) => rsa.sign(octets) }
      const request = createCertificationRequest({ subject: 'CN=user', key: claiming })
      if (accepted) expect(await isAccepted((await request).der)).toBe(true)
      else await expect(request).rejects.toMatchObject({ code: 'pki/structure' })
    }
  })

  it('is refused if its key is weak, whatever the verifier takes', async () => {
    const pair = await crypto.subtle.generateKey(
      { name: 'RSASSA-PKCS1-v1_5', modulusLength: 1024, publicExponent: Uint8Array.of(1, 0, 1), hash: 'SHA-256' },
      false,
      ['sign', 'verify'],
    )
    const small = engine.subgroup(L1024N160, { allowLegacy: true })
    const weak: readonly [SigningKey, PkiErrorCode][] = [
      [await webCryptoKey(pair), 'pki/rsa-too-small'],
      [DsaKey.generate(small, { allowLegacy: true }), 'pki/dsa-group'],
    ]
    const tolerant = signatureVerifier({ engine, minRsaBits: 1024, allowLegacy: true })
    for (const [key, code] of weak) {
      const request = await createCertificationRequest({ subject: 'CN=user', key })
      await expect(verifyCertificationRequest(request, tolerant)).rejects.toMatchObject({ code })
      const requirements = { minRsaBits: 1024, allowLegacy: true }
      const strict = verifyCertificationRequest(request, verifier, requirements)
      // A verifier of DSA is made for its groups.
      if (code === 'pki/dsa-group') await expect(strict).rejects.toMatchObject({ code: 'pki/signature' })
      else await expect(strict).resolves.toBeUndefined()
      await expect(verifyCertificationRequest(request, tolerant, requirements)).resolves.toBeUndefined()
    }
  })

  it('is refused if another key signed it', async () => {
    const other = await generateKey('ECDSA-P256')
    const claiming: SigningKey = { ...pick(key), sign: (octets) => other.sign(octets) }
    const request = await createCertificationRequest({ subject: 'CN=user', key: claiming })
    await expect(verifyCertificationRequest(request, verifier)).rejects.toMatchObject({ code: 'pki/signature' })
  })
})

const pick = ({ publicKey, signatureAlgorithm, digest }: SigningKey): Omit<SigningKey, 'sign'> => {
  return { publicKey, signatureAlgorithm, digest }
}

describe('a certificate', () => {
  it('of Windows is read', () => {
    const certificate = parseCertificate(renewed)
    expect(certificate).toMatchObject({ isCa: false, templateName: 'User', hasUnknownCritical: false })
    expect(certificate.names.emails).toHaveLength(1)
    expect(certificate.names.upns).toHaveLength(1)
    expect(certificate.crlDistributionPoints[0]).toMatch(/^ldap:/)
    expect(certificate.caIssuers[0]).toMatch(/^ldap:/)
    expect(certificate.authorityKeyIdentifier).toHaveLength(20)
    expect(certificate.subjectKeyIdentifier).toHaveLength(20)
    expect(certificate.extendedKeyUsage).toHaveLength(3)
    expect(onlyValue(certificate.publicKey).encoded).toEqual(certificate.publicKey)
  })

  it('that is mutated is another, or refused with a PkiError', () => {
    fc.assert(
      fc.property(mutations, (mutate) => {
        try {
          parseCertificate(mutate(renewed))
        } catch (error) {
          expect(error).toBeInstanceOf(PkiError)
        }
      }),
      { numRuns: 3000 },
    )
  })
})

describe.runIf(hasOpenssl('certification requests against OpenSSL'))('OpenSSL', () => {
  const verify = ({ der }: Pick<CertificationRequest, 'der'>): string =>
    openssl('req -verify -noout -inform DER -in request', { request: der }).said

  it.each(keys)('verifies ours, of %s', async (_, key) => {
    const request = await createCertificationRequest({ ...everything, key })
    expect(verify(request)).toContain('self-signature verify OK')
    const changed = request.der.slice()
    changed[changed.length - 1]! ^= 1
    expect(verify({ der: changed })).not.toContain('verify OK')
    expect(openssl('asn1parse -inform DER -in request', { request: request.der }).ok).toBe(true)
  })

  it.each([
    ['rsa:2048 -sha256'],
    ['rsa:3072 -sha512 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest'],
    ['rsa:2048 -sha384 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:max'],
    ['ec -pkeyopt ec_paramgen_curve:P-256 -sha256'],
    ['ec -pkeyopt ec_paramgen_curve:P-384 -sha512'],
    ['ec -pkeyopt ec_paramgen_curve:P-521 -sha256'],
  ])('is verified, with -newkey %s', async (options) => {
    const command = `req -new -nodes -keyout key -subj /CN=user/O=Example -outform DER -out out -newkey ${options}`
    const { out } = openssl(`${command} -addext subjectAltName=DNS:a.example.org,email:a@example.org`)
    const request = parseCertificationRequest(out)
    await verifyCertificationRequest(request, verifier)
    expect(formatName(request.subject)).toBe('O=Example,CN=user')
    const names = readAlternativeNames(request.requestedExtensions.get(EXTENSION.subjectAltName)!.value)
    expect(names).toMatchObject({ dnsNames: ['a.example.org'], emails: ['a@example.org'] })
    out[out.length - 1]! ^= 1
    await expect(verifyCertificationRequest(parseCertificationRequest(out), verifier)).rejects.toMatchObject({
      code: 'pki/signature',
    })
  })

  it('makes requests with weak keys, which are refused', async () => {
    for (const [options, code] of [
      ['rsa:1024', 'pki/rsa-too-small'],
      ['ec -pkeyopt ec_paramgen_curve:secp256k1', 'pki/ec-curve'],
    ] as const) {
      const { out } = openssl(`req -new -nodes -keyout key -subj /CN=user -outform DER -out out -newkey ${options}`)
      await expect(verifyCertificationRequest(parseCertificationRequest(out), verifier)).rejects.toMatchObject({
        code,
      })
    }
  })
})
