import { abortReason, throwIfAborted } from '../../../bindings/octets/platform.js'
import { onAbort, Signal } from '../queue/signal.js'
import { itemAt } from '../../../bindings/octets/lists.js'
import { clone } from '../wire/transfer-message.js'
import { receiveError } from '../wire/error-codec.js'
import { PoolError } from '../errors.js'
import { Fifo } from '../queue/fifo.js'
import type { CloseItem, JobType, JobTypes, Outcome, WorkerEngine } from '../wire/jobs.js'
import { WorkerHandle, type Chunk, type StartOptions, type Target } from './worker-handle.js'
import type { Spawn } from '../worker/ports.js'

export interface SchedulerOptions extends StartOptions {
  readonly workers: number
  /** The most items that may wait. */
  readonly maxQueued: number
  /** How long a chunk should take, in ms. */
  readonly chunkMilliseconds: number
  /** Called when a worker is gone, with the number of items that it had. */
  readonly onLost: (reason: string, items: number) => void
}

export interface SubmitOptions {
  /** The amount of work, in tokens. Default 1. */
  readonly weight?: number
  readonly signal?: AbortSignal
  /** The one worker that can do it. By default any worker can, and another one repeats it if the first is lost. */
  readonly on?: WorkerHandle
  /** Do it only when there is no other work; such items do not count as waiting. Default false. */
  readonly idle?: boolean
}

export interface Done<T> {
  readonly value: T
  readonly by: WorkerHandle
}

/** The number of chunks that a worker has at once: one in progress, and one ready so that it need not wait. */
const depth = 2

/** An item whose worker is lost is done again; if that worker is lost too, the item is given up. */
const maxAttempts = 2

/** The most tokens in a chunk. */
const maxChunkWeight = 512

/** The weight of the next measurement in a measured rate. */
const smoothing = 0.3

/** An item, from submission to settlement. */
interface Entry {
  readonly job: JobType
  readonly target: Target
  readonly item: unknown
  readonly weight: number
  readonly on: WorkerHandle | undefined
  readonly idle: boolean
  /** The lane where it waits. */
  lane: Lane | undefined
  settled: boolean
  attempts: number
  readonly removeListener: () => void
  readonly resolve: (done: Done<unknown>) => void
  readonly reject: (error: Error) => void
}

/** Items that can go together. */
interface Lane {
  readonly key: string
  readonly on: WorkerHandle | undefined
  readonly idle: boolean
  readonly entries: Fifo<Entry>
  /** Of those that wait. */
  weight: number
}

/** Gives work to workers, in chunks whose size follows from measurements, taking turns between kinds of work. */
export class Scheduler {
  readonly #workers = new Set<WorkerHandle>()
  /** In the order of their turns. */
  readonly #lanes = new Map<string, Lane>()
  /** Items whose worker was lost. Each is sent alone, so that only the one that caused it is given up. */
  readonly #retries = new Fifo<Entry>()
  /** All that are not settled. */
  readonly #open = new Set<Entry>()
  /** ms for a token, by kind of work. */
  readonly #rates = new Map<string, number>()
  readonly #room = new Signal()
  #wanted: number
  #queued = 0
  #calls = 0
  #pumping = false
  #disposed = false

  private constructor(
    private readonly spawn: Spawn,
    private readonly options: SchedulerOptions,
  ) {
    this.#wanted = options.workers
  }

