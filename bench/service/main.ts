import { existsSync, readFileSync } from 'node:fs'
import { known } from '../../bindings/octets/lists.js'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { PASSWORDS, ScratchDeployment, type StoreKind } from '../../src/e2e/testing/scratch-deployment.js'
import { ServiceProcess } from '../../src/e2e/testing/service-process.js'
import { FILES } from '../../src/server/deployment/templates.js'
import { environment } from '../program/environment.js'
import { killNodes, type KillTally } from './kill.js'
import { numberOf, runProgram, toJson, ArgumentError, writeResults } from '../program/program.js'
import { ProgressLine } from '../program/progress-line.js'
import type { Work, Works } from './client.js'
import type { NodeCommand, ServerReading } from './node.js'
import {
  renderService,
  type ConnectionsResult,
  type Distribution,
  type EnrolmentsResult,
  type Made,
  type OverloadResult,
  type ServiceReport,
  type SoakResult,
  type SoakSample,
  type TokensResult,
} from './report.js'
import type { Calls, Target } from './work.js'
import { percentile } from '../timing/statistics.js'

const usage = `npm run bench:service -- [OPTION...]

Measures a service through HTTPS, clients in another process: tokens and enrolments a second, what of an exchange is not
cryptography, behaviour under five times the load that it can take, new connections, memory over minutes; and kills servers at random points,
with both kinds of stores. Writes bench/results/service.json and service.md; bench/README.md says how.

  --quick        a minute, everything smaller; writes no files
  --only NAME    one of tokens, enrolments, overload, connections, soak, kills; the other figures in the files stay
  --soak N       minutes of the soak (default 2)
  --kills N      kills with each kind of store (default 20)
  --store NAME   kills with PGlite or PostgreSQL alone
  --minutes N    no kills after so many (default: no limit)
  --help         this text`

const SECTIONS = ['tokens', 'enrolments', 'overload', 'connections', 'soak', 'kills'] as const
type Section = (typeof SECTIONS)[number]

const STORES: readonly StoreKind[] = ['PGlite', 'PostgreSQL']

const JSON_FILE = 'bench/results/service.json'
/** Accounts that have not logged in before. */
const STRANGERS = 100
/** Tokens of an exchange, where exchanges are many. */
const SMALL = 200
const OVERLOAD = 5

/** The process of the clients. */
class Clients {
  readonly #child: ChildProcess = spawn(process.execPath, ['build/bench/service-client.js'], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })

  async do<Name extends keyof Works>(
    name: Name,
    ...values: Parameters<Works[Name]>
  ): Promise<Awaited<ReturnType<Works[Name]>>> {
    const work: Work<Name> = { name, with: values }
    const answer = once(this.#child, 'message')
    this.#child.send(work)
    const [{ result, error }] = (await answer) as [{ result: Awaited<ReturnType<Works[Name]>>; error?: string }]
    if (error !== undefined) throw new Error(error)
    return result
  }

  end(): void {
    this.#child.kill()
  }
}

/** A deployment, its server and clients. */
class Bench {
  private constructor(
    private readonly deployment: ScratchDeployment,
    private readonly server: ServiceProcess,
    private readonly clients: Clients,
    private readonly target: Target,
  ) {}

  static async start(): Promise<Bench> {
    const deployment = await ScratchDeployment.make('PGlite', [
      ['requestsPerSecond: 50', 'requestsPerSecond: 100000'],
      // All clients have one address here.
      ['limits: {', 'limits: { connectionsPerAddress: 1000,'],
      // First messages that are never answered leave their tokens open.
      ['  issuance: batch', '  issuance: batch\n  maxOpenTokens: 1000000000'],
    ])
    // As many accounts as are needed, all with the password of Bob.
    const copies = Array.from({ length: STRANGERS }, (_, i) => `$1stranger${String(i)}:\n$2`).join('')
    deployment.edit(FILES.users, /^( +)bob:\n((?:\1 .*\n)+)/m, `$&${copies}`)
    const server = await ServiceProcess.start(deployment.folder, deployment.environment, 'build/bench/service-node.js')
    const { port, adminPort } = server
    const strangers = Array.from({ length: STRANGERS }, (_, i) => [`stranger${String(i)}`, PASSWORDS.bob])
    const passwords = { ...PASSWORDS, ...(Object.fromEntries(strangers) as Record<string, string>) }
    return new Bench(deployment, server, new Clients(), {
      folder: deployment.folder,
      passwords,
      node: { port, adminPort },
    })
  }

