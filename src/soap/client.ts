import { DEFAULT_LIMITS, type ParseOptions } from '../xml/parse.js'
import type { XmlElement } from '../xml/tree.js'
import { isSoapInUtf8, parseContentType, SOAP_MEDIA_TYPE } from './http/content-type.js'
import { parseMessage, readEnvelope, writeEnvelope, type Envelope } from './envelope/envelope.js'
import { SoapError } from './errors.js'
import { readFault, SoapFault } from './envelope/fault.js'
import type { HttpResponse } from './http/http.js'
import { newUuidUrn } from '../../bindings/octets/random.js'
import { SOAP } from './envelope/names.js'
import { isSecurityHeader, readSecurityHeader, securityHeader } from './security/security-header.js'
import { isOfNow, timestampElement } from './security/timestamp.js'
import { fetchTransport, patiently, type Transport } from './http/transport.js'
import { usernameTokenElement, type UsernameCredentials } from './security/username-token.js'

export interface SoapClientOptions {
  /** Carries the messages. Default: `fetchTransport()`. */
  readonly transport?: Transport
  /** Username and password, sent with every request in a UsernameToken beside a Timestamp. */
  readonly credentials?: UsernameCredentials
  readonly limits?: ParseOptions
  /** Allows http URLs, for tests and behind proxies: passwords and certificates then travel in clear. Default false. */
  readonly allowHttp?: boolean
  /** How long to send again, in milliseconds, what a server cannot answer now, when it asks for that (Retry-After). Default 10,000. */
  readonly patience?: number
  readonly skewSeconds?: number
  readonly now?: () => Date
}

export interface SoapCall {
  readonly url: string | URL
  readonly action: string
  /** The action that the answer must have. */
  readonly replyAction: string
  readonly body: XmlElement
  readonly headers?: readonly XmlElement[]
  readonly signal?: AbortSignal
}

/**
 * Sends SOAP 1.2 requests over HTTPS and reads the answers.
 *
 * @example
 * ```ts
 * import { parseXml, SoapClient, SoapError } from 'uprove-wasm/ws-trust'
 *
 * const client = new SoapClient({
 *   credentials: { username: 'alice', password: 'secret' },
 *   // Default: fetch.
 *   transport: () => Promise.resolve({ status: 503, headers: {}, body: new Uint8Array() }),
 * })
 * const call = client.call({
 *   url: 'https://service.example/',
 *   action: 'urn:example:ask',
 *   replyAction: 'urn:example:answer',
 *   body: parseXml('<Question xmlns="urn:example"/>'),
 * })
 * await call.catch((error: unknown) => {
 *   if (error instanceof SoapError) console.log(error.code, error.status) // soap/http-status 503
 * })
 * ```
 */
export class SoapClient {
  readonly #options: SoapClientOptions
  readonly #transport: Transport
  readonly #now: () => Date

  constructor(options: SoapClientOptions = {}) {
    this.#options = options
    this.#transport = options.transport ?? fetchTransport()
    this.#now = options.now ?? (() => new Date())
  }

  /**
   * The answer to a request; it must relate to this request and have the expected action. Throws the server's `SoapFault`,
   * `SoapError` for an invalid answer (`soap/clock` if its Timestamp is of another time), and the signal's reason.
   */
  async call({ url: address, action, replyAction, body, headers = [], signal }: SoapCall): Promise<Envelope> {
    const url = new URL(address)
    if (url.protocol !== 'https:' && !(url.protocol === 'http:' && this.#options.allowHttp === true)) {
      throw new SoapError('soap/insecure-url')
    }
    const messageId = newUuidUrn()
    const maxBytes = this.#options.limits?.maxBytes ?? DEFAULT_LIMITS.maxBytes
    const send = async (): Promise<HttpResponse> => {
      // A server may know the nonce of a digest from the first time.
      const security = await this.#security()
      const octets = writeEnvelope({ action, messageId, to: url.href, headers: [security, ...headers], body })
      const type = { 'content-type': `${SOAP_MEDIA_TYPE}; charset=utf-8` }
      return this.#transport(url, { method: 'POST', headers: type, body: octets }, { signal, maxBytes })
    }
    const response = await patiently(send, this.#options.patience ?? 10_000, signal)
    const envelope = await this.#read(response)
    if (envelope.body.is(SOAP, 'Fault')) throw faultOf(envelope, messageId)
    if (!isSuccess(response)) throw new SoapError('soap/http-status', { status: response.status })
    if (envelope.relatesTo !== messageId) throw new SoapError('soap/relates-to')
    if (envelope.action !== replyAction) throw new SoapError('soap/action')
    return envelope
  }

  async #security(): Promise<XmlElement | undefined> {
    const { credentials } = this.#options
    const now = this.#now()
    return credentials && securityHeader(timestampElement(now), await usernameTokenElement(credentials, now))
  }

  async #read(response: HttpResponse): Promise<Envelope> {
    const { limits, skewSeconds } = this.#options
    const contentType = parseContentType(response.headers['content-type'] ?? '')
    if (contentType === undefined || !isSoapInUtf8(contentType)) {
      if (!isSuccess(response)) throw new SoapError('soap/http-status', { status: response.status })
      throw new SoapError('soap/content-type')
    }
    try {
      const envelope = readEnvelope(await parseMessage(response.body, limits), { understands: isSecurityHeader })
      const timestamp = envelope.security && readSecurityHeader(envelope.security).timestamp
      if (timestamp !== undefined && !isOfNow(timestamp, this.#now(), skewSeconds)) throw new SoapError('soap/clock')
      return envelope
    } catch (error) {
      // The server did not send this fault: `readEnvelope` made it to describe the error in the answer.
      throw error instanceof SoapFault ? new SoapError('soap/envelope', { cause: error }) : error
    }
  }
}

function isSuccess({ status }: HttpResponse): boolean {
  return status >= 200 && status < 300
}

/** A server that could not read the request may not know its MessageID, so its fault may relate to nothing. */
function faultOf({ body, action, relatesTo }: Envelope, messageId: string): Error {
  if (relatesTo !== undefined && relatesTo !== messageId) return new SoapError('soap/relates-to')
  return readFault(body, action, relatesTo) ?? new SoapError('soap/envelope')
}
