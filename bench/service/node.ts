// A server process that tells how it is: what its main thread and its memory do while clients in other processes use it.
import { itemAt } from '../../bindings/octets/lists.js'
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
// As it is installed: the file of its workers lies beside it.
import { createLog, startService } from 'uprove-wasm/server'
import { waited } from './waited.js'
import { retainedHere } from '../timing/retained-memory.js'

/** How a server was since it was asked to begin. */
export interface ServerReading {
  /** Processor time of all its threads, ms. */
  readonly processor: number
  /** How late a timer of 10 ms was, ms. */
  readonly lag: Lag
  /** The same, less the time in which the main thread was ready and other processes had the processors. */
  readonly ownLag: Lag
  readonly rssMiB: number
}

export interface Lag {
  readonly p50: number
  readonly p99: number
  readonly max: number
}

export type NodeCommand = 'begin' | 'read' | 'collect'

const TIMER = 10
const MEBIBYTE = 1 << 20

class Watch {
  // In microseconds, from 1.
  readonly #lag = createHistogram()
  readonly #ownLag = createHistogram()
  readonly #processor = process.cpuUsage()
  readonly #timer: NodeJS.Timeout

  constructor() {
    let [time, wait] = [performance.now(), waited()]
    this.#timer = setInterval(() => {
      const [now, waitedNow] = [performance.now(), waited()]
      const late = now - time - TIMER
      this.#lag.record(Math.max(1, Math.round(1e3 * late)))
      this.#ownLag.record(Math.max(1, Math.round(1e3 * (late - (waitedNow - wait)))))
      ;[time, wait] = [now, waitedNow]
    }, TIMER)
  }

  read(): ServerReading {
    clearInterval(this.#timer)
    const { user, system } = process.cpuUsage(this.#processor)
    const lagOf = (histogram: RecordableHistogram): Lag => {
      const [p50, p99, max] = [histogram.percentile(50), histogram.percentile(99), histogram.max]
      return { p50: p50 / 1e3, p99: p99 / 1e3, max: max / 1e3 }
    }
    return {
      processor: (user + system) / 1e3,
      lag: lagOf(this.#lag),
      ownLag: lagOf(this.#ownLag),
      rssMiB: process.memoryUsage.rss() / MEBIBYTE,
    }
  }
}

async function main(): Promise<void> {
  const listen = { address: '127.0.0.1', port: 0 }
  const { port, adminPort } = await startService(itemAt(process.argv, 2), {
    log: createLog('silent'),
    listen,
    adminListen: listen,
    certificateListen: null,
    publicationListen: null,
  })
  let watch = new Watch()
  process.on('disconnect', () => process.exit())
  process.on('message', (command: NodeCommand) => {
    if (command === 'begin') {
      watch.read()
      watch = new Watch()
      process.send?.({})
    } else if (command === 'read') process.send?.(watch.read())
    else process.send?.({ keptMiB: retainedHere() / MEBIBYTE, rssMiB: process.memoryUsage.rss() / MEBIBYTE })
  })
  process.send?.({ port, adminPort })
}

void main()
