import { describe, expect, it } from 'vitest'
import { encodeBase64 } from '../../../bindings/octets/base64.js'
import { WSS_MESSAGE_SECURITY, WSSE, WSU, XSI } from '../../soap/envelope/names.js'
import { SoapFault } from '../../soap/envelope/fault.js'
import { readEnvelope, writeFault } from '../../soap/envelope/envelope.js'
import { readFault } from '../../soap/envelope/fault.js'
import { WST } from '../../ws-trust/syntax/names.js'
import { canonicalize } from '../../xml/canonicalize.js'
import { enrollmentFault, readFaultDetail, writeFaultDetail } from '../faults/fault-detail.js'
import { faultFor, RequestRefusedError } from '../faults/faults.js'
import { ENGLISH } from '../faults/texts.js'
import type { WstepRequest, WstepResponse } from './messages.js'
import {
  AUTHORIZATION,
  BASE64_ENCODING,
  ENROLLMENT_ACTION,
  ENROLLMENT_REPLY_ACTION,
  ISSUE_TYPE,
  KEY_EXCHANGE_ACTION,
  KEY_EXCHANGE_REPLY_ACTION,
  KEY_EXCHANGE_TYPE,
  PKCS10_VALUE,
  PKCS7_VALUE,
  QUERY_TYPE,
  WSTEP,
  X509_V3,
} from './names.js'
import { readPreferredLanguage, readRequest, writeRequest } from './request-message.js'
import { readResponse, writeResponse } from './response-message.js'
import { parseXml } from '../../xml/parse.js'

const DER = new Uint8Array(200).fill(0x30)
const BASE64 = encodeBase64(DER)
const TYPE = `<t:TokenType>${X509_V3}</t:TokenType>`
const NAMESPACES =
  `xmlns:t="${WST}" xmlns:o="${WSSE}" xmlns:u="${WSU}" xmlns:e="${WSTEP}"` +
  ` xmlns:i="${XSI}" xmlns:c="${AUTHORIZATION}"`

const rst = (content: string, attributes = ''): string =>
  `<t:RequestSecurityToken ${NAMESPACES} ${attributes}>${content}</t:RequestSecurityToken>`
const type = (uri: string): string => `<t:RequestType>${uri}</t:RequestType>`
const token = (content: string, attributes = ''): string =>
  `<o:BinarySecurityToken ${attributes}>${content}</o:BinarySecurityToken>`
const issue = (content: string, attributes = ''): string => rst(TYPE + type(ISSUE_TYPE) + content, attributes)
const query = (content: string): string => rst(TYPE + type(QUERY_TYPE) + content)
const context = (content: string): string =>
  issue(`${token(BASE64)}<c:AdditionalContext>${content}</c:AdditionalContext>`)
const collection = (content: string): string =>
  `<t:RequestSecurityTokenResponseCollection ${NAMESPACES}>${content}</t:RequestSecurityTokenResponseCollection>`
const rstr = (content: string): string =>
  collection(`<t:RequestSecurityTokenResponse>${content}</t:RequestSecurityTokenResponse>`)
const requested = (content: string): string => `<t:RequestedSecurityToken>${content}</t:RequestedSecurityToken>`
const code = (code: string) => expect.objectContaining({ code }) as unknown

describe('the names', () => {
  const enrollment = 'http://schemas.microsoft.com/windows/pki/2009/01/enrollment'
  const trust = 'http://docs.oasis-open.org/ws-sx/ws-trust/200512'
  const x509 = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#X509v3'

  it('are those of the specification', () => {
    expect([WSTEP, WST, AUTHORIZATION]).toEqual([
      enrollment,
      trust,
      'http://schemas.xmlsoap.org/ws/2006/12/authorization',
    ])
    expect([ISSUE_TYPE, QUERY_TYPE, KEY_EXCHANGE_TYPE, X509_V3]).toEqual([
      `${trust}/Issue`,
      `${enrollment}/QueryTokenStatus`,
      `${trust}/KET`,
      x509,
    ])
    expect([ENROLLMENT_ACTION, ENROLLMENT_REPLY_ACTION]).toEqual([
      `${enrollment}/RST/wstep`,
      `${enrollment}/RSTRC/wstep`,
    ])
    expect([KEY_EXCHANGE_ACTION, KEY_EXCHANGE_REPLY_ACTION]).toEqual([`${trust}/RST/KET`, `${trust}/RSTR/KETFinal`])
  })
})

