import { type Engine } from '../../bindings/engine/engine.js'
import { createPool } from '../pool/index.js'
import { signatureVerifier } from '../pki/keys/keys.js'
import type { EmbeddedAuthority } from '../pki/ca/embedded-authority.js'
import type { HttpHandler } from '../soap/http/http.js'
import { SoapFault } from '../soap/envelope/fault.js'
import { securityFault } from '../soap/envelope/standard-faults.js'
import type { SoapRequest } from '../soap/service.js'
import type { Store } from '../store/index.js'
import { ClaimProvider, countsUpTo, expiringAfter, type Principal } from '../ws-trust/issuance/claim-provider.js'
import { isOwnFailure } from '../ws-trust/soap/faults.js'
import type { ProfileIssuer, ProfileParameters } from '../ws-trust/artefacts/issuer-parameters.js'
import { poolIssuanceBackend } from '../ws-trust/issuance/pool-backend.js'
import { RelyingParty } from '../ws-trust/presentation/relying-party.js'
import { claimProviderService, relyingPartyService } from '../ws-trust/soap/soap-service.js'
import { Authentication, type TransportCredentials } from '../authentication/authentication.js'
import { AuthenticationError } from '../authentication/errors.js'
import { SecurityTokenService } from '../wstep/security-token-service.js'
import type { ParseOptions } from '../xml/parse.js'
import { currentAddress, directoryAccounts } from './deployment/accounts.js'
import { readText, type Configuration } from './deployment/configuration.js'
import { certificateOf, Deployment, type Environment } from './deployment/deployment.js'
import { healthRoutes } from './routes/health-routes.js'
import { Host, type HostEvents } from './http/host.js'
import { text, type HostRequest, type Route } from './http/http.js'
import { isLoopback, networkOf } from './http/ip-address.js'
import { createLog, type Log } from './observation/log.js'
import { Metrics } from './observation/metrics.js'
import { operatorRoutes } from './routes/operator-routes.js'
import { PATHS } from './deployment/paths.js'
import { presentationRoutes } from './routes/presentation-routes.js'
import { publicRoutes } from './routes/public-routes.js'
import { RateLimiter } from './http/rate-limits.js'
import { soapRoute, type SoapContext } from './http/soap-route.js'
import { createEngine } from '../../bindings/loading/create-engine.js'

/**
 * Who a client is by the transport: Kerberos (Negotiate), bearer tokens and the like. `undefined` if it brings no such
 * credentials; no id if they are wrong, which fails the request, as the id of no account does; a challenge to be answered with 401 and WWW-Authenticate.
 */
export type TransportAuthenticator = (
  request: Pick<HostRequest, 'headers' | 'client'>,
) => Promise<{ readonly method: string; readonly id: string | undefined } | { readonly challenge: string } | undefined>

export interface ServiceOptions {
  /** Default: as configured, on stdout. */
  readonly log?: Log
  /** Default: as configured. Port 0 takes a free one. */
  readonly listen?: { readonly address: string; readonly port: number }
  readonly adminListen?: { readonly address: string; readonly port: number } | null
  readonly authenticators?: readonly TransportAuthenticator[]
  /** What else the host serves, such as pages. The routes of the service come first. */
  readonly routes?: readonly Route[]
  readonly environment?: Environment
}

/** A deployment that is served. */
export interface Service {
  /** Where it listens. */
  readonly port: number
  /** Where operators and Prometheus are served, if anywhere. */
  readonly adminPort: number | undefined
  readonly authority: EmbeddedAuthority
  readonly store: Store
  /** Reads users and TLS certificate again. Throws `ConfigurationError`, and goes on as before. */
  reload(): Promise<void>
  /** Takes nothing new, answers what has begun for so many milliseconds at most, and ends. */
  close(patience?: number): Promise<void>
}

/**
 * Serves the deployment in a folder: Security Token Service, Claim Provider, Relying Party, on one HTTPS host. Throws
 * `ConfigurationError`, `StoreError`, `CaError`, and the errors of Node for an address that cannot be listened at.
 */
