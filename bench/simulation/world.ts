import { WsTrustError } from '../../src/ws-trust/errors.js'
import { contextOf, usernameOf } from './messages.js'
import { Checker, QUOTAS } from './checker.js'
import { SimulatedClient } from './clients.js'
import { SimulatedDatabase } from './store/database.js'
import { Violation, type Defect } from './defects.js'
import type { Material } from './material.js'
import { Network, type Weather } from './network.js'
import { GUESSED, PATHS, SimulatedNode } from './node.js'
import type { SimulatedPlatform, Surroundings } from './platform.js'
import { SeededRandom } from './random.js'
import { Scheduler, type Actor } from './scheduler.js'

export interface WorldOptions {
  readonly seed: number
  /** What clients do, all together. */
  readonly exchanges: number
  readonly defect?: Defect
  /** Clocks jump by hours and years too. What depends on the time is not promised then. */
  readonly farJumps?: boolean
  readonly onNote?: (line: string) => void
}

export interface WorldResult {
  readonly seed: number
  readonly steps: number
  readonly exchanges: number
  /** What clients did, and how it went. */
  readonly outcomes: Readonly<Record<string, number>>
  readonly crashes: { readonly nodes: number; readonly database: number }
  /** Simulated, in ms. */
  readonly duration: number
  /** Of everything that happened. */
  readonly digest: string
  readonly violation: Violation | undefined
}

const START = Date.UTC(2026, 0, 1)
/** Half of what the clocks of two nodes may be apart: `docs/operating.md` asks for seconds. */
const NODE_SKEW = 5_000
const CLIENT_SKEW = 10_000
/** How far clocks jump: about an hour, a day and beyond the lifetime of a certificate, two years. */
const FAR_JUMPS = [3_600_000, 86_400_000, 63_072_000_000]
const SWEEP_INTERVAL = 20_000
/** Longer than anything stays open: the replay cache keeps a presentation for the longest. */
const LONGEST = 1_000_000
const ACCOUNTS = [
  ...['alice', 'bob', 'carol', 'dora', 'egon-digest', 'fritz-digest', 'gerda-digest', 'hanna-digest'],
  ...['greedy-1', 'greedy-2', 'greedy-3', GUESSED],
]

/** A farm of nodes, its database, its network and its clients, from a seed. */
export class World implements Surroundings {
  readonly #scheduler: Scheduler
  readonly #random: SeededRandom
  readonly #checker: Checker
  readonly #database: SimulatedDatabase
  readonly #nodes: readonly SimulatedNode[]
  readonly #clients: readonly SimulatedClient[]
  readonly #weather: Weather = { loss: 0.01, duplicates: 0.03 }
  readonly #chaos: Actor = { name: 'chaos', offset: 0 }
  readonly #outcomes: Record<string, number> = {}
  #left: number
  #acting = 0
  #nodeCrashes = 0
  #isCalm = false

