import { readFile } from 'node:fs/promises'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { P256 } from '../../src/params/P256.js'
import type { CurveDescription, EngineOptions, KernelName, LoadKernelFile } from '../engine/engine.js'
import { EngineError } from '../errors.js'
import { createCurveEngine } from './create-curve-engine.js'
import { createEngine } from './create-engine.js'
import { kernels, supports } from './detect.js'
import { createEngine as createSlimEngine } from './slim-engine.js'

const folder = new URL('../../build/kernels/', import.meta.url)
const simd = Uint8Array.from(await readFile(new URL('simd.wasm', folder)))
const here = kernels.filter((kernel) => supports(kernel, true))

afterEach(() => vi.unstubAllGlobals())

type Asked = [kernels: readonly KernelName[], load: LoadKernelFile | undefined]

/** A curve that shows what it is asked to prepare, and says which kernel it has or why none. */
function curveWith(answer: KernelName | Error): CurveDescription & { readonly asked: Asked[] } {
  const asked: Asked[] = []
  const prepare = (names: readonly KernelName[], load?: LoadKernelFile): Promise<KernelName> => {
    asked.push([names, load])
    return typeof answer === 'string' ? Promise.resolve(answer) : Promise.reject(answer)
  }
  return { ...P256, asked, arithmetic: { ...P256.arithmetic, prepare } }
}

const options: [string, EngineOptions, (string | undefined)[]][] = [
  ['nothing', {}, ['wasm', here[0]]],
  ['auto', { backend: 'auto', kernel: 'auto' }, ['wasm', here[0]]],
  ['a backend', { backend: 'wasm' }, ['wasm', here[0]]],
  ['bigint', { backend: 'bigint' }, ['bigint', undefined]],
  ['a kernel', { kernel: 'scalar' }, ['wasm', 'scalar']],
  ['a backend and a kernel', { backend: 'wasm', kernel: 'simd' }, ['wasm', 'simd']],
]

it.each(options)('an engine for %s is that', async (_, given, expected) => {
  const engine = await createEngine(given)
  expect([engine.backend, engine.kernel]).toEqual(expected)
  const ofCurves = await createCurveEngine({ ...given, curves: [P256] })
  expect([ofCurves.backend, ofCurves.kernel]).toEqual(expected)
})

it('an engine without relaxed SIMD is the next one where flags may not be set', async () => {
  vi.stubGlobal('process', undefined)
  const validate = WebAssembly.validate.bind(WebAssembly)
  const isRelaxed = (octets: Uint8Array): boolean => Buffer.from(octets).includes(Buffer.of(0xfd, 0x87, 0x02))
  const names = Object.getOwnPropertyNames(WebAssembly) as (keyof typeof WebAssembly)[]
  vi.stubGlobal('WebAssembly', {
    ...Object.fromEntries(names.map((name) => [name, WebAssembly[name]])),
    validate: (octets: Uint8Array<ArrayBuffer>) => !isRelaxed(octets) && validate(octets),
  })
  for (const allowProcessFlags of [true, false]) {
    expect((await createEngine({ allowProcessFlags })).kernel).toBe('simd')
    expect((await createCurveEngine({ allowProcessFlags, curves: [P256] })).kernel).toBe('simd')
  }
})

