import type { CurveArithmetic, CurveDescription, KernelName } from '../engine/engine.js'
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
    prepare: async ([kernel]) => {
      if (kernel === undefined || modules.has(kernel)) return
      modules.set(kernel, await WebAssembly.compile(binary(kernel)))
    },
  }
}

/** The core of the first kernel that this platform runs and that computes rightly. Throws `EngineError`. */
function firstCore(
  curve: CurveDescription,
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
