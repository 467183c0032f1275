import { beforeEach, describe, expect, it } from 'vitest'
import { toBigint, toFixedWidth } from '../../../bindings/octets/integers.js'
import type { Octets } from '../../../bindings/octets/octets.js'
import { bitString, integer, nullValue, octetString, oid, sequence } from '../asn1/der.js'
import type { Requester, Submission } from '../authority.js'
import { toFullWidth, toSequence } from '../keys/algorithms.js'
import { generateKey } from '../keys/keys.js'
import { keyFingerprint, readPublicKey } from '../keys/public-key.js'
import type { SigningKey } from '../keys/signing.js'
import { OID } from '../requests/cms-names.js'
import { parseSignedData } from '../requests/cms.js'
import { readEnrollmentRequest } from '../requests/enrollment-request.js'
import { makeIdentity } from '../testing/certificates.js'
import { attribute, rawSignedData } from '../testing/signed-data.js'
import { parseCertificate } from '../x509/certificate.js'
import { parseName } from '../x509/name.js'
import { serialText } from './issuing/sign-certificate.js'
import { HRESULT } from './policy/denials.js'
import {
  alice,
  application,
  DAY,
  issued,
  mallory,
  renewal,
  testAuthority,
  USER,
  verifier,
  type TestAuthority,
} from './testing/authority.js'

const serial = (der: Octets): string => serialText(parseCertificate(der).serialNumber)
const denied = (reason: string, errorCode: number) => ({ status: 'denied', reason, errorCode })
const revoked = denied('revoked', HRESULT.CRYPT_E_REVOKED)
const compromised = denied('key-compromised', HRESULT.NTE_BAD_KEY)

let at: TestAuthority
let old: Octets
let oldKey: SigningKey

beforeEach(async () => {
  const reviewed = { ...USER, name: 'Reviewed', approval: 'operator' } as const
  at = await testAuthority({ profiles: [USER, reviewed], defaultProfile: 'User' })
  const submission = await application()
  old = issued(await at.authority.submit(submission))
  oldKey = submission.key
  at.clock.time += 25 * DAY
})

/** The same CMS with parts that its signatures do not cover changed. */
async function inOtherDress(
  der: Octets,
  change: { readonly attribute?: boolean; readonly certificate?: Octets; readonly negated?: boolean },
): Promise<Octets> {
  const { content, certificates, signers } = parseSignedData(der)
  const [{ identifier, signature, signatureAlgorithm, digestAlgorithm }] = signers as [(typeof signers)[0]]
  const written = change.negated === true ? negated(signature) : signature
  const key: SigningKey = { ...oldKey, sign: () => Promise.resolve(written) }
  return rawSignedData({
    version: 1,
    contentType: OID.data,
    content: content!,
    certificates: [...certificates, ...(change.certificate ? [change.certificate] : [])],
    signers: [
      {
        ...{ key, identifier, signatureAlgorithm, digestAlgorithm, attributes: null },
        ...(change.attribute === true && { unsignedAttributes: [attribute('1.2.3', octetString(Uint8Array.of(1)))] }),
      },
    ],
  })
}

/** The other signature of ECDSA on P-256 that verifies: s becomes n - s. */
function negated(signature: Octets): Octets {
  const n = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
  const numbers = toFullWidth(signature, 32)!
  const s = n - toBigint(numbers.subarray(32))
  return toSequence(Uint8Array.of(...numbers.subarray(0, 32), ...toFixedWidth(s, 32)))
}

const again = async (der: Octets, requester: Requester): Promise<Submission> => ({
  request: await readEnrollmentRequest(der, { verifier }),
  requester,
  additionalContext: [],
})

