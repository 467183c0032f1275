import { beforeEach, describe, expect, it } from 'vitest'
import { parseCertificate } from '../x509/certificate.js'
import { EXTENSION, securityIdentifier, subjectAltName } from '../x509/extensions.js'
import { generateKey } from '../keys/keys.js'
import { parseName } from '../x509/name.js'
import type { SigningKey } from '../keys/signing.js'
import { makeArchive } from '../testing/archival.js'
import { HRESULT } from './policy/denials.js'
import type { Profile } from './policy/profile.js'
import { createRoot } from './issuing/root.js'
import { serialText } from './issuing/sign-certificate.js'
import { signCertificate } from './issuing/sign-certificate.js'
import {
  alice,
  application,
  DAY,
  issued,
  mallory,
  renewal,
  testAuthority,
  USER,
  type TestAuthority,
} from './testing/authority.js'
import type { Octets } from '../../../bindings/octets/octets.js'

const archive = await makeArchive()

let enrollers: string[]
let at: TestAuthority
let old: Octets
let oldKey: SigningKey

const NAMED: Profile = {
  ...USER,
  name: 'Named',
  enrollers: ({ id }) => enrollers.includes(id),
  names: ({ id }) => ({
    subject: parseName(`CN=${id}-${enrollers.length}`),
    alternativeNames: { upns: [`${id}@fabrikam.example`], uris: ['urn:x'], others: [Uint8Array.of(0x88, 1, 42)] },
  }),
}
/** The security identifier of each account in the directory. */
let sid: string | undefined
const MAPPED: Profile = { ...USER, name: 'Mapped', names: ({ id }) => ({ subject: parseName(`CN=${id}`), sid }) }
const PERMANENT: Profile = { ...USER, name: 'Permanent' }
delete (PERMANENT as { renewal?: unknown }).renewal
const REVIEWED: Profile = { ...USER, name: 'Reviewed', renewal: { window: 10 * DAY, approval: 'operator' } }

async function enrol(templateName: string): Promise<void> {
  const submission = await application({ templateName })
  old = issued(await at.authority.submit(submission))
  oldKey = submission.key
}

beforeEach(async () => {
  enrollers = ['alice']
  const key = await generateKey('ECDSA-P256')
  at = await testAuthority({
    key,
    profiles: [NAMED, USER, PERMANENT, REVIEWED, MAPPED],
    archival: archive.options,
  })
  await enrol('Named')
  at.clock.time += 25 * DAY
})

const serial = (der: Octets): string => serialText(parseCertificate(der).serialNumber)

const refused = (reason = 'renewal-refused', errorCode: number = HRESULT.CERTSRV_E_BAD_RENEWAL_CERT_ATTRIBUTE) =>
  ({ status: 'denied', reason, errorCode }) as const

