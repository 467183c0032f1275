import { type RandomSource, systemRandom } from '../../../bindings/octets/random.js'
import { itemAt } from '../../../bindings/octets/lists.js'
import { InvalidInputError, undefinedOn } from '../../../bindings/errors.js'
import type { ZeroEncoding } from '../../hash/index.js'
import { hashFunction } from '../../hash/index.js'
import type { PresentationProof } from '../../uprove/presentation/proof.js'
import type { RefusalCode } from '../../uprove/token/refusal.js'
import { verifyPresentation } from '../../uprove/presentation/verification.js'
import { encodeBase64 } from '../../../bindings/octets/base64.js'
import { equalOctets } from '../../../bindings/octets/octets.js'
import type { ParseOptions } from '../../xml/parse.js'
import type { ClaimValue } from '../syntax/attributes.js'
import { WsTrustError } from '../errors.js'
import { parseInput, type XmlInput } from '../../xml/reader.js'
import type { XmlElement } from '../../xml/tree.js'
import type { ProfileParameters } from '../artefacts/issuer-parameters.js'
import { isTokenClass } from '../syntax/names.js'
import {
  createMessage,
  messageDigest,
  NONCE_LENGTH,
  parseClientNonce,
  relyingPartyNonce,
  type PresentationMessage,
} from '../artefacts/presentation-message.js'
import {
  PRESENTATION_LIMITS,
  readPresentationToken,
  type PresentationDocument,
} from '../artefacts/presentation-token.js'
import {
  MemoryNonceStore,
  MemoryReplayCache,
  type NonceStore,
  type ReplayCache,
} from '../../authentication/single-use.js'
import { tokenFromDocument } from '../artefacts/token.js'
import { atWidth } from '../syntax/values.js'

/** Why a presentation token was refused, in the order of section 4.3.3. */
export type PresentationRefusalCode =
  // 1: the message.
  | 'relying-party/message-mismatch'
  | 'relying-party/nonce-form'
  | 'relying-party/time'
  | 'relying-party/audience'
  | 'relying-party/too-many-presentations'
  // 2a: the class.
  | 'relying-party/token-class'
  // 2b: the token's Issuer parameters and dates.
  | 'relying-party/unknown-parameters'
  | 'relying-party/issuer'
  | 'relying-party/token-outlives-parameters'
  | 'relying-party/token-expired'
  | 'relying-party/parameters-not-yet-valid'
  // 2c: the proof.
  | 'relying-party/device-generator'
  | 'relying-party/id-disclosure'
  | 'relying-party/attribute-indices'
  | 'relying-party/response-count'
  | 'relying-party/number-range'
  | RefusalCode
  // 2c.ii: freshness, once every proof is verified.
  | 'relying-party/nonce-used'
  | 'relying-party/replayed'
  // The policy.
  | 'relying-party/claims'
  | 'relying-party/identifier'
  | 'relying-party/device-required'
  | 'relying-party/signed-data'

/** A claim that a presentation discloses. */
export interface PresentedClaim {
  readonly claimType: string
  /** Counted from 1. */
  readonly index: number
  readonly value: ClaimValue
}

interface PresentedBase {
  readonly uidp: string
  /** The Claim Provider. */
  readonly issuer: string
  readonly deviceProtected: boolean
}

/** A claim token that was presented. */
export interface PresentedClaims extends PresentedBase {
  readonly tokenClass: 'claim'
  readonly claims: readonly PresentedClaim[]
  /** Base64; the same whenever this token is presented again. */
  readonly tokenIdentifier: string
}

/** An ID token that was presented. */
export interface PresentedIdentifier extends PresentedBase {
  readonly tokenClass: 'ID'
  /** Base64 of the token identifier. */
  readonly persistentIdentifier: string
}

/** An accepted presentation token, and what it states. */
export interface AcceptedPresentation {
  readonly valid: true
  readonly presentations: readonly (PresentedClaims | PresentedIdentifier)[]
  /** The text that the user signed. */
  readonly signedData: string | undefined
  readonly nonce: string
}

export interface RefusedPresentation {
  readonly valid: false
  readonly code: PresentationRefusalCode
}

