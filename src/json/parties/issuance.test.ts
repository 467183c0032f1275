import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeBase64Url } from '../../../bindings/octets/base64.js'
import { UProveError } from '../../../bindings/errors.js'
import type { Pool } from '../../pool/index.js'
import { createTestPool } from '../../pool/testing/fixtures.js'
import { P384 } from '../../params/P384.js'
import { verifyToken } from '../../uprove/token/token.js'
import { issuanceBackend } from '../../ws-trust/issuance/backend.js'
import { poolIssuanceBackend } from '../../ws-trust/issuance/pool-backend.js'
import { MemoryStateStore } from '../../ws-trust/issuance/state-store.js'
import { writeMessage2 } from '../artefacts/messages.js'
import { attributes, jsonIssuer, utf8 } from '../testing/fixtures.js'
import { obtainTokens, type ObtainTokensOptions } from './obtain-tokens.js'
import { TokenIssuance, type TokenIssuanceOptions } from './token-issuance.js'
import type { ExchangeMessage, TokenOffer } from './issuance.js'

const issuer = jsonIssuer()
const { parameters } = issuer
const alice = { id: 'alice' }
const expires = new Date(Date.now() + 30 * 86_400_000)

function issuanceWith(options: Partial<TokenIssuanceOptions<{ id: string }>> = {}): TokenIssuance<{ id: string }> {
  return new TokenIssuance({
    issuer,
    attributes: () => attributes,
    tokenInformation: () => ({ issuer: 'https://issuer.example', expires }),
    ...options,
  })
}

/** The code of what a promise rejects with; what it gives, if it does not. */
async function outcome(promise: Promise<unknown>): Promise<unknown> {
  try {
    return await promise
  } catch (error) {
    if (error instanceof UProveError) return error.code
    throw error
  }
}

function obtain(issuance: TokenIssuance, options: Partial<ObtainTokensOptions> = {}) {
  return obtainTokens({ parameters, post: (document) => issuance.answer(alice, document), ...options })
}

/** An open exchange, and a second message for it. */
async function begun(issuance: TokenIssuance): Promise<{ offer: TokenOffer; second: ExchangeMessage }> {
  const offer = JSON.parse(await issuance.answer(alice, '{"n":2}')) as TokenOffer
  const sigmaC = [parameters.group.scalars.random(), parameters.group.scalars.random()]
  return { offer, second: { sID: offer.sID, msg: writeMessage2({ sigmaC }) } }
}

