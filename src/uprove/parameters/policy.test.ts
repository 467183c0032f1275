import { describe, expect, it } from 'vitest'
import { createBigintEngine } from '../../../bindings/subgroup/bigint.js'
import { EngineError } from '../../../bindings/errors.js'
import { L1024N160 } from '../../params/L1024N160.js'
import { L2048N256 } from '../../params/L2048N256.js'
import { SoftwareDevice } from '../device/device.js'
import { Issuer } from '../issuance/issuer.js'
import { checkIssuedToken } from '../presentation/certified.js'
import { presentToken } from '../presentation/presentation.js'
import { Prover } from '../issuance/prover.js'
import { errorCode, issueOne } from '../testing/fixtures.js'
import { verifyPresentation } from '../presentation/verification.js'

describe('an engine that is not constant time', () => {
  const group = createBigintEngine().subgroup(L2048N256)
  const options = { uid: 'urn:x', attributes: 3, recommended: L2048N256, allowVariableTime: true }
  const issuer = Issuer.create(group, options)
  const { parameters } = issuer
  const attributes = ['a', 'b', 'c']
  const issued = issueOne(issuer, { attributes })
  const users: [string, () => unknown][] = [
    ['a new Issuer', () => Issuer.create(group, { uid: 'urn:x', attributes: 1, recommended: L2048N256 })],
    ['an Issuer', () => Issuer.fromPrivateKey(parameters, issuer.exportPrivateKey())],
    ['a Prover', () => Prover.begin(parameters, { attributes })],
    ['a Prover who presents', () => presentToken(parameters, issued, { attributes, message: 'm' })],
    ['a Prover who checks ahead', () => checkIssuedToken(parameters, issued, { attributes })],
    ['a new Device', () => SoftwareDevice.create(group, L2048N256.gd)],
    ['a Device', () => SoftwareDevice.fromPrivateKey(group, L2048N256.gd, group.scalars.one)],
  ]
  it.each(users)('is refused by %s', (_, use) => {
    expect(use).toThrow(EngineError)
    expect(errorCode(use)).toBe('engine/variable-time')
  })

  it('is good enough for a Verifier, who has no secrets', () => {
    const { proof } = presentToken(parameters, issued, { attributes, message: 'm', allowVariableTime: true })
    expect(verifyPresentation(parameters, issued.token, proof, { message: 'm' })).toMatchObject({ valid: true })
  })
})

describe('legacy parameters', () => {
  const options = { uid: 'urn:x', attributes: 1, recommended: L1024N160, allowVariableTime: true }

  it('need leave for the group and for SHA-1', () => {
    const engine = createBigintEngine()
    expect(errorCode(() => engine.subgroup(L1024N160))).toBe('group/legacy')
    const legacy = engine.subgroup(L1024N160, { allowLegacy: true })
    expect(errorCode(() => Issuer.create(legacy, { ...options, hash: 'SHA-1' }))).toBe('hash/legacy')
    const issuer = Issuer.create(legacy, { ...options, hash: 'SHA-1', allowLegacy: true })
    expect(issuer.parameters.digest(false)).toHaveLength(20)
  })
})
