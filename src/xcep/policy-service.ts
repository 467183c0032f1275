import {
  Authentication,
  type Account,
  type AuthenticationOptions,
  type TransportCredentials,
} from '../authentication/authentication.js'
import { AuthenticationError } from '../authentication/errors.js'
import { actionNotSupported } from '../soap/envelope/standard-faults.js'
import type { Envelope } from '../soap/envelope/envelope.js'
import type { SoapFault } from '../soap/envelope/fault.js'
import type { HttpHandler, HttpRequest, HttpResponse } from '../soap/http/http.js'
import { soapService, type SoapReply, type SoapRequest } from '../soap/service.js'
import { causeOf, faultFor, isRefusal, RequestRefusedError } from '../wstep/faults/faults.js'
import { checkLanguages, chooseLanguage, LANGUAGES, type Languages } from '../wstep/faults/languages.js'
import type { ParseOptions } from '../xml/parse.js'
import { XcepError } from './errors.js'
import { GET_POLICIES_ACTION, GET_POLICIES_REPLY_ACTION } from './names.js'
import { fitsVersions, type EnrollmentPolicy, type PolicyRequest, type PolicyResponse } from './policies.js'
import { readPolicyRequest } from './request-message.js'
import { writePolicyResponse } from './response-message.js'

export interface PolicyServiceOptions extends AuthenticationOptions {
  /** The policy of an account: every template that it may see, and the authority that issues them. */
  readonly policy: (account: Account) => Promise<EnrollmentPolicy>
  /** When the policy of any account last changed. Default: unknown, so each answer contains the whole policy. [MS-XCEP] 3.1.1 */
  readonly lastUpdate?: () => Date | undefined
  /** SupportedLanguages and DefaultLanguage, of faults. Default: `LANGUAGES`. */
  readonly languages?: Languages
  /** The limits of a message. Default: 64 KiB, 16 levels, 2,000 nodes. */
  readonly limits?: ParseOptions
  /** How far the clock of a client may be off from a Timestamp, in seconds. Default: 300. */
  readonly skewSeconds?: number
  readonly clock?: () => Date
  readonly events?: PolicyServiceEvents
}

/** Events for logs and metrics. */
export interface PolicyServiceEvents {
  /** A request was refused. `code` is one of a fixed set; it contains no part of the request. */
  refused?(code: string): void
  /** The service failed. The client learned only that. */
  failed?(error: unknown): void
}

const LIMITS: ParseOptions = { maxBytes: 64 * 1024, maxText: 64 * 1024, maxDepth: 16, maxNodes: 2000 }

/**
 * The policy server of [MS-XCEP] 3.1: tells an account which templates it can enroll for, and where. Windows and cepces query
 * it before they enroll. Authentication is that of the Security Token Service; a failure is a fault, never a status 401, at
 * which Windows gives up.
 *
 * @example
 * ```ts
 * import { directTransport } from 'uprove-wasm/wstep'
 * import { getPolicies, PolicyService, profilePolicy, type ProfilePolicyOptions } from 'uprove-wasm/xcep'
 *
 * const options: ProfilePolicyOptions = {
 *   id: '{083C7011-1D0A-4855-885D-AC945184658C}',
 *   profiles: [
 *     {
 *       profile: {
 *         name: 'User',
 *         template: { oid: '1.3.6.1.4.1.311.21.8.1.2.3.4.1.1', major: 1, minor: 0 },
 *         validity: 30 * 86_400_000,
 *         keyUsage: ['digitalSignature'],
 *         extendedKeyUsage: ['1.3.6.1.5.5.7.3.2'],
 *         enrollers: 'everyone',
 *         approval: 'automatic',
 *       },
 *     },
 *   ],
 *   // The certificate of the authority, DER.
 *   certificate: Uint8Array.of(0x30, 0),
 *   addresses: [{ authentication: 'password', url: 'https://ca.example/wstep' }],
 * }
 * const service = new PolicyService({
 *   accounts: { verify: (name, password) => Promise.resolve(password === 'secret' ? name : undefined) },
 *   policy: profilePolicy(options),
 * })
 *
 * const policy = await getPolicies({
 *   url: 'https://ca.example/policy',
 *   credentials: { username: 'alice', password: 'secret' },
 *   transport: directTransport((request) => service.handle(request), undefined),
 * })
 * if (policy.templates[0]?.name !== 'User') throw new Error('the template is missing')
 * ```
 */
