import { describe, expect, it } from 'vitest'
import { decodePem, decodePems, encodePem } from './pem.js'

const refusal = expect.objectContaining({ name: 'PkiError', code: 'pki/pem' }) as Error
const block = (label: string, body: string, end = label): string =>
  `-----BEGIN ${label}-----\n${body}\n-----END ${end}-----\n`

describe('PEM', () => {
  it.each([
    [0, []],
    [1, ['AA==']],
    [48, ['A'.repeat(64)]],
    [49, ['A'.repeat(64), 'AA==']],
  ])('has %d octets in lines of 64 characters', (length, lines) => {
    const text = ['-----BEGIN CMS-----', ...lines, '-----END CMS-----', ''].join('\n')
    expect(encodePem('CMS', new Uint8Array(length))).toBe(text)
    if (length > 0) expect(decodePem('CMS', text)).toEqual(new Uint8Array(length))
  })

  it.each([
    ['text around it', `Subject: x\n${block('CMS', 'AQI=')}\nmore`],
    ['ends of lines as in Windows', block('CMS', 'AQ\nI=').replaceAll('\n', '\r\n')],
    ['spaces after its lines', block('CMS', 'AQI=').replaceAll('-\n', '- \t\n')],
    ['blocks of other labels beside it', block('PKCS7', 'AA==') + block('CMS', 'AQI=') + block('PRIVATE KEY', 'AA==')],
  ])('is found with %s', (_, text) => {
    expect(decodePem('CMS', text)).toEqual(Uint8Array.of(1, 2))
  })

  it('of a request may be labelled as Microsoft and Netscape do', () => {
    expect(decodePem('CERTIFICATE REQUEST', block('NEW CERTIFICATE REQUEST', 'AQI='))).toEqual(Uint8Array.of(1, 2))
    expect(decodePems('CERTIFICATE', block('NEW CERTIFICATE', 'AQI='))).toEqual([])
    expect(decodePems('CERTIFICATE REQUEST', block('CERTIFICATE', 'AQI='))).toEqual([])
  })

  it('may have several blocks, which keep their order', () => {
    const text = block('CERTIFICATE', 'AQ==') + block('CERTIFICATE', 'Ag==')
    expect(decodePems('CERTIFICATE', text)).toEqual([Uint8Array.of(1), Uint8Array.of(2)])
    expect(decodePems('CERTIFICATE', '')).toEqual([])
  })

  it.each([
    ['no block', ''],
    ['a block of another label', block('PKCS7', 'AQI=')],
    ['two blocks', block('CMS', 'AQI=') + block('CMS', 'AQI=')],
    ['an end of another label', block('CMS', 'AQI=', 'PKCS7')],
    ['no octets', block('CMS', '')],
    ['what is no base64', block('CMS', 'AQI')],
  ])('is refused with %s', (_, text) => {
    expect(() => decodePem('CMS', text)).toThrow(refusal)
  })
})
