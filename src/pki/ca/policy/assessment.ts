import { isOctets } from '../../../../bindings/octets/shape.js'
import { equalOctets, type Octets } from '../../../../bindings/octets/octets.js'
import type { Requester, Submission } from '../../authority.js'
import type { Certificate } from '../../x509/certificate.js'
import { sequence } from '../../asn1/der.js'
import type { EnrollmentRequest } from '../../requests/enrollment-request.js'
import { PkiError } from '../../errors.js'
import { EXTENSION, readAlternativeNames, subjectAltName, type AlternativeNames } from '../../x509/extensions.js'
import { denial, HRESULT, isDenial } from './denials.js'
import { CaError } from '../errors.js'
import { assessKey, DEFAULT_KEYS } from './key-rules.js'
import { keyFingerprint } from '../../keys/public-key.js'
import type { PublicPower } from '../../keys/weak-keys.js'
import { isSameName } from '../../x509/name-matching.js'
import { areWellFormed, commonName, nameAccount, type CertificateNames } from './names.js'
import { mayEnroll, onlyEncrypts, type Account, type Profile, type Profiles } from './profile.js'
import { requestedProfile } from './requested-profile.js'
import { composeSubject } from './subject.js'
import { attributeName } from '../../x509/name.js'
import type { CertificateContent, Denial, StoredCertificate } from '../records/store.js'

/** A request that its profile allows, as passed to a policy. */
export interface Application {
  readonly submission: Submission
  readonly account: Account
  readonly profile: Profile
  /** The contents of the certificate. */
  readonly content: CertificateContent
  /** The certificate that is to be renewed. */
  readonly renews?: StoredCertificate
}

/**
 * An embedder's own rules, applied after those of the profile. They can only be stricter: undefined accepts the profile's
 * decision.
 */
export type Policy = (application: Application) => Verdict | undefined | Promise<Verdict | undefined>
export type Verdict = 'deny' | 'pend'

/** The decision about a request, with its grounds. */
export interface Assessment {
  /** Undefined for an unknown requester. */
  readonly account?: Account
  readonly renews?: StoredCertificate
  readonly content?: CertificateContent
  readonly decision: 'issue' | 'pend' | Denial
}

export interface Rules {
  readonly profiles: Profiles
  /** Name of the profile for requests that name none. */
  readonly defaultProfile: string | undefined
  readonly policy: Policy | undefined
  readonly now: Date
  /** The certificate as it is stored, or the code of why it cannot be renewed. */
  readonly findRenewable: (certificate: Certificate) => Promise<StoredCertificate | string>
  /** Whether a certificate with this key was revoked for keyCompromise. */
  readonly isCompromised: (keyFingerprint: string) => Promise<boolean>
  /** Certificates of the authority and those above it. No other certificate gets their keys and names. */
  readonly chain: readonly Certificate[]
  /** Fingerprints of their keys. */
  readonly chainKeys: readonly string[]
  readonly power: PublicPower
}

/** Decides about a request by the rules of its profile and the policy. */
export async function assess(submission: Submission, rules: Rules): Promise<Assessment> {
  const { renewalCertificate } = submission.request
  const { requester } = submission
  if (renewalCertificate !== undefined) return assessRenewal(submission, renewalCertificate, rules)
  // A certificate authenticates its own renewal, and nothing else ([MS-WSTEP] 3.1.1.1.4).
  if (requester.by !== 'account') return { decision: denial('renewal-refused', 'denial/renewal-missing') }

  const account: Account = { id: requester.id, method: requester.method }
  const { profiles } = rules
  const profile = requestedProfile(submission, profiles) ?? (await impliedProfile(account, rules))
  if (profile === undefined || isDenial(profile)) {
    const denied = profile ?? denial('template-missing')
    const isConflict = denied.reason === 'template-conflict'
    const detail = isConflict ? undefined : (await profiles.open(account)).map(({ name }) => name).join(', ')
    return { account, decision: { ...denied, detail } }
  }
  if (!(await mayEnroll(profile, account))) return { account, decision: denial('template-denied') }
  const names = await namesFor(account, profile, submission.request)
  if (isDenial(names)) return { account, decision: names }
  return decide({ submission, account, profile, ...names }, rules, profile.approval)
}

/** The profile of a request that names none: the default, or else the only one that the account may enroll for. */
async function impliedProfile(account: Account, { defaultProfile, profiles }: Rules): Promise<Profile | undefined> {
  if (defaultProfile !== undefined) return profiles.byName(defaultProfile)
  const [only, ...others] = await profiles.open(account)
  return others.length === 0 ? only : undefined
}

