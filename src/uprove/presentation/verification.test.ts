import { describe, expect, it, vi } from 'vitest'
import { toFixedWidth } from '../../../bindings/octets/integers.js'
import type { Element, Scalar } from '../../../bindings/engine/engine.js'
import { P256 } from '../../params/P256.js'
import { attributeScalars } from '../parameters/attributes.js'
import { computeChallenge } from './challenge.js'
import { Issuer } from '../issuance/issuer.js'
import { nonces } from '../nonces.js'
import {
  type CommitmentWitness,
  commitTo,
  computeR0,
  computeRi,
  drawWitness,
  elementDigest,
  isElementDigest,
  presentationProduct,
} from './witness.js'
import { presentToken } from './presentation.js'
import type { PresentationOptions } from './presentation-options.js'
import type { CommitmentProof, PresentationProof, PseudonymProof } from './proof.js'
import { pseudonymPowers, scopeGenerator } from '../device/pseudonym.js'
import type { RefusalCode } from '../token/refusal.js'
import {
  allowVariableTime,
  createDevice,
  createIssuer,
  errorCode,
  flipped,
  group,
  issueOne,
  outside,
  revisions,
  scalar,
  smallOrders,
  utf8,
} from '../testing/fixtures.js'
import { tokenIdentifier, verifyToken, type Token } from '../token/token.js'
import { verifyPresentation, type VerificationOptions } from './verification.js'

const { scalars } = group
const attributes = ['Alice', null, 'Lyon']
const device = createDevice()
const refused = (code: RefusalCode) => ({ valid: false, code })

