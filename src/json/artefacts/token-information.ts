import type { IssuerParameters } from '../../uprove/parameters/parameters.js'
import { parseJson, type JsonObject } from '../syntax/parse.js'
import { check, readObject, readText } from '../syntax/reader.js'
import { specificationOf, unitOf } from './specification.js'
import { encodeText } from '../../../bindings/octets/text.js'

/** The token information TI of the framework. */
export interface TokenInformation {
  /** `iss`, the URL of the Issuer. */
  readonly issuer?: string
  /** The end of `exp`'s unit: the token is valid before. */
  readonly expires?: Date
  /** The other members. */
  readonly members: JsonObject
}

/** The contents of a token information. */
export interface TokenInformationOptions {
  /** `iss`. */
  readonly issuer?: string
  /**
   * When the token expires. Rounded up to the unit of the specification, which many tokens should share: an hour, a day or a week.
   * Default: never.
   */
  readonly expires?: Date
  /** Members of the application. Every Verifier sees them; what few tokens share makes these linkable. */
  readonly members?: Readonly<Record<string, unknown>>
}

/**
 * TI as octets, for `tokenInformation` of Issuer and Prover. Section "Token validity period".
 * Throws `JsonError` (`json/expiration-type`, `json/expiration-year`, `json/expiration`).
 */
export function createTokenInformation(parameters: IssuerParameters, options: TokenInformationOptions): Uint8Array {
  const { issuer, expires, members } = options
  const exp = expires && expirationOf(parameters, expires)
  return encodeText(JSON.stringify({ iss: issuer, exp, ...members }))
}

function expirationOf(parameters: IssuerParameters, expires: Date): number {
  const specification = specificationOf(parameters)
  check(specification.expType !== 'year', 'json/expiration-year')
  const exp = Math.ceil(expires.getTime() / unitOf(specification))
  check(Number.isSafeInteger(exp) && exp >= 0, 'json/expiration')
  return exp
}

/**
 * A token information, read. It never changes: its octets are what the Issuer signed.
 * Throws `JsonError` (`json/type`, `json/expiration`, `json/expiration-type`, `json/...` of `parseJson`).
 */
export function readTokenInformation(parameters: IssuerParameters, octets: Uint8Array): TokenInformation {
  const { iss, exp, ...members }: JsonObject = readObject(parseJson(octets), 'any')
  const issuer = iss === undefined ? undefined : readText(iss)
  if (exp === undefined) return { issuer, members }
  check(typeof exp === 'number' && Number.isSafeInteger(exp) && exp >= 0, 'json/expiration')
  const expires = new Date(exp * unitOf(specificationOf(parameters)))
  check(!Number.isNaN(expires.getTime()), 'json/expiration')
  return { issuer, expires, members }
}
