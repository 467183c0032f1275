import { CurveEngine } from '../curve/curve-engine.js'
import type { Engine, EngineOptions } from '../engine/engine.js'
import { EngineError } from '../errors.js'
import { checkBackend, isMistake, kernels, supports, unavailable } from './detect.js'
import { loadFrom } from './kernel-source.js'

/** The options of an engine that binds curves alone: `curves` names them. */
export type CurveEngineOptions = EngineOptions & Required<Pick<EngineOptions, 'curves'>>

/**
 * An engine like that of `createEngine()`, for curves alone: a bundle with this function contains neither kernels nor code
 * for subgroups. It compiles the kernels of the named curves; its `subgroup()` throws.
 *
 * Throws `EngineError`: `engine/kernel-unavailable` if a named kernel (or any, for backend `'wasm'`) cannot be used,
 * `engine/options` if no curve is named, for a backend that does not exist or a kernel of the bigint backend; those of the
 * option `wasm`, which is for curves without kernels of their own (`uprove-wasm/params/slim/P256`).
 *
 * @example
 * ```ts
 * import { createCurveEngine } from 'uprove-wasm'
 * import { P256 } from 'uprove-wasm/params/P256'
 *
 * const engine = await createCurveEngine({ curves: [P256] })
 * const group = engine.curve(P256)
 * const power = group.exponentiate(group.generator, group.scalars.random())
 * console.log(engine.constantTime, group.isMember(power)) // true true
 * engine.dispose()
 * ```
 */
export async function createCurveEngine(options: CurveEngineOptions): Promise<Engine> {
  const { backend = 'auto', kernel = 'auto', allowProcessFlags = true, wasm, curves } = options
  checkBackend(backend, kernel)
  if (curves.length === 0) throw new EngineError('engine/options', 'no curve was named')
  if (backend === 'bigint') return new CurveEngine('bigint', [])
  const needed = kernel === 'auto' ? 'scalar' : kernel
  try {
    const usable = (kernel === 'auto' ? kernels : [kernel]).filter((name) => supports(name, allowProcessFlags))
    if (usable.length === 0) throw unavailable(needed)
    const load = wasm === undefined ? undefined : loadFrom(wasm)
    const found = await Promise.all(curves.map(({ arithmetic }) => arithmetic.prepare(usable, load)))
    const slowest = Math.max(...found.map((name) => usable.indexOf(name)))
    return new CurveEngine('wasm', usable.slice(slowest))
  } catch (error) {
    if (backend !== 'wasm' && kernel === 'auto' && !isMistake(error)) return new CurveEngine('bigint', [])
    throw error instanceof EngineError ? error : unavailable(needed, error)
  }
}
