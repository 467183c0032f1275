import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { ArgumentError, numberOf, runProgram } from '../program/program.js'
import { ProgressLine } from '../program/progress-line.js'
import { DEFECTS, type Defect } from './defects.js'
import { WORLD_SIZE } from './farm.js'
import type { Order, Report } from './worker.js'

const usage = `npm run farm -- [OPTION...]

Simulates farms, one in each thread: Claim Provider, Relying Party and Security Token Service on nodes that crash, a store whose disk
loses what was not synced, a network, clocks, clients and attackers, all from a seed. Checks after every step that no w answers twice,
no acknowledged item is lost, quotas hold, replays are refused, and everything open ends. bench/simulation/README.md says what is
simulated and what is not. Ends with 1 if a property does not hold; the seed that it names then fails again in the same way.

  --seed N        the seed of the first world (default: of the time); the next worlds have the next numbers
  --exchanges N   what clients do, all together (default 10,000), in worlds of ${String(WORLD_SIZE)}
  --steps N       no further world after so many steps
  --seconds N     no further world after so many seconds
  --threads N     worlds at once (default: as many as there are cores); what happens in a world does not depend on it
  --trace         prints every step
  --far-jumps     clocks jump by hours and years too: what depends on the time is not checked then
  --defect NAME   makes a mistake on purpose, to see that it is found:
${Object.entries(DEFECTS)
  .map(([name, what]) => `                  ${name}: ${what}`)
  .join('\n')}
  --help          this text`

runProgram({
  usage,
  options: {
    seed: { type: 'string' },
    exchanges: { type: 'string', default: '10000' },
    steps: { type: 'string', default: 'Infinity' },
    seconds: { type: 'string', default: 'Infinity' },
    threads: { type: 'string', default: String(availableParallelism()) },
    defect: { type: 'string' },
    trace: { type: 'boolean', default: false },
    'far-jumps': { type: 'boolean', default: false },
  },
  async run(choices) {
    const seed = choices.seed === undefined ? Date.now() : numberOf('seed', choices.seed)
    const exchanges = numberOf('exchanges', choices.exchanges, 1)
    const steps = numberOf('steps', choices.steps, 1)
    const seconds = numberOf('seconds', choices.seconds, 1)
    const threads = Math.min(numberOf('threads', choices.threads, 1), Math.ceil(exchanges / WORLD_SIZE))
    const { trace, defect, 'far-jumps': farJumps } = choices
    if (defect !== undefined && !(defect in DEFECTS)) throw new ArgumentError(`there is no defect ${defect}`)
    const progress = new ProgressLine('farm')
    const begun = performance.now()
    const reports: Report[] = []
    const sum = (value: (report: Report) => number): number => reports.reduce((total, each) => total + value(each), 0)
    let [ordered, worlds] = [0, 0]
    const next = (): Order | undefined => {
      const isOver =
        ordered >= exchanges ||
        sum((report) => report.steps) >= steps ||
        (worlds >= threads && performance.now() - begun >= 1_000 * seconds) ||
        reports.some(({ violation }) => violation !== undefined)
      if (isOver) return undefined
      const size = Math.min(WORLD_SIZE, exchanges - ordered)
      ordered += size
      return { seed: seed + worlds++, exchanges: size, defect: defect as Defect | undefined, farJumps, trace }
    }
    const onReport = (report: Report): void => {
      reports.push(report)
      const [exchangesDone, stepsDone] = [sum((each) => each.exchanges), sum((each) => each.steps)]
      const what = `${String(exchangesDone)} exchanges, ${String(stepsDone)} steps`
      progress.show(Math.max(exchangesDone / exchanges, stepsDone / steps), what)
    }
    await Promise.all(Array.from({ length: threads }, () => runThread(next, onReport)))
    progress.end()
    const took = (performance.now() - begun) / 1_000
    console.log(
      `${number(sum((each) => each.exchanges))} exchanges in ${number(reports.length)} worlds from seed ${String(seed)}: ` +
        `${number(sum((each) => each.steps))} steps in ${number(took)} s, ${number(sum(({ duration }) => duration) / 3_600_000)} ` +
        `hours of simulated time, ${number(sum(({ crashes }) => crashes.nodes))} crashes of nodes, ` +
        `${number(sum(({ crashes }) => crashes.database))} of the database`,
    )
    const outcomes = new Map<string, number>()
    for (const report of reports) {
      for (const [name, count] of Object.entries(report.outcomes)) outcomes.set(name, (outcomes.get(name) ?? 0) + count)
    }
    for (const [name, count] of [...outcomes].sort()) console.log(`  ${name.padEnd(28)} ${number(count).padStart(10)}`)
    reports.sort((a, b) => a.seed - b.seed)
    for (const { seed: failed, steps: after, violation } of reports) {
      if (violation === undefined) continue
      const same = [defect && ` --defect ${defect}`, farJumps && ' --far-jumps'].filter(Boolean).join('')
      const command = `npm run farm -- --seed ${String(failed)} --exchanges ${String(WORLD_SIZE)}${same}`
      console.error(`${violation}\n  after step ${number(after)} of seed ${String(failed)}: ${command}`)
      process.exitCode = 1
    }
    if (process.exitCode !== 1)
      console.log(`every property held; the digest of the last trace is ${reports.at(-1)?.digest ?? ''}`)
  },
})

function number(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 1 })
}

/** Runs worlds in a thread of its own, until there is no next one. */
async function runThread(next: () => Order | undefined, onReport: (report: Report) => void): Promise<void> {
  // Most of what a world makes is soon garbage, which costs nothing if there is room for it.
  const worker = new Worker(new URL('farm-worker.js', import.meta.url), {
    resourceLimits: { maxYoungGenerationSizeMb: 64 },
  })
  try {
    for (let order = next(); order !== undefined; order = next()) {
      worker.postMessage(order)
      const [report] = (await once(worker, 'message')) as [Report]
      onReport(report)
    }
  } finally {
    await worker.terminate()
  }
}
