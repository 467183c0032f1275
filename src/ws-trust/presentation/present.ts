import type { RandomSource } from '../../../bindings/octets/random.js'
import { itemAt } from '../../../bindings/octets/lists.js'
import type { ZeroEncoding } from '../../hash/index.js'
import type { DeviceChallenge, DeviceCommitment } from '../../uprove/device/device.js'
import { PresentationSession } from '../../uprove/presentation/presentation.js'
import type { PresentationProof } from '../../uprove/presentation/proof.js'
import type { XmlElement } from '../../xml/tree.js'
import { WsTrustError } from '../errors.js'
import { checkInForce, type ProfileParameters } from '../artefacts/issuer-parameters.js'
import { audienceOf, clientNonce, createMessage, type PresentationMessage } from '../artefacts/presentation-message.js'
import { writePresentationToken, type PresentationDocument } from '../artefacts/presentation-token.js'
import type { HeldToken } from '../artefacts/held-tokens.js'

/** A Device's side of one presentation. It may answer asynchronously. */
export interface PresentationDeviceSession extends DeviceCommitment {
  respond(challenge: DeviceChallenge): Uint8Array | Promise<Uint8Array>
  dispose(): void
}

/** A Device for presentations: a `SoftwareDevice`, or one behind some channel. */
export interface PresentationDevice {
  begin(): PresentationDeviceSession | Promise<PresentationDeviceSession>
}

/** Asks the user whether to sign the text. */
export type Consent = (signedData: string) => boolean | Promise<boolean>

/** A token to present, and the claims to disclose. */
export interface TokenToPresent {
  readonly token: HeldToken
  readonly parameters: ProfileParameters
  /** The claim types that a claim token discloses. Default: none. An ID token discloses all its attributes, which are null. */
  readonly disclose?: readonly string[]
}

export interface PresentOptions {
  /** The identifier of the Relying Party that the client deals with, its URL as a rule. The message must name it. */
  readonly relyingParty: string
  /** The Relying Party's message. Default: a message of the client's own. */
  readonly message?: PresentationMessage
  /** The text that the client's own message signs. Default: none. */
  readonly signedData?: string
  /**
   * Accept a message whose nonce names no Relying Party. Another party may have made it, and the presentation then counts
   * there. Default false. A nonce that names another party is always refused.
   */
  readonly allowUnnamedNonce?: boolean
  readonly tokens: readonly TokenToPresent[]
  /** Needed if the message has data to be signed. */
  readonly consent?: Consent
  /** Needed for Device-protected tokens. */
  readonly device?: PresentationDevice
  /** How null attributes, such as those of ID tokens, are hashed. Default `'octet'`; `'empty'` for Microsoft's SDKs. */
  readonly zeroEncoding?: ZeroEncoding
  readonly clock?: () => Date
  readonly random?: RandomSource
  readonly allowVariableTime?: boolean
}

/**
 * The up:PresentationToken element (section 4.3.2). Throws `WsTrustError` (`ws-trust/no-token`, `.../consent`, `.../claims`,
 * `.../other-relying-party`, `.../unnamed-relying-party`, `.../other-parameters`, `.../parameters-expired`,
 * `.../parameters-not-yet-valid`, `.../token-expired`, `.../nonce`, `.../device-required`), and what `PresentationSession` and
 * the Device throw.
 *
 * @example
 * ```ts
 * import { createEngine } from 'uprove-wasm'
 * import { L2048N256 } from 'uprove-wasm/params/L2048N256'
 * import {
 *   canonicalize, ClaimProvider, createIssuer, createPresentationToken, heldTokens, TokenClient,
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
 * const presentation = await createPresentationToken({
 *   relyingParty: 'https://contoso.example',
 *   tokens: [{ token: token!, parameters: issuer.parameters, disclose: ['urn:example:role'] }],
 * })
 * console.log(new TextDecoder().decode(canonicalize(presentation)).includes('>member<')) // true
 * ```
 */
