import type { EmbeddedAuthority } from '../../pki/ca/embedded-authority.js'
import { WSTEP_SCHEMA, wstepWsdl } from '../../wstep/messages/schema.js'
import { text, type Route } from '../http/http.js'
import { PATHS } from '../deployment/paths.js'

export interface PublicRoutesOptions {
  readonly url: string
  readonly authority: EmbeddedAuthority
  /** The signed documents of Issuer parameters by UIDP. */
  readonly parameters: ReadonlyMap<string, string>
}

const XML_TYPE = 'application/xml; charset=utf-8'
const cached = { 'cache-control': 'public, max-age=300' }

/** What anybody may read: Issuer parameters by UIDP, the authority's certificate and CRL, WSDL and schema. */
export function publicRoutes({ url, authority, parameters }: PublicRoutesOptions): Route[] {
  const address = url + PATHS.securityTokenService
  return [
    {
      name: 'issuer-parameters',
      method: 'GET',
      path: `${PATHS.issuerParameters}/*`,
      // UIDP is the URL; one that is elsewhere can be asked for by name.
      handle: ({ url: { pathname, searchParams } }) => {
        const body = parameters.get(searchParams.get('uidp') ?? url + pathname)
        if (body === undefined) return Promise.resolve(text(404, 'There are no such Issuer parameters here.'))
        return Promise.resolve({ status: 200, headers: { 'content-type': XML_TYPE, ...cached }, body })
      },
    },
    {
      name: 'authority-certificate',
      method: 'GET',
      path: PATHS.authority,
      handle: () => {
        const headers = { 'content-type': 'application/pkix-cert', ...cached }
        return Promise.resolve({ status: 200, headers, body: authority.chain[0]! })
      },
    },
    {
      name: 'authority-crl',
      method: 'GET',
      path: PATHS.revoked,
      handle: async () => ({
        status: 200,
        headers: { 'content-type': 'application/pkix-crl' },
        body: await authority.crl(),
      }),
    },
    {
      name: 'wsdl',
      method: 'GET',
      path: PATHS.securityTokenService,
      handle: ({ url: { search } }) => {
        const body = search === '?xsd' ? WSTEP_SCHEMA : wstepWsdl(address, `${address}?xsd`)
        return Promise.resolve({ status: 200, headers: { 'content-type': XML_TYPE, ...cached }, body })
      },
    },
  ]
}
