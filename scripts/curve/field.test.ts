import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { kernels } from '../../bindings/loading/detect.js'
import { loadInlinedKernel } from '../../bindings/loading/inlined-kernels.js'
import { inverseModulo } from '../../bindings/engine/power.js'
import { curves } from './curves.mjs'
import { fieldOf } from './generate.mjs'

const cases = curves.flatMap((curve) => kernels.map((kernel) => ({ name: curve.name, curve, kernel })))

interface Products {
  readonly memory: WebAssembly.Memory
  readonly heapBase: () => number
  readonly multiply: (dst: number, a: number, b: number) => void
  readonly square: (dst: number, a: number) => void
}

/** Products of the numbers that the proven bounds allow at worst: every digit as large as it may be, of either sign. */
describe.each(cases)('the field of $name on the $kernel kernel', ({ curve, kernel }) => {
  const field = fieldOf(curve, kernel)
  const { limbs, width, p, pairBytes } = field
  const isFloat = kernel === 'relaxed-fma'
  const { any, narrow } = field.boundsOfFactors()
  const radixInverse = inverseModulo(field.radix % p, p)!
  let products: Products
  let at: number[]

  beforeAll(async () => {
    // On Node 20 this makes relaxed SIMD available.
    await loadInlinedKernel(kernel)
    const wasm = readFileSync(new URL(`../../build/kernels/${curve.name}/${kernel}.wasm`, import.meta.url))
    const { instance } = await WebAssembly.instantiate(wasm)
    products = instance.exports as unknown as Products
    const base = Math.ceil(products.heapBase() / 16) * 16
    at = [0, 1, 2].map((i) => base + i * pairBytes)
    products.memory.grow(1)
  })

  const digitAt = (pair: number, lane: number, k: number): number =>
    isFloat ? pair / 8 + 2 * k + lane : pair / 4 + 2 * k + lane
  const memory = (): Float64Array | Int32Array =>
    isFloat ? new Float64Array(products.memory.buffer) : new Int32Array(products.memory.buffer)
  const put = (pair: number, lane: number, digits: readonly bigint[]): void =>
    digits.forEach((digit, k) => (memory()[digitAt(pair, lane, k)] = Number(digit)))
  const take = (pair: number, lane: number): bigint[] =>
    Array.from({ length: limbs }, (_, k) => BigInt(memory()[digitAt(pair, lane, k)]!))
  const valueOf = (digits: readonly bigint[]): bigint =>
    digits.reduceRight((value, digit) => (value << BigInt(width)) + digit, 0n)
  const residue = (value: bigint): bigint => ((value % p) + p) % p

  /** Digits as large as `digit`, the topmost as large as the value lets it be, with signs from a pattern. */
  const extreme = (
    { value, digit }: { readonly value: readonly number[]; readonly digit: readonly number[] },
    sign: (k: number) => bigint,
  ): bigint[] => {
    const largest = BigInt(Math.floor(digit[0]!))
    const unit = Number(p >> BigInt(width * (limbs - 1)))
    const top = BigInt(Math.max(0, Math.floor((value[0]! - 0.01) * unit) - 1))
    const topmost = top < largest ? top : largest
    return Array.from({ length: limbs }, (_, k) => sign(k) * (k === limbs - 1 ? topmost : largest))
  }
  const signs: ((k: number) => bigint)[] = [
    () => 1n,
    () => -1n,
    (k) => (k % 2 === 0 ? 1n : -1n),
    (k) => (k % 3 === 0 ? -1n : 1n),
    (k) => (k < limbs / 2 ? 1n : -1n),
    () => (Math.random() < 0.5 ? 1n : -1n),
    () => (Math.random() < 0.5 ? 1n : -1n),
  ]

  it('multiplies and squares the worst that its bounds allow', () => {
    for (const left of signs) {
      for (const right of signs) {
        const [a, b, c] = [extreme(any, left), extreme(narrow, right), extreme(narrow, left)]
        put(at[0]!, 0, a)
        put(at[0]!, 1, c)
        put(at[1]!, 0, b)
        put(at[1]!, 1, b)
        products.multiply(at[2]!, at[0]!, at[1]!)
        expect(residue(valueOf(take(at[2]!, 0)))).toBe(residue(valueOf(a) * valueOf(b) * radixInverse))
        expect(residue(valueOf(take(at[2]!, 1)))).toBe(residue(valueOf(c) * valueOf(b) * radixInverse))
        put(at[0]!, 0, b)
        products.square(at[2]!, at[0]!)
        expect(residue(valueOf(take(at[2]!, 0)))).toBe(residue(valueOf(b) ** 2n * radixInverse))
        expect(residue(valueOf(take(at[2]!, 1)))).toBe(residue(valueOf(c) ** 2n * radixInverse))
      }
    }
  })

  it('leaves products within the bounds that it proves', () => {
    for (const left of signs) {
      const [a, b] = [extreme(any, left), extreme(narrow, left)]
      for (const lane of [0, 1]) {
        put(at[0]!, lane, a)
        put(at[1]!, lane, b)
      }
      products.multiply(at[2]!, at[0]!, at[1]!)
      const bound = field.boundOf('product')
      const digits = take(at[2]!, 0)
      const value = valueOf(digits)
      expect(Number(((value < 0n ? -value : value) << 20n) / p) / 2 ** 20).toBeLessThanOrEqual(bound.value)
      for (const digit of digits) expect(Math.abs(Number(digit))).toBeLessThanOrEqual(bound.digit)
    }
  })

  it('cannot be written without room for what is stored', () => {
    const narrower = fieldOf(curve, kernel)
    narrower.bounds.set('X', { value: 2 ** 60, digit: 2 ** 54 })
    expect(() => {
      narrower.untilBoundsHold(() => narrower.writeProducts())
    }).toThrow()
  })
})