describe('a renewal by the old key', () => {
  it('gets subject, alternative name and profile of the old certificate, whatever it asks for', async () => {
    enrollers.push('others')
    const asked = [subjectAltName({ upns: ['administrator@fabrikam.example'] })]
    const submission = await renewal(old, oldKey, { subject: 'CN=administrator', extensions: asked })
    const next = parseCertificate(issued(await at.authority.submit(submission)))
    const previous = parseCertificate(old)
    expect(next.subject).toEqual(previous.subject)
    expect(next.extensions.get('2.5.29.17')).toEqual(previous.extensions.get('2.5.29.17'))
    expect(next.names.others).toHaveLength(1)
    expect([next.templateName, next.extendedKeyUsage]).toEqual(['Named', previous.extendedKeyUsage])
    expect(next.publicKey).toEqual(submission.key.publicKey)
    expect(next.notAfter.getTime() - previous.notAfter.getTime()).toBe(25 * DAY)
    expect(next.serialNumber).not.toEqual(previous.serialNumber)
    const kept = await at.store.findCertificate(serialText(next.serialNumber))
    expect([kept?.account, kept?.profile]).toEqual(['alice', 'Named'])
  })

  it('gets the security identifier that the directory has today, and none that it asks for', async () => {
    sid = undefined
    await enrol('Mapped')
    at.clock.time += 25 * DAY
    const asked = { extensions: [securityIdentifier('S-1-5-21-1-2-3-500')] }
    const next = async () =>
      parseCertificate(issued(await at.authority.submit(await renewal(old, oldKey, asked)))).extensions.get(
        EXTENSION.securityIdentifier,
      )
    expect(await next()).toBeUndefined()
    sid = 'S-1-5-21-1-2-3-1104'
    expect(await next()).toEqual(securityIdentifier(sid))
  })

  it('gets one certificate for one request, however often and however many at once', async () => {
    const submission = await renewal(old, oldKey)
    const first = await at.authority.submit(submission)
    at.clock.time += DAY
    const certificates = (await Promise.all([1, 2, 3].map(() => at.authority.submit(submission)))).map(issued)
    for (const certificate of certificates) expect(certificate).toEqual(issued(first))

    const other = await renewal(old, oldKey)
    const racing = await Promise.all([1, 2, 3, 4].map(() => at.authority.submit(other)))
    expect(new Set(racing.map((disposition) => serial(issued(disposition)))).size).toBe(1)
    expect(new Set(racing.map(({ requestId }) => requestId)).size).toBe(1)
    expect(issued(racing[0])).not.toEqual(issued(first))
  })

  it('gets that answer also when the old certificate has ended or was revoked since', async () => {
    const submission = await renewal(old, oldKey)
    const first = issued(await at.authority.submit(submission))
    await at.authority.revoke(serial(old))
    expect(issued(await at.authority.submit(submission))).toEqual(first)
    at.clock.time += 10 * DAY
    expect(issued(await at.authority.submit(submission))).toEqual(first)
    await at.authority.revoke(serial(first))
    expect(await at.authority.submit(submission)).toMatchObject(refused('revoked', HRESULT.CRYPT_E_REVOKED))
  })

  it('can renew what it renewed, and again', async () => {
    for (let i = 0; i < 3; i++) {
      const submission = await renewal(old, oldKey)
      old = issued(await at.authority.submit(submission))
      oldKey = submission.key
      at.clock.time += 25 * DAY
    }
    expect(parseCertificate(old).names.upns).toEqual(['alice@fabrikam.example'])
  })

  it('too early is refused, and right when its time has come', async () => {
    const submission = await renewal(old, oldKey)
    at.clock.time -= 10 * DAY
    expect(await at.authority.submit(submission)).toMatchObject(refused())
    at.clock.time += 10 * DAY
    expect((await at.authority.submit(submission)).status).toBe('issued')
  })

  it('of a profile that does not renew is refused', async () => {
    await enrol('Permanent')
    at.clock.time += 25 * DAY
    const expected = { ...refused(), cause: 'denial/renewal-profile' }
    expect(await at.authority.submit(await renewal(old, oldKey))).toMatchObject(expected)
  })

  it('for an account that may not enrol any more is refused', async () => {
    enrollers = []
    expect(await at.authority.submit(await renewal(old, oldKey))).toMatchObject(
      refused('template-denied', HRESULT.CERTSRV_E_TEMPLATE_DENIED),
    )
  })

  it('that names another template is refused', async () => {
    const conflict = refused('template-conflict', HRESULT.CERTSRV_E_TEMPLATE_CONFLICT)
    expect(await at.authority.submit(await renewal(old, oldKey, { templateName: 'User' }))).toMatchObject({
      ...conflict,
      cause: 'denial/template-of-renewal',
    })
    const unknown = refused('template-unknown', HRESULT.CERTSRV_E_UNSUPPORTED_CERT_TYPE)
    expect(await at.authority.submit(await renewal(old, oldKey, { templateName: 'No' }))).toMatchObject(unknown)
    expect((await at.authority.submit(await renewal(old, oldKey, { templateName: 'named' }))).status).toBe('issued')
  })

  it('with a key that the profile does not accept is refused', async () => {
    const submission = await renewal(old, oldKey, { key: at.key })
    expect(await at.authority.submit(submission)).toMatchObject(refused('key-refused', HRESULT.CERTSRV_E_KEY_LENGTH))
  })

  it('by another certificate than the one to be renewed is refused, and nothing is kept', async () => {
    const foreign = await application({ templateName: 'User' }, mallory)
    const certificate = issued(await at.authority.submit(foreign))
    const submission = await renewal(old, oldKey, {}, { by: 'certificate', certificate: parseCertificate(certificate) })
    expect(await at.authority.submit(submission)).toMatchObject({ ...refused(), cause: 'denial/renewal-account' })
  })
})

describe('a renewal by an account', () => {
  it('is for the account’s own certificates', async () => {
    const own = await at.authority.submit(await renewal(old, oldKey, {}, alice))
    expect(parseCertificate(issued(own)).subject).toEqual(parseCertificate(old).subject)
    enrollers.push('mallory')
    const foreign = await at.authority.submit(await renewal(old, oldKey, {}, mallory))
    expect(foreign).toMatchObject({ ...refused(), requestId: expect.any(String) as string })
  })
})

