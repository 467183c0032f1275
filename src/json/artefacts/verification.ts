import { equalOctets } from '../../../bindings/octets/octets.js'
import type { IssuerParameters } from '../../uprove/parameters/parameters.js'
import { verifyPresentation, type VerifiedPresentation } from '../../uprove/presentation/verification.js'
import type { RefusalCode } from '../../uprove/token/refusal.js'
import { tokenIdentifier, type Token } from '../../uprove/token/token.js'
import { algorithmOf } from './algorithms.js'
import type { SignedPresentation } from './jws.js'
import { readTokenInformation, type TokenInformation } from './token-information.js'

/** Why a presentation was refused. */
export type JsonRefusalCode =
  | 'verifier/unknown-token'
  | 'verifier/unknown-parameters'
  | 'verifier/algorithm'
  | 'verifier/token-expired'
  | 'verifier/attribute-count'
  | RefusalCode

/** The options of a verification. */
export interface JsonVerificationOptions {
  /** The trusted Issuer parameters, such as those of a JWK set. */
  readonly keys: readonly IssuerParameters[]
  /** The token, for a presentation that only refers to it. */
  readonly token?: Token
  /** When the presentation was received. Default: now. */
  readonly receivedAt?: Date
}

/** An accepted presentation. */
export interface AcceptedJsonPresentation extends VerifiedPresentation {
  /** The parameters of its Issuer, one of `keys`. */
  readonly parameters: IssuerParameters
  readonly tokenInformation: TokenInformation
}

/** A refused presentation. */
export interface RefusedJsonPresentation {
  readonly valid: false
  readonly code: JsonRefusalCode
}

function refused(code: JsonRefusalCode): RefusedJsonPresentation {
  return { valid: false, code }
}

/**
 * The verdict on a presentation that `readJws()` or `readPresentedJwp()` read: whether its token is of a known Issuer and has not
 * expired, and its proof signs `message`. The caller checks that the message is the one that it asked for, and takes it once;
 * `JsonVerifier` does both.
 *
 * A refusal is a value with a code. Throws `JsonError` for a token information that is not one of the framework.
 *
 * @example
 * ```ts
 * import { createEngine, presentToken, Prover } from 'uprove-wasm'
 * import { createJsonIssuer, readJws, verifyJsonPresentation, writeJws } from 'uprove-wasm/json'
 * import { P256 } from 'uprove-wasm/params/P256'
 *
 * const engine = await createEngine()
 * const issuer = createJsonIssuer(engine.curve(P256), { recommended: P256, specification: { n: 2 } })
 * const { parameters } = issuer
 * const contents = { attributes: ['Alice', 'member'], tokenInformation: '{}' }
 * const session = issuer.begin(contents)
 * const prover = Prover.begin(parameters, contents)
 * const [held] = prover.finish(session.respond(prover.respond(session.message1)))
 * if (held === undefined) throw new Error('no tokens')
 *
 * // The Prover discloses its role, and signs the Verifier's message.
 * const message = 'a challenge'
 * const { proof } = presentToken(parameters, held, { attributes: contents.attributes, disclosed: [2], message })
 * const jws = writeJws('UP256', message, { token: held.token }, proof)
 *
 * const presentation = readJws(jws)
 * const verdict = verifyJsonPresentation(presentation, { keys: [parameters] })
 * if (verdict.valid) console.log(new TextDecoder().decode(verdict.attributes.get(2) ?? undefined)) // member
 * const changed = { ...presentation, message: new TextEncoder().encode('another') }
 * console.log(verifyJsonPresentation(changed, { keys: [parameters] })) // { valid: false, code: presentation/proof }
 * ```
 */
export function verifyJsonPresentation(
  presentation: SignedPresentation,
  options: JsonVerificationOptions,
): AcceptedJsonPresentation | RefusedJsonPresentation {
  const { alg, message, proof } = presentation
  const { keys, receivedAt = new Date() } = options
  const token = presentation.token ?? options.token
  if (token === undefined) return refused('verifier/unknown-token')
  const parameters = keys.find(({ uid }) => equalOctets(uid, token.uid))
  if (parameters === undefined) return refused('verifier/unknown-parameters')
  if (alg !== algorithmOf(parameters)) return refused('verifier/algorithm')
  const { tokenIdentifier: named } = presentation
  if (named !== undefined && !equalOctets(named, tokenIdentifier(parameters, token))) {
    return refused('verifier/unknown-token')
  }
  const tokenInformation = readTokenInformation(parameters, token.tokenInformation)
  if (tokenInformation.expires !== undefined && receivedAt >= tokenInformation.expires) {
    return refused('verifier/token-expired')
  }
  const { n } = parameters
  const fits = proof.disclosed.every(({ index }) => index <= n) && proof.r.length + proof.disclosed.length === n
  if (!fits) return refused('verifier/attribute-count')
  const verified = verifyPresentation(parameters, token, proof, { message })
  return verified.valid ? { ...verified, parameters, tokenInformation } : verified
}
