import { existsSync } from 'node:fs'
import { itemAt, known } from '../../bindings/octets/lists.js'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { loadavg, tmpdir } from 'node:os'
import { basename, delimiter, join } from 'node:path'
import * as esbuild from 'esbuild'
import { chromium, type BrowserContext, type Page } from 'playwright-core'
import { createEngine, encodeIssuedToken, encodeIssuerParameters, Issuer, Prover } from '../../src/index.js'
import { L2048N256 } from '../../src/params/L2048N256.js'
import { P256 } from '../../src/params/P256.js'
import type { Bench } from './boot.js'
import type { FixtureText, SetName } from './fixture.js'
import type { TableSource } from './presenter.js'
import { environment, loadText, type Environment } from '../program/environment.js'
import { numberOf, runProgram, toJson, writeResults } from '../program/program.js'
import { table } from '../program/figures.js'
import { summarise } from '../timing/statistics.js'

const usage = `npm run bench:browser -- [OPTION...]

Measures presentations in Chromium, headless, in pages with the policy script-src 'self' 'wasm-unsafe-eval': the cold start
to the first one, those after it, and how long the page's thread is blocked. Writes bench/results/browser.json and browser.md; bench/README.md says how.

  --runs N       pages of each kind (default 9)
  --only TEXT    only kinds of cold starts whose names contain TEXT, and no workers; nothing is written
  --help         this text`

const browserArguments = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync'],
]
const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'"
const attributes = ['Alice', 'Archer', 'alice@example.com', 'SE', '1990-05-17']
/** Presentations after the first, in each page. */
const presentations = 50

/** Milliseconds that are aimed at, by how much slower than here the processor is made. */
const targets = {
  L2048N256: { 1: { cold: 150, presentation: 5 }, 4: { cold: 600, presentation: 20 } },
  'P-256': { 1: { cold: 60, presentation: 0.5 }, 4: { cold: 250, presentation: 2.5 } },
} as const satisfies Readonly<Record<SetName, object>>
const longestTask = 16
type Slowdown = keyof (typeof targets)[SetName]

/** Of many values, in milliseconds: the median, and the least. */
interface Spread {
  readonly median: number
  readonly min: number
}

/** A measurement in a page's own thread: its name, and the state that the page finds. */
const kinds = {
  'tables computed': { set: 'L2048N256', tables: 'computed', fresh: false },
  'tables from IndexedDB': { set: 'L2048N256', tables: 'IndexedDB', fresh: false },
  'no tables': { set: 'L2048N256', tables: 'none', fresh: false },
  'first visit, tables computed': { set: 'L2048N256', tables: 'computed', fresh: true },
  'P-256, tables computed': { set: 'P-256', tables: 'computed', fresh: false },
  'P-256, no tables': { set: 'P-256', tables: 'none', fresh: false },
  'P-256, first visit, tables computed': { set: 'P-256', tables: 'computed', fresh: true },
} as const satisfies Readonly<Record<string, { set: SetName; tables: TableSource; fresh: boolean }>>
const steps = ['load', 'engine', 'parameters', 'tables', 'presentation', 'total'] as const
const places = { worker: 'a worker of the page', pool: 'a pool of one worker' } as const

interface ColdRow {
  readonly kind: keyof typeof kinds
  readonly slowdown: Slowdown
  readonly steps: Readonly<Record<(typeof steps)[number], Spread>>
  /** Later presentations: of stored tokens; of tokens that were decoded and checked ahead; and of that. */
  readonly later: Spread
  readonly prepare: Spread
  readonly prepared: Spread
}

interface WorkerRow {
  readonly place: keyof typeof places
  readonly slowdown: Slowdown
  readonly total: Spread
  readonly later: Spread
  /** The part of `later` that the worker itself takes; null for the pool, which does not report it. */
  readonly inside: Spread | null
  /** The longest task of the page's thread in each page: by the clock, and in time of the processor. */
  readonly task: { readonly wall: Spread; readonly cpu: Spread }
  /** Tasks of 50 ms and more in all pages, by the long-tasks API. */
  readonly longTasks: number
}

function spread(values: readonly number[]): Spread {
  const { median } = summarise(values)
  const rounded = (value: number): number => Math.round(100 * value) / 100
  return { median: rounded(median), min: rounded(Math.min(...values)) }
}

const onPath = (name: string): string | undefined =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(existsSync)

