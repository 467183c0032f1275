import { beforeAll, describe, expect, it } from 'vitest'
import { TestAccounts } from '../authentication/testing/accounts.js'
import { DAY, testAuthority, USER, verifier, type TestAuthority } from '../pki/ca/testing/authority.js'
import type { Profile } from '../pki/ca/policy/profile.js'
import { generateKey } from '../pki/keys/keys.js'
import { createCertificationRequest } from '../pki/requests/pkcs10.js'
import { parseCertificate } from '../pki/x509/certificate.js'
import { EXTENSION, readTemplate } from '../pki/x509/extensions.js'
import { parseName } from '../pki/x509/name.js'
import { readEnvelope } from '../soap/envelope/envelope.js'
import { readFault, SoapFault } from '../soap/envelope/fault.js'
import type { HttpResponse } from '../soap/http/http.js'
import { directTransport, type Transport } from '../soap/http/transport.js'
import { isSecurityHeader } from '../soap/security/security-header.js'
import { LANGUAGES } from '../wstep/faults/languages.js'
import { SecurityTokenService } from '../wstep/security-token-service.js'
import { envelopeText, passwordText } from '../wstep/testing/exchange.js'
import { enrollByPolicy, getPolicies, type EnrollByPolicyOptions } from './client.js'
import { GET_POLICIES_ACTION, XCEP } from './names.js'
import type { EnrollmentAddress, EnrollmentPolicy } from './policies.js'
import { PolicyService, type PolicyServiceOptions } from './policy-service.js'
import { profilePolicy, templatesOf, whyNotOffered, type OfferedProfile } from './profile-policy.js'

const withCode = (code: string): unknown => expect.objectContaining({ code })
const URLS = { policy: 'https://ca.example/policy', wstep: 'https://ca.example/wstep' }
const POLICY_ID = '{083C7011-1D0A-4855-885D-AC945184658C}'
const oid = (last: number): string => `1.3.6.1.4.1.311.21.8.1.2.3.4.1.${last}`
const person: Profile = {
  ...USER,
  template: { oid: oid(1), major: 100, minor: 2 },
  names: ({ id }) => ({ subject: parseName(`CN=${id},O=Fabrikam`) }),
}
const PROFILES: readonly Profile[] = [
  person,
  {
    ...person,
    name: 'Machine',
    template: { oid: oid(2), major: 100, minor: 0 },
    enrollers: ['id-of-bob'],
    validity: 90 * DAY,
  },
  {
    ...person,
    name: 'Named',
    template: { oid: oid(3), major: 1, minor: 0 },
    honours: ['subject', 'dnsNames'],
    renewal: undefined,
    keys: { ec: ['P-384', 'P-256'] },
  },
  { ...person, name: 'Nameless', template: undefined },
  { ...person, name: 'Wide', template: { oid: '2.25.329800735698586629295641978511506172918', major: 1, minor: 0 } },
  { ...person, name: 'Dsa', template: { oid: oid(4), major: 1, minor: 0 }, keys: { dsa: { min: 2048 } } },
]

const accounts = new TestAccounts({ alice: 'wonderland', bob: 'builder' })
const alice = { username: 'alice', password: 'wonderland' }
const bob = { username: 'bob', password: 'builder' }

let ca: TestAuthority
let policy: (account: { id: string; method: string }) => Promise<EnrollmentPolicy>

beforeAll(async () => {
  ca = await testAuthority({ profiles: PROFILES, defaultProfile: 'User' })
  policy = profilePolicy({
    id: POLICY_ID,
    friendlyName: 'Fabrikam',
    profiles: PROFILES.map((profile) => ({
      profile,
      machine: profile.name === 'Machine',
      autoEnroll: profile.name === 'Machine',
    })),
    certificate: ca.root,
    addresses: [
      { authentication: 'anonymous', url: `${URLS.wstep}?renew`, priority: 0, renewalOnly: true },
      { authentication: 'certificate', url: 'https://ca.example:8443/wstep', priority: 1 },
      { authentication: 'password', url: URLS.wstep, priority: 2 },
    ],
  })
})

const service = (options: Partial<PolicyServiceOptions> = {}): PolicyService =>
  new PolicyService({ accounts, policy, ...options })

/** Both services, as one host serves them. */
function transport(policies = service()): Transport {
  const sts = new SecurityTokenService({ accounts, authority: ca.authority, verifier, address: URLS.wstep })
  const [toPolicies, toSts] = [
    directTransport(policies.handle.bind(policies), {}),
    directTransport(sts.handle.bind(sts), {}),
  ]
  return (url, ...rest) => (url.pathname === '/policy' ? toPolicies : toSts)(url, ...rest)
}

