import { describe, expect, it } from 'vitest'
import { decodeBase64Url, encodeBase64Url } from '../../../bindings/octets/base64.js'
import { createEngine } from '../../../bindings/loading/create-engine.js'
import { L2048N256 } from '../../params/L2048N256.js'
import { P256 } from '../../params/P256.js'
import { Issuer } from '../../uprove/issuance/issuer.js'
import { algorithms, codeOf, curves, engine, jsonIssuer, utf8 } from '../testing/fixtures.js'
import { jwpExample } from '../testing/jwp-example.js'
import {
  createJsonIssuer,
  readJwk,
  readJwkSet,
  readPrivateJwk,
  writeJwk,
  writeJwkSet,
  writePrivateJwk,
} from './keys.js'
import { specificationOf } from './specification.js'

const options = { engine, curves }
const issuer = jsonIssuer()
const jwk = writeJwk(issuer.parameters)
const spec = (value: unknown): string =>
  encodeBase64Url(utf8(typeof value === 'string' ? value : JSON.stringify(value)))

describe.each(curves)('Issuer parameters on $name', (recommended) => {
  const issuer = jsonIssuer(recommended)

  it('are the same after they were written and read, and so is their private key', () => {
    const jwk = writeJwk(issuer.parameters)
    expect(jwk).toMatchObject({ kty: 'UP', alg: algorithms[recommended.name as 'P-256'] })
    const read = readJwk(JSON.stringify(jwk), options)
    expect(read.values()).toEqual(issuer.parameters.values())
    expect(read.digest(false)).toEqual(issuer.parameters.digest(false))

    const secret = writePrivateJwk(issuer)
    const again = readPrivateJwk(JSON.stringify(secret), options)
    expect(again.exportPrivateKey()).toEqual(issuer.exportPrivateKey())
  })
})

describe('the published example', () => {
  const { key, y0 } = jwpExample

  it('is read, and written to the byte', () => {
    const parameters = readJwk(JSON.stringify(key), options)
    expect(JSON.stringify(writeJwk(parameters))).toBe(JSON.stringify(key))
    expect(specificationOf(parameters)).toMatchObject({ n: 4, expType: 'day' })
    expect(JSON.stringify(writePrivateJwk(readPrivateJwk({ ...key, y0 }, options)))).toBe(
      JSON.stringify({ ...key, y0 }),
    )
  })

  it('has the kid that is computed here', () => {
    // The same key, drawn again.
    const recommended = P256
    const specification = JSON.parse(new TextDecoder().decode(decodeBase64Url(key.spec))) as { n: number }
    const knownAnswer = [decodeBase64Url(y0)!] as never
    const made = createJsonIssuer(engine.curve(P256), { recommended, specification, knownAnswer })
    expect(writeJwk(made.parameters)).toEqual(key)
  })
})

describe('readJwk', () => {
  it('takes any kid, ignores members that it does not know, and keeps the octets of S', () => {
    const unusual = ' {"attrTypes": [], "n" : 2.0, "expType":"year"}\n'
    const key = { ...jwk, kid: encodeBase64Url(utf8('mine')), spec: spec(unusual), use: 'sig', x5c: [] }
    const parameters = readJwk(JSON.stringify(key), options)
    expect(parameters.uid).toEqual(utf8('mine'))
    expect(parameters.specification).toEqual(utf8(unusual))
    expect(parameters.n).toBe(2)
  })

  it('reads e', () => {
    const parameters = readJwk({ ...jwk, e: [1, 0, 1] }, options)
    expect(parameters.encodings).toEqual([1, 0, 1])
    expect(writeJwk(parameters).e).toEqual([1, 0, 1])
  })

  const { g0 } = jwk
  const p384 = writeJwk(jsonIssuer(curves[1]).parameters)
  it.each([
    ['another type of key', { kty: 'EC' }, 'json/key-type'],
    ['no alg', { alg: undefined }, 'json/algorithm'],
    ['an unknown alg', { alg: 'ES256' }, 'json/algorithm'],
    ['an alg that is a name of every object', { alg: 'toString' }, 'json/algorithm'],
    ['the alg of another curve', { alg: 'UP384' }, 'json/length'],
    ['the key of another curve', { g0: p384.g0 }, 'json/length'],
    ['no kid', { kid: undefined }, 'json/type'],
    ['an empty kid', { kid: '' }, 'json/key-identifier'],
    ['a kid with padding', { kid: `${jwk.kid}=` }, 'json/base64url'],
    ['a kid in the other alphabet', { kid: 'ab+/' }, 'json/base64url'],
    [
      'a g_0 that is not on the curve',
      { g0: `${g0.slice(0, 60)}${g0[60] === 'A' ? 'B' : 'A'}${g0.slice(61)}` },
      'parameters/not-in-subgroup',
    ],
    ['a g_0 that is cut short', { g0: encodeBase64Url(decodeBase64Url(g0)!.slice(0, -1)) }, 'json/length'],
    ['a g_0 that is a number', { g0: 4 }, 'json/type'],
    ['an S that is not JSON', { spec: spec('n=4') }, 'json/syntax'],
    ['an S that is a list', { spec: spec([4]) }, 'json/type'],
    ['an S with two n', { spec: spec('{"n":3,"n":4}') }, 'json/duplicate-member'],
    ['no n', { spec: spec({}) }, 'json/specification'],
    ['n = 51', { spec: spec({ n: 51 }) }, 'json/specification'],
    ['n = -1', { spec: spec({ n: -1 }) }, 'json/specification'],
    ['n = 1.5', { spec: spec({ n: 1.5 }) }, 'json/specification'],
    ['n as text', { spec: spec({ n: '3' }) }, 'json/specification'],
    ['an unknown expType', { spec: spec({ n: 3, expType: 'month' }) }, 'json/expiration-type'],
    [
      'an expType that is a name of every object',
      { spec: spec({ n: 3, expType: 'constructor' }) },
      'json/expiration-type',
    ],
    ['an e that is too short', { e: [1, 1] }, 'json/attribute-encoding'],
    ['an e that is too long', { e: [1, 1, 1, 1] }, 'json/count'],
    ['an e of 2', { e: [1, 2, 1] }, 'json/attribute-encoding'],
    ['a private key', { y0: 'AQ' }, 'json/private-key'],
  ])('refuses %s', (_what, change, code) => {
    expect(codeOf(() => readJwk(JSON.stringify({ ...jwk, ...change }), options))).toBe(code)
  })

  it('refuses two members of one name, which it sees in text only', () => {
    const text = JSON.stringify(jwk)
    expect(codeOf(() => readJwk(`${text.slice(0, -1)},"kid":"AA"}`, options))).toBe('json/duplicate-member')
  })

  it('refuses curves that it was not given', () => {
    expect(codeOf(() => readJwk(p384, { engine, curves: [P256] }))).toBe('json/algorithm')
  })
})

