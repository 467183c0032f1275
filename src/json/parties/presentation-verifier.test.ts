import { describe, expect, it } from 'vitest'
import { encodeBase64Url } from '../../../bindings/octets/base64.js'
import { tokenIdentifier } from '../../uprove/token/token.js'
import { writeJws } from '../artefacts/jws.js'
import { attributes, codeOf, issueOne, jsonIssuer, present, utf8 } from '../testing/fixtures.js'
import {
  answerChallenge,
  readAuthorization,
  readChallenge,
  readChallengeHeader,
  writeAuthorization,
  writeChallengeHeader,
  type AnswerOptions,
} from './challenge.js'
import { PresentationVerifier, type PresentationVerifierOptions } from './presentation-verifier.js'

const issuer = jsonIssuer()
const { parameters } = issuer
const held = issueOne(issuer)
const audience = 'https://shop.example'

const verifierWith = (options: Partial<PresentationVerifierOptions> = {}) =>
  new PresentationVerifier({ audience, keys: [parameters], ...options })
const answer = (challenge: string, options: Partial<AnswerOptions> = {}) =>
  answerChallenge(challenge, { parameters, token: held, attributes, disclosed: [2], audience, ...options })

async function verdictOf(verifier: PresentationVerifier, jws: string, request?: string): Promise<unknown> {
  const verdict = await verifier.verify(jws, request)
  return verdict.valid || verdict.code
}

async function refusal(promise: Promise<unknown>): Promise<unknown> {
  const failure: unknown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  )
  return (failure as { code?: string } | undefined)?.code
}

describe('a Verifier', () => {
  it('accepts the answer to its challenge, once', async () => {
    const verifier = verifierWith({ required: [2] })
    const jws = await answer(await verifier.challenge())
    const verdict = await verifier.verify(jws)
    expect(verdict).toMatchObject({ valid: true, attributes: new Map([[2, utf8('member')]]), challenge: { audience } })
    expect(await verdictOf(verifier, jws)).toBe('verifier/challenge-used')
    const anew = await answer(readMessage(jws))
    expect(await verdictOf(verifier, anew)).toBe('verifier/challenge-used')
  })

  it('accepts of two copies that come together only one', async () => {
    const verifier = verifierWith()
    const jws = await answer(await verifier.challenge())
    const verdicts = await Promise.all([verdictOf(verifier, jws), verdictOf(verifier, jws)])
    expect(verdicts.toSorted()).toEqual([true, 'verifier/challenge-used'])
  })

  it("refuses a challenge that is another Verifier's, or nobody's, or too old", async () => {
    let now = new Date()
    const verifier = verifierWith({ clock: () => now })
    const other = verifierWith({ audience: 'https://other.example' })
    const passedOn = await answer(await other.challenge(), { audience: 'https://other.example' })
    expect(await verdictOf(verifier, passedOn)).toBe('verifier/audience')
    const own = JSON.stringify({ aud: audience, nonce: 'mine' })
    expect(await verdictOf(verifier, await answer(own))).toBe('verifier/challenge-used')
    const late = await answer(await verifier.challenge())
    now = new Date(now.getTime() + 600_001)
    expect(await verdictOf(verifier, late)).toBe('verifier/challenge-used')
  })

  it('refuses a challenge that was written in another way', async () => {
    const verifier = verifierWith()
    const challenge = await verifier.challenge()
    expect(await verdictOf(verifier, await answer(challenge.replace('{', '{ ')))).toBe('verifier/challenge-used')
  })

  it('keeps a challenge that was answered wrongly', async () => {
    const verifier = verifierWith()
    const challenge = await verifier.challenge()
    const forged = writeJws('UP256', utf8(challenge), { token: held.token }, present(issuer, held, utf8('other')))
    expect(await verdictOf(verifier, forged)).toBe('presentation/proof')
    expect(await verdictOf(verifier, await answer(challenge))).toBe(true)
  })

  it('wants what it requires to be disclosed', async () => {
    const verifier = verifierWith({ required: [1, 2] })
    const challenge = await verifier.challenge()
    expect(await verdictOf(verifier, await answer(challenge))).toBe('verifier/undisclosed')
    expect(await verdictOf(verifier, await answer(challenge, { disclosed: [1, 2] }))).toBe(true)
  })

  it('ties a challenge to a request', async () => {
    const verifier = verifierWith()
    const request = 'GET /members'
    const challenge = await verifier.challenge(request)
    const jws = await answer(challenge, { request })
    expect(await verdictOf(verifier, jws, 'GET /orders')).toBe('verifier/request')
    expect(await verdictOf(verifier, jws)).toBe('verifier/request')
    expect(await verdictOf(verifier, jws, request)).toBe(true)
    expect(await refusal(answer(challenge))).toBe('json/other-audience')
  })

  it('has users sign a text', async () => {
    const signedData = 'I accept the terms'
    const verifier = verifierWith({ signedData })
    const challenge = await verifier.challenge()
    const jws = await answer(challenge, { consent: (text) => text === signedData })
    expect(await verifier.verify(jws)).toMatchObject({ valid: true, challenge: { signedData } })
    expect(await refusal(answer(challenge))).toBe('json/consent')
    expect(await refusal(answer(challenge, { consent: () => Promise.resolve(false) }))).toBe('json/consent')
    const without = JSON.stringify({ aud: audience, nonce: readChallenge(challenge).nonce })
    expect(await verdictOf(verifier, await answer(without))).toBe('verifier/signed-data')
  })

  it('knows tokens that it has seen', async () => {
    const identifier = encodeBase64Url(tokenIdentifier(parameters, held.token))
    const verifier = verifierWith({
      token: (seen) => (encodeBase64Url(seen) === identifier ? Promise.resolve(held.token) : undefined),
    })
    const byReference = async (token = held) => answer(await verifier.challenge(), { token, byReference: true })
    expect(await verdictOf(verifier, await byReference())).toBe(true)
    expect(await verdictOf(verifier, await byReference(issueOne(issuer)))).toBe('verifier/unknown-token')
    const challenge = await verifierWith().challenge()
    expect(await verdictOf(verifierWith(), await answer(challenge, { byReference: true }))).toBe(
      'verifier/unknown-token',
    )
  })

  it('needs a name', () => {
    expect(codeOf(() => verifierWith({ audience: '' }))).toBe('policy/identifiers')
  })

  it('refuses what is no presentation, or signs no challenge', async () => {
    const verifier = verifierWith()
    expect(await refusal(verifier.verify('x'))).toBe('json/compact')
    const free = writeJws('UP256', utf8('a message'), { token: held.token }, present(issuer, held, utf8('a message')))
    expect(await refusal(verifier.verify(free))).toBe('json/syntax')
  })
})