const ask = (options: Partial<Parameters<typeof getPolicies>[0]> = {}, policies = service()) =>
  getPolicies({ url: URLS.policy, credentials: alice, transport: transport(policies), ...options })

describe('the policy of an account', () => {
  it('tells the profiles that are offered, and for which the account may enroll', async () => {
    const { id, friendlyName, nextUpdateHours, templates, authorities } = (await ask()) as EnrollmentPolicy
    expect({ id, friendlyName, nextUpdateHours }).toEqual({
      id: POLICY_ID,
      friendlyName: 'Fabrikam',
      nextUpdateHours: 8,
    })
    expect(templates.map(({ name, mayEnroll, autoEnroll }) => [name, mayEnroll, autoEnroll])).toEqual([
      ['User', true, false],
      ['Machine', false, false],
      ['Named', true, false],
    ])
    expect(authorities).toEqual([expect.objectContaining({ certificate: ca.root, mayEnroll: true })])
    const [user, machine, named] = templates
    expect(user).toMatchObject({
      oid: oid(1),
      schema: 2,
      authorities: [0],
      validitySeconds: (30 * DAY) / 1000,
      renewalSeconds: (10 * DAY) / 1000,
      revision: { major: 100, minor: 2 },
      subjectNameFlags: 0x82000000,
      generalFlags: 0,
      key: { minimalLength: 2048, spec: 1 },
      extensions: [
        { oid: EXTENSION.keyUsage, critical: true },
        { oid: EXTENSION.extendedKeyUsage, critical: false },
      ],
    })
    expect(machine).toMatchObject({ subjectNameFlags: 0x18000000, generalFlags: 0x40 })
    // Subject and alternative names are the client's to supply; the key is of the smallest curve that is taken.
    expect(named).toMatchObject({ subjectNameFlags: 0x00010001, renewalSeconds: 1 })
    // Only schema 3 can name an algorithm; without one, Windows makes RSA keys.
    expect(named).toMatchObject({
      ...{ schema: 3, hashAlgorithm: '2.16.840.1.101.3.4.2.1' },
      key: { minimalLength: 256, algorithm: '1.2.840.10045.3.1.7' },
    })
  })

  it('tells clients to archive their key, where they must', async () => {
    const encrypting = { ...person, keyUsage: ['keyEncipherment'], extendedKeyUsage: ['1.3.6.1.5.5.7.3.4'] } as const
    const of = async (profile: Profile) => {
      const [template] = await templatesOf([{ profile }], { id: 'x', method: 'password' }, 0)
      return { privateKeyFlags: template?.privateKeyFlags, archival: template?.archival }
    }
    const cipher = { algorithm: '2.16.840.1.101.3.4.1.42', keyBits: 256 }
    expect(await of({ ...encrypting, archival: 'required' })).toEqual({ privateKeyFlags: 1, archival: cipher })
    // The client chooses where it only may.
    const none = { privateKeyFlags: undefined, archival: undefined }
    expect(await of({ ...encrypting, archival: 'allowed' })).toEqual(none)
    expect(await of(person)).toEqual(none)
  })

  it('says which names the account gives, and which the client', async () => {
    const flags = async (entry: Omit<OfferedProfile, 'profile'>, subject?: Profile['subject']) =>
      (await templatesOf([{ profile: { ...person, subject }, ...entry }], { id: 'x', method: 'password' }, 0))[0]
        ?.subjectNameFlags
    expect(await flags({ alternativeNames: ['upns', 'emails', 'uris'] })).toBe(0x86000000)
    expect(await flags({ alternativeNames: [] })).toBe(0x80000000)
    expect(await flags({ machine: true, alternativeNames: ['dnsNames'] })).toBe(0x18000000)
    const fromRequest = { attribute: '2.5.4.11', from: 'request' } as const
    expect(await flags({}, [fromRequest])).toBe(0x00000001)
    expect(await flags({}, [{ ...fromRequest, optional: true }])).toBe(0x82000000)
    expect(await flags({}, [{ ...fromRequest, from: 'account' }])).toBe(0x82000000)
  })

  it('is that of who asks', async () => {
    const { templates } = (await ask({ credentials: bob })) as EnrollmentPolicy
    expect(templates.find(({ name }) => name === 'Machine')).toMatchObject({ mayEnroll: true, autoEnroll: true })
  })

  it('leaves out what clients would stumble over, and says why', () => {
    expect(PROFILES.map(whyNotOffered)).toEqual([
      undefined,
      undefined,
      undefined,
      'no-template',
      'template-arc',
      'keys',
    ])
  })

  it('can be asked for by template', async () => {
    const { templates } = (await ask({ templates: [oid(3), '1.2.3'] })) as EnrollmentPolicy
    expect(templates.map(({ name }) => name)).toEqual(['Named'])
  })

  it('is told whole to clients of version 0, as cepces is', async () => {
    expect(((await ask({ clientVersion: 0, serverVersion: 0 })) as EnrollmentPolicy).templates).toHaveLength(3)
  })

  it('leaves out templates of newer clients', async () => {
    const newer: PolicyServiceOptions['policy'] = async (account) => {
      const all = await policy(account)
      return { ...all, templates: all.templates.map((t, i) => (i === 0 ? { ...t, privateKeyFlags: 0x06000000 } : t)) }
    }
    const names = async (clientVersion: number): Promise<string[]> =>
      ((await ask({ clientVersion }, service({ policy: newer }))) as EnrollmentPolicy).templates.map(({ name }) => name)
    expect(await names(5)).toEqual(['Machine', 'Named'])
    expect(await names(6)).toEqual(['User', 'Machine', 'Named'])
  })

  it('is not told again to a client that has it', async () => {
    const changed = new Date('2026-11-20T00:00:00Z')
    const policies = service({ lastUpdate: () => changed })
    const asked = (lastUpdate?: Date) => ask({ lastUpdate }, policies)
    expect(await asked(changed)).toEqual({
      id: POLICY_ID,
      friendlyName: 'Fabrikam',
      nextUpdateHours: 8,
      unchanged: true,
    })
    expect(await asked(new Date(changed.getTime() - 1))).toHaveProperty('templates')
    expect(await asked()).toHaveProperty('templates')
    expect(await ask({ lastUpdate: new Date() }, service())).toHaveProperty('templates')
  })
})

