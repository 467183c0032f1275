import { throwIfAborted } from '../../../bindings/octets/platform.js'
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

/** After how many milliseconds a server that cannot answer now asks to try again. Undefined if it does not ask. RFC 9110, section 10.2.3 */
export function retryAfter({ status, headers }: HttpResponse, now = Date.now()): number | undefined {
  const value = headers['retry-after']
  if ((status !== 503 && status !== 429) || value === undefined) return undefined
  const wait = /^\d{1,9}$/.test(value) ? 1_000 * Number(value) : Date.parse(value) - now
  return Number.isNaN(wait) ? undefined : Math.max(0, wait)
}

/**
 * Sends again what a server cannot answer now, when it says (Retry-After), for at most so many milliseconds. Not sooner than a quarter of a
 * second later, and not all clients at once.
 */
export async function patiently(
  send: () => Promise<HttpResponse>,
  patience: number,
  signal?: AbortSignal,
): Promise<HttpResponse> {
  for (let left = patience; ;) {
    const response = await send()
    const asked = retryAfter(response)
    if (asked === undefined) return response
    const wait = Math.max(asked, 250) * (1 + Math.random() / 2)
    if (wait > left) return response
    left -= wait
    await delay(wait, signal)
  }
}

/** Waits; rejects with the signal's reason. */
export function delay(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      clearTimeout(timer)
      reject(signal?.reason as Error)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort)
      resolve()
    }, milliseconds)
    if (signal?.aborted === true) abort()
    else signal?.addEventListener('abort', abort, { once: true })
  })
}

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
      throwIfAborted(signal)
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
    throwIfAborted(signal)
    return handler({ ...request, target: url.pathname + url.search }, context)
  }
}
