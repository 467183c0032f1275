import { beforeAll, describe, expect, it } from 'vitest'
import type { Disposition } from '../pki/authority.js'
import { writeInstant } from '../soap/security/date-time.js'
import { WSA, WSSE } from '../soap/envelope/names.js'
import { passwordDigest } from '../soap/security/username-token.js'
import { WST } from '../ws-trust/syntax/names.js'
import { encodeBase64 } from '../../bindings/octets/base64.js'
import {
  DETAILED_FAULT_ACTION,
  ENROLLMENT_ACTION,
  ISSUE_TYPE,
  KEY_EXCHANGE_ACTION,
  KEY_EXCHANGE_TYPE,
  QUERY_TYPE,
  X509_V3,
} from './messages/names.js'
import { SecurityTokenService } from './security-token-service.js'
import { hashedOnly, TestAccounts } from '../authentication/testing/accounts.js'
import {
  ask,
  exchangeText,
  faultIn,
  issueText,
  MESSAGE_ID,
  passwordText,
  post,
  queryText,
  requestText,
  tokenText,
  type RequestText,
  type Sending,
} from './testing/exchange.js'
import { makeMaterial, type Material } from './testing/material.js'
import { ScriptedAuthority } from './testing/scripted-authority.js'
import { ENGLISH, type TextKey } from './faults/texts.js'

const NOW = new Date('2026-03-01T12:00:00Z')
const PROFILE = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0'
const accounts = new TestAccounts({ alice: 'wonderland' })
const asAlice = passwordText('alice', 'wonderland')
/** A certificate that is Alice's. */
const certificate = { der: Uint8Array.of(1), trusted: true }

let material: Material
beforeAll(async () => {
  material = await makeMaterial()
})

/** What is sent, and the fault that comes back. */
interface Case {
  readonly name: string
  readonly message: () => RequestText | Promise<RequestText>
  readonly sending?: Sending
  /** Why, as the text says. */
  readonly reason: TextKey
  /** Default: Sender. */
  readonly code?: string
  /** Default: wst:InvalidRequest. */
  readonly subcodes?: readonly string[]
  /** HRESULT; there is no detail without. */
  readonly errorCode?: number
  /** The services have accounts whose passwords cannot be had. */
  readonly hashed?: boolean
  /** What the authority may be asked for all the same. */
  readonly queried?: boolean
  readonly exchanged?: boolean
}

const wst = (name: string): string => `${WST} ${name}`
const wsa = (name: string): string => `${WSA} ${name}`
const wsse = (name: string): string => `${WSSE} ${name}`
const invalidHeader = (why: string) => [wsa('InvalidAddressingHeader'), wsa(why)]

/** A message of Alice's. */
const alice = (body: string, more: RequestText = {}): RequestText => ({ security: asAlice, body, ...more })
const request = (content: string, parts: Parameters<typeof requestText>[0] = {}): RequestText =>
  alice(requestText({ content, ...parts }))
const ket = (body: string): RequestText => alice(body, { action: KEY_EXCHANGE_ACTION })
const pkcs10 = (): string => tokenText(material.request)
const issue = (): string => issueText(material.request)
const token = (text: string): string =>
  `<o:BinarySecurityToken EncodingType="${WSSE}#base64binary">${text}</o:BinarySecurityToken>`
const NIL = 'i:nil="true"'

async function digestText(
  offset: number,
  { username = 'alice', password = 'wonderland', nonce = true, created = true } = {},
) {
  const octets = crypto.getRandomValues(new Uint8Array(16))
  const time = writeInstant(new Date(NOW.getTime() + offset))
  const digest = encodeBase64(await passwordDigest(octets, time, password))
  return (
    `<o:UsernameToken><o:Username>${username}</o:Username><o:Password Type="${PROFILE}#PasswordDigest">${digest}</o:Password>` +
    `${nonce ? `<o:Nonce>${encodeBase64(octets)}</o:Nonce>` : ''}${created ? `<u:Created>${time}</u:Created>` : ''}</o:UsernameToken>`
  )
}

function timestamp(created: number | string | null, expires: number | string | null): string {
  const write = (name: string, value: number | string | null): string => {
    if (value === null) return ''
    const text = typeof value === 'string' ? value : writeInstant(new Date(NOW.getTime() + value * 1000))
    return `<u:${name}>${text}</u:${name}>`
  }
  return `<u:Timestamp>${write('Created', created)}${write('Expires', expires)}</u:Timestamp>`
}

