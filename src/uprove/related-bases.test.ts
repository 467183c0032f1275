import { describe, expect, it } from 'vitest'
import type { Curve, Element, Scalar } from '../../bindings/engine/engine.js'
import { toBigint, toFixedWidth } from '../../bindings/octets/integers.js'
import { equalOctets } from '../../bindings/octets/octets.js'
import { curveImplementations } from '../../bindings/testing/curve-implementations.js'
import { SoftwareDevice } from './device/device.js'
import { Issuer } from './issuance/issuer.js'
import { Prover } from './issuance/prover.js'
import { contentScalars } from './parameters/contents.js'
import { computeGamma } from './parameters/gamma.js'
import { IssuerParameters } from './parameters/parameters.js'
import { presentToken } from './presentation/presentation.js'
import { verifyPresentation } from './presentation/verification.js'
import { allowVariableTime, errorCode } from './testing/fixtures.js'
import type { Token } from './token/token.js'

// Bases whose logarithms are known to each other, as a bad Issuer or Device may choose them: sums in the protocol meet P + P,
// P - P, P + 2P and infinity, which the fast formulas for addition except. g_0 = +-g or 2g makes sigma_z = +-gamma or 2 gamma.

const implementations = await curveImplementations()
/** The reference, which verifies what the others make. */
const references = new Map(implementations.filter(({ on }) => on === 'bigint').map(({ name, curve }) => [name, curve]))

const attributes = [Uint8Array.of(1), Uint8Array.of(1), Uint8Array.of(5)]

/** Parameters whose generators are g, g^-1 and powers of g: g_0 = g^y_0, gt = g^2, gd = g. */
function relatedParameters(group: Curve, y0: Scalar): IssuerParameters {
  const { generator } = group
  const power = (e: bigint): Element => group.exponentiate(generator, scalarOf(group, e))
  return IssuerParameters.verify(group, {
    revision: 3,
    uid: new TextEncoder().encode('urn:x'),
    hash: 'SHA-256',
    g0: group.exponentiate(generator, y0),
    g: [generator, power(-1n), power(2n)],
    gt: power(2n),
    gd: generator,
    encodings: [0, 0, 0],
    specification: new Uint8Array(0),
  })
}

function scalarOf({ q, scalarLength }: Curve, value: bigint): Scalar {
  return toFixedWidth(((value % q) + q) % q, scalarLength) as Scalar
}

function deviceOf({ gd }: IssuerParameters, group: Curve, xd: bigint): SoftwareDevice {
  return SoftwareDevice.fromPrivateKey(group, gd!, scalarOf(group, xd), { allowVariableTime })
}

/** The discrete logarithm of gamma without h_d, to the base g. */
function partialLogarithm(parameters: IssuerParameters, group: Curve, y0: bigint): bigint {
  const scalars = contentScalars(parameters, { attributes }, true)
  const [x1, x2, x3] = scalars.x.map(toBigint)
  const k = y0 + x1! - x2! + 2n * x3! + 2n * toBigint(scalars.xt)
  expect(group.exponentiate(group.generator, scalarOf(group, k))).toEqual(computeGamma(parameters, scalars))
  return k
}

