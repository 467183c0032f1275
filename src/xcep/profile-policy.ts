import { mayEnroll, type Account, type HonourableName, type Profile } from '../pki/ca/policy/profile.js'
import { DEFAULT_KEYS, type KeyRules } from '../pki/ca/policy/key-rules.js'
import { extendedKeyUsage, keyUsage } from '../pki/x509/extensions.js'
import type { Octets } from '../../bindings/octets/octets.js'
import { CURVES, HASHES } from '../pki/keys/algorithms.js'
import type { EnrollmentAddress, EnrollmentPolicy, PolicyKey, PolicyTemplate } from './policies.js'

/** A profile of the authority, as offered to clients. */
export interface OfferedProfile {
  readonly profile: Profile
  /** Whether it is for machines: Windows then looks for it in the machine's store. */
  readonly machine?: boolean
  /** Whether clients enroll for it automatically, at each log-on. */
  readonly autoEnroll?: boolean
  readonly displayName?: string
  /** The kinds of alternative names that its `names` give. Default: the principal name of a person, the DNS name of a machine. */
  readonly alternativeNames?: readonly HonourableName[]
}

/** Why a profile is not offered to clients of the policy service. */
export type NotOffered = 'no-template' | 'template-arc' | 'keys'

/** The part of a profile that clients see. */
interface Offer {
  readonly template: NonNullable<Profile['template']>
  readonly key: PolicyKey
  /** The OID of the hash of requests, if the key's algorithm is named. */
  readonly hash?: string
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
  return key === undefined ? 'keys' : { template, ...key }
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

/** Bits of flags. [MS-XCEP] 3.1.4.1.3.1 */
const MACHINE_TYPE = 0x40
/** The client supplies subject and alternative name. */
const SUBJECT_SUPPLIED = 0x00000001
const ALTERNATIVE_NAME_SUPPLIED = 0x00010000
/** The authority takes the subject from what the directory says of the machine, or of the person. */
const SUBJECT_OF_MACHINE = 0x10000000
const SUBJECT_OF_PERSON = 0x80000000
/** The alternative names that it takes from there. Windows knows no flags for the other kinds. */
const ALTERNATIVE_NAMES: Readonly<Partial<Record<HonourableName, number>>> = {
  upns: 0x02000000,
  emails: 0x04000000,
  dnsNames: 0x08000000,
}
/** The client archives its private key. */
const ARCHIVE_KEY = 0x00000001
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
  offered: OfferedProfile,
  { template, key, hash }: Offer,
  isAllowed: boolean,
  authority: number,
): PolicyTemplate {
  const { profile, machine = false, autoEnroll = false, displayName } = offered
  const { name, validity, renewal, archival } = profile
  return {
    name,
    oid: template.oid,
    displayName,
    // Only templates of version 3 name algorithms.
    schema: hash === undefined ? 2 : 3,
    hashAlgorithm: hash,
    authorities: [authority],
    validitySeconds: Math.floor(validity / 1000),
    // Never 0 (section 3.1.4.1.3.8): without renewal, clients enroll anew at the end.
    renewalSeconds: Math.max(1, Math.floor((renewal?.window ?? 0) / 1000)),
    mayEnroll: isAllowed,
    autoEnroll: autoEnroll && isAllowed,
    key,
    revision: { major: Math.max(1, template.major), minor: template.minor },
    // A profile that only allows it leaves the choice to the client, which the flag would not.
    ...(archival === 'required' && { privateKeyFlags: ARCHIVE_KEY, archival: ARCHIVE_CIPHER }),
    subjectNameFlags: subjectNameFlags(offered),
    generalFlags: machine ? MACHINE_TYPE : 0,
    extensions: [keyUsage(...profile.keyUsage), extendedKeyUsage(...profile.extendedKeyUsage)],
  }
}

/** AES-256 in CBC mode: Windows would use Triple DES, which is not accepted. [MS-XCEP] 3.1.4.1.3.15, [MS-WCCE] 3.1.2.4.2.2.2.5 */
const ARCHIVE_CIPHER = { algorithm: '2.16.840.1.101.3.4.1.42', keyBits: 256 }

/** With names that the client supplies, Windows enrolls only when a person fills them in. */
function subjectNameFlags({ profile, machine = false, alternativeNames }: OfferedProfile): number {
  const { honours = [], subject = [] } = profile
  const needsSubject = subject.some((part) => 'from' in part && part.from === 'request' && part.optional !== true)
  const supplied =
    (honours.includes('subject') || needsSubject ? SUBJECT_SUPPLIED : 0) +
    (honours.some((kind) => kind !== 'subject') ? ALTERNATIVE_NAME_SUPPLIED : 0)
  if (supplied > 0) return supplied
  const kinds = new Set<HonourableName>(alternativeNames ?? (machine ? ['dnsNames'] : ['upns']))
  const flags = Array.from(kinds, (kind) => ALTERNATIVE_NAMES[kind] ?? 0)
  return flags.reduce((sum, flag) => sum + flag, machine ? SUBJECT_OF_MACHINE : SUBJECT_OF_PERSON)
}

/** Keys as Windows makes them. Without a provider, it falls back to one that makes RSA keys of 1024 bits. */
function keyOf({ rsa, ec = [] }: KeyRules): Pick<Offer, 'key' | 'hash'> | undefined {
  if (rsa !== undefined) {
    const key = {
      minimalLength: rsa.min,
      spec: KEY_EXCHANGE,
      providers: ['Microsoft Enhanced RSA and AES Cryptographic Provider', 'Microsoft Software Key Storage Provider'],
    }
    return { key }
  }
  // The smallest curve that is taken. It has to be named: Windows makes RSA keys where no algorithm is.
  const [curve] = Object.entries(CURVES)
    .filter(([name]) => ec.includes(name))
    .map(([name, found]) => ({ ...found, bits: Number(name.slice(2)) }))
    .sort((a, b) => a.bits - b.bits)
  if (curve === undefined) return undefined
  const providers = ['Microsoft Software Key Storage Provider']
  return {
    key: { minimalLength: curve.bits, algorithm: curve.oid, providers },
    hash: HASHES[curve.digest].oid,
  }
}
