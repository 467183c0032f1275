import { describe, expect, it } from 'vitest'
import {
  createEngine,
  decodeIssuerParameters,
  decodeMessage1,
  decodeMessage2,
  decodeMessage3,
  decodeProof,
  decodeToken,
  encodeIssuerParameters,
  encodeMessage1,
  encodeMessage2,
  encodeMessage3,
  encodeProof,
  encodeToken,
  Issuer,
  IssuerParameters,
  presentToken,
  Prover,
  SoftwareDevice,
  verifyPresentation,
  type BackendName,
} from './index.js'
import { L2048N256 } from './params/L2048N256.js'

const allowVariableTime = true

describe.each([1, 3] as const)('the public interface, revision %i', (revision) => {
  it.each([
    ['software', 'wasm', 'bigint'],
    ['software', 'bigint', 'wasm'],
    ['Device-protected', 'wasm', 'bigint'],
    ['Device-protected', 'bigint', 'wasm'],
  ] as const)('serves %s tokens between a Prover on %s and the others on %s', async (kind, backend, otherBackend) => {
    const group = (await createEngine({ backend: otherBackend })).subgroup(L2048N256)
    const options = { uid: 'urn:example:card', attributes: 5, recommended: L2048N256, device: true, revision }
    const issuer = Issuer.create(group, { ...options, allowVariableTime })

    // Each side has an engine of its own, and everything else comes over the wire.
    const receiveParameters = async (backend: BackendName): Promise<IssuerParameters> => {
      const { group: description, values } = decodeIssuerParameters(encodeIssuerParameters(issuer.parameters))
      const ownGroup = (await createEngine({ backend })).group(description)
      return IssuerParameters.verify(ownGroup, values, { recommended: L2048N256 })
    }
    const ofProver = await receiveParameters(backend)
    const ofVerifier = await receiveParameters(otherBackend)
    const device =
      kind === 'software' ? undefined : SoftwareDevice.create(ofProver.group, L2048N256.gd, { allowVariableTime })
    const contents = { attributes: ['Alice', 'Smith', null, 'Lyon', ''], tokenInformation: '2027', count: 2 }

    const issuing = issuer.begin({ ...contents, devicePublicKey: device?.publicKey })
    const prover = Prover.begin(ofProver, { ...contents, device: device?.contribute(ofProver), allowVariableTime })
    const message2 = prover.respond(decodeMessage1(ofProver, encodeMessage1(issuing.message1)))
    const message3 = issuing.respond(decodeMessage2(issuer.parameters, encodeMessage2(message2)))
    const tokens = prover.finish(decodeMessage3(ofProver, encodeMessage3(message3)))
    expect(tokens).toHaveLength(2)

    for (const issued of tokens) {
      const { attributes } = contents
      const presentation = { attributes, disclosed: [1, 3], message: 'nonce', device, allowVariableTime }
      const { proof } = presentToken(ofProver, issued, presentation)
      const token = decodeToken(ofVerifier, encodeToken(ofProver, issued.token))
      const received = decodeProof(ofVerifier, encodeProof(ofProver, proof))
      const result = verifyPresentation(ofVerifier, token, received, { message: 'nonce' })
      if (!result.valid) throw new Error(result.code)
      expect(result.attributes).toEqual(
        new Map([
          [1, new TextEncoder().encode('Alice')],
          [3, null],
        ]),
      )
      expect(verifyPresentation(ofVerifier, token, received, { message: 'other' })).toEqual({
        valid: false,
        code: 'presentation/proof',
      })
    }
  })
})