/** Issuer parameters, those of the subgroup of Revision 1, as WS-Trust has them, and ten tokens of five attributes. */
async function makeFixture(set: SetName): Promise<string> {
  const engine = await createEngine()
  const [recommended, revision] = set === 'P-256' ? ([P256, 3] as const) : ([L2048N256, 1] as const)
  const group = engine.group(recommended)
  const issuer = Issuer.create(group, { uid: 'urn:bench', attributes: 5, recommended, revision })
  const { parameters } = issuer
  const issuing = issuer.begin({ attributes, count: 10 })
  const prover = Prover.begin(parameters, { attributes, count: 10 })
  const tokens = prover.finish(issuing.respond(prover.respond(issuing.message1)))
  const base64 = (octets: Uint8Array): string => Buffer.from(octets).toString('base64')
  const fixture: FixtureText = {
    parameters: base64(encodeIssuerParameters(parameters)),
    tokens: tokens.map((token) => base64(encodeIssuedToken(parameters, token))),
    attributes,
  }
  engine.dispose()
  return JSON.stringify(fixture)
}

interface File {
  readonly type: string
  readonly body: string | Uint8Array
}

/** The served files: bundles as an application would make them, cached for a long time. */
async function makeFiles(): Promise<Map<string, File>> {
  const { outputFiles } = await esbuild.build({
    entryPoints: {
      boot: 'bench/browser/boot.ts',
      page: 'bench/browser/page.ts',
      'curve-page': 'bench/browser/curve-page.ts',
      worker: 'bench/browser/worker.ts',
      'pool-worker': 'src/pool/worker/worker.ts',
    },
    outdir: '.',
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
    logLevel: 'error',
  })
  const html = '<!doctype html><meta charset="utf-8"><title>bench</title><script type="module" src="/boot.js"></script>'
  const files = new Map<string, File>()
  files.set('/', { type: 'text/html', body: html })
  for (const set of ['L2048N256', 'P-256'] as const) {
    files.set(`/${set}.json`, { type: 'application/json', body: await makeFixture(set) })
  }
  for (const { path, contents } of outputFiles) {
    files.set(`/${basename(path)}`, { type: 'text/javascript', body: contents })
  }
  return files
}

async function serve(): Promise<Server> {
  const files = await makeFiles()
  const server = createServer(({ url = '' }, response) => {
    const file = files.get(url)
    if (file === undefined) return void response.writeHead(404).end()
    response.writeHead(200, {
      'content-security-policy': policy,
      'content-type': file.type,
      'cache-control': 'max-age=31536000, immutable',
    })
    response.end(file.body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

declare global {
  /** In the page. */
  var bench: Bench
}

/** Makes calls in pages of their own: nothing is left of those before but what the browser keeps. */
class Visitor {
  constructor(
    private readonly context: BrowserContext,
    private readonly address: string,
  ) {}

  /** From nothing to the first presentation in the page's thread, and presentations after it. */
  cold(slowdown: Slowdown, { set, tables, fresh }: (typeof kinds)[keyof typeof kinds]) {
    return this.#visit(slowdown, fresh, async (page) => {
      const start = await page.evaluate(([name, source]) => globalThis.bench.cold(name, source), [set, tables] as const)
      return { ...start, ...(await page.evaluate((count) => globalThis.bench.repeat(count), presentations)) }
    })
  }

  /** The same in a worker, with the tasks of the page's thread by the browser's own trace. */
  traced(slowdown: Slowdown, place: keyof typeof places) {
    return this.#visit(slowdown, false, async (page) => {
      const browser = known(this.context.browser())
      // The driver injects its own script into the page at the first call.
      await page.evaluate(() => globalThis.bench.longTasks())
      await browser.startTracing(page, { categories: ['toplevel', '__metadata'] })
      const arguments_ = [place, presentations] as const
      const result = await page.evaluate(([name, count]) => globalThis.bench[name](count), arguments_)
      const task = longestTaskOf(await browser.stopTracing())
      return { ...result, task, longTasks: await page.evaluate(() => globalThis.bench.longTasks()) }
    })
  }

  /** Keeps tables for later pages. Their octets. */
  keepTables(): Promise<number> {
    return this.#visit(1, false, async (page) => {
      await page.evaluate(() => globalThis.bench.cold('L2048N256', 'computed'))
      return page.evaluate(() => globalThis.bench.keepTables())
    })
  }

  /** @param fresh whether the browser must load everything again */
  async #visit<T>(slowdown: Slowdown, fresh: boolean, work: (page: Page) => Promise<T>): Promise<T> {
    const page = await this.context.newPage()
    const complaints: string[] = []
    page.on('pageerror', (error) => complaints.push(String(error)))
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text())
    })
    try {
      const session = await this.context.newCDPSession(page)
      if (fresh) await session.send('Network.clearBrowserCache')
      await page.goto(this.address)
      await page.waitForFunction('globalThis.bench !== undefined')
      await session.send('Emulation.setCPUThrottlingRate', { rate: slowdown })
      const result = await work(page)
      if (complaints.length > 0) throw new Error(complaints.join('\n'))
      return result
    } finally {
      await page.close()
    }
  }
}

