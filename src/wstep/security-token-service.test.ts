import { beforeAll, describe, expect, it } from 'vitest'
import type { DenialReason, Disposition } from '../pki/authority.js'
import { DENIAL_CODES } from '../pki/ca/policy/denials.js'
import { parseInstant, writeInstant } from '../soap/envelope/text.js'
import { readSecurityHeader } from '../soap/security/security-header.js'
import { decodeBase64, encodeBase64 } from '../../bindings/octets/base64.js'
import { XML_NAMESPACE } from '../xml/names.js'
import type { XmlElement } from '../xml/tree.js'
import { WSSE } from '../soap/envelope/names.js'
import { LANGUAGES } from './faults/languages.js'
import {
  DETAILED_FAULT_ACTION,
  ENROLLMENT_REPLY_ACTION,
  KEY_EXCHANGE_ACTION,
  KEY_EXCHANGE_REPLY_ACTION,
  WSTEP,
} from './messages/names.js'
import { readResponse } from './messages/response-message.js'
import { SecurityTokenService, type SecurityTokenServiceOptions } from './security-token-service.js'
import { TestAccounts } from '../authentication/testing/accounts.js'
import {
  answerOf,
  ask,
  envelopeText,
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
} from './testing/exchange.js'
import { makeMaterial, type Material } from './testing/material.js'
import { PkiError } from '../pki/errors.js'
import { ScriptedAuthority } from './testing/scripted-authority.js'
import { ENGLISH, FRENCH, GERMAN, JAPANESE } from './faults/texts.js'

const NOW = new Date('2026-03-01T12:00:00Z')
const ADDRESS = 'https://sts.example/wstep'
const security = passwordText('alice', 'wonderland')
const alice = { by: 'account', id: 'id-of-alice', method: 'password' }

let material: Material
beforeAll(async () => {
  material = await makeMaterial()
})

const certificate = Uint8Array.of(0x30, 1, 7)
const response = Uint8Array.of(0x30, 1, 9)
const issued: Disposition = { status: 'issued', requestId: '61', certificate, response }

function service(disposition: Disposition = issued, options: Partial<SecurityTokenServiceOptions> = {}) {
  const authority = new ScriptedAuthority()
  authority.submitted = () => Promise.resolve(disposition)
  authority.queried = () => Promise.resolve(disposition)
  authority.exchanged = () => Promise.resolve(certificate)
  authority.renewable = () => true
  const failed: unknown[] = []
  const refused: string[] = []
  const sts = new SecurityTokenService({
    authority,
    verifier: material.verifier,
    address: ADDRESS,
    accounts: new TestAccounts({ alice: 'wonderland' }),
    clock: () => NOW,
    events: { failed: (error) => void failed.push(error), refused: (code) => void refused.push(code) },
    ...options,
  })
  return { authority, sts, failed, refused }
}

const issue = (more: RequestText = {}): RequestText => ({ security, body: issueText(material.request), ...more })
const query: RequestText = { security, body: queryText('61') }
const names = (parent: XmlElement): string[] => parent.elements.map(({ localName }) => localName)

describe('a certificate that is issued', () => {
  it('comes as a response with both tokens', async () => {
    const { sts } = service()
    const { http, envelope } = await ask(sts, issue())
    expect([http.status, http.headers['content-type']]).toEqual([200, 'application/soap+xml; charset=utf-8'])
    expect([envelope.action, envelope.relatesTo]).toEqual([ENROLLMENT_REPLY_ACTION, MESSAGE_ID])
    expect(readResponse(envelope.body)).toEqual({
      kind: 'issued',
      disposition: { text: 'Issued', language: 'en-US' },
      response,
      certificate,
      requestId: '61',
    })
    expect(names(envelope.body)).toEqual(['RequestSecurityTokenResponse'])
    const [rstr] = envelope.body.elements
    expect(names(rstr!)).toEqual([
      'TokenType',
      'DispositionMessage',
      'BinarySecurityToken',
      'RequestedSecurityToken',
      'RequestID',
    ])
  })

  it('also goes back to a client that queries the status', async () => {
    const { sts } = service()
    const { envelope } = await ask(sts, query)
    expect(envelope.action).toBe(ENROLLMENT_REPLY_ACTION)
    expect(readResponse(envelope.body)).toMatchObject({ kind: 'issued', certificate, requestId: '61' })
  })
})

