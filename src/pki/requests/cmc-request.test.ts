import { describe, expect, it } from 'vitest'
import type { Octets } from '../../../bindings/octets/octets.js'
import {
  encode,
  encodeAll,
  explicit,
  integer,
  nullValue,
  octetString,
  oid,
  parseDer,
  readDer,
  sequence,
  setOf,
  TAG,
  type DerValue,
} from '../asn1/der.js'
import type { PkiErrorCode } from '../errors.js'
import { generateKey } from '../keys/keys.js'
import { keyUsage, encodeExtensions, templateName } from '../x509/extensions.js'
import {
  readAddition,
  readBodyPartId,
  readControls,
  writeAddition,
  writeControl,
  type Control,
} from './cmc-controls.js'
import { createPkiData, readPkiData } from './cmc-request.js'
import { OID } from './cms-names.js'
import { formatPairs, pairsFrom, parsePairs } from './name-value-pairs.js'
import { createCertificationRequest } from './pkcs10.js'

const refusal = (code: PkiErrorCode, detail?: string): Error =>
  expect.objectContaining({ name: 'PkiError', code, ...(detail === undefined ? {} : { detail }) }) as Error
const octets = (text: string): Octets => new TextEncoder().encode(text)
const value = (der: Octets): DerValue => parseDer(der)

describe('name-value pairs', () => {
  it.each<[string, [string, string][]]>([
    ['', []],
    ['&&', []],
    ['a=1', [['a', '1']]],
    [
      'a=1&b=%C3%84%26&',
      [
        ['a', '1'],
        ['b', 'Ä&'],
      ],
    ],
    [
      'a=&b==c',
      [
        ['a', ''],
        ['b', '=c'],
      ],
    ],
    ['%61=1', [['a', '1']]],
  ])('are read: %j', (text, pairs) => {
    expect([...parsePairs(octets(text))]).toEqual(pairs)
    expect(parsePairs(formatPairs(new Map(pairs)))).toEqual(new Map(pairs))
  })

  it('are written with a final ampersand', () => {
    expect(formatPairs(new Map([['a b', 'ä']]))).toEqual(octets('a%20b=%C3%A4&'))
    expect(() => formatPairs(new Map([['a', '\ud800']]))).toThrow(refusal('pki/value'))
  })

  it.each(['a', '=a', 'a=1&a=2', 'a=1&A=2', 'a=%', 'a=%ff', '%=a'])('are refused: %j', (text) => {
    expect(() => parsePairs(octets(text))).toThrow(refusal('pki/pairs'))
  })

  it('are refused where two sources have one name', () => {
    const of = (...names: string[]) => pairsFrom(names.map((name) => [name, 'x'] as const))
    expect([...of('a', 'b').keys()]).toEqual(['a', 'b'])
    expect(() => of('a', 'b', 'A')).toThrow(refusal('pki/pairs'))
    expect(() => parsePairs(Uint8Array.of(0x61, 0x3d, 0xff))).toThrow(refusal('pki/pairs'))
  })
})

describe('controls of CMC', () => {
  const read = (...controls: readonly Octets[]): Control[] => readControls(readDer(sequence(sequence(...controls))))

  it('are read', () => {
    const [first, second] = read(
      writeControl(1, '1.2.3', integer(7)),
      sequence(integer(0xffff_ffff), oid('1.2.4'), setOf()),
    )
    expect(first).toMatchObject({ bodyPartId: 1n, type: '1.2.3', values: [{ encoded: integer(7) }] })
    expect(second).toMatchObject({ bodyPartId: 0xffff_ffffn, type: '1.2.4', values: [] })
    expect(read()).toEqual([])
  })

  it.each<[string, Octets]>([
    ['a part number of 33 bits', sequence(integer(1n << 32n), oid('1.2.3'), setOf())],
    ['a negative part number', sequence(encode(2, Uint8Array.of(0xff)), oid('1.2.3'), setOf())],
    ['no type', sequence(integer(1), setOf())],
    ['no values', sequence(integer(1), oid('1.2.3'))],
    ['more after the values', sequence(integer(1), oid('1.2.3'), setOf(), nullValue())],
    ['a set', setOf()],
  ])('are refused with %s', (_, control) => {
    expect(() => read(control)).toThrow(refusal('pki/structure'))
  })

  const addition = (...values: readonly Octets[]): Control => ({
    bodyPartId: 1n,
    type: '1.2.3',
    values: values.map(value),
  })
  it('may add values to requests', () => {
    expect(readAddition(addition(writeAddition(sequence())), 0x30)).toMatchObject({
      dataReference: 0n,
      references: [1n],
    })
    expect(readBodyPartId(value(integer(0xffff_ffff)))).toBe(0xffff_ffffn)
  })

  const parts = (...more: readonly Octets[]): Octets => sequence(integer(0), sequence(integer(1)), sequence(), ...more)
  it.each<[string, Control]>([
    ['nothing', addition()],
    ['twice', addition(parts(), parts())],
    ['in a set', addition(encode(TAG.set, integer(0), sequence(integer(1)), sequence()))],
    ['to a part that is none', addition(sequence(nullValue(), sequence(), sequence()))],
    ['to parts that are none', addition(sequence(integer(0), sequence(nullValue()), sequence()))],
    ['values of another type', addition(sequence(integer(0), sequence(), setOf()))],
    ['more than values', addition(parts(nullValue()))],
  ])('do not add %s', (_, control) => {
    expect(() => readAddition(control, 0x30)).toThrow(refusal('pki/structure'))
  })
})

