import { describe, expect, it } from 'vitest'
import { type Subgroup } from '../../bindings/engine/engine.js'
import { kernels } from '../../bindings/loading/detect.js'
import { L2048N256 } from '../params/L2048N256.js'
import { SoftwareDevice } from './device/device.js'
import { Issuer } from './issuance/issuer.js'
import { encodeMessage1, encodeMessage2, encodeMessage3 } from './issuance/message-codec.js'
import { presentToken } from './presentation/presentation.js'
import { encodeProof } from './presentation/proof-codec.js'
import { Prover } from './issuance/prover.js'
import type { Revision } from './parameters/revision.js'
import { allowVariableTime, revisions } from './testing/fixtures.js'
import { encodeIssuedToken } from './token/token-codec.js'
import { verifyPresentation } from './presentation/verification.js'
import { createEngine } from '../../bindings/loading/create-engine.js'
import type { KnownAnswer } from './nonces.js'

/** The same scalars each time. */
function counting(): KnownAnswer {
  let drawn = 0
  const next = () => {
    drawn++
    return { value: Uint8Array.from({ length: 32 }, (_, i) => (drawn * 37 + i * 11) & 0x7f) }
  }
  return { [Symbol.iterator]: () => ({ next }) }
}

/** A whole life of Device-protected tokens, as octets. */
function life(group: Subgroup, revision: Revision) {
  const knownAnswer = counting()
  const options = { revision, device: true, recommended: L2048N256, allowVariableTime, knownAnswer }
  const issuer = Issuer.create(group, { uid: 'urn:x', attributes: [1, 0, 1], ...options })
  const { parameters } = issuer
  const device = SoftwareDevice.create(group, L2048N256.gd, { allowVariableTime, knownAnswer })
  const attributes = ['Alice', Uint8Array.of(5), null]
  const contents = { attributes, tokenInformation: 'TI', count: 2, knownAnswer }
  const issuing = issuer.begin({ ...contents, devicePublicKey: device.publicKey })
  const prover = Prover.begin(parameters, { ...contents, device: device.contribute(parameters), allowVariableTime })
  const message2 = prover.respond(issuing.message1)
  const message3 = issuing.respond(message2)
  const tokens = prover.finish(message3, { keepTables: true })
  const extensions =
    revision === 3 ? { committed: [2], pseudonym: { scope: 's', source: 'device' as const } } : { committed: [] }
  const proofs = tokens.map((issued) => {
    const presented = {
      attributes,
      disclosed: [1],
      message: 'm',
      ...extensions,
      device,
      allowVariableTime,
      knownAnswer,
    }
    const { proof } = presentToken(parameters, issued, presented)
    const verify = (message: string) => verifyPresentation(parameters, issued.token, proof, { ...extensions, message })
    expect(verify('m')).toMatchObject({ valid: true, deviceProtected: true })
    expect(verify('n')).toEqual({ valid: false, code: 'presentation/proof' })
    return encodeProof(parameters, proof)
  })
  prover.dispose()
  parameters.dispose()
  const messages = [encodeMessage1(issuing.message1), encodeMessage2(message2), encodeMessage3(message3)]
  return { messages, tokens: tokens.map((issued) => encodeIssuedToken(parameters, issued)), proofs }
}

describe.each(revisions)('with the same randomness, in revision %i', async (revision) => {
  const expected = life((await createEngine({ backend: 'bigint' })).subgroup(L2048N256), revision)

  it.each(kernels)('the kernel %s sends, issues and presents the same as bigint', async (kernel) => {
    const engine = await createEngine({ kernel })
    expect(engine.kernel).toBe(kernel)
    expect(life(engine.subgroup(L2048N256), revision)).toEqual(expected)
    engine.dispose()
  })
})
