import { UProveError } from '../../bindings/errors.js'

/** A failure of the pool, not of the work: the pool is full or disposed of, or the worker that had the work is gone. */
export class PoolError extends UProveError {}
