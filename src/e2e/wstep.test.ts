import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Octets } from '../../bindings/octets/octets.js'
import { createCmcRequest, createRenewalRequest } from '../pki/requests/create-enrollment-request.js'
import { extendedKeyUsage, keyUsage } from '../pki/x509/extensions.js'
import { parseCertificate } from '../pki/x509/certificate.js'
import { readResponse as readPkiResponse } from '../pki/requests/cmc-response.js'
import { generateKey, type ExportableKey } from '../pki/keys/keys.js'
import { makeArchive, type TestArchive } from '../pki/testing/archival.js'
import { formatName, parseName } from '../pki/x509/name.js'
import { decodePem, encodePem } from '../pki/asn1/pem.js'
import { parseCertificationRequest } from '../pki/requests/pkcs10.js'
import { serialText } from '../pki/ca/issuing/sign-certificate.js'
import type { Profile } from '../pki/ca/policy/profile.js'
import {
  application,
  DAY,
  dsaKey,
  issued,
  run,
  testAuthority,
  USER,
  verifier,
  type TestAuthority,
} from '../pki/ca/testing/authority.js'
import { Host } from '../server/http/host.js'
import { httpsTransport } from '../server/http/https-transport.js'
import { SoapFault } from '../soap/envelope/fault.js'
import { WSSE } from '../soap/envelope/names.js'
import type { UsernameCredentials } from '../soap/security/username-token.js'
import { WstepClient, type Enrollment, type IssuedEnrollment, type PendingEnrollment } from '../wstep/client/client.js'
import { readFaultDetail, type EnrollmentFaultDetail } from '../wstep/faults/fault-detail.js'
import { SecurityTokenService } from '../wstep/security-token-service.js'
import { TestAccounts } from '../authentication/testing/accounts.js'
import { ENGLISH, JAPANESE } from '../wstep/faults/texts.js'
import { hasProgram } from '../xml/testing/xmllint.js'

const hasOpenssl = hasProgram('openssl', 'checks of what was enrolled over WSTEP by OpenSSL')

const PROFILES: readonly Profile[] = [
  { ...USER, names: ({ id }) => ({ subject: parseName(`CN=${id},O=Fabrikam`) }) },
  { ...USER, name: 'Approved', approval: 'operator' },
  { ...USER, name: 'Reviewed', renewal: { window: 30 * DAY, approval: 'operator' } },
  { ...USER, name: 'Bobs', enrollers: ['id-of-bob'] },
  {
    ...USER,
    name: 'Server',
    extendedKeyUsage: ['1.3.6.1.5.5.7.3.1'],
    names: () => ({ subject: parseName('CN=localhost'), alternativeNames: { dnsNames: ['localhost'] } }),
  },
]

const accounts = new TestAccounts({ alice: 'wonderland', bob: 'builder' })
const alice: UsernameCredentials = { username: 'alice', password: 'wonderland' }
const bob: UsernameCredentials = { username: 'bob', password: 'builder' }

let authority: TestAuthority
let host: Host
let sts: SecurityTokenService
let archive: TestArchive
let url: string
let anchor: string

const pem = (der: Uint8Array): string => encodePem('CERTIFICATE', der)

async function privatePem(key: ExportableKey): Promise<string> {
  return encodePem('PRIVATE KEY', await key.exportPrivateKey())
}

beforeAll(async () => {
  archive = await makeArchive()
  authority = await testAuthority({
    profiles: PROFILES,
    defaultProfile: 'User',
    archival: archive.options,
  })
  anchor = pem(authority.root)
  const key = await generateKey('ECDSA-P256', { extractable: true })
  const server = issued(await authority.authority.submit(await application({ key, templateName: 'Server' })))
  host = new Host({
    routes: [
      {
        name: 'wstep',
        method: 'POST',
        path: '/wstep',
        handle: ({ url: { pathname, search }, method, headers, body, client: { certificate } }) =>
          sts.handle({ method, target: pathname + search, headers, body }, { certificate }),
      },
    ],
    tls: { cert: pem(server) + anchor, key: await privatePem(key), clientAuthorities: [anchor] },
  })
  const { port } = await host.listen(0, '127.0.0.1')
  url = `https://localhost:${port}/wstep`
  sts = new SecurityTokenService({
    authority: authority.authority,
    verifier,
    address: url,
    accounts,
    certificateAccount: async (certificate) => {
      const stored = await authority.store.findCertificate(serialText(parseCertificate(certificate).serialNumber))
      return stored?.revocation === undefined ? stored?.account : undefined
    },
    clock: authority.clock.now,
  })
})
afterAll(() => host.close(0))

