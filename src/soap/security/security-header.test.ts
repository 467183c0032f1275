import { describe, expect, it } from 'vitest'
import { createHash } from 'node:crypto'
import { encodeBase64 } from '../../../bindings/octets/base64.js'
import { canonicalize } from '../../xml/canonicalize.js'
import { parseXml } from '../../xml/parse.js'
import { SoapFault } from '../envelope/fault.js'
import { WSSE, WSU } from '../envelope/names.js'
import { readSecurityHeader, securityHeader } from './security-header.js'
import { isOfNow, readTimestamp, timestampElement } from './timestamp.js'
import { passwordDigest, usernameTokenElement, verifyPassword, type UsernameToken } from './username-token.js'

const TOKEN_PROFILE = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0'
const header = (contents: string) =>
  parseXml(`<o:Security xmlns:o="${WSSE}" xmlns:u="${WSU}" xmlns:wsse="${WSSE}">${contents}</o:Security>`)
const read = (contents: string) => readSecurityHeader(header(contents))
const token = (contents: string): string => `<o:UsernameToken>${contents}</o:UsernameToken>`
const NAME = '<o:Username>alice</o:Username>'
const DIGEST = `Type="${TOKEN_PROFILE}#PasswordDigest"`
const NOW = new Date('2026-11-22T01:02:03Z')
const NONCE = `<o:Nonce>${encodeBase64(new Uint8Array(16).fill(7))}</o:Nonce>`
const CREATED = '<u:Created>2026-11-22T01:02:03Z</u:Created>'
const DIGEST_PASSWORD = `<o:Password ${DIGEST}>${encodeBase64(new Uint8Array(20))}</o:Password>`

/** The local name of the subcode of the fault that reading throws. */
function refusal(use: () => unknown): string | undefined {
  try {
    use()
  } catch (error) {
    if (error instanceof SoapFault && error.subcodes[0]?.namespace === WSSE) return error.subcodes[0].localName
    throw error
  }
  return undefined
}

