import type {
  BackendName,
  Curve,
  CurveDescription,
  Engine,
  Group,
  GroupDescription,
  KernelName,
  Subgroup,
} from '../engine/engine.js'
import { Lifetime } from '../engine/lifetime.js'
import { requireCurve } from '../engine/operands.js'
import { powerModulo } from '../engine/power.js'
import { EngineError } from '../errors.js'

/** An engine for curves alone, without code for subgroups. The curves bring their arithmetic with them. */
export class CurveEngine implements Engine {
  readonly constantTime: boolean
  readonly #lifetime = new Lifetime('engine')

  /** @param kernels the kernels that curves may use, the fastest first; none on bigint */
  constructor(
    readonly backend: BackendName,
    private readonly kernels: readonly KernelName[],
  ) {
    this.constantTime = backend === 'wasm'
  }

  get kernel(): KernelName | undefined {
    return this.kernels[0]
  }

  subgroup(): Subgroup {
    throw new EngineError('engine/options', 'createCurveEngine() makes engines without subgroups: use createEngine()')
  }

  curve(description: CurveDescription): Curve {
    this.#lifetime.check()
    requireCurve(description)
    const { arithmetic } = description
    return this.backend === 'wasm'
      ? arithmetic.onWasm(this, description, this.#lifetime, this.kernels)
      : arithmetic.onBigint(this, description, this.#lifetime)
  }

  group(description: GroupDescription): Group {
    return 'arithmetic' in description ? this.curve(description) : this.subgroup()
  }

  powerVartime(base: bigint, exponent: bigint, modulus: bigint): bigint {
    this.#lifetime.check()
    return powerModulo(base, exponent, modulus)
  }

  dispose(): void {
    this.#lifetime.end()
  }
}
