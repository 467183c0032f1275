import { wasmBase64 as relaxedFma } from '../build/kernels/relaxed-fma.js'
import { wasmBase64 as scalar } from '../build/kernels/scalar.js'
import { wasmBase64 as simd } from '../build/kernels/simd.js'
import { toBigint, toFixedWidth } from './bytes.js'
import { Core, type CoreExports } from './core.js'
import type { KernelName } from './engine.js'
import { EngineError } from './errors.js'
import { WasmModulus } from './wasm-modulus.js'

/** Kernels in the order of their speed. */
export const kernels = ['relaxed-fma', 'simd', 'scalar'] as const satisfies readonly KernelName[]

const binaries: Readonly<Record<string, string>> = { 'relaxed-fma': relaxedFma, simd, scalar }

/** Compiled kernels, for further engines. */
const modules = /* @__PURE__ */ new Map<KernelName, WebAssembly.Module>()

/** The first of some kernels that loads. Throws what the last one threw. */
export async function loadFirst(
  candidates: readonly KernelName[],
  load: (kernel: KernelName) => Promise<Core>,
): Promise<Core> {
  let failure: unknown
  for (const candidate of candidates) {
    try {
      return await load(candidate)
    } catch (error) {
      failure = error
    }
  }
  throw failure
}

/**
 * Compiles, instantiates and tests a kernel. Throws `EngineError`: `engine/kernel-unavailable` if this platform lacks
 * WebAssembly or the kernel's features, `engine/kernel-failed` if it computes wrongly.
 */
export async function loadKernel(kernel: KernelName, allowProcessFlags: boolean): Promise<Core> {
  const module = await compile(kernel, allowProcessFlags)
  const instance = await WebAssembly.instantiate(module)
  const core = new Core(kernel, instance.exports as unknown as CoreExports)
  if (!computesRightly(core)) throw new EngineError('engine/kernel-failed', `the ${kernel} kernel failed its self-test`)
  return core
}

async function compile(kernel: KernelName, allowProcessFlags: boolean): Promise<WebAssembly.Module> {
  const known = modules.get(kernel)
  if (known !== undefined) return known
  const binary = binaries[kernel]
  if (binary === undefined || typeof WebAssembly === 'undefined') throw unavailable(kernel)
  const bytes = Uint8Array.from(atob(binary), (character) => character.charCodeAt(0))
  if (!WebAssembly.validate(bytes)) {
    if (kernel !== 'relaxed-fma' || !allowProcessFlags) throw unavailable(kernel)
    setRelaxedSimdFlag()
    if (!WebAssembly.validate(bytes)) throw unavailable(kernel)
  }
  const module = await WebAssembly.compile(bytes)
  modules.set(kernel, module)
  return module
}

function unavailable(kernel: KernelName): EngineError {
  return new EngineError('engine/kernel-unavailable', `this platform cannot run the ${kernel} kernel`)
}

/** What of Node's `process` is needed here; `getBuiltinModule` leaves bundlers for browsers alone. */
interface NodeProcess {
  readonly versions?: { readonly node?: string }
  getBuiltinModule?(name: 'node:v8'): { setFlagsFromString(flags: string): void } | undefined
}

/** Node 20 has relaxed SIMD behind a flag; later ones have it on, and complain about the flag. */
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
    const b = operands[(i + 3) % operands.length]!
    read(left, a)
    read(right, b)
    core.exports.multiply(record, right, left, right)
    core.exports.square(record, left, left)
    return toBigint(modulus.write(right)) === (a * b) % p && toBigint(modulus.write(left)) === (a * a) % p
  })
  modulus.dispose()
  return agrees
}
