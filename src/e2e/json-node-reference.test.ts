import { describe, expect, it } from 'vitest'
import { createEngine } from '../../bindings/loading/create-engine.js'
import { known } from '../../bindings/octets/lists.js'
import { createJsonIssuer, readJwk, readPrivateJwk, writeJwk, writePrivateJwk } from '../json/artefacts/keys.js'
import { readJws, writeJws } from '../json/artefacts/jws.js'
import {
  readMessage1,
  readMessage2,
  readMessage3,
  writeMessage1,
  writeMessage2,
  writeMessage3,
} from '../json/artefacts/messages.js'
import { writePresentation } from '../json/artefacts/presentation.js'
import { readToken, writeToken } from '../json/artefacts/token.js'
import { createTokenInformation, readTokenInformation } from '../json/artefacts/token-information.js'
import { verifyJsonPresentation } from '../json/artefacts/verification.js'
import { P256 } from '../params/P256.js'
import { P384 } from '../params/P384.js'
import { P521 } from '../params/P521.js'
import { Prover } from '../uprove/issuance/prover.js'
import { presentToken } from '../uprove/presentation/presentation.js'
import { tokenIdentifier, verifyToken } from '../uprove/token/token.js'
import { loadNodeReference } from './testing/node-reference.js'

// The peer throws strings, so that its failures are awaited as values here.

const load = loadNodeReference('the Node reference implementation beside the JSON Framework')

