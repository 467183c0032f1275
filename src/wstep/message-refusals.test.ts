import { describe, expect, it } from 'vitest'
import { WST } from '../ws-trust/syntax/names.js'
import { ENROLLMENT_ACTION, KEY_EXCHANGE_ACTION } from './messages/names.js'
import { ask, MESSAGE_ID, post, requestText, type RequestText, type Sending } from './testing/exchange.js'
import { ENGLISH } from './faults/texts.js'
import { wsa, invalidHeader, alice, request, pkcs10, issue, service, testRefusals } from './testing/refusals.js'

testRefusals({
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

describe('the log', () => {
  it('has the account of what it refuses, if there is one, and the request', async () => {
    const logged: unknown[] = []
    const { authority, service: sts } = service({ events: { refused: (...entry) => void logged.push(entry) } })
    authority.submitted = () =>
      Promise.resolve({ status: 'denied', requestId: '9', reason: 'template-denied', errorCode: -1 })
    await ask(sts, alice(issue()))
    await ask(sts, alice(requestText({ tokenType: null })))
    await ask(sts, { body: requestText({ tokenType: null }) })
    const account = 'id-of-alice'
    expect(logged).toEqual([
      ['denial/template-denied', { account, requestId: '9' }],
      ['wstep/token-type', { account, requestId: undefined }],
      ['wstep/token-type', { account: undefined, requestId: undefined }],
    ])
  })

  it.each<[string, RequestText, Sending?]>([
    ['soap/ActionNotSupported', alice(issue(), { action: 'urn:x' })],
    ['soap/VersionMismatch', alice(issue(), { namespace: 'http://www.w3.org/2033/05/soap-envelope' })],
    ['soap/ActionMismatch', alice(issue()), { contentType: 'application/soap+xml; action="urn:x"' }],
  ])('has %s, the last of the codes', async (code, message, sending) => {
    const { service: sts, refused } = service()
    await ask(sts, message, sending)
    expect(refused).toEqual([code])
  })
})

describe('a fault', () => {
  it('relates to its request', async () => {
    const { service: sts } = service()
    expect((await ask(sts, { body: issue() })).envelope.relatesTo).toBe(MESSAGE_ID)
    expect((await ask(sts, alice(issue(), { action: null }))).envelope.relatesTo).toBe(MESSAGE_ID)
  })
})
