import type { KeyUsage } from '../pki/extensions.js'
import { parseName } from '../pki/name.js'
import type { Account, Profile } from '../pki/ca/profile.js'
import type { CertificateNames } from '../pki/ca/names.js'
import { EXTENDED_KEY_USAGE } from '../ws-trust/trust/signer.js'
import { isIPv4 } from 'node:net'
import type { ProfileConfiguration, User } from './configuration.js'
import type { Directory } from './directory.js'

type Purpose = ProfileConfiguration['purposes'][number]

/** RFC 5280, section 4.2.1.12, and those of this package. */
const PURPOSES: Readonly<Record<Purpose, string>> = {
  server: '1.3.6.1.5.5.7.3.1',
  client: '1.3.6.1.5.5.7.3.2',
  email: '1.3.6.1.5.5.7.3.4',
  ...EXTENDED_KEY_USAGE,
}

/** What keys may be used for, by purpose; an RSA key of a server may decipher keys too. */
const usagesFor = (purposes: readonly Purpose[]): KeyUsage[] =>
  purposes.includes('server') || purposes.includes('email')
    ? ['digitalSignature', 'keyEncipherment']
    : ['digitalSignature']

/** The profiles of a deployment: whoever enrols, enrols for the names that the directory gives the account. */
export function profilesOf(
  configured: Readonly<Record<string, ProfileConfiguration>>,
  directory: Directory,
): Profile[] {
  return Object.entries(configured).map(([name, { validity, purposes, approval, enrollers, honours, renewal }]) => ({
    name,
    validity,
    keyUsage: usagesFor(purposes),
    extendedKeyUsage: purposes.map((purpose) => PURPOSES[purpose]),
    approval,
    honours,
    enrollers: ({ id }: Account) => {
      const user = directory.find(id)?.user
      return user !== undefined && (enrollers === 'everyone' || enrollers.some((group) => user.groups.includes(group)))
    },
    names: ({ id }: Account) => {
      const user = directory.find(id)?.user
      return user === undefined ? {} : namesOf(user)
    },
    ...(renewal !== undefined && { renewal: { window: renewal } }),
  }))
}

function namesOf({ subject, dnsNames, uris, emails, upns, ipAddresses }: User): CertificateNames {
  return {
    subject: parseName(subject),
    alternativeNames: { dnsNames, uris, emails, upns, ipAddresses: ipAddresses.map(ipOctets) },
  }
}

/** The octets of an address of IPv4 or IPv6, as iPAddress has them. */
function ipOctets(address: string): Uint8Array<ArrayBuffer> {
  if (isIPv4(address)) return Uint8Array.from(address.split('.'), Number)
  // URL writes IPv6 in one form, with at most one `::`.
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const groups = (text: string): number[] => (text === '' ? [] : text.split(':').map((group) => parseInt(group, 16)))
  const [before, after] = [groups(head), groups(tail ?? '')]
  const all = [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after]
  return Uint8Array.from(all.flatMap((group) => [group >> 8, group & 0xff]))
}
