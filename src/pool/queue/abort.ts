const actions = new WeakMap<AbortSignal, Set<() => void>>()

/**
 * Does something when a signal aborts; the function returned takes that back. However many wait for a signal, it has one
 * listener. Throws the signal's reason if it has aborted.
 */
export function onAbort(signal: AbortSignal | undefined, action: () => void): () => void {
  if (signal === undefined) return () => undefined
  signal.throwIfAborted()
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
