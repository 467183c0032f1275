import { createEngine } from '../../bindings/loading/create-engine.js'
import type { EmbeddedAuthority } from '../pki/ca/embedded-authority.js'
import { signatureVerifier } from '../pki/keys/keys.js'
import type { Store } from '../store/index.js'
import { readText } from './deployment/configuration.js'
import { Deployment, type Environment } from './deployment/deployment.js'
import { Host, type AddressLimit, type HostEvents } from './http/host.js'
import type { Route } from './http/http.js'
import { isLoopback } from './http/ip-address.js'
import { createLog, type Log } from './observation/log.js'
import { Metrics } from './observation/metrics.js'
import { openSecurityLog } from './observation/security-log.js'
import { authenticationOptions } from './parties/authentication.js'
import { claimsRoute } from './parties/claim-provider.js'
import type { Parts } from './parties/parts.js'
import { policyRoutes } from './parties/policy-service.js'
import { presentationsRoutes } from './parties/relying-party.js'
import { enrolmentRoute } from './parties/security-token-service.js'
import type { TransportAuthenticator } from './parties/transport.js'
import { healthRoutes } from './routes/health-routes.js'
import { operatorRoutes } from './routes/operator-routes.js'
import { authorityRoutes, publicRoutes } from './routes/public-routes.js'

export interface ServiceOptions {
  /** Default: as configured, on stdout. */
  readonly log?: Log
  /** Default: as configured. Port 0 takes a free one. */
  readonly listen?: { readonly address: string; readonly port: number }
  readonly adminListen?: { readonly address: string; readonly port: number } | null
  /** Default: as configured. */
  readonly publicationListen?: { readonly address: string; readonly port: number } | null
  readonly authenticators?: readonly TransportAuthenticator[]
  /** Further routes of the host, such as pages. The routes of the service come first. */
  readonly routes?: readonly Route[]
  readonly environment?: Environment
}

/** A deployment that is being served. */
export interface Service {
  /** The port of HTTPS. */
  readonly port: number
  /** The port for operators and Prometheus, if there is one. */
  readonly adminPort: number | undefined
  /** The port of plain HTTP that publishes the CRL and the authority's certificate, if there is one. */
  readonly publicationPort: number | undefined
  readonly authority: EmbeddedAuthority
  readonly store: Store
  /** Reads users and TLS certificate again. Throws `ConfigurationError`, and goes on as before. */
  reload(): Promise<void>
  /** Takes no new requests, answers those that have begun for at most so many milliseconds, and ends. */
  close(patience?: number): Promise<void>
}

/**
 * Serves the deployment in a folder: Security Token Service, policy service, Claim Provider and Relying Party on one HTTPS host. Throws
 * `ConfigurationError`, `StoreError`, `CaError`, and Node's errors for an address that it cannot listen on.
 */
export async function startService(folder: string, options: ServiceOptions = {}): Promise<Service> {
  const closing: (() => unknown)[] = []
  const closeAll = async (): Promise<void> => {
    for (const close of closing.splice(0).reverse()) await close()
  }
  try {
    const deployment = await Deployment.open(folder, options.environment)
    const log = options.log ?? createLog(deployment.configuration.log.level)
    const parts = await openParts(deployment, log, options, (close) => closing.push(close))
    const { authority, routes, admin } = await parties(parts, options)
    const { host, ports } = await listen(parts, { routes, admin }, options)
    const publicationPort = await publish(parts, authority, options)
    return {
      ...ports,
      publicationPort,
      authority,
      store: parts.store,
      reload: async () => {
        const tls = await deployment.tls()
        await deployment.reloadUsers()
        host.renewCertificate(tls)
        log.info('reloaded users and TLS certificate')
      },
      close: async (patience) => {
        log.info('draining')
        await host.close(patience)
        await closeAll()
        log.info('closed')
      },
    }
  } catch (error) {
    await closeAll()
    throw error
  }
}

/** Opens what the parties share. */
async function openParts(
  deployment: Deployment,
  log: Log,
  { authenticators = [] }: ServiceOptions,
  onClose: Parts['onClose'],
): Promise<Parts> {
  for (const file of await deployment.exposedSecrets()) log.warn({ file }, 'a secret file is readable by other users')
  const security = openSecurityLog(log, deployment.securityLog(), onClose)
  const engine = await createEngine()
  onClose(() => engine.dispose())
  const store = await deployment.openStore()
  onClose(() => store.close())
  const metrics = new Metrics()
  onClose(() => metrics.dispose())
  const shared = { deployment, engine, store, metrics, log, security, authenticators, onClose }
  return {
    ...shared,
    verifier: signatureVerifier({ engine }),
    trust: await deployment.trust(store),
    authentication: await authenticationOptions(shared),
  }
}