describe('a request that is pending', () => {
  it.each<[string, RequestText]>([
    ['when it is sent', { security }],
    ['when it is asked for', query],
  ])('refers to the service %s', async (_, message) => {
    const { sts } = service({ status: 'pending', requestId: '61' })
    const { http, envelope } = await ask(sts, { body: issueText(material.request), ...message })
    expect(http.status).toBe(200)
    expect(envelope.action).toBe(ENROLLMENT_REPLY_ACTION)
    expect(readResponse(envelope.body)).toEqual({
      kind: 'pending',
      disposition: { text: 'Taken Under Submission', language: 'en-US' },
      response: undefined,
      reference: ADDRESS,
      requestId: '61',
    })
  })

  it('refers to it with the token that the authority gives to strangers, and what the authority says', async () => {
    const { sts } = service({ status: 'pending', requestId: '61', queryToken: 'a&b=c', response })
    const { envelope } = await ask(sts, { body: issueText(material.renewal) })
    expect(readResponse(envelope.body)).toMatchObject({ reference: `${ADDRESS}?token=a%26b%3Dc`, response })
  })

  it('keeps what the address has in its query', async () => {
    const { sts } = service(
      { status: 'pending', requestId: '61', queryToken: 'secret' },
      { address: 'https://sts.example:8443/a?tenant=x' },
    )
    const { envelope } = await ask(sts, { body: issueText(material.renewal) })
    expect(readResponse(envelope.body)).toMatchObject({
      reference: 'https://sts.example:8443/a?tenant=x&token=secret',
    })
  })

  it('is found with the token in the address', async () => {
    const { sts, authority } = service()
    await ask(sts, { body: queryText('61') }, { target: '/wstep?a=b&token=a%26b%3Dc' })
    expect(authority.queries).toEqual([{ requestId: '61', queryToken: 'a&b=c' }])
  })
})

describe('the exchange certificate', () => {
  it('comes with the action of the specification', async () => {
    const { sts } = service()
    const { envelope } = await ask(sts, { action: KEY_EXCHANGE_ACTION, security, body: exchangeText })
    expect(envelope.action).toBe('http://docs.oasis-open.org/ws-sx/ws-trust/200512/RSTR/KETFinal')
  })

  it('comes as a nested token', async () => {
    const { sts, authority } = service()
    const { envelope } = await ask(sts, { action: KEY_EXCHANGE_ACTION, security, body: exchangeText })
    expect([envelope.action, envelope.relatesTo]).toEqual([KEY_EXCHANGE_REPLY_ACTION, MESSAGE_ID])
    expect(readResponse(envelope.body)).toEqual({ kind: 'key-exchange', certificate })
    const [rstr] = envelope.body.elements
    expect(names(rstr!)).toEqual(['TokenType', 'RequestedSecurityToken'])
    expect(names(rstr!.elements[1]!)).toEqual(['KeyExchangeToken'])
    expect(authority.exchanges).toBe(1)
  })

  it('is a fault where there is none', async () => {
    const { sts, authority } = service()
    authority.exchanged = () => Promise.resolve(undefined)
    const fault = faultIn(await ask(sts, { action: KEY_EXCHANGE_ACTION, security, body: exchangeText }))
    expect([fault.faultCode, fault.reasons[0]?.text]).toEqual(['Receiver', ENGLISH['key-exchange-unavailable']])
    expect(fault.enrollment).toMatchObject({ errorCode: 0x80092004 | 0, invalidRequest: false })
  })
})

