import type { EmbeddedAuthority } from '../../pki/ca/embedded-authority.js'
import { itemAt } from '../../../bindings/octets/lists.js'
import { PolicyService } from '../../xcep/policy-service.js'
import { profilePolicy } from '../../xcep/profile-policy.js'
import { PATHS } from '../deployment/paths.js'
import { profilesOf } from '../deployment/profiles.js'
import { logFailure } from '../observation/failure.js'
import { soapRoute, type Route } from '../http/http.js'
import { PUBLIC_MESSAGE, type Parts } from './parts.js'
import { withTransportCredentials } from './transport.js'

/**
 * The paths of the policy service: its own, and those of Windows' servers, which people copy and cepces derives from the
 * server's name.
 */
export const POLICY_PATHS = [
  PATHS.policyService,
  '/ADPolicyProvider_CEP_UsernamePassword/service.svc/CEP',
  '/ADPolicyProvider_CEP_Certificate/service.svc/CEP',
  '/ADPolicyProvider_CEP_Kerberos/service.svc/CEP',
  '/KeyBasedRenewal_ADPolicyProvider_CEP_UsernamePassword/service.svc/CEP',
  '/KeyBasedRenewal_ADPolicyProvider_CEP_Certificate/service.svc/CEP',
] as const

/** The policy service of a deployment, made from the profiles of its authority; none if none is configured. [MS-XCEP] */
export function policyRoutes(parts: Parts, authority: EmbeddedAuthority): Route[] {
  const { deployment, authentication, authenticators, metrics, security } = parts
  const { policy, authority: configured } = deployment.configuration
  if (policy === undefined) return []
  const profiles = profilesOf(configured.profiles, deployment.directory).map((profile) => {
    const { machine, autoEnroll, alternativeNames } = configured.profiles[profile.name] ?? {}
    return { profile, machine, autoEnroll, alternativeNames }
  })
  const url = deployment.url('securityTokenService')
  const certificateUrl = deployment.certificateUrl('securityTokenService')
  const service = new PolicyService({
    ...authentication,
    lastUpdate: () => deployment.policyChanged,
    policy: profilePolicy({
      id: policy.id,
      friendlyName: policy.name,
      nextUpdateHours: policy.nextUpdateHours,
      profiles,
      certificate: itemAt(authority.chain, 0),
      addresses: [
        { authentication: 'password', url, priority: 1 },
        ...(certificateUrl === undefined
          ? []
          : [{ authentication: 'certificate', url: certificateUrl, priority: 2 } as const]),
        // The key of the certificate that is renewed signs the request; nothing else authenticates it.
        { authentication: 'anonymous', url, priority: 3, renewalOnly: true },
      ],
    }),
    events: {
      refused: (code) => {
        metrics.count('policy_refused')
        security.refused([code])
      },
      failed: (error) => logFailure(parts, error, 'failed to answer a request for the policy'),
    },
  })
  const handler = withTransportCredentials(
    (request, transport) => service.handle(request, transport),
    authenticators,
    deployment.directory,
  )
  return POLICY_PATHS.map((path) => soapRoute({ name: 'policy', path, maxBody: PUBLIC_MESSAGE }, handler))
}
