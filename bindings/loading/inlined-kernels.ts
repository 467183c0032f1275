import { packed } from '../../build/kernels/packed.js'
import type { Core } from '../core/core.js'
import { unpackKernel } from '../core/packed-kernels.js'
import { loadKernel } from './detect.js'
import type { KernelName } from '../engine/engine.js'

/** Compiled kernels, for further engines. */
const modules = /* @__PURE__ */ new Map<KernelName, WebAssembly.Module>()

/** Compiles a kernel that the package carries. */
export async function compileInlined(kernel: KernelName): Promise<WebAssembly.Module> {
  const known = modules.get(kernel)
  if (known !== undefined) return known
  const module = await WebAssembly.compile(unpackKernel(packed, kernel))
  modules.set(kernel, module)
  return module
}

/** Loads a kernel that the package carries, like `loadKernel()`. */
export function loadInlinedKernel(kernel: KernelName, allowProcessFlags = true): Promise<Core> {
  return loadKernel(kernel, compileInlined, allowProcessFlags)
}