const failedAuthentication = { subcodes: [wsse('FailedAuthentication')] }
const required = { reason: 'authentication-required', ...failedAuthentication } as const
const failed = { reason: 'authentication-failed', ...failedAuthentication } as const
const insecure = { reason: 'security-header', subcodes: [wsse('InvalidSecurity')] } as const
const unsupported = { reason: 'security-header', subcodes: [wsse('UnsupportedSecurityToken')] } as const
const expired = { reason: 'expired', subcodes: [wsse('MessageExpired')] } as const
const badToken = { reason: 'security-token', errorCode: 0x8007000d } as const
const badRequest = { reason: 'certificate-request', errorCode: 0x8007000d } as const
const badSignature = { reason: 'signature', errorCode: 0x80090006 } as const
const badKey = { reason: 'key', errorCode: 0x80094811 } as const
const badId = { reason: 'request-id', errorCode: 0x80070057 } as const

/** A certificate request of Alice's, made at the time. */
const der = (octets: () => Uint8Array) => () => alice(issueText(octets()))
/** Without credentials. */
const anonymous = (octets: () => Uint8Array) => () => ({ body: issueText(octets()) })
const flipped = (octets: Uint8Array, at: number): Uint8Array =>
  octets.map((octet, i) => (i === (at + octets.length) % octets.length ? octet ^ 1 : octet))
const appended = (octets: Uint8Array): Uint8Array => Uint8Array.of(...octets, 0)

