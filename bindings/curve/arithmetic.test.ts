import { beforeEach, describe, expect, it } from 'vitest'
import { P256 } from '../../src/params/P256.js'
import { P384 } from '../../src/params/P384.js'
import type { Curve, Engine, KernelFile, KernelName, LoadKernelFile } from '../engine/engine.js'
import { Lifetime } from '../engine/lifetime.js'
import { loadCurve } from '../testing/curve-cores.js'
import { customGroups } from '../testing/groups.js'
import { curves } from '../testing/plain-curve.js'
import { Core } from '../core/core.js'
import { curveArithmetic, filedCurveArithmetic } from './arithmetic.js'
import { BigintCurve } from './bigint-curve.js'
import { computesCurveRightly, type CurveExports } from './curve-core.js'
import { CurveEngine } from './curve-engine.js'
import { WasmCurve } from './wasm-curve.js'

const octetsOf = (kernel: KernelName): Uint8Array<ArrayBuffer> => P256.arithmetic.binary(kernel)
/** A kernel that passes for one of P-256 until it computes. */
const wrong = P384.arithmetic.binary('simd')
const noModule = Uint8Array.of(1, 2, 3)

const engine = {} as Engine
const lifetime = new Lifetime('engine')
const code = (expected: string): unknown => expect.objectContaining({ code: expected })
/** The curve on its core. */
function onCore(curve: Curve): WasmCurve {
  if (!(curve instanceof WasmCurve)) throw new TypeError('the curve is not on WebAssembly')
  return curve
}
const kernelOf = (curve: Curve): string => onCore(curve).core.kernel
/** Whether it computes a member from the generator. */
const computes = (curve: Curve): boolean => curve.isMember(curve.multiply(curve.generator, curve.generator))

describe('a curve whose kernels are in JavaScript', () => {
  let asked: KernelName[] = []
  beforeEach(() => void (asked = []))
  const withKernels = (octets: Partial<Record<KernelName, Uint8Array<ArrayBuffer>>>) =>
    curveArithmetic((kernel) => {
      asked.push(kernel)
      return octets[kernel] ?? octetsOf(kernel)
    })

  it('compiles each kernel once, for all engines, ahead or when it is bound', async () => {
    const arithmetic = withKernels({})
    const bind = (...kernels: KernelName[]) => kernelOf(arithmetic.onWasm(engine, P256, lifetime, kernels))
    expect([bind('simd', 'scalar'), bind('simd')]).toEqual(['simd', 'simd'])
    expect(await arithmetic.prepare(['simd', 'scalar'])).toBe('simd')
    expect(asked).toEqual(['simd'])
    expect([await arithmetic.prepare(['scalar', 'simd']), await arithmetic.prepare(['scalar'])]).toEqual([
      'scalar',
      'scalar',
    ])
    expect(bind('scalar')).toBe('scalar')
    expect(asked).toEqual(['simd', 'scalar'])
    expect(arithmetic.binary('simd')).toEqual(octetsOf('simd'))
  })

  it('is bound to the engine and to its end', () => {
    const parent = new Lifetime('engine')
    const arithmetic = withKernels({})
    const bound = [arithmetic.onBigint(engine, P256, parent), arithmetic.onWasm(engine, P256, parent, ['simd'])]
    expect([bound[0] instanceof BigintCurve, bound[1] instanceof WasmCurve]).toEqual([true, true])
    for (const curve of bound) {
      expect([curve.engine, curve.description]).toEqual([engine, P256])
      expect(computes(curve)).toBe(true)
    }
    parent.end()
    for (const curve of bound) expect(() => curve.isMember(curve.generator)).toThrow(code('engine/disposed'))
  })

  it.each([
    ['computes wrongly', wrong],
    ['is not compiled here', noModule],
  ])('takes the next kernel where one %s', (_, octets) => {
    const arithmetic = withKernels({ 'relaxed-fma': octets, simd: octets })
    const curve = arithmetic.onWasm(engine, P256, lifetime, ['relaxed-fma', 'simd', 'scalar'])
    expect(kernelOf(curve)).toBe('scalar')
    expect(computes(curve)).toBe(true)
  })

  it('is refused with the reason of the last kernel', () => {
    const bind =
      (octets: Partial<Record<KernelName, Uint8Array<ArrayBuffer>>>, ...kernels: KernelName[]) =>
      () =>
        withKernels(octets).onWasm(engine, P256, lifetime, kernels)
    const octets = { simd: wrong, scalar: noModule }
    expect(bind(octets, 'scalar', 'simd')).toThrow(code('engine/kernel-failed'))
    expect(bind(octets, 'simd', 'scalar')).toThrow(
      expect.objectContaining({
        code: 'engine/kernel-unavailable',
        cause: expect.any(WebAssembly.CompileError) as unknown,
      }),
    )
    expect(bind(octets)).toThrow(code('engine/kernel-unavailable'))
  })

  it('is refused ahead of that where the first kernel is not compiled', async () => {
    await expect(withKernels({ simd: noModule }).prepare(['simd', 'scalar'])).rejects.toThrow(WebAssembly.CompileError)
  })
})

