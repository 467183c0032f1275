/**
 * What first is in octets that BER allows and DER does not, or neither: an independent reading of X.690 beside that of `asn1/der.ts`. Undefined
 * for DER. Primitive values under tags of their own are not looked into.
 */
export function laxity(octets: Uint8Array): string | undefined {
  const outer = readValue(octets, 0)
  if (typeof outer === 'string') return outer
  if (outer.end < octets.length) return inside(octets, outer) ?? 'octets after the value'
  return inside(octets, outer)
}

interface Value {
  readonly tag: number
  readonly start: number
  readonly end: number
}

function readValue(octets: Uint8Array, at: number): Value | string {
  const [tag, first] = [octets[at], octets[at + 1]]
  if (tag === undefined || first === undefined) return 'a value that ends behind what it is in'
  if ((tag & 31) === 31) return 'a tag of several octets'
  if (first === 0x80) return 'an indefinite length'
  const digits = first < 0x80 ? 0 : first & 0x7f
  const start = at + 2 + digits
  let length = digits === 0 ? first : 0
  for (const digit of octets.subarray(at + 2, start)) length = length * 256 + digit
  if (start + length > octets.length) return 'a value that ends behind what it is in'
  if (digits > 0 && (length < 0x80 || octets[at + 2] === 0)) return 'a length that is not the shortest'
  return { tag, start, end: start + length }
}

function inside(octets: Uint8Array, { tag, start, end }: Value): string | undefined {
  const [number, isConstructed] = [tag & 31, (tag & 32) !== 0]
  if (tag < 64) {
    const isList = number === 16 || number === 17
    if (isList !== isConstructed) return isList ? 'a SEQUENCE or SET that is primitive' : 'a simple value in pieces'
    if (!isConstructed)
      return RULES[number]?.(octets.subarray(start, end)) === false ? `a wrong ${NAMES[number] ?? 'string'}` : undefined
  }
  if (!isConstructed) return undefined
  for (let at = start; at < end;) {
    const value = readValue(octets.subarray(0, end), at)
    if (typeof value === 'string') return value
    const found = inside(octets, value)
    if (found !== undefined) return found
    at = value.end
  }
  return undefined
}

const NAMES: Readonly<Record<number, string>> = {
  0: 'end of contents',
  1: 'BOOLEAN',
  2: 'INTEGER',
  3: 'BIT STRING',
  5: 'NULL',
  6: 'OBJECT IDENTIFIER',
  10: 'INTEGER',
  23: 'time',
  24: 'time',
}

const isShortest = ([first, second]: Uint8Array): boolean =>
  first !== undefined && (second === undefined || (first === 0 ? second >= 0x80 : first !== 0xff || second < 0x80))
const isAscii = (octets: Uint8Array): boolean => octets.every((octet) => octet < 0x80)
const isUtf = (name: string, octets: Uint8Array): boolean => {
  try {
    new TextDecoder(name, { fatal: true }).decode(octets)
    return true
  } catch {
    return false
  }
}
/** A date that there is, with as many digits of the year. */
const isTime =
  (digits: 2 | 4) =>
  (octets: Uint8Array): boolean => {
    const text = Buffer.from(octets).toString('latin1')
    const [, year = '', month, day, hour, minute, second] =
      new RegExp(
        `^(\\d{${digits}})(\\d\\d)(\\d\\d)(\\d\\d)(\\d\\d)(\\d\\d)${digits === 4 ? '(?:\\.\\d*[1-9])?' : ''}Z$`,
      ).exec(text) ?? []
    const full = digits === 4 ? Number(year) : Number(year) + (Number(year) < 50 ? 2000 : 1900)
    const date = new Date(0)
    date.setUTCFullYear(full, Number(month) - 1, Number(day))
    return (
      year !== '' &&
      date.getUTCMonth() === Number(month) - 1 &&
      date.getUTCDate() === Number(day) &&
      Number(hour) < 24 &&
      Number(minute) < 60 &&
      Number(second) < 60
    )
  }

/** By the number of the universal type. */
const RULES: Readonly<Record<number, (contents: Uint8Array) => boolean>> = {
  0: () => false,
  1: (contents) => contents.length === 1 && (contents[0] === 0 || contents[0] === 0xff),
  2: isShortest,
  3: ([unused = 8, ...bits]) =>
    unused < 8 && (unused === 0 || (bits.length > 0 && (bits.at(-1) ?? 0) % 2 ** unused === 0)),
  5: (contents) => contents.length === 0,
  6: (contents) => {
    const startsArc = (i: number): boolean => i === 0 || (contents[i - 1] ?? 0) < 0x80
    return (
      contents.length > 0 &&
      (contents.at(-1) ?? 0) < 0x80 &&
      contents.every((octet, i) => octet !== 0x80 || !startsArc(i))
    )
  },
  10: isShortest,
  12: (contents) => isUtf('utf-8', contents),
  18: isAscii,
  19: isAscii,
  22: isAscii,
  23: isTime(2),
  24: isTime(4),
  26: isAscii,
  28: (contents) =>
    contents.length % 4 === 0 &&
    contents.every((_, i) => i % 4 !== 0 || isCharacter(new DataView(contents.slice(i, i + 4).buffer).getUint32(0))),
  30: (contents) => contents.length % 2 === 0 && isUtf('utf-16be', contents),
}

const isCharacter = (code: number): boolean => code < 0xd800 || (code >= 0xe000 && code <= 0x10ffff)
