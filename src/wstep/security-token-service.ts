import { InvalidInputError, UProveError } from '../../bindings/errors.js'
import type { CertificateAuthority, Disposition, Requester } from '../pki/authority.js'
import {
  readEnrollmentRequest,
  type EnrollmentRequest,
  type LegacyRequests,
} from '../pki/requests/enrollment-request.js'
import type { KeyRequirements } from '../pki/keys/public-key.js'
import { PkiError, type PkiErrorCode } from '../pki/errors.js'
import type { SignatureVerifier } from '../pki/keys/signing.js'
import { actionNotSupported } from '../soap/envelope/standard-faults.js'
import type { Envelope } from '../soap/envelope/envelope.js'
import type { HttpHandler, HttpRequest, HttpResponse } from '../soap/http/http.js'
import type { UsernameToken } from '../soap/security/username-token.js'
import { soapService, type SoapReply, type SoapRequest } from '../soap/service.js'
import type { ParseOptions } from '../xml/parse.js'
import {
  Authentication,
  type Account,
  type AuthenticationOptions,
  type TransportCredentials,
} from '../authentication/authentication.js'
import { AuthenticationError } from '../authentication/errors.js'
import { causeOf, DeniedError, faultFor, isRefusal, RequestRefusedError } from './faults/faults.js'
import type { FaultReason } from './faults/texts.js'
import { checkLanguages, chooseLanguage, LANGUAGES, type Language, type Languages } from './faults/languages.js'
import type { IssueRequest, KeyExchangeResponse, QueryRequest, WstepResponse } from './messages/messages.js'
import { ENROLLMENT_ACTION, KEY_EXCHANGE_ACTION } from './messages/names.js'
import { actionsOf, isCms, readPreferredLanguage, readRequest } from './messages/request-message.js'
import { writeResponse } from './messages/response-message.js'
import type { Octets } from '../../bindings/octets/octets.js'

/** Events for logs and metrics. */
export interface ServiceEvents {
  /**
   * A request was refused or denied. `code` names the cause: one of a fixed number, such as `authentication/password`,
   * `pki/rsa-close-primes` or `wstep/template-denied`. It contains no part of the request.
   */
  refused?(code: string, details: RefusalDetails): void
  /** The service, its authority or a store failed. The client learned only that. */
  failed?(error: unknown): void
}

export interface RefusalDetails {
  /** The account, if the request was authenticated. */
  readonly account?: string
  /** The authority's number of a denied request, if it was recorded. */
  readonly requestId?: string
}

export interface SecurityTokenServiceOptions extends AuthenticationOptions {
  /** The Issuer. [MS-WSTEP] 3.1.1 */
  readonly authority: CertificateAuthority
  /** Verifies the signatures of requests. A request that it does not accept never reaches the authority. */
  readonly verifier: SignatureVerifier
  /** What old clients may send. Each setting makes something weaker. Default: nothing. */
  readonly legacy?: LegacyRequests
  /** The requirements on keys of requests; the profiles of the authority have theirs too. Default: keys that are strong today. */
  readonly requirements?: KeyRequirements
  /** The service's own absolute https URI, which clients query for pending requests. 3.1.4.1.3.2 */
  readonly address: string
  /** SupportedLanguages and DefaultLanguage. Default: `LANGUAGES`. */
  readonly languages?: Languages
  /** The limits of a message. Default: 256 KiB, 32 levels, 4,000 nodes. */
  readonly limits?: ParseOptions
  /** How far the clock of a client may be off from a Timestamp, in seconds. Default: 300. */
  readonly skewSeconds?: number
  readonly clock?: () => Date
  readonly events?: ServiceEvents
}

const LIMITS: ParseOptions = { maxBytes: 256 * 1024, maxText: 256 * 1024, maxDepth: 32, maxNodes: 4000 }
/** The query parameter that holds the token in the Reference of a pending request. */
const TOKEN_PARAMETER = 'token'
const MAX_TOKEN = 256

