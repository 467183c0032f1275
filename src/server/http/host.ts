import { concatOctets } from '../../../bindings/octets/octets.js'
import { randomUUID } from 'node:crypto'
import { createServer as createPlainServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer, type Server as SecureServer } from 'node:https'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { TLSSocket } from 'node:tls'
import { text, type HttpClient, type HostRequest, type HttpResponse, type Route } from './http.js'

/** What a host takes on at most. Beyond it answers 503 with Retry-After, 413 or 408, or takes no connection. */
export interface HostLimits {
  /** Requests being answered at once. Default 64. */
  readonly inFlight: number
  /** Connections at once. Default 1,000. */
  readonly connections: number
  /** Octets of a body. Default 1 MiB; routes may have another limit. */
  readonly body: number
  /** Octets of all bodies together that are in memory. Default 256 MiB. */
  readonly bodies: number
  /** Milliseconds to receive a request whole, and as many to have its answer taken. Default 30,000. */
  readonly requestTimeout: number
  /** Milliseconds that an idle connection is kept. Default 10,000. */
  readonly idleTimeout: number
}

export const DEFAULT_HOST_LIMITS: HostLimits = {
  inFlight: 64,
  connections: 1_000,
  body: 1 << 20,
  bodies: 256 << 20,
  requestTimeout: 30_000,
  idleTimeout: 10_000,
}

export interface TlsOptions {
  /** Certificate chain and private key, PEM. */
  readonly cert: string
  readonly key: string
  /** Authorities whose certificates clients may show, PEM. Clients are asked for one, none has to be shown. */
  readonly clientAuthorities?: readonly string[]
}

/** What happened, for logs and metrics. */
export interface HostEvents {
  answered?(answer: {
    readonly route: string
    readonly request: Pick<HostRequest, 'id' | 'method' | 'client'>
    readonly status: number
    readonly milliseconds: number
  }): void
  /** A route threw, which it never should. */
  failed?(route: string, id: string, error: unknown): void
}

export interface HostOptions {
  readonly routes: readonly Route[]
  /** Without it the host speaks plain HTTP: for metrics on the loopback interface, and behind a proxy on the same machine. */
  readonly tls?: TlsOptions
  readonly limits?: Partial<HostLimits>
  readonly events?: HostEvents
}

class Refusal extends Error {
  constructor(readonly response: HttpResponse) {
    super()
  }
}

const overloaded = text(503, 'Overloaded. Try again later.', { 'retry-after': '1' })
const gone = text(499, 'The client is gone.')
const draining = text(503, 'Shutting down.', { 'retry-after': '5', connection: 'close' })

/** One HTTPS server with routes, limits and an orderly end. */
export class Host {
  readonly #server: Server | SecureServer
  readonly #limits: HostLimits
  #inFlight = 0
  #bodies = 0
  #draining = false

  constructor(private readonly options: HostOptions) {
    const limits = { ...DEFAULT_HOST_LIMITS, ...options.limits }
    const { tls } = options
    const timeouts = {
      requestTimeout: limits.requestTimeout,
      headersTimeout: Math.min(10_000, limits.requestTimeout),
      keepAliveTimeout: limits.idleTimeout,
      connectionsCheckingInterval: Math.min(1_000, limits.requestTimeout),
    }
    const listener = (request: IncomingMessage, response: ServerResponse): void => void this.#answer(request, response)
    const handshakeTimeout = timeouts.headersTimeout
    this.#limits = limits
    this.#server =
      tls === undefined
        ? createPlainServer(timeouts, listener)
        : createServer(
            {
              ...timeouts,
              handshakeTimeout,
              cert: tls.cert,
              key: tls.key,
              minVersion: 'TLSv1.2',
              // Asked for in the first handshake: clients other than Windows fail in a later one.
              requestCert: tls.clientAuthorities !== undefined,
              rejectUnauthorized: false,
              ...(tls.clientAuthorities && { ca: [...tls.clientAuthorities] }),
            },
            listener,
          )
    this.#server.maxConnections = limits.connections
    // A connection that fails in the handshake or in HTTP itself is closed; others go on.
    this.#server.on('tlsClientError', (_, socket: TLSSocket) => socket.destroy())
  }

  /** Requests being answered. */
  get inFlight(): number {
    return this.#inFlight
  }

