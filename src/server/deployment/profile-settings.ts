import type { output } from 'zod'
import { PkiError } from '../../pki/errors.js'
import { kindsFor } from '../../pki/ca/policy/key-rules.js'
import { onlyEncrypts } from '../../pki/ca/policy/profile.js'
import type { KeyUsage } from '../../pki/x509/extensions.js'
import { ATTRIBUTE_NAMES, attributeType, parseName } from '../../pki/x509/name.js'
import { EXTENDED_KEY_USAGE } from '../../ws-trust/trust/signer.js'
import { z } from '../packages.js'
import { choice, count, duration, meant, name, settings, suggestion } from './values.js'

/** The object identifiers of extended key usages by the names that profiles may use. Others are written as they are. */
export const PURPOSES = {
  // RFC 5280, section 4.2.1.12
  server: '1.3.6.1.5.5.7.3.1',
  client: '1.3.6.1.5.5.7.3.2',
  'code-signing': '1.3.6.1.5.5.7.3.3',
  email: '1.3.6.1.5.5.7.3.4',
  // RFC 4945, section 5.1.3.12
  ipsec: '1.3.6.1.5.5.7.3.17',
  // RFC 9336
  'document-signing': '1.3.6.1.5.5.7.3.36',
  // RFC 4556, section 3.2.4
  'kerberos-server': '1.3.6.1.5.2.3.5',
  // Microsoft
  'smart-card-logon': '1.3.6.1.4.1.311.20.2.2',
  'remote-desktop': '1.3.6.1.4.1.311.54.1.2',
  'encrypting-file-system': '1.3.6.1.4.1.311.10.3.4',
  'recovery-agent': '1.3.6.1.4.1.311.21.6',
  ...EXTENDED_KEY_USAGE,
} as const
type Purpose = keyof typeof PURPOSES
const PURPOSE_NAMES = Object.keys(PURPOSES)

/** Purposes whose RSA keys also decipher keys. */
const DECIPHERING: readonly string[] = [PURPOSES.server, PURPOSES.email, PURPOSES['kerberos-server']]
/** Purposes whose keys only decipher keys. */
const ONLY_DECIPHERING: readonly string[] = [PURPOSES['recovery-agent'], PURPOSES['encrypting-file-system']]
const ANY_PURPOSE = '2.5.29.37.0'

const isOid = (text: string): boolean => /^[012](\.(0|[1-9]\d{0,38})){1,30}$/.test(text) && isEncodable(text)

/** X.660: below 0 and 1 the second arc is less than 40. */
function isEncodable(text: string): boolean {
  const [first, second] = text.split('.').map(Number)
  return first === 2 || (second ?? 0) < 40
}

const isPurpose = (text: string): text is Purpose => Object.hasOwn(PURPOSES, text)

const purpose = z
  .string()
  .refine((text) => isPurpose(text) || isOid(text), {
    error: ({ input }) =>
      `must be an object identifier, or one of ${PURPOSE_NAMES.join(', ')}${meant(input, PURPOSE_NAMES)}`,
  })
  .transform((text) => (isPurpose(text) ? PURPOSES[text] : text))
  .refine((oid) => oid !== ANY_PURPOSE, 'anyExtendedKeyUsage would make the other purposes meaningless')

/** Windows reads arcs of 32 bits. */
const templateOid = z
  .string()
  .refine(
    (text) => /^[012](\.(0|[1-9]\d{0,9})){2,}$/.test(text) && text.split('.').every((arc) => Number(arc) < 2 ** 32),
    'must be an object identifier with arcs below 2^32',
  )

const keyUsage = choice([
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
] satisfies [KeyUsage, ...KeyUsage[]])

/** The smallest keys that `legacy.minRsaBits` can admit. */
export const LEAST_RSA_BITS = 1024
const rsaBits = z.int().min(LEAST_RSA_BITS).max(8192)

