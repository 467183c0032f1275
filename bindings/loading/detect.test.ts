import { afterEach, describe, expect, it, vi } from 'vitest'
import { Core, type CoreExports } from '../core/core.js'
import type { KernelName } from '../engine/engine.js'
import { EngineError, InvalidInputError } from '../errors.js'
import {
  checkBackend,
  computesRightly,
  isMistake,
  kernels,
  loadFirst,
  loadKernel,
  supports,
  unavailable,
} from './detect.js'
import { compileInlined, loadInlinedKernel } from './inlined-kernels.js'
import { unfusedKernel } from '../testing/traced.js'

afterEach(() => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

const code = (expected: string): unknown => expect.objectContaining({ code: expected })
const empty = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)
const core = await loadInlinedKernel('simd')

describe('the first kernel that loads', () => {
  const failing = (...failures: Error[]) => {
    const asked: KernelName[] = []
    const load = (kernel: KernelName): Promise<Core> => {
      asked.push(kernel)
      const failure = failures[asked.length - 1]
      return failure === undefined ? Promise.resolve(core) : Promise.reject(failure)
    }
    return { asked, load }
  }

  it('is taken, the fastest first', async () => {
    const { asked, load } = failing(new Error('no'), unavailable('simd'))
    expect(await loadFirst(kernels, load)).toBe(core)
    expect(asked).toEqual(['relaxed-fma', 'simd', 'scalar'])
    const first = failing()
    await loadFirst(kernels, first.load)
    expect(first.asked).toEqual(['relaxed-fma'])
  })

  it('throws the error of the last kernel if none loads', async () => {
    const last = unavailable('scalar')
    await expect(loadFirst(kernels, failing(new Error('no'), new Error('no'), last).load)).rejects.toBe(last)
  })

  it('is not looked for after a mistake of the caller', async () => {
    const mistake = new EngineError('engine/wasm-fetch', 'not found')
    const { asked, load } = failing(mistake)
    await expect(loadFirst(kernels, load)).rejects.toBe(mistake)
    expect(asked).toEqual(['relaxed-fma'])
  })
})

it('tells mistakes of the caller from what the platform lacks', () => {
  const of = (name: string): boolean => isMistake(new EngineError(name, ''))
  expect(['engine/options', 'engine/wasm-fetch', 'engine/wasm-type', 'engine/wasm-other'].map(of)).toEqual([
    true,
    true,
    true,
    true,
  ])
  const others = ['engine/kernel-failed', 'engine/kernel-unavailable', 'engine/options-of', 'other/engine/options']
  expect(others.map(of)).toEqual([false, false, false, false])
  expect([isMistake(new InvalidInputError('engine/options', '')), isMistake(undefined)]).toEqual([false, false])
})

it('refuses a backend that does not exist, and a kernel of bigint', () => {
  for (const backend of ['auto', 'wasm', 'bigint'] as const) checkBackend(backend, 'auto')
  for (const kernel of kernels) checkBackend('wasm', kernel)
  expect(() => checkBackend('gpu' as 'wasm', 'auto')).toThrow(code('engine/options'))
  expect(() => checkBackend('bigint', 'simd')).toThrow(code('engine/options'))
})

