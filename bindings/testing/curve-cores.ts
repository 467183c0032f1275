import { P256, P384, P521 } from '../../src/params/index.js'
import { Core } from '../core/core.js'
import type { CurveCore, CurveExports } from '../curve/curve-core.js'
import { WasmCurve } from '../curve/wasm-curve.js'
import type { CurveDescription, Engine, KernelName } from '../engine/engine.js'
import { loadInlinedKernel } from '../loading/inlined-kernels.js'

const curves = { 'P-256': P256, 'P-384': P384, 'P-521': P521 } as const

export type CurveName = keyof typeof curves

/** A fresh core of a curve. */
export async function loadCurve(name: CurveName, kernel: KernelName): Promise<CurveCore> {
  // On Node 20 this makes relaxed SIMD available.
  await loadInlinedKernel(kernel)
  const module = await WebAssembly.compile(curves[name].arithmetic.binary(kernel))
  const { exports } = await WebAssembly.instantiate(module)
  return new Core(kernel, exports as unknown as CurveExports)
}

/** A curve on a core, without the engine that it would have. */
export function curveOn(core: CurveCore, name: CurveName): WasmCurve {
  const description: CurveDescription = curves[name]
  return new WasmCurve(undefined as unknown as Engine, core, description)
}
