import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { loadInlinedKernel } from '../bindings/loading/inlined-kernels.js'
import { bytesOfCurve, curves, proveField } from './curves.mjs'
import { bytesOf, kernels, prove } from './subgroups.mjs'
import { Double, Int, Unproven } from './values.mjs'

// On Node 20 this makes relaxed SIMD available.
await loadInlinedKernel('relaxed-fma')

/** The 8 octets of a number as a module holds them. */
const octets = (value: bigint): Buffer => {
  const buffer = Buffer.alloc(8)
  buffer.writeBigInt64LE(value)
  return buffer
}

/** A module in whose data a number of 8 octets, everywhere, is another. */
function changed(wasm: Uint8Array, from: bigint, to: bigint): Uint8Array<ArrayBuffer> {
  const text = Buffer.from(wasm).toString('latin1')
  const parts = text.split(octets(from).toString('latin1'))
  expect(parts.length).toBeGreaterThan(1)
  return new Uint8Array(Buffer.from(parts.join(octets(to).toString('latin1')), 'latin1'))
}

// `npm run proofs` does so for every number of limbs.
describe.each(kernels)('the kernel %s', (kernel) => {
  const [shortest, longest] = kernel === 'relaxed-fma' ? [21, 81] : [38, 150]

  it.each([shortest, longest])('keeps its bounds with %i limbs', (limbs) => {
    const proofs = [prove(kernel, limbs, 'multiply'), prove(kernel, limbs, 'square')]
    for (const { column, least } of proofs) {
      expect(column).toBeLessThan(kernel === 'relaxed-fma' ? 58 : 64)
      expect(least).toBeGreaterThanOrEqual(kernel === 'relaxed-fma' ? -512n : 0n)
    }
  })

  it('is not proven for more limbs than its columns have room for', () => {
    expect(() => prove(kernel, kernel === 'relaxed-fma' ? 517 : 258, 'multiply')).toThrow(Unproven)
  })

  it.each(curves.map((curve) => [curve.name, curve] as const))('keeps the bounds of %s', (_, curve) => {
    for (const operation of ['multiply', 'square'] as const) {
      expect(proveField(curve, kernel, operation).column).toBeLessThan(64)
    }
  })
})

describe('a kernel with another constant is not proven', () => {
  it.each<[string, bigint, bigint]>([
    ['C2 a step lower, so that low parts may be negative', 0x4664000000000003n, 0x4664000000000001n],
    ['C1 in another binade', 0x4664000000000000n, 0x4665800000000000n],
    ['a bias that columns exceed', 0x1000000000000000n, 0x0040000000000000n],
    ['limbs of 52 bits', 0x0007ffffffffffffn, 0x000fffffffffffffn],
  ])('%s', (_, from, to) => {
    const wasm = changed(bytesOf('relaxed-fma'), from, to)
    expect(() => prove('relaxed-fma', 41, 'multiply', wasm)).toThrow(Unproven)
  })

  it('of a curve', () => {
    const [curve] = curves
    if (curve === undefined) throw new Error('no curve')
    const mask = (1n << 52n) - 1n
    const wasm = changed(bytesOfCurve(curve, 'relaxed-fma'), mask, 2n * mask + 1n)
    expect(() => proveField(curve, 'relaxed-fma', 'multiply', wasm)).toThrow(Unproven)
  })
})

describe('an interval', () => {
  it('is exact modulo 2^64, and has one reading or none', () => {
    const high = new Int(64, (1n << 64n) - 3n, (1n << 64n) + 2n)
    expect(high.signed()).toEqual({ lo: -3n, hi: 2n })
    expect(() => high.unsigned()).toThrow(Unproven)
    expect(high.plus(Int.of(64, 3n)).unsigned()).toEqual({ lo: 0n, hi: 5n })
    expect(new Int(64, 0n, 1n << 64n).isUnknown).toBe(true)
  })

  it('holds every result of what it stands for', () => {
    const all = [-9, -4, -1, 0, 1, 2, 7, 12].map(BigInt)
    const wrap = (value: bigint): bigint => BigInt.asIntN(64, value)
    const holds = ({ lo, hi }: { lo: bigint; hi: bigint }, value: bigint): boolean =>
      lo <= wrap(value) && wrap(value) <= hi
    for (const a of all.filter((x) => x >= -4n && x <= 7n)) {
      for (const b of all.filter((x) => x >= -1n && x <= 12n)) {
        const [x, y] = [new Int(64, -4n, 7n), new Int(64, -1n, 12n)]
        expect(holds(x.plus(y).signed(), a + b)).toBe(true)
        expect(holds(x.minus(y).signed(), a - b)).toBe(true)
        expect(holds(x.times(y).signed(), a * b)).toBe(true)
        expect(holds(x.shiftedLeft(3n).signed(), a << 3n)).toBe(true)
        expect(holds(x.shiftedRightSigned(1n).signed(), a >> 1n)).toBe(true)
        expect(holds(x.and(Int.of(64, 7n)).signed(), a & 7n)).toBe(true)
      }
    }
  })

  it('knows the digit that a carry leaves', () => {
    const column = new Int(64, -(1n << 60n), 1n << 60n)
    const carry = column.plus(Int.of(64, 1n << 28n)).shiftedRightSigned(29n)
    expect(column.minus(carry.shiftedLeft(29n)).signed()).toEqual({ lo: -(1n << 28n), hi: (1n << 28n) - 1n })
    expect(column.minus(carry.shiftedLeft(30n)).isUnknown).toBe(false)
    expect(() =>
      column
        .minus(new Int(64, -8n, 8n).shiftedLeft(29n))
        .lowHalf()
        .signed(),
    ).toThrow(Unproven)
  })

  it('of doubles is that of the processor', () => {
    const [C1, C2] = [1.25 * 2 ** 103, 1.25 * 2 ** 103 + 3 * 2 ** 51]
    const [x, y] = [new Double(0n, 1n << 51n), new Double(0n, 1n << 51n)]
    const h = Double.fma(1n, x, y, Double.of(BigInt(C1)))
    const l = Double.fma(1n, x, y, Double.of(BigInt(C2)).plus(h.negated()))
    expect([h.lo, h.hi]).toEqual([BigInt(C1), BigInt(C1 + 2 ** 102)])
    expect([l.lo, l.hi]).toEqual([BigInt(2.5 * 2 ** 51), BigInt(3.5 * 2 ** 51)])
    // Of other factors, nothing is known about what is left.
    expect(() => Double.fma(1n, x, x, Double.of(BigInt(C2)).plus(h.negated()))).toThrow(Unproven)
    expect(() => Double.of(1n << 52n).plus(new Double(0n, (1n << 53n) - 1n))).toThrow(Unproven)
  })
})

describe('Gappa', () => {
  const folder = new URL('.', import.meta.url)
  const isInstalled = spawnSync('gappa', ['--version']).error === undefined
  const files = readdirSync(folder).filter((name) => name.endsWith('.g'))

  it.skipIf(!isInstalled).each(files)('proves %s, and not with factors of twice the size', (file) => {
    const text = readFileSync(new URL(file, folder), 'utf8')
    execFileSync('gappa', { input: text, timeout: 60_000, stdio: ['pipe', 'pipe', 'pipe'] })
    const doubled = text.replace(
      /(t in \[.*?)(-?0x1(?:\.01)?p)(10[23])\]/,
      (_, before: string, x: string, e: string) => `${before}${x}${String(Number(e) + 2)}]`,
    )
    expect(doubled).not.toBe(text)
    expect(spawnSync('gappa', { input: doubled, timeout: 60_000 }).status).not.toBe(0)
  })
})
