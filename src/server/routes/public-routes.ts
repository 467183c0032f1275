import type { EmbeddedAuthority } from '../../pki/ca/embedded-authority.js'
import type { HttpResponse } from '../../soap/http/http.js'
import { WSTEP_SCHEMA, wstepWsdl } from '../../wstep/messages/schema.js'
import { respond, text, type HostRequest, type Route } from '../http/http.js'
import { PATHS } from '../deployment/paths.js'

export interface PublicRoutesOptions {
  readonly url: string
  readonly authority: Pick<EmbeddedAuthority, 'chain' | 'crl'>
  /** The signed documents of Issuer parameters by UIDP. */
  readonly parameters: ReadonlyMap<string, string>
}

const cached = { 'cache-control': 'public, max-age=300' }
const xml = (document: string): HttpResponse =>
  respond(200, document, { 'content-type': 'application/xml; charset=utf-8', ...cached })

/** Public documents: Issuer parameters by UIDP, the authority's certificate and CRL, WSDL and schema. */
export function publicRoutes({ url, authority, parameters }: PublicRoutesOptions): Route[] {
  const address = url + PATHS.securityTokenService
  const route = (
    name: string,
    path: string,
    handle: (request: HostRequest) => HttpResponse | Promise<HttpResponse>,
  ): Route => ({
    ...{ name, method: 'GET', path, maxBody: 0 },
    handle: async (request) => handle(request),
  })
  return [
    // The UIDP is the URL; `?uidp=` names one of another form.
    route('issuer-parameters', `${PATHS.issuerParameters}/*`, ({ url: { pathname, searchParams } }) => {
      const document = parameters.get(searchParams.get('uidp') ?? url + pathname)
      return document === undefined ? text(404, 'The server has no such Issuer parameters.') : xml(document)
    }),
    route('authority-certificate', PATHS.authority, () => ({
      status: 200,
      headers: { 'content-type': 'application/pkix-cert', ...cached },
      body: authority.chain[0]!,
    })),
    route('authority-crl', PATHS.revoked, async () => ({
      status: 200,
      headers: { 'content-type': 'application/pkix-crl' },
      body: await authority.crl(),
    })),
    route('wsdl', PATHS.securityTokenService, ({ url: { search } }) =>
      xml(search === '?xsd' ? WSTEP_SCHEMA : wstepWsdl(address, `${address}?xsd`)),
    ),
  ]
}
