import { describe, expect, it } from 'vitest'
import type { PkiErrorCode } from '../errors.js'
import {
  ascii,
  bitString,
  bmpString,
  boolean,
  DerReader,
  encode,
  explicit,
  generalizedTime,
  ia5String,
  implicit,
  integer,
  namedBits,
  nullValue,
  octetString,
  oid as encodeOid,
  onlyValue,
  parseDer,
  printableString,
  readBigint,
  readBits,
  readBoolean,
  readDer,
  readIntegerOctets,
  readNamedBits,
  readOid,
  readSmallInteger,
  readString,
  readTime,
  readUnsigned,
  sequence,
  setOf,
  TAG,
  time,
  utf8String,
  type DerValue,
} from './der.js'

const refusal = (code: PkiErrorCode): Error => expect.objectContaining({ name: 'PkiError', code }) as Error

describe('DER', () => {
  it('has object identifiers of any size', () => {
    const large = '2.25.340282366920938463463374607431768211455'
    for (const oid of ['1.2.840.113549.1.1.11', '0.39', '1.0', '2.0', '2.40', '2.999', '2.5.29.37.0', large])
      expect(readOid(onlyValue(encodeOid(oid)))).toBe(oid)
  })

  it.each<[string, readonly number[]]>([
    ['a length of several octets that fits one', [0x30, 0x81, 0x01, 0x00]],
    ['a length with a leading zero', [0x30, 0x82, 0x00, 0x80, ...new Array<number>(128).fill(0)]],
    ['a length of five octets', [0x30, 0x85, 0, 0, 0, 0, 0]],
    ['a length of 127 octets', [0x30, 0xff, ...new Array<number>(127).fill(0xff)]],
    ['a length that is not there', [0x30]],
    ['a length that breaks off', [0x30, 0x82, 0x01]],
    ['an indefinite length', [0x30, 0x80, 0x00, 0x00]],
    ['a long tag', [0x3f, 0x01, 0x00]],
    ['too few octets', [0x30, 0x05, 0x00]],
    ['too many', [0x30, 0x00, 0x00]],
    ['nothing', []],
  ])('is not %s', (_, octets) => {
    expect(() => onlyValue(Uint8Array.from(octets))).toThrow(refusal('pki/not-der'))
    // The value itself, before anybody looks at what comes after it.
    if (!/^too many|^nothing/.test(_)) {
      expect(() => new DerReader(Uint8Array.from(octets)).next()).toThrow(refusal('pki/not-der'))
    }
    expect(() => parseDer(Uint8Array.from(octets))).toThrow(refusal('pki/not-der'))
  })

  it.each([0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x10000])('has %d octets after the shortest length', (length) => {
    const der = octetString(new Uint8Array(length).fill(7))
    const digits = length < 0x80 ? [] : length < 0x100 ? [0x81] : length < 0x10000 ? [0x82] : [0x83]
    const bytes = [length >> 16, length >> 8, length].slice(digits.length === 0 ? 2 : 3 - (digits[0]! & 3))
    expect([...der.subarray(0, 1 + digits.length + bytes.length)]).toEqual([
      4,
      ...digits,
      ...bytes.map((one) => one & 255),
    ])
    const value = onlyValue(der, TAG.octetString)
    expect([value.contents.length, value.encoded]).toEqual([length, der])
    expect(parseDer(der)).toEqual(value)
  })

  it('is read value by value', () => {
    const reader = readDer(sequence(boolean(true), sequence(integer(1)), nullValue(), integer(2), integer(3)))
    expect(reader.optional(TAG.integer)).toBeUndefined()
    expect(reader.optionalEnter(TAG.integer)).toBeUndefined()
    expect(reader.optional(TAG.boolean)?.contents).toEqual(Uint8Array.of(0xff))
    const inner = reader.optionalEnter(TAG.sequence)
    expect(() => inner?.end()).toThrow(refusal('pki/structure'))
    expect(inner?.next().encoded).toEqual(integer(1))
    expect(inner?.done).toBe(true)
    inner?.end()
    expect(() => inner?.next()).toThrow(refusal('pki/structure'))
    // What is refused is not passed over.
    const place = reader.place
    expect(() => reader.enter()).toThrow(refusal('pki/structure'))
    expect(reader.place).toBeGreaterThanOrEqual(place)
    expect(() => readDer(sequence(integer(1), boolean(true))).rest(TAG.integer)).toThrow(refusal('pki/structure'))
    expect(readDer(sequence(integer(1), integer(2))).rest(TAG.integer)).toHaveLength(2)
    expect(() => readDer(setOf())).toThrow(refusal('pki/structure'))
    expect(readDer(setOf(), TAG.set).done).toBe(true)
  })

  const value = (tag: number, ...octets: readonly number[]): DerValue => ({
    tag,
    contents: Uint8Array.from(octets),
    encoded: new Uint8Array(),
  })
  const ofText = (tag: number, text: string): DerValue => value(tag, ...new TextEncoder().encode(text))

  it.each<[string, () => unknown, unknown]>([
    ['0 as INTEGER', () => readSmallInteger(value(2, 0)), 0],
    ['128', () => readSmallInteger(value(2, 0, 0x80)), 128],
    ['2^31 - 1', () => readSmallInteger(value(2, 0x7f, 0xff, 0xff, 0xff)), 2 ** 31 - 1],
    ['2^31 as a large INTEGER', () => readBigint(value(2, 0, 0x80, 0, 0, 0)), 2n ** 31n],
    ['the octets of -1', () => readIntegerOctets(value(2, 0xff)), Uint8Array.of(0xff)],
    ['those of -129', () => readIntegerOctets(value(2, 0xff, 0x7f)), Uint8Array.of(0xff, 0x7f)],
    ['no magnitude of 0', () => readUnsigned(value(2, 0)), new Uint8Array()],
    ['TRUE', () => readBoolean(value(1, 0xff)), true],
    ['FALSE', () => readBoolean(value(1, 0)), false],
    ['whole octets of a BIT STRING', () => readBits(value(3, 0, 0xaa, 1)), Uint8Array.of(0xaa, 1)],
    ['no named bits', () => readNamedBits(value(3, 0)), []],
    ['named bits', () => readNamedBits(value(3, 5, 0xa0)), [true, false, true, false, false, false, false, false]],
    ['32 named bits', () => readNamedBits(value(3, 0, 0, 0, 0, 1)).lastIndexOf(true), 31],
    ['an arc of several octets', () => readOid(value(6, 0x55, 0x81, 0x80, 0x01)), '2.5.16385'],
    ['ISO 8859-1 as TeletexString', () => readString(value(TAG.teletexString, 0x61, 0xe9)), 'aé'],
    ['a NumericString', () => readString(value(TAG.numericString, 0x31)), '1'],
    ['a VisibleString', () => readString(value(TAG.visibleString, 0x31)), '1'],
    ['a BMPString', () => readString(value(TAG.bmpString, 0x20, 0xac)), '€'],
    ['a UniversalString', () => readString(value(TAG.universalString, 0, 1, 0xf6, 0)), '😀'],
    ['the last character of all', () => readString(value(TAG.universalString, 0, 0x10, 0xff, 0xff)), '\u{10ffff}'],
    ['2049 as UTCTime', () => readTime(ofText(0x17, '491231235959Z')), new Date('2049-12-31T23:59:59Z')],
    ['1950 as UTCTime', () => readTime(ofText(0x17, '500101000000Z')), new Date('1950-01-01T00:00:00Z')],
    ['a GeneralizedTime', () => readTime(ofText(0x18, '20500101000000Z')), new Date('2050-01-01T00:00:00Z')],
  ])('has %s', (_, read, expected) => {
    expect(read()).toEqual(expected)
  })

  it.each<[string, PkiErrorCode, () => unknown]>([
    ['no INTEGER', 'pki/not-der', () => readSmallInteger(value(2))],
    ['an INTEGER with a zero too many', 'pki/not-der', () => readIntegerOctets(value(2, 0, 0x7f))],
    ['an INTEGER with a sign too many', 'pki/not-der', () => readIntegerOctets(value(2, 0xff, 0x80))],
    ['a negative one', 'pki/structure', () => readSmallInteger(value(2, 0x80))],
    ['2^31 as a small one', 'pki/structure', () => readSmallInteger(value(2, 0, 0x80, 0, 0, 0))],
    ['five octets as a small one', 'pki/structure', () => readSmallInteger(value(2, 1, 2, 3, 4, 5))],
    ['another type for a BOOLEAN', 'pki/structure', () => readBoolean(value(2, 0))],
    ['two octets of a BOOLEAN', 'pki/not-der', () => readBoolean(value(1, 0, 0))],
    ['no BIT STRING', 'pki/not-der', () => readBits(value(3))],
    ['unused bits where octets are whole', 'pki/not-der', () => readBits(value(3, 1, 0))],
    ['no octet of named bits', 'pki/not-der', () => readNamedBits(value(3))],
    ['eight unused bits', 'pki/not-der', () => readNamedBits(value(3, 8, 0))],
    ['an unused bit of none', 'pki/not-der', () => readNamedBits(value(3, 1))],
    ['33 named bits', 'pki/not-der', () => readNamedBits(value(3, 0, 0, 0, 0, 0, 1))],
    ['another type for an identifier', 'pki/structure', () => readOid(value(2, 0x55))],
    ['an identifier without arcs', 'pki/not-der', () => readOid(value(6))],
    ['an arc with a leading zero', 'pki/not-der', () => readOid(value(6, 0x80, 0x01))],
    ['a later one with a leading zero', 'pki/not-der', () => readOid(value(6, 0x55, 0x80, 0x01))],
    ['an arc that breaks off', 'pki/not-der', () => readOid(value(6, 0x55, 0x81))],
    ['an identifier of 129 octets', 'pki/not-der', () => readOid(value(6, ...new Array<number>(129).fill(1)))],
    ['a UTCTime with a century', 'pki/not-der', () => readTime(ofText(0x17, '20490101000000Z'))],
    ['a GeneralizedTime without one', 'pki/not-der', () => readTime(ofText(0x18, '490101000000Z'))],
    ['a time of nowhere', 'pki/not-der', () => readTime(ofText(0x18, '20490101000000'))],
    ['a 13th month', 'pki/not-der', () => readTime(ofText(0x18, '20491301000000Z'))],
    ['a 30th of February', 'pki/not-der', () => readTime(ofText(0x17, '490230000000Z'))],
    ['another type for a time', 'pki/structure', () => readTime(ofText(0x04, '490101000000Z'))],
    ['another type for a string', 'pki/structure', () => readString(value(TAG.octetString, 0x61))],
    ['a NumericString beyond ASCII', 'pki/not-der', () => readString(value(TAG.numericString, 0xe9))],
    ['a VisibleString beyond ASCII', 'pki/not-der', () => readString(value(TAG.visibleString, 0xe9))],
    ['a character beyond the last', 'pki/not-der', () => readString(value(TAG.universalString, 0, 0x11, 0, 0))],
    ['half of a surrogate pair', 'pki/not-der', () => readString(value(TAG.universalString, 0, 0, 0xd8, 0))],
    ['a part of a character', 'pki/not-der', () => readString(value(TAG.universalString, 0, 0, 0))],
  ])('has not %s', (_, code, read) => {
    expect(read).toThrow(refusal(code))
  })

  it('has identifiers of 128 octets', () => {
    expect(readOid(value(6, ...new Array<number>(128).fill(1))).split('.')).toHaveLength(129)
  })
})

