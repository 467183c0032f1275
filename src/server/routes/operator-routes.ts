import { timingSafeEqual, createHash } from 'node:crypto'
import { UProveError } from '../../../bindings/errors.js'
import type { HttpResponse } from '../../soap/http/http.js'
import { isOwnFailure } from '../../ws-trust/soap/faults.js'
import { json, respond, text, type HostRequest, type Route } from '../http/http.js'
import { operatorActions, type OperatorActionsOptions } from './operator-actions.js'

export interface OperatorRoutesOptions extends OperatorActionsOptions {
  /** The operator's bearer token. */
  readonly token: string
  /** The metrics, for Prometheus. */
  readonly metrics: () => Promise<{ contentType: string; body: string }>
  /** Called for a request without the right token. */
  readonly onRefused?: () => void
}

/**
 * Routes for operators and Prometheus, each with the header `Authorization: Bearer TOKEN`: `GET /metrics`, and below
 * `/authority/` the actions of operators, such as `GET /authority/requests?status=pending` and `POST
 * /authority/revoke/SERIAL?reason=`.
 */
export function operatorRoutes(options: OperatorRoutesOptions): Route[] {
  const { token, metrics, onRefused } = options
  const digest = (value: string): Buffer => createHash('sha256').update(value).digest()
  const expected = digest(`Bearer ${token}`)
  const route = (
    method: Route['method'],
    name: string,
    path: string,
    handle: (argument: string, request: HostRequest) => Promise<HttpResponse>,
  ): Route => ({
    ...{ name: `operator-${name}`, method, path, maxBody: 0 },
    handle: async (request) => {
      if (!timingSafeEqual(digest(request.headers.authorization ?? ''), expected)) {
        onRefused?.()
        return text(401, 'The operator token is missing or wrong.', { 'www-authenticate': 'Bearer' })
      }
      try {
        return await handle(request.url.pathname.slice(path.replace(/\*$/, '').length), request)
      } catch (error) {
        if (!(error instanceof UProveError) || isOwnFailure(error)) throw error
        return json(409, { code: error.code, message: error.message })
      }
    },
  })
  return [
    route('GET', 'metrics', '/metrics', async () => {
      const { contentType, body } = await metrics()
      return respond(200, body, { 'content-type': contentType })
    }),
    ...operatorActions(options).map(({ name, method, takesArgument, run }) =>
      route(method, name, `/authority/${name}${takesArgument ? '/*' : ''}`, async (argument, { url }) =>
        json(200, await run(argument, url.searchParams)),
      ),
    ),
  ]
}
