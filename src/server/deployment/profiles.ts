import { parseName } from '../../pki/x509/name.js'
import type { Account, Profile } from '../../pki/ca/policy/profile.js'
import type { CertificateNames } from '../../pki/ca/policy/names.js'
import type { User } from './configuration.js'
import type { Directory } from './directory.js'
import { usagesFor, type ProfileConfiguration } from './profile-settings.js'
import { ipOctets } from '../http/ip-address.js'

/** The profiles of a deployment. All names in a certificate come from the directory unless the profile honours the request's. */
export function profilesOf(
  configured: Readonly<Record<string, ProfileConfiguration>>,
  directory: Directory,
): Profile[] {
  return Object.entries(configured).map(([name, settings]) => {
    const { template, validity, purposes, keys, approval, enrollers, subject, honours, renewal, archival } = settings
    return {
      name,
      template,
      validity,
      keyUsage: usagesFor(settings),
      extendedKeyUsage: purposes,
      keys,
      approval,
      subject,
      honours,
      enrollers: ({ id }: Account) => {
        const user = directory.find(id)?.user
        return (
          user !== undefined && (enrollers === 'everyone' || enrollers.some((group) => user.groups.includes(group)))
        )
      },
      names: ({ id }: Account) => {
        const user = directory.find(id)?.user
        return user === undefined ? {} : namesOf(user, settings.alternativeNames)
      },
      renewal,
      archival,
    }
  })
}

type NameKind = NonNullable<ProfileConfiguration['alternativeNames']>[number]

/** The names of a user, with the alternative names of these kinds only. Default: of all kinds. */
function namesOf(user: User, kinds?: readonly NameKind[]): CertificateNames {
  const { subject, dnsNames, uris, emails, upns, ipAddresses, sid } = user
  const all = { dnsNames, uris, emails, upns, ipAddresses: ipAddresses.map(ipOctets) }
  const chosen = Object.entries(all).filter(([kind]) => kinds === undefined || kinds.includes(kind as NameKind))
  return { subject: parseName(subject), alternativeNames: Object.fromEntries(chosen), sid }
}