export async function startService(folder: string, options: ServiceOptions = {}): Promise<Service> {
  const deployment = await Deployment.open(folder, options.environment)
  const log = options.log ?? createLog(deployment.configuration.log.level)
  const closing: (() => unknown)[] = []
  const closeAll = async (): Promise<void> => {
    for (const close of closing.splice(0).reverse()) await close()
  }
  try {
    const engine = await createEngine()
    closing.push(() => engine.dispose())
    const store = await deployment.openStore()
    closing.push(() => store.close())
    const metrics = new Metrics()
    closing.push(() => metrics.dispose())
    return await serve(deployment, options, { engine, store, metrics, log, closing, closeAll })
  } catch (error) {
    await closeAll()
    throw error
  }
}

interface Parts {
  readonly engine: Engine
  readonly store: Store
  readonly metrics: Metrics
  readonly log: Log
  /** What is to be closed, the last first. */
  readonly closing: (() => unknown)[]
  readonly closeAll: () => Promise<void>
}

async function serve(deployment: Deployment, options: ServiceOptions, parts: Parts): Promise<Service> {
  const { configuration } = deployment
  const { engine, store, metrics, log, closing, closeAll } = parts
  const verifier = signatureVerifier({ engine })
  const authority = await deployment.openAuthority(store, engine, verifier)
  const trust = await deployment.trust(store)
  const issuer = await deployment.issuer(engine, trust)
  const trusted = configuration.relyingParty.parameters
  const parameters =
    trusted === undefined
      ? [issuer.parameters]
      : await Promise.all(trusted.map((file) => deployment.issuerParameters(file, engine, trust)))

  const authentication = await authenticationOf(deployment, parts)
  const sts = new SecurityTokenService({
    ...authentication,
    authority,
    verifier,
    address: deployment.url('securityTokenService'),
    events: {
      refused: (code) => {
        metrics.count('enrolment_refused')
        log.info({ code }, 'refused a request for a certificate')
      },
      failed: (error) => log.error({ error }, 'failed to answer a request for a certificate'),
    },
  })
  const provider = await claimProviderOf(deployment, issuer, trust, parts)
  const relyingParty = relyingPartyOf(configuration, parameters, store)

  const context: Wiring = {
    deployment,
    parts,
    options,
    authentication: new Authentication(authentication, () => new Date()),
  }
  const document = await readText(deployment.path(configuration.claimProvider.parameters))
  const routes = [
    ...healthRoutes(store, issuer),
    ...publicRoutes({
      url: configuration.url,
      authority,
      parameters: new Map([[issuer.parameters.uidp, document]]),
    }),
    enrolmentRoute(sts, context),
    claimsRoute(provider, context),
    ...presentationsRoutes(relyingParty, context),
    ...(options.routes ?? []),
  ]
  const limiter = limiterOf(configuration)
  const events: HostEvents = {
    answered: ({ route, request, status, milliseconds }) => {
      metrics.request(route, status, milliseconds)
      const fields = { id: request.id, route, status, ms: Math.round(milliseconds), from: request.client.address }
      log.info(fields, 'answered')
    },
    failed: (route, id, error) => log.error({ id, route, error }, 'failed'),
  }
  const host = new Host({
    routes: routes.map((route) => limited(route, limiter)),
    tls: await deployment.tls(),
    limits: configuration.limits,
    events,
  })
  const admin = await adminOf(deployment, authority, routes, parts)
  metrics.gauge('requests_in_flight', 'Requests being answered', () => host.inFlight)

  const adminAt = options.adminListen === undefined ? configuration.admin : options.adminListen
  const { address, port } = options.listen ?? configuration.listen
  const bound = await host.listen(port, address)
  closing.push(() => host.close(0))
  const adminBound = adminAt === null ? undefined : await admin.listen(adminAt.port, adminAt.address)
  closing.push(() => admin.close(0))
  log.info({ address: bound.address, port: bound.port, adminPort: adminBound?.port }, 'listening')
  if (adminBound !== undefined && !isLoopback(adminBound.address)) {
    log.warn({ address: adminBound.address }, 'the token of the operator travels in clear beyond this machine')
  }

  return {
    port: bound.port,
    adminPort: adminBound?.port,
    authority,
    store,
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
}

/** What both services authenticate by. */
async function authenticationOf(
  deployment: Deployment,
  { store, metrics, log }: Parts,
): Promise<ConstructorParameters<typeof Authentication>[0]> {
  const limiter = limiterOf(deployment.configuration)
  const accounts = directoryAccounts({
    directory: deployment.directory,
    logins: store.logins,
    attemptsPerAddress: deployment.configuration.authentication.failuresPerAddress,
    digestKey: await deployment.digestKey(),
    onLockout: (kind) => {
      metrics.count(`lockout_${kind}`)
      log.warn({ kind }, 'too many failed attempts to log in')
    },
  })
  return {
    accounts,
    certificateAccount: async (der) => {
      const { account, isRevoked } = await certificateOf(store, der)
      return isRevoked || account === undefined ? undefined : deployment.directory.find(account)?.name
    },
    replayCache: store.replayCache('password-digests'),
    admit: ({ id }) => {
      const wait = limiter.take(id)
      if (wait === 0) return
      metrics.count('account_limited')
      const reasons = `Too many requests of this account. Try again in ${String(wait)} s.`
      throw new SoapFault({ faultCode: 'Receiver', reasons })
    },
  }
}

async function claimProviderOf(
  { configuration, directory }: Deployment,
  issuer: ProfileIssuer,
  trust: Awaited<ReturnType<Deployment['trust']>>,
  { store, metrics, log, closing }: Parts,
): Promise<ClaimProvider> {
  const { workers, claimProvider } = configuration
  const { issuance, maxOpenTokens, maxClaimTokens, maxIdTokens } = claimProvider
  const pool = await createPool({
    ...(workers !== 'auto' && { workers }),
    // Plans are made every day. The rest is worth a look: without workers the event loop waits for the arithmetic.
    onEvent: (event) => log[event.type === 'plan' ? 'debug' : 'warn'](event, 'pool'),
  })
  closing.push(() => pool.dispose())
  const poolIssuer = pool.issuer(issuer.issuer, {
    issuance,
    maxOpenTokens,
    openTokens: store.openTokens,
  })
  metrics.gauge('exchanges_open', 'Exchanges begun here and not answered', () => poolIssuer.open)
  return new ClaimProvider({
    issuer,
    store: store.exchanges,
    backend: poolIssuanceBackend(poolIssuer),
    claims: ({ id }, claimTypes) => {
      const claims = directory.find(id)?.user.claims ?? {}
      return claimTypes.map((type) => claims[type] ?? null)
    },
    counts: countsUpTo({
      claim: { byDefault: 1, atMost: maxClaimTokens },
      ID: { byDefault: 1, atMost: maxIdTokens },
    }),
    expiry: expiringAfter({ claim: claimProvider.claimTokenDays, ID: claimProvider.idTokenDays }, 'month'),
    devices: { trust },
    limits: messageLimits(configuration),
  })
}

function relyingPartyOf(
  { url, relyingParty: { identifiers, requiredClaims } }: Configuration,
  parameters: readonly ProfileParameters[],
  store: Store,
): RelyingParty {
  return new RelyingParty({
    identifiers: identifiers ?? [url, `${url}/`, url + PATHS.relyingParty],
    parameters,
    ...(requiredClaims.length > 0 && { policy: { claims: [{ claimTypes: requiredClaims }] } }),
    replayCache: store.replayCache('presentations'),
    nonces: store.nonces,
    limits: { maxBytes: MESSAGE },
  })
}

/** Every token of a message has a few nodes; bodies have been bounded. */
const messageLimits = ({ limits, claimProvider }: Configuration): ParseOptions => ({
  maxBytes: limits.body,
  maxNodes: 10_000 + 8 * (claimProvider.maxClaimTokens + claimProvider.maxIdTokens),
})

interface Wiring {
  readonly deployment: Deployment
  readonly parts: Parts
  readonly options: ServiceOptions
  readonly authentication: Authentication
}

/** Octets of a request for a certificate or a presentation, many times what they have: anybody may send one. */
const MESSAGE = 512 * 1024

function enrolmentRoute(sts: SecurityTokenService, wiring: Wiring): Route {
  return soapRoute(
    { name: 'wstep', path: PATHS.securityTokenService, maxBody: MESSAGE },
    withTransport(wiring, (request, transport) => sts.handle(request, transport)),
  )
}

function claimsRoute(provider: ClaimProvider, wiring: Wiring): Route {
  const { deployment, parts, authentication } = wiring
  const { log, metrics } = parts
  const service = claimProviderService<Principal, TransportCredentials>({
    provider,
    limits: messageLimits(deployment.configuration),
    authenticate: async (request: SoapRequest<TransportCredentials>) => {
      try {
        return await authentication.authenticate(request.securityHeader?.usernameToken, request.context)
      } catch (error) {
        throw error instanceof AuthenticationError ? securityFault('FailedAuthentication') : error
      }
    },
    onError: (error) => {
      if (isOwnFailure(error)) {
        log.error({ error }, 'failed to answer a request for tokens')
        return
      }
      metrics.count('issuance_refused')
      log.info({ error }, 'refused a request for tokens')
    },
  })
  return soapRoute({ name: 'claims', path: PATHS.claimProvider }, withTransport(wiring, service))
}

function presentationsRoutes(relyingParty: RelyingParty, { parts }: Wiring): Route[] {
  const { log, metrics } = parts
  const onVerdict = ({ valid }: { valid: boolean }): void => {
    metrics.count(valid ? 'presentation_accepted' : 'presentation_refused')
  }
  const path = PATHS.relyingParty
  const service = relyingPartyService<SoapContext>({
    relyingParty,
    limits: { maxBytes: MESSAGE },
    onVerdict,
    onError: (error) => {
      if (isOwnFailure(error)) log.error({ error }, 'failed to verify a presentation')
    },
  })
  return [
    soapRoute({ name: 'present', path, maxBody: MESSAGE }, service),
    ...presentationRoutes({ relyingParty, path, maxBody: MESSAGE, onVerdict }),
  ]
}

/** Finds out who calls, as far as the transport tells, before a service over SOAP does the rest. */
function withTransport(
  { deployment: { directory }, options: { authenticators = [] } }: Wiring,
  handler: HttpHandler<TransportCredentials>,
): HttpHandler<SoapContext> {
  return async (request, { client }) => {
    const { address, certificate } = client
    let negotiated: TransportCredentials['negotiated']
    for (const authenticate of authenticators) {
      const result = await authenticate({ headers: request.headers, client })
      if (result === undefined) continue
      if ('challenge' in result) return unauthorized(result.challenge)
      // Whoever the others know has an account here too, or is nobody.
      const id = result.id === undefined ? undefined : directory.find(result.id)?.name
      negotiated = { method: result.method, id }
      break
    }
    return currentAddress.run(networkOf(address), () => handler(request, { certificate, negotiated }))
  }
}

function unauthorized(challenge: string): Awaited<ReturnType<HttpHandler>> {
  const { status, headers = {}, body } = text(401, 'Authenticate first.', { 'www-authenticate': challenge })
  return { status, headers, body: new TextEncoder().encode(String(body)) }
}

const limiterOf = ({ authentication: { requestsPerSecond } }: Configuration): RateLimiter =>
  new RateLimiter({ burst: 4 * requestsPerSecond, perSecond: requestsPerSecond })

/** No address may ask more often than it may. */
function limited(route: Route, limiter: RateLimiter): Route {
  if (route.always === true) return route
  return {
    ...route,
    handle: (request) => {
      const wait = limiter.take(networkOf(request.client.address))
      if (wait === 0) return route.handle(request)
      return Promise.resolve(text(429, 'Too many requests.', { 'retry-after': String(wait) }))
    },
  }
}

async function adminOf(
  deployment: Deployment,
  authority: EmbeddedAuthority,
  routes: readonly Route[],
  { metrics, log }: Parts,
): Promise<Host> {
  const operator = operatorRoutes({
    authority,
    token: await deployment.operatorToken(),
    onAction: (action, name) => log.info({ action, name }, 'an operator decided'),
  })
  const exposed: Route = {
    ...{ name: 'metrics', method: 'GET', path: '/metrics', maxBody: 0 },
    handle: async () => {
      const { contentType, body } = await metrics.expose()
      return { status: 200, headers: { 'content-type': contentType }, body }
    },
  }
  return new Host({
    routes: [exposed, ...operator, ...routes.filter(({ always }) => always)],
    events: { failed: (route, id, error) => log.error({ id, route, error }, 'failed') },
  })
}
