import { describe, expect, it, vi } from 'vitest'
import { isZero } from '../../../bindings/octets/integers.js'
import { type Scalar } from '../../../bindings/engine/engine.js'
import { L2048N256 } from '../../params/L2048N256.js'
import { attributeScalars } from '../parameters/attributes.js'
import { checkIssuedToken, type CheckIssuedTokenOptions } from './certified.js'
import { computeChallenge } from './challenge.js'
import { IssuerParameters } from '../parameters/parameters.js'
import { presentToken, PresentationSession } from './presentation.js'
import type { PresentationOptions } from './presentation-options.js'
import {
  allowVariableTime,
  beginExchange,
  createIssuer,
  errorCode,
  flipped,
  group,
  issueOne,
  issueWithDevice,
  outside,
  recorded,
  replay,
  revisions,
  scalar,
} from '../testing/fixtures.js'
import { Prover } from '../issuance/prover.js'
import { tokenIdentifier, type IssuedToken } from '../token/token.js'
import { checkIndices } from './proof.js'
import { verifyPresentation } from './verification.js'
import { elementDigest } from './witness.js'
import { createEngine } from '../../../bindings/loading/create-engine.js'

const { scalars } = group
const attributes = ['Alice', null, '']
const base: PresentationOptions = { attributes, message: 'm', allowVariableTime }

