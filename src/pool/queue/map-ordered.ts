import { abortReason, throwIfAborted } from '../../../bindings/octets/platform.js'
import { PoolError } from '../errors.js'
import { Fifo } from './fifo.js'
import { onAbort, Signal } from './signal.js'

export interface MapOptions<I, O> {
  /** The limit of work that is under way, or done and not yet taken. At the limit the source is not read. */
  readonly capacity: () => number
  /** The weight of an item. Default 1. */
  readonly weight?: (item: I) => number
  /** Resolves when there is room for another item elsewhere; undefined if there is. */
  readonly room?: (signal: AbortSignal) => Promise<void> | undefined
  readonly signal?: AbortSignal
  /** Receives results that the consumer did not take. */
  readonly discard?: (result: O) => void
}

/**
 * Applies an asynchronous function to the items of a source, several at once; results come in the order of the items. The
 * source is read only as fast as results are taken. The first rejection ends it; so does an error of the source, or the
 * signal, whose reason is thrown. The source is then closed.
 */
export async function* mapOrdered<I, O>(
  source: Iterable<I> | AsyncIterable<I>,
  apply: (item: I, signal: AbortSignal) => Promise<O>,
  { capacity, weight = () => 1, room, signal, discard }: MapOptions<I, O>,
): AsyncGenerator<O, void, undefined> {
  const iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]()
  const stop = new AbortController()
  const results = new Fifo<{ readonly result: Promise<O>; readonly weight: number }>()
  const [arrived, taken] = [new Signal(), new Signal()]
  let [load, reading, exhausted] = [0, false, false]
  let end: { readonly failure?: unknown } | undefined
  const finish = (how: { readonly failure?: unknown }): void => {
    end ??= how
    arrived.notify()
    taken.notify()
  }
  const removeListener = onAbort(signal, () => {
    stop.abort(signal && abortReason(signal))
    finish({ failure: signal && abortReason(signal) })
  })

  const read = async (): Promise<void> => {
    try {
      while (end === undefined) {
        if (load > 0 && load >= capacity()) {
          await taken.next()
          continue
        }
        const waiting = room?.(stop.signal)
        if (waiting !== undefined) await waiting
        reading = true
        const next = await iterator.next()
        reading = false
        exhausted = next.done === true
        if (next.done === true) {
          finish({})
          return
        }
        if (stop.signal.aborted) return
        const result = apply(next.value, stop.signal)
        // The consumer gets the rejection.
        result.catch(() => undefined)
        const itemWeight = weight(next.value)
        load += itemWeight
        results.push({ result, weight: itemWeight })
        arrived.notify()
      }
    } catch (failure) {
      exhausted ||= reading
      reading = false
      finish({ failure })
    }
  }

  const reader = read()
  try {
    for (;;) {
      throwIfAborted(signal)
      const next = results.shift()
      if (next !== undefined) {
        yield await next.result
        load -= next.weight
        taken.notify()
      } else if (end === undefined) {
        await arrived.next()
      } else {
        if ('failure' in end) throw end.failure
        return
      }
    }
  } finally {
    removeListener()
    stop.abort(new DOMException('the consumer stopped reading results', 'AbortError'))
    finish({})
    for (let next = results.shift(); next !== undefined; next = results.shift()) {
      next.result.then(discard, () => undefined)
    }
    const closed = exhausted ? undefined : Promise.resolve(iterator.return?.()).catch(() => undefined)
    // A source that is being waited for may never answer.
    if (!reading) await Promise.all([reader, closed])
  }
}

/** The outcome of one item of a stream. */
export type Settled<T> =
  { readonly value: T; readonly error?: undefined } | { readonly value?: undefined; readonly error: Error }

export interface CallOptions {
  /** Ends the call, or the stream, with its reason. */
  readonly signal?: AbortSignal
}

/** Errors of the pool, not of the item: they end a stream. */
const fatal: readonly string[] = ['pool/disposed', 'pool/no-workers']

/** The result of an item, or its error. Rejects if the stream was stopped, or the pool cannot go on. */
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
