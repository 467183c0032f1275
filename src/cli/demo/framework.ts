import { decodeBase64Url, encodeBase64Url } from '../../../bindings/octets/base64.js'
import { itemAt, known } from '../../../bindings/octets/lists.js'
import { createEngine, type IssuerParameters } from '../../index.js'
import { algorithmOf } from '../../json/artefacts/algorithms.js'
import { specificationOf } from '../../json/artefacts/specification.js'
import { answerChallenge } from '../../json/parties/challenge.js'
import type { ObtainedTokens } from '../../json/parties/obtain-tokens.js'
import type { JsonVerdict } from '../../server/routes/json-routes.js'
import type { Clients } from './clients.js'
import { must, type Steps } from './steps.js'

/** Obtains tokens on a curve over the JSON Framework and presents one: accepted, tampered with, replayed. */
export async function useJsonFramework(clients: Clients, count: number, steps: Steps): Promise<void> {
  const engine = await createEngine()
  try {
    const parameters = await steps.step(
      'JWK: fetch the key',
      () => clients.jsonKey(engine),
      (key) => `${algorithmOf(key)}, kid ${encodeBase64Url(key.uid).slice(0, 8)}...`,
    )
    const obtained = await steps.step(
      `JWK: obtain ${count} tokens on ${known(parameters.group.name)}`,
      () => clients.obtainInJson('alice', parameters, count),
      ({ tokens }) => `${tokens.length} tokens, each verified`,
    )
    must(obtained.tokens.length === count, 'the number of tokens differs from the request')
    const jws = await answer(clients, parameters, obtained)
    const check = async (title: string, expected: string, presentation: string): Promise<void> => {
      const verdict = await steps.step(title, () => clients.verifyJws(presentation), outcomeOf)
      must(outcomeOf(verdict) === expected, `${title}: ${outcomeOf(verdict)} instead of ${expected}`)
    }
    await check('JWS: a presentation, tampered with', 'refused: presentation/proof', tamperedWith(jws))
    await check('JWS: the presentation of two claims', 'accepted: Alice, SE', jws)
    await check('JWS: the same again', 'refused: verifier/challenge-used', jws)
  } finally {
    engine.dispose()
  }
}

function outcomeOf(verdict: JsonVerdict): string {
  return verdict.valid ? `accepted: ${verdict.claims.map(({ value }) => value).join(', ')}` : `refused: ${verdict.code}`
}

async function answer(
  clients: Clients,
  parameters: IssuerParameters,
  { tokens, attributes }: ObtainedTokens,
): Promise<string> {
  const types = specificationOf(parameters)['attrTypes'] as readonly string[]
  const disclosed = types.flatMap((type, i) => (/givenname|country/.test(type) ? [i + 1] : []))
  const { challenge, audience } = await clients.jsonChallenge()
  return answerChallenge(challenge, { parameters, token: itemAt(tokens, 0), attributes, disclosed, audience })
}

/** A copy with another given name. */
function tamperedWith(jws: string): string {
  const [head = '', message = '', signature = ''] = jws.split('.')
  const text = new TextDecoder().decode(known(decodeBase64Url(signature)))
  const name = (of: string): string => `"${encodeBase64Url(new TextEncoder().encode(of))}"`
  const changed = text.replace(name('Alice'), name('Mallory'))
  must(changed !== text, 'the presentation has no given name to change')
  return [head, message, encodeBase64Url(new TextEncoder().encode(changed))].join('.')
}
