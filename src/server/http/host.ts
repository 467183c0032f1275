import { concatOctets } from '../../../bindings/octets/octets.js'
import { randomUUID } from 'node:crypto'
import { createServer as createPlainServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer, type Server as SecureServer } from 'node:https'
import { once } from 'node:events'
import { isIP, type AddressInfo, type Socket } from 'node:net'
import { pipeline, Readable } from 'node:stream'
import { TLSSocket } from 'node:tls'
import type { HttpResponse } from '../../soap/http/http.js'
import { TrustedProxies, type TrustedProxiesOptions } from './forwarded.js'
import { OUTAGE, refusal, text, type HostRequest, type HttpClient, type Route } from './http.js'
import { networkOf } from './ip-address.js'
import { Admission, DEFAULT_HOST_LIMITS, Quota, RateLimiter, type HostLimits, type RateLimit } from './limits.js'
import { requestContext } from './request-context.js'
import { secureContextOptions, type TlsOptions } from './tls.js'

/** The per-address limit that a connection or a request reached. */
export type AddressLimit = 'connections' | 'rate' | 'bodies'

/** Called by the host, for logs and metrics. */
export interface HostEvents {
  answered?(answer: {
    readonly route: string
    readonly request: Pick<HostRequest, 'id' | 'method' | 'client'>
    readonly status: number
    readonly milliseconds: number
  }): void
  /** A route threw: a bug, or a service that it needs is unavailable. */
  failed?(route: string, id: string, error: unknown): void
  /** An address is at a limit. */
  limited?(limit: AddressLimit, address: string): void
}

export interface HostOptions {
  readonly routes: readonly Route[]
  /** Without it the host uses plain HTTP, for operators on the loopback interface. */
  readonly tls?: TlsOptions
  readonly limits?: Partial<HostLimits>
  /** Counts requests in flight together with other hosts. Default: alone. */
  readonly admission?: Admission
  /** Requests of one address, answered or refused. Default: unlimited. */
  readonly rate?: RateLimit
  readonly proxies?: TrustedProxiesOptions
  /**
   * Names that the Host header may have, beside IP addresses and `localhost`: a page in a browser can make another name of its
   * own point here. Default: the header is not checked.
   */
  readonly hosts?: readonly string[]
  readonly events?: HostEvents
  /** Runs each answer, in a span. Default: it just runs. */
  readonly tracing?: (
    request: { readonly method: string; readonly route: string; readonly headers: IncomingMessage['headers'] },
    answer: () => Promise<HttpResponse>,
  ) => Promise<HttpResponse>
}

/** Ends a request with this response. */
class EarlyResponse extends Error {
  /** @param code for logs; default: made of the status */
  constructor(
    readonly response: HttpResponse,
    readonly code?: string,
  ) {
    super()
  }
}

/** The refusal of an overloaded host; the code names the limit. */
const overloaded = (limit: 'in-flight' | 'bodies' | 'connections'): HttpResponse =>
  refusal(503, `limit/${limit}`, 'Overloaded. Try again later.', { 'retry-after': '1' })
const gone = text(499, 'The client is gone.')
const draining = refusal(503, 'server/draining', 'Shutting down.', { 'retry-after': '5', connection: 'close' })

/**
 * The answer to a request that failed, as 503 or 429 if only for now: what the route answered, or if it threw a refusal. A SOAP fault
 * stays in it, or becomes that of an outage.
 */
function failedForNow(route: Route | undefined, answered?: HttpResponse): HttpResponse {
  const retry = requestContext.getStore()?.retry
  if (retry === undefined) return answered ?? text(500, 'The server failed.')
  if (answered !== undefined && answered.status !== 500) return answered
  const { status, after, isOutage = false } = retry
  const headers = { 'retry-after': String(after) }
  if (answered !== undefined && !isOutage) return { ...answered, status, headers: { ...answered.headers, ...headers } }
  const refusedFor = isOutage
    ? refusal(status, OUTAGE, 'The database of the server is unavailable. Try again later.', headers)
    : refusal(status, 'server/overloaded', 'The server cannot answer now. Try again later.', headers)
  return refused(route, refusedFor, answered)
}

/** Connections that wait for the event loop to accept them: the kernel's own limit (`net.core.somaxconn`) may be lower. */
const BACKLOG = 4_096
/** The part of a limit of connections by which it may be exceeded: those are answered with a refusal rather than reset. */
const SURPLUS = 1 / 4

