import fc from 'fast-check'
import { Buffer } from 'node:buffer'
import { describe, expect, it, vi } from 'vitest'
import * as withBuffer from './base64.js'

vi.resetModules()
vi.stubGlobal('Buffer', undefined)
const withoutBuffer = await import('./base64.js')
vi.unstubAllGlobals()

describe.each([
  ['as Node has it', withBuffer],
  ['as browsers have it', withoutBuffer],
])('base64 %s', (_, { decodeBase64, decodeBase64Url, encodeBase64, encodeBase64Url }) => {
  it('goes there and back as Node has it, at every length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), (octets) => {
        const text = encodeBase64(octets)
        expect(text).toBe(Buffer.from(octets).toString('base64'))
        expect(decodeBase64(text)).toEqual(octets)
        expect(encodeBase64Url(octets)).toBe(Buffer.from(octets).toString('base64url'))
        expect(decodeBase64Url(encodeBase64Url(octets))).toEqual(octets)
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

  it.each(['A', 'AAAAA', 'AB', 'AAB', 'AA==', 'AA A', 'AA+A', 'AA/A', 'AAé'])('refuses %j for URLs', (text) =>
    expect(decodeBase64Url(text)).toBeUndefined(),
  )
})