/** The keys that a profile takes; a kind that is left out is refused. */
const keyRules = settings({
  rsa: settings({ min: rsaBits.default(2048), max: rsaBits.default(4096) })
    .refine(({ min, max }) => min <= max, 'min must not exceed max')
    .optional(),
  ec: z
    .array(choice(['P-256', 'P-384', 'P-521']))
    .min(1)
    .optional(),
  dsa: settings({ min: z.int().min(2048).max(3072).default(2048) }).optional(),
}).refine((rules) => Object.keys(rules).length > 0, 'must have at least one of rsa, ec, dsa')

const nameKinds = ['dnsNames', 'uris', 'emails', 'upns', 'ipAddresses'] as const

const attribute = z
  .string()
  .refine((text) => attributeType(text) !== undefined, {
    error: ({ input }) =>
      `must be an attribute of a name: its object identifier, or one of ${ATTRIBUTE_NAMES.join(', ')}${meant(input, ATTRIBUTE_NAMES)}`,
  })
  .transform((text) => attributeType(text) ?? text)

const isFixedName = (text: string): boolean => {
  try {
    return parseName(text).length > 2
  } catch (error) {
    if (error instanceof PkiError) return false
    throw error
  }
}

const SUBJECT_PART = 'must be a name such as O=Fabrikam, or { attribute: OU, from: account or request }'

/** `O=Fabrikam,C=SE`, or an attribute and where it comes from. */
const subjectPart = z.union(
  [
    z
      .string()
      .refine(isFixedName, SUBJECT_PART)
      .transform((text) => ({ fixed: parseName(text) })),
    settings({ attribute, from: choice(['account', 'request']), optional: z.boolean().default(false) }),
  ],
  { error: SUBJECT_PART },
)

/** How long before its end a certificate can be renewed, and whether an operator approves that. */
const renewal = z.union(
  [
    duration.transform((window) => ({ window, approval: undefined })),
    settings({ window: duration, approval: choice(['automatic', 'operator']).optional() }),
  ],
  { error: 'must be a duration such as 90d, or { window: 90d, approval: automatic or operator }' },
)

const profile = settings({
  /** The object identifier and version of the template; without it, the policy service does not offer the profile. */
  template: settings({
    oid: templateOid,
    major: count.default(100),
    minor: z.int().min(0).default(0),
  }).optional(),
  /** For machines: Windows enrols for it with the account of the machine. */
  machine: z.boolean().default(false),
  /** Clients enrol automatically, at each log-on. */
  autoEnroll: z.boolean().default(false),
  validity: duration,
  /** Extended key usages, by name or object identifier. */
  purposes: z.array(purpose).min(1),
  /** Default: those of the purposes. */
  keyUsage: z.array(keyUsage).min(1).optional(),
  /** Default: RSA of 2048 to 4096 bits, the three curves, DSA from 2048 bits. */
  keys: keyRules.optional(),
  /** `operator`: an operator approves each request. */
  approval: choice(['automatic', 'operator']),
  /** The accounts that may enrol: all, or the members of groups. */
  enrollers: z.union([z.literal('everyone'), z.array(name)], {
    error: ({ input }) => `must be everyone, or a list of groups${meant(input, ['everyone'])}`,
  }),
  /** How the subject is put together, the most specific part first. Default: that of the account. */
  subject: z.array(subjectPart).min(1).optional(),
  /** The alternative names of the account that the certificate gets. Default: all that the account has. */
  alternativeNames: z.array(choice(nameKinds)).optional(),
  /** Names that are taken from the request. Default: all names come from the account. */
  honours: z.array(choice(['subject', ...nameKinds])).default([]),
  /** How long before its end a certificate can be renewed. Default: never. */
  renewal: renewal.optional(),
  /** Whether requests may, or must, carry the private key for archiving: for keys that only encrypt. Default: they must not. */
  archival: choice(['allowed', 'required']).optional(),
}).superRefine((settings, context) => {
  const refuse = (message: string, ...path: string[]) => context.addIssue({ code: 'custom', message, path })
  const { archival, purposes, validity, subject, honours, keys } = settings
  const usages = usagesFor(settings)
  if (archival !== undefined && !onlyEncrypts({ keyUsage: usages, extendedKeyUsage: purposes })) {
    refuse('is for keys that only encrypt: no purpose that authenticates, no keyUsage that signs', 'archival')
  }
  if (settings.renewal !== undefined && settings.renewal.window > validity) {
    refuse('must not be longer than validity', 'renewal')
  }
  if (subject !== undefined && honours.includes('subject')) {
    refuse('the request gives the whole subject (honours), or parts of it, not both', 'subject')
  }
  const kinds = kindsFor(usages).map((kind) => kind.toLowerCase())
  for (const kind of Object.keys(keys ?? {})) {
    if (!kinds.includes(kind)) refuse(`such keys cannot be used for ${usages.join(', ')}`, 'keys', kind)
  }
})

