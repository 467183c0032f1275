import { parseCertificate } from '../x509/certificate.js'
import { describe, expect, it } from 'vitest'
import type { ContextItem, DenialReason, Requester, Submission } from '../authority.js'
import { createCmcRequest } from '../requests/create-enrollment-request.js'
import { readEnrollmentRequest } from '../requests/enrollment-request.js'
import { subjectAltName, template, type AlternativeNames } from '../x509/extensions.js'
import { generateKey } from '../keys/keys.js'
import { parseName } from '../x509/name.js'
import type { CertificationRequestContent } from '../requests/pkcs10.js'
import { HRESULT } from './policy/denials.js'
import type { Profile } from './policy/profile.js'
import { L1024N160 } from '../../params/L1024N160.js'
import { L2048N256 } from '../../params/L2048N256.js'
import { rsaKey } from '../testing/rsa.js'
import {
  alice,
  application,
  dsaKey,
  engine,
  issued,
  mallory,
  testAuthority,
  USER,
  verifier,
} from './testing/authority.js'

const OID = '1.3.6.1.4.1.311.21.8.1.2.3'
const profiles: readonly Profile[] = [
  USER,
  { ...USER, name: 'Machine', template: { oid: OID, major: 100, minor: 7 } },
  { ...USER, name: 'Restricted', enrollers: ['alice'] },
  { ...USER, name: 'Members', enrollers: ({ id, method }) => Promise.resolve(id === 'alice' && method === 'password') },
  { ...USER, name: 'Rsa3072', keys: { rsa: { min: 3072, max: 4096 } } },
  { ...USER, name: 'Small', keys: { rsa: { min: 1024, max: 2048 } } },
  { ...USER, name: 'Dsa3072', keys: { dsa: { min: 3072 } } },
  { ...USER, name: 'Dsa2048', keys: { dsa: { min: 2048 } } },
  { ...USER, name: 'P384', keys: { ec: ['P-384'] } },
  { ...USER, name: 'Encryption', keyUsage: ['keyEncipherment'] },
  { ...USER, name: 'Nobody', names: () => ({}) },
  {
    ...USER,
    name: 'Open',
    honours: ['subject', 'dnsNames', 'uris', 'emails', 'upns', 'ipAddresses'],
    names: () => ({}),
  },
  { ...USER, name: 'BadSid', names: () => ({ subject: parseName('CN=x'), sid: 'S-1-5-' }) },
  { ...USER, name: 'Broken', names: () => ({ alternativeNames: { dnsNames: ['not a name'] } }) },
]

interface Case {
  readonly content?: Partial<CertificationRequestContent>
  readonly requester?: Requester
  readonly context?: readonly ContextItem[]
}

const { authority, store, root, key: authorityKey } = await testAuthority({ profiles, defaultProfile: 'User' })

async function submit({ content, requester, context }: Case) {
  return authority.submit(await application(content, requester, context))
}

async function expectDenial(wanted: Case, reason: DenialReason, errorCode: number) {
  const disposition = await submit(wanted)
  expect(disposition).toMatchObject({ status: 'denied', reason, errorCode })
  return disposition
}

const named = (templateName: string): Case => ({ content: { templateName } })
const honouring = (names: Partial<AlternativeNames>): Case => ({
  content: { templateName: 'Open', subject: '', extensions: [subjectAltName(names)] },
})

