import { beforeAll, describe, expect, it } from 'vitest'
import { canonicalize, EXCLUSIVE_C14N } from '../xml/canonicalize.js'
import { parseXml } from '../xml/parse.js'
import { ecdsaSha256, rsaSha256 } from '../xml/signature-algorithms.js'
import { DSIG_NAMESPACE, signEnveloped, type SignOptions } from '../xml/signature.js'
import type { XmlElement } from '../xml/tree.js'
import { readDeviceParameters, signDeviceParameters, verifyDeviceParameters } from './artefacts/device-parameters.js'
import { loadIssuerParameters, signIssuerParameters, writeIssuerParameters } from './artefacts/issuer-parameters.js'
import { up } from './syntax/names.js'
import { generateKeys, makeCertificate, rsa2048, type TestCertificate } from './testing/certificates.js'
import { codeOf, createTestIssuer, edited, engine, group, sets, xml } from './testing/fixtures.js'
import { certificateTrust, EXTENDED_KEY_USAGE, type SignerTrust } from './trust/signer.js'
import { cryptoBinary } from './syntax/values.js'
import { L2048N256 } from '../params/index.js'

const { parameters: profile } = createTestIssuer()
const clock = (): Date => new Date('2010-01-15T12:00:00Z')
const GD = 'urn:oid:1.3.6.1.4.1.311.75.1.1.1'

let root: TestCertificate
let trust: SignerTrust
let signing: SignOptions
let deviceSigning: SignOptions

const signingWith = (certificate: TestCertificate): SignOptions => {
  return { key: certificate.keys.privateKey, algorithm: ecdsaSha256, certificates: [certificate.der] }
}

beforeAll(async () => {
  root = await makeCertificate({ subject: 'Root', ca: true })
  trust = certificateTrust({ anchors: [root.der], clock })
  signing = signingWith(await makeCertificate({ subject: 'Fabrikam', issuer: root, uris: ['http://fabrikam.com'] }))
  const extendedKeyUsage = [EXTENDED_KEY_USAGE['device-parameters']]
  deviceSigning = signingWith(await makeCertificate({ subject: 'Devices', issuer: root, extendedKeyUsage }))
})

describe('signed Issuer parameters', () => {
  const load = (input: XmlElement) => loadIssuerParameters(canonicalize(input), { engine, sets, trust })
  let signed: XmlElement
  beforeAll(async () => {
    signed = await signIssuerParameters(profile, { ...signing, recommended: L2048N256 })
  })

  it('are verified when they are loaded', async () => {
    const loaded = await load(signed)
    expect(loaded.parameters.values()).toEqual(profile.parameters.values())
    expect(loaded.specification).toEqual(profile.specification)
  })

  it('may be signed with RSA, and by whoever a rule says', async () => {
    const keys = await generateKeys(rsa2048)
    const certificate = await makeCertificate({ subject: 'Anybody', issuer: root, keys })
    const byRsa = await signIssuerParameters(profile, {
      key: keys.privateKey,
      algorithm: rsaSha256,
      certificates: [certificate.der],
    })
    expect(await codeOf(() => load(byRsa))).toBe('ws-trust/issuer-identity')
    const seen: string[] = []
    const identity = (issuer: string) => seen.push(issuer) > 0
    expect((await loadIssuerParameters(byRsa, { engine, sets, trust, identity })).uidp).toBe(profile.uidp)
    expect(seen).toEqual(['http://fabrikam.com'])
  })

  it.each<[string, string | RegExp, string, string]>([
    ['changed', 'http://fabrikam.com/ip1', 'http://fabrikam.com/ip2', 'ws-trust/signature'],
    ['of another date', '2010-04-01T', '2011-04-01T', 'ws-trust/signature'],
    ['of another public key', /<up:G>.{8}/, '<up:G>AAAAAAAA', 'ws-trust/signature'],
    ['unsigned', /<ds:Signature .*<\/ds:Signature>/, '', 'ws-trust/signature'],
    ['signed for another element', 'URI=""', 'URI="#x"', 'ws-trust/signature'],
    ['without a certificate', /<ds:KeyInfo>.*<\/ds:KeyInfo>/, '', 'ws-trust/signer'],
    [
      'signed with a certificate that is none',
      /<ds:X509Certificate>.{8}/,
      '<ds:X509Certificate>AAAAAAAA',
      'ws-trust/signer',
    ],
  ])('are refused if they are %s', async (_, from, to, code) => {
    expect(await codeOf(() => load(edited(signed, from, to)))).toBe(code)
  })

  it('are refused of a signer for Devices, of an unknown one, and of another Issuer', async () => {
    const sign = (options: SignOptions) => signIssuerParameters(profile, options)
    expect(await codeOf(async () => load(await sign(deviceSigning)))).toBe('ws-trust/signer')
    const stranger = await makeCertificate({ subject: 'Fabrikam', uris: ['http://fabrikam.com'] })
    expect(await codeOf(async () => load(await sign(signingWith(stranger))))).toBe('ws-trust/signer')
    const contoso = await makeCertificate({ subject: 'Contoso', issuer: root, uris: ['http://contoso.com'] })
    expect(await codeOf(async () => load(await sign(signingWith(contoso))))).toBe('ws-trust/issuer-identity')
  })

  it('are judged after their signature: what is signed can still be wrong', async () => {
    const wrong = await signEnveloped(edited(writeIssuerParameters(profile), '<up:E>1', '<up:E>0'), signing)
    expect(await codeOf(() => load(wrong))).toBe('ws-trust/e-value')
  })
})

