import { itemAt } from '../../../bindings/octets/lists.js'
import type { Octets } from '../../../bindings/octets/octets.js'
import type { EmbeddedAuthority } from '../../pki/ca/embedded-authority.js'
import type { HttpResponse } from '../../soap/http/http.js'
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

function route(
  name: string,
  path: string,
  handle: (request: HostRequest) => HttpResponse | Promise<HttpResponse>,
): Route {
  return { ...{ name, method: 'GET', path, maxBody: 0 }, handle: async (request) => handle(request) }
}

/** The authority's certificate and its CRL, with validators for caches. */
export function authorityRoutes(authority: PublicRoutesOptions['authority']): Route[] {
  return [
    route('authority-certificate', PATHS.authority, (request) =>
      cacheable(request, 'application/pkix-cert', itemAt(authority.chain, 0)),
    ),
    route('authority-crl', PATHS.revoked, async (request) =>
      cacheable(request, 'application/pkix-crl', await authority.crl()),
    ),
  ]
}

/** A file with an entity tag of its octets. RFC 9110, section 13.1.2 */
async function cacheable({ headers }: HostRequest, type: string, body: Octets): Promise<HttpResponse> {
  const etag = await tagOf(body)
  const known = headers['if-none-match']?.split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  const isKnown = known?.some((tag) => tag === etag || tag === '*') === true
  return isKnown
    ? { status: 304, headers: { etag, ...cached }, body: new Uint8Array(0) }
    : { status: 200, headers: { 'content-type': type, etag, ...cached }, body }
}

/** Entity tags of files, computed once for each, in a thread of Node: a long CRL takes milliseconds. */
const tags = new WeakMap<Octets, Promise<string>>()

function tagOf(body: Octets): Promise<string> {
  let tag = tags.get(body)
  if (tag === undefined) {
    tag = crypto.subtle.digest('SHA-256', body).then((hash) => `"${Buffer.from(hash).toString('hex').slice(0, 32)}"`)
    tags.set(body, tag)
  }
  return tag
}

/** Public documents: Issuer parameters by UIDP, the authority's certificate and CRL. */
export function publicRoutes({ url, authority, parameters }: PublicRoutesOptions): Route[] {
  return [
    // The UIDP is the URL; `?uidp=` names one of another form; `/current` are those under which tokens are issued now.
    route('issuer-parameters', `${PATHS.issuerParameters}/*`, ({ url: { pathname, searchParams } }) => {
      const isCurrent = pathname === `${PATHS.issuerParameters}/current`
      const document = isCurrent
        ? [...parameters.values()][0]
        : parameters.get(searchParams.get('uidp') ?? url + pathname)
      return document === undefined ? text(404, 'The server has no such Issuer parameters.') : xml(document)
    }),
    ...authorityRoutes(authority),
  ]
}