describe.each(revisions)('verification in revision %i', (revision) => {
  const issuer = createIssuer({ revision, device: true })
  const { parameters } = issuer
  const issued = issueOne(issuer, { attributes, tokenInformation: 'TI', device: device.contribute(parameters) })
  const { token } = issued
  const pseudonym = revision === 3 ? ({ scope: 'scope', source: 3 } as const) : undefined
  const { proof } = presentToken(parameters, issued, {
    attributes,
    disclosed: [1],
    message: 'm',
    device,
    pseudonym,
    committed: revision === 3 ? [2, 3] : [],
    allowVariableTime,
  })
  const options = { message: 'm', pseudonym }
  const verify = (changedToken: Partial<Token>, changedProof: Partial<PresentationProof> = {}) =>
    verifyPresentation(parameters, { ...token, ...changedToken }, { ...proof, ...changedProof }, options)
  /** The code of what has no shape, which counts more than what else would be refused. */
  const codeOf = (changedToken: Partial<Token>, changedProof: Partial<PresentationProof> = {}) => {
    const code = errorCode(() => verify(changedToken, changedProof))
    const otherIssuer = { uid: flipped(token.uid), ...changedToken }
    expect(errorCode(() => verify(otherIssuer, { ...changedProof, a: flipped(changedProof.a ?? proof.a) }))).toBe(code)
    expect(errorCode(() => verify(changedToken, { rd: undefined, ...changedProof }))).toBe(code)
    return code
  }

  it('accepts what is right', () => {
    expect(verify({})).toMatchObject({ valid: true })
    expect(verifyToken(parameters, token)).toMatchObject({ valid: true })
  })

  it('says what it accepted in octets of its own', () => {
    const received = structuredClone(proof)
    const result = verifyPresentation(parameters, token, received, options)
    received.disclosed[0]!.attribute!.fill(0)
    received.pseudonym?.pS.fill(0)
    for (const { cTilde } of received.commitments) cTilde.fill(0)
    expect(result).toEqual(verify({}))
    expect(result).toMatchObject({ valid: true, pseudonym: proof.pseudonym?.pS })
  })

  const q = scalar(group.q)
  const tokenChanges: [string, Partial<Token>, RefusalCode][] = [
    ['UID_P', { uid: flipped(token.uid) }, 'token/issuer-parameters'],
    ['h', { h: group.multiply(group.element(token.h), group.generator) }, 'token/signature'],
    ['PI', { proverInformation: utf8('other') }, 'token/signature'],
    ['PI left out', { proverInformation: null }, 'token/signature'],
    ["sigma_z'", { sigmaZPrime: parameters.g0 }, 'token/signature'],
    ["sigma_c'", { sigmaCPrime: flipped(token.sigmaCPrime) }, 'token/signature'],
    ["sigma_r'", { sigmaRPrime: flipped(token.sigmaRPrime) }, 'token/signature'],
    ["sigma_c' not below q", { sigmaCPrime: q }, 'token/scalar-range'],
    ["sigma_r' not below q", { sigmaRPrime: q }, 'token/scalar-range'],
    ['h = 1', { h: group.identity }, 'token/h-not-in-subgroup'],
    ['h = 0', { h: new Uint8Array(group.elementLength) }, 'token/h-not-in-subgroup'],
    ['h = p', { h: toFixedWidth(group.p, group.elementLength) }, 'token/h-not-in-subgroup'],
    ["sigma_z' = 1", { sigmaZPrime: group.identity }, 'token/sigma-z-prime-not-in-subgroup'],
    ...smallOrders.flatMap((primes): [string, Partial<Token>, RefusalCode][] => [
      [`h times order ${primes.join(' ')}`, { h: outside(token.h, ...primes) }, 'token/h-not-in-subgroup'],
      [`h of order ${primes.join(' ')}`, { h: outside(group.identity, ...primes) }, 'token/h-not-in-subgroup'],
      [
        `sigma_z' times order ${primes.join(' ')}`,
        { sigmaZPrime: outside(token.sigmaZPrime, ...primes) },
        'token/sigma-z-prime-not-in-subgroup',
      ],
    ]),
  ]
  it.each(tokenChanges)('refuses a token with another %s', (_, change, code) => {
    expect(verify(change)).toEqual(refused(code))
    expect(verifyToken(parameters, { ...token, ...change })).toEqual(refused(code))
  })

  it('refuses another TI, which only the proof binds', () => {
    const change = { tokenInformation: utf8('other') }
    expect(verifyToken(parameters, { ...token, ...change })).toMatchObject({ valid: true })
    expect(verify(change)).toEqual(refused('presentation/proof'))
  })

  const proofChanges: [string, Partial<PresentationProof>, RefusalCode][] = [
    ['disclosed attribute', { disclosed: [{ index: 1, attribute: utf8('Bob') }] }, 'presentation/proof'],
    ['disclosed attribute of null', { disclosed: [{ index: 1, attribute: null }] }, 'presentation/proof'],
    ['a', { a: flipped(proof.a) }, 'presentation/proof'],
    ['r_0', { r0: flipped(proof.r0) }, 'presentation/proof'],
    ['r_i', { r: [proof.r[0]!, flipped(proof.r[1]!)] }, 'presentation/proof'],
    ['order of the r_i', { r: [proof.r[1]!, proof.r[0]!] }, 'presentation/proof'],
    ['r_d', { rd: flipped(proof.rd!) }, 'presentation/proof'],
    ['r_d left out', { rd: undefined }, 'presentation/device'],
    ['r_0 not below q', { r0: q }, 'presentation/scalar-range'],
    ['r_i not below q', { r: [proof.r[0]!, q] }, 'presentation/scalar-range'],
    ['r_d not below q', { rd: q }, 'presentation/scalar-range'],
  ]
  it.each(proofChanges)('refuses a proof with another %s', (_, change, code) => {
    expect(verify({}, change)).toEqual(refused(code))
  })

  it('refuses a proof for another index than it was made for', () => {
    const disclosed = [{ index: 2, attribute: utf8('Alice') }]
    const { proof: plain } = presentToken(parameters, issued, {
      attributes,
      disclosed: [1],
      message: 'm',
      device,
      allowVariableTime,
    })
    const moved = verifyPresentation(parameters, token, { ...plain, disclosed }, { message: 'm' })
    expect(moved).toEqual(refused('presentation/proof'))
  })

  it('refuses a proof of another token', () => {
    const other = issueOne(issuer, { attributes, tokenInformation: 'TI', device: device.contribute(parameters) })
    expect(verifyPresentation(parameters, other.token, proof, options)).toEqual(refused('presentation/proof'))
  })

  it('throws for what is no token or no proof', () => {
    expect(codeOf({ h: token.h.slice(1) })).toBe('element/length')
    expect(codeOf({ sigmaZPrime: new Uint8Array() })).toBe('element/length')
    expect(codeOf({ sigmaCPrime: token.sigmaCPrime.slice(1) })).toBe('scalar/length')
    expect(codeOf({ sigmaRPrime: new Uint8Array(33) })).toBe('scalar/length')
    expect(codeOf({}, { r0: new Uint8Array(33) })).toBe('scalar/length')
    expect(codeOf({}, { rd: new Uint8Array(31) })).toBe('scalar/length')
    expect(codeOf({}, { r: [proof.r[0]!, proof.r[1]!.slice(1)] })).toBe('scalar/length')
    expect(codeOf({}, { r: [proof.r[0]!] })).toBe('presentation/shape')
    expect(codeOf({}, { r: [...proof.r, scalars.one] })).toBe('presentation/shape')
    expect(codeOf({}, { a: proof.a.slice(1) })).toBe('presentation/shape')
    const [first] = proof.disclosed
    expect(codeOf({}, { disclosed: [first!, first!], r: [proof.r[0]!] })).toBe('presentation/indices')
    expect(codeOf({}, { disclosed: [{ index: 4, attribute: null }] })).toBe('presentation/indices')
    expect(codeOf({}, { disclosed: [{ index: 0, attribute: null }] })).toBe('presentation/indices')
  })

  if (revision === 1) {
    it('knows neither pseudonyms nor commitments', () => {
      const pseudonymProof = { source: 2, aP: proof.a, pS: parameters.g0 }
      expect(verify({}, { pseudonym: pseudonymProof })).toEqual(refused('presentation/extensions'))
      const commitment = { index: 2, cTilde: parameters.g0, aTilde: proof.a, rTilde: proof.r0 }
      expect(verify({}, { commitments: [commitment] })).toEqual(refused('presentation/extensions'))
      const asked = () =>
        verifyPresentation(parameters, token, proof, { message: 'm', pseudonym: { scope: '', source: 1 } })
      expect(errorCode(asked)).toBe('presentation/extensions')
    })
    return
  }

  const withPseudonym = (change: Partial<PseudonymProof>) => ({ pseudonym: { ...proof.pseudonym!, ...change } })
  const withCommitment = (change: Partial<CommitmentProof>) => ({
    commitments: [proof.commitments[0]!, { ...proof.commitments[1]!, ...change }],
  })
  const { pS } = proof.pseudonym!
  const { cTilde } = proof.commitments[1]!
  const extensionChanges: [string, Partial<PresentationProof>, RefusalCode][] = [
    ['a_p', withPseudonym({ aP: flipped(proof.pseudonym!.aP) }), 'presentation/proof'],
    ['P_s', withPseudonym({ pS: parameters.g0 }), 'presentation/proof'],
    ['P_s of 1', withPseudonym({ pS: group.identity }), 'presentation/pseudonym-is-one'],
    ['P_s of g^2', withPseudonym({ pS: group.multiply(group.generator, group.generator) }), 'presentation/proof'],
    ['pseudonym source', withPseudonym({ source: 2 }), 'presentation/pseudonym-source'],
    ['pseudonym source, the Device', withPseudonym({ source: 'device' }), 'presentation/pseudonym-source'],
    ['pseudonym left out', { pseudonym: undefined }, 'presentation/pseudonym-missing'],
    ['c~_i', withCommitment({ cTilde: parameters.g0 }), 'presentation/proof'],
    ['c~_i of 1', withCommitment({ cTilde: group.identity }), 'presentation/proof'],
    ['a~_i', withCommitment({ aTilde: flipped(proof.commitments[1]!.aTilde) }), 'presentation/proof'],
    ['r~_i', withCommitment({ rTilde: flipped(proof.commitments[1]!.rTilde) }), 'presentation/proof'],
    ['r~_i not below q', withCommitment({ rTilde: q }), 'presentation/scalar-range'],
    ['commitment left out', { commitments: [proof.commitments[0]!] }, 'presentation/proof'],
  ]
  it.each(extensionChanges)('refuses a proof with another %s', (_, change, code) => {
    expect(verify({}, change)).toEqual(refused(code))
  })

  it('refuses a pseudonym in another scope, or one that was not asked for', () => {
    const other = { message: 'm', pseudonym: { scope: 'other', source: 3 } as const }
    expect(verifyPresentation(parameters, token, proof, other)).toEqual(refused('presentation/proof'))
    const unasked = verifyPresentation(parameters, token, proof, { message: 'm' })
    expect(unasked).toEqual(refused('presentation/pseudonym-unexpected'))
  })

  it('throws for pseudonyms and commitments of the wrong shape', () => {
    expect(codeOf({}, withPseudonym({ pS: pS.slice(1) }))).toBe('element/length')
    expect(codeOf({}, withPseudonym({ aP: new Uint8Array(31) }))).toBe('presentation/shape')
    for (const source of [1, 0, -1, 4, 1.5]) expect(codeOf({}, withPseudonym({ source }))).toBe('presentation/shape')
    expect(codeOf({}, { ...withPseudonym({ source: 'device' }), rd: undefined })).toBe('presentation/shape')
    expect(codeOf({}, withCommitment({ cTilde: cTilde.slice(1) }))).toBe('element/length')
    expect(codeOf({}, withCommitment({ aTilde: new Uint8Array(31) }))).toBe('presentation/shape')
    expect(codeOf({}, withCommitment({ rTilde: new Uint8Array(31) }))).toBe('scalar/length')
    expect(codeOf({}, { commitments: [proof.commitments[1]!, proof.commitments[0]!] })).toBe('presentation/indices')
    const disclosedToo = { commitments: [{ ...proof.commitments[0]!, index: 1 }] }
    expect(codeOf({}, disclosedToo)).toBe('presentation/shape')
  })
})