describe('the authority', () => {
  it('gets the request as it came, who asks, and the additional context', async () => {
    const { sts, authority } = service()
    const content =
      '<c:AdditionalContext><c:ContextItem Name="ccm"><c:Value>host.example</c:Value></c:ContextItem>' +
      '<c:ContextItem Name="CertificateTemplate"><c:Value>User</c:Value></c:ContextItem></c:AdditionalContext>'
    await ask(sts, { security, body: requestText({ content: tokenText(material.request) + content }) })
    const [submission] = authority.submissions
    expect(submission).toMatchObject({
      requester: alice,
      additionalContext: [
        { name: 'ccm', value: 'host.example' },
        { name: 'CertificateTemplate', value: 'User' },
      ],
    })
    expect(submission!.request.der).toEqual(material.request)
    expect(submission!.request.form).toBe('pkcs10')
  })

  it('says nothing to a stranger of why a certificate may not be renewed', async () => {
    const { sts, authority, refused } = service()
    authority.renewable = () => false
    authority.refusal = 'denial/renewal-expired'
    expect(faultIn(await ask(sts, { body: issueText(material.renewal) })).message).toBe(
      ENGLISH['authentication-failed'],
    )
    expect(refused).toEqual(['denial/renewal-expired'])
  })

  it('that fails says nothing to anybody, whatever the error looks like', async () => {
    const cause = new PkiError('pki/not-der', { detail: '7' })
    const errors: unknown[] = [
      new Error('secret', { cause }),
      cause,
      Object.assign(new Error('secret'), { code: 'wstep/request-id' }),
      'secret',
    ]
    for (const error of errors) {
      const { sts, authority, failed, refused } = service()
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
      authority.submitted = () => Promise.reject(error)
      const fault = faultIn(await ask(sts, issue()))
      expect([fault.faultCode, fault.message]).toEqual(['Receiver', ENGLISH.internal])
      expect([failed, refused]).toEqual([[error], []])
    }
  })

  it('gets an anonymous renewal with the certificate as who asks', async () => {
    const { sts, authority } = service()
    await ask(sts, { body: issueText(material.renewal) })
    const [submission] = authority.submissions
    expect(submission!.requester).toMatchObject({
      by: 'certificate',
      certificate: { der: material.old.certificate },
    })
    expect(submission!.request.der).toEqual(material.renewal)
    expect(authority.renewals.map(({ der }) => der)).toEqual([material.old.certificate])
  })

  it('gets a renewal with credentials with the account as who asks', async () => {
    const { sts, authority } = service()
    await ask(sts, { security, body: issueText(material.renewal) })
    expect(authority.submissions[0]!.requester).toEqual(alice)
    expect(authority.submissions[0]!.request.renewalCertificate?.der).toEqual(material.old.certificate)
  })

  it('gets the RequestID', async () => {
    const { sts, authority } = service()
    for (const id of ['0', '61', ' 4294967295\n']) await ask(sts, { security, body: queryText(id) })
    expect(authority.queries).toEqual(['0', '61', '4294967295'].map((requestId) => ({ requestId, requester: alice })))
  })

  it('gets any RequestID if it does not say which form it gives', async () => {
    const { sts, authority } = service()
    delete authority.isRequestId
    const id = 'order 7/ä'
    await ask(sts, { security, body: queryText(id) })
    expect(authority.queries).toMatchObject([{ requestId: id }])
  })

  it('gets no RequestID with a new request', async () => {
    const { sts, authority } = service()
    const content = `${tokenText(material.request)}<e:RequestID>77</e:RequestID>`
    expect((await ask(sts, { security, body: requestText({ content }) })).http.status).toBe(200)
    expect(authority.queries).toEqual([])
    expect(Object.keys(authority.submissions[0]!)).toEqual(['request', 'requester', 'additionalContext'])
  })
})

