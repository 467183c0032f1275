import { StoreError } from '../../../src/store/errors.js'
import type { AuthorityStore } from '../../../src/pki/ca/records/store.js'
import type { Defect } from '../defects.js'
import { DurableLog } from './durable-log.js'
import { AUTHORITY_WRITES, Machine, WRITES, type MachineLimits } from './machine.js'
import type { SeededRandom } from '../random.js'
import type { Actor, Scheduler } from '../scheduler.js'

/** The transactions by name. */
export type Transaction = Exclude<keyof Machine, 'exchanges' | 'openTokens' | 'usedOnce' | 'logins' | 'openRows'>
type Arguments<Name extends Transaction> = Parameters<Machine[Name]>
type Result<Name extends Transaction> = Awaited<ReturnType<Machine[Name]>>

interface Entry {
  readonly name: Transaction
  readonly values: readonly unknown[]
}

/** A node's end of its connections. */
export interface Connection extends Actor {
  /** Changes when the node ends, which then learns nothing any more. */
  readonly incarnation: number
}

interface Waiting {
  /** The log must be on the disk up to here. */
  readonly position: number
  readonly reply: () => void
  readonly fail: () => void
}

export interface DatabaseOptions {
  readonly limits: MachineLimits
  readonly defect?: Defect
  /** How often a connection breaks instead of bringing the answer of a transaction that was done. Default 0. */
  readonly brokenAnswers?: number
  /** Told after each transaction. */
  readonly onTransaction?: (machine: Machine, name: Transaction) => void
}

/** Entries of the log, before a checkpoint stands for them. */
const CHECKPOINT_INTERVAL = 200

/**
 * The database that all nodes share: transactions one after another on the state in memory, each acknowledged once the log is
 * on the disk up to what it has seen. After a crash the state is what the checkpoint and the log
 * on the disk give.
 */
export class SimulatedDatabase {
  readonly actor: Actor = { name: 'database', offset: 0 }
  #machine: Machine
  /** The state that the disk has, before the entries of the log. */
  #checkpoint: Machine
  readonly #log: DurableLog<Entry>
  #waiting: Waiting[] = []
  #syncing = false
  #isUp = true
  /** The power fails during the next sync, for so many ms. */
  #failure: number | undefined
  /** Counts crashes. */
  #epoch = 0

  constructor(
    private readonly scheduler: Scheduler,
    private readonly random: SeededRandom,
    private readonly options: DatabaseOptions,
  ) {
    this.#machine = new Machine(options.limits, options.defect)
    this.#checkpoint = this.#machine.copy()
    this.#log = new DurableLog(random)
  }

  get machine(): Machine {
    return this.#machine
  }

  get crashes(): number {
    return this.#epoch
  }

  /** Sends a transaction; rejects with what it throws, and with `StoreError` if the database or the connection breaks. */
  call<Name extends Transaction>(node: Connection, name: Name, ...values: Arguments<Name>): Promise<Result<Name>> {
    const { scheduler } = this
    const { incarnation } = node
    const [first] = values as readonly unknown[]
    const what = typeof first === 'string' && name === 'authority' ? `authority.${first}` : name
    return new Promise((resolve, reject) => {
      const deliver = (outcome: string, action: () => void): void =>
        scheduler.after(this.#latency(), node, `learns that ${what} ${outcome}`, () => {
          if (node.incarnation === incarnation) action()
        })
      const fail = (code: 'store/port' | 'store/unavailable'): void => deliver(code, () => reject(new StoreError(code)))
      scheduler.after(this.#latency(), this.actor, `${what} for ${node.name}`, () => {
        if (!this.#isUp) {
          fail('store/port')
          return
        }
        const result = this.#execute(name, values)
        const done = (): void =>
          deliver('is done', () => void result.then((value) => resolve(value as Result<Name>), reject))
        const breaks = this.random.chance(this.options.brokenAnswers ?? 0)
        const reply = breaks ? () => fail('store/unavailable') : done
        if (this.options.defect === 'early-acknowledgement' || this.#log.syncedEnd === this.#log.end) reply()
        else this.#waiting.push({ position: this.#log.end, reply, fail: () => fail('store/unavailable') })
        this.#sync()
      })
    })
  }

  /** The power fails, and comes back after so many milliseconds. */
  crash(downFor: number): void {
    const { scheduler } = this
    if (!this.#isUp) return
    this.#isUp = false
    this.#epoch++
    this.#syncing = false
    for (const { fail } of this.#waiting.splice(0)) fail()
    scheduler.after(downFor, this.actor, 'recovers', () => {
      const entries = this.#log.crash()
      this.#machine = this.#checkpoint.copy()
      for (const { name, values } of entries) apply(this.#machine, name, values).catch(() => undefined)
      this.#isUp = true
    })
  }

  /** The power fails while the disk writes next, which is when most can be lost. */
  crashInNextSync(downFor: number): void {
    this.#failure = downFor
  }

  #execute(name: Transaction, values: readonly unknown[]): Promise<unknown> {
    const method = name === 'authority' ? (values[0] as keyof AuthorityStore) : undefined
    const changes =
      method === undefined ? (WRITES as readonly string[]).includes(name) : AUTHORITY_WRITES.includes(method)
    const isLogged = this.options.defect !== 'records-not-logged' || name !== 'authority'
    if (changes && isLogged) this.#log.append({ name, values })
    const result = apply(this.#machine, name, values)
    // Whoever waits for it hears of the failure later.
    result.catch(() => undefined)
    this.options.onTransaction?.(this.#machine, name)
    return result
  }

  /** One sync at a time; what is written meanwhile waits for the next. */
  #sync(): void {
    if (this.#syncing || this.#log.syncedEnd === this.#log.end) return
    this.#syncing = true
    const { end } = this.#log
    const epoch = this.#epoch
    const downFor = this.#failure
    // A disk often hangs before it fails.
    const hangs = downFor !== undefined || this.random.chance(0.02)
    const milliseconds = hangs ? this.random.integer(50, 500) : 1 + 4 * this.random.fraction()
    if (downFor !== undefined) {
      this.#failure = undefined
      this.scheduler.after(milliseconds * this.random.fraction(), this.actor, 'crashes', () => this.crash(downFor))
    }
    this.scheduler.after(milliseconds, this.actor, 'has synced', () => {
      if (epoch !== this.#epoch) return
      this.#syncing = false
      this.#log.synced(end)
      const ready = this.#waiting.filter(({ position }) => position <= end)
      this.#waiting = this.#waiting.filter(({ position }) => position > end)
      for (const { reply } of ready) reply()
      this.#sync()
      if (this.#log.syncedEnd === this.#log.end && this.#log.length >= CHECKPOINT_INTERVAL) {
        this.#checkpoint = this.#machine.copy()
        this.#log.forget()
      }
    })
  }

  #latency(): number {
    return this.random.chance(0.01) ? 200 * this.random.fraction() : 0.1 + this.random.fraction()
  }
}

/** Runs a transaction: at once, though the result comes as a promise. */
function apply(machine: Machine, name: Transaction, values: readonly unknown[]): Promise<unknown> {
  try {
    return Promise.resolve((machine[name] as (...values: unknown[]) => unknown).apply(machine, [...values]))
  } catch (error) {
    return Promise.reject(error instanceof Error ? error : new Error(String(error)))
  }
}