describe.each([
  ['createEngine()', createEngine],
  ['createCurveEngine()', (given: EngineOptions) => createCurveEngine({ curves: [], ...given })],
])('%s and its curves', (_, create) => {
  it('prepares them for the kernels that this platform runs, from the fastest on', async () => {
    const curves = [curveWith(here[0]!), curveWith(here[0]!)]
    await create({ curves })
    for (const { asked } of curves) expect(asked).toEqual([[here, undefined]])
  })

  it('prepares them for the kernel that is named', async () => {
    const curve = curveWith('scalar')
    expect((await create({ kernel: 'scalar', curves: [curve] })).kernel).toBe('scalar')
    expect(curve.asked).toEqual([[['scalar'], undefined]])
  })

  it('lets them load from the source that the engine has', async () => {
    const curve = curveWith('simd')
    await create({ kernel: 'simd', wasm: { simd, 'P-256/simd': simd }, curves: [curve] })
    const [[names, load] = []] = curve.asked
    expect(names).toEqual(['simd'])
    await expect(load!({ path: 'P-256/simd', digest: 'other' })).rejects.toMatchObject({ code: 'engine/wasm-other' })
    expect(load!({ path: 'P-256/scalar', digest: '' })).toBeUndefined()
  })

  it('does not prepare them on bigint', async () => {
    const curve = curveWith('simd')
    expect((await create({ backend: 'bigint', curves: [curve] })).backend).toBe('bigint')
    expect(curve.asked).toEqual([])
  })

  it('is refused for a backend that does not exist, and for a kernel of bigint', async () => {
    const curves = [curveWith('simd')]
    for (const given of [{ backend: 'gpu' as 'wasm' }, { backend: 'bigint', kernel: 'simd' }] as const)
      await expect(create({ ...given, curves })).rejects.toMatchObject({ code: 'engine/options' })
  })

  const failed = new EngineError('engine/kernel-failed', 'computes wrongly')
  const mistake = new EngineError('engine/wasm-fetch', 'not found')
  it('is on bigint where they have no kernel, unless WebAssembly or a kernel is asked for', async () => {
    expect((await create({ curves: [curveWith('scalar'), curveWith(failed)] })).backend).toBe('bigint')
    expect((await create({ curves: [curveWith(new Error('policy'))] })).backend).toBe('bigint')
    await expect(create({ backend: 'wasm', curves: [curveWith(failed)] })).rejects.toBe(failed)
    await expect(create({ kernel: 'simd', curves: [curveWith(failed)] })).rejects.toBe(failed)
    await expect(create({ curves: [curveWith(mistake)] })).rejects.toBe(mistake)
  })
})

describe('createCurveEngine()', () => {
  it('uses kernels from the slowest of its curves on', async () => {
    const curves = [curveWith('simd'), curveWith('scalar'), curveWith('simd')]
    const engine = await createCurveEngine({ curves })
    expect([engine.kernel, engine.curve(P256).engine]).toEqual(['scalar', engine])
    expect((await createCurveEngine({ curves: [curveWith('simd')] })).kernel).toBe('simd')
  })

  it('says which kernel is unavailable, and why', async () => {
    const cause = new Error('policy')
    const attempt = (given: EngineOptions) => createCurveEngine({ ...given, curves: [curveWith(cause)] })
    const unavailable = (kernel: string): unknown => ({
      code: 'engine/kernel-unavailable',
      message: expect.stringContaining(`the ${kernel} kernel`) as unknown,
      cause,
    })
    await expect(attempt({ backend: 'wasm' })).rejects.toMatchObject(unavailable('scalar') as object)
    await expect(attempt({ kernel: 'simd' })).rejects.toMatchObject(unavailable('simd') as object)
    vi.stubGlobal('WebAssembly', undefined)
    const curve = curveWith('simd')
    await expect(createCurveEngine({ kernel: 'simd', curves: [curve] })).rejects.toMatchObject({
      code: 'engine/kernel-unavailable',
    })
    expect((await createCurveEngine({ curves: [curve] })).backend).toBe('bigint')
    expect(curve.asked).toEqual([])
  })
})

it('createEngine() is on bigint without WebAssembly, unless that or a kernel is asked for', async () => {
  vi.stubGlobal('WebAssembly', undefined)
  expect((await createEngine()).backend).toBe('bigint')
  const unavailable = { code: 'engine/kernel-unavailable' }
  await expect(createEngine({ backend: 'wasm' })).rejects.toMatchObject(unavailable)
  await expect(createEngine({ kernel: 'scalar' })).rejects.toMatchObject(unavailable)
})

it('the slim entry carries no kernels: without the option wasm it refuses, even where bigint would do', async () => {
  await expect(createSlimEngine({} as never)).rejects.toMatchObject({ code: 'engine/options' })
  expect((await createSlimEngine({ wasm: { simd } })).kernel).toBe('simd')
})