/** Claims that one claim token must disclose, none of them null. */
export interface ClaimRequirement {
  /** At least one. */
  readonly claimTypes: readonly string[]
  /** The Issuers that may certify them. Default: all accepted Issuers. */
  readonly issuers?: readonly string[]
}

/** The requirements of a Relying Party on a presentation token. */
export interface PresentationPolicy {
  /** The Issuers (up:Issuer) whose tokens are accepted. Default: those of all trusted parameters. */
  readonly issuers?: readonly string[]
  /**
   * One claim token must meet each requirement. The tokens of two persons may meet two requirements: nothing binds them unless
   * the claims do. The same holds for claims and a persistent identifier.
   */
  readonly claims?: readonly ClaimRequirement[]
  /** Whether an ID token must be presented. Default false. */
  readonly persistentIdentifier?: boolean
  /** Whether every token must be Device-protected. Default false. */
  readonly deviceRequired?: boolean
  /** The text that the user must sign. `challenge()` asks for it. Default: no text is required. */
  readonly signedData?: string
}

export interface RelyingPartyOptions {
  /**
   * The names of this Relying Party, usually its URLs: its nonces carry the first one, and a client's own message must name one
   * of them, character by character.
   */
  readonly identifiers: readonly string[]
  /** The trusted Issuer parameters, verified. */
  readonly parameters: readonly ProfileParameters[]
  /** Default: any valid token of trusted Issuers. */
  readonly policy?: PresentationPolicy
  /** How old a client's own message may be, in milliseconds. Default 5 minutes. */
  readonly maxAge?: number
  /** How much the clocks of clients and nodes may differ, either way, in milliseconds. Default 1 minute. */
  readonly clockSkew?: number
  /** Default: in memory. */
  readonly replayCache?: ReplayCache
  readonly nonces?: NonceStore
  /** How long a nonce can be used, in milliseconds. Default 10 minutes. */
  readonly nonceLifetime?: number
  /** How many presentations one presentation token may have. Default 8. */
  readonly maxPresentations?: number
  /** Accept only this form of hashed zeros. Default: both. */
  readonly zeroEncoding?: ZeroEncoding
  /** The limits of parsing a presentation token. Default: 512 KiB and 10,000 nodes, many times the usual size. */
  readonly limits?: ParseOptions
  readonly clock?: () => Date
  readonly random?: RandomSource
}

export interface AuditOptions {
  /** When the presentation token was received. */
  readonly receivedAt: Date
  /** The message, if the Relying Party had made it. */
  readonly message?: PresentationMessage
}

class Refused extends Error {
  constructor(readonly code: PresentationRefusalCode) {
    super(code)
  }
}

function require(condition: boolean, code: PresentationRefusalCode): asserts condition {
  if (!condition) throw new Refused(code)
}

/** A presentation token whose proofs are verified. Its freshness is not checked yet. */
interface Verified {
  readonly accepted: AcceptedPresentation
  readonly message: PresentationMessage
  /** `a` of each presentation. */
  readonly witnesses: readonly Uint8Array[]
  /** The time until which the client's message is fresh; undefined for a message of the Relying Party. */
  readonly freshUntil: Date | undefined
}

/**
 * The Verifier's side of the presentation protocol (section 4.3.3).
 *
 * @example
 * ```ts
 * import { createEngine } from 'uprove-wasm'
 * import { L2048N256 } from 'uprove-wasm/params/L2048N256'
 * import {
 *   ClaimProvider, createIssuer, createPresentationToken, heldTokens, RelyingParty, TokenClient,
 * } from 'uprove-wasm/ws-trust'
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
 * const provider = new ClaimProvider({ issuer, claims: () => ['member'] })
 * const exchange = new TokenClient({ parameters: issuer.parameters }).begin({ claim: 1, ID: 0 })
 * const second = exchange.respond(await provider.request({ id: 'alice' }, exchange.request))
 * const [token] = heldTokens(exchange.finish(await provider.respond({ id: 'alice' }, second)))
 *
 * const party = new RelyingParty({
 *   identifiers: ['https://contoso.example'],
 *   parameters: [issuer.parameters],
 *   policy: { claims: [{ claimTypes: ['urn:example:role'] }] },
 * })
 * const message = await party.challenge('I accept the terms of Contoso')
 * const presentation = await createPresentationToken({
 *   relyingParty: 'https://contoso.example',
 *   message,
 *   consent: (text) => text === 'I accept the terms of Contoso',
 *   tokens: [{ token: token!, parameters: issuer.parameters, disclose: ['urn:example:role'] }],
 * })
 * const verdict = await party.verify(presentation, message)
 * console.log(verdict.valid && verdict.signedData) // I accept the terms of Contoso
 * console.log(await party.verify(presentation, message)) // { valid: false, code: relying-party/nonce-used }
 * ```
 */