describe('values that are written', () => {
  const hex = (octets: Uint8Array): string => Buffer.from(octets).toString('hex')
  it.each<[string, () => Uint8Array, string]>([
    ['0', () => integer(0), '020100'],
    ['127', () => integer(127), '02017f'],
    ['128, with a sign', () => integer(128n), '02020080'],
    ['a magnitude with leading zeros', () => integer(Uint8Array.of(0, 0, 5)), '020105'],
    ['TRUE', () => boolean(true), '0101ff'],
    ['FALSE', () => boolean(false), '010100'],
    ['NULL', () => nullValue(), '0500'],
    ['2.999.3', () => encodeOid('2.999.3'), '0603883703'],
    ['1.39.16384', () => encodeOid('1.39.16384'), '06044f818000'],
    ['a BIT STRING', () => bitString(Uint8Array.of(6)), '03020006'],
    ['no named bits', () => namedBits([false, false]), '030100'],
    ['named bits up to the last that is set', () => namedBits([true, false, true, false]), '030205a0'],
    ['nine named bits', () => namedBits(Array.from({ length: 9 }, () => true)), '030307ff80'],
    [
      'a SET OF in its order',
      () => setOf(integer(300), integer(2), integer(1), nullValue()),
      '310c' + '020101' + '020102' + '0202012c' + '0500',
    ],
    ['a SET OF with one value twice', () => setOf(integer(1), integer(1)), '3106' + '020101'.repeat(2)],
    ['[1] EXPLICIT', () => explicit(1, integer(1)), 'a103020101'],
    ['[2] IMPLICIT of a primitive value', () => implicit(2, integer(1)), '820101'],
    ['[2] IMPLICIT of a constructed one', () => implicit(2, sequence()), 'a200'],
    ['a UTF8String', () => utf8String('é'), '0c02c3a9'],
    ['an IA5String', () => ia5String('a@'), '16026140'],
    ['a PrintableString', () => printableString("A '(?"), '1305412027283f'],
    ['a BMPString', () => bmpString('a€'), '1e04006120ac'],
    ['1949', () => time(new Date('1949-12-31T23:59:59Z')), `180f${hex(ascii('19491231235959Z'))}`],
    ['1950', () => time(new Date('1950-01-01T00:00:00.999Z')), `170d${hex(ascii('500101000000Z'))}`],
    ['2049', () => time(new Date('2049-12-31T23:59:59Z')), `170d${hex(ascii('491231235959Z'))}`],
    ['2050', () => time(new Date('2050-01-01T00:00:00Z')), `180f${hex(ascii('20500101000000Z'))}`],
    [
      'a GeneralizedTime',
      () => generalizedTime(new Date('2026-01-02T03:04:05.678Z')),
      `180f${hex(ascii('20260102030405Z'))}`,
    ],
  ])('have one form: %s', (_, write, expected) => {
    expect(hex(write())).toBe(expected)
  })

  it.each<[string, () => unknown]>([
    ['a negative number', () => integer(-1)],
    ...['', '1', '3.1', '0.40', '1.40', '1.01', '1.2.', '1.-2', `1.2.${'1'.repeat(41)}`].map(
      (dotted): [string, () => unknown] => [`${dotted} as an identifier`, () => encodeOid(dotted)],
    ),
    ['half of a surrogate pair in UTF-8', () => utf8String('\ud800')],
    ['half of one in a BMPString', () => bmpString('\udc00')],
    ['a character of two units in a BMPString', () => bmpString('😀')],
    ['é in an IA5String', () => ia5String('é')],
    ['@ in a PrintableString', () => printableString('a@')],
    ['half of a surrogate pair in ASCII', () => ascii('\ud800')],
  ])('are not %s', (_, write) => {
    expect(write).toThrow(refusal('pki/value'))
  })
})