  async end(): Promise<void> {
    this.clients.end()
    await this.server.kill()
    await this.deployment.remove()
  }

  #ask<T>(command: NodeCommand): Promise<T> {
    return this.server.ask<T>(command)
  }

  async #watched<T>(action: () => Promise<T>): Promise<{ result: T; server: ServerReading }> {
    await this.#ask('begin')
    const result = await action()
    return { result, server: await this.#ask<ServerReading>('read') }
  }

  async tokens(tokens: number, atOnce: number, exchanges: number): Promise<TokensResult> {
    const { clients, target } = this
    // After this, all one-time work is done, including the hash of the password.
    await clients.do('obtainTokens', target, tokens, 1, 1)
    const { result, server } = await this.#watched(() => clients.do('obtainTokens', target, tokens, atOnce, exchanges))
    const parts = await clients.do('measureParts', tokens, Math.min(5, exchanges))
    const processor = { server: server.processor / exchanges, client: result.processor / exchanges }
    const cryptography = parts.issuer + parts.prover
    return {
      ...{ tokens, exchanges, atOnce, tokensPerSecond: (exchanges * tokens) / result.seconds },
      ...{ latency: distribution(result.times), processor, parts, server },
      shareOfRest: (processor.server + processor.client - cryptography) / cryptography,
    }
  }

