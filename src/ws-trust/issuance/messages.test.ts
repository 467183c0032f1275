import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { XmlElement } from '../../xml/tree.js'
import { createTokenInformation } from '../artefacts/token-information.js'
import { ISSUE, UP, up, WST, wst } from '../syntax/names.js'
import { codeOf, edited, xml } from '../testing/fixtures.js'
import {
  readFirstResponse,
  readSecondResponse,
  readThirdResponse,
  readTokenRequest,
  writeFirstResponse,
  writeSecondResponse,
  writeThirdResponse,
  writeTokenRequest,
  type FirstResponse,
  type SecondResponse,
  type ThirdResponse,
  type TokenRequest,
} from './messages.js'

/** Numbers as they are read: without leading zeros, zero as one octet. */
const number = fc.uint8Array({ minLength: 1, maxLength: 4 }).filter((octets) => octets.length === 1 || octets[0] !== 0)
const numbers = fc.array(fc.array(number, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 })
const context = fc.stringMatching(/^[!-~]{1,40}$/)
const tokenClass = fc.constantFrom('claim' as const, 'ID' as const)
const value = fc.option(fc.stringMatching(/^[ -~]{1,20}$/))
const tokenInformation = fc.constantFrom(
  createTokenInformation(new Date('2010-03-01T00:00:00Z')),
  createTokenInformation(new Date('2010-04-01T12:00:00Z'), 'urn:oid:1.3.6.1.4.1.311.75.1.1.1'),
)

const requests: fc.Arbitrary<TokenRequest> = fc.record({
  context,
  instances: fc.option(
    fc.array(fc.record({ tokenClass, tokenCount: fc.nat(0xffff) }), { minLength: 1, maxLength: 4 }),
    { nil: undefined },
  ),
  deviceParameters: fc.constant(undefined),
})
const instance = fc
  .tuple(
    fc.option(fc.array(value, { maxLength: 3 }), { nil: undefined }),
    tokenInformation,
    fc.array(fc.tuple(number, number), { minLength: 1, maxLength: 3 }),
  )
  .map(([attributes, information, pairs]) => ({
    tokenClass: attributes === undefined ? ('ID' as const) : ('claim' as const),
    tokenCount: pairs.length,
    attributes,
    tokenInformation: information,
    sigmaA: pairs.map(([a]) => a),
    sigmaB: pairs.map(([, b]) => b),
  }))
const firstResponses: fc.Arbitrary<FirstResponse> = fc.record({
  context,
  uidp: fc.constant('http://fabrikam.com/ip1'),
  instances: fc.array(instance, { minLength: 1, maxLength: 3 }),
})
const secondResponses: fc.Arbitrary<SecondResponse> = fc.record({ context, sigmaC: numbers })
const thirdResponses: fc.Arbitrary<ThirdResponse> = fc.record({ context, sigmaR: numbers })

describe('what is read is what was written:', () => {
  const same = <T>(values: fc.Arbitrary<T>, write: (of: T) => XmlElement, read: (message: string) => T) => {
    fc.assert(
      fc.property(values, (of) => {
        expect(read(xml(write(of)))).toEqual(of)
      }),
      { numRuns: 50 },
    )
  }

  it('token requests', () => {
    same(requests, writeTokenRequest, readTokenRequest)
  })
  it('first responses', () => {
    same(firstResponses, writeFirstResponse, readFirstResponse)
  })
  it('second responses', () => {
    same(secondResponses, writeSecondResponse, readSecondResponse)
  })
  it('third responses', () => {
    same(thirdResponses, writeThirdResponse, readThirdResponse)
  })

  it('Device parameters, as they are', () => {
    const deviceParameters = up('DeviceParameters', { Id: 'd' }, up('Hd', {}, 'AQ=='))
    const request = writeTokenRequest({ context: 'c', instances: undefined, deviceParameters })
    const read = readTokenRequest(xml(request))
    expect(read.deviceParameters && xml(read.deviceParameters)).toBe(xml(deviceParameters))
  })
})

