import type { JsonObject } from '../syntax/parse.js'
import { check, readDocument, readText, type JsonInput } from '../syntax/reader.js'

// Issuance in three moves over one address. The framework leaves to applications what carries its messages; the names here are
// those of the sample in Microsoft's Node reference implementation, with `A` added for tokens that have attributes.

/** A request for tokens. */
export interface TokenRequest {
  /** How many tokens are wanted. */
  readonly n: number
}

/** An offer of tokens: the first message, and what they will be about. */
export interface TokenOffer {
  /** Names the exchange. */
  readonly sID: string
  /** TI. */
  readonly TI: string
  /** A_1 to A_n; absent if n = 0. */
  readonly A?: readonly string[]
  /** The first message. */
  readonly msg: object
}

/** The second or the third message in its exchange. */
export interface ExchangeMessage {
  readonly sID: string
  readonly msg: object
}

/** The members of a document of an exchange, its `msg` an object. Throws `JsonError` (`json/type`, `json/unknown-member`). */
export function readExchange(
  input: JsonInput,
  names: readonly string[],
): JsonObject & { readonly sID: string; readonly msg: JsonObject } {
  const members = readDocument(input, names)
  const { msg } = members
  check(typeof msg === 'object' && msg !== null && !Array.isArray(msg), 'json/type')
  const sID = readText(members['sID'])
  check(sID.length >= 1 && sID.length <= 256, 'json/exchange-unknown')
  return { ...members, sID, msg: msg as JsonObject }
}