export async function createPresentationToken(options: PresentOptions): Promise<XmlElement> {
  const { tokens, clock = () => new Date() } = options
  const now = clock()
  if (tokens.length === 0) throw new WsTrustError('ws-trust/no-token')
  for (const { token, parameters } of tokens) {
    if (token.uidp !== parameters.uidp) throw new WsTrustError('ws-trust/other-parameters')
    checkInForce(parameters, now)
    if (token.tokenInformation.notOnOrAfter <= now) throw new WsTrustError('ws-trust/token-expired')
  }
  const { relyingParty, signedData } = options
  const message = options.message ?? createMessage(clientNonce(now, relyingParty), signedData)
  checkAudience(message, options)
  if (message.signedData !== undefined && (await options.consent?.(message.signedData)) !== true) {
    throw new WsTrustError('ws-trust/consent')
  }
  const presentations: PresentationDocument[] = []
  for (const token of tokens) presentations.push(await present(token, message, options))
  return writePresentationToken({ message, presentations })
}

/**
 * Checks that a message is for the Relying Party that the client deals with. Without this, a party could forward the message
 * of another one and impersonate the user there. Throws `WsTrustError` (`ws-trust/other-relying-party`,
 * `ws-trust/unnamed-relying-party`).
 */
export function checkAudience(
  { nonce }: PresentationMessage,
  { relyingParty, allowUnnamedNonce = false }: Pick<PresentOptions, 'relyingParty' | 'allowUnnamedNonce'>,
): void {
  const audience = audienceOf(nonce)
  if (audience === undefined && !allowUnnamedNonce) throw new WsTrustError('ws-trust/unnamed-relying-party')
  if (audience !== undefined && audience !== relyingParty) throw new WsTrustError('ws-trust/other-relying-party')
}

async function present(
  { token, parameters: profile, disclose = [] }: TokenToPresent,
  message: PresentationMessage,
  options: PresentOptions,
): Promise<PresentationDocument> {
  const { device, zeroEncoding, random, allowVariableTime } = options
  const { tokenClass, uidp, tokenInformation, attributes, issued } = token
  const disclosed = tokenClass === 'ID' ? attributes.map((_, i) => i + 1) : disclosedIndices(profile, disclose)
  const isProtected = issued.token.deviceProtected
  if (isProtected && device === undefined) throw new WsTrustError('ws-trust/device-required')
  const deviceSession = isProtected ? await device?.begin() : undefined
  try {
    const session = PresentationSession.begin(
      profile.parameters,
      issued,
      // m_d is null in this profile.
      {
        message: message.octets,
        attributes,
        disclosed,
        random,
        allowVariableTime,
        zeroEncoding,
      },
      deviceSession,
    )
    try {
      const rdPrime = session.deviceChallenge && (await deviceSession?.respond(session.deviceChallenge))
      const { proof } = session.finish(rdPrime)
      const { h, sigmaZPrime, sigmaCPrime, sigmaRPrime } = issued.token
      const document = { uidp, h, tokenInformation, sigmaZPrime, sigmaCPrime, sigmaRPrime }
      return { tokenClass, token: document, ...proofDocument(token, proof) }
    } finally {
      session.dispose()
    }
  } finally {
    deviceSession?.dispose()
  }
}

function disclosedIndices({ specification }: ProfileParameters, disclose: readonly string[]): number[] {
  const { claimTypes } = specification
  if (disclose.some((claimType) => !claimTypes.includes(claimType))) throw new WsTrustError('ws-trust/claims')
  return claimTypes.flatMap((claimType, i) => (disclose.includes(claimType) ? [i + 1] : []))
}

function proofDocument(
  { tokenClass, attributes }: HeldToken,
  { disclosed, a, r0, r, rd }: PresentationProof,
): Omit<PresentationDocument, 'tokenClass' | 'token'> {
  const written = tokenClass === 'ID' ? [] : disclosed
  return { attributes: written.map(({ index }) => ({ index, value: itemAt(attributes, index - 1) })), a, r0, r, rd }
}
