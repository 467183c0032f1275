import { sha256 } from '@noble/hashes/sha2.js'
import { UProveError } from '../../../bindings/errors.js'
import { encodeBase64Url } from '../../../bindings/octets/base64.js'
import { itemAt } from '../../../bindings/octets/lists.js'
import { equalOctets, limits as octetLimits, wipeAll, type OctetsLike } from '../../../bindings/octets/octets.js'
import { systemRandom, type RandomSource } from '../../../bindings/octets/random.js'
import type { Issuer } from '../../uprove/issuance/issuer.js'
import { issuanceBackend, type IssuanceBackend, type Principal } from '../../ws-trust/issuance/backend.js'
import { MemoryStateStore, type Answer, type StateStore } from '../../ws-trust/issuance/state-store.js'
import { readMessage2, writeMessage1, writeMessage3 } from '../artefacts/messages.js'
import { writeAttribute } from '../artefacts/presentation.js'
import { createTokenInformation, type TokenInformationOptions } from '../artefacts/token-information.js'
import { JsonError, type JsonErrorCode } from '../errors.js'
import { check, readDocument, type JsonInput } from '../syntax/reader.js'
import { readExchange, type ExchangeMessage, type TokenOffer } from './issuance.js'
import { decodeText, encodeText } from '../../../bindings/octets/text.js'

/** The options of issuance. */
export interface TokenIssuanceOptions<P extends Principal> {
  readonly issuer: Issuer
  /** The attributes of a client, A_1 to A_n; text stands for its UTF-8 encoding. */
  readonly attributes: (principal: P) => readonly OctetsLike[] | Promise<readonly OctetsLike[]>
  /** What the tokens of a request say to every Verifier: who issued them, and until when they are valid. */
  readonly tokenInformation: (principal: P, now: Date) => TokenInformationOptions
  /** How many tokens one exchange gives at most; a request for more gets so many. Default 1,000. */
  readonly maxTokens?: number
  /** Default: in memory. The nodes of a farm share one. */
  readonly store?: StateStore
  /** How long an exchange stays open, in milliseconds. Default: 5 minutes. */
  readonly exchangeLifetime?: number
  /** Default: the computation in this thread, `issuanceBackend(issuer)`. */
  readonly backend?: IssuanceBackend
  readonly clock?: () => Date
  readonly random?: RandomSource
}

/** The codes that tell a client why a store or a pool refused. */
const REFUSALS: Readonly<Record<string, JsonErrorCode>> = {
  'ws-trust/busy': 'json/busy',
  'ws-trust/too-many-tokens': 'json/too-many-tokens',
  'ws-trust/context-unknown': 'json/exchange-unknown',
}

/**
 * The Issuer's side of issuance over HTTP: each document that a client posts gets one answer. A request for tokens gets the first
 * message, the second message the third. The principal is the client that the host has authenticated; whoever can post the second
 * message gets the tokens, so an exchange belongs to its principal.
 *
 * @example
 * ```ts
 * import { createEngine } from 'uprove-wasm'
 * import { createJsonIssuer, obtainTokens, TokenIssuance } from 'uprove-wasm/json'
 * import { P256 } from 'uprove-wasm/params/P256'
 *
 * const engine = await createEngine()
 * const specification = { n: 1, expType: 'day', attrTypes: ['role'] } as const
 * const issuer = createJsonIssuer(engine.curve(P256), { recommended: P256, specification })
 * const issuance = new TokenIssuance({
 *   issuer,
 *   attributes: (user) => [user.id === 'alice' ? 'member' : 'guest'],
 *   tokenInformation: (_user, now) => ({
 *     issuer: 'https://issuer.example',
 *     expires: new Date(now.getTime() + 30 * 86_400_000),
 *   }),
 * })
 * // A client, whose requests the host has authenticated as those of alice. `post` would be an HTTP request.
 * const post = (document: string) => issuance.answer({ id: 'alice' }, document)
 * const { tokens, attributes } = await obtainTokens({ parameters: issuer.parameters, post, count: 5 })
 * console.log(tokens.length, attributes.map((attribute) => new TextDecoder().decode(attribute))) // 5 [ member ]
 * ```
 */
export class TokenIssuance<P extends Principal = Principal> {
  readonly #options: TokenIssuanceOptions<P>
  readonly #backend: IssuanceBackend
  readonly #store: StateStore
  readonly #clock: () => Date

  constructor(options: TokenIssuanceOptions<P>) {
    const { issuer, backend = issuanceBackend(issuer), clock = () => new Date() } = options
    this.#options = options
    this.#backend = backend
    this.#store = options.store ?? new MemoryStateStore({ clock })
    this.#clock = clock
  }

