import { decodeBase64 } from '../../../bindings/octets/base64.js'
import { UProveError } from '../../../bindings/errors.js'
import { AuthenticationError } from '../../authentication/errors.js'
import { writeJwkSet } from '../../json/artefacts/keys.js'
import type { AcceptedJsonPresentation } from '../../json/artefacts/verification.js'
import { readAuthorization, writeChallengeHeader, type Challenge } from '../../json/parties/challenge.js'
import type { PresentationVerifier, VerifierVerdict } from '../../json/parties/presentation-verifier.js'
import type { TokenIssuance } from '../../json/parties/token-issuance.js'
import { readDocument, readText } from '../../json/syntax/reader.js'
import { SoapFault } from '../../soap/envelope/fault.js'
import type { HttpResponse } from '../../soap/http/http.js'
import type { IssuerParameters } from '../../uprove/parameters/parameters.js'
import type { Principal } from '../../ws-trust/issuance/backend.js'
import { isOwnFailure } from '../../ws-trust/soap/faults.js'
import { PATHS } from '../deployment/paths.js'
import { json, respond, type HostRequest, type Route } from '../http/http.js'
import { describeJson } from './json-description.js'

/** A name and a password, from an `Authorization` header of the scheme Basic (RFC 7617). */
export interface BasicCredentials {
  readonly username: string
  readonly password: string
}

export interface JsonRoutesOptions {
  readonly url: string
  readonly issuance: TokenIssuance
  readonly verifier: Pick<PresentationVerifier, 'challenge' | 'verify'>
  /** The keys to publish. */
  readonly keys: readonly IssuerParameters[]
  /** The claim type of each attribute. */
  readonly claimTypes: readonly string[]
  /** The client that sends these credentials; undefined without any. Throws `AuthenticationError` for wrong ones. */
  readonly authenticate: (
    credentials: BasicCredentials | undefined,
    request: HostRequest,
  ) => Promise<Principal | undefined>
  /** Octets of a presentation. Default: the host's limit. */
  readonly maxPresentation?: number
  readonly onVerdict?: (verdict: VerifierVerdict) => void
  /** Called with the error of a request that is refused. */
  readonly onRefused?: (error: unknown) => void
}

/**
 * The JSON Framework over HTTP: the Issuer's keys, issuance, a Verifier, and their description. A refused request is answered
 * `{ code, message }`; a refused presentation is a verdict, with status 200.
 */
export function jsonRoutes(options: JsonRoutesOptions): Route[] {
  const { url, issuance, verifier, keys, claimTypes, maxPresentation: maxBody, onVerdict, onRefused } = options
  const path = PATHS.jsonFramework
  const cached = { 'cache-control': 'public, max-age=300' }
  const post = (
    name: string,
    maxBody: number | undefined,
    answer: (request: HostRequest) => Promise<HttpResponse>,
  ): Route => ({
    ...{ name: `json-${name}`, method: 'POST', path: `${path}/${name}`, maxBody },
    handle: (request) => refusing(() => answer(request), onRefused),
  })
  const publish = (name: string, path: string, document: object): Route => ({
    ...{ name, method: 'GET', path, maxBody: 0 },
    handle: () => Promise.resolve(json(200, document, cached)),
  })
  return [
    publish('jwks', PATHS.keySet, writeJwkSet(keys)),
    publish('json-description', `${path}/openapi.json`, describeJson(url)),
    {
      ...post('issue', undefined, async (request) => {
        const principal = await options.authenticate(credentialsOf(request), request)
        return document(await issuance.answer(principal, bodyOf(request)))
      }),
      computes: true,
    },
    post('challenge', 1_024, async () => document(await verifier.challenge())),
    post('verify', maxBody, async (request) => {
      const { presentation } = readDocument(bodyOf(request), ['presentation'])
      const verdict = await verifier.verify(readText(presentation))
      onVerdict?.(verdict)
      return json(200, verdictDocument(verdict, claimTypes))
    }),
    presentationRoute(
      verifier,
      {
        ...{ name: 'json-claims', method: 'GET', path: `${path}/claims`, maxBody: 0 },
        handle: (_request, verdict) => Promise.resolve(json(200, verdictDocument(verdict, claimTypes))),
      },
      { onVerdict, onRefused },
    ),
  ]
}

/** A route for those who show a presentation. */
export interface PresentationRoute extends Omit<Route, 'handle'> {
  handle(request: HostRequest, verdict: Extract<VerifierVerdict, { valid: true }>): Promise<HttpResponse>
}

/**
 * A route that asks for a presentation as for a bearer token: without one, or with one that is refused, it answers 401 with a
 * challenge for this request in `WWW-Authenticate`.
 */