  /** Listens; port 0 takes a free one. The address in the result has the port. */
  async listen(port: number, address: string): Promise<AddressInfo> {
    this.#server.listen(port, address)
    await once(this.#server, 'listening')
    return this.#server.address() as AddressInfo
  }

  /** Uses another certificate for new connections. */
  renewCertificate({ cert, key }: Pick<TlsOptions, 'cert' | 'key'>): void {
    const { tls } = this.options
    if (!('setSecureContext' in this.#server) || tls === undefined) return
    this.#server.setSecureContext({
      cert,
      key,
      minVersion: 'TLSv1.2',
      ...(tls.clientAuthorities && { ca: [...tls.clientAuthorities] }),
    })
  }

  /** Takes nothing new, answers what has begun, for so many milliseconds at most, and ends. */
  async close(patience = 10_000): Promise<void> {
    if (!this.#server.listening) return
    this.#draining = true
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeIdleConnections()
    const timer = setTimeout(() => this.#server.closeAllConnections(), patience)
    try {
      await closed
    } finally {
      clearTimeout(timer)
    }
  }

  async #answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const begin = performance.now()
    const aborter = new AbortController()
    outgoing.once('close', () => aborter.abort())
    const request = {
      id: randomUUID(),
      method: incoming.method ?? '',
      client: clientOf(incoming),
    }
    const url = parseUrl(incoming.url)
    const route =
      url && this.options.routes.find(({ method, path }) => accepts(method, request.method) && matches(path, url))
    let response: HttpResponse
    let received = 0
    let work = 0
    try {
      if (url === undefined) throw new Refusal(text(400, 'The request target is no path.'))
      if (route === undefined) throw new Refusal(this.#notFound(url))
      const limited = route.always !== true
      this.#refuseIfBusy(limited)
      const body = await this.#receive(incoming, route.maxBody ?? this.#limits.body, (octets) => {
        received += octets
        this.#bodies += octets
        if (this.#bodies > this.#limits.bodies) throw new Refusal(overloaded)
      })
      // Only now: whoever sends slowly must not keep others out.
      this.#refuseIfBusy(limited)
      work = limited ? 1 : 0
      this.#inFlight += work
      const headers = incoming.headers as Record<string, string | undefined>
      response = await route.handle({
        ...request,
        url,
        target: url.pathname + url.search,
        headers,
        body,
        signal: aborter.signal,
      })
    } catch (error) {
      if (error instanceof Refusal) response = error.response
      else if (!incoming.complete || aborter.signal.aborted) response = gone
      else {
        this.options.events?.failed?.(route?.name ?? 'none', request.id, error)
        response = text(500, 'Something failed here.')
      }
    } finally {
      this.#inFlight -= work
      this.#bodies -= received
    }
    try {
      this.#send(incoming, outgoing, response)
    } catch (error) {
      // A header that is none, of a route that others have made.
      this.options.events?.failed?.(route?.name ?? 'none', request.id, error)
      outgoing.destroy()
    }
    this.options.events?.answered?.({
      route: route?.name ?? 'none',
      request,
      status: response.status,
      milliseconds: performance.now() - begin,
    })
  }

  /** Throws `Refusal` while as many requests as allowed are being answered, and at the end. */
  #refuseIfBusy(limited: boolean): void {
    if (!limited) return
    if (this.#draining) throw new Refusal(draining)
    if (this.#inFlight >= this.#limits.inFlight) throw new Refusal(overloaded)
  }

  /** Throws `Refusal` for what is too large. */
  async #receive(
    incoming: IncomingMessage,
    limit: number,
    count: (octets: number) => void,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const tooLarge = new Refusal(text(413, `A body has at most ${String(limit)} octets here.`))
    if (Number(incoming.headers['content-length'] ?? 0) > limit) throw tooLarge
    const pieces: Buffer[] = []
    let length = 0
    for await (const piece of incoming as AsyncIterable<Buffer>) {
      length += piece.length
      if (length > limit) throw tooLarge
      count(piece.length)
      pieces.push(piece)
    }
    return concatOctets(pieces)
  }

  #send(incoming: IncomingMessage, outgoing: ServerResponse, { status, headers, body = '' }: HttpResponse): void {
    if (outgoing.destroyed || status === gone.status) {
      outgoing.destroy()
      return
    }
    const octets = typeof body === 'string' ? Buffer.from(body) : body
    // What has not been read of a body cannot be told from a next request.
    const unread = !incoming.complete
    outgoing.writeHead(status, {
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...headers,
      'content-length': octets.length,
      ...((unread || this.#draining) && { connection: 'close' }),
    })
    // Whoever does not take an answer must not keep its connection: there are not so many.
    const timer = setTimeout(() => outgoing.destroy(), this.#limits.requestTimeout)
    outgoing.once('close', () => clearTimeout(timer))
    outgoing.end(octets, () => {
      if (unread) incoming.destroy()
    })
  }

  #notFound(url: URL): HttpResponse {
    const others = this.options.routes.filter(({ path }) => matches(path, url))
    if (others.length === 0) return text(404, 'There is nothing here.')
    const allowed = METHODS.filter((sent) => others.some(({ method }) => accepts(method, sent)))
    return text(405, 'Not with this method.', { allow: allowed.join(', ') })
  }
}

function parseUrl(target: string | undefined): URL | undefined {
  if (target?.startsWith('/') !== true || target.startsWith('//')) return undefined
  try {
    return new URL(target, 'https://host')
  } catch {
    return undefined
  }
}

const METHODS = ['GET', 'HEAD', 'POST'] as const

/** Whatever answers GET answers HEAD, of which Node leaves out the body. RFC 9110, section 9.1 */
function accepts(method: Route['method'], sent: string): boolean {
  return method === sent || (method === 'GET' && sent === 'HEAD')
}

function matches(path: string, { pathname }: URL): boolean {
  return path.endsWith('/*') ? pathname.startsWith(path.slice(0, -1)) : pathname === path
}

function clientOf({ socket }: IncomingMessage): HttpClient {
  const address = socket.remoteAddress ?? ''
  if (!(socket instanceof TLSSocket)) return { address }
  const { raw } = socket.getPeerCertificate() as { raw?: Buffer }
  if (raw === undefined) return { address }
  return { address, certificate: { der: Uint8Array.from(raw), trusted: socket.authorized } }
}
