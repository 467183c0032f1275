import { createEngine } from '../../bindings/loading/create-engine.js'
import type { EmbeddedAuthority } from '../pki/ca/embedded-authority.js'
import { signatureVerifier } from '../pki/keys/keys.js'
import type { Store } from '../store/index.js'
import { deployedCertificates } from './checks/certificates.js'
import { ExpiryWatch } from './checks/expiry.js'
import { readText } from './deployment/configuration.js'
import { Deployment, type Environment } from './deployment/deployment.js'
import type { Route } from './http/http.js'
import { listen, type ListenOptions, type Ports, type RoutesByListener } from './listeners.js'
import { createLog, type Log } from './observation/log.js'
import { Metrics } from './observation/metrics.js'
import { openSecurityLog } from './observation/security-log.js'
import { authenticationOptions } from './parties/authentication.js'
import { claimsRoute } from './parties/claim-provider.js'
import { issuingPool } from './parties/issuing-pool.js'
import { jsonFrameworkRoutes } from './parties/json-framework.js'
import type { Parts } from './parties/parts.js'
import { policyRoutes } from './parties/policy-service.js'
import { presentationsRoutes } from './parties/relying-party.js'
import { enrolmentRoute, warnOfLegacy } from './parties/security-token-service.js'
import type { TransportAuthenticator } from './parties/transport.js'
import { healthOf } from './routes/health-routes.js'
import { operatorRoutes } from './routes/operator-routes.js'
import { descriptionRoutes } from './routes/description-routes.js'
import { authorityRoutes, publicRoutes } from './routes/public-routes.js'

export interface ServiceOptions extends ListenOptions {
  /** Default: as configured, on stdout. */
  readonly log?: Log
  readonly authenticators?: readonly TransportAuthenticator[]
  /** Further routes of the host, such as pages. The routes of the service come first. */
  readonly routes?: readonly Route[]
  readonly environment?: Environment
}

/** A running deployment. */
export interface Service extends Ports {
  readonly authority: EmbeddedAuthority
  readonly store: Store
  /** Reads users and TLS certificate again. If that throws `ConfigurationError`, the old ones stay in use. */
  reload(): Promise<void>
  /** Accepts no new requests, waits at most so many milliseconds for those in progress, and ends. */
  close(patience?: number): Promise<void>
}

/**
 * Starts to serve the deployment in a folder: Security Token Service, policy service, Claim Provider and Relying Party over
 * HTTPS. Throws `ConfigurationError`, `StoreError`, `CaError`, and Node's errors for an address that it cannot listen
 * on.
 *
 * @example
 * ```ts
 * import { mkdtemp, readFile, rm } from 'node:fs/promises'
 * import path from 'node:path'
 * import { generateKey } from 'uprove-wasm/pki'
 * import { httpsTransport, initialize, PATHS, startService } from 'uprove-wasm/server'
 * import { WstepClient } from 'uprove-wasm/wstep'
 *
 * const folder = await mkdtemp('deployment-')
 * const { passwords } = await initialize(folder)
 * const service = await startService(folder, {
 *   listen: { address: '127.0.0.1', port: 0 },
 *   adminListen: null,
 *   certificateListen: null,
 *   publicationListen: null,
 * })
 *
 * const client = new WstepClient({
 *   url: `https://localhost:${service.port}${PATHS.securityTokenService}`,
 *   credentials: { username: 'alice', password: passwords.alice! },
 *   transport: httpsTransport({ ca: await readFile(path.join(folder, 'keys/authority.crt'), 'utf8') }),
 * })
 * const key = await generateKey('ECDSA-P256')
 * const { status } = await client.enroll({ key, subject: 'CN=alice', templateName: 'User' })
 * console.log(status) // issued
 *
 * await service.close()
 * await rm(folder, { recursive: true })
 * ```
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
    warnOfLegacy(parts)
    const { authority, ...routes } = await parties(parts, options)
    const { hosts, ...ports } = await listen(parts, routes, options)
    return {
      ...ports,
      authority,
      store: parts.store,
      reload: async () => {
        try {
          // What can fail comes first: then all of it changes, or nothing.
          const tls = await deployment.tls()
          await deployedCertificates(deployment)
          await deployment.reloadUsers()
          for (const host of hosts) host.renewCertificate(tls)
          await parts.expiry.read()
          log.info('reloaded users and TLS certificate')
        } catch (error) {
          parts.metrics.count('reload_failed')
          log.error({ error }, 'failed to reload; the old users and TLS certificate stay in use')
          throw error
        }
      },
      close: async (patience) => {
        log.info('draining')
        await Promise.all(hosts.map((host) => host.close(patience)))
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
  const metrics = new Metrics()
  onClose(() => metrics.dispose())
  const security = openSecurityLog(
    ...([log, deployment.securityLog(), onClose] as const),
    (code) => metrics.refused(code),
    (account) => deployment.accountClass(account),
  )
  const engine = await createEngine()
  onClose(() => engine.dispose())
  const store = await deployment.openStore((database, milliseconds) => metrics.store(database, milliseconds))
  onClose(() => store.close())
  const expiry = await ExpiryWatch.start(deployment, { log, metrics, onClose })
  const shared = { deployment, engine, store, metrics, log, security, expiry, authenticators, onClose }
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
): Promise<RoutesByListener & { readonly authority: EmbeddedAuthority }> {
  const { deployment, engine, verifier, store, metrics, log, security, expiry } = parts
  const { url, claimProvider, policy } = deployment.configuration
  const authority = await deployment.openAuthority(store, engine, verifier)
  // Issuer parameters whose signer's certificate has ended are loaded, but nothing is issued under them.
  const whenSigned = (): Date => new Date(Math.min(Date.now(), expiry.signingEnds.getTime()))
  const issuer = await deployment.issuer(engine, await deployment.trust(store, whenSigned))
  const document = await readText(deployment.path(claimProvider.parameters))
  const health = healthOf(store, issuer)
  metrics.gauge('ready', 'Whether /readyz answers 200: 1 or 0', async () => Number(await health.isReady()))
  const policies = policyRoutes(parts, authority)
  const pool = await issuingPool(parts)
  const claims = await claimsRoute(parts, pool, issuer)
  const framework = jsonFrameworkRoutes(parts, pool, await deployment.jsonIssuer(engine))
  const clients = [
    ...health.routes,
    ...publicRoutes({ url, authority, parameters: new Map([[issuer.parameters.uidp, document]]) }),
    ...descriptionRoutes(url, policy !== undefined),
    enrolmentRoute(parts, authority, deployment.url('securityTokenService')),
    ...policies,
    claims,
    ...framework,
    ...(await presentationsRoutes(parts, issuer)),
    ...(options.routes ?? []),
  ]
  const address = deployment.certificateUrl('securityTokenService')
  const certificateClients =
    address === undefined ? [] : [enrolmentRoute(parts, authority, address), ...policies, claims, ...framework]
  const operator = operatorRoutes({
    authority,
    records: store.authority,
    logins: store.logins,
    token: await deployment.operatorToken(),
    metrics: () => metrics.expose(),
    onAction: (action, name) => {
      metrics.count(`operator_${action}`)
      log.info({ action, name }, 'an operator acted')
    },
    onDenial: (code, request) => security.refused([code], request),
    onRefused: () => security.refused(['operator/token']),
  })
  return {
    authority,
    clients,
    certificateClients,
    operators: [...health.routes, ...operator],
    publication: authorityRoutes(authority),
  }
}
