import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EnrollmentRequest } from '../../pki/requests/enrollment-request.js'
import { readEnrollmentRequest } from '../../pki/requests/enrollment-request.js'
import { createCmcRequest, createRenewalRequest } from '../../pki/requests/create-enrollment-request.js'
import { subjectAltName } from '../../pki/x509/extensions.js'
import { generateKey, type ExportableKey } from '../../pki/keys/keys.js'
import { encodePem } from '../../pki/asn1/pem.js'
import { createCertificationRequest } from '../../pki/requests/pkcs10.js'
import type { Octets } from '../../../bindings/octets/octets.js'
import { testAuthority, USER, verifier, type TestAuthority } from '../../pki/ca/testing/authority.js'
import { serialText } from '../../pki/ca/issuing/sign-certificate.js'
import { parseCertificate } from '../../pki/x509/certificate.js'
import { SoapFault } from '../../soap/envelope/fault.js'
import { writeEnvelope, writeFault } from '../../soap/envelope/envelope.js'
import { securityHeader } from '../../soap/security/security-header.js'
import { timestampElement } from '../../soap/security/timestamp.js'
import { usernameTokenElement } from '../../soap/security/username-token.js'
import { enrollmentFault } from '../../wstep/faults/fault-detail.js'
import { actionsOf, writeRequest } from '../../wstep/messages/request-message.js'
import { writeResponse } from '../../wstep/messages/response-message.js'
import { canonicalize } from '../../xml/canonicalize.js'
import { run, runWith } from '../testing/terminal.js'

