import type { HeldToken, TokenBatch, TokenContents } from '../artefacts/held-tokens.js'
import type { TokenClass } from '../syntax/names.js'

/** Which tokens are wanted. */
export interface TokenQuery {
  readonly uidp: string
  /** Whether a token will do. Default: any. */
  readonly where?: (contents: TokenContents) => boolean
}

/** A claim and an ID token that one Relying Party, and no other, gets to see. */
export interface TokenPair {
  readonly claim: HeldToken
  readonly ID: HeldToken
}

/**
 * Keeps tokens, and keeps them unlinkable (section 4.3.2): a fresh claim token is presented once and is gone from the wallet
 * before it leaves; a pair of claim and ID token belongs to one Relying Party for good. Of several holders of one wallet (tabs,
 * processes) no two get the same token. Expired tokens are never handed out.
 */
export interface Wallet {
  add(batches: readonly TokenBatch[]): Promise<void>
  /** How many fresh tokens there are: not associated with a Relying Party. */
  count(tokenClass: TokenClass, query: TokenQuery): Promise<number>
  /** Takes a fresh claim token out for good. Undefined if there is none. */
  takeClaimToken(query: TokenQuery): Promise<HeldToken | undefined>
  /**
   * The pair that is associated with a Relying Party. Where there is none, or one of its tokens has expired or will not do,
   * fresh ones become it. If they lack, the classes that do.
   */
  pairFor(relyingParty: string, query: TokenQuery): Promise<TokenPair | { readonly missing: readonly TokenClass[] }>
  /** Deletes expired tokens, and returns how many there were. */
  dropExpired(): Promise<number>
}
