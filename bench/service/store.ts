// Every operation of the store beside an empty one, and the CRL while it is rebuilt and fetched.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { createEngine } from '../../bindings/loading/create-engine.js'
import { createAuthority, type EmbeddedAuthority } from '../../src/pki/ca/embedded-authority.js'
import { createRoot } from '../../src/pki/ca/issuing/root.js'
import { generateKey, signatureVerifier } from '../../src/pki/keys/keys.js'
import { parseName } from '../../src/pki/x509/name.js'
import { Host } from '../../src/server/http/host.js'
import { authorityRoutes } from '../../src/server/routes/public-routes.js'
import type { Database } from '../../src/store/database/database.js'
import { migrate } from '../../src/store/database/migrate.js'
import { openPostgres } from '../../src/store/database/postgres.js'
import { recordsSchema } from '../../src/store/records/records-schema.js'
import { stateSchema } from '../../src/store/state/state-schema.js'
import { operations, storeParts, type StoreParts } from '../../src/store/testing/operations.js'
import { TestServer } from '../../src/store/testing/postgres.js'
import { fillRows, type Rows } from '../../src/store/testing/rows.js'
import { environment } from '../program/environment.js'
import { how as madeText } from './report.js'
import { table } from '../program/figures.js'
import { numberOf, runProgram, toJson, writeResults } from '../program/program.js'
import { percentile } from '../timing/statistics.js'
import { waited } from './waited.js'
import { renderStorePlot } from './store-plot.js'

const usage = `npm run bench:store -- [OPTION...]

Fills a store on PostgreSQL as it looks after years, measures every operation beside one in an empty store, in turns, and prints the ratios;
then serves the CRL over HTTP to clients in another process while it is rebuilt. PostgreSQL must be installed.
Writes bench/results/store.json, .md and .svg.

  --size X       part of the full size: 1 is a million certificates, ten million presentations, 100,000 open exchanges, 10,000 pending
                 requests, 100,000 failed logins (default 1)
  --revoked N    of the certificates (default: 100,000, by --size)
  --times N      runs of each operation in each store (default 200)
  --help         this text`

/** The rows after years, at full size. */
const FULL: Rows = {
  ...{ certificates: 1_000_000, revoked: 100_000, pending: 10_000 },
  ...{ replays: 10_000_000, exchanges: 100_000, logins: 100_000 },
}

interface Measured {
  readonly operation: string
  /** Medians and 99th percentiles, ms. */
  readonly empty: { readonly p50: number; readonly p99: number }
  readonly full: { readonly p50: number; readonly p99: number }
  readonly ratio: number
}

interface CrlMeasured {
  readonly entries: number
  readonly octets: number
  /** Of a whole build, ms. */
  readonly build: number
  /** The longest time that the event loop was held meanwhile, ms, without other load, and while clients fetched. */
  readonly heldAlone: number
  readonly heldFetching: number
  /** Fetches with If-None-Match, and of the whole file, a second. */
  readonly conditional: number
  readonly whole: number
}

async function openDatabase(server: TestServer): Promise<Database> {
  const database = await openPostgres(await server.createDatabase())
  await migrate(database, recordsSchema)
  await migrate(database, stateSchema)
  return database
}

/** Runs each operation in both stores in turns. */
async function compare(empty: StoreParts, full: StoreParts, times: number): Promise<Measured[]> {
  const measured: Measured[] = []
  for (const [operation, run] of Object.entries(operations)) {
    const milliseconds = { empty: [] as number[], full: [] as number[] }
    for (let i = -10; i < times; i++) {
      for (const [name, store] of [
        ['empty', empty],
        ['full', full],
      ] as const) {
        const begun = performance.now()
        await run(store, `${operation} ${String(i)}`)
        if (i >= 0) milliseconds[name].push(performance.now() - begun)
      }
    }
    const of = (values: number[]) => {
      const ascending = values.sort((a, b) => a - b)
      return { p50: percentile(ascending, 50), p99: percentile(ascending, 99) }
    }
    const [before, after] = [of(milliseconds.empty), of(milliseconds.full)]
    measured.push({ operation, empty: before, full: after, ratio: after.p50 / before.p50 })
  }
  return measured
}

/** The longest time between two turns of the event loop during an action, ms, less the time in which other processes had the processor. */
async function longestHold(action: () => Promise<unknown>): Promise<number> {
  let longest = 0
  let [time, wait] = [performance.now(), waited()]
  let isOver = false
  const look = (): void => {
    const [now, waitedNow] = [performance.now(), waited()]
    longest = Math.max(longest, now - time - (waitedNow - wait))
    ;[time, wait] = [now, waitedNow]
    if (!isOver) setTimeout(look, 1)
  }
  look()
  await action()
  isOver = true
  return longest
}

/** Clients of eight connections in a process of their own. They print how many answers they got. */
const FETCH = `
  import { Agent, request } from 'node:http'
  const [port, seconds, tag] = process.argv.slice(1)
  const agent = new Agent({ keepAlive: true, maxSockets: 8 })
  const end = Date.now() + 1000 * seconds
  let count = 0
  const fetch = () => new Promise((resolve, reject) => {
    const headers = tag === undefined ? {} : { 'if-none-match': tag }
    request({ port, agent, path: '/authority.crl', headers }, (answer) => {
      if (answer.statusCode !== (tag === undefined ? 200 : 304)) reject(new Error(String(answer.statusCode)))
      answer.resume().on('end', resolve)
    }).on('error', reject).end()
  })
  const client = async () => { while (Date.now() < end) { await fetch(); count++ } }
  await Promise.all(Array.from({ length: 8 }, client))
  console.log(count / seconds)`

