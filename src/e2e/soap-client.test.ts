import { mkdtemp, rm } from 'node:fs/promises'
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClientAsync, WSSecurity, type Client, type IHttpClient } from 'soap'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEngine } from '../../bindings/loading/create-engine.js'
import { L2048N256 } from '../params/L2048N256.js'
import { generateKey } from '../pki/keys/keys.js'
import { createCertificationRequest } from '../pki/requests/pkcs10.js'
import { initialize } from '../server/deployment/init.js'
import { httpsTransport } from '../server/http/https-transport.js'
import { createLog } from '../server/observation/log.js'
import { startService, type Service } from '../server/service.js'
import { loadIssuerParameters } from '../ws-trust/artefacts/issuer-parameters.js'
import { heldTokens } from '../ws-trust/artefacts/held-tokens.js'
import { TokenClient } from '../ws-trust/issuance/token-client.js'
import { createPresentationToken } from '../ws-trust/presentation/present.js'
import { ACTIONS, STATUS, writeValidation } from '../ws-trust/soap/soap-service.js'
import { certificateTrust } from '../ws-trust/trust/signer.js'
import { writeRequest } from '../wstep/messages/request-message.js'
import { WSA } from '../soap/envelope/names.js'
import { canonicalize } from '../xml/canonicalize.js'
import { parseXml } from '../xml/parse.js'
import type { XmlElement } from '../xml/tree.js'
import { decodePem } from '../pki/asn1/pem.js'

const ADDRESS = 'https://localhost:8443'
const engine = await createEngine()
let folder: string
let service: Service
let ca: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'soap-client-'))
  await initialize(folder, { passwords: { alice: 'correct horse' } })
  const loopback = { address: '127.0.0.1', port: 0 }
  service = await startService(folder, {
    ...{ log: createLog('silent'), listen: loopback, adminListen: loopback, environment: {} },
  })
  ca = readFileSync(join(folder, 'keys/authority.crt'), 'utf8')
}, 120_000)

afterAll(async () => {
  await service.close()
  await rm(folder, { recursive: true })
  engine.dispose()
})

/** The addresses that the client of npm's `soap` has asked. */
const asked: string[] = []

/** Carries its requests to the service, whose port is another here, and nowhere else. */
const httpClient: Pick<IHttpClient, 'request'> = {
  // The client looks at nothing but what the callback gets.
  request: ((address, data: unknown, callback, headers = {}) => {
    asked.push(address)
    const url = new URL(address)
    if (url.origin !== ADDRESS) throw new Error(`asked elsewhere: ${address}`)
    url.port = String(service.port)
    const body = new TextEncoder().encode(typeof data === 'string' ? data : '')
    const method = body.length > 0 ? 'POST' : 'GET'
    const named = Object.entries(headers as Record<string, string>).map(([name, value]) => [name.toLowerCase(), value])
    httpsTransport({ ca })(
      url,
      { method, headers: Object.fromEntries(named) as Record<string, string>, body },
      { maxBytes: 1 << 24 },
    ).then(
      (answer) => {
        const text = new TextDecoder().decode(answer.body)
        callback(null, { status: answer.status, headers: answer.headers, data: text }, text)
      },
      (error: unknown) => {
        callback(error)
      },
    )
    return undefined as never
  }) satisfies IHttpClient['request'],
}

/** A client that npm's `soap` makes of the WSDL at a path. */
async function clientOf(path: string, credentials = true): Promise<Client> {
  const options = { httpClient: httpClient as IHttpClient, forceSoap12Headers: true }
  const client = await createClientAsync(`${ADDRESS}${path}?wsdl`, options)
  if (credentials) {
    const passwordType = 'PasswordText'
    client.setSecurity(new WSSecurity('alice', 'correct horse', { passwordType, mustUnderstand: true }))
  }
  return client
}

/** Calls an operation with a body as XML; the body of the answer. */
async function call(
  client: Client,
  path: string,
  operation: string,
  action: string,
  body: unknown,
): Promise<XmlElement> {
  client.clearSoapHeaders()
  const header = (name: string, text: string) =>
    client.addSoapHeader(`<wsa:${name} xmlns:wsa="${WSA}">${text}</wsa:${name}>`)
  header('Action', action)
  header('MessageID', `urn:uuid:${crypto.randomUUID()}`)
  header('To', ADDRESS + path)
  const method = client[`${operation}Async`] as (body: unknown) => Promise<[unknown, string]>
  const [, answer] = await method(body)
  const [content] = parseXml(answer).elements.filter(({ localName }) => localName === 'Body')
  return content!.elements[0]!
}