  private constructor(
    private readonly options: WorldOptions,
    material: Material,
    platform: SimulatedPlatform,
  ) {
    const { seed, defect } = options
    const random = new SeededRandom(seed)
    this.#random = random
    this.#left = options.exchanges
    const scheduler = new Scheduler(START, () => platform.settle(), options.onNote)
    this.#scheduler = scheduler
    const checker = new Checker(() => scheduler.time, options.farJumps ? Infinity : 2 * NODE_SKEW)
    this.#checker = checker
    const database = new SimulatedDatabase(scheduler, random, {
      limits: { capacity: 10_000, maxAccountExchanges: QUOTAS.maxAccountExchanges },
      ...{ defect, brokenAnswers: 0.003 },
      onTransaction: (machine, name) => {
        if (['insertExchange', 'openTokensFor', 'addTokens'].includes(name)) checker.transaction(machine)
      },
    })
    this.#database = database
    const accounts = ACCOUNTS
    this.#nodes = Array.from(
      { length: random.integer(1, 4) },
      (_, i) => new SimulatedNode(`node ${String(i + 1)}`, { material, database, checker, accounts, defect }),
    )
    const network = new Network(scheduler, random, this.#nodes, {
      weather: this.#weather,
      recorded: ({ target }) => this.#repeatedAfter(target),
      onDelivery: ({ target, body }) => {
        if (target !== PATHS.claims) return
        const context = contextOf(body)
        if (context !== undefined) checker.begins(usernameOf(body), context)
      },
    })
    const around = {
      ...{ scheduler, random, material, checker, nodes: this.#nodes },
      transport: (client: Actor) => network.transport(client),
    }
    this.#clients = ACCOUNTS.map((name) => new SimulatedClient(name, around))
    platform.enter(this, new SeededRandom(seed, 1))
  }

  /** Runs a world to its end, or to the first step after which a property does not hold. */
  static async run(options: WorldOptions, material: Material, platform: SimulatedPlatform): Promise<WorldResult> {
    const world = new World(options, material, platform)
    let violation: Violation | undefined
    try {
      await world.#run()
    } catch (error) {
      if (!(error instanceof Violation)) throw error
      violation = error
    } finally {
      for (const node of world.#nodes) await node.dispose()
    }
    return {
      seed: options.seed,
      steps: world.#scheduler.steps,
      exchanges: options.exchanges - world.#left,
      outcomes: world.#outcomes,
      crashes: { nodes: world.#nodeCrashes, database: world.#database.crashes },
      duration: world.#scheduler.time - START,
      digest: world.#scheduler.digest,
      violation,
    }
  }

  now(): number {
    return this.#scheduler.clock
  }

  after(milliseconds: number, action: () => void): void {
    this.#scheduler.after(milliseconds, this.#scheduler.running ?? this.#chaos, 'a timer ends', action)
  }

  async #run(): Promise<void> {
    const spread = (most: number): number => this.#random.integer(-most, most)
    for (const node of this.#nodes) {
      node.offset = spread(NODE_SKEW)
      this.#start(node, 0)
      this.#sweepAgain(node)
    }
    for (const client of this.#clients) {
      client.offset = spread(CLIENT_SKEW)
      this.#actAgain(client)
    }
    this.#disturbAgain()
    await this.#until(() => this.#left <= 0 && this.#acting === 0, 'clients wait for ever')
    await this.#end()
  }

  /** Nothing is disturbed any more: everything acknowledged is there, and everything open ends. */
  async #end(): Promise<void> {
    const scheduler = this.#scheduler
    this.#isCalm = true
    this.#weather.loss = 0
    this.#weather.duplicates = 0
    for (const actor of [...this.#nodes, ...this.#clients]) if (Math.abs(actor.offset) > CLIENT_SKEW) actor.offset = 0
    const calm = scheduler.time
    await this.#until(() => scheduler.time > calm + 120_000 && this.#nodes.every(({ isUp }) => isUp), 'nodes stay down')
    for (const client of this.#clients) {
      this.#acting++
      scheduler.after(
        0,
        client,
        'looks for what it was promised',
        () => void client.verify().then(() => this.#acting--),
      )
    }
    await this.#until(() => this.#acting === 0, 'clients wait for ever')
    if (this.options.farJumps) {
      // Rows that were made by clocks far ahead end too, once it is so late.
      for (const node of this.#nodes) node.offset = Math.max(...FAR_JUMPS) + LONGEST
    }
    const quiet = scheduler.time
    await this.#until(() => scheduler.time > quiet + LONGEST, 'time stands still')
    const unanswered = this.#nodes.reduce((sum, node) => sum + node.unanswered, 0)
    const { exchanges, openTokens, usedOnce, logins, openRows } = this.#database.machine
    const rows = [exchanges, openTokens, usedOnce, logins].map(({ size }) => String(size)).join(', ')
    if (openRows > 0)
      this.#checker.fail('everything open ends', `rows are left of exchanges, tokens, keys, logins: ${rows}`)
    if (unanswered > 0) this.#checker.fail('everything open ends', `${String(unanswered)} requests were never answered`)
    this.#checker.check()
  }

  /** Steps until something is so. It must be within an hour of simulated time after the last exchange was begun. */
  async #until(isSo: () => boolean, otherwise: string): Promise<void> {
    let [left, since] = [this.#left, this.#scheduler.time]
    while (!isSo()) {
      const goesOn = await this.#scheduler.step()
      this.#checker.check()
      if (left !== this.#left) [left, since] = [this.#left, this.#scheduler.time]
      if (!goesOn || this.#scheduler.time - since > 3_600_000) {
        this.#checker.fail('everything open ends', otherwise)
        this.#checker.check()
      }
    }
  }

  #start(node: SimulatedNode, milliseconds: number): void {
    this.#scheduler.after(milliseconds, node, 'starts', () => {
      node.start().catch((error: unknown) => this.#checker.fail('nothing unexpected happens', String(error)))
    })
  }

  #sweepAgain(node: SimulatedNode): void {
    this.#scheduler.after(SWEEP_INTERVAL, node, 'sweeps', () => {
      if (node.isUp) void node.store.sweep().catch(() => 0)
      this.#sweepAgain(node)
    })
  }

  #actAgain(client: SimulatedClient): void {
    const pause = client.name === GUESSED ? 20_000 : client.name.startsWith('greedy') ? 10_000 : 3_000
    this.#scheduler.after(this.#random.integer(1, 2 * pause), client, 'acts', () => {
      if (this.#left <= 0) return
      this.#left--
      this.#acting++
      const done = (outcome: string): void => {
        this.#outcomes[outcome] = (this.#outcomes[outcome] ?? 0) + 1
        this.#scheduler.note(`${client.name}: ${outcome}`)
        this.#acting--
        this.#actAgain(client)
      }
      client.act().then(done, (error: unknown) => {
        // Tokens of another time, by the client's own clock.
        if (this.#checker.clocksJump && error instanceof WsTrustError) {
          done('refused by its clock')
          return
        }
        this.#checker.fail('nothing unexpected happens', `${client.name}: ${String(error)}`)
      })
    })
  }

  /** Somebody who records requests sends a few of them again: at once, or about when they become too old. */
  #repeatedAfter(target: string): number | undefined {
    const random = this.#random
    if (this.#isCalm || !random.chance(0.1)) return undefined
    if (target === PATHS.present)
      return random.pick([random.integer(0, 1_000), random.integer(285_000, 315_000), random.integer(345_000, 375_000)])
    return random.pick([random.integer(0, 1_000), random.integer(285_000, 315_000)])
  }

  #disturbAgain(): void {
    this.#scheduler.after(this.#random.integer(1, 8_000), this.#chaos, 'disturbs', () => {
      if (this.#isCalm) return
      this.#disturb()
      this.#disturbAgain()
    })
  }

  #jump(node: SimulatedNode): void {
    const random = this.#random
    const isFar = (this.options.farJumps ?? false) && random.chance(0.5)
    const actor = isFar && random.chance(0.3) ? random.pick(this.#clients) : node
    actor.offset = isFar ? random.pick([-1, 1]) * random.pick(FAR_JUMPS) : random.integer(-NODE_SKEW, NODE_SKEW)
    this.#scheduler.note(`the clock of ${actor.name} jumps to ${String(actor.offset)}`)
  }

  #disturb(): void {
    const random = this.#random
    const node = random.pick(this.#nodes)
    switch (random.integer(0, 4)) {
      case 0:
        if (!node.isUp) return
        this.#nodeCrashes++
        node.crash()
        this.#scheduler.note(`${node.name} crashes`)
        this.#start(node, random.integer(100, 5_000))
        return
      case 1:
        if (random.chance(0.3)) this.#database.crash(random.integer(50, 2_000))
        else this.#database.crashInNextSync(random.integer(50, 2_000))
        return
      case 2:
        this.#jump(node)
        return
      case 3:
        node.isReachable = false
        this.#scheduler.after(random.integer(100, 5_000), node, 'is reachable again', () => (node.isReachable = true))
        return
      default:
        this.#weather.loss = random.chance(0.25) ? 0.2 * random.fraction() : 0.005
        this.#weather.duplicates = random.chance(0.25) ? 0.2 * random.fraction() : 0.01
    }
  }
}