interface Showing {
  readonly credentials?: UsernameCredentials
  readonly certificate?: { readonly der: Octets; readonly key: ExportableKey }
  readonly preferredLanguage?: string
}

async function client({ credentials, certificate, preferredLanguage }: Showing = {}): Promise<WstepClient> {
  const tls = certificate && { cert: pem(certificate.der), key: await privatePem(certificate.key) }
  return new WstepClient({
    url,
    transport: httpsTransport({ ca: anchor, ...tls }),
    now: authority.clock.now,
    credentials,
    preferredLanguage,
  })
}

const newKey = (): Promise<ExportableKey> => generateKey('ECDSA-P256', { extractable: true })

function isIssued(enrollment: Enrollment): IssuedEnrollment {
  if (enrollment.status !== 'issued') throw new Error(enrollment.status)
  return enrollment
}

function isPending(enrollment: Enrollment): PendingEnrollment {
  if (enrollment.status !== 'pending') throw new Error(enrollment.status)
  return enrollment
}

/** The fault at the end of an exchange. */
async function faultOf(
  exchange: Promise<unknown>,
): Promise<SoapFault & { readonly about: EnrollmentFaultDetail | undefined }> {
  const error: unknown = await exchange.then(
    () => new Error('no fault'),
    (reason: unknown) => reason,
  )
  if (!(error instanceof SoapFault)) throw error
  return Object.assign(error, { about: readFaultDetail(error) })
}

const failedAuthentication = (fault: SoapFault): boolean => fault.hasSubcode(WSSE, 'FailedAuthentication')

const atTime = (): string[] => ['-attime', String(Math.floor(authority.clock.time / 1000))]

/** Checks a certificate and its chain with OpenSSL. */
function expectGood({ certificate, chain, response }: IssuedEnrollment): void {
  expect(chain).toEqual([certificate, authority.root])
  if (!hasOpenssl) return
  const files = {
    'leaf.pem': ['CERTIFICATE', certificate],
    'root.pem': ['CERTIFICATE', authority.root],
    'response.pem': ['CMS', response!],
  } as const
  const strictly = ['verify', '-x509_strict', ...atTime(), '-CAfile', 'root.pem', 'leaf.pem']
  expect(run(files, 'openssl', ...strictly)).toEqual({ output: 'leaf.pem: OK\n', ok: true })
  const verify = ['cms', '-verify', '-inform', 'PEM', '-in', 'response.pem', '-CAfile', 'root.pem', '-purpose', 'any']
  expect(run(files, 'openssl', ...verify, ...atTime(), '-binary', '-out', 'content').output).toContain('successful')
}