describe('issuance', () => {
  it('certifies the same for attributes in octets', async () => {
    const { attributes: certified } = await obtain(issuanceWith({ attributes: () => attributes.map(utf8) }))
    expect(certified).toEqual(attributes.map(utf8))
  })

  it('refuses attributes with half of a character', async () => {
    const issuance = issuanceWith({ attributes: () => ['Alice', 'caf\ud83d', 'Utrecht'] })
    expect(await outcome(obtain(issuance))).toBe('octets/not-unicode')
  })

  it('gives a batch with what it certifies', async () => {
    const { tokens, attributes: certified, tokenInformation, count } = await obtain(issuanceWith(), { count: 3 })
    expect([tokens.length, count]).toEqual([3, 3])
    expect(certified).toEqual(attributes.map(utf8))
    expect(tokenInformation.issuer).toBe('https://issuer.example')
    expect(tokens.every(({ token }) => verifyToken(parameters, token).valid)).toBe(true)
  })

  it('gives at most so many tokens', async () => {
    expect((await obtain(issuanceWith({ maxTokens: 2 }), { count: 5 })).tokens).toHaveLength(2)
  })

  it('works for tokens without attributes, as that of the reference implementation', async () => {
    const bare = jsonIssuer(P384, { specification: { n: 0 } })
    const issuance = issuanceWith({ issuer: bare, attributes: () => [], tokenInformation: () => ({}) })
    const { sID, ...offer } = JSON.parse(await issuance.answer(alice, { n: 1 })) as TokenOffer
    expect(Object.keys(offer)).toEqual(['TI', 'msg'])
    expect(sID).toHaveLength(43)
    const post = (document: string) => issuance.answer(alice, document)
    expect((await obtainTokens({ parameters: bare.parameters, post })).tokens).toHaveLength(1)
  })

  it('answers the same second message alike, and no other', async () => {
    const issuance = issuanceWith()
    const { second } = await begun(issuance)
    const third = await issuance.answer(alice, second)
    expect(await issuance.answer(alice, JSON.stringify(second, undefined, 1))).toBe(third)
    const other = { ...second, msg: writeMessage2({ sigmaC: [1, 2].map(() => parameters.group.scalars.random()) }) }
    expect(await outcome(issuance.answer(alice, other))).toBe('json/different-message')
  })

  it('keeps an exchange for who began it, while it is open', async () => {
    let now = new Date()
    const issuance = issuanceWith({ clock: () => now })
    const { second } = await begun(issuance)
    expect(await outcome(issuance.answer({ id: 'bob' }, second))).toBe('json/exchange-unknown')
    expect(await outcome(issuance.answer(alice, { ...second, sID: 'x' }))).toBe('json/exchange-unknown')
    now = new Date(now.getTime() + 300_000)
    expect(await outcome(issuance.answer(alice, second))).toBe('json/exchange-unknown')
  })

  it.each([
    ['no client', undefined, { n: 1 }, 'json/not-authenticated'],
    ['a client without a name', { id: '' }, { n: 1 }, 'json/not-authenticated'],
    ['no tokens', alice, { n: 0 }, 'json/no-tokens'],
    ['half a token', alice, { n: 1.5 }, 'json/type'],
    ['tokens in words', alice, { n: '1' }, 'json/type'],
    ['a member too many', alice, { n: 1, A: [] }, 'json/unknown-member'],
    ['a message without an exchange', alice, { msg: { sC: [] } }, 'json/unknown-member'],
    ['an exchange without a message', alice, { sID: 'x' }, 'json/type'],
    ['a number of tokens in an exchange', alice, { n: 1, sID: 'x', msg: { sC: [] } }, 'json/unknown-member'],
    ['a message that is text', alice, { sID: 'x', msg: '{"sC":[]}' }, 'json/type'],
    ['a document that is no JSON', alice, 'n=1', 'json/syntax'],
  ])('refuses %s', async (_what, principal, document, code) => {
    const text = typeof document === 'string' ? document : JSON.stringify(document)
    expect(await outcome(issuanceWith().answer(principal, text))).toBe(code)
  })

  it('refuses a second message of another length, or out of range, and keeps the exchange', async () => {
    const issuance = issuanceWith()
    const { second } = await begun(issuance)
    const { sC } = second.msg as { sC: string[] }
    const with_ = (sC: readonly string[]) => outcome(issuance.answer(alice, { ...second, msg: { sC } }))
    expect(await with_(sC.slice(1))).toBe('json/count')
    expect(await with_([sC[0]!, encodeBase64Url(new Uint8Array(32).fill(0xff))])).toBe('scalar/range')
    expect(await with_(sC)).toContain('"sR"')
  })

  it('refuses attributes that do not fit the parameters', async () => {
    expect(await outcome(obtain(issuanceWith({ attributes: () => ['Alice'] })))).toBe('json/attribute-count')
  })

  it('says when a store is full, and abandons what it began', async () => {
    const abandoned: Uint8Array[] = []
    const backend = {
      ...issuanceBackend(issuer),
      abandon: (state: Uint8Array) => {
        abandoned.push(state)
        return Promise.reject(new Error('a failure that the client does not see'))
      },
    }
    const issuance = issuanceWith({ backend, store: new MemoryStateStore({ capacity: 1 }) })
    await begun(issuance)
    expect(await outcome(begun(issuance))).toBe('json/busy')
    expect(abandoned).toHaveLength(1)
    expect(abandoned[0]!.every((octet) => octet === 0)).toBe(true)
  })
})

