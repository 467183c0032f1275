import { describe, expect, it } from 'vitest'
import { canonicalize } from '../../xml/canonicalize.js'
import { codeOf, edited, xml } from '../testing/fixtures.js'
import { createMessage } from './presentation-message.js'
import { readPresentationToken, writePresentationToken, type PresentationDocument } from './presentation-token.js'
import { createTokenInformation } from './token-information.js'

const one = Uint8Array.of(1)
const tokenInformation = createTokenInformation(new Date('2010-03-01T00:00:00Z'))
const token = { uidp: 'urn:ip1', h: one, tokenInformation, sigmaZPrime: one, sigmaCPrime: one, sigmaRPrime: one }
const claim: PresentationDocument = {
  tokenClass: 'claim',
  token,
  attributes: [
    { index: 1, value: 'Bob' },
    { index: 3, value: null },
  ],
  a: Uint8Array.of(0, 2),
  r0: Uint8Array.of(3),
  r: [Uint8Array.of(4), Uint8Array.of(5)],
  rd: Uint8Array.of(6),
}
const id: PresentationDocument = { ...claim, tokenClass: 'ID', attributes: [], r: [], rd: undefined }
const message = createMessage('n', 'x')
const element = writePresentationToken({ message, presentations: [claim, id] })

describe('a presentation token', () => {
  it('is written, and read back', () => {
    const proofs = [...xml(element).matchAll(/<up:SubsetProof>(.*?)<\/up:SubsetProof>/g)].map(([, proof]) => proof)
    expect(proofs).toEqual([
      '<up:Attributes><up:Attribute Index="1">Bob</up:Attribute><up:Attribute Index="3"></up:Attribute></up:Attributes>' +
        '<up:A>AAI=</up:A><up:R0>Aw==</up:R0>' +
        '<up:Responses><up:R>BA==</up:R><up:R>BQ==</up:R></up:Responses><up:Rd>Bg==</up:Rd>',
      '<up:A>AAI=</up:A><up:R0>Aw==</up:R0>',
    ])
    expect(xml(element)).toMatch(/^<up:PresentationToken [^>]*Version="1\.0"><up:Message><up:Nonce>n<\/up:Nonce>/)
    expect(readPresentationToken(canonicalize(element))).toEqual({ message, presentations: [claim, id] })
  })

  it('is read within limits', async () => {
    expect(await codeOf(() => readPresentationToken(xml(element), { maxNodes: 10 }))).toBe('xml/limit-nodes')
    expect(await codeOf(() => readPresentationToken(xml(element), { maxBytes: 100 }))).toBe('xml/limit-bytes')
  })

  it.each<[string, string | RegExp, string, string]>([
    ['another name', /up:PresentationToken/g, 'up:Token', 'ws-trust/element'],
    ['no version', ' Version="1.0"', '', 'ws-trust/attribute'],
    ['another version', ' Version="1.0"', ' Version="2.0"', 'ws-trust/version'],
    ['no message', /<up:Message>.*<\/up:Message>/, '', 'ws-trust/element'],
    ['no presentations', /<up:Presentation .*<\/up:Presentation>/, '', 'ws-trust/element'],
    ['something behind', '</up:PresentationToken>', '<up:X/></up:PresentationToken>', 'ws-trust/element'],
    ['something behind the presentations', '</up:Presentations>', '<up:X/></up:Presentations>', 'ws-trust/element'],
    ['no class', ' TokenClass="claim"', '', 'ws-trust/attribute'],
    ['no token', /<up:Token .*?<\/up:Token>/, '', 'ws-trust/element'],
    ['something behind a proof', '</up:SubsetProof>', '</up:SubsetProof><up:X/>', 'ws-trust/element'],
    ['no attribute in their list', /<up:Attribute .*<\/up:Attribute>/, '', 'ws-trust/element'],
    ['no a', '<up:A>AAI=</up:A>', '', 'ws-trust/element'],
    ['an a that is no base64', '>AAI=<', '>AAI<', 'ws-trust/base64'],
    ['no r_0', '<up:R0>Aw==</up:R0>', '', 'ws-trust/element'],
    ['no response in their list', '<up:R>BA==</up:R><up:R>BQ==</up:R>', '', 'ws-trust/element'],
    ['something among the responses', '</up:Responses>', '<up:X/></up:Responses>', 'ws-trust/element'],
    ['an attribute of the responses', '<up:Responses>', '<up:Responses A="1">', 'ws-trust/attribute'],
    ['two r_d', '</up:Rd>', '</up:Rd><up:Rd>Bg==</up:Rd>', 'ws-trust/element'],
    ['an r_d that is none', '>Bg==<', '>AAE=<', 'ws-trust/crypto-binary'],
    [
      'r_d before the responses',
      /(<up:Responses>.*?<\/up:Responses>)(<up:Rd>.*?<\/up:Rd>)/,
      '$2$1',
      'ws-trust/element',
    ],
  ])('is refused with %s', async (_, from, to, code) => {
    expect(await codeOf(() => readPresentationToken(edited(element, from, to)))).toBe(code)
  })

  it('may name any class: the Verifier judges it', () => {
    const other = readPresentationToken(edited(element, '"claim"', '"other"'))
    expect(other.presentations[0]?.tokenClass).toBe('other')
  })
})
