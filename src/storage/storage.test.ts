import { beforeAll, describe, expect, it } from 'vitest'
import { createEngine } from '../../bindings/loading/create-engine.js'
import { encodeBase64Url } from '../../bindings/octets/base64.js'
import { P256 } from '../params/P256.js'
import { L2048N256 } from '../params/L2048N256.js'
import { SoftwareDevice, type DeviceSession } from '../uprove/device/device.js'
import { Issuer } from '../uprove/issuance/issuer.js'
import { Prover } from '../uprove/issuance/prover.js'
import { IssuerParameters } from '../uprove/parameters/parameters.js'
import { PresentationSession, presentToken } from '../uprove/presentation/presentation.js'
import { verifyPresentation } from '../uprove/presentation/verification.js'
import { errorCode, flipped } from '../uprove/testing/fixtures.js'
import type { IssuedToken } from '../uprove/token/token.js'
import * as storage from './index.js'
import type { ArtefactJson } from './index.js'

const engine = await createEngine()
const attributes = ['Alice', null, '']

/** Everything that has a form, on one group, made once. */
function artefactsOf(revision: 1 | 3) {
  const recommended = revision === 1 ? L2048N256 : P256
  const group = engine.group(recommended)
  const options = { uid: 'urn:example:1', attributes: 3, device: true, specification: 'S', recommended, revision }
  const issuer = Issuer.create(group, options)
  const { parameters } = issuer
  const device = SoftwareDevice.create(group, recommended.gd)
  const contribution = device.contribute(parameters)
  const contents = { attributes, tokenInformation: 'TI', count: 2 }
  const issuing = issuer.begin({ ...contents, devicePublicKey: contribution.hd })
  const prover = Prover.begin(parameters, { ...contents, proverInformation: 'PI', device: contribution })
  const message2 = prover.respond(issuing.message1)
  const message3 = issuing.respond(message2)
  const [issued] = prover.finish(message3) as [IssuedToken]
  const pseudonym = revision === 3 ? { scope: 's', source: 'device' as const } : undefined
  const presented = { attributes, disclosed: [1, 2], message: 'm', pseudonym, committed: revision === 3 ? [3] : [] }
  const { proof, openings } = presentToken(parameters, issued, { ...presented, device })
  const session: DeviceSession = device.begin(pseudonym?.scope)
  const started = PresentationSession.begin(parameters, issued, presented, session)
  const challenge = started.deviceChallenge!
  const rdPrime = session.respond(challenge)
  const { ad, pseudonym: devicePseudonym } = session
  const verdict = verifyPresentation(parameters, issued.token, proof, { message: 'm', pseudonym })
  if (!verdict.valid) throw new Error(verdict.code)

  type Case = readonly [what: string, json: ArtefactJson, read: (json: object | string) => unknown, value: unknown]
  const cases: Case[] = [
    [
      'Issuer parameters',
      storage.issuerParametersToJson(parameters),
      (json) => storage.issuerParametersFromJson(json, { curves: [P256] }),
      {
        group: revision === 1 ? { p: L2048N256.p, q: L2048N256.q, g: L2048N256.g } : P256,
        values: parameters.values(),
      },
    ],
    [
      "an Issuer's private key",
      storage.issuerPrivateKeyToJson(issuer),
      (json) => storage.issuerFromPrivateKeyJson(parameters, json).exportPrivateKey(),
      issuer.exportPrivateKey(),
    ],
    [
      'a token',
      storage.tokenToJson(parameters, issued.token),
      (json) => storage.tokenFromJson(parameters, json),
      issued.token,
    ],
    [
      'a held token',
      storage.tokenWithPrivateKeyToJson(parameters, issued),
      (json) => storage.tokenWithPrivateKeyFromJson(parameters, json),
      issued,
    ],
    [
      'attributes',
      storage.attributesToJson(parameters, attributes),
      (json) => storage.attributesFromJson(parameters, json),
      [Uint8Array.from(Buffer.from('Alice')), null, new Uint8Array()],
    ],
    [
      'message 1',
      storage.message1ToJson(issuing.message1),
      (json) => storage.message1FromJson(parameters, json),
      issuing.message1,
    ],
    ['message 2', storage.message2ToJson(message2), (json) => storage.message2FromJson(parameters, json), message2],
    ['message 3', storage.message3ToJson(message3), (json) => storage.message3FromJson(parameters, json), message3],
    ['a proof', storage.proofToJson(parameters, proof), (json) => storage.proofFromJson(parameters, json), proof],
    [
      "a Device's public key",
      storage.devicePublicKeyToJson(parameters, contribution),
      (json) => storage.devicePublicKeyFromJson(parameters, json),
      contribution,
    ],
    [
      "a Device's private key",
      storage.devicePrivateKeyToJson(device),
      (json) => storage.deviceFromPrivateKeyJson(group, json).exportPrivateKey(),
      device.exportPrivateKey(),
    ],
    [
      "a Device's commitment",
      storage.deviceCommitmentToJson(group, session),
      (json) => storage.deviceCommitmentFromJson(group, json),
      { ad, pseudonym: devicePseudonym },
    ],
    [
      "a Device's challenge",
      storage.deviceChallengeToJson(challenge),
      (json) => storage.deviceChallengeFromJson(json),
      challenge,
    ],
    [
      "a Device's response",
      storage.deviceResponseToJson(group, rdPrime),
      (json) => storage.deviceResponseFromJson(group, json),
      rdPrime,
    ],
  ]
  if (verdict.pseudonym !== undefined) {
    const { pseudonym: pS, commitments } = verdict
    cases.push(
      [
        'a pseudonym',
        storage.pseudonymToJson(parameters, pS),
        (json) => storage.pseudonymFromJson(parameters, json),
        pS,
      ],
      [
        'commitments',
        storage.commitmentsToJson(parameters, commitments),
        (json) => storage.commitmentsFromJson(parameters, json),
        commitments,
      ],
      [
        'openings',
        storage.secretOpeningsToJson(parameters, openings),
        (json) => storage.secretOpeningsFromJson(parameters, json),
        openings,
      ],
    )
  }
  return { cases, parameters, issued, proof, issuer, device, contribution }
}