describe.each(revisions)('the message that a proof signs, revision %i', (revision) => {
  const issuer = createIssuer({ revision })
  const issued = issueOne(issuer, { attributes })
  const { parameters } = issuer
  const verify = (proof: PresentationProof, options: object) =>
    verifyPresentation(parameters, issued.token, proof, options as VerificationOptions)

  it('can be none, which has to be said', () => {
    const { proof } = presentToken(parameters, issued, { attributes, message: null, allowVariableTime })
    expect(verify(proof, { message: null })).toMatchObject({ valid: true })
    expect(errorCode(() => verify(proof, {}))).toBe('presentation/message')
    expect(errorCode(() => verify(proof, { message: undefined }))).toBe('presentation/message')
    const forgotten = { attributes, allowVariableTime } as unknown as PresentationOptions
    expect(errorCode(() => presentToken(parameters, issued, forgotten))).toBe('presentation/message')
  })
})

describe('pseudonyms and commitments outside G_q', () => {
  const issuer = createIssuer({ attributes: 1 })
  const { parameters } = issuer
  const issued = issueOne(issuer, { attributes: ['Alice'] })
  const [x] = attributeScalars(parameters, [utf8('Alice')]) as [Scalar]
  const gs = scopeGenerator(group, utf8('scope'), 'SHA-256')
  const negate = (element: Uint8Array): Element => outside(element, 2)

  /** What a Prover does who sends -P_s and -c~_1, and tries until c is even, where the equations hold nevertheless. */
  function cheat(lies: { pseudonym?: boolean; commitment?: boolean }): PresentationProof {
    for (;;) {
      const source = nonces(group.scalars, {}, { purpose: 'w_i', context: [] })
      const witness = drawWitness(group, { undisclosed: [1], committed: [1], deviceProtected: false }, source)
      const [{ opening, wTilde }] = witness.commitments as [CommitmentWitness]
      const w1 = witness.w.get(1)!
      const { pS, power } = pseudonymPowers(group, gs, x, w1)
      const aP = elementDigest(parameters, power)
      const cTilde = commitTo(parameters, x, opening)
      const commitment = {
        index: 1,
        cTilde: lies.commitment === true ? negate(cTilde) : cTilde,
        aTilde: elementDigest(parameters, commitTo(parameters, w1, wTilde)),
      }
      const pseudonym = { aP, pS: lies.pseudonym === true ? negate(pS) : pS }
      const a = elementDigest(parameters, presentationProduct(parameters, issued, witness, undefined))
      const input = {
        tokenIdentifier: tokenIdentifier(parameters, issued.token),
        a,
        n: 1,
        disclosed: [],
        commitments: [commitment],
        pseudonym: { attribute: 1, ...pseudonym },
        message: utf8('m'),
      }
      const { c } = computeChallenge(parameters, input, { deviceMessage: null, deviceProtected: false })
      if ((c.at(-1)! & 1) === 1) continue
      const r1 = computeRi(group, c, x, w1)
      expect(group.multiply(group.exponentiate(gs, r1), group.exponentiate(negate(pS), c))).toEqual(power)
      return {
        disclosed: [],
        a,
        r0: computeR0(group, c, issued.privateKey, witness.w0),
        r: [r1],
        pseudonym: { source: 1, ...pseudonym },
        commitments: [{ ...commitment, rTilde: computeRi(group, c, opening, wTilde) }],
      }
    }
  }

  it('are refused even where the equations hold', () => {
    const options = { message: 'm', pseudonym: { scope: 'scope', source: 1 } as const }
    const verify = (proof: PresentationProof) => verifyPresentation(parameters, issued.token, proof, options)
    expect(verify(cheat({}))).toMatchObject({ valid: true })
    expect(verify(cheat({ pseudonym: true }))).toEqual(refused('presentation/pseudonym-not-in-subgroup'))
    expect(verify(cheat({ commitment: true }))).toEqual(refused('presentation/commitment-not-in-subgroup'))
  })
})