  /**
   * The answer to a document, as JSON text. The same second message gets the same answer again; any other message is refused.
   *
   * Throws `JsonError`: those of reading, and `json/not-authenticated`, `.../no-tokens`, `.../attribute-count`,
   * `.../exchange-unknown` (also for the exchange of another principal), `.../different-message`, `.../busy`,
   * `.../too-many-tokens`; `InvalidInputError` (`scalar/range`).
   */
  async answer(principal: P | undefined, input: JsonInput): Promise<string> {
    check(principal !== undefined && principal.id !== '', 'json/not-authenticated')
    const members = readDocument(input, ['n', 'sID', 'msg'])
    try {
      return await (members['sID'] === undefined ? this.#offer(principal, members) : this.#finish(principal, members))
    } catch (error) {
      const code = error instanceof UProveError ? REFUSALS[error.code] : undefined
      throw code === undefined ? error : new JsonError(code, { cause: error })
    }
  }

  async #offer(principal: P, request: object): Promise<string> {
    const { issuer, maxTokens = 1000, exchangeLifetime = 300_000, random = systemRandom } = this.#options
    const { n = 1 } = readDocument(request, ['n'])
    check(typeof n === 'number' && Number.isSafeInteger(n), 'json/type')
    check(n >= 1, 'json/no-tokens')
    const { parameters } = issuer
    const now = this.#clock()
    const attributes = await this.#options.attributes(principal)
    check(attributes.length === parameters.n, 'json/attribute-count')
    const tokenInformation = createTokenInformation(parameters, this.#options.tokenInformation(principal, now))
    const count = Math.min(n, maxTokens, octetLimits.batch)

    const begun = await this.#backend.begin({ attributes, tokenInformation, count, account: principal.id })
    let kept = false
    try {
      const name = new Uint8Array(32)
      random.fill(name)
      const offer: TokenOffer = {
        sID: encodeBase64Url(name),
        TI: encodeBase64Url(tokenInformation),
        A: attributes.length === 0 ? undefined : attributes.map(writeAttribute),
        msg: writeMessage1(begun.message1),
      }
      kept = await this.#store.insert({
        context: offer.sID,
        principal: principal.id,
        uidp: encodeBase64Url(parameters.uid),
        expires: new Date(now.getTime() + exchangeLifetime),
        counts: [count],
        secrets: [begun.secretState],
      })
      // 256 random bits are in use already: the source of randomness repeats.
      check(kept, 'json/busy')
      return JSON.stringify(offer)
    } finally {
      if (!kept) await Promise.allSettled([this.#backend.abandon?.(begun.secretState)])
      wipeAll([begun.secretState])
    }
  }

  async #finish(principal: P, document: object): Promise<string> {
    const { parameters } = this.#options.issuer
    const { sID, msg } = readExchange(document, ['sID', 'msg'])
    const message2 = readMessage2(parameters, msg)
    const exchange = await this.#store.find(sID)
    check(exchange !== undefined, 'json/exchange-unknown')
    try {
      const isTheirs = exchange.principal === principal.id && exchange.uidp === encodeBase64Url(parameters.uid)
      check(isTheirs && exchange.expires > this.#clock(), 'json/exchange-unknown')
      check(message2.sigmaC.length === exchange.counts[0], 'json/count')
      const sigmaC = message2.sigmaC.map((number) => parameters.group.scalars.from(number))
      const digest = digestOf(sigmaC)
      if (exchange.answer !== undefined) return textOf(digest, exchange.answer)
      const message3 = await this.#backend.respond(itemAt(exchange.secrets, 0), { sigmaC })
      const answer: ExchangeMessage = { sID, msg: writeMessage3(message3) }
      // The answer is stored before it leaves: of two answers with one w, at most one leaves.
      const octets = encodeText(JSON.stringify(answer))
      const stored = await this.#store.answer(exchange, { digest, octets })
      check(stored !== undefined, 'json/exchange-unknown')
      return textOf(digest, stored)
    } finally {
      wipeAll(exchange.secrets ?? [])
    }
  }
}

/** A digest of the values of a second message, which all have one width. */
function digestOf(sigmaC: readonly Uint8Array[]): Uint8Array {
  const hash = sha256.create()
  for (const number of sigmaC) hash.update(number)
  return hash.digest()
}

function textOf(digest: Uint8Array, answer: Answer): string {
  check(equalOctets(digest, answer.digest), 'json/different-message')
  return decodeText(answer.octets)
}
