import { wasmBase64 as relaxedFma } from '../../build/kernels/relaxed-fma.js'
import { wasmBase64 as scalar } from '../../build/kernels/scalar.js'
import { wasmBase64 as simd } from '../../build/kernels/simd.js'
import type { Core } from '../core/core.js'
import { loadKernel } from './detect.js'
import type { KernelName } from '../engine/engine.js'

const binaries: Readonly<Record<KernelName, string>> = { 'relaxed-fma': relaxedFma, simd, scalar }

/** Compiled kernels, for further engines. */
const modules = /* @__PURE__ */ new Map<KernelName, WebAssembly.Module>()

/** Compiles a kernel that the package carries. */
export async function compileInlined(kernel: KernelName): Promise<WebAssembly.Module> {
  const known = modules.get(kernel)
  if (known !== undefined) return known
  const bytes = Uint8Array.from(atob(binaries[kernel]), (character) => character.charCodeAt(0))
  const module = await WebAssembly.compile(bytes)
  modules.set(kernel, module)
  return module
}

/** Loads a kernel that the package carries, like `loadKernel()`. */
export function loadInlinedKernel(kernel: KernelName, allowProcessFlags = true): Promise<Core> {
  return loadKernel(kernel, compileInlined, allowProcessFlags)
}
