import { instantiate } from '@assemblyscript/loader'
import { createECDH, randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { L2048N256 } from '../src/params/L2048N256.js'
import type { CoreExports } from './core/core.js'
import type { CurveExports } from './curve/curve-core.js'
import { loadInlinedKernel } from './loading/inlined-kernels.js'
import { bitLength, toBigint, toFixedWidth } from './octets/integers.js'
import { curves, PlainCurve } from './testing/plain-curve.js'

/**
 * The shipped kernels as another project drives them, with AssemblyScript's own loader and nothing of `bindings/`: what the memory
 * map of `assembly/memory.ts` and the ABI of `assembly/curve/index.ts` say is enough. docs/embedding.md shows the same.
 */
const folder = new URL('../build/kernels/', import.meta.url)
const shipped = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.wasm'))

/** An instance, and a plain allocator behind what the core uses itself. */
interface Loaded<Exports> {
  readonly exports: Exports
  readonly octets: Uint8Array
  readonly allocate: (bytes: number) => number
  /** Writes 32-bit words. */
  readonly words: (at: number, list: readonly number[]) => void
}

async function load<Exports extends CoreExports | CurveExports>(file: string): Promise<Loaded<Exports>> {
  // On Node 20 this makes relaxed SIMD available.
  await loadInlinedKernel('relaxed-fma')
  const { exports } = await instantiate<Exports & Record<string, unknown>>(readFileSync(new URL(file, folder)))
  exports.memory.grow(16)
  let end = Math.ceil(exports.heapBase() / 16) * 16
  const allocate = (bytes: number): number => {
    const start = end
    end += Math.ceil((bytes + 8) / 16) * 16
    return start
  }
  const words = (at: number, list: readonly number[]): void => new Uint32Array(exports.memory.buffer).set(list, at / 4)
  return { exports, octets: new Uint8Array(exports.memory.buffer), allocate, words }
}

const powerModulo = (base: bigint, exponent: bigint, modulus: bigint): bigint => {
  let result = 1n
  for (let rest = exponent, power = base; rest > 0n; rest >>= 1n, power = (power * power) % modulus) {
    if ((rest & 1n) === 1n) result = (result * power) % modulus
  }
  return result
}

/** -odd^-1 modulo 2^bits. */
const negativeInverse = (odd: bigint, bits: number): bigint => {
  let inverse = 1n
  for (let right = 1; right < bits; right *= 2) inverse = BigInt.asUintN(bits, inverse * (2n - odd * inverse))
  return BigInt.asUintN(bits, -inverse)
}

describe('@assemblyscript/loader', () => {
  it('finds all kernels that the package ships', () => {
    const names = ['relaxed-fma', 'scalar', 'simd'].map((kernel) => `${kernel}.wasm`)
    const folders = ['', ...Object.keys(curves).map((curve) => `${curve}/`)]
    expect(shipped.toSorted()).toEqual(folders.flatMap((one) => names.map((name) => `${one}${name}`)).toSorted())
  })

  it.each(shipped.filter((file) => !file.includes(path.sep)))(
    'multiplies and raises residues with %s',
    async (file) => {
      const { exports, allocate, octets, words } = await load<CoreExports>(file)
      const { p } = L2048N256
      const length = Math.ceil(bitLength(p) / 8)
      const limbs = exports.limbsFor(bitLength(p))
      const number = (): number => allocate(exports.slotBytes(limbs)) + exports.slotPadding()
      const constant = (): number => allocate(exports.constantBytes(limbs)) + exports.slotPadding()

      // The record of a modulus: p, -p^-1, R^2 and R modulo p, working memory.
      const radix = 1n << BigInt(exports.radixBits(limbs))
      const radixOctets = Math.ceil(bitLength(radix) / 8)
      const [modulus, inverse, radixSquared, one] = [constant(), constant(), number(), number()]
      const scratch = allocate(exports.scratchBytes(limbs))
      const registers = allocate(2 * exports.slotBytes(limbs)) + exports.slotPadding()
      const record = allocate(32)
      const passing = allocate(radixOctets)
      words(record, [limbs, length, modulus, inverse, radixSquared, one, scratch, registers])
      const constants = [
        [modulus, p],
        [inverse, negativeInverse(p, exports.radixBits(limbs))],
        [radixSquared, (radix * radix) % p],
        [one, radix % p],
      ] as const
      for (const [pointer, value] of constants) {
        octets.set(toFixedWidth(value, radixOctets), passing)
        exports.readConstant(record, pointer, passing, radixOctets)
      }
      exports.prepare(record)

      const [x, y] = [toBigint(randomBytes(length)) % p, toBigint(randomBytes(length)) % p]
      const [left, right] = [number(), number()]
      const read = (pointer: number, value: bigint): void => {
        octets.set(toFixedWidth(value, length), passing)
        exports.read(record, pointer, passing)
      }
      read(left, x)
      read(right, y)
      exports.multiply(record, left, left, right)
      exports.write(record, passing, left)
      expect(toBigint(octets.subarray(passing, passing + length))).toBe((x * y) % p)

      // Exponents are little-endian, with zeros behind them.
      const exponent = toBigint(randomBytes(32))
      const [width, stride] = [5, 32 + 8]
      const [base, exponents] = [allocate(length), allocate(stride)]
      const table = allocate(2 ** width * exports.entryBytes(limbs))
      octets.set(toFixedWidth(x, length), base)
      octets.set(toFixedWidth(exponent, 32).reverse(), exponents)
      exports.exponentiateMany(record, base, exponents, stride, 1, 256, width, table, left)
      expect(toBigint(octets.subarray(base, base + length))).toBe(powerModulo(x, exponent, p))
    },
  )

  it.each(shipped.filter((file) => file.includes(path.sep)))('multiplies points with %s', async (file) => {
    const { exports, allocate, octets } = await load<CurveExports>(file)
    const name = file.split(path.sep)[0] as keyof typeof curves
    const plain = new PlainCurve(curves[name])
    const { g, q } = plain.curve
    const scalarLength = Math.ceil(bitLength(q) / 8)
    const elementLength = 1 + 2 * plain.octets
    const [element, scalar, flag] = [allocate(elementLength), allocate(scalarLength), allocate(1)]
    const [point, affine] = [allocate(exports.pointBytes()), allocate(exports.pointBytes() / 2)]
    const k = 1n + (toBigint(randomBytes(scalarLength)) % (q - 1n))
    octets.set(plain.encode(g), element)
    octets.set(toFixedWidth(k, scalarLength), scalar)
    exports.power(point, element, scalar)
    exports.write(element, point, 1, affine)
    const result = octets.slice(element, element + elementLength)
    expect(plain.decode(result)).toEqual(plain.multiply(k, g))

    const ecdh = createECDH({ 'P-256': 'prime256v1', 'P-384': 'secp384r1', 'P-521': 'secp521r1' }[name])
    ecdh.setPrivateKey(toFixedWidth(k, scalarLength))
    expect(result).toEqual(new Uint8Array(ecdh.getPublicKey()))

    exports.areOnCurve(flag, element, 1)
    expect(octets[flag]).toBe(1)
    octets[element + elementLength - 1]! ^= 1
    exports.areOnCurve(flag, element, 1)
    expect(octets[flag]).toBe(0)
  })
})
