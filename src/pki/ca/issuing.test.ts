import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { certificateTrust, EXTENDED_KEY_USAGE } from '../../ws-trust/trust/signer.js'
import { hasProgram } from '../../xml/testing/xmllint.js'
import { ecdsaSha256 } from '../../xml/signature-algorithms.js'
import { parseCertificate } from '../x509/certificate.js'
import { readResponse } from '../requests/cmc-response.js'
import { bitString, integer, oid, sequence } from '../asn1/der.js'
import { extendedKeyUsage, keyUsage, subjectAltName, type Extension } from '../x509/extensions.js'
import { generateKey, importPrivateKey } from '../keys/keys.js'
import { formatName, parseName } from '../x509/name.js'
import type { SigningKey } from '../keys/signing.js'
import { createAuthority, type EmbeddedAuthority } from './embedded-authority.js'
import { MemoryAuthorityStore } from './records/memory-store.js'
import type { Profile } from './policy/profile.js'
import { authorityExtensions, createRoot } from './issuing/root.js'
import { serialText } from './issuing/sign-certificate.js'
import { signCertificate } from './issuing/sign-certificate.js'
import { application, DAY, dsaKey, issued, renewal, run, testAuthority, USER, verifier } from './testing/authority.js'
import type { Octets } from '../../../bindings/octets/octets.js'

const hasOpenssl = hasProgram('openssl', 'checks of issued certificates by OpenSSL')
const hasCerttool = hasProgram('certtool', 'checks of issued certificates by GnuTLS')

const keys: readonly (readonly [name: string, make: () => Promise<SigningKey>])[] = [
  ['RSA-2048', () => generateKey('RSA-2048')],
  ['RSA-PSS-2048', () => generateKey('RSA-PSS-2048')],
  ['ECDSA-P256', () => generateKey('ECDSA-P256')],
  ['ECDSA-P384', () => generateKey('ECDSA-P384')],
  ['ECDSA-P521', () => generateKey('ECDSA-P521')],
  ['DSA-2048', () => Promise.resolve(dsaKey())],
]

const WEB: Profile = {
  ...USER,
  name: 'Web',
  template: { oid: '1.3.6.1.4.1.311.21.8.1.2.3', major: 100, minor: 7 },
  extendedKeyUsage: ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'],
  names: ({ id }) => ({
    subject: parseName(`CN=${id}.example,O=Fabrikam`),
    alternativeNames: {
      dnsNames: [`${id}.example`],
      uris: ['https://fabrikam.example/'],
      emails: [`${id}@fabrikam.example`],
      upns: [`${id}@FABRIKAM.EXAMPLE`],
      ipAddresses: [Uint8Array.of(192, 0, 2, 1)],
    },
  }),
}
const NAMELESS: Profile = {
  ...USER,
  name: 'Nameless',
  names: () => ({ alternativeNames: { dnsNames: ['a.example'] } }),
}

const whereabouts = {
  crlDistributionPoints: ['http://pki.fabrikam.example/ca.crl', 'http://mirror.fabrikam.example/ca.crl'],
  authorityInformation: {
    caIssuers: ['http://pki.fabrikam.example/ca.cer'],
    ocsp: ['http://ocsp.fabrikam.example/'],
  },
}

/** A root, an authority below it that issues, and both CRLs. */
async function hierarchy(key: SigningKey, rootKey: SigningKey) {
  const root = await createRoot({ key: rootKey, subject: parseName('CN=Root,O=Fabrikam'), validity: 3650 * DAY })
  const common = { verifier, profiles: [USER, WEB, NAMELESS], ...whereabouts }
  const above = await createAuthority({ ...common, key: rootKey, chain: [root], store: new MemoryAuthorityStore() })
  const intermediate = await above.certifyAuthority({
    publicKey: key.publicKey,
    subject: parseName('CN=Issuing CA,O=Fabrikam'),
    validity: 365 * DAY,
  })
  const authority = await createAuthority({
    ...{ ...common, key, chain: [intermediate, root], store: new MemoryAuthorityStore() },
  })
  return { authority, above, root, intermediate }
}

async function crls(...authorities: readonly EmbeddedAuthority[]) {
  return Promise.all(authorities.map((authority) => authority.crl()))
}

