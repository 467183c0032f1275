import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { AuthenticationError } from '../../authentication/errors.js'
import { createEngine } from '../../../bindings/loading/create-engine.js'
import { createJsonIssuer, readJwkSet } from '../../json/artefacts/keys.js'
import { answerChallenge, readChallengeHeader, writeAuthorization } from '../../json/parties/challenge.js'
import { obtainTokens, type ObtainedTokens } from '../../json/parties/obtain-tokens.js'
import { PresentationVerifier } from '../../json/parties/presentation-verifier.js'
import { TokenIssuance } from '../../json/parties/token-issuance.js'
import { P256 } from '../../params/P256.js'
import { SoapFault } from '../../soap/envelope/fault.js'
import { StoreError } from '../../store/errors.js'
import type { IssuanceBackend } from '../../ws-trust/issuance/backend.js'
import { MemoryStateStore } from '../../ws-trust/issuance/state-store.js'
import type { HostRequest, Route } from '../http/http.js'
import { describeJson } from './json-description.js'
import { jsonRoutes, type JsonRoutesOptions } from './json-routes.js'

const url = 'https://party.example'
const engine = await createEngine()
const claimTypes = ['urn:name', 'urn:role']
const issuer = createJsonIssuer(engine.curve(P256), {
  recommended: P256,
  specification: { n: 2, expType: 'day', attrTypes: claimTypes },
})
const { parameters } = issuer
const expires = new Date(Date.now() + 86_400_000)

interface Described {
  readonly paths: Record<string, Record<string, { requestBody?: Content; responses: Record<string, Partial<Content>> }>>
  readonly components: { readonly schemas: Record<string, object> }
}
interface Content {
  readonly content: { readonly 'application/json': { readonly schema: Reference & { readonly oneOf?: Reference[] } } }
}
interface Reference {
  readonly $ref?: string
}
const description = describeJson(url) as Described

/** Whether a document is one of those that the description has there. */
function isDescribed({ content }: Partial<Content>, document: unknown): boolean {
  const { schema } = content!['application/json']
  return (schema.oneOf ?? [schema]).some(({ $ref }) => {
    const named = description.components.schemas[$ref!.split('/').at(-1)!]!
    return z.fromJSONSchema(named as Parameters<typeof z.fromJSONSchema>[0]).safeParse(document).success
  })
}

interface Sent {
  readonly body?: unknown
  readonly headers?: Record<string, string>
}

/** Routes, and what a client gets from them. Each answer must be one that the description has. */
function service(options: Partial<JsonRoutesOptions> & { issuing?: object; signedData?: string } = {}) {
  const refused: unknown[] = []
  const routes = jsonRoutes({
    url,
    claimTypes,
    keys: [parameters],
    issuance: new TokenIssuance({
      issuer,
      attributes: () => ['Alice', 'member'],
      tokenInformation: () => ({ issuer: url, expires }),
      ...options.issuing,
    }),
    verifier: new PresentationVerifier({
      audience: url,
      keys: [parameters],
      required: [2],
      signedData: options.signedData,
    }),
    authenticate: (credentials) => {
      if (credentials === undefined) return Promise.resolve(undefined)
      const { username, password } = credentials
      if (password !== 'correct: horse') throw new AuthenticationError('authentication/password')
      return Promise.resolve({ id: username })
    },
    onRefused: (error) => refused.push(error),
    ...options,
  })
  const ask = async (method: Route['method'], path: string, { body, headers }: Sent = {}) => {
    const route = routes.find((route) => route.method === method && route.path === path)!
    const text = typeof body === 'string' ? body : JSON.stringify(body ?? '')
    const {
      status,
      headers: answered,
      body: octets,
    } = await route.handle({
      method,
      target: path,
      headers: { 'content-type': 'application/json', ...headers },
      body: new TextEncoder().encode(text),
      client: { address: '127.0.0.1' },
    } as unknown as HostRequest)
    const document: unknown = JSON.parse(new TextDecoder().decode(octets))
    const described = description.paths[path]![method.toLowerCase()]!.responses[status]
    expect(described, `${method} ${path} ${String(status)}`).toBeDefined()
    if (described!.content !== undefined) expect(isDescribed(described!, document)).toBe(true)
    return { status, headers: answered, document, text: new TextDecoder().decode(octets) }
  }
  return { routes, ask, refused }
}

