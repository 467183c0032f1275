import { P256, P384, P521 } from '../../src/params/index.js'
import type { Curve } from '../engine/engine.js'
import { createEngine } from '../loading/create-engine.js'
import { kernels } from '../loading/detect.js'
import { createBigintEngine } from '../subgroup/bigint.js'

/** A curve on one of the backends and kernels. */
export interface CurveImplementation {
  readonly name: string
  /** `bigint`, or the kernel. */
  readonly on: string
  readonly curve: Curve
}

/** Bun does not fuse what `relaxed-fma` needs fused; the self-test of that kernel fails there. */
const kernelsHere = kernels.filter((kernel) => kernel !== 'relaxed-fma' || !('bun' in process.versions))

/** Every curve on bigint and on every kernel that can run here. */
export async function curveImplementations(): Promise<CurveImplementation[]> {
  const engines = [createBigintEngine()]
  for (const kernel of kernelsHere) engines.push(await createEngine({ backend: 'wasm', kernel }))
  return [P256, P384, P521].flatMap((description) =>
    engines.map((engine) => ({
      name: description.name,
      on: engine.kernel ?? 'bigint',
      curve: engine.curve(description),
    })),
  )
}
