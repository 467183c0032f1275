import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { requestContext } from '../http/request-context.js'
import { DailyFiles } from './daily-files.js'
import { createLog } from './log.js'
import { openSecurityLog, SecurityLog } from './security-log.js'

/** A security log and its lines. */
function logged(clock?: () => number) {
  const lines: Record<string, unknown>[] = []
  const log = createLog('info', { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) })
  return { security: new SecurityLog(log, clock), lines }
}

describe('the security log', () => {
  it('has who was refused what, from where, in which request', () => {
    const { security, lines } = logged()
    const context = { id: 'i', route: 'wstep', address: '192.0.2.1', account: 'alice' }
    requestContext.run(context, () => security.refused(['wstep/authentication-failed', 'authentication/password']))
    expect(lines).toMatchObject([
      {
        ...{ level: 'warn', msg: 'refused', security: 'authentication', code: 'authentication/password' },
        codes: ['wstep/authentication-failed', 'authentication/password'],
        ...{ id: 'i', route: 'wstep', from: '192.0.2.1', account: 'alice' },
      },
    ])
  })

  it.each([
    ['lockout', 'authentication/locked-address'],
    ['replay', 'authentication/digest-replayed'],
    ['replay', 'ws-trust/different-message'],
    ['replay', 'relying-party/nonce-used'],
    ['revoked', 'authentication/certificate-revoked'],
    ['limit', 'limit/connections'],
    ['limit', 'store/full'],
    ['operator', 'operator/token'],
    ['refusal', 'xml/not-well-formed'],
  ])('tells %s by %s', (kind, code) => {
    const { security, lines } = logged()
    security.refused([code])
    expect(lines).toMatchObject([{ security: kind, code, level: kind === 'refusal' ? 'info' : 'warn' }])
  })

  it('says of a flood from one address how much it left out', () => {
    let now = 0
    const { security, lines } = logged(() => now)
    for (let i = 0; i < 100; i++) security.refused(['limit/rate'], { from: 'a' })
    security.refused(['limit/rate'], { from: 'b' })
    security.refused(['limit/bodies'], { from: 'a' })
    now = 10_000
    security.refused(['limit/rate'], { from: 'a' })
    expect(lines.map(({ from, code, suppressed }) => [from, code, suppressed])).toEqual([
      ['a', 'limit/rate', undefined],
      ['b', 'limit/rate', undefined],
      ['a', 'limit/bodies', undefined],
      ['a', 'limit/rate', 99],
    ])
  })
})

describe('the files of the security log', () => {
  const DAY = 86_400_000
  let folder: string
  let now: Date
  beforeEach(() => {
    folder = path.join(mkdtempSync(path.join(tmpdir(), 'security-')), 'log')
    now = new Date('2026-03-01T12:00:00Z')
  })
  afterEach(() => rmSync(path.dirname(folder), { recursive: true }))
  const names = () => readdirSync(folder).sort()

  it('are one a day, for their owner only, and are deleted after the retention', () => {
    const files = new DailyFiles(folder, 2 * DAY, () => now)
    writeFileSync(path.join(folder, 'other.log'), 'x')
    for (let day = 1; day <= 3; day++) {
      files.write(`${String(day)}\n`)
      files.write('again\n')
      now = new Date(now.getTime() + DAY)
    }
    expect(names()).toEqual(['other.log', ...['01', '02', '03'].map((day) => `security-2026-03-${day}.log`)])
    const [file = ''] = names().slice(1)
    expect(readFileSync(path.join(folder, file), 'utf8')).toBe('1\nagain\n')
    expect(statSync(path.join(folder, file)).mode & 0o777).toBe(0o600)
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    files.write('4\n')
    expect(names()).toContain('security-2026-03-02.log')
    expect(names()).not.toContain('security-2026-03-01.log')
    now = new Date('2026-03-05T00:00:00Z')
    files.sweep()
    expect(names()).toEqual(['other.log', 'security-2026-03-03.log', 'security-2026-03-04.log'])
    files.close()
  })

  it('are never written through a symbolic link', () => {
    const files = new DailyFiles(folder, DAY, () => now)
    const other = path.join(folder, 'other')
    writeFileSync(other, '')
    chmodSync(other, 0o644)
    symlinkSync(other, path.join(folder, 'security-2026-03-01.log'))
    expect(() => files.write('x\n')).toThrow()
    expect(readFileSync(other, 'utf8')).toBe('')
  })

  it('take the lines that the log would have', () => {
    const closing: (() => unknown)[] = []
    const other: string[] = []
    const log = createLog('silent', { write: (line) => void other.push(line) })
    openSecurityLog(log, { folder, retention: DAY }, (close) => closing.push(close)).refused(['limit/rate'])
    for (const close of closing) close()
    expect(names()).toHaveLength(1)
    expect(readFileSync(path.join(folder, names()[0]!), 'utf8')).toContain('"code":"limit/rate"')
    expect(other).toEqual([])
  })
})
