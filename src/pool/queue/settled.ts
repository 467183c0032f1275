import { PoolError } from '../errors.js'

/** What became of one item of a stream. */
export type Settled<T> =
  { readonly value: T; readonly error?: undefined } | { readonly value?: undefined; readonly error: Error }

export interface CallOptions {
  /** Ends the call, or the stream, with its reason. */
  readonly signal?: AbortSignal
}

/** Errors that are not of the item, but of the pool: they end a stream. */
const fatal: readonly string[] = ['pool/disposed', 'pool/no-workers']

/** The result of an item, or what is wrong with it. Rejects if the stream was stopped, or the pool cannot go on. */
export async function settle<T>(result: Promise<T>, stop: AbortSignal): Promise<Settled<T>> {
  try {
    return { value: await result }
  } catch (error) {
    if (stop.aborted || !(error instanceof Error) || (error instanceof PoolError && fatal.includes(error.code))) {
      throw error
    }
    return { error }
  }
}