export function presentationRoute(
  verifier: Pick<PresentationVerifier, 'challenge' | 'verify'>,
  route: PresentationRoute,
  { onVerdict, onRefused }: Pick<JsonRoutesOptions, 'onVerdict' | 'onRefused'> = {},
): Route {
  return {
    ...route,
    handle: (request) =>
      refusing(async () => {
        const { method, target, headers } = request
        const asked = `${method} ${target}`
        const jws = readAuthorization(headers['authorization'])
        const verdict = jws === undefined ? undefined : await verifier.verify(jws, asked)
        if (verdict !== undefined) onVerdict?.(verdict)
        if (verdict?.valid === true) return route.handle(request, verdict)
        const code = verdict?.code ?? 'json/challenge'
        const challenge = writeChallengeHeader(await verifier.challenge(asked))
        return json(401, { code, message: 'A presentation is required.' }, { 'www-authenticate': challenge })
      }, onRefused),
  }
}

/** JSON text as a response. */
function document(text: string): HttpResponse {
  return respond(200, text, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' })
}

/** Of the error with which `TokenIssuance` refuses to sign. */
export const SIGNING_ENDED = 'server/signing-ended'
/** Of the error for a body of another media type. */
const MEDIA_TYPE = 'request/media-type'

function bodyOf({ headers, body }: HostRequest): Uint8Array {
  if (!/^application\/json\b/i.test(headers['content-type'] ?? '')) {
    throw new UProveError(MEDIA_TYPE, 'The media type must be application/json.')
  }
  return body
}

function credentialsOf({ headers }: HostRequest): BasicCredentials | undefined {
  const [, encoded] = /^Basic +(\S+)$/i.exec(headers['authorization'] ?? '') ?? []
  if (encoded === undefined) return undefined
  const text = new TextDecoder().decode(decodeBase64(encoded) ?? new Uint8Array())
  const at = text.indexOf(':')
  if (at < 1) throw new AuthenticationError('authentication/password')
  return { username: text.slice(0, at), password: text.slice(at + 1) }
}

/** A verdict in JSON. */
export type JsonVerdict =
  | {
      readonly valid: true
      readonly claims: readonly { readonly index: number; readonly claimType?: string; readonly value: string }[]
      readonly issuer?: string
      /** ISO 8601. */
      readonly expires?: string
      readonly signedData?: string
    }
  | { readonly valid: false; readonly code: string }

/** What a verdict says, without the values of the cryptography. */
export function verdictDocument(
  verdict: (AcceptedJsonPresentation & { readonly challenge?: Challenge }) | Extract<VerifierVerdict, { valid: false }>,
  claimTypes: readonly string[],
): JsonVerdict {
  if (!verdict.valid) return { valid: false, code: verdict.code }
  const { attributes, tokenInformation, challenge } = verdict
  const claims = [...attributes].map(([index, value]) => {
    return { index, claimType: claimTypes[index - 1], value: new TextDecoder().decode(value ?? new Uint8Array()) }
  })
  const { issuer, expires } = tokenInformation
  return { valid: true, claims, issuer, expires: expires?.toISOString(), signedData: challenge?.signedData }
}

/** The answer, or the response to an error that is the client's. */
async function refusing(
  answer: () => Promise<HttpResponse>,
  onRefused?: (error: unknown) => void,
): Promise<HttpResponse> {
  try {
    return await answer()
  } catch (error) {
    if (!(error instanceof UProveError)) throw error
    const response = responseTo(error)
    if (response === undefined) throw error
    const { status, headers } = response
    onRefused?.(error)
    const { code, message } =
      status === 401 ? { code: 'json/not-authenticated', message: 'Authenticate first.' } : error
    return json(status, { code, message }, headers)
  }
}

/** The response to a refusal; undefined for a failure of this side. */
function responseTo(error: UProveError): { status: number; headers?: Record<string, string> } | undefined {
  const { code } = error
  if (error instanceof AuthenticationError || code === 'json/not-authenticated') {
    return { status: 401, headers: { 'www-authenticate': 'Basic realm="uprove", charset="UTF-8"' } }
  }
  // What `admit` throws for an account that asks too often.
  if (error instanceof SoapFault) return { status: 429, headers: { 'retry-after': '1' } }
  if (code === 'json/busy' || code === 'store/full') return { status: 503, headers: { 'retry-after': '60' } }
  if (code === MEDIA_TYPE) return { status: 415 }
  if (code === SIGNING_ENDED) return { status: 500 }
  return isOwnFailure(error) ? undefined : { status: 400 }
}