describe('not renewable is', () => {
  const expectRefusal = async (certificate: Octets, why: string, key = oldKey) => {
    const cause = `denial/renewal-${why}`
    expect(await at.authority.renewalRefusal(parseCertificate(certificate))).toBe(cause)
    expect(await at.authority.submit(await renewal(certificate, key))).toMatchObject({ ...refused(), cause })
  }

  it('not one that is', async () => {
    expect(await at.authority.renewalRefusal(parseCertificate(old))).toBeUndefined()
  })

  it('a certificate that has ended, or not begun', async () => {
    at.clock.time = parseCertificate(old).notAfter.getTime()
    expect(await at.authority.renewalRefusal(parseCertificate(old))).toBeUndefined()
    at.clock.time += 1
    await expectRefusal(old, 'expired')
    at.clock.time = parseCertificate(old).notBefore.getTime() - 1
    await expectRefusal(old, 'expired')
  })

  it('a revoked one', async () => {
    await at.authority.revoke(serial(old), 'superseded')
    await expectRefusal(old, 'revoked')
  })

  it('one of another authority of the same name', async () => {
    const other = await testAuthority({ profiles: [USER] })
    const submission = await application({ templateName: 'User' })
    await expectRefusal(issued(await other.authority.submit(submission)), 'not-issued-here', submission.key)
  })

  it('one that the authority’s key signed, but that is not recorded', async () => {
    const { subject, notBefore, notAfter, publicKey } = parseCertificate(old)
    const content = { serialNumber: Uint8Array.of(7), issuer: parseCertificate(at.root).subject, extensions: [] }
    const forged = await signCertificate({ ...content, subject, notBefore, notAfter, publicKey }, at.key)
    await expectRefusal(forged, 'not-issued-here')
    const { serialNumber } = parseCertificate(old)
    const twin = await signCertificate({ ...content, serialNumber, subject, notBefore, notAfter, publicKey }, at.key)
    await expectRefusal(twin, 'not-issued-here')
  })

  it('one that is recorded, but not signed by the authority’s key', async () => {
    const { subject, issuer, notBefore, notAfter, publicKey } = parseCertificate(old)
    const content = { serialNumber: Uint8Array.of(7), subject, issuer, notBefore, notAfter, publicKey, extensions: [] }
    const der = await signCertificate(content, await generateKey('ECDSA-P256'))
    const request = { der: old, account: 'alice', method: 'password', submittedAt: notBefore }
    const kept = { ...request, content: { profile: 'User', publicKey, subject } }
    const certificate = { serial: '07', kind: 'end-entity', der, notBefore, notAfter } as const
    await at.store.insert(kept, { status: 'issued', certificate })
    await expectRefusal(der, 'not-issued-here')
  })

  it('the authority’s own, and that of one below it', async () => {
    await expectRefusal(at.root, 'not-issued-here', at.key)
    const key = await generateKey('ECDSA-P256')
    const subject = parseName('CN=Below')
    const below = await at.authority.certifyAuthority({ publicKey: key.publicKey, subject, validity: DAY })
    await expectRefusal(below, 'kind', key)
    const { store } = at
    expect((await store.findCertificate(serial(below)))?.kind).toBe('authority')
    await store.insert(
      { der: below, account: 'alice', method: 'password', submittedAt: new Date() },
      { status: 'issued', certificate: { ...(await certificateOfAuthority(key)), kind: 'end-entity' } },
    )
    await expectRefusal((await store.findCertificate('09'))!.der, 'kind', key)
  })

  /** Signed by the authority, and by mistake recorded as an end entity's. */
  async function certificateOfAuthority(key: SigningKey) {
    const { subject, issuer, notBefore, notAfter } = parseCertificate(at.root)
    const { extensions } = parseCertificate(await createRoot({ key, subject, validity: DAY }))
    const content = { serialNumber: Uint8Array.of(9), issuer, notBefore, notAfter, subject, publicKey: key.publicKey }
    const der = await signCertificate({ ...content, extensions: [...extensions.values()] }, at.key)
    return { serial: '09', der, notBefore, notAfter }
  }

  it('one for key exchange', async () => {
    const exchange = await at.authority.exchangeCertificate()
    await expectRefusal(exchange!, 'kind', archive.exchange)
  })
})

it('a renewal that is to be approved waits, and is denied if the old certificate was revoked meanwhile', async () => {
  await enrol('Reviewed')
  at.clock.time += 25 * DAY
  const [first, second] = [await renewal(old, oldKey), await renewal(old, oldKey)]
  const pending = await at.authority.submit(first)
  expect(pending).toMatchObject({ status: 'pending', queryToken: expect.stringMatching(/^[0-9a-f]{64}$/) as string })
  expect(await at.authority.submit(first)).toMatchObject({ queryToken: (pending as { queryToken: string }).queryToken })
  const other = await at.authority.submit(second)
  expect((await at.authority.approve(pending.requestId!)).status).toBe('issued')
  await at.authority.revoke(serial(old))
  expect(await at.authority.approve(other.requestId!)).toMatchObject(refused())
  expect(await at.authority.submit(second)).toMatchObject(refused())
})