describe('UsernameToken', () => {
  it.each([
    ['without Type', '<o:Password>secret</o:Password>'],
    ['with Type', `<o:Password Type="${TOKEN_PROFILE}#PasswordText">secret</o:Password>`],
    ['with a qualified Type', `<o:Password wsse:Type="${TOKEN_PROFILE}#PasswordText">secret</o:Password>`],
    ['with a nonce of no encoding', `<o:Password>secret</o:Password>${NONCE}${CREATED}`],
    ['with the time of tomorrow', '<o:Password>secret</o:Password><u:Created>2099-01-01T00:00:00Z</u:Created>'],
    ['with what is not known', '<o:Password>secret</o:Password><x:x xmlns:x="urn:x"/>'],
  ])('reads a password as text %s', async (_, contents) => {
    const { usernameToken } = read(token(NAME + contents))
    expect(usernameToken).toMatchObject({ username: 'alice', type: 'text', password: 'secret' })
    expect(await verifyPassword(usernameToken!, 'secret')).toBe(true)
    expect(await verifyPassword(usernameToken!, 'secreT')).toBe(false)
  })

  it('keeps the blanks of a password, and knows when there is none', async () => {
    const blank = read(token(`${NAME}<o:Password> p </o:Password>`)).usernameToken!
    expect(await verifyPassword(blank, ' p ')).toBe(true)
    expect(await verifyPassword(blank, 'p')).toBe(false)
    expect(await verifyPassword(read(token(NAME)).usernameToken!, '')).toBe(false)
  })

  it('hashes passwords as another SHA-1 does', async () => {
    const nonce = Uint8Array.of(1, 2, 3)
    const created = '2026-11-22T01:02:03.000Z'
    const expected = createHash('sha1').update(nonce).update(`${created}pässword`).digest()
    expect(await passwordDigest(nonce, created, 'pässword')).toEqual(new Uint8Array(expected))
  })

  it('verifies digests, over Created as it was written', async () => {
    const nonce = new Uint8Array(16).fill(7)
    const created = '2026-11-22T03:02:03.5+02:00'
    const digest = encodeBase64(await passwordDigest(nonce, created, 'secret'))
    const contents = `${NAME}<o:Password ${DIGEST}>${digest}</o:Password>${NONCE}`
    const { usernameToken } = read(token(`${contents}<u:Created>\n${created} </u:Created>`))
    expect(usernameToken).toMatchObject({ type: 'digest', nonce, createdAt: new Date('2026-11-22T01:02:03.500Z') })
    expect(await verifyPassword(usernameToken!, 'secret')).toBe(true)
    expect(await verifyPassword(usernameToken!, 'other')).toBe(false)
    const moved = read(token(`${contents}<u:Created>2026-11-22T03:02:03.6+02:00</u:Created>`)).usernameToken!
    expect(await verifyPassword(moved, 'secret')).toBe(false)
  })

  it.each(['text', 'digest'] as const)('is read as it was written: %s', async (type) => {
    const element = await usernameTokenElement({ username: 'alice', password: 's&<', type }, NOW)
    const security = parseXml(canonicalize(securityHeader(element, timestampElement(NOW))))
    const { usernameToken, timestamp } = readSecurityHeader(security)
    expect(usernameToken).toMatchObject({ username: 'alice', type })
    expect(await verifyPassword(usernameToken as UsernameToken, 's&<')).toBe(true)
    expect(timestamp!.created).toEqual(NOW)
  })

  it('draws a new nonce for each digest', async () => {
    const credentials = { username: 'a', password: 'b', type: 'digest' } as const
    const [x, y] = await Promise.all([usernameTokenElement(credentials, NOW), usernameTokenElement(credentials, NOW)])
    const nonces = [x, y].map((element) => element.elements.find(({ localName }) => localName === 'Nonce')!.text)
    expect(nonces[0]).not.toBe(nonces[1])
  })

  it.each([
    ['two tokens', token(NAME) + token(NAME), 'InvalidSecurity'],
    ['text beside tokens', `x${token(NAME)}`, 'InvalidSecurity'],
    ['no name', token('<o:Password>x</o:Password>'), 'InvalidSecurity'],
    ['an empty name', token('<o:Username/>'), 'InvalidSecurity'],
    ['a long name', token(`<o:Username>${'x'.repeat(2000)}</o:Username>`), 'InvalidSecurity'],
    ['elements in the name', token('<o:Username><o:x/></o:Username>'), 'InvalidSecurity'],
    ['two names', token(NAME + NAME), 'InvalidSecurity'],
    ['two passwords', token(`${NAME}<o:Password>x</o:Password><o:Password>y</o:Password>`), 'InvalidSecurity'],
    ['two types', token(`${NAME}<o:Password Type="a" wsse:Type="b">x</o:Password>`), 'InvalidSecurity'],
    ['elements in the password', token(`${NAME}<o:Password>x<o:x/></o:Password>`), 'InvalidSecurity'],
    ['an unknown type', token(`${NAME}<o:Password Type="urn:x">x</o:Password>`), 'UnsupportedSecurityToken'],
    ['an unknown encoding', token(`${NAME}<o:Nonce EncodingType="urn:hex">00</o:Nonce>`), 'UnsupportedSecurityToken'],
    ['a nonce that is no base64', token(`${NAME}<o:Nonce>!</o:Nonce>`), 'InvalidSecurity'],
    ['a long nonce', token(`${NAME}<o:Nonce>${encodeBase64(new Uint8Array(300))}</o:Nonce>`), 'InvalidSecurity'],
    ['two nonces', token(NAME + NONCE + NONCE), 'InvalidSecurity'],
    ['two times', token(NAME + CREATED + CREATED), 'InvalidSecurity'],
    ['no time', token(`${NAME}<u:Created>now</u:Created>`), 'InvalidSecurity'],
    ['a digest without nonce', token(NAME + DIGEST_PASSWORD + CREATED), 'InvalidSecurity'],
    ['a digest with an empty nonce', token(`${NAME}${DIGEST_PASSWORD}<o:Nonce/>${CREATED}`), 'InvalidSecurity'],
    ['a digest without time', token(NAME + DIGEST_PASSWORD + NONCE), 'InvalidSecurity'],
    [
      'a digest that is no base64',
      token(`${NAME}<o:Password ${DIGEST}>!</o:Password>${NONCE}${CREATED}`),
      'InvalidSecurity',
    ],
    ['another token', '<o:BinarySecurityToken/>', 'UnsupportedSecurityToken'],
    ['a signature', '<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"/>', 'UnsupportedSecurityToken'],
  ])('refuses %s', (_, contents, code) => {
    expect(refusal(() => read(contents))).toBe(code)
  })
})

describe('Timestamp', () => {
  const timestamp = (created: string, expires: string): string =>
    `<u:Timestamp u:Id="_0"><u:Created>${created}</u:Created><u:Expires>${expires}</u:Expires></u:Timestamp>`
  const isValid = (text: string, now: string): boolean =>
    isOfNow(readTimestamp(parseXml(text.replace('u:Id', `xmlns:u="${WSU}" u:Id`))), new Date(now))
  const [CREATED_AT, EXPIRES_AT] = ['2026-11-22T01:00:00Z', '2026-11-22T01:05:00Z']

  it.each(['2026-11-22T00:55:00Z', '2026-11-22T01:02:00Z', '2026-11-22T01:10:00Z'])('is of now at %s', (now) => {
    expect(isValid(timestamp(CREATED_AT, EXPIRES_AT), now)).toBe(true)
  })

  it.each(['2026-11-22T00:54:59Z', '2026-11-22T01:10:01Z'])('is not of now at %s', (now) => {
    expect(isValid(timestamp(CREATED_AT, EXPIRES_AT), now)).toBe(false)
  })

  it.each([
    ['expired before it was created', timestamp(EXPIRES_AT, CREATED_AT)],
    ['of no time', timestamp('x', EXPIRES_AT)],
    ['of local time', timestamp('2026-11-22T01:00:00', EXPIRES_AT)],
    [
      'created twice',
      timestamp(CREATED_AT, EXPIRES_AT).replace('<u:Expires>', `<u:Created>${CREATED_AT}</u:Created><u:Expires>`),
    ],
    ['there twice', timestamp(CREATED_AT, EXPIRES_AT).repeat(2)],
  ])('is refused when %s', (_, contents) => {
    expect(refusal(() => read(contents))).toBe('InvalidSecurity')
  })

  it('may have neither time', () => {
    expect(read('<u:Timestamp/>').timestamp).toEqual({ created: undefined, expires: undefined })
  })
})