  /** Starts the workers; at least one must start. Throws the error that kept the first from starting. */
  static async start(spawn: Spawn, options: SchedulerOptions): Promise<Scheduler> {
    const scheduler = new Scheduler(spawn, options)
    const starts = await Promise.allSettled(Array.from({ length: options.workers }, () => scheduler.#startWorker()))
    if (scheduler.#workers.size === 0) throw (starts[0] as PromiseRejectedResult).reason
    return scheduler
  }

  /** How many workers there are. */
  get size(): number {
    return this.#wanted
  }

  /** The engine of the workers. */
  async engine(): Promise<WorkerEngine> {
    const [worker] = this.#workers
    if (worker === undefined) throw new PoolError('pool/no-workers', 'no worker is left')
    return worker.ready
  }

  /** The number of tokens of a kind of work in a chunk. */
  chunkWeight(job: JobType, target: Target): number {
    const byTime = this.options.chunkMilliseconds / this.rate(job, target)
    return Math.max(1, Math.min(maxChunkWeight, Math.round(byTime)))
  }

  /** The time for a token of a kind of work on one worker, in ms: as measured lately, else as estimated. */
  rate(job: JobType, target: Target): number {
    return this.measured(job, target) ?? target.estimate(job)
  }

  /** `rate`, if it was measured. */
  measured(job: JobType, target: Target): number | undefined {
    return this.#rates.get(rateKey(job, target))
  }

  /** The work of one stream that may be under way, in tokens, so that workers need not wait for it. */
  capacity(job: JobType, target: Target): number {
    return (depth + 2) * this.#wanted * this.chunkWeight(job, target)
  }

  /** Throws `PoolError` (`pool/disposed`, `pool/overloaded`) if nothing more can be taken. */
  admit(): void {
    if (this.#disposed) throw disposed()
    const waiting = this.#queued + this.#calls
    if (waiting >= this.options.maxQueued) {
      throw new PoolError('pool/overloaded', `the queue is full: ${waiting} items and calls wait`)
    }
  }

  /**
   * Makes a call that submits its items one after another. It counts as waiting until it returns. Rejects like the call, or
   * as `admit()` throws.
   */
  async call<T>(make: () => Promise<T>): Promise<T> {
    this.admit()
    this.#calls++
    try {
      return await make()
    } finally {
      this.#calls--
    }
  }

  /** Resolves when an item can be admitted; undefined if that is possible now. */
  room(signal: AbortSignal): Promise<void> | undefined {
    return this.#isFull() ? this.#roomLater(signal) : undefined
  }

  async #roomLater(signal: AbortSignal): Promise<void> {
    const removeListener = onAbort(signal, () => this.#room.notify())
    try {
      while (this.#isFull()) {
        await this.#room.next()
        throwIfAborted(signal)
      }
    } finally {
      removeListener()
    }
  }

  #isFull(): boolean {
    return this.#queued >= this.options.maxQueued && !this.#disposed
  }

  /**
   * Does the work on an item. Rejects with the error of the work, with the reason of the signal, or with `PoolError`
   * (`pool/disposed`, `pool/worker-lost`, `pool/no-workers`, `pool/unsendable`).
   */
  submit<T extends JobType>(
    job: T,
    target: Target,
    item: JobTypes[T]['item'],
    { weight = 1, signal, on, idle = false }: SubmitOptions = {},
  ): Promise<Done<JobTypes[T]['result']>> {
    return new Promise((resolve: (done: Done<JobTypes[T]['result']>) => void, reject) => {
      if (this.#disposed) throw disposed()
      if (on?.working === false) throw workerLost()
      const entry: Entry = {
        job,
        target,
        item,
        weight,
        on,
        idle,
        lane: undefined,
        settled: false,
        attempts: 0,
        removeListener: onAbort(signal, () => this.#reject(entry, signal && abortReason(signal))),
        resolve: resolve as (done: Done<unknown>) => void,
        reject,
      }
      this.#open.add(entry)
      this.#join(entry)
    })
  }

  /** Makes a worker wipe the secrets of an abandoned Prover or presentation; all workers, if the right one is not known. */
  close(target: Target, item: CloseItem, on?: WorkerHandle): void {
    for (const worker of on === undefined ? this.#workers : [on]) {
      // If this does not arrive, the worker and everything that it held are gone.
      if (worker.working && !this.#disposed) this.submit('close', target, item, { on: worker }).catch(() => undefined)
    }
  }

  /** Sends a target to all workers ahead of work on it. */
  introduce(target: Target): void {
    for (const worker of this.#workers) worker.introduce(target)
  }

  /** Makes all workers wipe and free a target. */
  async forget(target: Target): Promise<void> {
    // An Issuer has the rates of its parameters.
    if (target.requires === undefined) {
      for (const key of this.#rates.keys()) if (key.endsWith(`/${target.id}`)) this.#rates.delete(key)
    }
    await Promise.all([...this.#workers].map((worker) => worker.forget(target)))
  }

  /** Ends all work, makes the workers wipe their secrets, and ends them. */
  async dispose(): Promise<void> {
    if (this.#disposed) return
    this.#disposed = true
    this.#rejectAll(disposed())
    this.#room.notify()
    await Promise.all([...this.#workers].map((worker) => worker.dispose()))
    this.#workers.clear()
  }

  async #startWorker(): Promise<void> {
    let worker: WorkerHandle | undefined
    try {
      worker = new WorkerHandle(this.spawn, this.options, {
        free: () => this.#pump(),
        lost: (lost, reason, items) => this.#forgetWorker(lost, reason, items),
      })
      this.#workers.add(worker)
      await worker.ready
    } catch (error) {
      // A worker that does not start is not tried again.
      if (worker !== undefined) this.#workers.delete(worker)
      this.#wanted--
      throw error
    }
  }

  /** Whether an item was still unsettled. */
  #settle(entry: Entry): boolean {
    if (entry.settled) return false
    entry.settled = true
    this.#open.delete(entry)
    this.#leave(entry)
    entry.removeListener()
    return true
  }

  #reject(entry: Entry, error: unknown): void {
    // The reason of a signal may be anything.
    if (this.#settle(entry)) entry.reject(error as Error)
  }

  #settleWith(entry: Entry, outcome: Outcome<unknown>, by: WorkerHandle): void {
    // A result that is no longer awaited may hold secrets: they are wiped together with its message.
    if ('error' in outcome) this.#reject(entry, receiveError(outcome.error))
    else if (this.#settle(entry)) entry.resolve({ value: clone(outcome.value), by })
  }

  /** Puts an item in its lane. */
  #join(entry: Entry): void {
    const { job, target, on, idle } = entry
    const key = `${job},${target.id},${on?.number ?? ''},${idle}`
    const lane = this.#lanes.get(key) ?? { key, on, idle, entries: new Fifo<Entry>(), weight: 0 }
    this.#lanes.set(key, lane)
    lane.entries.push(entry)
    lane.weight += entry.weight
    entry.lane = lane
    if (!idle) this.#queued++
    this.#pumpSoon()
  }

  /** Notes that an item no longer waits. */
  #leave(entry: Entry): void {
    if (entry.lane === undefined) return
    entry.lane.weight -= entry.weight
    entry.lane = undefined
    if (!entry.idle) this.#queued--
    this.#room.notify()
  }

  /** `#pump`, once for all that is submitted at a time. */
  #pumpSoon(): void {
    if (this.#pumping) return
    this.#pumping = true
    queueMicrotask(() => {
      this.#pumping = false
      this.#pump()
    })
  }

  #pump(): void {
    if (this.#open.size === 0 || this.#disposed) return
    while (this.#workers.size < this.#wanted) this.#replaceWorker()
    for (let load = 0; load < depth; load++) {
      for (const worker of this.#workers) {
        if (!worker.working || worker.load !== load) continue
        const entries = this.#take(worker)
        if (entries.length > 0) worker.send(this.#chunkOf(entries))
      }
    }
  }

  /** The next chunk for a worker. */
  #take(worker: WorkerHandle): Entry[] {
    for (let retry = this.#retries.shift(); retry !== undefined; retry = this.#retries.shift()) {
      if (!retry.settled) return [retry]
    }
    for (const idle of [false, true]) {
      if (idle && (worker.load > 0 || this.#queued > 0)) break
      for (const lane of this.#lanes.values()) {
        if (lane.idle !== idle || (lane.on !== undefined && lane.on !== worker)) continue
        const entries = this.#takeFrom(lane)
        this.#lanes.delete(lane.key)
        if (lane.entries.length > 0) this.#lanes.set(lane.key, lane)
        if (entries.length > 0) return entries
      }
    }
    return []
  }

  /**
   * The items of a lane that make a chunk; towards the end fewer, so that all workers end together. An item that only one
   * worker can do is sent alone, since it cannot be repeated with other items.
   */
  #takeFrom(lane: Lane): Entry[] {
    const entries: Entry[] = []
    let weight = 0
    let most = maxChunkWeight
    const shares = this.#wanted === 1 ? 1 : depth * this.#wanted
    for (let next = lane.entries.peek(); next !== undefined; next = lane.entries.peek()) {
      if (entries.length === 0) {
        const byTime = this.chunkWeight(next.job, next.target)
        most = Math.min(byTime, Math.max(byTime / 8, lane.weight / shares))
      } else if (weight + next.weight > most || lane.on !== undefined) break
      lane.entries.shift()
      if (next.settled) continue
      this.#leave(next)
      entries.push(next)
      weight += next.weight
    }
    return entries
  }

  #chunkOf(entries: readonly Entry[]): Chunk {
    const { job, target } = itemAt(entries, 0)
    return {
      job,
      target,
      items: entries.map(({ item }) => item),
      done: (outcomes, milliseconds, by) => {
        this.#measure(entries, milliseconds)
        entries.forEach((entry, i) => this.#settleWith(entry, itemAt(outcomes, i), by))
      },
      failed: (error) => {
        if (entries.length === 1) this.#reject(itemAt(entries, 0), error)
        this.#retry(entries)
      },
      lost: (atWork) => {
        for (const entry of entries) if (atWork) entry.attempts++
        for (const entry of entries) {
          if (entry.on !== undefined || entry.attempts >= maxAttempts) this.#reject(entry, workerLost())
        }
        this.#retry(entries)
      },
    }
  }

  #retry(entries: readonly Entry[]): void {
    for (const entry of entries) if (!entry.settled) this.#retries.push(entry)
    this.#pumpSoon()
  }

  #measure(entries: readonly Entry[], milliseconds: number): void {
    const { job, target } = itemAt(entries, 0)
    const rate = milliseconds / entries.reduce((sum, { weight }) => sum + weight, 0)
    const key = rateKey(job, target)
    const known = this.#rates.get(key)
    this.#rates.set(key, known === undefined ? rate : known + smoothing * (rate - known))
  }

  /** The items that a lost worker had are handled by their chunks; the items that wait for it are rejected here. */
  #forgetWorker(worker: WorkerHandle, reason: string, items: number): void {
    this.#workers.delete(worker)
    for (const entry of [...this.#open]) if (entry.on === worker) this.#reject(entry, workerLost())
    this.options.onLost(reason, items)
    this.#pumpSoon()
  }

  #replaceWorker(): void {
    this.#startWorker().then(
      () => this.#pump(),
      (error: unknown) => {
        if (this.#workers.size > 0) return
        this.#rejectAll(new PoolError('pool/no-workers', 'no worker is left', { cause: error }))
      },
    )
  }

  #rejectAll(error: PoolError): void {
    for (const entry of [...this.#open]) this.#reject(entry, error)
  }
}

/** Issuers of the same parameters are alike. */
function rateKey(job: JobType, { id, requires }: Target): string {
  return `${job}/${requires?.id ?? id}`
}

function disposed(): PoolError {
  return new PoolError('pool/disposed', 'the pool was used after dispose()')
}

function workerLost(): PoolError {
  return new PoolError('pool/worker-lost', 'the worker that had the work is lost')
}