describe('on a pool', () => {
  let pool: Pool
  beforeAll(async () => {
    pool = await createTestPool({ workers: 1 })
  })
  afterAll(() => pool.dispose())

  it('tokens are issued, and its quotas have codes', async () => {
    const issuance = issuanceWith({
      backend: poolIssuanceBackend(pool.issuer(issuer, { maxOpenTokens: 4, patience: 60_000 })),
    })
    expect((await obtain(issuance, { count: 4 })).tokens).toHaveLength(4)
    const offer = JSON.parse(await issuance.answer(alice, { n: 4 })) as TokenOffer
    expect(offer.sID).toHaveLength(43)
    expect(await outcome(issuance.answer({ id: 'bob' }, { n: 4 }))).toBe('json/busy')
  })
})

describe('obtainTokens', () => {
  const issuance = issuanceWith()
  /** Changes the answers on their way. */
  const changing = (change: (answer: Record<string, unknown>, i: number) => object) => {
    let i = 0
    const post = async (document: string) =>
      change(JSON.parse(await issuance.answer(alice, document)) as Record<string, unknown>, i++)
    return outcome(obtain(issuance, { post, count: 2 }))
  }
  const offering = (change: object) => changing((answer, i) => (i === 0 ? { ...answer, ...change } : answer))

  it.each([
    ['attributes too few', { A: [encodeBase64Url(utf8('Alice'))] }, 'json/attribute-count'],
    ['no attributes', { A: undefined }, 'json/attribute-count'],
    ['tokens that have expired', { TI: encodeBase64Url(utf8('{"exp":1}')) }, 'json/token-expired'],
    ['a token information that may be a mark', { TI: encodeBase64Url(utf8('{"user":7}')) }, 'json/declined'],
    ['a token information that is no JSON', { TI: encodeBase64Url(utf8('7')) }, 'json/type'],
    ['no tokens', { msg: { sZ: encodeBase64Url(parameters.g0), sA: [], sB: [] } }, 'json/no-tokens'],
    ['a member too many', { note: '' }, 'json/unknown-member'],
  ])('refuses an offer of %s', async (_what, change, code) => {
    expect(await offering(change)).toBe(code)
  })

  it('refuses tokens about other attributes than the offered ones', async () => {
    const A = ['Eve', 'member', 'Utrecht'].map((name) => encodeBase64Url(utf8(name)))
    expect(await offering({ A })).toBe('issuance/signature')
  })

  it('refuses more tokens than it asked for', async () => {
    const post = (document: string) => issuance.answer(alice, document.replace('"n":1', '"n":2'))
    expect(await outcome(obtain(issuance, { post }))).toBe('json/too-many-tokens')
  })

  it('refuses the third message of another exchange, or a wrong one', async () => {
    expect(await changing((answer, i) => (i === 0 ? answer : { ...answer, sID: 'x' }))).toBe('json/exchange-unknown')
    const zeros = { sR: [1, 2].map(() => encodeBase64Url(new Uint8Array(32))) }
    expect(await changing((answer, i) => (i === 0 ? answer : { ...answer, msg: zeros }))).toBe('issuance/signature')
  })

  it('asks whether the offer is wanted', async () => {
    const marked = issuanceWith({ tokenInformation: () => ({ members: { lbl: 2 } }) })
    expect(await outcome(obtain(marked))).toBe('json/declined')
    const accept: ObtainTokensOptions['accept'] = ({ tokenInformation, count }) =>
      tokenInformation.members['lbl'] === 2 && count === 1
    expect((await obtain(marked, { accept })).tokens).toHaveLength(1)
    expect(await outcome(obtain(issuance, { accept: () => Promise.resolve(false) }))).toBe('json/declined')
  })
})
