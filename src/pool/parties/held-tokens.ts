import type { Group, Scalar } from '../../../bindings/engine/engine.js'
import type { IssuerParameters } from '../../uprove/parameters/parameters.js'
import type { IssuedToken } from '../../uprove/token/token.js'
import type { NamedGamma } from '../wire/jobs.js'

/** What is known of a held token here, for workers to know as well. */
export interface TokenKnowledge {
  /** The (x_1, ..., x_n) that it certifies; then its h is in G_q. */
  readonly x: readonly Scalar[] | undefined
  readonly gamma: NamedGamma | undefined
}

// Beside the tokens and not in them, so that they stay plain data to be cloned and stored.
const known = new WeakMap<IssuedToken, TokenKnowledge & { readonly group: Group }>()

/** Notes what a token certifies, since it was made or presented here, and of what batch it is. */
export function rememberToken(
  { group }: IssuerParameters,
  token: IssuedToken,
  x: readonly Scalar[],
  gamma?: NamedGamma,
): void {
  if (known.get(token)?.group !== group) known.set(token, { group, x, gamma })
}

/** What `rememberToken` noted of a token in this group; undefined fields if nothing. */
export function recallToken({ group }: IssuerParameters, token: IssuedToken): TokenKnowledge {
  const entry = known.get(token)
  return entry?.group === group ? { x: entry.x, gamma: entry.gamma } : { x: undefined, gamma: undefined }
}