export class RelyingParty {
  readonly #options: RelyingPartyOptions
  readonly #clock: () => Date
  readonly #replayCache: ReplayCache
  readonly #nonces: NonceStore
  readonly #maxAge: number
  readonly #clockSkew: number
  readonly #limits: ParseOptions

  /**
   * Throws `InvalidInputError`: `policy/claims` for a requirement without claim types, which any token would meet;
   * `policy/parameters` for two parameter sets of one UIDP, or of one key in different revisions.
   */
  constructor(options: RelyingPartyOptions) {
    const { clock = () => new Date(), maxAge = 300_000, clockSkew = 60_000 } = options
    if (options.policy?.claims?.some(({ claimTypes }) => claimTypes.length === 0) === true) {
      throw new InvalidInputError('policy/claims', 'a requirement must name claim types')
    }
    checkParameters(options.parameters)
    this.#options = options
    this.#clock = clock
    this.#replayCache = options.replayCache ?? new MemoryReplayCache({ clock })
    this.#nonces = options.nonces ?? new MemoryNonceStore({ clock })
    this.#maxAge = maxAge
    this.#clockSkew = clockSkew
    this.#limits = { ...PRESENTATION_LIMITS, ...options.limits }
  }

  /**
   * A message for one presentation, with an unpredictable nonce that names this Relying Party. Keep it with the client's
   * session and pass it to `verify()`: that ties the presentation to the session.
   *
   * @param signedData the text that the user must sign. Default: that of the policy.
   * @param identifier the name in the nonce. Default: the first of `identifiers`. Throws `InvalidInputError`
   * (`policy/identifiers`) without an identifier, `XmlError` (`xml/character`), and what the `NonceStore` throws.
   */
  async challenge(
    signedData = this.#options.policy?.signedData,
    identifier = this.#options.identifiers[0],
  ): Promise<PresentationMessage> {
    const { random = systemRandom, nonceLifetime = 600_000 } = this.#options
    if (identifier === undefined || identifier === '') {
      throw new InvalidInputError('policy/identifiers', 'a challenge needs an identifier of the Relying Party')
    }
    const octets = new Uint8Array(NONCE_LENGTH)
    random.fill(octets)
    const message = createMessage(relyingPartyNonce(octets, identifier), signedData)
    const until = new Date(this.#clock().getTime() + nonceLifetime)
    await this.#nonces.add(message.nonce, messageDigest(message), until)
    return message
  }

  /**
   * The verdict on a presentation token that was received now. With `message`, the one that `challenge()` gave for this
   * session, only that message is accepted, once; without it, only fresh messages of the client's own.
   *
   * A refused token is a value with a code. Throws `XmlError` and `WsTrustError` for a document that is no presentation token.
   */
  async verify(input: XmlInput, message?: PresentationMessage): Promise<AcceptedPresentation | RefusedPresentation> {
    return this.#judge(async () => {
      const {
        accepted,
        message: presented,
        witnesses,
        freshUntil,
      } = this.#verify(await parseInput(input, this.#limits), this.#clock(), message)
      // After the proofs, so that a forged token does not use up a nonce. Atomic, so that of two simultaneous copies only one
      // is accepted.
      if (freshUntil === undefined) {
        const digest = await this.#nonces.take(accepted.nonce)
        require(digest !== undefined, 'relying-party/nonce-used')
        // `message` may have come from the presenter. What counts is the message that `challenge()` gave. Section 4.3.3, step 1.
        require(equalOctets(digest, messageDigest(presented)), 'relying-party/message-mismatch')
      } else {
        // Kept as long as a node whose clock is behind takes the message for fresh.
        const until = new Date(freshUntil.getTime() + this.#clockSkew)
        require(await this.#replayCache.insert(witnesses, until), 'relying-party/replayed')
      }
      return accepted
    })
  }

  /**
   * The verdict of an auditor on a presentation token that was received earlier, by the dates of that time. An audit cannot
   * tell a replay. Throws like `verify()`.
   */
  audit(input: XmlInput, { receivedAt, message }: AuditOptions): Promise<AcceptedPresentation | RefusedPresentation> {
    return this.#judge(async () => this.#verify(await parseInput(input, this.#limits), receivedAt, message).accepted)
  }

  async #judge(verify: () => Promise<AcceptedPresentation>): Promise<AcceptedPresentation | RefusedPresentation> {
    try {
      return await verify()
    } catch (error) {
      if (error instanceof Refused) return { valid: false, code: error.code }
      throw error
    }
  }