async function fetchesPerSecond(port: number, seconds: number, tag?: string): Promise<number> {
  const given = [String(port), String(seconds), ...(tag === undefined ? [] : [tag])]
  const child = spawn(process.execPath, ['--input-type=module', '--eval', FETCH, ...given], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const line of createInterface(child.stdout)) return Number(line)
  throw new Error('the clients ended')
}

async function measureCrl(database: Database, store: StoreParts, entries: number): Promise<CrlMeasured> {
  const engine = await createEngine()
  const key = await generateKey('ECDSA-P256')
  const root = await createRoot({ key, subject: parseName('CN=Authority'), validity: 3_650 * 86_400_000 })
  const verifier = signatureVerifier({ engine })
  const authority: EmbeddedAuthority = await createAuthority({
    ...{ key, chain: [root], profiles: [], store: store.authority, verifier, engine },
  })
  const host = new Host({ routes: authorityRoutes(authority) })
  const { port } = await host.listen(0, '127.0.0.1')
  try {
    const revoked = (): Promise<void> => database.run('UPDATE uprove.authority SET revision = revision + 1')
    await authority.crl()
    await revoked()
    const begun = performance.now()
    const heldAlone = await longestHold(() => authority.crl())
    const build = performance.now() - begun
    const first = await fetch(`http://127.0.0.1:${String(port)}/authority.crl`)
    const octets = (await first.arrayBuffer()).byteLength
    const tag = first.headers.get('etag') ?? ''
    const conditional = await fetchesPerSecond(port, 5, tag)
    const whole = await fetchesPerSecond(port, 5)
    // Rebuilt once a second while clients fetch it whole.
    const pause = () => new Promise((resolve) => setTimeout(resolve, 1_000))
    const fetching = fetchesPerSecond(port, 7)
    // To start a process holds the event loop too.
    await pause()
    const heldFetching = await longestHold(async () => {
      for (let i = 0; i < 4; i++) {
        await revoked()
        await pause()
      }
    })
    await fetching
    return { entries, octets, build, heldAlone, heldFetching, conditional, whole }
  } finally {
    await host.close(0)
    engine.dispose()
  }
}

function render(rows: Rows, measured: readonly Measured[], crl: CrlMeasured, load: string): string {
  const figure = (value: number): string => value.toPrecision(3)
  const filled =
    `${load} ${String(rows.certificates)} certificates, ${String(rows.revoked)} of them revoked, ${String(rows.pending)} pending requests, ` +
    `${String(rows.replays)} presentations, ${String(rows.exchanges)} open exchanges, ${String(rows.logins)} failed logins. ` +
    'Times in ms; the ratio is that of the medians.'
  const header = ['operation', 'empty, p50', 'full, p50', 'ratio', 'empty, p99', 'full, p99']
  const lines = measured.map(({ operation, empty, full, ratio }) => [
    operation,
    ...[empty.p50, full.p50, ratio, empty.p99, full.p99].map(figure),
  ])
  return `${table('A store with many rows, beside an empty one', header, lines, filled)}
### The CRL

| | |
| --- | ---: |
| entries | ${crl.entries} |
| MiB | ${figure(crl.octets / (1 << 20))} |
| built in, ms | ${figure(crl.build)} |
| event loop held meanwhile, at most, ms | ${figure(crl.heldAlone)} |
| the same while clients fetch it whole and it is rebuilt each second, ms | ${figure(crl.heldFetching)} |
| fetched with If-None-Match, a second | ${figure(crl.conditional)} |
| fetched whole, a second | ${figure(crl.whole)} |
`
}

runProgram({
  usage,
  options: {
    size: { type: 'string', default: '1' },
    revoked: { type: 'string' },
    times: { type: 'string', default: '200' },
  },
  async run({ size, revoked, times }) {
    const part = numberOf('size', size)
    const scaled = (count: number): number => Math.max(1, Math.round(part * count))
    const rows: Rows = {
      ...{ certificates: scaled(FULL.certificates), pending: scaled(FULL.pending), replays: scaled(FULL.replays) },
      ...{ exchanges: scaled(FULL.exchanges), logins: scaled(FULL.logins) },
      revoked: revoked === undefined ? scaled(FULL.revoked) : numberOf('revoked', revoked),
    }
    const how = { date: new Date().toISOString(), environment: environment() }
    const server = await TestServer.start()
    const [empty, full] = [await openDatabase(server), await openDatabase(server)]
    try {
      console.log('filling')
      await fillRows({ records: full, state: full }, rows)
      await full.run('VACUUM')
      const stores = { empty: await storeParts(empty), full: await storeParts(full) }
      console.log('measuring')
      const measured = await compare(stores.empty, stores.full, numberOf('times', times, 1))
      const crl = await measureCrl(full, stores.full, rows.revoked)
      const md = render(rows, measured, crl, madeText(how))
      console.log(md)
      writeResults('store', { json: toJson({ ...how, rows, measured, crl }), md, svg: renderStorePlot(measured) })
    } finally {
      await empty.close()
      await full.close()
      await server.stop()
    }
  },
})
