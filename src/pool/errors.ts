import { UProveError } from '../../bindings/errors.js'

/** What is wrong with the pool, not with the work: it is full, disposed of, or lost the worker that had the work. */
export class PoolError extends UProveError {}
