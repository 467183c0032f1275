import { beforeAll, describe, expect, it } from 'vitest'
import { createAuthority, type EmbeddedAuthority } from '../../pki/ca/embedded-authority.js'
import { MemoryAuthorityStore } from '../../pki/ca/records/memory-store.js'
import type { Profile } from '../../pki/ca/policy/profile.js'
import { createRoot } from '../../pki/ca/issuing/root.js'
import { parseCertificate } from '../../pki/x509/certificate.js'
import { createCertsOnly } from '../../pki/requests/cms.js'
import { makeArchive, type TestArchive } from '../../pki/testing/archival.js'
import { generateKey, signatureVerifier, type ExportableKey } from '../../pki/keys/keys.js'
import { parseName } from '../../pki/x509/name.js'
import type { Octets } from '../../../bindings/octets/octets.js'
import { soapService } from '../../soap/service.js'
import { directTransport, type Transport } from '../../soap/http/transport.js'
import type { TransportCredentials } from '../../authentication/authentication.js'
import { WstepClient, type PendingEnrollment, type WstepClientOptions } from './client.js'
import { readFaultDetail } from '../faults/fault-detail.js'
import type { WstepRequest, WstepResponse } from '../messages/messages.js'
import { actionsOf, readRequest } from '../messages/request-message.js'
import { writeResponse } from '../messages/response-message.js'
import { SecurityTokenService } from '../security-token-service.js'
import type { SoapFault } from '../../soap/envelope/fault.js'

const URL_OF_STS = 'https://sts.example/wstep'
const DAY = 86_400_000
const PASSWORD = { username: 'alice', password: 'correct horse' }
const PROFILES: readonly Profile[] = (
  [
    ['User', 'automatic'],
    ['Approved', 'operator'],
  ] as const
).map(([name, approval]) => ({
  name,
  approval,
  validity: 30 * DAY,
  keyUsage: ['digitalSignature'],
  extendedKeyUsage: ['1.3.6.1.5.5.7.3.2'],
  enrollers: 'everyone',
  renewal: { window: 31 * DAY },
}))

let authority: EmbeddedAuthority
let root: Octets
let archive: TestArchive
let key: ExportableKey
let sts: SecurityTokenService

beforeAll(async () => {
  const authorityKey = await generateKey('ECDSA-P256')
  key = await generateKey('ECDSA-P256')
  archive = await makeArchive()
  const verifier = signatureVerifier()
  root = await createRoot({ key: authorityKey, subject: parseName('CN=Fabrikam CA'), validity: 3650 * DAY })
  authority = await createAuthority({
    ...{ key: authorityKey, chain: [root], profiles: PROFILES, store: new MemoryAuthorityStore(), verifier },
    archival: archive.options,
  })
  sts = new SecurityTokenService({
    ...{ authority, verifier, address: URL_OF_STS },
    accounts: {
      verify: (name, password) =>
        Promise.resolve(name === PASSWORD.username && password === PASSWORD.password ? 'alice' : undefined),
      verifyDigest: async (_, matches) => ((await matches(PASSWORD.password)) ? 'alice' : undefined),
    },
    certificateAccount: (der) => Promise.resolve(der.length === 3 ? 'machine' : undefined),
  })
})

const transport = (credentials: TransportCredentials = {}): Transport =>
  directTransport((request, context: TransportCredentials) => sts.handle(request, context), credentials)
const client = (options: Partial<WstepClientOptions> = {}): WstepClient =>
  new WstepClient({ url: URL_OF_STS, transport: transport(), credentials: PASSWORD, ...options })
const request = (templateName = 'User') => ({ key, subject: 'CN=anything', templateName })
const code = (code: string) => expect.objectContaining({ code }) as unknown

