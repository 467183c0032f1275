import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeBase64 } from '../../../bindings/octets/base64.js'
import { ISSUE, TOKEN_TYPE, UP, up, WST } from './names.js'
import { codeOf } from '../testing/fixtures.js'
import {
  atWidth,
  checkIdentifier,
  checkUri,
  checkVersion,
  cryptoBinary,
  dateTime,
  parseCount,
  parseDateTime,
  parseTokenClass,
  readBase64,
  readCryptoBinary,
  readDateTime,
  readToken,
  readUri,
} from './values.js'

const holding = (text: string) => up('V', {}, text)

describe('the names', () => {
  it('are those of the specification', () => {
    expect(UP).toBe('http://schemas.xmlsoap.org/ws/2011/02/u-prove')
    expect(WST).toBe('http://docs.oasis-open.org/ws-sx/ws-trust/200512')
    expect(TOKEN_TYPE).toBe('http://schemas.xmlsoap.org/ws/2011/02/u-prove/token')
    expect(ISSUE).toBe('http://docs.oasis-open.org/ws-sx/ws-trust/200512/Issue')
  })
})
const octets = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes)

describe('ds:CryptoBinary', () => {
  it('is the minimal big-endian form, as in the example of section 3.1.1', () => {
    const number = octets(0x3b, 0x4b, 0x4a, 0xaf, 0x16)
    expect(cryptoBinary(number)).toBe(encodeBase64(number))
    expect(readCryptoBinary(holding(cryptoBinary(octets(0, 0, 0x3b, 0x4b, 0x4a, 0xaf, 0x16))))).toEqual(number)
  })

  it('has zero as one octet', () => {
    expect(cryptoBinary(new Uint8Array(32))).toBe('AA==')
    expect(readCryptoBinary(holding('AA=='))).toEqual(octets(0))
  })

  it('comes back at the width of the group', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), (number) => {
        const minimal = readCryptoBinary(holding(cryptoBinary(number)))
        expect(atWidth(minimal, number.length)).toEqual(number)
      }),
    )
    expect(() => atWidth(octets(1, 2, 3), 2)).toThrow(expect.objectContaining({ code: 'ws-trust/number-range' }))
  })

  it.each(['', 'AAE=', 'AAA=', 'AQ', 'AR==', 'A-B=', 'AQ==AQ==', '!'])('refuses %j', (text) => {
    expect(() => readCryptoBinary(holding(text))).toThrow(expect.objectContaining({ code: 'ws-trust/crypto-binary' }))
  })

  it('may be wrapped in lines', () => {
    expect(readCryptoBinary(holding('\n  O0tK\n  rxY=\n'))).toEqual(octets(0x3b, 0x4b, 0x4a, 0xaf, 0x16))
  })
})

