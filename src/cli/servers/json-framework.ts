import { encodeBase64 } from '../../../bindings/octets/base64.js'
import type { Engine, IssuerParameters } from '../../index.js'
import { readJwk, readJwkSet } from '../../json/artefacts/keys.js'
import { parseJson } from '../../json/syntax/parse.js'
import { readDocument } from '../../json/syntax/reader.js'
import { P256, P384, P521 } from '../../params/index.js'
import { PATHS } from '../../server/deployment/paths.js'
import type { JsonVerdict } from '../../server/routes/json-routes.js'
import { describeStatus, printable } from '../command/failures.js'
import { FailureError } from '../errors.js'
import type { Server } from './server.js'

/** The curves of the JSON Framework. */
export const curves = [P256, P384, P521]

/** The keys in a JWK set, or the key in a JWK. Throws `JsonError`, `InvalidInputError`. */
export function readKeys(text: string, engine: Engine): IssuerParameters[] {
  const document = readDocument(text, 'any')
  // The text itself is read, so that two members of one name are refused.
  return document['keys'] === undefined ? [readJwk(text, { engine, curves })] : readJwkSet(text, { engine, curves })
}

/** The keys of the JSON Framework that a server publishes. Throws `FailureError` if there are none, `JsonError`. */
export async function fetchKeys(server: Server, engine: Engine): Promise<IssuerParameters[]> {
  const keys = readJwkSet(await server.get(PATHS.keySet), { engine, curves })
  if (keys.length === 0) throw new FailureError('the server publishes no key of the JSON Framework')
  return keys
}

/** Posts the documents of an issuance as a user. */
export function issuing(
  server: Server,
  { username, password }: { readonly username: string; readonly password: string },
): (document: string) => Promise<string> {
  const credentials = encodeBase64(new TextEncoder().encode(`${username}:${password}`))
  return (document) => post(server, 'issue', document, { authorization: `Basic ${credentials}` })
}

/** A new challenge of the Verifier, to be answered once. Throws `FailureError`. */
export function askForChallenge(server: Server): Promise<string> {
  return post(server, 'challenge', '{}')
}

/** The Verifier's verdict on a JWS. Throws `FailureError`. */
export async function verifyJws(server: Server, presentation: string): Promise<JsonVerdict> {
  return JSON.parse(await post(server, 'verify', JSON.stringify({ presentation }))) as JsonVerdict
}

/** The answer to a document. Throws `FailureError` with the server's reason. */
async function post(
  server: Server,
  name: string,
  document: string,
  headers?: Readonly<Record<string, string>>,
): Promise<string> {
  const { status, body } = await server.post(`${PATHS.jsonFramework}/${name}`, document, headers)
  if (status === 200) return body
  throw new FailureError(status === 400 ? `the server refused: ${reasonIn(body)}` : describeStatus(status, body))
}

function reasonIn(body: string): string {
  try {
    const { code, message } = parseJson(body) as { readonly code?: unknown; readonly message?: unknown }
    if (typeof code === 'string' && typeof message === 'string') {
      return printable(`${message.replace(/\.$/, '')} (${code})`)
    }
  } catch {
    // Some other server's answer.
  }
  return describeStatus(400)
}

/** A verdict in words, one fact a line. */
export function describeJsonVerdict(verdict: JsonVerdict): string {
  if (!verdict.valid) return `Refused: ${printable(verdict.code)}\n`
  const { claims, issuer, expires, signedData } = verdict
  const lines = [
    `  token of ${issuer ?? 'an Issuer that it does not name'}${expires === undefined ? '' : `, valid until ${expires}`}`,
    ...claims.map(({ index, claimType, value }) => `    ${claimType ?? index}: ${value}`),
    ...(signedData === undefined ? [] : [`  signed: ${signedData}`]),
  ]
  return ['Accepted', ...lines].map((line) => `${printable(line)}\n`).join('')
}
