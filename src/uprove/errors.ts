import { UProveError } from '../../bindings/errors.js'

/** An exchange cannot go on: a step was done twice or out of order, or the peer's answer does not verify. */
export class ProtocolError extends UProveError {}
