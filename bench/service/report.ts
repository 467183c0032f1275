import { loadText, type Environment } from '../program/environment.js'
import { table } from '../program/figures.js'
import type { KillTally } from './kill.js'
import type { ServerReading } from './node.js'
import type { Offered, Parts } from './work.js'

/** How a measurement was made. */
export interface Made {
  readonly date: string
  readonly environment: Environment
}

export interface Distribution {
  readonly p50: number
  readonly p99: number
}

export interface TokensResult {
  readonly tokens: number
  readonly exchanges: number
  readonly atOnce: number
  readonly tokensPerSecond: number
  /** Of exchanges, ms. */
  readonly latency: Distribution
  /** Of one exchange, on each side, ms of processor time. */
  readonly processor: { readonly server: number; readonly client: number }
  readonly parts: Parts
  /** The ratio of all other time to that of cryptography. */
  readonly shareOfRest: number
  readonly server: ServerReading
}

export interface EnrolmentsResult {
  readonly password: 'remembered' | 'hashed'
  readonly count: number
  readonly atOnce: number
  readonly perSecond: number
  readonly latency: Distribution
  readonly server: ServerReading
}

export interface OverloadResult {
  readonly capacityPerSecond: number
  readonly offeredPerSecond: number
  readonly load: Omit<Offered, 'answered' | 'refused'> & {
    readonly answeredPerSecond: number
    readonly answered: Distribution
    readonly refused: Distribution
  }
  readonly server: ServerReading
  /** An exchange before and after, ms. */
  readonly exchangeBefore: number
  readonly exchangeAfter: number
}

export interface SoakSample {
  readonly keptMiB: number
  readonly rssMiB: number
}

export interface SoakResult {
  readonly minutes: number
  readonly tokens: number
  readonly enrolments: number
  /** At the beginning, and after each minute, garbage collected. */
  readonly samples: readonly SoakSample[]
}

/** The contents of `bench/results/service.json`. */
export interface ServiceReport {
  tokens?: Made & { readonly results: readonly TokensResult[] }
  enrolments?: Made & { readonly results: readonly EnrolmentsResult[] }
  overload?: Made & { readonly result: OverloadResult }
  soak?: Made & { readonly result: SoakResult }
  kills?: Made & { readonly results: readonly KillTally[] }
}

/** The report about a service, as Markdown whose tables also line up in a terminal. */
export function renderService(report: ServiceReport): string {
  const { tokens, enrolments, overload, soak, kills } = report
  const sections = [
    tokens && tokensTable(tokens.results, how(tokens)),
    tokens && costTable(tokens.results),
    enrolments && enrolmentsTable(enrolments.results, how(enrolments)),
    overload && overloadTable(overload.result, how(overload)),
    soak && soakTable(soak.result, how(soak)),
    kills && killsTable(kills.results, how(kills)),
  ]
  return `${['## A service through HTTPS', ...sections.filter((section) => section !== undefined)].join('\n\n')}\n`
}

function how({ date, environment }: Made): string {
  const { node, cpu, cores, load } = environment
  return `Node ${node}, ${String(cores)} x ${cpu}, ${date.slice(0, 16).replace('T', ' ')} UTC. Load averages before: ${loadText(load)}.`
}

const ms = (value: number): string => (Number.isFinite(value) ? value.toFixed(value < 10 ? 1 : 0) : '-')
const pair = ({ p50, p99 }: Distribution): string[] => [ms(p50), ms(p99)]
const lag = ({ lag: all, ownLag }: ServerReading): string[] => [ms(all.p99), ms(ownLag.p99), ms(ownLag.max)]
const LAG = ['lag p99, ms', 'own lag p99', 'own max']
const LAG_NOTE =
  'Lag is how late timers of the server were; own lag leaves out the time in which its main thread waited for a processor.'

function tokensTable(results: readonly TokensResult[], note: string): string {
  const rows = results.map(({ tokens, atOnce, tokensPerSecond, latency, server }) => [
    `${String(tokens)} tokens, ${String(atOnce)} at once`,
    tokensPerSecond.toFixed(0),
    ...pair(latency),
    ...lag(server),
  ])
  const header = ['exchanges', 'tokens a second', 'p50, ms', 'p99, ms', ...LAG]
  return table('Tokens', header, rows, `${note} ${LAG_NOTE}`)
}

