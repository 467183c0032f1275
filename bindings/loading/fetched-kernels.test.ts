import { readFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { digests } from '../../build/kernels/digests.js'
import type { KernelAddress, KernelFile, KernelSources } from '../engine/engine.js'
import { compileFrom, loadFrom, offeredKernels, portable } from './kernel-source.js'
import { kernels } from './detect.js'

const folder = new URL('../../build/kernels/', import.meta.url)
const octets = Uint8Array.from(await readFile(new URL('scalar.wasm', folder)))
const file: KernelFile = { path: 'scalar', digest: digests.scalar }
const site = 'https://wallet.example/wasm/'

/** What is fetched, and what answers. */
let fetched: string[] = []
let answer: () => Promise<Response>
const wasmType = { 'content-type': 'application/wasm' }
beforeEach(() => {
  fetched = []
  answer = () => Promise.resolve(new Response(octets, { headers: wasmType }))
  vi.stubGlobal('fetch', (url: URL) => {
    fetched.push(url.href)
    return answer()
  })
})
afterEach(() => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

const load = (wasm: KernelAddress | KernelSources, of = file): Promise<WebAssembly.Module> | undefined =>
  loadFrom(wasm)(of)
const exportsOf = (module: WebAssembly.Module): number => WebAssembly.Module.exports(module).length
const names = exportsOf(await WebAssembly.compile(octets))

describe('the address of a kernel', () => {
  it.each<[string, KernelAddress | KernelSources, string]>([
    ['a folder', site, `${site}scalar.wasm`],
    ['a folder without a slash', 'https://wallet.example/wasm', `${site}scalar.wasm`],
    ['a URL of a folder', new URL(site), `${site}scalar.wasm`],
    ['a folder with a question', `${site}?v=1`, `${site}scalar.wasm`],
    ['a file', { scalar: `${site}other.wasm` }, `${site}other.wasm`],
    ['a URL of a file', { scalar: new URL(`${site}other.wasm?v=1`) }, `${site}other.wasm?v=1`],
  ])('is taken from %s', async (_, wasm, address) => {
    expect(exportsOf((await load(wasm))!)).toBe(names)
    expect(fetched).toEqual([address])
  })

  it('is relative to the page, else to the worker', async () => {
    vi.stubGlobal('location', { href: 'https://wallet.example/app/worker.js' })
    await load('wasm')
    vi.stubGlobal('document', { baseURI: 'https://wallet.example/base/' })
    await load('wasm/')
    await load({ scalar: '/scalar.wasm' })
    expect(fetched).toEqual([
      'https://wallet.example/app/wasm/scalar.wasm',
      'https://wallet.example/base/wasm/scalar.wasm',
      'https://wallet.example/scalar.wasm',
    ])
    expect(portable({ wasm: 'wasm/' })).toEqual({ wasm: 'https://wallet.example/base/wasm/' })
  })

  it('is refused if it is relative and the page has no address', async () => {
    expect(() => load('wasm/')).toThrow(expect.objectContaining({ code: 'engine/options' }))
    await expect(load({ scalar: 'scalar.wasm' })).rejects.toMatchObject({
      code: 'engine/options',
      cause: expect.any(TypeError) as unknown,
    })
  })

  it('is one of a file where the platform reads files, and is fetched where it does not', async () => {
    expect(exportsOf((await load(folder))!)).toBe(names)
    expect(fetched).toEqual([])
    vi.stubGlobal('process', { getBuiltinModule: () => undefined })
    expect(exportsOf((await load(folder))!)).toBe(names)
    vi.stubGlobal('process', {})
    await load(folder)
    vi.stubGlobal('process', undefined)
    await load(folder)
    expect(fetched).toEqual([1, 2, 3].map(() => new URL('scalar.wasm', folder).href))
  })
})

describe('octets', () => {
  it.each<[string, () => KernelSources[keyof KernelSources]]>([
    ['an array', () => octets],
    ['a buffer', () => octets.buffer],
    ['a view', () => new DataView(octets.buffer)],
    ['a part of larger memory', () => Uint8Array.from([1, 2, ...octets, 3]).subarray(2, -1)],
  ])('of %s are compiled', async (_, source) => {
    expect(exportsOf((await load({ scalar: source()! }))!)).toBe(names)
  })

  it('are refused where their digest is another', async () => {
    const other = octets.map((octet, i) => (i === 99 ? octet ^ 1 : octet))
    for (const scalar of [other, other.buffer, new Uint8Array(0)])
      await expect(load({ scalar })).rejects.toMatchObject({
        code: 'engine/wasm-other',
        message: expect.stringContaining('scalar') as unknown,
      })
    await expect(load({ scalar: octets }, { path: 'scalar', digest: digests.simd })).rejects.toMatchObject({
      code: 'engine/wasm-other',
    })
  })

  it('are not compared where they are a module already', async () => {
    const module = await WebAssembly.compile(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0))
    expect(await load({ scalar: module })).toBe(module)
  })
})

it('loads only the kernels that the source has', async () => {
  expect(load({ simd: octets })).toBeUndefined()
  expect(load({})).toBeUndefined()
  await expect(compileFrom({ simd: octets }, 'scalar')).rejects.toMatchObject({ code: 'engine/options' })
  expect(exportsOf(await compileFrom({ scalar: octets }, 'scalar'))).toBe(names)
  await expect(compileFrom({ simd: octets }, 'simd')).rejects.toMatchObject({ code: 'engine/wasm-other' })
})

it('a folder offers all kernels, else those that are given, in the order of their speed', () => {
  expect(offeredKernels(site, kernels)).toEqual(kernels)
  expect(offeredKernels(new URL(site), kernels)).toEqual(kernels)
  expect(offeredKernels({ scalar: octets, 'relaxed-fma': site }, kernels)).toEqual(['relaxed-fma', 'scalar'])
  expect(offeredKernels({ 'P-256/simd': octets }, kernels)).toEqual([])
})

describe('what a server answers', () => {
  const refusedWith = async (code: string, words: string, cause?: unknown): Promise<void> => {
    await expect(load(site)).rejects.toMatchObject({
      name: 'EngineError',
      code,
      message: expect.stringContaining(words) as unknown,
      ...(cause === undefined ? {} : { cause }),
    })
  }
  const respond = (body: BodyInit | null, init: ResponseInit = { headers: wasmType }): void => {
    answer = () => Promise.resolve(new Response(body, init))
  }

  it('is refused where it is no kernel of this version', async () => {
    const failed = new TypeError('failed to fetch')
    answer = () => Promise.reject(failed)
    await refusedWith('engine/wasm-fetch', `${site}scalar.wasm: the server cannot be reached`, failed)
    respond(octets, { status: 404, headers: wasmType })
    await refusedWith('engine/wasm-fetch', `${site}scalar.wasm: status 404`)
    respond(octets, { status: 500 })
    await refusedWith('engine/wasm-fetch', 'status 500')
    respond(octets, {})
    await refusedWith('engine/wasm-type', 'no type')
    respond(octets, { headers: { 'content-type': 'text/html' } })
    await refusedWith('engine/wasm-type', 'text/html')
    respond(new Uint8Array(8))
    await refusedWith('engine/wasm-other', 'scalar')
    respond(octets.subarray(0, 1000))
    await refusedWith('engine/wasm-other', 'scalar')
  })

  it('is refused where its transfer breaks off', async () => {
    const broken = new Error('broken')
    const stream = (): ReadableStream =>
      new ReadableStream({
        pull(controller) {
          controller.enqueue(octets.slice(0, 99))
          controller.error(broken)
        },
      })
    respond(stream())
    await refusedWith('engine/wasm-fetch', 'broke off')
    vi.spyOn(WebAssembly, 'compileStreaming').mockResolvedValue(await WebAssembly.compile(octets))
    respond(stream())
    await refusedWith('engine/wasm-fetch', 'broke off', broken)
  })

  it('is compiled while it arrives, once', async () => {
    const streaming = vi.spyOn(WebAssembly, 'compileStreaming')
    const whole = vi.spyOn(WebAssembly, 'compile')
    const module = (await load(site))!
    expect([streaming.mock.calls.length, whole.mock.calls.length]).toEqual([1, 0])
    expect(await streaming.mock.results[0]!.value).toBe(module)
  })

  /** This platform's WebAssembly, but for `compileStreaming`. */
  function stubStreaming(compileStreaming?: () => Promise<WebAssembly.Module>): void {
    const names = Object.getOwnPropertyNames(WebAssembly) as (keyof typeof WebAssembly)[]
    const others = names.filter((name) => name !== 'compileStreaming').map((name) => [name, WebAssembly[name]] as const)
    vi.stubGlobal('WebAssembly', { ...Object.fromEntries(others), ...(compileStreaming && { compileStreaming }) })
  }

  it('is compiled when it is there where the platform does not stream', async () => {
    stubStreaming()
    expect(exportsOf((await load(site))!)).toBe(names)
  })

  it('is refused for its octets first; else the error of the compiler is thrown', async () => {
    const refusal = new WebAssembly.CompileError('policy')
    stubStreaming(() => Promise.reject(refusal))
    await expect(load(site)).rejects.toBe(refusal)
    // The compiler's error is not left unhandled then, which would end a process of Node.
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    try {
      respond(new Uint8Array(8))
      await refusedWith('engine/wasm-other', 'scalar')
      await new Promise((resolve) => setTimeout(resolve, 0))
    } finally {
      process.off('unhandledRejection', unhandled)
    }
    expect(unhandled).not.toHaveBeenCalled()
  })
})

describe('options for another thread', () => {
  it('are the same, with addresses that are absolute', () => {
    const address = new URL(`${site}scalar.wasm`)
    const given = { kernel: 'simd', backend: 'wasm', allowProcessFlags: false } as const
    expect(portable(given)).toBe(given)
    expect(portable({ ...given, wasm: new URL(site) })).toEqual({ ...given, wasm: site })
    expect(portable({ ...given, wasm: { scalar: address, simd: octets, 'P-256/simd': site } })).toEqual({
      ...given,
      wasm: { scalar: address.href, simd: octets, 'P-256/simd': site },
    })
  })
})
