import type { EmbeddedAuthority } from '../../pki/ca/embedded-authority.js'
import { selectLanguages } from '../../wstep/faults/languages.js'
import { SecurityTokenService } from '../../wstep/security-token-service.js'
import { PATHS } from '../deployment/paths.js'
import { soapRoute, type Route } from '../http/http.js'
import { PUBLIC_MESSAGE, type Parts } from './parts.js'
import { withTransportCredentials } from './transport.js'

/**
 * The Security Token Service of a deployment, on its authority. [MS-WSTEP]
 *
 * @param address the URL of this route, where clients ask for the status of their requests
 */
export function enrolmentRoute(parts: Parts, authority: EmbeddedAuthority, address: string): Route {
  const { deployment, verifier, authentication, authenticators, metrics, log, security } = parts
  const { languages } = deployment.configuration
  const service = new SecurityTokenService({
    ...authentication,
    authority,
    verifier,
    address,
    languages: selectLanguages(languages.supported, languages.default),
    events: {
      refused: (code, { account, requestId }) => {
        metrics.count('enrolment_refused')
        security.refused([code], { account, requestId })
      },
      failed: (error) => log.error({ error }, 'failed to answer a request for a certificate'),
    },
  })
  return soapRoute(
    { name: 'wstep', path: PATHS.securityTokenService, maxBody: PUBLIC_MESSAGE },
    withTransportCredentials(
      (request, transport) => service.handle(request, transport),
      authenticators,
      deployment.directory,
    ),
  )
}