describe.runIf(hasOpenssl)('OpenSSL', () => {
  it.each(keys)('verifies what an authority with a key of %s issues, and sees what it revokes', async (_, make) => {
    const { authority, above, root, intermediate } = await hierarchy(await make(), await make())
    for (const templateName of ['User', 'Web', 'Nameless']) {
      const leaf = issued(await authority.submit(await application({ templateName })))
      const verify = async () =>
        run(
          {
            root: ['CERTIFICATE', root],
            intermediate: ['CERTIFICATE', intermediate],
            leaf: ['CERTIFICATE', leaf],
            crls: ['X509 CRL', ...(await crls(authority, above))],
          },
          'openssl',
          ...'verify -x509_strict -crl_check_all -check_ss_sig -no-CAfile -no-CApath'.split(' '),
          ...'-CRLfile crls -trusted root -untrusted intermediate leaf'.split(' '),
        )
      expect(await verify()).toEqual({ output: 'leaf: OK\n', ok: true })
      await authority.revoke(serialText(parseCertificate(leaf).serialNumber), 'keyCompromise')
      const { output, ok } = await verify()
      expect(ok).toBe(false)
      expect(output).toContain('certificate revoked')
    }
  })

  it('reads the extensions that are wanted', async () => {
    const { authority } = await hierarchy(await generateKey('ECDSA-P256'), await generateKey('ECDSA-P256'))
    const leaf = issued(
      await authority.submit(await application({ templateName: 'Web', key: await generateKey('RSA-2048') })),
    )
    const { output } = run({ leaf: ['CERTIFICATE', leaf] }, 'openssl', 'x509', '-in', 'leaf', '-noout', '-text')
    const flat = output.replace(/\s+/g, ' ')
    for (const text of [
      'Version: 3 (0x2)',
      'Issuer: O = Fabrikam, CN = Issuing CA',
      'Subject: O = Fabrikam, CN = alice.example',
      'X509v3 Key Usage: critical Digital Signature, Key Encipherment',
      'X509v3 Extended Key Usage: TLS Web Server Authentication, TLS Web Client Authentication',
      'X509v3 Subject Alternative Name: othername: UPN::alice@FABRIKAM.EXAMPLE, email:alice@fabrikam.example, ' +
        'DNS:alice.example, URI:https://fabrikam.example/, IP Address:192.0.2.1',
      'URI:http://pki.fabrikam.example/ca.crl',
      'URI:http://mirror.fabrikam.example/ca.crl',
      'OCSP - URI:http://ocsp.fabrikam.example/',
      'CA Issuers - URI:http://pki.fabrikam.example/ca.cer',
      '1.3.6.1.4.1.311.21.7:',
    ]) {
      expect(flat).toContain(text)
    }
    expect(flat).not.toContain('Basic Constraints')
    expect(flat).not.toContain('1.3.6.1.4.1.311.20.2:')
  })

  it('reads the template and the security identifier, which only accounts of a directory have', async () => {
    const sid = 'S-1-5-21-1004336348-1177238915-682003330-1104'
    const mapped: Profile = { ...WEB, name: 'Mapped', names: () => ({ subject: parseName('CN=alice'), sid }) }
    const { authority } = await testAuthority({ profiles: [mapped, { ...WEB, name: 'Web', template: undefined }] })
    const of = async (templateName: string) =>
      parseCertificate(issued(await authority.submit(await application({ templateName })))).extensions
    const mappedExtensions = await of('Mapped')
    const structure = (name: string): string => {
      const { value, critical } = mappedExtensions.get(name)!
      expect(critical).toBe(false)
      return execFileSync('openssl', ['asn1parse', '-inform', 'DER', '-dump'], { input: value, encoding: 'utf8' })
    }
    expect(structure('1.3.6.1.4.1.311.21.7')).toMatch(
      /SEQUENCE[^]*d=1 .*OBJECT +:1\.3\.6\.1\.4\.1\.311\.21\.8\.1\.2\.3\n[^]*d=1 .*INTEGER +:64\n[^]*d=1 .*INTEGER +:07\n$/,
    )
    const security = structure('1.3.6.1.4.1.311.25.2')
    expect(security).toMatch(
      /d=0 .*SEQUENCE[^]*d=1 .*cont \[ 0 \][^]*d=2 .*OBJECT +:1\.3\.6\.1\.4\.1\.311\.25\.2\.1\n[^]*d=2 .*cont \[ 0 \][^]*d=3 .*OCTET STRING/,
    )
    const text = new TextDecoder().decode(mappedExtensions.get('1.3.6.1.4.1.311.25.2')!.value)
    expect(text.endsWith(sid)).toBe(true)
    expect((await of('Web')).has('1.3.6.1.4.1.311.25.2')).toBe(false)
  })

  it('reads the CRL: version, number, reasons, authority key', async () => {
    const { authority } = await hierarchy(await generateKey('ECDSA-P256'), await generateKey('ECDSA-P256'))
    const reasons = ['unspecified', 'keyCompromise', 'aACompromise'] as const
    for (const reason of reasons) {
      const leaf = issued(await authority.submit(await application({ templateName: 'User' })))
      await authority.revoke(serialText(parseCertificate(leaf).serialNumber), reason)
      await authority.crl()
    }
    const { output } = run(
      { crl: ['X509 CRL', await authority.crl()] },
      'openssl',
      'crl',
      '-in',
      'crl',
      '-noout',
      '-text',
    )
    const flat = output.replace(/\s+/g, ' ')
    for (const text of [
      'Version 2 (0x1)',
      'X509v3 CRL Number: ',
      'Key Compromise',
      'AA Compromise',
      'X509v3 Authority Key Identifier',
    ]) {
      expect(flat).toContain(text)
    }
    expect(flat.match(/Serial Number:/g)).toHaveLength(3)
    expect(flat.match(/CRL Reason Code/g)).toHaveLength(2)
  })

  it('reads the response, and finds the certificate in it', async () => {
    const { authority, root, intermediate } = await hierarchy(
      await generateKey('RSA-2048'),
      await generateKey('ECDSA-P256'),
    )
    const disposition = await authority.submit(await application({ templateName: 'User' }))
    const { response } = disposition as { response: Uint8Array<ArrayBuffer> }
    const { output, ok } = run(
      { response: ['CMS', response], root: ['CERTIFICATE', root], intermediate: ['CERTIFICATE', intermediate] },
      'openssl',
      ...'cms -verify -in response -inform PEM -CAfile root -certfile intermediate -purpose any -out content'.split(
        ' ',
      ),
    )
    expect([output, ok]).toEqual([expect.stringContaining('CMS Verification successful'), true])
    const read = await readResponse(response, { trust: { signers: authority.chain, verifier } })
    expect([read.status, read.statusString, read.certificate]).toEqual(['issued', 'Issued', issued(disposition)])
  })
})

