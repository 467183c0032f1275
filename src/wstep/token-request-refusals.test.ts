import { describe, expect, it } from 'vitest'
import { WSSE } from '../soap/envelope/names.js'
import { WST } from '../ws-trust/syntax/names.js'
import { ISSUE_TYPE, KEY_EXCHANGE_TYPE, QUERY_TYPE, X509_V3 } from './messages/names.js'
import { ask, exchangeText, queryText, requestText, tokenText } from './testing/exchange.js'
import {
  material,
  alice,
  request,
  ket,
  pkcs10,
  issue,
  token,
  NIL,
  required,
  badToken,
  badId,
  service,
  testRefusals,
} from './testing/refusals.js'

testRefusals({
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
      name: 'with a token that is as long as can be, and wrong',
      message: () => ({ body: queryText('5') }),
      sending: { target: `/wstep?token=${'a'.repeat(256)}` },
      reason: 'request-unknown',
      errorCode: 0x80094004,
      queried: true,
    },
    {
      name: 'at an address that is none',
      message: () => ({ body: queryText('1') }),
      sending: { target: 'https://[' },
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
})

describe('a fault', () => {
  it("is the same for an unknown request and for somebody else's", async () => {
    const { service: sts } = service()
    const [unknown, foreign] = [await ask(sts, alice(queryText('77'))), await ask(sts, alice(queryText('5')))]
    expect(foreign.text).toBe(unknown.text)
  })
})