/**
 * The SecurityTokenService of [MS-WSTEP] 3.1: authenticates, reads and verifies requests for certificates, hands them to the
 * authority, and sends its answer. Between requests it keeps only the nonces of digests.
 *
 * @example
 * ```ts
 * import {
 *   createAuthority, createRoot, generateKey, MemoryAuthorityStore, parseName, signatureVerifier, type Profile,
 * } from 'uprove-wasm/pki'
 * import { directTransport, SecurityTokenService, WstepClient, type TransportCredentials } from 'uprove-wasm/wstep'
 *
 * const DAY = 86_400_000
 * const url = 'https://sts.example/wstep'
 * const [key, verifier] = [await generateKey('ECDSA-P256'), signatureVerifier()]
 * const profile: Profile = {
 *   name: 'User',
 *   validity: 30 * DAY,
 *   keyUsage: ['digitalSignature'],
 *   extendedKeyUsage: ['1.3.6.1.5.5.7.3.2'],
 *   enrollers: 'everyone',
 *   approval: 'automatic',
 * }
 * const authority = await createAuthority({
 *   key,
 *   verifier,
 *   chain: [await createRoot({ key, subject: parseName('CN=Example CA'), validity: 3650 * DAY })],
 *   profiles: [profile],
 *   store: new MemoryAuthorityStore(),
 * })
 * const service = new SecurityTokenService({
 *   authority,
 *   verifier,
 *   address: url,
 *   accounts: { verify: (name, password) => Promise.resolve(password === 'secret' ? name : undefined) },
 * })
 *
 * // In one process; a host passes the requests that come to its address.
 * const none: TransportCredentials = {}
 * const transport = directTransport((request, credentials: TransportCredentials) => service.handle(request, credentials), none)
 * const client = new WstepClient({ url, transport, credentials: { username: 'alice', password: 'secret' } })
 * const { status } = await client.enroll({
 *   key: await generateKey('ECDSA-P256'),
 *   subject: 'CN=alice',
 *   templateName: 'User',
 * })
 * console.log(status) // issued
 * ```
 */
export class SecurityTokenService {
  readonly #options: SecurityTokenServiceOptions
  readonly #authentication: Authentication
  readonly #languages: Languages
  readonly #service: HttpHandler<TransportCredentials>
  /** The account whose request failed with an error. */
  readonly #accounts = new WeakMap<object, string>()

