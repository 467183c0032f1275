import { beforeAll, describe, expect, it, vi } from 'vitest'
import { UProveError } from '../../bindings/errors.js'
import { isZero } from '../../bindings/octets/integers.js'
import { elementOfOrder } from '../../bindings/testing/small-order.js'
import { L2048N256 } from '../params/index.js'
import { SoftwareDevice } from '../uprove/device/device.js'
import { Prover } from '../uprove/issuance/prover.js'
import { verifyToken, type IssuedToken } from '../uprove/token/token.js'
import { canonicalize } from '../xml/canonicalize.js'
import { parseXml } from '../xml/parse.js'
import { ecdsaSha256 } from '../xml/signature-algorithms.js'
import type { SignOptions } from '../xml/signature.js'
import type { XmlElement } from '../xml/tree.js'
import { issuanceBackend, type IssuanceBackend } from './issuance/backend.js'
import { ClaimProvider, countsUpTo, expiringAfter } from './issuance/claim-provider.js'
import { signDeviceParameters } from './artefacts/device-parameters.js'
import { WsTrustError } from './errors.js'
import { isOwnFailure, wsTrustFault } from './soap/faults.js'
import { readFirstResponse, readSecondResponse, readThirdResponse, readTokenRequest } from './issuance/messages.js'
import { MemoryStateStore, type OpenExchange } from './issuance/state-store.js'
import { makeCertificate } from './testing/certificates.js'
import {
  alice,
  bob,
  codeOf,
  createParties,
  createTestIssuer,
  edited,
  group,
  mallory,
  obtainTokens,
  testClock,
  transportTo,
  xml,
} from './testing/fixtures.js'
import { TokenClient, type ObtainOptions, type TokenExchange } from './issuance/token-client.js'
import { certificateTrust, EXTENDED_KEY_USAGE, type SignerTrust } from './trust/signer.js'

const issuer = createTestIssuer()
const { parameters: profile } = issuer
const GD = profile.deviceGenerator!

type Parties = ReturnType<typeof createParties>

/** An exchange up to its second response, which was not sent yet. */
async function exchangeOf(parties: Parties, request: ObtainOptions = { claim: 2, ID: 1 }) {
  const exchange = parties.client.begin(request)
  const first = await parties.provider.request(alice, exchange.request)
  return { exchange, first, second: exchange.respond(first) }
}

/** Answers only once it is told to. */
function slowBackend(backend: IssuanceBackend): { backend: IssuanceBackend; proceed: () => void } {
  let proceed = (): void => undefined
  const turn = new Promise<void>((resolve) => (proceed = resolve))
  return {
    backend: {
      begin: (options) => backend.begin(options),
      respond: async (...args) => {
        const answer = await backend.respond(...args)
        await turn
        return answer
      },
    },
    proceed,
  }
}

describe('an exchange of 3 claim and 5 ID tokens (section 4.2.6)', () => {
  it('gives valid tokens that hold what the specification says', async () => {
    const batches = await obtainTokens(issuer, { claim: 3, ID: 5 })
    expect(batches).toMatchObject([
      { tokenClass: 'claim', uidp: 'http://fabrikam.com/ip1', attributes: bob },
      { tokenClass: 'ID', uidp: 'http://fabrikam.com/ip1', attributes: [null, null, null] },
    ])
    expect(batches.map(({ tokens }) => tokens.length)).toEqual([3, 5])
    const tokens = batches.flatMap((batch) => batch.tokens)
    expect(new Set(tokens.map(({ token }) => token.h.join())).size).toBe(8)
    for (const { token } of tokens) {
      expect(verifyToken(profile.parameters, token).valid).toBe(true)
      expect(token).toMatchObject({ proverInformation: null, deviceProtected: false })
    }
    // What the Issuer wrote is, octet for octet, what the tokens hold.
    const ti =
      '<up:TI xmlns:up="http://schemas.xmlsoap.org/ws/2011/02/u-prove"><up:NotOnOrAfter>2010-03-01T00:00:00Z</up:NotOnOrAfter></up:TI>'
    expect(new TextDecoder().decode(batches[0]!.tokenInformation.octets)).toBe(ti)
    expect(tokens[0]!.token.tokenInformation).toEqual(batches[0]!.tokenInformation.octets)
  })

  it('has messages as the outlines say', async () => {
    const parties = createParties(issuer)
    const { exchange, first, second } = await exchangeOf(parties, { claim: 3, ID: 5 })
    const third = await parties.provider.respond(alice, second)
    expect(xml(exchange.request)).toMatch(/^<wst:RequestSecurityToken .*TokenCount="3".*TokenCount="5"/)
    expect(readTokenRequest(exchange.request).context).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab]/)
    expect(readFirstResponse(first).instances.map(({ tokenCount }) => tokenCount)).toEqual([3, 5])
    expect(readSecondResponse(second).sigmaC.map((numbers) => numbers.length)).toEqual([3, 5])
    expect(readThirdResponse(third).sigmaR.map((numbers) => numbers.length)).toEqual([3, 5])
    const contexts = [exchange.request, first, second, third.elements[0]!].map((e) => e.attribute('Context'))
    expect(new Set(contexts)).toEqual(new Set([exchange.context]))
    expect(exchange.finish(third)).toHaveLength(2)
  })

  it('certifies the same for claims in octets as for claims in text', async () => {
    const claims = bob.map((claim) => claim && Buffer.from(claim))
    const parties = createParties(issuer, { provider: { claims: () => claims } })
    const { exchange, first, second } = await exchangeOf(parties, { claim: 1 })
    const [batch] = exchange.finish(await parties.provider.respond(alice, second))
    expect(batch?.attributes).toEqual(bob)
    expect(readFirstResponse(first).instances[0]?.attributes).toEqual(bob)
  })

  it('works when the TI is written with another prefix, declared far above', async () => {
    const { client } = createParties(issuer)
    // Another Issuer's software: its TI has no prefix, and it hashed that.
    const ti =
      '<TI xmlns="http://schemas.xmlsoap.org/ws/2011/02/u-prove"><NotOnOrAfter>2010-03-01T00:00:00Z</NotOnOrAfter></TI>'
    const backend = issuanceBackend(issuer.issuer)
    const foreign = new ClaimProvider({
      issuer,
      claims: () => bob,
      clock: testClock().clock,
      backend: {
        ...backend,
        begin: (options) => backend.begin({ ...options, tokenInformation: ti }),
      },
    })
    const exchange = client.begin({ claim: 1 })
    const answer = await foreign.request(alice, exchange.request)
    const first = edited(answer, /<up:TI>.*<\/up:TI>/, ti)
    const wrapped = parseXml(`<s:Body xmlns:s="urn:soap" xmlns:x="urn:x">${xml(first)}</s:Body>`).elements[0]!
    const [batch] = exchange.finish(await foreign.respond(alice, exchange.respond(wrapped)))
    expect(new TextDecoder().decode(batch!.tokenInformation.octets)).toBe(ti)
    expect(verifyToken(profile.parameters, batch!.tokens[0]!.token).valid).toBe(true)
  })
})