const CASES: Readonly<Record<string, readonly Case[]>> = {
  'an action': [
    { name: 'of nobody', action: 'urn:example:other' },
    { name: 'of WS-Trust', action: `${WST}/RST/Issue` },
    { name: 'of the answer', action: ENROLLMENT_ACTION.replace('/RST/', '/RSTRC/') },
    { name: 'with a slash more', action: `${ENROLLMENT_ACTION}/` },
    { name: 'in other letters', action: ENROLLMENT_ACTION.toUpperCase() },
  ].map(({ name, action }) => ({
    name,
    message: () => alice(issue(), { action }),
    reason: 'action',
    subcodes: [wsa('ActionNotSupported')],
  })),

  'an addressing header': [
    {
      name: 'Action that is missing',
      message: () => alice(issue(), { action: null }),
      reason: 'addressing',
      subcodes: [wsa('MessageAddressingHeaderRequired')],
    },
    {
      name: 'MessageID that is missing',
      message: () => alice(issue(), { messageId: null }),
      reason: 'addressing',
      subcodes: [wsa('MessageAddressingHeaderRequired')],
    },
    {
      name: 'Action that is there twice',
      message: () => alice(issue(), { headers: `<a:Action>${ENROLLMENT_ACTION}</a:Action>` }),
      reason: 'addressing',
      subcodes: invalidHeader('InvalidCardinality'),
    },
    {
      name: 'ReplyTo that is not anonymous',
      message: () => alice(issue(), { headers: '<a:ReplyTo><a:Address>https://evil.example/</a:Address></a:ReplyTo>' }),
      reason: 'addressing',
      subcodes: invalidHeader('OnlyAnonymousAddressSupported'),
    },
    {
      name: 'Action that HTTP contradicts',
      message: () => alice(issue()),
      sending: { contentType: `application/soap+xml; action="${KEY_EXCHANGE_ACTION}"` },
      reason: 'addressing',
      subcodes: invalidHeader('ActionMismatch'),
    },
  ],

  'an envelope': [
    {
      name: 'of SOAP 1.3',
      message: () => alice(issue(), { namespace: 'http://www.w3.org/2033/05/soap-envelope' }),
      reason: 'version',
      code: 'VersionMismatch',
      subcodes: [],
    },
    {
      name: 'with a header that must be understood',
      message: () => alice(issue(), { headers: '<x:X xmlns:x="urn:x" s:mustUnderstand="true"/>' }),
      reason: 'must-understand',
      code: 'MustUnderstand',
      subcodes: [],
    },
    { name: 'with an empty body', message: () => alice(''), reason: 'malformed', subcodes: [] },
    { name: 'with two requests', message: () => alice(issue() + issue()), reason: 'malformed', subcodes: [] },
    { name: 'with text in the body', message: () => alice(`${issue()}x`), reason: 'malformed', subcodes: [] },
    { name: 'with a comment', message: () => alice(`<!-- -->${issue()}`), reason: 'malformed', subcodes: [] },
    { name: 'with an entity', message: () => alice(`${issue()}&nbsp;`), reason: 'malformed', subcodes: [] },
    { name: 'that does not end', message: () => alice('<t:RequestSecurityToken>'), reason: 'malformed', subcodes: [] },
    {
      name: 'that is too large',
      message: () => alice(requestText({ content: pkcs10() + ' '.repeat(300_000) })),
      reason: 'too-large',
      subcodes: [],
    },
    {
      name: 'that is nested too deeply',
      message: () => request(pkcs10() + '<e:x>'.repeat(40) + '</e:x>'.repeat(40)),
      reason: 'too-large',
      subcodes: [],
    },
    {
      name: 'with too many elements',
      message: () => request(pkcs10() + '<e:x/>'.repeat(5000)),
      reason: 'too-large',
      subcodes: [],
    },
  ],

  credentials: [
    { name: 'that are missing, for a new certificate', message: () => ({ body: issue() }), ...required },
    { name: 'that are missing, for a status', message: () => ({ body: queryText('1') }), ...required },
    {
      name: 'that are missing, for the exchange certificate',
      message: () => ({ action: KEY_EXCHANGE_ACTION, body: exchangeText }),
      ...required,
    },
    { name: 'that are missing in an empty header', message: () => ({ security: '', body: issue() }), ...required },
    {
      name: 'with a wrong password',
      message: () => ({ security: passwordText('alice', 'wrong'), body: issue() }),
      ...failed,
    },
    {
      name: 'with an unknown name',
      message: () => ({ security: passwordText('mallory', 'wonderland'), body: issue() }),
      ...failed,
    },
    {
      name: 'with an empty password',
      message: () => ({ security: passwordText('alice', ''), body: issue() }),
      ...failed,
    },
    {
      name: 'without a password',
      message: () => ({
        security: '<o:UsernameToken><o:Username>alice</o:Username></o:UsernameToken>',
        body: issue(),
      }),
      ...failed,
    },
    {
      name: 'that are wrong, with a renewal that needs none',
      message: () => ({ security: passwordText('alice', 'wrong'), body: issueText(material.renewal) }),
      ...failed,
    },
    {
      name: 'that are wrong, with the token of a pending request',
      message: () => ({ security: passwordText('alice', 'wrong'), body: queryText('1') }),
      sending: { target: '/wstep?token=unguessable' },
      ...failed,
    },
    {
      name: 'of a certificate that is not trusted',
      message: () => ({ body: issue() }),
      sending: { transport: { certificate: { ...certificate, trusted: false } } },
      ...failed,
    },
    {
      name: 'of a certificate that is not trusted, with a renewal that needs none',
      message: () => ({ body: issueText(material.renewal) }),
      sending: { transport: { certificate: { ...certificate, trusted: false } } },
      ...failed,
    },
    {
      name: 'of a certificate that has no account',
      message: () => ({ body: issue() }),
      sending: { transport: { certificate: { der: Uint8Array.of(2), trusted: true } } },
      ...failed,
    },
    {
      name: 'of a ticket that is wrong',
      message: () => ({ body: issue() }),
      sending: { transport: { negotiated: { method: 'kerberos', id: undefined } } },
      ...failed,
    },
    {
      name: 'of two kinds, the password wrong',
      message: () => ({ security: passwordText('alice', 'wrong'), body: issue() }),
      sending: { transport: { certificate } },
      ...failed,
    },
    {
      name: 'of two kinds, the certificate wrong',
      message: () => alice(issue()),
      sending: { transport: { certificate: { ...certificate, trusted: false } } },
      ...failed,
    },
    {
      name: 'of two kinds, of two accounts',
      message: () => alice(issue()),
      sending: { transport: { negotiated: { method: 'kerberos', id: 'id-of-bob' } } },
      ...failed,
    },
    {
      name: 'with the digest of a wrong password',
      message: async () => ({ security: await digestText(0, { password: 'wrong' }), body: issue() }),
      ...failed,
    },
    {
      name: 'with a digest of an unknown name',
      message: async () => ({ security: await digestText(0, { username: 'mallory' }), body: issue() }),
      ...failed,
    },
    {
      name: 'with a digest that is too old',
      message: async () => ({ security: await digestText(-301_000), body: issue() }),
      ...failed,
    },
    {
      name: 'with a digest from the future',
      message: async () => ({ security: await digestText(61_000), body: issue() }),
      ...failed,
    },
    {
      name: 'with a digest where passwords are hashed',
      message: async () => ({ security: await digestText(0), body: issue() }),
      hashed: true,
      ...failed,
    },
  ],

  'a security header': [
    { name: 'with two passwords', message: () => alice(issue(), { security: asAlice + asAlice }), ...insecure },
    {
      name: 'with two elements Password',
      message: () =>
        alice(issue(), {
          security: asAlice.replace('</o:UsernameToken>', '<o:Password>wonderland</o:Password></o:UsernameToken>'),
        }),
      ...insecure,
    },
    {
      name: 'without a name',
      message: () => alice(issue(), { security: '<o:UsernameToken><o:Password>x</o:Password></o:UsernameToken>' }),
      ...insecure,
    },
    {
      name: 'with a password of an unknown type',
      message: () => alice(issue(), { security: passwordText('alice', 'wonderland', 'Type="urn:other"') }),
      ...unsupported,
    },
    {
      name: 'with a signature',
      message: () =>
        alice(issue(), { security: `${asAlice}<d:Signature xmlns:d="http://www.w3.org/2000/09/xmldsig#"/>` }),
      ...unsupported,
    },
    {
      name: 'with a SAML assertion',
      message: () => alice(issue(), { security: '<x:Assertion xmlns:x="urn:oasis:names:tc:SAML:2.0:assertion"/>' }),
      ...unsupported,
    },
    {
      name: 'with a digest that has no nonce',
      message: async () => ({ security: await digestText(0, { nonce: false }), body: issue() }),
      ...insecure,
    },
    {
      name: 'with a digest that has no time',
      message: async () => ({ security: await digestText(0, { created: false }), body: issue() }),
      ...insecure,
    },
    {
      name: 'that is there twice',
      message: () => alice(issue(), { headers: `<o:Security>${asAlice}</o:Security>` }),
      reason: 'malformed',
      subcodes: [],
    },
    {
      name: 'with two timestamps',
      message: () => alice(issue(), { security: timestamp(0, 300) + timestamp(0, 300) + asAlice }),
      ...insecure,
    },
    {
      name: 'that expires before it begins',
      message: () => alice(issue(), { security: timestamp(0, -1) + asAlice }),
      ...insecure,
    },
    {
      name: 'with a time that is none',
      message: () => alice(issue(), { security: timestamp('soon', null) + asAlice }),
      ...insecure,
    },
    {
      name: 'that has expired',
      message: () => alice(issue(), { security: timestamp(-900, -301) + asAlice }),
      ...expired,
    },
    { name: 'from the future', message: () => alice(issue(), { security: timestamp(301, 600) + asAlice }), ...expired },
  ],

  'a request': [
    { name: 'that is something else', message: () => alice('<e:Other/>'), reason: 'not-a-request' },
    {
      name: 'of another version of WS-Trust',
      message: () =>
        alice(
          issue()
            .replaceAll('t:RequestSecurityToken', 'w:RequestSecurityToken')
            .replace(' ', ' xmlns:w="http://schemas.xmlsoap.org/ws/2005/02/trust" '),
        ),
      reason: 'not-a-request',
    },
    { name: 'that is a response', message: () => alice('<t:RequestSecurityTokenResponse/>'), reason: 'not-a-request' },
    {
      name: 'that is a collection',
      message: () => alice(`<t:RequestSecurityTokenCollection>${issue()}</t:RequestSecurityTokenCollection>`),
      reason: 'not-a-request',
    },
    { name: 'with text in it', message: () => request(`${pkcs10()}text`), reason: 'not-a-request' },
    { name: 'without a type', message: () => request(pkcs10(), { requestType: null }), reason: 'request-type' },
    {
      name: 'of a nil type',
      message: () => request(`<t:RequestType ${NIL}/>${pkcs10()}`, { requestType: null }),
      reason: 'request-type',
    },
    {
      name: 'of a nil type with a value',
      message: () => request(`<t:RequestType ${NIL}>${ISSUE_TYPE}</t:RequestType>${pkcs10()}`, { requestType: null }),
      reason: 'request-type',
    },
    { name: 'of an empty type', message: () => request(pkcs10(), { requestType: '' }), reason: 'request-type' },
    { name: 'to cancel', message: () => request(pkcs10(), { requestType: `${WST}/Cancel` }), reason: 'request-type' },
    {
      name: 'to renew, as WS-Trust has it',
      message: () => request(pkcs10(), { requestType: `${WST}/Renew` }),
      reason: 'request-type',
    },
    {
      name: 'of a type in other letters',
      message: () => request(pkcs10(), { requestType: ISSUE_TYPE.toLowerCase() }),
      reason: 'request-type',
    },
    {
      name: 'of a type in another namespace',
      message: () => request(`<e:RequestType>${ISSUE_TYPE}</e:RequestType>${pkcs10()}`, { requestType: null }),
      reason: 'request-type',
    },
    {
      name: 'of two types',
      message: () => request(`<t:RequestType>${QUERY_TYPE}</t:RequestType>${pkcs10()}`),
      reason: 'not-a-request',
    },
    { name: 'without a token type', message: () => request(pkcs10(), { tokenType: null }), reason: 'token-type' },
    {
      name: 'for a nil token type',
      message: () => request(`<t:TokenType ${NIL}/>${pkcs10()}`, { tokenType: null }),
      reason: 'token-type',
    },
    {
      name: 'for a SAML token',
      message: () => request(pkcs10(), { tokenType: 'urn:oasis:names:tc:SAML:2.0:assertion' }),
      reason: 'token-type',
    },
    {
      name: 'for a token of version 1',
      message: () => request(pkcs10(), { tokenType: X509_V3.replace('v3', 'v1') }),
      reason: 'token-type',
    },
    {
      name: 'with context that is malformed',
      message: () => request(`${pkcs10()}<c:AdditionalContext><c:ContextItem/></c:AdditionalContext>`),
      reason: 'not-a-request',
    },
    { name: 'to issue, with the action for exchange', message: () => ket(issue()), reason: 'request-type-action' },
    {
      name: 'of a status, with the action for exchange',
      message: () => ket(queryText('1')),
      reason: 'request-type-action',
    },
    {
      name: 'for exchange, with the action to enroll',
      message: () => alice(exchangeText),
      reason: 'request-type-action',
    },
    {
      name: 'without a type, with the action for exchange',
      message: () => ket(requestText({ requestType: null, content: '<t:RequestKET/>' })),
      reason: 'request-type',
    },
    {
      name: 'of an unknown type, with the action for exchange',
      message: () => ket(requestText({ requestType: 'urn:x', content: '<t:RequestKET/>' })),
      reason: 'request-type',
    },
    {
      name: 'for exchange without RequestKET',
      message: () => ket(requestText({ requestType: KEY_EXCHANGE_TYPE })),
      reason: 'key-exchange-token',
    },
    {
      name: 'for exchange with RequestKET of another namespace',
      message: () => ket(requestText({ requestType: KEY_EXCHANGE_TYPE, content: '<e:RequestKET/>' })),
      reason: 'key-exchange-token',
    },
  ],

  'a BinarySecurityToken': [
    { name: 'that is missing', message: () => request(''), ...badToken },
    { name: 'that is nil', message: () => request(`<o:BinarySecurityToken ${NIL}/>`), ...badToken },
    { name: 'that is empty', message: () => request(token('')), ...badToken },
    { name: 'that is white space', message: () => request(token(' \n ')), ...badToken },
    { name: 'that is no base64', message: () => request(token('MIIB?A==')), ...badToken },
    { name: 'with base64 that breaks off', message: () => request(token('MIIBA')), ...badToken },
    { name: 'with base64 for URLs', message: () => request(token('-_-_')), ...badToken },
    { name: 'with elements in it', message: () => request(token('<e:x/>')), ...badToken },
    { name: 'that is there twice', message: () => request(pkcs10() + pkcs10()), reason: 'not-a-request' },
    { name: 'in another namespace', message: () => request(pkcs10().replaceAll('o:Binary', 't:Binary')), ...badToken },
    {
      name: 'in hexadecimal',
      message: () => request(tokenText(material.request, `${WSSE}#HexBinary`)),
      reason: 'encoding-type',
    },
    {
      name: 'in an unknown encoding',
      message: () => request(tokenText(material.request, 'base64')),
      reason: 'encoding-type',
    },
  ],

  'a certificate request': [
    { name: 'that is no DER', message: der(() => new TextEncoder().encode('-----BEGIN')), ...badRequest },
    { name: 'that breaks off', message: der(() => material.request.subarray(0, -1)), ...badRequest },
    { name: 'that is followed by something', message: der(() => appended(material.request)), ...badRequest },
    { name: 'that is an empty sequence', message: der(() => Uint8Array.of(0x30, 0)), ...badRequest },
    { name: 'that is a certificate', message: der(() => material.old.certificate), ...badRequest },
    { name: 'with a wrong signature', message: der(() => flipped(material.request, -1)), ...badSignature },
    { name: 'with another key than signed it', message: der(() => material.otherKey), ...badSignature },
    { name: 'with a null signature', message: der(() => material.nullSignature), ...badSignature },
    { name: 'with a signature over SHA-1', message: der(() => material.sha1), ...badSignature },
    { name: 'with an RSA key of 1024 bits', message: der(() => material.rsa1024), ...badKey },
    { name: 'to renew, followed by something', message: der(() => appended(material.renewal)), ...badRequest },
    { name: 'to renew, its old signature wrong', message: der(() => flipped(material.renewal, -1)), ...badSignature },
    { name: 'to renew, its new signature wrong', message: der(() => material.renewalOfWrongProof), ...badSignature },
  ],

  'an anonymous renewal': [
    { name: 'that renews nothing', message: anonymous(() => material.signedNew), ...required },
    { name: 'without any CMS', message: anonymous(() => material.bareRenewal), ...required },
    { name: 'with the old signature wrong', message: anonymous(() => flipped(material.renewal, -1)), ...badSignature },
    { name: 'with the new signature wrong', message: anonymous(() => material.renewalOfWrongProof), ...badSignature },
    { name: 'that the new key signed alone', message: anonymous(() => material.renewalByNewKey), ...badSignature },
    { name: 'that another certificate signed', message: anonymous(() => material.renewalByOther), ...badSignature },
    { name: 'that nobody signed', message: anonymous(() => material.renewalUnsigned), ...badSignature },
    {
      name: 'of a certificate that may not be renewed',
      message: anonymous(() => material.renewalOfForeign),
      ...failed,
    },
    { name: 'that is followed by something', message: anonymous(() => appended(material.renewal)), ...badRequest },
  ],

  'a RequestID': [
    { name: 'that is missing', message: () => request('', { requestType: QUERY_TYPE }), ...badId },
    { name: 'that is nil', message: () => request(`<e:RequestID ${NIL}/>`, { requestType: QUERY_TYPE }), ...badId },
    {
      name: 'that is nil with a value',
      message: () => request(`<e:RequestID ${NIL}>1</e:RequestID>`, { requestType: QUERY_TYPE }),
      ...badId,
    },
    { name: 'that is empty', message: () => alice(queryText('')), ...badId },
    { name: 'that is white space', message: () => alice(queryText(' \t ')), ...badId },
    { name: 'with elements in it', message: () => alice(queryText('<e:x/>')), ...badId },
    { name: 'that is negative', message: () => alice(queryText('-1')), ...badId },
    { name: 'that is hexadecimal', message: () => alice(queryText('0x1')), ...badId },
    { name: 'with a zero before it', message: () => alice(queryText('01')), ...badId },
    { name: 'of 2^32', message: () => alice(queryText('4294967296')), ...badId },
    { name: 'that is a UUID', message: () => alice(queryText('b5d1a601-5091-4a7d-b34b-5204c18b5919')), ...badId },
    { name: 'with something like an end', message: () => alice(queryText('1%00')), ...badId },
    { name: 'that is very long', message: () => alice(queryText('1'.repeat(10_000))), ...badId },
    {
      name: 'that is there twice',
      message: () => request('<e:RequestID>1</e:RequestID><e:RequestID>2</e:RequestID>', { requestType: QUERY_TYPE }),
      reason: 'not-a-request',
    },
    {
      name: 'in another namespace',
      message: () => request('<t:RequestID>1</t:RequestID>', { requestType: QUERY_TYPE }),
      ...badId,
    },
    {
      name: 'that is unknown',
      message: () => alice(queryText('77')),
      reason: 'request-unknown',
      errorCode: 0x80094004,
      queried: true,
    },
    {
      name: "that is somebody else's",
      message: () => alice(queryText('5')),
      reason: 'request-unknown',
      errorCode: 0x80094004,
      queried: true,
    },
    {
      name: 'with a token that is empty',
      message: () => ({ body: queryText('1') }),
      sending: { target: '/wstep?token=' },
      ...required,
    },
    {
      name: 'with a token that is too long',
      message: () => ({ body: queryText('1') }),
      sending: { target: `/wstep?token=${'a'.repeat(257)}` },
      ...required,
    },
    {
      name: 'with a wrong token',
      message: () => ({ body: queryText('5') }),
      sending: { target: '/wstep?token=guessed' },
      reason: 'request-unknown',
      errorCode: 0x80094004,
      queried: true,
    },
  ],
}

