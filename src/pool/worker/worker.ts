// The worker: an entry point of its own, which starts to serve when it is loaded in a worker, and elsewhere does nothing.
import { serve, type WorkerEnd } from './serve.js'

/** What of Node's `process` is needed here; `getBuiltinModule` leaves bundlers for browsers alone. */
interface NodeProcess {
  getBuiltinModule?(name: 'node:worker_threads'): { readonly parentPort: WorkerEnd | null } | undefined
}

const { process, WorkerGlobalScope } = globalThis as { process?: NodeProcess; WorkerGlobalScope?: unknown }
const parentPort = process?.getBuiltinModule?.('node:worker_threads')?.parentPort
if (parentPort !== undefined && parentPort !== null) serve(parentPort)
else if (WorkerGlobalScope !== undefined) serve(globalThis as unknown as WorkerEnd)

export { serve }
