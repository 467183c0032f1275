import { createBigintEngine } from '../subgroup/bigint.js'
import { isMistake, kernels, loadFirst, loadKernel, type CompileKernel } from './detect.js'
import type { Engine, EngineOptions, KernelName } from '../engine/engine.js'
import { EngineError } from '../errors.js'
import { compileFrom, offeredKernels } from './kernel-source.js'
import { WasmEngine } from '../subgroup/wasm.js'

/**
 * Makes an engine as `createEngine()` says.
 * @param compileOwn the kernels where the options give none
 */
export async function openEngine(options: EngineOptions, compileOwn: CompileKernel): Promise<Engine> {
  const { backend = 'auto', kernel = 'auto', allowProcessFlags = true, wasm } = options
  if (!['auto', 'wasm', 'bigint'].includes(backend)) {
    throw new EngineError('engine/options', `there is no backend ${backend}`)
  }
  if (backend === 'bigint') {
    if (kernel !== 'auto') throw new EngineError('engine/options', 'the bigint backend has no kernels')
    return createBigintEngine()
  }
  const offered = wasm === undefined ? kernels : offeredKernels(wasm, kernels)
  if (offered.length === 0) throw new EngineError('engine/options', 'no kernel was given')
  const compile = wasm === undefined ? compileOwn : (name: KernelName) => compileFrom(wasm, name)
  try {
    const candidates = kernel === 'auto' ? offered : [kernel]
    return new WasmEngine(await loadFirst(candidates, (name) => loadKernel(name, compile, allowProcessFlags)))
  } catch (error) {
    if (backend === 'wasm' || kernel !== 'auto' || isMistake(error)) throw error
    return createBigintEngine()
  }
}
