// The first script of the page. It starts the clock, then loads the measured code.
import { fetchFixture, type SetName } from './fixture.js'
import { known } from '../../bindings/octets/lists.js'
import type { Presenter, TableSource } from './presenter.js'
import type { Asked, Answered } from './worker.js'

type Page = typeof import('./page.js')

const addresses = { L2048N256: '/page.js', 'P-256': '/curve-page.js', worker: '/worker.js' } as const
let presenter: Presenter | undefined

const load = (set: SetName): Promise<Pick<Page, 'start'>> => import(addresses[set]) as Promise<Page>

/** Tasks of this thread that took 50 ms and more: the browser does not report shorter ones. */
let longTasks = 0
new PerformanceObserver((list) => (longTasks += list.getEntries().length)).observe({ type: 'longtask', buffered: true })

/** The functions that the driver calls, each time in a new page. */
const bench = {
  /** From nothing to the first presentation, in this thread. */
  async cold(set: SetName, source: TableSource) {
    const given = await fetchFixture(set)
    const begin = performance.now()
    const { start } = await load(set)
    const loaded = performance.now() - begin
    presenter = await start(given, source)
    return { load: loaded, ...presenter.steps, total: performance.now() - begin, kernel: presenter.kernel }
  },
  repeat: (count: number) => known(presenter).repeat(count),
  keepTables: () => known(presenter).keepTables(),

  /** The same with a pool of one worker; the page verifies the parameters. */
  async pool(count: number) {
    const given = await fetchFixture('L2048N256')
    const begin = performance.now()
    const { presentInWorker } = (await import(addresses.L2048N256)) as Page
    const loaded = performance.now() - begin
    const { first, times } = await presentInWorker(given, count)
    return { total: loaded + first, times, inside: [] }
  },

  /** The same with all of it in a worker of the page's own, what a client keeps included. */
  async worker(count: number) {
    const begin = performance.now()
    const worker = new Worker(addresses.worker, { type: 'module' })
    const ask = (asked: Asked): Promise<Answered> =>
      new Promise((resolve, reject) => {
        worker.onmessage = ({ data }) => resolve(data as Answered)
        worker.onerror = ({ message }) => reject(new Error(message))
        worker.postMessage(asked)
      })
    await ask('start')
    const total = performance.now() - begin
    const [times, inside]: [number[], number[]] = [[], []]
    for (let i = 0; i < count; i++) {
      const before = performance.now()
      inside.push(await ask('present'))
      times.push(performance.now() - before)
    }
    worker.terminate()
    return { total, times, inside }
  },

  longTasks: () => longTasks,
}

Object.assign(globalThis, { bench })

export type Bench = typeof bench
