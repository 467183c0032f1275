import type { HttpRequest } from '../../soap/http/http.js'

/** A request whose body has been received whole, with what the host knows about it. */
export interface HostRequest extends HttpRequest {
  readonly url: URL
  readonly client: HttpClient
  /** Names the request in logs. */
  readonly id: string
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal
}

/** Who sent it, as far as the transport knows. */
export interface HttpClient {
  readonly address: string
  /** The certificate that the client has shown, DER, and whether a trusted authority issued it. Not yet: whether it is revoked. */
  readonly certificate?: { readonly der: Uint8Array<ArrayBuffer>; readonly trusted: boolean }
}

export interface HttpResponse {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | string
}

export interface Route {
  /** In metrics and logs. */
  readonly name: string
  readonly method: 'GET' | 'POST'
  /** The whole path, or its beginning where it ends in `/*`. */
  readonly path: string
  /** Default: that of the host, in octets. */
  readonly maxBody?: number
  /** Answered even under overload, and while the host drains: health. Default false. */
  readonly always?: boolean
  handle(request: HostRequest): Promise<HttpResponse>
}

export function text(status: number, body: string, headers: Readonly<Record<string, string>> = {}): HttpResponse {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...headers }, body: `${body}\n` }
}

export function json(status: number, value: unknown): HttpResponse {
  return { status, headers: { 'content-type': 'application/json; charset=utf-8' }, body: `${JSON.stringify(value)}\n` }
}