describe('how many tokens', () => {
  const counts = countsUpTo({ claim: { byDefault: 2, atMost: 3 }, ID: { byDefault: 1, atMost: 1 } })
  const granted = async (request: ObtainOptions, policy = counts) => {
    const batches = await obtainTokens(issuer, request, { provider: { counts: policy } })
    return batches.map(({ tokenClass, tokens }) => `${tokens.length} ${tokenClass}`)
  }

  it('is what is asked for, up to what the Claim Provider grants', async () => {
    expect(await granted({})).toEqual(['2 claim', '1 ID'])
    expect(await granted({ claim: 1 })).toEqual(['1 claim'])
    expect(await granted({ claim: 100, ID: 100 })).toEqual(['3 claim', '1 ID'])
    expect(await granted({ claim: 0, ID: 1 })).toEqual(['1 ID'])
  })

  it('is counted over all instances of a class', async () => {
    const { provider } = createParties(issuer, { provider: { counts } })
    const exchange = createParties(issuer).client.begin({ claim: 2, ID: 1 })
    const repeated = edited(exchange.request, /(<up:Instance TokenClass="claim".*?<\/up:Instance>)/, '$1$1')
    const first = readFirstResponse(await provider.request(alice, repeated))
    expect(first.instances.map(({ tokenClass, tokenCount }) => `${tokenCount} ${tokenClass}`)).toEqual([
      '2 claim',
      '1 claim',
      '1 ID',
    ])
  })

  it('is up to the client as well', async () => {
    const many = () => [{ tokenClass: 'claim', tokenCount: 4 } as const]
    const refusedBy = (client: Partial<ConstructorParameters<typeof TokenClient>[0]>, request: ObtainOptions) =>
      codeOf(() => obtainTokens(issuer, request, { provider: { counts: many }, client }))
    expect(await refusedBy({}, { claim: 1 })).toBe('accepted')
    expect(await refusedBy({ maxTokens: 3 }, { claim: 1 })).toBe('ws-trust/too-many-tokens')
    expect(await refusedBy({}, { ID: 1 })).toBe('ws-trust/unrequested-class')
    expect(await refusedBy({}, { claim: 0, ID: 0 })).toBe('ws-trust/no-tokens')
    expect(await refusedBy({}, { claim: 65_536 })).toBe('ws-trust/too-many-tokens')
    expect(await refusedBy({}, { claim: -1, ID: 2 })).toBe('ws-trust/too-many-tokens')
    expect(await refusedBy({}, { claim: 1.5 })).toBe('ws-trust/too-many-tokens')
    expect(await refusedBy({ maxTokens: 3 }, { claim: 2, ID: 2 })).toBe('ws-trust/too-many-tokens')
  })

  it('may be none, which is refused', async () => {
    const noIds = countsUpTo({ claim: { byDefault: 0, atMost: 1 }, ID: { byDefault: 0, atMost: 0 } })
    expect(await codeOf(() => granted({ ID: 1 }, noIds))).toBe('ws-trust/class-refused')
    expect(await codeOf(() => granted({}, noIds))).toBe('ws-trust/no-tokens')
    expect(await codeOf(() => granted({}, () => [{ tokenClass: 'ID', tokenCount: 65_536 }]))).toBe(
      'ws-trust/too-many-tokens',
    )
  })
})

