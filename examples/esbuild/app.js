// Bundled by esbuild. The kernels are separate files, and the browser fetches only the one that it can run.
import { createEngine } from 'uprove-wasm/slim'
import { L2048N256 } from 'uprove-wasm/params/L2048N256'
import relaxedFma from 'uprove-wasm/wasm/relaxed-fma.wasm'
import scalar from 'uprove-wasm/wasm/scalar.wasm'
import simd from 'uprove-wasm/wasm/simd.wasm'

// esbuild's `file` loader returns names relative to the bundle.
const beside = (/** @type {string} */ name) => new URL(name, import.meta.url)

export async function start() {
  const engine = await createEngine({
    wasm: { 'relaxed-fma': beside(relaxedFma), simd: beside(simd), scalar: beside(scalar) },
  })
  const group = engine.subgroup(L2048N256)
  const power = group.exponentiate(group.generator, group.scalars.random())
  return { backend: engine.backend, member: group.isMember(power) }
}
