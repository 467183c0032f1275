import { lastOf } from '../../../bindings/octets/lists.js'
import {
  DerReader,
  encodeAll,
  ia5String,
  oid,
  onlyValue,
  printableString,
  readDer,
  readOid,
  readString,
  sequence,
  setOfAll,
  STRING_TAGS,
  TAG,
  utf8String,
} from '../asn1/der.js'
import { PkiError } from '../errors.js'
import { toHex } from '../../../bindings/octets/integers.js'
import type { Octets } from '../../../bindings/octets/octets.js'

/** Attribute types with the names that RFC 4514 (section 3), RFC 4519 and common use give them. */
const TYPES: readonly (readonly [name: string, oid: string])[] = [
  ['CN', '2.5.4.3'],
  ['L', '2.5.4.7'],
  ['ST', '2.5.4.8'],
  ['O', '2.5.4.10'],
  ['OU', '2.5.4.11'],
  ['C', '2.5.4.6'],
  ['STREET', '2.5.4.9'],
  ['DC', '0.9.2342.19200300.100.1.25'],
  ['UID', '0.9.2342.19200300.100.1.1'],
  ['SN', '2.5.4.4'],
  ['serialNumber', '2.5.4.5'],
  ['title', '2.5.4.12'],
  ['givenName', '2.5.4.42'],
  ['emailAddress', '1.2.840.113549.1.9.1'],
  // Read as well.
  ['E', '1.2.840.113549.1.9.1'],
  ['S', '2.5.4.8'],
]
/** Types whose strings are not UTF8Strings. RFC 5280, appendix A.1 */
const PRINTABLE: readonly string[] = ['2.5.4.6', '2.5.4.5']
const IA5: readonly string[] = ['0.9.2342.19200300.100.1.25', '1.2.840.113549.1.9.1']

/** The name of an attribute type, for people; its OID if it has none here. */
export const attributeName = (type: string): string => TYPES.find(([, oid]) => oid === type)?.[0] ?? type

/** The OID of an attribute type: by its name, in which case does not count, or by the OID itself. */
export function attributeType(text: string): string | undefined {
  if (/^\d+(\.\d+)+$/.test(text)) return text
  return TYPES.find(([known]) => known.toLowerCase() === text.toLowerCase())?.[1]
}

/** The names of attribute types that are known here. */
export const ATTRIBUTE_NAMES: readonly string[] = TYPES.map(([known]) => known)

/** One attribute of a name. */
export interface NameAttribute {
  readonly type: string
  /** Undefined if the value is no string. */
  readonly text: string | undefined
  /** The value, DER. */
  readonly value: Octets
}

/** Relative distinguished names of a Name, DER, in its order. Throws `PkiError` (`pki/not-der`, `pki/structure`). */
export function readName(der: Octets): NameAttribute[][] {
  return readDer(der)
    .rest(TAG.set)
    .map(({ contents }) => {
      const attributes = new DerReader(contents).rest(TAG.sequence).map((attribute): NameAttribute => {
        const reader = new DerReader(attribute.contents)
        const type = readOid(reader.next(TAG.oid))
        const value = reader.next()
        reader.end()
        return { type, text: STRING_TAGS.includes(value.tag) ? readString(value) : undefined, value: value.encoded }
      })
      if (attributes.length === 0) throw new PkiError('pki/structure')
      return attributes
    })
}

/** The Name that comes next, DER, its structure checked. Throws `PkiError` (`pki/structure`). */
export function nextName(reader: DerReader): Octets {
  const { encoded } = reader.next(TAG.sequence)
  readName(encoded)
  return encoded
}

/** A Name, DER, as RFC 4514 writes it: the most specific part first. Throws `PkiError` (`pki/not-der`, `pki/structure`). */
export function formatName(der: Octets): string {
  return readName(der)
    .reverse()
    .map((attributes) => attributes.map(formatAttribute).join('+'))
    .join(',')
}

function formatAttribute({ type, text, value }: NameAttribute): string {
  const name = TYPES.find(([, oid]) => oid === type)?.[0]
  return name === undefined || text === undefined ? `${type}=#${toHex(value)}` : `${name}=${escape(text)}`
}

/** RFC 4514, section 2.4; control characters too, so that a name is always shown on one line. */
const escape = (text: string): string =>
  text
    .replace(/["+,;<>\\]|^[ #]| $/g, '\\$&')
    .replace(/[\u0000-\u001f\u007f]/g, (control) => `\\${control.charCodeAt(0).toString(16).padStart(2, '0')}`)

/** The Name, DER, that a string of RFC 4514 stands for; "" is the empty one. Throws `PkiError` (`pki/name`). */
export function parseName(text: string): Octets {
  const tokens = text.match(TOKEN) ?? []
  if (tokens.every(isSpace)) return sequence()
  try {
    const rdns = split(tokens, ',').map((rdn) => setOfAll(split(rdn, '+').map(attributeOf)))
    return encodeAll(TAG.sequence, rdns.reverse())
  } catch (error) {
    if (error instanceof PkiError) throw new PkiError('pki/name')
    throw error
  }
}

/** Octets of UTF-8 in hexadecimal, one escaped character, or one as it is. */
const TOKEN = /(?:\\[0-9a-f]{2})+|\\?[^]/giu
const isSpace = (token: string): boolean => token === ' '

function split(tokens: readonly string[], separator: string): string[][] {
  const parts: string[][] = [[]]
  for (const token of tokens) {
    if (token === separator) parts.push([])
    else lastOf(parts).push(token)
  }
  return parts
}

/** A type, `=` and a value; spaces around them that are not escaped do not count. */
function attributeOf(tokens: readonly string[]): Octets {
  const at = tokens.indexOf('=')
  const type = typeOf(tokens.slice(0, Math.max(at, 0)).join('').trim())
  const after = tokens.slice(at + 1)
  const filled = [...after.keys()].filter((i) => !isSpace(after[i]!))
  const value = after.slice(filled[0], (filled[filled.length - 1] ?? -1) + 1)
  if (value[0] === '#') return sequence(oid(type), valueOf(value.slice(1).join('')))
  return sequence(oid(type), encodeString(type, value.map(unescape).join('')))
}

function typeOf(name: string): string {
  const type = attributeType(name)
  if (type === undefined) throw new PkiError('pki/name')
  return type
}

function valueOf(hex: string): Octets {
  if (!/^([0-9a-f]{2})+$/i.test(hex)) throw new PkiError('pki/name')
  return onlyValue(octetsOfHex(hex)).encoded
}

const octetsOfHex = (hex: string): Octets => Uint8Array.from(hex.match(/../g)!, (digits) => Number.parseInt(digits, 16))

function encodeString(type: string, text: string): Octets {
  if (PRINTABLE.includes(type)) return printableString(text)
  return IA5.includes(type) ? ia5String(text) : utf8String(text)
}

function unescape(token: string): string {
  if (/^\\[ "#+,;<=>\\]$/.test(token)) return token.slice(1)
  if (/^(\\[0-9a-f]{2})+$/i.test(token)) {
    const contents = octetsOfHex(token.replaceAll('\\', ''))
    return readString({ tag: TAG.utf8String, contents, encoded: contents })
  }
  if (/^["+,;<>\\\0]/.test(token)) throw new PkiError('pki/name')
  return token
}
