import { createEngine } from '../../bindings/loading/create-engine.js'
import { systemRandom } from '../../bindings/octets/random.js'
import { itemAt, known } from '../../bindings/octets/lists.js'
import type { Engine, Group, Scalar } from '../../bindings/engine/engine.js'
import { L2048N256 } from '../../src/params/L2048N256.js'
import { P256 } from '../../src/params/P256.js'
import { Issuer } from '../../src/uprove/issuance/issuer.js'
import { Prover } from '../../src/uprove/issuance/prover.js'
import { presentToken } from '../../src/uprove/presentation/presentation.js'
import { environment, loadText } from '../program/environment.js'
import { numberOf, runProgram, toJson, writeResults } from '../program/program.js'
import { microseconds, table } from '../program/figures.js'
import { percentile } from '../timing/statistics.js'

const usage = `npm run bench:hedging -- [OPTION...]

Measures what hedged randomness costs: issuing and presenting with it, and with scalars that are drawn one by one, in turns.
Writes bench/results/hedging.json and hedging.md; bench/README.md says how.

  --rounds N    measurements of each (default 300)
  --help        this text`

/** Rounds that are not counted. */
const WARM_UP = 50
const BATCH = 50
/** The most that hedging may add to an operation. */
const MUST = 0.03

interface Subject {
  readonly set: string
  readonly operation: string
  /** How many tokens one run serves, and how many scalars it draws. */
  readonly tokens: number
  readonly draws: number
  /** Draws from `scalars` if they are given, or else as every application does. */
  readonly run: (scalars?: Iterable<Scalar>) => unknown
  readonly group: Group
}

/** Microseconds a token, 10th percentiles. */
interface Measured {
  readonly set: string
  readonly operation: string
  readonly hedged: number
  /** With drawn scalars, without the check of their range, which only given scalars need. */
  readonly drawn: number
  readonly share: number
}

/** Scalars from the system, each from 64 bits more than q has, like those that are hedged. */
function drawing({ scalars }: Group): Iterable<Scalar> {
  const wide = new Uint8Array(scalars.length + 8)
  return {
    *[Symbol.iterator]() {
      for (;;) {
        systemRandom.fill(wide)
        yield scalars.reduce(wide)
      }
    },
  }
}

function subjects(engine: Engine, set: typeof L2048N256 | typeof P256): Subject[] {
  const group = set === P256 ? engine.curve(P256) : engine.subgroup(L2048N256)
  const issuer = Issuer.create(group, { uid: 'urn:x', attributes: 5, recommended: set, expectedUses: 10_000 })
  const { parameters } = issuer
  let serial = 0
  const attributes = (): string[] => [`serial ${String(serial++)}`, 'Alice Example', '1970-01-01', 'member', 'Example']
  const contents = { attributes: attributes(), count: BATCH }
  const session = issuer.begin(contents)
  const prover = Prover.begin(parameters, contents)
  const tokens = prover.finish(session.respond(prover.respond(session.message1)), { keepTables: true })
  const sigmaC = Array.from({ length: BATCH }, () => group.scalars.random())
  const message = new Uint8Array(32)
  let shown = 0
  const of = { set: set.name, group }
  return [
    {
      ...of,
      operation: `issue ${BATCH}`,
      tokens: BATCH,
      draws: BATCH,
      run: (knownAnswer) => issuer.begin({ attributes: attributes(), count: BATCH, knownAnswer }).respond({ sigmaC }),
    },
    {
      ...of,
      operation: 'present',
      tokens: 1,
      draws: 4,
      run: (knownAnswer) =>
        presentToken(parameters, itemAt(tokens, shown++ % BATCH), {
          attributes: contents.attributes,
          disclosed: [4, 5],
          message,
          knownAnswer,
        }),
    },
  ]
}

/** Microseconds of one run: of a short one that nothing interrupted, of a long one in which the processor was this process's. */
function time(run: () => unknown, isLong: boolean): number {
  const [begun, start] = [process.cpuUsage(), performance.now()]
  run()
  const elapsed = 1000 * (performance.now() - start)
  const { user, system } = process.cpuUsage(begun)
  return isLong ? user + system : elapsed
}

/** Both ways in turn, so that what else the machine does hits both. */
function measure({ set, operation, tokens, draws, run, group }: Subject, rounds: number): Measured {
  const scalars = drawing(group)
  const given = group.scalars.random()
  const checks = 1_000
  const ways = [
    () => run(),
    () => run(scalars),
    () => {
      for (let i = 0; i < checks; i++) group.scalars.from(given)
    },
  ]
  const samples = ways.map(() => new Float64Array(rounds))
  for (let round = -WARM_UP; round < rounds; round++) {
    // Each in front of the other as often.
    const order = round % 2 === 0 ? [0, 1, 2] : [1, 0, 2]
    for (const i of order) {
      const microseconds = time(itemAt(ways, i), tokens > 1)
      if (round >= 0) itemAt(samples, i)[round] = microseconds
    }
  }
  const [hedged, withCheck, check] = samples.map((sample) => percentile(sample.sort(), 10)) as [number, number, number]
  const drawn = withCheck - (draws * check) / checks
  return { set, operation, hedged: hedged / tokens, drawn: drawn / tokens, share: hedged / drawn - 1 }
}

function row({ set, operation, hedged, drawn, share }: Measured): string[] {
  const percent = (value: number): string => `${(100 * value).toFixed(1)} %`
  const verdict = share < MUST ? 'ok' : 'not reached'
  return [
    `${set}: ${operation}`,
    ...[drawn, hedged, hedged - drawn].map(microseconds),
    percent(share),
    `< ${percent(MUST)}`,
    verdict,
  ]
}

runProgram({
  usage,
  options: { rounds: { type: 'string', default: '300' } },
  async run(values) {
    const rounds = numberOf('rounds', values.rounds, 1)
    const where = environment()
    const engine = await createEngine()
    const measured = [L2048N256, P256]
      .flatMap((set) => subjects(engine, set))
      .map((subject) => {
        // Short operations are measured more often.
        return measure(subject, subject.tokens === 1 ? rounds * 10 : rounds)
      })
    const { node, cpu, cores, load } = where
    const report = [
      `Measured by \`npm run bench:hedging\`: ${cpu}, ${cores} cores, Node ${node}, kernel ${known(engine.kernel)}, load ` +
        `${loadText(load)} at the start: other work on the machine counts.`,
      table(
        'Hedged randomness, us a token',
        ['', 'drawn', 'hedged', 'cost', 'share', 'must', 'verdict'],
        measured.map(row),
        'The 10th percentile; of batches processor time. "drawn" takes each scalar from the system by itself; "hedged" derives all of a call from one seed.',
      ),
    ].join('\n\n')
    console.log(report)
    const json = { date: new Date().toISOString(), environment: where, kernel: engine.kernel, rounds, measured }
    writeResults('hedging', { json: toJson(json), md: `${report}\n` })
  },
})
