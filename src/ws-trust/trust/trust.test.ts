import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { createEngine } from '../../../bindings/loading/create-engine.js'
import { L2048N256 } from '../../params/L2048N256.js'
import { keyIdentifier, signCertificate } from '../../pki/ca/issuing/sign-certificate.js'
import { parseCertificate } from '../../pki/x509/certificate.js'
import { DsaKey, DsaPublicKey } from '../../pki/keys/dsa.js'
import { PkiError } from '../../pki/errors.js'
import {
  authorityKeyIdentifier,
  basicConstraints,
  subjectKeyIdentifier,
  extendedKeyUsage,
  type Extension,
} from '../../pki/x509/extensions.js'
import { parseName } from '../../pki/x509/name.js'
import type { SigningKey } from '../../pki/keys/signing.js'
import { parseXml } from '../../xml/parse.js'
import type { XmlElement } from '../../xml/tree.js'
import { signEnveloped } from '../../xml/signature.js'
import { hasProgram, inTemporaryDirectory } from '../../xml/testing/xmllint.js'
import { ecdsaSha256, rsaSha256, webCryptoAlgorithms } from '../../xml/signature-algorithms.js'
import { webCryptoKey } from '../../pki/keys/keys.js'
import { generateKeys, makeCertificate, p256, rsa2048, type TestCertificate } from '../testing/certificates.js'
import { edited, xml } from '../testing/fixtures.js'
import { verifySigned } from './signature.js'
import {
  certificateTrust,
  dsaSha256,
  EXTENDED_KEY_USAGE,
  issuerOfCertificate,
  type CertificateTrustOptions,
} from './signer.js'

const at = new Date('2010-01-15T12:00:00Z')
const clock = (): Date => at
const DEVICE = EXTENDED_KEY_USAGE['device-parameters']

let root: TestCertificate
let intermediate: TestCertificate
let signer: TestCertificate
let rsaKeys: CryptoKeyPair

beforeAll(async () => {
  rsaKeys = await generateKeys(rsa2048)
  root = await makeCertificate({ subject: 'Root', ca: true })
  intermediate = await makeCertificate({ subject: 'Intermediate', ca: true, issuer: root, pathLength: 0 })
  signer = await makeCertificate({
    subject: 'Fabrikam',
    issuer: intermediate,
    uris: ['http://fabrikam.com'],
    dnsNames: ['ip.fabrikam.com'],
  })
})

/** Who is found behind the certificates of a signature. */
async function find(
  certificates: readonly TestCertificate[],
  options: Partial<CertificateTrustOptions> = {},
  algorithm = ecdsaSha256.identifier,
) {
  const trust = certificateTrust({ anchors: [root.der], clock, ...options })
  return trust.findSigner({ algorithm, certificates: certificates.map((c) => c.der) }, 'issuer-parameters')
}

