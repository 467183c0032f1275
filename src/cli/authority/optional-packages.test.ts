import { describe, expect, it } from 'vitest'
import { FailureError } from '../errors.js'
import { needing } from './optional-packages.js'

const files = { what: 'PKCS#12 files', packages: ['pkijs', 'asn1js'] }

describe('an optional package', () => {
  it('is loaded if it is installed', async () => {
    expect(await needing(files, () => Promise.resolve(7))).toBe(7)
  })

  it('says what to install if it is missing', async () => {
    // Node's own message.
    const missing = Object.assign(new Error("Cannot find package 'pkijs' imported from /app/pkcs12.js"), {
      code: 'ERR_MODULE_NOT_FOUND',
    })
    const loading = needing(files, () => Promise.reject(missing))
    await expect(loading).rejects.toThrow(FailureError)
    await expect(loading).rejects.toThrow(
      'the package pkijs is not installed, and PKCS#12 files need it. Run: npm install pkijs asn1js',
    )
  })

  it('passes other errors on', async () => {
    await expect(needing(files, () => Promise.reject(new TypeError('a bug')))).rejects.toThrow(TypeError)
  })
})