describe('a denial', () => {
  const denied = (reason: DenialReason, more = {}): Disposition => ({
    status: 'denied',
    reason,
    errorCode: DENIAL_CODES[reason],
    ...more,
  })

  it.each(Object.entries(DENIAL_CODES) as [DenialReason, number][])('for %s is a fault', async (reason, errorCode) => {
    const { sts, refused, failed } = service(denied(reason))
    for (const message of [issue(), query]) {
      const answer = await ask(sts, message)
      const fault = faultIn(answer)
      expect([fault.faultCode, fault.action]).toEqual(['Receiver', DETAILED_FAULT_ACTION])
      expect(fault.reasons).toEqual([{ language: 'en-US', text: ENGLISH[reason] }])
      expect(fault.enrollment).toEqual({
        binaryResponse: undefined,
        errorCode,
        invalidRequest: true,
        requestId: undefined,
      })
      expect(errorCode).toBeLessThan(0)
    }
    expect(refused).toEqual([`denial/${reason}`, `denial/${reason}`])
    expect(failed).toEqual([])
  })

  it('is logged by its own cause, which the client is told if it can do something about it', async () => {
    const early = denied('renewal-refused', { cause: 'denial/renewal-early', detail: '2030-01-01T00:00:00.000Z' })
    const { sts, refused } = service(early)
    expect(faultIn(await ask(sts, issue())).message).toBe(
      'It is too early to renew the certificate (it can be renewed from 2030-01-01T00:00:00.000Z on). (denial/renewal-early)',
    )
    expect(refused).toEqual(['denial/renewal-early'])
    const { sts: other, refused: others } = service(denied('renewal-refused', { cause: 'denial/renewal-account' }))
    expect(faultIn(await ask(other, issue())).message).toBe(ENGLISH['renewal-refused'])
    expect(others).toEqual(['denial/renewal-account'])
    // A cause with a text of its own, and nothing more to say.
    const { sts: third } = service(denied('renewal-refused', { cause: 'denial/renewal-profile' }))
    const told = `${ENGLISH['denial/renewal-profile']} (denial/renewal-profile)`
    expect(faultIn(await ask(third, issue())).message).toBe(told)
  })

  it('says nil where there is nothing to say', async () => {
    const { sts } = service(denied('denied-by-operator'))
    const fault = faultIn(await ask(sts, issue()))
    const [detail] = fault.detail
    expect(detail!.is(WSTEP, 'CertificateEnrollmentWSDetail')).toBe(true)
    const nil = { localName: 'nil', namespace: 'http://www.w3.org/2001/XMLSchema-instance', value: 'true' }
    expect(detail!.elements.map(({ localName, text, attributes }) => [localName, text, attributes])).toEqual([
      ['BinaryResponse', '', [expect.objectContaining(nil)]],
      ['ErrorCode', '-2146877420', []],
      ['InvalidRequest', 'true', []],
      ['RequestID', '', [expect.objectContaining(nil)]],
    ])
  })

  it('says what the authority said', async () => {
    const { sts } = service(denied('denied-by-policy', { requestId: '61', response }))
    const fault = faultIn(await ask(sts, issue()))
    expect(fault.enrollment).toMatchObject({ binaryResponse: response, invalidRequest: true, requestId: '61' })
    const [binary] = fault.detail[0]!.elements
    expect(decodeBase64(binary!.text!)).toEqual(response)
  })
})

describe('what fails on this side', () => {
  const cause = new Error('the password of the database is hunter2')
  const failing = () => Promise.reject(cause)

  it.each<[string, (authority: ScriptedAuthority) => void, RequestText]>([
    ['submit', (authority) => (authority.submitted = failing), {}],
    ['query', (authority) => (authority.queried = failing), { security, body: queryText('61') }],
    [
      'exchange',
      (authority) => (authority.exchanged = failing),
      { action: KEY_EXCHANGE_ACTION, security, body: exchangeText },
    ],
    ['renewalRefusal', (authority) => (authority.renewalRefusal = failing), { security: null }],
  ])('is an internal error: %s', async (what, breaks, message) => {
    const { sts, authority, failed, refused } = service()
    breaks(authority)
    const body = issueText(what === 'renewalRefusal' ? material.renewal : material.request)
    const answer = await ask(sts, { security, body, ...message })
    const fault = faultIn(answer)
    expect(fault.faultCode).toBe('Receiver')
    expect(fault.subcodes.map(({ localName }) => localName)).toEqual(['InternalServiceFault'])
    expect(fault.action).toContain('dispatcher/fault')
    expect(fault.reasons).toEqual([{ language: 'en-US', text: ENGLISH.internal }])
    expect(fault.detail).toEqual([])
    expect(answer.text).not.toContain('hunter2')
    expect(failed).toEqual([cause])
    expect(refused).toEqual([])
  })

  it('is an internal error where accounts cannot be asked, and where a verifier fails', async () => {
    const broken = service(issued, { accounts: { verify: failing } })
    const unverified = service(issued, { verifier: { verify: failing } })
    for (const { sts, authority, failed } of [broken, unverified]) {
      expect(faultIn(await ask(sts, issue())).reasons[0]?.text).toBe(ENGLISH.internal)
      expect(failed).toEqual([cause])
      expect(authority.saw).toBe(0)
    }
  })

  it('is an internal error where the authority says what cannot be written', async () => {
    const denied: Disposition = { status: 'denied', reason: 'revoked', errorCode: -1 }
    for (const said of [issued, denied]) {
      const { sts, failed } = service({ ...said, requestId: '\0' })
      expect(faultIn(await ask(sts, issue())).reasons[0]?.text).toBe(ENGLISH.internal)
      expect(failed).toHaveLength(1)
    }
  })
})

