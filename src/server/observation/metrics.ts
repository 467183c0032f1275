import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Counter, Gauge, Histogram } from 'prom-client'
import { prometheus } from '../packages.js'

/** How often a timer samples the event loop, in milliseconds; the delay is measured from one sample to the next. */
const TIMER = 10

/** What `uprove_events_total` counts. */
const EVENTS = [
  ...(['enrolment_refused', 'issuance_refused', 'policy_refused'] as const),
  ...(['presentation_accepted', 'presentation_refused'] as const),
  ...(['lockout_account', 'lockout_address'] as const),
  ...(['limited_account', 'limited_rate', 'limited_bodies', 'limited_connections'] as const),
  ...(['operator_approved', 'operator_denied', 'operator_revoked', 'operator_released'] as const),
  ...(['operator_recovered', 'operator_unlocked', 'reload_failed'] as const),
] as const
export type MetricEvent = (typeof EVENTS)[number]

/** The metrics of a service, in the text format of Prometheus. No label has a value that clients choose. */
export class Metrics {
  readonly #registry = new prometheus.Registry()
  readonly #loop = monitorEventLoopDelay({ resolution: TIMER })
  readonly #requests = this.#register(
    new prometheus.Counter({
      name: 'uprove_http_requests_total',
      help: 'Requests answered',
      labelNames: ['route', 'status'],
      registers: [],
    }),
  )
  readonly #durations = this.#register(
    new prometheus.Histogram({
      name: 'uprove_http_request_seconds',
      help: 'From the headers of a request to its answer',
      labelNames: ['route'],
      buckets: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10],
      registers: [],
    }),
  )
  readonly #events = this.#register(
    new prometheus.Counter({
      name: 'uprove_events_total',
      help: 'Requests verified, refused and limited, actions of operators, reloads that failed',
      labelNames: ['event'],
      registers: [],
    }),
  )

  readonly #tokens = this.#register(
    new prometheus.Counter({
      name: 'uprove_tokens_issued_total',
      help: 'Tokens issued, by the first group of the account',
      labelNames: ['class'],
      registers: [],
    }),
  )
  readonly #refusals = this.#register(
    new prometheus.Counter({
      name: 'uprove_refusals_total',
      help: 'Requests refused, by the code of the cause',
      labelNames: ['code'],
      registers: [],
    }),
  )
  readonly #store = this.#register(
    new prometheus.Histogram({
      name: 'uprove_store_seconds',
      help: 'Statements and transactions of the store',
      labelNames: ['database'],
      buckets: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10],
      registers: [],
    }),
  )

  constructor() {
    prometheus.collectDefaultMetrics({ register: this.#registry })
    // From 0, so that Prometheus sees the first event as an increase.
    for (const event of EVENTS) this.#events.inc({ event }, 0)
    this.#loop.enable()
    const loop = this.#loop
    this.#register(
      new prometheus.Gauge({
        name: 'uprove_event_loop_lag_p99_seconds',
        help: 'How late timers were since the last reading',
        registers: [],
        collect() {
          this.set(Math.max(0, loop.percentile(99) / 1e6 - TIMER) / 1e3)
          loop.reset()
        },
      }),
    )
  }

  request(route: string, status: number, milliseconds: number): void {
    this.#requests.inc({ route, status: String(status) })
    this.#durations.observe({ route }, milliseconds / 1_000)
  }

  /** Counts an event. */
  count(event: MetricEvent): void {
    this.#events.inc({ event })
  }

  /** Counts tokens that were issued to an account of a class. */
  issued(accountClass: string, tokens: number): void {
    this.#tokens.inc({ class: accountClass }, tokens)
  }

  /** Counts a refusal by its code. */
  refused(code: string): void {
    this.#refusals.inc({ code })
  }

  /** Measures a statement or a transaction of a database. */
  store(database: string, milliseconds: number): void {
    this.#store.observe({ database }, milliseconds / 1_000)
  }

  /** Adds a value that is read when Prometheus asks. It is NaN while it cannot be read, as from a store that is down; the others are there all the same. */
  gauge(name: string, help: string, read: () => number | Promise<number>): void {
    this.#register(
      new prometheus.Gauge({
        name: `uprove_${name}`,
        help,
        registers: [],
        async collect() {
          this.set(
            await Promise.resolve()
              .then(read)
              .catch(() => Number.NaN),
          )
        },
      }),
    )
  }

  /** Adds values with a label, which are read when Prometheus asks. The label has few values, none of them chosen by clients. */
  gauges(
    name: string,
    help: string,
    label: string,
    read: () => readonly (readonly [value: string, reading: number])[],
  ): void {
    this.#register(
      new prometheus.Gauge({
        name: `uprove_${name}`,
        help,
        labelNames: [label],
        registers: [],
        collect() {
          this.reset()
          for (const [value, reading] of read()) this.set({ [label]: value }, reading)
        },
      }),
    )
  }

  /** All metrics, for Prometheus. */
  async expose(): Promise<{ contentType: string; body: string }> {
    return { contentType: this.#registry.contentType, body: await this.#registry.metrics() }
  }

  dispose(): void {
    this.#loop.disable()
    this.#registry.clear()
  }

  #register<M extends Counter | Gauge | Histogram>(metric: M): M {
    this.#registry.registerMetric(metric)
    return metric
  }
}
