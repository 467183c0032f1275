import type { IssuedToken } from '../../uprove/token/token.js'
import type { ClaimValue } from '../syntax/attributes.js'
import type { TokenClass } from '../syntax/names.js'
import type { TokenInformation } from './token-information.js'

/** The contents of a token. */
export interface TokenContents {
  readonly tokenClass: TokenClass
  readonly uidp: string
  readonly tokenInformation: TokenInformation
  /** (A_1, ..., A_n); null for each attribute of an ID token. */
  readonly attributes: readonly ClaimValue[]
}

/** A token that a client holds. Its private key is secret. */
export interface HeldToken extends TokenContents {
  readonly issued: IssuedToken
}

/** Tokens of one instance, with their shared contents. The private keys in it are secret. */
export interface TokenBatch extends TokenContents {
  readonly tokens: readonly IssuedToken[]
}

/** The tokens of batches one by one, as they are presented. */
export function heldTokens(batches: readonly TokenBatch[]): HeldToken[] {
  return batches.flatMap(({ tokens, ...contents }) => tokens.map((issued) => ({ ...contents, issued })))
}
