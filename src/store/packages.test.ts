import { afterEach, expect, it, vi } from 'vitest'
import { codeOf } from '../ws-trust/testing/fixtures.js'

afterEach(() => {
  vi.doUnmock('pg')
  vi.doUnmock('@electric-sql/pglite')
})

it('says which package is to be installed', async () => {
  const missing = (): never => {
    throw new Error('Cannot find package')
  }
  vi.doMock('pg', missing)
  vi.doMock('@electric-sql/pglite', missing)
  const { openPostgres } = await import('./database/postgres.js')
  const { openPglite } = await import('./database/pglite.js')
  expect(await codeOf(() => openPostgres('postgresql://localhost/a'))).toBe('store/pg-missing')
  expect(await codeOf(() => openPglite([]))).toBe('store/pglite-missing')
})
