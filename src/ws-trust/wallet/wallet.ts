import type { HeldToken, TokenBatch, TokenContents } from '../artefacts/held-tokens.js'
import type { TokenClass } from '../syntax/names.js'

/** Which tokens are wanted. */
export interface TokenQuery {
  readonly uidp: string
  /** Whether a token fits. Default: all do. */
  readonly where?: (contents: TokenContents) => boolean
}

/** A claim and an ID token that only one Relying Party sees. */
export interface TokenPair {
  readonly claim: HeldToken
  readonly ID: HeldToken
}

/**
 * Keeps tokens unlinkable (section 4.3.2). A fresh claim token is deleted from the wallet before it is presented. A pair of
 * claim and ID token belongs to one Relying Party for good. Several holders of one wallet (tabs, processes) never get the same
 * token. Expired tokens are never handed out.
 */
export interface Wallet {
  add(batches: readonly TokenBatch[]): Promise<void>
  /** The number of fresh tokens: those not associated with a Relying Party. */
  count(tokenClass: TokenClass, query: TokenQuery): Promise<number>
  /** Takes a fresh claim token out of the wallet, for good. Undefined if there is none. */
  takeClaimToken(query: TokenQuery): Promise<HeldToken | undefined>
  /**
   * The pair associated with a Relying Party. Fresh tokens take the place of a missing pair, and of tokens that have expired
   * or do not fit. If the wallet lacks fresh tokens, the missing classes.
   */
  pairFor(relyingParty: string, query: TokenQuery): Promise<TokenPair | { readonly missing: readonly TokenClass[] }>
  /**
   * The ID token that belongs to a Relying Party, without a claim token: the same as in its pair. If it is missing or has
   * expired, a fresh one takes its place. Undefined if there is none.
   */
  idTokenFor(relyingParty: string, query: TokenQuery): Promise<HeldToken | undefined>
  /** Deletes expired tokens, and returns how many there were. */
  dropExpired(): Promise<number>
}
