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
import { UP, WST } from './syntax/names.js'
import { readPresentationToken, writePresentationToken } from './artefacts/presentation-token.js'
import { codeOf, xml } from './testing/fixtures.js'

/*
 * The content of figures 3 to 8 with its slips mended: dates have separators, names their hyphens, TI is well-formed and
 * without white space. Numbers are as far as the figures print them; figures 5 and 6 print them whole.
 */
const namespaces = `xmlns:up="${UP}" xmlns:wst="${WST}"`
const context = 'uuid-54a545f7-3457-4c59-b93d-02445f28c495'
const pair = (a = 'YooTfNOgFbRPiT34UW0p', b = 'cM/BGFUeLTNLtPJbUfw8'): string => `
    <up:SigmaPair>
      <up:SigmaA>${a}</up:SigmaA>
      <up:SigmaB>${b}</up:SigmaB>
    </up:SigmaPair>`

const figure3 = `
<wst:RequestSecurityToken ${namespaces} Context="${context}">
  <wst:RequestType>http://docs.oasis-open.org/ws-sx/ws-trust/200512/Issue</wst:RequestType>
  <wst:TokenType>http://schemas.xmlsoap.org/ws/2011/02/u-prove/token
    </wst:TokenType>
</wst:RequestSecurityToken>`

const figure4 = `
<wst:RequestSecurityTokenResponse ${namespaces} Context="${context}">
 <wst:TokenType>http://schemas.xmlsoap.org/ws/2011/02/u-prove/token</wst:TokenType>
 <up:Instances>
  <up:Instance TokenClass="claim" TokenCount="3">
   <up:Attributes>
    <up:Attribute Index="1">bob@contoso.com</up:Attribute>
    <up:Attribute Index="2">Bob</up:Attribute>
    <up:Attribute Index="3">1</up:Attribute>
   </up:Attributes>
   <up:TI><up:NotOnOrAfter>2010-04-01T00:00:00Z</up:NotOnOrAfter></up:TI>
   <up:IssuanceMessage1>${pair()}${pair()}${pair()}
   </up:IssuanceMessage1>
  </up:Instance>
  <up:Instance TokenClass="ID" TokenCount="5">
   <up:TI><up:NotOnOrAfter>2010-04-01T00:00:00Z</up:NotOnOrAfter></up:TI>
   <up:IssuanceMessage1>${pair('ZxOeoVV5nM7HOBiYLZIA', 'QIAELZHB3VP1WtCGE5DF')}${pair()}${pair()}${pair()}${pair()}
   </up:IssuanceMessage1>
  </up:Instance>
 </up:Instances>
 <up:UIDP>http://fabrikam.com/ip1</up:UIDP>
</wst:RequestSecurityTokenResponse>`

const figure5 = `
<wst:RequestSecurityTokenResponse ${namespaces} Context="${context}">
 <up:Instances>
  <up:Instance>
   <up:IssuanceMessage2>
    <up:SigmaC>WukyBnOt1J6Qzi8Qeo+G5a4SC0Tfi03bh2XMCjDjKHM=</up:SigmaC>
    <up:SigmaC>iMbTiKEdvEJyuF9L6ATZzJtx3L4WgPO3iDMZ0eKOlwg=</up:SigmaC>
    <up:SigmaC>HQpD6TjEpJyTspSPIH2GsweQdT6pzzUNyHHB37QpyZY=</up:SigmaC>
   </up:IssuanceMessage2>
  </up:Instance>
  <up:Instance>
   <up:IssuanceMessage2>
    <up:SigmaC>STK4NVt0c1MuK+SnvMgnEG2b37+DQLIYLGoWM59sih4=</up:SigmaC>
    <up:SigmaC>kqiIEFvJXhd8ZeOT24nx520Ua+S3r2Z8IpzlySC6H54=</up:SigmaC>
    <up:SigmaC>UnwSYriV22KFSUvTHsBk5ImRfYXmymDprV3RmrW5a4w=</up:SigmaC>
    <up:SigmaC>q4xkz+Yolu9taHRWokWm696NPwccj4Ns6LunhUpVrjM=</up:SigmaC>
    <up:SigmaC>jR+e2P5NctWIU49oi5yI0QBZ3vadxxGTXHr6MvDQr/I=</up:SigmaC>
   </up:IssuanceMessage2>
  </up:Instance>
 </up:Instances>
</wst:RequestSecurityTokenResponse>`

