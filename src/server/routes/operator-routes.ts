import { timingSafeEqual, createHash } from 'node:crypto'
import { UProveError } from '../../../bindings/errors.js'
import type { EmbeddedAuthority } from '../../pki/ca/embedded-authority.js'
import { REVOCATION_REASONS, type StoredRequest } from '../../pki/ca/records/store.js'
import { formatName } from '../../pki/x509/name.js'
import { isOwnFailure } from '../../ws-trust/soap/faults.js'
import { json, text, type HostRequest, type HttpResponse, type Route } from '../http/http.js'

export interface OperatorRoutesOptions {
  readonly authority: EmbeddedAuthority
  /** Whoever shows it as a bearer token is the operator. */
  readonly token: string
  /** Told of what an operator did. */
  readonly onAction?: (action: 'approved' | 'denied' | 'revoked', name: string) => void
}

/**
 * What operators do, for the loopback interface: `GET /authority/pending`, `POST /authority/approve/ID`, `.../deny/ID`,
 * `.../revoke/SERIAL?reason=`. Each needs the header `Authorization: Bearer TOKEN`.
 */
export function operatorRoutes({ authority, token, onAction = () => undefined }: OperatorRoutesOptions): Route[] {
  const digest = (value: string): Buffer => createHash('sha256').update(value).digest()
  const expected = digest(`Bearer ${token}`)
  const guarded =
    (handle: (request: HostRequest, argument: string) => Promise<HttpResponse>, path: string) =>
    async (request: HostRequest): Promise<HttpResponse> => {
      if (!timingSafeEqual(digest(request.headers.authorization ?? ''), expected)) {
        return text(401, 'The token of the operator is missing or wrong.', { 'www-authenticate': 'Bearer' })
      }
      try {
        return await handle(request, request.url.pathname.slice(path.length))
      } catch (error) {
        if (error instanceof UProveError && !isOwnFailure(error))
          return json(409, { code: error.code, message: error.message })
        throw error
      }
    }
  const route = (
    method: Route['method'],
    name: string,
    path: string,
    handle: (request: HostRequest, argument: string) => Promise<HttpResponse>,
  ): Route => ({
    ...{ name: `operator-${name}`, method, path, maxBody: 0 },
    handle: guarded(handle, path.replace(/\*$/, '')),
  })
  return [
    route('GET', 'pending', '/authority/pending', async () => json(200, (await authority.pending()).map(summary))),
    route('POST', 'approve', '/authority/approve/*', async (_, requestId) => {
      const { status } = await authority.approve(requestId, 'operator')
      if (status === 'issued') onAction('approved', requestId)
      return json(200, { requestId, status })
    }),
    route('POST', 'deny', '/authority/deny/*', async (_, requestId) => {
      const { status } = await authority.deny(requestId, 'operator')
      onAction('denied', requestId)
      return json(200, { requestId, status })
    }),
    route('POST', 'revoke', '/authority/revoke/*', async ({ url }, serial) => {
      const reason = REVOCATION_REASONS.find((known) => known === (url.searchParams.get('reason') ?? 'unspecified'))
      if (reason === undefined)
        return json(409, { code: 'ca/reason', message: `A reason is one of ${REVOCATION_REASONS.join(', ')}.` })
      await authority.revoke(serial, reason)
      onAction('revoked', serial)
      return json(200, { serial, status: 'revoked', reason })
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
