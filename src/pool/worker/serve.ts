import { InvalidInputError } from '../../../bindings/errors.js'
import { wipeAll } from '../../../bindings/octets/octets.js'
import { pack, unpack, wipeMessage } from '../wire/transfer-message.js'
import { sendError } from '../wire/error-codec.js'
import { protocol, type FromWorker, type JobType, type JobTypes, type ToWorker } from '../wire/jobs.js'
import { Runner } from './runner.js'

/** The worker's end of a channel: `self` in a Web Worker, `parentPort` in Node's, or a `MessagePort`. */
export interface WorkerEnd {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void
  onmessage: ((event: MessageEvent) => void) | null
}

/** Does the work that the pool at the other end of the channel sends, in order. */
export function serve(end: WorkerEnd): void {
  const post = (message: FromWorker, transfer: ArrayBuffer[] = []): void => end.postMessage(message, transfer)
  let runner: Runner | undefined
  let last = Promise.resolve()

  const start = async ({
    protocol: spoken,
    engine,
    allowVariableTime,
  }: ToWorker & { type: 'start' }): Promise<void> => {
    try {
      if (spoken !== protocol)
        throw new InvalidInputError('pool/protocol', 'the worker script has another version than the pool')
      runner = await Runner.start(engine, allowVariableTime)
      post({ type: 'ready', engine: runner.engine })
    } catch (error) {
      post({ type: 'start-failed', error: sendError(error) })
    }
  }

  const run = (worker: Runner, { id, job, target, content }: ToWorker & { type: 'job' }): void => {
    const begun = performance.now()
    try {
      const { outcomes, secrets } = worker.run(job, target, content.data as JobTypes[JobType]['item'][])
      const results = pack(outcomes)
      wipeAll(secrets)
      post({ type: 'done', id, milliseconds: performance.now() - begun, content: results }, [results.octets])
    } catch (error) {
      post({ type: 'broken', reason: error instanceof Error ? error.message : 'the engine trapped' })
    } finally {
      wipeMessage(content)
    }
  }

  const handle = async (message: ToWorker): Promise<void> => {
    if (message.type === 'start') return start(message)
    if (runner === undefined) return
    switch (message.type) {
      case 'setup':
        runner.setUp(unpack(message.content))
        break
      case 'job':
        run(runner, message)
        break
      case 'forget':
        runner.forget(message.target)
        post({ type: 'forgotten', id: message.id })
        break
      case 'dispose':
        runner.dispose()
        runner = undefined
        post({ type: 'disposed' })
    }
  }

  end.onmessage = ({ data }) => {
    last = last.then(() => handle(data as ToWorker))
  }
}
