import { throwIfAborted } from '../../../bindings/octets/platform.js'

/** An event that can be awaited any number of times. */
export class Signal {
  #notify: (() => void) | undefined
  #next: Promise<void> | undefined

  /** Wakes all waiting callers. */
  notify(): void {
    this.#notify?.()
    this.#notify = undefined
    this.#next = undefined
  }

  /** Resolves at the next `notify()`. */
  next(): Promise<void> {
    return (this.#next ??= new Promise((resolve) => (this.#notify = resolve)))
  }
}

const actions = new WeakMap<AbortSignal, Set<() => void>>()

/**
 * Runs `action` when a signal aborts; the function that it returns cancels that. A signal gets one listener, however many
 * wait for it. Throws the signal's reason if it has aborted already.
 */
export function onAbort(signal: AbortSignal | undefined, action: () => void): () => void {
  if (signal === undefined) return () => undefined
  throwIfAborted(signal)
  let known = actions.get(signal)
  if (known === undefined) {
    const added = new Set<() => void>()
    actions.set(signal, (known = added))
    signal.addEventListener(
      'abort',
      () => {
        for (const each of [...added]) each()
      },
      { once: true },
    )
  }
  known.add(action)
  return () => known.delete(action)
}