const raw = (element: XmlElement): { _xml: string } => ({ _xml: new TextDecoder().decode(canonicalize(element)) })

async function parameters() {
  const { body } = await httpsTransport({ ca })(
    new URL(`/issuer-parameters/1?uidp=${ADDRESS}/issuer-parameters/1`, `https://localhost:${service.port}`),
    { method: 'GET', headers: {}, body: new Uint8Array() },
    { maxBytes: 1 << 24 },
  )
  const trust = certificateTrust({ anchors: [decodePem('CERTIFICATE', ca)] })
  return loadIssuerParameters(body, { engine, sets: [L2048N256], trust })
}

describe('the client of npm’s soap', () => {
  it('makes its operations of the WSDL that each service has', async () => {
    const described = await Promise.all(
      ['/claims', '/present', '/wstep', '/policy'].map(async (path) => {
        const [[name, ports]] = Object.entries((await clientOf(path)).describe() as object) as [[string, object]]
        return [name, ...Object.values(ports).flatMap((port) => Object.keys(port as object))]
      }),
    )
    expect(described).toEqual([
      ['ClaimProvider', 'Request', 'Respond'],
      ['RelyingParty', 'Validate'],
      ['SecurityTokenService', 'RequestSecurityToken2'],
      ['PolicyService', 'GetPolicies'],
    ])
    expect(new Set(asked.map((address) => new URL(address).pathname))).toContain('/schemas/u-prove.xsd')
  })

  it('obtains tokens, and has them validated', async () => {
    const profile = await parameters()
    const claims = await clientOf('/claims')
    let leg = 0
    const transport = (message: XmlElement) =>
      leg++ === 0
        ? call(claims, '/claims', 'Request', ACTIONS.request, raw(message))
        : call(claims, '/claims', 'Respond', ACTIONS.response, raw(message))
    const [token] = heldTokens(await new TokenClient({ parameters: profile }).obtain({ claim: 1, ID: 0 }, transport))
    const presentation = await createPresentationToken({
      relyingParty: ADDRESS,
      tokens: [{ token: token!, parameters: profile, disclose: [profile.specification.claimTypes[0]!] }],
    })
    const present = await clientOf('/present', false)
    const validate = async () => {
      const body = await call(present, '/present', 'Validate', ACTIONS.validate, raw(writeValidation(presentation)))
      return body.elements[0]!.elements.find(({ localName }) => localName === 'Status')!.elements.map(
        ({ text }) => text,
      )
    }
    expect(await validate()).toEqual([STATUS.valid])
    expect(await validate()).toEqual([STATUS.invalid, 'relying-party/replayed'])
  })

  it('gets a fault without credentials', async () => {
    const client = await clientOf('/claims', false)
    const profile = await parameters()
    const { request } = new TokenClient({ parameters: profile }).begin({ claim: 1 })
    await expect(call(client, '/claims', 'Request', ACTIONS.request, raw(request))).rejects.toThrow(
      /FailedAuthentication|could not be authenticated/,
    )
  })

  it('enrols for a certificate', async () => {
    const key = await generateKey('ECDSA-P256')
    const { der: token } = await createCertificationRequest({ key, subject: 'CN=alice' })
    const action = 'http://schemas.microsoft.com/windows/pki/2009/01/enrollment/RST/wstep'
    const message = writeRequest({ kind: 'issue', token })
    const body = await call(await clientOf('/wstep'), '/wstep', 'RequestSecurityToken2', action, raw(message))
    expect(body.localName).toBe('RequestSecurityTokenResponseCollection')
    expect(new TextDecoder().decode(canonicalize(body))).toContain('RequestedSecurityToken')
  })

  it('gets the policies, its request written by the schema', async () => {
    const action = 'http://schemas.microsoft.com/windows/pki/2009/01/enrollmentpolicy/IPolicy/GetPolicies'
    const client = await clientOf('/policy')
    const nil = { attributes: { 'xsi:nil': 'true' } }
    const request = { client: { lastUpdate: nil, preferredLanguage: nil }, requestFilter: nil }
    const body = await call(client, '/policy', 'GetPolicies', action, request)
    expect(body.localName).toBe('GetPoliciesResponse')
  })
})
