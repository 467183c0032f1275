import { systemRandom } from '../../../bindings/octets/random.js'
import { itemAt } from '../../../bindings/octets/lists.js'
import { decodeBase64, encodeBase64 } from '../../../bindings/octets/base64.js'
import { onlyOne } from '../../xml/reader.js'
import type { XmlElement } from '../../xml/tree.js'
import { o, u, WSS_MESSAGE_SECURITY, WSSE, WSU } from '../envelope/names.js'
import { securityFault } from '../envelope/standard-faults.js'
import { collapse, parseInstant, writeInstant } from '../envelope/text.js'
import { encodeText } from '../../../bindings/octets/text.js'
import { subtle } from '../../../bindings/octets/platform.js'

/** A UsernameToken as received (WSS UsernameToken Profile 1.0). */
export type UsernameToken = {
  readonly username: string
  /** Digests always have one. */
  readonly nonce: Uint8Array | undefined
  /** wsu:Created as written, since that is hashed. */
  readonly created: string | undefined
  readonly createdAt: Date | undefined
} & (
  | { readonly type: 'text'; readonly password: string | undefined }
  | { readonly type: 'digest'; readonly digest: Uint8Array; readonly nonce: Uint8Array; readonly createdAt: Date }
)

const PROFILE = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0'
const PASSWORD_TEXT = `${PROFILE}#PasswordText`
const PASSWORD_DIGEST = `${PROFILE}#PasswordDigest`
const BASE64 = `${WSS_MESSAGE_SECURITY}#Base64Binary`
/** Names of encodings that mean base64, in lower case: the profile's, and the one that Windows writes on other tokens. */
const BASE64_NAMES = [BASE64, `${WSSE}#Base64Binary`].map((name) => name.toLowerCase())
const MAX_NAME = 1024
const MAX_NONCE = 256

/** Whether an EncodingType means base64, as its absence does. */
export function isBase64Encoding(encodingType: string | undefined): boolean {
  return encodingType === undefined || BASE64_NAMES.includes(collapse(encodingType).toLowerCase())
}

/** Reads a wsse:UsernameToken. Throws `SoapFault` (InvalidSecurity, UnsupportedSecurityToken). */
export function readUsernameToken(token: XmlElement): UsernameToken {
  const child = (localName: string, namespace = WSSE): XmlElement | undefined =>
    onlyOne(token.elements, localName, namespace, () => securityFault('InvalidSecurity'))
  const username = child('Username')?.text
  const passwordElement = child('Password')
  const password = passwordElement?.text
  const nonceElement = child('Nonce')
  const createdElement = child('Created', WSU)
  if (username === undefined || username === '' || username.length > MAX_NAME) throw securityFault('InvalidSecurity')
  // The text is undefined if there is an element in it.
  if (passwordElement !== undefined && password === undefined) throw securityFault('InvalidSecurity')
  if (nonceElement !== undefined && !isBase64Encoding(nonceElement.attribute('EncodingType'))) {
    throw securityFault('UnsupportedSecurityToken')
  }
  const nonce = nonceElement && base64(nonceElement)
  const created = createdElement && collapse(createdElement.text ?? '')
  const createdAt = created === undefined ? undefined : parseInstant(created)
  if (created !== undefined && createdAt === undefined) throw securityFault('InvalidSecurity')
  if (nonce !== undefined && nonce.length > MAX_NONCE) throw securityFault('InvalidSecurity')

  const common = { username, created }
  if (passwordElement === undefined) return { ...common, type: 'text', password, nonce, createdAt }
  const type = passwordType(passwordElement)
  if (type === PASSWORD_TEXT) return { ...common, type: 'text', password, nonce, createdAt }
  if (type !== PASSWORD_DIGEST) throw securityFault('UnsupportedSecurityToken')
  // Without both, a digest could be replayed for ever.
  const digest = base64(passwordElement)
  if (nonce === undefined || nonce.length === 0 || createdAt === undefined) throw securityFault('InvalidSecurity')
  return { ...common, type: 'digest', digest, nonce, createdAt }
}

/** `Type` is unqualified in the profile; some clients qualify it. Absent, it is PasswordText. */
function passwordType(password: XmlElement): string {
  const own = password.attribute('Type')
  const qualified = password.attribute('Type', WSSE)
  if (own !== undefined && qualified !== undefined && own !== qualified) throw securityFault('InvalidSecurity')
  return collapse(own ?? qualified ?? PASSWORD_TEXT)
}

function base64(element: XmlElement): Uint8Array {
  const octets = decodeBase64(element.text ?? '!')
  if (octets === undefined) throw securityFault('InvalidSecurity')
  return octets
}

/**
 * Password_Digest of the profile, section 3.1: SHA-1 of the nonce (decoded), Created (as written) and the password in UTF-8;
 * 20 octets.
 */
export async function passwordDigest(
  nonce: Uint8Array,
  created: string,
  password: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const text = encodeText(created + password)
  const octets = new Uint8Array(nonce.length + text.length)
  octets.set(nonce)
  octets.set(text, nonce.length)
  const digest = new Uint8Array(await subtle().digest('SHA-1', octets))
  octets.fill(0)
  text.fill(0)
  return digest
}

/**
 * Whether a token has the password, compared in constant time. The caller must check by `nonce` and `createdAt` that the token
 * is recent and was not used before.
 */
export async function verifyPassword(token: UsernameToken, password: string): Promise<boolean> {
  if (token.type === 'digest') {
    return sameOctets(token.digest, await passwordDigest(token.nonce, token.created ?? '', password))
  }
  if (token.password === undefined) return false
  const [given, expected] = await Promise.all([sha256(token.password), sha256(password)])
  return sameOctets(given, expected)
}

async function sha256(text: string): Promise<Uint8Array> {
  return new Uint8Array(await subtle().digest('SHA-256', encodeText(text)))
}

function sameOctets(x: Uint8Array, y: Uint8Array): boolean {
  if (x.length !== y.length) return false
  let difference = 0
  for (let i = 0; i < x.length; i++) difference |= itemAt(x, i) ^ itemAt(y, i)
  return difference === 0
}

/** Username and password of a client. */
export interface UsernameCredentials {
  readonly username: string
  readonly password: string
  /** `'text'` (the default) sends the password to the server, inside TLS; `'digest'` needs a server that knows the password. */
  readonly type?: 'text' | 'digest'
}

/** The wsse:UsernameToken element, its nonce new. Throws `SoapError` (`soap/date-time`), `XmlError` (`xml/character`). */
export async function usernameTokenElement(credentials: UsernameCredentials, now: Date): Promise<XmlElement> {
  const { username, password, type = 'text' } = credentials
  const name = o('Username', {}, username)
  if (type === 'text') return o('UsernameToken', {}, name, o('Password', { Type: PASSWORD_TEXT }, password))
  const nonce = new Uint8Array(16)
  systemRandom.fill(nonce)
  const created = writeInstant(now)
  const digest = await passwordDigest(nonce, created, password)
  return o(
    'UsernameToken',
    {},
    name,
    o('Password', { Type: PASSWORD_DIGEST }, encodeBase64(digest)),
    o('Nonce', { EncodingType: BASE64 }, encodeBase64(nonce)),
    u('Created', {}, created),
  )
}