it('has no end of contents', () => {
  expect(() => parseDer(Uint8Array.of(0x30, 2, 0, 0))).toThrow(refusal('pki/not-der'))
  expect(() => parseDer(Uint8Array.of(0, 0))).toThrow(refusal('pki/not-der'))
  // Under a tag of its own it is a value like any other.
  expect(parseDer(Uint8Array.of(0x30, 2, 0x80, 0)).contents).toEqual(Uint8Array.of(0x80, 0))
})

describe('octets that enter', () => {
  const text = (content: string): number[] => [...new TextEncoder().encode(content)]
  const inside = (tag: number, contents: readonly number[]) =>
    Uint8Array.of(0x30, contents.length + 2, tag, contents.length, ...contents)

  it.each<[string, number, readonly number[], readonly number[]]>([
    ['a BOOLEAN', 0x01, [0xff], [1]],
    ['an INTEGER', 0x02, [0, 0x80], [0, 0x7f]],
    ['an ENUMERATED', 0x0a, [1], []],
    ['a BIT STRING', 0x03, [7, 0x80], [7, 0xc0]],
    ['an empty BIT STRING', 0x03, [0], [1]],
    ['an empty BIT STRING, most bits unused', 0x03, [0], [7]],
    ['an empty BIT STRING, some bits unused', 0x03, [0], [4]],
    ['unused bits', 0x03, [0, 1], [8, 0]],
    ['a BIT STRING at all', 0x03, [0], []],
    ['an INTEGER at all', 0x02, [0], []],
    ['an OBJECT IDENTIFIER at all', 0x06, [0x55], []],
    ['a VisibleString', 0x1a, text('a'), [0xc3, 0xa4]],
    ['NULL', 0x05, [], [0]],
    ['an OBJECT IDENTIFIER', 0x06, [0x55, 0x81, 0x00], [0x55, 0x80, 0x01]],
    ['an OBJECT IDENTIFIER that ends', 0x06, [0x55], [0x81]],
    ['UTF-8', 0x0c, [0xc3, 0xa4], [0xc3]],
    ['UTF-8 in its shortest form', 0x0c, [0x2f], [0xc0, 0xaf]],
    ['a PrintableString', 0x13, text('a'), [0x80]],
    ['an IA5String', 0x16, text('a'), [0xe4]],
    ['an IA5String, not UTF-8', 0x16, text('a'), [0xc3, 0xa4]],
    ['a BMPString', 0x1e, [0, 0x41], [0x41]],
    ['a BMPString without surrogates', 0x1e, [0x4e, 0x00], [0xd8, 0x00]],
    ['a UniversalString', 0x1c, [0, 1, 0, 0], [0, 0x11, 0, 0]],
    ['a UTCTime', 0x17, text('260228000000Z'), text('260229000000Z')],
    ['a UTCTime in UTC', 0x17, text('260228000000Z'), text('260228000000+0100')],
    ['a GeneralizedTime', 0x18, text('20260228000000Z'), text('20260229000000Z')],
    ['a fraction of a second', 0x18, text('20260228000000.5Z'), text('20260228000000.50Z')],
  ])('are looked at down to %s', (_, tag, right, wrong) => {
    expect(parseDer(inside(tag, right)).contents[0]).toBe(tag)
    expect(() => parseDer(inside(tag, wrong))).toThrow(refusal('pki/not-der'))
  })

  const notDer = refusal('pki/not-der')
  it.each<[string, number, readonly number[], boolean]>([
    ['the first 32 octets of more are a time', 0x18, text(`20260228000000.${'1'.repeat(16)}Z0`), false],
    ['there are fractions of a second up to 32 octets', 0x18, text(`20260228000000.${'1'.repeat(16)}Z`), true],
    ['a fraction has no digit', 0x18, text('20260228000000.Z'), false],
    ['a primitive type is constructed', 0x22, [1, 1, 0], false],
    ['an OCTET STRING is in parts', 0x24, [4, 1, 0], false],
    ['a SEQUENCE is primitive', 0x10, [], false],
    ['a constructed type of its own is constructed', 0xa2, [1, 1, 0], true],
    ['a constructed type of its own holds no value', 0xa2, [1], false],
    ['an unknown type is primitive', 0x09, [1], true],
    ['a VisibleString is not ASCII', 0x1a, [0xe4], false],
  ])('are looked at: whether %s', (_, tag, contents, isRight) => {
    if (isRight) expect(parseDer(inside(tag, contents)).contents[0]).toBe(tag)
    else expect(() => parseDer(inside(tag, contents))).toThrow(notDer)
  })

  it('are refused without more work than they are long', () => {
    expect(() => parseDer(encode(TAG.utcTime, new Uint8Array(500_000).fill(0x30)))).toThrow(notDer)
    expect(() => parseDer(encode(TAG.generalizedTime, new Uint8Array(500_000).fill(0x30)))).toThrow(notDer)
  })

  it('are refused beyond the limits, and accepted up to them', () => {
    const nested = (levels: number): Uint8Array<ArrayBuffer> =>
      Array.from({ length: levels }).reduce<Uint8Array<ArrayBuffer>>((inner) => sequence(inner), nullValue())
    const limit = expect.objectContaining({ code: 'pki/limit', detail: undefined }) as Error
    expect(parseDer(nested(3), { maxDepth: 3 }).tag).toBe(TAG.sequence)
    expect(() => parseDer(nested(4), { maxDepth: 3 })).toThrow(limit)
    expect(parseDer(nested(32)).tag).toBe(TAG.sequence)
    expect(() => parseDer(nested(33))).toThrow(limit)
    expect(parseDer(octetString(new Uint8Array(8)), { maxOctets: 10 }).contents).toHaveLength(8)
    expect(() => parseDer(octetString(new Uint8Array(9)), { maxOctets: 10 })).toThrow(limit)
    expect(() => parseDer(new Uint8Array((1 << 20) + 1))).toThrow(limit)
  })

  it.each<[string, number, string]>([
    ['the whole', 0, '31800000'],
    ['a value in it', 5, '3006020101010102'],
    ['a value in that', 4, '300430020101'],
    ['what comes after it', 4, '3002050000'],
  ])('are refused with the place where %s is wrong', (_, at, digits) => {
    const octets = Uint8Array.from(Buffer.from(`ffff${digits}`, 'hex')).subarray(2)
    expect(() => parseDer(octets)).toThrow(
      expect.objectContaining({ code: 'pki/not-der', detail: String(octets.byteOffset + at) }),
    )
  })
})