describe('certificates of signers', () => {
  it('are trusted over intermediate certificates in any order, and their names are told', async () => {
    const found = await find([signer, await makeCertificate({ subject: 'Other' }), intermediate, root])
    expect(found).toMatchObject({ uris: ['http://fabrikam.com'], dnsNames: ['ip.fabrikam.com'] })
  })

  it('are trusted directly under an anchor, and if they are the anchor', async () => {
    expect(await find([signer], { anchors: [intermediate.der] })).toBeDefined()
    expect(await find([signer], { anchors: [signer.der] })).toBeDefined()
  })

  it('are trusted beside others that are no certificates, and beside as many as fifteen', async () => {
    const hint = (...certificates: Uint8Array<ArrayBuffer>[]) => ({ algorithm: ecdsaSha256.identifier, certificates })
    const trust = certificateTrust({ anchors: [root.der], clock })
    const none = Uint8Array.of(0x30, 0)
    expect(await trust.findSigner(hint(signer.der, none, intermediate.der), 'issuer-parameters')).toBeDefined()
    expect(await trust.findSigner(hint(none, signer.der, intermediate.der), 'issuer-parameters')).toBeUndefined()
    const many = new Array<TestCertificate>(16).fill(signer)
    expect(await find(many, { anchors: [signer.der] })).toBeDefined()
  })

  it.each(webCryptoAlgorithms.map((algorithm) => [algorithm.identifier.replace(/.*#/, ''), algorithm] as const))(
    'give a key for %s where theirs is of that kind, and none elsewhere',
    async (name, algorithm) => {
      const rsa = await makeCertificate({ subject: 'S', issuer: root, keys: rsaKeys })
      const ec = await makeCertificate({ subject: 'S', issuer: root })
      const [right, wrong] = name.startsWith('rsa') ? [rsa, ec] : [ec, rsa]
      const found = await find([right], {}, algorithm.identifier)
      expect(algorithm.accepts(found!.key, 'verify')).toBe(true)
      expect(algorithm.accepts(found!.key, 'sign')).toBe(false)
      expect(await find([wrong], {}, algorithm.identifier)).toBeUndefined()
    },
  )

  it('are judged by the time of now, unless there is another clock', async () => {
    const [past, future] = [-3_600_000, 3_600_000].map((offset) => new Date(Date.now() + offset).toISOString())
    const current = await makeCertificate({ subject: 'S', issuer: root, notBefore: past, notAfter: future })
    const expired = await makeCertificate({ subject: 'S', issuer: root, notAfter: past })
    const coming = await makeCertificate({ subject: 'S', issuer: root, notBefore: future })
    for (const certificate of [current, expired, coming]) {
      const found = await find([certificate], { clock: undefined, anchors: [root.der] })
      expect(found !== undefined).toBe(certificate === current)
    }
  })

  it('may have RSA keys, and anchors too', async () => {
    const anchor = await makeCertificate({ subject: 'RSA', ca: true, keys: rsaKeys })
    const rsa = await makeCertificate({ subject: 'S', issuer: anchor, keys: rsaKeys })
    expect(await find([rsa], { anchors: [anchor.der] }, rsaSha256.identifier)).toBeDefined()
    expect(await find([rsa], { anchors: [anchor.der] }, ecdsaSha256.identifier)).toBeUndefined()
  })

  it('are not trusted without a path, or with an algorithm that is not known', async () => {
    expect(await find([signer])).toBeUndefined()
    expect(await find([])).toBeUndefined()
    expect(await find([signer, intermediate], { anchors: [] })).toBeUndefined()
    expect(await find([signer, intermediate], {}, 'urn:other')).toBeUndefined()
    expect(await find(new Array<TestCertificate>(17).fill(signer), { anchors: [signer.der] })).toBeUndefined()
  })

  it.each<[string, Parameters<typeof makeCertificate>[0]]>([
    ['that may not sign parameters', { subject: 'S', extendedKeyUsage: [DEVICE] }],
    ['of any purpose', { subject: 'S', extendedKeyUsage: ['2.5.29.37.0'] }],
    ['that have expired', { subject: 'S', notAfter: '2010-01-15T11:59:59Z' }],
    ['that are not valid yet', { subject: 'S', notBefore: '2010-01-15T12:00:01Z' }],
    ['that may not sign', { subject: 'S', keyUsage: 0x20 }],
    [
      'of a CA',
      { subject: 'S', ca: true, keyUsage: 0x84, extendedKeyUsage: [EXTENDED_KEY_USAGE['issuer-parameters']] },
    ],
    ['with something critical that is not understood', { subject: 'S', critical: '2.5.29.36' }],
  ])('are not trusted if they are those %s', async (_, options) => {
    expect(await find([await makeCertificate({ ...options, issuer: root })])).toBeUndefined()
    expect(await find([await makeCertificate({ subject: 'S', issuer: root })])).toBeDefined()
  })

  it.each<[string, Partial<Parameters<typeof makeCertificate>[0]>]>([
    ['is no CA', { ca: false }],
    ['may not sign certificates', { keyUsage: 0x02 }],
    ['has expired', { notAfter: '2010-01-01' }],
    ['has something critical that is not understood', { critical: '2.5.29.30' }],
    ['is for another purpose', { extendedKeyUsage: [DEVICE] }],
  ])('are not trusted if an intermediate certificate %s', async (_, options) => {
    const issuer = await makeCertificate({ subject: 'CA', ca: true, issuer: root, ...options })
    const certificate = await makeCertificate({ subject: 'S', issuer })
    expect(await find([certificate, issuer])).toBeUndefined()
  })

  it('are not trusted below the length of a path', async () => {
    const below = await makeCertificate({ subject: 'Below', ca: true, issuer: intermediate })
    const certificate = await makeCertificate({ subject: 'S', issuer: below })
    expect(await find([certificate, below, intermediate])).toBeUndefined()
    expect(await find([certificate, below], { anchors: [below.der] })).toBeDefined()
  })

  it('are not trusted with a signature of another key, or by SHA-1', async () => {
    const impostor = await makeCertificate({ subject: 'Root', ca: true })
    expect(await find([await makeCertificate({ subject: 'S', issuer: impostor }), impostor])).toBeUndefined()
    expect(await find([await makeCertificate({ subject: 'S', issuer: root, hash: 'SHA-1' })])).toBeUndefined()
    const changed = { ...signer, der: signer.der.slice() }
    changed.der[signer.der.length - 1]! ^= 1
    expect(await find([changed, intermediate])).toBeUndefined()
  })

  it('end the search for a path among certificates that certify each other', async () => {
    const keys = await generateKeys()
    const one = await makeCertificate({ subject: 'Mutual', ca: true, keys })
    const many = await Promise.all(
      Array.from({ length: 14 }, () => makeCertificate({ subject: 'Mutual', ca: true, keys })),
    )
    const certificate = await makeCertificate({ subject: 'S', issuer: one })
    expect(await find([certificate, one, ...many])).toBeUndefined()
  })

  it('are not trusted if they, or those above, are revoked', async () => {
    const revoked = (target: TestCertificate) => ({
      isRevoked: (certificate: Uint8Array) => Buffer.compare(certificate, target.der) === 0,
    })
    expect(await find([signer, intermediate], revoked(signer))).toBeUndefined()
    expect(await find([signer, intermediate], revoked(intermediate))).toBeUndefined()
    expect(await find([signer, intermediate], revoked(root))).toBeDefined()
  })

  it('are read strictly', async () => {
    expect(parseCertificate(signer.der)).toMatchObject({ isCa: false, pathLength: undefined })
    expect(parseCertificate(intermediate.der)).toMatchObject({ isCa: true, pathLength: 0 })
    expect(() => parseCertificate(Buffer.concat([signer.der, Buffer.of(0)]))).toThrow(PkiError)
    for (let end = 0; end < signer.der.length; end += 7)
      expect(() => parseCertificate(signer.der.slice(0, end))).toThrow(PkiError)
    for (let i = 0; i < signer.der.length; i += 3) {
      const changed = { ...signer, der: signer.der.slice() }
      changed.der[i]! ^= 1 << (i % 8)
      expect(await find([changed, intermediate]), `octet ${i}`).toBeUndefined()
    }
    expect(() => certificateTrust({ anchors: [Uint8Array.of(0x30, 0)] })).toThrow(
      expect.objectContaining({ code: 'trust/anchor' }),
    )
  })
})

describe('the identity of an Issuer', () => {
  const signerWith = (uris: string[], dnsNames: string[] = []) => ({ key: {}, uris, dnsNames })

  it.each([
    ['http://fabrikam.com', ['http://fabrikam.com'], []],
    ['urn:fabrikam', ['urn:fabrikam'], []],
    ['https://ip.fabrikam.com:8443/issuer', [], ['IP.Fabrikam.com']],
  ])('%s is that of a certificate with URIs %j and DNS names %j', (issuer, uris, dnsNames) => {
    expect(issuerOfCertificate(issuer, signerWith(uris, dnsNames))).toBe(true)
  })

  it.each([
    ['http://fabrikam.com/', ['http://fabrikam.com'], []],
    ['http://fabrikam.com', ['http://contoso.com'], ['contoso.com']],
    ['http://ip.fabrikam.com', [], ['fabrikam.com', '*.fabrikam.com']],
    ['ftp://fabrikam.com', [], ['fabrikam.com']],
    ['http://fabrikam.com@contoso.com', [], ['fabrikam.com']],
    ['http://[', [], ['[']],
    ['urn:fabrikam.com', [], ['fabrikam.com', '']],
  ])('%s is not that of a certificate with URIs %j and DNS names %j', (issuer, uris, dnsNames) => {
    expect(issuerOfCertificate(issuer, signerWith(uris, dnsNames))).toBe(false)
  })
})

describe('what a signer has signed', () => {
  let signed: XmlElement
  beforeAll(async () => {
    const options = {
      key: signer.keys.privateKey,
      algorithm: ecdsaSha256,
      certificates: [signer.der, intermediate.der],
    }
    signed = await signEnveloped(parseXml('<a xmlns="urn:a">b</a>'), options)
  })
  const verify = (element: XmlElement, anchor = root) =>
    verifySigned(element, element, certificateTrust({ anchors: [anchor.der], clock }), 'issuer-parameters')

  it('is the element without its signature, with the signer', async () => {
    const { element, signer: found } = await verify(signed)
    expect(xml(element)).toBe('<a xmlns="urn:a">b</a>')
    expect(found).toMatchObject({ uris: ['http://fabrikam.com'], dnsNames: ['ip.fabrikam.com'] })
  })

  it('is refused with its reason', async () => {
    const changed = edited(signed, '>b<', '>c<')
    await expect(verify(changed)).rejects.toMatchObject({ code: 'ws-trust/signature', cause: 'xml-signature/digest' })
    const unsigned = parseXml('<a xmlns="urn:a">b</a>')
    await expect(verify(unsigned)).rejects.toMatchObject({ code: 'ws-trust/signature', cause: 'xml-signature/missing' })
    const unknown = { code: 'ws-trust/signer', cause: 'xml-signature/unknown-key' }
    await expect(verify(signed, await makeCertificate({ subject: 'Root', ca: true }))).rejects.toMatchObject(unknown)
  })
})

describe.skipIf(!hasProgram('openssl', 'certificates exchanged with OpenSSL'))('beside openssl', () => {
  const run = (cwd: string, ...args: string[]): string => {
    const { status, stdout, stderr } = spawnSync('openssl', args, { cwd, encoding: 'utf8' })
    expect(status, stderr).toBe(0)
    return stdout
  }

  it('certificates that it makes are trusted', async () => {
    const [anchor, certificate] = inTemporaryDirectory((directory) => {
      const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
      run(directory, 'req', '-x509', ...key, ...'-keyout ca.key -out ca.pem -days 2 -subj /CN=CA'.split(' '))
      run(directory, 'req', ...key, ...'-keyout s.key -out s.csr -subj /CN=Signer'.split(' '))
      writeFileSync(
        path.join(directory, 'extensions'),
        `extendedKeyUsage=${EXTENDED_KEY_USAGE['issuer-parameters']}\nkeyUsage=critical,digitalSignature\n` +
          'subjectAltName=URI:http://fabrikam.com,DNS:fabrikam.com\n',
      )
      const issue =
        'x509 -req -in s.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile extensions -days 1 -out s.pem'
      run(directory, ...issue.split(' '))
      return ['ca.pem', 's.pem'].map((file) => fromPem(readFileSync(path.join(directory, file), 'utf8')))
    })
    const trust = certificateTrust({ anchors: [anchor!] })
    const hint = { algorithm: ecdsaSha256.identifier, certificates: [certificate!] }
    const names = { uris: ['http://fabrikam.com'], dnsNames: ['fabrikam.com'] }
    expect(await trust.findSigner(hint, 'issuer-parameters')).toMatchObject(names)
    expect(await trust.findSigner(hint, 'device-parameters')).toBeUndefined()
  })

  it('those of these tests are accepted, so that what is refused is refused for one reason', async () => {
    const leaf = await makeCertificate({ subject: 'S', issuer: intermediate, keys: await generateKeys(p256) })
    inTemporaryDirectory((directory) => {
      const files = Object.entries({ root, intermediate, leaf })
      for (const [name, certificate] of files) writeFileSync(path.join(directory, name), toPem(certificate.der))
      const args = 'verify -no-CAfile -attime 1263556800 -trusted root -untrusted intermediate leaf'
      expect(run(directory, ...args.split(' '))).toBe('leaf: OK\n')
    })
  })
})

function toPem(octets: Uint8Array): string {
  const lines = Buffer.from(octets).toString('base64').replace(/.{64}/g, '$&\n')
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`
}

function fromPem(pem: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(pem.replace(/-----.*-----|\s/g, ''), 'base64'))
}

describe('signers with keys of DSA', async () => {
  const engine = await createEngine()
  const group = engine.subgroup(L2048N256)
  const [top, leaf] = [DsaKey.generate(group), DsaKey.generate(group)]
  let serial = 1
  const certify = async (subject: string, key: SigningKey, issuer: SigningKey, extensions: readonly Extension[]) =>
    signCertificate(
      {
        serialNumber: Uint8Array.of(serial++),
        issuer: parseName('CN=DSA root'),
        subject: parseName(subject),
        notBefore: new Date('2009-01-01'),
        notAfter: new Date('2029-01-01'),
        publicKey: key.publicKey,
        extensions: [...extensions, authorityKeyIdentifier(await keyIdentifier(issuer.publicKey))],
      },
      issuer,
    )
  const anchor = await certify('CN=DSA root', top, top, [
    basicConstraints({ isCa: true, pathLength: undefined }),
    subjectKeyIdentifier(await keyIdentifier(top.publicKey)),
  ])
  const purpose = extendedKeyUsage(EXTENDED_KEY_USAGE['issuer-parameters'])
  const certificates = [await certify('CN=signer', leaf, top, [purpose])]
  const hint = { algorithm: dsaSha256.identifier, certificates }
  const trust = certificateTrust({ anchors: [anchor], clock, engine })

  it('are found by those who have an engine', async () => {
    const octets = new TextEncoder().encode('signed')
    const signer = await trust.findSigner(hint, 'issuer-parameters')
    expect(await dsaSha256.verify(signer!.key, leaf.signNumbers(octets), octets)).toBe(true)
    expect(await dsaSha256.verify(signer!.key, top.signNumbers(octets), octets)).toBe(false)
    expect(await certificateTrust({ anchors: [anchor], clock }).findSigner(hint, 'issuer-parameters')).toBeUndefined()
  })

  it('are refused where the certificate is signed by another key, or the algorithm is of others', async () => {
    const forged = await certify('CN=signer', leaf, leaf, [purpose])
    expect(await trust.findSigner({ ...hint, certificates: [forged] }, 'issuer-parameters')).toBeUndefined()
    expect(await trust.findSigner({ ...hint, algorithm: rsaSha256.identifier }, 'issuer-parameters')).toBeUndefined()
  })

  it('are unknown to those without an engine, even under a certificate that they know', async () => {
    const key = await webCryptoKey(root.keys)
    const content = {
      serialNumber: Uint8Array.of(1),
      issuer: root.name,
      subject: parseName('CN=signer'),
      notBefore: new Date('2009-01-01'),
      notAfter: new Date('2029-01-01'),
      publicKey: leaf.publicKey,
      extensions: [purpose, authorityKeyIdentifier(await keyIdentifier(key.publicKey))],
    }
    const known = { ...hint, certificates: [await signCertificate(content, key)] }
    const [having, lacking] = [{ engine }, {}].map((options) =>
      certificateTrust({ anchors: [root.der], clock, ...options }),
    )
    expect(await having!.findSigner(known, 'issuer-parameters')).toBeDefined()
    expect(await lacking!.findSigner(known, 'issuer-parameters')).toBeUndefined()
    expect(lacking!.algorithms).toBeUndefined()
    const signed = await signEnveloped(parseXml('<a/>'), { ...known, key: leaf, algorithm: dsaSha256 })
    await expect(verifySigned(signed, signed, having!, 'issuer-parameters')).resolves.toBeDefined()
    await expect(verifySigned(signed, signed, lacking!, 'issuer-parameters')).rejects.toMatchObject({
      code: 'ws-trust/signature',
      cause: 'xml-signature/algorithm',
    })
  })

  it('are private keys with SHA-256 to sign, and public ones to verify', () => {
    const publicKey = new DsaPublicKey(group, group.generator)
    const others = [new DsaKey(group, group.scalars.random(), { digest: 'SHA-384' }), { digest: 'SHA-256' }]
    const keys = [leaf, publicKey, ...others]
    expect(keys.map((key) => dsaSha256.accepts(key, 'sign'))).toEqual([true, false, false, false])
    expect(keys.map((key) => dsaSha256.accepts(key, 'verify'))).toEqual([false, true, false, false])
  })

  it('sign elements that are trusted with them', async () => {
    const element = parseXml('<a xmlns="urn:a">b</a>')
    const signed = await signEnveloped(element, { key: leaf, algorithm: dsaSha256, certificates })
    await expect(verifySigned(signed, signed, trust, 'issuer-parameters')).resolves.toBeDefined()
    const tampered = edited(signed, '>b<', '>c<')
    await expect(verifySigned(tampered, tampered, trust, 'issuer-parameters')).rejects.toMatchObject({
      code: 'ws-trust/signature',
    })
  })
})
