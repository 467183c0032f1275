import { ArgumentError, numberOf, runProgram } from '../program/program.js'
import { ProgressLine } from '../program/progress-line.js'
import { DEFECTS, type Defect } from './defects.js'
import { runFarm, WORLD_SIZE } from './farm.js'
import type { WorldResult } from './world.js'

const usage = `npm run farm -- [OPTION...]

Simulates farms in this process: Claim Provider, Relying Party and Security Token Service on nodes that crash, a store whose disk
loses what was not synced, a network, clocks, clients and attackers, all from a seed. Checks after every step that no w answers twice,
no acknowledged item is lost, quotas hold, replays are refused, and everything open ends. bench/simulation/README.md says what is
simulated and what is not. Ends with 1 if a property does not hold; the seed that it names then fails again in the same way.

  --seed N        the seed of the first world (default: of the time); the next worlds have the next numbers
  --exchanges N   what clients do, all together (default 10,000), in worlds of ${String(WORLD_SIZE)}
  --steps N       no further world after so many steps
  --seconds N     no further world after so many seconds
  --trace         prints every step
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
    defect: { type: 'string' },
    trace: { type: 'boolean', default: false },
  },
  async run({ seed: seedText, exchanges: exchangesText, steps: stepsText, seconds: secondsText, defect, trace }) {
    const seed = seedText === undefined ? Date.now() : numberOf('seed', seedText)
    const exchanges = numberOf('exchanges', exchangesText, 1)
    const steps = numberOf('steps', stepsText, 1)
    const end = process.hrtime.bigint() + BigInt(Math.min(numberOf('seconds', secondsText, 1), 1e9)) * 1_000_000_000n
    const isOver = (): boolean => process.hrtime.bigint() >= end
    if (defect !== undefined && !(defect in DEFECTS)) throw new ArgumentError(`there is no defect ${defect}`)
    const progress = new ProgressLine('farm', () => Number(process.hrtime.bigint()) / 1e6)
    const begun = process.hrtime.bigint()
    const total = { exchanges: 0, steps: 0, nodeCrashes: 0, databaseCrashes: 0, hours: 0 }
    const onWorld = (result: WorldResult): void => {
      total.exchanges += result.exchanges
      total.steps += result.steps
      total.nodeCrashes += result.crashes.nodes
      total.databaseCrashes += result.crashes.database
      total.hours += result.duration / 3_600_000
      const done = Math.max(total.exchanges / exchanges, total.steps / steps)
      progress.show(done, `${String(total.exchanges)} exchanges, ${String(total.steps)} steps`)
    }
    const onNote = trace ? (line: string) => void process.stdout.write(line) : undefined
    const results = await runFarm({
      seed,
      exchanges,
      steps,
      isOver,
      defect: defect as Defect | undefined,
      onWorld,
      onNote,
    })
    progress.end()
    const seconds = Number(process.hrtime.bigint() - begun) / 1e9
    const number = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: 1 })
    console.log(
      `${number(total.exchanges)} exchanges in ${number(results.length)} worlds from seed ${String(seed)}: ${number(total.steps)} steps in ` +
        `${number(seconds)} s, ${number(total.hours)} hours of simulated time, ${number(total.nodeCrashes)} crashes of nodes, ` +
        `${number(total.databaseCrashes)} of the database`,
    )
    const outcomes = new Map<string, number>()
    for (const result of results) {
      for (const [name, count] of Object.entries(result.outcomes)) outcomes.set(name, (outcomes.get(name) ?? 0) + count)
    }
    for (const [name, count] of [...outcomes].sort()) console.log(`  ${name.padEnd(28)} ${number(count).padStart(10)}`)
    const last = results.at(-1)
    if (last?.violation !== undefined) {
      const command = `npm run farm -- --seed ${String(last.seed)} --exchanges ${String(WORLD_SIZE)}`
      console.error(
        `${last.violation.message}\n  after step ${number(last.steps)} of seed ${String(last.seed)}: ${command}`,
      )
      process.exitCode = 1
    } else console.log(`every property held; the digest of the last trace is ${last?.digest ?? ''}`)
  },
})