describe('the instructions of a kernel', () => {
  /** A platform that knows some instructions: those of which a module holds these octets. */
  function platform(knows: (octets: Uint8Array) => boolean) {
    const asked: Uint8Array[] = []
    vi.stubGlobal('WebAssembly', {
      validate: (octets: Uint8Array) => {
        asked.push(octets)
        return knows(octets)
      },
    })
    return asked
  }
  /** What Node has to set flags with. */
  function node(version: string | undefined, isThere = true): string[] {
    const flags: string[] = []
    const v8 = { setFlagsFromString: (flag: string) => void flags.push(flag) }
    vi.stubGlobal('process', {
      versions: { node: version },
      getBuiltinModule: (name: string) => (isThere && name === 'node:v8' ? v8 : undefined),
    })
    return flags
  }

  it('are asked for by modules that are valid where they are known', () => {
    const asked = platform(() => false)
    expect(kernels.map((kernel) => supports(kernel, false))).toEqual([false, false, true])
    vi.unstubAllGlobals()
    expect(asked).toHaveLength(2)
    const [relaxed, simd] = asked
    expect(WebAssembly.validate(simd as Uint8Array<ArrayBuffer>)).toBe(true)
    // f64x2.relaxed_madd is 0x87 0x02 behind the prefix of vectors.
    expect(Buffer.from(relaxed!).includes(Buffer.of(0xfd, 0x87, 0x02))).toBe(true)
    expect(Buffer.from(simd!).includes(Buffer.of(0xfd, 0x87, 0x02))).toBe(false)
  })

  it('are supported where all modules are valid, and none is where there is no WebAssembly', () => {
    platform(() => true)
    expect(kernels.map((kernel) => supports(kernel, false))).toEqual([true, true, true])
    expect(supports('other' as 'simd', true)).toBe(false)
    vi.stubGlobal('WebAssembly', undefined)
    expect(kernels.map((kernel) => supports(kernel, true))).toEqual([false, false, false])
  })

  it('of relaxed SIMD are behind a flag on Node 20, which is set where that is allowed', () => {
    const flags = node('20.19.0')
    const asked = platform(() => flags.length > 0)
    expect(supports('relaxed-fma', false)).toBe(false)
    expect(flags).toEqual([])
    expect(supports('simd', true)).toBe(false)
    expect(flags).toEqual([])
    expect(supports('relaxed-fma', true)).toBe(true)
    expect(flags).toEqual(['--experimental-wasm-relaxed-simd'])
    expect(asked).toHaveLength(4)
  })

  it.each(['22.1.0', '120.1.0', undefined])('have no flag on version %s', (version) => {
    const flags = node(version)
    platform(() => false)
    expect(supports('relaxed-fma', true)).toBe(false)
    expect(flags).toEqual([])
  })

  it('are not supported where no flag can be set', () => {
    node('20.19.0', false)
    platform(() => false)
    expect(supports('relaxed-fma', true)).toBe(false)
    vi.stubGlobal('process', { versions: { node: '20.19.0' } })
    expect(supports('relaxed-fma', true)).toBe(false)
    vi.stubGlobal('process', {})
    expect(supports('relaxed-fma', true)).toBe(false)
    vi.stubGlobal('process', undefined)
    expect(supports('relaxed-fma', true)).toBe(false)
  })
})

describe('a kernel', () => {
  it('is loaded as a core of its own', async () => {
    const loaded = await loadKernel('scalar', compileInlined, true)
    expect([loaded.kernel, loaded.allocatedBytes, computesRightly(loaded)]).toEqual(['scalar', 0, true])
    expect(await loadInlinedKernel('scalar')).not.toBe(loaded)
  })

  it('is compiled once', async () => {
    const first = await compileInlined('scalar')
    const compile = vi.spyOn(WebAssembly, 'compile')
    expect(await compileInlined('scalar')).toBe(first)
    expect(compile).not.toHaveBeenCalled()
  })

  it('is not compiled where its instructions are not supported', async () => {
    vi.stubGlobal('WebAssembly', undefined)
    const compile = vi.fn(compileInlined)
    await expect(loadKernel('scalar', compile, true)).rejects.toMatchObject({ code: 'engine/kernel-unavailable' })
    expect(compile).not.toHaveBeenCalled()
  })

  it('is unavailable where it is not compiled, unless the compiler has another reason', async () => {
    const cause = new Error('policy')
    const attempt = loadKernel('scalar', () => Promise.reject(cause), true)
    await expect(attempt).rejects.toMatchObject({ name: 'EngineError', code: 'engine/kernel-unavailable', cause })
    const reason = new EngineError('engine/wasm-fetch', 'not found')
    await expect(loadKernel('scalar', () => Promise.reject(reason), true)).rejects.toBe(reason)
  })

  it('is no kernel where it lacks its functions', async () => {
    const attempt = loadKernel('scalar', () => WebAssembly.compile(empty), true)
    await expect(attempt).rejects.toMatchObject({ code: 'engine/wasm-other', cause: expect.any(TypeError) as unknown })
  })

  it('is not used where it computes wrongly', async () => {
    const exports = { ...core.exports, multiply: () => undefined }
    vi.spyOn(WebAssembly, 'instantiate').mockResolvedValue({ exports })
    await expect(loadKernel('scalar', compileInlined, true)).rejects.toMatchObject({ code: 'engine/kernel-failed' })
  })
})

describe('the self-test of a kernel', () => {
  it('passes, and leaves no memory behind', () => {
    const before = core.allocatedBytes
    expect(computesRightly(core)).toBe(true)
    expect(core.allocatedBytes).toBe(before)
  })

  it.each(['multiply', 'square'] as const)('fails where one of ten results of %s is wrong', (name) => {
    for (let wrong = 0; wrong < 10; wrong++) {
      let calls = 0
      const exports: CoreExports = {
        ...core.exports,
        [name]: (...operands: [number, number, number, number]) => {
          core.exports[name](...operands)
          // One is added to the limbs of the result.
          if (calls++ === wrong) core.octets[operands[1]]! ^= 1
        },
      }
      expect(computesRightly(new Core('simd', exports)), String(wrong)).toBe(false)
      expect(calls).toBeGreaterThan(wrong)
    }
  })

  it('fails where relaxed_madd is not fused', () => {
    expect(computesRightly(unfusedKernel())).toBe(false)
  })
})
