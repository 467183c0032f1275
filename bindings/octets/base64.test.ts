import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeBase64, encodeBase64 } from './base64.js'

describe('base64', () => {
  it('goes there and back as Node has it, at every length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), (octets) => {
        const text = encodeBase64(octets)
        expect(text).toBe(Buffer.from(octets).toString('base64'))
        expect(decodeBase64(text)).toEqual(octets)
        expect(decodeBase64(text.replace(/.{4}/g, '$&\r\n '))).toEqual(octets)
      }),
    )
    const large = new Uint8Array(100_001).fill(0xa5)
    expect(decodeBase64(encodeBase64(large))).toEqual(large)
  })

  it.each([
    'A',
    'AA',
    'AAA',
    'A===',
    'AA=',
    '=',
    '====',
    'AAAA=',
    'AAAA====',
    'AA==AAAA',
    'AA=A',
    'AB==',
    'AAB=',
    'AAA-',
    'AAA_',
    'AA\u00A0AA',
    'AAAé',
  ])('refuses %j', (text) => expect(decodeBase64(text)).toBeUndefined())
})