interface TraceEvent {
  readonly name: string
  readonly ph: string
  readonly pid: number
  readonly tid: number
  readonly dur?: number
  readonly tdur?: number
  readonly args?: { readonly name?: string }
}

/** The longest task of the renderers' main threads, in milliseconds. */
function longestTaskOf(trace: Buffer): { wall: number; cpu: number } {
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: TraceEvent[] }
  const names = traceEvents.filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
  const threads = new Set(names.map(({ pid, tid }) => `${pid}/${tid}`))
  const tasks = traceEvents.filter(({ name, ph, pid, tid }) => {
    return ph === 'X' && name.endsWith('RunTask') && threads.has(`${pid}/${tid}`)
  })
  if (tasks.length === 0) throw new Error('the trace has no tasks')
  const longest = (value: (task: TraceEvent) => number): number => Math.max(...tasks.map(value)) / 1_000
  return { wall: longest(({ dur = 0 }) => dur), cpu: longest(({ tdur = 0 }) => tdur) }
}

interface Report {
  readonly date: string
  readonly environment: Environment & { readonly chromium: string; readonly loadAfter: number[] }
  readonly kernel: string
  readonly runs: number
  readonly presentations: number
  readonly tableBytes: number
  readonly cold: readonly ColdRow[]
  readonly workers: readonly WorkerRow[]
}

async function measure(
  visitor: Visitor,
  runs: number,
  only: string | undefined,
): Promise<Pick<Report, 'cold' | 'workers' | 'tableBytes' | 'kernel'>> {
  // The browser keeps compiled code of scripts that it has loaded a few times.
  const warmUp = async (times: number): Promise<void> => {
    for (let i = 0; i < times; i++) {
      for (const kind of ['tables computed', 'P-256, tables computed'] as const) await visitor.cold(1, kinds[kind])
    }
  }
  await warmUp(4)
  for (let i = 0; i < 4; i++) await visitor.traced(1, i % 2 === 0 ? 'pool' : 'worker')
  const tableBytes = await visitor.keepTables()
  const slowdowns = [1, 4] as const
  const coldRuns = slowdowns.flatMap((slowdown) =>
    (Object.keys(kinds) as (keyof typeof kinds)[])
      .filter((kind) => kind.includes(only ?? ''))
      .map((kind) => ({ kind, slowdown, found: [] as Awaited<ReturnType<Visitor['cold']>>[] })),
  )
  const workerRuns = slowdowns.flatMap((slowdown) =>
    (Object.keys(places) as (keyof typeof places)[])
      .filter(() => only === undefined)
      .map((place) => ({ place, slowdown, found: [] as Awaited<ReturnType<Visitor['traced']>>[] })),
  )
  for (let run = 0; run < runs; run++) {
    for (const { kind, slowdown, found } of coldRuns) {
      found.push(await visitor.cold(slowdown, kinds[kind]))
      // Restores what the measurement deleted.
      if (kinds[kind].fresh) await warmUp(3)
    }
    for (const { place, slowdown, found } of workerRuns) found.push(await visitor.traced(slowdown, place))
    console.error(`run ${run + 1} of ${runs}`)
  }
  const cold = coldRuns.map(({ kind, slowdown, found }): ColdRow => {
    const spreads = Object.fromEntries(steps.map((step) => [step, spread(found.map((one) => one[step]))]))
    const later = (name: 'times' | 'prepare' | 'prepared'): Spread => spread(found.flatMap((one) => one[name]))
    return {
      kind,
      slowdown,
      steps: spreads as ColdRow['steps'],
      later: later('times'),
      prepare: later('prepare'),
      prepared: later('prepared'),
    }
  })
  const workers = workerRuns.map(({ place, slowdown, found }): WorkerRow => {
    const task = (name: 'wall' | 'cpu'): Spread => spread(found.map((one) => one.task[name]))
    return {
      place,
      slowdown,
      total: spread(found.map(({ total }) => total)),
      later: spread(found.flatMap(({ times }) => times)),
      inside: place === 'pool' ? null : spread(found.flatMap(({ inside }) => inside)),
      task: { wall: task('wall'), cpu: task('cpu') },
      longTasks: found.reduce((sum, { longTasks }) => sum + longTasks, 0),
    }
  })
  return { cold, workers, tableBytes, kernel: itemAt(itemAt(coldRuns, 0).found, 0).kernel }
}

