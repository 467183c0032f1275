import type { HttpResponse } from '../../soap/http/http.js'
import {
  claimProviderWsdl,
  relyingPartyWsdl,
  U_PROVE_SCHEMA,
  WS_TRUST_SCHEMA,
  XML_SIGNATURE_SCHEMA,
} from '../../ws-trust/soap/schema.js'
import { WSTEP_SCHEMA, wstepWsdl, XML_NAMESPACE_SCHEMA } from '../../wstep/messages/schema.js'
import { XCEP_SCHEMA, xcepWsdl } from '../../xcep/schema.js'
import { PATHS } from '../deployment/paths.js'
import { respond, text, type Route } from '../http/http.js'

/** The schemas by file name. Each imports the others from beside it. `schemas/` of the package has the same files. */
export const SCHEMAS: ReadonlyMap<string, string> = new Map([
  ['u-prove.xsd', U_PROVE_SCHEMA],
  ['ws-trust.xsd', WS_TRUST_SCHEMA],
  ['wstep.xsd', WSTEP_SCHEMA],
  ['xcep.xsd', XCEP_SCHEMA],
  ['xml.xsd', XML_NAMESPACE_SCHEMA],
  ['xmldsig.xsd', XML_SIGNATURE_SCHEMA],
])

/**
 * What clients of SOAP take in: the WSDL of each service at the service's own address with `?wsdl`, and the schemas. A WSDL
 * and its schemas name no other server.
 *
 * @param hasPolicy whether the deployment serves policies.
 */
export function descriptionRoutes(url: string, hasPolicy: boolean): Route[] {
  const schema = (name: string): string => `${url}${PATHS.schemas}/${name}`
  const described = (
    name: keyof typeof PATHS,
    wsdl: (serviceUrl: string, schemaUrl: string) => string,
    file: string,
  ): Route => {
    const document = wsdl(url + PATHS[name], schema(file))
    return documentRoute('wsdl', PATHS[name], () => xml(document))
  }
  return [
    documentRoute('schema', `${PATHS.schemas}/*`, (pathname) => {
      const found = SCHEMAS.get(pathname.slice(PATHS.schemas.length + 1))
      return found === undefined ? text(404, 'The server has no such schema.') : xml(found)
    }),
    described('claimProvider', claimProviderWsdl, 'ws-trust.xsd'),
    described('relyingParty', relyingPartyWsdl, 'ws-trust.xsd'),
    // Version 0.1 served the schema of WSTEP at `?xsd`.
    documentRoute('wsdl', PATHS.securityTokenService, (_, search) =>
      xml(search === '?xsd' ? WSTEP_SCHEMA : wstepWsdl(url + PATHS.securityTokenService, schema('wstep.xsd'))),
    ),
    ...(hasPolicy ? [described('policyService', xcepWsdl, 'xcep.xsd')] : []),
  ]
}

const xml = (document: string): HttpResponse =>
  respond(200, document, { 'content-type': 'application/xml; charset=utf-8', 'cache-control': 'public, max-age=300' })

function documentRoute(name: string, path: string, answer: (pathname: string, search: string) => HttpResponse): Route {
  return {
    ...{ name, method: 'GET', path, maxBody: 0 },
    handle: ({ url: { pathname, search } }) => Promise.resolve(answer(pathname, search)),
  }
}
