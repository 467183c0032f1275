import { describe, expect, it } from 'vitest'
import { encodeBase64Url } from '../../../bindings/octets/base64.js'
import { presentToken } from '../../uprove/presentation/presentation.js'
import { tokenIdentifier, type IssuedToken, verifyToken } from '../../uprove/token/token.js'
import { codeOf, curves, engine, attributes, issueOne, jsonIssuer, present, utf8 } from '../testing/fixtures.js'
import { jwpExample } from '../testing/jwp-example.js'
import { readIssuedJwp, readPresentedJwp, writeIssuedJwp, writePresentedJwp } from './jwp.js'
import { readJws, writeJws } from './jws.js'
import { readJwk, readPrivateJwk } from './keys.js'
import { writePresentation } from './presentation.js'
import { readToken } from './token.js'
import { createTokenInformation, readTokenInformation } from './token-information.js'
import { verifyJsonPresentation } from './verification.js'

const issuer = jsonIssuer()
const { parameters } = issuer
const keys = [parameters]
const held = issueOne(issuer)
const message = utf8('challenge')
const proof = present(issuer, held, message)
const jws = writeJws('UP256', message, { token: held.token }, proof)
const part = (value: unknown) => encodeBase64Url(utf8(typeof value === 'string' ? value : JSON.stringify(value)))
const [head = '', body = '', signature = ''] = jws.split('.')

/** The verdict: true, or the code of the refusal. */
function verdictOn(text: string, read = readJws, options: object = {}): unknown {
  const verdict = verifyJsonPresentation(read(text), { keys, ...options })
  return verdict.valid || verdict.code
}

describe('a JWS', () => {
  it('is accepted, and tells what it discloses', () => {
    const verdict = verifyJsonPresentation(readJws(jws), { keys })
    expect(verdict).toMatchObject({ valid: true, attributes: new Map([[2, utf8('member')]]), parameters })
    expect(readJws(jws)).toMatchObject({ alg: 'UP256', header: { alg: 'UP256' }, message })
  })

  it('may carry the proof alone, as the text of the framework has it', () => {
    const { pp } = writePresentation({ token: held.token }, proof)
    const text = `${head}.${body}.${part(pp)}`
    expect(readJws(text)).toEqual({ alg: 'UP256', header: { alg: 'UP256' }, message, proof })
    expect(verdictOn(text)).toBe('verifier/unknown-token')
    expect(verdictOn(text, readJws, { token: held.token })).toBe(true)
  })

  it('may refer to a token that the Verifier knows', () => {
    const identifier = tokenIdentifier(parameters, held.token)
    const text = writeJws('UP256', message, { tokenIdentifier: identifier }, proof)
    expect(readJws(text).tokenIdentifier).toEqual(identifier)
    expect(verdictOn(text, readJws, { token: held.token })).toBe(true)
    expect(verdictOn(text, readJws, { token: issueOne(issuer).token })).toBe('verifier/unknown-token')
    expect(verdictOn(text)).toBe('verifier/unknown-token')
  })

  it('may have other parameters in its header', () => {
    expect(verdictOn(`${part({ typ: 'JWS', alg: 'UP256', kid: 'x' })}.${body}.${signature}`)).toBe(true)
  })

  const other = jsonIssuer(curves[1])
  it.each([
    ['another message', `${head}.${part('other')}.${signature}`, 'presentation/proof'],
    [
      'the proof of another token',
      writeJws('UP256', message, { token: issueOne(issuer).token }, proof),
      'presentation/proof',
    ],
    [
      'a token of an unknown Issuer',
      writeJws('UP384', message, { token: issueOne(other).token }, present(other, issueOne(other), message)),
      'verifier/unknown-parameters',
    ],
    [
      'an attribute too few',
      writeJws('UP256', message, { token: held.token }, { ...proof, r: [] }),
      'verifier/attribute-count',
    ],
    [
      'an index too high',
      writeJws('UP256', message, { token: held.token }, { ...proof, disclosed: [{ index: 4, attribute: message }] }),
      'verifier/attribute-count',
    ],
  ])('is refused with %s', (_what, text, code) => {
    expect(verdictOn(text)).toBe(code)
  })

  it('is refused with the kid of a key on another curve', () => {
    const token = { ...issueOne(other).token, uid: parameters.uid }
    const text = writeJws('UP384', message, { token }, present(other, issueOne(other), message))
    expect(verdictOn(text)).toBe('verifier/algorithm')
  })

  it.each([
    ['two parts', `${head}.${body}`, 'json/compact'],
    ['four parts', `${jws}.`, 'json/compact'],
    ['padding', `${head}.${body}=.${signature}`, 'json/base64url'],
    ['a header that is no object', `${part([1])}.${body}.${signature}`, 'json/type'],
    [
      'a header with alg twice',
      `${part('{"alg":"UP256","alg":"UP256"}')}.${body}.${signature}`,
      'json/duplicate-member',
    ],
    ['no alg', `${part({})}.${body}.${signature}`, 'json/algorithm'],
    ['the alg none', `${part({ alg: 'none' })}.${body}.${signature}`, 'json/algorithm'],
    ['the alg of another curve', `${part({ alg: 'UP521' })}.${body}.${signature}`, 'json/length'],
    ['a critical parameter', `${part({ alg: 'UP256', crit: ['exp'] })}.${body}.${signature}`, 'json/header'],
    ['a signature that is no JSON', `${head}.${body}.${part('x')}`, 'json/syntax'],
    [
      'a signature with a and pp',
      `${head}.${body}.${part({ ...writePresentation({ token: held.token }, proof), a: '' })}`,
      'json/unknown-member',
    ],
    ['nothing', '', 'json/compact'],
    ['too much', `${jws}${'A'.repeat(1 << 20)}`, 'json/limit-bytes'],
  ])('is not read with %s', (_what, text, code) => {
    expect(codeOf(() => readJws(text))).toBe(code)
  })
})

