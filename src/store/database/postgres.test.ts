import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { codeOf } from '../../ws-trust/testing/fixtures.js'
import type { Database } from './database.js'
import { isOutage } from '../errors.js'
import { storeFailure } from './failure.js'
import { openPostgres } from './postgres.js'
import { openStore } from '../store.js'
import { testKey } from '../testing/backends.js'
import { hasPostgres, TestServer } from '../testing/postgres.js'

describe.runIf(hasPostgres('the tests of connections to PostgreSQL'))('PostgreSQL', () => {
  let folder: string
  let server: TestServer
  let certificate: string
  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'tls-'))
    const [cert, key] = [path.join(folder, 'cert'), path.join(folder, 'key')]
    const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1']
    const made = spawnSync('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1'],
      ...['-keyout', key, '-out', cert, ...subject],
    ])
    expect(made.status).toBe(0)
    certificate = readFileSync(cert, 'utf8')
    const hba = path.join(folder, 'hba')
    writeFileSync(
      hba,
      'host all guarded 127.0.0.1/32 scram-sha-256\nlocal all all trust\nhost all all 127.0.0.1/32 trust\n',
    )
    chmodSync(folder, 0o755)
    server = await TestServer.start({ tls: { cert, key }, settings: ['fsync=off', `hba_file=${hba}`] })
  }, 120_000)
  afterAll(async () => {
    await server.stop()
    rmSync(folder, { recursive: true })
  })

  const isSecured = async (database: Database): Promise<boolean> => {
    const [row] = await database.query<{ ssl: boolean }>('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()')
    await database.close()
    return row!.ssl
  }

  it('is reached through TLS, by the certificate that is expected', async () => {
    const url = server.networkUrl('postgres')
    expect(await isSecured(await openPostgres(url, { tls: { ca: certificate } }))).toBe(true)
    const strict = await openPostgres(url, { tls: {} })
    expect(await codeOf(() => strict.query('SELECT 1'))).toBe('store/tls')
    await strict.close()
    const named = await openPostgres(`${url}?sslmode=verify-full`)
    expect(await codeOf(() => named.query('SELECT 1'))).toBe('store/tls')
    await named.close()
    // Only on this machine, or where the URL wants it so.
    expect(await isSecured(await openPostgres(url))).toBe(false)
    expect(await isSecured(await openPostgres(server.url('postgres')))).toBe(false)
  })

  it('serves no store with fsync off', async () => {
    const url = await server.createDatabase()
    expect(await codeOf(() => openStore({ url, key: testKey() }))).toBe('store/not-durable')
  })

  it('that is gone is unavailable, and there again when it is', async () => {
    const database = await openPostgres(server.url('postgres'), { connections: 2 })
    expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }])
    await server.crash()
    const outage = async (attempt: () => Promise<unknown>): Promise<boolean> => attempt().then(() => false, isOutage)
    expect(await outage(() => database.query('SELECT 1'))).toBe(true)
    expect(await outage(() => database.transaction(() => Promise.resolve(1)))).toBe(true)
    await server.begin()
    expect(await database.query('SELECT 2 AS two')).toEqual([{ two: 2 }])
    await database.close()
  })

  it('says why it cannot be used', async () => {
    await server.query(
      'postgres',
      `CREATE ROLE limited LOGIN CONNECTION LIMIT 1; CREATE ROLE guarded LOGIN PASSWORD 'right'`,
    )
    await server.query('postgres', 'CREATE DATABASE standby')
    await server.query('postgres', 'ALTER DATABASE standby SET default_transaction_read_only TO on')
    const codes = async (url: string, sql = 'SELECT 1', holding?: Database): Promise<unknown> => {
      const database = await openPostgres(url)
      const code = await codeOf(() => database.transaction((transaction) => transaction.query(sql)))
      await database.close()
      await holding?.close()
      return code
    }
    const url = new URL(server.networkUrl('postgres'))
    const changed = (change: (other: URL) => void): string => {
      const other = new URL(url)
      change(other)
      return other.href
    }
    expect(await codes(changed((other) => (other.port = '1')))).toBe('store/port')
    expect(await codes(changed((other) => (other.pathname = '/none')))).toBe('store/no-database')
    const guarded = changed((other) => (other.username = 'guarded'))
    expect(await codes(guarded)).toBe('store/login')
    expect(await codes(guarded.replace('guarded@', 'guarded:wrong@'))).toBe('store/login')
    expect(await codes(guarded.replace('guarded@', 'guarded:right@'))).toBe('accepted')
    expect(
      await codes(
        changed((other) => (other.pathname = '/standby')),
        'CREATE TABLE t ()',
      ),
    ).toBe('store/read-only')
    expect(await codes(guarded.replace('guarded@', 'guarded:right@'), 'CREATE SCHEMA uprove')).toBe('store/permission')
    const limited = changed((other) => (other.username = 'limited'))
    const holding = await openPostgres(limited)
    await holding.query('SELECT 1')
    expect(await codes(limited, 'SELECT 1', holding)).toBe('store/connections')
    const plain = await TestServer.start({ settings: ['fsync=off'] })
    expect(await codes(`${plain.networkUrl('postgres')}?sslmode=require`)).toBe('store/tls')
    await plain.stop()
  })

  it('takes nothing of a transaction in which a statement failed, even if nobody says so', async () => {
    const database = await openPostgres(await server.createDatabase())
    await database.run('CREATE TABLE t (i integer)')
    const code = await codeOf(() =>
      database.transaction(async (transaction) => {
        await transaction.query('INSERT INTO t VALUES (1)')
        await transaction.query('SELECT 1 / 0').catch(() => undefined)
      }),
    )
    expect(code).toBe('store/failed')
    expect(await database.query('SELECT i FROM t')).toEqual([])
    await database.close()
  })

  it('is asked again when a transaction lost to another one', async () => {
    const database = await openPostgres(await server.createDatabase())
    await database.run('CREATE TABLE t (i integer PRIMARY KEY, n integer); INSERT INTO t VALUES (1, 0), (2, 0)')
    let runs = 0
    const both = (first: number, second: number) =>
      database.transaction(async (transaction) => {
        runs++
        await transaction.query('UPDATE t SET n = n + 1 WHERE i = $1', [first])
        if (runs <= 2) await new Promise((resolve) => setTimeout(resolve, 300))
        await transaction.query('UPDATE t SET n = n + 1 WHERE i = $1', [second])
      })
    await Promise.all([both(1, 2), both(2, 1)])
    expect(runs).toBeGreaterThan(2)
    expect(await database.query('SELECT n FROM t')).toEqual([{ n: 2 }, { n: 2 }])
    await database.close()
  })
})