describe('requests', () => {
  const requests: WstepRequest[] = [
    { kind: 'issue', token: DER, valueType: PKCS10_VALUE, additionalContext: [], preferredLanguage: undefined },
    {
      kind: 'issue',
      token: DER,
      valueType: 'urn:x',
      additionalContext: [
        { name: 'CertificateTemplate', value: 'User' },
        { name: 'ccm', value: 'a<b>.example' },
      ],
      preferredLanguage: 'de-DE',
    },
    { kind: 'query', requestId: '4294967295', preferredLanguage: 'ja-JP' },
    { kind: 'key-exchange', preferredLanguage: undefined },
  ]
  it.each(requests)('are read as they were written: $kind', (request) => {
    for (const lines of ['one', '64'] as const) {
      for (const nilRequestId of [false, true])
        expect(readRequest(canonicalize(writeRequest(request, { lines, nilRequestId })))).toEqual(request)
    }
  })

  it('are labelled by their form', () => {
    const labelled = (...octets: number[]) =>
      readRequest(writeRequest({ kind: 'issue', token: Uint8Array.from(octets) })) as { valueType?: string }
    expect(labelled(0x30, 0x03, 0x06, 0x01, 0x2a).valueType).toBe(PKCS7_VALUE)
    expect(labelled(0x30, 0x82, 0, 3, 0x06, 0x01, 0x2a).valueType).toBe(PKCS7_VALUE)
    expect(labelled(0x30, 0x03, 0x30, 0x01, 0x02).valueType).toBe(PKCS10_VALUE)
    expect(labelled(0x31, 0x03, 0x06, 0x01, 0x2a).valueType).toBe(PKCS10_VALUE)
    expect(labelled(0x30).valueType).toBe(PKCS10_VALUE)
  })

  it('are written in lines of 64 characters, or one', () => {
    const text = (lines: 'one' | '64') => writeRequest({ kind: 'issue', token: DER }, { lines }).elements[2]!.text!
    expect(
      text('64')
        .split('\r\n')
        .map((line) => line.length),
    ).toEqual([64, 64, 64, 64, 12])
    expect(text('one')).toBe(BASE64)
  })

  it('carry the language in an attribute without namespace', () => {
    const { attributes } = writeRequest({ kind: 'key-exchange', preferredLanguage: 'fr-FR' })
    expect(attributes).toEqual([{ prefix: '', namespace: '', localName: 'PreferredLanguage', value: 'fr-FR' }])
  })

  it('carry it in the namespace of the specification where that is asked for', () => {
    const { attributes } = writeRequest(
      { kind: 'key-exchange', preferredLanguage: 'fr-FR' },
      { qualifiedLanguage: true },
    )
    expect(attributes).toEqual([{ prefix: 'wstep', namespace: WSTEP, localName: 'PreferredLanguage', value: 'fr-FR' }])
  })

  it.each([
    ['of lower case', `EncodingType="${WSSE}#base64binary"`],
    ['of upper case', `EncodingType="${WSSE}#Base64Binary"`],
    ['of OASIS', `EncodingType="${WSS_MESSAGE_SECURITY}#Base64Binary"`],
    ['of OASIS in lower case', `EncodingType="${WSS_MESSAGE_SECURITY}#base64binary"`],
    ['that is absent', ''],
    ['beside an empty Id', `EncodingType="${BASE64_ENCODING}" u:Id=""`],
    ['beside any ValueType', `EncodingType="${BASE64_ENCODING}" ValueType="urn:x"`],
  ])('may have an EncodingType %s', (_, attributes) => {
    expect(readRequest(issue(token(BASE64, attributes)))).toMatchObject({ token: DER })
  })

  it.each([
    ['wrapped as of Windows', BASE64.replace(/.{76}/g, '$&&#xD;\n')],
    ['wrapped with CR', BASE64.replace(/.{64}/g, '$&&#13;')],
    ['indented', `\n\t  ${BASE64.replace(/.{60}/g, '$&\n\t  ')}\n`],
    ['in CDATA', `<![CDATA[${BASE64}]]>`],
  ])('may have base64 that is %s', (_, text) => {
    expect(readRequest(issue(token(text)))).toMatchObject({ token: DER })
  })

  it('may have their elements in any order, strange ones among them, and a RequestID that is not used', () => {
    const content =
      `<e:RequestID>7</e:RequestID><x:x xmlns:x="urn:x"><y/></x:x><t:Lifetime/>${token(BASE64)}<TokenType/>` +
      ` ${type(ISSUE_TYPE)}\n${TYPE}<e:RequestType>x</e:RequestType>`
    expect(readRequest(rst(content, 'Context="urn:c" x="y"'))).toMatchObject({ kind: 'issue', token: DER })
    expect(readRequest(issue(`${token(BASE64)}<e:RequestID i:nil="true"/>`))).toMatchObject({ token: DER })
  })

  it('may have white space around URIs', () => {
    const text = rst(`<t:TokenType>\n ${X509_V3}\n</t:TokenType>${type(`\n${ISSUE_TYPE} `)}${token(BASE64)}`)
    expect(readRequest(text)).toMatchObject({ kind: 'issue' })
  })

  it.each([
    ['PreferredLanguage="de-DE"', 'de-DE'],
    ['e:PreferredLanguage="de-DE"', 'de-DE'],
    ['PrefferedLanguage="de-DE"', 'de-DE'],
    ['e:PrefferedLanguage="de-DE"', 'de-DE'],
    ['PreferredLanguage="fr-FR" e:PreferredLanguage="de-DE"', 'fr-FR'],
    ['PreferredLanguage=" "', undefined],
    [`PreferredLanguage="${'x'.repeat(64)}"`, 'x'.repeat(64)],
    [`PreferredLanguage="${'x'.repeat(65)}"`, undefined],
    ['t:PreferredLanguage="de-DE"', undefined],
    ['', undefined],
  ])('prefer a language by %s', (attributes, language) => {
    expect(readRequest(issue(token(BASE64), attributes)).preferredLanguage).toBe(language)
    expect(readPreferredLanguage(parseXml(rst('', attributes)))).toBe(language)
  })

  it('ask for a status with an empty token or none', () => {
    const id = '<e:RequestID> 65\n</e:RequestID>'
    const empty = token('', `EncodingType="urn:x" ValueType="" u:Id=""`)
    for (const content of [
      id,
      empty + id,
      id + empty,
      `${token('!')}${id}`,
      id.replace('<e:RequestID', '<e:RequestID i:nil="false"'),
    ]) {
      expect(readRequest(query(content))).toMatchObject({ kind: 'query', requestId: '65' })
    }
  })

  it('have a RequestID of 256 characters at most', () => {
    const requestId = '1'.repeat(256)
    expect(readRequest(query(`<e:RequestID>${requestId}</e:RequestID>`))).toMatchObject({ requestId })
  })

  it('have additional context', () => {
    const items =
      `<c:ContextItem Name="CertificateTemplate"><c:Value>User</c:Value></c:ContextItem><x:x xmlns:x="urn:x"/>` +
      `<c:ContextItem Name="ccm" Scope="urn:s"><c:Value/></c:ContextItem><c:ContextItem Name="n"/>`
    expect(readRequest(context(items))).toMatchObject({
      additionalContext: [
        { name: 'CertificateTemplate', value: 'User' },
        { name: 'ccm', value: '' },
        { name: 'n', value: '' },
      ],
    })
    const nil = issue(`${token(BASE64)}<c:AdditionalContext i:nil="1"/>`)
    expect(readRequest(nil)).toMatchObject({ additionalContext: [] })
    // What is nil has no contents, whatever it has.
    const named = '<c:ContextItem Name="n"><c:Value i:nil="1">x</c:Value></c:ContextItem>'
    expect(readRequest(context(named))).toMatchObject({ additionalContext: [{ name: 'n', value: '' }] })
    const filled = issue(`${token(BASE64)}<c:AdditionalContext i:nil="1">${named}</c:AdditionalContext>`)
    expect(readRequest(filled)).toMatchObject({ additionalContext: [] })
  })

  it.each([
    ['another element', `<x/>`, 'wstep/request'],
    ['another namespace', rst('').replaceAll(WST, `${WST}/`), 'wstep/request'],
    ['an answer', rstr(''), 'wstep/request'],
    ['text', issue(`x${token(BASE64)}`), 'wstep/request'],
    ['two tokens', issue(token(BASE64) + token(BASE64)), 'wstep/request'],
    ['two types of request', issue(type(QUERY_TYPE)), 'wstep/request'],
    ['two types of token', issue(TYPE + token(BASE64)), 'wstep/request'],
    ['two RequestIDs', query('<e:RequestID>1</e:RequestID><e:RequestID>2</e:RequestID>'), 'wstep/request'],
    ['nothing', rst(''), 'wstep/request-type'],
    ['no request type', rst(TYPE + token(BASE64)), 'wstep/request-type'],
    ['an empty request type', rst(TYPE + type('') + token(BASE64)), 'wstep/request-type'],
    ['a nil request type', rst(`${TYPE}<t:RequestType i:nil="true"/>${token(BASE64)}`), 'wstep/request-type'],
    ['a nil one with text', rst(`${TYPE}<t:RequestType i:nil="1">${ISSUE_TYPE}</t:RequestType>`), 'wstep/request-type'],
    ['an undefined request type', rst(TYPE + type(`${WST}/Renew`) + token(BASE64)), 'wstep/request-type'],
    ['a request type with elements', rst(`${TYPE}<t:RequestType><x/></t:RequestType>`), 'wstep/request-type'],
    [
      'a request type of another namespace',
      rst(`${TYPE}<RequestType>${ISSUE_TYPE}</RequestType>`),
      'wstep/request-type',
    ],
    ['no token type', rst(type(ISSUE_TYPE) + token(BASE64)), 'wstep/token-type'],
    [
      'another token type',
      rst(`<t:TokenType>${X509_V3}1</t:TokenType>${type(ISSUE_TYPE)}${token(BASE64)}`),
      'wstep/token-type',
    ],
    ['a nil token type', rst(`<t:TokenType i:nil="true"/>${type(ISSUE_TYPE)}${token(BASE64)}`), 'wstep/token-type'],
    [
      'the type of MDM',
      rst(`<t:TokenType>${WSTEP}/DeviceEnrollmentToken</t:TokenType>${type(ISSUE_TYPE)}`),
      'wstep/token-type',
    ],
    ['no token', issue(''), 'wstep/token-missing'],
    [
      'a token of another namespace',
      issue(`<t:BinarySecurityToken>${BASE64}</t:BinarySecurityToken>`),
      'wstep/token-missing',
    ],
    ['an empty token', issue(token('')), 'wstep/token-missing'],
    ['a blank token', issue(token(' \n ')), 'wstep/token-missing'],
    ['a nil token', issue(token(BASE64, 'i:nil="true"')), 'wstep/token-missing'],
    ['a token that is no base64', issue(token('!')), 'wstep/token-undecodable'],
    ['base64 cut off', issue(token(BASE64.slice(0, -1))), 'wstep/token-undecodable'],
    ['base64 for URLs', issue(token('MII_-A==')), 'wstep/token-undecodable'],
    ['elements in a token', issue(token('<o:x/>')), 'wstep/token-undecodable'],
    ['elements in one of any encoding', issue(token('<o:x/>', 'EncodingType="urn:x"')), 'wstep/token-undecodable'],
    ['hexadecimal', issue(token('30', `EncodingType="${WSS_MESSAGE_SECURITY}#HexBinary"`)), 'wstep/encoding-type'],
    [
      'an encoding of another namespace',
      issue(token(BASE64, 'EncodingType="urn:x#base64binary"')),
      'wstep/encoding-type',
    ],
    ['an empty encoding', issue(token(BASE64, 'EncodingType=""')), 'wstep/encoding-type'],
    [
      'context without names',
      context('<c:ContextItem><c:Value>x</c:Value></c:ContextItem>'),
      'wstep/additional-context',
    ],
    [
      'context of elements',
      context('<c:ContextItem Name="n"><c:Value><x/></c:Value></c:ContextItem>'),
      'wstep/additional-context',
    ],
    ['two values', context('<c:ContextItem Name="n"><c:Value/><c:Value/></c:ContextItem>'), 'wstep/additional-context'],
    ['text as context', context('x'), 'wstep/additional-context'],
    ['a query without RequestID', query(''), 'wstep/request-id'],
    ['a nil RequestID', query('<e:RequestID i:nil="true"/>'), 'wstep/request-id'],
    ['a RequestID of nil 1', query('<e:RequestID i:nil=" 1 ">65</e:RequestID>'), 'wstep/request-id'],
    ['an empty RequestID', query('<e:RequestID/>'), 'wstep/request-id'],
    ['a blank RequestID', query('<e:RequestID> </e:RequestID>'), 'wstep/request-id'],
    ['a long RequestID', query(`<e:RequestID>${'1'.repeat(257)}</e:RequestID>`), 'wstep/request-id'],
    ['a RequestID with elements', query('<e:RequestID><x/></e:RequestID>'), 'wstep/request-id'],
    ['a RequestID of another namespace', query('<t:RequestID>65</t:RequestID>'), 'wstep/request-id'],
    ['KET without RequestKET', rst(TYPE + type(KEY_EXCHANGE_TYPE)), 'wstep/request-ket'],
    ['RequestKET of another namespace', rst(`${TYPE}${type(KEY_EXCHANGE_TYPE)}<e:RequestKET/>`), 'wstep/request-ket'],
    ['U+0000', query('<e:RequestID>65&#0;</e:RequestID>'), 'xml/not-well-formed'],
    ['a document type', `<!DOCTYPE x>${issue(token(BASE64))}`, 'xml/doctype'],
  ])('are refused with %s', (_, text, expected) => {
    expect(() => readRequest(text)).toThrow(code(expected))
  })

  it('are refused beyond limits', () => {
    const text = issue(token(BASE64))
    expect(() => readRequest(text, { maxBytes: 100 })).toThrow(code('xml/limit-bytes'))
    expect(() => readRequest(text, { maxText: 100 })).toThrow(code('xml/limit-text'))
    expect(() => readRequest(issue('<x>'.repeat(100) + '</x>'.repeat(100)))).toThrow(code('xml/limit-depth'))
  })
})