describe('expiry', () => {
  const at = (text: string) => new Date(text)
  const issue = (expType: 'sec' | 'hour' | 'day' | 'week', expires: string) => {
    const issuer = jsonIssuer(curves[0], { specification: { n: 3, expType } })
    const octets = createTokenInformation(issuer.parameters, {
      issuer: 'https://a.example',
      expires: at(expires),
      members: { lbl: 2 },
    })
    return { issuer, octets, text: new TextDecoder().decode(octets) }
  }

  it.each([
    ['sec', '2026-01-02T03:04:05.001Z', '2026-01-02T03:04:06Z'],
    ['hour', '2026-01-02T03:04:05Z', '2026-01-02T04:00:00Z'],
    ['day', '2026-01-02T03:04:05Z', '2026-01-03T00:00:00Z'],
    ['day', '2026-01-02T00:00:00Z', '2026-01-02T00:00:00Z'],
    // Weeks are counted from a Thursday.
    ['week', '2026-01-02T03:04:05Z', '2026-01-08T00:00:00Z'],
  ] as const)('is rounded up to a %s: %s to %s', (expType, wanted, expires) => {
    const { issuer, octets, text } = issue(expType, wanted)
    expect(text).toMatch(/^\{"iss":"https:\/\/a.example","exp":\d+,"lbl":2\}$/)
    expect(readTokenInformation(issuer.parameters, octets)).toEqual({
      issuer: 'https://a.example',
      expires: at(expires),
      members: { lbl: 2 },
    })
  })

  it('ends a token', () => {
    const { issuer, text } = issue('day', '2026-01-02T03:04:05Z')
    const held = issueOne(issuer, text)
    const jws = writeJws('UP256', message, { token: held.token }, present(issuer, held, message))
    const options = { keys: [issuer.parameters] }
    expect(verdictOn(jws, readJws, { ...options, receivedAt: at('2026-01-02T23:59:59.999Z') })).toBe(true)
    expect(verdictOn(jws, readJws, { ...options, receivedAt: at('2026-01-03T00:00:00Z') })).toBe(
      'verifier/token-expired',
    )
    expect(verdictOn(jws, readJws, options)).toBe('verifier/token-expired')
  })

  it('in years is read as the reference implementation reads it, and not issued', () => {
    const { g0, ...jwk } = jwpExample.key
    const years = readJwk({ ...jwk, g0, spec: part({ n: 4, expType: 'year' }) }, { engine, curves })
    const { expires } = readTokenInformation(years, utf8('{"exp":57}'))
    expect(expires).toEqual(new Date(57 * 364 * 86_400_000))
    expect(codeOf(() => createTokenInformation(years, { expires: at('2027-01-01T00:00:00Z') }))).toBe(
      'json/expiration-year',
    )
  })

  const without = jsonIssuer(curves[0], { specification: { n: 3 } }).parameters
  it('needs a unit', () => {
    expect(codeOf(() => createTokenInformation(without, { expires: new Date() }))).toBe('json/expiration-type')
    expect(codeOf(() => readTokenInformation(without, utf8('{"exp":1}')))).toBe('json/expiration-type')
    expect(readTokenInformation(without, createTokenInformation(without, {}))).toEqual({ members: {} })
  })

  it.each([
    ['a negative exp', '{"exp":-1}', 'json/expiration'],
    ['a fraction', '{"exp":1.5}', 'json/expiration'],
    ['text', '{"exp":"1"}', 'json/expiration'],
    ['an exp beyond all dates', '{"exp":9007199254740991}', 'json/expiration'],
    ['an exp that is infinite', '{"exp":1e999}', 'json/expiration'],
    ['a number as iss', '{"iss":1}', 'json/type'],
    ['a list', '[]', 'json/type'],
    ['no JSON', '', 'json/syntax'],
  ])('is refused with %s', (_what, text, code) => {
    expect(codeOf(() => readTokenInformation(parameters, utf8(text)))).toBe(code)
  })

  it('of a date that is none is refused', () => {
    for (const expires of [new Date(NaN), new Date(-86_400_001)]) {
      expect(codeOf(() => createTokenInformation(parameters, { expires }))).toBe('json/expiration')
    }
  })
})