describe('a request to the policy service', () => {
  const body = `<GetPolicies xmlns="${XCEP}"><client><lastUpdate i:nil="true"/></client><requestFilter i:nil="true"/></GetPolicies>`
  const refused: string[] = []
  const events = { refused: (code: string) => void refused.push(code) }
  const send = (text: string): Promise<HttpResponse> =>
    service({ events }).handle({
      method: 'POST',
      target: '/policy',
      headers: { 'content-type': 'application/soap+xml; charset=utf-8' },
      body: new TextEncoder().encode(text),
    })
  const message = (parts: object = {}): string =>
    envelopeText({ action: GET_POLICIES_ACTION, security: passwordText('alice', 'wonderland'), body, ...parts })

  it('is answered with 200 when it is right', async () => {
    expect(await send(message())).toMatchObject({ status: 200 })
  })

  it.each([
    ['without credentials', { security: null }, 'FailedAuthentication', 'wstep/authentication-required'],
    [
      'with a wrong password',
      { security: passwordText('alice', 'x') },
      'FailedAuthentication',
      'authentication/password',
    ],
    ['with another action', { action: `${XCEP}/IPolicy/Other` }, 'ActionNotSupported', undefined],
    [
      'without a client',
      { body: `<GetPolicies xmlns="${XCEP}"><requestFilter i:nil="true"/></GetPolicies>` },
      undefined,
      'xcep/client',
    ],
    ['that is another', { body: '<other/>' }, undefined, 'xcep/request'],
  ])('%s is a fault with status 500, never a challenge of HTTP', async (_, parts, subcode, code) => {
    refused.length = 0
    const { status, headers, body: octets } = await send(message(parts))
    expect(status).toBe(500)
    expect(headers).not.toHaveProperty('www-authenticate')
    const { body: element, action, relatesTo } = readEnvelope(octets, { understands: isSecurityHeader })
    const fault = readFault(element, action, relatesTo)
    expect(fault?.faultCode).toBe('Sender')
    expect(fault?.subcodes[0]?.localName).toBe(subcode)
    if (code !== undefined) expect(refused).toEqual([code])
  })

  it('has a default language that it supports', () => {
    expect(() => service({ languages: { ...LANGUAGES, default: 'x' } })).toThrow(withCode('wstep/default-language'))
  })

  it('in German is refused in German', async () => {
    const client = '<client><preferredLanguage>de-AT</preferredLanguage></client>'
    const { body: octets } = await send(
      message({
        body: `<GetPolicies xmlns="${XCEP}">${client}<requestFilter><clientVersion>x</clientVersion></requestFilter></GetPolicies>`,
      }),
    )
    // The language of a request that cannot be read is unknown.
    expect(new TextDecoder().decode(octets)).toContain('en-US')
    const wrong = await send(
      message({ security: passwordText('alice', 'x'), body: `<GetPolicies xmlns="${XCEP}">${client}</GetPolicies>` }),
    )
    expect(new TextDecoder().decode(wrong.body)).toContain('Anmeldung')
  })
})

