import { lastOf } from '../../../bindings/octets/lists.js'
import { byteLength, stripLeadingZeros, toBigint, toFixedWidth } from '../../../bindings/octets/integers.js'
import { PkiError } from '../errors.js'
import { concatOctets, type Octets } from '../../../bindings/octets/octets.js'
import { isOctets } from '../../../bindings/octets/shape.js'
import { encodeText, strictText } from '../../../bindings/octets/text.js'

/** Identifier octets of the universal types that occur in PKIX. */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  numericString: 0x12,
  printableString: 0x13,
  teletexString: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  visibleString: 0x1a,
  universalString: 0x1c,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const

/** One value in DER. */
export interface DerValue {
  /** The identifier octet: class, whether constructed, number. */
  readonly tag: number
  readonly contents: Octets
  /** Tag and length included. */
  readonly encoded: Octets
}

const notDer = (): PkiError => new PkiError('pki/not-der')
const otherStructure = (): PkiError => new PkiError('pki/structure')

/**
 * Reads the values of a structure in DER one after the other, without copying: it returns views of the octets. Lengths that
 * are indefinite or not minimal are refused.
 *
 * Its methods throw `PkiError` (`pki/not-der`; `pki/structure` for another tag than the wanted one, or one too few or many).
 */
export class DerReader {
  #at = 0

  constructor(private readonly octets: Octets) {}

  get done(): boolean {
    return this.#at === this.octets.length
  }

  /** The place of the next octet in the buffer that the octets are a part of. */
  get place(): number {
    return this.octets.byteOffset + this.#at
  }