describe('signed Device parameters', () => {
  const hd = group.generator
  let signed: XmlElement
  beforeAll(async () => {
    signed = await signDeviceParameters({ deviceGenerator: GD, hd }, 'device-1', deviceSigning)
  })

  it('are verified, alone and within a request', async () => {
    const expected = { deviceGenerator: GD, hd: Uint8Array.from(atob(cryptoBinary(hd)), (c) => c.charCodeAt(0)) }
    expect(await verifyDeviceParameters(canonicalize(signed), trust)).toEqual(expected)
    const inside = parseXml(canonicalize(up('Request', { Id: 'request' }, signed)))
    expect(await verifyDeviceParameters(inside.elements[0]!, trust)).toEqual(expected)
    expect(xml(signed)).toContain('<ds:Reference URI="#device-1">')
    expect(xml(signed)).toContain('Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"')
  })

  const transform = `<ds:Transform Algorithm="${EXCLUSIVE_C14N}"></ds:Transform>`
  it.each<[string, string | RegExp, string, string]>([
    ['changed', /<up:Hd>.{8}/, '<up:Hd>AAAAAAAA', 'xml-signature/digest'],
    ['of another Device generator', '1.1.1"', '1.1.2"', 'xml-signature/digest'],
    ['of another Id', 'Id="device-1"', 'Id="device-2"', 'xml-signature/reference'],
    ['without an Id', ' Id="device-1"', '', 'xml-signature/reference'],
    ['unsigned', /<ds:Signature .*<\/ds:Signature>/, '', 'xml-signature/missing'],
    ['signed twice', /(<ds:Signature .*<\/ds:Signature>)/, '$1$1', 'xml-signature/multiple'],
    ['signed with two references', /(<ds:Reference .*<\/ds:Reference>)/, '$1$1', 'xml-signature/reference'],
    ['signed with no reference', /<ds:Reference .*<\/ds:Reference>/, '', 'xml-signature/reference'],
    ['signed with an empty reference', 'URI="#device-1"', 'URI=""', 'xml-signature/reference'],
    [
      'signed with a reference elsewhere',
      'URI="#device-1"',
      'URI="http://fabrikam.com/#device-1"',
      'xml-signature/reference',
    ],
    ['signed with an XPointer', 'URI="#device-1"', `URI="#xpointer(id('device-1'))"`, 'xml-signature/reference'],
    ['signed with a third transform', transform, transform + transform, 'xml-signature/transforms'],
    ['signed with one transform', transform, '', 'xml-signature/transforms'],
    [
      'signed with the transform as it is misspelt',
      'enveloped-signature',
      'envelopedsignature',
      'xml-signature/transforms',
    ],
    [
      'signed with inclusive canonicalisation',
      `<ds:Transform Algorithm="${EXCLUSIVE_C14N}">`,
      '<ds:Transform Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315">',
      'xml-signature/transforms',
    ],
    ['signed with SHA-1', 'ecdsa-sha256', 'ecdsa-sha1', 'xml-signature/algorithm'],
    [
      'digested with SHA-1',
      'http://www.w3.org/2001/04/xmlenc#sha256',
      'http://www.w3.org/2000/09/xmldsig#sha1',
      'xml-signature/digest-method',
    ],
    ['without a certificate', /<ds:KeyInfo>.*<\/ds:KeyInfo>/, '', 'xml-signature/unknown-key'],
  ])('are refused if they are %s', async (_, from, to, cause) => {
    const code = cause === 'xml-signature/unknown-key' ? 'ws-trust/signer' : 'ws-trust/signature'
    const verified = verifyDeviceParameters(edited(signed, from, to), trust)
    await expect(verified).rejects.toMatchObject({ code, cause })
  })

  it('are refused when an empty reference was really signed, or another element’s identifier', async () => {
    const bare = edited(signed, /<ds:Signature .*<\/ds:Signature>/, '')
    const resigned = async (element: XmlElement) => signEnveloped(element, deviceSigning)
    const wsu = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd'
    const otherId = edited(bare, ' Id="device-1"', ` xmlns:wsu="${wsu}" wsu:Id="device-1"`)
    for (const element of [edited(bare, ' Id="device-1"', ''), otherId]) {
      expect(await codeOf(async () => verifyDeviceParameters(await resigned(element), trust))).toBe(
        'ws-trust/signature',
      )
    }
  })

  it.each<[string, string | RegExp, string, string]>([
    ['no Gd', /<up:Gd .*<\/up:Gd>/, '', 'ws-trust/element'],
    ['no Hd', /<up:Hd>.*<\/up:Hd>/, '', 'ws-trust/element'],
    ['something more', '</up:Hd>', '</up:Hd><up:X/>', 'ws-trust/element'],
    ['an h_d with leading zeros', /<up:Hd>[^<]*/, '<up:Hd>AAE=', 'ws-trust/crypto-binary'],
    ['a relative name', GD, 'gd', 'ws-trust/uri'],
  ])('are refused, though signed, with %s', async (_, from, to, code) => {
    const bare = edited(signed, /<ds:Signature .*<\/ds:Signature>/, '')
    expect(readDeviceParameters(bare).deviceGenerator).toBe(GD)
    const wrong = await signEnveloped(edited(bare, from, to), deviceSigning)
    expect(await codeOf(() => verifyDeviceParameters(wrong, trust))).toBe(code)
  })

  it('are refused of a signer for Issuer parameters', async () => {
    const element = await signDeviceParameters({ deviceGenerator: GD, hd }, 'device-1', signing)
    expect(await codeOf(() => verifyDeviceParameters(element, trust))).toBe('ws-trust/signer')
    expect(element.elements.some((child) => child.is(DSIG_NAMESPACE, 'Signature'))).toBe(true)
  })
})