describe('the published JWP', () => {
  const { key, issuedJwp, presentedJwp, disclosed } = jwpExample
  const parameters = readJwk(key, { engine, curves })
  const token = readToken(parameters, jwpExample.token)
  const attributes = jwpExample.attributes.map(utf8)
  const signed = utf8(jwpExample.message)

  it('is read in issued form, and written to the byte', () => {
    const read = readIssuedJwp(issuedJwp)
    expect(read).toEqual({ alg: 'UP256', header: { alg: 'UP256', typ: 'JWP' }, attributes, token })
    expect(verifyToken(parameters, read.token).valid).toBe(true)
    expect(writeIssuedJwp('UP256', read.attributes, read.token)).toBe(issuedJwp)
  })

  it('is read in presented form, verified, and written to the byte', () => {
    const read = readPresentedJwp(presentedJwp)
    const verdict = verifyJsonPresentation(read, { keys: [parameters], receivedAt: new Date('2023-05-01T00:00:00Z') })
    expect(verdict).toMatchObject({
      valid: true,
      attributes: new Map(disclosed.map((index) => [index, attributes[index - 1]])),
      tokenInformation: { issuer: 'https://issuer' },
    })
    expect(read.message).toEqual(signed)
    expect(writePresentedJwp('UP256', read.message, read.token!, read.proof)).toBe(presentedJwp)
  })

  it('is refused with one character changed in any part', () => {
    const keys = [parameters]
    const receivedAt = new Date('2023-05-01T00:00:00Z')
    const parts = presentedJwp.split('.')
    const change = (i: number, from: string, to: string): string => {
      const text = new TextDecoder().decode(Buffer.from(parts[i]!, 'base64url'))
      expect(text).toContain(from)
      return parts.with(i, part(text.replace(from, to))).join('.')
    }
    const verdict = (text: string) => verdictOn(text, readPresentedJwp, { keys, receivedAt })
    expect(verdict(change(1, 'SmF5', 'SmF6'))).toBe('presentation/proof')
    expect(verdict(change(1, 'null,"SmF5"', '"SmF5",null'))).toBe('presentation/proof')
    expect(verdict(change(2, '"PI":""', '"PI":"AA"'))).toBe('token/signature')
    expect(verdict(change(2, 'UUbA', 'VUbA'))).toBe('verifier/unknown-parameters')
    expect(verdict(change(3, '"m":"dV', '"m":"dW'))).toBe('presentation/proof')
    expect(verdict(change(3, 'GN3J', 'GN3K'))).toBe('presentation/proof')
  })

  it('can be presented anew with its private key', () => {
    const privateKey = parameters.group.scalars.from(Buffer.from(jwpExample.privateKey, 'base64url'))
    const held: IssuedToken = { token, privateKey }
    const { proof } = presentToken(parameters, held, { attributes, disclosed, message })
    const options = { keys: [parameters], receivedAt: new Date('2023-05-01T00:00:00Z') }
    expect(verdictOn(writePresentedJwp('UP256', message, token, proof), readPresentedJwp, options)).toBe(true)
    expect(verdictOn(writeJws('UP256', message, { token }, proof), readJws, options)).toBe(true)
    expect(readPrivateJwk({ ...key, y0: jwpExample.y0 }, { engine, curves }).parameters.g0).toEqual(parameters.g0)
  })
})

