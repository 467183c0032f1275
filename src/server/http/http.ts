import { SoapFault } from '../../soap/envelope/fault.js'
import { SOAP, WSA, WSSE } from '../../soap/envelope/names.js'
import type { HttpHandler, HttpRequest, HttpResponse } from '../../soap/http/http.js'
import { faultResponse } from '../../soap/service.js'
import { parseXml } from '../../xml/parse.js'

/** An HTTP request as a route gets it: its body was received whole. */
export interface HostRequest extends HttpRequest {
  /** The target, resolved; its host means nothing. */
  readonly url: URL
  readonly body: Uint8Array<ArrayBuffer>
  readonly client: HttpClient
  /** Names the request in logs. */
  readonly id: string
  /** Aborted when the client disconnects. */
  readonly signal: AbortSignal
}

/** The transport's knowledge about the client. */
export interface HttpClient {
  /** The client's IP address; behind a trusted proxy, the address that the proxy forwards. */
  readonly address: string
  /** The client's TLS certificate (DER), and whether a trusted authority issued it. Revocation is not checked here. */
  readonly certificate?: { readonly der: Uint8Array<ArrayBuffer>; readonly trusted: boolean }
}

/** Answers the requests for one method and path. */
export interface Route {
  /** In metrics and logs. */
  readonly name: string
  readonly method: 'GET' | 'POST'
  /** The whole path, or a prefix if it ends in `/*`. */
  readonly path: string
  /** Octets of a body. Default: the host's limit. */
  readonly maxBody?: number
  /** Answered under overload and while the host drains, and never limited: for health checks. Default false. */
  readonly always?: boolean
  /** Computes in a pool: few such requests are answered at once, so that none waits long. Default false. */
  readonly computes?: boolean
  /**
   * The host's own refusal (503, 429), made by `refusal()`, in the form that clients of this route read. Default: as it is, JSON.
   * `answered`: what the route answered, if the refusal takes its place.
   */
  readonly refusal?: (refusal: HttpResponse, answered?: HttpResponse) => HttpResponse
  handle(request: HostRequest): Promise<HttpResponse>
}

/** The host's context for a SOAP service: the client, and the request's name in logs. */
export type SoapContext = Pick<HostRequest, 'client' | 'id'>

/** A route for a SOAP service. A refusal by the host is a fault too. */
export function soapRoute(
  route: Pick<Route, 'name' | 'path' | 'maxBody' | 'computes'>,
  handler: HttpHandler<SoapContext>,
): Route {
  return { ...route, method: 'POST', refusal: inFault, handle: (request) => handler(request, request) }
}

/** The code of a host's refusal while a database is unavailable. */
export const OUTAGE = 'store/unavailable'

/** A refusal for now: clients tell its causes apart by the code. */
export function refusal(
  status: 503 | 429,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>>,
): HttpResponse {
  return json(status, { code, message }, headers)
}

/**
 * A refusal with a SOAP fault inside. It relates to a message, and has a Timestamp, if the service's own fault does, whose place it takes.
 * That of an outage is wsa:EndpointUnavailable (Web Services Addressing 1.0, SOAP Binding, section 6.4.5).
 */
function inFault({ status, headers, body }: HttpResponse, answered?: HttpResponse): HttpResponse {
  const header = answered && parseXml(answered.body).child('Header', SOAP)
  const relatesTo = header?.child('RelatesTo', WSA)?.text
  const { code, message } = JSON.parse(new TextDecoder().decode(body)) as {
    readonly code: string
    readonly message: string
  }
  const subcodes = code === OUTAGE ? [{ namespace: WSA, localName: 'EndpointUnavailable' }] : []
  const fault = faultResponse(
    new SoapFault({ faultCode: 'Receiver', subcodes, reasons: message, relatesTo }),
    header?.child('Security', WSSE),
  )
  return { status, headers: { ...headers, ...fault.headers }, body: fault.body }
}

/** A response with a line of plain text. */
export function text(status: number, line: string, headers: Readonly<Record<string, string>> = {}): HttpResponse {
  return respond(status, `${line}\n`, { 'content-type': 'text/plain; charset=utf-8', ...headers })
}

/** A response with a JSON document. */
export function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): HttpResponse {
  return respond(status, `${JSON.stringify(value)}\n`, {
    'content-type': 'application/json; charset=utf-8',
    ...headers,
  })
}

/** A response with a text of any media type, in UTF-8. */
export function respond(status: number, body: string, headers: Readonly<Record<string, string>>): HttpResponse {
  return { status, headers, body: new TextEncoder().encode(body) }
}