describe.each(revisions)('presentation in revision %i', (revision) => {
  const issuer = createIssuer({ revision })
  const { parameters } = issuer
  const issued = issueOne(issuer, { attributes, tokenInformation: 'TI' })

  const subsets = [[], [1], [2], [3], [1, 2], [1, 3], [2, 3], [1, 2, 3]]
  it.each(subsets.map((disclosed) => [disclosed]))('discloses %j and nothing else', (disclosed) => {
    const { proof } = presentToken(parameters, issued, { ...base, disclosed })
    const result = verifyPresentation(parameters, issued.token, proof, { message: 'm' })
    // In Revision 1 the empty string is null.
    const octets = [Uint8Array.from(Buffer.from('Alice')), null, revision === 1 ? null : new Uint8Array()]
    expect(result).toEqual({
      valid: true,
      attributes: new Map(disclosed.map((index) => [index, octets[index - 1]!])),
      tokenIdentifier: tokenIdentifier(parameters, issued.token),
      deviceProtected: false,
      pseudonym: undefined,
      commitments: new Map(),
    })
    expect(proof.r).toHaveLength(3 - disclosed.length)
  })

  it('signs the message; null and zero-length hash alike', () => {
    const { proof } = presentToken(parameters, issued, { ...base, message: null })
    const verify = (message: string | null) => verifyPresentation(parameters, issued.token, proof, { message }).valid
    expect([null, '', 'm'].map(verify)).toEqual([true, true, false])
  })

  it('works for tokens without attributes', () => {
    const plain = createIssuer({ revision, attributes: 0 })
    const token = issueOne(plain, { attributes: [] })
    const { proof } = presentToken(plain.parameters, token, { ...base, attributes: [] })
    expect(verifyPresentation(plain.parameters, token.token, proof, { message: 'm' })).toMatchObject({ valid: true })
    expect(verifyPresentation(plain.parameters, token.token, proof, { message: 'n' }).valid).toBe(false)
  })

  it('works for ID tokens: all attributes null, all disclosed, in both forms of zero', () => {
    const nulls = [null, null, null]
    const id = issueOne(issuer, { attributes: nulls })
    for (const zeroEncoding of ['octet', 'empty'] as const) {
      const { proof } = presentToken(parameters, id, { ...base, attributes: nulls, disclosed: [1, 2, 3], zeroEncoding })
      const verify = (options: object) =>
        verifyPresentation(parameters, id.token, proof, { message: 'm', ...options }).valid
      expect(verify({})).toBe(true)
      expect(verify({ zeroEncoding })).toBe(true)
      expect(verify({ zeroEncoding: zeroEncoding === 'octet' ? 'empty' : 'octet' })).toBe(false)
      expect(verify({ message: 'n' })).toBe(false)
    }
  })

  it('has one form where no zero is disclosed', () => {
    const { proof } = presentToken(parameters, issued, { ...base, disclosed: [1], zeroEncoding: 'empty' })
    const options = { message: 'm', zeroEncoding: 'octet' } as const
    expect(verifyPresentation(parameters, issued.token, proof, options)).toMatchObject({ valid: true })
  })

  it('draws w_0, then w_i in ascending order, and answers with them', () => {
    const random = recorded()
    const { proof } = presentToken(parameters, issued, { ...base, disclosed: [2], knownAnswer: random })
    const [w0, w1, w3] = random.copies as [Scalar, Scalar, Scalar]
    expect(random.copies).toHaveLength(3)
    const x = attributeScalars(parameters, [Uint8Array.from(Buffer.from('Alice')), null, new Uint8Array()])
    const product = group.multiExponentiate([scalarElement(issued), parameters.g[0]!, parameters.g[2]!], [w0, w1, w3])
    expect(proof.a).toEqual(elementDigest(parameters, product))
    const input = {
      tokenIdentifier: tokenIdentifier(parameters, issued.token),
      a: proof.a,
      n: 3,
      disclosed: [{ index: 2, x: x[1]! }],
      commitments: [],
      pseudonym: undefined,
      message: Uint8Array.of(0x6d),
    }
    const { c } = computeChallenge(parameters, input, { deviceMessage: null, deviceProtected: false })
    expect(proof.r0).toEqual(scalars.multiplyAdd(c, issued.privateKey, w0))
    expect(proof.r).toEqual([
      scalars.subtract(w1, scalars.multiply(c, x[0]!)),
      scalars.subtract(w3, scalars.multiply(c, x[2]!)),
    ])
    expect(random.originals.every(isZero)).toBe(true)
  })

  it('uses the table of gamma while the Prover keeps it, to the same effect', () => {
    const { issuing, prover } = beginExchange(issuer, { attributes, tokenInformation: 'TI' })
    const message3 = issuing.respond(prover.respond(issuing.message1))
    const [kept] = prover.finish(message3, { keepTables: true }) as [IssuedToken]
    const present = (token: IssuedToken, first: Scalar) =>
      presentToken(parameters, token, { ...base, knownAnswer: replay(first, scalar(4n), scalar(5n), scalar(6n)) })
    // With the table alpha w_0 is drawn in the place of w_0.
    const w0 = scalars.multiply(scalar(3n), kept.privateKey)
    const withTable = present(kept, scalar(3n))
    expect(present({ ...kept }, w0)).toEqual(withTable)
    // alpha w_0 and the proof would give alpha^-1 away.
    const random = recorded()
    presentToken(parameters, kept, { ...base, knownAnswer: random })
    expect(random.originals.every(isZero)).toBe(true)
    prover.dispose()
    expect(present(kept, w0)).toEqual(withTable)
  })

  it('leaves the table of gamma alone in another group, whether its own lives or not', async () => {
    const foreign = (await createEngine()).subgroup(L2048N256)
    const ofProver = IssuerParameters.verify(foreign, parameters.values(), { recommended: L2048N256 })
    const issuing = issuer.begin({ attributes, tokenInformation: 'TI' })
    const prover = Prover.begin(ofProver, { attributes, tokenInformation: 'TI', allowVariableTime })
    const message3 = issuing.respond(prover.respond(issuing.message1))
    const [kept] = prover.finish(message3, { keepTables: true }) as [IssuedToken]
    const verdict = () => {
      const { proof } = presentToken(parameters, kept, base)
      return verifyPresentation(parameters, kept.token, proof, { message: 'm' })
    }
    expect(verdict()).toMatchObject({ valid: true })
    expect(errorCode(() => presentToken(ofProver, kept, base))).toBeUndefined()
    foreign.dispose()
    expect(verdict()).toMatchObject({ valid: true })
    expect(errorCode(() => presentToken(ofProver, kept, base))).toBe('engine/disposed')
  })

  it('signs m_d in Revision 3 only, where there is no Device', () => {
    const options = { ...base, deviceMessage: 'm_d' }
    if (revision === 1) {
      expect(errorCode(() => presentToken(parameters, issued, options))).toBe('presentation/device-message')
      const { proof } = presentToken(parameters, issued, base)
      // A Verifier who wants a Device is shown a token without one: the Prover's choice, and no fault of the Verifier.
      const verify = () => verifyPresentation(parameters, issued.token, proof, { message: 'm', deviceMessage: 'm_d' })
      expect(verify()).toEqual({ valid: false, code: 'presentation/device' })
      return
    }
    const { proof } = presentToken(parameters, issued, options)
    const verify = (deviceMessage: string | null) =>
      verifyPresentation(parameters, issued.token, proof, { message: 'm', deviceMessage }).valid
    expect(['m_d', null, 'other'].map(verify)).toEqual([true, false, false])
  })

  it('refuses requests that make no sense', () => {
    const codeOf = (options: Partial<PresentationOptions>) =>
      errorCode(() => presentToken(parameters, issued, { ...base, ...options }))
    for (const disclosed of [[0], [4], [1, 1], [2, 1], [1.5], [Number.NaN]]) {
      expect(codeOf({ disclosed })).toBe('presentation/indices')
    }
    expect(codeOf({ attributes: ['Alice'] })).toBe('attribute/count')
    const other = createIssuer({ revision, uid: 'urn:example:other' }).parameters
    expect(errorCode(() => presentToken(other, issued, base))).toBe('presentation/other-parameters')
    if (revision === 1) {
      expect(codeOf({ committed: [1] })).toBe('presentation/extensions')
      expect(codeOf({ pseudonym: { scope: 's', source: 1 } })).toBe('presentation/extensions')
      return
    }
    expect(codeOf({ committed: [1], disclosed: [1] })).toBe('presentation/committed')
    expect(codeOf({ committed: [2, 1] })).toBe('presentation/indices')
    expect(codeOf({ pseudonym: { scope: 's', source: 1 }, disclosed: [1] })).toBe('presentation/pseudonym')
    expect(codeOf({ pseudonym: { scope: 's', source: 4 } })).toBe('presentation/pseudonym')
    expect(codeOf({ pseudonym: { scope: 's', source: 'device' } })).toBe('presentation/pseudonym')
  })

  it('has a challenge for a Device only where there is one', () => {
    expect(PresentationSession.begin(parameters, issued, base).deviceChallenge).toBeUndefined()
  })

  it('wipes its secrets when it is given up', () => {
    const random = recorded()
    const session = PresentationSession.begin(parameters, issued, { ...base, knownAnswer: random })
    expect(random.originals.some(isZero)).toBe(false)
    session.dispose()
    expect(random.originals.every(isZero)).toBe(true)
    expect(errorCode(() => session.finish())).toBe('presentation/finished')
  })

  it('names the attribute that a token does not certify, where it was issued here', () => {
    const present = (...values: (string | null)[]) => presentToken(parameters, issued, { ...base, attributes: values })
    expect(errorCode(() => present('Alice', null, ''))).toBeUndefined()
    expect(() => present('Alice', 'Bob', '')).toThrow('attribute 2 is not the one that the token certifies')
    expect(() => present('Bob', null, 'x')).toThrow('attribute 1 is not the one that the token certifies')
    expect(errorCode(() => present('Bob', null, ''))).toBe('presentation/attribute-differs')
  })

  it('refuses attributes as a whole for a token from storage, and checks each object once', () => {
    const stored = structuredClone(issued)
    const codeOf = (token: IssuedToken, options: Partial<PresentationOptions> = {}) =>
      errorCode(() => presentToken(parameters, token, { ...base, ...options }))
    const other = { attributes: ['Bob', null, ''] }
    expect(codeOf(stored, other)).toBe('presentation/attributes-differ')
    expect(codeOf(stored, { ...other, disclosed: [1] })).toBe('presentation/attributes-differ')
    expect(codeOf({ ...issued, privateKey: flipped(issued.privateKey) })).toBe('presentation/attributes-differ')
    const digest = vi.spyOn(group, 'multiExponentiateVartime')
    expect(codeOf(stored, { disclosed: [2] })).toBeUndefined()
    expect(digest).toHaveBeenCalled()
    digest.mockClear()
    expect(codeOf(stored, { disclosed: [1, 2] })).toBeUndefined()
    expect(digest).not.toHaveBeenCalled()
    expect(codeOf(stored, other)).toBe('presentation/attribute-differs')
    digest.mockRestore()
  })

  it('does not check at its first presentation what was checked ahead', () => {
    const stored = structuredClone(issued)
    const check = (token: IssuedToken, options: Partial<CheckIssuedTokenOptions> = {}) =>
      errorCode(() => checkIssuedToken(parameters, token, { ...base, ...options }))
    expect(check(stored, { attributes: ['Bob', null, ''] })).toBe('presentation/attributes-differ')
    expect(check({ ...issued, privateKey: flipped(issued.privateKey) })).toBe('presentation/attributes-differ')
    const otherInformation = { ...issued.token, tokenInformation: Uint8Array.of(1, 2, 3) }
    expect(check({ ...issued, token: otherInformation })).toBe('presentation/attributes-differ')
    expect(check(stored, { devicePublicKey: group.generator })).toBe('presentation/device')
    expect(check(stored, { attributes: ['Alice'] })).toBe('attribute/count')
    const other = createIssuer({ revision, uid: 'urn:example:other' }).parameters
    expect(errorCode(() => checkIssuedToken(other, issued, base))).toBe('presentation/other-parameters')
    expect(check(stored)).toBeUndefined()
    const product = vi.spyOn(group, 'multiExponentiateVartime')
    expect(errorCode(() => presentToken(parameters, stored, base))).toBeUndefined()
    expect(product).not.toHaveBeenCalled()
    product.mockRestore()
    const codeOf = (attributes: (string | null)[]) =>
      errorCode(() => presentToken(parameters, stored, { ...base, attributes }))
    expect(codeOf(['Bob', null, ''])).toBe('presentation/attribute-differs')
  })

  it('is not finished twice by what is read', () => {
    const session = PresentationSession.begin(parameters, issued, base)
    session.finish()
    expect(errorCode(() => session.finish())).toBe('presentation/finished')
  })
})