describe('text', () => {
  it('stands for its octets wherever a message or an attribute is written', () => {
    const text = 'une épreuve'
    const proof = present(issuer, held, utf8(text))
    const reference = { token: held.token }
    expect(writeJws('UP256', text, reference, proof)).toBe(writeJws('UP256', utf8(text), reference, proof))
    expect(verdictOn(writeJws('UP256', text, reference, proof))).toBe(true)
    const presented = writePresentedJwp('UP256', text, held.token, proof)
    expect(presented).toBe(writePresentedJwp('UP256', utf8(text), held.token, proof))
    const issued = writeIssuedJwp('UP256', attributes, held.token)
    expect(issued).toBe(writeIssuedJwp('UP256', attributes.map(utf8), held.token))
    expect(readIssuedJwp(issued).attributes).toEqual(attributes.map(utf8))
  })

  it('with half of a character is refused', () => {
    const half = 'caf\ud83d'
    expect(codeOf(() => writeJws('UP256', half, { token: held.token }, proof))).toBe('octets/not-unicode')
    expect(codeOf(() => writePresentedJwp('UP256', half, held.token, proof))).toBe('octets/not-unicode')
    expect(codeOf(() => writeIssuedJwp('UP256', [half], held.token))).toBe('octets/not-unicode')
  })
})

describe('a JWP', () => {
  const presented = writePresentedJwp('UP256', message, held.token, proof)
  const [head = '', payload = '', token = '', pp = ''] = presented.split('.')
  const issued = writeIssuedJwp('UP256', attributes.map(utf8), held.token)

  it('may be of the type that the text of the profile names', () => {
    expect(verdictOn([part({ alg: 'UP256', typ: 'JPT' }), payload, token, pp].join('.'), readPresentedJwp)).toBe(true)
  })

  it.each([
    ['of another type', [part({ alg: 'UP256', typ: 'JWT' }), payload, token, pp], 'json/header'],
    ['without a type', [part({ alg: 'UP256' }), payload, token, pp], 'json/header'],
    ['with an attribute too many', [head, part([null, 'AQ', null, null]), token, pp], 'json/count'],
    ['with an attribute too few', [head, part([null, 'AQ']), token, pp], 'json/count'],
    ['with a payload that is no list', [head, part({}), token, pp], 'json/type'],
    ['with an attribute that is a number', [head, part([null, 1, null]), token, pp], 'json/type'],
    ['with three parts', [head, payload, token], 'json/compact'],
    ['with another member', [head, payload, token, part({ a: '', r: [], m: '', A: {} })], 'json/unknown-member'],
  ])('is not read in presented form %s', (_what, parts, code) => {
    expect(codeOf(() => readPresentedJwp(parts.join('.')))).toBe(code)
  })

  it('is not read in issued form if it is none, or hides an attribute', () => {
    const [head = '', , token = ''] = issued.split('.')
    expect(codeOf(() => readIssuedJwp(presented))).toBe('json/compact')
    expect(codeOf(() => readIssuedJwp([head, payload, token].join('.')))).toBe('json/type')
    expect(codeOf(() => writeIssuedJwp('UP256', [null], held.token))).toBe('json/null-attribute')
  })
})