describe('xs:dateTime', () => {
  it.each([
    ['2010-04-01T00:00:00Z', '2010-04-01T00:00:00.000Z'],
    ['2009-04-16T00:40:02.781Z', '2009-04-16T00:40:02.781Z'],
    ['2010-04-01T00:00:00.0000000Z', '2010-04-01T00:00:00.000Z'],
    ['2010-04-01T00:00:00.9999999Z', '2010-04-01T00:00:00.999Z'],
    ['2012-02-29T23:59:59.5Z', '2012-02-29T23:59:59.500Z'],
  ])('reads %s', (text, time) => {
    expect(parseDateTime(text)?.toISOString()).toBe(time)
  })

  it.each([
    ['a date without separators, as the figures have them', '20100401T00:00:00Z'],
    ['another time zone', '2010-04-01T00:00:00+02:00'],
    ['UTC as +00:00', '2010-04-01T00:00:00+00:00'],
    ['no time zone', '2010-04-01T00:00:00'],
    ['an xs:date', '2010-04-01'],
    ['an xs:date in UTC', '2010-04-01Z'],
    ['a day that does not exist', '2010-02-30T00:00:00Z'],
    ['February 29 of a common year', '2010-02-29T00:00:00Z'],
    ['the end of a day as 24:00', '2010-04-01T24:00:00Z'],
    ['a leap second', '2010-06-30T23:59:60Z'],
    ['the year 0', '0000-01-01T00:00:00Z'],
    ['a long year', '12010-04-01T00:00:00Z'],
    ['a negative year', '-2010-04-01T00:00:00Z'],
    ['no minutes', '2010-04-01T00Z'],
    ['an empty fraction', '2010-04-01T00:00:00.Z'],
    ['a lower-case z', '2010-04-01T00:00:00z'],
    ['digits of another script', '２010-04-01T00:00:00Z'],
    ['nothing', ''],
  ])('refuses %s', (_, text) => {
    expect(parseDateTime(text)).toBeUndefined()
    expect(() => readDateTime(holding(text))).toThrow(expect.objectContaining({ code: 'ws-trust/date-time' }))
  })

  it('is written in its canonical form, and read back', () => {
    expect(dateTime(new Date('2010-04-01T10:00:00.000Z'))).toBe('2010-04-01T10:00:00Z')
    expect(dateTime(new Date('2010-04-01T10:00:10.120Z'))).toBe('2010-04-01T10:00:10.12Z')
    const years = { min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59.999Z') }
    fc.assert(
      fc.property(fc.date({ ...years, noInvalidDate: true }), (time) => {
        expect(parseDateTime(dateTime(time))).toEqual(time)
      }),
    )
  })

  it.each([' 2010-04-01T00:00:00Z', ' 2010-04-01T00:00:0Z', '2010-04-01T00:00:00Z ', '2010-04-01T00:00:00 Z'])(
    'is not the text %j, with white space',
    (text) => expect(parseDateTime(text)).toBeUndefined(),
  )

  it('is read from an element, with white space around it', () => {
    expect(readDateTime(holding('\n 2010-04-01T00:00:00Z\t'))).toEqual(new Date('2010-04-01T00:00:00Z'))
  })

  it.each([new Date(Number.NaN), new Date('+010000-01-01T00:00:00Z'), new Date('0000-12-31T23:59:59Z')])(
    'is not written of %o',
    async (time) => {
      expect(await codeOf(() => dateTime(time))).toBe('ws-trust/date-time')
    },
  )
})

describe('other simple values', () => {
  it.each(['', 'relative', '/path', 'http://a b', ' http://a', 'http://a\n', 'a:', `urn:${'x'.repeat(2048)}`])(
    'refuses the URI %j',
    (uri) => {
      expect(() => checkUri(uri)).toThrow(expect.objectContaining({ code: 'ws-trust/uri' }))
      expect(() => readUri(holding(uri))).toThrow(expect.objectContaining({ code: 'ws-trust/uri' }))
    },
  )

  it('takes URIs as they are', () => {
    for (const uri of ['http://fabrikam.com/ip1', 'urn:oid:1.2', 'HTTP://é']) expect(checkUri(uri)).toBe(uri)
  })

  it.each(['', '-1', '+1', '1.0', '65536', '1e3', '0x10', '1 2', '000001'])('refuses the count %j', (text) => {
    expect(() => parseCount(text)).toThrow(expect.objectContaining({ code: 'ws-trust/integer' }))
  })

  it('takes counts from a least one to 65,535', () => {
    expect([parseCount('0'), parseCount(' 7\n'), parseCount('65535')]).toEqual([0, 7, 65535])
    expect(() => parseCount('0', 1)).toThrow(expect.objectContaining({ code: 'ws-trust/integer' }))
  })

  it.each(['', 'Claim', 'id', 'CLAIM', 'claim ID'])('refuses the class %j', (text) => {
    expect(() => parseTokenClass(text)).toThrow(expect.objectContaining({ code: 'ws-trust/token-class' }))
  })

  it('takes classes, tokens, identifiers, base64 and one version', () => {
    expect([parseTokenClass('claim'), parseTokenClass(' ID\n')]).toEqual(['claim', 'ID'])
    expect(readToken(holding(' urn:a\n'))).toBe('urn:a')
    expect(readUri(holding('urn:a'))).toBe('urn:a')
    expect(readBase64(holding('AQI='))).toEqual(octets(1, 2))
    for (const identifier of ['a', ' ', 'x'.repeat(2048)]) expect(checkIdentifier(identifier)).toBe(identifier)
    expect(() => checkVersion('1.0')).not.toThrow()
  })

  it.each(['', 'x'.repeat(2049)])('refuses an identifier that is empty or too long', (identifier) => {
    expect(() => checkIdentifier(identifier)).toThrow(expect.objectContaining({ code: 'ws-trust/identifier' }))
  })

  it.each(['', '1', '1.1', '1.0 '])('refuses the version %j', (version) => {
    expect(() => checkVersion(version)).toThrow(expect.objectContaining({ code: 'ws-trust/version' }))
  })

  it('refuses what is no base64, and elements within text', () => {
    expect(() => readBase64(holding('=='))).toThrow(expect.objectContaining({ code: 'ws-trust/base64' }))
    expect(() => readBase64(up('V', {}, up('W')))).toThrow(expect.objectContaining({ code: 'ws-trust/text' }))
    expect(() => readBase64(up('V', { a: 'b' }))).toThrow(expect.objectContaining({ code: 'ws-trust/attribute' }))
  })
})