export type ProfileConfiguration = output<typeof profile>

/** The key usages of a profile: as set, or those of its purposes. Keys that are archived do nothing but encrypt. */
export function usagesFor({
  purposes,
  archival,
  keyUsage: set,
}: Pick<ProfileConfiguration, 'purposes' | 'archival' | 'keyUsage'>): KeyUsage[] {
  if (set !== undefined) return set
  if (archival !== undefined) return ['keyEncipherment', 'keyAgreement']
  if (purposes.every((one) => ONLY_DECIPHERING.includes(one))) return ['keyEncipherment']
  return purposes.some((one) => DECIPHERING.includes(one))
    ? ['digitalSignature', 'keyEncipherment']
    : ['digitalSignature']
}

/** `authority` in `uprove.yaml`. */
export const authoritySettings = settings({
  certificate: name,
  key: name,
  /** The profile for requests that name none. Default: the only one that the account may enrol for. */
  defaultProfile: name.optional(),
  profiles: z.record(name, profile),
  /** What old clients may send. Each setting makes something weaker, and is logged as a warning. Default: nothing. */
  legacy: settings({
    sha1Possession: z.boolean().default(false),
    sha1Renewal: z.boolean().default(false),
    nullSignatures: z.boolean().default(false),
    ber: z.boolean().default(false),
    minRsaBits: z.int().min(LEAST_RSA_BITS).max(2048).default(2048),
  }).prefault({}),
  /** Archives the private keys of profiles that say so. Default: none. */
  archival: settings({
    /** The private RSA key to which clients encrypt theirs, PEM; older ones behind it, until their certificates expire. */
    exchangeKeys: z.array(name).min(1),
    /** Certificates of recovery agents, PEM. Each agent can recover every key. */
    agents: z.array(name).min(1),
  }).optional(),
}).superRefine(({ defaultProfile, profiles, archival, legacy }, context) => {
  const refuse = (message: string, ...path: string[]) => context.addIssue({ code: 'custom', message, path })
  const names = Object.keys(profiles)
  const isKnown = names.some((known) => known.toLowerCase() === defaultProfile?.toLowerCase())
  if (defaultProfile !== undefined && !isKnown) {
    refuse(`there is no such profile; ${suggestion(defaultProfile, names)}`, 'defaultProfile')
  }
  const entries = Object.entries(profiles)
  entries.forEach(([name, settings], i) => {
    const earlier = entries.slice(0, i)
    const twin = earlier.find(([other]) => other.toLowerCase() === name.toLowerCase())
    if (twin !== undefined) refuse(`differs from ${twin[0]} only in case, which does not count`, 'profiles', name)
    const { template } = settings
    const same = earlier.find(([, { template: other }]) => template !== undefined && other?.oid === template.oid)
    if (same !== undefined) refuse(`is that of ${same[0]} already`, 'profiles', name, 'template', 'oid')
    if ((settings.keys?.rsa?.min ?? 2048) < legacy.minRsaBits) {
      refuse('below 2048 bits needs authority.legacy.minRsaBits', 'profiles', name, 'keys', 'rsa', 'min')
    }
    if (settings.archival !== undefined && archival === undefined) {
      refuse('needs authority.archival, with exchangeKeys and agents', 'profiles', name, 'archival')
    }
  })
})
