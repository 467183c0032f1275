import type { EmbeddedAuthority } from '../../pki/ca/embedded-authority.js'
import { selectLanguages } from '../../wstep/faults/languages.js'
import { SecurityTokenService } from '../../wstep/security-token-service.js'
import type { Configuration } from '../deployment/configuration.js'
import { PATHS } from '../deployment/paths.js'
import { logFailure } from '../observation/failure.js'
import { soapRoute, type Route } from '../http/http.js'
import { PUBLIC_MESSAGE, type Parts } from './parts.js'
import { withTransportCredentials } from './transport.js'

/** What each setting for old clients weakens. */
const LEGACY_WARNINGS: Readonly<Record<keyof Configuration['authority']['legacy'], string>> = {
  sha1Possession: 'requests may prove possession of their key with SHA-1, for which collisions are known',
  sha1Renewal: 'renewals may be authenticated with SHA-1, for which collisions are known',
  nullSignatures: 'requests for keys that encrypt need not prove possession of the key',
  ber: 'CMS requests in BER are converted before their signatures are verified',
  minRsaBits: 'RSA keys below 2048 bits can be factored, and are read; a profile must take them too',
}

/** Says which settings admit old clients, and what each weakens. */
export function warnOfLegacy({
  deployment,
  log,
}: {
  readonly deployment: { readonly configuration: Pick<Configuration, 'authority'> }
  readonly log: { readonly warn: (facts: { readonly setting: string }, text: string) => void }
}): void {
  const { legacy } = deployment.configuration.authority
  for (const [setting, warning] of Object.entries(LEGACY_WARNINGS)) {
    const value = legacy[setting as keyof typeof legacy]
    if (value === true || (typeof value === 'number' && value < 2048)) {
      log.warn({ setting: `authority.legacy.${setting}` }, warning)
    }
  }
}

/**
 * The Security Token Service of a deployment, on its authority. [MS-WSTEP]
 *
 * @param address the URL of this route, where clients ask for the status of their requests
 */
export function enrolmentRoute(parts: Parts, authority: EmbeddedAuthority, address: string): Route {
  const { deployment, verifier, authentication, authenticators, metrics, security } = parts
  const { languages, authority: settings } = deployment.configuration
  const { minRsaBits, ...legacy } = settings.legacy
  const service = new SecurityTokenService({
    ...authentication,
    authority,
    verifier,
    legacy,
    requirements: { minRsaBits },
    address,
    languages: selectLanguages(languages.supported, languages.default),
    events: {
      refused: (code, { account, requestId }) => {
        metrics.count('enrolment_refused')
        security.refused([code], { account, requestId })
      },
      failed: (error) => logFailure(parts, error, 'failed to answer a request for a certificate'),
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