it.each([undefined, null, 'text', {}, 7, [1, '2']])('%j is no list of indices', (value) => {
  expect(errorCode(() => checkIndices(value as never, 3))).toBe('presentation/indices')
})

it('a held token that comes from elsewhere has its h checked before it is raised to a secret', () => {
  const issuer = createIssuer()
  const issued = issueOne(issuer, { attributes })
  expect(errorCode(() => presentToken(issuer.parameters, structuredClone(issued), base))).toBeUndefined()
  const tampered = { ...issued, token: { ...issued.token, h: outside(issued.token.h, 2) } }
  expect(errorCode(() => presentToken(issuer.parameters, tampered, base))).toBe('element/not-in-subgroup')
})

it('h is tested once for a token that comes from elsewhere, and not for one that was made here', () => {
  const issuer = createIssuer()
  const issued = issueOne(issuer, { attributes })
  const tested = vi.spyOn(group, 'element')
  const testsOf = (token: IssuedToken) => {
    for (let i = 0; i < 2; i++) presentToken(issuer.parameters, token, base)
    return tested.mock.calls.splice(0).length
  }
  expect([testsOf(issued), testsOf(structuredClone(issued))]).toEqual([0, 1])
  tested.mockRestore()
})

const scalarElement = (issued: IssuedToken) => group.element(issued.token.h)

