import { describe, expect, it } from 'vitest'
import { canonicalize } from '../xml/canonicalize.js'
import { parseXml } from '../xml/parse.js'
import type { XmlElement } from '../xml/tree.js'
import {
  readFirstResponse,
  readSecondResponse,
  readThirdResponse,
  readTokenRequest,
  writeFirstResponse,
  writeSecondResponse,
  writeThirdResponse,
  writeTokenRequest,
} from './issuance/messages.js'
import { UP } from './syntax/names.js'
import { readPresentationToken, writePresentationToken } from './artefacts/presentation-token.js'
import { context, figure3, figure4, figure5, figure6, figure7, figure8 } from './testing/figures.js'
import { codeOf, xml } from './testing/fixtures.js'

/** The canonical form without the white space between elements, which we do not write. */
const dense = (figure: string): string =>
  xml(parseXml(figure.replace(/>\s+</g, '><').replace('token\n    </', 'token</').trim()))

function roundTrip<T>(read: (input: XmlElement | string) => T, write: (value: T) => XmlElement, figure: string): T {
  const value = read(figure.trim())
  const written = write(value)
  expect(read(new TextDecoder().decode(canonicalize(written)))).toEqual(value)
  return value
}

describe('the figures of the specification', () => {
  it('3: the token request', () => {
    const request = roundTrip(readTokenRequest, writeTokenRequest, figure3)
    expect(request).toEqual({ context, instances: undefined, deviceParameters: undefined })
    // In the order of the outline, which figure 3 has not.
    expect(xml(writeTokenRequest(request))).toBe(
      dense(figure3).replace(/(<wst:RequestType>.*<\/wst:RequestType>)(<wst:TokenType>.*<\/wst:TokenType>)/, '$2$1'),
    )
  })

  it('4: the first response', () => {
    const first = roundTrip(readFirstResponse, writeFirstResponse, figure4)
    expect(xml(writeFirstResponse(first))).toBe(dense(figure4))
    expect(first).toMatchObject({
      context,
      uidp: 'http://fabrikam.com/ip1',
      instances: [
        { tokenClass: 'claim', tokenCount: 3, attributes: ['bob@contoso.com', 'Bob', '1'] },
        { tokenClass: 'ID', tokenCount: 5, attributes: undefined },
      ],
    })
    expect(first.instances.map(({ sigmaA, sigmaB }) => [sigmaA.length, sigmaB.length])).toEqual([
      [3, 3],
      [5, 5],
    ])
  })

  it('5: the second response', () => {
    const second = roundTrip(readSecondResponse, writeSecondResponse, figure5)
    expect(xml(writeSecondResponse(second))).toBe(dense(figure5))
    expect(second.sigmaC.map((numbers) => numbers.length)).toEqual([3, 5])
    expect(second.sigmaC.flat().every((number) => number.length === 32)).toBe(true)
  })

  it('6: the third response', () => {
    const third = roundTrip(readThirdResponse, writeThirdResponse, figure6)
    expect(xml(writeThirdResponse(third))).toBe(dense(figure6))
    expect(third.sigmaR.map((numbers) => numbers.length)).toEqual([3, 2])
  })

  it('7: a presentation token with the client’s message', () => {
    const presentation = roundTrip(readPresentationToken, writePresentationToken, figure7)
    expect(presentation.message.nonce).toBe('2009-04-27T22:11:57.444Z,https://www.contoso.com')
    expect(presentation.presentations).toMatchObject([
      { tokenClass: 'claim', attributes: [{ index: 2, value: 'Bob' }], rd: undefined },
      { tokenClass: 'ID', attributes: [], r: [], rd: undefined },
    ])
    // m is what was received, white space and all: only the rest is written densely.
    expect(xml(writePresentationToken(presentation))).toBe(withMessageOf(figure7))
  })

  it('8: a presentation token of a Device-protected token', () => {
    const presentation = roundTrip(readPresentationToken, writePresentationToken, figure8)
    expect(presentation.message.signedData).toBe('I accept the terms and conditions of Contoso')
    const [first] = presentation.presentations
    expect(first?.token.tokenInformation.deviceGenerator).toBe('urn:oid:1.3.6.1.4.1.311.75.1.1.1')
    expect(first?.rd).toHaveLength(18)
    expect(xml(writePresentationToken(presentation))).toBe(withMessageOf(figure8))
  })

  it.each<[string, (input: string) => unknown, string, string | RegExp, string, string]>([
    ['3, u-prove', readTokenRequest, figure3, '/u-prove/token', '/uprove/token', 'ws-trust/token-type'],
    ['4, the date without separators', readFirstResponse, figure4, '2010-04-01', '20100401', 'ws-trust/date-time'],
    ['4, the date of its first TI', readFirstResponse, figure4, '00:00:00Z', '00:002', 'ws-trust/date-time'],
    ['7, u-prove', readPresentationToken, figure7, UP, UP.replace('u-prove', 'uprove'), 'ws-trust/element'],
    [
      '7, the TI',
      readPresentationToken,
      figure7,
      /<up:NotOnOrAfter>.*<\/up:NotOnOrAfter><\/up:TI>/,
      '<up:NotOnOrAfter></up:TI>',
      'xml/not-well-formed',
    ],
    [
      '8, white space in TI',
      readPresentationToken,
      figure8,
      '/><up:NotOnOrAfter',
      '/>\n            <up:NotOnOrAfter',
      'ws-trust/white-space',
    ],
  ])('as they are printed are refused: %s', async (_, read, figure, mended, printed, code) => {
    expect(await codeOf(() => read(figure.trim()))).toBe('accepted')
    const slip = figure.replace(mended, printed)
    expect(slip).not.toBe(figure)
    expect(await codeOf(() => read(slip.trim()))).toBe(code)
  })
})

function withMessageOf(figure: string): string {
  const message = /<up:Message>[^]*<\/up:Message>/.exec(figure)![0]
  return dense(figure).replace(/<up:Message>[^]*<\/up:Message>/, message)
}
