import { describe, expect, it } from 'vitest'
import { EXTENDED_KEY_USAGE } from '../../ws-trust/trust/signer.js'
import {
  oid as encodeOid,
  onlyValue,
  parseDer,
  readDer,
  readNamedBits,
  readOid,
  readSmallInteger,
  readTime,
} from './der.js'

describe('DER', () => {
  it('has object identifiers of any size', () => {
    for (const oid of ['1.2.840.113549.1.1.11', '0.39', '2.40', '2.5.29.37.0', ...Object.values(EXTENDED_KEY_USAGE)]) {
      expect(readOid(onlyValue(encodeOid(oid)))).toBe(oid)
    }
  })

  it.each<[string, readonly number[]]>([
    ['a length of several octets that fits one', [0x30, 0x81, 0x01, 0x00]],
    ['a length with a leading zero', [0x30, 0x82, 0x00, 0x80]],
    ['an indefinite length', [0x30, 0x80, 0x00, 0x00]],
    ['a long tag', [0x3f, 0x01, 0x00]],
    ['too few octets', [0x30, 0x05, 0x00]],
    ['too many', [0x30, 0x00, 0x00]],
    ['nothing', []],
  ])('is not %s', (_, octets) => {
    expect(() => readDer(Uint8Array.from(octets))).toThrow()
  })

  it('has values in their one form', () => {
    const value = (tag: number, ...octets: number[]) => ({
      tag,
      contents: Uint8Array.from(octets),
      encoded: new Uint8Array(),
    })
    for (const octets of [[], [0x80], [0, 1], [1, 2, 3, 4, 5]])
      expect(() => readSmallInteger(value(2, ...octets))).toThrow()
    expect(readSmallInteger(value(2, 0, 0x80))).toBe(128)
    for (const octets of [[], [0x80, 0x01], [0x55, 0x80]]) expect(() => readOid(value(6, ...octets))).toThrow()
    for (const octets of [[], [8, 0], [1], [0, 0, 0, 0, 0, 1]])
      expect(() => readNamedBits(value(3, ...octets))).toThrow()
    const time = (tag: number, text: string) => readTime(value(tag, ...new TextEncoder().encode(text)))
    expect(time(0x17, '491231235959Z')).toEqual(new Date('2049-12-31T23:59:59Z'))
    expect(time(0x17, '500101000000Z')).toEqual(new Date('1950-01-01T00:00:00Z'))
    for (const [tag, text] of [
      [0x17, '20490101000000Z'],
      [0x18, '490101000000Z'],
      [0x18, '20490101000000'],
      [0x18, '20491301000000Z'],
      [0x04, '490101000000Z'],
    ] as const) {
      expect(() => time(tag, text)).toThrow()
    }
  })
})

it('has no end of contents', () => {
  expect(() => parseDer(Uint8Array.of(0x30, 2, 0, 0))).toThrow(expect.objectContaining({ code: 'pki/not-der' }))
  expect(() => parseDer(Uint8Array.of(0, 0))).toThrow(expect.objectContaining({ code: 'pki/not-der' }))
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
    ['unused bits', 0x03, [0, 1], [8, 0]],
    ['NULL', 0x05, [], [0]],
    ['an OBJECT IDENTIFIER', 0x06, [0x55, 0x81, 0x00], [0x55, 0x80, 0x01]],
    ['an OBJECT IDENTIFIER that ends', 0x06, [0x55], [0x81]],
    ['UTF-8', 0x0c, [0xc3, 0xa4], [0xc3]],
    ['UTF-8 in its shortest form', 0x0c, [0x2f], [0xc0, 0xaf]],
    ['a PrintableString', 0x13, text('a'), [0x80]],
    ['an IA5String', 0x16, text('a'), [0xe4]],
    ['a BMPString', 0x1e, [0, 0x41], [0x41]],
    ['a BMPString without surrogates', 0x1e, [0x4e, 0x00], [0xd8, 0x00]],
    ['a UniversalString', 0x1c, [0, 1, 0, 0], [0, 0x11, 0, 0]],
    ['a UTCTime', 0x17, text('260228000000Z'), text('260229000000Z')],
    ['a UTCTime in UTC', 0x17, text('260228000000Z'), text('260228000000+0100')],
    ['a GeneralizedTime', 0x18, text('20260228000000Z'), text('20260229000000Z')],
    ['a fraction of a second', 0x18, text('20260228000000.5Z'), text('20260228000000.50Z')],
  ])('are looked at down to %s', (_, tag, right, wrong) => {
    expect(parseDer(inside(tag, right)).contents[0]).toBe(tag)
    expect(() => parseDer(inside(tag, wrong))).toThrow(expect.objectContaining({ code: 'pki/not-der' }) as Error)
  })
})
