import { concatOctets } from '../../../bindings/octets/octets.js'
import { SoapError } from '../errors.js'
import type { HttpHandler, HttpRequest, HttpResponse } from './http.js'

export interface TransportOptions {
  readonly signal?: AbortSignal
  /** Octets of an answer's body. */
  readonly maxBytes: number
}

/**
 * Carries a request to a server. Client certificates of TLS, Kerberos (Negotiate) and proxies belong here. It must not follow
 * redirects. Throws `SoapError` (`soap/transport`, `soap/too-long`), and the signal's reason.
 */
export type Transport = (
  url: URL,
  request: Omit<HttpRequest, 'target'>,
  options: TransportOptions,
) => Promise<HttpResponse>

export interface FetchTransportOptions {
  readonly fetch?: typeof fetch
  /** `'include'` lets a browser send client certificates and Kerberos tickets (Negotiate). Default: `'omit'`. */
  readonly credentials?: RequestCredentials
}

/** A transport over `fetch`, for browsers and Node. */
export function fetchTransport({ fetch: send = fetch, credentials = 'omit' }: FetchTransportOptions = {}): Transport {
  return async (url, { method, headers, body }, { signal, maxBytes }) => {
    const present = Object.entries(headers).filter((header): header is [string, string] => header[1] !== undefined)
    try {
      const response = await send(url, {
        method,
        headers: present,
        body: new Uint8Array(body),
        redirect: 'error',
        credentials,
        cache: 'no-store',
        signal,
      })
      return {
        status: response.status,
        headers: Object.fromEntries(response.headers),
        body: await readBody(response, maxBytes),
      }
    } catch (error) {
      signal?.throwIfAborted()
      throw error instanceof SoapError ? error : new SoapError('soap/transport', { cause: error })
    }
  }
}

async function readBody(response: Response, maxBytes: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  let length = 0
  const reader = response.body?.getReader()
  for (let piece = await reader?.read(); piece?.value !== undefined; piece = await reader?.read()) {
    length += piece.value.length
    if (length > maxBytes) {
      await reader?.cancel()
      throw new SoapError('soap/too-long')
    }
    pieces.push(piece.value)
  }
  return concatOctets(pieces)
}

/** A transport to a handler in the same process, for tests and for parties that share a process. */
export function directTransport<Context>(handler: HttpHandler<Context>, context: Context): Transport {
  return async (url, request, { signal }) => {
    signal?.throwIfAborted()
    return handler({ ...request, target: url.pathname + url.search }, context)
  }
}