const shown = (value: number): string => value.toFixed(value < 10 ? 2 : 1)
const both = ({ median, min }: Spread): string => `${shown(median)} (${shown(min)})`
const slowed = (slowdown: Slowdown): string => (slowdown === 1 ? '' : `, ${slowdown} times slower`)
const verdict = (value: number, target: number): string => `<= ${target}: ${value <= target ? 'met' : 'missed'}`

function render({ environment: where, kernel, runs, tableBytes, cold, workers }: Report): string {
  const { cpu, cores, chromium: version, load, loadAfter } = where
  return [
    `Measured by \`npm run bench:browser\`: ${cpu}, ${cores} cores, Chromium ${version}, headless, kernel ${kernel}, ${runs} pages of ` +
      `each kind in turn. Load ${loadText(load)} at the start and ${loadText(loadAfter)} at the end: other work on the machine counts.`,
    table(
      'In the page, ms: median (least)',
      ['', ...steps, 'wanted', 'later ones', 'wanted', 'prepare', 'prepared ones', 'wanted'],
      cold.map(({ kind, slowdown, steps: found, later, prepare, prepared }) => [
        kind + slowed(slowdown),
        ...steps.map((step) => both(found[step])),
        verdict(found.total.median, targets[kinds[kind].set][slowdown].cold),
        both(later),
        verdict(later.median, targets[kinds[kind].set][slowdown].presentation),
        both(prepare),
        both(prepared),
        verdict(prepared.median, targets[kinds[kind].set][slowdown].presentation),
      ]),
      `Five attributes of which two are disclosed; L2048N256 with Issuer parameters of Revision 1, except where P-256 is named. The tables of ` +
        `the five generators of L2048N256 have ${(tableBytes / 1024).toFixed(0)} KiB. A page of P-256 has an engine of curves alone. ` +
        'Later ones present a token from its octets, and check what it certifies; prepare is a token decoded and checked ahead, and prepared ones ' +
        'are presentations of it. Slowed down by Chromium (CPU throttling), which runs and suspends the thread in turns: for a step shorter than a turn, the least ' +
        'value is not meaningful.',
    ),
    table(
      'With a worker, ms: median (least)',
      [
        '',
        'first presentation',
        'later ones',
        'in the worker',
        'longest task',
        'of it processor',
        'wanted',
        'long tasks',
      ],
      workers.map(({ place, slowdown, total, later, inside, task, longTasks }) => [
        places[place] + slowed(slowdown),
        both(total),
        both(later),
        inside === null ? '' : both(inside),
        both(task.wall),
        both(task.cpu),
        verdict(task.cpu.median, longestTask),
        String(longTasks),
      ]),
      "As the page sees it. Tasks are those of the page's thread, by the browser's trace, which itself takes time; by the clock they include what " +
        'other processes took of the processor, so processor time is judged. Long tasks: 50 ms and more, in all pages. Chromium slows down the page, and hardly its workers.',
    ),
  ].join('\n\n')
}

async function measureAll(runs: number, only: string | undefined): Promise<Report> {
  const executablePath = onPath('chromium')
  if (executablePath === undefined) throw new Error('no chromium on the PATH')
  const where = environment()
  const profile = await mkdtemp(join(tmpdir(), 'bench-browser-'))
  const server = await serve()
  const context = await chromium.launchPersistentContext(profile, { executablePath, args: browserArguments })
  try {
    const visitor = new Visitor(context, `http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    const measured = await measure(visitor, runs, only)
    const version = context.browser()?.version() ?? 'unknown'
    return {
      date: new Date().toISOString(),
      environment: { ...where, chromium: version, loadAfter: loadavg() },
      runs,
      presentations,
      ...measured,
    }
  } finally {
    await context.close()
    server.close()
    await rm(profile, { recursive: true, force: true })
  }
}

runProgram({
  usage,
  options: { runs: { type: 'string', default: '9' }, only: { type: 'string' } },
  async run(values) {
    const report = await measureAll(numberOf('runs', values.runs, 1), values.only)
    const md = `${render(report)}\n`
    console.log(md)
    if (values.only === undefined) writeResults('browser', { json: toJson(report), md })
  },
})
