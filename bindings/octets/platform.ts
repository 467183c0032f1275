import { EngineError } from '../errors.js'

// What platforms have under global names, looked up when it is needed: some lack a part, and others are given it after this
// module was loaded.

/** The global value of this name. Throws `EngineError` (`engine/platform`) if the platform has none. */
export function provided<K extends keyof typeof globalThis>(name: K): (typeof globalThis)[K] {
  const value = globalThis[name] as (typeof globalThis)[K] | undefined
  return value ?? missing(name)
}

/** The platform's `crypto.subtle`. Throws `EngineError` (`engine/platform`). */
export function subtle(): SubtleCrypto {
  const crypto: { readonly subtle?: SubtleCrypto } = provided('crypto')
  return crypto.subtle ?? missing('crypto.subtle, which browsers have over https only')
}

/** Why a signal was aborted; browsers before 2022 do not know. */
export function abortReason({ reason }: { readonly reason?: unknown }): unknown {
  return reason ?? new DOMException('the call was aborted', 'AbortError')
}

/** `signal.throwIfAborted()`, which browsers have since 2022. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw abortReason(signal) as Error
}

function missing(what: string): never {
  throw new EngineError('engine/platform', `this platform has no ${what}`)
}
