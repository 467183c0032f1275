import type { OctetsLike } from '../../../bindings/octets/octets.js'
import { limits as octetLimits } from '../../../bindings/octets/octets.js'
import { Prover, type ProverOptions } from '../../uprove/issuance/prover.js'
import type { IssuerParameters } from '../../uprove/parameters/parameters.js'
import type { IssuedToken } from '../../uprove/token/token.js'
import { readMessage1, readMessage3, writeMessage2 } from '../artefacts/messages.js'
import { readAttribute } from '../artefacts/presentation.js'
import { readTokenInformation, type TokenInformation } from '../artefacts/token-information.js'
import { check, readList, readOctets, type JsonInput } from '../syntax/reader.js'
import { readExchange, type ExchangeMessage, type TokenRequest } from './issuance.js'

/** What an Issuer offers to certify. */
export interface Offer {
  readonly attributes: readonly Uint8Array[]
  readonly tokenInformation: TokenInformation
  /** How many tokens. */
  readonly count: number
}

/** The options of obtaining tokens. */
export interface ObtainTokensOptions extends Pick<ProverOptions, 'walletSeed' | 'allowVariableTime' | 'random'> {
  readonly parameters: IssuerParameters
  /** Posts a document to the Issuer's address and gives its answer: the text of a response of status 200. */
  readonly post: (document: string) => Promise<JsonInput>
  /** How many tokens are wanted. Default 1. The Issuer may give fewer. */
  readonly count?: number
  /** PI, which the Issuer does not see and Verifiers do. Default none. */
  readonly proverInformation?: OctetsLike
  /**
   * Whether the tokens are wanted. Check that a token information says nothing that few tokens share: it would mark them.
   * Default: it must have no members beside `iss` and `exp`.
   */
  readonly accept?: (offer: Offer) => boolean | Promise<boolean>
  readonly clock?: () => Date
}

/** Tokens that were obtained, each verified, with what they certify. */
export interface ObtainedTokens extends Offer {
  readonly tokens: readonly IssuedToken[]
}

/**
 * Obtains a batch of tokens from an Issuer that answers as `TokenIssuance` does.
 *
 * Throws `JsonError`: those of reading, and `json/declined`, `.../token-expired`, `.../too-many-tokens`, `.../no-tokens`,
 * `.../attribute-count`, `.../exchange-unknown` for an answer in another exchange; `ProtocolError` for tokens that do not verify, and
 * what `post` throws.
 */
export async function obtainTokens(options: ObtainTokensOptions): Promise<ObtainedTokens> {
  const { parameters, post, count = 1, proverInformation, accept = hasNoMark, clock = () => new Date() } = options
  const { walletSeed, allowVariableTime, random } = options
  const request: TokenRequest = { n: count }
  const first = readExchange(await post(JSON.stringify(request)), ['sID', 'TI', 'A', 'msg'])
  const message1 = readMessage1(parameters, first.msg)
  const attributes = first['A'] === undefined ? [] : readList(first['A'], octetLimits.attributes, readAttribute)
  check(attributes.length === parameters.n, 'json/attribute-count')
  const octets = readOctets(first['TI'])
  const tokenInformation = readTokenInformation(parameters, octets)
  check(tokenInformation.expires === undefined || tokenInformation.expires > clock(), 'json/token-expired')
  const offered = message1.sigmaA.length
  check(offered >= 1, 'json/no-tokens')
  check(offered <= count, 'json/too-many-tokens')
  const offer: Offer = { attributes, tokenInformation, count: offered }
  check(await accept(offer), 'json/declined')

  const prover = Prover.begin(parameters, {
    ...{ attributes, tokenInformation: octets, proverInformation, count: offered },
    ...{ walletSeed, allowVariableTime, random },
  })
  try {
    const second: ExchangeMessage = { sID: first.sID, msg: writeMessage2(prover.respond(message1)) }
    const third = readExchange(await post(JSON.stringify(second)), ['sID', 'msg'])
    check(third.sID === first.sID, 'json/exchange-unknown')
    return { ...offer, tokens: prover.finish(readMessage3(parameters, third.msg)) }
  } finally {
    prover.dispose()
  }
}

function hasNoMark({ tokenInformation: { members } }: Offer): boolean {
  return Object.keys(members).length === 0
}
