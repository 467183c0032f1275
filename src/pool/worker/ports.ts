import type { FromWorker, ToWorker } from '../wire/jobs.js'
import { serve } from './serve.js'

/** A worker as a pool sees it, on any platform. */
export interface WorkerPort {
  post(message: ToWorker, transfer?: ArrayBuffer[]): void
  /** Sets whether the worker has work. An idle worker does not keep the process alive. */
  setBusy(busy: boolean): void
  terminate(): void
}

export interface PortEvents {
  readonly message: (message: FromWorker) => void
  /** Called when the worker is gone, or failed outside an item. */
  readonly lost: (reason: string) => void
}

/** Starts a worker. */
export type Spawn = (events: PortEvents) => WorkerPort

/** The part of a Web Worker that is used here. */
export interface WebWorker {
  onmessage: ((event: MessageEvent) => unknown) | null
  onerror: ((event: ErrorEvent) => unknown) | null
  onmessageerror: ((event: MessageEvent) => unknown) | null
  postMessage(message: unknown, transfer: ArrayBuffer[]): void
  terminate(): void
}

/** The part of a Worker of `node:worker_threads` that is used here. */
export interface NodeWorker {
  on(event: 'message' | 'error' | 'exit', listener: (value: unknown) => void): unknown
  postMessage(message: unknown, transfer: ArrayBuffer[]): void
  ref(): void
  unref(): void
  terminate(): unknown
}

/**
 * The address of the worker script, or a function that starts a worker. By default it is the file `pool-worker.js` beside the
 * code. Bundlers that understand `new Worker(new URL(...))` include it; others must be configured.
 */
export type WorkerSource = URL | string | (() => WebWorker | NodeWorker)

/** A module of Node, if this is Node. Bundlers for browsers do not follow `getBuiltinModule`. */
function builtin(name: string): unknown {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): unknown } }
  return process?.getBuiltinModule?.(name)
}

/** What a worker of Node is told when it starts. */
export interface WorkerData {
  readonly niceness: number
}

interface WorkerThreads {
  readonly Worker: new (
    script: URL | string,
    options: { readonly execArgv: readonly string[]; readonly workerData: WorkerData },
  ) => NodeWorker
}

function workerThreads(): WorkerThreads | undefined {
  return builtin('node:worker_threads') as WorkerThreads | undefined
}

/**
 * How many workers can be busy at once. Node knows. Of what a browser reports half is taken, but 2 of 2 or 3: browsers count hyperthreads, which
 * add little to arithmetic, some report more than there is (WebKit 4 on a machine of 2), and the page needs a processor too.
 */
export function usefulWorkers(): number {
  const os = builtin('node:os') as { availableParallelism(): number } | undefined
  if (os !== undefined) return os.availableParallelism()
  const { navigator } = globalThis as { navigator?: { readonly hardwareConcurrency?: number } }
  const reported = navigator?.hardwareConcurrency ?? 1
  return Math.min(reported, Math.max(2, Math.floor(reported / 2)))
}

/** Whether this platform has workers. */
export function hasWorkers(): boolean {
  return workerThreads() !== undefined || typeof Worker !== 'undefined'
}

/** Starts workers of Node or of a browser. */
export function spawnFrom(source?: WorkerSource, niceness = 0): Spawn {
  return (events) => {
    const worker = typeof source === 'function' ? source() : startWorker(source, niceness)
    return 'on' in worker ? nodePort(worker, events) : webPort(worker, events)
  }
}

function startWorker(source: URL | string | undefined, niceness: number): WebWorker | NodeWorker {
  const threads = workerThreads()
  if (threads !== undefined) {
    // Not the literal below: bundlers for browsers would include a second copy.
    const [script, here] = ['./pool-worker.js', import.meta.url]
    // The worker does not inherit the options of the process: some (`--input-type`) would keep it from starting.
    return new threads.Worker(source ?? new URL(script, here), { execArgv: [], workerData: { niceness } })
  }
  if (source !== undefined) return new Worker(source, { type: 'module' })
  return new Worker(new URL('./pool-worker.js', import.meta.url), { type: 'module' })
}

function nodePort(worker: NodeWorker, { message, lost }: PortEvents): WorkerPort {
  worker.on('message', (data) => message(data as FromWorker))
  worker.on('error', (error) => lost(error instanceof Error ? error.message : 'the worker failed'))
  worker.on('exit', (code) => lost(`the worker ended with code ${String(code)}`))
  return {
    post: (data, transfer = []) => worker.postMessage(data, transfer),
    setBusy: (busy) => (busy ? worker.ref() : worker.unref()),
    terminate: () => void worker.terminate(),
  }
}

function webPort(worker: WebWorker, { message, lost }: PortEvents): WorkerPort {
  worker.onmessage = ({ data }) => message(data as FromWorker)
  worker.onerror = (event) => lost(event.message || 'the worker failed')
  worker.onmessageerror = () => lost('the worker sent a message that cannot be read')
  return {
    post: (data, transfer = []) => worker.postMessage(data, transfer),
    setBusy: () => undefined,
    terminate: () => worker.terminate(),
  }
}

/** Serves in this thread if workers cannot start: the same work in the same chunks, giving other tasks a turn in between. */
export const spawnInThread: Spawn = ({ message }) => {
  const { port1, port2 } = new MessageChannel()
  serve(port2)
  port1.onmessage = ({ data }) => message(data as FromWorker)
  const ports = [port1, port2] as (MessagePort & { ref?(): void; unref?(): void })[]
  return {
    post: (data, transfer = []) => port1.postMessage(data, transfer),
    setBusy: (busy) => ports.forEach((port) => (busy ? port.ref?.() : port.unref?.())),
    terminate: () => ports.forEach((port) => port.close()),
  }
}