describe.each(implementations)('related bases, $name on $on', ({ name, curve: group }) => {
  const reference = references.get(name)!
  /** x_d by k, the discrete logarithm of gamma without h_d. */
  const cases: [string, bigint, ((k: bigint) => bigint)?][] = [
    ['g_0 = g', 1n],
    ['g_0 = g^-1', -1n],
    ['g_0 = g^2', 2n],
    ['h_d = the partial gamma', 1n, (k) => k],
    ['h_d = the partial gamma^2', -1n, (k) => 2n * k],
    ['h_d = the partial gamma^-2', 2n, (k) => -2n * k],
    ['h_d = g_0', 2n, () => 2n],
    ['h_d = g_0^-1, so g_0 h_d is infinity', 2n, () => -2n],
  ]

  it.each(cases)('%s: tokens are issued, shown and verified', (_, y0, xd) => {
    const key = scalarOf(group, y0)
    const parameters = relatedParameters(group, key)
    const issuer = Issuer.fromPrivateKey(parameters, key, { allowVariableTime })
    const device =
      xd === undefined ? undefined : deviceOf(parameters, group, xd(partialLogarithm(parameters, group, y0)))
    const contents = { attributes }
    const issuing = issuer.begin({ ...contents, devicePublicKey: device?.publicKey })
    const prover = Prover.begin(parameters, {
      ...contents,
      device: device?.contribute(parameters),
      allowVariableTime,
    })
    const tokens = prover.finish(issuing.respond(prover.respond(issuing.message1)))
    expect(tokens).toHaveLength(1)
    const pseudonym = { source: 2, scope: 's' }
    const presented = { attributes, disclosed: [1], committed: [3], pseudonym, message: 'm', device, allowVariableTime }
    for (const { token, privateKey } of tokens) {
      const { proof } = presentToken(parameters, { token, privateKey }, presented)
      const verify = (message: string, other: Partial<Token> = {}) =>
        verifyPresentation(parameters, { ...token, ...other }, proof, { message, pseudonym })
      expect(verify('m')).toMatchObject({ valid: true, deviceProtected: device !== undefined })
      expect(verify('n')).toEqual({ valid: false, code: 'presentation/proof' })
      const h = group.element(token.h)
      for (const sigmaZPrime of [h, group.invert(h), group.multiply(h, h)]) {
        // The right one of the three is the token's own.
        const isOwn = equalOctets(sigmaZPrime, token.sigmaZPrime)
        const expected = isOwn ? { valid: true } : { valid: false, code: 'token/signature' }
        expect(verify('m', { sigmaZPrime })).toMatchObject(expected)
      }
      const verified = verifyPresentation(relatedParameters(reference, key), token, proof, { message: 'm', pseudonym })
      expect(verified).toMatchObject({ valid: true })
    }
    prover.dispose()
    parameters.dispose()
  })

  it('h_d = the partial gamma^-1: gamma would be infinity, and both sides refuse', () => {
    const key = scalarOf(group, 1n)
    const parameters = relatedParameters(group, key)
    const issuer = Issuer.fromPrivateKey(parameters, key, { allowVariableTime })
    const device = deviceOf(parameters, group, -partialLogarithm(parameters, group, 1n))
    const contribution = device.contribute(parameters)
    expect(errorCode(() => issuer.begin({ attributes, devicePublicKey: device.publicKey }))).toBe(
      'issuance/gamma-is-one',
    )
    expect(errorCode(() => Prover.begin(parameters, { attributes, device: contribution, allowVariableTime }))).toBe(
      'issuance/gamma-is-one',
    )
    parameters.dispose()
  })

  it('a first message with sigma_z = +-gamma, sigma_a and sigma_b related to them, is refused unless it is right', () => {
    const key = scalarOf(group, 1n)
    const parameters = relatedParameters(group, key)
    const issuer = Issuer.fromPrivateKey(parameters, key, { allowVariableTime })
    const { message1 } = issuer.begin({ attributes })
    const gamma = message1.sigmaZ!
    expect(gamma).toEqual(computeGamma(parameters, contentScalars(parameters, { attributes }, false)))
    const changes = [
      { sigmaZ: group.invert(gamma) },
      { sigmaZ: group.multiply(gamma, gamma) },
      { sigmaA: [gamma], sigmaB: [gamma] },
      { sigmaA: [group.generator], sigmaB: [group.invert(gamma)] },
      { sigmaB: [group.invert(message1.sigmaB[0]!)] },
    ]
    for (const change of [{}, ...changes]) {
      const issuing = issuer.begin({ attributes })
      const prover = Prover.begin(parameters, { attributes, allowVariableTime })
      const message2 = prover.respond({ ...issuing.message1, ...change })
      const code = errorCode(() => prover.finish(issuing.respond(message2)))
      expect(code, JSON.stringify(Object.keys(change))).toBe(
        'sigmaZ' in change || 'sigmaB' in change ? 'issuance/signature' : undefined,
      )
      prover.dispose()
    }
    parameters.dispose()
  })
})
