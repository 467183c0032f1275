import type { Submission } from '../authority.js'
import { denial } from './denial.js'
import { HRESULT } from './hresult.js'
import type { Profile, Profiles } from './profile.js'
import type { Denial } from './store.js'

/** The attribute that names a template, as a name-value pair or in the context: [MS-WCCE] 2.2.2.7.10, by name or by OID. */
const ATTRIBUTE = 'certificatetemplate'

/** The profile that a request names, wherever it does so; the names must agree. Undefined if it names none. */
export function requestedProfile(submission: Submission, profiles: Profiles): Profile | Denial | undefined {
  const { certificationRequest, pairs } = submission.request
  const { template, templateName } = certificationRequest
  const context = submission.additionalContext.map(({ name, value }) => [name, value] as const)
  const attributes = [...pairs, ...context].flatMap(([name, value]) =>
    name.toLowerCase() === ATTRIBUTE ? [value] : [],
  )
  const found = [
    ...attributes.map((value) => profiles.byOid(value) ?? profiles.byName(value)),
    ...(templateName === undefined ? [] : [profiles.byName(templateName)]),
    ...(template === undefined ? [] : [profiles.byOid(template.oid)]),
  ]
  const [first] = found
  if (found.includes(undefined)) return denial('template-unknown')
  if (found.some((profile) => profile !== first)) return denial('template-conflict')
  if (template !== undefined && isNewer(template, first?.template)) {
    return denial('template-conflict', HRESULT.CERTSRV_E_BAD_TEMPLATE_VERSION)
  }
  return first
}

/** Whether a request wants a version that the profile has not got yet. */
function isNewer(
  { major = 0, minor = 0 }: { readonly major?: number | undefined; readonly minor?: number | undefined },
  profile: Profile['template'],
): boolean {
  if (profile === undefined) return false
  return major > profile.major || (major === profile.major && minor > profile.minor)
}
