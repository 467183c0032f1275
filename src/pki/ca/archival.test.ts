import { beforeEach, describe, expect, it } from 'vitest'
import type { Octets } from '../../../bindings/octets/octets.js'
import { encryptForArchival, recoverKey } from '../archival/archived-key.js'
import { createEnvelopedData } from '../archival/enveloped-data.js'
import { octetString } from '../asn1/der.js'
import { encodePem } from '../asn1/pem.js'
import type { Disposition } from '../authority.js'
import { generateKey, type ExportableKey } from '../keys/keys.js'
import { readResponse } from '../requests/cmc-response.js'
import { digest, parseSignedData } from '../requests/cms.js'
import { OID } from '../requests/cms-names.js'
import { createCmcRequest, type CmcRequestContent } from '../requests/create-enrollment-request.js'
import { readEnrollmentRequest } from '../requests/enrollment-request.js'
import { decryptionKeyOf, makeArchive } from '../testing/archival.js'
import { makeIdentity } from '../testing/certificates.js'
import { hasOpenssl, openssl } from '../testing/openssl.js'
import { parseCertificate } from '../x509/certificate.js'
import { HRESULT } from './policy/denials.js'
import type { Profile } from './policy/profile.js'
import { serialText, signCertificate } from './issuing/sign-certificate.js'
import { alice, DAY, issued, testAuthority, USER, verifier, type TestAuthority } from './testing/authority.js'

const MAIL: Profile = {
  ...USER,
  name: 'Mail',
  keyUsage: ['keyEncipherment', 'keyAgreement'],
  extendedKeyUsage: ['1.3.6.1.5.5.7.3.4'],
  archival: 'required',
}
const WAITING: Profile = { ...MAIL, name: 'Waiting', archival: 'allowed', approval: 'operator' }

const archive = await makeArchive()
const key = await generateKey('RSA-2048', { extractable: true })
const [agent] = archive.agents
const recoverer = { certificate: agent.certificate.der, key: await decryptionKeyOf(agent.key) }

let at: TestAuthority
let exchange: Octets

beforeEach(async () => {
  at = await testAuthority({ profiles: [USER, MAIL, WAITING], archival: archive.options })
  exchange = (await at.authority.exchangeCertificate())!
})

const request = async (content: Partial<CmcRequestContent> = {}): Promise<Octets> =>
  createCmcRequest({
    subject: 'CN=anything',
    key,
    templateName: 'Mail',
    archivedKey: await encryptForArchival(key, exchange),
    ...content,
  })

async function submit(der: Octets, { authority } = at): Promise<Disposition> {
  const read = await readEnrollmentRequest(der, { verifier, allowKeyArchival: true })
  return authority.submit({ request: read, requester: alice, additionalContext: [] })
}

const serialOf = (certificate: Octets): string => serialText(parseCertificate(certificate).serialNumber)
const pkcs8Of = (one: ExportableKey): Promise<Octets> => one.exportPrivateKey()