  async enrolments(password: 'remembered' | 'hashed', atOnce: number, seconds: number): Promise<EnrolmentsResult> {
    const strangers = Array.from({ length: Math.min(STRANGERS, 5 * seconds) }, (_, i) => `stranger${String(i)}`)
    const accounts = password === 'remembered' ? ['alice'] : strangers
    const { result, server } = await this.#watched(() =>
      this.clients.do('enroll', this.target, accounts, atOnce, seconds),
    )
    const { count, times } = result
    return { password, count, atOnce, perSecond: count / result.seconds, latency: distribution(times), server }
  }

  async overload(seconds: number): Promise<OverloadResult> {
    const { clients, target } = this
    await clients.do('obtainTokens', target, SMALL, 4, 8)
    const closed = await clients.do('offer', target, SMALL, seconds / 2, { keepAlive: true })
    const capacityPerSecond = closed.answered.length / closed.seconds
    const offeredPerSecond = OVERLOAD * capacityPerSecond
    const alone = await clients.do('offer', target, SMALL, seconds / 4, { keepAlive: true, atOnce: 1 })
    // Twice the time of one message alone is no sign of a load.
    const normal = 2 * distribution(alone.answered).p99
    const loads: OverloadResult['loads'][number][] = []
    for (const keepAlive of [true, false]) {
      const { result, server } = await this.#watched(() =>
        clients.do('offer', target, SMALL, seconds, { perSecond: offeredPerSecond, keepAlive, normal }),
      )
      const { answered, refused, recovery = Infinity, ...rest } = result
      const answeredPerSecond = answered.length / rest.seconds
      loads.push({
        ...{ ...rest, keepAlive, recovery, answeredPerSecond, goodput: answeredPerSecond / capacityPerSecond, server },
        ...{ answered: distribution(answered), refused: distribution(refused) },
      })
    }
    return { capacityPerSecond, offeredPerSecond, loads }
  }

  async connections(seconds: number): Promise<ConnectionsResult> {
    const { result, server } = await this.#watched(() => this.clients.do('connect', this.target, seconds, 8))
    const { count, times } = result
    return {
      ...{ count, perSecond: count / result.seconds, latency: distribution(times), server },
      ...{ processor: { server: server.processor / count, client: result.processor / count } },
    }
  }

  async soak(minutes: number): Promise<SoakResult> {
    const { clients, target } = this
    const progress = new ProgressLine('soak')
    const samples = [await this.#ask<SoakSample>('collect')]
    let [tokens, enrolments] = [0, 0]
    const begin = performance.now()
    for (let minute = 0; minute < minutes; minute++) {
      const end = begin + 60_000 * Math.min(minutes, minute + 1)
      while (performance.now() < end) {
        const { count }: Calls = await clients.do('obtainTokens', target, SMALL, 2, 10)
        tokens += SMALL * count
        enrolments += (await clients.do('enroll', target, ['alice'], 2, 1)).count
        progress.show((performance.now() - begin) / (60_000 * minutes), `${String(tokens)} tokens`)
      }
      samples.push(await this.#ask<SoakSample>('collect'))
    }
    progress.end()
    return { minutes, tokens, enrolments, samples }
  }
}

function distribution(ascending: readonly number[]): Distribution {
  return { p50: percentile(ascending, 50), p99: percentile(ascending, 99) }
}

async function kills({ kills: count, stores, minutes }: Sizes, before: readonly KillTally[]): Promise<KillTally[]> {
  const tallies = new Map(before.map((tally) => [tally.store, tally]))
  for (const store of stores) {
    const progress = new ProgressLine(`kills with ${store}`)
    const onKill = (done: number): void => progress.show(done / count, String(done))
    tallies.set(store, await killNodes({ store, kills: count, seconds: 60 * minutes, onKill }))
    progress.end()
  }
  return STORES.flatMap((store) => tallies.get(store) ?? [])
}

interface Sizes {
  readonly quick: boolean
  readonly soakMinutes: number
  readonly kills: number
  readonly stores: readonly StoreKind[]
  /** Of the kills. */
  readonly minutes: number
}

async function measure(wanted: readonly Section[], sizes: Sizes, report: ServiceReport): Promise<void> {
  const made = (): Made => ({ date: new Date().toISOString(), environment: environment() })
  const { quick } = sizes
  const bench = wanted.some((section) => section !== 'kills') ? await Bench.start() : undefined
  try {
    for (const section of wanted) {
      const how = made()
      if (section === 'tokens') {
        const results = [await known(bench).tokens(1_000, 1, quick ? 2 : 10)]
        if (!quick) results.push(await known(bench).tokens(1_000, 4, 20))
        report.tokens = { ...how, results }
      } else if (section === 'enrolments') {
        const seconds = quick ? 2 : 10
        const results = [
          await known(bench).enrolments('remembered', 1, seconds),
          await known(bench).enrolments('remembered', 8, seconds),
        ]
        results.push(await known(bench).enrolments('hashed', 4, seconds))
        report.enrolments = { ...how, results }
      } else if (section === 'overload')
        report.overload = { ...how, result: await known(bench).overload(quick ? 6 : 20) }
      else if (section === 'connections')
        report.connections = { ...how, result: await known(bench).connections(quick ? 3 : 10) }
      else if (section === 'soak') report.soak = { ...how, result: await known(bench).soak(sizes.soakMinutes) }
      else report.kills = { ...how, results: await kills(sizes, report.kills?.results ?? []) }
    }
  } finally {
    await bench?.end()
  }
}

/** The item of a list that an option names. Throws `ArgumentError`. */
function choice<T extends string>(option: string, name: string, items: readonly T[]): T {
  const found = items.find((item) => item === name)
  if (found === undefined) throw new ArgumentError(`--${option} takes one of ${items.join(', ')}`)
  return found
}

runProgram({
  usage,
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    soak: { type: 'string', default: '2' },
    kills: { type: 'string', default: '20' },
    store: { type: 'string' },
    minutes: { type: 'string', default: 'Infinity' },
  },
  async run({ quick, only, soak, kills: count, store, minutes }) {
    const report: ServiceReport =
      !quick && existsSync(JSON_FILE) ? (JSON.parse(readFileSync(JSON_FILE, 'utf8')) as ServiceReport) : {}
    const wanted =
      only === undefined ? SECTIONS.filter((section) => !quick || section !== 'soak') : [choice('only', only, SECTIONS)]
    await measure(
      wanted,
      {
        quick,
        soakMinutes: numberOf('soak', soak),
        kills: quick ? 2 : numberOf('kills', count),
        stores: store === undefined ? STORES : [choice('store', store, STORES)],
        minutes: numberOf('minutes', minutes),
      },
      report,
    )
    const md = renderService(report)
    console.log(md)
    if (!quick) writeResults('service', { json: toJson(report), md })
  },
})
