import type { Octets } from '../../../bindings/octets/octets.js'
import {
  DerReader,
  onlyValue,
  readAscii,
  readDer,
  readOid,
  readSmallInteger,
  readUnsigned,
  TAG,
  type DerValue,
} from '../asn1/der.js'
import { PkiError } from '../errors.js'
import { readDirectoryName } from './extensions.js'

// The demands of authorities' certificates on those below: RFC 5280, sections 4.2.1.4, 4.2.1.5, 4.2.1.10, 4.2.1.11, 4.2.1.14.

/** A subtree of names. Its kind is the tag of its GeneralName. */
export type Subtree =
  | { readonly kind: 'dns' | 'uri' | 'email'; readonly base: string }
  /** Address and mask. */
  | { readonly kind: 'ip'; readonly base: Octets }
  /** Name, DER. */
  | { readonly kind: 'directory'; readonly base: Octets }
  /** A form of names that is not supported, or one that is malformed. */
  | { readonly kind: 'other' }

export interface NameConstraints {
  readonly permitted: readonly Subtree[]
  readonly excluded: readonly Subtree[]
}

/** Throws `PkiError` (`pki/structure`) if it is malformed, or has no subtree. */
export function readNameConstraints(value: Octets): NameConstraints {
  const reader = readDer(value)
  const permitted = reader.optionalEnter(0xa0)?.rest(TAG.sequence).map(readSubtree) ?? []
  const excluded = reader.optionalEnter(0xa1)?.rest(TAG.sequence).map(readSubtree) ?? []
  reader.end()
  if (permitted.length + excluded.length === 0) throw new PkiError('pki/structure')
  return { permitted, excluded }
}

const DOT = 0x2e

/** GeneralSubtree: minimum is 0 and so absent, maximum too. */
function readSubtree({ contents }: DerValue): Subtree {
  const reader = new DerReader(contents)
  const { tag, contents: base } = reader.next()
  reader.end()
  switch (tag) {
    case 0x81:
      return { kind: 'email', base: readAscii(base) }
    case 0x82:
      // A host, not a domain with a dot before it, as for URIs: its meaning is undefined.
      return base[0] === DOT ? { kind: 'other' } : { kind: 'dns', base: readAscii(base) }
    case 0x86:
      return { kind: 'uri', base: readAscii(base) }
    case 0x87:
      if (!isNetwork(base)) throw new PkiError('pki/structure')
      return { kind: 'ip', base }
    case 0xa4:
      return { kind: 'directory', base: readDirectoryName(base) }
    default:
      return { kind: 'other' }
  }
}

/** An address of version 4 or 6 with its mask, whose ones come first. */
function isNetwork(octets: Octets): boolean {
  if (octets.length !== 8 && octets.length !== 32) return false
  const mask = Array.from(octets.subarray(octets.length / 2), (octet) => octet.toString(2).padStart(8, '0')).join('')
  return /^1*0*$/.test(mask)
}

/** OIDs of the policies under which a certificate was issued. */
export function readCertificatePolicies(value: Octets): string[] {
  const policies = readDer(value)
    .rest(TAG.sequence)
    .map(({ contents }) => {
      const reader = new DerReader(contents)
      const policy = readOid(reader.next(TAG.oid))
      reader.optional(TAG.sequence)
      reader.end()
      return policy
    })
  if (policies.length === 0 || new Set(policies).size !== policies.length) throw new PkiError('pki/structure')
  return policies
}

/** A policy of the issuer that is the same as one of the subject. */
export interface PolicyMapping {
  readonly issuerPolicy: string
  readonly subjectPolicy: string
}

/** The pairs of a PolicyMappings value. Throws `PkiError` (`pki/not-der`, `pki/structure`). RFC 5280, section 4.2.1.5 */
export function readPolicyMappings(value: Octets): PolicyMapping[] {
  const mappings = readDer(value)
    .rest(TAG.sequence)
    .map(({ contents }) => {
      const reader = new DerReader(contents)
      const [issuerPolicy, subjectPolicy] = [readOid(reader.next(TAG.oid)), readOid(reader.next(TAG.oid))]
      reader.end()
      return { issuerPolicy, subjectPolicy }
    })
  if (mappings.length === 0) throw new PkiError('pki/structure')
  return mappings
}

/** Numbers of certificates that may follow before a policy is required, or before mappings end. */
export interface PolicyConstraints {
  readonly requireExplicitPolicy?: number
  readonly inhibitPolicyMapping?: number
}

/** The two counts of a PolicyConstraints value. Throws `PkiError` (`pki/not-der`, `pki/structure`). RFC 5280, section 4.2.1.11 */
export function readPolicyConstraints(value: Octets): PolicyConstraints {
  const reader = readDer(value)
  const [explicit, mapping] = [reader.optional(0x80), reader.optional(0x81)]
  reader.end()
  if (explicit === undefined && mapping === undefined) throw new PkiError('pki/structure')
  return { requireExplicitPolicy: explicit && skipped(explicit), inhibitPolicyMapping: mapping && skipped(mapping) }
}

/** The SkipCerts of an InhibitAnyPolicy value. Throws `PkiError` (`pki/not-der`, `pki/structure`). RFC 5280, section 4.2.1.14 */
export const readInhibitAnyPolicy = (value: Octets): number => skipped(onlyValue(value, TAG.integer))

/** SkipCerts. Numbers beyond every path count as one that no path reaches. */
const skipped = (value: DerValue): number => (readUnsigned(value).length > 2 ? 0xffff : readSmallInteger(value))
