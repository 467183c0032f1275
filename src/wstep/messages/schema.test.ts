import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { invalidHeader } from '../../soap/envelope/standard-faults.js'
import { versionMismatch, writeEnvelope, writeFault } from '../../soap/envelope/envelope.js'
import { securityFault } from '../../soap/envelope/standard-faults.js'
import { securityHeader } from '../../soap/security/security-header.js'
import { timestampElement } from '../../soap/security/timestamp.js'
import { usernameTokenElement } from '../../soap/security/username-token.js'
import { parseXml } from '../../xml/parse.js'
import type { XmlElement } from '../../xml/tree.js'
import { hasProgram } from '../../xml/testing/xmllint.js'
import { enrollmentFault } from '../faults/fault-detail.js'
import { writeRequest } from './request-message.js'
import { writeResponse } from './response-message.js'
import { WSTEP_SCHEMA, wstepWsdl } from './schema.js'
import { OWN, SERVED } from '../testing/schemas.js'
import { hasStandardSchemas, invalidities, standardInvalidities } from '../../soap/testing/schemas.js'

const DER = new Uint8Array(300).fill(7)
const NOW = new Date('2026-11-22T01:02:03Z')

const message = (body: XmlElement, headers: XmlElement[] = []): Uint8Array =>
  writeEnvelope({ action: 'urn:a', messageId: 'urn:m', relatesTo: 'urn:r', to: 'https://sts.example/', headers, body })

/** All that is written. */
async function written(): Promise<Uint8Array[]> {
  const credentials = { username: 'alice', password: 'secret' }
  const security = await Promise.all(
    (['text', 'digest'] as const).map(async (type) =>
      securityHeader(timestampElement(NOW), await usernameTokenElement({ ...credentials, type }, NOW)),
    ),
  )
  const additionalContext = [{ name: 'CertificateTemplate', value: 'User' }]
  const disposition = { text: 'Issued', language: 'en-US' }
  const issued = { kind: 'issued', certificate: DER } as const
  const pending = { kind: 'pending', reference: 'https://sts.example/', requestId: '7' } as const
  const reasons = [{ language: 'de-DE', text: 'Nein.' }]
  const messages = [
    message(writeRequest({ kind: 'issue', token: DER, additionalContext, preferredLanguage: 'de-DE' }), [security[0]!]),
    message(writeRequest({ kind: 'issue', token: DER }, { nilRequestId: true, lines: 'one' })),
    message(writeRequest({ kind: 'query', requestId: '65' }), [security[1]!]),
    message(writeRequest({ kind: 'key-exchange' }, { nilRequestId: true })),
    message(writeResponse({ ...issued, disposition, response: DER, requestId: '61' })),
    message(writeResponse(issued)),
    message(writeResponse({ ...pending, disposition, response: DER })),
    message(writeResponse({ kind: 'key-exchange', certificate: DER })),
    writeFault(enrollmentFault({ invalidRequest: false }, reasons)),
    writeFault(enrollmentFault({ invalidRequest: true, errorCode: -1, binaryResponse: DER, requestId: '1' }, reasons)),
    writeFault(securityFault('FailedAuthentication').inReplyTo('urn:m'), [securityHeader(timestampElement(NOW))]),
    writeFault(invalidHeader('Action', 'ActionMismatch')),
    writeFault(versionMismatch('1.2')),
  ]
  return messages
}

describe.skipIf(!hasProgram('xmllint', 'messages against the schema'))('the schema', () => {
  it('has all messages that are written', async () => {
    const messages = await written()
    expect(invalidities(SERVED, messages)).toEqual(messages.map(() => ''))
  })

  it('has not what is otherwise', () => {
    const detail = new TextDecoder().decode(
      writeFault(enrollmentFault({ invalidRequest: false, errorCode: 7 }, [{ language: 'en', text: 'x' }])),
    )
    const changed = [
      detail.replace('>7<', '>0x7<'),
      detail.replace('>false<', '>no<'),
      detail.replaceAll('wstep:RequestID', 'wstep:RequestId'),
      detail.replace(' xsi:nil="true"', ''),
      new TextDecoder()
        .decode(message(writeRequest({ kind: 'query', requestId: '65' })))
        .replaceAll('TokenType', 'Tokentype'),
    ]
    expect(changed.every((text) => text !== detail)).toBe(true)
    const [code, flag, name, plain, type] = invalidities(SERVED, changed)
    for (const text of [code, flag, name, type]) expect(text).toContain('fails to validate')
    // An empty xs:string is a value, too.
    expect(plain).toBe('')
  })

  it('has the examples of the specification', () => {
    const body = (section: string): string =>
      readFileSync(new URL(`../../../vectors/wstep/messages/${section}.xml`, import.meta.url), 'utf8')
        .replace(/<a:ReplyTo>[\s\S]*<\/a:ReplyTo>/, '')
        .replace(/<ActivityId[\s\S]*<\/ActivityId>/, '')
    const sections = ['4.1.1.1', '4.1.1.2', '4.1.2.1', '4.1.3.1', '4.1.4.2', '4.1.5.1']
    expect(invalidities(SERVED, sections.map(body))).toEqual(sections.map(() => ''))
  })
})

describe.skipIf(!hasProgram('xmllint', 'messages against OASIS’ schemas') || !hasStandardSchemas('messages of WSTEP'))(
  'OASIS’ own schemas of WS-Trust and WS-Security',
  () => {
    it('have all messages that are written, but for a preferred language as Windows writes it', async () => {
      const request = { kind: 'key-exchange', preferredLanguage: 'de-DE' } as const
      const qualified = message(writeRequest(request, { qualifiedLanguage: true }))
      const [windows, ...others] = standardInvalidities(OWN, [...(await written()), qualified])
      expect(others).toEqual(others.map(() => ''))
      expect(windows).toContain('PreferredLanguage')
    })
  },
)

describe('the documents that are served', () => {
  it('are well-formed, with the addresses that they are given', () => {
    expect(parseXml(WSTEP_SCHEMA).localName).toBe('schema')
    const wsdl = parseXml(wstepWsdl('https://sts.example/a?b&c="<"', 'https://sts.example/wstep.xsd'))
    expect(wsdl.localName).toBe('definitions')
    const service = wsdl.elements.find(({ localName }) => localName === 'service')!
    expect(service.elements[0]!.elements[0]!.attribute('location')).toBe('https://sts.example/a?b&c="<"')
  })
})
