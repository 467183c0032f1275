import { describe, expect, it } from 'vitest'
import { isZero } from '../../../bindings/octets/integers.js'
import type { Scalar } from '../../../bindings/engine/engine.js'
import { L2048N256 } from '../../params/L2048N256.js'
import { SoftwareDevice, type DeviceChallenge, type DeviceCommitment } from './device.js'
import { presentToken, PresentationSession } from '../presentation/presentation.js'
import { Prover } from '../issuance/prover.js'
import { rulesOf } from '../parameters/parameters.js'
import {
  allowVariableTime,
  createDevice,
  createIssuer,
  errorCode,
  flipped,
  group,
  issueWithDevice,
  outside,
  recorded,
  replay,
  revisions,
  scalar,
  smallOrders,
} from '../testing/fixtures.js'
import { verifyPresentation } from '../presentation/verification.js'

const { scalars } = group
const attributes = ['Alice', null, '']

describe.each(revisions)('Device-protected tokens of revision %i', (revision) => {
  const { issuer, parameters, device, contribution, software, issued } = issueWithDevice({ attributes }, { revision })
  const options = { attributes, disclosed: [1], message: 'm', deviceMessage: 'for the Device', allowVariableTime }

  it('are issued, presented and verified', () => {
    const { proof } = presentToken(parameters, issued, { ...options, device })
    expect(issued.token.deviceProtected).toBe(true)
    const verify = (message: string, deviceMessage: string | null) =>
      verifyPresentation(parameters, issued.token, proof, { message, deviceMessage })
    expect(verify('m', 'for the Device')).toMatchObject({ valid: true, deviceProtected: true })
    expect(verify('m', 'for another')).toEqual({ valid: false, code: 'presentation/proof' })
    expect(verify('m', null)).toEqual({ valid: false, code: 'presentation/proof' })
    expect(verify('n', 'for the Device')).toEqual({ valid: false, code: 'presentation/proof' })
  })

  it('hash a null and a zero-length message for the Device alike', () => {
    for (const [signed, verified] of [
      [null, ''],
      ['', null],
      [undefined, ''],
    ] as const) {
      const { proof } = presentToken(parameters, issued, { ...options, deviceMessage: signed ?? null, device })
      const result = verifyPresentation(parameters, issued.token, proof, { message: 'm', deviceMessage: verified })
      expect(result).toMatchObject({ valid: true })
    }
  })

  it('cannot be presented without the Device, nor with another', () => {
    expect(errorCode(() => presentToken(parameters, issued, options))).toBe('presentation/device')
    const { proof } = presentToken(parameters, issued, { ...options, device: createDevice() })
    expect(verifyPresentation(parameters, issued.token, proof, options)).toEqual({
      valid: false,
      code: 'presentation/proof',
    })
    expect(errorCode(() => presentToken(parameters, software, { ...options, device }))).toBe('presentation/device')
  })

  it('can be presented with a Device that answers later, and once', () => {
    const later = device.begin()
    const session = PresentationSession.begin(parameters, issued, options, { ad: later.ad })
    expect(session.deviceChallenge).toMatchObject({ revision, hash: 'SHA-256' })
    const rdPrime = later.respond(session.deviceChallenge!)
    expect(errorCode(() => later.respond(session.deviceChallenge!))).toBe('device/answered')
    expect(errorCode(() => session.finish())).toBe('presentation/device')
    expect(errorCode(() => session.finish(scalar(group.q)))).toBe('scalar/range')
    const { proof } = session.finish(rdPrime)
    expect(verifyPresentation(parameters, issued.token, proof, options)).toMatchObject({ valid: true })
    expect(errorCode(() => session.finish(rdPrime))).toBe('presentation/finished')
  })

  it('do not verify under parameters without g_d, nor as tokens without a Device', () => {
    const { proof } = presentToken(parameters, issued, { ...options, device })
    const software = { ...issued.token, deviceProtected: false }
    const without = { ...proof, rd: undefined }
    const verify = { message: 'm', deviceMessage: revision === 1 ? null : options.deviceMessage }
    expect(verifyPresentation(parameters, software, without, verify)).toEqual({
      valid: false,
      code: 'presentation/proof',
    })
    expect(verifyPresentation(parameters, issued.token, without, options)).toEqual({
      valid: false,
      code: 'presentation/device',
    })
    expect(verifyPresentation(parameters, software, proof, verify)).toEqual({
      valid: false,
      code: 'presentation/device',
    })
    const { parameters: incapable } = createIssuer({ revision })
    expect(verifyPresentation(incapable, issued.token, proof, options)).toEqual({ valid: false, code: 'token/device' })
  })

  it.each(smallOrders)('are not issued for an h_d with a component of small order', (...primes) => {
    const hd = outside(device.publicKey, ...primes)
    expect(errorCode(() => issuer.begin({ attributes, devicePublicKey: hd }))).toBe('device/public-key')
    const begin = () => Prover.begin(parameters, { attributes, device: { ...contribution, hd }, allowVariableTime })
    expect(errorCode(begin)).toBe('device/public-key')
    // Small on its own, too.
    const small = outside(group.identity, ...primes)
    expect(errorCode(() => issuer.begin({ attributes, devicePublicKey: small }))).toBe('device/public-key')
  })

  it('are not issued for an h_d of 1, out of range or of another length, nor without g_d', () => {
    const { publicKey } = device
    for (const hd of [group.identity, publicKey.slice(1), new Uint8Array(publicKey.length).fill(0xff)]) {
      expect(errorCode(() => issuer.begin({ attributes, devicePublicKey: hd }))).toBe('device/public-key')
    }
    const begin = () => createIssuer({ revision }).begin({ attributes, devicePublicKey: publicKey })
    expect(errorCode(begin)).toBe('parameters/no-device')
  })

  it('are not made of software tokens by the same parameters', () => {
    const { proof } = presentToken(parameters, software, { attributes, message: 'm', allowVariableTime })
    expect(verifyPresentation(parameters, software.token, proof, { message: 'm' })).toMatchObject({
      valid: true,
      deviceProtected: false,
    })
    const forDevice = { message: 'm', deviceMessage: 'for the Device' }
    expect(verifyPresentation(parameters, software.token, proof, forDevice)).toEqual({
      valid: false,
      code: revision === 1 ? 'presentation/device' : 'presentation/proof',
    })
    const claimed = { ...software.token, deviceProtected: true }
    expect(verifyPresentation(parameters, claimed, { ...proof, rd: scalar(1n) }, { message: 'm' })).toEqual({
      valid: false,
      code: 'presentation/proof',
    })
  })

  it("make the Device draw w_d' and answer r_d' = -c x_d + w_d'", () => {
    const random = recorded()
    const own = createDevice({ knownAnswer: random })
    const session = own.begin()
    const [xd, wdPrime] = random.copies as [Scalar, Scalar]
    expect(session.ad).toEqual(group.exponentiate(L2048N256.gd, wdPrime))
    const challenge: DeviceChallenge = { revision, hash: 'SHA-256', digest: new Uint8Array(32).fill(7), message: null }
    const response = session.respond(challenge) as Scalar
    const c = rulesOf(revision).challenge(() => parameters.beginHash(), scalars, challenge.digest, null, true)
    expect(scalars.multiplyAdd(c, xd, response)).toEqual(wdPrime)
    expect(isZero(random.originals[1]!)).toBe(true)
  })
})