describe('readPrivateJwk', () => {
  it.each([
    ['none', undefined, 'json/type'],
    ['that of another key', encodeBase64Url(jsonIssuer().exportPrivateKey()), 'issuer/key-mismatch'],
    ['one that is q or more', encodeBase64Url(new Uint8Array(32).fill(0xff)), 'scalar/range'],
    ['one that is too long', encodeBase64Url(new Uint8Array(33)), 'json/length'],
  ])('refuses a private key: %s', (_what, y0, code) => {
    expect(codeOf(() => readPrivateJwk({ ...jwk, y0 }, options))).toBe(code)
  })
})

describe('a JWK set', () => {
  const issuers = curves.map((curve) => jsonIssuer(curve))
  const set = writeJwkSet(issuers.map(({ parameters }) => parameters))

  it('is read; keys of other types and other curves are left out', () => {
    const keys = [{ kty: 'RSA', n: 'AQAB' }, ...set.keys, { ...jwk, alg: 'UP999' }]
    expect(readJwkSet(JSON.stringify({ keys }), options).map(({ uid }) => encodeBase64Url(uid))).toEqual(
      set.keys.map(({ kid }) => kid),
    )
    expect(readJwkSet({ keys }, { engine, curves: [P256] })).toHaveLength(1)
  })

  it.each([
    ['without a list', {}, 'json/type'],
    ['with a key that is no object', { keys: [1] }, 'json/type'],
    ['with two keys of one kid', { keys: [jwk, { ...set.keys[0], kid: jwk.kid }] }, 'json/key-identifier'],
    ['with a private key', { keys: [writePrivateJwk(issuer)] }, 'json/private-key'],
    ['with a malformed key', { keys: [jwk, { ...set.keys[0], spec: '' }] }, 'json/syntax'],
  ])('is refused %s', (_what, document, code) => {
    expect(codeOf(() => readJwkSet(JSON.stringify(document), options))).toBe(code)
  })
})

describe('createJsonIssuer', () => {
  const curve = engine.curve(P256)
  const create = (specification: object, others: object = {}) =>
    codeOf(() =>
      createJsonIssuer(curve, { recommended: P256, specification: specification as { n: number }, ...others }),
    )

  it.each([
    ['years', { n: 1, expType: 'year' }, {}, 'json/expiration-year'],
    ['an unknown unit', { n: 1, expType: 'minute' }, {}, 'json/expiration-type'],
    ['51 attributes', { n: 51 }, {}, 'json/specification'],
    ['encodings of another number', { n: 2 }, { encodings: [1] }, 'json/attribute-encoding'],
    ['encodings that are not 0 or 1', { n: 1 }, { encodings: [2] }, 'parameters/encoding'],
    ['the generators of another curve', { n: 1 }, { recommended: curves[1] }, 'parameters/other-group'],
  ])('refuses %s', (_what, specification, others, code) => {
    expect(create(specification, others)).toBe(code)
  })

  it('refuses an engine that is not constant time', async () => {
    const slow = (await createEngine({ backend: 'bigint' })).curve(P256)
    expect(codeOf(() => createJsonIssuer(slow, { recommended: P256, specification: { n: 0 } }))).toBe(
      'engine/variable-time',
    )
  })
})

describe('writeJwk', () => {
  it('refuses parameters that are not of the framework', () => {
    const subgroup = Issuer.create(engine.subgroup(L2048N256), {
      uid: 'u',
      attributes: 0,
      recommended: L2048N256,
      specification: '{"n":0}',
    })
    expect(codeOf(() => writeJwk(subgroup.parameters))).toBe('json/parameters')
    const create = (attributes: number, hash: string) =>
      Issuer.create(engine.curve(P256), { uid: 'u', attributes, recommended: P256, hash, specification: '{"n":0}' })
        .parameters
    expect(codeOf(() => writeJwk(create(0, 'SHA-384')))).toBe('json/parameters')
    expect(codeOf(() => writeJwk(create(1, 'SHA-256')))).toBe('json/parameters')
    expect(writeJwk(create(0, 'SHA-256'))).toMatchObject({ alg: 'UP256' })
  })
})
