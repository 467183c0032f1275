import { describe, expect, it } from 'vitest'
import { WSSE } from '../soap/envelope/names.js'
import { ENROLLMENT_ACTION, KEY_EXCHANGE_ACTION } from './messages/names.js'
import {
  ask,
  exchangeText,
  faultIn,
  issueText,
  passwordText,
  queryText,
  type RequestText,
  type Sending,
} from './testing/exchange.js'
import {
  asAlice,
  certificate,
  material,
  alice,
  ket,
  issue,
  digestText,
  timestamp,
  required,
  failed,
  insecure,
  unsupported,
  expired,
  service,
  testRefusals,
} from './testing/refusals.js'

testRefusals({
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

describe('a fault', () => {
  it('is the same for a wrong password and an unknown account', async () => {
    const { service: sts } = service()
    const [wrong, unknown] = await Promise.all(
      ['alice', 'mallory'].map((name) => ask(sts, { security: passwordText(name, 'x'), body: issue() })),
    )
    expect(wrong!.text).toBe(unknown!.text)
  })
})
