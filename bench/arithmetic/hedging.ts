// What hedged randomness costs: issuing and presenting with it, and with scalars that are drawn one by one, in turns.
//
//   node build/bench/hedging.js [rounds]
import { createEngine } from '../../bindings/loading/create-engine.js'
import { L2048N256 } from '../../src/params/L2048N256.js'
import { Issuer } from '../../src/uprove/issuance/issuer.js'
import { Prover } from '../../src/uprove/issuance/prover.js'
import { presentToken } from '../../src/uprove/presentation/presentation.js'

const rounds = Number(process.argv[2] ?? 60)
const batch = 50

/** us of processor time a token: other processes take nothing of it. */
function time(work: () => unknown): number {
  const begun = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(begun)
  return (user + system) / batch
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!
}

async function main(): Promise<void> {
  const group = (await createEngine()).subgroup(L2048N256)
  const { scalars } = group
  /** Scalars from the system, by rejection, as a source without hedging gives them. */
  const drawn = {
    *[Symbol.iterator]() {
      for (;;) yield scalars.random()
    },
  }

  const issuer = Issuer.create(group, { uid: 'urn:x', attributes: 5, recommended: L2048N256, expectedUses: 10_000 })
  const { parameters } = issuer
  const sigmaC = Array.from({ length: batch }, () => scalars.random())
  let serial = 0
  const attributes = (): string[] => [`serial ${String(serial++)}`, 'Alice Example', '1970-01-01', 'member', 'Example']

  const contents = { attributes: attributes(), count: batch }
  const session = issuer.begin(contents)
  const prover = Prover.begin(parameters, contents)
  const tokens = prover.finish(session.respond(prover.respond(session.message1)), { keepTables: true })

  const issue = (knownAnswer?: Iterable<Uint8Array>): unknown =>
    issuer.begin({ attributes: attributes(), count: batch, knownAnswer }).respond({ sigmaC })
  const present = (knownAnswer?: Iterable<Uint8Array>): unknown =>
    tokens.map((issued) =>
      presentToken(parameters, issued, {
        attributes: contents.attributes,
        disclosed: [4, 5],
        message: 'm',
        knownAnswer,
      }),
    )

  for (const [name, work] of Object.entries({ issue, present })) {
    const [hedged, plain, ratios]: [number[], number[], number[]] = [[], [], []]
    for (let round = -5; round < rounds; round++) {
      const first = round % 2 === 0
      const a = time(() => work(first ? undefined : drawn))
      const b = time(() => work(first ? drawn : undefined))
      if (round < 0) continue
      const [withHedge, without] = first ? [a, b] : [b, a]
      hedged.push(withHedge)
      plain.push(without)
      ratios.push(withHedge / without)
    }
    const share = (100 * (median(ratios) - 1)).toFixed(1)
    console.log(
      `${name}: ${median(hedged).toFixed(1)} us hedged, ${median(plain).toFixed(1)} us drawn one by one: ${share} %`,
    )
  }
  prover.dispose()
}

void main()
