import { describe, expect, it } from 'vitest'
import { UsageError } from '../errors.js'
import { opensAt, readWindow, renewAt, retryPause } from './schedule.js'

const DAY = 86_400_000
const validity = { notBefore: new Date(0), notAfter: new Date(100 * DAY) }

describe('the time of a renewal', () => {
  it.each([
    ['30d', 70],
    ['12h', 99.5],
    ['15m', 100 - 15 / 1440],
    ['90s', 100 - 90 / 86_400],
    ['20%', 80],
    // Never before the certificate begins.
    ['500d', 0],
  ])('is %s before the end', (text, day) => {
    expect(opensAt(validity, readWindow(text))).toBe(day * DAY)
  })

  it.each(['', '30', '0d', '100%', '-1d', '1w', '30 d', '999999d'])('is not %j', (text) => {
    expect(() => readWindow(text)).toThrow(UsageError)
  })

  it('is somewhere in the first tenth of the window', () => {
    const window = readWindow('20d')
    expect(renewAt(validity, window, () => 0)).toBe(80 * DAY)
    expect(renewAt(validity, window, () => 0.5)).toBe(81 * DAY)
    expect(renewAt(validity, window, () => 0.999)).toBeLessThan(82 * DAY)
  })
})

describe('the pause after a failure', () => {
  it('doubles up to an hour, and varies', () => {
    const pauses = [0, 1, 2, 7, 100].map((failures) => retryPause(failures, 100 * DAY, () => 0.5) / 1_000)
    expect(pauses).toEqual([30, 60, 120, 3_600, 3_600])
    expect(retryPause(0, DAY, () => 0)).toBe(24_000)
  })

  it('leaves time for further attempts, and is never shorter than a second', () => {
    expect(retryPause(7, 60_000, () => 0.5)).toBe(6_000)
    expect(retryPause(7, 10, () => 0.5)).toBe(1_000)
    expect(retryPause(7, -10, () => 0.5)).toBe(1_000)
  })
})
