import type { Octets } from '../../../../bindings/octets/octets.js'
import { encodeAll, oid, readDer, sequence, setOf, TAG } from '../../asn1/der.js'
import { readName } from '../../x509/name.js'

/** A part of a subject: attributes of a type from the account's subject or from that of the request, or a fixed text. */
export type SubjectPart =
  | {
      /** The OID of an attribute type, such as 2.5.4.11 (OU). All attributes of the type are taken. */
      readonly attribute: string
      /** Enrollers choose what comes from the request freely: combine it with approval, or a `policy`. */
      readonly from: 'account' | 'request'
      /** Whether it may be missing. Default false: the request is then denied. */
      readonly optional?: boolean
    }
  /** A Name, DER, such as `parseName('O=Fabrikam,C=SE')`. */
  | { readonly fixed: Octets }

/** The subjects that the parts come from, Names in DER. */
export type SubjectSources = Readonly<Record<'account' | 'request', Octets>>

/**
 * A subject, put together from its parts: a Name, DER; or the attribute that a source lacks. Throws `PkiError` for a source that
 * cannot be read.
 *
 * @param parts in the order of RFC 4514: the most specific first
 */
export function composeSubject(
  parts: readonly SubjectPart[],
  sources: SubjectSources,
): Octets | { readonly missing: string; readonly from: 'account' | 'request' } {
  const names: Octets[] = []
  for (const part of [...parts].reverse()) {
    if ('fixed' in part) {
      names.push(
        ...readDer(part.fixed)
          .rest(TAG.set)
          .map(({ encoded }) => encoded),
      )
      continue
    }
    const { attribute, from, optional = false } = part
    const found = readName(sources[from]).flat()
    const values = found.filter(({ type }) => type === attribute)
    if (values.length === 0 && !optional) return { missing: attribute, from }
    for (const { value } of values) names.push(setOf(sequence(oid(attribute), value)))
  }
  return encodeAll(TAG.sequence, names)
}
