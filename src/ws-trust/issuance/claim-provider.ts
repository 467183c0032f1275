import { sha256 } from '@noble/hashes/sha2.js'
import { equalOctets, wipeAll } from '../../../bindings/octets/octets.js'
import { itemAt } from '../../../bindings/octets/lists.js'
import { canonicalize } from '../../xml/canonicalize.js'
import { parseXmlInSlices, type ParseOptions } from '../../xml/parse.js'
import type { XmlElement } from '../../xml/tree.js'
import type { Attribute } from '../../uprove/parameters/attributes.js'
import { claimValueFrom, type ClaimValue } from '../syntax/attributes.js'
import { issuanceBackend, type IssuanceBackend, type Principal } from './backend.js'
import { verifyDeviceParameters, type DeviceParameters } from '../artefacts/device-parameters.js'
import { WsTrustError } from '../errors.js'
import { parseInput, type XmlInput } from '../../xml/reader.js'
import { checkInForce, type ProfileIssuer, type ProfileParameters } from '../artefacts/issuer-parameters.js'
import {
  readSecondResponse,
  readTokenRequest,
  writeFirstResponse,
  writeThirdResponse,
  type FirstInstance,
  type RequestedInstance,
  type SecondResponse,
  type TokenRequest,
} from './messages.js'
import type { TokenClass } from '../syntax/names.js'
import {
  MemoryStateStore,
  type Answer,
  type OpenExchange,
  type StateStore,
  type StoredExchange,
} from './state-store.js'
import {
  createTokenInformation,
  roundUp,
  type Granularity,
  type TokenInformation,
} from '../artefacts/token-information.js'
import type { SignerTrust } from '../trust/signer.js'
import { atWidth } from '../syntax/values.js'

/** How many tokens of a class are issued: if the request does not say, and at most in one exchange (0: none). */
export interface ClassPolicy {
  readonly byDefault: number
  readonly atMost: number
}

/** Decides how many tokens a request gets. Counts of 0 are left out. */
export type CountPolicy<P extends Principal> = (
  requested: readonly RequestedInstance[] | undefined,
  principal: P,
) => readonly RequestedInstance[] | Promise<readonly RequestedInstance[]>

/**
 * Grants the requested tokens, up to a number for each class. Throws `WsTrustError` (`ws-trust/class-refused`) for a class that
 * is not issued.
 */
export function countsUpTo(classes: Readonly<Record<TokenClass, ClassPolicy>>): CountPolicy<Principal> {
  return (requested) => {
    const left = { claim: classes.claim.atMost, ID: classes.ID.atMost }
    const byDefault = (['claim', 'ID'] as const).map((tokenClass) => {
      return { tokenClass, tokenCount: classes[tokenClass].byDefault }
    })
    return (requested ?? byDefault).map(({ tokenClass, tokenCount }) => {
      if (tokenCount > 0 && classes[tokenClass].atMost === 0) throw new WsTrustError('ws-trust/class-refused')
      const granted = Math.min(tokenCount, left[tokenClass])
      left[tokenClass] -= granted
      return { tokenClass, tokenCount: granted }
    })
  }
}

/** Decides when tokens expire. They never outlive their Issuer parameters. */
export type ExpiryPolicy<P extends Principal> = (tokenClass: TokenClass, now: Date, principal: P) => Date

/** Tokens expire after some days, at the next multiple of a granularity, so that many tokens share one date. */
export function expiringAfter(
  days: Readonly<Record<TokenClass, number>>,
  granularity: Granularity,
): ExpiryPolicy<Principal> {
  return (tokenClass, now) => roundUp(new Date(now.getTime() + days[tokenClass] * 86_400_000), granularity)
}

/** Which Devices may protect which client's tokens. */
export interface DevicePolicy<P extends Principal> {
  /** Decides who may sign Device parameters. */
  readonly trust: SignerTrust
  /** Whether a Device with a valid signature may protect this client's tokens. Default: yes. */
  readonly accept?: (device: DeviceParameters, principal: P) => boolean | Promise<boolean>
  /** The known Device of a client that sends no Device parameters. Default: none. */
  readonly known?: (principal: P) => DeviceParameters | undefined | Promise<DeviceParameters | undefined>
  /** Whether all tokens must be Device-protected. Default false. */
  readonly required?: boolean
}