describe('over TLS, a user', () => {
  it.each(['text', 'digest'] as const)('enrols with a password (%s)', async (type) => {
    const key = await newKey()
    const enrollment = isIssued(
      await (
        await client({ credentials: { ...alice, type } })
      ).enroll({ key, subject: 'CN=anything', templateName: 'User' }),
    )
    expectGood(enrollment)
    const { publicKey, subject } = parseCertificate(enrollment.certificate)
    expect(publicKey).toEqual(key.publicKey)
    expect(formatName(subject)).toBe('CN=id-of-alice,O=Fabrikam')
    expect(enrollment.requestId).toMatch(/^\d+$/)
    expect(enrollment.disposition).toEqual({ text: 'Issued', language: 'en-US' })
  })

  it.each<[string, () => Promise<ExportableKey>]>([
    ['RSA', () => generateKey('RSA-2048', { extractable: true })],
    ['RSA-PSS', () => generateKey('RSA-PSS-2048', { extractable: true })],
    ['DSA on the core', () => Promise.resolve(dsaKey())],
  ])('enrols a key of %s', async (_, make) => {
    const key = await make()
    const enrollment = isIssued(await (await client({ credentials: alice })).enroll({ key, subject: 'CN=x' }))
    expectGood(enrollment)
  })

  it('enrols with a CMC request', async () => {
    const key = await newKey()
    const content = { key, subject: 'CN=x', pairs: new Map([['CertificateTemplate', 'User']]) }
    const request = await createCmcRequest(content)
    const enrollment = await (await client({ credentials: alice })).submit(request, key.publicKey)
    expectGood(isIssued(enrollment))
  })

  it('enrols with the certificate of TLS that it has', async () => {
    const key = await newKey()
    const { certificate: der } = isIssued(await (await client({ credentials: alice })).enroll({ key, subject: 'CN=x' }))
    const another = await newKey()
    const byCertificate = await client({ certificate: { der, key } })
    const enrollment = isIssued(await byCertificate.enroll({ key: another, subject: 'CN=x' }))
    expectGood(enrollment)
    expect(formatName(parseCertificate(enrollment.certificate).subject)).toBe('CN=id-of-alice,O=Fabrikam')

    await authority.authority.revoke(serialText(parseCertificate(der).serialNumber))
    const fault = await faultOf(byCertificate.enroll({ key: another, subject: 'CN=x' }))
    expect(failedAuthentication(fault)).toBe(true)
    // The right password does not help.
    const both = await client({ certificate: { der, key }, credentials: alice })
    expect(failedAuthentication(await faultOf(both.enroll({ key: another, subject: 'CN=x' })))).toBe(true)
  })

  it('does not enrol with a certificate of another account', async () => {
    const stranger = await testAuthority()
    const key = await newKey()
    const der = issued(await stranger.authority.submit(await application({ key })))
    const fault = await faultOf((await client({ certificate: { der, key } })).enroll({ key, subject: 'CN=x' }))
    expect(failedAuthentication(fault)).toBe(true)
  })

  it.each<[string, Showing, string]>([
    ['with a wrong password', { credentials: { ...alice, password: 'x' } }, ENGLISH['authentication-failed']],
    [
      'with the digest of a wrong password',
      { credentials: { ...alice, password: 'x', type: 'digest' } },
      ENGLISH['authentication-failed'],
    ],
    ['as nobody', {}, ENGLISH['authentication-required']],
  ])('does not enrol %s', async (_, showing, text) => {
    const fault = await faultOf((await client(showing)).enroll({ key: await newKey(), subject: 'CN=x' }))
    expect([failedAuthentication(fault), fault.message, fault.about]).toEqual([true, text, undefined])
  })

  it('is denied what the authority does not give', async () => {
    const key = await newKey()
    const service = await client({ credentials: alice, preferredLanguage: 'de-DE' })
    const unknown = await faultOf(service.enroll({ key, subject: 'CN=x', templateName: 'Nothing' }))
    expect(unknown.reasons[0]?.language).toBe('de-DE')
    expect(unknown.message).toMatch(
      /^Die Zertifizierungsstelle hat keine solche Zertifikatvorlage \(sie hat: .*\)\. \(denial\/template-unknown\)$/,
    )
    expect(unknown.about).toMatchObject({ errorCode: 0x80094800 | 0, invalidRequest: true })

    const denied = await faultOf(service.enroll({ key, subject: 'CN=x', templateName: 'Bobs' }))
    expect(denied.about).toMatchObject({ errorCode: 0x80094012 | 0, invalidRequest: true })
    expect(denied.about?.requestId).toMatch(/^\d+$/)
    expect(await readPkiResponse(denied.about!.binaryResponse!)).toMatchObject({ status: 'denied' })
    // A later query gets the same answer.
    const { requestId } = denied.about!
    const pending = {
      status: 'pending',
      requestId: requestId!,
      reference: url,
      publicKey: key.publicKey,
    } as PendingEnrollment
    const again = await faultOf(service.queryStatus(pending))
    expect({ ...again.about, binaryResponse: undefined }).toEqual({ ...denied.about, binaryResponse: undefined })
  })
})

