import { encodeBase64Url } from '../../../bindings/octets/base64.js'
import { itemAt } from '../../../bindings/octets/lists.js'
import { limits as octetLimits, octetsFrom } from '../../../bindings/octets/octets.js'
import type { Attribute } from '../../uprove/parameters/attributes.js'
import type { PresentationProof } from '../../uprove/presentation/proof.js'
import type { Token } from '../../uprove/token/token.js'
import type { JsonObject, JsonValue } from '../syntax/parse.js'
import {
  check,
  readDocument,
  readList,
  readNumber,
  readObject,
  readOctets,
  readWidth,
  type JsonInput,
} from '../syntax/reader.js'
import { descriptionOf, type JsonAlgorithm, type Widths } from './algorithms.js'
import { readTokenOf, writeToken, type JsonToken } from './token.js'

/** A presentation proof. */
export interface JsonProof {
  readonly a: string
  /** r_0, then those of the undisclosed attributes. */
  readonly r: readonly string[]
  /** The disclosed attributes by index, counted from 1; absent if there are none. */
  readonly A?: Readonly<Record<string, string>>
}

/** A presentation: a proof with its token, or with the identifier of a token that the Verifier knows. */
export interface JsonPresentation {
  readonly upt?: JsonToken
  readonly uidt?: string
  readonly pp: JsonProof
}

/** What a presentation refers to: the token itself, or its identifier UID_T. */
export type TokenReference =
  | { readonly token: Token; readonly tokenIdentifier?: undefined }
  | { readonly token?: undefined; readonly tokenIdentifier: Uint8Array }

/** A presentation, read. */
export interface PresentationDocument {
  readonly token?: Token
  /** UID_T, if the presentation only refers to its token. */
  readonly tokenIdentifier?: Uint8Array
  readonly proof: PresentationProof
}

/** A proof in JSON. Throws `JsonError` (`json/extensions`, `json/null-attribute`). */
export function writeProof(proof: PresentationProof): JsonProof {
  const { a, r0, r, disclosed, rd, pseudonym, commitments } = proof
  check(rd === undefined && pseudonym === undefined && commitments.length === 0, 'json/extensions')
  const responses = [r0, ...r].map(encodeBase64Url)
  if (disclosed.length === 0) return { a: encodeBase64Url(a), r: responses }
  const attributes = disclosed.map(({ index, attribute }) => [String(index), writeAttribute(attribute)])
  return { a: encodeBase64Url(a), r: responses, A: Object.fromEntries(attributes) as Record<string, string> }
}

/** An attribute in base64url. Throws `JsonError` (`json/null-attribute`), `InvalidInputError` (`octets/...`). */
export function writeAttribute(attribute: Attribute): string {
  check(attribute !== null, 'json/null-attribute')
  return encodeBase64Url(octetsFrom(attribute, 'an attribute', octetLimits.content))
}

/** A presentation in JSON. Throws like `writeProof`, and for a Device-protected token. */
export function writePresentation(
  { token, tokenIdentifier }: TokenReference,
  proof: PresentationProof,
): JsonPresentation {
  const pp = writeProof(proof)
  return token === undefined ? { uidt: encodeBase64Url(tokenIdentifier), pp } : { upt: writeToken(token), pp }
}

/**
 * Reads a presentation; `verifyJsonPresentation()` verifies it.
 *
 * Throws `JsonError` (`json/token-reference`, `.../type`, `.../unknown-member`, `.../base64url`, `.../length`, `.../count`,
 * `.../index`, and those of `parseJson`).
 */
export function readPresentation(alg: JsonAlgorithm, input: JsonInput): PresentationDocument {
  return presentationOf(alg, readDocument(input, ['upt', 'uidt', 'pp']))
}

/** A presentation whose members were read already. Throws like `readPresentation`. */
export function presentationOf(alg: JsonAlgorithm, { upt, uidt, pp }: JsonObject): PresentationDocument {
  const widths = descriptionOf(alg)
  check((upt === undefined) !== (uidt === undefined), 'json/token-reference')
  const proof = readProof(widths, readObject(pp, ['a', 'r', 'A']))
  return upt === undefined
    ? { tokenIdentifier: readWidth(uidt, widths.digestLength), proof }
    : { token: readTokenOf(widths, readObject(upt, 'any')), proof }
}

/** A proof whose members were read already. Throws like `readPresentation`. */
export function readProof(widths: Widths, { a, r, A }: JsonObject): PresentationProof {
  const disclosed = Object.entries(readObject(A === undefined ? {} : A, 'any')).map(([name, value]) => {
    return { index: readIndex(name), attribute: readAttribute(value) }
  })
  disclosed.sort((one, other) => one.index - other.index)
  return proofOf(widths, a, r, disclosed)
}

/** A proof of the values that it has in every form. Throws like `readPresentation`. */
export function proofOf(
  { scalarLength, digestLength }: Widths,
  a: JsonValue | undefined,
  r: JsonValue | undefined,
  disclosed: PresentationProof['disclosed'],
): PresentationProof {
  const responses = readList(r, octetLimits.attributes + 1, (value) => readNumber(value, scalarLength))
  check(responses.length >= 1, 'json/count')
  return { disclosed, a: readWidth(a, digestLength), r0: itemAt(responses, 0), r: responses.slice(1), commitments: [] }
}

/** An attribute, from base64url. Throws `JsonError` (`json/type`, `json/base64url`, `json/limit-bytes`). */
export function readAttribute(value: JsonValue): Uint8Array {
  const attribute = readOctets(value)
  check(attribute.length <= octetLimits.content, 'json/limit-bytes')
  return attribute
}

function readIndex(name: string): number {
  const index = Number(name)
  check(/^[1-9]\d?$/.test(name) && index <= 50, 'json/index')
  return index
}