describe('infinity, which has no encoding to hash, and other forms of points', () => {
  const curve = group.engine.curve(P256)
  const issuer = Issuer.create(curve, { uid: 'urn:example:curve', attributes: 2, recommended: P256, allowVariableTime })
  const { parameters } = issuer
  const issued = issueOne(issuer, { attributes: ['Alice', 'Lyon'] })
  const pseudonym = { scope: 'scope', source: 1 } as const
  const { proof } = presentToken(parameters, issued, {
    ...{ attributes: ['Alice', 'Lyon'], pseudonym, committed: [2], message: 'm', allowVariableTime },
  })
  const verify = (changedToken: Partial<Token>, changedProof: Partial<PresentationProof> = {}) =>
    verifyPresentation(
      parameters,
      { ...issued.token, ...changedToken },
      { ...proof, ...changedProof },
      { message: 'm', pseudonym },
    )

  it.each<[string, Partial<Token>, Partial<PresentationProof>, RefusalCode]>([
    ['h', { h: curve.identity }, {}, 'token/h-not-in-subgroup'],
    ["sigma_z'", { sigmaZPrime: curve.identity }, {}, 'token/sigma-z-prime-not-in-subgroup'],
    ['P_s', {}, { pseudonym: { ...proof.pseudonym!, pS: curve.identity } }, 'presentation/pseudonym-is-one'],
    [
      'P_s of another form',
      {},
      { pseudonym: { ...proof.pseudonym!, pS: Uint8Array.of(6, ...proof.pseudonym!.pS.subarray(1)) } },
      'presentation/pseudonym-not-in-subgroup',
    ],
    [
      'c~_i',
      {},
      { commitments: [{ ...proof.commitments[0]!, cTilde: curve.identity }] },
      'presentation/commitment-not-in-subgroup',
    ],
  ])('is refused as %s', (_, changedToken, changedProof, code) => {
    expect(verify({})).toMatchObject({ valid: true })
    expect(verify(changedToken, changedProof)).toEqual(refused(code))
  })

  it('is the product behind no digest, and the signature of no token', () => {
    expect(isElementDigest(parameters, curve.identity, proof.a)).toBe(false)
    // With sigma_r' = sigma_c' = 0 both products of the signature are infinity.
    const { zero, one } = curve.scalars
    expect(verify({ sigmaCPrime: zero, sigmaRPrime: zero })).toEqual(refused('token/signature'))
    // Only sigma_a' is with sigma_r' = sigma_c' y_0, only sigma_b' with sigma_r' = sigma_c' and sigma_z' = h.
    expect(verify({ sigmaCPrime: one, sigmaRPrime: issuer.exportPrivateKey(), sigmaZPrime: curve.generator })).toEqual(
      refused('token/signature'),
    )
    expect(verify({ sigmaCPrime: one, sigmaRPrime: one, sigmaZPrime: issued.token.h })).toEqual(
      refused('token/signature'),
    )
  })
})

