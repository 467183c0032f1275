import type { IssuerParameters } from '../../uprove/parameters/parameters.js'
import type { ParametersTarget } from './parameters-target.js'
import type { PoolEvent } from './events.js'
import type { Scheduler } from './scheduler.js'

/** What the parts of a pool share. */
export interface PoolContext {
  readonly scheduler: Scheduler
  readonly onEvent: (event: PoolEvent) => void
  /** A number that no other target, Prover or presentation of the pool has. */
  nextId(): number
  targetOf(parameters: IssuerParameters): ParametersTarget
}
