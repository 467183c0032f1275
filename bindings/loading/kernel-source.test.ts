import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { kernels } from './detect.js'
import { type Engine, type EngineOptions, type KernelName } from '../engine/engine.js'
import { portable } from './kernel-source.js'
import { createEngine as createSlimEngine, type SlimEngineOptions } from './slim-engine.js'
import { customGroups } from '../testing/groups.js'
import { createEngine } from './create-engine.js'

const folder = new URL('../../build/kernels/', import.meta.url)
const octetsOf = async (kernel: KernelName): Promise<Uint8Array<ArrayBuffer>> =>
  Uint8Array.from(await readFile(new URL(`${kernel}.wasm`, folder)))

const group = customGroups['1024/160 high']!

/** Shows that an engine computes: what it says it is, if g^q = 1 there. */
function identify(engine: Engine): string | undefined {
  const bound = engine.subgroup(group, { allowLegacy: true })
  return bound.isMember(bound.generator) ? engine.kernel : 'wrong'
}

const codeOf = async (options: EngineOptions): Promise<unknown> =>
  createEngine(options).then(
    (engine) => `${engine.backend} instead of an error`,
    (error: unknown) => (error as { code?: unknown }).code,
  )

let server: Server
let site: string
const requests: string[] = []
beforeAll(async () => {
  const types: Record<string, string> = { 'as-html': 'text/html', 'with-charset': 'application/wasm; charset=utf-8' }
  server = createServer((request, response) => {
    const [, place, file] = request.url!.split('/')
    requests.push(request.url!)
    if (place === 'nowhere') return void response.writeHead(404).end()
    if (place === 'broken') {
      response.writeHead(200, { 'content-type': 'application/wasm', 'content-length': '10000' }).write('x')
      return void setTimeout(() => response.destroy(), 20)
    }
    response.setHeader('content-type', types[place!] ?? 'application/wasm')
    const name = place === 'mixed-up' ? 'scalar.wasm' : file!
    void readFile(new URL(name, folder)).then((octets) => {
      if (place === 'tampered') octets[octets.length >> 1]! ^= 1
      response.end(octets)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  site = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
})
afterAll(() => void server.close())
afterEach(() => {
  vi.unstubAllGlobals()
  requests.length = 0
})

describe.each(kernels)('the kernel %s', (kernel) => {
  it.each<[string, () => unknown]>([
    ['a folder', () => folder],
    ['a folder as text, without a slash at its end', () => folder.href.slice(0, -1)],
    ['a folder of a server', () => `${site}x`],
    ['a file', () => ({ [kernel]: new URL(`${kernel}.wasm`, folder) })],
    ['a file of a server', () => ({ [kernel]: `${site}x/${kernel}.wasm?v=1` })],
    ['octets', async () => ({ [kernel]: await octetsOf(kernel) })],
    ['a buffer', async () => ({ [kernel]: (await octetsOf(kernel)).buffer })],
    ['a module', async () => ({ [kernel]: await WebAssembly.compile(await octetsOf(kernel)) })],
  ])('is had from %s', async (_, source) => {
    const wasm = (await source()) as NonNullable<EngineOptions['wasm']>
    expect(identify(await createEngine({ backend: 'wasm', kernel, wasm }))).toBe(kernel)
    expect(identify(await createSlimEngine({ backend: 'wasm', kernel, wasm }))).toBe(kernel)
  })
})

it('only the kernel that is used is fetched', async () => {
  const engine = await createEngine({ wasm: `${site}x/` })
  expect(requests).toEqual([`/x/${engine.kernel!}.wasm`])
})

it('kernels that are not given are not used', async () => {
  expect((await createEngine({ wasm: { scalar: folder.href + 'scalar.wasm' } })).kernel).toBe('scalar')
  expect(await codeOf({ kernel: 'simd', wasm: { scalar: folder.href + 'scalar.wasm' } })).toBe('engine/options')
  expect(await codeOf({ wasm: {} })).toBe('engine/options')
})

it('a platform without streaming compiles all the same', async () => {
  vi.stubGlobal('WebAssembly', { ...wasmWithout('compileStreaming') })
  expect((await createEngine({ kernel: 'simd', wasm: `${site}x/` })).kernel).toBe('simd')
})

function wasmWithout(name: string): Record<string, unknown> {
  const names = Object.getOwnPropertyNames(WebAssembly).filter((other) => other !== name)
  return Object.fromEntries(names.map((other) => [other, WebAssembly[other as keyof typeof WebAssembly]]))
}

describe('what cannot be the kernel is told, and no other backend taken instead:', () => {
  it.each([
    ['a wrong address', 'nowhere/', 'engine/wasm-fetch', 'status 404'],
    ['a transfer that breaks off', 'broken/', 'engine/wasm-fetch', 'broke off'],
    ['a wrong type', 'as-html/', 'engine/wasm-type', 'served as text/html'],
    ['a type with a parameter, which no engine streams', 'with-charset/', 'engine/wasm-type', 'charset'],
    ['another kernel', 'mixed-up/', 'engine/wasm-other', 'not the simd kernel'],
    ['one bit flipped', 'tampered/', 'engine/wasm-other', 'not the simd kernel'],
  ])('%s', async (_, path, code, words) => {
    const attempt = createEngine({ wasm: { simd: `${site}${path}simd.wasm` } })
    await expect(attempt).rejects.toMatchObject({
      name: 'EngineError',
      code,
      message: expect.stringContaining(words) as string,
    })
  })

  it('a server that is not there', async () => {
    expect(await codeOf({ wasm: 'http://127.0.0.1:9/' })).toBe('engine/wasm-fetch')
  })

  it('a file that is not there', async () => {
    expect(await codeOf({ wasm: new URL('file:///nowhere/') })).toBe('engine/wasm-fetch')
  })

  it('an address relative to nothing', async () => {
    expect(await codeOf({ wasm: './kernels/' })).toBe('engine/options')
  })

  it('octets of another kernel, or with one bit flipped', async () => {
    const octets = await octetsOf('simd')
    expect(await codeOf({ wasm: { scalar: octets } })).toBe('engine/wasm-other')
    octets[octets.length >> 1]! ^= 1
    expect(await codeOf({ wasm: { simd: octets } })).toBe('engine/wasm-other')
  })

  it('a module that is no kernel', async () => {
    const empty = await WebAssembly.compile(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0))
    expect(await codeOf({ wasm: { simd: empty } })).toBe('engine/wasm-other')
  })

  it('no kernel at all, where none is carried', async () => {
    await expect(createSlimEngine({} as SlimEngineOptions)).rejects.toMatchObject({ code: 'engine/options' })
  })
})

it('a platform that does not know the instructions is told from a wrong kernel', async () => {
  vi.stubGlobal('WebAssembly', { ...wasmWithout('validate'), validate: () => false })
  expect(await codeOf({ kernel: 'simd', wasm: folder })).toBe('engine/kernel-unavailable')
  expect((await createEngine({ wasm: folder })).kernel).toBe('scalar')
})

describe('options for another thread', () => {
  it('have whole addresses, relative to this page or worker', () => {
    vi.stubGlobal('location', { href: 'https://example.org/app/worker.js' })
    const module = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0))
    expect(portable({ wasm: 'kernels/' })).toEqual({ wasm: 'https://example.org/app/kernels/' })
    expect(portable({ kernel: 'simd', wasm: { simd: '/s.wasm', scalar: module } })).toEqual({
      kernel: 'simd',
      wasm: { simd: 'https://example.org/s.wasm', scalar: module },
    })
    expect(portable({ backend: 'wasm' })).toEqual({ backend: 'wasm' })
  })

  it('can be cloned', () => {
    expect(structuredClone(portable({ wasm: folder }))).toEqual({ wasm: folder.href })
  })
})