describe('a PKIData', async () => {
  const { der: request } = await createCertificationRequest({ subject: 'CN=a', key: await generateKey('ECDSA-P256') })
  const tagged = (...parts: readonly Octets[]): Octets => explicit(0, ...parts)
  const one = tagged(integer(1), request)
  const pkiData = (controls: readonly Octets[], requests = [one], ...rest: readonly Octets[]): Octets =>
    sequence(sequence(...controls), sequence(...requests), ...(rest.length === 0 ? [sequence(), sequence()] : rest))

  it('is read as it was made', () => {
    const pairs = new Map([['a', '1']])
    const extensions = [keyUsage('keyAgreement'), templateName('User')]
    const hash = Uint8Array.of(1, 2)
    expect(readPkiData(createPkiData(request, pairs, extensions, hash))).toEqual({
      ...{ certificationRequest: expect.objectContaining({ encoded: request }) as unknown, pairs },
      ...{ extensions: new Map(extensions.map((each) => [each.oid, each])), encryptedKeyHash: hash },
    })
    const bare = createPkiData(request, new Map(), [])
    expect(bare).toEqual(pkiData([]))
    expect(readPkiData(bare)).toMatchObject({ pairs: new Map(), extensions: new Map(), encryptedKeyHash: undefined })
  })

  it('may add extensions in several controls, each once', () => {
    const adding = (id: number, usage: ReturnType<typeof keyUsage>): Octets =>
      writeControl(id, OID.addExtensions, writeAddition(encodeExtensions([usage])))
    const { extensions } = readPkiData(pkiData([adding(2, keyUsage('cRLSign')), adding(3, templateName('User'))]))
    expect([...extensions.keys()]).toEqual([keyUsage().oid, templateName('').oid])
    const twice = pkiData([adding(2, keyUsage('cRLSign')), adding(3, keyUsage('keyAgreement'))])
    expect(() => readPkiData(twice)).toThrow(refusal('pki/structure'))
  })

  it.each<[string, PkiErrorCode, Octets, string?]>([
    ['a set', 'pki/structure', encode(TAG.set, sequence(), sequence(one), sequence(), sequence())],
    ['more after its messages', 'pki/structure', pkiData([], [one], sequence(), sequence(), sequence())],
    ['a CMS in it', 'pki/cmc-nested', pkiData([], [one], sequence(sequence()), sequence())],
    ['another message in it', 'pki/cmc-nested', pkiData([], [one], sequence(), sequence(sequence()))],
    ['a CRMF', 'pki/cmc-body', pkiData([], [explicit(1, integer(1))]), 'CRMF'],
    ['another request', 'pki/cmc-body', pkiData([], [explicit(2, integer(1))]), 'another kind of request'],
    ['a request without a number', 'pki/structure', pkiData([], [tagged(request)])],
    ['a request that is none', 'pki/structure', pkiData([], [tagged(integer(1), integer(1))])],
    ['more after the request', 'pki/structure', pkiData([], [tagged(integer(1), request, nullValue())])],
    [
      'a control named by a name',
      'pki/cmc-control',
      pkiData([writeControl(2, '1.3.6.1.5.5.7.7.3', integer(1))]),
      'identityProof',
    ],
    ['another control', 'pki/cmc-control', pkiData([writeControl(2, '1.2.3', integer(1))]), '1.2.3'],
    [
      'regInfo twice in one control',
      'pki/structure',
      pkiData([sequence(integer(2), oid(OID.regInfo), setOf(octetString(octets('a=1')), octetString(octets('b=2'))))]),
    ],
    [
      'attributes that are none',
      'pki/structure',
      pkiData([writeControl(2, OID.addAttributes, writeAddition(setOf(integer(1))))]),
    ],
  ])('is refused with %s', (_, code, der, detail) => {
    expect(() => readPkiData(der)).toThrow(refusal(code, detail))
  })

  it('is refused with more hashes than a call has arguments', () => {
    const hashes = encodeAll(TAG.set, Array<Octets>(200_000).fill(octetString(new Uint8Array())))
    const control = sequence(integer(2), oid(OID.encryptedKeyHash), hashes)
    expect(() => readPkiData(pkiData([control]))).toThrow(refusal('pki/archival-request'))
    const added = writeControl(2, OID.addAttributes, writeAddition(setOf(sequence(oid(OID.encryptedKeyHash), hashes))))
    expect(() => readPkiData(pkiData([added]))).toThrow(refusal('pki/archival-request'))
  })
})
