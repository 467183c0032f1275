import { mayEnroll, type Account, type Profile } from '../pki/ca/policy/profile.js'
import { DEFAULT_KEYS, type KeyRules } from '../pki/ca/policy/key-rules.js'
import { extendedKeyUsage, keyUsage } from '../pki/x509/extensions.js'
import type { Octets } from '../../bindings/octets/octets.js'
import type { EnrollmentAddress, EnrollmentPolicy, PolicyKey, PolicyTemplate } from './policies.js'

/** A profile of the authority, as offered to clients. */
export interface OfferedProfile {
  readonly profile: Profile
  /** Whether it is for machines: Windows then looks for it in the machine's store. */
  readonly machine?: boolean
  /** Whether clients enroll for it automatically, at each log-on. */
  readonly autoEnroll?: boolean
  readonly displayName?: string
}

/** Why a profile is not offered to clients of the policy service. */
export type NotOffered = 'no-template' | 'template-arc' | 'keys'

/** The part of a profile that clients see. */
interface Offer {
  readonly template: NonNullable<Profile['template']>
  readonly key: PolicyKey
}

/**
 * The reason why a profile is not offered: it has no template OID; an arc of the OID is 2^32 or more, where Windows stops
 * reading the policy; or it accepts no keys that Windows can make. Undefined if it is offered.
 */
export function whyNotOffered(profile: Profile): NotOffered | undefined {
  const offer = offerOf(profile)
  return typeof offer === 'string' ? offer : undefined
}

function offerOf({ template, keys = DEFAULT_KEYS }: Profile): Offer | NotOffered {
  if (template === undefined) return 'no-template'
  if (template.oid.split('.').some((arc) => Number(arc) >= 2 ** 32)) return 'template-arc'
  const key = keyOf(keys)
  return key === undefined ? 'keys' : { template, key }
}

export interface ProfilePolicyOptions {
  /** The policy's name: stable, and different for each authority. Windows caches a policy under it. */
  readonly id: string
  readonly friendlyName?: string
  /** When clients should ask again, in hours. Default: 8, as in Windows. */
  readonly nextUpdateHours?: number
  readonly profiles: readonly OfferedProfile[]
  /** The authority's signing certificate, DER. */
  readonly certificate: Octets
  /** The addresses where the authority accepts requests. */
  readonly addresses: readonly EnrollmentAddress[]
}

/**
 * The policy of one authority, made from its profiles: for `PolicyServiceOptions.policy`. One address publishes one authority,
 * since cepces uses the first authority, whichever one a template names.
 */
export function profilePolicy(options: ProfilePolicyOptions): (account: Account) => Promise<EnrollmentPolicy> {
  const { id, friendlyName, nextUpdateHours = 8, profiles, certificate, addresses } = options
  const reference = 0
  return async (account) => ({
    id,
    friendlyName,
    nextUpdateHours,
    templates: await templatesOf(profiles, account, reference),
    authorities: [{ reference, certificate, mayEnroll: true, addresses }],
  })
}

/** Bits of generalFlags and subjectNameFlags. [MS-XCEP] 3.1.4.1.3.1 */
const MACHINE_TYPE = 0x40
/** The authority takes the subject and the alternative name from what the directory says of the machine, or of the person. */
const NAMES_OF_MACHINE = 0x18000000
const NAMES_OF_PERSON = 0x82000000
/** The client supplies subject and alternative name. */
const SUBJECT_SUPPLIED = 0x00000001
const ALTERNATIVE_NAME_SUPPLIED = 0x00010000
/** keySpec: RSA keys of machines decipher keys. [MS-WCCE] 3.1.2.4.2.2.1.5 */
const KEY_EXCHANGE = 1

/**
 * The templates that an account sees: each offered profile, and whether the account may enroll for it.
 *
 * @param authority the reference of the authority whose profiles they are
 */
export async function templatesOf(
  offered: readonly OfferedProfile[],
  account: Account,
  authority: number,
): Promise<PolicyTemplate[]> {
  const templates = await Promise.all(
    offered.map(async (entry) => {
      const offer = offerOf(entry.profile)
      if (typeof offer === 'string') return []
      return [templateOf(entry, offer, await mayEnroll(entry.profile, account), authority)]
    }),
  )
  return templates.flat()
}

function templateOf(
  { profile, machine = false, autoEnroll = false, displayName }: OfferedProfile,
  { template, key }: Offer,
  isAllowed: boolean,
  authority: number,
): PolicyTemplate {
  const { name, validity, renewal } = profile
  return {
    name,
    oid: template.oid,
    displayName,
    schema: 2,
    authorities: [authority],
    validitySeconds: Math.floor(validity / 1000),
    // Never 0 (section 3.1.4.1.3.8): without renewal, clients enroll anew at the end.
    renewalSeconds: Math.max(1, Math.floor((renewal?.window ?? 0) / 1000)),
    mayEnroll: isAllowed,
    autoEnroll: autoEnroll && isAllowed,
    key,
    revision: { major: Math.max(1, template.major), minor: template.minor },
    subjectNameFlags: subjectNameFlags(profile, machine),
    generalFlags: machine ? MACHINE_TYPE : 0,
    extensions: [keyUsage(...profile.keyUsage), extendedKeyUsage(...profile.extendedKeyUsage)],
  }
}

/** With names that the client supplies, Windows enrolls only when a person fills them in. */
function subjectNameFlags({ honours = [] }: Profile, machine: boolean): number {
  const supplied =
    (honours.includes('subject') ? SUBJECT_SUPPLIED : 0) +
    (honours.some((kind) => kind !== 'subject') ? ALTERNATIVE_NAME_SUPPLIED : 0)
  if (supplied > 0) return supplied
  return machine ? NAMES_OF_MACHINE : NAMES_OF_PERSON
}

/** Without a provider, Windows falls back to one that makes RSA keys of 1024 bits. */
function keyOf({ rsa, ec = [] }: KeyRules): PolicyKey | undefined {
  if (rsa !== undefined) {
    return {
      minimalLength: rsa.min,
      spec: KEY_EXCHANGE,
      providers: ['Microsoft Enhanced RSA and AES Cryptographic Provider', 'Microsoft Software Key Storage Provider'],
    }
  }
  const bits = Math.min(...ec.map((curve) => CURVE_BITS[curve] ?? Infinity))
  return bits === Infinity ? undefined : { minimalLength: bits, providers: ['Microsoft Software Key Storage Provider'] }
}

const CURVE_BITS: Readonly<Record<string, number>> = { 'P-256': 256, 'P-384': 384, 'P-521': 521 }
