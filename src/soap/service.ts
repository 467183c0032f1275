import type { ParseOptions } from '../xml/parse.js'
import type { XmlElement } from '../xml/tree.js'
import { headerRequired, invalidHeader, securityFault } from './envelope/standard-faults.js'
import { isSoapInUtf8, parseContentType, SOAP_MEDIA_TYPE } from './http/content-type.js'
import {
  parseMessage,
  readEnvelope,
  versionMismatch,
  writeEnvelope,
  writeFault,
  type Envelope,
} from './envelope/envelope.js'
import { SoapFault } from './envelope/fault.js'
import type { HttpHandler, HttpRequest, HttpResponse } from './http/http.js'
import {
  isSecurityHeader,
  readSecurityHeader,
  securityHeader,
  type SecurityHeader,
} from './security/security-header.js'
import { isOfNow, timestampElement } from './security/timestamp.js'
import { encodeText } from '../../bindings/octets/text.js'

/** A request that is well-formed, correctly addressed, understood, and recent. */
export interface SoapRequest<Context> extends Envelope {
  readonly messageId: string
  /** The contents of wsse:Security; the password is not verified. Undefined if there is no such header. */
  readonly securityHeader: SecurityHeader | undefined
  readonly http: HttpRequest
  readonly context: Context
}

export interface SoapReply {
  readonly action: string
  readonly body: XmlElement
  /** Header blocks beside those of WS-Addressing and WS-Security. */
  readonly headers?: readonly XmlElement[]
}

export interface SoapServiceOptions<Context> {
  /** Answers a request, or throws; see `faultFor`. */
  readonly receive: (request: SoapRequest<Context>) => Promise<SoapReply>
  readonly limits?: ParseOptions
  /** Whether a header block beside those of WS-Addressing and WS-Security is understood. Default: none is. */
  readonly understands?: (header: XmlElement) => boolean
  /** How far a client's clock may differ, in seconds. Default 300. */
  readonly skewSeconds?: number
  readonly now?: () => Date
  /** Called with every error, `SoapFault`s included. */
  readonly onError?: (error: unknown) => void
  /**
   * The fault to send for an error; `request` is undefined if it could not be read. It must not throw. Default: a `SoapFault`
   * is sent as it is, any other error as a fault without details.
   */
  readonly faultFor?: (error: unknown, request: Envelope | undefined) => SoapFault
}

const CONTENT_TYPE = `${SOAP_MEDIA_TYPE}; charset=utf-8`
/** The media type of SOAP 1.1. */
const OLD_MEDIA_TYPE = 'text/xml'

/**
 * The HTTP binding of a SOAP 1.2 service. Requests come by POST, and every fault has status 500 (WCF and cepces do not read
 * faults with 400). A request with a Timestamp is answered with one, which Windows requires.
 */
export function soapService<Context = undefined>(options: SoapServiceOptions<Context>): HttpHandler<Context> {
  const { receive, limits, skewSeconds, now = () => new Date(), faultFor = defaultFault, onError } = options
  const understands = (header: XmlElement): boolean =>
    isSecurityHeader(header) || options.understands?.(header) === true

  return async (http, context) => {
    if (http.method !== 'POST') return plain(405, 'Send SOAP messages by POST.', { allow: 'POST' })
    const contentType = parseContentType(http.headers['content-type'] ?? '')
    if (contentType?.mediaType === OLD_MEDIA_TYPE) return faultResponse(faultFor(versionMismatch('1.1'), undefined))
    if (contentType === undefined || !isSoapInUtf8(contentType)) {
      return plain(415, `The media type must be ${CONTENT_TYPE}.`, { accept: SOAP_MEDIA_TYPE })
    }
    let envelope: Envelope | undefined
    let timestamped = false
    const security = (): XmlElement | undefined => (timestamped ? securityHeader(timestampElement(now())) : undefined)
    const refuse = (error: unknown): HttpResponse => {
      onError?.(error)
      const fault = faultFor(error, envelope)
      const messageId = envelope?.messageId ?? (error instanceof SoapFault ? error.relatesTo : undefined)
      return faultResponse(fault.inReplyTo(messageId), security())
    }
    try {
      envelope = readEnvelope(await parseMessage(http.body, limits), { understands })
      const { messageId } = envelope
      if (messageId === undefined) throw headerRequired('MessageID')
      if (contentType.action !== undefined && contentType.action !== envelope.action) {
        throw invalidHeader('Action', 'ActionMismatch')
      }
      const header = envelope.security && readSecurityHeader(envelope.security)
      timestamped = header?.timestamp !== undefined
      if (header?.timestamp !== undefined && !isOfNow(header.timestamp, now(), skewSeconds)) {
        throw securityFault('MessageExpired')
      }
      const {
        action,
        body,
        headers = [],
      } = await receive({ ...envelope, messageId, securityHeader: header, http, context })
      return message(200, writeEnvelope({ action, relatesTo: messageId, headers: [...headers, security()], body }))
    } catch (error) {
      try {
        return refuse(error)
      } catch (unwritable) {
        // The fault has characters that XML cannot write.
        return refuse(unwritable)
      }
    }
  }
}

function defaultFault(error: unknown): SoapFault {
  if (error instanceof SoapFault) return error
  return new SoapFault({
    faultCode: 'Receiver',
    reasons: 'The server was unable to process the request due to an internal error.',
  })
}

/** The HTTP response with a fault. */
export function faultResponse(fault: SoapFault, security?: XmlElement): HttpResponse {
  const type = fault.version === '1.1' ? `${OLD_MEDIA_TYPE}; charset=utf-8` : CONTENT_TYPE
  return message(500, writeFault(fault, [security]), type)
}

function message(status: number, body: Uint8Array, type = CONTENT_TYPE): HttpResponse {
  return { status, headers: { 'content-type': type, 'cache-control': 'no-store' }, body }
}

function plain(status: number, text: string, headers: Readonly<Record<string, string>>): HttpResponse {
  return {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8', ...headers },
    body: encodeText(`${text}\n`),
  }
}