const pending: Disposition = { status: 'pending', requestId: '5', queryToken: 'unguessable' }

function service({ hashed = false } = {}): {
  authority: ScriptedAuthority
  service: SecurityTokenService
  refused: string[]
} {
  const authority = new ScriptedAuthority()
  authority.submitted = () => Promise.resolve(pending)
  // Bob's.
  authority.queried = ({ requestId, requester, queryToken }) => {
    const isTheirs = (requester?.by === 'account' && requester.id === 'id-of-bob') || queryToken === 'unguessable'
    return Promise.resolve(requestId === '5' && isTheirs ? pending : undefined)
  }
  authority.renewable = (old) => old.der.join() === material.old.certificate.join()
  const refused: string[] = []
  return {
    authority,
    refused,
    service: new SecurityTokenService({
      authority,
      verifier: material.verifier,
      address: 'https://sts.example/wstep',
      accounts: hashed ? hashedOnly(accounts) : accounts,
      certificateAccount: (shown) => Promise.resolve(shown[0] === 1 ? 'id-of-alice' : undefined),
      clock: () => NOW,
      events: {
        refused: (code) => void refused.push(code),
        failed: (error) => {
          throw error
        },
      },
    }),
  }
}

describe.each(Object.entries(CASES))('%s is refused', (_, cases) => {
  it.each(cases)('$name', async (expected) => {
    const { authority, service: sts, refused } = service(expected)
    const answer = await ask(sts, await expected.message(), expected.sending)
    const { reason, code = 'Sender', subcodes = [wst('InvalidRequest')], errorCode } = expected
    const fault = faultIn(answer)
    expect(answer.http.status).toBe(500)
    expect(answer.http.headers['content-type']).toBe('application/soap+xml; charset=utf-8')
    expect(fault.reasons).toEqual([{ language: 'en-US', text: ENGLISH[reason] }])
    expect(fault.faultCode).toBe(code)
    expect(fault.subcodes.map(({ namespace, localName }) => `${namespace} ${localName}`)).toEqual(subcodes)
    expect(fault.enrollment).toEqual(
      errorCode === undefined
        ? undefined
        : { binaryResponse: undefined, errorCode: errorCode | 0, invalidRequest: false, requestId: undefined },
    )
    expect(fault.action === DETAILED_FAULT_ACTION).toBe(errorCode !== undefined)
    expect(authority.saw).toBe(expected.queried === true ? 1 : 0)
    expect(authority.submissions).toEqual([])
    expect(refused).toHaveLength(1)
  })
})

