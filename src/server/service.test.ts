import { execFile, execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { request as plainRequest } from 'node:http'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEngine } from '../../bindings/loading/create-engine.js'
import { readJwkSet } from '../json/artefacts/keys.js'
import { answerChallenge } from '../json/parties/challenge.js'
import { obtainTokens } from '../json/parties/obtain-tokens.js'
import { L2048N256 } from '../params/L2048N256.js'
import { P256 } from '../params/P256.js'
import { generateKey, signatureVerifier } from '../pki/keys/keys.js'
import { decodePem, encodePem } from '../pki/asn1/pem.js'
import { parseCertificate } from '../pki/x509/certificate.js'
import { serialText } from '../pki/ca/issuing/sign-certificate.js'
import { EXTENSION, readTemplate } from '../pki/x509/extensions.js'
import type { Octets } from '../../bindings/octets/octets.js'
import { SoapClient } from '../soap/client.js'
import { SoapFault } from '../soap/envelope/fault.js'
import { loadIssuerParameters, type ProfileParameters } from '../ws-trust/artefacts/issuer-parameters.js'
import type { AcceptedPresentation, PresentedClaims } from '../ws-trust/presentation/relying-party.js'
import { createPresentationToken } from '../ws-trust/presentation/present.js'
import { createMessage, messageElement, readMessage } from '../ws-trust/artefacts/presentation-message.js'
import { soapIssuance, validateOverSoap } from '../ws-trust/soap/soap-client.js'
import { heldTokens } from '../ws-trust/artefacts/held-tokens.js'
import { TokenClient } from '../ws-trust/issuance/token-client.js'
import { certificateTrust } from '../ws-trust/trust/signer.js'
import { WstepClient, type IssuedEnrollment } from '../wstep/client/client.js'
import { enrollByPolicy, getPolicies } from '../xcep/client.js'
import type { PolicyAuthority } from '../xcep/policies.js'
import { canonicalize } from '../xml/canonicalize.js'
import { parseXml } from '../xml/parse.js'
import type { XmlElement } from '../xml/tree.js'
import { Deployment } from './deployment/deployment.js'
import { httpsTransport, type HttpsTransportOptions } from './http/https-transport.js'
import { EXAMPLE_CLAIM_TYPES, initialize } from './deployment/init.js'
import { text } from './http/http.js'
import { createLog } from './observation/log.js'
import type { TransportAuthenticator } from './parties/transport.js'
import { freePorts } from '../cli/demo/demo.js'
import { startService, type Service } from './service.js'

const [EMAIL, GIVEN_NAME] = EXAMPLE_CLAIM_TYPES as [string, string]
const passwords = { alice: 'correct horse', bob: 'battery staple' }
const engine = await createEngine()
const [publicationPort] = await freePorts()
let folder: string
let service: Service
let ca: string
let url: string
/** Of the listener that asks for certificates. */
let certificateUrl: string
let log = ''
const lines = () =>
  log
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
/** UID_T and h of the tokens that were presented, as octets are written in logs. */
const identifiers: string[] = []

/** Stands in for Kerberos: a ticket that everybody can make. */
const tickets: TransportAuthenticator = ({ headers }) => {
  const [, ticket] = /^Negotiate (.*)$/.exec(headers.authorization ?? '') ?? []
  if (ticket === undefined) return Promise.resolve(undefined)
  if (ticket === 'begin') return Promise.resolve({ challenge: 'Negotiate' })
  return Promise.resolve({ method: 'kerberos', id: ticket.startsWith('good:') ? ticket.slice(5) : undefined })
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'deployment-'))
  await initialize(folder, { passwords, httpPort: publicationPort })
  service = await startService(folder, {
    log: createLog('info', { write: (line) => void (log += line) }),
    listen: { address: '127.0.0.1', port: 0 },
    adminListen: { address: '127.0.0.1', port: 0 },
    certificateListen: { address: '127.0.0.1', port: 0 },
    publicationListen: { address: '127.0.0.1', port: publicationPort },
    authenticators: [tickets],
    routes: [{ name: 'page', method: 'GET', path: '/page', handle: () => Promise.resolve(text(200, 'a page')) }],
    environment: {},
  })
  ca = readFileSync(join(folder, 'keys/authority.crt'), 'utf8')
  url = `https://localhost:${String(service.port)}`
  certificateUrl = `https://localhost:${String(service.certificatePort)}`
}, 120_000)

afterAll(async () => {
  await service.close()
  await rm(folder, { recursive: true })
  engine.dispose()
})

interface Answer {
  status: number
  headers: Record<string, unknown>
  body: string
}

async function ask(path: string, options: { method?: string; body?: string; headers?: Record<string, string> } = {}) {
  const { method = 'GET', headers = {}, body = '' } = options
  const answer = await httpsTransport({ ca })(
    new URL(path, url),
    { method, headers, body: new TextEncoder().encode(body) },
    { maxBytes: 1 << 24 },
  )
  return { ...answer, body: new TextDecoder().decode(answer.body) }
}