describe('a language', () => {
  const asking = (attributes: string, more: RequestText = {}): RequestText => ({
    security,
    body: requestText({ attributes, content: tokenText(material.request) }),
    ...more,
  })

  it.each([
    ['PreferredLanguage="de-DE"', 'de-DE', GERMAN],
    ['PreferredLanguage="FR-fr"', 'fr-FR', FRENCH],
    ['e:PreferredLanguage="ja-JP"', 'ja-JP', JAPANESE],
    ['PrefferedLanguage="de-AT"', 'de', GERMAN],
    ['PreferredLanguage="tlh"', 'en-US', ENGLISH],
    ['PreferredLanguage=""', 'en-US', ENGLISH],
    ['', 'en-US', ENGLISH],
  ])('%s is that of dispositions, denials and faults', async (attributes, tag, texts) => {
    const { envelope } = await ask(service().sts, asking(attributes))
    const disposition = envelope.body.elements[0]!.elements[1]!
    expect(disposition.is(WSTEP, 'DispositionMessage')).toBe(true)
    expect([disposition.attribute('lang', XML_NAMESPACE), disposition.text]).toEqual([tag, texts.issued])

    const denied = service({ status: 'denied', reason: 'template-unknown', errorCode: -1 })
    expect(faultIn(await ask(denied.sts, asking(attributes))).reasons).toEqual([
      { language: tag, text: texts['template-unknown'] },
    ])
    const wrong = { security: passwordText('alice', 'wrong') }
    expect(faultIn(await ask(service().sts, asking(attributes, wrong))).reasons).toEqual([
      { language: tag, text: texts['authentication-failed'] },
    ])
    expect(faultIn(await ask(service().sts, asking(attributes, { action: 'urn:x' }))).reasons).toEqual([
      { language: tag, text: texts.action },
    ])
  })

  it('is the default one that the server has, where nothing else is known', async () => {
    const { sts } = service(issued, { languages: { ...LANGUAGES, default: 'fr-FR' } })
    const answer = answerOf(await post(sts, 'no XML'))
    expect(faultIn(answer).reasons).toEqual([{ language: 'fr-FR', text: FRENCH.malformed }])
    expect(readResponse((await ask(sts, issue())).envelope.body)).toMatchObject({
      disposition: { text: 'Émis', language: 'fr-FR' },
    })
  })

  it('may be one that an embedder adds', async () => {
    const supported = new Map([...LANGUAGES.supported, ['la', { ...ENGLISH, issued: 'Datum' }]] as const)
    const { sts } = service(issued, { languages: { supported, default: 'la' } })
    expect(readResponse((await ask(sts, issue())).envelope.body)).toMatchObject({
      disposition: { text: 'Datum', language: 'la' },
    })
  })
})

describe('a timestamp', () => {
  const stamp = '<u:Timestamp><u:Created>2026-03-01T12:00:00Z</u:Created></u:Timestamp>'
  const wrong = passwordText('alice', 'wrong')

  it.each([
    ['an answer', stamp + security, 200],
    ['a fault', stamp + wrong, 500],
  ])('is answered with one in %s', async (_, header, status) => {
    const { http, envelope } = await ask(service().sts, issue({ security: header }))
    expect(http.status).toBe(status)
    const { timestamp } = readSecurityHeader(envelope.security!)
    expect(timestamp).toEqual({ created: NOW, expires: new Date(NOW.getTime() + 300_000) })
    expect(parseInstant(writeInstant(NOW))).toEqual(NOW)
  })

  it('is not answered where there is none', async () => {
    expect((await ask(service().sts, issue())).envelope.security).toBeUndefined()
    expect((await ask(service().sts, issue({ security: wrong }))).envelope.security).toBeUndefined()
  })
})

