import { itemAt, known } from '../../../bindings/octets/lists.js'
import { newUuidUrn, systemRandom, type RandomSource } from '../../../bindings/octets/random.js'
import type { DeviceContribution } from '../../uprove/parameters/contents.js'
import { ProtocolError } from '../../uprove/errors.js'
import { wipeAll } from '../../../bindings/octets/octets.js'
import { Prover } from '../../uprove/issuance/prover.js'
import type { ParseOptions } from '../../xml/parse.js'
import type { XmlElement } from '../../xml/tree.js'
import type { ClaimValue } from '../syntax/attributes.js'
import { WsTrustError } from '../errors.js'
import type { XmlInput } from '../../xml/reader.js'
import { checkInForce, type ProfileParameters } from '../artefacts/issuer-parameters.js'
import {
  readFirstResponse,
  readThirdResponse,
  writeSecondResponse,
  writeTokenRequest,
  type FirstInstance,
  type FirstResponse,
} from './messages.js'
import type { TokenClass } from '../syntax/names.js'
import type { TokenBatch } from '../artefacts/held-tokens.js'
import { isAsCoarseAs, isPlain, type Granularity } from '../artefacts/token-information.js'
import { atWidth } from '../syntax/values.js'

export interface TokenClientOptions {
  readonly parameters: ProfileParameters
  /**
   * Refuse tokens whose information could single them out: a date finer than this, or an unusual way of writing. Default: all
   * are accepted.
   */
  readonly granularity?: Granularity
  /** How many tokens one exchange may have. Default 65,535. */
  readonly maxTokens?: number
  readonly limits?: ParseOptions
  readonly clock?: () => Date
  readonly random?: RandomSource
  readonly allowVariableTime?: boolean
}

/** The Device that will protect the tokens. */
export interface RequestedDevice {
  /** The Device's contribution to the issuance. */
  readonly contribution: DeviceContribution
  /** Its signed parameters; undefined if the Claim Provider knows the Device. */
  readonly parameters?: XmlElement
}

export interface ObtainOptions {
  /** How many claim and ID tokens; 0: none. If neither is given, the Claim Provider decides. */
  readonly claim?: number
  readonly ID?: number
  readonly device?: RequestedDevice
  /** Decides about the Claim Provider's offer (the claim values, the counts) before the client commits itself. Default: yes. */
  readonly review?: (offer: FirstResponse) => boolean
}

/** Carries a message to the Claim Provider and returns its answer. */
export type IssuanceTransport = (message: XmlElement) => Promise<XmlInput>

/**
 * The Prover's side of the issuance protocol (section 4.2).
 *
 * @example
 * ```ts
 * import { createEngine } from 'uprove-wasm'
 * import { L2048N256 } from 'uprove-wasm/params/L2048N256'
 * import { ClaimProvider, createIssuer, TokenClient, type XmlElement } from 'uprove-wasm/ws-trust'
 *
 * const engine = await createEngine()
 * const issuer = createIssuer(engine.subgroup(L2048N256), {
 *   uidp: 'https://fabrikam.example/parameters/1',
 *   issuer: 'https://fabrikam.example',
 *   notBefore: new Date(Date.now() - 60_000),
 *   notOnOrAfter: new Date(Date.now() + 365 * 86_400_000),
 *   claimTypes: ['urn:example:role'],
 *   recommended: L2048N256,
 * })
 * // Here the Claim Provider is in the same process; `soapIssuance()` reaches one over the network.
 * const provider = new ClaimProvider({ issuer, claims: () => ['member'] })
 * const user = { id: 'alice' }
 * const transport = (message: XmlElement) =>
 *   message.localName === 'RequestSecurityToken' ? provider.request(user, message) : provider.respond(user, message)
 *
 * const client = new TokenClient({ parameters: issuer.parameters, granularity: 'month' })
 * const batches = await client.obtain({ claim: 3, ID: 1 }, transport)
 * console.log(batches.map(({ tokenClass, tokens }) => `${tokens.length} ${tokenClass}`).join(', ')) // 3 claim, 1 ID
 * ```
 */
export class TokenClient {
  constructor(private readonly options: TokenClientOptions) {}

  /**
   * Begins an exchange with a new Context. Throws `WsTrustError` (`ws-trust/parameters-expired`,
   * `.../parameters-not-yet-valid`, `.../no-tokens`, `.../too-many-tokens`, `.../device-unsupported`).
   */
  begin(request: ObtainOptions = {}): TokenExchange {
    return new TokenExchange(this.options, request)
  }

