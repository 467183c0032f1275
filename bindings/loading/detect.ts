import { toBigint, toFixedWidth } from '../octets/integers.js'
import { itemAt } from '../octets/lists.js'
import { Core, type CoreExports } from '../core/core.js'
import type { BackendName, KernelName } from '../engine/engine.js'
import { EngineError } from '../errors.js'
import { notTheKernel } from './kernel-source.js'
import { WasmModulus } from '../subgroup/wasm-modulus.js'

/** Kernels in the order of their speed. */
export const kernels = ['relaxed-fma', 'simd', 'scalar'] as const satisfies readonly KernelName[]

/** Compiles a kernel from its source. */
export type CompileKernel = (kernel: KernelName) => Promise<WebAssembly.Module>

/**
 * Modules that show which instructions an engine supports: functions without parameters that return a vector. `simd` splats a
 * zero; `relaxed-fma` does so three times and calls `f64x2.relaxed_madd`.
 */
const probes: Readonly<Partial<Record<KernelName, readonly number[]>>> = {
  'relaxed-fma': [0x41, 0, 0xfd, 0x0f, 0x41, 0, 0xfd, 0x0f, 0x41, 0, 0xfd, 0x0f, 0xfd, 0x87, 0x02],
  simd: [0x41, 0, 0xfd, 0x0f],
}

/**
 * The first of some kernels that loads. Throws the error of the last one, or at once an error that shows a mistake of the
 * caller.
 */
export async function loadFirst(
  candidates: readonly KernelName[],
  load: (kernel: KernelName) => Promise<Core>,
): Promise<Core> {
  let failure: unknown
  for (const candidate of candidates) {
    try {
      return await load(candidate)
    } catch (error) {
      if (isMistake(error)) throw error
      failure = error
    }
  }
  throw failure
}

/** Whether an error shows a mistake of the caller, which a fallback must not hide. */
export function isMistake(error: unknown): boolean {
  return error instanceof EngineError && /^engine\/(options$|wasm-)/.test(error.code)
}

/**
 * Compiles, instantiates and tests a kernel, if this platform supports its instructions. Throws `EngineError`:
 * `engine/kernel-unavailable` if this platform lacks WebAssembly or the kernel's features, or refuses to compile;
 * `engine/kernel-failed` if it computes wrongly; `engine/wasm-other` if it is not a kernel; and as `compile` does.
 */
export async function loadKernel(
  kernel: KernelName,
  compile: CompileKernel,
  allowProcessFlags: boolean,
): Promise<Core> {
  if (!supports(kernel, allowProcessFlags)) throw unavailable(kernel)
  const module = await compile(kernel).catch((cause: unknown) => {
    throw cause instanceof EngineError ? cause : unavailable(kernel, cause)
  })
  let core: Core
  let right: boolean
  try {
    const instance = await WebAssembly.instantiate(module)
    core = new Core(kernel, instance.exports as unknown as CoreExports)
    right = computesRightly(core)
  } catch (cause) {
    throw notTheKernel(kernel, cause)
  }
  if (!right) throw new EngineError('engine/kernel-failed', `the ${kernel} kernel failed its self-test`)
  return core
}

/** Throws `EngineError` (`engine/options`) for a backend that does not exist, or a kernel of the bigint backend. */
export function checkBackend(backend: BackendName | 'auto', kernel: KernelName | 'auto'): void {
  if (!['auto', 'wasm', 'bigint'].includes(backend)) {
    throw new EngineError('engine/options', `unknown backend ${backend}`)
  }
  if (backend === 'bigint' && kernel !== 'auto') {
    throw new EngineError('engine/options', 'the bigint backend has no kernels')
  }
}

/** Whether this platform supports the instructions of a kernel. */
export function supports(kernel: KernelName, allowProcessFlags: boolean): boolean {
  if (!kernels.includes(kernel) || typeof WebAssembly === 'undefined') return false
  const probe = probes[kernel]
  if (probe === undefined || isValid(probe)) return true
  if (kernel !== 'relaxed-fma' || !allowProcessFlags) return false
  setRelaxedSimdFlag()
  return isValid(probe)
}

/** Whether instructions are valid as the body of a function that returns a vector. */
function isValid(instructions: readonly number[]): boolean {
  const body = [0, ...instructions, 0x0b]
  const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]
  const sections = [
    [1, 5, 1, 0x60, 0, 1, 0x7b],
    [3, 2, 1, 0],
    [10, body.length + 2, 1, body.length, ...body],
  ]
  return WebAssembly.validate(Uint8Array.from([...header, ...sections.flat()]))
}

export function unavailable(kernel: KernelName, cause?: unknown): EngineError {
  return new EngineError('engine/kernel-unavailable', `this platform cannot run the ${kernel} kernel`, { cause })
}

/** The part of Node's `process` that is needed here. Bundlers for browsers do not follow `getBuiltinModule`. */
interface NodeProcess {
  readonly versions?: { readonly node?: string }
  getBuiltinModule?(name: 'node:v8'): { setFlagsFromString(flags: string): void } | undefined
}

/** Node 20 has relaxed SIMD behind a flag; later versions enable it by default and warn about the flag. */
function setRelaxedSimdFlag(): void {
  const { process } = globalThis as { process?: NodeProcess }
  if (process?.versions?.node?.startsWith('20.') !== true) return
  process.getBuiltinModule?.('node:v8')?.setFlagsFromString('--experimental-wasm-relaxed-simd')
}

/**
 * Multiplies and squares, modulo 2^1024 - 105, operands with limbs of all ones, long carries and random-looking digits,
 * and compares with BigInt. An unfused `relaxed_madd` loses the low half of nearly every product, so it cannot pass.
 */
export function computesRightly(core: Core): boolean {
  const p = (1n << 1024n) - 105n
  const modulus = new WasmModulus(core, p)
  const { record } = modulus
  const [left, right] = [modulus.allocateNumber(), modulus.allocateNumber()]
  let digits = p / 3n
  const operands = [0n, 1n, p - 1n, (1n << 1023n) - 1n, 1n << 1020n]
  for (let i = 0; i < 5; i++) operands.push((digits = (digits * digits + 0x9e3779b9n) % p))
  const read = (number: number, value: bigint): void => modulus.read(number, toFixedWidth(value, modulus.octetLength))
  const agrees = operands.every((a, i) => {
    const b = itemAt(operands, (i + 3) % operands.length)
    read(left, a)
    read(right, b)
    core.exports.multiply(record, right, left, right)
    core.exports.square(record, left, left)
    return toBigint(modulus.write(right)) === (a * b) % p && toBigint(modulus.write(left)) === (a * a) % p
  })
  modulus.dispose()
  return agrees
}
