/** An HTTP request, as every host and client has it. */
export interface HttpRequest {
  readonly method: string
  /** Path and query, as in the request line. */
  readonly target: string
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Uint8Array
}

export interface HttpResponse {
  readonly status: number
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/**
 * Answers HTTP requests; the host says in `context` what it knows of the client (a certificate of TLS, a name from Kerberos).
 * Never rejects.
 */
export type HttpHandler<Context = undefined> = (request: HttpRequest, context: Context) => Promise<HttpResponse>
