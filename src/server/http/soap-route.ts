import type { HttpHandler } from '../../soap/http/http.js'
import type { HttpClient, Route } from './http.js'

/** What the services over SOAP learn from the host. */
export interface SoapContext {
  readonly client: HttpClient
  /** Of the request, in logs. */
  readonly id: string
}

/** A service over SOAP as a route of the host. */
export function soapRoute(
  { name, path, maxBody }: Pick<Route, 'name' | 'path' | 'maxBody'>,
  handler: HttpHandler<SoapContext>,
): Route {
  return {
    name,
    path,
    method: 'POST',
    maxBody,
    handle: (request) => handler(request, request),
  }
}