describe('what clients do', () => {
  /** As cepces sends it: one nonce for all its requests, in local time; a qualified Type; an empty wsu:Id; no ReplyTo. */
  const cepcesHeader = (created: string): string =>
    `<o:UsernameToken><o:Username>alice</o:Username>` +
    `<o:Password o:Type="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordText">` +
    `wonderland</o:Password><o:Nonce>1B2M2Y8AsgTpgAmY7PhCfg==</o:Nonce><u:Created>${created}</u:Created></o:UsernameToken>`
  const lines = (octets: Uint8Array, width: number, end: string): string =>
    encodeBase64(octets).replace(new RegExp(`.{${width}}`, 'g'), `$&${end}`)
  const token = (content: string, attributes = ''): string =>
    `<o:BinarySecurityToken ValueType="${WSTEP}#PKCS10" EncodingType="${WSSE}#base64binary" ${attributes}>${content}</o:BinarySecurityToken>`

  it.each<[string, () => RequestText]>([
    ['a qualified Type of the password', () => issue({ security: cepcesHeader('2026-03-01T12:00:00Z') })],
    ['a time five hours ahead', () => issue({ security: cepcesHeader('2026-03-01T17:00:00Z') })],
    ['a time years ago', () => issue({ security: cepcesHeader('2009-03-01T17:00:00Z') })],
    ['a To', () => issue({ headers: `<a:To s:mustUnderstand="1">https://10.0.0.1/elsewhere</a:To>` })],
    [
      'an anonymous ReplyTo',
      () =>
        issue({
          headers: '<a:ReplyTo><a:Address>http://www.w3.org/2005/08/addressing/anonymous</a:Address></a:ReplyTo>',
        }),
    ],
    [
      'an ActivityId',
      () =>
        issue({
          headers:
            '<d:ActivityId xmlns:d="http://schemas.microsoft.com/2004/09/ServiceModel/Diagnostics" CorrelationId="x">y</d:ActivityId>',
        }),
    ],
    [
      'an empty wsu:Id',
      () => issue({ body: requestText({ content: token(encodeBase64(material.request), 'u:Id=""') }) }),
    ],
    ['base64 on one line', () => issue({ body: requestText({ content: token(encodeBase64(material.request)) }) })],
    [
      'base64 in lines of 64',
      () => issue({ body: requestText({ content: token(lines(material.request, 64, '\n')) }) }),
    ],
    [
      'base64 in lines of 76, with carriage returns',
      () => issue({ body: requestText({ content: token(lines(material.request, 76, '&#xD;\n')) }) }),
    ],
    [
      'base64 with white space anywhere',
      () => issue({ body: requestText({ content: token(` \t${lines(material.request, 7, '\r\n ')}`) }) }),
    ],
    [
      'the EncodingType of OASIS',
      () =>
        issue({
          body: requestText({
            content: tokenText(
              material.request,
              'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary',
            ),
          }),
        }),
    ],
    [
      'a ValueType that is wrong',
      () => issue({ body: requestText({ content: token(encodeBase64(material.signedNew)) }) }),
    ],
    [
      'a nil RequestID',
      () => issue({ body: requestText({ content: `${tokenText(material.request)}<e:RequestID i:nil="true"/>` }) }),
    ],
    [
      'a RequestID',
      () => issue({ body: requestText({ content: `<e:RequestID>12</e:RequestID>${tokenText(material.request)}` }) }),
    ],
    [
      'elements that are not known',
      () =>
        issue({
          body: requestText({
            attributes: 'Context="urn:x"',
            content: `<t:KeySize>2048</t:KeySize>${tokenText(material.request)}<x:y xmlns:x="urn:x">z</x:y>`,
          }),
        }),
    ],
    [
      'white space around URIs',
      () => issue({ action: '\n    http://schemas.microsoft.com/windows/pki/2009/01/enrollment/RST/wstep' }),
    ],
    [
      'an empty token with a query',
      () => ({ security, body: queryText('61').replace('<e:RequestID>', `${token('')}<e:RequestID>`) }),
    ],
    [
      'a token that is no base64 with a query',
      () => ({ security, body: queryText('61').replace('<e:RequestID>', `${token('?')}<e:RequestID>`) }),
    ],
  ])('is accepted: %s', async (_, message) => {
    const { sts, authority } = service()
    expect((await ask(sts, message())).http.status).toBe(200)
    expect(authority.saw).toBe(1)
  })

  it('is accepted: a nonce and a time again and again with a password', async () => {
    const { sts, authority } = service()
    for (let i = 0; i < 3; i++) await ask(sts, issue({ security: cepcesHeader('2026-03-01T12:00:00Z') }))
    expect(authority.saw).toBe(3)
  })

  it.each([
    'application/soap+xml',
    'application/soap+xml; charset=UTF-8',
    'Application/SOAP+XML;charset="utf-8"; action="http://schemas.microsoft.com/windows/pki/2009/01/enrollment/RST/wstep"',
    'application/soap+xml; action="http://schemas.microsoft.com/windows/pki/2009/01/enrollment/RST/wstep"; charset=utf-8; x=y',
  ])('is accepted: %s', async (contentType) => {
    expect((await ask(service().sts, issue(), { contentType })).http.status).toBe(200)
  })

  it('is accepted: other prefixes, a declaration, a byte order mark', async () => {
    const text = envelopeText(issue()).replaceAll(/(<\/?|xmlns:|\s)([sat])(?=[:=])/g, '$1ns-$2')
    const body = `\uFEFF<?xml version="1.0" encoding="utf-8"?>\n${text}`
    expect(text).toContain('<ns-s:Envelope')
    expect((await post(service().sts, body)).status).toBe(200)
  })
})