const folder = mkdtempSync(path.join(tmpdir(), 'inspect-pki-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})
let files = 0
function fileOf(content: Uint8Array | string): string {
  const file = path.join(folder, String(++files))
  writeFileSync(file, content)
  return file
}

interface Explained {
  artefact: string
  facts: Record<string, unknown>
}

/** What a file is explained as; all of it must be shown to people too. */
async function explained(content: Uint8Array | string): Promise<Explained[]> {
  const file = fileOf(content)
  const json = await run('inspect', '--json', file)
  expect({ code: json.code, err: json.err }).toEqual({ code: 0, err: '' })
  const explanations = JSON.parse(json.out) as Explained[]
  const plain = await run('inspect', file)
  for (const { artefact } of explanations) expect(plain.out).toContain(`${artefact}\n`)
  return explanations
}

let ca: TestAuthority
let key: ExportableKey
let request: EnrollmentRequest
let certificate: Octets
/** The CMC full response with it. */
let response: Octets

beforeAll(async () => {
  ca = await testAuthority({ profiles: [{ ...USER, honours: ['dnsNames'] }], defaultProfile: 'User' })
  key = await generateKey('ECDSA-P256', { extractable: true })
  const { der } = await createCertificationRequest({
    subject: 'CN=alice',
    key,
    templateName: 'User',
    extensions: [subjectAltName({ dnsNames: ['alice.example'] })],
    clientInfo: { clientId: 5, machine: 'PC\u001b[2J', user: 'alice', process: 'enroll' },
  })
  request = await readEnrollmentRequest(der, { verifier })
  const requester = { by: 'account', id: 'alice', method: 'test' } as const
  const disposition = await ca.authority.submit({ request, requester, additionalContext: [] })
  if (disposition.status !== 'issued') throw new Error(disposition.status)
  ;({ certificate, response } = disposition)
})

const serial = (): string => serialText(parseCertificate(certificate).serialNumber)

describe('uprove inspect explains', () => {
  it('certificates, in DER and PEM', async () => {
    const [fromDer] = await explained(certificate)
    expect(fromDer).toMatchObject({
      artefact: 'certificate',
      facts: {
        subject: 'CN=alice',
        issuer: 'CN=Fabrikam CA,O=Fabrikam',
        serial: serial(),
        key: 'EC, P-256',
        names: ['DNS alice.example'],
        purposes: ['TLS client'],
        signature: {
          algorithm: 'ECDSA with SHA-256',
          verified: 'not checked: the file has no certificate of the issuer',
        },
      },
    })
    const chain = [certificate, ca.root].map((der) => encodePem('CERTIFICATE', der)).join('and then\n')
    const [first, second] = await explained(chain)
    const authority = 'CN=Fabrikam CA,O=Fabrikam'
    expect(first).toMatchObject({ facts: { signature: { verified: true, by: `the key of ${authority}` } } })
    const selfSigned = { verified: true, by: 'its own key' }
    expect(second).toMatchObject({ facts: { subject: authority, authority: true, signature: selfSigned } })
    // One octet of a signature differs.
    const forged = [certificate, ca.root].map((der) => der.with(-1, der.at(-1)! ^ 1))
    const both = await explained(forged.map((der) => encodePem('CERTIFICATE', der)).join(''))
    expect(both).toMatchObject(new Array(2).fill({ facts: { signature: { verified: 'pki/signature' } } }))
    expect((await explained(ca.root))[0]).toMatchObject({ facts: { signature: selfSigned } })
    const digest = execFileSync('openssl', ['x509', '-inform', 'DER', '-noout', '-fingerprint', '-sha256'], {
      input: certificate,
      encoding: 'utf8',
    })
    const [, hex] = /=(.*)/.exec(digest)!
    expect(fromDer!.facts['SHA-256']).toBe(hex!.replaceAll(':', '').toLowerCase())
  })

  it('requests, and verifies that their keys signed them', async () => {
    const [pkcs10] = await explained(encodePem('CERTIFICATE REQUEST', request.der))
    expect(pkcs10).toMatchObject({
      artefact: 'certificate request, PKCS#10',
      facts: {
        subject: 'CN=alice',
        template: 'User',
        names: ['DNS alice.example'],
        'made by': 'enroll of alice on PC\u001b[2J',
        signature: { verified: true },
      },
    })
    // Nothing of it steers the terminal.
    expect((await run('inspect', fileOf(request.der))).out).toContain('on PC\\u001b[2J\n')
    const tampered = request.der.slice()
    tampered[tampered.length - 1]! ^= 1
    expect((await explained(tampered))[0]).toMatchObject({ facts: { signature: { verified: 'pki/signature' } } })
  })

  it('requests that OpenSSL made', async () => {
    const options = ['req', '-new', '-newkey', 'rsa:2048', '-nodes', '-keyout', '/dev/null', '-subj', '/CN=bob']
    const [pkcs10] = await explained(execFileSync('openssl', options, { stdio: ['ignore', 'pipe', 'ignore'] }))
    expect(pkcs10).toMatchObject({ facts: { subject: 'CN=bob', key: 'RSA, 2048 bits', signature: { verified: true } } })
  })

  it('renewals in CMS, and CMC requests', async () => {
    const newKey = await generateKey('ECDSA-P384')
    const renewal = await createRenewalRequest({ certificate, oldKey: key, newKey })
    expect((await explained(encodePem('CMS', renewal)))[0]).toMatchObject({
      artefact: 'certificate request, CMS',
      facts: {
        request: { key: 'EC, P-384', renews: { serial: serial() } },
        'signed by': ['the key of a certificate, ECDSA with SHA-256'],
        verified: true,
      },
    })
    const cmc = await createCmcRequest({ subject: 'CN=bob', key: newKey, pairs: new Map([['ccm', 'host']]) })
    expect((await explained(cmc))[0]).toMatchObject({
      artefact: 'certificate request, CMC',
      facts: { request: { subject: 'CN=bob' }, 'names and values': { ccm: 'host' }, verified: true },
    })
    const forged = renewal.slice()
    forged[forged.length - 1]! ^= 1
    const [{ facts }] = (await explained(forged)) as [Explained]
    expect(facts.verified).toMatch(/^pki\//)
  })

  it('what authorities answer', async () => {
    expect((await explained(response))[0]).toMatchObject({
      artefact: 'CMC full response',
      facts: { status: 'issued', issued: { serial: serial(), signature: { verified: true } }, verified: true },
    })
    const tampered = response.with(-1, response.at(-1)! ^ 1)
    expect((await explained(tampered))[0]).toMatchObject({ facts: { verified: 'pki/signer-signature' } })
    const chain = fileOf([certificate, ca.root].map((der) => encodePem('CERTIFICATE', der)).join(''))
    const bag = execFileSync('openssl', ['crl2pkcs7', '-nocrl', '-certfile', chain])
    expect((await explained(bag))[0]).toMatchObject({
      artefact: 'certificates only, CMS',
      facts: {
        certificates: [
          { subject: 'CN=alice', signature: { verified: true } },
          { authority: true, signature: { verified: true } },
        ],
      },
    })
  })

  it('other data that somebody signed in CMS', async () => {
    const [signer, pem] = [fileOf(encodePem('CERTIFICATE', certificate)), fileOf('')]
    writeFileSync(pem, encodePem('PRIVATE KEY', await key.exportPrivateKey()))
    const options = [
      '-sign',
      '-signer',
      signer,
      '-inkey',
      pem,
      '-outform',
      'DER',
      '-nodetach',
      '-noattr',
      '-md',
      'sha256',
    ]
    const signed = execFileSync('openssl', ['cms', ...options, '-binary'], { input: 'hello' })
    expect((await explained(signed))[0]).toMatchObject({
      artefact: 'signed data, CMS',
      facts: { certificates: [{ subject: 'CN=alice' }], verified: true },
    })
    const without = execFileSync('openssl', ['cms', ...options, '-binary', '-nocerts'], { input: 'hello' })
    expect((await explained(without))[0]).toMatchObject({
      facts: { verified: 'not checked: the file has no certificate of the signer' },
    })
  })

  it('PKCS#12 files, of which it shows what needs no password', async () => {
    const [crt, pem] = [fileOf(encodePem('CERTIFICATE', certificate)), fileOf('')]
    writeFileSync(pem, encodePem('PRIVATE KEY', await key.exportPrivateKey()))
    const pfx = (...options: string[]): Buffer =>
      execFileSync('openssl', ['pkcs12', '-export', '-in', crt, '-inkey', pem, '-passout', 'pass:x', ...options])
    expect((await explained(pfx()))[0]).toEqual({
      artefact: 'PKCS#12 file',
      facts: {
        parts: ['encrypted with the password (PBES2)', ['private key, encrypted']],
        integrity: 'HMAC with SHA-256, 2048 iterations; not checked without the password',
      },
    })
    const open = (await explained(pfx('-certpbe', 'NONE', '-keypbe', 'NONE', '-nomac')))[0]
    expect(open).toMatchObject({
      facts: { parts: [[{ certificate: { subject: 'CN=alice' } }], ['private key, not encrypted']] },
    })
    expect(open?.facts.integrity).toBeUndefined()
    const cut = await run('inspect', fileOf(pfx().subarray(0, -1)))
    expect(cut).toMatchObject({ code: 1, err: expect.stringContaining('pki/not-der') as string })
  })

  it.each([
    ['little', 'utf16le'],
    ['big', 'utf16be'],
  ])('requests in UTF-16, %s endian, as Windows writes them', async (_, encoding) => {
    const text = `\ufeff${encodePem('CERTIFICATE REQUEST', request.der).replaceAll('\n', '\r\n')}`
    const octets = Buffer.from(text, 'utf16le')
    expect(await explained(encoding === 'utf16le' ? octets : octets.swap16())).toMatchObject([
      { artefact: 'certificate request, PKCS#10', facts: { subject: 'CN=alice', signature: { verified: true } } },
    ])
  })

  it('what comes on standard input', async () => {
    // eslint-disable-next-line @typescript-eslint/require-await
    const input = (async function* () {
      yield request.der.subarray(0, 7)
      yield request.der.subarray(7)
    })()
    const ran = await runWith({ input }, 'inspect', '-')
    expect(ran).toMatchObject({ code: 0, err: '', out: expect.stringContaining('CN=alice') as string })
  })

  it('revocation lists', async () => {
    const empty = await ca.authority.crl()
    expect((await explained(empty))[0]).toMatchObject({
      artefact: 'certificate revocation list',
      facts: {
        ...{ issuer: 'CN=Fabrikam CA,O=Fabrikam', revoked: [] },
        signature: { verified: 'not checked: the file has no certificate of the issuer' },
      },
    })
    const withIssuer = (crl: Octets): Promise<Explained[]> =>
      explained(encodePem('CERTIFICATE', ca.root) + encodePem('X509 CRL', crl))
    expect((await withIssuer(empty))[1]).toMatchObject({ facts: { signature: { verified: true } } })
    const forged = empty.with(-1, empty.at(-1)! ^ 1)
    expect((await withIssuer(forged))[1]).toMatchObject({ facts: { signature: { verified: 'pki/signature' } } })
    await ca.authority.revoke(serial(), 'keyCompromise')
    const [{ facts }] = (await explained(encodePem('X509 CRL', await ca.authority.crl()))) as [Explained]
    expect(facts.revoked).toEqual([expect.stringMatching(new RegExp(`^${serial()}, at .*Z: keyCompromise$`))])
  })

  it('private keys, of which it shows nothing', async () => {
    const pem = encodePem('PRIVATE KEY', await key.exportPrivateKey())
    expect(await explained(pem)).toEqual([{ artefact: 'private key', facts: { key: 'EC, P-256' } }])
  })

  it.each([
    ['an empty sequence', Uint8Array.of(0x30, 0), /pki\/structure/],
    ['a sequence that is cut off', Uint8Array.of(0x30, 5, 1), /pki\/not-der/],
    ['PEM of another thing', '-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n', /pki\/structure/],
    ['text', 'nothing', /xml\/not-well-formed/],
  ])('nothing of %s', async (_, content, reason) => {
    const { code, out, err } = await run('inspect', fileOf(content))
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toMatch(reason)
  })
})

describe('uprove inspect explains of WSTEP', () => {
  it('requests in their envelopes, without the password', async () => {
    const message = {
      kind: 'issue',
      token: request.der,
      additionalContext: [{ name: 'ccm', value: 'host' }],
      preferredLanguage: 'de-DE',
    } as const
    const now = new Date()
    const token = await usernameTokenElement({ username: 'alice', password: 'correct horse' }, now)
    const { action } = actionsOf(message)
    const envelope = writeEnvelope({
      ...{ action, messageId: 'urn:uuid:1', to: 'https://ca.example/wstep' },
      headers: [securityHeader(timestampElement(now), token)],
      body: writeRequest(message),
    })
    expect(await explained(envelope)).toMatchObject([
      {
        artefact: 'SOAP 1.2 message',
        facts: { action, to: 'https://ca.example/wstep', security: { user: 'alice', password: 'PasswordText' } },
      },
      {
        artefact: 'WSTEP request for a certificate',
        facts: {
          language: 'de-DE',
          context: ['ccm: host'],
          'certificate request, PKCS#10': { subject: 'CN=alice', signature: { verified: true } },
        },
      },
    ])
    expect((await run('inspect', fileOf(envelope))).out).not.toContain('correct horse')
  })

  it('queries, and requests for the key exchange certificate', async () => {
    const query = canonicalize(writeRequest({ kind: 'query', requestId: '7' }))
    expect(await explained(query)).toEqual([{ artefact: 'WSTEP query of a status', facts: { request: '7' } }])
    const exchange = canonicalize(writeRequest({ kind: 'key-exchange' }))
    expect(await explained(exchange)).toEqual([
      { artefact: 'WSTEP request for the key exchange certificate', facts: {} },
    ])
  })

  it('answers', async () => {
    const issued = writeResponse({
      kind: 'issued',
      certificate,
      response,
      requestId: '7',
      disposition: { text: 'Issued' },
    })
    expect((await explained(canonicalize(issued)))[0]).toMatchObject({
      artefact: 'WSTEP answer with a certificate',
      facts: {
        request: '7',
        disposition: 'Issued',
        certificate: { serial: serial() },
        'CMC full response': { status: 'issued' },
      },
    })
    const reference = 'https://ca.example/wstep'
    const pending = writeResponse({ kind: 'pending', reference, requestId: '8' })
    expect(await explained(canonicalize(pending))).toEqual([
      { artefact: 'WSTEP answer that a request is pending', facts: { request: '8', 'ask at': reference } },
    ])
    const exchange = writeResponse({ kind: 'key-exchange', certificate })
    expect((await explained(canonicalize(exchange)))[0]).toMatchObject({
      artefact: 'WSTEP answer with the key exchange certificate',
      facts: { subject: 'CN=alice' },
    })
  })

  it('faults', async () => {
    const fault = enrollmentFault({ errorCode: 0x80094012 | 0, invalidRequest: true, requestId: '9' }, [
      { language: 'en-US', text: 'Denied' },
      { language: 'de-DE', text: 'Verweigert' },
    ])
    expect((await explained(writeFault(fault)))[1]).toEqual({
      artefact: 'SOAP fault',
      facts: {
        code: 'Receiver',
        reasons: ['en-US: Denied', 'de-DE: Verweigert'],
        'certificate request': { HRESULT: '0x80094012', 'request denied': true, request: '9' },
      },
    })
    const plain = new SoapFault({ faultCode: 'Sender', reasons: 'No' })
    expect((await explained(writeFault(plain)))[1]).toEqual({
      artefact: 'SOAP fault',
      facts: { code: 'Sender', reasons: ['en-US: No'] },
    })
  })

  it('nothing of requests that are malformed', async () => {
    const broken = new TextDecoder().decode(canonicalize(writeRequest({ kind: 'query', requestId: '7' })))
    const { code, err } = await run('inspect', fileOf(broken.replace('>7<', '><')))
    expect(code).toBe(1)
    expect(err).toMatch(/refused: .*wstep\/request-id/)
  })
})
