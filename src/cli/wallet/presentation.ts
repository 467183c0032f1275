import { tokenIdentifier } from '../../uprove/token/token.js'
import { WsTrustError } from '../../ws-trust/errors.js'
import type { ProfileParameters } from '../../ws-trust/artefacts/issuer-parameters.js'
import {
  checkAudience,
  createPresentationToken,
  type PresentOptions,
  type TokenToPresent,
} from '../../ws-trust/presentation/present.js'
import type { HeldToken } from '../../ws-trust/artefacts/held-tokens.js'
import type { TokenQuery, Wallet } from '../../ws-trust/wallet/wallet.js'
import type { XmlElement } from '../../xml/tree.js'
import { encodeBase64 } from '../../../bindings/octets/base64.js'
import { itemAt } from '../../../bindings/octets/lists.js'
import { UsageError } from '../errors.js'
import { claimTypeOf } from './wallets.js'

/** Which claims to disclose of a token of one Issuer. */
export interface Selection {
  readonly parameters: ProfileParameters
  readonly disclose: readonly string[]
}

/**
 * Divides claims among Issuers: each claim comes from the first Issuer that certifies it. An Issuer named by `uidps` is selected
 * also if no claim is left for it. Throws `UsageError` for an unknown claim type or Issuer.
 */
export function selectClaims(
  kept: readonly ProfileParameters[],
  names: readonly string[],
  uidps: readonly string[],
): Selection[] {
  const named = uidps.map((uidp) => {
    const found = kept.find((candidate) => candidate.uidp === uidp)
    if (found !== undefined) return found
    throw new UsageError(
      `the wallet has no tokens under ${uidp}; choose from ${kept.map((one) => one.uidp).join(', ')}`,
    )
  })
  const issuers = named.length > 0 ? named : kept
  const known = [...new Set(issuers.flatMap(({ specification }) => specification.claimTypes))]
  const claims = names.map((name) => claimTypeOf(name, known))
  const certifies = ({ specification }: ProfileParameters, type: string): boolean =>
    specification.claimTypes.includes(type)
  const selections = issuers.map((parameters) => ({
    parameters,
    disclose: claims.filter((type) => issuers.find((issuer) => certifies(issuer, type)) === parameters),
  }))
  if (named.length > 0) return selections
  const needed = selections.filter(({ disclose }) => disclose.length > 0)
  return needed.length > 0 ? needed : selections.slice(0, 1)
}

/** Which tokens to present: fresh claim tokens; the claim and ID tokens that belong to the Relying Party; its ID tokens alone. */
export type TokenChoice = 'claims' | 'pair' | 'ID'

export interface PresentationOptions extends Pick<
  PresentOptions,
  'relyingParty' | 'message' | 'allowUnnamedNonce' | 'consent' | 'device'
> {
  readonly wallet: Wallet
  readonly selections: readonly Selection[]
  readonly choice: TokenChoice
}

export interface MadePresentation {
  readonly token: XmlElement
  /** Token identifiers of the ID tokens in it, base64: how the Relying Party recognises the user. */
  readonly persistentIdentifiers: readonly string[]
}

/**
 * Takes tokens out of a wallet and presents them. Before a token is taken, the message must name the Relying Party and the user
 * consents to signed data. Throws `WsTrustError` (`ws-trust/no-token`, `.../consent`, `.../other-relying-party`,
 * `.../unnamed-relying-party`), and what `createPresentationToken` and the wallet throw.
 */
export async function presentSelections(options: PresentationOptions): Promise<MadePresentation> {
  const { wallet, selections, relyingParty, choice, message, consent } = options
  if (message !== undefined) checkAudience(message, options)
  if (message?.signedData !== undefined && (await consent?.(message.signedData)) !== true) {
    throw new WsTrustError('ws-trust/consent')
  }
  const queries = selections.map(queryOf)
  if (choice === 'claims') {
    // All or none: a token that was taken is gone.
    const counts = await Promise.all(queries.map((query) => wallet.count('claim', query)))
    if (counts.includes(0)) throw new WsTrustError('ws-trust/no-token')
  }
  const tokens: TokenToPresent[] = []
  for (const [i, { parameters, disclose }] of selections.entries()) {
    const taken = await take(wallet, itemAt(queries, i), choice, relyingParty)
    tokens.push(...taken.map((token) => ({ token, parameters, disclose })))
  }
  const token = await createPresentationToken({ ...options, tokens, consent: () => true })
  const persistentIdentifiers = tokens
    .filter((one) => one.token.tokenClass === 'ID')
    .map((one) => encodeBase64(tokenIdentifier(one.parameters.parameters, one.token.issued.token)))
  return { token, persistentIdentifiers }
}

/** A claim token has to have a value for each claim that it discloses. */
function queryOf({ parameters: { uidp, specification }, disclose }: Selection): TokenQuery {
  const places = disclose.map((type) => specification.claimTypes.indexOf(type))
  return {
    uidp,
    where: ({ tokenClass, attributes }) => tokenClass === 'ID' || places.every((i) => attributes[i] !== null),
  }
}

async function take(
  wallet: Wallet,
  query: TokenQuery,
  choice: TokenChoice,
  relyingParty: string,
): Promise<HeldToken[]> {
  if (choice === 'claims') {
    const token = await wallet.takeClaimToken(query)
    if (token === undefined) throw new WsTrustError('ws-trust/no-token')
    return [token]
  }
  if (choice === 'ID') {
    const token = await wallet.idTokenFor(relyingParty, query)
    if (token === undefined) throw new WsTrustError('ws-trust/no-token')
    return [token]
  }
  const pair = await wallet.pairFor(relyingParty, query)
  if ('missing' in pair) throw new WsTrustError('ws-trust/no-token')
  return [pair.claim, pair.ID]
}