  /** The next value, which must have the tag, if one is given. */
  next(tag?: number): DerValue {
    const { octets } = this
    const start = this.#at
    if (this.done) throw otherStructure()
    const found = this.#octet()
    // Tags of several octets do not occur in PKIX.
    if ((found & 0x1f) === 0x1f) throw notDer()
    if (tag !== undefined && found !== tag) throw otherStructure()
    const length = this.#length()
    const end = this.#at + length
    if (end > octets.length) throw notDer()
    const contents = octets.subarray(this.#at, end)
    this.#at = end
    return { tag: found, contents, encoded: octets.subarray(start, end) }
  }

  /** The next value, if it has this tag. */
  optional(tag: number): DerValue | undefined {
    return this.octets[this.#at] === tag ? this.next(tag) : undefined
  }

  /** The values within the next one. */
  enter(tag: number = TAG.sequence): DerReader {
    return new DerReader(this.next(tag).contents)
  }

  /** The values within the next one, if it has this tag. */
  optionalEnter(tag: number): DerReader | undefined {
    const value = this.optional(tag)
    return value && new DerReader(value.contents)
  }

  /** All remaining values. */
  rest(tag?: number): DerValue[] {
    const values: DerValue[] = []
    while (!this.done) values.push(this.next(tag))
    return values
  }

  /** Checks that nothing is left. */
  end(): void {
    if (!this.done) throw otherStructure()
  }

  #octet(): number {
    const octet = this.octets[this.#at++]
    if (octet === undefined) throw notDer()
    return octet
  }

  #length(): number {
    const first = this.#octet()
    if (first < 0x80) return first
    // 0x80, an indefinite length, has no octets of a length here: it gives 0, which is refused below.
    const count = first & 0x7f
    let length = 0
    for (let i = 0; i < count; i++) length = length * 256 + this.#octet()
    if (length < 0x80 || length < 256 ** (count - 1)) throw notDer()
    return length
  }
}

/** The only value in the octets, which must have the tag, if one is given. */
export function onlyValue(octets: Octets, tag?: number): DerValue {
  if (octets.length === 0) throw notDer()
  const reader = new DerReader(octets)
  const value = reader.next(tag)
  if (!reader.done) throw notDer()
  return value
}

/** The values within the only value in the octets. */
export function readDer(octets: Octets, tag: number = TAG.sequence): DerReader {
  return new DerReader(onlyValue(octets, tag).contents)
}

export interface DerLimits {
  /** Default 1 MiB. */
  readonly maxOctets?: number
  /** Levels of constructed values. Default 32. */
  readonly maxDepth?: number
}

/** The string types that X.501 and the attributes of Microsoft use. */
export const STRING_TAGS: readonly number[] = [
  TAG.utf8String,
  TAG.numericString,
  TAG.printableString,
  TAG.teletexString,
  TAG.ia5String,
  TAG.visibleString,
  TAG.universalString,
  TAG.bmpString,
]

const END_OF_CONTENTS = 0

/** Universal types that are constructed; in DER, all others are primitive. */
const CONSTRUCTED_TYPES: readonly number[] = [TAG.sequence, TAG.set]

/**
 * The one value that octets from outside encode, checked down to every primitive value: lengths, and the contents of the
 * universal types (X.690). What is inside may be read from the value without another check. Throws `PkiError` (`pki/not-der`,
 * its detail the place in the buffer where the first wrong value begins; `pki/limit`).
 */
export function parseDer(octets: Octets, { maxOctets = 1 << 20, maxDepth = 32 }: DerLimits = {}): DerValue {
  if (octets.length > maxOctets) throw new PkiError('pki/limit')
  let place = octets.byteOffset
  const check = (value: DerValue, depth: number): void => {
    const { tag, contents } = value
    const isConstructed = (tag & 0x20) !== 0
    const isUniversal = tag < 0x40
    if (isUniversal && isConstructed !== CONSTRUCTED_TYPES.includes(tag | 0x20)) throw notDer()
    // It ends values of indefinite length (X.690, section 8.1.5), which DER has not.
    if (tag === END_OF_CONTENTS) throw notDer()
    if (!isConstructed) {
      PRIMITIVES.get(tag)?.(value)
      return
    }
    if (depth === 0) throw new PkiError('pki/limit')
    for (const reader = new DerReader(contents); !reader.done;) {
      place = reader.place
      check(reader.next(), depth - 1)
    }
  }
  try {
    const reader = new DerReader(octets)
    const value = reader.done ? fail() : reader.next()
    check(value, maxDepth)
    place = reader.place
    if (!reader.done) fail()
    return value
  } catch (error) {
    if (!(error instanceof PkiError) || error.code !== 'pki/not-der') throw error
    throw new PkiError('pki/not-der', { cause: error, detail: String(place) })
  }
}

/** Checks the contents of the universal primitive types; others (X.680 has more) are not checked. */
const PRIMITIVES: ReadonlyMap<number, (value: DerValue) => unknown> = new Map<number, (value: DerValue) => unknown>([
  [TAG.boolean, readBoolean],
  [TAG.integer, readIntegerOctets],
  [TAG.enumerated, readIntegerOctets],
  [TAG.bitString, checkBitString],
  [TAG.null, ({ contents }) => contents.length === 0 || fail()],
  [TAG.oid, checkOid],
  [TAG.utcTime, readTime],
  [TAG.generalizedTime, checkGeneralizedTime],
  ...STRING_TAGS.map((tag) => [tag, readString] as const),
])

function fail(): never {
  throw notDer()
}

// Reading primitive values. All throw `PkiError` (`pki/not-der`, `pki/structure`).

/** 128 octets: longer than every registered identifier; reading arcs costs quadratic time. */
const MAX_OID_OCTETS = 128

function checkOid({ contents }: DerValue): void {
  if (contents.length === 0 || contents.length > MAX_OID_OCTETS || lastOf(contents) >= 0x80) throw notDer()
  // No arc begins with a zero digit.
  if (contents.some((octet, i) => octet === 0x80 && (i === 0 || contents[i - 1]! < 0x80))) throw notDer()
}

/** An object identifier in dotted form; arcs of any size (2.25 has those of 128 bits). */
export function readOid(value: DerValue): string {
  const { tag, contents } = value
  if (tag !== TAG.oid) throw otherStructure()
  checkOid(value)
  const arcs: bigint[] = []
  let arc = 0n
  let begins = true
  for (const octet of contents) {
    arc = (arc << 7n) | BigInt(octet & 0x7f)
    begins = octet < 0x80
    if (begins) {
      arcs.push(arc)
      arc = 0n
    }
  }
  const first = arcs[0]! < 80n ? arcs[0]! / 40n : 2n
  return [first, arcs[0]! - 40n * first, ...arcs.slice(1)].join('.')
}

/** The value of a BOOLEAN. Throws `PkiError` (`pki/not-der`) for other octets than 00 and FF. */
export function readBoolean({ tag, contents }: DerValue): boolean {
  if (tag !== TAG.boolean) throw otherStructure()
  const [octet] = contents
  if (contents.length !== 1 || (octet !== 0 && octet !== 0xff)) throw notDer()
  return octet === 0xff
}

/** At most 7 unused bits, all zero (X.690, section 11.2.1). */
function checkBitString({ contents }: DerValue): void {
  const [unused] = contents
  if (unused === undefined || unused > 7) throw notDer()
  // Where no octet follows, the number itself is the last one: 1 to 7 have bits where there may be none.
  if ((lastOf(contents) & ((1 << unused) - 1)) !== 0) throw notDer()
}

/** The octets of a BIT STRING without unused bits; the tag may be an implicit one. */
export function readBits({ contents }: DerValue): Octets {
  if (contents[0] !== 0) throw notDer()
  return contents.subarray(1)
}

/** The named bits of a BIT STRING, bit 0 first; 32 at most, more than anything has names for. */
export function readNamedBits({ contents }: DerValue): boolean[] {
  const [unused, ...octets] = contents.subarray(0, 6)
  if (unused === undefined || unused > 7 || octets.length > 4 || (octets.length === 0 && unused > 0)) throw notDer()
  return octets.flatMap((octet) => Array.from({ length: 8 }, (_, i) => ((octet << i) & 0x80) !== 0))
}

/** The contents of an INTEGER, checked to be minimal: big-endian, two's complement. The tag may be an implicit one. */
export function readIntegerOctets({ contents }: DerValue): Octets {
  const [first, second] = contents
  if (first === undefined) throw notDer()
  if (second !== undefined && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80))) throw notDer()
  return contents
}

