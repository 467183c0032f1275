import { afterEach, describe, expect, it, vi } from 'vitest'
import { L2048N256 } from '../../src/params/L2048N256.js'
import { P256 } from '../../src/params/P256.js'
import { P384 } from '../../src/params/P384.js'
import { toFixedWidth } from '../octets/integers.js'
import { type Element, type EngineOptions, type Scalar } from '../engine/engine.js'
import { createCurveEngine } from './create-curve-engine.js'
import { createEngine } from './create-engine.js'
import { kernels } from './detect.js'

afterEach(() => vi.unstubAllGlobals())

const scalar = toFixedWidth(0x1234_5678_9abc_def0_1234n ** 3n, 32) as Scalar
const power = (engine: Awaited<ReturnType<typeof createEngine>>): Element => {
  const group = engine.curve(P256)
  return group.exponentiate(group.generator, scalar)
}

it.each<EngineOptions>([...kernels.map((kernel) => ({ kernel })), { backend: 'bigint' }])(
  'computes what an engine of createEngine() does: %o',
  async (options) => {
    const [engine, other] = [await createCurveEngine({ ...options, curves: [P256] }), await createEngine(options)]
    expect(power(engine)).toEqual(power(other))
    expect([engine.backend, engine.kernel, engine.constantTime]).toEqual([
      other.backend,
      other.kernel,
      other.constantTime,
    ])
    expect(engine.powerVartime(3n, 1_000n, 1_000_003n)).toBe(other.powerVartime(3n, 1_000n, 1_000_003n))
  },
)

it('binds curves that were not named too, and no subgroup', async () => {
  const engine = await createCurveEngine({ curves: [P256] })
  const group = engine.group(P384)
  expect(group.isMember(group.generator)).toBe(true)
  const refusal = expect.objectContaining({
    code: 'engine/options',
    message: expect.stringContaining('createEngine()') as string,
  }) as Error
  expect(() => engine.subgroup(L2048N256)).toThrow(refusal)
  expect(() => engine.group(L2048N256)).toThrow(refusal)
})

it('ends with its groups', async () => {
  const engine = await createCurveEngine({ curves: [P256] })
  const group = engine.curve(P256)
  engine.dispose()
  engine.dispose()
  const ended = expect.objectContaining({ code: 'engine/disposed' }) as Error
  expect(() => group.exponentiate(group.generator, scalar)).toThrow(ended)
  expect(() => engine.curve(P256)).toThrow(ended)
  expect(() => engine.powerVartime(3n, 5n, 7n)).toThrow(ended)
})

it.each([
  ['no curve', { curves: [] }],
  ['a backend that does not exist', { curves: [P256], backend: 'gpu' as 'wasm' }],
  ['a kernel of bigint', { curves: [P256], backend: 'bigint', kernel: 'simd' }],
] as const)('refuses %s', async (_, options) => {
  await expect(createCurveEngine(options)).rejects.toMatchObject({ code: 'engine/options' })
})

describe.each([
  ['has no WebAssembly', () => undefined],
  ['refuses to compile', () => ({ validate: () => true, compile: () => Promise.reject(new Error('policy')) })],
])('a platform that %s', (_, platform) => {
  it('gets bigint, or an error where WebAssembly is asked for', async () => {
    // A module that was compiled before would be taken.
    const { P521 } = await import('../../src/params/P521.js')
    vi.stubGlobal('WebAssembly', platform())
    const engine = await createCurveEngine({ curves: [P521] })
    expect([engine.backend, engine.kernel, engine.constantTime]).toEqual(['bigint', undefined, false])
    const unavailable = { code: 'engine/kernel-unavailable' }
    await expect(createCurveEngine({ curves: [P521], backend: 'wasm' })).rejects.toMatchObject(unavailable)
    await expect(createCurveEngine({ curves: [P521], kernel: 'simd' })).rejects.toMatchObject(unavailable)
  })
})
