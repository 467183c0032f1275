import { UProveError } from '../../bindings/errors.js'

/** An exchange that cannot go on: a step done twice or out of order, or an answer of the peer that does not verify. */
export class ProtocolError extends UProveError {}