describe('responses', () => {
  const responses: WstepResponse[] = [
    {
      kind: 'issued',
      disposition: { text: 'Issued', language: 'en-US' },
      response: DER,
      certificate: DER,
      requestId: '1',
    },
    { kind: 'issued', disposition: undefined, response: undefined, certificate: DER, requestId: undefined },
    {
      kind: 'pending',
      disposition: { text: 'Taken Under Submission', language: undefined },
      response: DER,
      reference: 'https://sts.example/wstep?a=1&b=2',
      requestId: '2',
    },
    { kind: 'key-exchange', certificate: DER },
  ]
  it.each(responses)('are read as they were written: $kind', (response) => {
    for (const lines of ['one', '64'] as const) {
      expect(readResponse(canonicalize(writeResponse(response, { lines })))).toEqual(response)
    }
  })

  it('have the order of Windows, and a nil RequestID where there is none', () => {
    const names = (response: WstepResponse) => writeResponse(response).elements[0]!.elements.map((e) => e.localName)
    const order = ['TokenType', 'DispositionMessage', 'BinarySecurityToken', 'RequestedSecurityToken', 'RequestID']
    expect(names(responses[0]!)).toEqual(order)
    expect(names(responses[2]!)).toEqual(order)
    expect(names(responses[3]!)).toEqual(['TokenType', 'RequestedSecurityToken'])
    const last = writeResponse(responses[1]!).elements[0]!.elements.at(-1)!
    expect(last.attribute('nil', XSI)).toBe('true')
  })

  it('do not pend without saying where', () => {
    expect(() => writeResponse({ kind: 'pending', reference: undefined })).toThrow(code('wstep/response'))
  })

  it('are read in any order, the tokens by where they stand', () => {
    const text = rstr(
      `<x:x xmlns:x="urn:x"/><e:RequestID>5</e:RequestID>${requested(`<y xmlns="urn:x"/>${token(BASE64)}`)}` +
        `${token('AAAA')}<e:DispositionMessage xml:lang="de">\n Issued  0x80094004, \r\n</e:DispositionMessage>`,
    )
    expect(readResponse(text)).toEqual({
      kind: 'issued',
      certificate: DER,
      response: new Uint8Array(3),
      requestId: '5',
      disposition: { text: 'Issued  0x80094004,', language: 'de' },
    })
  })

  it('have no text where that is nil', () => {
    const nil = `<e:DispositionMessage i:nil="1">x</e:DispositionMessage>${requested(token(BASE64))}`
    expect(readResponse(rstr(nil))).toMatchObject({ kind: 'issued', disposition: undefined })
  })

  it('may have the key exchange token at two places', () => {
    const exchange = `<t:KeyExchangeToken>${token(BASE64)}</t:KeyExchangeToken>`
    for (const content of [requested(exchange), exchange]) {
      expect(readResponse(rstr(TYPE + content))).toEqual({ kind: 'key-exchange', certificate: DER })
    }
  })

  it('may pend without saying where, and with an empty token', () => {
    const reference = '<o:SecurityTokenReference><o:Reference/></o:SecurityTokenReference>'
    expect(readResponse(rstr(requested(reference)))).toMatchObject({ kind: 'pending', reference: undefined })
    const pending = rstr(
      `<e:RequestID i:nil="true"/>${requested(token('') + reference.replace('/>', ' URI=" https://a/ "/>'))}`,
    )
    expect(readResponse(pending)).toMatchObject({ kind: 'pending', reference: 'https://a/', requestId: undefined })
  })

  it.each([
    ['a request', rst(''), 'wstep/response'],
    ['a lone response', collection('').replaceAll('Collection', ''), 'wstep/response'],
    ['text', collection('x'), 'wstep/response'],
    ['no response', collection(''), 'wstep/response-count'],
    ['two responses', collection(`<t:RequestSecurityTokenResponse/>`.repeat(2)), 'wstep/response-count'],
    ['nothing', rstr(''), 'wstep/response'],
    ['no requested token', rstr(token(BASE64)), 'wstep/response'],
    ['an empty requested token', rstr(requested('')), 'wstep/response'],
    ['an empty key exchange token', rstr('<t:KeyExchangeToken/>'), 'wstep/response'],
    ['two certificates', rstr(requested(token(BASE64) + token(BASE64))), 'wstep/response'],
    ['two outer tokens', rstr(token(BASE64) + token(BASE64) + requested(token(BASE64))), 'wstep/response'],
    ['two references', rstr(requested('<o:SecurityTokenReference/>'.repeat(2))), 'wstep/response'],
    [
      'elements in its disposition',
      rstr(`<e:DispositionMessage><x/></e:DispositionMessage>${requested(token(BASE64))}`),
      'wstep/response',
    ],
    ['another token type', rstr(`<t:TokenType>urn:x</t:TokenType>${requested(token(BASE64))}`), 'wstep/token-type'],
    ['a certificate that is no base64', rstr(requested(token('!'))), 'wstep/token-undecodable'],
    ['another encoding', rstr(requested(token(BASE64, 'EncodingType="urn:x"'))), 'wstep/encoding-type'],
  ])('are refused with %s', (_, text, expected) => {
    expect(() => readResponse(text)).toThrow(code(expected))
  })
})

