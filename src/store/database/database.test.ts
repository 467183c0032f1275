import { constants } from 'node:os'
import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { sqlState } from './database.js'

describe('the SQLSTATE of an error', () => {
  it('is what a database reported', () => {
    const reported = new pg.DatabaseError('terminating connection', 0, 'error')
    expect(sqlState(Object.assign(reported, { code: '57P01', severity: 'FATAL' }))).toBe('57P01')
    expect(sqlState(undefined)).toBeUndefined()
  })

  // EPIPE is what a statement gives on a connection that a crashed server left, if its end was not seen yet.
  it.each(Object.keys(constants.errno))('is not the code %s of the operating system', (code) => {
    expect(sqlState(Object.assign(new Error('write'), { code, errno: -1, syscall: 'write' }))).toBeUndefined()
  })
})
