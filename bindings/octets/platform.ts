import { EngineError } from '../errors.js'

// What platforms have under global names, looked up when it is needed: some lack a part, and others are given it after this
// module was loaded.

/** A value that the platform should have. Throws `EngineError` (`platform/missing`) if it has not. */
export function provided<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new EngineError('platform/missing', `this platform has no ${what}`)
  return value
}

/** The platform's `crypto`. Throws `EngineError` (`platform/missing`). */
export const webCrypto = (): Crypto => provided((globalThis as { readonly crypto?: Crypto }).crypto, 'crypto')

/** The platform's `crypto.subtle`. Throws `EngineError` (`platform/missing`). */
export const subtle = (): SubtleCrypto =>
  provided(
    webCrypto().subtle as SubtleCrypto | undefined,
    'crypto.subtle: browsers have it on pages from https: and localhost only',
  )