function askOperator(
  path: string,
  { method = 'GET', token = '', headers: others = {} }: { method?: string; token?: string; headers?: object } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = token === '' ? { ...others } : { ...others, authorization: `Bearer ${token}` }
    const outgoing = plainRequest({ host: '127.0.0.1', port: service.adminPort, path, method, headers }, (incoming) => {
      let body = ''
      incoming.on('data', (piece: Buffer) => (body += piece.toString()))
      incoming.on('end', () => resolve({ status: incoming.statusCode!, headers: incoming.headers, body }))
    })
    outgoing.on('error', reject).end()
  })
}

const operatorToken = (): string => readFileSync(join(folder, 'keys/operator.token'), 'utf8').trim()

const soap = (username?: keyof typeof passwords | 'nobody', password?: string, tls: HttpsTransportOptions = {}) =>
  new SoapClient({
    transport: httpsTransport({ ca, ...tls }),
    ...(username && { credentials: { username, password: password ?? passwords[username as 'alice'] } }),
  })

const enrolling = (username?: keyof typeof passwords, tls: HttpsTransportOptions = {}) =>
  new WstepClient({
    url: `${tls.cert === undefined ? url : certificateUrl}/wstep`,
    transport: httpsTransport({ ca, ...tls }),
    ...(username && { credentials: { username, password: passwords[username] } }),
    // The service names itself as configured, not by the port that it got here.
    mayFollow: ({ hostname }) => hostname === 'localhost',
  })

async function parameters(): Promise<ProfileParameters> {
  const { status, body } = await ask('/issuer-parameters/1?uidp=https://localhost:8443/issuer-parameters/1')
  expect(status).toBe(200)
  const trust = certificateTrust({ anchors: [decodePem('CERTIFICATE', ca)] })
  return loadIssuerParameters(body, { engine, sets: [L2048N256], trust })
}

it('serves further routes on the same host', async () => {
  const { status, body } = await ask('/page')
  expect([status, body]).toEqual([200, 'a page\n'])
})

describe('a deployment', () => {
  it('keeps its secrets to its owner', async () => {
    for (const file of [
      'keys/authority.key',
      'keys/issuer.key',
      'keys/issuer.jwk',
      'keys/state.key',
      'keys/operator.token',
      'users.yaml',
    ]) {
      expect((await stat(join(folder, file))).mode & 0o077, file).toBe(0)
    }
    expect(await readFile(join(folder, 'users.yaml'), 'utf8')).not.toContain('correct horse')
  })

  it('has certificates that OpenSSL accepts', () => {
    const verify = (file: string, ...options: string[]): string =>
      execFileSync(
        'openssl',
        ['verify', '-x509_strict', '-CAfile', join(folder, 'keys/authority.crt'), ...options, join(folder, file)],
        { encoding: 'utf8' },
      )
    expect(verify('keys/tls.crt', '-purpose', 'sslserver', '-verify_hostname', 'localhost')).toMatch(/: OK/)
    expect(verify('keys/claim-provider.crt')).toMatch(/: OK/)
  })

  it('is not made in a folder that has something', async () => {
    await expect(initialize(folder)).rejects.toMatchObject({ code: 'init/folder' })
  })

  it.each([['http://localhost'], ['https://localhost/path'], ['nothing']])('is not made for %s', async (wrong) => {
    await expect(initialize(join(folder, 'new'), { url: wrong })).rejects.toMatchObject({ code: 'init/url' })
  })

  it('that could not be made leaves nothing behind', async () => {
    const unfinished = join(folder, 'unfinished')
    await expect(initialize(unfinished, { adminPort: 65_536 })).rejects.toMatchObject({ code: 'server/configuration' })
    expect(await readdir(unfinished)).toEqual([])
    await rm(unfinished, { recursive: true })
  })

  it('warns of secret files that others can read', async () => {
    const deployment = await Deployment.open(folder, {})
    expect(await deployment.exposedSecrets()).toEqual([])
    const key = join(folder, 'keys/issuer.key')
    await chmod(key, 0o644)
    expect(await deployment.exposedSecrets()).toEqual([key])
    await chmod(key, 0o600)
  })

  it.each([
    ['uprove.yaml', 'limits: { inFlight: 0 }', /limits\.inFlight/],
    ['uprove.yaml', 'limits: { bodiesPerAddress: 1 }', /body must not exceed/],
    ['uprove.yaml', 'trustedProxies: [proxy.example]', /trustedProxies\.0.*10\.0\.0\.0/],
    ['uprove.yaml', 'store: { folder: a, url: b }', /folder or a url/],
    ['uprove.yaml', 'unknown: 1', /unknown/i],
    ['uprove.yaml', 'url: http://plain.example', /https/],
    ['uprove.yaml', ': :', /YAML/],
    ['users.yaml', 'users: { alice: { subject: CN=x, password: plain } }', /uprove password/],
    ['users.yaml', 'users: { alice: { subject: CN=x, password: $scrypt$broken } }', /uprove password/],
    ['users.yaml', 'users: { alice: { subject: somebody } }', /CN=Alice/],
    ['users.yaml', 'users: { alice: { subject: CN=x, claims: { "urn:a": "\\u0001" } } }', /XML/],
    ['users.yaml', 'users: { alice: &one { subject: CN=x }, bob: *one }', /aliases/],
    ['keys/tls.key', 'nothing', /tls\.crt.*tls\.key/],
    ['keys/operator.token', 'guess', /random characters/],
    ['keys/issuer.key', 'AAAA', /32 octets/],
    ['keys/issuer.key', `${'A'.repeat(42)}E=`, /issuer\/key-mismatch/],
    ['keys/authority.key', 'nothing', /authority\.key/],
    ['issuer-parameters.xml', '<x/>', /issuer-parameters\.xml.*ws-trust\/element/],
  ])('with a wrong %s is not opened, and says why (%s)', async (file, contents, problem) => {
    const copy = await mkdtemp(join(tmpdir(), 'broken-'))
    try {
      execFileSync('cp', [
        '-r',
        ...['uprove.yaml', 'users.yaml', 'keys', 'issuer-parameters.xml'].map((f) => join(folder, f)),
        copy,
      ])
      const path = join(copy, file)
      const before = readFileSync(path, 'utf8')
      const [key] = contents.split(':')
      const isSetting = file === 'uprove.yaml' && contents !== ': :'
      const replaced = new RegExp(`^${key!}:.*$`, 'm')
      const after = !isSetting
        ? contents
        : replaced.test(before)
          ? before.replace(replaced, contents)
          : `${before}${contents}\n`
      writeFileSync(path, after)
      const open = async (): Promise<void> => {
        const deployment = await Deployment.open(copy, {})
        await deployment.tls()
        await deployment.operatorToken()
        await deployment.openAuthority(service.store, engine, signatureVerifier({ engine }))
        await deployment.issuer(engine, await deployment.trust(service.store))
      }
      await expect(open()).rejects.toMatchObject({
        code: 'server/configuration',
        message: expect.stringMatching(problem) as string,
      })
    } finally {
      await rm(copy, { recursive: true })
    }
  })
})