/** The magnitude of an INTEGER that is not negative: big-endian, without leading zeros (none at all for 0). */
export function readUnsigned(value: DerValue): Octets {
  const contents = readIntegerOctets(value)
  if (contents[0]! >= 0x80) throw otherStructure()
  return stripLeadingZeros(contents) as Octets
}

/** An INTEGER that is not negative. */
export function readBigint(value: DerValue): bigint {
  return toBigint(readUnsigned(value))
}

/** A small INTEGER that is not negative: below 2^31. */
export function readSmallInteger(value: DerValue): number {
  const magnitude = readUnsigned(value)
  if (magnitude.length > 4 || (magnitude.length === 4 && magnitude[0]! >= 0x80)) throw otherStructure()
  return magnitude.reduce((sum, octet) => sum * 256 + octet, 0)
}

/** With fractions of a second too, which DER allows and RFC 5280 does not; they do not end in a zero (X.690, section 11.7). */
function checkGeneralizedTime({ tag, contents }: DerValue): void {
  const text = String.fromCharCode(...contents.subarray(0, 32))
  if (contents.length > 32) throw notDer()
  const whole = encodeText(text.replace(/\.\d*[1-9]Z$/, 'Z'))
  readTime({ tag, contents: whole, encoded: whole })
}

/** UTCTime or GeneralizedTime as RFC 5280 has them: with seconds, in UTC. */
export function readTime({ tag, contents }: DerValue): Date {
  const isUtcTime = tag === TAG.utcTime
  if (!isUtcTime && tag !== TAG.generalizedTime) throw otherStructure()
  if (contents.length > 15) throw notDer()
  const text = String.fromCharCode(...contents)
  const [, year, ...rest] = /^(\d{2}|\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text) ?? []
  if (year?.length !== (isUtcTime ? 2 : 4)) throw notDer()
  const century = isUtcTime ? (Number(year) < 50 ? '20' : '19') : ''
  const [month, day, hour, minute, second] = rest
  const written = `${century}${year}-${month!}-${day!}T${hour!}:${minute!}:${second!}.000Z`
  const time = new Date(written)
  // Date takes the 30th of February for the 2nd of March.
  if (Number.isNaN(time.getTime()) || time.toISOString() !== written) throw notDer()
  return time
}

/** Throws `PkiError` (`pki/not-der`) for octets that are not UTF-8. */
function readUtf8(contents: Uint8Array): string {
  const text = strictText(contents)
  if (text === undefined) throw notDer()
  return text
}

