import { encodeBase64Url } from '../../../bindings/octets/base64.js'
import { limits as octetLimits } from '../../../bindings/octets/octets.js'
import type { IssuanceMessage1, IssuanceMessage2, IssuanceMessage3 } from '../../uprove/issuance/messages.js'
import type { IssuerParameters } from '../../uprove/parameters/parameters.js'
import type { JsonLimits, JsonValue } from '../syntax/parse.js'
import { check, readDocument, readList, readNumber, readWidth, type JsonInput } from '../syntax/reader.js'

/** The first message of issuance, Issuer to Prover. */
export interface JsonMessage1 {
  readonly sZ: string
  readonly sA: readonly string[]
  readonly sB: readonly string[]
}

/** The second message of issuance, Prover to Issuer. */
export interface JsonMessage2 {
  readonly sC: readonly string[]
}

/** The third message of issuance, Issuer to Prover. */
export interface JsonMessage3 {
  readonly sR: readonly string[]
}

/** The first message in JSON. Throws `JsonError` (`json/parameters`) for one without sigma_z, which is of Revision 1. */
export function writeMessage1({ sigmaZ, sigmaA, sigmaB }: IssuanceMessage1<Uint8Array>): JsonMessage1 {
  check(sigmaZ !== undefined, 'json/parameters')
  return { sZ: encodeBase64Url(sigmaZ), sA: sigmaA.map(encodeBase64Url), sB: sigmaB.map(encodeBase64Url) }
}

/** The second message in JSON. */
export function writeMessage2({ sigmaC }: IssuanceMessage2<Uint8Array>): JsonMessage2 {
  return { sC: sigmaC.map(encodeBase64Url) }
}

/** The third message in JSON. */
export function writeMessage3({ sigmaR }: IssuanceMessage3<Uint8Array>): JsonMessage3 {
  return { sR: sigmaR.map(encodeBase64Url) }
}

/**
 * A first message; `prover.respond()` checks its elements. Throws `JsonError` (`json/type`, `json/unknown-member`,
 * `json/base64url`, `json/length`, `json/count`, and those of `parseJson`).
 */
export function readMessage1(
  { group }: IssuerParameters,
  input: JsonInput,
  limits?: Partial<JsonLimits>,
): IssuanceMessage1<Uint8Array> {
  const { sZ, sA, sB } = readDocument(input, ['sZ', 'sA', 'sB'], limits)
  const read = (value: JsonValue | undefined): Uint8Array => readWidth(value, group.elementLength)
  const sigmaA = readList(sA, octetLimits.batch, read)
  const sigmaB = readList(sB, octetLimits.batch, read)
  check(sigmaA.length === sigmaB.length, 'json/count')
  return { sigmaZ: read(sZ), sigmaA, sigmaB }
}

/** A second message; `session.respond()` checks the range of its values. Throws like `readMessage1`. */
export function readMessage2(
  { group }: IssuerParameters,
  input: JsonInput,
  limits?: Partial<JsonLimits>,
): IssuanceMessage2<Uint8Array> {
  const { sC } = readDocument(input, ['sC'], limits)
  return { sigmaC: readList(sC, octetLimits.batch, (value) => readNumber(value, group.scalarLength)) }
}

/** A third message; `prover.finish()` checks its values. Throws like `readMessage1`. */
export function readMessage3(
  { group }: IssuerParameters,
  input: JsonInput,
  limits?: Partial<JsonLimits>,
): IssuanceMessage3<Uint8Array> {
  const { sR } = readDocument(input, ['sR'], limits)
  return { sigmaR: readList(sR, octetLimits.batch, (value) => readNumber(value, group.scalarLength)) }
}
