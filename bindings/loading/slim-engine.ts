import type { Engine, EngineOptions } from '../engine/engine.js'
import { EngineError } from '../errors.js'
import { openEngine } from './open-engine.js'

/** The options of an engine without built-in kernels: `wasm` is required. */
export type SlimEngineOptions = EngineOptions & Required<Pick<EngineOptions, 'wasm'>>

/**
 * An engine, like that of `createEngine()` of `uprove-wasm`, with kernels that are not in the JavaScript.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises'
 * import { fileURLToPath } from 'node:url'
 * import { createEngine } from 'uprove-wasm/slim'
 *
 * // Give all three kernels, or the address of their folder, where you can: which one runs depends on the platform.
 * const simd = await readFile(fileURLToPath(import.meta.resolve('uprove-wasm/wasm/simd.wasm')))
 * const engine = await createEngine({ wasm: { simd } })
 * console.log(engine.backend, engine.kernel) // wasm simd
 * engine.dispose()
 * ```
 */
export async function createEngine(options: SlimEngineOptions): Promise<Engine> {
  return openEngine(options, () => {
    return Promise.reject(new EngineError('engine/options', 'the slim entry contains no kernels: pass the option wasm'))
  })
}
