import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { encodeBase64Url } from '../../../bindings/octets/base64.js'
import { writeIssuedJwp, writePresentedJwp } from '../../json/artefacts/jwp.js'
import { writeJws } from '../../json/artefacts/jws.js'
import { writeJwk, writeJwkSet, writePrivateJwk } from '../../json/artefacts/keys.js'
import { writeMessage1, writeMessage2, writeMessage3 } from '../../json/artefacts/messages.js'
import { writePresentation } from '../../json/artefacts/presentation.js'
import { createTokenInformation } from '../../json/artefacts/token-information.js'
import { writeToken } from '../../json/artefacts/token.js'
import { TokenIssuance } from '../../json/parties/token-issuance.js'
import { algorithms, attributes, curves, jsonIssuer, present, utf8 } from '../../json/testing/fixtures.js'
import { jwpExample } from '../../json/testing/jwp-example.js'
import { Prover } from '../../uprove/issuance/prover.js'
import { tokenIdentifier } from '../../uprove/token/token.js'
import { run } from '../testing/terminal.js'

const folder = mkdtempSync(path.join(tmpdir(), 'inspect-json-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})
let files = 0
function fileOf(document: object | string): string {
  const file = path.join(folder, String(++files))
  writeFileSync(file, typeof document === 'string' ? document : JSON.stringify(document))
  return file
}
const inspect = (document: object | string, ...options: string[]) => run('inspect', ...options, fileOf(document))
async function factsOf(document: object | string, ...options: string[]): Promise<unknown> {
  const { code, out, err } = await inspect(document, '--json', ...options)
  expect(code, err).toBe(0)
  return JSON.parse(out)
}
const explained = (artefact: string, facts: object) => [{ artefact, facts: expect.objectContaining(facts) as object }]

describe.each(curves)('uprove inspect, JSON over $name', (recommended) => {
  const issuer = jsonIssuer(recommended)
  const { parameters } = issuer
  const alg = algorithms[recommended.name as keyof typeof algorithms]
  const kid = encodeBase64Url(parameters.uid)
  const expires = new Date(Date.now() + 86_400_000)
  const tokenInformation = createTokenInformation(parameters, { issuer: 'https://issuer.example', expires })
  const contents = { attributes, tokenInformation, count: 2 }
  const session = issuer.begin(contents)
  const prover = Prover.begin(parameters, contents)
  const message2 = prover.respond(session.message1)
  const message3 = session.respond(message2)
  const [held] = prover.finish(message3)
  const { token } = held!
  const identifier = tokenIdentifier(parameters, token)
  const challenge = utf8(JSON.stringify({ aud: 'https://shop.example', nonce: 'n', data: 'I agree\u009b31m' }))
  const proof = present(issuer, held!, challenge)
  const keys = ['--parameters', fileOf(writeJwkSet([parameters]))]

  it('explains keys, and shows no private one', async () => {
    const facts = { kid, group: recommended.name, 'tokens expire by the': 'day' }
    expect(await factsOf(writeJwk(parameters))).toEqual(explained('Issuer parameters as a JWK', facts))
    const set = { keys: [{ kty: 'RSA', n: 'AQAB' }, ...writeJwkSet([parameters]).keys] }
    expect(await factsOf(set)).toEqual(
      explained('Issuer parameters as a JWK set', { keys: [expect.objectContaining(facts)], 'other keys': 1 }),
    )
    const key = writePrivateJwk(issuer)
    expect(await factsOf(key)).toEqual(
      explained('private key of an Issuer as a JWK', {
        kid,
        'private key': expect.stringContaining('not shown') as string,
      }),
    )
    expect((await inspect(key)).out).not.toContain(key.y0)
    expect((await inspect(key, '--json')).out).not.toContain(key.y0)
    const strange = { ...key, y0: jsonIssuer(recommended).exportPrivateKey() }
    const refused = await inspect({ ...strange, y0: encodeBase64Url(strange.y0) })
    expect(refused).toMatchObject({ code: 1, out: '' })
    expect(refused.err).toContain('(issuer/key-mismatch)')
    expect((await inspect({ keys: [key] })).err).toContain('(json/private-key)')
  })

  it('explains messages, alone and in their exchange', async () => {
    const first = writeMessage1(session.message1)
    expect(await factsOf(first)).toEqual(explained('first message of issuance', { alg, tokens: 2 }))
    expect(await factsOf(writeMessage2(message2))).toEqual(explained('second message of issuance', { tokens: 2 }))
    expect(await factsOf(writeMessage3(message3))).toEqual(explained('third message of issuance', { tokens: 2 }))
    const issuance = new TokenIssuance({ issuer, attributes: () => attributes, tokenInformation: () => ({ expires }) })
    const offer = await issuance.answer({ id: 'alice' }, { n: 3 })
    expect(await factsOf(offer)).toEqual(
      explained('first message of issuance in its exchange', {
        ...{ tokens: 3, attributes: ['1: Alice', '2: member', '3: Utrecht'] },
      }),
    )
    expect((await inspect({ ...first, sB: [] })).err).toContain('(json/count)')
    expect((await inspect({ ...writeMessage3(message3), x: 1 })).err).toContain('(json/unknown-member)')
  })

  it('explains tokens and presentations, and verifies them with a key', async () => {
    const document = writeToken(token)
    const unverified = { alg, kid, signature: expect.stringContaining('not verified') as string }
    expect(await factsOf(document)).toEqual(explained('token', unverified))
    const verified = {
      ...{ signature: 'verified', 'token identifier': encodeBase64Url(identifier) },
      TI: expect.objectContaining({ issuer: 'https://issuer.example' }) as object,
    }
    expect(await factsOf(document, ...keys)).toEqual(explained('token', verified))
    const tampered = { ...document, PI: encodeBase64Url(utf8('x')) }
    expect(await factsOf(tampered, ...keys)).toEqual(
      explained('token', { signature: expect.stringContaining('refused: ') as string }),
    )
    expect(await factsOf(writePresentation({ tokenIdentifier: identifier }, proof))).toEqual(
      explained('presentation, without its message', {
        ...{ 'refers to the token': encodeBase64Url(identifier), disclosed: ['2: member'], undisclosed: 2 },
      }),
    )
    const { pp } = writePresentation({ token }, proof)
    expect(await factsOf(pp)).toEqual(explained('presentation proof', { disclosed: ['2: member'] }))
    expect(await inspect(document, '--parameters', fileOf(writeJwk(jsonIssuer(recommended).parameters)))).toMatchObject(
      {
        ...{ code: 2, err: expect.stringContaining(`has no key ${kid}`) as string },
      },
    )
  })

  it('explains JWS and JWP', async () => {
    const jws = writeJws(alg, challenge, { token }, proof)
    const { out } = await inspect(`${jws}\n`, ...keys)
    expect(out).toContain('data signed: I agree\\u009b31m\n')
    const facts = { alg, disclosed: ['2: member'], verified: expect.stringContaining('the proof') as string }
    expect(await factsOf(jws, ...keys)).toEqual(explained('presentation as a JWS', facts))
    const presented = writePresentedJwp(alg, challenge, token, proof)
    expect(await factsOf(presented, ...keys)).toEqual(explained('JWP in presented form', facts))
    const other = writeJws(alg, utf8('another message'), { token }, proof)
    const refused = { message: 'another message', verified: 'refused: presentation/proof' }
    expect(await factsOf(other, ...keys)).toEqual(explained('presentation as a JWS', refused))
    expect(await factsOf(writeIssuedJwp(alg, attributes.map(utf8), token), ...keys)).toEqual(
      explained('JWP in issued form', { attributes: ['1: Alice', '2: member', '3: Utrecht'] }),
    )
    expect((await inspect(`${jws}==`)).err).toContain('(json/base64url)')
  })
})

describe('uprove inspect, JSON', () => {
  it('explains the published example', async () => {
    const keys = ['--parameters', fileOf(jwpExample.key)]
    const [issued] = (await factsOf(jwpExample.issuedJwp, ...keys)) as [{ facts: { token: object } }]
    expect(issued.facts.token).toMatchObject({ signature: 'verified' })
    expect(await factsOf(jwpExample.presentedJwp, ...keys)).toEqual(
      explained('JWP in presented form', { message: jwpExample.message }),
    )
  })

  it('does not know other JSON, and refuses two members of one name', async () => {
    expect((await inspect({ name: 'package' })).code).not.toBe(0)
    expect((await inspect({ keys: [{ kty: 'EC' }] })).code).not.toBe(0)
    expect((await inspect('{"kty":"UP","kty":"UP"}')).err).toContain('(json/duplicate-member)')
  })
})
