import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readEnvelope } from '../soap/envelope/envelope.js'
import { readFault } from '../soap/envelope/fault.js'
import { readFaultDetail } from './faults/fault-detail.js'
import { ENROLLMENT_ACTION, ENROLLMENT_REPLY_ACTION, KEY_EXCHANGE_ACTION, PKCS7_VALUE } from './messages/names.js'
import { actionsOf, readRequest, writeRequest } from './messages/request-message.js'
import { readResponse, writeResponse } from './messages/response-message.js'
import { structureOf } from './testing/structure.js'

const file = (name: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(readFileSync(new URL(`../../vectors/wstep/${name}`, import.meta.url)))
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