export interface ClaimProviderOptions<P extends Principal> {
  readonly issuer: ProfileIssuer
  /** The claim values of a client, one for each claim type, in order: text, or its UTF-8 encoding. */
  readonly claims: (principal: P, claimTypes: readonly string[]) => readonly Attribute[] | Promise<readonly Attribute[]>
  /** Default: 1 claim token and 1 ID token unless others are requested, up to 1,000 and 100. */
  readonly counts?: CountPolicy<P>
  /** Default: claim tokens after 30 days, ID tokens after 3650, at the beginning of a month. */
  readonly expiry?: ExpiryPolicy<P>
  /** Default: Devices are refused. */
  readonly devices?: DevicePolicy<P>
  /** Default: in memory. */
  readonly store?: StateStore
  /** How long an exchange stays open, in milliseconds. Default: 5 minutes. */
  readonly exchangeLifetime?: number
  /** Default: `issuanceBackend(issuer.issuer)`. */
  readonly backend?: IssuanceBackend
  readonly limits?: ParseOptions
  readonly clock?: () => Date
}

const MAX_INSTANCES = 16
const MAX_TOKENS = 0xffff
/** For answers, which this side wrote itself. */
const ANSWER_LIMITS: ParseOptions = { maxBytes: 1 << 28, maxNodes: 1 << 24 }

/**
 * The Issuer's side of the issuance protocol (section 4.2). `request()` answers a token request with the first response,
 * `respond()` the second response with the third. The principal is the client that the host has authenticated.
 *
 * @example
 * ```ts
 * import { createEngine } from 'uprove-wasm'
 * import { L2048N256 } from 'uprove-wasm/params/L2048N256'
 * import { ClaimProvider, countsUpTo, createIssuer, TokenClient } from 'uprove-wasm/ws-trust'
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
 * const provider = new ClaimProvider({
 *   issuer,
 *   claims: (user) => [user.id === 'alice' ? 'member' : null],
 *   counts: countsUpTo({ claim: { byDefault: 5, atMost: 100 }, ID: { byDefault: 0, atMost: 0 } }),
 * })
 * // A client, whose requests the host has authenticated as those of alice.
 * const exchange = new TokenClient({ parameters: issuer.parameters }).begin()
 * const second = exchange.respond(await provider.request({ id: 'alice' }, exchange.request))
 * const [batch] = exchange.finish(await provider.respond({ id: 'alice' }, second))
 * console.log(batch?.tokens.length, batch?.attributes) // 5 [ member ]
 * ```
 */
export class ClaimProvider<P extends Principal = Principal> {
  readonly #options: ClaimProviderOptions<P>
  readonly #profile: ProfileParameters
  readonly #backend: IssuanceBackend
  readonly #store: StateStore
  readonly #clock: () => Date

  constructor(options: ClaimProviderOptions<P>) {
    const { issuer, backend = issuanceBackend(issuer.issuer), clock = () => new Date() } = options
    this.#options = options
    this.#profile = issuer.parameters
    this.#backend = backend
    this.#store = options.store ?? new MemoryStateStore({ clock })
    this.#clock = clock
  }

