import type { Engine, EngineOptions } from '../engine/engine.js'
import { EngineError } from '../errors.js'
import { openEngine } from './open-engine.js'

/** The options of an engine without kernels of its own: `wasm` says where they are. */
export type SlimEngineOptions = EngineOptions & Required<Pick<EngineOptions, 'wasm'>>

/** Loads the best backend that works here, like `createEngine()` of `uprove-wasm`, with kernels that are not in the JavaScript. */
export async function createEngine(options: SlimEngineOptions): Promise<Engine> {
  return openEngine(options, () => {
    return Promise.reject(new EngineError('engine/options', 'without the option wasm there are no kernels here'))
  })
}
