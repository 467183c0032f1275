import { beforeAll, describe, expect, it } from 'vitest'
import type { Octets } from '../../bindings/octets/octets.js'
import { encryptForArchival } from '../pki/archival/archived-key.js'
import type { DecryptionKey } from '../pki/archival/key-transport.js'
import { USER, testAuthority, type TestAuthority } from '../pki/ca/testing/authority.js'
import { generateKey, signatureVerifier, type ExportableKey } from '../pki/keys/keys.js'
import type { CertificateAuthority } from '../pki/authority.js'
import { createFullResponse } from '../pki/requests/cmc-response.js'
import { createCertsOnly, withoutUnsignedAttribute } from '../pki/requests/cms.js'
import { parseCertificate } from '../pki/x509/certificate.js'
import { OID } from '../pki/requests/cms-names.js'
import { createCmcRequest } from '../pki/requests/create-enrollment-request.js'
import { makeArchive, type TestArchive } from '../pki/testing/archival.js'
import { SoapFault } from '../soap/envelope/fault.js'
import { directTransport } from '../soap/http/transport.js'
import type { TransportCredentials } from '../authentication/authentication.js'
import { WstepClient } from './client/client.js'
import { readFaultDetail } from './faults/fault-detail.js'
import { ENGLISH } from './faults/texts.js'
import { SecurityTokenService } from './security-token-service.js'

const url = 'https://sts.example/wstep'
const PROFILES = [
  USER,
  {
    ...USER,
    name: 'Mail',
    keyUsage: ['keyEncipherment'],
    extendedKeyUsage: ['1.3.6.1.5.5.7.3.4'],
    archival: 'required',
  },
] as const

let archive: TestArchive
let key: ExportableKey
/** How often the exchange key was used. */
let decrypted = 0
let at: TestAuthority
let archivedKey: Octets

beforeAll(async () => {
  archive = await makeArchive()
  key = await generateKey('RSA-2048', { extractable: true })
  const [exchange] = archive.options.keys
  const counting: DecryptionKey = {
    ...exchange,
    decrypt: (transport, encrypted) => {
      decrypted++
      return exchange.decrypt(transport, encrypted)
    },
  }
  at = await testAuthority({ profiles: PROFILES, archival: { ...archive.options, keys: [counting] } })
  archivedKey = await encryptForArchival(key, (await at.authority.exchangeCertificate())!)
})

function serviceOf({ authority }: { readonly authority: CertificateAuthority }) {
  const refused: string[] = []
  const service = new SecurityTokenService({
    ...{ authority, verifier: signatureVerifier(), address: url },
    accounts: { verify: (name, password) => Promise.resolve(password === 'right' ? name : undefined) },
    events: { refused: (code) => refused.push(code) },
  })
  const none: TransportCredentials = {}
  const transport = directTransport((sent, context: TransportCredentials) => service.handle(sent, context), none)
  const client = (password = 'right') =>
    new WstepClient({
      url,
      transport,
      credentials: { username: 'alice', password },
    })
  return { refused, client, anonymous: new WstepClient({ url, transport }) }
}

/** The fault of what is refused, without what differs from message to message. */
async function faultOf(answer: Promise<unknown>) {
  const error: unknown = await answer.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof SoapFault)) throw new Error('no fault')
  const { errorCode, invalidRequest } = readFaultDetail(error) ?? {}
  return { code: error.faultCode, text: error.reasons[0]?.text, errorCode, invalidRequest }
}

const requestWith = (own: Octets | undefined, templateName = 'Mail'): Promise<Octets> =>
  createCmcRequest({ subject: 'CN=x', key, templateName, archivedKey: own })