describe('a service', () => {
  it('is healthy and ready', async () => {
    expect(await ask('/healthz')).toMatchObject({ status: 200, body: '{"status":"ok"}\n' })
    expect(await ask('/readyz')).toMatchObject({ status: 200 })
    expect(await askOperator('/readyz')).toMatchObject({ status: 200 })
  })

  it('issues tokens over SOAP, and accepts their presentation once', async () => {
    const issuing = await parameters()
    const client = new TokenClient({ parameters: issuing })
    const batches = await client.obtain(
      { claim: 5, ID: 1 },
      soapIssuance({ client: soap('alice'), url: `${url}/claims` }),
    )
    const [token] = heldTokens(batches)
    const tokens = [{ token: token!, parameters: issuing, disclose: [GIVEN_NAME] }]
    const relyingParty = 'https://localhost:8443'
    const presentation = await createPresentationToken({ relyingParty, tokens })
    const endpoint = { client: soap(), url: `${url}/present` }
    expect(await validateOverSoap(endpoint, presentation)).toEqual({ valid: true })
    expect(await validateOverSoap(endpoint, presentation)).toEqual({ valid: false, code: 'relying-party/replayed' })

    const verify = async (body: unknown) => {
      const headers = { 'content-type': 'application/json' }
      const answer = await ask('/present/verify', { method: 'POST', headers, body: JSON.stringify(body) })
      return { status: answer.status, ...(JSON.parse(answer.body) as object) }
    }
    const { message } = JSON.parse((await ask('/present/challenge', { method: 'POST' })).body) as { message: string }
    const challenge = readMessage(parseXml(message))
    const text = (element: XmlElement): string => new TextDecoder().decode(canonicalize(element))
    const xml = text(await createPresentationToken({ relyingParty, message: challenge, tokens }))
    // The presenter signs data that nobody asked for, and hands over a message that has them.
    const given = await ask('/present/challenge', { method: 'POST' })
    const { nonce } = readMessage(parseXml((JSON.parse(given.body) as { message: string }).message))
    const forged = createMessage(nonce, 'I pay nothing')
    const forgery = await createPresentationToken({ relyingParty, message: forged, tokens, consent: () => true })
    const body = { presentation: text(forgery), message: text(messageElement(forged)) }
    expect(await verify(body)).toMatchObject({ valid: false, code: 'relying-party/message-mismatch' })
    expect(await verify({ presentation: xml.replace('>Alice<', '>Bob<'), message })).toMatchObject({
      status: 200,
      valid: false,
      code: 'presentation/proof',
    })
    const accepted = (await verify({ presentation: xml, message })) as unknown as AcceptedPresentation
    identifiers.push(...accepted.presentations.map((one) => (one as PresentedClaims).tokenIdentifier))
    for (const encoding of ['base64', 'base64url', 'hex'] as const) {
      identifiers.push(Buffer.from(token!.issued.token.h).toString(encoding))
    }
    expect(accepted).toMatchObject({
      status: 200,
      valid: true,
      presentations: [{ tokenClass: 'claim', claims: [{ claimType: GIVEN_NAME, value: 'Alice' }] }],
    })
    expect(await verify({ presentation: xml, message })).toMatchObject({
      valid: false,
      code: 'relying-party/nonce-used',
    })
    expect(await verify({ presentation: `<x>${'<x/>'.repeat(100_000)}</x>` })).toMatchObject({
      status: 400,
      code: 'xml/limit-nodes',
    })
    expect(await verify({ presentation: xml, message: `<x>${'<x/>'.repeat(100_000)}</x>` })).toMatchObject({
      code: 'xml/limit-nodes',
    })
    expect(await verify({ presentation: '<x/>' })).toMatchObject({ status: 400, code: 'ws-trust/element' })
    expect(await verify({ presentation: '<x' })).toMatchObject({ status: 400, code: 'xml/not-well-formed' })
    expect(await verify({ other: 1 })).toMatchObject({ status: 400, code: 'request/json' })
    expect(await ask('/present/verify', { method: 'POST', body: '{}' })).toMatchObject({ status: 415 })
    for (const path of ['/present', '/present/verify', '/wstep']) {
      expect(await ask(path, { method: 'POST', body: ' '.repeat(512 * 1024 + 1) })).toMatchObject({ status: 413 })
    }
  })

  it('issues tokens in JSON on the same accounts, store and pool, and accepts their presentation once', async () => {
    const [parameters] = readJwkSet((await ask('/.well-known/jwks.json')).body, { engine, curves: [P256] })
    const post = async (path: string, body: string, password = passwords.alice) => {
      const authorization = `Basic ${Buffer.from(`alice:${password}`).toString('base64')}`
      const headers = { 'content-type': 'application/json', ...(path === '/json/issue' && { authorization }) }
      const { status, body: answer } = await ask(path, { method: 'POST', body, headers })
      return { status, answer }
    }
    const { tokens, attributes } = await obtainTokens({
      parameters: parameters!,
      post: async (document) => (await post('/json/issue', document)).answer,
      count: 3,
    })
    identifiers.push(...tokens.map(({ token }) => Buffer.from(token.h).toString('base64url')))
    const { answer: challenge } = await post('/json/challenge', '')
    // The service names itself as configured.
    const audience = 'https://localhost:8443'
    const jws = await answerChallenge(challenge, {
      parameters: parameters!,
      token: tokens[0]!,
      attributes,
      disclosed: [2],
      audience,
    })
    const presentation = JSON.stringify({ presentation: jws })
    const claims = [{ index: 2, claimType: GIVEN_NAME, value: 'Alice' }]
    expect(JSON.parse((await post('/json/verify', presentation)).answer)).toMatchObject({ valid: true, claims })
    const again = JSON.parse((await post('/json/verify', presentation)).answer) as unknown
    expect(again).toEqual({ valid: false, code: 'verifier/challenge-used' })

    expect(await post('/json/issue', '{"n":1}', 'wrong')).toMatchObject({ status: 401 })
    const { status, headers } = await ask('/json/claims')
    expect([status, headers['www-authenticate']]).toEqual([401, expect.stringMatching(/^U-Prove challenge=/)])
  })

  it('refuses who is not who they say, over SOAP', async () => {
    const client = new TokenClient({ parameters: await parameters() })
    const obtain = (as: SoapClient) => client.obtain({ claim: 1 }, soapIssuance({ client: as, url: `${url}/claims` }))
    await expect(obtain(soap('alice', 'wrong'))).rejects.toMatchObject({ faultCode: 'Sender' })
    await expect(obtain(soap('nobody', 'wrong'))).rejects.toMatchObject({ faultCode: 'Sender' })
    await expect(obtain(soap())).rejects.toMatchObject({ faultCode: 'Sender' })
  })

  it('enrols, by password, by certificate, by ticket; pends, approves, renews, revokes', async () => {
    const key = await generateKey('ECDSA-P256', { extractable: true })
    const issued = (await enrolling('bob').enroll({
      subject: 'CN=Root',
      key,
      templateName: 'User',
    })) as IssuedEnrollment
    expect(issued.status).toBe('issued')
    const cert = encodePem('CERTIFICATE', issued.certificate)
    const text = execFileSync('openssl', ['x509', '-noout', '-subject', '-ext', 'subjectAltName'], {
      input: cert,
      encoding: 'utf8',
    })
    expect(text).toMatch(/CN ?= ?Bob Baker/)
    expect(text).toMatch(/email:bob@example.com/)

    const tls = { cert, key: encodePem('PRIVATE KEY', await key.exportPrivateKey()) }
    const other = await generateKey('ECDSA-P256')
    const byCertificate = await enrolling(undefined, tls).enroll({ subject: 'CN=x', key: other, templateName: 'User' })
    expect(byCertificate.status).toBe('issued')
    // One account by certificate, another by password.
    await expect(
      enrolling('alice', tls).enroll({ subject: 'CN=x', key: other, templateName: 'User' }),
    ).rejects.toMatchObject({
      faultCode: 'Sender',
    })
    const ticket = (name: string): WstepClient =>
      new WstepClient({
        url: `${url}/wstep`,
        transport: (target, { method, headers, body }, options) =>
          httpsTransport({ ca })(
            target,
            { method, headers: { ...headers, authorization: `Negotiate ${name}` }, body },
            options,
          ),
      })
    const byTicket = await ticket('good:bob').enroll({ subject: 'CN=x', key: other, templateName: 'User' })
    expect(byTicket.status).toBe('issued')
    for (const name of ['bad', 'good:stranger']) {
      await expect(ticket(name).enroll({ subject: 'CN=x', key: other, templateName: 'User' })).rejects.toMatchObject({
        faultCode: 'Sender',
      })
    }
    await expect(ticket('begin').enroll({ subject: 'CN=x', key: other })).rejects.toMatchObject({
      code: 'soap/http-status',
    })

    await expect(
      enrolling('bob').enroll({ subject: 'CN=x', key: other, templateName: 'DeviceIssuer' }),
    ).rejects.toMatchObject({
      faultCode: expect.stringMatching(/Sender|Receiver/) as string,
    })
    const pending = await enrolling('alice').enroll({ subject: 'CN=x', key: other, templateName: 'DeviceIssuer' })
    if (pending.status !== 'pending') throw new Error('issued at once')
    const token = operatorToken()
    expect(await askOperator('/authority/pending')).toMatchObject({ status: 401 })
    expect(await askOperator('/authority/pending', { token: 'wrong' })).toMatchObject({ status: 401 })
    const listed = JSON.parse((await askOperator('/authority/pending', { token })).body) as { requestId: string }[]
    expect(listed).toMatchObject([{ requestId: pending.requestId, account: 'alice', profile: 'DeviceIssuer' }])
    const approve = `/authority/approve/${pending.requestId}`
    expect(await askOperator(approve, { method: 'POST' })).toMatchObject({ status: 401 })
    expect(await askOperator(approve, { method: 'POST', token })).toMatchObject({ status: 200 })
    expect(await askOperator('/authority/approve/4000000', { method: 'POST', token })).toMatchObject({ status: 409 })
    const { port } = service
    const reference = pending.reference.replace(':8443', `:${String(port)}`)
    expect(await enrolling('alice').queryStatus({ ...pending, reference })).toMatchObject({ status: 'issued' })
    await expect(enrolling('bob').queryStatus({ ...pending, reference })).rejects.toMatchObject({ faultCode: 'Sender' })

    // Not in the window yet, so it is denied; revoked, it is not even authenticated.
    const renew = () => enrolling().renew({ certificate: issued.certificate, oldKey: key, newKey: other })
    await expect(renew()).rejects.toMatchObject({ faultCode: 'Receiver' })
    const serial = execFileSync('openssl', ['x509', '-noout', '-serial'], { input: cert, encoding: 'utf8' })
      .trim()
      .slice(7)
    expect(await askOperator(`/authority/revoke/${serial}?reason=no`, { method: 'POST', token })).toMatchObject({
      status: 409,
    })
    expect(await askOperator(`/authority/revoke/${serial}`, { method: 'POST', token })).toMatchObject({ status: 200 })
    await expect(renew()).rejects.toMatchObject({ faultCode: 'Sender' })
    await expect(
      enrolling(undefined, tls).enroll({ subject: 'CN=x', key: other, templateName: 'User' }),
    ).rejects.toMatchObject({
      faultCode: 'Sender',
    })
    const answer = await new Promise<Buffer>((resolve, reject) => {
      const pieces: Buffer[] = []
      request(new URL('/authority.crl', url), { ca }, (incoming) => {
        incoming.on('data', (piece: Buffer) => pieces.push(piece)).on('end', () => resolve(Buffer.concat(pieces)))
      })
        .on('error', reject)
        .end()
    })
    const crl = execFileSync('openssl', ['crl', '-inform', 'DER', '-noout', '-text'], {
      input: answer,
      encoding: 'utf8',
    })
    expect(crl.toUpperCase()).toContain(`SERIAL NUMBER: ${serial.toUpperCase()}`)
  })

  it('asks for a certificate at an address of its own, and nowhere else', async () => {
    // s_client prints which authorities the server wants, or that it wants none.
    const wants = async (port: number): Promise<string> => {
      const at = ['-connect', `127.0.0.1:${String(port)}`, '-servername', 'localhost']
      const client = execFile('openssl', ['s_client', ...at, '-CAfile', join(folder, 'keys/authority.crt')])
      client.stdin!.end()
      let out = ''
      for await (const piece of client.stdout!) out += String(piece)
      expect(out).toContain('Verify return code: 0 (ok)')
      return out
    }
    expect(await wants(service.port)).toContain('No client certificate CA names sent')
    expect(await wants(service.certificatePort!)).toMatch(
      /Acceptable client certificate CA names\n.*authority of localhost/,
    )

    const key = await generateKey('ECDSA-P256', { extractable: true })
    const first = (await enrolling('alice').enroll({ subject: 'CN=x', key, templateName: 'User' })) as IssuedEnrollment
    const cert = encodePem('CERTIFICATE', first.certificate)
    const tls = { ca, cert, key: encodePem('PRIVATE KEY', await key.exportPrivateKey()) }
    const at = (base: string): WstepClient =>
      new WstepClient({
        url: `${base}/wstep`,
        transport: httpsTransport(tls),
        mayFollow: ({ hostname }) => hostname === 'localhost',
      })
    const enroll = (base: string) => at(base).enroll({ subject: 'CN=x', key, templateName: 'DeviceIssuer' })
    // The certificate is not seen where nobody asks for it.
    await expect(enroll(url)).rejects.toMatchObject({ faultCode: 'Sender' })
    const pending = await enroll(certificateUrl)
    if (pending.status !== 'pending') throw new Error('issued at once')
    expect(pending.reference).toBe('https://localhost:8446/wstep')
    await service.authority.approve(pending.requestId)
    const reference = `${certificateUrl}/wstep`
    expect(await at(certificateUrl).queryStatus({ ...pending, reference })).toMatchObject({ status: 'issued' })

    // By policy, with nothing but the certificate; the policy is served there too.
    const options = { transport: httpsTransport(tls), url: `${certificateUrl}/policy` }
    await expect(getPolicies({ ...options, url: `${url}/policy` })).rejects.toBeInstanceOf(SoapFault)
    const enrollment = await enrollByPolicy({
      ...options,
      ...{ template: 'User', subject: 'CN=anybody', key: await generateKey('ECDSA-P256') },
      // The policy names the configured address; this service got another port.
      mayFollow: ({ port }) => port === '8446',
      transport: (to, ...rest) => options.transport(new URL(to.pathname, certificateUrl), ...rest),
    })
    expect(enrollment).toMatchObject({ status: 'issued', address: 'https://localhost:8446/wstep' })
  })

  it('keeps out every certificate of a compromised key, over TLS and as the signer of a renewal', async () => {
    const key = await generateKey('ECDSA-P256', { extractable: true })
    const enroll = async () =>
      (await enrolling('bob').enroll({ subject: 'CN=x', key, templateName: 'User' })) as IssuedEnrollment
    const [one, two] = [await enroll(), await enroll()]
    const tls = {
      cert: encodePem('CERTIFICATE', two.certificate),
      key: encodePem('PRIVATE KEY', await key.exportPrivateKey()),
    }
    const newKey = await generateKey('ECDSA-P256')
    const byCertificate = () => enrolling(undefined, tls).enroll({ subject: 'CN=x', key: newKey, templateName: 'User' })
    const renew = () => enrolling().renew({ certificate: two.certificate, oldKey: key, newKey })
    expect(await byCertificate()).toMatchObject({ status: 'issued' })
    // Too early, but authenticated.
    await expect(renew()).rejects.toMatchObject({ faultCode: 'Receiver' })

    const serial = serialText(parseCertificate(one.certificate).serialNumber)
    const target = `/authority/revoke/${serial}?reason=keyCompromise`
    expect(await askOperator(target, { method: 'POST', token: operatorToken() })).toMatchObject({ status: 200 })
    await expect(byCertificate()).rejects.toMatchObject({ faultCode: 'Sender' })
    await expect(renew()).rejects.toMatchObject({ faultCode: 'Sender' })
    const codes = lines().filter(({ msg }) => msg === 'refused')
    expect(codes).toContainEqual(
      expect.objectContaining({ security: 'revoked', code: 'authentication/key-compromised' }),
    )
  })

  it('says why the authority denies what an operator approves, in the answer and in the log', async () => {
    const key = await generateKey('ECDSA-P256')
    const enroll = (templateName: string) => enrolling('alice').enroll({ subject: 'CN=x', key, templateName })
    const pending = await enroll('DeviceIssuer')
    const issued = (await enroll('User')) as IssuedEnrollment
    const post = (target: string) => askOperator(`/authority/${target}`, { method: 'POST', token: operatorToken() })
    const serial = serialText(parseCertificate(issued.certificate).serialNumber)
    expect(await post(`revoke/${serial}?reason=keyCompromise`)).toMatchObject({ status: 200 })
    const { requestId } = pending
    const code = 'denial/key-compromised'
    const { body } = await post(`approve/${requestId}`)
    expect(JSON.parse(body)).toEqual({ requestId, status: 'denied', cause: code })
    const facts = { account: 'alice', requestId, from: '127.0.0.1', route: 'operator-approve' }
    expect(lines()).toContainEqual(expect.objectContaining({ msg: 'refused', security: 'revoked', code, ...facts }))
    expect(lines()).not.toContainEqual(expect.objectContaining({ action: 'approved', name: requestId }))
  })

  describe('over plain HTTP', () => {
    const http = `http://localhost:${String(publicationPort)}`
    const get = (path: string, init: RequestInit = {}) => fetch(http + path, init)

    it('publishes the CRL and the certificate of the authority, and nothing else', async () => {
      const crl = await get('/authority.crl')
      expect(crl.status).toBe(200)
      expect(crl.headers.get('content-type')).toBe('application/pkix-crl')
      expect(crl.headers.get('cache-control')).toContain('public')
      expect(new Uint8Array(await crl.arrayBuffer())).toEqual(new Uint8Array(await service.authority.crl()))
      const certificate = await get('/authority.crt')
      expect(encodePem('CERTIFICATE', new Uint8Array(await certificate.arrayBuffer()))).toBe(ca)
      for (const path of ['/', '/wstep', '/policy', '/metrics', '/healthz', '/authority.crl/x']) {
        expect((await get(path)).status, path).toBe(404)
      }
      expect((await get('/authority.crl', { method: 'POST' })).status).toBe(405)
    })

    it('answers HEAD, and tells a cache that it has the file', async () => {
      const head = await get('/authority.crl', { method: 'HEAD' })
      expect([head.status, (await head.arrayBuffer()).byteLength]).toEqual([200, 0])
      const etag = head.headers.get('etag')!
      const again = (tag: string) => get('/authority.crl', { headers: { 'if-none-match': tag } })
      expect((await again(etag)).status).toBe(304)
      expect((await again(`"other", W/${etag}`)).status).toBe(304)
      expect((await again('"other"')).status).toBe(200)
    })

    it('is where certificates say that it is: OpenSSL checks one with the CRL that it fetches there', async () => {
      const { certificate } = (await enrolling('alice').enroll({
        subject: 'CN=anybody',
        key: await generateKey('ECDSA-P256'),
        templateName: 'User',
      })) as IssuedEnrollment
      const file = join(folder, 'downloaded.pem')
      writeFileSync(file, encodePem('CERTIFICATE', certificate))
      const verify = async (): Promise<string> => {
        const args = ['verify', '-CAfile', 'keys/authority.crt', '-crl_check', '-crl_download', file]
        const run = promisify(execFile)('openssl', args, { cwd: folder })
        return run.then(
          ({ stdout }) => stdout,
          (error: unknown) => (error as { stderr: string }).stderr,
        )
      }
      expect(await verify()).toContain('OK')
      await service.authority.revoke(serialText(parseCertificate(certificate).serialNumber), 'superseded')
      expect(await verify()).toContain('certificate revoked')
    })
  })

  it('tells what can be enrolled for, at its own path and where clients of Windows look', async () => {
    const options = { transport: httpsTransport({ ca }), credentials: { username: 'alice', password: passwords.alice } }
    const policies = await Promise.all(
      ['/policy', '/ADPolicyProvider_CEP_UsernamePassword/service.svc/CEP'].map((path) =>
        getPolicies({ ...options, url: url + path }),
      ),
    )
    const [policy] = policies
    expect(policies[1]).toEqual(policy)
    const text = readFileSync(join(folder, 'uprove.yaml'), 'utf8')
    expect(text).toContain(policy!.id)
    // Those that sign parameters have no template of Windows.
    expect(policy!.templates.map(({ name, mayEnroll }) => [name, mayEnroll])).toEqual([
      ['User', true],
      ['Machine', false],
    ])
    for (const { oid } of policy!.templates) expect(text).toContain(oid)
    const [{ certificate, addresses }] = policy!.authorities as [PolicyAuthority]
    expect(encodePem('CERTIFICATE', certificate)).toBe(ca)
    expect(addresses.map(({ authentication, url: at }) => [authentication, at])).toEqual([
      ['password', 'https://localhost:8443/wstep'],
      ['certificate', 'https://localhost:8446/wstep'],
      ['anonymous', 'https://localhost:8443/wstep'],
    ])

    const enrollment = await enrollByPolicy({
      ...options,
      url: `${url}/policy`,
      template: 'User',
      subject: 'CN=anybody',
      key: await generateKey('ECDSA-P256'),
      // The policy names the configured address; this service got another port.
      mayFollow: ({ hostname }) => hostname === 'localhost',
      transport: (to, ...rest) => options.transport(new URL(to.pathname, url), ...rest),
    })
    expect(enrollment).toMatchObject({ status: 'issued', template: { name: 'User' } })
    const { extensions } = parseCertificate((enrollment as { certificate: Octets }).certificate)
    expect(readTemplate(extensions.get(EXTENSION.template)!.value).oid).toBe(policy!.templates[0]!.oid)
  })

  it('tells the policy again only when it may have changed', async () => {
    const options = { transport: httpsTransport({ ca }), credentials: { username: 'alice', password: passwords.alice } }
    const asked = async (lastUpdate: Date) =>
      (await getPolicies({ ...options, url: `${url}/policy`, lastUpdate })).unchanged === true
    const HOUR = 3_600_000
    // A client whose clock is a little ahead may have read the policy before the change.
    expect(await asked(new Date(Date.now() + 60_000))).toBe(false)
    expect(await asked(new Date(Date.now() - HOUR))).toBe(false)
    const later = new Date(Date.now() + HOUR)
    expect(await asked(later)).toBe(true)
  })

  it('tells no policy to who is not who they say', async () => {
    const refused = (credentials?: { username: string; password: string }) =>
      expect(getPolicies({ transport: httpsTransport({ ca }), url: `${url}/policy`, credentials })).rejects
    await refused().toBeInstanceOf(SoapFault)
    await refused({ username: 'alice', password: 'wrong' }).toBeInstanceOf(SoapFault)
  })

  it('serves its description', async () => {
    const wsdl = await ask('/wstep?wsdl')
    expect(wsdl.body).toContain('RequestSecurityToken2')
    expect(execFileSync('xmllint', ['--noout', '-'], { input: wsdl.body, encoding: 'utf8' })).toBe('')
    expect((await ask('/wstep?xsd')).body).toContain('CertificateEnrollmentWSDetailType')
    expect(await ask('/issuer-parameters/2')).toMatchObject({ status: 404 })
  })

  it('manages no devices: their discovery finds nothing', async () => {
    for (const method of ['GET', 'POST']) {
      expect(await ask('/EnrollmentServer/Discovery.svc', { method }), method).toMatchObject({ status: 404 })
    }
  })

  it('counts what it does, for the operator only', async () => {
    for (const token of ['', 'wrong']) expect(await askOperator('/metrics', { token })).toMatchObject({ status: 401 })
    const foreign = { token: operatorToken(), headers: { host: 'rebound.example' } }
    expect(await askOperator('/metrics', foreign)).toMatchObject({ status: 421 })
    const { body } = await askOperator('/metrics', { token: operatorToken() })
    expect(body).toMatch(/uprove_exchanges_open \d/)
    expect(body).toMatch(/uprove_http_requests_total\{route="claims",status="200"\} \d/)
    expect(body).toMatch(/uprove_events_total\{event="presentation_accepted"\} 3/)
    expect(body).toContain('uprove_event_loop_lag_p99_seconds')
    expect(await ask('/metrics')).toMatchObject({ status: 404 })
    expect(await ask('/authority/pending')).toMatchObject({ status: 404 })
  })

  it('logs each refusal with its cause, the account and the address', () => {
    const refusals = lines().filter(({ msg }) => msg === 'refused')
    const expected = [
      { route: 'claims', security: 'authentication', code: 'authentication/password', account: 'alice', level: 'warn' },
      { route: 'wstep', security: 'authentication', code: 'authentication/account-mismatch', account: 'alice' },
      { route: 'wstep', security: 'revoked', code: 'authentication/certificate-revoked' },
      { route: 'wstep', code: 'denial/renewal-early' },
      { route: 'wstep', security: 'revoked', code: 'denial/renewal-revoked' },
      { route: 'wstep', security: 'revoked', code: 'denial/renewal-key-compromised' },
      { route: 'wstep', code: 'denial/template-denied', account: 'bob' },
      { route: 'present', security: 'replay', code: 'relying-party/replayed' },
      { route: 'verify', security: 'replay', code: 'relying-party/nonce-used' },
      { route: 'verify', security: 'refusal', code: 'presentation/proof', level: 'info' },
      { route: 'operator-pending', security: 'operator', code: 'operator/token' },
    ]
    for (const line of expected) expect(refusals).toContainEqual(expect.objectContaining(line))
    for (const line of refusals) expect(line).toMatchObject({ from: '127.0.0.1', id: expect.any(String) as string })
    // No name that is nobody's: it may be a password.
    expect(refusals.map(({ account }) => account)).not.toContain('nobody')
  })

  it('logs neither passwords nor claims, and nothing of a token beside an address', () => {
    expect(log).toContain('"route":"claims"')
    expect(identifiers.length).toBeGreaterThan(2)
    for (const identifier of identifiers) expect(log).not.toContain(identifier)
    for (const secret of ['correct horse', 'battery staple', 'alice@example.com', EMAIL, operatorToken()]) {
      expect(log).not.toContain(secret)
    }
  })

  it('locks out after failures, even for the right password', async () => {
    const client = new TokenClient({ parameters: await parameters() })
    const users = join(folder, 'users.yaml')
    const before = await readFile(users, 'utf8')
    // Carol has the password of Bob, and nobody has logged in as Carol yet.
    await writeFile(users, `${before}\n`.replace(/^( +)bob:\n((?:\1 .*\n)+)/m, '$&$1carol:\n$2'))
    await service.reload()
    const obtain = (password: string) =>
      client.obtain(
        { claim: 1 },
        soapIssuance({
          client: new SoapClient({ transport: httpsTransport({ ca }), credentials: { username: 'carol', password } }),
          url: `${url}/claims`,
        }),
      )
    for (let i = 0; i < 10; i++) await expect(obtain('wrong')).rejects.toMatchObject({ faultCode: 'Sender' })
    await expect(obtain(passwords.bob)).rejects.toMatchObject({ faultCode: 'Sender' })
    const { body } = await askOperator('/metrics', { token: operatorToken() })
    expect(body).toMatch(/event="lockout_account"\} [1-9]/)
    const refusals = lines().filter(({ account }) => account === 'carol')
    expect(refusals.map(({ security, code }) => [security, code])).toEqual([
      ...new Array<unknown>(10).fill(['authentication', 'authentication/password']),
      ['lockout', 'authentication/locked-account'],
    ])
    for (const line of refusals) {
      expect(line).toMatchObject({
        id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
        from: '127.0.0.1',
        route: 'claims',
      })
    }
  }, 30_000)
})
