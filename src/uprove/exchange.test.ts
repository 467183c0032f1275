import { describe, expect, it } from 'vitest'
import { createBigintEngine } from '../../bindings/bigint.js'
import { Issuer, Prover, SoftwareDevice, presentToken, verifyPresentation, type Revision } from '../index.js'
import { L2048N256 } from '../params/L2048N256.js'

const allowVariableTime = true
const group = createBigintEngine().subgroup(L2048N256)

describe.each([1, 3] as const)('revision %i', (revision: Revision) => {
  it('issues, presents and verifies', () => {
    const issuer = Issuer.create(group, {
      uid: 'urn:example:card',
      attributes: 5,
      recommended: L2048N256,
      device: true,
      revision,
      allowVariableTime,
    })
    const attributes = ['Alice', 'Smith', null, 'Lyon', '']
    for (const device of [undefined, SoftwareDevice.create(group, L2048N256.gd, { allowVariableTime })]) {
      const issuing = issuer.begin({
        attributes,
        tokenInformation: '2027',
        count: 2,
        devicePublicKey: device?.publicKey,
      })
      const prover = Prover.begin(issuer.parameters, {
        attributes,
        tokenInformation: '2027',
        count: 2,
        device: device?.contribute(issuer.parameters),
        allowVariableTime,
      })
      const message2 = prover.respond(issuing.message1)
      const tokens = prover.finish(issuing.respond(message2), { keepTables: true })
      for (const issued of tokens) {
        const { proof } = presentToken(issuer.parameters, issued, {
          attributes,
          disclosed: [1, 3],
          message: 'nonce',
          device,
          allowVariableTime,
        })
        const result = verifyPresentation(issuer.parameters, issued.token, proof, { message: 'nonce' })
        expect(result).toMatchObject({ valid: true })
        expect(verifyPresentation(issuer.parameters, issued.token, proof, { message: 'other' })).toEqual({
          valid: false,
          code: 'presentation/proof',
        })
      }
      prover.dispose()
    }
  })
})
