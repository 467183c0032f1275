import type { Engine } from '../../../bindings/engine/engine.js'
import { createEngine } from '../../../bindings/loading/create-engine.js'
import { explainJson } from '../../../src/cli/inspection/json-forms.js'
import { explainSdk } from '../../../src/cli/inspection/sdk-forms.js'
import { Issuer, presentToken, Prover, SoftwareDevice } from '../../../src/index.js'
import { readIssuedJwp, readPresentedJwp, writeIssuedJwp, writePresentedJwp } from '../../../src/json/artefacts/jwp.js'
import { readJws, writeJws } from '../../../src/json/artefacts/jws.js'
import { createJsonIssuer, readJwk, writeJwk } from '../../../src/json/artefacts/keys.js'
import { readSpecification, writeSpecification } from '../../../src/json/artefacts/specification.js'
import { readToken, writeToken } from '../../../src/json/artefacts/token.js'
import { parseJson } from '../../../src/json/syntax/parse.js'
import { P256 } from '../../../src/params/P256.js'
import * as storage from '../../../src/storage/index.js'
import * as messages from '../../../src/uprove/issuance/message-codec.js'
import { decodeIssuerParameters, encodeIssuerParameters } from '../../../src/uprove/parameters/parameters-codec.js'
import { decodeProof, encodeProof } from '../../../src/uprove/presentation/proof-codec.js'
import * as tokens from '../../../src/uprove/token/token-codec.js'
import { checkForm, choosing, form, oneOf, textOf, utf8, type Form, type Target } from './property.js'

const attributes = ['Alice', 'member', '']
const toOctets = (value: unknown): Uint8Array => utf8(JSON.stringify(value))

/** The forms of artefacts, each with a genuine one. Some are only read. */
async function material(): Promise<{ engine: Engine; forms: readonly (readonly [Form<unknown>, Uint8Array])[] }> {
  const engine = await createEngine()
  const group = engine.curve(P256)
  const specification = { n: 3, expType: 'day', attrTypes: ['name', 'role', 'city'] } as const
  const issuer = createJsonIssuer(group, { recommended: P256, specification })
  const { parameters } = issuer
  const contents = { attributes, tokenInformation: '{}' }
  const session = issuer.begin(contents)
  const prover = Prover.begin(parameters, contents)
  const message2 = prover.respond(session.message1)
  const message3 = session.respond(message2)
  const [held] = prover.finish(message3)
  if (held === undefined) throw new Error('no tokens')
  const { token } = held
  const message = utf8('{"aud":"urn:a","nonce":"n"}')
  const shown = { attributes, disclosed: [2], message }
  const { proof } = presentToken(parameters, held, shown)
  const whole = presentToken(parameters, held, { ...shown, committed: [1], pseudonym: { scope: 's', source: 3 } }).proof
  const device = SoftwareDevice.create(group, P256.gd)
  const ofDevice = Issuer.create(group, { uid: 'urn:d', attributes: 1, device: true, recommended: P256 }).parameters
  const onlyRead = (read: (input: Uint8Array) => unknown): Form<unknown> => ({ read })
  const written = <T>(read: (input: Uint8Array) => T, write: (value: T) => Uint8Array, genuine: T) =>
    [{ ...form(read, write), isExact: true }, write(genuine)] as const
  const json = <T>(read: (input: Uint8Array) => T, write: (value: T) => unknown, genuine: T) =>
    [form(read, (value) => toOctets(write(value))), toOctets(write(genuine))] as const
  const forms = [
    written(
      (input) => tokens.decodeToken(parameters, input),
      (value) => tokens.encodeToken(parameters, value),
      token,
    ),
    written(
      (input) => tokens.decodeIssuedToken(parameters, input),
      (value) => tokens.encodeIssuedToken(parameters, value),
      held,
    ),
    written(
      (input) => decodeProof(parameters, input),
      (value) => encodeProof(parameters, value),
      whole,
    ),
    written((input) => messages.decodeMessage1(parameters, input), messages.encodeMessage1, session.message1),
    written((input) => messages.decodeMessage2(parameters, input), messages.encodeMessage2, message2),
    written((input) => messages.decodeMessage3(parameters, input), messages.encodeMessage3, message3),
    [onlyRead((input) => decodeIssuerParameters(input, { curves: [P256] })), encodeIssuerParameters(parameters)],
    json(
      (input) => storage.tokenFromJson(parameters, input),
      (value) => storage.tokenToJson(parameters, value),
      token,
    ),
    json(
      (input) => storage.tokenWithPrivateKeyFromJson(parameters, input),
      (value) => storage.tokenWithPrivateKeyToJson(parameters, value),
      held,
    ),
    json(
      (input) => storage.proofFromJson(parameters, input),
      (value) => storage.proofToJson(parameters, value),
      whole,
    ),
    json((input) => storage.message1FromJson(parameters, input), storage.message1ToJson, session.message1),
    json(
      (input) => storage.attributesFromJson(parameters, input),
      (value) => storage.attributesToJson(parameters, value),
      attributes.map(utf8) as (Uint8Array | null)[],
    ),
    [
      onlyRead((input) => storage.devicePublicKeyFromJson(ofDevice, input)),
      toOctets(storage.devicePublicKeyToJson(ofDevice, device.contribute(ofDevice))),
    ],
    json((input) => readJwk(input, { engine, curves: [P256] }), writeJwk, parameters),
    json((input) => readToken(parameters, input), writeToken, token),
    [onlyRead(readSpecification), utf8(writeSpecification(specification))],
    [onlyRead((input) => readJws(textOf(input))), utf8(writeJws('UP256', message, { token }, proof))],
    [onlyRead((input) => readIssuedJwp(textOf(input))), utf8(writeIssuedJwp('UP256', attributes.map(utf8), token))],
    [onlyRead((input) => readPresentedJwp(textOf(input))), utf8(writePresentedJwp('UP256', message, token, proof))],
    json(parseJson, (value) => value, { a: [1, -0.5e3, true, null, '\u00e9\n'], '': {} }),
    [onlyRead((input) => explainSdk(input, engine) ?? explainJson(input, engine)), toOctets(writeToken(token))],
  ] as const
  return { engine, forms }
}

export const artefacts: Target = {
  explores:
    'the forms of tokens, proofs, messages and keys in octets and JSON: what is read is written and read again alike',
  words: [
    '{"type":"',
    '"version":1',
    '[]',
    '{}',
    'null',
    '":"',
    'AAAA',
    '\\u0000',
    '1e400',
    '-0',
    '"a"',
    '"r"',
    '"A"',
    '"kid"',
    'eyJ',
    '.',
    '==',
  ],
  seeds: async () => (await material()).forms.map(([, genuine], i) => choosing(i, genuine)),
  prepare: async () => {
    let { engine, forms } = await material()
    let checked = 0
    return async (input) => {
      // Groups that inputs describe stay in the memory of their engine.
      if (++checked % 10_000 === 0) {
        engine.dispose()
        ;({ engine, forms } = await material())
      }
      checkForm(oneOf(forms, input)[0], input.subarray(1))
    }
  },
}
