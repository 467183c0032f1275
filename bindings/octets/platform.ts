import { EngineError } from '../errors.js'

// What platforms have under global names, looked up when it is needed: some lack a part, and others are given it after this
// module was loaded.

/** A value that the platform should have. Throws `EngineError` (`engine/platform`) if it has not. */
export function provided<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new EngineError('engine/platform', `this platform has no ${what}`)
  return value
}

/** The platform's `crypto`. Throws `EngineError` (`engine/platform`). */
export const webCrypto = (): Crypto => provided((globalThis as { readonly crypto?: Crypto }).crypto, 'crypto')

/** The platform's `crypto.subtle`. Throws `EngineError` (`engine/platform`). */
export const subtle = (): SubtleCrypto =>
  provided(webCrypto().subtle as SubtleCrypto | undefined, 'crypto.subtle, which browsers have over https only')
