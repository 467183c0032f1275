import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readEnvelope } from '../soap/envelope/envelope.js'
import { parseXml } from '../xml/parse.js'
import type { XmlElement } from '../xml/tree.js'
import { readFault } from '../soap/envelope/fault.js'
import { readFaultDetail } from './faults/fault-detail.js'
import {
  BASE64_ENCODING,
  ENROLLMENT_ACTION,
  ENROLLMENT_REPLY_ACTION,
  KEY_EXCHANGE_ACTION,
  PKCS7_VALUE,
  WSTEP,
  X509_V3,
} from './messages/names.js'
import { encodeBase64 } from '../../bindings/octets/base64.js'
import { WSSE } from '../soap/envelope/names.js'
import { WST } from '../ws-trust/syntax/names.js'
import { actionsOf, readRequest, writeRequest } from './messages/request-message.js'
import { readResponse, writeResponse } from './messages/response-message.js'
import { structureOf } from './testing/structure.js'

const file = (name: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(readFileSync(new URL(`../../vectors/wstep/${name}`, import.meta.url)))

/** A token as the specification prints it: its lines broken anywhere, its namespace by default. */
const token = (valueType: string, octets: Uint8Array): string =>
  `<BinarySecurityToken ValueType="${valueType}" EncodingType="${BASE64_ENCODING}" xmlns="${WSSE}">` +
  `${encodeBase64(octets).replace(/.{64}/g, '$& ')}</BinarySecurityToken>`

/** An answer as the specification prints it, with WCF's header. */
const printed = (action: string, relatesTo: string, content: string): XmlElement =>
  parseXml(`<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://www.w3.org/2005/08/addressing"><s:Header>
<a:Action s:mustUnderstand="1">${action}</a:Action>
<ActivityId CorrelationId="7a5d26e2-1a67-4d1e-8d13-0b1b7b0c3c55" xmlns="http://schemas.microsoft.com/2004/09/ServiceModel/Diagnostics">
3d1f9a04-52d9-4f1e-b7a4-0b3c1a8f4e11</ActivityId>
<a:RelatesTo>${relatesTo}</a:RelatesTo></s:Header><s:Body><RequestSecurityTokenResponseCollection xmlns="${WST}"><RequestSecurityTokenResponse>
<TokenType>${X509_V3}</TokenType>${content}</RequestSecurityTokenResponse></RequestSecurityTokenResponseCollection></s:Body></s:Envelope>`)

const message = (section: string) => readEnvelope(file(`messages/${section}.xml`))

describe('the examples of the specification', () => {
  it.each([
    ['4.1.1.1', '4.1.1.1-request.der'],
    ['4.1.5.1', '4.1.5.1-renewal.der'],
  ])('%s is a request for a certificate', (section, token) => {
    const { action, body } = message(section)
    const request = readRequest(body)
    expect(action).toBe(ENROLLMENT_ACTION)
    expect(request).toEqual({
      kind: 'issue',
      token: file(token),
      valueType: PKCS7_VALUE,
      additionalContext: [],
      preferredLanguage: undefined,
    })
    expect(structureOf(writeRequest(request, { nilRequestId: true }))).toEqual(structureOf(body))
    expect(structureOf(writeRequest(request))).not.toEqual(structureOf(body))
  })

  it('4.1.1.2 is an issued certificate', () => {
    const { action, relatesTo, messageId, body } = message('4.1.1.2')
    const response = readResponse(body)
    expect({ action, relatesTo, messageId }).toEqual({
      action: ENROLLMENT_REPLY_ACTION,
      relatesTo: message('4.1.1.1').messageId,
      messageId: undefined,
    })
    expect(response).toEqual({
      kind: 'issued',
      disposition: { text: 'Issued', language: 'en-US' },
      response: file('4.1.1.2-response.der'),
      certificate: file('4.1.1.2-certificate.der'),
      requestId: '61',
    })
    expect(structureOf(writeResponse(response))).toEqual(structureOf(body))
  })

  it('4.1.2.1 asks for a key exchange token', () => {
    const { action, body } = message('4.1.2.1')
    const request = readRequest(body)
    expect(request).toEqual({ kind: 'key-exchange', preferredLanguage: undefined })
    expect(action).toBe(KEY_EXCHANGE_ACTION)
    expect(actionsOf(request).action).toBe(action)
    expect(structureOf(writeRequest(request, { nilRequestId: true }))).toEqual(structureOf(body))
  })

  // Our own text of what the specification prints there: the file here has no copy of it.
  it('4.1.2.2 is a key exchange token, nested in a requested one', () => {
    const certificate = file('4.1.1.2-certificate.der')
    const asked = message('4.1.2.1')
    const answer = readEnvelope(
      printed(
        'http://docs.oasis-open.org/ws-sx/ws-trust/200512/RSTR/KETFinal',
        asked.messageId!,
        `<RequestedSecurityToken><KeyExchangeToken>${token(X509_V3, certificate)}</KeyExchangeToken></RequestedSecurityToken>`,
      ),
    )
    const response = readResponse(answer.body)
    expect(response).toEqual({ kind: 'key-exchange', certificate })
    expect(structureOf(writeResponse(response))).toEqual(structureOf(answer.body))
    expect({ action: answer.action, relatesTo: answer.relatesTo, messageId: answer.messageId }).toEqual({
      action: actionsOf({ kind: 'key-exchange' }).replyAction,
      relatesTo: asked.messageId,
      messageId: undefined,
    })
  })

  it('4.1.5.2 is a renewed certificate', () => {
    const certificate = file('4.1.1.2-certificate.der')
    const full = file('4.1.1.2-response.der')
    const asked = message('4.1.5.1')
    const answer = readEnvelope(
      printed(
        'http://schemas.microsoft.com/windows/pki/2009/01/enrollment/RSTRC/wstep',
        asked.messageId!,
        `<DispositionMessage xml:lang="en-US" xmlns="${WSTEP}">Issued</DispositionMessage>${token(PKCS7_VALUE, full)}` +
          `<RequestedSecurityToken>${token(X509_V3, certificate)}</RequestedSecurityToken>` +
          `<RequestID xmlns="${WSTEP}">63</RequestID>`,
      ),
    )
    const response = readResponse(answer.body)
    const disposition = { text: 'Issued', language: 'en-US' }
    expect(response).toEqual({ kind: 'issued', disposition, response: full, certificate, requestId: '63' })
    expect(structureOf(writeResponse(response))).toEqual(structureOf(answer.body))
    expect([answer.action, answer.relatesTo]).toEqual([actionsOf(readRequest(asked.body)).replyAction, asked.messageId])
  })

  it('4.1.3.1 asks for the status of a request', () => {
    const { action, body } = message('4.1.3.1')
    const request = readRequest(body)
    expect(request).toEqual({ kind: 'query', requestId: '65', preferredLanguage: undefined })
    expect(actionsOf(request).action).toBe(action)
    expect(structureOf(writeRequest(request))).toEqual(structureOf(body))
  })

  it('4.1.4.2 is a fault', () => {
    const { action, body, relatesTo } = message('4.1.4.2')
    const fault = readFault(body, action, relatesTo)!
    expect(fault.faultCode).toBe('Receiver')
    expect(
      fault.hasSubcode(
        'http://schemas.microsoft.com/net/2005/12/windowscommunicationfoundation/dispatcher',
        'InternalServiceFault',
      ),
    ).toBe(true)
    expect(fault.reasons[0]).toMatchObject({ language: 'en-US' })
    expect(fault.message).toContain('<serviceDebug>')
    expect(readFaultDetail(fault)).toBeUndefined()
  })
})