describe('a Claim Provider refuses', () => {
  it('clients that are not authenticated', async () => {
    const parties = createParties(issuer)
    const { request } = parties.client.begin()
    for (const nobody of [undefined, { id: '' }]) {
      expect(await codeOf(() => parties.provider.request(nobody, request))).toBe('ws-trust/not-authenticated')
      expect(await codeOf(() => parties.provider.respond(nobody, request))).toBe('ws-trust/not-authenticated')
    }
  })

  const up = 'xmlns:up="http://schemas.xmlsoap.org/ws/2011/02/u-prove"'
  it.each<[string, string | RegExp, string, string]>([
    ['no Context', /Context="[^"]*"/, '', 'ws-trust/context'],
    ['an empty Context', /Context="[^"]*"/, 'Context=""', 'ws-trust/context'],
    ['a long Context', /Context="/, `Context="${'x'.repeat(2048)}`, 'ws-trust/context'],
    ['another token type', '/u-prove/token', '/uprove/token', 'ws-trust/token-type'],
    ['another request type', '/Issue', '/Renew', 'ws-trust/request-type'],
    ['no request type', /<wst:RequestType>.*<\/wst:RequestType>/, '', 'ws-trust/request-type'],
    ['two request types', /(<wst:RequestType>.*<\/wst:RequestType>)/, '$1$1', 'ws-trust/element'],
    ['another class', 'TokenClass="ID"', 'TokenClass="id"', 'ws-trust/token-class'],
    ['no class', ' TokenClass="ID"', '', 'ws-trust/attribute'],
    ['no count', ' TokenCount="1"', '', 'ws-trust/attribute'],
    ['a count above 65,535', 'TokenCount="1"', 'TokenCount="65536"', 'ws-trust/integer'],
    ['a negative count', 'TokenCount="1"', 'TokenCount="-1"', 'ws-trust/integer'],
    ['Instances without an instance', /<up:Instances .*<\/up:Instances>/, `<up:Instances ${up}/>`, 'ws-trust/element'],
    ['an instance with content', /TokenCount="1">/, 'TokenCount="1">x', 'ws-trust/text'],
    [
      'an unknown element of the profile',
      '</wst:RequestSecurityToken>',
      `<up:Renewing ${up}/></wst:RequestSecurityToken>`,
      'ws-trust/element',
    ],
    ['an unknown attribute', ' Context=', ' other="x" Context=', 'ws-trust/attribute'],
    ['17 instances', /(<up:Instance TokenClass="ID".*?<\/up:Instance>)/, '$1'.repeat(16), 'ws-trust/too-many-tokens'],
    ['another element', /RequestSecurityToken/g, 'RequestSecurityTokens', 'ws-trust/element'],
  ])('a request with %s', async (_, from, to, code) => {
    const { provider, client } = createParties(issuer)
    const request = client.begin({ claim: 1, ID: 1 }).request
    expect(await codeOf(() => provider.request(alice, edited(request, from, to)))).toBe(code)
    expect(await codeOf(() => provider.request(alice, request))).toBe('accepted')
  })

  it('nothing for what WS-Trust lets a request and a response have beside the profile', async () => {
    const { provider, client } = createParties(issuer)
    const exchange = client.begin({ claim: 1, ID: 0 })
    const extra =
      '<wsp:AppliesTo xmlns:wsp="http://schemas.xmlsoap.org/ws/2004/09/policy"><x xmlns="urn:x"/></wsp:AppliesTo>' +
      '<wst:Lifetime/><x xmlns="urn:x" y="z">text</x>'
    const open = (message: XmlElement): XmlElement =>
      edited(edited(message, ' Context=', ' x:y="z" xmlns:x="urn:x" Context='), /(<\/wst:\w+>)$/, `${extra}$1`)
    const context = `urn:${'x'.repeat(2044)}`
    const long = edited(open(exchange.request), exchange.context, context)
    const first = await provider.request(alice, long)
    expect(first.attribute('Context')).toBe(context)
    const second = exchange.respond(edited(open(first), context, exchange.context))
    const third = await provider.respond(alice, edited(second, exchange.context, context))
    expect(exchange.finish(edited(third, context, exchange.context))).toHaveLength(1)
  })

  it('a Context that is in use, until it has expired', async () => {
    const { provider, client, time } = createParties(issuer)
    const { request } = client.begin()
    await provider.request(alice, request)
    expect(await codeOf(() => provider.request(alice, request))).toBe('ws-trust/context-in-use')
    expect(await codeOf(() => provider.request(mallory, request))).toBe('ws-trust/context-in-use')
    time.now = new Date(time.now.getTime() + 300_000)
    expect(await codeOf(() => provider.request(mallory, request))).toBe('accepted')
  })

  it('one of two requests at once with one Context', async () => {
    const { provider, client } = createParties(issuer)
    const { request } = client.begin()
    const codes = await Promise.all([alice, mallory].map((who) => codeOf(() => provider.request(who, request))))
    expect(codes.sort()).toEqual(['accepted', 'ws-trust/context-in-use'])
  })

  it.each([
    ['2009-04-16T00:40:02Z', 'ws-trust/parameters-not-yet-valid'],
    ['2009-04-16T00:40:03Z', 'accepted'],
    ['2010-04-01T11:59:59Z', 'accepted'],
    ['2010-04-01T12:00:00Z', 'ws-trust/parameters-expired'],
  ])('to issue at %s: %s', async (now, code) => {
    const { client } = createParties(issuer)
    const { provider, client: late } = createParties(issuer, { time: testClock(now) })
    expect(await codeOf(() => provider.request(alice, client.begin().request))).toBe(code)
    expect(await codeOf(() => late.begin())).toBe(code)
  })

  it('to answer once the parameters have expired in between', async () => {
    const time = testClock('2010-04-01T11:59:59Z')
    const { provider, client } = createParties(issuer, { time })
    const exchange = client.begin({ claim: 1 })
    const second = exchange.respond(await provider.request(alice, exchange.request))
    time.now = new Date('2010-04-01T12:00:00Z')
    expect(await codeOf(() => provider.respond(alice, second))).toBe('ws-trust/parameters-expired')
  })

  it('claims that are not one for each claim type', async () => {
    const { provider, client } = createParties(issuer, { provider: { claims: () => ['bob@contoso.com'] } })
    expect(await codeOf(() => provider.request(alice, client.begin({ claim: 1 }).request))).toBe(
      'ws-trust/attribute-count',
    )
    expect(await codeOf(() => provider.request(alice, client.begin({ ID: 1 }).request))).toBe('accepted')
  })

  it('claims whose octets are no text', async () => {
    const claims = () => [Uint8Array.of(0xff), null, null]
    const { provider, client } = createParties(issuer, { provider: { claims } })
    const request = () => provider.request(alice, client.begin({ claim: 1 }).request)
    expect(await codeOf(request)).toBe('ws-trust/attribute-encoding')
    expect(wsTrustFault(await request().catch((error: unknown) => error))).toBe('RequestFailed')
  })

  it('claims that XML cannot hold, and keeps no exchange', async () => {
    const store = new MemoryStateStore({ clock: testClock().clock })
    const control = createParties(issuer, { provider: { claims: () => ['a\u0000b', null, null], store } })
    const exchange = control.client.begin()
    expect(await codeOf(() => control.provider.request(alice, exchange.request))).toBe('xml/character')
    expect(await store.find(exchange.context)).toBeUndefined()
  })

  it('dates that have passed', async () => {
    const { provider, client } = createParties(issuer, { provider: { expiry: (_class, now) => now } })
    expect(await codeOf(() => provider.request(alice, client.begin().request))).toBe('ws-trust/token-expired')
  })

  const scalar = (first: string) => `<up:SigmaC>${first}</up:SigmaC>`
  it.each<[string, string | RegExp, string, string]>([
    ['no Context', /Context="[^"]*"/, '', 'ws-trust/context'],
    ['another Context', /Context="[^"]*"/, 'Context="urn:other"', 'ws-trust/context-unknown'],
    ['an instance too few', /<up:Instance>.*?<\/up:Instance>/, '', 'ws-trust/instance-count'],
    ['an instance too many', /(<up:Instance>.*?<\/up:Instance>)/, '$1$1', 'ws-trust/instance-count'],
    ['a value too few', /<up:SigmaC>[^/]*?.*?<\/up:SigmaC>/, '', 'ws-trust/token-count'],
    ['a value too many', /(<up:SigmaC>.*?<\/up:SigmaC>)/, '$1$1', 'ws-trust/token-count'],
    ['a value of q', /<up:SigmaC>.*?<\/up:SigmaC>/, scalar(`${'/'.repeat(42)}8=`), 'scalar/range'],
    ['a value that is too long', /<up:SigmaC>/, '<up:SigmaC>AQEB', 'ws-trust/number-range'],
    ['a value with a leading zero', /<up:SigmaC>.*?<\/up:SigmaC>/, scalar('AAE='), 'ws-trust/crypto-binary'],
    ['a value that is no number', /<up:SigmaC>.*?<\/up:SigmaC>/, scalar('?'), 'ws-trust/crypto-binary'],
    ['no values', /<up:IssuanceMessage2>.*?<\/up:IssuanceMessage2>/, '<up:IssuanceMessage2/>', 'ws-trust/element'],
    ['messages of another step', /IssuanceMessage2/g, 'IssuanceMessage3', 'ws-trust/element'],
    ['an unknown element', '</up:Instances>', '</up:Instances><X/>', 'ws-trust/element'],
  ])('a second response with %s, and then takes the right one', async (_, from, to, code) => {
    const parties = createParties(issuer)
    const { exchange, second } = await exchangeOf(parties)
    expect(await codeOf(() => parties.provider.respond(alice, edited(second, from, to)))).toBe(code)
    expect(exchange.finish(await parties.provider.respond(alice, second))).toHaveLength(2)
  })
})

describe('the state of an exchange', () => {
  it('is its principal’s: knowing a Context is not enough', async () => {
    const parties = createParties(issuer)
    const { exchange, second } = await exchangeOf(parties)
    expect(await codeOf(() => parties.provider.respond(mallory, second))).toBe('ws-trust/context-unknown')
    const third = await parties.provider.respond(alice, second)
    expect(await codeOf(() => parties.provider.respond(mallory, second))).toBe('ws-trust/context-unknown')
    expect(exchange.finish(third)).toHaveLength(2)
  })

  it('gives the identical answer to the identical message, and none to another', async () => {
    const parties = createParties(issuer)
    const { exchange, first, second } = await exchangeOf(parties)
    // The same Prover would not answer twice; an attacker does.
    const another = createParties(issuer).client.begin({ claim: 2, ID: 1 })
    const other = edited(
      another.respond(edited(first, exchange.context, another.context)),
      another.context,
      exchange.context,
    )
    const third = await parties.provider.respond(alice, second)
    expect(canonicalize(await parties.provider.respond(alice, second))).toEqual(canonicalize(third))
    const rewritten = xml(second).replace(/up:/g, 'q:').replace(/:up=/g, ':q=')
    expect(canonicalize(await parties.provider.respond(alice, rewritten))).toEqual(canonicalize(third))
    expect(await codeOf(() => parties.provider.respond(alice, other))).toBe('ws-trust/different-message')
    const swapped = edited(second, /(<up:SigmaC>.*?<\/up:SigmaC>)(<up:SigmaC>.*?<\/up:SigmaC>)/, '$2$1')
    expect(await codeOf(() => parties.provider.respond(alice, swapped))).toBe('ws-trust/different-message')
  })

  it('answers one of two messages that race', async () => {
    const store = new MemoryStateStore({ clock: testClock().clock })
    // Two nodes of a farm.
    const parties = createParties(issuer, { provider: { store } })
    const node2 = createParties(issuer, { provider: { store } }).provider
    const { second } = await exchangeOf(parties, { claim: 2 })
    const swapped = edited(second, /(<up:SigmaC>.*?<\/up:SigmaC>)(<up:SigmaC>.*?<\/up:SigmaC>)/, '$2$1')
    const codes = await Promise.all([
      codeOf(() => parties.provider.respond(alice, second)),
      codeOf(() => node2.respond(alice, swapped)),
    ])
    expect(codes.sort()).toEqual(['accepted', 'ws-trust/different-message'])
  })

  it('is not mistaken for a later one with its Context', async () => {
    const store = new MemoryStateStore({ clock: testClock().clock })
    const { backend, proceed } = slowBackend(issuanceBackend(issuer.issuer))
    const parties = createParties(issuer, { provider: { store } })
    const slow = createParties(issuer, { provider: { store, backend }, time: parties.time }).provider
    const { exchange, second } = await exchangeOf(parties)
    const late = codeOf(() => slow.respond(alice, second))
    await new Promise((resolve) => setTimeout(resolve))
    // Everything is over, and the Context in use again, before the slow node has its answer.
    store.dispose()
    await parties.provider.request(alice, exchange.request)
    proceed()
    expect(await late).toBe('ws-trust/context-unknown')
    expect((await store.find(exchange.context))?.answer).toBeUndefined()
  })

  it('expires', async () => {
    const parties = createParties(issuer)
    const { second } = await exchangeOf(parties)
    parties.time.now = new Date(parties.time.now.getTime() + 299_999)
    expect(await codeOf(() => parties.provider.respond(alice, second))).toBe('accepted')
    parties.time.now = new Date(parties.time.now.getTime() + 1)
    expect(await codeOf(() => parties.provider.respond(alice, second))).toBe('ws-trust/context-unknown')
  })

  it('gives no answer that could not be stored', async () => {
    const store = new MemoryStateStore({ clock: testClock().clock })
    const parties = createParties(issuer, { provider: { store } })
    const { second } = await exchangeOf(parties)
    store.answer = () => Promise.resolve(undefined)
    expect(await codeOf(() => parties.provider.respond(alice, second))).toBe('ws-trust/context-unknown')
    store.answer = () => Promise.reject(new Error('the disk is full'))
    await expect(parties.provider.respond(alice, second)).rejects.toThrow('the disk is full')
  })

  it('is that of its Issuer parameters, if providers share a store', async () => {
    const store = new MemoryStateStore({ clock: testClock().clock })
    const parties = createParties(issuer, { provider: { store } })
    const other = createParties(createTestIssuer({ uidp: 'http://fabrikam.com/ip2' }), { provider: { store } })
    const { second } = await exchangeOf(parties)
    expect(await codeOf(() => other.provider.respond(alice, second))).toBe('ws-trust/context-unknown')
    expect(await codeOf(() => parties.provider.respond(alice, second))).toBe('accepted')
  })

  it('is judged by the provider’s clock too, whatever the store keeps', async () => {
    const store = new MemoryStateStore({ clock: () => new Date(0) })
    const parties = createParties(issuer, { provider: { store, exchangeLifetime: 1000 } })
    const { second } = await exchangeOf(parties)
    parties.time.now = new Date(parties.time.now.getTime() + 1000)
    expect(await codeOf(() => parties.provider.respond(alice, second))).toBe('ws-trust/context-unknown')
  })

  it('is wiped where it is not needed any more', async () => {
    const seen: Uint8Array[] = []
    const inner = new MemoryStateStore({ clock: testClock().clock })
    const store = {
      insert: (exchange: OpenExchange) => {
        seen.push(...exchange.secrets)
        return inner.insert(exchange)
      },
      find: async (context: string) => {
        const found = await inner.find(context)
        seen.push(...(found?.secrets ?? []))
        return found
      },
      answer: inner.answer.bind(inner),
    }
    const parties = createParties(issuer, { provider: { store } })
    const { second } = await exchangeOf(parties)
    expect(await codeOf(() => parties.provider.respond(mallory, second))).toBe('ws-trust/context-unknown')
    await parties.provider.respond(alice, second)
    expect(seen).toHaveLength(6)
    expect(seen.every((secret) => secret.every((octet) => octet === 0))).toBe(true)
    const stored = await inner.find(second.attribute('Context')!)
    expect(stored?.secrets).toBeUndefined()
    expect(stored?.answer?.digest).toHaveLength(32)
  })

  it('does not grow without bound', async () => {
    const time = testClock()
    const store = new MemoryStateStore({ capacity: 2, clock: time.clock })
    const { provider, client } = createParties(issuer, { provider: { store }, time })
    const request = () => codeOf(() => provider.request(alice, client.begin().request))
    expect([await request(), await request(), await request()]).toEqual(['accepted', 'accepted', 'ws-trust/busy'])
    time.now = new Date(time.now.getTime() + 300_000)
    expect(await request()).toBe('accepted')
    store.dispose()
    expect([await request(), await request()]).toEqual(['accepted', 'accepted'])
  })
})

describe('a client refuses', () => {
  const respondTo = async (
    change: (first: XmlElement) => XmlElement,
    request: ObtainOptions = { claim: 2, ID: 1 },
    client: Partial<ConstructorParameters<typeof TokenClient>[0]> = {},
  ): Promise<[string, TokenExchange, XmlElement]> => {
    const parties = createParties(issuer, { client })
    const exchange = parties.client.begin(request)
    const first = await parties.provider.request(alice, exchange.request)
    return [await codeOf(() => exchange.respond(change(first))), exchange, first]
  }
  const order2 = Buffer.from(elementOfOrder(L2048N256, 2)).toString('base64')

  it.each<[string, string | RegExp, string, string]>([
    ['another Context', /Context="[^"]*"/, 'Context="urn:other"', 'ws-trust/context-mismatch'],
    ['no Context', /Context="[^"]*"/, '', 'ws-trust/context'],
    ['another token type', '/u-prove/token', '/uprove/token', 'ws-trust/token-type'],
    ['no token type', /<wst:TokenType>.*<\/wst:TokenType>/, '', 'ws-trust/token-type'],
    ['other Issuer parameters', 'com/ip1<', 'com/ip2<', 'ws-trust/other-parameters'],
    ['no UIDP', /<up:UIDP .*<\/up:UIDP>/, '', 'ws-trust/element'],
    ['no instance', /(<up:Instances [^>]*>).*<\/up:Instances>/, '$1</up:Instances>', 'ws-trust/element'],
    ['another class', 'TokenClass="ID"', 'TokenClass="other"', 'ws-trust/token-class'],
    ['a count of 0', 'TokenCount="1"', 'TokenCount="0"', 'ws-trust/integer'],
    ['a count that is not that of the pairs', 'TokenCount="2"', 'TokenCount="3"', 'ws-trust/token-count'],
    ['a pair too many', /(<up:SigmaPair>.*?<\/up:SigmaPair>)/, '$1$1', 'ws-trust/token-count'],
    ['claim tokens without attributes', /<up:Attributes>.*<\/up:Attributes>/, '', 'ws-trust/attributes-presence'],
    ['ID tokens with attributes', 'TokenClass="claim"', 'TokenClass="ID"', 'ws-trust/attributes-presence'],
    ['an attribute too few', /<up:Attribute Index="3">.*?<\/up:Attribute>/, '', 'ws-trust/attribute-count'],
    [
      'an attribute too many',
      '</up:Attributes>',
      '<up:Attribute Index="4"/></up:Attributes>',
      'ws-trust/attribute-count',
    ],
    ['a gap in the indices', 'Index="3"', 'Index="4"', 'ws-trust/attribute-indices'],
    ['indices that do not ascend', 'Index="2"', 'Index="3"', 'ws-trust/attribute-indices'],
    ['an index of 0', 'Index="1"', 'Index="0"', 'ws-trust/attribute-indices'],
    ['an attribute that has elements', '>Bob<', '><up:B/><', 'ws-trust/text'],
    ['white space in TI', '<up:TI>', '<up:TI> ', 'ws-trust/white-space'],
    ['no TI', /<up:TI>.*?<\/up:TI>/, '', 'ws-trust/element'],
    ['tokens that have expired', '2010-03-01T00:00:00Z', '2010-01-15T12:00:00Z', 'ws-trust/token-expired'],
    [
      'tokens that outlive the parameters',
      '2010-03-01T00:00:00Z',
      '2010-04-01T12:00:01Z',
      'ws-trust/token-outlives-parameters',
    ],
    ['a Device that it did not ask for', '<up:TI>', `<up:TI><up:Gd GdName="${GD}"/>`, 'ws-trust/device-unexpected'],
    ['a sigma_a that is too long', '<up:SigmaA>', '<up:SigmaA>AQEB', 'ws-trust/number-range'],
    ['a sigma_b of p', /<up:SigmaB>[^<]*/, `<up:SigmaB>${'/'.repeat(341)}w==`, 'element/range'],
    ['a sigma_b with a leading zero', /<up:SigmaB>[^<]*/, '<up:SigmaB>AAE=', 'ws-trust/crypto-binary'],
    ['a pair without sigma_b', /<up:SigmaB>[^<]*<\/up:SigmaB>/, '', 'ws-trust/element'],
    [
      'an unknown element of the profile',
      '</up:Instances>',
      '</up:Instances><X xmlns="http://schemas.xmlsoap.org/ws/2011/02/u-prove"/>',
      'ws-trust/element',
    ],
  ])('a first response with %s, and then takes the right one', async (_, from, to, code) => {
    const [refused, exchange, first] = await respondTo((element) => edited(element, from, to))
    expect(refused).toBe(code)
    expect(await codeOf(() => exchange.respond(first))).toBe('accepted')
  })

  it('what its user declines, having seen it', async () => {
    const offers: unknown[] = []
    const review = (offer: unknown) => offers.push(offer) > 1
    const [declined, exchange, first] = await respondTo((element) => element, { claim: 1, review })
    expect(declined).toBe('ws-trust/declined')
    expect(offers).toMatchObject([{ instances: [{ attributes: bob }] }])
    expect(await codeOf(() => exchange.respond(first))).toBe('accepted')
  })

  it.each<[string, string, string]>([
    ['another day', '2010-03-02T00:00:00Z', 'ws-trust/fine-grained-expiry'],
    ['another second', '2010-03-01T00:00:01Z', 'ws-trust/fine-grained-expiry'],
    ['a fraction', '2010-03-01T00:00:00.0Z', 'ws-trust/fine-grained-expiry'],
    ['the next month', '2010-04-01T00:00:00Z', 'accepted'],
    ['the end of the parameters', '2010-04-01T12:00:00Z', 'accepted'],
  ])('dates that could single out a user, if it is told to: %s', async (_, date, code) => {
    const change = (first: XmlElement) => edited(first, '2010-03-01T00:00:00Z', date)
    expect((await respondTo(change, { claim: 1 }, { granularity: 'month' }))[0]).toBe(code)
    expect((await respondTo(change, { claim: 1 }))[0]).toBe('accepted')
  })

  it('another prefix in TI, if it is told to', async () => {
    const change = (first: XmlElement) =>
      parseXml(
        xml(first).replace(/<up:TI>.*?<\/up:TI>/, (ti) =>
          ti
            .replace(/up:/g, 'mallory:')
            .replace('TI>', 'TI xmlns:mallory="http://schemas.xmlsoap.org/ws/2011/02/u-prove">'),
        ),
      )
    expect((await respondTo(change, { claim: 1 }, { granularity: 'month' }))[0]).toBe('ws-trust/fine-grained-expiry')
    expect((await respondTo(change, { claim: 1 }))[0]).toBe('accepted')
  })

  it.each<[string, string | RegExp, string, string]>([
    ['another Context', /Context="[^"]*"/, 'Context="urn:other"', 'ws-trust/context-mismatch'],
    ['an instance too few', /<up:Instance>.*?<\/up:Instance>/, '', 'ws-trust/instance-count'],
    ['a value too few', /<up:SigmaR>.*?<\/up:SigmaR>/, '', 'ws-trust/token-count'],
    ['a value that is too long', '<up:SigmaR>', '<up:SigmaR>AQEB', 'ws-trust/number-range'],
    [
      'two responses',
      /(<wst:RequestSecurityTokenResponse .*<\/wst:RequestSecurityTokenResponse>)/,
      '$1$1',
      'ws-trust/element',
    ],
    ['a RequestedSecurityToken', '<up:Instances ', '<wst:RequestedSecurityToken/><up:Instances ', 'ws-trust/element'],
    [
      'no collection',
      /^.*(<wst:RequestSecurityTokenResponse )(.*<\/wst:RequestSecurityTokenResponse>).*$/,
      '$1xmlns:wst="http://docs.oasis-open.org/ws-sx/ws-trust/200512" xmlns:up="http://schemas.xmlsoap.org/ws/2011/02/u-prove" $2',
      'ws-trust/element',
    ],
  ])('a third response with %s, and then takes the right one', async (_, from, to, code) => {
    const parties = createParties(issuer)
    const { exchange, second } = await exchangeOf(parties)
    const third = await parties.provider.respond(alice, second)
    expect(await codeOf(() => exchange.finish(edited(third, from, to)))).toBe(code)
    expect(exchange.finish(third)).toHaveLength(2)
  })

  it.each<[string, (first: XmlElement) => XmlElement, (third: XmlElement) => XmlElement, string]>([
    [
      'other attributes than are certified',
      (first) => edited(first, '>Bob<', '>Eve<'),
      (third) => third,
      'issuance/signature',
    ],
    [
      'another date than is certified',
      (first) => edited(first, '2010-03-01T', '2010-04-01T'),
      (third) => third,
      'issuance/signature',
    ],
    [
      'another sigma_a',
      (first) => edited(first, /(<up:SigmaA>)[^<]*(<\/up:SigmaA>)/, '$1AQ==$2'),
      (third) => third,
      'issuance/signature',
    ],
    [
      'a sigma_b outside the group',
      (first) => edited(first, /<up:SigmaB>[^<]*/, `<up:SigmaB>${order2}`),
      (third) => third,
      'issuance/signature',
    ],
    [
      'another sigma_r',
      (first) => first,
      (third) => edited(third, /<up:SigmaR>.{4}/, '<up:SigmaR>AQEB'),
      'issuance/signature',
    ],
    [
      'sigma_r in another order',
      (first) => first,
      (third) => edited(third, /(<up:SigmaR>.*?<\/up:SigmaR>)(<up:SigmaR>.*?<\/up:SigmaR>)/, '$2$1'),
      'issuance/signature',
    ],
    [
      'a sigma_r of q',
      (first) => first,
      (third) => edited(third, /<up:SigmaR>[^<]*/, `<up:SigmaR>${'/'.repeat(42)}8=`),
      'scalar/range',
    ],
  ])('tokens made with %s', async (_, changeFirst, changeThird, code) => {
    const parties = createParties(issuer)
    const exchange = parties.client.begin({ claim: 2 })
    const first = await parties.provider.request(alice, exchange.request)
    const third = await parties.provider.respond(alice, exchange.respond(changeFirst(first)))
    expect(await codeOf(() => exchange.finish(changeThird(third)))).toBe(code)
  })

  it('all batches if it refuses one, and leaves no private key of the others', async () => {
    const parties = createParties(issuer)
    const { exchange, second } = await exchangeOf(parties, { claim: 2, ID: 1 })
    const third = await parties.provider.respond(alice, second)
    const finished = vi.spyOn(Prover.prototype, 'finish')
    const last = edited(third, /<up:SigmaR>[^<]*(?=<\/up:SigmaR>(?!.*<up:SigmaR>))/, '<up:SigmaR>AQ==')
    expect(await codeOf(() => exchange.finish(last))).toBe('issuance/signature')
    expect(finished).toHaveBeenCalledTimes(2)
    const [claims] = finished.mock.results
    const keys = (claims!.value as IssuedToken[]).map(({ privateKey }) => privateKey)
    expect(keys.map(isZero)).toEqual([true, true])
    vi.restoreAllMocks()
  })

  it('a first response of which one batch makes no sense, and can go on with the right one', async () => {
    const parties = createParties(issuer)
    const exchange = parties.client.begin({ claim: 1, ID: 1 })
    const first = await parties.provider.request(alice, exchange.request)
    const closed = vi.spyOn(Prover.prototype, 'dispose')
    const last = edited(first, /<up:SigmaB>[^<]*(?=<\/up:SigmaB>(?!.*<up:SigmaB>))/, '<up:SigmaB>AA==')
    expect(await codeOf(() => exchange.respond(last))).toBe('element/range')
    // Both Provers that had begun, with their secrets.
    expect(closed).toHaveBeenCalledTimes(2)
    vi.restoreAllMocks()
    const third = await parties.provider.respond(alice, exchange.respond(first))
    expect(exchange.finish(third).map(({ tokens }) => tokens.length)).toEqual([1, 1])
  })

  it('messages out of order', async () => {
    const parties = createParties(issuer)
    const { exchange, first, second } = await exchangeOf(parties)
    const third = await parties.provider.respond(alice, second)
    expect(await codeOf(() => exchange.respond(first))).toBe('issuance/out-of-order')
    exchange.finish(third)
    expect(await codeOf(() => exchange.finish(third))).toBe('issuance/out-of-order')
    const fresh = parties.client.begin()
    expect(await codeOf(() => fresh.finish(third))).toBe('issuance/out-of-order')
    fresh.dispose()
    expect(await codeOf(() => fresh.respond(first))).toBe('issuance/out-of-order')
  })
})

describe('Device-protected tokens', () => {
  let trust: SignerTrust
  let signing: SignOptions
  const device = SoftwareDevice.create(group, L2048N256.gd)
  const contribution = device.contribute(profile.parameters)
  const signed = (deviceGenerator = GD, hd: Uint8Array = device.publicKey) =>
    signDeviceParameters({ deviceGenerator, hd }, 'device', signing)

  beforeAll(async () => {
    const root = await makeCertificate({ subject: 'Root', ca: true })
    const extendedKeyUsage = [EXTENDED_KEY_USAGE['device-parameters']]
    const maker = await makeCertificate({ subject: 'Devices', issuer: root, extendedKeyUsage })
    trust = certificateTrust({ anchors: [root.der], clock: testClock().clock })
    signing = { key: maker.keys.privateKey, algorithm: ecdsaSha256, certificates: [maker.der] }
  })

  it('are issued to a Device with signed parameters, all tokens of the exchange', async () => {
    const accepted: unknown[] = []
    const devices = { trust, accept: (parameters: unknown, who: unknown) => accepted.push([parameters, who]) > 0 }
    const request = { claim: 1, ID: 1, device: { contribution, parameters: await signed() } }
    const batches = await obtainTokens(issuer, request, { provider: { devices } })
    expect(accepted).toMatchObject([[{ deviceGenerator: GD }, alice]])
    for (const { tokenInformation, tokens } of batches) {
      expect(tokenInformation.deviceGenerator).toBe(GD)
      expect(tokens[0]!.token.deviceProtected).toBe(true)
      expect(verifyToken(profile.parameters, tokens[0]!.token).valid).toBe(true)
    }
  })

  it('are issued to a Device that the Claim Provider knows', async () => {
    const known = () => ({ deviceGenerator: GD, hd: device.publicKey })
    const [batch] = await obtainTokens(
      issuer,
      { claim: 1, device: { contribution } },
      { provider: { devices: { trust, known } } },
    )
    expect(batch!.tokenInformation.deviceGenerator).toBe(GD)
    expect(await codeOf(() => obtainTokens(issuer, { claim: 1 }, { provider: { devices: { trust, known } } }))).toBe(
      'ws-trust/device-unexpected',
    )
  })

  it('are what a client asked for, or it refuses', async () => {
    const devices = { trust }
    const unprotected = { claim: 1, device: { contribution } }
    expect(await codeOf(() => obtainTokens(issuer, unprotected, { provider: { devices } }))).toBe(
      'ws-trust/device-required',
    )
    const parties = createParties(issuer, { provider: { devices } })
    const exchange = parties.client.begin({ claim: 1, device: { contribution, parameters: await signed() } })
    const first = await parties.provider.request(alice, exchange.request)
    const other = edited(first, `GdName="${GD}"`, 'GdName="urn:oid:1.3.6.1.4.1.311.75.1.1.2"')
    expect(await codeOf(() => exchange.respond(other))).toBe('ws-trust/device-mismatch')
    expect(await codeOf(() => exchange.respond(edited(first, /<up:Gd .*?<\/up:Gd>/, '')))).toBe(
      'ws-trust/device-required',
    )
    expect(await codeOf(() => exchange.respond(first))).toBe('accepted')
  })

  const requestWith = async (
    parameters: XmlElement | undefined,
    devices: Partial<ConstructorParameters<typeof ClaimProvider>[0]['devices']> | undefined,
  ) => {
    const { provider, client } = createParties(issuer, { provider: devices ? { devices: { trust, ...devices } } : {} })
    const { request } = client.begin({ claim: 1, device: { contribution, parameters } })
    return codeOf(() => provider.request(alice, request))
  }

  it('are refused where no Devices are accepted, or not this one, or one is needed', async () => {
    expect(await requestWith(await signed(), {})).toBe('accepted')
    expect(await requestWith(await signed(), undefined)).toBe('ws-trust/device-refused')
    expect(await requestWith(await signed(), { accept: () => false })).toBe('ws-trust/device-refused')
    expect(await requestWith(undefined, { required: true })).toBe('ws-trust/device-required')
    expect(await requestWith(undefined, {})).toBe('accepted')
  })

  it('are refused with another Device generator, or an unknown one', async () => {
    expect(await requestWith(await signed('urn:oid:1.3.6.1.4.1.311.75.1.1.2'), {})).toBe('ws-trust/device-mismatch')
    expect(await requestWith(await signed('urn:unknown'), {})).toBe('ws-trust/device-mismatch')
  })

  it('are refused without a signature that can be validated', async () => {
    expect(await requestWith(edited(await signed(), /<ds:Signature .*<\/ds:Signature>/, ''), {})).toBe(
      'ws-trust/signature',
    )
    expect(await requestWith(edited(await signed(), /<up:Hd>.{8}/, '<up:Hd>AAAAAAAA'), {})).toBe('ws-trust/signature')
    const stranger = certificateTrust({ anchors: [] })
    expect(await requestWith(await signed(), { trust: stranger })).toBe('ws-trust/signer')
  })

  it.each([[[2]], [[13]], [[2, 13, 17, 23, 29]]])(
    'are refused with an h_d of order the product of %j, though it is signed or known',
    async (primes) => {
      const hd = elementOfOrder(L2048N256, ...primes)
      expect(await requestWith(await signed(GD, hd), {})).toBe('ws-trust/device-key')
      expect(await requestWith(undefined, { known: () => ({ deviceGenerator: GD, hd }) })).toBe('ws-trust/device-key')
    },
  )

  it('are refused with an h_d of 1, of p, and one that is too long', async () => {
    for (const hd of [Uint8Array.of(1), new Uint8Array(256).fill(255), new Uint8Array(257).fill(1)]) {
      expect(await requestWith(await signed(GD, hd), {})).toBe('ws-trust/device-key')
    }
  })

  it('are refused under parameters that do not support them', async () => {
    const software = createTestIssuer({ device: false })
    const { client } = createParties(software)
    expect(await codeOf(() => client.begin({ device: { contribution } }))).toBe('ws-trust/device-unsupported')
    const { provider } = createParties(software, { provider: { devices: { trust } } })
    const { request } = createParties(issuer).client.begin({ device: { contribution, parameters: await signed() } })
    expect(await codeOf(() => provider.request(alice, request))).toBe('ws-trust/device-unsupported')
  })
})

describe('expiry', () => {
  it('is rounded up to a common date, and never later than the parameters', async () => {
    const expiry = expiringAfter({ claim: 7, ID: 3650 }, 'day')
    const batches = await obtainTokens(issuer, { claim: 1, ID: 1 }, { provider: { expiry } })
    expect(batches.map(({ tokenInformation }) => tokenInformation.notOnOrAfter.toISOString())).toEqual([
      '2010-01-23T00:00:00.000Z',
      '2010-04-01T12:00:00.000Z',
    ])
  })
})

describe('faults', () => {
  it('tell a client the kind of what went wrong', async () => {
    const { provider, client } = createParties(issuer)
    const { request } = client.begin({ claim: 1 })
    const faultOf = async (action: () => Promise<unknown>) => {
      try {
        return await action()
      } catch (error) {
        return wsTrustFault(error)
      }
    }
    expect(await faultOf(() => provider.request(undefined, request))).toBe('FailedAuthentication')
    expect(await faultOf(() => provider.request(alice, '<x'))).toBe('InvalidRequest')
    expect(await faultOf(() => provider.request(alice, edited(request, '/Issue', '/Renew')))).toBe('InvalidRequest')
    expect(await faultOf(() => provider.request(alice, edited(request, '"1"', '"0"')))).toBe('RequestFailed')
    expect(await faultOf(() => provider.respond(mallory, request))).toBe('InvalidRequest')
    expect(wsTrustFault(new WsTrustError('ws-trust/signature'))).toBe('InvalidSecurityToken')
    expect(wsTrustFault(new WsTrustError('ws-trust/context'))).toBe('InvalidRequest')
    expect(wsTrustFault(new Error('the database is down'))).toBe('RequestFailed')
    for (const code of ['store/unavailable', 'pool/disposed', 'engine/platform'] as const) {
      const failure = new UProveError(code, 'the database is down')
      expect([isOwnFailure(failure), wsTrustFault(failure)]).toEqual([true, 'RequestFailed'])
    }
    expect(isOwnFailure(new Error('the database is down'))).toBe(true)
    expect(isOwnFailure(new WsTrustError('ws-trust/signature'))).toBe(false)
  })
})

describe('a transport', () => {
  it('that fails leaves no exchange open', async () => {
    const { provider, client } = createParties(issuer)
    const carry = transportTo(provider)
    let sent = 0
    const broken = (message: XmlElement) => {
      if (++sent === 2) throw new Error('the network is down')
      return carry(message)
    }
    const closed = vi.spyOn(Prover.prototype, 'dispose')
    await expect(client.obtain({ claim: 1 }, broken)).rejects.toThrow('the network is down')
    expect(closed).toHaveBeenCalledOnce()
    vi.restoreAllMocks()
  })
})