describe('disclosed attributes that cannot be encoded', () => {
  it('are refused', () => {
    const issuer = createIssuer({ attributes: [0] })
    const issued = issueOne(issuer, { attributes: [Uint8Array.of(5)] })
    const options = { attributes: [Uint8Array.of(5)], disclosed: [1], message: 'm', allowVariableTime }
    const { proof } = presentToken(issuer.parameters, issued, options)
    const verify = (attribute: Uint8Array | null) => {
      const changed = { ...proof, disclosed: [{ index: 1, attribute }] }
      return verifyPresentation(issuer.parameters, issued.token, changed, { message: 'm' })
    }
    expect(verify(Uint8Array.of(0, 5))).toMatchObject({ valid: true })
    expect(verify(Uint8Array.of(6))).toEqual(refused('presentation/proof'))
    expect(verify(null)).toEqual(refused('presentation/attribute'))
    expect(verify(scalar(group.q))).toEqual(refused('presentation/attribute'))
    // Nothing is said about the proof where the token is none of the Issuer's.
    const disclosed = [{ index: 1, attribute: null }]
    const forged = { ...issued.token, sigmaRPrime: flipped(issued.token.sigmaRPrime) }
    expect(verifyPresentation(issuer.parameters, forged, { ...proof, disclosed }, { message: 'm' })).toEqual(
      refused('token/signature'),
    )
  })

  it('are not mistaken for arithmetic that fails', () => {
    const issuer = createIssuer({ attributes: 1 })
    const issued = issueOne(issuer, { attributes: ['Alice'] })
    const options = { attributes: ['Alice'], disclosed: [1], message: 'm', allowVariableTime }
    const { proof } = presentToken(issuer.parameters, issued, options)
    vi.spyOn(scalars, 'reduce').mockImplementationOnce(() => {
      throw new RangeError('out of memory')
    })
    const verify = () => verifyPresentation(issuer.parameters, issued.token, proof, { message: 'm' })
    expect(verify).toThrow('out of memory')
    vi.restoreAllMocks()
    expect(verify()).toMatchObject({ valid: true })
  })
})

