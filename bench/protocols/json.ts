import { itemAt } from '../../bindings/octets/lists.js'
import { loadNodeReference, type NodeReference } from '../../src/e2e/testing/node-reference.js'
import { createEngine, presentToken, Prover } from '../../src/index.js'
import {
  createJsonIssuer,
  createTokenInformation,
  readJws,
  readMessage1,
  readMessage2,
  readMessage3,
  verifyJsonPresentation,
  writeJws,
  writeMessage1,
  writeMessage2,
  writeMessage3,
} from '../../src/json/index.js'
import { P256 } from '../../src/params/P256.js'
import { environment, loadText } from '../program/environment.js'
import { table } from '../program/figures.js'
import { numberOf, runProgram, toJson, writeResults } from '../program/program.js'
import { ProgressLine } from '../program/progress-line.js'
import { ownProcessorTime } from '../timing/schedule.js'
import { summarise, type Summary } from '../timing/statistics.js'

const usage = `npm run bench:json -- [OPTION...]

Measures tokens of the JSON Framework over P-256, beside Microsoft's Node reference implementation if UPROVE_NODE_REFERENCE names a
checkout (docs/json.md). Writes bench/results/json-framework.json and .md; bench/README.md says how.

  --rounds N    batches of each (default 20)
  --count N     tokens in a batch (default 10)
  --help        this text`

const attributes = ['Alice', 'citizen', '1990-05-17', 'Berlin', '42'].map((text) => new TextEncoder().encode(text))
const disclosed = [2, 4]
const message = crypto.getRandomValues(new Uint8Array(32))
const specification = { n: attributes.length, expType: 'day' } as const

const steps = ['issue', 'obtain', 'present', 'verify'] as const
type Step = (typeof steps)[number]

/** Counts the processor time of a step. */
type Clock = <T>(step: Step, run: () => T) => T

/** One implementation: a whole batch from the first message to the verification of every token, each message as JSON text. */
interface Subject {
  readonly name: string
  readonly batch: (timed: Clock) => void
}

interface Measured {
  readonly name: string
  /** Milliseconds a token. */
  readonly steps: Readonly<Record<Step, Summary>>
}

async function ours(count: number): Promise<Subject & { readonly tokenInformation: Uint8Array }> {
  const engine = await createEngine()
  const issuer = createJsonIssuer(engine.curve(P256), { recommended: P256, specification })
  const { parameters } = issuer
  const expires = new Date(Date.now() + 30 * 86_400_000)
  const tokenInformation = createTokenInformation(parameters, { issuer: 'https://issuer.example', expires })
  const contents = { attributes, tokenInformation, count }
  return {
    name: 'uprove-wasm',
    tokenInformation,
    batch(timed) {
      const { session, first } = timed('issue', () => {
        const begun = issuer.begin(contents)
        return { session: begun, first: JSON.stringify(writeMessage1(begun.message1)) }
      })
      const { prover, second } = timed('obtain', () => {
        const begun = Prover.begin(parameters, contents)
        return { prover: begun, second: JSON.stringify(writeMessage2(begun.respond(readMessage1(parameters, first)))) }
      })
      const third = timed('issue', () =>
        JSON.stringify(writeMessage3(session.respond(readMessage2(parameters, second)))),
      )
      const tokens = timed('obtain', () => prover.finish(readMessage3(parameters, third)))
      const presentations = timed('present', () =>
        tokens.map((held) => {
          const { proof } = presentToken(parameters, held, { attributes, disclosed, message })
          return writeJws('UP256', message, { token: held.token }, proof)
        }),
      )
      timed('verify', () => {
        for (const jws of presentations) {
          const { valid } = verifyJsonPresentation(readJws(jws), { keys: [parameters] })
          if (!valid) throw new Error('a presentation is refused')
        }
      })
    },
  }
}

