import { loadText, type Environment } from '../program/environment.js'
import { table } from '../program/figures.js'
import { kinds, type Kind } from './work.js'

/** Tokens per second of each kind of work. */
export type Rates = Readonly<Record<Kind, number>>

/** Tokens per second by the number of workers. */
export type RatesByWorkers = Readonly<Record<string, number>>

/** Work in batches of one size. */
export interface BatchRow {
  readonly kind: Kind
  readonly batch: number
  /** Tokens per second by the number of workers. */
  readonly rates: RatesByWorkers
}

/** Tokens issued in one stream, or for some minutes. */
export interface StreamResult {
  readonly tokens: number
  readonly seconds: number
  readonly tokensPerSecond: number
  /** Resident memory of the process with all its workers, in MiB: before, the most during, and the difference. */
  readonly rssBeforeMiB: number
  readonly rssPeakMiB: number
  readonly rssGrowthMiB: number
}

/** `StreamResult` with what memory does over time. */
export interface SoakResult extends StreamResult {
  /** Mean resident memory in each minute, in MiB. */
  readonly rssByMinuteMiB: readonly number[]
  /** By how much resident memory grows, in MiB a minute, from the second minute on (least squares). */
  readonly rssSlopeMiBPerMinute: number
  /**
   * The memory of all threads after garbage collection, heaps and the memory that they refer to, in MiB: before, and after
   * each minute.
   */
  readonly keptMiB: readonly number[]
  /** Resident memory at the same times, in MiB. */
  readonly rssAfterCollectionMiB: readonly number[]
}

/** The report of `npm run bench:throughput`; docs/throughput.md documents it. */
export type ThroughputReport = Readonly<Record<Kind, RatesByWorkers>> & {
  readonly schema: 1
  readonly date: string
  readonly command: string
  readonly seconds: number
  readonly environment: Environment
  /** One process that works alone in one thread. */
  readonly singleThread: Rates
  /** Two such processes at the same time, together: what the machine's two processors are good for. */
  readonly twoProcesses: Rates
  /** Two workers as a part of `twoProcesses`. */
  readonly twoWorkersOfTwoProcesses: Rates
  /** The same round by round, where both were at work one right after the other: the median, and the 90th percentile. */
  readonly roundByRound: { readonly median: Rates; readonly best: Rates }
  /** The same figures, medians of the rounds. */
  readonly medians: Readonly<Record<Kind, RatesByWorkers>> & {
    readonly singleThread: Rates
    readonly twoProcesses: Rates
  }
  readonly rounds: number
  /** OpenSSL's exponentiation, E, in us. */
  readonly exponentiation: number
  readonly batches: readonly BatchRow[]
  readonly stream: StreamResult
  /** Of the stream. */
  readonly rssGrowthMiB: number
  readonly rssPeakMiB: number
  readonly soak: SoakResult | null
}

const titles: Readonly<Record<Kind, string>> = {
  issue: 'issue, batches of 1,000',
  obtain: 'obtain, batches of 250',
  prove: 'present',
  verify: 'verify',
}

/** A report as Markdown. */
export function renderThroughput(report: ThroughputReport): string {
  return [heading(report), workers(report), batches(report), memory(report)].filter(Boolean).join('\n\n') + '\n'
}

function heading({ command, date, seconds, environment, exponentiation, rounds }: ThroughputReport): string {
  const { cpu, cores, platform, node, load } = environment
  return (
    `Measured by \`${command}\` on ${date.slice(0, 10)} in ${seconds.toFixed(0)} s: ${cpu}, ${cores} processors, ${platform}, ` +
    `Node ${node}, load ${loadText(load)}.\n` +
    `L2048N256, Revision 3, five attributes, two of them disclosed. E, OpenSSL's exponentiation, took ` +
    `${exponentiation.toFixed(0)} us. Tokens per second: the 90th percentile of ${rounds} rounds, and the median in parentheses.`
  )
}

const megabytes = (values: readonly number[]): string => values.map((value) => value.toFixed(0)).join(' ')

const percent = (ratio: number): string => `${(100 * ratio).toFixed(0)} %`

const perSecond = (value: number | undefined): string =>
  value === undefined ? '' : Math.round(value).toLocaleString('en-GB')

function workers(report: ThroughputReport): string {
  const counts = Object.keys(report.issue)
  const header = ['', '1 thread', ...counts.map((count) => `${count} workers`), '2 processes', 'speed-up', 'efficiency']
  const rows = kinds.map((kind) => {
    const both = (best: number | undefined, median: number | undefined): string =>
      `${perSecond(best)} (${perSecond(median)})`
    const { medians, singleThread, twoProcesses, twoWorkersOfTwoProcesses, roundByRound } = report
    return [
      titles[kind],
      both(singleThread[kind], medians.singleThread[kind]),
      ...counts.map((count) => both(report[kind][count], medians[kind][count])),
      both(twoProcesses[kind], medians.twoProcesses[kind]),
      `${((report[kind]['2'] ?? NaN) / singleThread[kind]).toFixed(2)}x`,
      `${percent(twoWorkersOfTwoProcesses[kind])} (${percent(roundByRound.median[kind])})`,
    ]
  })
  const note =
    'Speed-up is of two workers against one thread; efficiency is of two workers against two processes, in parentheses the ' +
    'median of what it was round by round.'
  return table('Tokens per second', header, rows, note)
}

function batches({ batches: rows }: ThroughputReport): string {
  const counts = Object.keys(rows[0]?.rates ?? {})
  return table(
    'Tokens per second in batches, one after another',
    ['', ...counts.map((count) => `${count} workers`), 'speed-up'],
    rows.map(({ kind, batch, rates }) => [
      `${kind} ${batch.toLocaleString('en-GB')}`,
      ...counts.map((count) => perSecond(rates[count])),
      `${((rates['2'] ?? NaN) / (rates['1'] ?? NaN)).toFixed(2)}x`,
    ]),
  )
}

function memory({ stream, soak }: ThroughputReport): string {
  const rows: [string, StreamResult][] = [
    ['one stream', stream],
    ...(soak === null ? [] : [['soak', soak] as [string, StreamResult]]),
  ]
  const note =
    soak === null
      ? ''
      : `Kept by all threads when their garbage is collected, before and after each minute of the soak, MiB: ` +
        `${soak.keptMiB.map((value) => value.toFixed(1)).join(' ')}; the process then occupies ` +
        `${megabytes(soak.rssAfterCollectionMiB)}. While it works, mean by minute: ${megabytes(soak.rssByMinuteMiB)}.`
  return table(
    'Memory of the whole process while tokens are issued',
    ['', 'tokens', 'seconds', 'tokens/s', 'before, MiB', 'peak, MiB', 'growth, MiB'],
    rows.map(([name, result]) => [
      name,
      perSecond(result.tokens),
      result.seconds.toFixed(0),
      perSecond(result.tokensPerSecond),
      result.rssBeforeMiB.toFixed(0),
      result.rssPeakMiB.toFixed(0),
      result.rssGrowthMiB.toFixed(0),
    ]),
    note,
  )
}
