import { pack } from '../wire/transfer-message.js'
import type { FromWorker, JobType, Outcome, Setup, ToWorker } from '../wire/jobs.js'
import type { Target } from '../scheduling/worker-handle.js'
import type { PortEvents, Spawn, WorkerPort } from '../worker/ports.js'
import { settled } from './fixtures.js'

type Job = ToWorker & { type: 'job' }

/** A worker that does what the test says, when the test says it. */
export class FakeWorker implements WorkerPort {
  readonly jobs: Job[] = []
  readonly setups: Setup[] = []
  readonly forgotten: number[] = []
  busy = false
  terminated = false

  constructor(private readonly events: PortEvents) {}

  post(message: ToWorker): void {
    if (message.type === 'start')
      this.tell({ type: 'ready', engine: { backend: 'wasm', kernel: 'scalar', constantTime: true } })
    if (message.type === 'job') this.jobs.push(message)
    if (message.type === 'setup') this.setups.push(message.content.data)
    if (message.type === 'forget') {
      this.forgotten.push(message.target)
      this.tell({ type: 'forgotten', id: message.id })
    }
    if (message.type === 'dispose') this.tell({ type: 'disposed' })
  }

  setBusy(busy: boolean): void {
    this.busy = busy
  }

  terminate(): void {
    this.terminated = true
  }

  /** The items of each job that it has. */
  get items(): unknown[][] {
    return this.jobs.map(({ content }) => content.data)
  }

  /** Answers the oldest job: each item is its own result, unless told otherwise. */
  async answer({
    milliseconds = 1,
    result = (item: unknown): Outcome<unknown> => ({ value: item }),
  } = {}): Promise<void> {
    const { id, content } = this.jobs.shift()!
    this.events.message({ type: 'done', id, milliseconds, content: pack(content.data.map(result)) })
    await settled()
  }

  /** Sends what a test makes up. */
  send(message: FromWorker): void {
    this.events.message(message)
  }

  async die(reason = 'killed'): Promise<void> {
    this.events.lost(reason)
    await settled()
  }

  private tell(message: FromWorker): void {
    queueMicrotask(() => this.events.message(message))
  }
}

/** Starts fake workers, and has them all, the dead ones too. */
export function fakeWorkers(): { spawn: Spawn; workers: FakeWorker[] } {
  const workers: FakeWorker[] = []
  const spawn: Spawn = (events) => {
    const worker = new FakeWorker(events)
    workers.push(worker)
    return worker
  }
  return { spawn, workers }
}

export function fakeTarget(id: number, options: Partial<Target> = {}): Target {
  const setup = () => pack<Setup>({ kind: 'issuer', id, parameters: 0, y0: undefined, nonceKey: new Uint8Array(32) })
  return { id, version: 0, setup, estimate: (_: JobType) => 1, ...options }
}