describe('a renewal that comes again', () => {
  const dresses = async (der: Octets): Promise<Octets[]> => [
    der,
    await inOtherDress(der, {}),
    await inOtherDress(der, { attribute: true }),
    await inOtherDress(der, { certificate: (await makeIdentity()).certificate.der }),
    await inOtherDress(der, { negated: true }),
  ]
  const requesters = (): Requester[] => [{ by: 'certificate', certificate: parseCertificate(old) }, alice]

  it('gets the same certificate, with any change to unsigned parts', async () => {
    const submission = await renewal(old, oldKey)
    const first = issued(await at.authority.submit(submission))
    const others = await dresses(submission.request.der)
    expect(new Set(others.map((der) => der.join())).size).toBe(4)
    for (const der of others) {
      for (const requester of requesters()) {
        expect(issued(await at.authority.submit(await again(der, requester)))).toEqual(first)
      }
    }
  })

  it.each(['keyCompromise', 'unspecified'] as const)(
    'is refused once its certificate was revoked for %s, with any change to unsigned parts',
    async (reason) => {
      const submission = await renewal(old, oldKey)
      const first = issued(await at.authority.submit(submission))
      await at.authority.revoke(serial(first), reason)
      for (const der of await dresses(submission.request.der)) {
        for (const requester of requesters()) {
          expect(await at.authority.submit(await again(der, requester))).toMatchObject(revoked)
        }
      }
    },
  )

  it('is not answered to another account', async () => {
    const { request } = await renewal(old, oldKey)
    issued(await at.authority.submit(await again(request.der, alice)))
    expect(await at.authority.submit(await again(request.der, mallory))).toMatchObject({ reason: 'renewal-refused' })
  })

  it('is recognised if an older version stored it under the digest of its octets', async () => {
    const { request } = await renewal(old, oldKey)
    const { subject, publicKey } = parseCertificate(old)
    await at.store.insert(
      {
        ...{ der: request.der, account: 'alice', method: 'renewal', submittedAt: at.clock.now() },
        ...{ idempotenceKey: 'certificate:0123', renews: serial(old) },
        content: { profile: 'User', publicKey, subject },
      },
      {
        status: 'issued',
        certificate: {
          ...{ serial: '77', kind: 'end-entity', der: old },
          ...{ notBefore: at.clock.now(), notAfter: at.clock.now() },
        },
      },
    )
    await at.authority.revoke('77')
    const other = await inOtherDress(request.der, { attribute: true })
    expect(await at.authority.submit(await again(other, alice))).toMatchObject(revoked)
  })
})

describe('a key that was revoked for keyCompromise', () => {
  it('is refused for every account, for new certificates and renewals', async () => {
    const request = await application({ key: oldKey }, mallory)
    await at.authority.revoke(serial(old), 'keyCompromise')
    expect(await at.authority.submit(request)).toMatchObject(compromised)
    const other = await application({}, mallory)
    const theirs = issued(await at.authority.submit(other))
    at.clock.time += 25 * DAY
    expect(await at.authority.submit(await renewal(theirs, other.key, { key: oldKey }))).toMatchObject(compromised)
    expect((await at.authority.submit(await renewal(theirs, other.key))).status).toBe('issued')
  })

  it('is accepted if the certificate was revoked for another reason', async () => {
    await at.authority.revoke(serial(old), 'superseded')
    expect((await at.authority.submit(await application({ key: oldKey }))).status).toBe('issued')
  })

  it('is refused if the reason became keyCompromise later', async () => {
    await at.authority.revoke(serial(old), 'superseded')
    const { revocation } = (await at.store.findCertificate(serial(old)))!
    at.clock.time += DAY
    await at.authority.revoke(serial(old), 'keyCompromise')
    expect((await at.store.findCertificate(serial(old)))!.revocation).toEqual({
      ...revocation,
      reason: 'keyCompromise',
    })
    expect(await at.authority.submit(await application({ key: oldKey }))).toMatchObject(compromised)
  })

  it('renews nothing by another certificate', async () => {
    const second = issued(await at.authority.submit(await application({ key: oldKey })))
    at.clock.time += 25 * DAY
    expect(await at.authority.renewalRefusal(parseCertificate(second))).toBeUndefined()
    await at.authority.revoke(serial(old), 'keyCompromise')
    expect(await at.authority.renewalRefusal(parseCertificate(second))).toBe('denial/renewal-key-compromised')
    expect(await at.authority.submit(await renewal(second, oldKey))).toMatchObject({
      reason: 'renewal-refused',
      cause: 'denial/renewal-key-compromised',
    })
  })

  it('is not certified by an approval, nor for an authority', async () => {
    const pending = await at.authority.submit(await application({ templateName: 'Reviewed', key: oldKey }))
    await at.authority.revoke(serial(old), 'keyCompromise')
    expect(await at.authority.approve(pending.requestId!)).toMatchObject(compromised)
    const below = { publicKey: oldKey.publicKey, subject: parseName('CN=Below'), validity: DAY }
    await expect(at.authority.certifyAuthority(below)).rejects.toMatchObject({ code: 'ca/key-compromised' })
  })

  it('is recognised in certificates that an older version stored', async () => {
    const key = await generateKey('ECDSA-P256')
    const { certificate } = await makeIdentity('ECDSA-P256')
    const { notBefore, notAfter } = certificate
    await at.store.insertCertificate({ serial: '0a', kind: 'end-entity', der: old, notBefore, notAfter })
    await at.authority.revoke('0a', 'keyCompromise')
    expect(await at.authority.submit(await application({ key: oldKey }))).toMatchObject(compromised)
    expect((await at.authority.submit(await application({ key }))).status).toBe('issued')
  })
})

