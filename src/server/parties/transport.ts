import type { TransportCredentials } from '../../authentication/authentication.js'
import type { HttpHandler } from '../../soap/http/http.js'
import type { Directory } from '../deployment/directory.js'
import { text, type HostRequest, type SoapContext } from '../http/http.js'

/**
 * Authenticates by HTTP headers: Kerberos (Negotiate), bearer tokens and the like. Returns the account's id; no id for wrong
 * credentials, which fails the request, as an unknown id does; a challenge to answer with 401 and WWW-Authenticate; or
 * `undefined` if the request has no credentials of this kind.
 */
export type TransportAuthenticator = (
  request: Pick<HostRequest, 'headers' | 'client'>,
) => Promise<{ readonly method: string; readonly id: string | undefined } | { readonly challenge: string } | undefined>

/** Passes the credentials of the transport to a SOAP service: the TLS certificate, and the result of the first authenticator. */
export function withTransportCredentials(
  handler: HttpHandler<TransportCredentials>,
  authenticators: readonly TransportAuthenticator[],
  directory: Directory,
): HttpHandler<SoapContext> {
  return async (request, { client }) => {
    const { certificate } = client
    for (const authenticate of authenticators) {
      const result = await authenticate({ headers: request.headers, client })
      if (result === undefined) continue
      if ('challenge' in result) return text(401, 'Authenticate first.', { 'www-authenticate': result.challenge })
      // An identity without an account in the directory is refused.
      const id = result.id === undefined ? undefined : directory.find(result.id)?.name
      return handler(request, { certificate, negotiated: { method: result.method, id } })
    }
    return handler(request, { certificate })
  }
}
