import { beforeEach, describe, expect, it } from 'vitest'
import { L1024N160 } from '../../src/params/L1024N160.js'
import { P256 } from '../../src/params/P256.js'
import { Core } from '../core/core.js'
import type { SubgroupDescription } from '../engine/engine.js'
import { powerModulo } from '../engine/power.js'
import { loadInlinedKernel } from '../loading/inlined-kernels.js'
import { customGroups } from '../testing/groups.js'
import { WasmEngine } from './wasm-engine.js'

const { p, q, g } = L1024N160
const allowLegacy = { allowLegacy: true }
let core: Core
let engine: WasmEngine
/** How many powers the core has computed. */
let computed: number

beforeEach(async () => {
  const loaded = await loadInlinedKernel('scalar')
  computed = 0
  core = new Core('scalar', {
    ...loaded.exports,
    productVartime: (...args) => {
      computed++
      loaded.exports.productVartime(...args)
    },
  })
  engine = new WasmEngine(core)
})

describe('powers of public numbers on the core', () => {
  it('are those of BigInt, for any odd modulus and base', () => {
    const moduli = [3n, 5n, 255n, 257n, (1n << 64n) - 59n, q, p, p * q, (1n << 4096n) - 1n]
    for (const modulus of moduli) {
      for (const [base, exponent] of [
        [0n, 5n],
        [1n, 5n],
        [2n, 1n],
        [modulus - 1n, 3n],
        [modulus + 2n, 0x10001n],
        [g, (1n << 67n) - 1n],
        [g * g, 1n << 70n],
        [3n ** 50n, 3n ** 40n],
      ] as const) {
        const before = computed
        expect(engine.powerVartime(base, exponent, modulus)).toBe(powerModulo(base % modulus, exponent, modulus))
        expect(computed).toBe(before + 1)
      }
    }
    expect(core.allocatedBytes).toBe(0)
  })

  it('are 1 where the exponent is 0', () => {
    for (const base of [0n, 1n, g]) expect(engine.powerVartime(base, 0n, p)).toBe(1n)
    expect(core.allocatedBytes).toBe(0)
  })

  it('are left to BigInt for moduli beyond those that the kernels are proven for', () => {
    const modulus = (1n << 4097n) - 3n
    expect(engine.powerVartime(g, 65537n, modulus)).toBe(powerModulo(g, 65537n, modulus))
    expect([computed, core.allocatedBytes]).toEqual([0, 0])
  })
})

describe('an engine on the core', () => {
  it('has subgroups and curves, until it ends', () => {
    expect([engine.backend, engine.kernel, engine.constantTime]).toEqual(['wasm', 'scalar', true])
    const curve = engine.curve(P256)
    expect([curve.name, engine.group(P256).name, engine.group(L1024N160, allowLegacy).name]).toEqual([
      'P-256',
      'P-256',
      'L1024N160',
    ])
    expect(curve.engine).toBe(engine)
    expect(() => engine.curve(L1024N160 as never)).toThrow(expect.objectContaining({ code: 'group/not-curve' }))
    expect(() => engine.subgroup(P256 as never)).toThrow(expect.objectContaining({ code: 'group/not-subgroup' }))
    engine.dispose()
    engine.dispose()
    for (const use of [
      () => engine.powerVartime(2n, 10n, 1001n),
      () => engine.powerVartime(2n, 0n, 1001n),
      () => engine.curve(P256),
      () => engine.subgroup(L1024N160, allowLegacy),
      () => curve.exponentiate(curve.generator, curve.scalars.one),
    ])
      expect(use).toThrow(expect.objectContaining({ code: 'engine/disposed' }))
  })

  it('tests groups that nobody recommends with powers of its own, which leave nothing behind', () => {
    const small = customGroups['1024/160 high']!
    const codeOf = (description: SubgroupDescription, options?: { allowLegacy: boolean }): unknown => {
      try {
        engine.subgroup(description, options).dispose()
        return undefined
      } catch (error) {
        return (error as { code?: unknown }).code
      }
    }
    expect([codeOf(small), codeOf(L1024N160)]).toEqual(['group/legacy', 'group/legacy'])
    expect(codeOf(small, allowLegacy)).toBeUndefined()
    computed = 0
    expect(codeOf(small, allowLegacy)).toBeUndefined()
    // It has passed.
    expect(computed).toBe(0)
    expect(codeOf({ ...small, g: 2n }, allowLegacy)).toBe('group/generator-order')
    // 51 tests of p with random bases, and that of g.
    expect(computed).toBeGreaterThanOrEqual(52)
    computed = 0
    // 1 modulo q, and without a small factor, but composite.
    expect(codeOf({ ...small, p: small.p - 4n * small.q }, allowLegacy)).toBe('group/p-not-prime')
    expect(computed).toBeGreaterThan(0)
    expect(core.allocatedBytes).toBe(0)
  })
})
