import { describe, expect, it } from 'vitest'
import { SoapFault } from './fault.js'
import { readEnvelope, writeEnvelope } from './envelope.js'
import { ACTION, BODY, envelope, HEADERS, MESSAGE_ID, octets, REPLY_TO } from '../testing/envelopes.js'
import { ANONYMOUS, SOAP, SOAP_1_1, WSA, WSSE } from './names.js'

const read = (text: string, understands?: () => boolean) =>
  readEnvelope(octets(text), understands === undefined ? {} : { understands })

/** What reading throws. */
function faultOf(text: string): SoapFault {
  try {
    read(text)
  } catch (error) {
    if (error instanceof SoapFault) return error
    throw error
  }
  throw new Error('no fault')
}

describe('readEnvelope', () => {
  it('reads the headers and the body', () => {
    const message = read(envelope(`${HEADERS}<a:To s:mustUnderstand="true">https://sts.example/</a:To>${REPLY_TO}`))
    expect(message).toMatchObject({
      action: 'urn:ping',
      messageId: MESSAGE_ID,
      to: 'https://sts.example/',
      replyTo: ANONYMOUS,
      relatesTo: undefined,
      security: undefined,
    })
    expect(message.body.is('urn:ping', 'Ping')).toBe(true)
  })

  it('needs neither To nor ReplyTo nor white space as it was', () => {
    expect(read(envelope(`\n ${HEADERS}\r\n`, `\n${BODY}\n`)).replyTo).toBeUndefined()
    expect(read(envelope('<a:Action>\n  urn:ping\n</a:Action>')).action).toBe('urn:ping')
    expect(read(`\uFEFF<?xml version="1.0" encoding="UTF-8"?>\n${envelope(HEADERS)}`).action).toBe('urn:ping')
  })

  it('reads any prefixes, and defaults', () => {
    const text =
      `<Envelope xmlns="${SOAP}"><Header><Action xmlns="${WSA}">urn:ping</Action></Header>` +
      `<Body><Ping xmlns="urn:ping"/></Body></Envelope>`
    expect(read(text).action).toBe('urn:ping')
  })

  it('takes the relation of an answer among others', () => {
    const other = '<a:RelatesTo RelationshipType="urn:other">urn:o</a:RelatesTo>'
    const reply = `<a:RelatesTo RelationshipType="${WSA}/reply">urn:r</a:RelatesTo>`
    expect(read(envelope(`${ACTION}${other}${reply}`)).relatesTo).toBe('urn:r')
    expect(read(envelope(`${ACTION}<a:RelatesTo>urn:r</a:RelatesTo>`)).relatesTo).toBe('urn:r')
    expect(read(envelope(`${ACTION}${other}`)).relatesTo).toBeUndefined()
  })

  it('passes over headers that are for others, or need not be understood', () => {
    const strange = (attributes: string): string => `<x:X xmlns:x="urn:x" ${attributes}/>`
    for (const attributes of ['', 's:mustUnderstand="0"', 's:mustUnderstand=" false "', 'mustUnderstand="1"']) {
      expect(read(envelope(HEADERS + strange(attributes))).headers).toHaveLength(3)
    }
    for (const role of [`${SOAP}/role/none`, 'urn:another']) {
      expect(read(envelope(HEADERS + strange(`s:mustUnderstand="1" s:role="${role}"`))).headers).toHaveLength(2)
    }
    expect(read(envelope(HEADERS + strange('s:mustUnderstand="1"')), () => true).headers).toHaveLength(3)
  })

  it.each([
    ['1', ''],
    ['true', ''],
    [' 1 ', ''],
    ['1', `${SOAP}/role/next`],
    ['1', `${SOAP}/role/ultimateReceiver`],
  ])('has faults for headers that must be understood: %s %s', (flag, role) => {
    const header = `<x:X xmlns:x="urn:x" s:mustUnderstand="${flag}" s:role="${role}"/>`
    const fault = faultOf(envelope(HEADERS + header))
    expect(fault).toMatchObject({ faultCode: 'MustUnderstand', relatesTo: MESSAGE_ID, action: `${WSA}/soap/fault` })
    const [notUnderstood] = fault.headers
    expect(notUnderstood!.attribute('qname')).toBe('q:X')
    expect(notUnderstood!.lookupNamespace('q')).toBe('urn:x')
  })

  it('does not understand security headers of itself', () => {
    const security = '<o:Security s:mustUnderstand="1"/>'
    expect(faultOf(envelope(HEADERS + security)).faultCode).toBe('MustUnderstand')
    expect(read(envelope(HEADERS + security), () => true).security?.is(WSSE, 'Security')).toBe(true)
  })

  it.each([
    ['1.1', envelope(HEADERS, BODY, SOAP_1_1)],
    ['1.2', envelope(HEADERS, BODY, 'urn:soap')],
    ['1.2', '<Envelope/>'],
    ['1.2', `<s:Body xmlns:s="${SOAP}"/>`],
  ])('has a fault for other versions, in version %s', (version, text) => {
    const fault = faultOf(text)
    expect(fault).toMatchObject({ faultCode: 'VersionMismatch', version })
    const supported = fault.headers[0]!.elements[0]!
    expect(fault.headers[0]!.is(SOAP, 'Upgrade')).toBe(true)
    expect(supported.attribute('qname')).toBe('q:Envelope')
    expect(supported.lookupNamespace('q')).toBe(SOAP)
  })

  const ping = '<p:Ping xmlns:p="urn:ping"/>'
  it.each([
    ['nothing', ''],
    ['no XML', 'ping'],
    ['cut off', envelope(HEADERS).slice(0, -3)],
    ['DOCTYPE', `<!DOCTYPE s:Envelope>${envelope(HEADERS)}`],
    ['an entity', envelope(HEADERS, '<s:Body><p xmlns="urn:p">&e;</p></s:Body>')],
    ['a processing instruction', envelope(`${HEADERS}<?x?>`)],
    ['a comment', envelope(`${HEADERS}<!-- x -->`)],
    ['UTF-16 declared', `<?xml version="1.0" encoding="utf-16"?>${envelope(HEADERS)}`],
    ['an attribute twice', envelope(HEADERS, `<s:Body x="1" x="2">${ping}</s:Body>`)],
    ['no Body', envelope(HEADERS, '')],
    ['two Bodies', envelope(HEADERS, BODY + BODY)],
    ['a trailer', envelope(HEADERS, `${BODY}<x:x xmlns:x="urn:x"/>`)],
    ['two Headers', envelope(HEADERS, `<s:Header/>${BODY}`)],
    ['Header after Body', `<s:Envelope xmlns:s="${SOAP}">${BODY}<s:Header/></s:Envelope>`],
    ['Body of another namespace', envelope(HEADERS, `<s:Body xmlns:s="urn:s">${ping}</s:Body>`)],
    ['an empty Body', envelope(HEADERS, '<s:Body/>')],
    ['two elements in the Body', envelope(HEADERS, `<s:Body>${ping}${ping}</s:Body>`)],
    ['text in the Body', envelope(HEADERS, `<s:Body>x${ping}</s:Body>`)],
    ['text in the Header', envelope(`${HEADERS}x`)],
    ['text in the Envelope', envelope(HEADERS, `x${BODY}`)],
    ['an encoding style', envelope(HEADERS, `<s:Body s:encodingStyle="urn:e">${ping}</s:Body>`)],
    ['a header of no namespace', envelope(`${HEADERS}<x/>`)],
    ['a flag that is no boolean', envelope(`${HEADERS}<x:x xmlns:x="urn:x" s:mustUnderstand="yes"/>`)],
    ['two Security headers', envelope(`${HEADERS}<o:Security/><o:Security/>`)],
    [
      'elements in the depth',
      envelope(HEADERS, `<s:Body>${'<p xmlns="urn:p">'.repeat(70)}${'</p>'.repeat(70)}</s:Body>`),
    ],
  ])('refuses %s', (_, text) => {
    expect(faultOf(text)).toMatchObject({ faultCode: 'Sender', subcodes: [], action: `${WSA}/soap/fault` })
  })

  it('refuses what exceeds its limits, and says why to whoever runs it', () => {
    const read = () => readEnvelope(octets(envelope(HEADERS)), { limits: { maxBytes: 100 } })
    expect(read).toThrow(
      expect.objectContaining({ cause: expect.objectContaining({ code: 'xml/limit-bytes' }) as unknown }),
    )
    expect(() => readEnvelope(Uint8Array.of(0xff, 0xfe, 0x3c, 0))).toThrow(SoapFault)
  })

  it.each([
    ['no Header', `<s:Envelope xmlns:s="${SOAP}">${BODY}</s:Envelope>`, 'MessageAddressingHeaderRequired', undefined],
    ['no Action', envelope(''), 'MessageAddressingHeaderRequired', undefined],
    [
      'Action of old addressing',
      envelope('<a:Action xmlns:a="urn:old">urn:ping</a:Action>'),
      'MessageAddressingHeaderRequired',
      undefined,
    ],
    ['an empty Action', envelope('<a:Action> </a:Action>'), 'InvalidAddressingHeader', 'InvalidAddress'],
    ['an Action with elements', envelope('<a:Action><a:x/></a:Action>'), 'InvalidAddressingHeader', 'InvalidAddress'],
    [
      'an Action with white space',
      envelope('<a:Action>urn:a b</a:Action>'),
      'InvalidAddressingHeader',
      'InvalidAddress',
    ],
    ['two Actions', envelope(ACTION + ACTION), 'InvalidAddressingHeader', 'InvalidCardinality'],
    [
      'two MessageIDs',
      envelope(`${HEADERS}<a:MessageID>urn:x</a:MessageID>`),
      'InvalidAddressingHeader',
      'InvalidCardinality',
    ],
    [
      'a long MessageID',
      envelope(`${ACTION}<a:MessageID>urn:${'x'.repeat(3000)}</a:MessageID>`),
      'InvalidAddressingHeader',
      'InvalidAddress',
    ],
    [
      'two answers',
      envelope(`${ACTION}${'<a:RelatesTo>urn:r</a:RelatesTo>'.repeat(2)}`),
      'InvalidAddressingHeader',
      'InvalidCardinality',
    ],
    ['two ReplyTos', envelope(HEADERS + REPLY_TO + REPLY_TO), 'InvalidAddressingHeader', 'InvalidCardinality'],
    [
      'ReplyTo elsewhere',
      envelope(`${HEADERS}<a:ReplyTo><a:Address>https://evil.example/</a:Address></a:ReplyTo>`),
      'InvalidAddressingHeader',
      'OnlyAnonymousAddressSupported',
    ],
    [
      'ReplyTo nowhere',
      envelope(`${HEADERS}<a:ReplyTo><a:Address>${WSA}/none</a:Address></a:ReplyTo>`),
      'InvalidAddressingHeader',
      'OnlyAnonymousAddressSupported',
    ],
    [
      'FaultTo elsewhere',
      envelope(`${HEADERS}<a:FaultTo><a:Address>https://evil.example/</a:Address></a:FaultTo>`),
      'InvalidAddressingHeader',
      'OnlyAnonymousAddressSupported',
    ],
    ['ReplyTo without Address', envelope(`${HEADERS}<a:ReplyTo/>`), 'InvalidAddressingHeader', 'MissingAddressInEPR'],
  ])('has a fault of WS-Addressing for %s', (_, text, code, why) => {
    const fault = faultOf(text)
    expect(fault).toMatchObject({ faultCode: 'Sender', action: `${WSA}/fault` })
    expect(fault.subcodes).toEqual(
      [code, why].flatMap((localName) => (localName === undefined ? [] : [{ namespace: WSA, localName }])),
    )
  })
})

