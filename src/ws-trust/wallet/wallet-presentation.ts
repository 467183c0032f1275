import type { XmlElement } from '../../xml/tree.js'
import { WsTrustError } from '../errors.js'
import type { ProfileParameters } from '../artefacts/issuer-parameters.js'
import type { TokenClass } from '../syntax/names.js'
import type { HeldToken, TokenContents } from '../artefacts/held-tokens.js'
import { checkAudience, createPresentationToken, type PresentOptions } from '../presentation/present.js'
import type { TokenQuery, Wallet } from './wallet.js'

export interface WalletPresentationOptions extends Omit<PresentOptions, 'tokens'> {
  readonly wallet: Wallet
  readonly parameters: ProfileParameters
  /** The claim types to disclose. */
  readonly disclose: readonly string[]
  /**
   * Whether the Relying Party should recognise the user: each time, the pair associated with it is presented. Default false.
   */
  readonly persistentIdentifier?: boolean
  /** Which tokens fit. Default: those with a value for every claim to disclose. */
  readonly where?: (contents: TokenContents) => boolean
  /** Obtains tokens of a class if the wallet has none. Default: `ws-trust/no-token`. */
  readonly refill?: (tokenClass: TokenClass) => Promise<void>
}

/**
 * The up:PresentationToken element for tokens of a wallet (section 4.3.2): a fresh claim token, which is never used again, or
 * the claim and ID tokens associated with the Relying Party. The user is asked before a token is taken. Throws `WsTrustError`
 * (`ws-trust/no-token`), and what `createPresentationToken`, the wallet and `refill` throw.
 */
export async function presentFromWallet(options: WalletPresentationOptions): Promise<XmlElement> {
  const { wallet, parameters, relyingParty, message, disclose, consent, persistentIdentifier = false } = options
  const { claimTypes } = parameters.specification
  if (!disclose.every((claimType) => claimTypes.includes(claimType))) throw new WsTrustError('ws-trust/claims')
  if (message !== undefined) checkAudience(message, options)
  const signedData = message === undefined ? options.signedData : message.signedData
  if (signedData !== undefined && (await consent?.(signedData)) !== true) {
    throw new WsTrustError('ws-trust/consent')
  }
  const hasClaims = ({ tokenClass, attributes }: TokenContents): boolean =>
    tokenClass === 'ID' || claimTypes.every((type, i) => !disclose.includes(type) || attributes[i] !== null)
  const query: TokenQuery = { uidp: parameters.uidp, where: options.where ?? hasClaims }
  const held = persistentIdentifier
    ? await selectPair(wallet, relyingParty, query, options.refill)
    : [await selectClaimToken(wallet, query, options.refill)]
  return createPresentationToken({
    ...options,
    consent: () => true,
    tokens: held.map((token) => ({ token, parameters, disclose })),
  })
}

type Refill = WalletPresentationOptions['refill']

async function selectClaimToken(wallet: Wallet, query: TokenQuery, refill: Refill): Promise<HeldToken> {
  let token = await wallet.takeClaimToken(query)
  if (token === undefined) {
    await refill?.('claim')
    token = await wallet.takeClaimToken(query)
  }
  if (token === undefined) throw new WsTrustError('ws-trust/no-token')
  return token
}

async function selectPair(
  wallet: Wallet,
  relyingParty: string,
  query: TokenQuery,
  refill: Refill,
): Promise<HeldToken[]> {
  let pair = await wallet.pairFor(relyingParty, query)
  if ('missing' in pair) {
    for (const tokenClass of pair.missing) await refill?.(tokenClass)
    pair = await wallet.pairFor(relyingParty, query)
  }
  if ('missing' in pair) throw new WsTrustError('ws-trust/no-token')
  return [pair.claim, pair.ID]
}
