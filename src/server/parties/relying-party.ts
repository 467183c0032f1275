import type { ProfileIssuer, ProfileParameters } from '../../ws-trust/artefacts/issuer-parameters.js'
import {
  RelyingParty,
  type AcceptedPresentation,
  type RefusedPresentation,
} from '../../ws-trust/presentation/relying-party.js'
import { isOwnFailure } from '../../ws-trust/soap/faults.js'
import { relyingPartyService } from '../../ws-trust/soap/soap-service.js'
import type { ParseOptions } from '../../xml/parse.js'
import { PATHS } from '../deployment/paths.js'
import { soapRoute, type Route, type SoapContext } from '../http/http.js'
import { codesOf } from '../observation/log.js'
import { logFailure, noteIfForNow } from '../observation/failure.js'
import { presentationRoutes } from '../routes/presentation-routes.js'
import { PUBLIC_MESSAGE, type Parts } from './parts.js'

/** The limits of a presentation from an unknown caller: many times what one needs. */
const LIMITS: ParseOptions = { maxBytes: PUBLIC_MESSAGE, maxNodes: 10_000 }

/** The Relying Party of a deployment, over SOAP and in JSON. Profile, section 4.3 */
export async function presentationsRoutes(parts: Parts, issuer: ProfileIssuer): Promise<Route[]> {
  const { metrics, security } = parts
  const relyingParty = await createRelyingParty(parts, issuer)
  // Log lines contain no part of a token: together with an address, its identifiers would reveal where a person was.
  const onVerdict = (verdict: AcceptedPresentation | RefusedPresentation): void => {
    metrics.count(verdict.valid ? 'presentation_accepted' : 'presentation_refused')
    if (!verdict.valid) security.refused([verdict.code])
  }
  const onRefused = (error: unknown): void => security.refused(codesOf(error))
  const onError = (error: unknown): void => {
    noteIfForNow(error)
    if (isOwnFailure(error)) logFailure(parts, error, 'failed to verify a presentation')
    else onRefused(error)
  }
  const path = PATHS.relyingParty
  const service = relyingPartyService<SoapContext>({ relyingParty, limits: LIMITS, onVerdict, onError })
  return [
    soapRoute({ name: 'present', path, maxBody: PUBLIC_MESSAGE }, service),
    ...presentationRoutes({ relyingParty, path, limits: LIMITS, maxBody: PUBLIC_MESSAGE, onVerdict, onRefused }),
  ]
}

async function createRelyingParty(
  { deployment, engine, trust, store }: Parts,
  { parameters }: ProfileIssuer,
): Promise<RelyingParty> {
  const { url } = deployment.configuration
  const { identifiers, requiredClaims, deviceRequired, signedData, allowLegacy } = deployment.configuration.relyingParty
  const { parameters: files } = deployment.configuration.relyingParty
  const trusted = files?.map((file): Promise<ProfileParameters> =>
    deployment.issuerParameters(file, engine, trust, { allowLegacy }),
  )
  return new RelyingParty({
    identifiers: identifiers ?? [url, `${url}/`, url + PATHS.relyingParty],
    parameters: trusted === undefined ? [parameters] : await Promise.all(trusted),
    policy: {
      claims: requiredClaims.length === 0 ? [] : [{ claimTypes: requiredClaims }],
      ...{ deviceRequired, signedData },
    },
    replayCache: store.presentations,
    nonces: store.nonces,
    limits: LIMITS,
  })
}