/** One HTTPS server with routes, limits and an orderly end. */
export class Host {
  readonly #server: Server | SecureServer
  readonly #limits: HostLimits
  readonly #proxies: TrustedProxies
  readonly #rate: RateLimiter | undefined
  readonly #connectionsOf: Quota
  readonly #surplusOf: Quota
  readonly #bodiesOf: Quota
  readonly #admission: Admission
  #connections = 0
  /** The refusal that each surplus connection gets, by the client's address and port. */
  readonly #surplus = new Map<string, 'all' | 'address'>()
  #bodies = 0
  #draining = false

  constructor(private readonly options: HostOptions) {
    const limits = { ...DEFAULT_HOST_LIMITS, ...options.limits }
    this.#limits = limits
    this.#proxies = new TrustedProxies(options.proxies)
    this.#rate = options.rate && new RateLimiter(options.rate)
    this.#admission = options.admission ?? new Admission(limits)
    this.#connectionsOf = new Quota(limits.connectionsPerAddress)
    this.#surplusOf = new Quota(Math.ceil(SURPLUS * limits.connectionsPerAddress))
    this.#bodiesOf = new Quota(limits.bodiesPerAddress)
    this.#server = this.#createServer()
    this.#server.maxConnections = limits.connections + Math.ceil(SURPLUS * limits.connections)
    this.#server.prependListener('connection', (socket: Socket) => this.#connected(socket))
    // With `Expect: 100-continue` the client sends its body once it is asked to.
    this.#server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
      this.#begin(request, response)
    })
    // Closes the one connection whose handshake fails.
    this.#server.on('tlsClientError', (_, socket: TLSSocket) => socket.destroy())
  }

  /** Requests being answered, by the hosts that share its admission too. */
  get inFlight(): number {
    return this.#admission.inFlight
  }

  /** Listens; port 0 takes a free one. The address in the result has the port. */
  async listen(port: number, address: string): Promise<AddressInfo> {
    this.#server.listen({ port, host: address, backlog: BACKLOG })
    await once(this.#server, 'listening')
    return this.#server.address() as AddressInfo
  }

  /** Uses another certificate for new connections. */
  renewCertificate({ cert, key }: Pick<TlsOptions, 'cert' | 'key'>): void {
    const { tls } = this.options
    if (!('setSecureContext' in this.#server) || tls === undefined) return
    this.#server.setSecureContext(secureContextOptions({ ...tls, cert, key }))
  }

  /** Accepts no new requests, waits at most so many milliseconds for those in progress, and ends. */
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

  #createServer(): Server | SecureServer {
    const { requestTimeout, idleTimeout } = this.#limits
    const { tls } = this.options
    const headersTimeout = Math.min(this.#limits.headersTimeout, requestTimeout)
    const timeouts = {
      requestTimeout,
      headersTimeout,
      keepAliveTimeout: idleTimeout,
      connectionsCheckingInterval: Math.min(1_000, headersTimeout),
    }
    const listener = (request: IncomingMessage, response: ServerResponse): void => this.#begin(request, response)
    if (tls === undefined) return createPlainServer(timeouts, listener)
    return createServer(
      {
        ...timeouts,
        handshakeTimeout: headersTimeout,
        ...secureContextOptions(tls),
        // Asked for in the first handshake: clients other than Windows fail in a later one.
        requestCert: tls.clientAuthorities !== undefined,
        rejectUnauthorized: false,
      },
      listener,
    )
  }

  /**
   * Counts a connection. Those beyond a limit are told so when they send a request; if there are many of them, they are closed at
   * once. A trusted proxy has any number.
   */
  #connected(socket: Socket): void {
    const { remoteAddress: address = '' } = socket
    const name = connectionName(socket)
    this.#connections++
    socket.once('close', () => {
      this.#connections--
      this.#surplus.delete(name)
    })
    if (this.#connections > this.#limits.connections) this.#surplus.set(name, 'all')
    if (this.#proxies.has(address)) return
    const network = networkOf(address)
    const quota = [this.#connectionsOf, this.#surplusOf].find((one) => one.take(network))
    if (quota !== undefined) socket.once('close', () => quota.release(network))
    if (quota === this.#connectionsOf) return
    this.options.events?.limited?.('connections', address)
    if (quota === undefined) socket.destroy()
    else this.#surplus.set(name, 'address')
  }

  #begin(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const begun = performance.now()
    const { events, routes, tracing = untraced } = this.options
    const url = parseUrl(incoming.url)
    const method = incoming.method ?? ''
    const route = url && routes.find((one) => accepts(one.method, method) && matches(one.path, url))
    const request = { id: randomUUID(), method, client: this.#clientOf(incoming) }
    const name = route?.name ?? 'none'
    const { headers } = incoming
    const [, trace] = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-/.exec(headers.traceparent?.toString() ?? '') ?? []
    void requestContext.run({ id: request.id, route: name, address: request.client.address, trace }, async () => {
      const response = await tracing({ method, route: name, headers }, () =>
        this.#answer(incoming, outgoing, { ...request, url, route }),
      )
      try {
        this.#send(incoming, outgoing, response)
      } catch (error) {
        // A route returned a header that HTTP cannot write.
        events?.failed?.(name, request.id, error)
        outgoing.destroy()
      }
      events?.answered?.({ route: name, request, status: response.status, milliseconds: performance.now() - begun })
    })
  }

  /** Checks the headers, then receives the body, then calls the route. */
  async #answer(
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    { url, route, ...request }: Pick<HostRequest, 'id' | 'method' | 'client'> & { url?: URL; route?: Route },
  ): Promise<HttpResponse> {
    const aborter = new AbortController()
    outgoing.once('close', () => aborter.abort())
    const { address } = request.client
    const limited = route?.always !== true
    let held = 0
    let received = 0
    let leave: (() => void) | undefined
    try {
      if (!this.#isOurHost(incoming.headers.host))
        throw new EarlyResponse(text(421, 'The Host header does not name this server.'))
      if (url === undefined) throw new EarlyResponse(text(400, 'The request target is not a path.'))
      if (limited) this.#refuseSurplus(incoming)
      if (limited) this.#refuseIfTooOften(address)
      if (route === undefined) throw new EarlyResponse(this.#notFound(url))
      if (limited) this.#refuseIfBusy(route)
      const limit = route.maxBody ?? this.#limits.body
      const announced = announcedBody(incoming, limit)
      if (announced > limit) throw tooLarge(limit)
      if (this.#bodies + announced > this.#limits.bodies) throw new EarlyResponse(overloaded('bodies'), 'limit/bodies')
      if (!this.#bodiesOf.take(networkOf(address), announced)) throw this.#limitOf('bodies', address, 1)
      held = announced
      if (incoming.headers.expect !== undefined) outgoing.writeContinue()
      const body = await receive(incoming, limit, (octets) => {
        received += octets
        this.#bodies += octets
        if (this.#bodies > this.#limits.bodies) throw new EarlyResponse(overloaded('bodies'), 'limit/bodies')
      })
      // Counted as in flight only now: a client that sends slowly must not keep others out.
      if (limited) {
        this.#refuseIfBusy(route)
        leave = this.#admission.enter(route)
      }
      const headers = incoming.headers as Record<string, string | undefined>
      const target = url.pathname + url.search
      return failedForNow(route, await route.handle({ ...request, url, target, headers, body, signal: aborter.signal }))
    } catch (error) {
      if (error instanceof EarlyResponse) {
        const context = requestContext.getStore()
        if (context !== undefined) context.code ??= error.code
        return refused(route, error.response)
      }
      if (!incoming.complete || aborter.signal.aborted) return gone
      this.options.events?.failed?.(route?.name ?? 'none', request.id, error)
      return failedForNow(route)
    } finally {
      leave?.()
      this.#bodies -= received
      this.#bodiesOf.release(networkOf(address), held)
    }
  }

  /** Throws `EarlyResponse` if as many requests as allowed are being answered, and while the host drains. */
  #refuseIfBusy(route: Route): void {
    if (this.#draining) throw new EarlyResponse(draining, 'server/draining')
    if (this.#admission.isFull(route)) throw new EarlyResponse(overloaded('in-flight'), 'limit/in-flight')
  }

  /** Throws `EarlyResponse` on a connection beyond a limit, and closes it. */
  #refuseSurplus({ socket }: IncomingMessage): void {
    const limit = this.#surplus.get(connectionName(socket))
    if (limit === undefined) return
    const { status, headers, body } =
      limit === 'all'
        ? overloaded('connections')
        : refusal(429, 'limit/connections', 'Too many connections from this address.', { 'retry-after': '1' })
    throw new EarlyResponse({ status, headers: { ...headers, connection: 'close' }, body }, 'limit/connections')
  }

  #refuseIfTooOften(address: string): void {
    const wait = this.#rate?.take(networkOf(address)) ?? 0
    if (wait > 0) throw this.#limitOf('rate', address, wait)
  }

  #limitOf(limit: AddressLimit, address: string, wait: number): EarlyResponse {
    this.options.events?.limited?.(limit, address)
    const headers = { 'retry-after': String(wait) }
    return new EarlyResponse(refusal(429, `limit/${limit}`, 'Too many requests from this address.', headers))
  }

  #isOurHost(header: string | undefined): boolean {
    const { hosts } = this.options
    if (hosts === undefined) return true
    const name = (header ?? '').replace(/:\d*$/, '').toLowerCase()
    return name === 'localhost' || isIP(name.replace(/^\[|\]$/g, '')) !== 0 || hosts.includes(name)
  }

  #clientOf({ socket, headers }: IncomingMessage): HttpClient {
    const peer = socket.remoteAddress ?? ''
    const address = this.#proxies.clientOf(peer, headers)
    // A proxy's certificate does not identify its client.
    if (address !== peer || !(socket instanceof TLSSocket)) return { address }
    const { raw } = socket.getPeerCertificate() as { raw?: Buffer }
    if (raw === undefined) return { address }
    return { address, certificate: { der: Uint8Array.from(raw), trusted: socket.authorized } }
  }

  #send(incoming: IncomingMessage, outgoing: ServerResponse, { status, headers, body }: HttpResponse): void {
    if (outgoing.destroyed || status === gone.status) {
      outgoing.destroy()
      return
    }
    // Node reads on and discards what is left of a body, so that the client can go on. That takes too long for a body that was
    // begun, has no announced length, is too long, or comes only when it is asked for.
    const { headers: sent, complete } = incoming
    const isDiscarded =
      !incoming.readableDidRead &&
      status !== 413 &&
      sent.expect === undefined &&
      sent['transfer-encoding'] === undefined
    const unread = !complete && !isDiscarded
    outgoing.writeHead(status, {
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...headers,
      'content-length': body.length,
      ...((unread || this.#draining) && { connection: 'close' }),
    })
    // A client that does not take its answer must not keep its connection.
    const timer = setTimeout(() => outgoing.destroy(), this.#limits.requestTimeout)
    outgoing.once('close', () => clearTimeout(timer))
    const sentAll = (): void => {
      if (unread) incoming.destroy()
    }
    if (body.length <= PIECE) outgoing.end(body, sentAll)
    else pipeline(Readable.from(pieces(body)), outgoing, sentAll)
  }

  #notFound(url: URL): HttpResponse {
    const others = this.options.routes.filter(({ path }) => matches(path, url))
    if (others.length === 0) return text(404, 'Not found.')
    const allowed = METHODS.filter((sent) => others.some(({ method }) => accepts(method, sent)))
    return text(405, 'Method not allowed.', { allow: allowed.join(', ') })
  }
}

const untraced: NonNullable<HostOptions['tracing']> = (_request, answer) => answer()

/** Names a connection while it lasts. TLS has another socket than the connection below, and the same addresses. */
function connectionName({ remoteAddress = '', remotePort = 0 }: Socket): string {
  return `${remoteAddress} ${String(remotePort)}`
}

/** A refusal as clients of the route read it. */
function refused(route: Route | undefined, response: HttpResponse, answered?: HttpResponse): HttpResponse {
  const isForNow = response.status === 503 || response.status === 429
  return (isForNow ? route?.refusal?.(response, answered) : undefined) ?? response
}

const tooLarge = (limit: number): EarlyResponse =>
  new EarlyResponse(text(413, `The body is limited to ${String(limit)} octets.`))

/** The octets of a body as its headers announce them; a body of unknown length may take all that is allowed. */
function announcedBody({ headers }: IncomingMessage, limit: number): number {
  if (headers['transfer-encoding'] !== undefined) return limit
  return Number(headers['content-length'] ?? 0)
}

/** Throws `EarlyResponse` for a body that is too large, and what `count` throws. */
async function receive(
  incoming: IncomingMessage,
  limit: number,
  count: (octets: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Buffer[] = []
  let length = 0
  for await (const piece of incoming as AsyncIterable<Buffer>) {
    length += piece.length
    if (length > limit) throw tooLarge(limit)
    count(piece.length)
    pieces.push(piece)
  }
  return concatOctets(pieces)
}

function parseUrl(target: string | undefined): URL | undefined {
  if (target?.startsWith('/') !== true || target.startsWith('//')) return undefined
  try {
    return new URL(target, 'https://host')
  } catch {
    return undefined
  }
}

/** Octets of an answer that a connection gets at once. With a long one, such as a CRL, others would wait for the system to copy it. */
const PIECE = 1 << 17

function* pieces(body: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < body.length; at += PIECE) yield body.subarray(at, at + PIECE)
}

const METHODS = ['GET', 'HEAD', 'POST'] as const

/** A route for GET answers HEAD too; Node leaves out the body. RFC 9110, section 9.1 */
function accepts(method: Route['method'], sent: string): boolean {
  return method === sent || (method === 'GET' && sent === 'HEAD')
}

function matches(path: string, { pathname }: URL): boolean {
  return path.endsWith('/*') ? pathname.startsWith(path.slice(0, -1)) : pathname === path
}