describe('the cause of a failure', () => {
  const reported = (code: string): Error =>
    Object.assign(new pg.DatabaseError('any text', 0, 'error'), { code, severity: 'FATAL' })

  it.each([
    ['53100', 'store/disk-full'],
    ['53300', 'store/connections'],
    ['53200', 'store/unavailable'],
    ['57P03', 'store/unavailable'],
    ['08006', 'store/unavailable'],
    ['23505', 'store/failed'],
  ])('with SQLSTATE %s is %s', (state, code) => {
    expect(storeFailure(reported(state)).code).toBe(code)
    expect(isOutage(new Error('outside', { cause: storeFailure(reported(state)) }))).toBe(code !== 'store/failed')
  })

  it('is that of the first address, if all of a name fail', () => {
    const each = ['::1', '127.0.0.1'].map((address) => Object.assign(new Error(address), { code: 'ECONNREFUSED' }))
    expect(storeFailure(new AggregateError(each)).code).toBe('store/port')
    const ofNode = (code: string) => storeFailure(Object.assign(new Error('any text'), { code })).code
    expect(['ENOTFOUND', 'EAI_AGAIN', 'ENOSPC', 'EPIPE'].map(ofNode)).toEqual([
      'store/host',
      'store/host',
      'store/disk-full',
      'store/unavailable',
    ])
    expect(storeFailure(new Error('Connection terminated unexpectedly')).code).toBe('store/unavailable')
  })
})
