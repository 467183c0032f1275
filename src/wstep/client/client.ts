import {
  createCmcRequest,
  createRenewalRequest,
  type RenewalRequestContent,
} from '../../pki/requests/create-enrollment-request.js'
import type { ContextItem } from '../../pki/authority.js'
import { createCertificationRequest, type CertificationRequestContent } from '../../pki/requests/pkcs10.js'
import { digest } from '../../pki/requests/cms.js'
import type { Octets } from '../../../bindings/octets/octets.js'
import { itemAt } from '../../../bindings/octets/lists.js'
import { SoapClient, type SoapClientOptions } from '../../soap/client.js'
import { checkArchived, issuedChain } from './chain.js'
import { WstepError } from '../errors.js'
import type {
  DispositionMessage,
  IssuedResponse,
  PendingResponse,
  WstepRequest,
  WstepResponse,
} from '../messages/messages.js'
import { poll, type PollOptions } from './poll.js'
import { actionsOf, writeRequest } from '../messages/request-message.js'
import { readResponse } from '../messages/response-message.js'

export interface WstepClientOptions extends SoapClientOptions {
  /** The address of the Security Token Service: https, unless `allowHttp`. */
  readonly url: string | URL
  /** Language of texts in answers and faults. */
  readonly preferredLanguage?: string
  /** Writes wstep:PreferredLanguage, as the specification has it. Default: without a namespace, as Windows does. */
  readonly qualifiedLanguage?: boolean
  /**
   * Whether a pending request may be queried at an address that the server names. Credentials are sent there. Default: only
   * at the same origin.
   */
  readonly mayFollow?: (reference: URL) => boolean
}

/** The result of an enrolment. */
export type Enrollment = IssuedEnrollment | PendingEnrollment

export interface IssuedEnrollment {
  readonly status: 'issued'
  /** For the key of the request, DER. */
  readonly certificate: Octets
  /** The certificate and those of its issuers that came with it, each the issuer of the one before. Nothing is verified. */
  readonly chain: readonly Octets[]
  readonly requestId: string | undefined
  readonly disposition: DispositionMessage | undefined
  /** The authority's response, DER. */
  readonly response: Octets | undefined
}

/** A pending request. Plain data: store it, and query it later. */
export interface PendingEnrollment {
  readonly status: 'pending'
  readonly requestId: string
  /** The address for the query. */
  readonly reference: string
  /** The key that the certificate must be for: SubjectPublicKeyInfo, DER. */
  readonly publicKey: Octets
  /** The hash of the private key that went with the request, to be archived: the answer must have it. */
  readonly encryptedKeyHash?: Octets
  readonly disposition: DispositionMessage | undefined
}

export interface CallOptions {
  readonly signal?: AbortSignal
  /** auth:AdditionalContext of the request: `CertificateTemplate`, `ccm`. */
  readonly additionalContext?: readonly ContextItem[]
}

export type EnrollOptions = CertificationRequestContent &
  CallOptions & {
    /**
     * The private key, to be archived: as `encryptForArchival` returns it for the `keyExchangeToken`. The request is then a CMC, not
     * a PKCS#10, and an answer that does not confirm the archiving is a `WstepError` (`wstep/not-archived`).
     */
    readonly archivedKey?: Octets
  }
export type RenewOptions = RenewalRequestContent & CallOptions

/**
 * A client of a Security Token Service for certificates. [MS-WSTEP]
 *
 * It authenticates itself with `credentials` (username and password), by its transport (a TLS certificate, Kerberos), or not at
 * all, which is enough for `renew`. All methods throw the `SoapFault` that the server answers (see `readFaultDetail`),
 * `SoapError`, `XmlError`, `WstepError`, `PkiError`.
 *
 * @example
 * ```ts
 * import { generateKey } from 'uprove-wasm/pki'
 * import { WstepClient } from 'uprove-wasm/wstep'
 *
 * const client = new WstepClient({
 *   url: 'https://ca.example/wstep',
 *   credentials: { username: 'alice', password: 'secret' },
 *   preferredLanguage: 'de',
 *   // Default: fetch.
 *   transport: () => Promise.reject(new Error('no network in this example')),
 * })
 * const enrollment = client.enroll({ key: await generateKey('ECDSA-P256'), subject: 'CN=alice', templateName: 'User' })
 * await enrollment.catch((error: Error) => console.log(error.message)) // no network in this example
 * ```
 */
export class WstepClient {
  readonly #options: WstepClientOptions
  readonly #soap: SoapClient

  constructor(options: WstepClientOptions) {
    this.#options = options
    this.#soap = new SoapClient(options)
  }

