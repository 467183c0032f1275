import { timingSafeEqual, createHash } from 'node:crypto'
import { UProveError } from '../../../bindings/errors.js'
import type { EmbeddedAuthority } from '../../pki/ca/embedded-authority.js'
import { REVOCATION_REASONS, type StoredRequest } from '../../pki/ca/records/store.js'
import { formatName } from '../../pki/x509/name.js'
import type { HttpResponse } from '../../soap/http/http.js'
import { isOwnFailure } from '../../ws-trust/soap/faults.js'
import { json, respond, text, type HostRequest, type Route } from '../http/http.js'

export interface OperatorRoutesOptions {
  readonly authority: Pick<EmbeddedAuthority, 'pending' | 'approve' | 'deny' | 'revoke'>
  /** The operator's bearer token. */
  readonly token: string
  /** The metrics, for Prometheus. */
  readonly metrics: () => Promise<{ contentType: string; body: string }>
  /** Called after an operator acted. */
  readonly onAction?: (action: 'approved' | 'denied' | 'revoked', name: string) => void
  /** Called for a request without the right token. */
  readonly onRefused?: () => void
}

/**
 * Routes for operators and Prometheus, each with the header `Authorization: Bearer TOKEN`: `GET /metrics`,
 * `GET /authority/pending`, `POST /authority/approve/ID`, `.../deny/ID`, `.../revoke/SERIAL?reason=`.
 */
export function operatorRoutes(options: OperatorRoutesOptions): Route[] {
  const { authority, token, metrics, onAction, onRefused } = options
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
    route('GET', 'pending', '/authority/pending', async () => json(200, (await authority.pending()).map(summary))),
    route('POST', 'approve', '/authority/approve/*', async (requestId) => {
      const { status } = await authority.approve(requestId, 'operator')
      if (status === 'issued') onAction?.('approved', requestId)
      return json(200, { requestId, status })
    }),
    route('POST', 'deny', '/authority/deny/*', async (requestId) => {
      const { status } = await authority.deny(requestId, 'operator')
      onAction?.('denied', requestId)
      return json(200, { requestId, status })
    }),
    route('POST', 'revoke', '/authority/revoke/*', async (serial, { url }) => {
      const reason = REVOCATION_REASONS.find((known) => known === (url.searchParams.get('reason') ?? 'unspecified'))
      if (reason === undefined)
        return json(409, { code: 'ca/reason', message: `The reason must be one of ${REVOCATION_REASONS.join(', ')}.` })
      const related = await authority.revoke(serial, reason)
      onAction?.('revoked', serial)
      return json(200, { serial, status: 'revoked', reason, related })
    }),
  ]
}

function summary({ requestId, account, method, submittedAt, content, renews }: StoredRequest): object {
  return {
    requestId,
    account,
    method,
    submittedAt: submittedAt.toISOString(),
    profile: content?.profile,
    subject: content && formatName(content.subject),
    renews,
  }
}