describe('what clients need', () => {
  it('is base64 in lines of 64 characters at most, and nothing else in tokens', async () => {
    const long = crypto.getRandomValues(new Uint8Array(500))
    const { sts } = service({ ...issued, certificate: long, response: long })
    const { envelope, text } = await ask(sts, issue())
    expect(readResponse(envelope.body)).toMatchObject({ certificate: long, response: long })
    const tokens = [...text.matchAll(/<o:BinarySecurityToken[^>]*>([^<]*)</g)].map(([, base64]) => base64!)
    expect(tokens).toHaveLength(2)
    for (const base64 of tokens) {
      const rows = base64.split(/&#xD;\n|\r?\n/)
      for (const row of rows.slice(0, -1)) expect(row).toMatch(/^[A-Za-z0-9+/]{64}$/)
      expect(rows.at(-1)).toMatch(/^[A-Za-z0-9+/=]{1,64}$/)
    }
  })

  it('is an EncodingType as Windows writes it', async () => {
    const { text } = await ask(service().sts, issue())
    expect(text.match(new RegExp(`EncodingType="${WSSE}#base64binary"`, 'g'))).toHaveLength(2)
    expect(text).toContain(`ValueType="${WSSE}#PKCS7"`)
  })
})

describe('a service', () => {
  it.each(['http://sts.example/', '/wstep', 'sts.example', '', 'ftp://sts.example/'])(
    'has an absolute address of https, not %j',
    (address) => {
      expect(() => service(issued, { address })).toThrow(expect.objectContaining({ code: 'wstep/address' }))
    },
  )

  it('has a default language that it supports', () => {
    expect(() => service(issued, { languages: { ...LANGUAGES, default: 'x' } })).toThrow(
      expect.objectContaining({ code: 'wstep/default-language' }),
    )
  })

  it('may have other limits', async () => {
    const { sts } = service(issued, { limits: { maxBytes: 1000 } })
    const answer = answerOf(await post(sts, envelopeText(issue()) + ' '.repeat(1000)))
    expect(faultIn(answer).reasons[0]?.text).toBe(ENGLISH['too-large'])
  })

  it('may allow clocks to be closer', async () => {
    const { sts } = service(issued, { skewSeconds: 10 })
    const expired = `<u:Timestamp><u:Expires>${writeInstant(new Date(NOW.getTime() - 11_000))}</u:Expires></u:Timestamp>`
    expect(faultIn(await ask(sts, issue({ security: expired + security }))).reasons[0]?.text).toBe(ENGLISH.expired)
  })

  it('answers requests at once, apart from each other', async () => {
    const { sts, authority } = service()
    const answers = await Promise.all(
      [issue(), query, issue({ security: passwordText('alice', 'wrong') }), issue({ action: 'urn:x' })].map((message) =>
        ask(sts, message),
      ),
    )
    expect(answers.map(({ http }) => http.status)).toEqual([200, 200, 500, 500])
    expect(authority.saw).toBe(2)
  })
})