describe('a message has nothing that its outline has not:', () => {
  const gd = 'urn:oid:1.3.6.1.4.1.311.75.1.1.1'
  const pair = { sigmaA: [Uint8Array.of(1), Uint8Array.of(2)], sigmaB: [Uint8Array.of(3), Uint8Array.of(4)] }
  const shared = { tokenCount: 2, ...pair, tokenInformation: createTokenInformation(new Date(2e12), gd) }
  const sigmas = [[Uint8Array.of(1), Uint8Array.of(2)], [Uint8Array.of(3)]]
  const messages: [string, XmlElement, (message: string) => unknown][] = [
    [
      'the token request',
      writeTokenRequest({
        context: 'c',
        instances: [
          { tokenClass: 'claim', tokenCount: 1 },
          { tokenClass: 'ID', tokenCount: 0 },
        ],
        deviceParameters: undefined,
      }),
      readTokenRequest,
    ],
    [
      'the first response',
      writeFirstResponse({
        context: 'c',
        uidp: 'urn:u',
        instances: [
          { tokenClass: 'claim', attributes: ['Bob', '1'], ...shared },
          { tokenClass: 'ID', attributes: undefined, ...shared },
        ],
      }),
      readFirstResponse,
    ],
    ['the second response', writeSecondResponse({ context: 'c', sigmaC: sigmas }), readSecondResponse],
    ['the third response', writeThirdResponse({ context: 'c', sigmaR: sigmas }), readThirdResponse],
  ]

  /** The message with a text put in before each match in turn. */
  const variants = (message: XmlElement, before: RegExp, added: string): string[] => {
    const text = xml(message)
    const found = Array.from(text.matchAll(before), ({ index }) => text.slice(0, index) + added + text.slice(index))
    expect(found.length).toBeGreaterThan(5)
    return found
  }

  it.each(messages)('%s, no other element at the end of one', async (_, message, read) => {
    expect(await codeOf(() => read(xml(message)))).toBe('accepted')
    for (const variant of variants(message, /<\//g, `<x:X xmlns:x="${UP}"/>`))
      expect(await codeOf(() => read(variant)), variant).toMatch(/^ws-trust\/(?:element|text)$/)
  })

  it.each(messages)('%s, no other attribute', async (_, message, read) => {
    for (const variant of variants(message, /(?<=<[a-z]+:\w+)(?=[ >])/g, ' x="y"'))
      expect(await codeOf(() => read(variant)), variant).toBe('ws-trust/attribute')
  })

  it.each(messages)('%s, no text between elements', async (_, message, read) => {
    for (const variant of variants(message, /(?<=>)(?=<)/g, 'x'))
      expect(await codeOf(() => read(variant)), variant).toMatch(
        /^ws-trust\/(?:text|element|white-space|crypto-binary)$/,
      )
  })
})

describe('a token request', () => {
  it('may leave out the type of the tokens, and may have its parts in any order', () => {
    const instances = up('Instances', {}, up('Instance', { TokenClass: ' ID ', TokenCount: '007' }))
    const type = wst('RequestType', {}, `\n${ISSUE} `)
    const request = wst('RequestSecurityToken', { Context: 'c' }, instances, type)
    expect(readTokenRequest(xml(request))).toEqual({
      context: 'c',
      instances: [{ tokenClass: 'ID', tokenCount: 7 }],
      deviceParameters: undefined,
    })
  })

  it.each([
    ['no request type', wst('RequestSecurityToken', { Context: 'c' }), 'ws-trust/request-type'],
    [
      'an empty token type',
      wst('RequestSecurityToken', { Context: 'c' }, wst('TokenType', {}), wst('RequestType', {}, ISSUE)),
      'ws-trust/token-type',
    ],
    ['no Context', wst('RequestSecurityToken', {}, wst('RequestType', {}, ISSUE)), 'ws-trust/context'],
  ])('with %s is refused', async (_, request, code) => {
    expect(await codeOf(() => readTokenRequest(request))).toBe(code)
  })
})

it('a Context has at most 2048 characters, in every message', async () => {
  const sigmas = [[Uint8Array.of(1)]]
  const long = 'x'.repeat(2048)
  const messages: [(of: string) => XmlElement, (message: XmlElement) => { context: string }][] = [
    [(of) => writeTokenRequest({ context: of, instances: undefined, deviceParameters: undefined }), readTokenRequest],
    [(of) => writeSecondResponse({ context: of, sigmaC: sigmas }), readSecondResponse],
    [(of) => writeThirdResponse({ context: of, sigmaR: sigmas }), readThirdResponse],
  ]
  for (const [write, read] of messages) {
    expect(read(write(long)).context).toBe(long)
    for (const refused of ['', `${long}x`]) expect(await codeOf(() => read(write(refused)))).toBe('ws-trust/context')
  }
})

describe('a first response is refused', () => {
  const response = writeFirstResponse({
    context: 'c',
    uidp: 'urn:u',
    instances: [
      {
        tokenClass: 'claim',
        tokenCount: 1,
        attributes: ['Bob'],
        tokenInformation: createTokenInformation(new Date(2e12)),
        sigmaA: [Uint8Array.of(1)],
        sigmaB: [Uint8Array.of(2)],
      },
    ],
  })

  it.each<[string, string | RegExp, string, string]>([
    ['without instances', /<up:Instances .*<\/up:Instances>/, '', 'ws-trust/element'],
    ['without a UIDP', /<up:UIDP .*<\/up:UIDP>/, '', 'ws-trust/element'],
    ['with a UIDP that is no URI', '>urn:u<', '>u<', 'ws-trust/uri'],
    ['without a type of tokens', /<wst:TokenType>.*<\/wst:TokenType>/, '', 'ws-trust/token-type'],
    ['with an empty type of tokens', /(<wst:TokenType>).*(?=<\/wst:TokenType>)/, '$1', 'ws-trust/token-type'],
    ['of WS-Trust 1.4', WST, 'http://docs.oasis-open.org/ws-sx/ws-trust/200802', 'ws-trust/element'],
  ])('%s', async (_, from, to, code) => {
    expect(await codeOf(() => readFirstResponse(response))).toBe('accepted')
    expect(await codeOf(() => readFirstResponse(edited(response, from, to)))).toBe(code)
  })
})
