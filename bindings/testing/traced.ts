import binaryen from 'binaryen'
import { readFileSync } from 'node:fs'
import { Core, type CommonExports, type CoreExports } from '../core/core.js'
import type { CurveExports } from '../curve/curve-core.js'
import type { CurveName } from './curve-cores.js'
import type { KernelName } from '../engine/engine.js'
import { loadInlinedKernel } from '../loading/inlined-kernels.js'

/** What an operation did, without what it computed with: every block of code that it entered and every address that it read or wrote. */
export interface Trace {
  readonly events: number
  /** FNV-1a over the events. */
  readonly digest: number
}

export interface TracedCore<Exports extends CommonExports = CoreExports> {
  readonly core: Core<Exports>
  /** Runs an operation and traces it. */
  readonly trace: (operation: () => unknown) => Trace
}

/** The loads into lanes of vectors, which Binaryen does not instrument, and the same with an ordinary load. */
const broadcasts = {
  'v128.load64_zero': ['i64x2.replace_lane 0 (v128.const i64x2 0 0)', 'i64.load'],
  'v128.load64_splat': ['i64x2.splat', 'i64.load'],
  'v128.load32_splat': ['i32x4.splat', 'i32.load'],
}

/** The kernel of subgroups as it ships, instrumented; see `traceModule`. */
export function traceKernel(kernel: KernelName): Promise<TracedCore> {
  return traceModule<CoreExports>(kernel, `${kernel}.wasm`)
}

/** The kernel of a curve as it ships, instrumented. */
export function traceCurve(curve: CurveName, kernel: KernelName): Promise<TracedCore<CurveExports>> {
  return traceModule<CurveExports>(kernel, `${curve}/${kernel}.wasm`)
}

/**
 * A kernel, instrumented by Binaryen to report every function, branch and loop that it enters, and every address of its loads and stores;
 * `memory.copy`, `memory.fill` and stores of single lanes are not reported.
 */
async function traceModule<Exports extends CommonExports>(
  kernel: KernelName,
  file: string,
): Promise<TracedCore<Exports>> {
  // On Node 20 this makes relaxed SIMD available.
  await loadInlinedKernel(kernel)
  const shipped = binaryen.readBinary(readFileSync(new URL(`../../build/kernels/${file}`, import.meta.url)))
  const module = binaryen.parseText(splitBroadcasts(shipped.emitText()))
  module.setFeatures(binaryen.Features.All)
  module.runPasses(['instrument-memory', 'log-execution'])
  let [events, digest] = [0, 0]
  const record = (value: number): void => {
    events++
    digest = Math.imul(digest ^ value, 0x01000193)
  }
  const recordAddress = (id: number, _bytes: number, offset: number, address: number): number => {
    record(id)
    record(offset + address)
    return address
  }
  const pass = (_id: number, value: unknown): unknown => value
  const compiled = new WebAssembly.Module(module.emitBinary() as Uint8Array<ArrayBuffer>)
  const names = WebAssembly.Module.imports(compiled).map(({ name }) => name)
  const imports = Object.fromEntries(names.map((name): [string, WebAssembly.ImportValue] => [name, pass]))
  const env = { ...imports, load_ptr: recordAddress, store_ptr: recordAddress, log_execution: record }
  const instance = new WebAssembly.Instance(compiled, { env })
  return {
    core: new Core(kernel, instance.exports as unknown as Exports),
    trace: (operation) => {
      ;[events, digest] = [0, 0x811c9dc5 | 0]
      operation()
      return { events, digest }
    },
  }
}

/** The relaxed-FMA kernel as an engine may run it that does not fuse: `relaxed_madd` rounds the product before it adds. */
export function unfusedKernel(): Core {
  return new Core('relaxed-fma', unfused('relaxed-fma.wasm') as CoreExports)
}

/** The same of a curve. */
export function unfusedCurve(curve: CurveName): Core<CurveExports> {
  return new Core('relaxed-fma', unfused(`${curve}/relaxed-fma.wasm`) as CurveExports)
}

function unfused(file: string): unknown {
  const shipped = binaryen.readBinary(readFileSync(new URL(`../../build/kernels/${file}`, import.meta.url)))
  let unfused = shipped.emitText()
  for (const [instruction, product] of [
    ['f64x2.relaxed_madd', 'f64x2.mul'],
    ['f64x2.relaxed_nmadd', 'f64x2.neg (f64x2.mul'],
  ] as const) {
    const closing = product.includes('(') ? ')' : ''
    unfused = rewrite(unfused, instruction, (operands) => {
      const [x, y, z] = [operands.next(), operands.next(), operands.next()]
      return `(f64x2.add (${product} ${x} ${y})${closing} ${z})`
    })
  }
  const module = binaryen.parseText(unfused)
  module.setFeatures(binaryen.Features.All)
  const compiled = new WebAssembly.Module(module.emitBinary() as Uint8Array<ArrayBuffer>)
  return new WebAssembly.Instance(compiled).exports
}

/** Replaces `(load_splat offset p)` by `(splat (load offset p))`. */
function splitBroadcasts(text: string): string {
  for (const [joined, [splat, load]] of Object.entries(broadcasts)) {
    text = rewrite(text, joined, (operands) => `(${splat} (${load} ${operands.rest()}))`)
  }
  return text
}

/** The operands of an instruction in folded text form. */
class Operands {
  #at = 0

  constructor(private readonly text: string) {}

  /** The next operand in parentheses. */
  next(): string {
    const start = this.text.indexOf('(', this.#at)
    this.#at = closingOf(this.text, start)
    return this.text.slice(start, this.#at)
  }

  rest(): string {
    return this.text.slice(this.#at)
  }
}

/** Rewrites every instruction of a name, the outermost first, until none is left. */
function rewrite(text: string, name: string, replace: (operands: Operands) => string): string {
  for (let start = text.indexOf(`(${name}`); start >= 0; start = text.indexOf(`(${name}`, start)) {
    const end = closingOf(text, start)
    const operands = new Operands(text.slice(start + 1 + name.length, end - 1))
    text = text.slice(0, start) + replace(operands) + text.slice(end)
  }
  return text
}

/** Where the parenthesis that opens at `start` has been closed. */
function closingOf(text: string, start: number): number {
  let [depth, end] = [0, start]
  do {
    if (text[end] === '(') depth++
    if (text[end] === ')') depth--
    end++
  } while (depth > 0)
  return end
}