/** Octets of ASCII; `pki/not-der` for others. */
export function readAscii(contents: Uint8Array): string {
  if (contents.some((octet) => octet >= 0x80)) throw notDer()
  return readUtf8(contents)
}

/** A string of one of `STRING_TAGS`. */
export function readString({ tag, contents }: DerValue): string {
  switch (tag) {
    case TAG.utf8String:
      return readUtf8(contents)
    case TAG.numericString:
    case TAG.printableString:
    case TAG.ia5String:
    case TAG.visibleString:
      return readAscii(contents)
    case TAG.teletexString:
      // In practice it holds ISO 8859-1.
      return Array.from(contents, (octet) => String.fromCharCode(octet)).join('')
    case TAG.bmpString:
      return readUnits(contents, 2)
    case TAG.universalString:
      return readUnits(contents, 4)
    default:
      throw otherStructure()
  }
}

function readUnits(contents: Uint8Array, width: 2 | 4): string {
  if (contents.length % width !== 0) throw notDer()
  let text = ''
  for (let at = 0; at < contents.length; at += width) {
    const unit = contents.subarray(at, at + width).reduce((value, octet) => value * 256 + octet, 0)
    if (unit > 0x10ffff) throw notDer()
    text += String.fromCodePoint(unit)
  }
  if (/[\ud800-\udfff]/u.test(text)) throw notDer()
  return text
}

// Writing. Values are encoded octets.

/** A value with this identifier octet and these contents. */
export function encode(tag: number, ...contents: readonly Uint8Array[]): Octets {
  return encodeAll(tag, contents)
}

/** `encode` of a list of any length: as arguments, some 60,000 values overflow the stack. */
export function encodeAll(tag: number, contents: readonly Uint8Array[]): Octets {
  const length = contents.reduce((sum, part) => sum + part.length, 0)
  const digits: number[] = []
  for (let left = length; left > 0; left = Math.floor(left / 256)) digits.unshift(left % 256)
  const prefix = length < 0x80 ? [length] : [0x80 | digits.length, ...digits]
  return concatOctets([Uint8Array.of(tag, ...prefix), ...contents])
}

/** A SEQUENCE of encoded values. */
export const sequence = (...values: readonly Uint8Array[]): Octets => encodeAll(TAG.sequence, values)

/** A SET OF: its values in the order that DER wants. */
export const setOf = (...values: readonly Uint8Array[]): Octets => setOfAll(values)

/** `setOf` of a list of any length. */
export const setOfAll = (values: readonly Uint8Array[]): Octets => encodeAll(TAG.set, [...values].sort(compareOctets))

/** Orders values as DER orders those of a SET OF (X.690, section 11.6). No encoded value is the beginning of another. */
function compareOctets(a: Uint8Array, b: Uint8Array): number {
  const at = a.findIndex((octet, i) => octet !== b[i])
  return at < 0 ? 0 : a[at]! - b[at]!
}

/** [number] EXPLICIT, or a constructed [number] IMPLICIT of these values. */
export const explicit = (number: number, ...values: readonly Uint8Array[]): Octets => encodeAll(0xa0 | number, values)

/** [number] IMPLICIT: a value under another tag. */
export function implicit(number: number, value: Uint8Array): Octets {
  const octets = new Uint8Array(value)
  octets[0] = 0x80 | (octets[0]! & 0x20) | number
  return octets
}

/** A BOOLEAN. */
export const boolean = (value: boolean): Octets => encode(TAG.boolean, Uint8Array.of(value ? 0xff : 0))

/** The NULL value. */
export const nullValue = (): Octets => encode(TAG.null)

/** An INTEGER that is not negative; octets are its magnitude, big-endian, with any number of leading zeros. */
export function integer(value: number | bigint | Uint8Array): Octets {
  const magnitude = isOctets(value) ? stripLeadingZeros(value) : magnitudeOf(BigInt(value))
  const needsSign = magnitude.length === 0 || magnitude[0]! >= 0x80
  return encode(TAG.integer, ...(needsSign ? [Uint8Array.of(0)] : []), magnitude)
}

