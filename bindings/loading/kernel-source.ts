import { sha256 } from '@noble/hashes/sha2.js'
import { digests } from '../../build/kernels/digests.js'
import { toHex } from '../octets/integers.js'
import type {
  EngineOptions,
  KernelAddress,
  KernelFile,
  KernelName,
  KernelSource,
  KernelSources,
  LoadKernelFile,
} from '../engine/engine.js'
import { EngineError } from '../errors.js'

/** The part of Node's `process` that reads files, since Node's `fetch` cannot. */
interface NodeProcess {
  getBuiltinModule?(name: 'node:fs/promises'): { readFile(path: URL): Promise<Uint8Array<ArrayBuffer>> } | undefined
}

/** The kernels of subgroups that the given source has. */
export function offeredKernels(wasm: KernelAddress | KernelSources, all: readonly KernelName[]): KernelName[] {
  return isAddress(wasm) ? [...all] : all.filter((kernel) => wasm[kernel] !== undefined)
}

/** Loads kernels of subgroups from the given source, as `loadFrom()` does. */
export async function compileFrom(
  wasm: KernelAddress | KernelSources,
  kernel: KernelName,
): Promise<WebAssembly.Module> {
  const module = loadFrom(wasm)({ path: kernel, digest: digests[kernel] })
  if (module === undefined) throw new EngineError('engine/options', `the ${kernel} kernel was not given`)
  return module
}

/**
 * Loads kernels from the given source. The result throws `EngineError`: `engine/wasm-fetch`, `engine/wasm-type`,
 * `engine/wasm-other` if the source does not have the kernel, and what the compiler throws if this platform refuses it.
 */
export function loadFrom(wasm: KernelAddress | KernelSources): LoadKernelFile {
  return (file) => {
    const source = isAddress(wasm) ? inFolder(wasm, file.path) : wasm[file.path as KernelName]
    return source === undefined ? undefined : compileSource(source, file)
  }
}

async function compileSource(source: KernelSource, file: KernelFile): Promise<WebAssembly.Module> {
  if (isAddress(source)) return compileAt(absolute(source), file)
  if (source instanceof WebAssembly.Module) return source
  return compileBytes(source, file)
}

/** The same options for another thread: addresses are absolute strings, since URL objects cannot be cloned. */
export function portable(options: EngineOptions): EngineOptions {
  const { wasm } = options
  if (wasm === undefined) return options
  const text = (address: KernelAddress): string => absolute(address).href
  if (isAddress(wasm)) return { ...options, wasm: text(wasm) }
  const entries = Object.entries(wasm) as [KernelName, KernelSource][]
  return {
    ...options,
    wasm: Object.fromEntries(entries.map(([kernel, source]) => [kernel, isAddress(source) ? text(source) : source])),
  }
}

function isAddress(value: unknown): value is KernelAddress {
  return typeof value === 'string' || value instanceof URL
}

function inFolder(folder: KernelAddress, path: string): URL {
  const base = absolute(folder)
  if (!base.pathname.endsWith('/')) base.pathname += '/'
  return new URL(`${path}.wasm`, base)
}

function absolute(address: KernelAddress): URL {
  const { document, location } = globalThis as { document?: { baseURI: string }; location?: { href: string } }
  try {
    return new URL(address, document?.baseURI ?? location?.href)
  } catch (cause) {
    throw new EngineError('engine/options', `cannot resolve the relative address ${String(address)} here`, { cause })
  }
}

async function compileAt(url: URL, file: KernelFile): Promise<WebAssembly.Module> {
  const { process } = globalThis as { process?: NodeProcess }
  const files = url.protocol === 'file:' ? process?.getBuiltinModule?.('node:fs/promises') : undefined
  if (files !== undefined) {
    return compileBytes(
      await files.readFile(url).catch((cause: unknown) => notFetched(url, 'no such file', cause)),
      file,
    )
  }
  const response = await fetch(url).catch((cause: unknown) => notFetched(url, 'the server cannot be reached', cause))
  if (!response.ok) notFetched(url, `status ${response.status}`)
  const type = response.headers.get('content-type') ?? 'no type'
  if (type !== 'application/wasm') {
    throw new EngineError('engine/wasm-type', `${url.href} is served as ${type}; it must be application/wasm`)
  }
  const streaming = 'compileStreaming' in WebAssembly ? WebAssembly.compileStreaming(response.clone()) : undefined
  // An error about the octets takes precedence over others.
  streaming?.catch(() => undefined)
  const bytes = await response.arrayBuffer().catch((cause: unknown) => notFetched(url, 'the transfer broke off', cause))
  const octets = checked(bytes, file)
  return streaming ?? WebAssembly.compile(octets)
}

function compileBytes(bytes: BufferSource, file: KernelFile): Promise<WebAssembly.Module> {
  return WebAssembly.compile(checked(bytes, file))
}

/** The octets of a kernel, in the one form that every platform compiles: V8 of Node 20 takes no `DataView`. */
function checked(bytes: BufferSource, { path, digest }: KernelFile): Uint8Array<ArrayBuffer> {
  const octets = ArrayBuffer.isView(bytes)
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : new Uint8Array(bytes)
  if (toHex(sha256(octets)) !== digest) throw notTheKernel(path)
  return octets
}

/** The given octets or module are not the kernel. */
export function notTheKernel(kernel: string, cause?: unknown): EngineError {
  return new EngineError('engine/wasm-other', `the file or module is not the ${kernel} kernel of this version`, {
    cause,
  })
}

function notFetched(url: URL, reason: string, cause?: unknown): never {
  throw new EngineError('engine/wasm-fetch', `cannot load ${url.href}: ${reason}`, { cause })
}
