import { encodeBase64Url } from '../../../bindings/octets/base64.js'
import { limits as octetLimits } from '../../../bindings/octets/octets.js'
import type { IssuerParameters } from '../../uprove/parameters/parameters.js'
import type { Token } from '../../uprove/token/token.js'
import { algorithmOf, descriptionOf, type Widths } from './algorithms.js'
import { check, readDocument, readNumber, readOctets, readWidth, type JsonInput } from '../syntax/reader.js'

/** A U-Prove token. */
export interface JsonToken {
  readonly UIDP: string
  readonly h: string
  readonly TI: string
  readonly PI: string
  readonly sZp: string
  readonly sCp: string
  readonly sRp: string
}

/** A token in JSON. Throws `JsonError` (`json/extensions`) for a Device-protected one. */
export function writeToken(token: Token): JsonToken {
  check(!token.deviceProtected, 'json/extensions')
  return {
    UIDP: encodeBase64Url(token.uid),
    h: encodeBase64Url(token.h),
    TI: encodeBase64Url(token.tokenInformation),
    PI: encodeBase64Url(token.proverInformation ?? new Uint8Array()),
    sZp: encodeBase64Url(token.sigmaZPrime),
    sCp: encodeBase64Url(token.sigmaCPrime),
    sRp: encodeBase64Url(token.sigmaRPrime),
  }
}

/**
 * Reads a token; `verifyToken()` or `verifyPresentation()` verifies it. An empty PI is null, which is hashed alike.
 * Throws `JsonError` (`json/type`, `json/unknown-member`, `json/base64url`, `json/length`, `json/parameters`, and those of
 * `parseJson`).
 */
export function readToken(parameters: IssuerParameters, input: JsonInput): Token {
  return readTokenOf(descriptionOf(algorithmOf(parameters)), input)
}

/** A token whose values have these widths. Throws like `readToken`. */
export function readTokenOf({ elementLength, scalarLength }: Widths, input: JsonInput): Token {
  const members = ['UIDP', 'h', 'TI', 'PI', 'sZp', 'sCp', 'sRp']
  const { UIDP, h, TI, PI, sZp, sCp, sRp } = readDocument(input, members, { maxBytes: 4 * octetLimits.field })
  const [uid, tokenInformation, proverInformation] = [UIDP, TI, PI].map(readOctets) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ]
  for (const field of [uid, tokenInformation, proverInformation]) {
    check(field.length <= octetLimits.field, 'json/limit-bytes')
  }
  return {
    uid,
    tokenInformation,
    proverInformation: proverInformation.length === 0 ? null : proverInformation,
    h: readWidth(h, elementLength),
    sigmaZPrime: readWidth(sZp, elementLength),
    sigmaCPrime: readNumber(sCp, scalarLength),
    sigmaRPrime: readNumber(sRp, scalarLength),
    deviceProtected: false,
  }
}