describe('a client of a Security Token Service', () => {
  it.each(['text', 'digest'] as const)('enrols with a password as %s', async (type) => {
    const enrollment = await client({ credentials: { ...PASSWORD, type } }).enroll(request())
    if (enrollment.status !== 'issued') throw new Error('not issued')
    const { certificate, chain, requestId, disposition } = enrollment
    expect(parseCertificate(certificate).publicKey).toEqual(key.publicKey)
    expect(chain).toEqual([certificate, root])
    expect(requestId).toMatch(/^\d+$/)
    expect(disposition).toEqual({ text: 'Issued', language: 'en-US' })
  })

  it('enrols with a certificate of TLS', async () => {
    const certificate = { der: Uint8Array.of(1, 2, 3), trusted: true }
    const byTls = client({ credentials: undefined, transport: transport({ certificate }) })
    const enrollment = await byTls.enroll(request())
    expect(enrollment).toMatchObject({ status: 'issued' })
    const other = client({ transport: transport({ certificate }) })
    await expect(other.enroll(request())).rejects.toThrow(code('soap/fault'))
  })

  it('is refused with a wrong password, and with none', async () => {
    for (const credentials of [{ ...PASSWORD, password: 'wrong' }, undefined]) {
      const refused = client({ credentials }).enroll(request())
      await expect(refused).rejects.toMatchObject({ code: 'soap/fault', faultCode: 'Sender' })
    }
  })

  it('learns why the authority denies it, in its language', async () => {
    const denied = client({ preferredLanguage: 'de-DE' }).enroll(request('Unknown'))
    const fault = await denied.then(
      () => undefined,
      (error: unknown) => error as SoapFault,
    )
    expect(fault?.reasons[0]).toMatchObject({ language: 'de-DE' })
    expect(readFaultDetail(fault!)).toMatchObject({ errorCode: 0x80094800 | 0, invalidRequest: true })
  })

  it('waits for an operator', async () => {
    const pending = (await client().enroll(request('Approved'))) as PendingEnrollment
    expect(pending).toMatchObject({ status: 'pending', reference: URL_OF_STS, publicKey: key.publicKey })
    expect(pending.disposition?.text).toBe('Taken Under Submission')
    expect(await client().queryStatus(pending)).toMatchObject({ status: 'pending', requestId: pending.requestId })
    const seen: string[] = []
    const issued = await client().waitFor(pending, {
      firstSeconds: 0.001,
      onPending: ({ requestId }) => {
        seen.push(requestId)
        if (seen.length === 2) void authority.approve(requestId)
      },
    })
    expect(parseCertificate(issued.certificate).publicKey).toEqual(key.publicKey)
    expect(seen.length).toBeGreaterThanOrEqual(2)
  })

  it('hears that an operator denied it', async () => {
    const pending = (await client().enroll(request('Approved'))) as PendingEnrollment
    await authority.deny(pending.requestId)
    await expect(client().queryStatus(pending)).rejects.toMatchObject({ code: 'soap/fault' })
  })

  it('renews with nothing but the old key, also where that takes an operator', async () => {
    const [first, second] = await Promise.all(
      ['User', 'Approved'].map(async (template) => {
        const enrollment = await client().enroll(request(template))
        if (enrollment.status === 'pending') await authority.approve(enrollment.requestId)
        return enrollment.status === 'pending' ? client().queryStatus(enrollment) : enrollment
      }),
    )
    if (first?.status !== 'issued' || second?.status !== 'issued') throw new Error('not issued')
    const anonymous = client({ credentials: undefined })
    const newKey = await generateKey('ECDSA-P256')
    const renewed = await anonymous.renew({ certificate: first.certificate, oldKey: key, newKey })
    if (renewed.status !== 'issued') throw new Error('not issued')
    expect(parseCertificate(renewed.certificate).publicKey).toEqual(newKey.publicKey)

    const pending = await anonymous.renew({ certificate: second.certificate, oldKey: key, newKey })
    if (pending.status !== 'pending') throw new Error('not pending')
    expect(pending.reference).toMatch(/\?token=./)
    await authority.approve(pending.requestId)
    expect(await anonymous.queryStatus(pending)).toMatchObject({ status: 'issued' })
    // Who does not know the token is nobody.
    const guessed = anonymous.queryStatus({ ...pending, reference: URL_OF_STS })
    await expect(guessed).rejects.toMatchObject({ code: 'soap/fault' })
  })

  it('fetches the certificate for key exchange', async () => {
    expect(parseCertificate(await client().keyExchangeToken()).publicKey).toEqual(archive.exchange.publicKey)
  })
})

