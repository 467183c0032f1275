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

function missing(what: string): never {
  throw new EngineError('engine/platform', `this platform has no ${what}`)
}