describe('denied, with its reason and HRESULT, is', () => {
  it('a template that there is not', async () => {
    const wanted = ['template-unknown', HRESULT.CERTSRV_E_UNSUPPORTED_CERT_TYPE] as const
    await expectDenial(named('Administrator'), ...wanted)
    await expectDenial({ content: { template: { oid: '1.2.3' } } }, ...wanted)
    await expectDenial({ content: { pairs: new Map([['CertificateTemplate', 'Administrator']]) } }, ...wanted)
    await expectDenial({ context: [{ name: 'CertificateTemplate', value: 'Administrator' }] }, ...wanted)
    const malformed = { oid: '1.3.6.1.4.1.311.20.2', critical: false, value: Uint8Array.of(5, 0) }
    await expect(application({ extensions: [malformed] })).rejects.toMatchObject({ code: 'pki/structure' })
  })

  it('no template, where there is no default', async () => {
    const strict = await testAuthority({ profiles })
    const disposition = await strict.authority.submit(await application())
    expect(disposition).toMatchObject({
      ...{ reason: 'template-missing', errorCode: HRESULT.CERTSRV_E_NO_CERT_TYPE, requestId: '1' },
    })
  })

  it('templates that disagree, wherever they are named', async () => {
    const wanted = ['template-conflict', HRESULT.CERTSRV_E_TEMPLATE_CONFLICT] as const
    const context = [{ name: 'certificatetemplate', value: 'Machine' }]
    await expectDenial({ ...named('User'), context }, ...wanted)
    await expectDenial({ content: { templateName: 'User', template: { oid: OID } } }, ...wanted)
    await expectDenial({ content: { pairs: new Map([['certificateTEMPLATE', 'User']]) }, context }, ...wanted)
    const agreeing = { content: { templateName: 'mACHINE', template: { oid: OID } }, context }
    expect((await submit(agreeing)).status).toBe('issued')
    const byOid = { content: { pairs: new Map([['CertificateTemplate', OID]]) }, context }
    expect((await submit(byOid)).status).toBe('issued')
  })

  it('a template that a control of CMC names, if it disagrees', async () => {
    const key = await generateKey('ECDSA-P256')
    const cmc = async (oid: string): Promise<Submission> => {
      const content = { key, subject: 'CN=x', templateName: 'Machine', addedExtensions: [template({ oid })] }
      const request = await readEnrollmentRequest(await createCmcRequest(content), { verifier })
      return { request, requester: alice, additionalContext: [] }
    }
    expect((await authority.submit(await cmc(OID))).status).toBe('issued')
    expect(await authority.submit(await cmc('1.2.3'))).toMatchObject({ reason: 'template-unknown' })
  })

  it('a version of a template that is not there yet', async () => {
    const wanted = ['template-conflict', HRESULT.CERTSRV_E_BAD_TEMPLATE_VERSION] as const
    await expectDenial({ content: { template: { oid: OID, major: 101 } } }, ...wanted)
    await expectDenial({ content: { template: { oid: OID, major: 100, minor: 8 } } }, ...wanted)
    for (const version of [{}, { major: 100 }, { major: 100, minor: 7 }, { major: 99, minor: 9 }]) {
      expect((await submit({ content: { template: { oid: OID, ...version } } })).status).toBe('issued')
    }
  })

  it('who may not enrol', async () => {
    const wanted = ['template-denied', HRESULT.CERTSRV_E_TEMPLATE_DENIED] as const
    await expectDenial({ ...named('Restricted'), requester: mallory }, ...wanted)
    await expectDenial({ ...named('Members'), requester: mallory }, ...wanted)
    await expectDenial({ ...named('Members'), requester: { by: 'account', id: 'alice', method: 'tls' } }, ...wanted)
    expect((await submit(named('Restricted'))).status).toBe('issued')
    expect((await submit(named('Members'))).status).toBe('issued')
  })

  it('a key that the profile does not accept, that cannot do what it is for, or that is the authority’s', async () => {
    const wanted = ['key-refused', HRESULT.CERTSRV_E_KEY_LENGTH] as const
    const rsa = await generateKey('RSA-2048')
    const withKey = (templateName: string, key = rsa): Case => ({ content: { templateName, key } })
    await expectDenial(withKey('Rsa3072'), ...wanted)
    await expectDenial(withKey('P384'), ...wanted)
    await expectDenial(withKey('P384', await generateKey('ECDSA-P256')), ...wanted)
    await expectDenial({ content: { templateName: 'P384', key: dsaKey() } }, ...wanted)
    await expectDenial(withKey('Encryption', await generateKey('ECDSA-P256')), ...wanted)
    await expectDenial({ content: { key: authorityKey } }, ...wanted)
    await expectDenial(withKey('Small', await generateKey('RSA-3072')), ...wanted)
    await expectDenial({ content: { templateName: 'Dsa3072', key: dsaKey() } }, ...wanted)
    expect((await submit({ content: { templateName: 'Dsa2048', key: dsaKey() } })).status).toBe('issued')
    expect((await submit(withKey('Small'))).status).toBe('issued')
    expect((await submit(withKey('Encryption'))).status).toBe('issued')
    expect((await submit(withKey('P384', await generateKey('ECDSA-P384')))).status).toBe('issued')
  })

  it('a key that is too weak or malformed, even if it were let through before', async () => {
    const weak = await crypto.subtle.generateKey(
      { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength: 1024, publicExponent: Uint8Array.of(1, 0, 1) },
      true,
      ['sign', 'verify'],
    )
    const withKey = async (publicKey: Uint8Array<ArrayBuffer>, templateName = 'Members'): Promise<Submission> => {
      const submission = await application({ templateName })
      const certificationRequest = { ...submission.request.certificationRequest, publicKey }
      return { ...submission, request: { ...submission.request, certificationRequest } }
    }
    const small = new Uint8Array(await crypto.subtle.exportKey('spki', weak.publicKey))
    for (const key of [small, Uint8Array.of(0x30, 0)]) {
      expect(await authority.submit(await withKey(key))).toMatchObject({ reason: 'key-refused' })
    }
    // Only a profile that says so takes it.
    expect(await authority.submit(await withKey(small, 'Small'))).toMatchObject({ status: 'issued' })
  })

  it('a certificate for nobody', async () => {
    const wanted = ['subject-missing', HRESULT.CERTSRV_E_BAD_REQUESTSUBJECT] as const
    await expectDenial(named('Nobody'), ...wanted)
    await expectDenial({ content: { templateName: 'Open', subject: '' } }, ...wanted)
    await expectDenial(honouring({}), ...wanted)
  })

  it('a name that is malformed', async () => {
    const wanted = ['subject-refused', HRESULT.CERTSRV_E_BAD_REQUESTSUBJECT] as const
    const malformed: readonly Partial<AlternativeNames>[] = [
      { dnsNames: ['a..b'] },
      { dnsNames: ['a.example\0.evil.example'] },
      { dnsNames: ['*.*.example'] },
      { dnsNames: ['x'.repeat(64)] },
      { uris: ['no scheme'] },
      { emails: ['nobody'] },
      { upns: ['a@b@c'] },
      { upns: ['a\u202e@b'] },
      { ipAddresses: [Uint8Array.of(1, 2, 3)] },
      { dnsNames: Array.from({ length: 101 }, (_, i) => `host${i}.example`) },
    ]
    for (const names of malformed) await expectDenial(honouring(names), ...wanted)
    const text = { oid: '2.5.29.17', critical: false, value: Uint8Array.of(0x30, 3, 0x82, 1, 0xe9) }
    await expectDenial({ content: { templateName: 'Open', extensions: [text] } }, ...wanted)
    await expectDenial({ content: { templateName: 'Open', subject: parseName('CN=a\\0ab') } }, ...wanted)
    await expectDenial({ content: { templateName: 'Open', subject: parseName('CN=a\u202eb') } }, ...wanted)
    await expectDenial({ requester: { by: 'account', id: 'x'.repeat(65), method: 'password' } }, ...wanted)
    await expectDenial({ requester: { by: 'account', id: '', method: 'password' } }, ...wanted)
    const good = { dnsNames: ['*.a.example'], uris: ['urn:x'], upns: ['ä@b'], ipAddresses: [new Uint8Array(16)] }
    expect((await submit(honouring(good))).status).toBe('issued')
  })

  it('a name that would map the certificate to an account of another', async () => {
    const mapping = (uri: string): Case => ({
      content: { templateName: 'Open', subject: 'CN=x', extensions: [subjectAltName({ uris: [uri] })] },
    })
    const sid = 'S-1-5-21-1004336348-1177238915-682003330-500'
    for (const uri of [`tag:microsoft.com,2022-09-14:sid:${sid}`, `TAG:Microsoft.com,2022-09-14:SID:${sid}`]) {
      await expectDenial(mapping(uri), 'subject-refused', HRESULT.CERTSRV_E_BAD_REQUESTSUBJECT)
      expect(await submit(mapping(uri))).toMatchObject({ cause: 'denial/subject-sid' })
    }
    expect((await submit(mapping(`tag:example.com,2022-09-14:sid:${sid}`))).status).toBe('issued')
  })

  it('what the policy refuses; it may pend what the profile would issue, and not the other way round', async () => {
    const seen: unknown[] = []
    const waiting: Profile = { ...USER, name: 'Waiting', approval: 'operator' }
    const { authority: strict } = await testAuthority({
      profiles: [USER, waiting],
      policy: ({ account, profile, content, submission }) => {
        seen.push([account.id, profile.name, content.subject])
        const wish = submission.additionalContext.find(({ name }) => name === 'wish')?.value
        return wish as 'deny' | 'pend' | undefined
      },
    })
    const ask = async (templateName: string, ...wish: string[]) =>
      strict.submit(
        await application(
          { templateName },
          alice,
          wish.map((value) => ({ name: 'wish', value })),
        ),
      )
    expect(await ask('User', 'deny')).toMatchObject({
      reason: 'denied-by-policy',
      errorCode: HRESULT.CERTSRV_E_ENROLL_DENIED,
    })
    expect((await ask('User', 'pend')).status).toBe('pending')
    expect((await ask('User')).status).toBe('issued')
    expect((await ask('Waiting')).status).toBe('pending')
    expect(seen[0]).toEqual(['alice', 'User', parseName('CN=alice')])
  })

  it('recorded, with a response that says so', async () => {
    const disposition = await expectDenial(named('Restricted?'), 'template-unknown', 0x80094800 | 0)
    const { requestId, response } = disposition as { requestId: string; response: Uint8Array }
    expect(response.length).toBeGreaterThan(100)
    const kept = await store.findRequest(requestId)
    expect(kept?.outcome).toEqual({ status: 'denied', reason: 'template-unknown', errorCode: -2146875392 })
    expect(kept?.history.map(({ event }) => event)).toEqual(['submitted', 'denied'])
  })
})