export class PolicyService {
  readonly #options: PolicyServiceOptions
  readonly #authentication: Authentication
  readonly #languages: Languages
  readonly #service: HttpHandler<TransportCredentials>

  /** Throws `InvalidInputError` (`wstep/default-language`). */
  constructor(options: PolicyServiceOptions) {
    const { languages = LANGUAGES, clock = () => new Date(), skewSeconds, limits } = options
    checkLanguages(languages)
    this.#options = options
    this.#languages = languages
    this.#authentication = new Authentication(options, clock)
    this.#service = soapService<TransportCredentials>({
      receive: (request) => this.#receive(request),
      onError: (error) => this.#report(error),
      faultFor: (error, request) => this.#faultFor(error, request),
      limits: { ...LIMITS, ...limits },
      now: clock,
      skewSeconds,
    })
  }

  /** Answers an HTTP request, whose body the host has received whole; never rejects. */
  handle(request: HttpRequest, transport: TransportCredentials = {}): Promise<HttpResponse> {
    return this.#service(request, transport)
  }

  async #receive({ action, body, context, securityHeader }: SoapRequest<TransportCredentials>): Promise<SoapReply> {
    if (action !== GET_POLICIES_ACTION) throw actionNotSupported(action)
    const account = await this.#authenticate(() =>
      this.#authentication.authenticate(securityHeader?.usernameToken, context),
    )
    const request = readPolicyRequest(body)
    const policy = await this.#options.policy(account)
    const response = this.#isUnchanged(request) ? unchanged(policy) : filtered(policy, request)
    return { action: GET_POLICIES_REPLY_ACTION, body: writePolicyResponse(response) }
  }

  /** Unknown callers get no policy, since it shows the rights of accounts. */
  async #authenticate(authenticate: () => Promise<Account | undefined>): Promise<Account> {
    let account: Account | undefined
    try {
      account = await authenticate()
    } catch (error) {
      if (!(error instanceof AuthenticationError)) throw error
      throw new RequestRefusedError('authentication-failed', { cause: error })
    }
    if (account === undefined) throw new RequestRefusedError('authentication-required')
    return account
  }

  /** Only a client that has read the policy before may get the answer that nothing changed. [MS-XCEP] 3.1.4.1.3.9 */
  #isUnchanged({ lastUpdate }: PolicyRequest): boolean {
    const changed = this.#options.lastUpdate?.()
    return lastUpdate !== undefined && changed !== undefined && lastUpdate >= changed
  }

  #faultFor(error: unknown, request: Envelope | undefined): SoapFault {
    const language = chooseLanguage(request && preferredLanguage(request), this.#languages)
    return faultFor(
      error instanceof XcepError ? new RequestRefusedError('policy-request', { cause: error }) : error,
      language,
    )
  }

  #report(error: unknown): void {
    const { events } = this.#options
    if (error instanceof XcepError || isRefusal(error)) events?.refused?.(causeOf(error))
    else events?.failed?.(error)
  }
}

function unchanged({ id, friendlyName, nextUpdateHours }: EnrollmentPolicy): PolicyResponse {
  return { id, friendlyName, nextUpdateHours, unchanged: true }
}

/** The requested templates. [MS-XCEP] 3.1.4.1.3.22 */
function filtered(policy: EnrollmentPolicy, request: PolicyRequest): EnrollmentPolicy {
  const { templates: wanted } = request
  const templates = policy.templates.filter(
    (template) => (wanted === undefined || wanted.includes(template.oid)) && fitsVersions(template, request),
  )
  return { ...policy, templates }
}

/** The requested language, if the request can be read. */
function preferredLanguage({ body }: Envelope): string | undefined {
  try {
    return readPolicyRequest(body).preferredLanguage
  } catch (error) {
    if (error instanceof XcepError) return undefined
    throw error
  }
}
