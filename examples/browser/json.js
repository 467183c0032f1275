// The client of the JSON Framework: tokens over the curve P-256, in JSON.
import { P256 } from 'uprove-wasm/params/P256'
import { answerChallenge, obtainTokens, readJwkSet, specificationOf } from 'uprove-wasm/json'

const verifier = location.origin

/** @typedef {{ wallet: import('uprove-wasm/json').JsonWallet, credentials: { username: string, password: string } }} Session */

/** The Issuer's key. TLS vouches for it. @param {import('uprove-wasm').Engine} engine */
export async function loadKey(engine) {
  const response = await fetch('/.well-known/jwks.json')
  const [parameters] = readJwkSet(await response.text(), { engine, curves: [P256] })
  if (parameters === undefined) throw new Error('The service publishes no key on P-256.')
  return parameters
}

/** @param {import('uprove-wasm').IssuerParameters} parameters */
const claimTypesOf = (parameters) => /** @type {string[]} */ (specificationOf(parameters)['attrTypes'])

/** @param {string} name @param {string} body @param {Record<string, string>} [headers] */
async function post(name, body, headers) {
  const response = await fetch(`/json/${name}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
    // The browser would ask for a password itself.
    credentials: 'omit',
  })
  if (response.status === 401) throw new Error('The Claim Provider refused the password.')
  if (!response.ok) throw new Error(`/json/${name}: ${response.status}`)
  return response.text()
}

/** The number of tokens, and their claims. @param {import('uprove-wasm').IssuerParameters} parameters @param {Session} session */
export async function contents(parameters, { wallet }) {
  const next = await wallet.next(parameters)
  const decoder = new TextDecoder()
  const claims =
    next && claimTypesOf(parameters).map((type, i) => ({ type, value: decoder.decode(next.attributes[i]) }))
  return { tokens: await wallet.count(parameters), claims }
}

/** @param {import('uprove-wasm').IssuerParameters} parameters @param {Session} session @param {number} count */
export async function obtain(parameters, { wallet, credentials }, count) {
  const { username, password } = credentials
  const basic = btoa(String.fromCharCode(...new TextEncoder().encode(`${username}:${password}`)))
  const before = performance.now()
  const obtained = await obtainTokens({
    ...{ parameters, count },
    post: (document) => post('issue', document, { authorization: `Basic ${basic}` }),
  })
  const milliseconds = performance.now() - before
  await wallet.add(parameters, obtained)
  return milliseconds
}

/** Answers a new challenge of the Verifier. @param {import('uprove-wasm').IssuerParameters} parameters @param {Session} session @param {string[]} disclose */
export async function present(parameters, { wallet }, disclose) {
  const challenge = await post('challenge', '{}')
  const held = await wallet.take(parameters)
  if (held === undefined) throw new Error('The wallet has no tokens in JSON. Obtain some first.')
  const types = claimTypesOf(parameters)
  const disclosed = types.flatMap((type, i) => (disclose.includes(type) ? [i + 1] : []))
  const before = performance.now()
  const text = await answerChallenge(challenge, { parameters, ...held, disclosed, audience: verifier })
  return { text, milliseconds: performance.now() - before }
}

/** The Verifier's verdict. @param {string} presentation */
export async function send(presentation) {
  return JSON.parse(await post('verify', JSON.stringify({ presentation })))
}
