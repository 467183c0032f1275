import { fork, type ChildProcess } from 'node:child_process'
import { lastOf, known } from '../../bindings/octets/lists.js'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { L2048N256 } from '../../src/params/L2048N256.js'
import { environment } from '../program/environment.js'
import { numberOf, runProgram, toJson, writeResults } from '../program/program.js'
import { opensslMeasurements } from '../timing/peers.js'
import { ProgressLine } from '../program/progress-line.js'
import { percentile } from '../timing/statistics.js'
import { measureStream, soak } from './memory.js'
import { renderThroughputPlot } from './plot.js'
import { createSubject, workWith, type PoolSubject } from './pool.js'
import type { Order } from './process.js'
import { renderThroughput, type BatchRow, type Rates, type RatesByWorkers, type ThroughputReport } from './report.js'
import { batchOf, createMaterial, kinds, workFor, type Done, type Kind, type Material } from './work.js'

const usage = `npm run bench:throughput -- [OPTION...]

Measures pools of workers beside independent processes; docs/throughput.md says how. A whole run takes about five minutes
and writes bench/results/throughput.json, .md and .svg.

  --quick        batches of one size, fewer rounds, a shorter stream: at most 90 seconds; writes no files
  --soak N       then issue for N minutes and watch the memory
  --json FILE    also write the report to FILE as JSON
  --help         this text`

/** How long a turn is, in ms, and how many turns two workers and two processes get; others get half as many. */
const turn = { quick: 500, whole: 800 }
const rounds = { quick: 12, whole: 16 }
/** When the measurements of a quick run have to end, and its stream, in s. */
const quickDeadlines = { rounds: 56, stream: 80 }
const streamTokens = 100_000
const batchSizes = [1, 10, 100, 1000, 10_000]
const mostWorkers = 8
/** Tokens per second that a worker is taken to do before that was measured. */
const assumedRates: Rates = { issue: 5000, obtain: 700, prove: 2000, verify: 700 }

/** The parties: one thread, two processes, or a pool with this number of workers. */
type Worker = 'singleThread' | 'twoProcesses' | number

/** Rates by kind and worker, a value a round. */
class Samples {
  readonly #values = new Map<string, number[]>()

  add(kind: Kind, worker: Worker, rate: number): void {
    const key = `${kind} ${worker}`
    this.#values.set(key, [...(this.#values.get(key) ?? []), rate])
  }

  /** The p-th percentile; NaN if there are none. */
  percentile(kind: Kind, worker: Worker, p: number): number {
    return percentileOf(this.#of(kind, worker), p)
  }

  /** The p-th percentile of the ratios of two workers that took as many turns. */
  ratio(kind: Kind, [of, to]: readonly [Worker, Worker], p: number): number {
    const others = this.#of(kind, to)
    const ratios = this.#of(kind, of).map((rate, i) => rate / (others[i] ?? NaN))
    return percentileOf(ratios, p)
  }

  #of(kind: Kind, worker: Worker): number[] {
    return this.#values.get(`${kind} ${worker}`) ?? []
  }
}

const percentileOf = (values: readonly number[], p: number): number => percentile(Float64Array.from(values).sort(), p)

const rateOf = ({ tokens, milliseconds }: Done): number => (1000 * tokens) / milliseconds

/** Processes that work on command. */
class Processes {
  readonly #children: readonly ChildProcess[]

  private constructor(children: readonly ChildProcess[]) {
    this.#children = children
  }

  static async start(count: number): Promise<Processes> {
    const script = new URL('throughput-process.js', import.meta.url)
    const children = Array.from({ length: count }, () => fork(script))
    await Promise.all(children.map((child) => once(child, 'message')))
    return new Processes(children)
  }

