import { createBigintEngine, type CombCosts } from '../../bindings/subgroup/bigint.js'
import { bitLength } from '../../bindings/octets/integers.js'
import type { Core } from '../../bindings/core/core.js'
import { costsOf } from '../../bindings/subgroup/cost.js'
import { kernels } from '../../bindings/loading/detect.js'
import { loadInlinedKernel } from '../../bindings/loading/inlined-kernels.js'
import type { Engine, KernelName } from '../../bindings/engine/engine.js'
import { WasmEngine } from '../../bindings/subgroup/wasm-engine.js'
import { createPlainEngine } from './plain-bigint.js'

/** The subjects: kernels of this library, its bigint backend, BigInt without any of its algorithms, and peers. */
export type Backend = 'wasm' | 'bigint' | 'bigint-plain' | 'openssl' | 'gmp-wasm' | 'noble'

export interface SubjectName {
  readonly backend: Backend
  readonly kernel?: KernelName
}

/** A subject that takes part in everything. */
export interface Subject extends SubjectName {
  readonly engine: Engine
  /** Of a kernel: what lies below the engine. */
  readonly core?: Core
}

/** The kernel where there is one, else the backend. */
export function labelOf({ backend, kernel }: SubjectName): string {
  return kernel ?? backend
}

/** The kernels that run here, fastest first. */
export async function loadKernels(): Promise<Subject[]> {
  const subjects: Subject[] = []
  for (const kernel of kernels) {
    try {
      const core = await loadInlinedKernel(kernel)
      subjects.push({ backend: 'wasm', kernel, engine: new WasmEngine(core), core })
    } catch (error) {
      console.error(`${kernel} is left out: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  return subjects
}

/** BigInt with the algorithms of this library, its combs shaped like those of the fastest kernel, and without them. */
export function bigintSubjects(fastest: Subject | undefined): Subject[] {
  return [
    { backend: 'bigint', engine: createBigintEngine(fastest?.core && combCostsOf(fastest.core)) },
    { backend: 'bigint-plain', engine: createPlainEngine() },
  ]
}

function combCostsOf({ kernel, exports }: Core): CombCosts {
  return {
    entryBytes: (p) => exports.entryBytes(exports.limbsFor(bitLength(p))),
    scanCost: costsOf[kernel].scan,
  }
}
