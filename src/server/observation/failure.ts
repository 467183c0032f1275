import { isOutage } from '../../store/errors.js'
import { requestContext } from '../http/request-context.js'
import type { Log } from './log.js'

/** Logs a failure of this side. If a database is unavailable, the request is answered with 503 and Retry-After. */
export function logFailure(log: Log, error: unknown, text: string, fields: object = {}): void {
  const request = requestContext.getStore()
  if (request !== undefined && isOutage(error)) request.isUnavailable = true
  log.error({ ...fields, error }, text)
}