  /** Makes a PKCS#10 with a key and asks for its certificate. */
  async enroll({ signal, additionalContext, archivedKey, ...content }: EnrollOptions): Promise<Enrollment> {
    const { publicKey, digest: hash } = content.key
    if (archivedKey === undefined) {
      const { der } = await createCertificationRequest(content)
      return this.submit(der, publicKey, { signal, additionalContext })
    }
    const der = await createCmcRequest({ ...content, archivedKey })
    const encryptedKeyHash = await digest(hash, archivedKey)
    return this.#submit(der, { publicKey, encryptedKeyHash }, { signal, additionalContext })
  }

  /** Renews a certificate. Its key signs the request, which authenticates it without other credentials. */
  async renew({ signal, additionalContext, ...content }: RenewOptions): Promise<Enrollment> {
    const der = await createRenewalRequest(content)
    return this.submit(der, content.newKey.publicKey, { signal, additionalContext })
  }

  /**
   * Sends a request for a certificate as it is: PKCS#10, CMS or CMC; DER.
   *
   * @param publicKey the key that the certificate must be for: SubjectPublicKeyInfo, DER.
   */
  submit(request: Octets, publicKey: Octets, options: CallOptions = {}): Promise<Enrollment> {
    return this.#submit(request, { publicKey }, options)
  }

  async #submit(
    request: Octets,
    expected: Expected,
    { signal, additionalContext = [] }: CallOptions,
  ): Promise<Enrollment> {
    const url = new URL(this.#options.url)
    const response = await this.#send({ kind: 'issue', token: request, additionalContext }, url, signal)
    return enrollment(response, expected, url)
  }

  /** The status of a request that was pending. */
  async queryStatus(pending: PendingEnrollment, { signal }: Pick<CallOptions, 'signal'> = {}): Promise<Enrollment> {
    const { requestId } = pending
    const url = this.#follow(pending.reference)
    const response = await this.#send({ kind: 'query', requestId }, url, signal)
    return enrollment(response, pending, url, requestId)
  }

  /**
   * Queries the status until the certificate is issued. Also throws `WstepError` (`wstep/still-pending`) at the time limit,
   * and the signal's reason.
   */
  async waitFor(pending: PendingEnrollment, options: PollOptions<PendingEnrollment> = {}): Promise<IssuedEnrollment> {
    return poll<PendingEnrollment, IssuedEnrollment>(
      pending,
      (last, signal) => this.queryStatus(last, { signal }),
      options,
    )
  }

  /** The certificate to which clients encrypt private keys for archiving, DER. */
  async keyExchangeToken({ signal }: Pick<CallOptions, 'signal'> = {}): Promise<Octets> {
    const response = await this.#send({ kind: 'key-exchange' }, new URL(this.#options.url), signal)
    if (response.kind !== 'key-exchange') throw new WstepError('wstep/response-kind')
    return response.certificate
  }

  async #send(request: WstepRequest, url: URL, signal: AbortSignal | undefined): Promise<WstepResponse> {
    const { preferredLanguage, qualifiedLanguage } = this.#options
    const body = writeRequest({ ...request, preferredLanguage }, { qualifiedLanguage })
    const envelope = await this.#soap.call({ url, ...actionsOf(request), body, signal })
    return readResponse(envelope.body)
  }

  /** Credentials are sent only to addresses that the owner of the client allows. */
  #follow(reference: string): URL {
    const own = new URL(this.#options.url)
    const url = URL.canParse(reference) ? new URL(reference) : undefined
    const { mayFollow = ({ origin }: URL) => origin === own.origin } = this.#options
    if (url === undefined || !mayFollow(url)) throw new WstepError('wstep/other-origin')
    return url
  }
}

/** What an answer must fit. */
type Expected = Pick<PendingEnrollment, 'publicKey' | 'encryptedKeyHash'>

async function enrollment(response: WstepResponse, expected: Expected, url: URL, asked?: string): Promise<Enrollment> {
  if (response.kind === 'key-exchange') throw new WstepError('wstep/response-kind')
  return response.kind === 'issued'
    ? issuedEnrollment(response, expected, asked)
    : pendingEnrollment(response, expected, url, asked)
}

async function issuedEnrollment(
  { certificate: token, response, requestId, disposition }: IssuedResponse,
  { publicKey, encryptedKeyHash }: Expected,
  asked: string | undefined,
): Promise<IssuedEnrollment> {
  const chain = await issuedChain(token, response, publicKey)
  if (encryptedKeyHash !== undefined) await checkArchived(response, encryptedKeyHash)
  return {
    status: 'issued',
    certificate: itemAt(chain, 0),
    chain,
    requestId: requestId ?? asked,
    disposition,
    response,
  }
}

function pendingEnrollment(
  { reference, requestId: given, disposition }: PendingResponse,
  { publicKey, encryptedKeyHash }: Expected,
  url: URL,
  asked: string | undefined,
): PendingEnrollment {
  const requestId = given ?? asked
  if (requestId === undefined) throw new WstepError('wstep/no-request-id')
  return { status: 'pending', requestId, reference: reference || url.href, publicKey, encryptedKeyHash, disposition }
}