describe('a fault', () => {
  const unknown = '<x:x xmlns:x="urn:x" s:mustUnderstand="1"/>'
  it.each([
    [`${HEADERS}${unknown}`, MESSAGE_ID],
    [`${ACTION}${unknown}`, undefined],
    [`${ACTION}<a:MessageID>urn:a b</a:MessageID>${unknown}`, undefined],
    [`${ACTION}<a:MessageID/>${unknown}`, undefined],
    [`${ACTION}<a:MessageID>urn:a</a:MessageID><a:MessageID>urn:b</a:MessageID>${unknown}`, undefined],
  ])('relates to the message if that can be told: %s', (headers, messageId) => {
    expect(faultOf(envelope(headers)).relatesTo).toBe(messageId)
  })
})

describe('writeEnvelope', () => {
  it('writes what is read', () => {
    const { body } = read(envelope(HEADERS))
    const message = {
      action: 'urn:a&b',
      messageId: 'urn:m',
      relatesTo: 'urn:r',
      to: 'https://sts.example/?a=1&b=2',
      body,
    }
    const octets = writeEnvelope(message)
    expect(readEnvelope(octets)).toMatchObject({ ...message, body: { localName: 'Ping' } })
    expect(new TextDecoder().decode(octets)).toContain('<a:Action s:mustUnderstand="1">urn:a&amp;b</a:Action>')
  })
})