describe('a client of whoever', () => {
  /** Answers what it is told, whatever was asked. */
  const answering = (make: (request: WstepRequest) => WstepResponse, options: Partial<WstepClientOptions> = {}) => {
    const service = soapService({
      receive: ({ body }) => {
        const received = readRequest(body)
        return Promise.resolve({ action: actionsOf(received).replyAction, body: writeResponse(make(received)) })
      },
    })
    return client({ transport: directTransport(service, undefined), ...options })
  }
  let certificate: Octets
  let other: Octets
  beforeAll(async () => {
    const enrolled = async (key: ExportableKey): Promise<Octets> => {
      const enrollment = await client().enroll({ key, subject: 'CN=x', templateName: 'User' })
      if (enrollment.status !== 'issued') throw new Error('not issued')
      return enrollment.certificate
    }
    certificate = await enrolled(key)
    other = await enrolled(await generateKey('ECDSA-P256'))
  })
  const pending: PendingEnrollment = {
    ...{ status: 'pending', requestId: '7', reference: URL_OF_STS, disposition: undefined },
    publicKey: new Uint8Array(),
  }

  it('sends additional context and its language', async () => {
    let seen: WstepRequest | undefined
    const additionalContext = [{ name: 'ccm', value: 'pc.example' }]
    const sending = answering(
      (received) => {
        seen = received
        return { kind: 'issued', certificate }
      },
      { preferredLanguage: 'ja-JP' },
    )
    await sending.enroll({ ...request(), additionalContext })
    expect(seen).toMatchObject({ kind: 'issue', additionalContext, preferredLanguage: 'ja-JP' })
  })

  it('finds its certificate and chain in a CMS, in any order', async () => {
    const response = createCertsOnly([root, other, certificate])
    const inPlace = await answering(() => ({ kind: 'issued', certificate: response })).enroll(request())
    expect(inPlace).toMatchObject({ certificate, chain: [certificate, root], requestId: undefined })
    const beside = await answering(() => ({ kind: 'issued', certificate, response })).enroll(request())
    expect(beside).toMatchObject({ certificate, chain: [certificate, root], response })
  })

  it('does without a chain that cannot be read', async () => {
    const response = Uint8Array.of(0x30, 0)
    const enrollment = await answering(() => ({ kind: 'issued', certificate, response })).enroll(request())
    expect(enrollment).toMatchObject({ certificate, chain: [certificate] })
  })

  it.each<[string, (request: WstepRequest) => WstepResponse]>([
    ['wstep/other-key', () => ({ kind: 'issued', certificate: other })],
    ['wstep/other-key', () => ({ kind: 'issued', certificate: createCertsOnly([root, other]) })],
    ['wstep/response-certificate', () => ({ kind: 'issued', certificate: Uint8Array.of(0x30, 0) })],
    ['wstep/response-certificate', () => ({ kind: 'issued', certificate: certificate.subarray(1) })],
    ['wstep/response-certificate', () => ({ kind: 'issued', certificate: Uint8Array.of(...certificate, 0) })],
    ['wstep/response-certificate', () => ({ kind: 'issued', certificate: createCertsOnly([]) })],
    ['wstep/response-kind', () => ({ kind: 'key-exchange', certificate })],
    ['wstep/no-request-id', () => ({ kind: 'pending', reference: URL_OF_STS })],
  ])('refuses with %s', async (expected, make) => {
    await expect(answering(make).enroll(request())).rejects.toThrow(code(expected))
  })

  it('takes no certificate for a key exchange token', async () => {
    const client = answering(() => ({ kind: 'issued', certificate }))
    await expect(client.keyExchangeToken()).rejects.toThrow(code('wstep/response-kind'))
  })

  it('checks the key after waiting, too', async () => {
    const client = answering(() => ({ kind: 'issued', certificate }))
    const waited = client.waitFor({ ...pending, publicKey: key.publicKey }, { firstSeconds: 0 })
    expect(await waited).toMatchObject({ certificate, requestId: '7' })
    await expect(client.queryStatus(pending)).rejects.toThrow(code('wstep/other-key'))
  })

  it('keeps its RequestID where an answer has none', async () => {
    const client = answering(() => ({ kind: 'pending', reference: `${URL_OF_STS}?next` }))
    expect(await client.queryStatus(pending)).toMatchObject({ requestId: '7', reference: `${URL_OF_STS}?next` })
  })

  it('queries the address that it knows where an answer names none, and goes on from each answer', async () => {
    let asked = 0
    const client = answering(({ kind }) => {
      if (kind === 'query' && ++asked === 2) return { kind: 'issued', certificate }
      return { kind: 'pending', reference: kind === 'query' ? `${URL_OF_STS}?next` : '', requestId: String(asked) }
    })
    const first = await client.enroll(request())
    expect(first).toMatchObject({ status: 'pending', reference: URL_OF_STS, requestId: '0' })
    const seen: string[] = []
    await client.waitFor(first as PendingEnrollment, {
      firstSeconds: 0,
      onPending: (last) => void seen.push(last.reference),
    })
    expect(seen).toEqual([URL_OF_STS, `${URL_OF_STS}?next`])
  })

  it('follows no reference to others, unless it may', async () => {
    const asked: string[] = []
    const transport: Transport = (url) => {
      asked.push(url.href)
      return Promise.reject(new Error('reached'))
    }
    for (const reference of [
      'https://evil.example/',
      'https://sts.example:444/',
      'http://sts.example/',
      '/wstep',
      '',
    ]) {
      await expect(client({ transport }).queryStatus({ ...pending, reference })).rejects.toThrow(
        code('wstep/other-origin'),
      )
    }
    expect(asked).toEqual([])
    const mayFollow = ({ hostname }: URL) => hostname === 'sts2.example'
    const reference = 'https://sts2.example/q'
    await expect(client({ transport, mayFollow }).queryStatus({ ...pending, reference })).rejects.toThrow('reached')
    expect(asked).toEqual([reference])
    const plain = { ...pending, reference: 'http://sts2.example/q' }
    await expect(client({ transport, mayFollow }).queryStatus(plain)).rejects.toThrow(code('soap/insecure-url'))
  })

  it('gives up waiting in time, or when it is told to', async () => {
    const client = answering(() => ({ kind: 'pending', reference: URL_OF_STS, requestId: '7' }))
    const pauses: number[] = []
    const onPending = (_: PendingEnrollment, seconds: number): void => void pauses.push(seconds)
    const begun = performance.now()
    const late = client.waitFor(pending, { firstSeconds: 0.004, timeoutSeconds: 0.05, maxSeconds: 0.01, onPending })
    await expect(late).rejects.toThrow(code('wstep/still-pending'))
    expect(performance.now() - begun).toBeGreaterThan(35)
    expect(pauses[0]).toBeLessThan(0.006)
    expect(pauses.reduce((sum, pause) => sum + pause)).toBeCloseTo(0.05)
    expect(Math.max(...pauses)).toBeLessThanOrEqual(0.0121)

    const eager = client.waitFor(pending, {
      firstSeconds: 0,
      timeoutSeconds: 0.2,
      onPending: () => void pauses.push(0),
    })
    pauses.length = 0
    await expect(eager).rejects.toThrow(code('wstep/still-pending'))
    expect(pauses.length).toBeLessThan(5)

    const controller = new AbortController()
    const waiting = client.waitFor(pending, { signal: controller.signal, firstSeconds: 1000 })
    controller.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    await expect(client.waitFor(pending, { signal: controller.signal })).rejects.toThrow('enough')
  })
})
