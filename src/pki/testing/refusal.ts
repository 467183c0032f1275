import { expect } from 'vitest'
import { PkiError, type PkiErrorCode } from '../errors.js'

/** That what is tried is refused with this code, and as a `PkiError`. */
export async function expectRefusal(tried: () => Promise<unknown>, code: PkiErrorCode): Promise<void> {
  let error: unknown
  try {
    await tried()
  } catch (reason) {
    error = reason
  }
  expect(error).toBeInstanceOf(PkiError)
  expect((error as PkiError).code).toBe(code)
}