const basic = (name: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`,
})
const alice = basic('alice', 'correct: horse')

type Ask = ReturnType<typeof service>['ask']

function obtain(ask: Ask, count = 1): Promise<ObtainedTokens> {
  const post = async (document: string) => {
    const described = description.paths['/json/issue']!['post']!.requestBody!
    expect(isDescribed(described, JSON.parse(document))).toBe(true)
    return (await ask('POST', '/json/issue', { body: document, headers: alice })).text
  }
  return obtainTokens({ parameters, post, count })
}

function answer(challenge: string, { tokens, attributes }: ObtainedTokens, options: object = {}): Promise<string> {
  return answerChallenge(challenge, {
    ...{ parameters, token: tokens[0]!, attributes, disclosed: [2], audience: url },
    ...options,
  })
}

describe('the routes in JSON', () => {
  it('are those of the description, which is served', async () => {
    const { routes, ask } = service()
    const described = Object.entries(description.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    )
    expect(routes.map(({ method, path }) => `${method} ${path}`).toSorted()).toEqual(described.toSorted())
    expect((await ask('GET', '/json/openapi.json')).document).toEqual(JSON.parse(JSON.stringify(description)))
  })

  it('are described strictly', () => {
    const { requestBody } = description.paths['/json/issue']!['post']!
    expect(
      [{ n: 1 }, { n: 0 }, { n: '1' }, { n: 1, A: [] }, {}].map((body) => isDescribed(requestBody!, body)),
    ).toEqual([true, false, false, false, false])
  })

  it('publish the key', async () => {
    const { document, headers } = await service().ask('GET', '/.well-known/jwks.json')
    expect(readJwkSet(document as object, { engine, curves: [P256] })[0]!.uid).toEqual(parameters.uid)
    expect(headers['cache-control']).toBe('public, max-age=300')
  })

  it('issue a batch, and verify a presentation of it, once', async () => {
    const { ask } = service()
    const obtained = await obtain(ask, 3)
    expect(obtained.tokens).toHaveLength(3)
    const { text } = await ask('POST', '/json/challenge')
    const body = { presentation: await answer(text, obtained) }
    const { document } = await ask('POST', '/json/verify', { body })
    expect(document).toEqual({
      valid: true,
      claims: [{ index: 2, claimType: 'urn:role', value: 'member' }],
      issuer: url,
      expires: obtained.tokenInformation.expires!.toISOString(),
    })
    const again = await ask('POST', '/json/verify', { body })
    expect([again.status, again.document]).toEqual([200, { valid: false, code: 'verifier/challenge-used' }])
  })

  it('have a text signed', async () => {
    const { ask } = service({ signedData: 'I agree' })
    const { text } = await ask('POST', '/json/challenge')
    const presentation = await answer(text, await obtain(ask), { consent: () => true })
    const { document } = await ask('POST', '/json/verify', { body: { presentation } })
    expect(document).toMatchObject({ valid: true, signedData: 'I agree' })
  })

  it('ask for a presentation as for a bearer token', async () => {
    const verdicts: boolean[] = []
    const { ask } = service({ onVerdict: ({ valid }) => verdicts.push(valid) })
    const obtained = await obtain(ask)
    const asked = await ask('GET', '/json/claims')
    expect([asked.status, asked.document]).toMatchObject([401, { code: 'json/challenge' }])
    const challenge = readChallengeHeader(asked.headers['www-authenticate']!)
    const headers = {
      authorization: writeAuthorization(await answer(challenge, obtained, { request: 'GET /json/claims' })),
    }
    const { status, document } = await ask('GET', '/json/claims', { headers })
    expect([status, document]).toMatchObject([200, { claims: [{ value: 'member' }] }])
    const replay = await ask('GET', '/json/claims', { headers })
    expect([replay.status, replay.document]).toMatchObject([401, { code: 'verifier/challenge-used' }])
    expect(replay.headers['www-authenticate']).toMatch(/^U-Prove challenge=/)
    expect(verdicts).toEqual([true, false])
    // A challenge of the other route is for no request.
    const { text } = await ask('POST', '/json/challenge')
    const other = { authorization: writeAuthorization(await answer(text, obtained)) }
    expect((await ask('GET', '/json/claims', { headers: other })).document).toMatchObject({ code: 'verifier/request' })
    expect((await ask('GET', '/json/claims', { headers: { authorization: 'U-Prove e30.e30.e30' } })).status).toBe(400)
  })

  it.each([
    ['nobody', {}],
    ['a wrong password', basic('alice', 'x')],
    ['no name', basic('', 'correct: horse')],
    ['no base64', { authorization: 'Basic ?' }],
    ['another scheme', { authorization: 'Bearer x' }],
  ])('issue nothing to %s, and do not say why', async (_what, headers) => {
    const { ask, refused } = service()
    const { status, document, headers: answered } = await ask('POST', '/json/issue', { body: { n: 1 }, headers })
    expect([status, document]).toEqual([401, { code: 'json/not-authenticated', message: 'Authenticate first.' }])
    expect(answered['www-authenticate']).toMatch(/^Basic /)
    expect(refused).toHaveLength(1)
  })

  it('keep an exchange for who began it', async () => {
    const { ask } = service()
    const post = async (document: string) => {
      const headers = document.includes('"sC"') ? basic('bob', 'correct: horse') : alice
      const { status, text } = await ask('POST', '/json/issue', { body: document, headers })
      return status === 200 ? text : Promise.reject(new Error(text))
    }
    await expect(obtainTokens({ parameters, post })).rejects.toThrow('json/exchange-unknown')
  })

  it.each([
    ['POST', '/json/issue', { body: { n: 0 }, headers: alice }, 400, 'json/no-tokens'],
    ['POST', '/json/issue', { body: '{"n":1,"n":2}', headers: alice }, 400, 'json/duplicate-member'],
    [
      'POST',
      '/json/issue',
      { body: '', headers: { ...alice, 'content-type': 'text/plain' } },
      415,
      'request/media-type',
    ],
    ['POST', '/json/verify', { body: 'x' }, 400, 'json/syntax'],
    ['POST', '/json/verify', { body: {} }, 400, 'json/type'],
    ['POST', '/json/verify', { body: { presentation: 'x' } }, 400, 'json/compact'],
    ['POST', '/json/verify', { headers: { 'content-type': '' } }, 415, 'request/media-type'],
  ] as const)('refuse a bad request: %s %s %o', async (method, path, sent, status, code) => {
    const answered = await service().ask(method, path, sent)
    expect([answered.status, answered.document]).toMatchObject([status, { code }])
  })

  it('say when a client must wait', async () => {
    const full = service({ issuing: { store: new MemoryStateStore({ capacity: 0 }) } })
    const busy = await full.ask('POST', '/json/issue', { body: { n: 1 }, headers: alice })
    expect([busy.status, busy.document, busy.headers['retry-after']]).toMatchObject([503, { code: 'json/busy' }, '60'])
    const verifier = {
      challenge: () => Promise.reject(new StoreError('store/full')),
      verify: () => Promise.reject(new Error()),
    }
    const challenges = service({ verifier })
    for (const [method, path] of [
      ['POST', '/json/challenge'],
      ['GET', '/json/claims'],
    ] as const) {
      expect((await challenges.ask(method, path)).status).toBe(503)
    }
    const admit = () => Promise.reject(new SoapFault({ faultCode: 'Receiver', reasons: 'Later.' }))
    expect((await service({ authenticate: admit }).ask('POST', '/json/issue', { body: { n: 1 } })).status).toBe(429)
  })

  it('do not blame a client for a failure of the server', async () => {
    const backend: IssuanceBackend = {
      begin: () => Promise.reject(new StoreError('store/unavailable')),
      respond: () => Promise.reject(new Error('a bug')),
    }
    const { ask, refused } = service({ issuing: { backend } })
    const asked = ask('POST', '/json/issue', { body: { n: 1 }, headers: alice })
    await expect(asked).rejects.toMatchObject({ code: 'store/unavailable' })
    expect(refused).toEqual([])
  })
})
