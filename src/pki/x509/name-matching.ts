import { toHex } from '../../../bindings/octets/integers.js'
import type { Octets } from '../../../bindings/octets/octets.js'
import { readName, type NameAttribute } from './name.js'
import { encodeText } from '../../../bindings/octets/text.js'

/**
 * The canonical form of a Name (DER), equal for names that match by RFC 5280, section 7.1: strings of any type are compared
 * without regard to case and to the amount of white space. Throws `PkiError` (`pki/not-der`, `pki/structure`).
 */
export const canonicalName = (name: Octets): string => canonicalRdns(name).join('/')

/** Whether two Names (DER) match. */
export const isSameName = (a: Octets, b: Octets): boolean => canonicalName(a) === canonicalName(b)

/** Whether a Name begins with all of another: whether it is within that subtree. RFC 5280, section 4.2.1.10 */
export function isWithinName(name: Octets, subtree: Octets): boolean {
  const rdns = canonicalRdns(name)
  return canonicalRdns(subtree).every((rdn, i) => rdns[i] === rdn)
}

const canonicalRdns = (name: Octets): string[] =>
  readName(name).map((attributes) => attributes.map(canonicalAttribute).sort().join('+'))

/** In hexadecimal, so that no value can contain a separator. */
function canonicalAttribute({ type, text, value }: NameAttribute): string {
  return text === undefined ? `${type}#${toHex(value)}` : `${type}=${toHex(encodeText(prepared(text)))}`
}

/**
 * RFC 4518, section 2: invisible characters are removed, compatible characters and cases are unified, white space is
 * collapsed.
 */
const prepared = (text: string): string =>
  text
    .replace(/[\p{Default_Ignorable_Code_Point}\p{Cc}]/gu, (character) => (/\s/.test(character) ? ' ' : ''))
    .normalize('NFKC')
    .toLowerCase()
    .replace(/\s+/g, ' ')
    .trim()
