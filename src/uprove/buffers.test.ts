import { createContext, runInContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import type { Element, Scalar } from '../../bindings/engine/engine.js'
import { isZero, toHex } from '../../bindings/octets/integers.js'
import { L2048N256 } from '../params/L2048N256.js'
import { SoftwareDevice } from './device/device.js'
import { Issuer } from './issuance/issuer.js'
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
import { presentToken, PresentationSession } from './presentation/presentation.js'
import { decodeProof, encodeProof } from './presentation/proof-codec.js'
import { Prover } from './issuance/prover.js'
import {
  allowVariableTime,
  beginExchange,
  createDevice,
  createIssuer,
  errorCode,
  group,
  issueOne,
} from './testing/fixtures.js'
import { decodeIssuedToken, decodeToken, encodeIssuedToken, encodeToken } from './token/token-codec.js'
import { verifyToken } from './token/token.js'
import { verifyPresentation } from './presentation/verification.js'

/** The Uint8Array of another realm, as frames, jsdom and Jest have one. */
const Foreign = runInContext('Uint8Array', createContext({})) as Uint8ArrayConstructor

// Octets as they arrive in Node.js: a Buffer is a Uint8Array, but its slice() is a view, and it often begins in the
// middle of its memory.
const kinds: [string, (octets: Uint8Array) => Uint8Array][] = [
  ['a Buffer', (octets) => Buffer.from(octets)],
  ['a Buffer in the middle of its memory', (octets) => Buffer.concat([Buffer.alloc(5, 7), octets]).subarray(5)],
  ['an array of another realm', (octets) => new Foreign(octets)],
  ['a view in the middle of its memory', (octets) => Uint8Array.of(7, 7, 7, ...octets, 7).subarray(3, -1)],
]

describe.each(kinds)('octets that come as %s', (_, kind) => {
  const issuer = createIssuer({ revision: 1, device: true })
  const { parameters } = issuer
  const device = createDevice()
  const attributes = ['Alice', null, '']
  const contents = { attributes, tokenInformation: 'TI', device: device.contribute(parameters), count: 2 }
  const issued = issueOne(issuer, contents)
  const options = { attributes, disclosed: [1], message: 'm', allowVariableTime }

  /** The value with its octets of the kind, and all of these, to be overwritten. */
  function received<T>(value: T): { value: T; overwrite: () => void; octets: Uint8Array[] } {
    const octets: Uint8Array[] = []
    const convert = (part: unknown): unknown => {
      if (part instanceof Uint8Array) {
        octets.push(kind(part))
        return octets.at(-1)
      }
      if (Array.isArray(part)) return part.map(convert)
      if (typeof part !== 'object' || part === null) return part
      return Object.fromEntries(Object.entries(part).map(([name, each]) => [name, convert(each)]))
    }
    return { value: convert(value) as T, overwrite: () => octets.forEach((each) => each.fill(0xff)), octets }
  }

  const { issuing, prover } = beginExchange(issuer, contents)
  const message2 = prover.respond(issuing.message1)
  const message3 = issuing.respond(message2)
  const { proof } = presentToken(parameters, issued, { ...options, device })
  const forms: [string, Uint8Array, (octets: Uint8Array) => unknown][] = [
    ['a token', encodeToken(parameters, issued.token), (o) => decodeToken(parameters, o)],
    ['a held token', encodeIssuedToken(parameters, issued), (o) => decodeIssuedToken(parameters, o)],
    ['a proof', encodeProof(parameters, proof), (o) => decodeProof(parameters, o)],
    ['message 1', encodeMessage1(issuing.message1), (o) => decodeMessage1(parameters, o)],
    ['message 2', encodeMessage2(message2), (o) => decodeMessage2(parameters, o)],
    ['message 3', encodeMessage3(message3), (o) => decodeMessage3(parameters, o)],
    ['Issuer parameters', encodeIssuerParameters(parameters), decodeIssuerParameters],
  ]
  it('are members of the group, and powers', () => {
    expect(group.isMember(kind(parameters.g0))).toBe(true)
    expect(group.isMember(kind(Uint8Array.from(parameters.g0, (octet, i) => octet ^ (i === 200 ? 1 : 0))))).toBe(false)
    const power = group.exponentiate(kind(parameters.g0) as Element, kind(group.scalars.one) as Scalar)
    expect(power).toEqual(parameters.g0)
  })

  it.each(forms)('are decoded, and copied: %s', (_, octets, decode) => {
    const { value, overwrite } = received(octets)
    const decoded = decode(value)
    expect(toHex(value)).toBe(toHex(octets))
    overwrite()
    expect(decoded).toEqual(decode(octets))
  })

  it('are copied by an Issuer and its parameters', () => {
    const values = received(parameters.values())
    const key = received(issuer.exportPrivateKey())
    const verified = IssuerParameters.verify(group, values.value)
    const again = Issuer.fromPrivateKey(verified, key.value, { allowVariableTime })
    values.overwrite()
    key.overwrite()
    expect(verified.digest(true)).toEqual(parameters.digest(true))
    expect(verified.values()).toEqual(parameters.values())
    const token = issueOne(again, contents)
    expect(verifyToken(parameters, token.token)).toMatchObject({ valid: true })
    again.dispose()
    expect(key.octets[0]!.every((octet) => octet === 0xff)).toBe(true)
  })

  it('are copied on both sides of an exchange, between its messages', () => {
    const given = received({ attributes: ['Alice', null, ''].map((a) => a && new TextEncoder().encode(a)) })
    const contribution = received(contents.device)
    const issuing = issuer.begin({ ...contents, ...given.value, devicePublicKey: contribution.value.hd })
    const prover = Prover.begin(parameters, {
      ...contents,
      ...given.value,
      device: contribution.value,
      allowVariableTime,
    })
    given.overwrite()
    contribution.overwrite()
    const message1 = received(issuing.message1)
    const message2 = received(prover.respond(message1.value))
    message1.overwrite()
    const message3 = received(issuing.respond(message2.value))
    message2.overwrite()
    const tokens = prover.finish(message3.value)
    message3.overwrite()
    expect(tokens.map(({ token }) => verifyToken(parameters, token).valid)).toEqual([true, true])
  })

  it('are copied by a Prover whom sigma_z is sent', () => {
    const own = createIssuer()
    const { issuing, prover } = beginExchange(own, { attributes })
    const message1 = received(issuing.message1)
    const message2 = prover.respond(message1.value)
    message1.overwrite()
    expect(prover.finish(issuing.respond(message2))).toHaveLength(1)
  })

  it('are the state of an exchange, which is wiped where it is', () => {
    const exchange = issuer.beginExchange({ attributes, tokenInformation: 'TI' })
    const prover = Prover.begin(parameters, { attributes, tokenInformation: 'TI', allowVariableTime })
    const message2 = prover.respond(exchange.message1)
    const state = received(exchange.state)
    // Were w zeros, sigma_r = sigma_c y_0 would be no answer to sigma_a, and would give y_0 away.
    expect(prover.finish(issuer.respondTo(state.value, message2))).toHaveLength(1)
    expect(isZero(state.value)).toBe(true)
  })

  it('are copied by a Device', () => {
    const key = received(device.exportPrivateKey())
    const generator = received<Uint8Array>(L2048N256.gd)
    const again = SoftwareDevice.fromPrivateKey(group, generator.value, key.value, { allowVariableTime })
    key.overwrite()
    generator.overwrite()
    expect(again.contribute(parameters)).toEqual(device.contribute(parameters))
    const { proof } = presentToken(parameters, issued, { ...options, device: again })
    expect(verifyPresentation(parameters, issued.token, proof, { message: 'm' })).toMatchObject({ valid: true })
    again.dispose()
    expect(key.octets[0]!.every((octet) => octet === 0xff)).toBe(true)
  })

  it('are copied by a presentation that waits for its Device', () => {
    const deviceSession = device.begin()
    const privateKey = received(issued.privateKey)
    const ad = received(deviceSession.ad)
    const held = { token: received(issued.token).value, privateKey: privateKey.value }
    const session = PresentationSession.begin(parameters, held, options, { ad: ad.value })
    privateKey.overwrite()
    ad.overwrite()
    const rdPrime = received(deviceSession.respond(session.deviceChallenge!))
    const { proof } = session.finish(rdPrime.value)
    rdPrime.overwrite()
    expect(verifyPresentation(parameters, issued.token, proof, { message: 'm' })).toMatchObject({ valid: true })
    expect(privateKey.octets[0]!.every((octet) => octet === 0xff)).toBe(true)
  })

  it('are verified like others, and a verdict shares nothing with them', () => {
    const token = received(issued.token)
    const presented = received(proof)
    const result = verifyPresentation(parameters, token.value, presented.value, { message: 'm' })
    token.overwrite()
    presented.overwrite()
    expect(result).toEqual(verifyPresentation(parameters, issued.token, proof, { message: 'm' }))
    expect(result).toMatchObject({ valid: true })
    const tampered = received({ ...proof, a: Uint8Array.from(proof.a, (octet) => octet ^ 1) })
    expect(verifyPresentation(parameters, issued.token, tampered.value, { message: 'm' })).toMatchObject({
      valid: false,
    })
  })
})

it('a private key in a Buffer is checked like any other', () => {
  const fromKey = (key: Uint8Array) => () =>
    Issuer.fromPrivateKey(createIssuer().parameters, key, { allowVariableTime })
  expect(errorCode(fromKey(Buffer.alloc(32, 0xff)))).toBe('scalar/range')
  expect(errorCode(fromKey(Buffer.alloc(31)))).toBe('scalar/length')
})
