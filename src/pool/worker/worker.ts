// The entry point of a worker. It starts to serve when it is loaded in a worker; elsewhere it does nothing.
import { serve, type WorkerEnd } from './serve.js'

/** The part of Node's `process` that is needed here. Bundlers for browsers do not follow `getBuiltinModule`. */
interface NodeProcess {
  getBuiltinModule?(name: 'node:worker_threads'): { readonly parentPort: WorkerEnd | null } | undefined
}

const { process, WorkerGlobalScope } = globalThis as { process?: NodeProcess; WorkerGlobalScope?: unknown }
const parentPort = process?.getBuiltinModule?.('node:worker_threads')?.parentPort
if (parentPort !== undefined && parentPort !== null) serve(parentPort)
else if (WorkerGlobalScope !== undefined) serve(globalThis as unknown as WorkerEnd)

export { serve }
