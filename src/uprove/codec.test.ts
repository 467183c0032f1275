import { describe, expect, it, vi } from 'vitest'
import {
  decodeMessage1,
  decodeMessage2,
  decodeMessage3,
  encodeMessage1,
  encodeMessage2,
  encodeMessage3,
} from './issuance/message-codec.js'
import { IssuerParameters } from './parameters/parameters.js'
import { decodeIssuerParameters, encodeIssuerParameters } from './parameters/parameters-codec.js'
import { presentToken } from './presentation/presentation.js'
import { decodeProof, encodeProof } from './presentation/proof-codec.js'
import {
  allowVariableTime,
  beginExchange,
  createDevice,
  createIssuer,
  errorCode,
  group,
  issueOne,
  outside,
  revisions,
  scalar,
} from './testing/fixtures.js'
import { decodeIssuedToken, decodeToken, encodeIssuedToken, encodeToken } from './token/token-codec.js'
import { verifyToken, type IssuedToken } from './token/token.js'

describe.each(revisions)('octet forms in revision %i', (revision) => {
  const issuer = createIssuer({ revision, device: true, specification: 'S' })
  const { parameters } = issuer
  const device = createDevice()
  const attributes = ['Alice', null, '']
  const contents = { attributes, tokenInformation: 'TI', device: device.contribute(parameters) }
  const issued = issueOne(issuer, contents)
  const { proof } = presentToken(parameters, issued, {
    attributes,
    disclosed: [1, 2],
    message: 'm',
    device,
    pseudonym: revision === 3 ? { scope: 's', source: 'device' } : undefined,
    committed: revision === 3 ? [3] : [],
    allowVariableTime,
  })
  const { issuing, prover } = beginExchange(issuer, contents)
  const message2 = prover.respond(issuing.message1)
  const message3 = issuing.respond(message2)

  const forms: [string, Uint8Array, (octets: Uint8Array) => unknown, unknown][] = [
    ['a token', encodeToken(parameters, issued.token), (o) => decodeToken(parameters, o), issued.token],
    ['a held token', encodeIssuedToken(parameters, issued), (o) => decodeIssuedToken(parameters, o), issued],
    ['a proof', encodeProof(parameters, proof), (o) => decodeProof(parameters, o), proof],
    ['message 1', encodeMessage1(issuing.message1), (o) => decodeMessage1(parameters, o), issuing.message1],
    ['message 2', encodeMessage2(message2), (o) => decodeMessage2(parameters, o), message2],
    ['message 3', encodeMessage3(message3), (o) => decodeMessage3(parameters, o), message3],
    [
      'Issuer parameters',
      encodeIssuerParameters(parameters),
      (o) => decodeIssuerParameters(o),
      { group: { p: group.p, q: group.q, g: group.g }, values: parameters.values() },
    ],
  ]
  describe.each(forms)('of %s', (_, octets, decode, value) => {
    it('give back what they were made from', () => {
      expect(decode(octets)).toEqual(value)
    })

    it('are refused when cut short, anywhere, or with anything behind', () => {
      const lengths = [...Array(64).keys(), octets.length - 1].filter((length) => length < octets.length)
      for (const length of lengths) {
        expect(errorCode(() => decode(octets.slice(0, length)))).toBe('octets/truncated')
      }
      expect(errorCode(() => decode(Uint8Array.of(...octets, 0)))).toBe('octets/malformed')
    })
  })

  it('of another version are refused', () => {
    const codeOf = (octets: Uint8Array, decode: (octets: Uint8Array) => unknown) => {
      const changed = octets.slice()
      changed[0] = 9
      return errorCode(() => decode(changed))
    }
    expect(forms.slice(0, 3).map(([, octets, decode]) => codeOf(octets, decode))).toEqual([
      'token/version',
      'token/version',
      'presentation/version',
    ])
    expect(codeOf(encodeIssuerParameters(parameters), decodeIssuerParameters)).toBe('parameters/version')
  })

  it('of Issuer parameters lead to the same parameters', () => {
    const decoded = decodeIssuerParameters(encodeIssuerParameters(parameters))
    const again = IssuerParameters.verify(group.engine.group(decoded.group), decoded.values)
    expect(again.digest(true)).toEqual(parameters.digest(true))
    expect(verifyToken(again, issued.token)).toMatchObject({ valid: true })
  })

  it('of a held token are refused with an h outside G_q or a key not below q', () => {
    const codeOf = (change: Partial<IssuedToken>) =>
      errorCode(() => decodeIssuedToken(parameters, encodeIssuedToken(parameters, { ...issued, ...change })))
    expect(codeOf({})).toBeUndefined()
    expect(codeOf({ token: { ...issued.token, h: outside(issued.token.h, 2) } })).toBe('element/not-in-subgroup')
    expect(codeOf({ privateKey: scalar(group.q) })).toBe('scalar/range')
  })

  it('of what has no Device, and of a pseudonym of an attribute, are read back too', () => {
    const own = createIssuer({ revision })
    const { parameters } = own
    const software = issueOne(own, { attributes })
    const { proof } = presentToken(parameters, software, {
      ...{ attributes, disclosed: [2], message: 'm', allowVariableTime },
      pseudonym: revision === 3 ? { scope: 's', source: 1 } : undefined,
    })
    expect(decodeToken(parameters, encodeToken(parameters, software.token))).toEqual(software.token)
    expect(decodeIssuedToken(parameters, encodeIssuedToken(parameters, software))).toEqual(software)
    expect(decodeProof(parameters, encodeProof(parameters, proof))).toEqual(proof)
    expect(decodeIssuerParameters(encodeIssuerParameters(parameters)).values).toEqual(parameters.values())
  })

  it('are written and read only of what makes sense', () => {
    const { token } = issued
    expect(errorCode(() => encodeToken(parameters, { ...token, h: token.h.slice(1) }))).toBe('element/length')
    const shortKey = { ...issued, privateKey: issued.privateKey.slice(1) as IssuedToken['privateKey'] }
    expect(errorCode(() => encodeIssuedToken(parameters, shortKey))).toBe('scalar/length')
    expect(errorCode(() => encodeProof(parameters, { ...proof, a: proof.a.slice(1) }))).toBe('presentation/shape')
    expect(errorCode(() => encodeProof(parameters, { ...proof, rd: proof.rd!.slice(1) }))).toBe('scalar/length')
    // The first index stands behind the version and the number of disclosed attributes.
    const exchanged = encodeProof(parameters, proof)
    exchanged[8] = 3
    expect(errorCode(() => decodeProof(parameters, exchanged))).toBe('presentation/indices')
    const ofRevision2 = encodeIssuerParameters(parameters)
    ofRevision2[1] = 2
    expect(errorCode(() => decodeIssuerParameters(ofRevision2))).toBe('parameters/revision')
  })

  it('of a held token leave no key where they were read', () => {
    const octets = encodeIssuedToken(parameters, issued)
    const read = vi.spyOn(group.scalars, 'from')
    decodeIssuedToken(parameters, octets)
    const copies = read.mock.calls.map(([copy]) => copy)
    vi.restoreAllMocks()
    expect(copies).toEqual([new Uint8Array(group.scalarLength)])
  })

  it('of a flag that is neither 0 nor 1 are refused', () => {
    const octets = encodeToken(parameters, issued.token)
    octets[1] = 2
    expect(errorCode(() => decodeToken(parameters, octets))).toBe('octets/malformed')
  })

  it('do not make room for lists that are not there', () => {
    expect(errorCode(() => decodeMessage2(parameters, new Uint8Array(4).fill(0xff)))).toBe('octets/malformed')
    expect(errorCode(() => decodeMessage2(parameters, Uint8Array.of(0, 0, 0xff, 0xff)))).toBe('octets/truncated')
  })
})
