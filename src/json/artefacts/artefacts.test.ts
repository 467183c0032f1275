import { describe, expect, it } from 'vitest'
import { encodeBase64Url } from '../../../bindings/octets/base64.js'
import { equalOctets } from '../../../bindings/octets/octets.js'
import { toFixedWidth } from '../../../bindings/octets/integers.js'
import { L2048N256 } from '../../params/L2048N256.js'
import { Issuer } from '../../uprove/issuance/issuer.js'
import { Prover } from '../../uprove/issuance/prover.js'
import { presentToken } from '../../uprove/presentation/presentation.js'
import { verifyPresentation } from '../../uprove/presentation/verification.js'
import { tokenIdentifier, verifyToken } from '../../uprove/token/token.js'
import {
  algorithms,
  attributes,
  codeOf,
  curves,
  engine,
  issueOne,
  jsonIssuer,
  present,
  utf8,
} from '../testing/fixtures.js'
import { readMessage1, readMessage2, readMessage3, writeMessage1, writeMessage2, writeMessage3 } from './messages.js'
import { readPresentation, writePresentation } from './presentation.js'
import { readToken, writeToken } from './token.js'

const message = utf8('m')

describe.each(curves)('on $name', (recommended) => {
  const alg = algorithms[recommended.name as 'P-256']
  const issuer = jsonIssuer(recommended)
  const { parameters } = issuer

  it('tokens are issued through JSON, presented and verified', () => {
    const contents = { attributes, tokenInformation: '{"exp":1}', proverInformation: 'PI', count: 3 }
    const session = issuer.begin(contents)
    const prover = Prover.begin(parameters, contents)
    const message1 = JSON.stringify(writeMessage1(session.message1))
    const message2 = JSON.stringify(writeMessage2(prover.respond(readMessage1(parameters, message1))))
    const message3 = JSON.stringify(writeMessage3(session.respond(readMessage2(parameters, utf8(message2)))))
    const tokens = prover.finish(readMessage3(parameters, message3))
    expect(tokens).toHaveLength(3)

    const [held] = tokens
    const token = readToken(parameters, JSON.stringify(writeToken(held!.token)))
    expect(token).toEqual(held!.token)
    const proof = present(issuer, held!, message)
    const text = JSON.stringify(writePresentation({ token }, proof))
    const read = readPresentation(alg, text)
    expect(read).toEqual({ token, proof })
    expect(verifyPresentation(parameters, read.token!, read.proof, { message }).valid).toBe(true)
  })

  it('a presentation may refer to its token by UID_T', () => {
    const held = issueOne(issuer)
    const identifier = tokenIdentifier(parameters, held.token)
    const proof = present(issuer, held, message)
    const text = JSON.stringify(writePresentation({ tokenIdentifier: identifier }, proof))
    expect(readPresentation(alg, text)).toEqual({ tokenIdentifier: identifier, proof })
  })
})

const issuer = jsonIssuer()
const { parameters } = issuer
const held = issueOne(issuer)
const token = writeToken(held.token)
const proof = present(issuer, held, message)
const presentation = writePresentation({ token: held.token }, proof)
const { pp } = presentation
const session = issuer.begin({ attributes, count: 2 })
const message1 = writeMessage1(session.message1)

