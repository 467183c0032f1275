// Calls between a page and its worker, by name. Errors come back with message and code.
interface Call {
  readonly id: number
  readonly name: string
  readonly argument: unknown
}
interface Answer {
  readonly id: number
  readonly value?: unknown
  readonly error?: { readonly message: string; readonly code?: string }
  readonly progress?: unknown
}

/** A failure that the page explains by its code. */
export class Failure extends Error {
  constructor(
    readonly code: string,
    message = code,
  ) {
    super(message)
  }
}

/** The page's side: a function that calls those of the worker. */
export function asking<F, P = never>(worker: Worker, onProgress: (progress: P) => void = () => undefined) {
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>()
  let calls = 0
  worker.onmessage = ({ data: { id, value, error, progress } }: MessageEvent<Answer>) => {
    if (progress !== undefined) return void onProgress(progress as P)
    const call = waiting.get(id)
    waiting.delete(id)
    if (error === undefined) call?.resolve(value)
    else call?.reject(new Failure(error.code ?? 'unknown', error.message))
  }
  worker.onerror = ({ message }) => {
    for (const { reject } of waiting.values()) reject(new Error(message))
  }
  return async <N extends keyof F & string>(name: N, argument?: ArgumentOf<F[N]>): Promise<ResultOf<F[N]>> => {
    const answer = new Promise((resolve, reject) => {
      waiting.set(++calls, { resolve, reject })
      worker.postMessage({ id: calls, name, argument } satisfies Call)
    })
    return (await answer) as ResultOf<F[N]>
  }
}

type ArgumentOf<T> = T extends (argument: infer A) => unknown ? A : never
type ResultOf<T> = T extends (...parameters: never[]) => infer R ? Awaited<R> : never

/** The worker's side. Calls are answered one after another. */
export function answering(functions: Record<string, (argument: never) => unknown>): void {
  let last: Promise<unknown> = Promise.resolve()
  self.onmessage = ({ data: { id, name, argument } }: MessageEvent<Call>) => {
    last = last.then(async () => {
      try {
        postMessage({ id, value: await functions[name]?.(argument as never) })
      } catch (error) {
        const { message, code } = error as Error & { code?: string }
        postMessage({ id, error: { message, code: typeof code === 'string' ? code : undefined } })
      }
    })
  }
}

export const report = (progress: unknown): void => postMessage({ progress })
