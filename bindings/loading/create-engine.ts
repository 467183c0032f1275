import type { Engine, EngineOptions } from '../engine/engine.js'
import { compileInlined } from './inlined-kernels.js'
import { openEngine } from './open-engine.js'

/**
 * The engine on the best backend that works here and that the options allow.
 *
 * Throws `EngineError`: `engine/kernel-unavailable` or `engine/kernel-failed` if a named kernel (or any, for backend
 * `'wasm'`) cannot be used, `engine/options` for a backend that does not exist or a kernel of the bigint backend,
 * `engine/wasm-fetch`, `engine/wasm-type` or `engine/wasm-other` if a file named by the option `wasm` cannot be fetched, is
 * not served as `application/wasm`, or is not the kernel of this version.
 *
 * @example
 * ```ts
 * import { createEngine } from 'uprove-wasm'
 * import { P256 } from 'uprove-wasm/params/P256'
 *
 * const engine = await createEngine()
 * const group = engine.curve(P256)
 * const power = group.exponentiate(group.generator, group.scalars.random())
 * console.log(engine.constantTime, group.isMember(power)) // true true
 * engine.dispose()
 * ```
 */
export async function createEngine(options: EngineOptions = {}): Promise<Engine> {
  return openEngine(options, compileInlined)
}
