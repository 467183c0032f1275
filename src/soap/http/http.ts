/** An HTTP request, independent of host and client. */
export interface HttpRequest {
  readonly method: string
  /** Path and query, as in the request line. */
  readonly target: string
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Uint8Array
}

/** A response of HTTP, whole. */
export interface HttpResponse {
  readonly status: number
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/**
 * Answers HTTP requests. `context` is what the host knows about the client: a TLS certificate, a name from Kerberos.
 * Never rejects.
 */
export type HttpHandler<Context = undefined> = (request: HttpRequest, context: Context) => Promise<HttpResponse>