describe('messages', () => {
  const scalar = (value: bigint, length = 32) => encodeBase64Url(toFixedWidth(value, length))

  it.each([
    ['a list that lacks a value', { sB: message1.sB.slice(1) }, 'json/count'],
    ['no sigma_z', { sZ: undefined }, 'json/type'],
    ['a sigma_z that is a list', { sZ: [message1.sZ] }, 'json/type'],
    ['a list that is text', { sA: message1.sA[0] }, 'json/type'],
    ['an element that is null', { sA: [null, message1.sA[0]] }, 'json/type'],
    ['an element that is a scalar', { sA: [scalar(1n), message1.sA[0]] }, 'json/length'],
    ['a member too many', { TI: '' }, 'json/unknown-member'],
  ])('the first is refused with %s', (_what, change, code) => {
    expect(codeOf(() => readMessage1(parameters, JSON.stringify({ ...message1, ...change })))).toBe(code)
  })

  it('the elements of the first are checked by the Prover', () => {
    const octets = session.message1.sigmaZ!.slice()
    octets[64]! ^= 1
    const read = readMessage1(parameters, { ...message1, sZ: encodeBase64Url(octets) })
    const prover = Prover.begin(parameters, { attributes, count: 2 })
    expect(codeOf(() => prover.respond(read))).toBe('issuance/sigma-z')
  })

  it('numbers may lack leading zeros, as those of the reference implementation do', () => {
    const read = readMessage2(parameters, { sC: [scalar(0x1234n, 2), scalar(0x1234n), scalar(0n, 1)] })
    expect(read.sigmaC).toEqual([0x1234n, 0x1234n, 0n].map((value) => toFixedWidth(value, 32)))
    expect(readMessage3(parameters, { sR: [scalar(7n, 1)] }).sigmaR).toEqual([toFixedWidth(7n, 32)])
  })

  it.each([
    ['an empty number', { sC: [''] }, 'json/length'],
    ['a number that is too long', { sC: [scalar(1n, 33)] }, 'json/length'],
    ['padding', { sC: ['AQ=='] }, 'json/base64url'],
    ['bits behind the last octet', { sC: ['AR'] }, 'json/base64url'],
    ['white space', { sC: ['AQ ID'] }, 'json/base64url'],
    ['a single character', { sC: ['A'] }, 'json/base64url'],
    ['characters beyond ASCII', { sC: ['\u0100QAB'] }, 'json/base64url'],
    ['no list', {}, 'json/type'],
    ['a member too many', { sC: [], sR: [] }, 'json/unknown-member'],
    ['more values than a batch has', { sC: new Array(65_536).fill('AQ') }, 'json/count'],
  ])('the second is refused with %s', (_what, document, code) => {
    expect(codeOf(() => readMessage2(parameters, JSON.stringify(document)))).toBe(code)
  })

  it('the Issuer refuses a number that is q', () => {
    const open = issuer.begin({ attributes })
    expect(codeOf(() => open.respond(readMessage2(parameters, { sC: [scalar(parameters.group.q)] })))).toBe(
      'scalar/range',
    )
  })

  it('of Revision 1 are not written', () => {
    const old = Issuer.create(engine.subgroup(L2048N256), {
      uid: 'u',
      attributes: 0,
      revision: 1,
      recommended: L2048N256,
    })
    expect(codeOf(() => writeMessage1(old.begin({ attributes: [] }).message1))).toBe('json/parameters')
  })
})

describe('tokens', () => {
  it('have a PI of null, an empty one, or another', () => {
    expect(readToken(parameters, token).proverInformation).toBeNull()
    const empty = { ...held.token, proverInformation: new Uint8Array() }
    expect(writeToken(empty)).toEqual(token)
    expect(verifyToken(parameters, readToken(parameters, token)).valid).toBe(true)
  })

  it.each([
    ['a value missing', { h: undefined }, 'json/type'],
    ['a member too many', { alphaInverse: '' }, 'json/unknown-member'],
    ['a point of another length', { h: token.sCp }, 'json/length'],
    ['a TI with padding', { TI: 'e30=' }, 'json/base64url'],
    ['a PI that is too long', { PI: 'A'.repeat(0x10000 + 0x8000) }, 'json/limit-bytes'],
    ['a PI of null', { PI: null }, 'json/type'],
  ])('are refused with %s', (_what, change, code) => {
    expect(codeOf(() => readToken(parameters, JSON.stringify({ ...token, ...change })))).toBe(code)
  })

  it('are refused once any of their values changed', () => {
    const members = ['h', 'PI', 'sZp', 'sCp', 'sRp', 'UIDP'] as const
    const codes = members.map((name) => {
      const value = readToken(parameters, { ...token, [name]: name === 'PI' ? 'AQ' : flipped(token[name]) })
      const verdict = verifyToken(parameters, value)
      return verdict.valid || verdict.code
    })
    expect(codes).toEqual([
      'token/h-not-in-subgroup',
      'token/signature',
      'token/sigma-z-prime-not-in-subgroup',
      'token/signature',
      'token/signature',
      'token/issuer-parameters',
    ])
  })

  it('that need a Device are not written', () => {
    expect(codeOf(() => writeToken({ ...held.token, deviceProtected: true }))).toBe('json/extensions')
  })
})