describe('a curve whose kernels are files', () => {
  const digests = { 'relaxed-fma': 'a', simd: 'b', scalar: 'c' }
  const arithmetic = () => filedCurveArithmetic(P256, digests)
  const all = ['relaxed-fma', 'simd', 'scalar'] as const
  let asked: KernelFile[] = []
  beforeEach(() => void (asked = []))
  /** A source that has some kernels. */
  const source =
    (octets: Partial<Record<KernelName, Uint8Array<ArrayBuffer>>>): LoadKernelFile =>
    (file) => {
      asked.push(file)
      const found = octets[file.path.split('/')[1] as KernelName]
      return found && WebAssembly.compile(found)
    }

  it('loads the first of them that the source has, by its path and digest', async () => {
    const one = arithmetic()
    expect(await one.prepare(all, source({ simd: octetsOf('simd'), scalar: octetsOf('scalar') }))).toBe('simd')
    expect(asked).toEqual([
      { path: 'P-256/relaxed-fma', digest: 'a' },
      { path: 'P-256/simd', digest: 'b' },
    ])
    const curve = one.onWasm(engine, P256, lifetime, all)
    expect([kernelOf(curve), curve.engine]).toEqual(['simd', engine])
    expect(computes(curve)).toBe(true)
  })

  it('takes the next one where one computes wrongly', async () => {
    const one = arithmetic()
    expect(await one.prepare(all, source({ simd: wrong, scalar: octetsOf('scalar') }))).toBe('scalar')
    expect(kernelOf(one.onWasm(engine, P256, lifetime, all))).toBe('scalar')
  })

  it('is refused where none computes rightly, cannot be loaded, or is there', async () => {
    await expect(arithmetic().prepare(all, source({ simd: wrong }))).rejects.toMatchObject({
      code: 'engine/kernel-failed',
    })
    await expect(arithmetic().prepare(all, source({ simd: noModule }))).rejects.toThrow(WebAssembly.CompileError)
    await expect(arithmetic().prepare(all, source({}))).rejects.toMatchObject({ code: 'engine/options' })
    await expect(arithmetic().prepare([], source({}))).rejects.toMatchObject({ code: 'engine/options' })
  })

  it('uses what another engine loaded only where the engine names no source', async () => {
    const one = arithmetic()
    await expect(one.prepare(all)).rejects.toMatchObject({ code: 'engine/options' })
    await one.prepare(['simd'], source({ simd: octetsOf('simd') }))
    expect(await one.prepare(all)).toBe('simd')
    await expect(one.prepare(['scalar'])).rejects.toMatchObject({ code: 'engine/options' })
    await expect(one.prepare(all, source({}))).rejects.toMatchObject({ code: 'engine/options' })
  })

  it('is not bound on WebAssembly without them, and has no octets to send', () => {
    expect(() => arithmetic().onWasm(engine, P256, lifetime, all)).toThrow(code('engine/options'))
    expect(() => arithmetic().binary('simd')).toThrow(code('engine/options'))
    const curve = arithmetic().onBigint(engine, P256, lifetime)
    expect([curve.engine, curve.isMember(curve.generator)]).toEqual([engine, true])
  })
})