  #verify(element: XmlElement, receivedAt: Date, expected: PresentationMessage | undefined): Verified {
    const { maxPresentations = 8 } = this.#options
    const { message, presentations } = readPresentationToken(element)
    const freshUntil = this.#checkMessage(message, receivedAt, expected)
    require(presentations.length <= maxPresentations, 'relying-party/too-many-presentations')
    const presented = presentations.map((presentation) => this.#verifyOne(presentation, message, receivedAt))
    this.#checkPolicy(presented, message)
    const { signedData, nonce } = message
    return {
      accepted: { valid: true, presentations: presented, signedData, nonce },
      message,
      witnesses: presentations.map(({ a }) => a),
      freshUntil,
    }
  }

  /** Step 1. Returns the time until which a client's own message is fresh. */
  #checkMessage(message: PresentationMessage, receivedAt: Date, expected?: PresentationMessage): Date | undefined {
    if (expected !== undefined) {
      const matches = message.nonce === expected.nonce && message.signedData === expected.signedData
      require(matches, 'relying-party/message-mismatch')
      return undefined
    }
    const parts = parseClientNonce(message.nonce)
    require(parts !== undefined, 'relying-party/nonce-form')
    const [sent, received] = [parts.time.getTime(), receivedAt.getTime()]
    const latest = sent + this.#maxAge + this.#clockSkew
    require(sent <= received + this.#clockSkew && received <= latest, 'relying-party/time')
    require(this.#options.identifiers.includes(parts.relyingParty), 'relying-party/audience')
    return new Date(latest)
  }

  /** Step 2. */
  #verifyOne(
    document: PresentationDocument,
    message: PresentationMessage,
    receivedAt: Date,
  ): PresentedClaims | PresentedIdentifier {
    const { tokenClass, token: tokenDocument } = document
    require(isTokenClass(tokenClass), 'relying-party/token-class')
    const profile = this.#options.parameters.find(({ uidp }) => uidp === tokenDocument.uidp)
    require(profile !== undefined, 'relying-party/unknown-parameters')
    const { parameters, specification } = profile
    require(this.#options.policy?.issuers?.includes(specification.issuer) ?? true, 'relying-party/issuer')
    const { notOnOrAfter, deviceGenerator } = tokenDocument.tokenInformation
    require(notOnOrAfter <= specification.notOnOrAfter, 'relying-party/token-outlives-parameters')
    require(receivedAt < notOnOrAfter, 'relying-party/token-expired')
    require(receivedAt >= specification.notBefore, 'relying-party/parameters-not-yet-valid')
    require(deviceGenerator === undefined ||
      deviceGenerator === profile.deviceGenerator, 'relying-party/device-generator')

    const isId = tokenClass === 'ID'
    const proof = proofOf(profile, document, isId)
    const token = withinRange(() => tokenFromDocument(profile, tokenDocument))
    const { zeroEncoding } = this.#options
    const verified = verifyPresentation(parameters, token, proof, {
      message: message.octets,
      zeroEncoding,
    })
    if (!verified.valid) throw new Refused(verified.code)

    const identifier = encodeBase64(verified.tokenIdentifier)
    const common = { uidp: profile.uidp, issuer: specification.issuer, deviceProtected: token.deviceProtected }
    if (isId) return { ...common, tokenClass, persistentIdentifier: identifier }
    const claims = document.attributes.map(({ index, value }) => {
      return { claimType: itemAt(specification.claimTypes, index - 1), index, value }
    })
    return { ...common, tokenClass, claims, tokenIdentifier: identifier }
  }

  #checkPolicy(presented: readonly (PresentedClaims | PresentedIdentifier)[], message: PresentationMessage): void {
    const { policy = {} } = this.#options
    const { claims = [], persistentIdentifier = false, deviceRequired = false, signedData } = policy
    const meets = (presentation: PresentedClaims | PresentedIdentifier, requirement: ClaimRequirement): boolean => {
      if (presentation.tokenClass === 'ID') return false
      const { issuers, claimTypes } = requirement
      const disclosed = presentation.claims.filter(({ value }) => value !== null).map(({ claimType }) => claimType)
      return (issuers?.includes(presentation.issuer) ?? true) && claimTypes.every((type) => disclosed.includes(type))
    }
    const allMet = claims.every((requirement) => presented.some((presentation) => meets(presentation, requirement)))
    require(allMet, 'relying-party/claims')
    const identified = presented.some(({ tokenClass }) => tokenClass === 'ID')
    require(identified || !persistentIdentifier, 'relying-party/identifier')
    const allProtected = presented.every(({ deviceProtected }) => deviceProtected)
    require(allProtected || !deviceRequired, 'relying-party/device-required')
    require(signedData === undefined || message.signedData === signedData, 'relying-party/signed-data')
  }
}