describe.each([1, 3] as const)('the JSON, in Revision %i,', (revision) => {
  const { cases, parameters } = artefactsOf(revision)

  it('is there for everything', () => {
    expect(cases).toHaveLength(revision === 1 ? 14 : 17)
    const types = cases.map(([, { type }]) => type)
    expect(new Set(types).size).toBe(types.length)
  })

  describe.each(cases)('of %s', (_what, json, read, value) => {
    it('gives back what it was made from: as an object, as text, as octets', () => {
      const text = JSON.stringify(json)
      expect(JSON.parse(text)).toEqual(json)
      expect(read(json)).toEqual(value)
      expect(read(text)).toEqual(value)
      expect(read(Buffer.from(text))).toEqual(value)
    })

    it('is refused as something else, of another version, with a member too many or too few', () => {
      const code = (change: object): unknown => errorCode(() => read(JSON.stringify({ ...json, ...change })))
      expect(code({})).toBeUndefined()
      expect(code({ type: 'uprove/other' })).toBe('json/kind')
      expect(code({ type: undefined })).toBe('json/kind')
      expect(code({ version: 2 })).toBe('json/version')
      expect(code({ version: '1' })).toBe('json/version')
      expect(code({ another: 1 })).toBe('json/unknown-member')
      const members = Object.keys(json).filter(
        (name) => !['type', 'version', 'sigmaZ', 'zetaD', 'rd', 'pseudonym', 'gd', 'z'].includes(name),
      )
      for (const name of members) expect([name, code({ [name]: undefined })]).toEqual([name, 'json/type'])
      const text = JSON.stringify(json)
      expect(errorCode(() => read(text.replace('{', '{"version":1,')))).toBe('json/duplicate-member')
      expect(errorCode(() => read(text.slice(0, -1)))).toBe('json/syntax')
      expect(errorCode(() => read([]))).toBe('json/type')
    })

    it('is refused with base64 in another alphabet, with padding, or of another length', () => {
      const octetMembers = Object.entries(json).filter(
        ([name, member]) => typeof member === 'string' && !['type', 'hash', 'source'].includes(name),
      )
      for (const [name, member] of octetMembers) {
        const code = (text: string): unknown => errorCode(() => read({ ...json, [name]: text }))
        expect([name, code('+/+/')]).toEqual([name, 'json/base64url'])
        expect([name, code('AA==')]).toEqual([name, 'json/base64url'])
        expect([name, code('AB')]).toEqual([name, 'json/base64url'])
        const isFree = ['uid', 'tokenInformation', 'proverInformation', 'specification', 'digest', 'message']
        if (!isFree.includes(name)) expect([name, code(`${member as string}AAAA`)]).toEqual([name, 'json/length'])
      }
    })
  })

  it('of Issuer parameters leads to the same parameters', () => {
    const text = JSON.stringify(storage.issuerParametersToJson(parameters))
    const { group, values } = storage.issuerParametersFromJson(text, { curves: [P256] })
    expect(IssuerParameters.verify(engine.group(group), values).digest(true)).toEqual(parameters.digest(true))
  })
})