describe('fault details', () => {
  const REASONS = [{ language: 'en-US', text: 'Denied.' }]
  const sent = (fault: SoapFault): SoapFault => {
    const { body, action } = readEnvelope(writeFault(fault))
    return readFault(body, action)!
  }

  it('are read as they were written', () => {
    const detail = { binaryResponse: DER, errorCode: -2146877420, invalidRequest: true, requestId: '61' }
    const fault = sent(enrollmentFault(detail, REASONS))
    expect(fault).toMatchObject({
      faultCode: 'Receiver',
      message: 'Denied.',
      action: `${WSTEP}/RequestSecurityTokenCertificateEnrollmentWSDetailFault`,
    })
    expect(readFaultDetail(fault)).toEqual(detail)
  })

  it('are nil where there is no value', () => {
    const element = writeFaultDetail({ invalidRequest: false })
    expect(element.elements.map((e) => [e.localName, e.attribute('nil', XSI), e.text])).toEqual([
      ['BinaryResponse', 'true', ''],
      ['ErrorCode', 'true', ''],
      ['InvalidRequest', undefined, 'false'],
      ['RequestID', 'true', ''],
    ])
    expect(readFaultDetail(sent(enrollmentFault({ invalidRequest: false }, REASONS)))).toEqual({
      binaryResponse: undefined,
      errorCode: undefined,
      invalidRequest: false,
      requestId: undefined,
    })
  })

  it.each([
    ['2148089876', -2146877420],
    ['-2146877420', -2146877420],
    ['0x80094014', undefined],
    ['12345678901', undefined],
  ])('read the code %s', (text, errorCode) => {
    const detail = parseXml(
      `<e:CertificateEnrollmentWSDetail xmlns:e="${WSTEP}"><e:ErrorCode>${text}</e:ErrorCode></e:CertificateEnrollmentWSDetail>`,
    )
    const fault = new SoapFault({ faultCode: 'Receiver', reasons: 'x', detail: [detail] })
    expect(readFaultDetail(fault)).toMatchObject({ errorCode, invalidRequest: false })
  })

  it('are not in every fault', () => {
    expect(readFaultDetail(new SoapFault({ faultCode: 'Receiver', reasons: 'x' }))).toBeUndefined()
    const plain = faultFor(new RequestRefusedError('policy-request'), { tag: 'en-US', texts: ENGLISH })
    expect(plain).toMatchObject({ faultCode: 'Sender', message: ENGLISH['policy-request'], subcodes: [], detail: [] })
  })
})