describe('enrollment by policy', () => {
  type Options = Partial<Omit<EnrollByPolicyOptions, 'subject' | 'key' | 'request'>>
  const usual = () => ({ url: URLS.policy, credentials: alice, transport: transport(), template: 'user' })
  const enroll = async (options: Options = {}) =>
    enrollByPolicy({ ...usual(), subject: 'CN=alice', key: await generateKey('ECDSA-P256'), ...options })

  it('gives a certificate that carries its template', async () => {
    const enrollment = await enroll()
    expect(enrollment).toMatchObject({ status: 'issued', address: URLS.wstep, template: { oid: oid(1) } })
    if (enrollment.status !== 'issued') return
    const { extensions } = parseCertificate(enrollment.certificate)
    expect(readTemplate(extensions.get(EXTENSION.template)!.value)).toMatchObject({ oid: oid(1), major: 100, minor: 2 })
  })

  it('sends a request that was made elsewhere, with the template beside it', async () => {
    const key = await generateKey('ECDSA-P256')
    const { der: request } = await createCertificationRequest({ subject: '', key })
    const enrollment = await enrollByPolicy({ ...usual(), request })
    if (enrollment.status !== 'issued') throw new Error('pending')
    expect(parseCertificate(enrollment.certificate)).toMatchObject({
      publicKey: key.publicKey,
      template: { oid: oid(1) },
    })
    // One that names another template is refused.
    const { der: other } = await createCertificationRequest({ subject: '', key, templateName: 'Named' })
    await expect(enrollByPolicy({ ...usual(), request: other })).rejects.toBeInstanceOf(SoapFault)
    await expect(enrollByPolicy({ ...usual(), request: Uint8Array.of(0x30, 0) })).rejects.toThrow(
      withCode('pki/structure'),
    )
  })

  it('takes a template by its OID too', async () => {
    expect(await enroll({ template: oid(2), credentials: bob })).toMatchObject({ status: 'issued' })
  })

  it('goes to the address of the lowest priority that fits, wherever it stands', async () => {
    const at = (name: string, priority: number | undefined, more: Partial<EnrollmentAddress> = {}) =>
      ({ authentication: 'password', url: `https://ca.example/${name}`, priority, ...more }) as const
    const first = async (...addresses: EnrollmentAddress[]) => {
      const listed: PolicyServiceOptions['policy'] = async (account) => {
        const { authorities, ...rest } = await policy(account)
        return { ...rest, authorities: authorities.map((one) => ({ ...one, addresses })) }
      }
      const { address } = await enroll({ transport: transport(service({ policy: listed })) })
      return new URL(address).pathname
    }
    const best = at('best', 1)
    const others = [
      at('last', 7),
      at('unsaid', undefined),
      at('renewals', 0, { renewalOnly: true }),
      at('certificates', 0, { authentication: 'certificate' }),
      at('elsewhere', 0, { url: 'https://other.example/wstep' }),
      at('second', 2),
    ]
    for (let i = 0; i <= others.length; i++) {
      expect(await first(...others.slice(0, i), best, ...others.slice(i))).toBe('/best')
    }
    expect(await first(...others)).toBe('/second')
    // Without a priority, an address comes last; of equal ones the first counts.
    expect(await first(at('unsaid', undefined), at('last', 4_294_967_295))).toBe('/last')
    expect(await first(at('one', 3), at('two', 3))).toBe('/one')
  })

  it.each([
    ['xcep/template-unknown', { template: 'Nameless' }],
    ['xcep/template-refused', { template: 'Machine' }],
    ['xcep/no-address', { authentication: ['kerberos'] as const }],
    ['xcep/no-address', { authentication: ['anonymous'] as const }],
    ['xcep/no-address', { authentication: ['certificate'] as const }],
    ['xcep/no-address', { mayFollow: () => false }],
  ])('is refused with %s, case %#', async (code, options) => {
    await expect(enroll(options)).rejects.toThrow(withCode(code))
  })

  it('is a fault for who is not who they say', async () => {
    await expect(enroll({ credentials: { ...alice, password: 'x' } })).rejects.toBeInstanceOf(SoapFault)
  })
})