it('there are at least eighty refusals', () => {
  expect(Object.values(CASES).flat().length).toBeGreaterThan(80)
})

describe('what the refusals break', () => {
  it.each<[string, () => RequestText | Promise<RequestText>, Sending?]>([
    ['a password', () => alice(issue())],
    ['a digest', async () => ({ security: await digestText(-299_000), body: issue() })],
    ['a digest, a little ahead', async () => ({ security: await digestText(59_000), body: issue() })],
    ['a certificate of TLS', () => ({ body: issue() }), { transport: { certificate } }],
    ['a ticket', () => ({ body: issue() }), { transport: { negotiated: { method: 'kerberos', id: 'a@B' } } }],
    ['two credentials of one account', () => alice(issue()), { transport: { certificate } }],
    ['a timestamp', () => alice(issue(), { security: timestamp(299, 600) + asAlice })],
    ['a timestamp that has just expired', () => alice(issue(), { security: timestamp(-900, -299) + asAlice })],
    ['a renewal without credentials', () => ({ body: issueText(material.renewal) })],
    ['a renewal with credentials', () => alice(issueText(material.renewal))],
    ['a signed request for a new certificate', () => alice(issueText(material.signedNew))],
    [
      'the action in HTTP',
      () => alice(issue()),
      { contentType: `application/soap+xml; action="${ENROLLMENT_ACTION}"` },
    ],
    ['an empty header of security', () => ({ security: '', body: issueText(material.renewal) })],
    ['a status with its token', () => ({ body: queryText('5') }), { target: '/wstep?token=unguessable' }],
    ['a status with its token and credentials', () => alice(queryText('5')), { target: '/wstep?token=unguessable' }],
    ['the exchange certificate', () => ket(exchangeText)],
  ])('is right in itself: %s', async (_, message, sending) => {
    const { authority, service: sts } = service()
    const { http } = await ask(sts, await message(), sending)
    expect(http.status).toBe(200)
    expect(authority.saw).toBe(1)
  })
})