const figure6 = `
<wst:RequestSecurityTokenResponseCollection ${namespaces}>
 <wst:RequestSecurityTokenResponse Context="${context}">
  <up:Instances>
   <up:Instance>
    <up:IssuanceMessage3>
     <up:SigmaR>Za1SqV9FhCaqU/wf+LSDfN0C5a8BXHBziygp3hCn+lg=</up:SigmaR>
     <up:SigmaR>wry2vKIif+scfM+MwZ43PW3QdmlwY0Wwe2phQfsWT10=</up:SigmaR>
     <up:SigmaR>RyEpz9EEVZkM+OKxflgAweGNE6+bBTMtWevxGGfaSl8=</up:SigmaR>
    </up:IssuanceMessage3>
   </up:Instance>
   <up:Instance>
    <up:IssuanceMessage3>
     <up:SigmaR>RGRhSZgKikVB5TEEk3KrZC7W0euOpTsumFLQgcnQ95o=</up:SigmaR>
     <up:SigmaR>CekFMP8dKKq72Y0mi4SnmuTSjMDd3qGbE6domnkTXyQ=</up:SigmaR>
    </up:IssuanceMessage3>
   </up:Instance>
  </up:Instances>
 </wst:RequestSecurityTokenResponse>
</wst:RequestSecurityTokenResponseCollection>`

const token = (ti: string, h = 'Vuv9TIPe+rcAPxcpX20F'): string => `
   <up:Token Version="1.0">
    <up:UIDP>http://fabrikam.com/ip1</up:UIDP>
    <up:H>${h}</up:H>
    <up:TI>${ti}<up:NotOnOrAfter>2010-04-01T00:00:00Z</up:NotOnOrAfter></up:TI>
    <up:SigmaZPrime>Z/cSeGXhvcjTlAQw36fq</up:SigmaZPrime>
    <up:SigmaCPrime>Pjwa3US2c1U99TOM</up:SigmaCPrime>
    <up:SigmaRPrime>OWJHTMjiwAq8Ganeyeu3</up:SigmaRPrime>
   </up:Token>`
const a = 'MszDfj0WmUghDdEv8rIbPQBwgN2s'

const figure7 = `
<up:PresentationToken Version="1.0" xmlns:up="${UP}">
 <up:Message>
  <up:Nonce>2009-04-27T22:11:57.444Z,https://www.contoso.com</up:Nonce>
 </up:Message>
 <up:Presentations>
  <up:Presentation TokenClass="claim">${token('')}
   <up:SubsetProof>
    <up:Attributes>
     <up:Attribute Index="2">Bob</up:Attribute>
    </up:Attributes>
    <up:A>${a}</up:A>
    <up:R0>KWVDRNEyJG19p6AfuDkwMUhi</up:R0>
    <up:Responses>
     <up:R>fRvB3Fni09vkgnHGd8m6Ofxk</up:R>
     <up:R>Tm8XfvpZq5+9iVkdtRntk9vK</up:R>
    </up:Responses>
   </up:SubsetProof>
  </up:Presentation>
  <up:Presentation TokenClass="ID">${token('', 'j5ep7KiPuxdODBZOD8nB83eU')}
   <up:SubsetProof>
    <up:A>s6eUwtsfXtt478/s6nUFSeFa</up:A>
    <up:R0>fyQLY758BjqVRugvph4Wa10z</up:R0>
   </up:SubsetProof>
  </up:Presentation>
 </up:Presentations>
</up:PresentationToken>`

const figure8 = `
<up:PresentationToken Version="1.0" xmlns:up="${UP}">
 <up:Message>
  <up:Nonce>dGhlc2VhcmVyYW5kb21ieXRlcw==</up:Nonce>
  <up:SignedData>I accept the terms and conditions of Contoso</up:SignedData>
 </up:Message>
 <up:Presentations>
  <up:Presentation TokenClass="claim">${token('<up:Gd GdName="urn:oid:1.3.6.1.4.1.311.75.1.1.1"/>')}
   <up:SubsetProof>
    <up:Attributes>
     <up:Attribute Index="3">1</up:Attribute>
    </up:Attributes>
    <up:A>${a}</up:A>
    <up:R0>KWVDRNEyJG19p6AfuDkwMUhi</up:R0>
    <up:Responses>
     <up:R>fRvB3Fni09vkgnHGd8m6Ofxk</up:R>
     <up:R>Tm8XfvpZq5+9iVkdtRntk9vK</up:R>
    </up:Responses>
    <up:Rd>J4KScM/4BGFUeL6TNLAtPJgb</up:Rd>
   </up:SubsetProof>
  </up:Presentation>
 </up:Presentations>
</up:PresentationToken>`

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