describe('over TLS, a request that is pending', () => {
  it('is issued when it was approved', async () => {
    const key = await newKey()
    const service = await client({ credentials: alice, preferredLanguage: 'ja-JP' })
    const pending = isPending(await service.enroll({ key, subject: 'CN=x', templateName: 'Approved' }))
    expect(pending).toMatchObject({ reference: url, disposition: { text: JAPANESE.pending, language: 'ja-JP' } })
    expect(await service.queryStatus(pending)).toEqual(pending)

    // Other accounts learn nothing.
    const byBob = await client({ credentials: bob })
    for (const request of [pending, { ...pending, requestId: '4000000000' }]) {
      const { message, about } = await faultOf(byBob.queryStatus(request))
      expect([message, about]).toEqual([
        ENGLISH['request-unknown'],
        { errorCode: 0x80094004 | 0, invalidRequest: false, binaryResponse: undefined, requestId: undefined },
      ])
    }
    expect(failedAuthentication(await faultOf((await client()).queryStatus(pending)))).toBe(true)

    await authority.authority.approve(pending.requestId, 'operator')
    const enrollment = await service.waitFor(pending, { firstSeconds: 0.01 })
    expectGood(enrollment)
    expect(enrollment.disposition).toEqual({ text: JAPANESE.issued, language: 'ja-JP' })
  })

  it('is a fault when it was denied', async () => {
    const service = await client({ credentials: alice })
    const pending = isPending(await service.enroll({ key: await newKey(), subject: 'CN=x', templateName: 'Approved' }))
    await authority.authority.deny(pending.requestId, 'operator')
    const fault = await faultOf(service.queryStatus(pending))
    expect(fault.message).toBe(ENGLISH['denied-by-operator'])
    expect(fault.about).toMatchObject({
      errorCode: 0x80094014 | 0,
      invalidRequest: true,
      requestId: pending.requestId,
    })
  })
})

