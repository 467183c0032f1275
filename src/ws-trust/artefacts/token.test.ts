import { describe, expect, it } from 'vitest'
import { parseXml } from '../../xml/parse.js'
import { codeOf, createTestIssuer, edited, group, xml } from '../testing/fixtures.js'
import { heldTokens, type TokenBatch } from './held-tokens.js'
import { createTokenInformation } from './token-information.js'
import { readToken, tokenFromDocument, writeToken, type TokenDocument } from './token.js'

const tokenInformation = createTokenInformation(new Date('2010-03-01T00:00:00Z'))
const [h, sigmaZPrime, sigmaCPrime, sigmaRPrime] = [1, 2, 3, 4].map((octet) => Uint8Array.of(octet)) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
  Uint8Array,
]
const token: TokenDocument = { uidp: 'urn:ip1', h, tokenInformation, sigmaZPrime, sigmaCPrime, sigmaRPrime }

describe('a token', () => {
  it('is written, and read back', () => {
    const text = xml(writeToken(token))
    expect(text).toContain(
      `<up:UIDP>urn:ip1</up:UIDP><up:H>AQ==</up:H>${new TextDecoder().decode(tokenInformation.octets).replace(/ xmlns:up="[^"]*"/, '')}` +
        '<up:SigmaZPrime>Ag==</up:SigmaZPrime><up:SigmaCPrime>Aw==</up:SigmaCPrime><up:SigmaRPrime>BA==</up:SigmaRPrime>',
    )
    expect(readToken(parseXml(text))).toEqual(token)
  })

  it.each([
    ['no version', ' Version="1.0"', '', 'ws-trust/attribute'],
    ['another version', '"1.0"', '"1.1"', 'ws-trust/version'],
    ['a relative UIDP', 'urn:ip1', 'ip1', 'ws-trust/uri'],
    ['no h', '<up:H>AQ==</up:H>', '', 'ws-trust/element'],
    ['no TI', /<up:TI>.*<\/up:TI>/, '', 'ws-trust/element'],
    ['no r', /<up:SigmaRPrime>.*<\/up:SigmaRPrime>/, '', 'ws-trust/element'],
    ['a number that is none', '>Aw==<', '>AwA<', 'ws-trust/crypto-binary'],
    ['something more', '</up:Token>', '<up:X/></up:Token>', 'ws-trust/element'],
  ])('is refused with %s', async (_, from, to, code) => {
    expect(await codeOf(() => readToken(edited(writeToken(token), from, to)))).toBe(code)
  })

  it('has the widths of its group', async () => {
    const { parameters } = createTestIssuer()
    const { elementLength, scalarLength } = group
    const found = tokenFromDocument(parameters, token)
    expect(found).toMatchObject({ uid: parameters.parameters.uid, proverInformation: null, deviceProtected: false })
    expect(found.tokenInformation).toBe(tokenInformation.octets)
    const lengths = [elementLength, elementLength, scalarLength, scalarLength]
    const numbers = [found.h, found.sigmaZPrime, found.sigmaCPrime, found.sigmaRPrime]
    expect(numbers.map(({ length }) => length)).toEqual(lengths)
    expect(numbers.map((number) => number.at(-1))).toEqual([1, 2, 3, 4])
    const names = ['h', 'sigmaZPrime', 'sigmaCPrime', 'sigmaRPrime'] as const
    for (const [i, name] of names.entries()) {
      const long = { ...token, [name]: new Uint8Array(lengths[i]! + 1).fill(1) }
      expect(await codeOf(() => tokenFromDocument(parameters, long))).toBe('ws-trust/number-range')
    }
  })

  it('is Device-protected where its TI names a Device generator', () => {
    const ti = createTokenInformation(tokenInformation.notOnOrAfter, 'urn:gd')
    const { parameters } = createTestIssuer()
    expect(tokenFromDocument(parameters, { ...token, tokenInformation: ti }).deviceProtected).toBe(true)
  })
})

describe('the tokens of batches', () => {
  it('have the contents of their batch each', () => {
    const batch = (tokenClass: 'claim' | 'ID', ...tokens: string[]) =>
      ({ tokenClass, uidp: 'urn:ip1', tokenInformation, attributes: [tokenClass], tokens }) as unknown as TokenBatch
    const contents = { uidp: 'urn:ip1', tokenInformation }
    expect(heldTokens([batch('claim', 'a', 'b'), batch('ID', 'c'), batch('ID')])).toEqual([
      { ...contents, tokenClass: 'claim', attributes: ['claim'], issued: 'a' },
      { ...contents, tokenClass: 'claim', attributes: ['claim'], issued: 'b' },
      { ...contents, tokenClass: 'ID', attributes: ['ID'], issued: 'c' },
    ])
    expect(heldTokens([])).toEqual([])
  })
})
