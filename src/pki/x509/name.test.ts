import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Octets } from '../../../bindings/octets/octets.js'
import { bitString, bmpString, integer, oid, sequence, setOf, time, utf8String } from '../asn1/der.js'
import { signCertificate } from '../ca/issuing/sign-certificate.js'
import { parseCertificate } from './certificate.js'
import { parseCrl } from './crl.js'
import { ATTRIBUTE_NAMES, attributeName, attributeType, formatName, parseName, readName } from './name.js'
import { isSameName, isWithinName } from './name-matching.js'
import { hasOpenssl, openssl } from '../testing/openssl.js'
import { createCertificationRequest } from '../requests/pkcs10.js'
import { generateKey } from '../keys/keys.js'

const attribute = (type: string, text: string) => sequence(oid(type), utf8String(text))

describe('names', () => {
  it.each([
    ['CN=user', 'CN=user'],
    ['cn = user , o = "', undefined],
    ['cn = user , O =Example  Inc ,  C= SE', 'CN=user,O=Example  Inc,C=SE'],
    ['CN=a+UID=b,DC=example,DC=org', 'CN=a+UID=b,DC=example,DC=org'],
    ['CN=Before\\0dAfter,O=Test', 'CN=Before\\0dAfter,O=Test'],
    ['1.3.6.1.4.1.1466.0=#04024869', '1.3.6.1.4.1.1466.0=#04024869'],
    ['SN=Lu\\C4\\8Di\\C4\\87', 'SN=Lučić'],
    ['CN=J.  Smith+OU=Sales', 'OU=Sales+CN=J.  Smith'],
    ['CN=James \\"Jim\\" Smith\\, III', 'CN=James \\"Jim\\" Smith\\, III'],
    ['CN=\\ a\\ ', 'CN=\\ a\\ '],
    ['CN=\\#a#b', 'CN=\\#a#b'],
    ['CN=a=b', 'CN=a=b'],
    ['CN=', 'CN='],
    ['E=a@example.org', 'emailAddress=a@example.org'],
    ['', ''],
    ['  ', ''],
  ])('%j is written %j', (text, written) => {
    if (written === undefined) expect(() => parseName(text)).toThrow()
    else expect(formatName(parseName(text))).toBe(written)
  })

  it('may have more parts than a call has arguments', () => {
    const many = Array<string>(150_000).fill('L=a')
    expect(readName(parseName(many.join(',')))).toHaveLength(150_000)
    expect(readName(parseName(many.join('+'))).map(({ length }) => length)).toEqual([150_000])
  })

  it.each([
    'CN',
    'XX=a',
    'CN=a,',
    ',CN=a',
    'CN=a++O=b',
    'CN=a;O=b',
    'CN=<',
    'CN=a\\',
    'CN=\\ff',
    'CN=\\xyz',
    'CN=#',
    'CN=#0',
    'CN=#zz',
    'CN=#0500z',
    'CN=#05zz',
    'CN=#05 00',
  ])('refuses %j', (text) => expect(() => parseName(text)).toThrow(expect.objectContaining({ code: 'pki/name' })))

  it.each(['CN=#0c02', 'CN=#0c0161ff', 'C=é', 'DC=é', '9.9=a', 'CN=\ud800', 'CN=a\0'])(
    'refuses the value of %j',
    (text) => expect(() => parseName(text)).toThrow(expect.objectContaining({ code: 'pki/name' })),
  )

  it('have attributes with names for people', () => {
    expect(['2.5.4.3', '2.5.4.8', '1.2.3'].map(attributeName)).toEqual(['CN', 'ST', '1.2.3'])
    expect(ATTRIBUTE_NAMES.map((known) => attributeType(known)).filter((type) => type === undefined)).toEqual([])
    expect(ATTRIBUTE_NAMES).toContain('CN')
    expect(['cn', 'S', '2.5.4.3', '1.2.3', 'x', ''].map(attributeType)).toEqual([
      ...['2.5.4.3', '2.5.4.8', '2.5.4.3', '1.2.3', undefined, undefined],
    ])
  })

  it('are written in hexadecimal where a type has no name, or a value is no string', () => {
    const name = (type: string, value: Octets): Octets => sequence(setOf(sequence(oid(type), value)))
    expect(formatName(name('1.2.3', utf8String('a')))).toBe('1.2.3=#0c0161')
    expect(formatName(name('2.5.4.3', integer(1)))).toBe('2.5.4.3=#020101')
  })

  it.each<[string, boolean, Octets, Octets]>([
    ['case and white space', true, parseName('CN=Fab  CA,O=x'), parseName('CN= fab ca ,O=X')],
    ['white space where there is none', false, parseName('CN=FabCA'), parseName('CN=Fab CA')],
    [
      'the type of a string',
      true,
      sequence(setOf(attribute('2.5.4.3', 'a'))),
      sequence(setOf(sequence(oid('2.5.4.3'), bmpString('A')))),
    ],
    ['the order of a set', true, parseName('CN=a+OU=b'), parseName('OU=b+CN=a')],
    ['the order of names', false, parseName('CN=a,OU=b'), parseName('OU=b,CN=a')],
    ['one name more', false, parseName('CN=a'), parseName('CN=a,O=b')],
    ['a soft hyphen', true, parseName('CN=Fab\u00adrikam'), parseName('CN=Fabrikam')],
    ['control characters, of which some are white space', true, parseName('CN=a\\09b\\01c'), parseName('CN=a bc')],
    ['compatible characters', true, parseName('CN=ﬁ'), parseName('CN=FI')],
    ['another type', false, parseName('CN=a'), parseName('O=a')],
    [
      'values that are no strings',
      false,
      sequence(setOf(sequence(oid('2.5.4.3'), integer(1)))),
      sequence(setOf(sequence(oid('2.5.4.3'), integer(2)))),
    ],
    [
      'a value that is no string, and one that is',
      false,
      sequence(setOf(sequence(oid('2.5.4.3'), integer(1)))),
      parseName('CN='),
    ],
  ])('are the same in spite of %s: %s', (_, expected, a, b) => {
    expect([isSameName(a, b), isSameName(b, a)]).toEqual([expected, expected])
    expect(isSameName(a, a)).toBe(true)
  })

  it('are within others that they begin with', () => {
    const within = (name: string, subtree: string): boolean => isWithinName(parseName(name), parseName(subtree))
    expect(within('CN=a,O=fab', 'O=Fab')).toBe(true)
    expect(within('O=Fab', 'O=Fab')).toBe(true)
    expect(within('O=Fab', '')).toBe(true)
    expect(within('O=Fab', 'CN=a,O=Fab')).toBe(false)
    expect(within('CN=a,O=Fab', 'CN=a')).toBe(false)
  })

  it('come back from what they are written as', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }), { maxLength: 4 }), (values) => {
        const name = sequence(...values.map((value) => setOf(attribute('2.5.4.3', value))))
        expect(parseName(formatName(name))).toEqual(name)
        expect(readName(name).map(([only]) => only?.text)).toEqual(values)
      }),
    )
  })

  it('are read strictly', () => {
    expect(() => readName(sequence(setOf()))).toThrow(expect.objectContaining({ code: 'pki/structure' }))
    const more = sequence(setOf(sequence(oid('2.5.4.3'), utf8String('a'), utf8String('b'))))
    expect(() => readName(more)).toThrow(expect.objectContaining({ code: 'pki/structure' }))
    expect(() => readName(setOf())).toThrow(expect.objectContaining({ code: 'pki/structure' }))
  })

  it('are read in certificates and lists of revoked ones, and must be names there', async () => {
    const key = await generateKey('ECDSA-P256')
    const [notBefore, notAfter] = [new Date('2026-01-01T00:00:00Z'), new Date('2027-01-01T00:00:00Z')]
    const certify = (issuer: Octets, subject: Octets) =>
      signCertificate(
        {
          serialNumber: Uint8Array.of(1),
          issuer,
          subject,
          notBefore,
          notAfter,
          publicKey: key.publicKey,
          extensions: [],
        },
        key,
      )
    const [name, malformed] = [parseName('CN=a'), sequence(integer(1))]
    expect(parseCertificate(await certify(name, name)).issuer).toEqual(name)
    for (const der of [await certify(malformed, name), await certify(name, malformed)]) {
      expect(() => parseCertificate(der)).toThrow(expect.objectContaining({ code: 'pki/structure' }))
    }
    const list = (issuer: Octets) =>
      sequence(
        sequence(key.signatureAlgorithm, issuer, time(notBefore), time(notAfter)),
        key.signatureAlgorithm,
        bitString(Uint8Array.of(0)),
      )
    expect(parseCrl(list(name)).issuer).toEqual(name)
    expect(() => parseCrl(list(malformed))).toThrow(expect.objectContaining({ code: 'pki/structure' }))
  })

  it('take no time beyond what they are long', () => {
    const long = `CN=${' '.repeat(200_000)}a${'\\ '.repeat(100_000)}`
    expect(formatName(parseName(long))).toHaveLength('CN=a'.length + 100_000 + '\\'.length)
  })
})

describe.runIf(hasOpenssl('names against OpenSSL'))('OpenSSL', () => {
  it.each(['CN=a,DC=example,DC=org', 'CN=James \\"Jim\\" Smith\\, III,O=Example,C=SE', 'CN=\\#a\\ ,ST=Å'])(
    'writes %s alike',
    async (text) => {
      const { der } = await createCertificationRequest({ subject: text, key: await generateKey('ECDSA-P256') })
      const { said } = openssl('req -in request -inform DER -noout -subject -nameopt RFC2253,-esc_msb,utf8', {
        request: der,
      })
      expect(said.trim()).toBe(`subject=${text}`)
    },
  )
})