/** Subject, alternative names and profile are those of the old certificate; those in the request are ignored. */
async function assessRenewal(submission: Submission, renewed: Certificate, rules: Rules): Promise<Assessment> {
  const { requester } = submission
  const renews = await rules.findRenewable(renewed)
  // An account is known, even if the certificate is not its own.
  const asker = requester.by === 'account' ? { account: requester } : {}
  if (typeof renews === 'string') return { ...asker, decision: denial('renewal-refused', renews) }
  const account = ownerOf(renews, requester)
  if (account === undefined) return { ...asker, decision: denial('renewal-refused', 'denial/renewal-account') }
  const known = { account, renews }
  const profile = renews.profile === undefined ? undefined : rules.profiles.byName(renews.profile)
  if (profile === undefined) return { ...known, decision: denial('template-unknown', 'denial/template-gone') }
  const named = requestedProfile(submission, rules.profiles)
  if (named !== undefined && isDenial(named)) return { ...known, decision: named }
  if (named !== undefined && named !== profile) {
    return { ...known, decision: denial('template-conflict', 'denial/template-of-renewal') }
  }
  const { renewal } = profile
  if (renewal === undefined) return { ...known, decision: denial('renewal-refused', 'denial/renewal-profile') }
  const opens = new Date(renews.notAfter.getTime() - renewal.window)
  if (rules.now < opens) {
    const early = denial('renewal-refused', 'denial/renewal-early')
    return { ...known, decision: { ...early, detail: opens.toISOString() } }
  }
  if (!(await mayEnroll(profile, account))) return { ...known, decision: denial('template-denied') }
  const { subject, extensions } = renewed
  const subjectAlternativeName = extensions.get(EXTENSION.subjectAltName)?.value
  // The directory's today: domain controllers map the certificate by it.
  const { sid } = (await namesOf(account, profile)) ?? {}
  const names = { subject, subjectAlternativeName, sid }
  return decide({ submission, profile, ...known, ...names }, rules, renewal.approval ?? profile.approval)
}

/** The account of a certificate, if the requester may renew it: that account, or the holder of its key. */
function ownerOf({ der, account }: StoredCertificate, requester: Requester): Account | undefined {
  if (account === undefined) return undefined
  if (requester.by === 'account') return requester.id === account ? requester : undefined
  return equalOctets(requester.certificate.der, der) ? { id: account, method: 'renewal' } : undefined
}

type Applicant = Omit<Application, 'content'> & Omit<CertificateContent, 'publicKey' | 'profile'>

async function decide(applicant: Applicant, rules: Rules, approval: Profile['approval']): Promise<Assessment> {
  const { submission, account, profile, renews, subject, subjectAlternativeName, sid } = applicant
  const known = { account, renews }
  const { publicKey } = submission.request.certificationRequest
  const { keys = DEFAULT_KEYS, keyUsage } = profile
  const assessed = assessKey(publicKey, keys, keyUsage, rules.power)
  if ('unfit' in assessed) return { ...known, decision: denial('key-refused', assessed.unfit) }
  const fingerprint = keyFingerprint(assessed.key)
  if (rules.chainKeys.includes(fingerprint)) {
    return { ...known, decision: denial('key-refused', 'denial/key-of-authority') }
  }
  if (await rules.isCompromised(fingerprint)) return { ...known, decision: denial('key-compromised') }
  if (rules.chain.some((authority) => isSameName(authority.subject, subject))) {
    return { ...known, decision: denial('subject-refused', 'denial/subject-of-authority') }
  }
  const { archivedKey, hasNullSignature = false } = submission.request
  // [MS-WCCE] 2.2.2.6.5: nothing proves that the requester can sign with the key.
  if (hasNullSignature && !onlyEncrypts(profile)) {
    return { ...known, decision: denial('key-refused', 'denial/null-signature', HRESULT.NTE_BAD_SIGNATURE) }
  }
  if (archivedKey !== undefined && profile.archival === undefined) {
    return { ...known, decision: denial('archival-unexpected') }
  }
  if (archivedKey === undefined && profile.archival === 'required') {
    return { ...known, decision: denial('archival-required') }
  }
  const content: CertificateContent = {
    profile: profile.name,
    publicKey,
    subject,
    subjectAlternativeName,
    sid,
  }
  const verdict = await rules.policy?.({ submission, profile, content, ...known })
  if (verdict === 'deny') return { ...known, content, decision: denial('denied-by-policy') }
  const mustWait = verdict === 'pend' || approval === 'operator'
  return { ...known, content, decision: mustWait ? 'pend' : 'issue' }
}