describe.skipIf(load === undefined).each([
  { recommended: P256, alg: 'UP256', count: 4 },
  { recommended: P384, alg: 'UP384', count: 2 },
  { recommended: P521, alg: 'UP521', count: 2 },
] as const)('the Node reference implementation, $alg', ({ recommended, alg, count }) => {
  const utf8 = (text: string) => new TextEncoder().encode(text)
  const through = (document: unknown): unknown => JSON.parse(JSON.stringify(document))
  const specification = { n: 3, expType: 'day', attrTypes: ['name', 'role', 'city'] } as const
  const attributes = ['Alice', 'member', 'Utrecht'].map(utf8)
  const message = utf8('a challenge')

  it('Issuer there, Prover and Verifier here', async () => {
    const { uprove, serialization, upjf } = await known(load)()
    const engine = await createEngine()
    const key = upjf.createIssuerKeyAndParamsUPJF(recommended.name, specification)
    const jwk = JSON.stringify(upjf.encodeIPAsJWK(key.ip))
    const parameters = readJwk(jwk, { engine, curves: [recommended] })
    // The kid that they compute is the one that is computed here, and the same octets are written.
    expect(JSON.stringify(writeJwk(parameters))).toBe(jwk)
    const y0 = upjf.encodePrivateKeyAsBase64Url(key.y0)
    expect(readPrivateJwk({ ...writeJwk(parameters), y0 }, { engine, curves: [recommended] }).parameters.uid).toEqual(
      parameters.uid,
    )

    const tokenInformation = createTokenInformation(parameters, {
      issuer: 'https://issuer.example',
      expires: new Date(Date.now() + 86_400_000),
    })
    const issuer = new uprove.Issuer(key, attributes, tokenInformation, count)
    const prover = Prover.begin(parameters, { attributes, tokenInformation, count })
    const first = JSON.stringify(serialization.encodeFirstIssuanceMessage(issuer.createFirstMessage()))
    const second = through(writeMessage2(prover.respond(readMessage1(parameters, first))))
    const third = issuer.createThirdMessage(serialization.decodeSecondIssuanceMessage(key.ip, second))
    const tokens = prover.finish(
      readMessage3(parameters, JSON.stringify(serialization.encodeThirdIssuanceMessage(third))),
    )
    expect(tokens).toHaveLength(count)

    for (const held of tokens.slice(0, 2)) {
      const theirs = serialization.decodeUProveToken(key.ip, through(writeToken(held.token)))
      uprove.verifyTokenSignature(key.ip, theirs)
      const { proof } = presentToken(parameters, held, { attributes, disclosed: [2], message })
      const jws = writeJws(alg, message, { token: held.token }, proof)
      expect(verifyJsonPresentation(readJws(jws), { keys: [parameters] }).valid).toBe(true)
    }
  })

  it('Issuer here, Prover and Verifier there, and their JWS is verified here', async () => {
    const { uprove, serialization, upjf } = await known(load)()
    const engine = await createEngine()
    const issuer = createJsonIssuer(engine.curve(recommended), { recommended, specification })
    const { parameters } = issuer
    const ip = upjf.decodeJWKAsIP(through(writeJwk(parameters)))
    expect(JSON.stringify(upjf.encodeIPAsJWK(ip))).toBe(JSON.stringify(writeJwk(parameters)))
    expect(new Uint8Array(ip['P'] as Uint8Array)).toEqual(parameters.digest(false))

    const tokenInformation = createTokenInformation(parameters, {
      issuer: 'https://issuer.example',
      expires: new Date(Date.now() + 86_400_000),
    })
    const session = issuer.begin({ attributes, tokenInformation, count })
    const prover = new uprove.Prover(ip, attributes, tokenInformation, utf8('PI'), count)
    const first = serialization.decodeFirstIssuanceMessage(ip, through(writeMessage1(session.message1)))
    const second = JSON.stringify(serialization.encodeSecondIssuanceMessage(prover.createSecondMessage(first)))
    const third = through(writeMessage3(session.respond(readMessage2(parameters, second))))
    const tokens = prover.createTokens(serialization.decodeThirdIssuanceMessage(ip, third))
    expect(tokens).toHaveLength(count)

    const documents = tokens.map(({ upt }) => JSON.stringify(serialization.encodeUProveToken(upt)))
    const read = documents.map((document) => readToken(parameters, document))
    expect(read.map((token) => verifyToken(parameters, token).valid)).toEqual(tokens.map(() => true))

    const [held] = tokens
    const [token] = read
    for (const disclosed of [[], [1, 3], [1, 2, 3]]) {
      const { UIDT, pp } = uprove.generatePresentationProof(ip, disclosed, held!, message, attributes)
      expect(new Uint8Array(UIDT)).toEqual(tokenIdentifier(parameters, token!))
      const proof = serialization.encodePresentationProof(pp)
      const upt = serialization.encodeUProveToken(held!.upt)
      const jws = upjf.createJWS(alg, message, { upt, pp: proof })
      const accepted = verifyJsonPresentation(readJws(jws), { keys: [parameters] })
      expect(accepted).toMatchObject({ valid: true, attributes: new Map(disclosed.map((i) => [i, attributes[i - 1]])) })
      // Later they refer to the token by UID_T.
      const reference = upjf.createJWS(alg, message, { uidt: serialization.encodeUIDT(UIDT), pp: proof })
      expect(verifyJsonPresentation(readJws(reference), { keys: [parameters], token: token! }).valid).toBe(true)
      const tampered = { ...readJws(jws), message: utf8('another challenge') }
      expect(verifyJsonPresentation(tampered, { keys: [parameters] })).toEqual({
        valid: false,
        code: 'presentation/proof',
      })
    }
  })

  it('all parties here, Verifier there', async () => {
    const { uprove, serialization, upjf } = await known(load)()
    const engine = await createEngine()
    const issuer = createJsonIssuer(engine.curve(recommended), { recommended, specification })
    const { parameters } = issuer
    const ip = upjf.decodeJWKAsIP(through(writeJwk(parameters)))
    const expires = new Date(Date.now() + 86_400_000)
    const tokenInformation = createTokenInformation(parameters, { issuer: 'https://issuer.example', expires })
    const session = issuer.begin({ attributes, tokenInformation })
    const prover = Prover.begin(parameters, { attributes, tokenInformation })
    const [held] = prover.finish(session.respond(prover.respond(session.message1)))
    for (const disclosed of [[], [2], [1, 2, 3]]) {
      const { proof } = presentToken(parameters, held!, { attributes, disclosed, message })
      const jws = writeJws(alg, message, { token: held!.token }, proof)
      const { header, payload, sig } = upjf.parseJWS(jws)
      expect(header).toEqual({ alg })
      const upt = serialization.decodeUProveToken(ip, sig.upt)
      const { UIDT } = uprove.verifyPresentationProof(
        ip,
        upt,
        payload,
        serialization.decodePresentationProof(ip, sig.pp),
      )
      expect(new Uint8Array(UIDT)).toEqual(tokenIdentifier(parameters, held!.token))
      // They write the same octets, but for the leading zeros of numbers, which they leave out.
      expect(upjf.createJWS(alg, payload, { upt: sig.upt, pp: sig.pp })).toBe(jws)
      const theirs = upjf.createJWS(alg, payload, { upt: serialization.encodeUProveToken(upt), pp: sig.pp })
      expect(readJws(theirs)).toEqual(readJws(jws))
      const { pp } = writePresentation({ tokenIdentifier: UIDT }, proof)
      const verifyOther = () =>
        uprove.verifyPresentationProof(
          ip,
          upt,
          utf8('another challenge'),
          serialization.decodePresentationProof(ip, pp),
        )
      expect(caught(verifyOther)).toBe('invalid presentation proof')
    }
    const { exp } = upjf.parseTokenInformation(Buffer.from(tokenInformation))
    expect(upjf.isExpired('day', exp)).toBe(false)
    expect(readTokenInformation(parameters, tokenInformation).expires!.getTime()).toBe(exp * 86_400_000)
  })

  it('reads the private key that is written here', async () => {
    const { uprove, serialization, upjf } = await known(load)()
    const engine = await createEngine()
    const own = createJsonIssuer(engine.curve(recommended), { recommended, specification: { n: 0 } })
    const { y0, ...jwk } = writePrivateJwk(own)
    const ip = upjf.decodeJWKAsIP(through(jwk))
    const issuer = new uprove.Issuer({ ip, y0: upjf.decodeBase64UrlAsPrivateKey(ip, y0) }, [], utf8('{}'), 1)
    const prover = Prover.begin(own.parameters, { attributes: [], tokenInformation: '{}' })
    const first = serialization.encodeFirstIssuanceMessage(issuer.createFirstMessage())
    const second = through(writeMessage2(prover.respond(readMessage1(own.parameters, first))))
    const third = issuer.createThirdMessage(serialization.decodeSecondIssuanceMessage(ip, second))
    const tokens = prover.finish(readMessage3(own.parameters, serialization.encodeThirdIssuanceMessage(third)))
    expect(verifyToken(own.parameters, tokens[0]!.token).valid).toBe(true)
  })
})

/** What a call throws. */
function caught(call: () => unknown): unknown {
  try {
    call()
    return undefined
  } catch (thrown) {
    return thrown
  }
}
