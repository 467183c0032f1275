import { createBigintEngine } from '../subgroup/bigint.js'
import { checkBackend, isMistake, kernels, loadFirst, loadKernel, type CompileKernel } from './detect.js'
import type { Engine, EngineOptions, KernelName } from '../engine/engine.js'
import { EngineError } from '../errors.js'
import { compileFrom, loadFrom, offeredKernels } from './kernel-source.js'
import { WasmEngine } from '../subgroup/wasm-engine.js'

/**
 * Makes an engine, as documented at `createEngine()`.
 * @param compileOwn compiles a kernel if the options give none
 */
export async function openEngine(options: EngineOptions, compileOwn: CompileKernel): Promise<Engine> {
  const { backend = 'auto', kernel = 'auto', allowProcessFlags = true, wasm, curves = [] } = options
  checkBackend(backend, kernel)
  if (backend === 'bigint') return createBigintEngine()
  const offered = wasm === undefined ? kernels : offeredKernels(wasm, kernels)
  if (offered.length === 0) throw new EngineError('engine/options', 'no kernel was given')
  const compile = wasm === undefined ? compileOwn : (name: KernelName) => compileFrom(wasm, name)
  try {
    const candidates = kernel === 'auto' ? offered : [kernel]
    const core = await loadFirst(candidates, (name) => loadKernel(name, compile, allowProcessFlags))
    // A platform that runs this kernel also runs the slower ones, which a curve may fall back to.
    const slower = kernel === 'auto' ? kernels.slice(kernels.indexOf(core.kernel)) : [kernel]
    const load = wasm === undefined ? undefined : loadFrom(wasm)
    await Promise.all(curves.map(({ arithmetic }) => arithmetic.prepare(slower, load)))
    return new WasmEngine(core, slower)
  } catch (error) {
    if (backend === 'wasm' || kernel !== 'auto' || isMistake(error)) throw error
    return createBigintEngine()
  }
}
