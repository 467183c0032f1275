import type { CurveArithmetic, CurveNumbers, KernelName } from '../engine/engine.js'
import { Core } from '../core/core.js'
import { EngineError } from '../errors.js'
import { BigintCurve } from './bigint-curve.js'
import { computesCurveRightly, type CurveCore, type CurveExports } from './curve-core.js'
import { WasmCurve } from './wasm-curve.js'

/** The octets of a curve's kernel. */
export type KernelBinary = (kernel: KernelName) => Uint8Array<ArrayBuffer>

/**
 * The arithmetic of a curve, from the octets of its kernels. They are compiled when the curve is first bound, or ahead by
 * `prepare()`, once for all engines.
 */
export function curveArithmetic(binary: KernelBinary): CurveArithmetic {
  const modules = new Map<KernelName, WebAssembly.Module>()
  const compile = (kernel: KernelName): WebAssembly.Module => {
    const module = modules.get(kernel) ?? new WebAssembly.Module(binary(kernel))
    modules.set(kernel, module)
    return module
  }
  return {
    binary,
    onBigint: (engine, curve, parent) => new BigintCurve(engine, curve, parent),
    onWasm: (engine, curve, parent, kernels) =>
      new WasmCurve(engine, firstCore(curve, kernels, compile), curve, parent),
    prepare: async (kernels) => {
      const kernel = kernels[0]!
      if (!modules.has(kernel)) modules.set(kernel, await WebAssembly.compile(binary(kernel)))
      return kernel
    },
  }
}

/**
 * The arithmetic of a curve whose kernels are files with these digests. `prepare()` loads them: without it, the curve is not
 * bound on WebAssembly (`engine/options`), and it cannot be sent to a pool.
 */
export function filedCurveArithmetic(
  curve: CurveNumbers,
  digests: Readonly<Record<KernelName, string>>,
): CurveArithmetic {
  const { name } = curve
  const modules = new Map<KernelName, WebAssembly.Module>()
  const missing = (): EngineError =>
    new EngineError(
      'engine/options',
      `the kernels of ${name} are in files: pass them in the engine's options wasm and curves, or import ${name} with its kernels`,
    )
  const coreOf = (kernels: readonly KernelName[]): CurveCore => {
    const loaded = kernels.filter((kernel) => modules.has(kernel))
    if (loaded.length === 0) throw missing()
    return firstCore(curve, loaded, (kernel) => modules.get(kernel)!)
  }
  return {
    binary: () => {
      throw missing()
    },
    onBigint: (engine, description, parent) => new BigintCurve(engine, description, parent),
    onWasm: (engine, description, parent, kernels) => new WasmCurve(engine, coreOf(kernels), description, parent),
    prepare: async (kernels, load) => {
      let failure: unknown = missing()
      for (const kernel of kernels) {
        // Each engine loads from the source in its options; without one it uses the kernels that another engine loaded.
        const module =
          load === undefined ? modules.get(kernel) : await load({ path: `${name}/${kernel}`, digest: digests[kernel] })
        if (module === undefined) continue
        modules.set(kernel, module)
        try {
          coreOf([kernel])
          return kernel
        } catch (error) {
          failure = error
        }
      }
      throw failure
    },
  }
}

/** The core of the first kernel that this platform runs and that computes rightly. Throws `EngineError`. */
function firstCore(
  curve: CurveNumbers,
  kernels: readonly KernelName[],
  compile: (kernel: KernelName) => WebAssembly.Module,
): CurveCore {
  let failure: EngineError | undefined
  for (const kernel of kernels) {
    try {
      const { exports } = new WebAssembly.Instance(compile(kernel))
      const core: CurveCore = new Core(kernel, exports as unknown as CurveExports)
      if (computesCurveRightly(core, curve)) return core
      failure = new EngineError('engine/kernel-failed', `the ${kernel} kernel of ${curve.name} failed its self-test`)
    } catch (cause) {
      const message = `this platform cannot run the ${kernel} kernel of ${curve.name}`
      failure = new EngineError('engine/kernel-unavailable', message, { cause })
    }
  }
  throw failure ?? new EngineError('engine/kernel-unavailable', `there is no kernel of ${curve.name}`)
}
