import { isOutage } from '../../store/errors.js'
import { requestContext } from '../http/request-context.js'
import { codesOf, type Log } from './log.js'

/** Codes of what is only too much at once. */
const OVERLOAD = /^(?:ws-trust\/busy|pool\/overloaded|store\/full)$/

/** Knows the class of an account, or of a request without one. */
interface AccountClasses {
  accountClass(account: string | undefined): string
}

/** Counts refusals by code. */
interface Refusals {
  refused(code: string): void
}

/** Logs a failure of this side, and counts one of the store. If a database is unavailable, the request is answered with 503 and Retry-After. */
export function logFailure(
  { log, deployment, metrics }: { readonly log: Log; readonly deployment: AccountClasses; readonly metrics: Refusals },
  error: unknown,
  text: string,
  fields: object = {},
): void {
  noteIfForNow(error)
  const request = requestContext.getStore()
  const codes = codesOf(error)
  // The last of ours: that of a driver or of the system, such as ECONNREFUSED, is in the error, which is logged too.
  const code = codes.findLast((each) => each.includes('/')) ?? codes.at(-1)
  if (request !== undefined) request.code = code
  if (code?.startsWith('store/') === true) metrics.refused(code)
  log.error({ ...fields, class: deployment.accountClass(request?.account), code, error }, text)
}

/** If a request fails only for now, its answer says so: 503 with Retry-After. */
export function noteIfForNow(error: unknown): void {
  const request = requestContext.getStore()
  if (request === undefined) return
  if (isOutage(error)) request.retry = { status: 503, after: 5, isOutage: true }
  else if (codesOf(error).some((code) => OVERLOAD.test(code))) request.retry = { status: 503, after: 1 }
}
