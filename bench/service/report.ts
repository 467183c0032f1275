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

/** Messages at a rate, on connections that are kept or on new ones. */
export interface LoadResult extends Omit<Offered, 'answered' | 'refused' | 'recovery'> {
  readonly keepAlive: boolean
  readonly answeredPerSecond: number
  /** Answered a second, to those that it answers without a load. */
  readonly goodput: number
  readonly answered: Distribution
  readonly refused: Distribution
  /** From the end of the load to a normal answer, ms. */
  readonly recovery: number
  readonly server: ServerReading
}

export interface OverloadResult {
  readonly capacityPerSecond: number
  readonly offeredPerSecond: number
  readonly loads: readonly LoadResult[]
}

export interface ConnectionsResult {
  readonly count: number
  readonly perSecond: number
  readonly latency: Distribution
  /** Of one connection, on each side, ms of processor time. */
  readonly processor: { readonly server: number; readonly client: number }
  readonly server: ServerReading
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
  connections?: Made & { readonly result: ConnectionsResult }
  soak?: Made & { readonly result: SoakResult }
  kills?: Made & { readonly results: readonly KillTally[] }
}

/** The report about a service, as Markdown whose tables also line up in a terminal. */
export function renderService(report: ServiceReport): string {
  const { tokens, enrolments, overload, connections, soak, kills } = report
  const sections = [
    tokens && tokensTable(tokens.results, how(tokens)),
    tokens && costTable(tokens.results),
    enrolments && enrolmentsTable(enrolments.results, how(enrolments)),
    overload && overloadTable(overload.result, how(overload)),
    connections && connectionsTable(connections.result, how(connections)),
    soak && soakTable(soak.result, how(soak)),
    kills && killsTable(kills.results, how(kills)),
  ]
  return `${['## A service through HTTPS', ...sections.filter((section) => section !== undefined)].join('\n\n')}\n`
}

export function how({ date, environment }: Made): string {
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

function overloadTable({ capacityPerSecond, offeredPerSecond, loads }: OverloadResult, note: string): string {
  const row = (title: string, of: (load: LoadResult) => string): string[] => [title, ...loads.map(of)]
  const count =
    (status: string): ((load: LoadResult) => string) =>
    ({ statuses }) =>
      String(statuses[status] ?? 0)
  const rows = [
    row('answered a second without the load, 4 at once, kept connections', () => capacityPerSecond.toFixed(1)),
    row('offered a second', () => offeredPerSecond.toFixed(1)),
    row('sent', ({ sent }) => String(sent)),
    row('answered with 200', count('200')),
    row('refused with 503', count('503')),
    row('of them with Retry-After', ({ withRetryAfter }) => String(withRetryAfter)),
    row('transport errors', count('soap/transport')),
    row('answered a second', ({ answeredPerSecond }) => answeredPerSecond.toFixed(1)),
    row('goodput: of what it answers without the load', ({ goodput }) => goodput.toFixed(2)),
    row('answered, p50 and p99, ms', ({ answered }) => pair(answered).join(', ')),
    row('refused, p50 and p99, ms', ({ refused }) => pair(refused).join(', ')),
    row('from the end of the load to a normal answer, ms', ({ recovery }) => ms(recovery)),
    row('own lag p99 and max, ms', ({ server: { ownLag } }) => `${ms(ownLag.p99)}, ${ms(ownLag.max)}`),
  ]
  const heads = loads.map(({ keepAlive }) => (keepAlive ? 'kept connections' : 'new connections'))
  return table('Five times the load', ['first messages for 200 tokens', ...heads], rows, note)
}

function connectionsTable({ perSecond, latency, processor }: ConnectionsResult, note: string): string {
  const row = [perSecond.toFixed(0), ...pair(latency), ms(processor.server), ms(processor.client)]
  const heads = ['connections a second', 'p50, ms', 'p99, ms', 'server, ms each', 'client, ms each']
  return table('New connections', heads, [row], note)
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
