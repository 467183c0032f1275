import { describe, expect, it } from 'vitest'
import { numberOf, parseOptions, toJson, ArgumentError } from './program.js'
import { microseconds, table } from './figures.js'

describe('parseOptions', () => {
  const options = { quick: { type: 'boolean', default: false }, only: { type: 'string' } } as const

  it('reads options', () => {
    expect({ ...parseOptions(options, ['--only', 'present']) }).toEqual({ quick: false, only: 'present' })
  })

  it('refuses others', () => {
    expect(() => parseOptions(options, ['--fast'])).toThrow(ArgumentError)
    expect(() => parseOptions(options, ['--only'])).toThrow(ArgumentError)
    expect(() => parseOptions(options, ['present'])).toThrow(ArgumentError)
  })
})

describe('numberOf', () => {
  it('reads numbers from the least on, and refuses everything else', () => {
    expect(['1', '2.5', 'Infinity'].map((text) => numberOf('rounds', text, 1))).toEqual([1, 2.5, Infinity])
    for (const text of ['', '0', '-3', 'many']) expect(() => numberOf('rounds', text, 1)).toThrow(ArgumentError)
  })
})

describe('toJson', () => {
  it('keeps six digits of measured numbers, and all of integers', () => {
    expect(JSON.parse(toJson({ time: 1.23456789, count: 1234567 }))).toEqual({ time: 1.23457, count: 1234567 })
  })
})

describe('table', () => {
  it('lines up', () => {
    const lines = table('Title', ['name', 'us'], [['long name', '1.00'], ['x', '10.0']]).split('\n') // prettier-ignore
    expect(lines).toEqual([
      '### Title',
      '',
      '| name      |   us |',
      '| --------- | ---: |',
      '| long name | 1.00 |',
      '| x         | 10.0 |',
    ])
  })
})

describe('microseconds', () => {
  it('keeps three digits', () => {
    expect([0.98765, 12.345, 99.99, 1234.5, NaN].map(microseconds)).toEqual(['0.988', '12.3', '100', '1235', '-'])
  })
})
