import { describe, expect, it } from 'vitest'
import { parseInstant, writeInstant } from './text.js'

describe('parseInstant', () => {
  it.each([
    ['2026-11-22T01:02:03Z', '2026-11-22T01:02:03.000Z'],
    ['2026-11-22T01:02:03.1Z', '2026-11-22T01:02:03.100Z'],
    ['2026-11-22T01:02:03.1239999Z', '2026-11-22T01:02:03.123Z'],
    ['2026-11-22T01:02:03+02:00', '2026-11-21T23:02:03.000Z'],
    ['2026-11-22T01:02:03-00:30', '2026-11-22T01:32:03.000Z'],
    [' \n2026-11-22T01:02:03Z\t', '2026-11-22T01:02:03.000Z'],
  ])('reads %s', (text, instant) => {
    expect(parseInstant(text)?.toISOString()).toBe(instant)
  })

  it.each([
    '',
    '2026-11-22',
    '2026-11-22T01:02:03',
    '2026-02-30T01:02:03Z',
    '2026-11-22T24:00:00Z',
    '2026-11-22T01:02:60Z',
    '2026-11-22T01:02:03.Z',
    '2026-11-22T01:02:03+15:00',
    '2026-11-22 01:02:03Z',
    '0000-01-01T00:00:00Z',
    '12026-11-22T01:02:03Z',
    '-2026-11-22T01:02:03Z',
  ])('refuses %s', (text) => {
    expect(parseInstant(text)).toBeUndefined()
  })

  it('reads what is written', () => {
    const now = new Date(1_789_000_000_123)
    expect(parseInstant(writeInstant(now))).toEqual(now)
    expect(() => writeInstant(new Date(Number.NaN))).toThrow(expect.objectContaining({ code: 'soap/date-time' }))
  })
})
