import { constants } from 'node:os'
import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { sqlState } from './database.js'
import { migrationHash } from './migrate.js'
import { recordsSchema } from '../records/records-schema.js'
import { stateSchema } from '../state/state-schema.js'

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

describe('migrations', () => {
  it('never change once they are released: a database that has the old text would not open', () => {
    const hashes = [recordsSchema, stateSchema].map(({ migrations }) =>
      migrations.map((sql) => migrationHash(sql).slice(0, 8)),
    )
    expect(hashes).toEqual([
      ['4e910f95', '1c6d9f9d', 'f1a2f68d', 'cec41cb9', 'fa857e70', '96d3ff0a'],
      ['0bfab736', 'e50b5b0e', '443d8bd8', 'd92e80b6'],
    ])
  })
})