const core = await loadCurve('P-256', 'scalar')

describe('the self-test of a kernel', () => {
  const { exports } = core
  const description = curves['P-256']

  it('passes, and leaves no memory behind', () => {
    const before = core.allocatedBytes
    expect(computesCurveRightly(core, description)).toBe(true)
    expect(core.allocatedBytes).toBe(before)
  })

  it.each<[string, (calls: { power: number }) => Partial<CurveExports>]>([
    [
      'a power is wrong',
      () => ({
        power: (dst, base, k) => {
          exports.power(dst, base, k)
          // The product of the power with itself.
          const bytes = exports.pointBytes()
          const pair = core.allocate(2 * bytes)
          core.octets.copyWithin(pair, dst, dst + bytes).copyWithin(pair + bytes, dst, dst + bytes)
          exports.sum(dst, pair, 2)
          core.release(pair)
        },
      }),
    ],
    [
      'only the second power is, which is infinity then',
      (calls) => ({
        power: (dst, base, k) => {
          exports.power(dst, base, k)
          if (++calls.power === 2) exports.sum(dst, dst, 0)
        },
      }),
    ],
    ['no point is on the curve', () => ({ areOnCurve: (flags) => void (core.octets[flags] = 0) })],
    [
      'points have another form',
      () => ({
        write: (octets, points, count, affines) => {
          exports.write(octets, points, count, affines)
          core.octets[octets] = 2
        },
      }),
    ],
  ])('does not pass where %s', (_, change) => {
    const other = new Core('scalar', { ...exports, ...change({ power: 0 }) })
    expect(computesCurveRightly(other, description)).toBe(false)
  })
})

describe('an engine for curves alone', () => {
  let asked: unknown[][] = []
  beforeEach(() => void (asked = []))
  const curve = {} as Curve
  const description = {
    ...P256,
    arithmetic: {
      ...P256.arithmetic,
      onWasm: (...given: unknown[]) => (asked.push(['wasm', ...given]), curve),
      onBigint: (...given: unknown[]) => (asked.push(['bigint', ...given]), curve),
    },
  }

  it('lets curves use its kernels, the fastest first', () => {
    const made = new CurveEngine('wasm', ['simd', 'scalar'])
    expect([made.backend, made.kernel, made.constantTime]).toEqual(['wasm', 'simd', true])
    expect([made.curve(description), made.group(description)]).toEqual([curve, curve])
    const call = ['wasm', made, description, expect.any(Lifetime) as unknown, ['simd', 'scalar']]
    expect(asked).toEqual([call, call])
  })

  it('has no kernels on bigint', () => {
    const made = new CurveEngine('bigint', [])
    expect([made.backend, made.kernel, made.constantTime]).toEqual(['bigint', undefined, false])
    expect(made.curve(description)).toBe(curve)
    expect(asked).toEqual([['bigint', made, description, expect.any(Lifetime)]])
  })

  it('has no subgroups, and computes powers of numbers', () => {
    const made = new CurveEngine('bigint', [])
    const group = customGroups['1024/160 high']!
    expect(() => made.subgroup()).toThrow(code('engine/options'))
    expect(() => made.group(group)).toThrow(code('engine/options'))
    expect(() => made.curve(group as never)).toThrow(code('group/not-curve'))
    expect(made.powerVartime(3n, 100n, 101n)).toBe(1n)
    expect(made.powerVartime(3n, 7n, 101n)).toBe(3n ** 7n % 101n)
  })

  it('ends with its curves', () => {
    const made = new CurveEngine('wasm', ['simd'])
    const bound = onCore(made.curve(P256))
    made.dispose()
    made.dispose()
    expect(bound.core.allocatedBytes).toBe(0)
    expect(() => bound.isMember(bound.generator)).toThrow(code('engine/disposed'))
    expect(() => made.curve(P256)).toThrow(code('engine/disposed'))
    expect(() => made.group(P256)).toThrow(code('engine/disposed'))
    expect(() => made.powerVartime(3n, 5n, 7n)).toThrow(code('engine/disposed'))
  })
})
