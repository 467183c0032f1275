import { describe, expect, it } from 'vitest'
import { FailureError } from '../errors.js'
import { needing } from './optional-packages.js'

describe('a part of the server', () => {
  it('is loaded if its packages are installed', async () => {
    expect(await needing(() => Promise.resolve(7))).toBe(7)
  })

  it('says what to install if one is missing', async () => {
    // Node's own message.
    const missing = Object.assign(new Error("Cannot find package 'pino' imported from /app/server.js"), {
      code: 'ERR_MODULE_NOT_FOUND',
    })
    const loading = needing(() => Promise.reject(missing))
    await expect(loading).rejects.toThrow(FailureError)
    await expect(loading).rejects.toThrow(/the package pino is not installed.* Run: npm install pino prom-client yaml/)
  })

  it('passes other errors on', async () => {
    await expect(needing(() => Promise.reject(new TypeError('a bug')))).rejects.toThrow(TypeError)
  })
})
