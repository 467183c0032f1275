import { describe, expect, it } from 'vitest'
import { P256 } from '../params/P256.js'
import { Issuer, presentToken, Prover, SoftwareDevice, verifyPresentation } from '../protocols.js'
import { createEngine } from '../../bindings/loading/create-engine.js'
import { createPool } from './index.js'

// Text stands for its UTF-8 encoding wherever the protocols and the pool take octets of an application.

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const texts = {
  attributes: ['Zoë', 'member'],
  tokenInformation: 'till 2027',
  proverInformation: 'of Zoë',
  message: 'une épreuve',
  deviceMessage: 'for the Device',
  scope: 'https://shop.example/ü',
}
const octets = {
  attributes: texts.attributes.map(utf8),
  tokenInformation: utf8(texts.tokenInformation),
  proverInformation: utf8(texts.proverInformation),
  message: utf8(texts.message),
  deviceMessage: utf8(texts.deviceMessage),
  scope: utf8(texts.scope),
}

const engine = await createEngine()
const issuer = Issuer.create(engine.curve(P256), {
  uid: 'urn:example:ü',
  attributes: 2,
  recommended: P256,
  device: true,
})
const { parameters } = issuer
const device = SoftwareDevice.create(parameters.group, parameters.gd!)
const contribution = device.contribute(parameters)

type Contents = typeof texts | typeof octets
const contentsOf = ({ attributes, tokenInformation }: Contents) => ({ attributes, tokenInformation, count: 2 })
const messagesOf = ({ message, deviceMessage, scope }: Contents) => {
  return { message, deviceMessage, pseudonym: { scope, source: 'device' as const } }
}

describe('text and its octets', () => {
  it('name the same Issuer parameters', () => {
    const other = Issuer.create(engine.curve(P256), { uid: utf8('urn:example:ü'), attributes: 2, recommended: P256 })
    expect(other.parameters.uid).toEqual(parameters.uid)
  })

  it.each([
    ['issued in text, presented in octets, verified in text', texts, octets, texts],
    ['issued in octets, presented in text, verified in octets', octets, texts, octets],
  ])('are the same for tokens %s', (_, issued, presented, verified) => {
    const session = issuer.begin({ ...contentsOf(issued), devicePublicKey: contribution.hd })
    const { proverInformation } = presented
    const prover = Prover.begin(parameters, { ...contentsOf(presented), proverInformation, device: contribution })
    const [held] = prover.finish(session.respond(prover.respond(session.message1)))
    const { attributes } = presented
    const { proof } = presentToken(parameters, held!, { ...messagesOf(presented), attributes, disclosed: [1], device })
    const verdict = verifyPresentation(parameters, held!.token, proof, messagesOf(verified))
    expect(verdict).toMatchObject({ valid: true, attributes: new Map([[1, octets.attributes[0]]]) })
    expect(held?.token).toMatchObject({
      tokenInformation: octets.tokenInformation,
      proverInformation: octets.proverInformation,
    })
    expect(
      verifyPresentation(parameters, held!.token, proof, { ...messagesOf(verified), message: 'autre' }).valid,
    ).toBe(false)
  })

  it.each([
    ['issued in text, presented in octets, verified in text', texts, octets, texts],
    ['issued in octets, presented in text, verified in octets', octets, texts, octets],
  ])('are the same in a pool for tokens %s', async (_, issued, presented, verified) => {
    const pool = await createPool({ workers: 0 })
    const session = await pool.issuer(issuer).begin({ ...contentsOf(issued), devicePublicKey: contribution.hd })
    const { proverInformation, attributes } = presented
    const contents = { ...contentsOf(presented), proverInformation, device: contribution }
    const prover = await pool.beginProver(parameters, contents)
    const [held] = await prover.finish(await session.respond(await prover.respond(session.message1)))
    const options = { ...messagesOf(presented), attributes, disclosed: [1], device }
    const { proof } = await pool.presentToken(parameters, held!, options)
    const verify = (options: ReturnType<typeof messagesOf>) =>
      pool.verifyPresentation(parameters, held!.token, proof, options)
    expect(await verify(messagesOf(verified))).toMatchObject({
      valid: true,
      attributes: new Map([[1, octets.attributes[0]]]),
    })
    expect((await verify({ ...messagesOf(verified), message: 'autre' })).valid).toBe(false)
    await pool.dispose()
  })
})
