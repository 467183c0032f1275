import { encodeBase64Url } from '../../../bindings/octets/base64.js'
import { limits as octetLimits, octetsFrom, type OctetsLike } from '../../../bindings/octets/octets.js'
import type { Attribute } from '../../uprove/parameters/attributes.js'
import type { PresentationProof } from '../../uprove/presentation/proof.js'
import type { Token } from '../../uprove/token/token.js'
import type { JsonLimits, JsonObject } from '../syntax/parse.js'
import { parseJson } from '../syntax/parse.js'
import { check, readDocument, readList, readOctets } from '../syntax/reader.js'
import { descriptionOf, type JsonAlgorithm } from './algorithms.js'
import { compact, PRESENTATION_LIMITS, readCompact, readHeader, type SignedPresentation } from './jws.js'
import { proofOf, readAttribute, writeAttribute, writeProof } from './presentation.js'
import { readTokenOf, writeToken } from './token.js'

/** A token with its attributes, as a JSON Web Proof in issued form. */
export interface IssuedJwp {
  readonly alg: JsonAlgorithm
  /** The protected header. */
  readonly header: JsonObject
  readonly attributes: readonly Uint8Array[]
  readonly token: Token
}

/**
 * A token with its attributes as a compact JWP in issued form: `protected.payload.proof`. Its private key is not in it.
 * Throws `JsonError` (`json/extensions`, `json/null-attribute`), `InvalidInputError` (`octets/...`).
 */
export function writeIssuedJwp(alg: JsonAlgorithm, attributes: readonly Attribute[], token: Token): string {
  return compact([header(alg), JSON.stringify(attributes.map(writeAttribute)), JSON.stringify(writeToken(token))])
}

/**
 * A presentation as a compact JWP: `protected.payload.proof.presented`. The payload has null for an attribute that is not
 * disclosed. Throws `JsonError` (`json/extensions`, `json/null-attribute`), `InvalidInputError` (`octets/...`).
 */
export function writePresentedJwp(
  alg: JsonAlgorithm,
  message: OctetsLike,
  token: Token,
  proof: PresentationProof,
): string {
  const { a, r, A = {} } = writeProof(proof)
  const payload = Array.from({ length: proof.r.length + proof.disclosed.length }, (_, i) => A[i + 1] ?? null)
  const presented = { a, r, m: encodeBase64Url(octetsFrom(message, 'm', octetLimits.message)) }
  return compact([header(alg), ...[payload, writeToken(token), presented].map((part) => JSON.stringify(part))])
}

/** The published profile says JPT, and its example has JWP. */
const TYPES: readonly unknown[] = ['JWP', 'JPT']

const header = (alg: JsonAlgorithm): string => JSON.stringify({ alg, typ: 'JWP' })

function readJwpHeader(octets: Uint8Array): ReturnType<typeof readHeader> {
  const { alg, header } = readHeader(octets)
  check(TYPES.includes(header['typ']), 'json/header')
  return { alg, header }
}

/**
 * Reads a JWP in issued form; `verifyToken()` verifies the token. The Issuer's signature covers the attributes, but only a
 * presentation proves them.
 *
 * Throws `JsonError` (`json/compact`, `json/algorithm`, `json/header`, and those of `readToken`).
 */
export function readIssuedJwp(text: string, limits: Partial<JsonLimits> = PRESENTATION_LIMITS): IssuedJwp {
  const [head, payload, proof] = readCompact(text, 3, limits)
  const { alg, header } = readJwpHeader(head)
  const attributes = readList(parseJson(payload, limits), octetLimits.attributes, readAttribute)
  return { alg, header, attributes, token: readTokenOf(descriptionOf(alg), proof) }
}

/**
 * Reads a JWP in presented form; `verifyJsonPresentation()` verifies it.
 * Throws `JsonError` (`json/compact`, `json/algorithm`, `json/header`, and those of `readPresentation`).
 */
export function readPresentedJwp(text: string, limits: Partial<JsonLimits> = PRESENTATION_LIMITS): SignedPresentation {
  const [head, payload, proof, presented] = readCompact(text, 4, limits)
  const { alg, header } = readJwpHeader(head)
  const widths = descriptionOf(alg)
  const attributes = readList(parseJson(payload, limits), octetLimits.attributes, (value) =>
    value === null ? null : readAttribute(value),
  )
  const disclosed = attributes.flatMap((attribute, i) => (attribute === null ? [] : [{ index: i + 1, attribute }]))
  const { a, r, m } = readDocument(presented, ['a', 'r', 'm'], limits)
  const read = proofOf(widths, a, r, disclosed)
  // There is one response for r_0, and one for each undisclosed attribute.
  check(read.r.length === attributes.length - disclosed.length, 'json/count')
  return { alg, header, message: readOctets(m), token: readTokenOf(widths, proof), proof: read }
}