describe('what is changed in the JSON', () => {
  let made: ReturnType<typeof artefactsOf>
  beforeAll(() => {
    made = artefactsOf(3)
  })
  const b64 = encodeBase64Url

  it('is refused where it is verified', () => {
    const { parameters, issued, proof } = made
    const options = { message: 'm', pseudonym: { scope: 's', source: 'device' as const } }
    const verdict = (token: object, presented: object): string | undefined => {
      const result = verifyPresentation(
        parameters,
        storage.tokenFromJson(parameters, token),
        storage.proofFromJson(parameters, presented),
        options,
      )
      return result.valid ? undefined : result.code
    }
    const token = storage.tokenToJson(parameters, issued.token)
    const shown = storage.proofToJson(parameters, proof)
    expect(verdict(token, shown)).toBeUndefined()
    expect(verdict({ ...token, sigmaRPrime: b64(flipped(issued.token.sigmaRPrime)) }, shown)).toBe('token/signature')
    expect(verdict(token, { ...shown, r0: b64(flipped(proof.r0)) })).toBe('presentation/proof')
    const [first, second] = proof.disclosed
    const disclosed = [{ index: 1, attribute: b64(flipped(first!.attribute!)) }, second]
    expect(verdict(token, { ...shown, disclosed })).toBe('presentation/proof')
  })

  it('is refused where a key or an element does not belong', () => {
    const { parameters, issued, issuer, device, contribution } = made
    const { group } = parameters
    const key = storage.issuerPrivateKeyToJson(issuer)
    const other = { ...key, privateKey: b64(group.scalars.one) }
    expect(errorCode(() => storage.issuerFromPrivateKeyJson(parameters, other))).toBe('issuer/key-mismatch')
    const large = b64(new Uint8Array(32).fill(0xff))
    expect(errorCode(() => storage.issuerFromPrivateKeyJson(parameters, { ...key, privateKey: large }))).toBe(
      'scalar/range',
    )
    const deviceKey = storage.devicePrivateKeyToJson(device)
    const zero = { ...deviceKey, privateKey: b64(new Uint8Array(32)) }
    expect(errorCode(() => storage.deviceFromPrivateKeyJson(group, zero))).toBe('scalar/zero')
    const offCurve = b64(flipped(contribution.hd))
    const publicKey = { ...storage.devicePublicKeyToJson(parameters, contribution), hd: offCurve }
    expect(errorCode(() => storage.devicePublicKeyFromJson(parameters, publicKey))).toBe('device/public-key')
    const held = storage.tokenWithPrivateKeyToJson(parameters, issued)
    const { token } = held as unknown as { token: object }
    const code = (change: object): unknown =>
      errorCode(() => storage.tokenWithPrivateKeyFromJson(parameters, { ...held, ...change }))
    expect(code({ token: { ...token, h: b64(flipped(issued.token.h)) } })).toBe('element/not-on-curve')
    expect(code({ privateKey: large })).toBe('scalar/range')
    expect(code({ token: { ...token, privateKey: large } })).toBe('json/unknown-member')
    const wrong = { type: 'uprove/pseudonym', version: 1, pS: offCurve }
    expect(errorCode(() => storage.pseudonymFromJson(parameters, wrong))).toBe('element/not-on-curve')
  })

  it('is refused where members contradict each other', () => {
    const { parameters, proof } = made
    const shown = storage.proofToJson(parameters, proof)
    const proofCode = (change: object): unknown =>
      errorCode(() => storage.proofFromJson(parameters, { ...shown, ...change }))
    expect(proofCode({ r: [] })).toBe('presentation/shape')
    expect(
      proofCode({
        disclosed: [
          { index: 2, attribute: null },
          { index: 1, attribute: null },
        ],
      }),
    ).toBe('presentation/indices')
    expect(proofCode({ disclosed: [{ index: -1, attribute: null }] })).toBe('json/type')
    expect(proofCode({ disclosed: [{ index: 1 }] })).toBe('json/type')
    const published = storage.issuerParametersToJson(parameters)
    const code = (change: object, curves = [P256]): unknown =>
      errorCode(() => storage.issuerParametersFromJson({ ...published, ...change }, { curves }))
    expect(code({ group: { curve: 'P-256', p: 'AQ' } })).toBe('json/unknown-member')
    expect(code({ group: { p: 'AQ', q: 'AAE', g: 'AQ' } })).toBe('json/length')
    expect(code({ revision: 2 })).toBe('parameters/revision')
    expect(code({ revision: 1 })).toBe('parameters/group-revision')
    expect(code({}, [])).toBe('parameters/unknown-curve')
    const message = { type: 'uprove/message-1', version: 1, sigmaA: [], sigmaB: [b64(parameters.g0)] }
    expect(errorCode(() => storage.message1FromJson(parameters, message))).toBe('json/count')
    const commitments = [{ index: 4, cTilde: b64(parameters.g0) }]
    const commitment = { type: 'uprove/commitments', version: 1, commitments }
    expect(errorCode(() => storage.commitmentsFromJson(parameters, commitment))).toBe('presentation/indices')
    const few = { ...storage.attributesToJson(parameters, attributes), attributes: [null] }
    expect(errorCode(() => storage.attributesFromJson(parameters, few))).toBe('attribute/count')
  })

  it('is the same for attributes in text and in octets', () => {
    const { parameters } = made
    const octets = ['Zoë', 'ü', ''].map((text) => Buffer.from(text))
    expect(storage.attributesToJson(parameters, ['Zoë', 'ü', ''])).toEqual(storage.attributesToJson(parameters, octets))
  })

  it('is not taken for data that cannot be written', () => {
    const { parameters } = made
    expect(errorCode(() => storage.pseudonymToJson(parameters, 'text' as unknown as Uint8Array))).toBe('octets/type')
    const noList = { sigmaC: 'text' } as unknown as { sigmaC: Uint8Array[] }
    expect(errorCode(() => storage.message2ToJson(noList))).toBe('octets/type')
  })
})
