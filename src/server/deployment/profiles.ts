import type { KeyUsage } from '../../pki/x509/extensions.js'
import { parseName } from '../../pki/x509/name.js'
import type { Account, Profile } from '../../pki/ca/policy/profile.js'
import type { CertificateNames } from '../../pki/ca/policy/names.js'
import { EXTENDED_KEY_USAGE } from '../../ws-trust/trust/signer.js'
import type { ProfileConfiguration, User } from './configuration.js'
import type { Directory } from './directory.js'
import { ipOctets } from '../http/ip-address.js'

type Purpose = ProfileConfiguration['purposes'][number]

/** Of RFC 5280, section 4.2.1.12, and of this package. */
export const PURPOSES: Readonly<Record<Purpose, string>> = {
  server: '1.3.6.1.5.5.7.3.1',
  client: '1.3.6.1.5.5.7.3.2',
  email: '1.3.6.1.5.5.7.3.4',
  'recovery-agent': '1.3.6.1.4.1.311.21.6',
  ...EXTENDED_KEY_USAGE,
}

/**
 * Key usages by purpose; the RSA key of a server may also decipher keys. Keys that are archived, and those of recovery agents, do nothing
 * else.
 */
function usagesFor({ purposes, archival }: Pick<ProfileConfiguration, 'purposes' | 'archival'>): KeyUsage[] {
  if (archival !== undefined) return ['keyEncipherment', 'keyAgreement']
  if (purposes.every((purpose) => purpose === 'recovery-agent')) return ['keyEncipherment']
  return purposes.includes('server') || purposes.includes('email')
    ? ['digitalSignature', 'keyEncipherment']
    : ['digitalSignature']
}

/** The profiles of a deployment. All names in a certificate come from the directory unless the profile honours the request's. */
export function profilesOf(
  configured: Readonly<Record<string, ProfileConfiguration>>,
  directory: Directory,
): Profile[] {
  return Object.entries(configured).map(
    ([name, { template, validity, purposes, approval, enrollers, honours, renewal, archival }]) => ({
      name,
      template,
      validity,
      keyUsage: usagesFor({ purposes, archival }),
      extendedKeyUsage: purposes.map((purpose) => PURPOSES[purpose]),
      approval,
      honours,
      enrollers: ({ id }: Account) => {
        const user = directory.find(id)?.user
        return (
          user !== undefined && (enrollers === 'everyone' || enrollers.some((group) => user.groups.includes(group)))
        )
      },
      names: ({ id }: Account) => {
        const user = directory.find(id)?.user
        return user === undefined ? {} : namesOf(user)
      },
      renewal: renewal === undefined ? undefined : { window: renewal },
      archival,
    }),
  )
}

function namesOf({ subject, dnsNames, uris, emails, upns, ipAddresses, sid }: User): CertificateNames {
  return {
    subject: parseName(subject),
    alternativeNames: { dnsNames, uris, emails, upns, ipAddresses: ipAddresses.map(ipOctets) },
    sid,
  }
}