  /** The tokens of a whole exchange. Throws what `TokenExchange` and the transport throw. */
  async obtain(request: ObtainOptions, transport: IssuanceTransport): Promise<TokenBatch[]> {
    const exchange = this.begin(request)
    try {
      const second = exchange.respond(await transport(exchange.request))
      return exchange.finish(await transport(second))
    } finally {
      exchange.dispose()
    }
  }
}

/** One exchange of a client: send `request`, `respond()` to the first response, `finish()` with the third. */
export class TokenExchange {
  readonly context: string
  /** The token request, to be sent. */
  readonly request: XmlElement
  readonly #options: TokenClientOptions
  readonly #wanted: ObtainOptions
  /** The classes that the client does not want. */
  readonly #unwanted: readonly TokenClass[]
  #pending: readonly { readonly instance: FirstInstance; readonly prover: Prover }[] | undefined
  #step: 'begun' | 'answered' | 'closed' = 'begun'

  /** @internal */
  constructor(options: TokenClientOptions, wanted: ObtainOptions) {
    const { parameters, maxTokens = MAX_TOKENS, random = systemRandom } = options
    const { claim, ID, device } = wanted
    checkInForce(parameters, this.#now(options))
    if (device !== undefined && parameters.deviceGenerator === undefined) {
      throw new WsTrustError('ws-trust/device-unsupported')
    }
    const stated = claim !== undefined || ID !== undefined
    const instances = [
      { tokenClass: 'claim' as const, tokenCount: claim ?? 0 },
      { tokenClass: 'ID' as const, tokenCount: ID ?? 0 },
    ]
    const total = instances.reduce((sum, { tokenCount }) => sum + tokenCount, 0)
    if (stated && total === 0) throw new WsTrustError('ws-trust/no-tokens')
    if (instances.some(({ tokenCount }) => !isCount(tokenCount)) || total > maxTokens) {
      throw new WsTrustError('ws-trust/too-many-tokens')
    }
    this.#options = options
    this.#wanted = wanted
    this.#unwanted = instances.filter(({ tokenCount }) => stated && tokenCount === 0).map((i) => i.tokenClass)
    this.context = newUuidUrn(random)
    this.request = writeTokenRequest({
      context: this.context,
      instances: stated ? instances : undefined,
      deviceParameters: device?.parameters,
    })
  }

  /**
   * The second response to a first response. A refused message leaves the exchange as it was.
   * Throws `XmlError`, `ProtocolError` (`issuance/out-of-order`), `InvalidInputError` (`attribute/...`, `element/range`,
   * `device/...`), and `WsTrustError`: shape, `ws-trust/context-mismatch`, `.../other-parameters`, `.../attribute-count`,
   * `.../too-many-tokens`, `.../unrequested-class`, `.../token-expired`, `.../token-outlives-parameters`,
   * `.../device-required`, `.../device-unexpected`, `.../device-mismatch`, `.../fine-grained-expiry`, `.../number-range`,
   * `.../parameters-expired`, `.../declined`.
   */
  respond(input: XmlInput): XmlElement {
    this.#expect('begun')
    const first = readFirstResponse(input, this.#options.limits)
    this.#check(first)
    const { parameters } = this.#options.parameters
    const { elementLength } = parameters.group
    const pending: { readonly instance: FirstInstance; readonly prover: Prover }[] = []
    try {
      const sigmaC = first.instances.map((instance) => {
        const wide = (number: Uint8Array): Uint8Array => atWidth(number, elementLength)
        const [sigmaA, sigmaB] = [instance.sigmaA.map(wide), instance.sigmaB.map(wide)]
        const prover = this.#prover(instance)
        pending.push({ instance, prover })
        return prover.respond({ sigmaA, sigmaB }).sigmaC
      })
      this.#pending = pending
      this.#step = 'answered'
      return writeSecondResponse({ context: this.context, sigmaC })
    } catch (error) {
      for (const { prover } of pending) prover.dispose()
      throw error
    }
  }

  /**
   * The tokens from the third response. Throws `XmlError`, `ProtocolError` (`issuance/out-of-order`, `issuance/signature`,
   * `issuance/self-check`), `InvalidInputError` (`scalar/range`), and `WsTrustError`: shape, `ws-trust/context-mismatch`,
   * `.../instance-count`, `.../token-count`, `.../number-range`.
   */
  finish(input: XmlInput): TokenBatch[] {
    this.#expect('answered')
    const third = readThirdResponse(input, this.#options.limits)
    const pending = known(this.#pending)
    if (third.context !== this.context) throw new WsTrustError('ws-trust/context-mismatch')
    if (third.sigmaR.length !== pending.length) throw new WsTrustError('ws-trust/instance-count')
    const { scalarLength } = this.#options.parameters.parameters.group
    const answered = pending.map((each, i) => {
      const numbers = itemAt(third.sigmaR, i)
      if (numbers.length !== each.instance.tokenCount) throw new WsTrustError('ws-trust/token-count')
      return { ...each, message3: { sigmaR: numbers.map((number) => atWidth(number, scalarLength)) } }
    })
    const { uidp } = this.#options.parameters
    const batches: TokenBatch[] = []
    try {
      for (const { instance, prover, message3 } of answered) {
        const tokens = prover.finish(message3)
        const { tokenClass, tokenInformation } = instance
        batches.push({ tokenClass, uidp, tokenInformation, attributes: this.#attributes(instance), tokens })
      }
      return batches
    } catch (error) {
      for (const { tokens } of batches) wipeAll(tokens.map(({ privateKey }) => privateKey))
      throw error
    } finally {
      this.dispose()
    }
  }

  /** Wipes the secrets. An open exchange cannot be finished after that. */
  dispose(): void {
    this.#step = 'closed'
    for (const { prover } of this.#pending ?? []) prover.dispose()
    this.#pending = undefined
  }

  #now({ clock = () => new Date() }: TokenClientOptions): Date {
    return clock()
  }

  #expect(step: 'begun' | 'answered'): void {
    if (this.#step !== step) {
      throw new ProtocolError('issuance/out-of-order', `the exchange is ${this.#step}, not ${step}`)
    }
  }

  #check(first: FirstResponse): void {
    const { parameters: profile, maxTokens = MAX_TOKENS } = this.#options
    const now = this.#now(this.#options)
    if (first.context !== this.context) throw new WsTrustError('ws-trust/context-mismatch')
    if (first.uidp !== profile.uidp) throw new WsTrustError('ws-trust/other-parameters')
    checkInForce(profile, now)
    const total = first.instances.reduce((sum, { tokenCount }) => sum + tokenCount, 0)
    if (total > maxTokens) throw new WsTrustError('ws-trust/too-many-tokens')
    for (const instance of first.instances) this.#checkInstance(instance, now)
    if (this.#wanted.review?.(first) === false) throw new WsTrustError('ws-trust/declined')
  }

  #checkInstance({ tokenClass, attributes, tokenInformation }: FirstInstance, now: Date): void {
    const { parameters: profile, granularity } = this.#options
    const { device } = this.#wanted
    if (this.#unwanted.includes(tokenClass)) throw new WsTrustError('ws-trust/unrequested-class')
    if (attributes !== undefined && attributes.length !== profile.parameters.n) {
      throw new WsTrustError('ws-trust/attribute-count')
    }
    const { notOnOrAfter, deviceGenerator } = tokenInformation
    if (notOnOrAfter <= now) throw new WsTrustError('ws-trust/token-expired')
    if (notOnOrAfter > profile.specification.notOnOrAfter) throw new WsTrustError('ws-trust/token-outlives-parameters')
    if (device === undefined && deviceGenerator !== undefined) throw new WsTrustError('ws-trust/device-unexpected')
    if (device !== undefined && deviceGenerator === undefined) throw new WsTrustError('ws-trust/device-required')
    if (device !== undefined && deviceGenerator !== profile.deviceGenerator) {
      throw new WsTrustError('ws-trust/device-mismatch')
    }
    // All tokens share the end of the Issuer parameters, however fine that date is.
    const isEnd = notOnOrAfter.getTime() === profile.specification.notOnOrAfter.getTime()
    const isNeutral = (step: Granularity): boolean =>
      isPlain(tokenInformation) && (isEnd || isAsCoarseAs(notOnOrAfter, step))
    if (granularity !== undefined && !isNeutral(granularity)) throw new WsTrustError('ws-trust/fine-grained-expiry')
  }

  #prover(instance: FirstInstance): Prover {
    const { parameters, random, allowVariableTime } = this.#options
    return Prover.begin(parameters.parameters, {
      attributes: this.#attributes(instance),
      tokenInformation: instance.tokenInformation.octets,
      device: this.#wanted.device?.contribution,
      count: instance.tokenCount,
      random,
      allowVariableTime,
    })
  }

  /** All attributes of an ID token are implicitly null. */
  #attributes({ attributes }: FirstInstance): readonly ClaimValue[] {
    return attributes ?? new Array<null>(this.#options.parameters.parameters.n).fill(null)
  }
}

const MAX_TOKENS = 0xffff

function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= MAX_TOKENS
}