  /** Tokens per second of all together, all at the same time. */
  async rate(kind: Kind, milliseconds: number): Promise<number> {
    const done = this.#children.map(async (child) => {
      child.send({ kind, milliseconds } satisfies Order)
      const [answer] = (await once(child, 'message')) as [Done]
      return rateOf(answer)
    })
    return (await Promise.all(done)).reduce((sum, rate) => sum + rate, 0)
  }

  end(): void {
    for (const child of this.#children) child.disconnect()
  }
}

interface Subjects {
  readonly material: Material
  readonly processes: Processes
  readonly pools: ReadonlyMap<number, PoolSubject>
}

/** One turn of a worker, in ms. `expected` is the rate that says how many tokens take that long. */
async function takeTurn(
  subjects: Subjects,
  kind: Kind,
  worker: Worker,
  expected: number,
  milliseconds: number,
): Promise<number> {
  const { material, processes, pools } = subjects
  if (worker === 'singleThread') return rateOf(workFor(material, kind, milliseconds))
  if (worker === 'twoProcesses') return processes.rate(kind, milliseconds)
  const batch = batchOf[kind] ?? 1
  const tokens = batch * Math.max(1, Math.round((expected * milliseconds) / 1000 / batch))
  return rateOf(await workWith(known(pools.get(worker)), material, kind, tokens))
}

/**
 * All parties do all work in turns, so that a disturbance of the machine affects all alike: two workers and two processes in
 * each round, one right after the other, and the first one is second next time; the others in every other round.
 */
async function measureRounds(
  subjects: Subjects,
  { count, milliseconds, deadline }: { count: number; milliseconds: number; deadline: number },
): Promise<[Samples, number]> {
  const others: Worker[] = ['singleThread', ...[...subjects.pools.keys()].filter((workers) => workers !== 2)]
  const samples = new Samples()
  const expected = new Map<string, number>()
  const progress = new ProgressLine('throughput')
  let done = 0
  // The first round is for warming up, and tells how many tokens a turn takes.
  let round = 0
  for (; round <= count && (round < 3 || performance.now() < deadline); round++) {
    for (const kind of kinds) {
      const pair: Worker[] = round % 2 === 0 ? [2, 'twoProcesses'] : ['twoProcesses', 2]
      for (const worker of round % 2 === 0 ? [...others, ...pair] : pair) {
        progress.show(done++ / ((count + 1) * kinds.length * (2 + others.length / 2)), `${kind}, ${worker}`)
        const key = `${kind} ${worker}`
        const rate = await takeTurn(subjects, kind, worker, expected.get(key) ?? assumedRates[kind], milliseconds)
        expected.set(key, rate)
        if (round > 0) samples.add(kind, worker, rate)
      }
    }
  }
  progress.end()
  return [samples, round - 1]
}

/** Batches of each size, one after another, each waited for. */
async function measureBatches({ material, pools }: Subjects): Promise<BatchRow[]> {
  const progress = new ProgressLine('batches')
  const rows: BatchRow[] = []
  for (const kind of ['issue', 'prove', 'verify'] as const) {
    for (const batch of batchSizes) {
      progress.show(rows.length / (3 * batchSizes.length), `${kind} ${batch}`)
      const rates: Record<string, number> = {}
      for (const [workers, subject] of pools) {
        const one = (): Promise<Done> =>
          kind === 'issue' ? issueBatch(subject, material, batch) : workWith(subject, material, kind, batch)
        await one()
        let done = { tokens: 0, milliseconds: 0 }
        while (done.milliseconds < turn.whole) {
          const more = await one()
          done = { tokens: done.tokens + more.tokens, milliseconds: done.milliseconds + more.milliseconds }
        }
        rates[workers] = rateOf(done)
      }
      rows.push({ kind, batch, rates })
    }
  }
  progress.end()
  return rows
}

async function issueBatch({ poolIssuer }: PoolSubject, { answer }: Material, count: number): Promise<Done> {
  const start = performance.now()
  const session = await poolIssuer.begin({ attributes: [`${start}`, 'a', 'b', 'c', 'd'], count })
  await session.respond(answer(count))
  return { tokens: count, milliseconds: performance.now() - start }
}

