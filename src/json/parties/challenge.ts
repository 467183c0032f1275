import { decodeBase64Url, encodeBase64Url } from '../../../bindings/octets/base64.js'
import { presentToken } from '../../uprove/presentation/presentation.js'
import type { PresentationOptions } from '../../uprove/presentation/presentation-options.js'
import type { IssuerParameters } from '../../uprove/parameters/parameters.js'
import { tokenIdentifier, type IssuedToken } from '../../uprove/token/token.js'
import { algorithmOf } from '../artefacts/algorithms.js'
import { writeJws } from '../artefacts/jws.js'
import { check, readDocument, readText } from '../syntax/reader.js'
import { decodeText, encodeText } from '../../../bindings/octets/text.js'

/** What a Verifier asks to be signed: the message m is the text of it, character by character. */
export interface Challenge {
  /** The Verifier's name, its URL as a rule. */
  readonly audience: string
  /** Good for one presentation. */
  readonly nonce: string
  /** The request that the presentation is for, such as `GET /members`. */
  readonly request?: string
  /** A text that the user signs. */
  readonly signedData?: string
}

/** A challenge as a JSON object. */
export function writeChallenge({ audience, nonce, request, signedData }: Challenge): string {
  return JSON.stringify({ aud: audience, nonce, req: request, data: signedData })
}

/** Reads a challenge. Throws `JsonError` (`json/type`, `json/unknown-member`, and those of `parseJson`). */
export function readChallenge(message: string | Uint8Array): Challenge {
  const { aud, nonce, req, data } = readDocument(message, ['aud', 'nonce', 'req', 'data'], { maxBytes: 1 << 16 })
  return {
    audience: readText(aud),
    nonce: readText(nonce),
    request: req === undefined ? undefined : readText(req),
    signedData: data === undefined ? undefined : readText(data),
  }
}

const SCHEME = 'U-Prove'

/** A `WWW-Authenticate` header (RFC 9110, section 11.6.1) that asks for a presentation. */
export function writeChallengeHeader(challenge: string): string {
  return `${SCHEME} challenge="${encodeBase64Url(encodeText(challenge))}"`
}

/** The challenge in a `WWW-Authenticate` header, as text to sign. Throws `JsonError` (`json/challenge`). */
export function readChallengeHeader(header: string): string {
  const [, encoded = ''] = /^U-Prove challenge="([\w-]+)"$/i.exec(header) ?? []
  const octets = decodeBase64Url(encoded)
  check(octets !== undefined && octets.length > 0, 'json/challenge')
  return decodeText(octets)
}

/** An `Authorization` header with a presentation, in the place of a bearer token. */
export function writeAuthorization(jws: string): string {
  return `${SCHEME} ${jws}`
}

/** The JWS in an `Authorization` header; undefined if there is none of this scheme. */
export function readAuthorization(header: string | undefined): string | undefined {
  return /^U-Prove +([\w.-]+)$/i.exec(header ?? '')?.[1]
}

/** The answer to a challenge. */
export interface AnswerOptions extends Pick<
  PresentationOptions,
  'attributes' | 'disclosed' | 'random' | 'allowVariableTime'
> {
  readonly parameters: IssuerParameters
  readonly token: IssuedToken
  /** The name of the Verifier that the client deals with. The challenge must have it: another Verifier may have passed on its own. */
  readonly audience: string
  /** The request that the client means to make. The challenge must have it. Default: none. */
  readonly request?: string
  /** Asks the user whether to sign the text. Needed if the challenge has one. */
  readonly consent?: (signedData: string) => boolean | Promise<boolean>
  /** Refer to a token that the Verifier has seen, instead of sending it again. Default false. */
  readonly byReference?: boolean
}

/**
 * Checks a challenge before it is answered: it must be for this Verifier and request, and the user is asked about a text to sign.
 * Throws `JsonError` (`json/other-audience`, `json/consent`, those of `readChallenge`).
 */
export async function checkChallenge(
  challenge: string,
  { audience, request, consent }: Pick<AnswerOptions, 'audience' | 'request' | 'consent'>,
): Promise<void> {
  const asked = readChallenge(challenge)
  check(asked.audience === audience && asked.request === request, 'json/other-audience')
  check(asked.signedData === undefined || (await consent?.(asked.signedData)) === true, 'json/consent')
}

/**
 * A JWS that answers a Verifier's challenge. Throws `JsonError` (`json/other-audience`, `json/consent`, those of
 * `readChallenge`), and what `presentToken` throws.
 */
export async function answerChallenge(challenge: string, options: AnswerOptions): Promise<string> {
  const { parameters, token: held, byReference = false } = options
  const { attributes, disclosed, random, allowVariableTime } = options
  await checkChallenge(challenge, options)
  const message = encodeText(challenge)
  const { proof } = presentToken(parameters, held, { attributes, disclosed, message, random, allowVariableTime })
  const { token } = held
  const reference = byReference ? { tokenIdentifier: tokenIdentifier(parameters, token) } : { token }
  return writeJws(algorithmOf(parameters), message, reference, proof)
}
