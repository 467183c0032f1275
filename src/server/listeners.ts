import { availableParallelism } from 'node:os'
import { Host, type HostEvents, type HostOptions } from './http/host.js'
import type { Route } from './http/http.js'
import { isLoopback } from './http/ip-address.js'
import { Admission } from './http/limits.js'
import { requestContext } from './http/request-context.js'
import { logFailure } from './observation/failure.js'
import { openTracing } from './observation/tracing.js'
import type { Parts } from './parties/parts.js'

interface ListenAddress {
  readonly address: string
  readonly port: number
}

/** Listen addresses that replace the configured ones. Port 0 takes a free port; null turns a listener off. */
export interface ListenOptions {
  /** HTTPS. */
  readonly listen?: ListenAddress
  /** Operators and Prometheus, plain HTTP. */
  readonly adminListen?: ListenAddress | null
  /** HTTPS for clients that log in with a certificate. */
  readonly certificateListen?: ListenAddress | null
  /** The CRL and the authority's certificate, plain HTTP. */
  readonly publicationListen?: ListenAddress | null
}

/** Where a service listens. */
export interface Ports {
  /** The port of HTTPS. */
  readonly port: number
  /** The port for operators and Prometheus, if there is one. */
  readonly adminPort: number | undefined
  /** The port of HTTPS for clients that log in with a certificate, if there is one. */
  readonly certificatePort: number | undefined
  /** The port of plain HTTP that publishes the CRL and the authority's certificate, if there is one. */
  readonly publicationPort: number | undefined
}

export interface RoutesByListener {
  readonly clients: readonly Route[]
  readonly certificateClients: readonly Route[]
  readonly operators: readonly Route[]
  readonly publication: readonly Route[]
}

/**
 * Listens for clients, for operators, and for readers of the CRL. Throws Node's errors for an address that is taken.
 *
 * Clients that log in with a certificate have a listener of their own: a browser that is asked for one shows a dialog, or hangs.
 */
export async function listen(
  parts: Parts,
  { clients, certificateClients, operators, publication }: RoutesByListener,
  options: ListenOptions,
): Promise<Ports & { readonly hosts: readonly Host[] }> {
  const { deployment, metrics, log, onClose } = parts
  const { configuration } = deployment
  const {
    adminListen = configuration.admin,
    certificateListen = configuration.clientCertificate?.listen ?? null,
    publicationListen = configuration.publication?.listen ?? null,
  } = options
  const open = async (host: Host, { address, port }: ListenAddress): Promise<ListenAddress> => {
    const bound = await host.listen(port, address)
    onClose(() => host.close(0))
    return bound
  }

  const tls = await deployment.tls()
  const shared = { ...publicOptions(parts), tracing: await openTracing() }
  metrics.gauge('pool_saturation', 'Requests that compute now, to those that may', () => shared.admission.saturation)
  const host = new Host({ ...shared, routes: clients, tls })
  const { address, port } = await open(host, options.listen ?? configuration.listen)

  const certificateTls = { ...tls, clientAuthorities: await deployment.clientAuthorities() }
  const certificateHost = new Host({ ...shared, routes: certificateClients, tls: certificateTls })
  const certified = certificateListen === null ? undefined : await open(certificateHost, certificateListen)
  metrics.gauge('requests_in_flight', 'Requests being answered', () => host.inFlight)

  // Prometheus asks every few seconds, so these requests are not logged.
  const events = { ...eventsOf(parts), answered: undefined }
  const operatorsHost = new Host({ routes: operators, hosts: configuration.admin?.hosts ?? [], events })
  const admin = adminListen === null ? undefined : await open(operatorsHost, adminListen)
  if (admin !== undefined && !isLoopback(admin.address)) {
    log.warn({ address: admin.address }, 'operators send their token unencrypted beyond this machine')
  }

  const publicationHost = new Host({ ...shared, routes: publication })
  const published = publicationListen === null ? undefined : await open(publicationHost, publicationListen)

  const ports = {
    port,
    adminPort: admin?.port,
    certificatePort: certified?.port,
    publicationPort: published?.port,
  }
  log.info({ address, ...ports }, 'listening')
  return { hosts: [host, certificateHost], ...ports }
}

/** The options of public hosts, which count their requests together. */
function publicOptions(parts: Parts): Omit<HostOptions, 'routes'> & { readonly admission: Admission } {
  const { authentication, limits, trustedProxies, forwardedHeader, workers } = parts.deployment.configuration
  const { requestsPerSecond } = authentication
  const threads = workers === 'auto' ? availableParallelism() : Math.max(1, workers)
  return {
    limits,
    admission: new Admission({ inFlight: limits.inFlight, computing: limits.inFlightPerWorker * threads }),
    rate: { burst: 4 * requestsPerSecond, perSecond: requestsPerSecond },
    proxies: { addresses: trustedProxies, header: forwardedHeader },
    events: eventsOf(parts),
  }
}

function eventsOf(parts: Parts): HostEvents {
  const { deployment, metrics, log, security } = parts
  return {
    answered: ({ route, status, milliseconds }) => {
      metrics.request(route, status, milliseconds)
      const { account, code = status >= 400 ? `http/${String(status)}` : undefined } = requestContext.getStore() ?? {}
      log.info({ status, ms: Math.round(milliseconds), class: deployment.accountClass(account), code }, 'answered')
    },
    failed: (route, id, error) => logFailure(parts, error, 'failed', { id, route }),
    limited: (limit, from) => {
      metrics.count(`limited_${limit}`)
      security.refused([`limit/${limit}`], { from })
    },
  }
}