/** OpenSSL's exponentiation, the 10th percentile, in us. */
function measureE(): number {
  const [unit] = opensslMeasurements(L2048N256)
  const times = Float64Array.from({ length: 300 }, () => {
    const start = performance.now()
    known(unit).run()
    return 1000 * (performance.now() - start)
  })
  return percentile(times.sort(), 10)
}

async function measureAll(quick: boolean, soakMinutes: number, command: string): Promise<ThroughputReport> {
  const begin = performance.now()
  const around = environment()
  const material = await createMaterial()
  const exponentiation = measureE()
  const counts = Array.from({ length: Math.max(2, Math.min(mostWorkers, availableParallelism())) }, (_, i) => i + 1)
  const pools = new Map<number, PoolSubject>()
  for (const count of counts) pools.set(count, await createSubject(count, material))
  const subjects = { material, pools, processes: await Processes.start(2) }
  const deadlineOf = (seconds: number): number => (quick ? begin + 1000 * seconds : Infinity)

  const size = quick ? 'quick' : 'whole'
  const [samples, measured] = await measureRounds(subjects, {
    count: rounds[size],
    milliseconds: turn[size],
    deadline: deadlineOf(quickDeadlines.rounds),
  })
  subjects.processes.end()
  const batches = quick ? [] : await measureBatches(subjects)
  const largest = known(pools.get(lastOf(counts)))
  const stream = await measureStream(largest, material, streamTokens, deadlineOf(quickDeadlines.stream))
  const threads = counts.reduce((sum, workers) => sum + workers, 0)
  const soaked = soakMinutes > 0 ? await soak(largest, material, soakMinutes, threads) : null
  for (const { pool } of pools.values()) await pool.dispose()

  const byKind = (of: (kind: Kind) => number): Rates => {
    return { issue: of('issue'), obtain: of('obtain'), prove: of('prove'), verify: of('verify') }
  }
  const rates = (worker: Worker, p: number): Rates => byKind((kind) => samples.percentile(kind, worker, p))
  const roundByRound = (p: number): Rates => byKind((kind) => samples.ratio(kind, [2, 'twoProcesses'], p))
  const byWorkers = (kind: Kind, p: number): RatesByWorkers =>
    Object.fromEntries(counts.map((workers) => [workers, samples.percentile(kind, workers, p)]))
  const all = (p: number): Record<Kind, RatesByWorkers> & { singleThread: Rates; twoProcesses: Rates } => ({
    issue: byWorkers('issue', p),
    obtain: byWorkers('obtain', p),
    prove: byWorkers('prove', p),
    verify: byWorkers('verify', p),
    singleThread: rates('singleThread', p),
    twoProcesses: rates('twoProcesses', p),
  })
  const best = all(90)
  return {
    schema: 1,
    date: new Date().toISOString(),
    command,
    seconds: (performance.now() - begin) / 1000,
    environment: around,
    ...best,
    twoWorkersOfTwoProcesses: byKind((kind) => known(best[kind]['2']) / best.twoProcesses[kind]),
    roundByRound: { median: roundByRound(50), best: roundByRound(90) },
    medians: all(50),
    rounds: measured,
    exponentiation,
    batches,
    stream,
    rssGrowthMiB: stream.rssGrowthMiB,
    rssPeakMiB: stream.rssPeakMiB,
    soak: soaked,
  }
}

runProgram({
  usage,
  options: {
    quick: { type: 'boolean', default: false },
    soak: { type: 'string', default: '0' },
    json: { type: 'string' },
  },
  async run({ quick, soak: minutes, json: file }, command) {
    const report = await measureAll(quick, numberOf('soak', minutes), command)
    const md = renderThroughput(report)
    console.log(md)
    const json = toJson(report)
    if (file !== undefined) writeFileSync(file, json)
    if (!quick) writeResults('throughput', { json, md, svg: renderThroughputPlot(report) })
  },
})
