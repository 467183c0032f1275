import { readFile } from 'node:fs/promises'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { digests } from '../../build/kernels/P-256/digests.js'
import { P256 as data } from '../../src/params/curves/P256.js'
import { L2048N256 } from '../../src/params/L2048N256.js'
import { P256 } from '../../src/params/P256.js'
import { P384 } from '../../src/params/P384.js'
import { slimCurve } from '../../src/params/recommended-curve.js'
import { sendGroup } from '../../src/pool/wire/sent-group.js'
import { toFixedWidth } from '../octets/integers.js'
import type { CurveDescription, Element, Engine, EngineOptions, KernelSources, Scalar } from '../engine/engine.js'
import { createCurveEngine } from './create-curve-engine.js'
import { createEngine } from './create-engine.js'
import { kernels } from './detect.js'

afterEach(() => vi.unstubAllGlobals())

const scalar = toFixedWidth(0x1234_5678_9abc_def0_1234n ** 3n, 32) as Scalar
const power = (engine: Engine, curve: CurveDescription = P256): Element => {
  const group = engine.curve(curve)
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

describe('a curve whose kernels are files', () => {
  const folder = new URL('../../build/kernels/', import.meta.url)
  const octetsOf = async (kernel: string): Promise<Uint8Array<ArrayBuffer>> =>
    Uint8Array.from(await readFile(new URL(`P-256/${kernel}.wasm`, folder)))
  /** One that has loaded nothing yet. */
  const slim = (): CurveDescription => slimCurve(data, digests)

  it.each(kernels)('computes the same with %s from a folder, an address, octets or a module', async (kernel) => {
    const expected = power(await createEngine())
    const path = `P-256/${kernel}` as const
    const octets = await octetsOf(kernel)
    const sources: (URL | KernelSources)[] = [
      folder,
      { [path]: new URL(`${path}.wasm`, folder) },
      { [path]: octets },
      { [path]: await WebAssembly.compile(octets) },
    ]
    for (const wasm of sources) {
      const curve = slim()
      const engine = await createCurveEngine({ kernel, wasm, curves: [curve] })
      expect([engine.kernel, power(engine, curve)]).toEqual([kernel, expected])
    }
    const curve = slim()
    expect(power(await createEngine({ kernel, wasm: folder, curves: [curve] }), curve)).toEqual(expected)
  })

  it('takes the fastest kernel that is there', async () => {
    const curve = slim()
    const wasm = { 'P-256/scalar': await octetsOf('scalar') }
    const engine = await createCurveEngine({ wasm, curves: [curve] })
    expect([engine.kernel, power(engine, curve)]).toEqual(['scalar', power(await createEngine())])
  })

  it('takes none that only another engine was given', async () => {
    const curve = slim()
    await createCurveEngine({ wasm: folder, curves: [curve] })
    const engine = await createCurveEngine({ wasm: { 'P-256/simd': await octetsOf('simd') }, curves: [curve] })
    expect(engine.kernel).toBe('simd')
  })

  it('takes the next kernel, if one computes wrongly', async () => {
    const curve = slim()
    // A core that passes for another: it computes in another form.
    const wasm = {
      'P-256/relaxed-fma': await WebAssembly.compile(
        Uint8Array.from(await readFile(new URL('P-384/simd.wasm', folder))),
      ),
      'P-256/simd': await octetsOf('simd'),
    }
    const engine = await createCurveEngine({ wasm, curves: [curve] })
    expect([engine.kernel, power(engine, curve)]).toEqual(['simd', power(await createEngine())])
  })

  it('needs none on bigint', async () => {
    const curve = slim()
    const engine = await createCurveEngine({ backend: 'bigint', curves: [curve] })
    expect(power(engine, curve)).toEqual(power(await createEngine()))
  })

  it.each<[string, KernelSources | URL | undefined, string]>([
    ['without the option wasm', undefined, 'engine/options'],
    ['with kernels of subgroups only', { simd: folder }, 'engine/options'],
    ['with a folder that is not there', new URL('file:///nowhere/'), 'engine/wasm-fetch'],
    ['with the kernel of another curve', { 'P-256/simd': new URL('P-384/simd.wasm', folder) }, 'engine/wasm-other'],
  ])('is refused %s', async (_, wasm, code) => {
    await expect(createCurveEngine({ wasm, curves: [slim()] })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(/P-256/) as string,
    })
  })

  it('with one bit flipped is refused', async () => {
    const octets = await octetsOf('simd')
    octets[octets.length >> 1]! ^= 1
    const attempt = createCurveEngine({ wasm: { 'P-256/simd': octets }, curves: [slim()] })
    await expect(attempt).rejects.toMatchObject({ code: 'engine/wasm-other' })
  })

  it('says what to do, if it was not named or goes to a pool', async () => {
    const refusal = expect.objectContaining({
      code: 'engine/options',
      message: expect.stringContaining("in the engine's options wasm and curves") as string,
    }) as Error
    const engine = await createEngine({ backend: 'wasm' })
    expect(() => engine.curve(slim())).toThrow(refusal)
    expect(() => sendGroup(slim(), 'simd')).toThrow(refusal)
  })
})