/**
 * Refuses parameter sets that one token would fit. A token names its parameters by UIDP alone and does not say their revision,
 * so two sets of one UIDP, or one key in two revisions, would be ambiguous.
 */
function checkParameters(parameters: readonly ProfileParameters[]): void {
  parameters.forEach(({ uidp, parameters: { g0, revision } }, i) => {
    for (const other of parameters.slice(0, i)) {
      if (other.uidp === uidp) throw new InvalidInputError('policy/parameters', 'two parameter sets have one UIDP')
      if (equalOctets(other.parameters.g0, g0) && other.parameters.revision !== revision) {
        throw new InvalidInputError('policy/parameters', 'two parameter sets have one key in different revisions')
      }
    }
  })
}

/** The proof in the form of the cryptography. Section 4.3.1. */
function proofOf({ parameters }: ProfileParameters, document: PresentationDocument, isId: boolean): PresentationProof {
  const { n, group, hash } = parameters
  const { attributes, a, r0, r, rd } = document
  if (isId) {
    // An ID token discloses all its attributes, which are null, without writing them.
    require(attributes.length === 0 && r.length === 0, 'relying-party/id-disclosure')
  } else {
    require(attributes.every(({ index }) => index <= n), 'relying-party/attribute-indices')
    require(attributes.length + r.length === n, 'relying-party/response-count')
  }
  require(a.length === hashFunction(hash).outputLen, 'relying-party/number-range')
  const utf8 = new TextEncoder()
  const disclosed = isId
    ? Array.from({ length: n }, (_, i) => ({ index: i + 1, attribute: null }))
    : attributes.map(({ index, value }) => ({ index, attribute: value === null ? null : utf8.encode(value) }))
  const wide = (number: Uint8Array): Uint8Array => withinRange(() => atWidth(number, group.scalarLength))
  return { disclosed, a, r0: wide(r0), r: r.map(wide), rd: rd && wide(rd), commitments: [] }
}

/** What `atWidth` makes; a number that is too long is refused. */
function withinRange<T>(read: () => T): T {
  const value = undefinedOn(WsTrustError, read)
  require(value !== undefined, 'relying-party/number-range')
  return value
}