describe('a digest', () => {
  it('is refused when it is replayed', async () => {
    const { authority, service: sts } = service()
    const message = { security: await digestText(0), body: issue() }
    expect((await ask(sts, message)).http.status).toBe(200)
    const fault = faultIn(await ask(sts, message))
    expect(fault.hasSubcode(WSSE, 'FailedAuthentication')).toBe(true)
    expect(authority.saw).toBe(1)
  })
})

describe('HTTP', () => {
  it.each<[string, Sending, number]>([
    ['with another method', { method: 'GET' }, 405],
    ['with another media type', { contentType: 'application/xml' }, 415],
    ['with another charset', { contentType: 'application/soap+xml; charset=utf-16' }, 415],
    ['without a media type', { contentType: '' }, 415],
  ])('is refused %s', async (_, sending, status) => {
    const { authority, service: sts } = service()
    expect((await post(sts, '<x/>', sending)).status).toBe(status)
    expect(authority.saw).toBe(0)
  })

  it('of SOAP 1.1 is answered with a fault of SOAP 1.1', async () => {
    const { authority, service: sts } = service()
    const { status, headers, body } = await post(sts, '<x/>', { contentType: 'text/xml; charset=utf-8' })
    expect([status, headers['content-type']]).toEqual([500, 'text/xml; charset=utf-8'])
    expect(new TextDecoder().decode(body)).toContain('VersionMismatch')
    expect(authority.saw).toBe(0)
  })

  it.each(['', 'no XML', '\0', '<a', '<?xml version="1.1"?><a/>', '<!DOCTYPE x><x/>', '<?pi?><x/>'])(
    'is refused with %j',
    async (text) => {
      const { authority, service: sts } = service()
      const answer = await post(sts, text)
      expect(answer.status).toBe(500)
      expect(new TextDecoder().decode(answer.body)).toContain(ENGLISH.malformed)
      expect(authority.saw).toBe(0)
    },
  )
})

describe('a fault', () => {
  it('relates to its request', async () => {
    const { service: sts } = service()
    expect((await ask(sts, { body: issue() })).envelope.relatesTo).toBe(MESSAGE_ID)
    expect((await ask(sts, alice(issue(), { action: null }))).envelope.relatesTo).toBe(MESSAGE_ID)
  })

  it("is the same for an unknown request and for somebody else's", async () => {
    const { service: sts } = service()
    const [unknown, foreign] = [await ask(sts, alice(queryText('77'))), await ask(sts, alice(queryText('5')))]
    expect(foreign.text).toBe(unknown.text)
  })

  it('is the same for a wrong password and an unknown account', async () => {
    const { service: sts } = service()
    const [wrong, unknown] = await Promise.all(
      ['alice', 'mallory'].map((name) => ask(sts, { security: passwordText(name, 'x'), body: issue() })),
    )
    expect(wrong!.text).toBe(unknown!.text)
  })
})
