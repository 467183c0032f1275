import { sha256 } from '@noble/hashes/sha2.js'
import { encodeBase64Url } from '../../../bindings/octets/base64.js'
import { InvalidInputError } from '../../../bindings/errors.js'
import { equalOctets } from '../../../bindings/octets/octets.js'
import { systemRandom, type RandomSource } from '../../../bindings/octets/random.js'
import { MemoryNonceStore, type NonceStore } from '../../authentication/single-use.js'
import type { IssuerParameters } from '../../uprove/parameters/parameters.js'
import type { Token } from '../../uprove/token/token.js'
import { readJws, type SignedPresentation } from '../artefacts/jws.js'
import {
  verifyJsonPresentation,
  type AcceptedJsonPresentation,
  type JsonRefusalCode,
} from '../artefacts/verification.js'
import { readChallenge, writeChallenge, type Challenge } from './challenge.js'
import { encodeText } from '../../../bindings/octets/text.js'

/** Why a presentation was refused by a Verifier that made the challenge. */
export type VerifierRefusalCode =
  | 'verifier/audience'
  | 'verifier/request'
  | 'verifier/signed-data'
  | 'verifier/undisclosed'
  | 'verifier/challenge-used'
  | JsonRefusalCode

/** The verdict of a Verifier. */
export type VerifierVerdict =
  | (AcceptedJsonPresentation & { readonly challenge: Challenge })
  | { readonly valid: false; readonly code: VerifierRefusalCode }

/** The options of a Verifier. */
export interface PresentationVerifierOptions {
  /** The name of this Verifier in challenges, its URL as a rule. */
  readonly audience: string
  /** The trusted Issuer parameters, such as those of JWK sets. */
  readonly keys: readonly IssuerParameters[]
  /** Indices of the attributes that must be disclosed. Default none. */
  readonly required?: readonly number[]
  /** The text that users sign. Default none. */
  readonly signedData?: string
  /** A token that was seen before, by its identifier. Default: every presentation must carry its token. */
  readonly token?: (tokenIdentifier: Uint8Array) => Token | undefined | Promise<Token | undefined>
  /** Default: in memory. The nodes of a farm share one. */
  readonly nonces?: NonceStore
  /** How long a challenge can be answered, in milliseconds. Default 10 minutes. */
  readonly nonceLifetime?: number
  readonly clock?: () => Date
  readonly random?: RandomSource
}

/**
 * A Verifier that asks for presentations: each challenge names it, and is good for one presentation.
 *
 * @example
 * ```ts
 * import { createEngine } from 'uprove-wasm'
 * import { answerChallenge, createJsonIssuer, obtainTokens, PresentationVerifier, TokenIssuance } from 'uprove-wasm/json'
 * import { P256 } from 'uprove-wasm/params/P256'
 *
 * const engine = await createEngine()
 * const issuer = createJsonIssuer(engine.curve(P256), { recommended: P256, specification: { n: 1 } })
 * const { parameters } = issuer
 * const issuance = new TokenIssuance({ issuer, attributes: () => ['member'], tokenInformation: () => ({}) })
 * const post = (document: string) => issuance.answer({ id: 'alice' }, document)
 * const { tokens: [token], attributes } = await obtainTokens({ parameters, post })
 * if (token === undefined) throw new Error('no tokens')
 *
 * const audience = 'https://shop.example'
 * const verifier = new PresentationVerifier({ audience, keys: [parameters], required: [1] })
 * const challenge = await verifier.challenge()
 * const jws = await answerChallenge(challenge, { parameters, token, attributes, disclosed: [1], audience })
 * const verdict = await verifier.verify(jws)
 * console.log(verdict.valid) // true
 * console.log(await verifier.verify(jws)) // { valid: false, code: verifier/challenge-used }
 * ```
 */
export class PresentationVerifier {
  readonly #options: PresentationVerifierOptions
  readonly #nonces: NonceStore
  readonly #clock: () => Date

  /** Throws `InvalidInputError` (`policy/identifiers`) without an audience. */
  constructor(options: PresentationVerifierOptions) {
    const { audience, clock = () => new Date() } = options
    if (audience === '') throw new InvalidInputError('policy/identifiers', 'a Verifier needs a name')
    this.#options = options
    this.#nonces = options.nonces ?? new MemoryNonceStore({ clock })
    this.#clock = clock
  }

  /**
   * A challenge for one presentation: the text that it signs. Throws what the `NonceStore` throws.
   * @param request the request that the presentation is for, such as `GET /members`. Default: any.
   */
  async challenge(request?: string): Promise<string> {
    const { audience, signedData, random = systemRandom, nonceLifetime = 600_000 } = this.#options
    const octets = new Uint8Array(32)
    random.fill(octets)
    const nonce = encodeBase64Url(octets)
    const challenge = writeChallenge({ audience, nonce, request, signedData })
    const until = new Date(this.#clock().getTime() + nonceLifetime)
    await this.#nonces.add(nonce, sha256(encodeText(challenge)), until)
    return challenge
  }

  /**
   * The verdict on an answer that was received now. Each challenge is accepted once.
   *
   * A refusal is a value with a code. Throws `JsonError` for a text that is no presentation, or whose message is no challenge.
   *
   * @param request the request that came with it, if `challenge()` was given one
   */
  async verify(jws: string, request?: string): Promise<VerifierVerdict> {
    const { audience, keys, required = [], signedData } = this.#options
    const presentation = readJws(jws)
    const challenge = readChallenge(presentation.message)
    if (challenge.audience !== audience) return refused('verifier/audience')
    if (challenge.request !== request) return refused('verifier/request')
    if (challenge.signedData !== signedData) return refused('verifier/signed-data')
    const token = await this.#known(presentation)
    const verdict = verifyJsonPresentation(presentation, { keys, token, receivedAt: this.#clock() })
    if (!verdict.valid) return verdict
    if (!required.every((index) => verdict.attributes.has(index))) return refused('verifier/undisclosed')
    // After the proof, so that a forged one does not use up a nonce. Atomic, so that of two copies only one is accepted.
    const digest = await this.#nonces.take(challenge.nonce)
    const isOurs = digest !== undefined && equalOctets(digest, sha256(presentation.message))
    return isOurs ? { ...verdict, challenge } : refused('verifier/challenge-used')
  }

  async #known({ tokenIdentifier }: SignedPresentation): Promise<Token | undefined> {
    return tokenIdentifier === undefined ? undefined : this.#options.token?.(tokenIdentifier)
  }
}

function refused(code: VerifierRefusalCode): VerifierVerdict {
  return { valid: false, code }
}