  /**
   * The first response to a token request. Throws `XmlError`, `InvalidInputError`, and `WsTrustError`: shape,
   * `ws-trust/not-authenticated`, `.../context`, `.../context-in-use`, `.../token-type`, `.../request-type`,
   * `.../parameters-expired`, `.../parameters-not-yet-valid`, `.../class-refused`, `.../no-tokens`, `.../too-many-tokens`,
   * `.../token-expired`, `.../attribute-...`, `.../device-...`, `.../signature`, `.../signer`.
   */
  async request(principal: P | undefined, input: XmlInput): Promise<XmlElement> {
    const client = authenticated(principal)
    const request = readTokenRequest(await parseInput(input, this.#options.limits))
    const now = this.#clock()
    checkInForce(this.#profile, now)
    const counts = await this.#counts(request, client)
    const device = await this.#device(request, client)
    const hd = device && this.#deviceKey(device)
    const attributes = await this.#attributes(counts, client)

    const secrets: Uint8Array[] = []
    let kept = false
    try {
      const instances: FirstInstance[] = []
      for (const { tokenClass, tokenCount } of counts) {
        const tokenInformation = this.#tokenInformation(tokenClass, now, client, device)
        const { message1, secretState } = await this.#backend.begin({
          attributes: tokenClass === 'claim' ? attributes : this.#profile.specification.claimTypes.map(() => null),
          tokenInformation: tokenInformation.octets,
          count: tokenCount,
          devicePublicKey: hd,
          account: client.id,
        })
        secrets.push(secretState)
        const { sigmaA, sigmaB } = message1
        const written = tokenClass === 'claim' ? attributes : undefined
        instances.push({ tokenClass, tokenCount, attributes: written, tokenInformation, sigmaA, sigmaB })
      }
      const { context } = request
      const { uidp } = this.#profile
      const first = writeFirstResponse({ context, uidp, instances })
      const exchange: OpenExchange = {
        context,
        principal: client.id,
        uidp,
        expires: new Date(now.getTime() + (this.#options.exchangeLifetime ?? 300_000)),
        counts: counts.map(({ tokenCount }) => tokenCount),
        secrets,
      }
      kept = await this.#store.insert(exchange)
      if (!kept) throw new WsTrustError('ws-trust/context-in-use')
      return first
    } finally {
      // The client learns what was wrong with the request, not that `abandon` failed.
      if (!kept) await Promise.allSettled(secrets.map(async (secret) => this.#backend.abandon?.(secret)))
      wipeAll(secrets)
    }
  }

  /**
   * The third response to a second response. The same message gets the same answer again; any other message is refused.
   * Throws `XmlError`, `InvalidInputError` (`scalar/range`), and `WsTrustError`: shape, `ws-trust/not-authenticated`,
   * `.../context-unknown` (also for the Context of another principal), `.../instance-count`, `.../token-count`,
   * `.../number-range`, `.../parameters-expired`, `.../different-message`.
   */
  async respond(principal: P | undefined, input: XmlInput): Promise<XmlElement> {
    const client = authenticated(principal)
    const message = readSecondResponse(await parseInput(input, this.#options.limits))
    const now = this.#clock()
    const exchange = await this.#store.find(message.context)
    if (exchange === undefined) throw new WsTrustError('ws-trust/context-unknown')
    try {
      const isTheirs = exchange.principal === client.id && exchange.uidp === this.#profile.uidp
      if (!isTheirs || exchange.expires <= now) throw new WsTrustError('ws-trust/context-unknown')
      const sigmaC = this.#sigmaC(message, exchange)
      const digest = digestOf(sigmaC)
      if (exchange.answer !== undefined) {
        checkSameMessage(digest, exchange.answer)
        return await parseXmlInSlices(exchange.answer.octets, ANSWER_LIMITS)
      }
      checkInForce(this.#profile, now)
      const sigmaR: (readonly Uint8Array[])[] = []
      for (const [i, secret] of exchange.secrets.entries()) {
        sigmaR.push((await this.#backend.respond(secret, { sigmaC: itemAt(sigmaC, i) })).sigmaR)
      }
      const third = writeThirdResponse({ context: message.context, sigmaR })
      const octets = canonicalize(third)
      // The answer is stored before it leaves: of two answers with one w, at most one leaves.
      const stored = await this.#store.answer(exchange, { digest, octets })
      if (stored === undefined) throw new WsTrustError('ws-trust/context-unknown')
      checkSameMessage(digest, stored)
      return equalOctets(stored.octets, octets) ? third : await parseXmlInSlices(stored.octets, ANSWER_LIMITS)
    } finally {
      wipeAll(exchange.secrets ?? [])
    }
  }

  async #counts({ instances }: TokenRequest, principal: P): Promise<readonly RequestedInstance[]> {
    const { counts = countsUpTo({ claim: { byDefault: 1, atMost: 1000 }, ID: { byDefault: 1, atMost: 100 } }) } =
      this.#options
    const granted = (await counts(instances, principal)).filter(({ tokenCount }) => tokenCount > 0)
    const total = granted.reduce((sum, { tokenCount }) => sum + tokenCount, 0)
    if (total === 0) throw new WsTrustError('ws-trust/no-tokens')
    if (total > MAX_TOKENS || granted.length > MAX_INSTANCES) throw new WsTrustError('ws-trust/too-many-tokens')
    return granted
  }

  /** The attributes of the claim tokens, if there are any. */
  async #attributes(counts: readonly RequestedInstance[], principal: P): Promise<readonly ClaimValue[]> {
    const { claimTypes } = this.#profile.specification
    if (!counts.some(({ tokenClass }) => tokenClass === 'claim')) return []
    const values = await this.#options.claims(principal, claimTypes)
    if (values.length !== claimTypes.length) throw new WsTrustError('ws-trust/attribute-count')
    // An empty element is null. The certified value must be the written one.
    return values.map(claimValueFrom)
  }

  async #device(request: TokenRequest, principal: P): Promise<DeviceParameters | undefined> {
    const { devices } = this.#options
    const { deviceParameters } = request
    if (devices === undefined) {
      if (deviceParameters !== undefined) throw new WsTrustError('ws-trust/device-refused')
      return undefined
    }
    if (deviceParameters === undefined) {
      const known = await devices.known?.(principal)
      if (known === undefined && devices.required === true) throw new WsTrustError('ws-trust/device-required')
      return known
    }
    const device = await verifyDeviceParameters(deviceParameters, devices.trust)
    if (!((await devices.accept?.(device, principal)) ?? true)) throw new WsTrustError('ws-trust/device-refused')
    return device
  }

  /** h_d, checked against the Issuer parameters. Section 4.2.1. */
  #deviceKey({ deviceGenerator, hd }: DeviceParameters): Uint8Array {
    const { parameters, deviceGenerator: supported } = this.#profile
    const { group } = parameters
    if (supported === undefined) throw new WsTrustError('ws-trust/device-unsupported')
    if (deviceGenerator !== supported) throw new WsTrustError('ws-trust/device-mismatch')
    const key = hd.length > group.elementLength ? hd : atWidth(hd, group.elementLength)
    if (!group.isMember(key)) throw new WsTrustError('ws-trust/device-key')
    return key
  }

  #tokenInformation(tokenClass: TokenClass, now: Date, principal: P, device?: DeviceParameters): TokenInformation {
    const { expiry = expiringAfter({ claim: 30, ID: 3650 }, 'month') } = this.#options
    const latest = this.#profile.specification.notOnOrAfter
    const wanted = expiry(tokenClass, now, principal)
    const notOnOrAfter = wanted > latest ? latest : wanted
    if (notOnOrAfter <= now) throw new WsTrustError('ws-trust/token-expired')
    return createTokenInformation(notOnOrAfter, device?.deviceGenerator)
  }

  #sigmaC({ sigmaC }: SecondResponse, { counts }: StoredExchange): Uint8Array[][] {
    if (sigmaC.length !== counts.length) throw new WsTrustError('ws-trust/instance-count')
    const { scalars } = this.#profile.parameters.group
    return sigmaC.map((numbers, i) => {
      if (numbers.length !== counts[i]) throw new WsTrustError('ws-trust/token-count')
      return numbers.map((number) => scalars.from(atWidth(number, scalars.length)))
    })
  }
}

function authenticated<P extends Principal>(principal: P | undefined): P {
  if (principal === undefined || principal.id === '') throw new WsTrustError('ws-trust/not-authenticated')
  return principal
}

/** A digest of the values of a second message. All have one width, and their counts are those of the exchange. */
function digestOf(sigmaC: readonly (readonly Uint8Array[])[]): Uint8Array {
  const hash = sha256.create()
  for (const numbers of sigmaC) for (const number of numbers) hash.update(number)
  return hash.digest()
}

function checkSameMessage(digest: Uint8Array, answer: Answer): void {
  if (!equalOctets(digest, answer.digest)) throw new WsTrustError('ws-trust/different-message')
}