describe('a request with its private key', () => {
  it('is issued, and the key can be recovered', async () => {
    const der = await request()
    const disposition = await submit(der)
    const certificate = issued(disposition)
    expect([...parseCertificate(certificate).keyUsage!]).toEqual(['keyEncipherment'])
    const archived = await at.authority.archivedKey(serialOf(certificate))
    expect(archived.certificate).toEqual(certificate)
    expect(await recoverKey(archived, recoverer)).toEqual(await pkcs8Of(key))
    // As OpenSSL prints serial numbers, with a leading zero.
    expect(await at.authority.archivedKey(`00${serialOf(certificate).toUpperCase()}`)).toEqual(archived)
  })

  it('is answered with the hash of the encrypted key, later too', async () => {
    const archivedKey = await encryptForArchival(key, exchange)
    const disposition = await submit(await request({ archivedKey }))
    const { requestId } = disposition
    for (const one of [disposition, await at.authority.query({ requestId: requestId!, requester: alice })]) {
      if (one?.status !== 'issued') throw new Error('not issued')
      const { encryptedKeyHash, certificate } = await readResponse(one.response)
      expect(encryptedKeyHash).toEqual(await digest('SHA-256', archivedKey))
      expect(certificate).toEqual(one.certificate)
    }
  })

  it('is stored without it: still signed, and without the encrypted key', async () => {
    const der = await request()
    const { requestId } = await submit(der)
    const stored = (await at.store.findRequest(requestId!))!.der
    const [before, after] = [parseSignedData(der), parseSignedData(stored)]
    expect(after).toEqual({
      ...before,
      signers: before.signers.map((signer) => ({ ...signer, unsignedAttributes: undefined })),
    })
    expect(before.signers[0]?.unsignedAttributes).toBeDefined()
    expect(Buffer.from(stored).includes(Buffer.from(await digestedEnvelope(der)))).toBe(false)
  })

  it('is kept until an operator decides', async () => {
    const one = await submit(await request({ templateName: 'Waiting' }))
    if (one.status !== 'pending') throw new Error('not pending')
    const certificate = issued(await at.authority.approve(one.requestId, 'olga'))
    const archived = await at.authority.archivedKey(serialOf(certificate))
    expect(await recoverKey(archived, recoverer)).toEqual(await pkcs8Of(key))
    await expect(at.authority.archivedKey('ff')).rejects.toMatchObject({ code: 'ca/unknown-certificate' })
  })

  it('may have a key for EC, as PKCS#8', async () => {
    const ec = await generateKey('ECDSA-P256', { extractable: true })
    const archivedKey = await encryptForArchival(ec, exchange)
    const certificate = issued(await submit(await request({ key: ec, archivedKey })))
    expect([...parseCertificate(certificate).keyUsage!]).toEqual(['keyAgreement'])
    const archived = await at.authority.archivedKey(serialOf(certificate))
    expect(await recoverKey(archived, recoverer)).toEqual(await pkcs8Of(ec))
  })

  it('may be encrypted to an older exchange certificate, until that expires', async () => {
    const older = exchange
    at.clock.time += 5 * DAY
    expect(await at.authority.exchangeCertificate()).not.toEqual(older)
    expect((await submit(await request({ archivedKey: await encryptForArchival(key, older) }))).status).toBe('issued')
    at.clock.time += 3 * DAY
    const late = await submit(await request({ archivedKey: await encryptForArchival(key, older) }))
    expect(late).toMatchObject({ status: 'denied', cause: 'pki/recipient' })
  })
})

/** The encrypted content that comes with a request. */
async function digestedEnvelope(der: Octets): Promise<Octets> {
  const { archivedKey } = await readEnrollmentRequest(der, { verifier, allowKeyArchival: true })
  return archivedKey!.slice(-64)
}

describe('a request is denied', () => {
  const denied = (reason: string, errorCode: number, cause?: string) =>
    ({ status: 'denied', reason, errorCode, ...(cause === undefined ? {} : { cause }) }) as const

  it('without its private key, where the profile requires it', async () => {
    const disposition = await submit(await request({ archivedKey: undefined }))
    expect(disposition).toMatchObject(denied('archival-required', HRESULT.CERTSRV_E_ARCHIVED_KEY_REQUIRED))
    expect((await submit(await request({ archivedKey: undefined, templateName: 'Waiting' }))).status).toBe('pending')
  })

  it('with a private key that its profile does not archive: signing keys', async () => {
    const disposition = await submit(await request({ templateName: 'User' }))
    expect(disposition).toMatchObject(denied('archival-unexpected', HRESULT.CERTSRV_E_ARCHIVED_KEY_UNEXPECTED))
    for (const keyUsage of [['digitalSignature', 'keyEncipherment'], ['nonRepudiation']] as const) {
      const profiles = [{ ...MAIL, keyUsage }]
      await expect(testAuthority({ profiles })).rejects.toMatchObject({ code: 'ca/profile' })
    }
    const profiles = [{ ...MAIL, extendedKeyUsage: ['1.3.6.1.5.5.7.3.2'] }]
    await expect(testAuthority({ profiles })).rejects.toMatchObject({ code: 'ca/profile' })
  })

  it('with the private key of another certificate, and with none, alike', async () => {
    const other = await generateKey('RSA-2048', { extractable: true })
    const wrong = [
      await encryptForArchival(other, exchange),
      await createEnvelopedData(octetString(new Uint8Array(64)), [parseCertificate(exchange)]),
    ]
    for (const archivedKey of wrong) {
      const disposition = await submit(await request({ archivedKey }))
      const expected = denied('archived-key', HRESULT.CERTSRV_E_BAD_REQUEST_KEY_ARCHIVAL, 'pki/decryption')
      expect(disposition).toMatchObject(expected)
      expect(await at.store.list({ status: 'pending', limit: 9 })).toEqual([])
    }
  })

  it('with a private key for another recipient', async () => {
    const { certificate } = await makeIdentity('RSA-2048', 'CN=Fabrikam CA-Xchg')
    const archivedKey = await createEnvelopedData(await pkcs8Of(key), [certificate])
    expect(await submit(await request({ archivedKey }))).toMatchObject({ status: 'denied', cause: 'pki/recipient' })
  })

  it('while the exchange certificate is revoked', async () => {
    const der = await request()
    await at.authority.revoke(serialOf(exchange), 'keyCompromise')
    expect(await submit(der)).toMatchObject({ status: 'denied', cause: 'pki/recipient' })
  })

  it('while a recovery agent’s certificate has expired', async () => {
    const { publicKey, subject, serialNumber } = agent.certificate
    const times = { notBefore: new Date(at.clock.time - DAY), notAfter: new Date(at.clock.time + DAY) }
    const content = { serialNumber, issuer: subject, subject, publicKey, extensions: [], ...times }
    const agents = [await signCertificate(content, agent.key)]
    const other = await testAuthority({ profiles: [MAIL], archival: { ...archive.options, agents } })
    exchange = (await other.authority.exchangeCertificate())!
    expect((await submit(await request(), other)).status).toBe('issued')
    other.clock.time += 2 * DAY
    const disposition = await submit(await request(), other)
    const cause = 'denial/recovery-agent-expired'
    expect(disposition).toMatchObject(denied('archival-unavailable', HRESULT.CERTSRV_E_NO_VALID_KRA, cause))
  })

  it('before anything is decrypted, if its account may not enrol', async () => {
    const decrypt = () => Promise.reject(new Error('decrypted'))
    const keys = [{ ...archive.options.keys[0], decrypt }] as const
    const closed = { ...MAIL, enrollers: ['bob'] }
    const other = await testAuthority({ profiles: [closed], archival: { ...archive.options, keys } })
    exchange = (await other.authority.exchangeCertificate())!
    expect(await submit(await request(), other)).toMatchObject({ status: 'denied', reason: 'template-denied' })
  })

  it('where no keys are archived', async () => {
    const { authority } = await testAuthority({ profiles: [MAIL] })
    expect([authority.archivesKeys, await authority.exchangeCertificate()]).toEqual([false, undefined])
    const read = await readEnrollmentRequest(await request(), { verifier, allowKeyArchival: true })
    const disposition = await authority.submit({ request: read, requester: alice, additionalContext: [] })
    expect(disposition).toMatchObject(denied('archival-unavailable', HRESULT.CERTSRV_E_KEY_ARCHIVAL_NOT_CONFIGURED))
  })
})