describe('disclosed attributes', () => {
  it.each([1, 3] as const)('have one form in revision %i, whatever the Prover sends', (revision) => {
    const issuer = createIssuer({ revision, attributes: [0, 0, 1] })
    const { parameters } = issuer
    const attributes = [Uint8Array.of(5), Uint8Array.of(0), '']
    const issued = issueOne(issuer, { attributes })
    const { proof } = presentToken(parameters, issued, {
      attributes: [Uint8Array.of(0, 0, 5), new Uint8Array(0), ''],
      disclosed: [1, 2, 3],
      message: 'm',
      allowVariableTime,
    })
    const canonical = [Uint8Array.of(5), Uint8Array.of(0), revision === 1 ? null : new Uint8Array(0)]
    expect(proof.disclosed.map(({ attribute }) => attribute)).toEqual(canonical)
    const received = [Uint8Array.of(0, 5), Uint8Array.of(0, 0, 0), new Uint8Array(0)]
    for (const sent of [canonical, received]) {
      const disclosed = sent.map((attribute, i) => ({ index: i + 1, attribute }))
      const result = verifyPresentation(parameters, issued.token, { ...proof, disclosed }, { message: 'm' })
      expect(result.valid && [...result.attributes.values()]).toEqual(canonical)
    }
    const other = [{ index: 1, attribute: Uint8Array.of(5, 0) }, ...proof.disclosed.slice(1)]
    const result = verifyPresentation(parameters, issued.token, { ...proof, disclosed: other }, { message: 'm' })
    expect(result).toEqual({ valid: false, code: 'presentation/proof' })
  })
})