describe('the fingerprint of a key', () => {
  it('is that of its value, in any encoding', async () => {
    const { publicKey } = await generateKey('RSA-2048')
    const key = readPublicKey(publicKey)
    if (key.type !== 'RSA') throw new Error('not RSA')
    const bits = bitString(sequence(integer(key.modulus), integer(key.exponent)))
    const withoutParameters = sequence(sequence(oid('1.2.840.113549.1.1.1')), bits)
    const withOtherExponent = sequence(
      sequence(oid('1.2.840.113549.1.1.1'), nullValue()),
      bitString(sequence(integer(key.modulus), integer(3))),
    )
    for (const other of [withoutParameters, withOtherExponent]) {
      expect(other).not.toEqual(publicKey)
      expect(keyFingerprint(readPublicKey(other))).toBe(keyFingerprint(key))
    }
    const next = readPublicKey((await generateKey('RSA-2048')).publicKey)
    expect(keyFingerprint(next)).not.toBe(keyFingerprint(key))
  })

  it('is another one on another curve', () => {
    const x = new Uint8Array(32).fill(1)
    expect(keyFingerprint({ type: 'EC', curve: 'P-256', x, y: x })).not.toBe(
      keyFingerprint({ type: 'EC', curve: 'P-384', x, y: x }),
    )
  })
})

describe('after a revocation an operator is told', () => {
  it('what renewed the certificate, directly or not', async () => {
    const one = await renewal(old, oldKey)
    const first = issued(await at.authority.submit(one))
    at.clock.time += 25 * DAY
    const second = issued(await at.authority.submit(await renewal(first, one.key)))
    const { notAfter } = parseCertificate(second)
    expect((await at.authority.revoke(serial(old), 'superseded')).related).toEqual([
      { serial: serial(first), account: 'alice', why: 'renewal', notAfter: parseCertificate(first).notAfter },
      { serial: serial(second), account: 'alice', why: 'renewal', notAfter },
    ])
    await at.authority.revoke(serial(first))
    expect((await at.authority.revoke(serial(old))).related.map((one) => one.serial)).toEqual([serial(second)])
    at.clock.time = notAfter.getTime() + 1
    expect((await at.authority.revoke(serial(old))).related).toEqual([])
  })

  it('which certificates have the compromised key, and what renewed those', async () => {
    const theirs = issued(await at.authority.submit(await application({ key: oldKey }, mallory)))
    at.clock.time += 25 * DAY
    const renewed = issued(await at.authority.submit(await renewal(theirs, oldKey)))
    const { related } = await at.authority.revoke(serial(old), 'keyCompromise')
    expect(related.map(({ serial: number, account, why }) => [number, account, why])).toEqual([
      [serial(theirs), 'mallory', 'same-key'],
      [serial(renewed), 'mallory', 'renewal'],
    ])
    expect((await at.authority.revoke(serial(theirs), 'superseded')).related).toHaveLength(1)
  })

  it('nothing where there is nothing', async () => {
    expect((await at.authority.revoke(serial(old), 'keyCompromise')).related).toEqual([])
  })
})
