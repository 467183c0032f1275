import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { BroadcastChannel, isMainThread } from 'node:worker_threads'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Workers receive `'collect'` there, and answer with the size of the memory that they keep. */
const channelName = 'uprove-wasm throughput'

/** The memory that this thread keeps after garbage collection, in bytes: its heap, and the memory outside that it refers to. */
export function retainedHere(): number {
  // Objects released by the first collection may hold buffers that the second one frees.
  collectGarbage()
  collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** In a worker: answers requests with the size of the memory that it keeps. */
export function answerWithRetained(): void {
  if (isMainThread) return
  const channel = new BroadcastChannel(channelName)
  channel.onmessage = ({ data }: { data: unknown }) => {
    if (data === 'collect') channel.postMessage(retainedHere())
  }
  channel.unref()
}

/** The memory that this thread and a number of workers keep together, in bytes. */
export async function retainedByAllThreads(workers: number): Promise<number> {
  const channel = new BroadcastChannel(channelName)
  let sum = 0
  try {
    await new Promise<void>((resolve) => {
      let missing = workers
      channel.onmessage = ({ data }: { data: unknown }) => {
        sum += Number(data)
        if (--missing === 0) resolve()
      }
      channel.postMessage('collect')
    })
  } finally {
    channel.close()
  }
  return sum + retainedHere()
}