describe('pseudonyms and commitments', () => {
  const { issuer, parameters, device, software, issued: protectedToken } = issueWithDevice({ attributes })

  it('are of tokens that are checked ahead with the public key of their Device', () => {
    const check = (devicePublicKey?: Uint8Array) => {
      const stored = structuredClone(protectedToken)
      return errorCode(() => checkIssuedToken(parameters, stored, { ...base, devicePublicKey }))
    }
    expect(check(device.publicKey)).toBeUndefined()
    expect(check()).toBe('presentation/device')
    expect(check(group.generator)).toBe('presentation/attributes-differ')
    expect(check(outside(device.publicKey, 2))).toBe('element/not-in-subgroup')
  })

  it('a pseudonym is the same for one attribute in one scope, whatever the token', () => {
    const other = issueOne(issuer, { attributes })
    const pseudonymOf = (issued: IssuedToken, scope: string) => {
      const pseudonym = { scope, source: 1 }
      const { proof } = presentToken(parameters, issued, { ...base, pseudonym })
      const result = verifyPresentation(parameters, issued.token, proof, { message: 'm', pseudonym })
      return result.valid ? result.pseudonym : result.code
    }
    const one = pseudonymOf(software, 'a')
    expect(one).toHaveLength(group.elementLength)
    expect(pseudonymOf(other, 'a')).toEqual(one)
    expect(pseudonymOf(software, 'b')).not.toEqual(one)
  })

  it('a Device pseudonym is the same for one Device in one scope', () => {
    const pseudonym = { scope: 'a', source: 'device' } as const
    const pseudonymOf = () => {
      const { proof } = presentToken(parameters, protectedToken, { ...base, pseudonym, device, deviceMessage: 'm_d' })
      const options = { message: 'm', deviceMessage: 'm_d', pseudonym }
      const result = verifyPresentation(parameters, protectedToken.token, proof, options)
      return result.valid ? result.pseudonym : result.code
    }
    const one = pseudonymOf()
    expect(one).toHaveLength(group.elementLength)
    expect(pseudonymOf()).toEqual(one)
  })

  it('a pseudonym is not 1, as that of a null attribute would be, on either side', () => {
    const null2 = { ...base, pseudonym: { scope: 'a', source: 2 } }
    expect(errorCode(() => presentToken(parameters, software, null2))).toBe('presentation/pseudonym-of-zero')
    const numbers = createIssuer({ attributes: [0] })
    const zero = issueOne(numbers, { attributes: [Uint8Array.of(0, 0)] })
    const ofZero = { ...base, attributes: [Uint8Array.of(0)], pseudonym: { scope: 'a', source: 1 } }
    expect(errorCode(() => presentToken(numbers.parameters, zero, ofZero))).toBe('presentation/pseudonym-of-zero')
    const pseudonym = { scope: 'a', source: 1 }
    const { proof } = presentToken(parameters, software, { ...base, pseudonym })
    const verify = (pS: Uint8Array) => {
      const forged = { ...proof, pseudonym: { ...proof.pseudonym!, pS } }
      return verifyPresentation(parameters, software.token, forged, { message: 'm', pseudonym })
    }
    expect(verify(proof.pseudonym!.pS)).toMatchObject({ valid: true })
    expect(verify(group.identity)).toEqual({ valid: false, code: 'presentation/pseudonym-is-one' })
  })

  it('commitments are to the attributes, and open with what the Prover got', () => {
    const { proof, openings } = presentToken(parameters, software, { ...base, disclosed: [1], committed: [2, 3] })
    const result = verifyPresentation(parameters, software.token, proof, { message: 'm' })
    if (!result.valid) throw new Error(result.code)
    expect([...result.commitments.keys()]).toEqual([2, 3])
    for (const { index, x, opening } of openings) {
      const opened = group.multiExponentiate([group.generator, parameters.g[0]!], [x, opening])
      expect(result.commitments.get(index)).toEqual(opened)
    }
    expect(openings.map(({ x }) => x)).toEqual(attributeScalars(parameters, [null, null, new Uint8Array()]).slice(1))
  })

  it('draws o~_i and w~_i for each commitment after all else, and keeps the openings only', () => {
    const random = recorded()
    const contents = { ...base, committed: [1, 3], pseudonym: { scope: 'a', source: 1 }, device, knownAnswer: random }
    const { openings } = presentToken(parameters, protectedToken, contents)
    // w_0, w_1, w_2, w_3, w_d, then o~_1, w~_1, o~_3, w~_3.
    expect(random.copies).toHaveLength(9)
    expect(openings.map(({ opening }) => opening)).toEqual([random.copies[5], random.copies[7]])
    expect(random.originals.every(isZero)).toBe(true)
  })

  it('a commitment may be 1', () => {
    const [y0, y1, yt] = [scalar(3n), scalar(5n), scalar(7n)]
    const own = createIssuer({ attributes: [0], recommended: undefined, knownAnswer: replay(y0, y1, yt) })
    const x = scalar(11n)
    const issued = issueOne(own, { attributes: [x] })
    const opening = scalars.multiply(scalars.negate(x), scalars.invert(y1))
    const random = replay(scalar(13n), scalar(17n), opening, scalar(19n))
    const options = { attributes: [x], message: 'm', committed: [1], knownAnswer: random, allowVariableTime }
    const { proof } = presentToken(own.parameters, issued, options)
    expect(proof.commitments[0]!.cTilde).toEqual(group.identity)
    const result = verifyPresentation(own.parameters, issued.token, proof, { message: 'm' })
    expect(result).toMatchObject({ valid: true, commitments: new Map([[1, group.identity]]) })
  })

  it('needs a Device that gives its pseudonym', () => {
    const session = device.begin()
    const options = { ...base, pseudonym: { scope: 'a', source: 'device' } as const }
    const begin = () => PresentationSession.begin(parameters, protectedToken, options, session)
    expect(errorCode(begin)).toBe('presentation/device')
  })
})
