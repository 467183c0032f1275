import { instantiateCurve, type CurveCore } from '../curve/curve-core.js'
import { compileInlinedCurve, type CurveName } from '../curve/inlined-curves.js'
import { WasmCurve } from '../curve/wasm-curve.js'
import type { Engine, KernelName } from '../engine/engine.js'
import { loadInlinedKernel } from '../loading/inlined-kernels.js'
import { curves } from './plain-curve.js'

/** A fresh core of a curve. */
export async function loadCurve(name: CurveName, kernel: KernelName): Promise<CurveCore> {
  // On Node 20 this makes relaxed SIMD available.
  await loadInlinedKernel(kernel)
  return instantiateCurve(kernel, await compileInlinedCurve(name, kernel))
}

/** A curve on a core, without the engine that it would have. */
export function curveOn(core: CurveCore, name: CurveName): WasmCurve {
  return new WasmCurve(undefined as unknown as Engine, core, curves[name])
}