describe.runIf(hasCerttool)('GnuTLS', () => {
  it.each(keys)('verifies chains of %s', async (_, make) => {
    const { authority, root, intermediate } = await hierarchy(await make(), await make())
    const leaf = issued(await authority.submit(await application({ templateName: 'Web' })))
    const chain = { chain: ['CERTIFICATE', leaf, intermediate, root] } as const
    const { output, ok } = run(chain, 'certtool', '--verify-chain', '--infile', 'chain')
    expect(output).toContain('Chain verification output: Verified. The certificate is trusted.')
    expect(ok).toBe(true)

    const broken = Uint8Array.from(leaf)
    broken[broken.length - 1]! ^= 1
    const tampered = { chain: ['CERTIFICATE', broken, intermediate, root] } as const
    expect(run(tampered, 'certtool', '--verify-chain', '--infile', 'chain').ok).toBe(false)
  })
})

describe('what is issued', () => {
  it('says whose it is and for how long, and has a serial number of 128 random bits', async () => {
    const { authority, clock } = await testAuthority()
    const submission = await application()
    const certificate = parseCertificate(issued(await authority.submit(submission)))
    expect(formatName(certificate.subject)).toBe('CN=alice')
    expect(certificate.publicKey).toEqual(submission.key.publicKey)
    expect([...certificate.keyUsage!]).toEqual(['digitalSignature'])
    expect(certificate.extendedKeyUsage).toEqual(['1.3.6.1.5.5.7.3.2'])
    expect(certificate.templateName).toBe('User')
    expect(certificate.isCa).toBe(false)
    const whole = Math.floor(clock.time / 1000) * 1000
    expect(certificate.notBefore.getTime()).toBe(whole - 300_000)
    expect(certificate.notAfter.getTime()).toBe(whole + 30 * DAY)
    expect(certificate.authorityKeyIdentifier).toEqual(parseCertificate(authority.chain[0]!).subjectKeyIdentifier)

    const serials = await Promise.all(
      Array.from({ length: 40 }, async () => parseCertificate(issued(await authority.submit(submission))).serialNumber),
    )
    expect(new Set(serials.map(serialText)).size).toBe(40)
    for (const serial of serials) {
      expect(serial.length).toBeLessThanOrEqual(17)
      expect(serial[0]).toBeLessThan(0x80)
    }
    expect(Math.max(...serials.map(({ length }) => length))).toBe(17)
  })

  it('does not outlive the authority', async () => {
    const { authority, root, clock } = await testAuthority()
    const { notAfter } = parseCertificate(root)
    clock.time = notAfter.getTime() - DAY
    const submission = await application()
    const certificate = parseCertificate(issued(await authority.submit(submission)))
    expect(certificate.notAfter).toEqual(notAfter)
    clock.time = notAfter.getTime()
    await expect(authority.submit(submission)).rejects.toMatchObject({ code: 'ca/expired' })
  })

  it('does not begin before the authority, whatever the clocks', async () => {
    const { authority, root, clock } = await testAuthority()
    const { notBefore } = parseCertificate(root)
    const submission = await application()
    clock.time = notBefore.getTime() + 1_000
    expect(parseCertificate(issued(await authority.submit(submission))).notBefore).toEqual(notBefore)
    clock.time = notBefore.getTime() - 1
    await expect(authority.submit(submission)).rejects.toMatchObject({ code: 'ca/expired' })
  })

  it('gives a key only usages that its kind has', async () => {
    const profile: Profile = {
      ...USER,
      keyUsage: ['digitalSignature', 'nonRepudiation', 'keyEncipherment', 'dataEncipherment', 'keyAgreement'],
    }
    const { authority } = await testAuthority({ profiles: [profile], defaultProfile: 'user' })
    const usages = async (key: SigningKey) => [
      ...parseCertificate(issued(await authority.submit(await application({ key })))).keyUsage!,
    ]
    const signing = ['digitalSignature', 'nonRepudiation']
    expect(await usages(await generateKey('RSA-2048'))).toEqual([...signing, 'keyEncipherment', 'dataEncipherment'])
    expect(await usages(await generateKey('ECDSA-P384'))).toEqual([...signing, 'keyAgreement'])
    expect(await usages(dsaKey())).toEqual(signing)
  })

  it('is critical in its alternative name when it has no subject', async () => {
    const { authority } = await testAuthority({ profiles: [NAMELESS], defaultProfile: 'Nameless' })
    const { extensions, subject } = parseCertificate(issued(await authority.submit(await application())))
    expect([subject.length, extensions.get('2.5.29.17')?.critical]).toEqual([2, true])
  })

  it('has nothing of what a request asks for beyond its key', async () => {
    const { authority } = await testAuthority()
    const extensions = [
      subjectAltName({ upns: ['administrator@fabrikam.example'], dnsNames: ['dc.fabrikam.example'] }),
      extendedKeyUsage('1.3.6.1.4.1.311.20.2.1', EXTENDED_KEY_USAGE['issuer-parameters']),
      keyUsage('keyCertSign', 'cRLSign'),
      { oid: '2.5.29.19', critical: true, value: Uint8Array.of(0x30, 3, 1, 1, 0xff) },
      { oid: '1.3.6.1.4.1.311.25.2', critical: false, value: Uint8Array.of(0x30, 0) },
    ]
    const submission = await application({ subject: 'CN=administrator', extensions })
    const certificate = parseCertificate(issued(await authority.submit(submission)))
    expect(formatName(certificate.subject)).toBe('CN=alice')
    expect([...certificate.extensions.keys()].sort()).toEqual(
      ['1.3.6.1.4.1.311.20.2', '2.5.29.14', '2.5.29.15', '2.5.29.35', '2.5.29.37'].sort(),
    )
    expect([...certificate.keyUsage!]).toEqual(['digitalSignature'])
    expect(certificate.extendedKeyUsage).toEqual(['1.3.6.1.5.5.7.3.2'])
  })

  it('has the names of the request that the profile honours, and no others', async () => {
    const requested = {
      upns: ['alice@fabrikam.example'],
      dnsNames: ['a.example', 'b.example'],
      emails: ['alice@fabrikam.example'],
    }
    const profiles: readonly Profile[] = [
      { ...USER, name: 'None' },
      { ...USER, name: 'Upn', honours: ['upns'] },
      { ...USER, name: 'Dns', honours: ['dnsNames'], names: () => ({ alternativeNames: { dnsNames: ['a.example'] } }) },
      { ...USER, name: 'Subject', honours: ['subject'] },
    ]
    const { authority } = await testAuthority({ profiles })
    const namesOf = async (templateName: string) => {
      const content = { templateName, subject: 'CN=someone', extensions: [subjectAltName(requested)] }
      const { subject, names } = parseCertificate(issued(await authority.submit(await application(content))))
      return [formatName(subject), ...names.upns, ...names.dnsNames, ...names.emails]
    }
    expect(await namesOf('None')).toEqual(['CN=alice'])
    expect(await namesOf('Upn')).toEqual(['CN=alice', 'alice@fabrikam.example'])
    expect(await namesOf('Dns')).toEqual(['', 'a.example', 'b.example'])
    expect(await namesOf('Subject')).toEqual(['CN=someone'])
  })

  it('may sign Issuer parameters only by the profile for that', async () => {
    const profiles = [
      USER,
      { ...USER, name: 'IssuerParameters', extendedKeyUsage: [EXTENDED_KEY_USAGE['issuer-parameters']] },
      { ...USER, name: 'DeviceParameters', extendedKeyUsage: [EXTENDED_KEY_USAGE['device-parameters']] },
    ]
    const { authority, root } = await testAuthority({ profiles })
    const trust = certificateTrust({ anchors: [root] })
    const isTrusted = async (templateName: string, purpose: 'issuer-parameters' | 'device-parameters') => {
      const asks = extendedKeyUsage(EXTENDED_KEY_USAGE[purpose])
      const leaf = issued(await authority.submit(await application({ templateName, extensions: [asks] })))
      const hint = { algorithm: ecdsaSha256.identifier, certificates: [leaf] }
      return (await trust.findSigner(hint, purpose)) !== undefined
    }
    expect(await isTrusted('IssuerParameters', 'issuer-parameters')).toBe(true)
    expect(await isTrusted('IssuerParameters', 'device-parameters')).toBe(false)
    expect(await isTrusted('DeviceParameters', 'device-parameters')).toBe(true)
    expect(await isTrusted('DeviceParameters', 'issuer-parameters')).toBe(false)
    expect(await isTrusted('User', 'issuer-parameters')).toBe(false)
  })

  it('is signed by a key from a file as well', async () => {
    const original = await generateKey('ECDSA-P384', { extractable: true })
    const key = await importPrivateKey(await original.exportPrivateKey())
    const { authority } = await testAuthority({ key })
    const submission = await application()
    const first = issued(await authority.submit(submission))
    expect(await authority.renewalRefusal(parseCertificate(first))).toBeUndefined()
    expect((await authority.submit(await renewal(first, submission.key))).status).toBe('denied')
  })
})

