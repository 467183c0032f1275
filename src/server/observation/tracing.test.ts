import {
  context,
  propagation,
  ROOT_CONTEXT,
  trace,
  type Context,
  type Span,
  type SpanContext,
} from '@opentelemetry/api'
import { afterAll, expect, it } from 'vitest'
import { Host } from '../http/host.js'
import { text } from '../http/http.js'
import { createLog } from './log.js'
import { openTracing } from './tracing.js'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const PARENT = `00-${TRACE}-00f067aa0ba902b7-01`

afterAll(() => {
  trace.disable()
  propagation.disable()
})

it('gives each request a span below that of the caller, and log lines the trace', async () => {
  const spans: object[] = []
  // As an SDK does it.
  propagation.setGlobalPropagator({
    inject: () => undefined,
    fields: () => ['traceparent'],
    extract: (target: Context, carrier: Record<string, string>) => {
      const [, traceId = '', spanId = ''] = carrier.traceparent?.split('-') ?? []
      return traceId === '' ? target : trace.setSpanContext(target, { traceId, spanId, traceFlags: 1 })
    },
  })
  const begin = (name: string, options: object = {}, parent: Context = ROOT_CONTEXT): Span => {
    const span = { name, ...options, parent: trace.getSpanContext(parent), ended: false, facts: {} }
    spans.push(span)
    return {
      ...{ spanContext: (): SpanContext => ({ traceId: TRACE, spanId: '1', traceFlags: 1 }), isRecording: () => true },
      setAttribute: (key: string, value: unknown) => Object.assign(span.facts, { [key]: value }),
      setStatus: (status: object) => Object.assign(span, { status }),
      end: () => Object.assign(span, { ended: true }),
    } as unknown as Span
  }
  trace.setGlobalTracerProvider({
    getTracer: () => ({
      startSpan: begin,
      startActiveSpan: (...given: unknown[]) => {
        const [name, options, parent, run] = given as [string, object, Context, (span: Span) => unknown]
        return context.with(parent, () => run(begin(name, options, parent))) as never
      },
    }),
  })
  let log = ''
  const lines = createLog('info', { write: (line: string) => void (log += line) })
  const host = new Host({
    tracing: await openTracing(),
    routes: [
      {
        ...{ name: 'a', method: 'GET', path: '/a' },
        handle: () => {
          lines.info('inside')
          return Promise.resolve(text(500, 'failed'))
        },
      },
    ],
  })
  const { port } = await host.listen(0, '127.0.0.1')
  const ask = (headers: Record<string, string>) => fetch(`http://127.0.0.1:${String(port)}/a`, { headers })
  await ask({ traceparent: PARENT })
  await ask({ traceparent: 'nonsense' })
  await host.close(0)
  expect(spans).toMatchObject([
    {
      ...{ name: 'GET a', parent: { traceId: TRACE, spanId: '00f067aa0ba902b7' }, ended: true },
      facts: { 'http.response.status_code': 500 },
    },
    { name: 'GET a', parent: undefined, ended: true },
  ])
  const traces = log
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { trace?: string }).trace)
  expect(traces).toEqual([TRACE, undefined])
})