describe('the authority fails, rather than to deny,', () => {
  it('when a profile gives names that cannot be', async () => {
    await expect(submit(named('Broken'))).rejects.toMatchObject({ code: 'ca/name' })
    await expect(submit(named('BadSid'))).rejects.toMatchObject({ code: 'ca/name' })
  })

  it('when the store does', async () => {
    const broken = await testAuthority()
    broken.store.insert = () => Promise.reject(new Error('disk full'))
    await expect(broken.authority.submit(await application())).rejects.toThrow('disk full')
    expect(await broken.store.listRevoked(new Date(0))).toEqual({ revision: 0, revoked: [] })
  })
})

it('a requester by certificate gets no new certificate', async () => {
  const submission = await application({}, { by: 'certificate', certificate: parseCertificate(root) })
  const before = (await submit({})) as { requestId: string }
  const disposition = await authority.submit(submission)
  expect(disposition).toEqual({
    status: 'denied',
    reason: 'renewal-refused',
    cause: 'denial/renewal-missing',
    errorCode: HRESULT.CERTSRV_E_BAD_RENEWAL_CERT_ATTRIBUTE,
  })
  const after = (await submit({})) as { requestId: string }
  expect(Number(after.requestId)).toBe(Number(before.requestId) + 1)
})

it('the same request of an account gets a certificate each time', async () => {
  const submission = await application()
  const [first, second] = [await authority.submit(submission), await authority.submit(submission)]
  expect(issued(first)).not.toEqual(issued(second))
})