describe('an authority is not made', () => {
  const subject = parseName('CN=Root')
  const options = { profiles: [USER], verifier }

  it('of a key that is not its certificate’s, or of certificates that are no chain', async () => {
    const [key, other] = [await generateKey('ECDSA-P256'), await generateKey('ECDSA-P256')]
    const root = await createRoot({ key, subject, validity: DAY })
    const otherRoot = await createRoot({ key: other, subject: parseName('CN=Other'), validity: DAY })
    const make = (chain: readonly Uint8Array<ArrayBuffer>[], signer: SigningKey = key) =>
      createAuthority({ ...options, key: signer, chain, store: new MemoryAuthorityStore() })
    await expect(make([])).rejects.toMatchObject({ code: 'ca/chain' })
    await expect(make([root], other)).rejects.toMatchObject({ code: 'ca/key-mismatch' })
    const { publicKey, signatureAlgorithm, digest } = key
    const claiming = { publicKey, signatureAlgorithm, digest, sign: (octets: Octets) => other.sign(octets) }
    await expect(make([root], claiming)).rejects.toMatchObject({ code: 'ca/key-mismatch' })
    await expect(make([root, otherRoot])).rejects.toMatchObject({ code: 'ca/chain' })
    const forged = Uint8Array.from(root)
    forged[forged.length - 1]! ^= 1
    await expect(make([forged])).rejects.toMatchObject({ code: 'ca/chain' })
    const { authority } = await testAuthority()
    const submission = await application()
    const leaf = issued(await authority.submit(submission))
    await expect(make([leaf, ...authority.chain], submission.key)).rejects.toMatchObject({ code: 'ca/chain' })
    const above = await make([root])
    const below = await above.certifyAuthority({
      publicKey: other.publicKey,
      subject: parseName('CN=B'),
      validity: DAY,
    })
    await expect(make([below], other)).rejects.toMatchObject({ code: 'ca/chain' })
    expect((await make([below, root], other)).chain).toHaveLength(2)
  })

  it('of certificates that may not issue, or not that far down', async () => {
    const [key, rootKey] = [await generateKey('ECDSA-P256'), await generateKey('ECDSA-P256')]
    const rootOf = (pathLength: number) => createRoot({ key: rootKey, subject, validity: DAY, pathLength })
    const make = async (extensions: readonly Extension[], root: Octets, name?: Octets) => {
      const { notBefore, notAfter, subject: rootName } = parseCertificate(root)
      const issuer = name ?? rootName
      const content = { serialNumber: Uint8Array.of(1), issuer, notBefore, notAfter, subject: parseName('CN=Below') }
      const below = await signCertificate({ ...content, publicKey: key.publicKey, extensions }, rootKey)
      return createAuthority({ ...options, key, chain: [below, root], store: new MemoryAuthorityStore() })
    }
    const [authority, usages] = authorityExtensions(0)
    expect((await make([authority!, usages!], await rootOf(1))).chain).toHaveLength(2)
    expect((await make([authority!], await rootOf(1))).chain).toHaveLength(2)
    const refusals = [
      [[usages!], await rootOf(1)],
      [[authority!, usages!], await rootOf(0)],
      [[authority!, keyUsage('cRLSign')], await rootOf(1)],
      [[authority!, keyUsage('keyCertSign')], await rootOf(1)],
    ] as const
    for (const [extensions, root] of refusals) {
      await expect(make(extensions, root)).rejects.toMatchObject({ code: 'ca/chain' })
    }
    const ofAnother = make([authority!, usages!], await rootOf(1), parseName('CN=Another'))
    await expect(ofAnother).rejects.toMatchObject({ code: 'ca/chain' })
  })

  it('of profiles that contradict themselves or each other', async () => {
    const profiles: readonly Profile[][] = [
      [USER, { ...USER, name: 'USER' }],
      [{ ...USER, validity: 365 }],
      [{ ...USER, name: '' }],
      [{ ...USER, keyUsage: ['keyCertSign'] }],
      [{ ...USER, keyUsage: [] }],
      [{ ...USER, extendedKeyUsage: [] }],
      [{ ...USER, extendedKeyUsage: ['2.5.29.37.0'] }],
      [{ ...USER, renewal: { window: 0 } }],
      [WEB, { ...WEB, name: 'Other' }],
    ]
    for (const list of profiles)
      await expect(testAuthority({ profiles: list })).rejects.toMatchObject({ code: 'ca/profile' })
    const malformed = [{ ...USER, extendedKeyUsage: ['client'] }]
    await expect(testAuthority({ profiles: malformed })).rejects.toMatchObject({ code: 'pki/value' })
    await expect(testAuthority({ profiles: [WEB], defaultProfile: 'User' })).rejects.toMatchObject({
      code: 'ca/profile',
    })
  })

  it('below one that may have none below, without a name, or for no time', async () => {
    const key = await generateKey('ECDSA-P256')
    const root = await createRoot({ key, subject, validity: DAY, pathLength: 1 })
    const authority = await createAuthority({ ...options, key, chain: [root], store: new MemoryAuthorityStore() })
    const { publicKey } = await generateKey('ECDSA-P256')
    const good = { publicKey, subject: parseName('CN=Below'), validity: DAY }
    expect(parseCertificate(await authority.certifyAuthority(good)).pathLength).toBe(0)
    for (const [wrong, code] of [
      [{ pathLength: 1 }, 'ca/path-length'],
      [{ subject: parseName('') }, 'ca/name'],
      [{ subject }, 'ca/name'],
      [{ validity: 0 }, 'ca/validity'],
      [
        { publicKey: sequence(sequence(oid('1.2.840.113549.1.1.1')), bitString(sequence(integer(15), integer(3)))) },
        'pki/rsa-too-small',
      ],
    ] as const) {
      await expect(authority.certifyAuthority({ ...good, ...wrong })).rejects.toMatchObject({ code })
    }
    await expect(createRoot({ key, subject: parseName(''), validity: DAY })).rejects.toMatchObject({ code: 'ca/name' })
    for (const wrong of [Number.NaN, Infinity, Date.UTC(10_000, 0)]) {
      await expect(createRoot({ key, subject, validity: wrong })).rejects.toMatchObject({ code: 'ca/validity' })
    }
    const clock = () => new Date(0)
    const longest = await createRoot({ key, subject, clock, validity: Date.UTC(10_000, 0) - 1 })
    expect(parseCertificate(longest).notAfter).toEqual(new Date('9999-12-31T23:59:59Z'))
  })
})
