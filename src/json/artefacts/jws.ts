import { decodeBase64Url, encodeBase64Url } from '../../../bindings/octets/base64.js'
import { limits as octetLimits, octetsFrom, type OctetsLike } from '../../../bindings/octets/octets.js'
import type { PresentationProof } from '../../uprove/presentation/proof.js'
import type { JsonLimits, JsonObject } from '../syntax/parse.js'
import { check, readDocument, readObject } from '../syntax/reader.js'
import { descriptionOf, isAlgorithm, type JsonAlgorithm } from './algorithms.js'
import {
  presentationOf,
  readProof,
  writePresentation,
  type PresentationDocument,
  type TokenReference,
} from './presentation.js'
import { encodeText } from '../../../bindings/octets/text.js'

/** A presentation with the message that it signs: of a JWS or a JWP. */
export interface SignedPresentation extends PresentationDocument {
  readonly alg: JsonAlgorithm
  /** The protected header. */
  readonly header: JsonObject
  /** m. */
  readonly message: Uint8Array
}

/** The limits of a presentation: many times what one with 50 attributes needs. */
export const PRESENTATION_LIMITS: Partial<JsonLimits> = { maxBytes: 1024 * 1024, maxValues: 1000 }

/**
 * A presentation as a compact JWS: header, message, and the presentation in the place of the signature. That is the form of
 * Microsoft's implementation; the framework's text has only `pp` there, without saying where the token would be.
 *
 * Throws `JsonError` (`json/extensions`, `json/null-attribute`), `InvalidInputError` (`octets/...`).
 */
export function writeJws(
  alg: JsonAlgorithm,
  message: OctetsLike,
  reference: TokenReference,
  proof: PresentationProof,
): string {
  const m = octetsFrom(message, 'm', octetLimits.message)
  return compact([JSON.stringify({ alg }), m, JSON.stringify(writePresentation(reference, proof))])
}

/**
 * Reads a compact JWS; `verifyJsonPresentation()` verifies it. The signature is a presentation, or a proof alone as in the
 * framework's text: then it has neither token nor identifier.
 *
 * Throws `JsonError` (`json/compact`, `json/algorithm`, `json/header` for a `crit` parameter, and those of `readPresentation`).
 */
export function readJws(text: string, limits: Partial<JsonLimits> = PRESENTATION_LIMITS): SignedPresentation {
  const [head, message, signature] = readCompact(text, 3, limits)
  const { alg, header } = readHeader(head)
  const members = readDocument(signature, 'any', limits)
  // `a` tells a proof from a presentation. Unknown members of either are refused.
  const document =
    members['a'] === undefined
      ? presentationOf(alg, readObject(members, ['upt', 'uidt', 'pp']))
      : { proof: readProof(descriptionOf(alg), readObject(members, ['a', 'r', 'A'])) }
  return { ...document, alg, header, message }
}

/** A protected header of the framework. Throws `JsonError` (`json/algorithm`, `json/header`, and those of `parseJson`). */
export function readHeader(octets: Uint8Array): { readonly alg: JsonAlgorithm; readonly header: JsonObject } {
  const header = readDocument(octets, 'any')
  const { alg } = header
  check(isAlgorithm(alg), 'json/algorithm')
  // RFC 7515, section 4.1.11: what is critical and not understood must be refused, and nothing is understood.
  check(header['crit'] === undefined, 'json/header')
  return { alg, header }
}

interface Parts {
  readonly 3: readonly [Uint8Array, Uint8Array, Uint8Array]
  readonly 4: readonly [Uint8Array, Uint8Array, Uint8Array, Uint8Array]
}

/** The parts of a compact form, decoded. Throws `JsonError` (`json/compact`, `json/base64url`, `json/limit-bytes`). */
export function readCompact<Count extends keyof Parts>(
  text: string,
  count: Count,
  { maxBytes = Infinity }: Partial<JsonLimits>,
): Parts[Count] {
  check(text.length <= maxBytes, 'json/limit-bytes')
  const parts = text.split('.', count + 1)
  check(parts.length === count, 'json/compact')
  return parts.map((part) => {
    const octets = decodeBase64Url(part)
    check(octets !== undefined, 'json/base64url')
    return octets
  }) as unknown as Parts[Count]
}

/** Parts in base64url, with dots between. */
export function compact(parts: readonly (string | Uint8Array)[]): string {
  return parts.map((part) => encodeBase64Url(typeof part === 'string' ? encodeText(part) : part)).join('.')
}
