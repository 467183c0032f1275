import type { Group } from '../../../bindings/engine/engine.js'
import type { RecommendedSubgroup } from '../../params/recommended.js'
import type { HashAlgorithm } from '../../hash/index.js'

/**
 * The URI of a recommended set: it names the group, the generators and the Device generator (GroupName, GeneratorsName,
 * GdName).
 */
export function uriOf({ oid }: RecommendedSubgroup): string {
  return `urn:oid:${oid}`
}

/** The set that a URI of `uriOf` names. */
export function setByUri(sets: readonly RecommendedSubgroup[], uri: string): RecommendedSubgroup | undefined {
  return sets.find((set) => uriOf(set) === uri)
}

/** Whether a URI names one of the recommended curves, 1.3.6.1.4.1.311.75.1.2.1 and so on. */
export function isCurve(uri: string): boolean {
  return uri.startsWith('urn:oid:1.3.6.1.4.1.311.75.1.2.')
}

/** The set whose group has these numbers. Names do not count. */
export function setOfGroup(sets: readonly RecommendedSubgroup[], group: Group): RecommendedSubgroup | undefined {
  return sets.find((set) => group.matches(set))
}

/** The URIs of hash algorithms in XML signatures and encryption, for UID_H (section 3.2.1). */
const URIS: Readonly<Record<HashAlgorithm, string>> = {
  'SHA-1': 'http://www.w3.org/2000/09/xmldsig#sha1',
  'SHA-256': 'http://www.w3.org/2001/04/xmlenc#sha256',
  'SHA-384': 'http://www.w3.org/2001/04/xmldsig-more#sha384',
  'SHA-512': 'http://www.w3.org/2001/04/xmlenc#sha512',
}

/** The URI of a hash algorithm. */
export function uriOfHash(hash: HashAlgorithm): string {
  return URIS[hash]
}

/** The hash algorithm of a URI; undefined for others than those of `uriOfHash`. */
export function hashByUri(uri: string): HashAlgorithm | undefined {
  return (Object.keys(URIS) as HashAlgorithm[]).find((hash) => URIS[hash] === uri)
}