/** A number that is not negative as big-endian octets without leading zeros. Throws `PkiError` (`pki/value`). */
export function magnitudeOf(value: bigint): Octets {
  if (value < 0n) throw new PkiError('pki/value')
  return toFixedWidth(value, byteLength(value)) as Octets
}

/** An object identifier from its dotted form. Throws `PkiError` (`pki/value`). */
export function oid(dotted: string): Octets {
  if (!/^[012](\.(0|[1-9]\d{0,39}))+$/.test(dotted)) throw new PkiError('pki/value')
  const [first, second, ...rest] = dotted.split('.').map(BigInt) as [bigint, bigint, ...bigint[]]
  if (first < 2n && second >= 40n) throw new PkiError('pki/value')
  const octets = [40n * first + second, ...rest].flatMap((arc) => {
    const digits = [Number(arc & 0x7fn)]
    for (let left = arc >> 7n; left > 0n; left >>= 7n) digits.unshift(Number(left & 0x7fn) | 0x80)
    return digits
  })
  return encode(TAG.oid, Uint8Array.from(octets))
}

/** An OCTET STRING. */
export const octetString = (octets: Uint8Array): Octets => encode(TAG.octetString, octets)

/** A BIT STRING of whole octets. */
export const bitString = (octets: Uint8Array): Octets => encode(TAG.bitString, Uint8Array.of(0), octets)

/** A BIT STRING of named bits, bit 0 first, without trailing zeros (X.690, section 11.2.2). */
export function namedBits(bits: readonly boolean[]): Octets {
  const length = bits.lastIndexOf(true) + 1
  const octets = new Uint8Array(Math.ceil(length / 8))
  bits.forEach((bit, i) => {
    if (bit) octets[i >> 3]! |= 0x80 >> (i & 7)
  })
  return encode(TAG.bitString, Uint8Array.of(8 * octets.length - length), octets)
}

/** A UTF8String. Throws `PkiError` (`pki/value`) for lone surrogates. */
export const utf8String = (text: string): Octets => encode(TAG.utf8String, encodeUnicode(text))

/** Throws `PkiError` (`pki/value`) for text that is not ASCII. */
export const ia5String = (text: string): Octets => encode(TAG.ia5String, ascii(text))

/** Throws `PkiError` (`pki/value`) for text with other characters than PrintableString has. */
export function printableString(text: string): Octets {
  if (!isPrintable(text)) throw new PkiError('pki/value')
  return encode(TAG.printableString, ascii(text))
}

/** Whether a PrintableString can hold the text (X.680, section 41.4). */
export const isPrintable = (text: string): boolean => /^[A-Za-z0-9 '()+,\-./:=?]*$/.test(text)

/** Throws `PkiError` (`pki/value`) for characters beyond the Basic Multilingual Plane. */
export function bmpString(text: string): Octets {
  if (/[\ud800-\udfff\u{10000}-\u{10ffff}]/u.test(text)) throw new PkiError('pki/value')
  const octets = new Uint8Array(2 * text.length)
  const view = new DataView(octets.buffer)
  for (let i = 0; i < text.length; i++) view.setUint16(2 * i, text.charCodeAt(i))
  return encode(TAG.bmpString, octets)
}

/** The octets of ASCII text. Throws `PkiError` (`pki/value`) for other text. */
export function ascii(text: string): Octets {
  const octets = encodeUnicode(text)
  if (octets.length !== text.length) throw new PkiError('pki/value')
  return octets
}

function encodeUnicode(text: string): Octets {
  if (/[\ud800-\udfff]/u.test(text)) throw new PkiError('pki/value')
  return encodeText(text)
}

/** UTCTime until 2049, GeneralizedTime afterwards (RFC 5280, section 4.1.2.5); whole seconds. */
export function time(value: Date): Octets {
  const year = value.getUTCFullYear()
  return year >= 1950 && year < 2050
    ? encode(TAG.utcTime, ascii(timeText(value).slice(2)))
    : encode(TAG.generalizedTime, ascii(timeText(value)))
}

/** A GeneralizedTime in UTC, in whole seconds. */
export const generalizedTime = (value: Date): Octets => encode(TAG.generalizedTime, ascii(timeText(value)))

const timeText = (value: Date): string => value.toISOString().replace(/[-:T]|\.\d+/g, '')
