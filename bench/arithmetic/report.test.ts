import { describe, expect, it } from 'vitest'
import type { Result } from '../timing/measurement.js'
import { renderPlot } from './plot.js'
import { renderReport, type Report } from './report.js'
import { speedupRows, targetRows } from './requirements.js'

function result(backend: Result['backend'], kernel: string | null, name: string, p10: number, median = p10): Result {
  return { name, set: 'L2048N256', backend, kernel, median, p5: p10, p10, p95: median, samples: 7 }
}

const results = [
  result('openssl', null, 'computeSecret', 250, 260),
  result('openssl', null, 'computeSecret, 128-bit key', 140),
  result('openssl', null, 'computeSecret, 256-bit key', 250),
  result('wasm', 'relaxed-fma', 'exponentiate', 250, 312),
  result('wasm', 'relaxed-fma', 'fixed base', 75),
  result('wasm', 'relaxed-fma', 'verify R1', 1250),
  result('wasm', 'relaxed-fma', 'verify R3', 1325),
  result('wasm', 'relaxed-fma', 'present R1', 300),
  result('wasm', 'simd', 'exponentiate', 1000),
  result('bigint', null, 'exponentiate', 1250),
  result('bigint-plain', null, 'exponentiate', 1750),
]

const report: Report = {
  schema: 1,
  date: '2026-02-03T04:05:06.000Z',
  command: 'npm run bench',
  seconds: 400,
  environment: {
    node: '24.1.0',
    v8: '13.6',
    openssl: '3.5.0',
    cpu: 'An Example of a CPU',
    cores: 2,
    platform: 'linux x64',
    load: [0.5, 0.25, 0],
  },
  results,
  targets: targetRows(results),
  speedups: speedupRows(results),
  conversions: [{ operation: 'verify R3', kernel: 'relaxed-fma', conversion: 25, share: 0.02 }],
  scaling: [],
  costs: [{ kernel: 'simd', square: 0.77, scan: 0.0038 }],
  sizes: [{ kernel: 'simd', bytes: 12 * 1024, gzipped: 26 * 1024 }],
}

describe('targetRows', () => {
  it('compares 10th percentiles with E, the slower revision of two', () => {
    const rows = targetRows(results).map(({ measured, p10, median, verdict }) => ({ measured, p10, median, verdict }))
    expect(rows).toEqual([
      { measured: 'exponentiate', p10: 1, median: 1.2, verdict: 'aim' },
      { measured: 'fixed base', p10: 0.3, median: 75 / 260, verdict: 'must' },
      { measured: 'verify R3', p10: 5.3, median: 1325 / 260, verdict: 'missed' },
    ])
  })

  it('is empty without E', () => {
    expect(targetRows(results.slice(1))).toEqual([])
  })
})

describe('speedupRows', () => {
  it('compares what both measured', () => {
    const rows = speedupRows(results).map(({ kernel, against, p10, verdict }) => ({ kernel, against, p10, verdict }))
    expect(rows).toEqual([
      { kernel: 'relaxed-fma', against: 'bigint-plain', p10: 7, verdict: 'aim' },
      { kernel: 'relaxed-fma', against: 'bigint', p10: 5, verdict: 'aim' },
      { kernel: 'simd', against: 'bigint', p10: 1.25, verdict: 'must' },
    ])
  })
})

describe('renderReport', () => {
  const markdown = renderReport(report)

  it('says where and when, and what E and its fixed part are', () => {
    expect(markdown).toContain('2026-02-03')
    expect(markdown).toContain('An Example of a CPU')
    expect(markdown).toContain('250 (260), of which about 30.0 do not depend')
  })

  it('names the verdicts', () => {
    expect(markdown).toMatch(
      /\| exponentiate, constant time +\| <= 1.40 E \| <= 1.00 E \| 1.00 E \| 1.20 E \| ok, aim reached \|/,
    )
    expect(markdown).toMatch(/verification .*\(R3, the slower\).* not reached \|/)
    expect(markdown).toContain('To be at most 40 KiB after compression, 25 if possible: ok.')
    expect(markdown).toContain('at most 2.0 %: ok.')
  })

  it('leaves out what was not measured', () => {
    expect(markdown).not.toContain('batches of')
    expect(renderReport({ ...report, conversions: [], targets: [], speedups: [] })).not.toMatch(/conversion|BigInt/)
  })
})

describe('renderPlot', () => {
  it('draws a bar for each time of the set, and E', () => {
    const svg = renderPlot(results, 'L2048N256')!
    // Bars, entries of the legend, and the background.
    expect(svg.match(/<rect /g)).toHaveLength(6 + 4 + 1)
    expect(svg).toContain('OpenSSL exponentiates in 250 µs')
    expect(svg).not.toContain('NaN')
  })

  it('needs something to draw', () => {
    expect(renderPlot(results, 'L1024N160')).toBeUndefined()
  })
})
