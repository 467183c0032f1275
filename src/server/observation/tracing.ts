import type { HttpResponse } from '../../soap/http/http.js'

/** What a span says about a request. */
export interface TracedRequest {
  readonly method: string
  readonly route: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

/** Runs an answer inside a span. */
export type Tracing = (request: TracedRequest, answer: () => Promise<HttpResponse>) => Promise<HttpResponse>

/**
 * Spans of OpenTelemetry, one a request, below the one that `traceparent` names. The program registers an SDK; without one, or without the
 * package @opentelemetry/api, there are none.
 */
export async function openTracing(): Promise<Tracing | undefined> {
  const api = await import('@opentelemetry/api').catch(() => undefined)
  if (api === undefined) return undefined
  const { context, propagation, trace, SpanKind, SpanStatusCode } = api
  return ({ method, route, headers }, answer) => {
    const parent = propagation.extract(context.active(), headers)
    const attributes = { 'http.request.method': method, 'http.route': route }
    const options = { kind: SpanKind.SERVER, attributes }
    return trace.getTracer('uprove-wasm').startActiveSpan(`${method} ${route}`, options, parent, async (span) => {
      try {
        const response = await answer()
        span.setAttribute('http.response.status_code', response.status)
        if (response.status >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
        return response
      } finally {
        span.end()
      }
    })
  }
}
