import {
  DerReader,
  ia5String,
  oid,
  onlyValue,
  printableString,
  readDer,
  readOid,
  readString,
  sequence,
  setOf,
  TAG,
  utf8String,
} from './der.js'
import { PkiError } from './errors.js'
import { toHex } from '../../bindings/bytes.js'
import type { Octets } from './signing.js'

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
        return { type, text: STRINGS.includes(value.tag) ? readString(value) : undefined, value: value.encoded }
      })
      if (attributes.length === 0) throw new PkiError('pki/structure')
      return attributes
    })
}

const STRINGS: readonly number[] = [
  TAG.utf8String,
  TAG.numericString,
  TAG.printableString,
  TAG.teletexString,
  TAG.ia5String,
  TAG.visibleString,
  TAG.universalString,
  TAG.bmpString,
]

/** A Name, DER, as RFC 4514 writes it: the most specific part first. Throws `PkiError` (`pki/not-der`, `pki/structure`). */
export function formatName(der: Octets): string {
  return readName(der)
    .toReversed()
    .map((attributes) => attributes.map(formatAttribute).join('+'))
    .join(',')
}

function formatAttribute({ type, text, value }: NameAttribute): string {
  const name = TYPES.find(([, oid]) => oid === type)?.[0]
  return name === undefined || text === undefined ? `${type}=#${toHex(value)}` : `${name}=${escape(text)}`
}

/** RFC 4514, section 2.4; control characters too, so that a name is one line wherever it is shown. */
const escape = (text: string): string =>
  text
    .replace(/["+,;<>\\]|^[ #]| $/g, '\\$&')
    .replace(/[\u0000-\u001f\u007f]/g, (control) => `\\${control.charCodeAt(0).toString(16).padStart(2, '0')}`)

/**
 * The Name, DER, that a string of RFC 4514 stands for; "" is the empty one. Throws `PkiError` (`pki/name`).
 */
export function parseName(text: string): Octets {
  const rdns: Octets[][] = [[]]
  let rest = text
  if (text.trim() === '') return sequence()
  for (;;) {
    const [whole, type, hex, string, separator] = PART.exec(rest) ?? []
    if (whole === undefined) throw new PkiError('pki/name')
    rdns[rdns.length - 1]!.push(attribute(type!, hex, string ?? ''))
    if (separator === '') break
    if (separator === ',') rdns.push([])
    rest = rest.slice(whole.length)
  }
  return sequence(...rdns.toReversed().map((attributes) => setOf(...attributes)))
}

/** One attribute and what separates it from the next. A value's last space counts only if it is escaped. */
const PART =
  /^ *([A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)+) *= *(?:#((?:[0-9a-fA-F]{2})+)|((?:[^"+,;<>\\\0# ]|\\[0-9a-fA-F]{2}|\\[ "#+,;<=>\\])(?:(?:[^"+,;<>\\\0 ]|\\[0-9a-fA-F]{2}|\\[ "#+,;<=>\\]| (?! *(?:[+,]|$)))*))?) *([+,]|$)/

function attribute(type: string, hex: string | undefined, string: string): Octets {
  const isDotted = /^\d/.test(type)
  const known = TYPES.find(([name]) => name.toLowerCase() === type.toLowerCase())?.[1]
  const dotted = isDotted ? type : known
  if (dotted === undefined) throw new PkiError('pki/name')
  try {
    return sequence(oid(dotted), hex === undefined ? encodeString(dotted, unescape(string)) : valueOf(hex))
  } catch (error) {
    if (error instanceof PkiError) throw new PkiError('pki/name')
    throw error
  }
}

const valueOf = (hex: string): Octets =>
  onlyValue(Uint8Array.from(hex.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16))).encoded

function encodeString(type: string, text: string): Octets {
  if (PRINTABLE.includes(type)) return printableString(text)
  return IA5.includes(type) ? ia5String(text) : utf8String(text)
}

/** Escaped hexadecimal pairs are octets of UTF-8. */
function unescape(string: string): string {
  const octets = string.replace(/(?:\\[0-9a-fA-F]{2})+|\\(.)/gu, (escaped: string, single: string | undefined) => {
    if (single !== undefined) return single
    const contents = Uint8Array.from(escaped.slice(1).split('\\'), (digits) => Number.parseInt(digits, 16))
    return readString({ tag: TAG.utf8String, contents, encoded: contents })
  })
  return octets
}