/** The routes of all parties, and those for operators. */
async function parties(
  parts: Parts,
  options: ServiceOptions,
): Promise<{ authority: EmbeddedAuthority; routes: readonly Route[]; admin: readonly Route[] }> {
  const { deployment, engine, verifier, trust, store, metrics, log, security } = parts
  const { url, claimProvider } = deployment.configuration
  const authority = await deployment.openAuthority(store, engine, verifier)
  const issuer = await deployment.issuer(engine, trust)
  const document = await readText(deployment.path(claimProvider.parameters))
  const health = healthRoutes(store, issuer)
  const routes = [
    ...health,
    ...publicRoutes({ url, authority, parameters: new Map([[issuer.parameters.uidp, document]]) }),
    enrolmentRoute(parts, authority),
    ...policyRoutes(parts, authority),
    await claimsRoute(parts, issuer),
    ...(await presentationsRoutes(parts, issuer)),
    ...(options.routes ?? []),
  ]
  const operator = operatorRoutes({
    authority,
    token: await deployment.operatorToken(),
    metrics: () => metrics.expose(),
    onAction: (action, name) => log.info({ action, name }, 'an operator acted'),
    onRefused: () => security.refused(['operator/token']),
  })
  return { authority, routes, admin: [...health, ...operator] }
}

/** Publishes the CRL and the authority's certificate over plain HTTP, if that is configured. */
async function publish(
  { deployment, metrics, log, security, onClose }: Parts,
  authority: EmbeddedAuthority,
  { publicationListen = deployment.configuration.publication?.listen ?? null }: ServiceOptions,
): Promise<number | undefined> {
  if (publicationListen === null) return undefined
  const { requestsPerSecond } = deployment.configuration.authentication
  const host = new Host({
    routes: authorityRoutes(authority),
    limits: deployment.configuration.limits,
    rate: { burst: 4 * requestsPerSecond, perSecond: requestsPerSecond },
    events: {
      failed: (route, id, error) => log.error({ id, route, error }, 'failed'),
      limited: (limit, from) => security.refused([`limit/${limit}`], { from }),
      answered: ({ route, status, milliseconds }) => metrics.request(route, status, milliseconds),
    },
  })
  const { port } = await host.listen(publicationListen.port, publicationListen.address)
  onClose(() => host.close(0))
  log.info({ address: publicationListen.address, port }, 'publishing the CRL over plain HTTP')
  return port
}

/** Listens for clients and for operators. */
async function listen(
  { deployment, metrics, log, security, onClose }: Parts,
  { routes, admin }: { routes: readonly Route[]; admin: readonly Route[] },
  options: ServiceOptions,
): Promise<{ host: Host; ports: Pick<Service, 'port' | 'adminPort'> }> {
  const { configuration } = deployment
  const { requestsPerSecond } = configuration.authentication
  const limited = (limit: AddressLimit, from: string): void => {
    metrics.count(`limited_${limit}`)
    security.refused([`limit/${limit}`], { from })
  }
  const failed: HostEvents['failed'] = (route, id, error) => log.error({ id, route, error }, 'failed')
  const host = new Host({
    routes,
    tls: await deployment.tls(),
    limits: configuration.limits,
    rate: { burst: 4 * requestsPerSecond, perSecond: requestsPerSecond },
    proxies: { addresses: configuration.trustedProxies, header: configuration.forwardedHeader },
    events: {
      failed,
      limited,
      answered: ({ route, status, milliseconds }) => {
        metrics.request(route, status, milliseconds)
        log.info({ status, ms: Math.round(milliseconds) }, 'answered')
      },
    },
  })
  metrics.gauge('requests_in_flight', 'Requests being answered', () => host.inFlight)
  const { address, port } = options.listen ?? configuration.listen
  const bound = await host.listen(port, address)
  onClose(() => host.close(0))

  const adminAt = options.adminListen === undefined ? configuration.admin : options.adminListen
  if (adminAt === null) {
    log.info({ address: bound.address, port: bound.port }, 'listening')
    return { host, ports: { port: bound.port, adminPort: undefined } }
  }
  const adminHost = new Host({ routes: admin, hosts: configuration.admin?.hosts ?? [], events: { failed, limited } })
  const adminBound = await adminHost.listen(adminAt.port, adminAt.address)
  onClose(() => adminHost.close(0))
  log.info({ address: bound.address, port: bound.port, adminPort: adminBound.port }, 'listening')
  if (!isLoopback(adminBound.address)) {
    log.warn({ address: adminBound.address }, 'operators send their token unencrypted beyond this machine')
  }
  return { host, ports: { port: bound.port, adminPort: adminBound.port } }
}
