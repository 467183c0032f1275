// The entry point of a worker. It starts to serve when it is loaded in a worker; elsewhere it does nothing.
import type { WorkerData } from './ports.js'
import { serve, type WorkerEnd } from './serve.js'

/** The part of Node's `process` that is needed here. Bundlers for browsers do not follow `getBuiltinModule`. */
interface NodeProcess {
  readonly platform: string
  getBuiltinModule?(name: string): unknown
}
interface Threads {
  readonly parentPort: WorkerEnd | null
  readonly workerData: Partial<WorkerData> | null
}

const { process, WorkerGlobalScope } = globalThis as { process?: NodeProcess; WorkerGlobalScope?: unknown }
const threads = process?.getBuiltinModule?.('node:worker_threads') as Threads | undefined
if (threads?.parentPort) {
  const { niceness = 0 } = threads.workerData ?? {}
  // On Linux this is the priority of the calling thread alone; elsewhere of the whole process.
  if (niceness > 0 && process?.platform === 'linux') {
    const os = process.getBuiltinModule?.('node:os') as { setPriority(niceness: number): void } | undefined
    os?.setPriority(niceness)
  }
  serve(threads.parentPort)
} else if (WorkerGlobalScope !== undefined) serve(globalThis as unknown as WorkerEnd)

export { serve }