describe('a key that can be factored or guessed', () => {
  const { p } = L2048N256

  it('is denied though it signs well', async () => {
    const at = await testAuthority({ engine })
    const prime = await application({ key: rsaKey(p, p - 1n) })
    expect(await at.authority.submit(prime)).toMatchObject({ reason: 'key-refused', cause: 'pki/rsa-prime' })
    const slow = await testAuthority()
    expect(await slow.authority.submit(prime)).toMatchObject({ reason: 'key-refused', cause: 'pki/rsa-prime' })
  })

  it('is refused when its request is read', async () => {
    const square = rsaKey(L1024N160.p ** 2n, L1024N160.p * (L1024N160.p - 1n))
    await expect(application({ key: square })).rejects.toMatchObject({ code: 'pki/rsa-close-primes' })
  })
})

describe('a name that deceives', () => {
  const open: Profile = { ...USER, name: 'Open', honours: ['subject', 'upns'] }
  const byName = (subject: string) => application({ subject, templateName: 'Open' })

  it.each([
    ['of zero width', '\u200b'],
    ['that joins', '\u200d'],
    ['of no width before a word', '\ufeff'],
    ['that turns the direction', '\u202e'],
    ['that isolates a direction', '\u2066'],
    ['of a tag', '\u{e0041}'],
    ['of a soft hyphen', '\u00ad'],
    ['that fills', '\u3164'],
    ['that varies', '\ufe0f'],
    ['of private use', '\ue000'],
    ['of control', '\u0085'],
  ])('with a character %s is refused', async (_, character) => {
    const at = await testAuthority({ profiles: [open] })
    const refused = { reason: 'subject-refused', cause: 'denial/subject-requested' }
    expect(await at.authority.submit(await byName(`CN=ali${character}ce`))).toMatchObject(refused)
    const upns = subjectAltName({ upns: [`ali${character}ce@example.org`] })
    const submission = await application({ templateName: 'Open', subject: 'CN=alice', extensions: [upns] })
    expect(await at.authority.submit(submission)).toMatchObject(refused)
    expect((await at.authority.submit(await byName('CN=Ali\u00e7e \u682a\u5f0f\u4f1a\u793e'))).status).toBe('issued')
  })

  it.each(['CN=Fabrikam CA,O=Fabrikam', 'CN=FABRIKAM  ca,O=fabrikam', 'CN=\uff26abrikam CA,O=Fabrikam'])(
    'because it is the authority’s is refused: %s',
    async (subject) => {
      const at = await testAuthority({ profiles: [open] })
      expect(await at.authority.submit(await byName(subject))).toMatchObject({
        reason: 'subject-refused',
        cause: 'denial/subject-of-authority',
      })
      expect((await at.authority.submit(await byName('CN=Fabrikam CA 2,O=Fabrikam'))).status).toBe('issued')
    },
  )
})

describe('an approval', () => {
  it('asks again whether the account may enrol', async () => {
    const enrollers = ['alice']
    const profile: Profile = { ...USER, approval: 'operator', enrollers: ({ id }) => enrollers.includes(id) }
    const at = await testAuthority({ profiles: [profile] })
    const [one, two] = [
      await at.authority.submit(await application({ templateName: 'User' })),
      await at.authority.submit(await application({ templateName: 'User' })),
    ]
    expect((await at.authority.approve(one.requestId!)).status).toBe('issued')
    enrollers.pop()
    expect(await at.authority.approve(two.requestId!)).toMatchObject({ status: 'denied', reason: 'template-denied' })
    await expect(at.authority.approve(two.requestId!)).rejects.toMatchObject({ code: 'ca/decided' })
  })
})
