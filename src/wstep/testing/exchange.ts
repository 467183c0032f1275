import { readEnvelope, type Envelope } from '../../soap/envelope/envelope.js'
import { readFault, type SoapFault } from '../../soap/envelope/fault.js'
import type { HttpResponse } from '../../soap/http/http.js'
import { isSecurityHeader } from '../../soap/security/security-header.js'
import { encodeBase64 } from '../../../bindings/octets/base64.js'
import type { TransportCredentials } from '../../authentication/authentication.js'
import { readFaultDetail, type EnrollmentFaultDetail } from '../faults/fault-detail.js'
import {
  BASE64_ENCODING,
  ENROLLMENT_ACTION,
  ISSUE_TYPE,
  KEY_EXCHANGE_TYPE,
  QUERY_TYPE,
  X509_V3,
} from '../messages/names.js'
import type { SecurityTokenService } from '../security-token-service.js'

export const MESSAGE_ID = 'urn:uuid:b5d1a601-5091-4a7d-b34b-5204c18b5919'
const WSS = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss'

/** A request as text, so that anything can be wrong with it. Null leaves a part out. */
export interface RequestText {
  readonly action?: string | null
  readonly messageId?: string | null
  /** Further header blocks. */
  readonly headers?: string
  /** The content of wsse:Security. */
  readonly security?: string | null
  /** The content of soap:Body. */
  readonly body?: string
  readonly namespace?: string
}

/** A SOAP message, its prefixes those of the specification: `a`, `s`, `t` (WS-Trust), `o` (wsse), `u` (wsu), `e` (wstep). */
export function envelopeText(request: RequestText): string {
  const { action = ENROLLMENT_ACTION, messageId = MESSAGE_ID, headers = '', security = null, body = '' } = request
  const { namespace = 'http://www.w3.org/2003/05/soap-envelope' } = request
  return (
    `<s:Envelope xmlns:s="${namespace}" xmlns:a="http://www.w3.org/2005/08/addressing"` +
    ` xmlns:t="http://docs.oasis-open.org/ws-sx/ws-trust/200512" xmlns:o="${WSS}-wssecurity-secext-1.0.xsd"` +
    ` xmlns:u="${WSS}-wssecurity-utility-1.0.xsd" xmlns:e="http://schemas.microsoft.com/windows/pki/2009/01/enrollment"` +
    ` xmlns:c="http://schemas.xmlsoap.org/ws/2006/12/authorization" xmlns:i="http://www.w3.org/2001/XMLSchema-instance">` +
    `<s:Header>${action === null ? '' : `<a:Action s:mustUnderstand="1">${action}</a:Action>`}` +
    `${messageId === null ? '' : `<a:MessageID>${messageId}</a:MessageID>`}${headers}` +
    `${security === null ? '' : `<o:Security s:mustUnderstand="1">${security}</o:Security>`}</s:Header>` +
    `<s:Body>${body}</s:Body></s:Envelope>`
  )
}

/** A RequestSecurityToken; parts that are null are left out. */
export function requestText(parts: {
  readonly attributes?: string
  readonly tokenType?: string | null
  readonly requestType?: string | null
  readonly content?: string
}): string {
  const { attributes = '', tokenType = X509_V3, requestType = ISSUE_TYPE, content = '' } = parts
  return (
    `<t:RequestSecurityToken ${attributes}>${tokenType === null ? '' : `<t:TokenType>${tokenType}</t:TokenType>`}` +
    `${requestType === null ? '' : `<t:RequestType>${requestType}</t:RequestType>`}${content}</t:RequestSecurityToken>`
  )
}

export function tokenText(octets: Uint8Array, encodingType = BASE64_ENCODING): string {
  const base64 = encodeBase64(octets)
  return `<o:BinarySecurityToken EncodingType="${encodingType}" ValueType="urn:any">${base64}</o:BinarySecurityToken>`
}

export const issueText = (der: Uint8Array): string => requestText({ content: tokenText(der) })
export const queryText = (requestId: string): string =>
  requestText({ requestType: QUERY_TYPE, content: `<e:RequestID>${requestId}</e:RequestID>` })
export const exchangeText = requestText({ requestType: KEY_EXCHANGE_TYPE, content: '<t:RequestKET/>' })

export const passwordText = (username: string, password: string, type = ''): string =>
  `<o:UsernameToken><o:Username>${username}</o:Username><o:Password ${type}>${password}</o:Password></o:UsernameToken>`

/** What came back. */
export interface Answer {
  readonly http: HttpResponse
  readonly envelope: Envelope
  /** Whole, as text. */
  readonly text: string
}

export interface Sending {
  readonly transport?: TransportCredentials
  readonly target?: string
  readonly contentType?: string
  readonly method?: string
}

export function post(
  service: SecurityTokenService,
  message: string | Uint8Array,
  { transport, target = '/wstep', contentType = 'application/soap+xml; charset=utf-8', method = 'POST' }: Sending = {},
): Promise<HttpResponse> {
  const body = typeof message === 'string' ? new TextEncoder().encode(message) : message
  return service.handle({ method, target, headers: { 'content-type': contentType }, body }, transport)
}

export async function ask(service: SecurityTokenService, message: RequestText, sending?: Sending): Promise<Answer> {
  return answerOf(await post(service, envelopeText(message), sending))
}

export function answerOf(http: HttpResponse): Answer {
  const envelope = readEnvelope(http.body, { understands: isSecurityHeader })
  return { http, envelope, text: new TextDecoder().decode(http.body) }
}

/** The fault in an answer of status 500, with its detail. */
export function faultIn({ http, envelope }: Answer): SoapFault & { readonly enrollment?: EnrollmentFaultDetail } {
  const fault = readFault(envelope.body, envelope.action, envelope.relatesTo)
  if (http.status !== 500 || fault === undefined) throw new Error(`no fault, but ${http.status}`)
  const enrollment = readFaultDetail(fault)
  return Object.assign(fault, enrollment && { enrollment })
}
