import type { Operation, PlannedTable, TablePlan, Workload } from './cost-model.js'
import type { JobType } from '../wire/jobs.js'
import type { ParametersTarget } from './parameters-target.js'
import type { Scheduler } from './scheduler.js'

/** How a pool would do some work, with the reasons. */
export interface Explanation {
  readonly operation: Operation
  /** Tokens. */
  readonly count: number
  /** The number of workers that take part. */
  readonly workers: number
  /** The number of tokens that a worker gets at a time. */
  readonly chunk: number
  /** The tables in each worker: the bases, how often each is used there, and what its table costs and saves. */
  readonly tables: readonly PlannedTable[]
  /** The size of these tables in each worker, in bytes. */
  readonly tableBytes: number
  /** The time for a token on one worker, in ms: measured, if this kind of work was done before, else from the model. */
  readonly millisecondsPerToken: number
  readonly measured: boolean
  /** The expected total time, tables included, in ms. */
  readonly milliseconds: number
  /** All this in words. */
  readonly text: string
}

const none: Workload = { issue: 0, obtain: 0, present: 0, verify: 0 }

/** The kind of work for a token, with its number of jobs. */
const jobOf: Readonly<Record<Operation, readonly [JobType, number]>> = {
  issue: ['issue', 1],
  obtain: ['prover', 3],
  present: ['present', 1],
  verify: ['verify', 1],
}

/** Explains how a number of tokens would be worked on by a pool that did nothing with these parameters before. */
export function explain(
  scheduler: Scheduler,
  target: ParametersTarget,
  operation: Operation,
  count: number,
): Explanation {
  const plan = target.planFor({ ...none, [operation]: count })
  const [job, jobs] = jobOf[operation]
  const rate = scheduler.measured(job, target)
  const millisecondsPerToken = rate === undefined ? target.millisecondsOf(plan.perToken[operation]) : jobs * rate
  const chunk = Math.min(count, scheduler.chunkWeight(job, target))
  const workers = Math.min(scheduler.size, Math.ceil(count / Math.max(1, Math.ceil(chunk / 8))))
  const build = target.millisecondsOf(plan.build)
  const milliseconds = build + (count * millisecondsPerToken) / workers
  const facts = { operation, count, workers, chunk, millisecondsPerToken, measured: rate !== undefined, milliseconds }
  const explanation = { ...facts, tables: plan.tables, tableBytes: plan.bytes }
  return { ...explanation, text: inWords(explanation, build) }
}

function inWords(explanation: Omit<Explanation, 'text'>, build: number): string {
  const { operation, count, workers, chunk, millisecondsPerToken, measured, milliseconds, tables } = explanation
  return [
    `${operation} ${count} tokens: ${workers} workers, ${chunk} tokens at a time, about ${milliseconds.toFixed(0)} ms ` +
      `(${millisecondsPerToken.toFixed(3)} ms a token, ${measured ? 'measured' : 'estimated'}; ${build.toFixed(1)} ms for tables)`,
    ...describeTables(tables),
  ].join('\n')
}

/** The tables of a plan in words, a line each. */
export function describeTables(tables: TablePlan['tables']): string[] {
  return tables.map(({ base, exponents, uses, shape, bytes, build, use }) => {
    const name = typeof base === 'number' ? `g_${base}` : base
    const purpose = `${name}, ${exponents} exponents, ${uses.toFixed(0)} uses`
    if (shape === undefined) return `${purpose}: no table, ${use.toFixed(0)} multiplications a use`
    const { teeth, blocks } = shape
    return (
      `${purpose}: ${(bytes / 1024).toFixed(0)} KiB, ${blocks} blocks of ${teeth} teeth, ` +
      `${build.toFixed(0)} multiplications to build, ${use.toFixed(0)} a use`
    )
  })
}