describe('presentations', () => {
  const [first = '', ...others] = pp.r
  it.each([
    ['neither a token nor its identifier', { upt: undefined }, 'json/token-reference'],
    ['both', { uidt: pp.a }, 'json/token-reference'],
    ['an identifier that is too short', { upt: undefined, uidt: 'AQ' }, 'json/length'],
    ['a token as text', { upt: JSON.stringify(token) }, 'json/type'],
    ['no proof', { pp: undefined }, 'json/type'],
    ['a proof as text', { pp: JSON.stringify(pp) }, 'json/type'],
    ['a member too many', { rd: '' }, 'json/unknown-member'],
    ['a proof with a member too many', { pp: { ...pp, rd: '' } }, 'json/unknown-member'],
    ['no r_0', { pp: { ...pp, r: [] } }, 'json/count'],
    ['52 and more responses', { pp: { ...pp, r: new Array(252).fill(first) } }, 'json/count'],
    ['an a that is too short', { pp: { ...pp, a: 'AQ' } }, 'json/length'],
    ['an attribute of index 0', { pp: { ...pp, A: { 0: '' } } }, 'json/index'],
    ['an attribute of index 51', { pp: { ...pp, A: { 51: '' } } }, 'json/index'],
    ['an attribute of index 02', { pp: { ...pp, A: { '02': '' } } }, 'json/index'],
    ['an attribute of index 2e0', { pp: { ...pp, A: { '2e0': '' } } }, 'json/index'],
    ['attributes as a list', { pp: { ...pp, A: ['', ''] } }, 'json/type'],
    ['a null attribute', { pp: { ...pp, A: { 2: null } } }, 'json/type'],
  ])('are refused with %s', (_what, change, code) => {
    expect(codeOf(() => readPresentation('UP256', JSON.stringify({ ...presentation, ...change })))).toBe(code)
  })

  it('may list attributes in any order', () => {
    const { proof } = presentToken(parameters, held, { attributes, disclosed: [1, 3], message })
    const { pp } = writePresentation({ token: held.token }, proof)
    const text = `{"a":"${pp.a}","r":${JSON.stringify(pp.r)},"A":{"3":"${pp.A![3]}","1":"${pp.A![1]}"}}`
    expect(readPresentation('UP256', `{"upt":${JSON.stringify(token)},"pp":${text}}`).proof).toEqual(proof)
  })

  it('without disclosed attributes have no A', () => {
    const { proof } = presentToken(parameters, held, { attributes, message })
    expect(Object.keys(writePresentation({ token: held.token }, proof).pp)).toEqual(['a', 'r'])
  })

  it('are refused once any of their values changed', () => {
    const changes = [
      { ...pp, a: flipped(pp.a) },
      { ...pp, r: [flipped(first), ...others] },
      { ...pp, r: [first, ...others.toReversed()] },
      { ...pp, A: { 2: encodeBase64Url(utf8('admin')) } },
    ]
    const codes = changes.map((pp) => {
      const read = readPresentation('UP256', { ...presentation, pp })
      const verdict = verifyPresentation(parameters, read.token!, read.proof, { message })
      return verdict.valid || verdict.code
    })
    expect(codes).toEqual(new Array(4).fill('presentation/proof'))
  })

  it('with what the framework has no member for are not written', () => {
    const committed = presentToken(parameters, held, { attributes, committed: [1], message }).proof
    const pseudonym = presentToken(parameters, held, {
      attributes,
      message,
      pseudonym: { scope: 's', source: 1 },
    }).proof
    for (const proof of [committed, pseudonym]) {
      expect(codeOf(() => writePresentation({ token: held.token }, proof))).toBe('json/extensions')
    }
    const nothing = { ...proof, disclosed: [{ index: 2, attribute: null }] }
    expect(codeOf(() => writePresentation({ token: held.token }, nothing))).toBe('json/null-attribute')
    const rd = { ...proof, rd: proof.r0 }
    expect(codeOf(() => writePresentation({ token: held.token }, rd))).toBe('json/extensions')
  })
})

/** The same with one bit changed in the middle, where it stays a number below q. */
function flipped(text: string): string {
  const i = text.length >> 1
  return text.slice(0, i) + (text[i] === 'A' ? 'B' : 'A') + text.slice(i + 1)
}

it('what is read shares no memory with what was given', () => {
  const octets = utf8(JSON.stringify(token))
  const read = readToken(parameters, octets)
  octets.fill(0)
  expect(equalOctets(read.h, held.token.h)).toBe(true)
})