describe('a private key to be archived', () => {
  it('comes with a request, encrypted to the certificate of the key exchange token', async () => {
    const client = serviceOf(at).client()
    const token = await client.keyExchangeToken()
    const own = await encryptForArchival(key, token)
    const issued = await client.enroll({ key, subject: 'CN=x', templateName: 'Mail', archivedKey: own })
    expect(issued.status).toBe('issued')
  })

  it('is confirmed by its hash in the answer; without that, or with another, the client refuses the answer', async () => {
    const { authority } = at
    const enroll = async (change: (response: Octets, certificate: Octets) => Octets | Promise<Octets>) => {
      const changing: CertificateAuthority = {
        chain: authority.chain,
        archivesKeys: true,
        query: (query) => authority.query(query),
        exchangeCertificate: () => authority.exchangeCertificate(),
        renewalRefusal: (certificate) => authority.renewalRefusal(certificate),
        submit: async (submission) => {
          const disposition = await authority.submit(submission)
          if (disposition.status !== 'issued') return disposition
          return { ...disposition, response: await change(disposition.response, disposition.certificate) }
        },
      }
      const own = await encryptForArchival(key, (await authority.exchangeCertificate())!)
      const client = serviceOf({ authority: changing }).client()
      return client.enroll({ key, subject: 'CN=x', templateName: 'Mail', archivedKey: own })
    }
    expect((await enroll((response) => response)).status).toBe('issued')
    const withHash = (encryptedKeyHash: Octets | undefined) => (_: Octets, certificate: Octets) =>
      createFullResponse({
        ...{ status: 'issued', statusString: 'Issued', certificate, encryptedKeyHash, chain: [] },
        signer: { key: at.key, certificate: parseCertificate(at.root) },
      })
    const refused = { code: 'wstep/not-archived' }
    await expect(enroll(withHash(undefined))).rejects.toMatchObject(refused)
    await expect(enroll(withHash(new Uint8Array(32)))).rejects.toMatchObject(refused)
    await expect(enroll((_, certificate) => createCertsOnly([certificate]))).rejects.toMatchObject(refused)
  })

  it('is refused without a look at it, where none are archived', async () => {
    const { client, refused } = serviceOf(await testAuthority({ profiles: PROFILES }))
    const fault = await faultOf(client().submit(await requestWith(archivedKey), key.publicKey))
    const errorCode = 0x8009400a | 0
    expect(fault).toEqual({ code: 'Sender', text: ENGLISH['archival-unavailable'], errorCode, invalidRequest: false })
    const noToken = await faultOf(client().keyExchangeToken())
    expect(noToken).toMatchObject({ text: ENGLISH['key-exchange-unavailable'] })
    expect(refused).toEqual(['pki/key-archival', 'wstep/key-exchange-unavailable'])
  })

  it('is not decrypted for a caller without credentials, nor with a wrong password, hash or signature', async () => {
    const { client, anonymous, refused } = serviceOf(at)
    const before = decrypted
    const der = await requestWith(archivedKey)
    const missing = withoutUnsignedAttribute(der, OID.archivedKey)
    const tampered = der.map((octet, i) => (i === der.length - 20 ? octet ^ 1 : octet))
    await expect(anonymous.submit(der, key.publicKey)).rejects.toMatchObject({ faultCode: 'Sender' })
    await expect(client('wrong').submit(der, key.publicKey)).rejects.toMatchObject({ faultCode: 'Sender' })
    const errorCode = 0x8009400c | 0
    for (const wrong of [missing, tampered]) {
      const fault = await faultOf(client().submit(wrong, key.publicKey))
      expect(fault).toEqual({ code: 'Sender', text: ENGLISH['archived-key'], errorCode, invalidRequest: false })
    }
    expect(refused).toEqual([
      'wstep/authentication-required',
      'authentication/password',
      'pki/archival-request',
      'pki/archival-hash',
    ])
    expect(decrypted).toBe(before)
  })

  it('that is damaged, not the request’s or not a key gets one fault', async () => {
    const { client, refused } = serviceOf(at)
    const other = await generateKey('RSA-2048', { extractable: true })
    const exchange = (await at.authority.exchangeCertificate())!
    const before = decrypted
    const faults = []
    const last = archivedKey.length - 1
    for (const wrong of [
      await encryptForArchival(other, exchange),
      archivedKey.map((octet, i) => (i === last ? octet ^ 1 : octet)),
      archivedKey.map((octet, i) => (i === last - 40 ? octet ^ 1 : octet)),
    ]) {
      faults.push(await faultOf(client().submit(await requestWith(wrong), key.publicKey)))
    }
    const expected = {
      code: 'Receiver',
      text: ENGLISH['archived-key'],
      errorCode: 0x8009400c | 0,
      invalidRequest: true,
    }
    expect(faults).toEqual([expected, expected, expected])
    expect(refused).toEqual(['pki/decryption', 'pki/decryption', 'pki/decryption'])
    expect(decrypted).toBe(before + 3)
  })

  it('is not archived for a profile that signs or authenticates', async () => {
    const { client, refused } = serviceOf(at)
    const before = decrypted
    const fault = await faultOf(client().submit(await requestWith(archivedKey, 'User'), key.publicKey))
    expect(fault).toMatchObject({ text: ENGLISH['archival-unexpected'], errorCode: 0x80094810 | 0 })
    expect(refused).toEqual(['denial/archival-unexpected'])
    expect(decrypted).toBe(before)
  })

  it('is required by a profile that says so', async () => {
    const { client, refused } = serviceOf(at)
    const fault = await faultOf(client().enroll({ key, subject: 'CN=x', templateName: 'Mail' }))
    expect(fault).toMatchObject({ text: ENGLISH['archival-required'], errorCode: 0x80094804 | 0 })
    expect(refused).toEqual(['denial/archival-required'])
  })
})
