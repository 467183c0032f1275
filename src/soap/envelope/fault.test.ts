import { describe, expect, it } from 'vitest'
import { parseXml } from '../../xml/parse.js'
import { hasProgram } from '../../xml/testing/xmllint.js'
import { spawnSync } from 'node:child_process'
import { writeFault, readEnvelope } from './envelope.js'
import { readFault, SoapFault } from './fault.js'
import { SOAP, WSSE } from './names.js'
import { s } from './names.js'

const FAULT = new SoapFault({
  faultCode: 'Sender',
  subcodes: [
    { namespace: WSSE, localName: 'FailedAuthentication' },
    { namespace: 'urn:x', localName: 'Why' },
  ],
  reasons: [
    { language: 'en-US', text: 'No <entry>.' },
    { language: 'de-DE', text: 'Kein Zutritt.' },
  ],
  detail: [s('x', {}, 'y')],
  action: 'urn:fault',
  relatesTo: 'urn:m',
})

describe('a fault', () => {
  it('is read as it was written', () => {
    const { body, action, relatesTo } = readEnvelope(writeFault(FAULT))
    const read = readFault(body, action, relatesTo)!
    const { faultCode, subcodes, reasons, message, code } = FAULT
    expect(read).toMatchObject({ faultCode, subcodes, reasons, message, code, action: 'urn:fault', relatesTo: 'urn:m' })
    expect(read.detail.map(({ localName }) => localName)).toEqual(['x'])
    expect(read.hasSubcode('urn:x', 'Why')).toBe(true)
    expect(read.hasSubcode(WSSE, 'Why')).toBe(false)
  })

  it.skipIf(!hasProgram('xmllint', 'faults read by libxml2'))('binds the prefixes of its codes', () => {
    const xpath =
      `concat(//*[local-name()='Code']/*[1], '|', //*[local-name()='Subcode']/*[1]/namespace::q, '|',` +
      ` //*[local-name()='Subcode']/*[2]/*[1]/namespace::q)`
    const { stdout } = spawnSync('xmllint', ['--xpath', xpath, '-'], { input: writeFault(FAULT) })
    expect(stdout.toString().trim()).toBe(`s:Sender|${WSSE}|urn:x`)
  })

  it('goes in an envelope of SOAP 1.1 to who speaks only that', () => {
    const text = new TextDecoder().decode(
      writeFault(new SoapFault({ faultCode: 'VersionMismatch', reasons: 'Old.', version: '1.1' })),
    )
    expect(text).toContain('xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header>')
    expect(text).toContain('<faultcode>s:VersionMismatch</faultcode><faultstring>Old.</faultstring>')
  })

  const fault = (code: string): string =>
    `<s:Fault xmlns:s="${SOAP}">${code}<s:Reason><s:Text xml:lang="en">x</s:Text></s:Reason></s:Fault>`
  it.each([
    ['no code', fault('')],
    ['no value', fault('<s:Code/>')],
    ['a code of another namespace', fault('<s:Code><s:Value xmlns:x="urn:x">x:Sender</s:Value></s:Code>')],
    ['an unknown code', fault('<s:Code><s:Value>s:Client</s:Value></s:Code>')],
    ['an unbound prefix', fault('<s:Code><s:Value>y:Sender</s:Value></s:Code>')],
    [
      'an unbound subcode',
      fault('<s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>y:z</s:Value></s:Subcode></s:Code>'),
    ],
    ['an element of another name', '<Fault/>'],
  ])('is none with %s', (_, text) => {
    expect(readFault(parseXml(text))).toBeUndefined()
  })

  it('needs no reason and no detail', () => {
    const read = readFault(
      parseXml(`<s:Fault xmlns:s="${SOAP}"><s:Code><s:Value> s:Receiver\n</s:Value></s:Code></s:Fault>`),
    )
    expect(read).toMatchObject({ faultCode: 'Receiver', reasons: [], detail: [], message: '' })
  })
})