function costTable(results: readonly TokensResult[]): string {
  const rows = results.map(({ tokens, atOnce, processor, parts, shareOfRest }) => {
    const cryptography = parts.issuer + parts.prover
    const all = processor.server + processor.client
    const transport = all - cryptography - parts.xml - parts.store
    return [
      `${String(tokens)} tokens, ${String(atOnce)} at once`,
      ...[all, processor.server, processor.client, cryptography, parts.xml, parts.store, transport].map(ms),
      `${(100 * shareOfRest).toFixed(0)} %`,
    ]
  })
  const header = [
    'an exchange',
    'all, ms',
    'server',
    'client',
    'cryptography',
    'XML',
    'store',
    'SOAP, TLS, rest',
    'to cryptography',
  ]
  const note =
    'Processor time of all threads, both sides together. Cryptography, XML and store are done again by themselves; SOAP, TLS ' +
    'and everything else is what remains. The last column is all that is not cryptography, to cryptography.'
  return table('What an exchange costs', header, rows, note)
}

function enrolmentsTable(results: readonly EnrolmentsResult[], note: string): string {
  const rows = results.map(({ password, atOnce, perSecond, latency, server }) => [
    `password ${password}, ${String(atOnce)} at once`,
    perSecond.toFixed(0),
    ...pair(latency),
    ...lag(server),
  ])
  return table('Enrolments', ['enrolments', 'a second', 'p50, ms', 'p99, ms', ...LAG], rows, note)
}

function overloadTable(result: OverloadResult, note: string): string {
  const { capacityPerSecond, offeredPerSecond, load, server, exchangeBefore, exchangeAfter } = result
  const statuses = Object.entries(load.statuses).map(([status, count]) => `${status}: ${String(count)}`)
  const rows = [
    ['first messages a second that it answers, 4 at once', capacityPerSecond.toFixed(1)],
    ['offered a second', offeredPerSecond.toFixed(1)],
    ['answered a second meanwhile', load.answeredPerSecond.toFixed(1)],
    [`of ${String(load.sent)} requests`, statuses.join(', ')],
    ['503 with Retry-After', String(load.withRetryAfter)],
    ['answered, p50 and p99, ms', pair(load.answered).join(', ')],
    ['refused, p50 and p99, ms', pair(load.refused).join(', ')],
    ['own lag p99 and max, ms', `${ms(server.ownLag.p99)}, ${ms(server.ownLag.max)}`],
    ['an exchange before and after, ms', `${ms(exchangeBefore)}, ${ms(exchangeAfter)}`],
  ]
  return table('Five times the load', ['200 tokens each', 'value'], rows, note)
}

function soakTable({ minutes, tokens, enrolments, samples }: SoakResult, note: string): string {
  const rows = samples.map(({ keptMiB, rssMiB }, i) => [String(i), keptMiB.toFixed(1), rssMiB.toFixed(0)])
  const done = `${String(tokens)} tokens and ${String(enrolments)} enrolments in ${String(minutes)} minutes.`
  const explained =
    'After each minute the main thread collects its garbage: the memory that it then keeps, and that of the process.'
  return table('Soak', ['minute', 'kept, MiB', 'occupied, MiB'], rows, `${note} ${done} ${explained}`)
}

function killsTable(results: readonly KillTally[], note: string): string {
  const row = (title: string, of: (tally: KillTally) => number): string[] => [
    title,
    ...results.map((tally) => String(of(tally))),
  ]
  const rows = [
    row('server processes', ({ nodes }) => nodes),
    row('kills', ({ kills }) => kills),
    row('seconds', ({ seconds }) => seconds),
    row('exchanges, each with two different second messages', ({ exchanges }) => exchanges),
    row('answers to second messages', ({ answers }) => answers),
    row('requests cut off by kills', ({ interrupted }) => interrupted),
    row('exchanges with answers to both messages', ({ answeredTwice }) => answeredTwice),
    row('messages with two different answers', ({ answeredDifferently }) => answeredDifferently),
    row('private keys computed from answers', ({ keys }) => keys),
    row('exchanges lost', ({ exchangesLost }) => exchangesLost),
    row('enrolments and approvals acknowledged', ({ acknowledged }) => acknowledged),
    row('of them lost', ({ acknowledgedLost }) => acknowledgedLost),
    row('anything unexpected', ({ unexpected }) => unexpected.length),
  ]
  return table('Kills', ['SIGKILL at random points', ...results.map(({ store }) => store)], rows, note)
}
