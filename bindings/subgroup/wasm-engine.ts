import { bitLength } from '../octets/integers.js'
import type { Core } from '../core/core.js'
import type {
  Curve,
  CurveDescription,
  Engine,
  Group,
  GroupDescription,
  KernelName,
  Subgroup,
  SubgroupDescription,
  SubgroupOptions,
} from '../engine/engine.js'
import { Lifetime } from '../engine/lifetime.js'
import { requireCurve } from '../engine/operands.js'
import { powerModulo } from '../engine/power.js'
import { validateSubgroup } from './validation.js'
import { WasmModulus } from './wasm-modulus.js'
import { WasmSubgroup } from './wasm-subgroup.js'

/** The backend on WebAssembly: a core for all subgroups, and one for each curve, which comes with it. */
export class WasmEngine implements Engine {
  readonly backend = 'wasm'
  readonly constantTime = true
  readonly #lifetime = new Lifetime('engine')

  /** @param kernels those that curves may use, the fastest first */
  constructor(
    private readonly core: Core,
    private readonly kernels: readonly KernelName[] = [core.kernel],
  ) {}

  get kernel(): Engine['kernel'] {
    return this.kernels[0]
  }

  subgroup(description: SubgroupDescription, options: SubgroupOptions = {}): Subgroup {
    this.#lifetime.check()
    const { core } = this
    const moduli: WasmModulus[] = []
    try {
      validateSubgroup(description, {
        ...options,
        preparePower: (p) => {
          const modulus = new WasmModulus(core, p)
          moduli.push(modulus)
          return modulus.powers(bitLength(p))
        },
      })
    } finally {
      for (const modulus of moduli) modulus.dispose()
    }
    return new WasmSubgroup(this, core, description, new Lifetime('group', this.#lifetime))
  }

  curve(description: CurveDescription): Curve {
    this.#lifetime.check()
    requireCurve(description)
    return description.arithmetic.onWasm(this, description, this.#lifetime, this.kernels)
  }

  group(description: GroupDescription, options?: SubgroupOptions): Group {
    return 'arithmetic' in description ? this.curve(description) : this.subgroup(description, options)
  }

  powerVartime(base: bigint, exponent: bigint, modulus: bigint): bigint {
    this.#lifetime.check()
    const { core } = this
    const isForCore = bitLength(modulus) <= MAX_MODULUS_BITS && exponent > 0n
    if (!isForCore) return powerModulo(base, exponent, modulus)
    const prepared = new WasmModulus(core, modulus)
    try {
      return prepared.powers(bitLength(exponent))(base % modulus, exponent)
    } finally {
      prepared.dispose()
    }
  }

  dispose(): void {
    this.#lifetime.end()
    this.core.wipe()
  }
}

/** The longest modulus for which the kernels' bounds are proven. */
const MAX_MODULUS_BITS = 4096
