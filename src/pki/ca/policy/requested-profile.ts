import type { Submission } from '../../authority.js'
import type { EnrollmentRequest } from '../../requests/enrollment-request.js'
import { PkiError } from '../../errors.js'
import { EXTENSION, readTemplate, readTemplateName, type CertificateTemplate } from '../../x509/extensions.js'
import type { Octets } from '../../../../bindings/octets/octets.js'
import { denial } from './denials.js'
import { HRESULT } from './denials.js'
import type { Profile, Profiles } from './profile.js'
import type { Denial } from '../records/store.js'

/** The attribute that names a template, as a name-value pair or in the context: [MS-WCCE] 2.2.2.7.10, by name or by OID. */
const ATTRIBUTE = 'certificatetemplate'

/** The profile that a request names. If it names one in several places, the names must agree. Undefined if it names none. */
export function requestedProfile(submission: Submission, profiles: Profiles): Profile | Denial | undefined {
  const { request } = submission
  const extensions = templateExtensions(request)
  if (extensions === undefined) return denial('template-unknown', 'denial/template-malformed')
  const context = submission.additionalContext.map(({ name, value }) => [name, value] as const)
  const attributes = [...request.pairs, ...context].flatMap(([name, value]) =>
    name.toLowerCase() === ATTRIBUTE ? [value] : [],
  )
  const found = [
    ...attributes.map((value) => profiles.byOid(value) ?? profiles.byName(value)),
    ...extensions.names.map((name) => profiles.byName(name)),
    ...extensions.templates.map(({ oid }) => profiles.byOid(oid)),
  ]
  const [first] = found
  if (found.includes(undefined)) return denial('template-unknown')
  if (found.some((profile) => profile !== first)) return denial('template-conflict')
  if (extensions.templates.some((template) => isNewer(template, first?.template))) {
    return denial('template-conflict', 'denial/template-version', HRESULT.CERTSRV_E_BAD_TEMPLATE_VERSION)
  }
  return first
}

interface TemplateExtensions {
  readonly names: readonly string[]
  readonly templates: readonly CertificateTemplate[]
}

/** The extensions of the PKCS#10 and of CMC controls; undefined if one is malformed. */
function templateExtensions({
  certificationRequest,
  addedExtensions,
}: EnrollmentRequest): TemplateExtensions | undefined {
  const lists = [certificationRequest.requestedExtensions, addedExtensions]
  const values = (oid: string): Octets[] => lists.flatMap((list) => list.get(oid)?.value ?? [])
  try {
    return {
      names: values(EXTENSION.templateName).map(readTemplateName),
      templates: values(EXTENSION.template).map(readTemplate),
    }
  } catch (error) {
    if (error instanceof PkiError) return undefined
    throw error
  }
}

/** Whether a request wants a newer version than the profile has. */
function isNewer({ major = 0, minor = 0 }: CertificateTemplate, profile: Profile['template']): boolean {
  if (profile === undefined) return false
  return major > profile.major || (major === profile.major && minor > profile.minor)
}
