import type { Pool } from '../../pool/index.js'
import { Authentication, type TransportCredentials } from '../../authentication/authentication.js'
import { AuthenticationError } from '../../authentication/errors.js'
import { securityFault } from '../../soap/envelope/standard-faults.js'
import type { ProfileIssuer } from '../../ws-trust/artefacts/issuer-parameters.js'
import { WsTrustError } from '../../ws-trust/errors.js'
import type { Principal } from '../../ws-trust/issuance/backend.js'
import { ClaimProvider, countsUpTo, expiringAfter } from '../../ws-trust/issuance/claim-provider.js'
import { isOwnFailure } from '../../ws-trust/soap/faults.js'
import { claimProviderService } from '../../ws-trust/soap/soap-service.js'
import type { ParseOptions } from '../../xml/parse.js'
import type { Configuration } from '../deployment/configuration.js'
import { PATHS } from '../deployment/paths.js'
import { soapRoute, type Route } from '../http/http.js'
import { codesOf } from '../observation/log.js'
import { logFailure, noteIfForNow } from '../observation/failure.js'
import { countedBackend, pooledIssuer } from './issuing-pool.js'
import type { Parts } from './parts.js'
import { withTransportCredentials } from './transport.js'

/** The Claim Provider of a deployment, its arithmetic in the workers of a pool. Profile, section 4.2 */
export async function claimsRoute(parts: Parts, pool: Pool, issuer: ProfileIssuer): Promise<Route> {
  const { deployment, authenticators, metrics, security } = parts
  const limits = messageLimits(deployment.configuration)
  const authentication = new Authentication(parts.authentication, () => new Date())
  const service = claimProviderService<Principal, TransportCredentials>({
    provider: await claimProvider(parts, pool, issuer, limits),
    limits,
    authenticate: async ({ securityHeader, context }) => {
      try {
        return await authentication.authenticate(securityHeader?.usernameToken, context)
      } catch (error) {
        if (!(error instanceof AuthenticationError)) throw error
        throw securityFault('FailedAuthentication', undefined, error)
      }
    },
    onError: (error) => {
      if (isOwnFailure(error)) {
        logFailure(parts, error, 'failed to answer a request for tokens')
        return
      }
      noteIfForNow(error)
      metrics.count('issuance_refused')
      security.refused(codesOf(error))
    },
  })
  return soapRoute(
    { name: 'claims', path: PATHS.claimProvider, computes: true },
    withTransportCredentials(service, authenticators, deployment.directory),
  )
}

async function claimProvider(
  parts: Parts,
  pool: Pool,
  issuer: ProfileIssuer,
  limits: ParseOptions,
): Promise<ClaimProvider> {
  const { deployment, store, trust, metrics, expiry } = parts
  const { configuration, directory } = deployment
  const { maxClaimTokens, maxIdTokens, claimTokenDays, idTokenDays } = configuration.claimProvider
  const counts = countsUpTo({
    claim: { byDefault: 1, atMost: maxClaimTokens },
    ID: { byDefault: 1, atMost: maxIdTokens },
  })
  metrics.gauge('exchanges_open', 'Exchanges in the store that are not answered', () => store.openExchanges())
  return new ClaimProvider({
    issuer,
    store: store.exchanges,
    backend: countedBackend(parts, pooledIssuer(parts, pool, issuer.issuer)),
    claims: ({ id }, claimTypes) => {
      const claims = directory.find(id)?.user.claims ?? {}
      return claimTypes.map((type) => claims[type] ?? null)
    },
    counts: (...asked) => {
      // Nobody would accept the tokens: the certificate that vouches for the Issuer parameters has ended.
      if (Date.now() >= expiry.signingEnds.getTime()) throw new WsTrustError('ws-trust/parameters-expired')
      return counts(...asked)
    },
    expiry: expiringAfter({ claim: claimTokenDays, ID: idTokenDays }, 'month'),
    devices: {
      trust: await deployment.deviceTrust(trust, store),
      known: ({ id }) => deployment.knownDevice(id),
      required: configuration.claimProvider.devices.required,
    },
    limits,
  })
}

/** A message has a few nodes for each token. */
const messageLimits = ({ limits, claimProvider: { maxClaimTokens, maxIdTokens } }: Configuration): ParseOptions => ({
  maxBytes: limits.body,
  maxNodes: 10_000 + 8 * (maxClaimTokens + maxIdTokens),
})
