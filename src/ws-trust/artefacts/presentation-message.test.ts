import { describe, expect, it } from 'vitest'
import { canonicalize } from '../../xml/canonicalize.js'
import { parseXml } from '../../xml/parse.js'
import { UP } from '../syntax/names.js'
import { codeOf, xml } from '../testing/fixtures.js'
import {
  audienceOf,
  clientNonce,
  createMessage,
  messageDigest,
  messageElement,
  NONCE_LENGTH,
  parseClientNonce,
  readMessage,
  relyingPartyNonce,
} from './presentation-message.js'

const TIME = '2010-01-15T12:00:00Z'
const time = new Date(TIME)
const PARTY = 'https://www.contoso.com'
const read = (content: string, attributes = '') =>
  readMessage(parseXml(`<up:Message xmlns:up="${UP}"${attributes}>${content}</up:Message>`))
const text = (octets: Uint8Array) => new TextDecoder().decode(octets)

describe('a message', () => {
  it.each([
    ['nothing to be signed', undefined, ''],
    ['a text to be signed', 'I & you', '<up:SignedData>I &amp; you</up:SignedData>'],
    ['an empty text to be signed', '', '<up:SignedData></up:SignedData>'],
  ])('with %s is its canonical form, and is read back', (_, signedData, written) => {
    const message = createMessage('n', signedData)
    expect(text(message.octets)).toBe(`<up:Message xmlns:up="${UP}"><up:Nonce>n</up:Nonce>${written}</up:Message>`)
    expect(message).toEqual({ octets: message.octets, nonce: 'n', signedData })
    expect(xml(messageElement(message))).toBe(text(message.octets))
    expect(readMessage(parseXml(canonicalize(messageElement(message))))).toEqual(message)
  })

  it('has a nonce of 1 to 4,096 characters', async () => {
    expect(createMessage('x'.repeat(4096)).nonce).toHaveLength(4096)
    for (const nonce of ['', 'x'.repeat(4097)]) expect(await codeOf(() => createMessage(nonce))).toBe('ws-trust/nonce')
  })

  const nonce = '<up:Nonce>n</up:Nonce>'
  const data = '<up:SignedData>x</up:SignedData>'
  it.each([
    ['no nonce', data, 'ws-trust/element'],
    ['two nonces', nonce + nonce, 'ws-trust/element'],
    ['the data before the nonce', data + nonce, 'ws-trust/element'],
    ['data twice', nonce + data + data, 'ws-trust/element'],
    ['something more', `${nonce}${data}<up:X/>`, 'ws-trust/element'],
    ['an element in the nonce', '<up:Nonce>n<up:X/></up:Nonce>', 'ws-trust/text'],
    ['an element in the data', `${nonce}<up:SignedData><up:X/></up:SignedData>`, 'ws-trust/text'],
    ['an attribute of the data', nonce + data.replace('>x', ' A="1">x'), 'ws-trust/attribute'],
  ])('is refused with %s', async (_, content, code) => {
    expect(read(nonce + data)).toMatchObject({ nonce: 'n', signedData: 'x' })
    expect(await codeOf(() => read(content))).toBe(code)
  })

  it('has no attributes', async () => {
    expect(await codeOf(() => read(nonce, ' Id="1"'))).toBe('ws-trust/attribute')
  })
})

describe('the digest of a message', () => {
  it('tells nonces and data apart, and none from an empty text', () => {
    const messages = [
      createMessage('n'),
      createMessage('n', ''),
      createMessage('n', 'null'),
      createMessage('n', 'x'),
      createMessage('m', 'x'),
      createMessage('n"', 'x'),
    ]
    expect(new Set(messages.map((message) => text(messageDigest(message)))).size).toBe(messages.length)
    expect(messageDigest(createMessage('n'))).toHaveLength(32)
  })

  it('does not depend on how the message is written', () => {
    const other = readMessage(parseXml(`<Message xmlns="${UP}"><Nonce>n</Nonce></Message>`))
    expect(other.octets).not.toEqual(createMessage('n').octets)
    expect(messageDigest(other)).toEqual(messageDigest(createMessage('n')))
  })

  it('is that of the JSON of both, which stores keep', async () => {
    const digest = (json: string) => crypto.subtle.digest('SHA-256', new TextEncoder().encode(json))
    expect(messageDigest(createMessage('n'))).toEqual(new Uint8Array(await digest('["n",null]')))
    expect(messageDigest(createMessage('n', 'x'))).toEqual(new Uint8Array(await digest('["n","x"]')))
  })
})

describe('the nonce of a client', () => {
  it('is the time and the Relying Party', () => {
    expect(clientNonce(time, PARTY)).toBe(`${TIME},${PARTY}`)
    expect(parseClientNonce(`${TIME},${PARTY}`)).toEqual({ time, relyingParty: PARTY })
    expect(parseClientNonce(`${TIME},a,b`)).toEqual({ time, relyingParty: 'a,b' })
    expect(parseClientNonce(`${TIME},`)).toEqual({ time, relyingParty: '' })
  })

  it.each(['', TIME, `${TIME}x`, `,${PARTY}`, `20100115T12:00:00Z,${PARTY}`, ` ${TIME},${PARTY}`])(
    'is not %j',
    (nonce) => expect(parseClientNonce(nonce)).toBeUndefined(),
  )
})

describe('the Relying Party that a nonce names', () => {
  const random = new Uint8Array(NONCE_LENGTH).fill(0xfb)

  it('is what stands behind the comma, whoever made the nonce', () => {
    expect(relyingPartyNonce(random, PARTY)).toBe(`${'-_v7'.repeat(10)}-_s,${PARTY}`)
    expect(audienceOf(relyingPartyNonce(random, PARTY))).toBe(PARTY)
    expect(audienceOf(relyingPartyNonce(random, 'a,b\nc'))).toBe('a,b\nc')
    expect(audienceOf(clientNonce(time, PARTY))).toBe(PARTY)
    expect(audienceOf(`${TIME},`)).toBe('')
  })

  it.each(['', PARTY, `,${PARTY}`, `${'A'.repeat(42)},${PARTY}`, `${'A'.repeat(44)},${PARTY}`, `${'A'.repeat(43)},`])(
    'is nobody in %j',
    (nonce) => expect(audienceOf(nonce)).toBeUndefined(),
  )
})