describe('over TLS, a renewal', () => {
  async function enrolled(templateName = 'User'): Promise<{ oldKey: ExportableKey; certificate: Octets }> {
    const oldKey = await newKey()
    const service = await client({ credentials: alice })
    const { certificate } = isIssued(await service.enroll({ key: oldKey, subject: 'CN=x', templateName }))
    authority.clock.time += 25 * DAY
    return { oldKey, certificate }
  }

  it('needs nothing but the old key, and gives the old names', async () => {
    const old = await enrolled()
    const newKeyPair = await newKey()
    const request = await createRenewalRequest({ ...old, newKey: newKeyPair, subject: 'CN=administrator' })
    const anonymous = await client()
    const enrollment = isIssued(await anonymous.submit(request, newKeyPair.publicKey))
    const { publicKey, subject } = parseCertificate(enrollment.certificate)
    expect(publicKey).toEqual(newKeyPair.publicKey)
    expect(formatName(subject)).toBe('CN=id-of-alice,O=Fabrikam')
    if (hasOpenssl) {
      const files = { 'request.pem': ['CMS', request], 'old.pem': ['CERTIFICATE', old.certificate] } as const
      const verify = [
        'cms',
        '-verify',
        '-inform',
        'PEM',
        '-in',
        'request.pem',
        '-noverify',
        '-binary',
        '-out',
        'content',
      ]
      expect(run(files, 'openssl', ...verify).output).toContain('successful')
    }
    // The same request again gets the same certificate.
    const again = isIssued(await anonymous.submit(request, newKeyPair.publicKey))
    expect([again.certificate, again.requestId]).toEqual([enrollment.certificate, enrollment.requestId])
  })

  it('may be a CMC request', async () => {
    const { oldKey, certificate } = await enrolled()
    const key = await newKey()
    const request = await createCmcRequest({ key, subject: 'CN=x', renewal: { certificate, key: oldKey } })
    const enrollment = isIssued(await (await client()).submit(request, key.publicKey))
    expect(formatName(parseCertificate(enrollment.certificate).subject)).toBe('CN=id-of-alice,O=Fabrikam')
    const stolen = await createCmcRequest({ key, subject: 'CN=x', renewal: { certificate, key } })
    expect((await faultOf((await client()).submit(stolen, key.publicKey))).message).toBe(ENGLISH.signature)
  })

  it('is refused when another key has signed it, and when the certificate was revoked', async () => {
    const old = await enrolled()
    const anonymous = await client()
    const key = await newKey()
    const stolen = faultOf(anonymous.renew({ ...old, oldKey: key, newKey: key }))
    expect((await stolen).message).toBe(ENGLISH.signature)
    await authority.authority.revoke(serialText(parseCertificate(old.certificate).serialNumber))
    const revoked = await faultOf(anonymous.renew({ ...old, newKey: key }))
    expect(failedAuthentication(revoked)).toBe(true)
  })

  it('is refused of certificates of another authority, of an authority, for key exchange, and that have expired', async () => {
    const stranger = await testAuthority()
    const [oldKey, key] = [await newKey(), await newKey()]
    const certificate = issued(await stranger.authority.submit(await application({ key: oldKey })))
    const anonymous = await client()
    expect(failedAuthentication(await faultOf(anonymous.renew({ certificate, oldKey, newKey: key })))).toBe(true)
    const root = { certificate: authority.root, oldKey: authority.key, newKey: key }
    expect(failedAuthentication(await faultOf(anonymous.renew(root)))).toBe(true)
    const exchange = await (await client({ credentials: alice })).keyExchangeToken()
    const ofExchange = { certificate: exchange, oldKey: archive.exchange, newKey: key }
    expect(failedAuthentication(await faultOf(anonymous.renew(ofExchange)))).toBe(true)
    const old = await enrolled()
    authority.clock.time += 25 * DAY
    expect(failedAuthentication(await faultOf(anonymous.renew({ ...old, newKey: key })))).toBe(true)
  })

  it('that is pending is found with the address that came with it, and only so', async () => {
    const old = await enrolled('Reviewed')
    const key = await newKey()
    const anonymous = await client()
    const pending = isPending(await anonymous.renew({ ...old, newKey: key, templateName: 'Reviewed' }))
    expect(new URL(pending.reference).searchParams.get('token')).toMatch(/^[0-9a-f]{64}$/)
    expect(isPending(await anonymous.queryStatus(pending)).reference).toBe(pending.reference)
    expect(failedAuthentication(await faultOf(anonymous.queryStatus({ ...pending, reference: url })))).toBe(true)
    const wrong = { ...pending, reference: `${url}?token=${'0'.repeat(64)}` }
    expect((await faultOf(anonymous.queryStatus(wrong))).message).toBe(ENGLISH['request-unknown'])

    await authority.authority.approve(pending.requestId)
    const { certificate } = isIssued(await anonymous.queryStatus(pending))
    expect(parseCertificate(certificate).publicKey).toEqual(key.publicKey)
  })
})

describe('over TLS, the exchange certificate', () => {
  it('is had with credentials, and good', async () => {
    const der = await (await client({ credentials: alice })).keyExchangeToken()
    const { extensions } = parseCertificate(der)
    const wanted = [keyUsage('keyEncipherment'), extendedKeyUsage('1.3.6.1.4.1.311.21.5')]
    for (const extension of wanted) expect(extensions.get(extension.oid)?.value).toEqual(extension.value)
    if (hasOpenssl) {
      const files = { 'leaf.pem': ['CERTIFICATE', der], 'root.pem': ['CERTIFICATE', authority.root] } as const
      const verify = ['verify', '-x509_strict', ...atTime(), '-CAfile', 'root.pem', 'leaf.pem']
      expect(run(files, 'openssl', ...verify).output).toBe('leaf.pem: OK\n')
    }
    expect(failedAuthentication(await faultOf((await client()).keyExchangeToken()))).toBe(true)
  })
})

it.runIf(hasOpenssl)('over TLS, a request that OpenSSL made is enrolled', async () => {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'key.pem']
  const { output } = run({}, 'openssl', 'req', '-new', ...key, '-subj', '/CN=x')
  const { der, publicKey } = parseCertificationRequest(decodePem('CERTIFICATE REQUEST', output))
  expectGood(isIssued(await (await client({ credentials: alice })).submit(der, publicKey)))
})
