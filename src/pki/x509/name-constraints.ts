import type { Octets } from '../../../bindings/octets/octets.js'
import type { Certificate } from './certificate.js'
import type { NameConstraints, Subtree } from './constraints.js'
import { readName } from './name.js'
import { isWithinName } from './name-matching.js'

const EMAIL_ADDRESS = '1.2.840.113549.1.9.1'

type Kind = Exclude<Subtree['kind'], 'other'>
/** The names of a certificate that constraints apply to, by kind; RFC 5280, section 4.2.1.10. */
type Names = Readonly<Record<Exclude<Kind, 'ip' | 'directory'>, readonly string[]>> &
  Readonly<Record<'ip' | 'directory', readonly Octets[]>>

/** Octets of names times subtrees: no real certificate has thousands of each, and comparing them takes seconds. */
const MAX_COMPARISONS = 1 << 22

/**
 * Whether all names of a certificate are allowed by the constraints of one above it. False if there are too many to compare
 * (`MAX_COMPARISONS`).
 */
export function areNamesAllowed(certificate: Certificate, { permitted, excluded }: NameConstraints): boolean {
  // Names that cannot be compared are not allowed.
  if ([...permitted, ...excluded].some(({ kind }) => kind === 'other')) return false
  const names = namesOf(certificate)
  const octets = Object.values(names)
    .flat()
    .reduce((sum: number, name: string | Octets) => sum + name.length, 0)
  if (octets * (permitted.length + excluded.length) > MAX_COMPARISONS) return false
  return (Object.keys(names) as Kind[]).every((kind) =>
    names[kind].every((name: string | Octets) => {
      const allowed = permitted.filter((subtree) => subtree.kind === kind)
      const forbidden = excluded.filter((subtree) => subtree.kind === kind)
      if (allowed.length + forbidden.length === 0) return true
      return (
        isComparable(kind, name) &&
        (allowed.length === 0 || allowed.some((subtree) => isWithin(name, subtree))) &&
        !forbidden.some((subtree) => isWithin(name, subtree) || coversSubtree(name, subtree))
      )
    }),
  )
}

function namesOf({ subject, names }: Certificate): Names {
  const subjectEmails = readName(subject)
    .flat()
    .flatMap(({ type, text }) => (type === EMAIL_ADDRESS ? [text ?? ''] : []))
  return {
    dns: names.dnsNames,
    uri: names.uris,
    // Old certificates have mail addresses in their subject only.
    email: [...names.emails, ...subjectEmails],
    ip: names.ipAddresses,
    directory: [...names.directoryNames, ...(subject.length > 2 ? [subject] : [])],
  }
}

const HOST = /^(?:\*\.)?[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*$/i

/** A name without the host that it needs is in no permitted subtree, and not certainly outside an excluded one. */
function isComparable(kind: Kind, name: string | Octets): boolean {
  if (typeof name !== 'string') return true
  if (kind === 'dns') return HOST.test(name)
  if (kind === 'email') return name.split('@').length === 2 && HOST.test(hostOfEmail(name))
  const host = hostOfUri(name)
  return host !== undefined && HOST.test(host) && !/^[\d.]+$/.test(host)
}

function isWithin(name: string | Octets, subtree: Subtree): boolean {
  switch (subtree.kind) {
    case 'dns':
      // example.com has all names below it too (section 4.2.1.10); an empty one has all names.
      return typeof name === 'string' && isHostWithin(name, subtree.base, true)
    case 'uri':
      return typeof name === 'string' && isHostWithin(hostOfUri(name) ?? '', subtree.base, false)
    case 'email':
      return typeof name === 'string' && isEmailWithin(name, subtree.base)
    case 'ip':
      return typeof name !== 'string' && isAddressWithin(name, subtree.base)
    case 'directory':
      return typeof name !== 'string' && isWithinName(name, subtree.base)
    case 'other':
      return false
  }
}

/** Whether a name with a wildcard has names in a subtree that is excluded: `*.example.com` those of `a.example.com`. */
function coversSubtree(name: string | Octets, subtree: Subtree): boolean {
  if (typeof name !== 'string' || subtree.kind !== 'dns' || !name.startsWith('*.')) return false
  const suffix = name.slice(1).toLowerCase()
  const base = subtree.base.toLowerCase()
  return base.endsWith(suffix) && !base.slice(0, -suffix.length).includes('.')
}

/** `.example.com` has the hosts below only; `example.com` itself, and those below only where `andBelow` says so. */
function isHostWithin(host: string, base: string, andBelow: boolean): boolean {
  const [name, domain] = [host.toLowerCase(), base.toLowerCase()]
  if (domain.startsWith('.')) return name.endsWith(domain)
  return name === domain || (andBelow && (domain === '' || name.endsWith(`.${domain}`)))
}

/** A mailbox, a host, or with a dot before it the hosts of a domain. */
function isEmailWithin(email: string, base: string): boolean {
  if (!base.includes('@')) return isHostWithin(hostOfEmail(email), base, false)
  const at = base.lastIndexOf('@')
  const isSameHost = hostOfEmail(email).toLowerCase() === base.slice(at + 1).toLowerCase()
  return isSameHost && email.slice(0, email.lastIndexOf('@')) === base.slice(0, at)
}

const hostOfEmail = (email: string): string => email.slice(email.lastIndexOf('@') + 1)

/** The host of a URI with an authority. */
const hostOfUri = (uri: string): string | undefined =>
  /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@]*@)?([^/?#:@[\]]+)(?::\d*)?(?:[/?#]|$)/i.exec(uri)?.[1]

function isAddressWithin(address: Octets, base: Octets): boolean {
  const { length } = address
  return base.length === 2 * length && address.every((octet, i) => ((octet ^ base[i]!) & base[length + i]!) === 0)
}