/** The names that the profile gives the account, with those of the request that it honours. */
async function namesFor(
  account: Account,
  profile: Profile,
  request: EnrollmentRequest,
): Promise<Pick<CertificateContent, 'subject' | 'subjectAlternativeName' | 'sid'> | Denial> {
  const given = await namesOf(account, profile)
  if (given === undefined) return denial('subject-refused', 'denial/subject-account')
  const requested = honoured(request, profile)
  if (requested === undefined || !areWellFormed(requested)) {
    return denial('subject-refused', 'denial/subject-requested')
  }
  if (nameAccount(requested)) return denial('subject-refused', 'denial/subject-sid')
  const subject =
    profile.subject === undefined
      ? (requested.subject ?? given.subject ?? sequence())
      : subjectFor(profile.subject, given, request)
  if (!isOctets(subject)) return subject
  const alternativeNames = merge(given.alternativeNames, requested.alternativeNames)
  const { value } = subjectAltName(alternativeNames)
  // [MS-WCCE] 3.2.1.4.2.1.4.7
  if (isEmpty(subject) && isEmpty(value)) return denial('subject-missing')
  return { subject, subjectAlternativeName: isEmpty(value) ? undefined : value, sid: given.sid }
}

/** The subject that a profile puts together, or a denial. */
function subjectFor(
  parts: NonNullable<Profile['subject']>,
  { subject: account = sequence() }: CertificateNames,
  { certificationRequest }: EnrollmentRequest,
): Octets | Denial {
  let subject: ReturnType<typeof composeSubject>
  try {
    subject = composeSubject(parts, { account, request: certificationRequest.subject })
  } catch (error) {
    if (error instanceof PkiError) return denial('subject-refused', 'denial/subject-requested')
    throw error
  }
  if (!isOctets(subject)) {
    const detail = attributeName(subject.missing)
    return { ...denial('subject-refused', `denial/subject-${subject.from}-attribute`), detail }
  }
  return areWellFormed({ subject }) ? subject : denial('subject-refused', 'denial/subject-requested')
}

/** The names that the profile gives the account; undefined if its id cannot be a name. Throws `CaError` (`ca/name`). */
async function namesOf(account: Account, profile: Profile): Promise<CertificateNames | undefined> {
  const given = profile.names ? await profile.names(account) : defaultNames(account)
  if (given !== undefined && !areWellFormed(given)) throw new CaError('ca/name')
  return given
}

function defaultNames({ id }: Account): CertificateNames | undefined {
  const subject = commonName(id)
  return subject && areWellFormed({ subject }) ? { subject } : undefined
}

/** The names in a request that its profile honours; undefined if they cannot be read. */
function honoured(request: EnrollmentRequest, { honours = [] }: Profile): CertificateNames | undefined {
  const { subject, requestedExtensions } = request.certificationRequest
  const kinds = honours.filter((kind) => kind !== 'subject')
  const lists = kinds.length === 0 ? [] : [requestedExtensions, request.addedExtensions]
  try {
    const all = lists.flatMap((list) => list.get(EXTENSION.subjectAltName) ?? [])
    const names = all.map(({ value }) => readAlternativeNames(value))
    return {
      subject: honours.includes('subject') && !isEmpty(subject) ? subject : undefined,
      alternativeNames: Object.fromEntries(kinds.map((kind) => [kind, names.flatMap((some) => [...some[kind]])])),
    }
  } catch (error) {
    if (error instanceof PkiError) return undefined
    throw error
  }
}

/** Whether a Name or GeneralNames is an empty SEQUENCE. */
const isEmpty = (names: Octets): boolean => names.length <= 2

function merge(a: Partial<AlternativeNames> = {}, b: Partial<AlternativeNames> = {}): Partial<AlternativeNames> {
  const { dnsNames = [], uris = [], emails = [], upns = [], ipAddresses = [], directoryNames = [], others = [] } = a
  const unique = (texts: readonly string[]): string[] => [...new Set(texts)]
  return {
    dnsNames: unique([...dnsNames, ...(b.dnsNames ?? [])]),
    uris: unique([...uris, ...(b.uris ?? [])]),
    emails: unique([...emails, ...(b.emails ?? [])]),
    upns: unique([...upns, ...(b.upns ?? [])]),
    ipAddresses: [...ipAddresses, ...(b.ipAddresses ?? [])],
    directoryNames,
    others,
  }
}
