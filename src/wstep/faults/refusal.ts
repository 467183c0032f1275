import { UProveError } from '../../../bindings/errors.js'
import { ENGLISH, type FaultReason } from './texts.js'

/** A request that the Security Token Service refuses itself; the client gets the fault of the reason. */
export class Refusal extends UProveError {
  readonly reason: FaultReason

  constructor(reason: FaultReason, options?: ErrorOptions) {
    super(`wstep/${reason}`, ENGLISH[reason], options)
    this.reason = reason
  }
}