describe('answerChallenge', () => {
  it.each([
    ['of another Verifier', { aud: 'https://other.example', nonce: 'n' }, 'json/other-audience'],
    ['for a request', { aud: audience, nonce: 'n', req: 'GET /' }, 'json/other-audience'],
    ['without a nonce', { aud: audience }, 'json/type'],
    ['with a member too many', { aud: audience, nonce: 'n', exp: 1 }, 'json/unknown-member'],
  ])('refuses a challenge %s', async (_what, challenge, code) => {
    expect(await refusal(answer(JSON.stringify(challenge)))).toBe(code)
  })
})

describe('headers', () => {
  it('carry a challenge and its answer', async () => {
    const verifier = verifierWith()
    const header = writeChallengeHeader(await verifier.challenge())
    expect(header).toMatch(/^U-Prove challenge="[\w-]+"$/)
    const authorization = writeAuthorization(await answer(readChallengeHeader(header)))
    expect(await verdictOf(verifier, readAuthorization(authorization)!)).toBe(true)
  })

  it('of other schemes are not read', () => {
    expect(readAuthorization(undefined)).toBeUndefined()
    expect(readAuthorization('Bearer a.b.c')).toBeUndefined()
    expect(readAuthorization('U-Prove a b')).toBeUndefined()
    expect(readAuthorization('u-prove a.b.c')).toBe('a.b.c')
    for (const header of [
      '',
      'Basic realm="x"',
      'U-Prove challenge=""',
      'U-Prove challenge="A"',
      'U-Prove challenge="e30="',
    ]) {
      expect(codeOf(() => readChallengeHeader(header))).toBe('json/challenge')
    }
  })
})

/** The message of a JWS. */
function readMessage(jws: string): string {
  return Buffer.from(jws.split('.')[1]!, 'base64url').toString()
}