describe('the Device', () => {
  const { parameters } = createIssuer({ revision: 1, device: true })

  it.each(smallOrders)('refuses a z_d with a component of small order', (...primes) => {
    const z = { ...parameters.z!, zd: outside(parameters.z!.zd!, ...primes) }
    expect(errorCode(() => createDevice().contribute({ gd: parameters.gd, z }))).toBe('device/zd')
    const small = { ...z, zd: outside(group.identity, ...primes) }
    expect(errorCode(() => createDevice().contribute({ gd: parameters.gd, z: small }))).toBe('device/zd')
  })

  it('refuses a z_d that is 1 or missing, and parameters with another g_d', () => {
    const codeOf = (zd: typeof group.identity | undefined, gd = parameters.gd) =>
      errorCode(() => createDevice().contribute({ gd, z: { ...parameters.z!, zd } }))
    expect(codeOf(parameters.z!.zd)).toBeUndefined()
    expect(codeOf(group.identity)).toBe('device/zd')
    expect(codeOf(undefined)).toBe('device/zd')
    expect(codeOf(parameters.z!.zd, group.generator)).toBe('device/other-generator')
  })

  it.each(smallOrders)('contributes a zeta_d that the Prover refuses outside G_q', (...primes) => {
    const contribution = createDevice().contribute(parameters)
    const begin = (zetaD?: Uint8Array) => () =>
      Prover.begin(parameters, { attributes, device: { hd: contribution.hd, zetaD }, allowVariableTime })
    expect(errorCode(begin(contribution.zetaD))).toBeUndefined()
    expect(errorCode(begin(outside(contribution.zetaD!, ...primes)))).toBe('device/zeta-d')
    expect(errorCode(begin())).toBe('device/zeta-d')
  })

  it('keeps its key over a restart, and no key after dispose()', () => {
    const random = recorded()
    const device = createDevice({ knownAnswer: random })
    const key = device.exportPrivateKey()
    const again = SoftwareDevice.fromPrivateKey(group, L2048N256.gd, key, { allowVariableTime })
    expect(again.publicKey).toEqual(device.publicKey)
    const session = device.begin()
    device.dispose()
    expect(isZero(random.originals[0]!)).toBe(true)
    expect(errorCode(() => device.begin())).toBe('device/disposed')
    const challenge: DeviceChallenge = { revision: 3, hash: 'SHA-256', digest: new Uint8Array(32), message: null }
    expect(errorCode(() => session.respond(challenge))).toBe('device/disposed')
  })

  it('refuses a generator outside G_q, a key out of range or 0, and another hash than its own', () => {
    const create = (generator: Uint8Array) => () => SoftwareDevice.create(group, generator, { allowVariableTime })
    expect(errorCode(create(outside(L2048N256.gd, 2)))).toBe('device/generator')
    expect(errorCode(create(group.identity))).toBe('device/generator')
    const fromKey = (key: Uint8Array) => () =>
      SoftwareDevice.fromPrivateKey(group, L2048N256.gd, key, { allowVariableTime })
    expect(errorCode(fromKey(scalar(group.q)))).toBe('scalar/range')
    expect(errorCode(fromKey(scalars.zero))).toBe('scalar/zero')
    expect(errorCode(fromKey(scalar(1n)))).toBeUndefined()
    const session = createDevice().begin()
    const challenge: DeviceChallenge = { revision: 3, hash: 'SHA-512', digest: new Uint8Array(64), message: null }
    expect(errorCode(() => session.respond(challenge))).toBe('device/hash')
    expect(errorCode(() => SoftwareDevice.create(group, L2048N256.gd, { allowVariableTime, hash: 'SHA-1' }))).toBe(
      'hash/legacy',
    )
  })

  it('refuses a challenge that is none, goes on with a right one, and answers nothing once it is given up', () => {
    const challenge: DeviceChallenge = { revision: 3, hash: 'SHA-256', digest: new Uint8Array(32), message: null }
    const session = createDevice().begin()
    for (const change of [{ revision: 2 }, { digest: 'digest' }, { message: 'message' }, { message: undefined }])
      expect(errorCode(() => session.respond({ ...challenge, ...change } as never))).toBe('device/challenge')
    expect(errorCode(() => session.respond(null as never))).toBe('device/challenge')
    expect(session.respond(challenge)).toHaveLength(group.scalarLength)
    const givenUp = createDevice().begin()
    givenUp.dispose()
    expect(errorCode(() => givenUp.respond(challenge))).toBe('device/answered')
  })

  it('has a pseudonym only in a scope, and one of 1 is refused', () => {
    const { parameters, device, issued } = issueWithDevice({ attributes })
    const pseudonym = { scope: 'scope', source: 'device' } as const
    const begin = (commitment: DeviceCommitment) => () =>
      PresentationSession.begin(
        parameters,
        issued,
        { attributes, message: 'm', pseudonym, allowVariableTime },
        commitment,
      )
    const [outOfScope, { ad, pseudonym: own }] = [device.begin(), device.begin('scope')]
    expect(outOfScope.pseudonym).toBeUndefined()
    expect(errorCode(begin(outOfScope))).toBe('presentation/device')
    expect(errorCode(begin({ ad, pseudonym: own }))).toBeUndefined()
    expect(errorCode(begin({ ad, pseudonym: { ...own!, pS: group.identity } }))).toBe('presentation/pseudonym-of-zero')
    expect(errorCode(begin({ ad, pseudonym: { ...own!, pS: outside(own!.pS, 2) } }))).toBe('element/not-in-subgroup')
  })

  it('takes each scalar of a known answer once, whatever kind of list they are', () => {
    const known = [9n, 11n, 13n].map(scalar)
    const expected = known.map((each) => group.exponentiate(L2048N256.gd, each))
    const device = createDevice({ knownAnswer: known })
    expect([device.publicKey, device.begin().ad, device.begin().ad]).toEqual(expected)
    expect(errorCode(() => device.begin())).toBe('known-answer/missing')
  })

  it('signs the octets of a message and a digest, whatever their getters say', () => {
    class Trap extends Uint8Array {
      override get length(): number {
        return 1
      }
    }
    const answer = (digest: Uint8Array, message: Uint8Array) => {
      const device = createDevice({ knownAnswer: [scalar(9n), scalar(11n)] })
      return device.begin().respond({ revision: 3, hash: 'SHA-256', digest, message })
    }
    const [digest, message] = [new Uint8Array(32).fill(1), Uint8Array.of(1, 2)]
    expect(answer(new Trap(digest), new Trap(message))).toEqual(answer(digest, message))
  })

  it('signs each byte of its message and digest', () => {
    const xd = scalar(9n)
    const digest = new Uint8Array(32).fill(1)
    const answer = (change: Partial<DeviceChallenge>) => {
      const random = replay(scalar(11n))
      const device = SoftwareDevice.fromPrivateKey(group, L2048N256.gd, xd, { allowVariableTime, knownAnswer: random })
      const message = Uint8Array.of(1, 2)
      return device.begin().respond({ revision: 3, hash: 'SHA-256', digest, message, ...change })
    }
    expect(answer({})).toEqual(answer({}))
    expect(answer({})).not.toEqual(answer({ digest: flipped(digest) }))
    expect(answer({})).not.toEqual(answer({ message: Uint8Array.of(1, 3) }))
    expect(answer({})).not.toEqual(answer({ revision: 1 }))
  })
})
