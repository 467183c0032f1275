export type { Operation, PlannedTable } from './scheduling/cost-model.js'
export { PoolError } from './errors.js'
export type { PoolEvent } from './scheduling/context.js'
export type { Explanation } from './scheduling/explain.js'
export { IssuancePolicy, type IssuancePolicyOptions, type Reservation } from './parties/issuance-policy.js'
export type { Identified, PoolIssuerSession, Received } from './parties/issuer-session.js'
export type { WorkerEngine } from './wire/jobs.js'
export {
  gammaKey,
  heldSince,
  makeRoom,
  MemoryOpenTokens,
  type Admission,
  type Occupancy,
  type OpenExchange,
  type OpenLimits,
  type OpenTokens,
} from './parties/open-tokens.js'
export type { PoolIssueOptions, PoolIssuer, PoolIssuerOptions, Precomputed } from './parties/pool-issuer.js'
export type { PoolProver, PoolProverOptions } from './parties/pool-prover.js'
export { createPool, type Pool, type PoolOptions, type VerificationFailure } from './pool.js'
export type { NodeWorker, WebWorker, WorkerSource } from './worker/ports.js'
export type { PoolPresentationOptions, PresentationRequest, VerificationRequest } from './wire/jobs.js'
export type { CallOptions, Settled } from './queue/map-ordered.js'
