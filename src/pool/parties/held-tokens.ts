import type { Group } from '../../../bindings/engine/engine.js'
import type { IssuerParameters } from '../../uprove/parameters/parameters.js'
import type { IssuedToken } from '../../uprove/token/token.js'
import type { NamedGamma } from '../wire/jobs.js'

/** What is known of a held token here, for workers to know as well. */
export interface TokenKnowledge {
  /** Its h is in G_q. */
  readonly checked: boolean
  readonly gamma: NamedGamma | undefined
}

// Beside the tokens and not in them, so that they stay plain data to be cloned and stored.
const known = new WeakMap<IssuedToken, { readonly group: Group; readonly gamma: NamedGamma | undefined }>()

/** Notes that the h of a token is in G_q, since it was made or presented here, and of what batch it is. */
export function rememberToken({ group }: IssuerParameters, token: IssuedToken, gamma?: NamedGamma): void {
  if (known.get(token)?.group !== group) known.set(token, { group, gamma })
}

export function recallToken({ group }: IssuerParameters, token: IssuedToken): TokenKnowledge {
  const entry = known.get(token)
  return entry?.group === group ? { checked: true, gamma: entry.gamma } : { checked: false, gamma: undefined }
}