describe('an archive', () => {
  it('knows which keys it has', async () => {
    const certificate = issued(await submit(await request()))
    const other = await generateKey('RSA-2048', { extractable: true })
    const signing = issued(await submit(await request({ key: other, templateName: 'User', archivedKey: undefined })))
    expect(await at.authority.archivedKey(serialOf(certificate))).toBeDefined()
    await expect(at.authority.archivedKey(serialOf(signing))).rejects.toMatchObject({ code: 'ca/not-archived' })
  })

  it('needs recovery agents, with keys that encrypt', async () => {
    const { certificate } = await makeIdentity('ECDSA-P256')
    for (const agents of [[], [certificate.der]]) {
      const options = { archival: { ...archive.options, agents } }
      await expect(testAuthority(options)).rejects.toMatchObject({ code: 'ca/recovery-agent' })
    }
  })
})

it.runIf(hasOpenssl('keys that OpenSSL encrypts for archiving'))(
  'a key that OpenSSL encrypted is archived',
  async () => {
    const files = { content: await pkcs8Of(key), certificate: encodePem('CERTIFICATE', exchange) }
    const options = 'cms -encrypt -binary -aes256 -outform DER -in content -out out -recip certificate'
    const { out, said, ok } = openssl(`${options} -keyopt rsa_padding_mode:oaep`, files)
    expect(ok, said).toBe(true)
    const certificate = issued(await submit(await request({ archivedKey: out })))
    const { envelope } = await at.authority.archivedKey(serialOf(certificate))
    const agentFiles = { envelope, key: encodePem('PRIVATE KEY', await pkcs8Of(agent.key)) }
    const opened = openssl('cms -decrypt -inform DER -in envelope -inkey key -out out', agentFiles)
    expect(opened.ok, opened.said).toBe(true)
    expect(opened.out).toEqual(await pkcs8Of(key))
    // With the padding that Node 20 cannot decrypt, and WebCrypto never.
    const v15 = openssl(options, files).out
    expect(await submit(await request({ archivedKey: v15 }))).toMatchObject({
      status: 'denied',
      cause: 'pki/recipient',
    })
    expect(parseSignedData(await request({ archivedKey: v15 })).contentType).toBe(OID.pkiData)
  },
)
