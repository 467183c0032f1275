import type { EngineOptions } from '../../../bindings/engine/engine.js'
import { pack, wipeMessage, type TransferMessage } from '../wire/transfer-message.js'
import { receiveError } from '../wire/error-codec.js'
import { PoolError } from '../errors.js'
import {
  protocol,
  type FromWorker,
  type JobType,
  type Outcome,
  type Setup,
  type ToWorker,
  type WorkerEngine,
} from '../wire/jobs.js'
import type { Spawn, WorkerPort } from '../worker/ports.js'

/** Parameters or an Issuer, which a worker must have before it can work with them. */
export interface Target {
  readonly id: number
  /** Rises with every change. */
  readonly version: number
  /** The target that must be sent before. */
  readonly requires?: Target
  setup(): TransferMessage<Setup>
  /** The estimated time for a token of a kind of work, in ms, before it was measured. */
  estimate(job: JobType): number
}

/** Items that are sent to a worker together. */
export interface Chunk {
  readonly job: JobType
  readonly target: Target
  readonly items: readonly unknown[]
  /** @param milliseconds the time that the work took */
  done(outcomes: readonly Outcome<unknown>[], milliseconds: number, by: WorkerHandle): void
  /** It cannot be sent. */
  failed(error: unknown): void
  /** The worker is gone. @param atWork whether it was working on this chunk, which may have been the cause */
  lost(atWork: boolean): void
}

export interface WorkerEvents {
  /** Another chunk can be taken. */
  readonly free: () => void
  /** The worker is gone, and its chunks were notified. */
  readonly lost: (worker: WorkerHandle, reason: string, items: number) => void
}

export interface StartOptions {
  readonly engine: EngineOptions
  readonly allowVariableTime: boolean
}

/** How long a worker may take to wipe its secrets, in ms, before it is terminated. */
const disposalTime = 5_000

let handles = 0

/** One worker of a pool. */
export class WorkerHandle {
  readonly number = handles++
  /** Rejects if the worker does not start; then `onLost` is not called. */
  readonly ready: Promise<WorkerEngine>
  readonly #port: WorkerPort
  readonly #known = new Map<number, number>()
  readonly #chunks: { readonly id: number; readonly chunk: Chunk }[] = []
  readonly #answers = new Map<number, () => void>()
  #settleStart: { resolve(engine: WorkerEngine): void; reject(error: unknown): void } | undefined
  #state: 'starting' | 'working' | 'gone' = 'starting'
  #nextId = 0
  #onDisposed: () => void = () => undefined

  constructor(
    spawn: Spawn,
    { engine, allowVariableTime }: StartOptions,
    private readonly events: WorkerEvents,
  ) {
    this.ready = new Promise((resolve, reject) => (this.#settleStart = { resolve, reject }))
    this.#port = spawn({ message: (message) => this.#receive(message), lost: (reason) => this.#lose(reason) })
    this.#port.setBusy(true)
    this.#post({ type: 'start', protocol, engine, allowVariableTime })
  }

  get working(): boolean {
    return this.#state === 'working'
  }

  /** The number of chunks that it has. */
  get load(): number {
    return this.#chunks.length
  }

  /** Sends a chunk, and before it its target, if that is new to the worker. */
  send(chunk: Chunk): void {
    let content: TransferMessage<unknown[]>
    try {
      content = pack([...chunk.items])
      this.#introduce(chunk.target)
    } catch (error) {
      chunk.failed(error)
      return
    }
    const id = this.#nextId++
    this.#chunks.push({ id, chunk })
    this.#post({ type: 'job', id, job: chunk.job, target: chunk.target.id, content }, [content.octets])
    this.#updateBusy()
  }

  /** Sends a target ahead of work on it. */
  introduce(target: Target): void {
    if (this.working) this.#introduce(target)
  }

  /** Makes the worker wipe and free a target. */
  forget({ id: target }: Target): Promise<void> {
    if (!this.working || !this.#known.delete(target)) return Promise.resolve()
    return new Promise((resolve) => {
      const id = this.#nextId++
      this.#answers.set(id, resolve)
      this.#post({ type: 'forget', id, target })
      this.#updateBusy()
    })
  }

  /** Makes the worker wipe everything, and ends it. */
  async dispose(): Promise<void> {
    if (this.#state === 'gone') return
    this.#state = 'gone'
    let timer: ReturnType<typeof setTimeout> | undefined
    await new Promise<void>((resolve) => {
      this.#onDisposed = resolve
      timer = setTimeout(resolve, disposalTime)
      this.#port.setBusy(true)
      this.#post({ type: 'dispose' })
    })
    clearTimeout(timer)
    this.#port.terminate()
    this.#releaseWaiting()
  }

  #introduce(target: Target): void {
    if (target.requires !== undefined) this.#introduce(target.requires)
    if ((this.#known.get(target.id) ?? -1) >= target.version) return
    const content = target.setup()
    this.#known.set(target.id, target.version)
    this.#post({ type: 'setup', content }, [content.octets])
  }

  #post(message: ToWorker, transfer?: ArrayBuffer[]): void {
    this.#port.post(message, transfer)
  }

  #receive(message: FromWorker): void {
    switch (message.type) {
      case 'ready':
        if (this.#state === 'starting') this.#state = 'working'
        this.#settleStart?.resolve(message.engine)
        this.#updateBusy()
        break
      case 'start-failed':
        this.#lose('the worker did not start', receiveError(message.error))
        break
      case 'done':
        this.#finish(message)
        break
      case 'forgotten':
        this.#answers.get(message.id)?.()
        this.#answers.delete(message.id)
        this.#updateBusy()
        break
      case 'broken':
        this.#lose(message.reason)
        break
      case 'disposed':
        this.#onDisposed()
    }
  }

  #finish({ id, content, milliseconds }: FromWorker & { type: 'done' }): void {
    // Results of a worker that was given up are ignored: the chunk is done again elsewhere.
    const [first] = this.#chunks
    if (first?.id === id) {
      this.#chunks.shift()
      first.chunk.done(content.data, milliseconds, this)
      this.#updateBusy()
      this.events.free()
    }
    wipeMessage(content)
  }

  #lose(reason: string, error: unknown = new PoolError('pool/worker-lost', reason)): void {
    if (this.#state === 'gone') {
      this.#onDisposed()
      return
    }
    const started = this.#state === 'working'
    this.#state = 'gone'
    this.#port.terminate()
    this.#releaseWaiting()
    if (!started) {
      this.#settleStart?.reject(error)
      return
    }
    const chunks = this.#chunks.splice(0)
    chunks.forEach(({ chunk }, i) => chunk.lost(i === 0))
    const items = chunks.reduce((sum, { chunk }) => sum + chunk.items.length, 0)
    this.events.lost(this, reason, items)
  }

  #releaseWaiting(): void {
    for (const answer of this.#answers.values()) answer()
    this.#answers.clear()
  }

  #updateBusy(): void {
    if (this.#state === 'working') this.#port.setBusy(this.#chunks.length > 0 || this.#answers.size > 0)
  }
}