/** The peer, with a key of its own and the same contents. Everything goes through JSON as here. */
function theirs({ uprove, serialization, upjf }: NodeReference, tokenInformation: Uint8Array, count: number): Subject {
  const key = upjf.createIssuerKeyAndParamsUPJF('P-256', specification)
  const { ip } = key
  const text = (document: object): string => JSON.stringify(document)
  const parsed = (document: string): unknown => JSON.parse(document)
  return {
    name: 'uprove-node-reference',
    batch(timed) {
      const { issuer, first } = timed('issue', () => {
        const begun = new uprove.Issuer(key, attributes, tokenInformation, count)
        return { issuer: begun, first: text(serialization.encodeFirstIssuanceMessage(begun.createFirstMessage())) }
      })
      const { prover, second } = timed('obtain', () => {
        const begun = new uprove.Prover(ip, attributes, tokenInformation, new Uint8Array(), count)
        const read = serialization.decodeFirstIssuanceMessage(ip, parsed(first))
        return {
          prover: begun,
          second: text(serialization.encodeSecondIssuanceMessage(begun.createSecondMessage(read))),
        }
      })
      const third = timed('issue', () => {
        const read = serialization.decodeSecondIssuanceMessage(ip, parsed(second))
        return text(serialization.encodeThirdIssuanceMessage(issuer.createThirdMessage(read)))
      })
      const tokens = timed('obtain', () =>
        prover.createTokens(serialization.decodeThirdIssuanceMessage(ip, parsed(third))),
      )
      const presentations = timed('present', () =>
        tokens.map((held) => {
          const { pp } = uprove.generatePresentationProof(ip, disclosed, held, message, attributes)
          const presentation = {
            upt: serialization.encodeUProveToken(held.upt),
            pp: serialization.encodePresentationProof(pp),
          }
          return upjf.createJWS('UP256', message, presentation)
        }),
      )
      timed('verify', () => {
        for (const jws of presentations) {
          const { payload, sig } = upjf.parseJWS(jws)
          const upt = serialization.decodeUProveToken(ip, sig.upt)
          // They throw, each of them.
          uprove.verifyTokenSignature(ip, upt)
          uprove.verifyPresentationProof(ip, upt, payload, serialization.decodePresentationProof(ip, sig.pp))
        }
      })
    },
  }
}

/** All subjects in turns, a batch a turn; the first does not count. */
function measure(subjects: readonly Subject[], rounds: number, count: number): Measured[] {
  const samples = subjects.map((): Record<Step, number[]> => ({ issue: [], obtain: [], present: [], verify: [] }))
  const progress = new ProgressLine('P-256')
  for (let round = 0; round <= rounds; round++) {
    for (const [i, { name, batch }] of subjects.entries()) {
      progress.show(round / (rounds + 1), name)
      const spent: Record<Step, number> = { issue: 0, obtain: 0, present: 0, verify: 0 }
      batch((step, run) => {
        const begin = ownProcessorTime()
        const result = run()
        spent[step] += ownProcessorTime() - begin
        return result
      })
      if (round > 0) for (const step of steps) itemAt(samples, i)[step].push(spent[step] / count)
    }
  }
  progress.end()
  return subjects.map(({ name }, i) => {
    const { issue, obtain, present, verify } = itemAt(samples, i)
    const summaries = { issue: summarise(issue), obtain: summarise(obtain), present: summarise(present) }
    return { name, steps: { ...summaries, verify: summarise(verify) } }
  })
}

const milliseconds = (value: number): string => (value >= 10 ? value.toFixed(1) : value.toFixed(2))

function render(measured: readonly Measured[], count: number): string {
  const rows = steps.map((step) => {
    const times = measured.map((subject) => subject.steps[step].p10)
    const ratio = times.length === 2 ? [`${(itemAt(times, 1) / itemAt(times, 0)).toFixed(0)}x`] : []
    return [step, ...times.map(milliseconds), ...ratio]
  })
  const header = ['step', ...measured.map(({ name }) => name), ...(measured.length === 2 ? ['ratio'] : [])]
  const note = `Batches of ${count} tokens with five attributes, two of them disclosed; messages as JSON text. 10th percentiles of processor time.`
  return table('JSON Framework over P-256, ms a token', header, rows, note)
}

runProgram({
  usage,
  options: { rounds: { type: 'string', default: '20' }, count: { type: 'string', default: '10' } },
  async run(values, command) {
    const [rounds, count] = [numberOf('rounds', values.rounds, 1), numberOf('count', values.count, 1)]
    const where = environment()
    const own = await ours(count)
    const load = loadNodeReference('the Node reference implementation')
    const subjects = load === undefined ? [own] : [own, theirs(await load(), own.tokenInformation, count)]
    const results = measure(subjects, rounds, count)
    const date = new Date().toISOString()
    const { cpu, cores, node } = where
    const head = `Measured by \`${command}\` on ${date.slice(0, 10)}: ${cpu}, ${cores} cores, Node ${node}, load ${loadText(where.load)} at the start.`
    const md = `${head}\n\n${render(results, count)}\n`
    console.log(md)
    // Without the peer there is nothing to keep.
    if (load === undefined) return
    writeResults('json-framework', { json: toJson({ date, command, environment: where, count, results }), md })
  },
})
