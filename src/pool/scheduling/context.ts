import type { IssuerParameters } from '../../uprove/parameters/parameters.js'
import type { ParametersTarget } from './parameters-target.js'
import type { Scheduler } from './scheduler.js'

/** An event of a pool, for logs. No event holds a secret. */
export type PoolEvent =
  /** No worker started, so the work is done in this thread. */
  | { readonly type: 'fallback'; readonly reason: string }
  /** A worker is gone. The work on this many items, if any, is repeated where that is safe. */
  | { readonly type: 'worker-lost'; readonly reason: string; readonly items: number }
  /** Tables were chosen for work to come: `pool.explain()` in words. */
  | { readonly type: 'plan'; readonly text: string }
  /** The count of open tokens could not be lowered; it will be when the entry expires. */
  | { readonly type: 'open-tokens-failed'; readonly error: unknown }
  /** Precomputation stopped. */
  | { readonly type: 'precomputation-failed'; readonly error: unknown }

/** The context that the parts of a pool share. */
export interface PoolContext {
  readonly scheduler: Scheduler
  readonly onEvent: (event: PoolEvent) => void
  /** A number that is unique among the targets, Provers and presentations of the pool. */
  nextId(): number
  targetOf(parameters: IssuerParameters): ParametersTarget
}
