import type { IssuerParameters } from '../../uprove/parameters/parameters.js'
import type { ParametersTarget } from './parameters-target.js'

/** The most Issuer parameters that workers keep, however small their tables. */
const mostTargets = 64

/**
 * The Issuer parameters that workers know. Those that were used least recently are forgotten when their tables together exceed
 * the budget, except for those in use.
 */
export class Targets {
  /** The least recently used first. */
  readonly #targets = new Map<IssuerParameters, ParametersTarget>()

  constructor(
    private readonly make: (parameters: IssuerParameters) => ParametersTarget,
    private readonly forget: (target: ParametersTarget) => void,
    /** The budget of the tables in one worker, in bytes. */
    private readonly budget: number,
  ) {}

  of(parameters: IssuerParameters): ParametersTarget {
    const known = this.#targets.get(parameters)
    const target = known ?? this.make(parameters)
    this.#targets.delete(parameters)
    this.#targets.set(parameters, target)
    if (known === undefined) this.trim()
    return target
  }

  /** Forgets targets beyond the budget. Call it when other tables were chosen. */
  trim(): void {
    const all = [...this.#targets]
    let bytes = all.reduce((sum, [, { plan }]) => sum + plan.bytes, 0)
    for (const [parameters, target] of all.slice(0, -1)) {
      if (bytes <= this.budget && this.#targets.size <= mostTargets) return
      if (target.pins > 0) continue
      this.#targets.delete(parameters)
      bytes -= target.plan.bytes
      this.forget(target)
    }
  }
}
