import { afterAll, beforeAll, describe } from 'vitest'
import { testStoreContract, type Node } from '../../../src/store/testing/store-contract.js'
import { SimulatedDatabase, type Connection } from './database.js'
import { SeededRandom } from '../random.js'
import { Scheduler } from '../scheduler.js'
import { SimulatedStore } from './simulated-store.js'

describe('the simulated store', () => {
  const scheduler = new Scheduler(0, () => new Promise(setImmediate))
  let isOver = false
  let running: Promise<void>
  beforeAll(() => {
    const run = async (): Promise<void> => {
      while (!isOver) if (!(await scheduler.step())) await new Promise(setImmediate)
    }
    running = run()
  })
  afterAll(async () => {
    isOver = true
    await running
  })

  testStoreContract((clock) => {
    const limits = { capacity: 1_000, maxAccountExchanges: 1_000 }
    const database = new SimulatedDatabase(scheduler, new SeededRandom(1), { limits })
    const connection = (name: Node): Connection => ({ name, offset: 0, incarnation: 0 })
    const connections = { here: connection('here'), there: connection('there') }
    const on = (node: Node, options: Partial<ConstructorParameters<typeof SimulatedStore>[2]> = {}): SimulatedStore =>
      new SimulatedStore(database, connections[node], { clock, ...options })
    return {
      exchanges: (capacity, node, maxAccountExchanges) => {
        Object.assign(limits, { capacity, maxAccountExchanges })
        const store = on(node)
        return Promise.resolve({ ...store.exchanges, openCount: () => store.openExchanges() })
      },
      openTokens: (node) => on(node).openTokens,
      replays: (kind, node, rows) => on(node).replayCache(kind, rows),
      nonces: (rows) => on('here', { rows: { challenges: rows } }).nonces,
      logins: (policy, node) => on(node, { logins: policy }).logins,
      authority: () => Promise.resolve([on('here').authority, on('there').authority]),
    }
  })
})
