import { UProveError } from '../../../bindings/errors.js'
import { Authentication } from '../../authentication/authentication.js'
import { PresentationVerifier } from '../../json/parties/presentation-verifier.js'
import { TokenIssuance } from '../../json/parties/token-issuance.js'
import type { Pool } from '../../pool/index.js'
import { ConfigurationError } from '../deployment/configuration.js'
import type { JsonIssuer } from '../deployment/deployment.js'
import type { Route } from '../http/http.js'
import { codesOf } from '../observation/log.js'
import { jsonRoutes, SIGNING_ENDED } from '../routes/json-routes.js'
import { countedBackend, pooledIssuer } from './issuing-pool.js'
import { PUBLIC_MESSAGE, type Parts } from './parts.js'

const DAY = 86_400_000

/** The Issuer and the Verifier of the JSON Framework; no routes if the deployment has none. Throws `ConfigurationError`. */
export function jsonFrameworkRoutes(parts: Parts, pool: Pool, jsonIssuer: JsonIssuer | undefined): Route[] {
  const { deployment, store, metrics, security, expiry } = parts
  const { url, json } = deployment.configuration
  if (jsonIssuer === undefined || json === undefined) return []
  const { issuer, claimTypes } = jsonIssuer
  const keys = [issuer.parameters]
  const issuance = new TokenIssuance({
    issuer,
    store: store.exchanges,
    backend: countedBackend(parts, pooledIssuer(parts, pool, issuer)),
    maxTokens: json.maxTokens,
    attributes: ({ id }) => {
      // As the Claim Provider: the certificates that vouch for the Issuers of this deployment have ended.
      if (Date.now() >= expiry.signingEnds.getTime()) {
        throw new UProveError(SIGNING_ENDED, 'A certificate of this Issuer has ended. Its operator must renew it.')
      }
      const claims = deployment.directory.find(id)?.user.claims ?? {}
      return claimTypes.map((type) => claims[type] ?? '')
    },
    tokenInformation: (_principal, now) => ({
      issuer: url,
      expires: new Date(now.getTime() + json.tokenDays * DAY),
    }),
  })
  const required = json.requiredClaims.map((type) => {
    const index = claimTypes.indexOf(type) + 1
    if (index === 0) throw new ConfigurationError('json.requiredClaims', `tokens have no claim of type ${type}`)
    return index
  })
  const { signedData } = json
  const verifier = new PresentationVerifier({ audience: url, keys, required, signedData, nonces: store.nonces })
  const authentication = new Authentication(parts.authentication, () => new Date())
  return jsonRoutes({
    ...{ url, issuance, verifier, keys, claimTypes, maxPresentation: PUBLIC_MESSAGE },
    authenticate: async (credentials, request) => {
      const { certificate } = request.client
      const token = credentials && { type: 'text' as const, ...credentials, ...NO_DIGEST }
      for (const authenticate of parts.authenticators) {
        const result = credentials === undefined ? await authenticate(request) : undefined
        // A scheme that goes on with a challenge has no place beside Basic.
        if (result === undefined || 'challenge' in result) continue
        const id = result.id === undefined ? undefined : deployment.directory.find(result.id)?.name
        return authentication.authenticate(undefined, { certificate, negotiated: { method: result.method, id } })
      }
      return authentication.authenticate(token, { certificate })
    },
    onVerdict: (verdict) => {
      metrics.count(verdict.valid ? 'presentation_accepted' : 'presentation_refused')
      if (!verdict.valid) security.refused([verdict.code])
    },
    onRefused: (error) => security.refused(codesOf(error)),
  })
}

/** What only tokens of SOAP have. */
const NO_DIGEST = { nonce: undefined, created: undefined, createdAt: undefined }
