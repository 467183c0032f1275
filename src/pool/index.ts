export type { Operation, PlannedTable } from './cost-model.js'
export { PoolError } from './errors.js'
export type { PoolEvent } from './events.js'
export type { Explanation } from './explain.js'
export type { Identified, Received } from './identified.js'
export { IssuancePolicy, type IssuancePolicyOptions, type Reservation } from './issuance-policy.js'
export type { PoolIssuerSession, PoolPendingIssuance } from './issuer-session.js'
export type { WorkerEngine } from './jobs.js'
export { gammaKey, MemoryOpenTokens, type OpenTokens, type OpenTokensEntry } from './open-tokens.js'
export type { PoolIssueOptions, PoolIssuer, PoolIssuerOptions, Precomputed } from './pool-issuer.js'
export type { PoolProver, PoolProverOptions } from './pool-prover.js'
export {
  createPool,
  type Pool,
  type PoolOptions,
  type PoolPresentationOptions,
  type PresentationRequest,
  type VerificationFailure,
  type VerificationRequest,
} from './pool.js'
export type { NodeWorker, WebWorker, WorkerSource } from './ports.js'
export type { CallOptions, Settled } from './settled.js'
