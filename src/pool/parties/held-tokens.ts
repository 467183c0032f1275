import type { Group, Scalar } from '../../../bindings/engine/engine.js'
import type { IssuerParameters } from '../../uprove/parameters/parameters.js'
import type { IssuedToken } from '../../uprove/token/token.js'
import type { NamedGamma } from '../wire/jobs.js'

/** Knowledge about a held token, which is sent to workers with it. */
export interface TokenKnowledge {
  /** The (x_1, ..., x_n) that it certifies; then its h is in G_q. */
  readonly x: readonly Scalar[] | undefined
  readonly gamma: NamedGamma | undefined
}

// Kept beside the tokens, so that they stay plain data that can be cloned and stored.
const known = new WeakMap<IssuedToken, TokenKnowledge & { readonly group: Group }>()

/** Notes what a token certifies, since it was made or presented here, and which batch it belongs to. */
export function rememberToken(
  { group }: IssuerParameters,
  token: IssuedToken,
  x: readonly Scalar[],
  gamma?: NamedGamma,
): void {
  if (known.get(token)?.group !== group) known.set(token, { group, x, gamma })
}

/** The knowledge that `rememberToken` noted about a token in this group; its fields are undefined if there is none. */
export function recallToken({ group }: IssuerParameters, token: IssuedToken): TokenKnowledge {
  const entry = known.get(token)
  return entry?.group === group ? { x: entry.x, gamma: entry.gamma } : { x: undefined, gamma: undefined }
}