  /** Throws `InvalidInputError` (`wstep/address`, `wstep/default-language`). */
  constructor(options: SecurityTokenServiceOptions) {
    const { address, languages = LANGUAGES, clock = () => new Date(), skewSeconds, limits } = options
    if (!URL.canParse(address) || new URL(address).protocol !== 'https:') {
      throw new InvalidInputError('wstep/address', 'the address must be an absolute https URI')
    }
    checkLanguages(languages)
    this.#options = options
    this.#languages = languages
    this.#authentication = new Authentication(options, clock)
    this.#service = soapService<TransportCredentials>({
      receive: (request) => this.#receive(request),
      onError: (error) => this.#report(error),
      faultFor: (error, request) => faultFor(error, this.#language(request)),
      limits: { ...LIMITS, ...limits },
      now: clock,
      skewSeconds,
    })
  }

  /**
   * Answers an HTTP request, whose body the host has received whole; never rejects. `transport` is what the host knows about
   * the client. All credentials in it must be right, so leave out those that should not count.
   */
  handle(request: HttpRequest, transport: TransportCredentials = {}): Promise<HttpResponse> {
    return this.#service(request, transport)
  }

  /** Section 3.1.4.2: actions and authentication first. */
  async #receive(message: SoapRequest<TransportCredentials>): Promise<SoapReply> {
    const { action, context, securityHeader } = message
    if (action !== ENROLLMENT_ACTION && action !== KEY_EXCHANGE_ACTION) throw actionNotSupported(action)
    const account = await this.#authenticate(securityHeader?.usernameToken, context)
    try {
      return await this.#serve(message, account)
    } catch (error) {
      if (account !== undefined && error instanceof Error) this.#accounts.set(error, account.id)
      throw error
    }
  }

  async #serve(message: SoapRequest<TransportCredentials>, account: Account | undefined): Promise<SoapReply> {
    const { action, body, http } = message
    const request = readRequest(body)
    const actions = actionsOf(request)
    if (actions.action !== action) throw new RequestRefusedError('request-type-action')
    const language = this.#language(message)
    const response =
      request.kind === 'issue'
        ? this.#answer(await this.#issue(request, account), language)
        : request.kind === 'query'
          ? this.#answer(await this.#query(request, account, this.#queryToken(http)), language)
          : await this.#exchange(account)
    return { action: actions.replyAction, body: writeResponse(response) }
  }

  async #authenticate(token: UsernameToken | undefined, transport: TransportCredentials): Promise<Account | undefined> {
    try {
      return await this.#authentication.authenticate(token, transport)
    } catch (error) {
      if (!(error instanceof AuthenticationError)) throw error
      throw new RequestRefusedError('authentication-failed', { cause: error })
    }
  }

  /** New and renewal requests. Section 3.1.4.2.1.1 */
  async #issue({ token, additionalContext = [] }: IssueRequest, account: Account | undefined): Promise<Disposition> {
    // A bare PKCS#10 is never a renewal, so without credentials it is refused before it is verified.
    if (account === undefined && !isCms(token)) throw new RequestRefusedError('authentication-required')
    const request = await this.#verified(token)
    const requester = account ?? (await this.#renewing(request))
    return this.#options.authority.submit({ request, requester, additionalContext })
  }

  /** The request, with its encoding and all its signatures checked. */
  async #verified(token: Octets): Promise<EnrollmentRequest> {
    try {
      const { verifier, authority, legacy, requirements } = this.#options
      const allowKeyArchival = authority.archivesKeys
      return await readEnrollmentRequest(token, { verifier, legacy, requirements, allowKeyArchival })
    } catch (error) {
      if (!(error instanceof PkiError)) throw error
      throw new RequestRefusedError(PKI_REASONS[error.code] ?? 'certificate-request', { cause: error })
    }
  }

  /** The requester that the renewed certificate authenticates. Section 3.1.1.1.4 */
  async #renewing({ renewalCertificate }: EnrollmentRequest): Promise<Requester> {
    if (renewalCertificate === undefined) throw new RequestRefusedError('authentication-required')
    const refusal = await this.#options.authority.renewalRefusal(renewalCertificate)
    if (refusal !== undefined) {
      const cause = new UProveError(refusal, 'The certificate that signed the request cannot be renewed.')
      throw new RequestRefusedError('authentication-failed', { cause })
    }
    return { by: 'certificate', certificate: renewalCertificate }
  }

  /** Section 3.1.4.2.1.2 */
  async #query(
    { requestId }: QueryRequest,
    requester: Account | undefined,
    queryToken: string | undefined,
  ): Promise<Disposition> {
    if (requester === undefined && queryToken === undefined) throw new RequestRefusedError('authentication-required')
    const { authority } = this.#options
    if (authority.isRequestId?.(requestId) === false) throw new RequestRefusedError('request-id')
    const disposition = await authority.query({ requestId, requester, queryToken })
    if (disposition === undefined) throw new RequestRefusedError('request-unknown')
    return disposition
  }

  /** Section 3.1.4.2.2.1 */
  async #exchange(account: Account | undefined): Promise<KeyExchangeResponse> {
    if (account === undefined) throw new RequestRefusedError('authentication-required')
    const certificate = await this.#options.authority.exchangeCertificate()
    if (certificate === undefined) throw new RequestRefusedError('key-exchange-unavailable')
    return { kind: 'key-exchange', certificate }
  }

  /** The response for a disposition; throws `DeniedError`. */
  #answer(disposition: Disposition, { tag, texts }: Language): WstepResponse {
    if (disposition.status === 'denied') throw new DeniedError(disposition)
    const { status, requestId, response } = disposition
    const common = { disposition: { text: texts[status], language: tag }, requestId, response }
    if (status === 'issued') return { kind: 'issued', ...common, certificate: disposition.certificate }
    return { kind: 'pending', ...common, reference: this.#reference(disposition.queryToken) }
  }

  /** The address for queries of a request's status. Section 3.1.4.1.3.2 */
  #reference(queryToken: string | undefined): string {
    const url = new URL(this.#options.address)
    if (queryToken !== undefined) url.searchParams.set(TOKEN_PARAMETER, queryToken)
    return url.href
  }

  #queryToken({ target }: HttpRequest): string | undefined {
    if (!URL.canParse(target, this.#options.address)) return undefined
    const token = new URL(target, this.#options.address).searchParams.get(TOKEN_PARAMETER) ?? ''
    return token === '' || token.length > MAX_TOKEN ? undefined : token
  }

  #language(request: Envelope | undefined): Language {
    return chooseLanguage(request && readPreferredLanguage(request.body), this.#languages)
  }

  #report(error: unknown): void {
    const { events } = this.#options
    if (!isRefusal(error)) {
      events?.failed?.(error)
      return
    }
    const account = this.#accounts.get(error)
    const requestId = error instanceof DeniedError ? error.disposition.requestId : undefined
    events?.refused?.(causeOf(error), { account, requestId })
  }
}

/** The refusal of a request that cannot be read. Default: it is malformed. */
const PKI_REASONS: Partial<Record<PkiErrorCode, FaultReason>> = {
  'pki/signature': 'signature',
  'pki/null-signature': 'signature',
  'pki/cms-digest': 'signature',
  'pki/cms-message-digest': 'signature',
  'pki/signer-missing': 'signature',
  'pki/signer-signature': 'signature',
  'pki/renewal-unsigned': 'signature',
  'pki/renewal-signer': 'signature',
  'pki/renewal-signature': 'signature',
  'pki/algorithm': 'signature',
  'pki/algorithm-parameters': 'signature',
  'pki/key': 'key',
  'pki/key-type': 'key',
  'pki/ec-compressed': 'key',
  'pki/rsa-too-small': 'key',
  'pki/rsa-too-large': 'key',
  'pki/rsa-even': 'key',
  'pki/rsa-exponent': 'key',
  'pki/rsa-small-factor': 'key',
  'pki/rsa-close-primes': 'key',
  'pki/rsa-roca': 'key',
  'pki/rsa-prime': 'key',
  'pki/ec-curve': 'key',
  'pki/ec-point': 'key',
  'pki/dsa-group': 'key',
  'pki/key-archival': 'archival-unavailable',
  'pki/archival-request': 'archived-key',
  'pki/archival-hash': 'archived-key',
}
