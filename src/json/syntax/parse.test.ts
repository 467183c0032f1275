import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { codeOf, utf8 } from '../testing/fixtures.js'
import { parseJson } from './parse.js'

describe('parseJson', () => {
  it('gives what JSON.parse gives', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), fc.constantFrom(undefined, 2), (text, indent) => {
        const value: unknown = JSON.parse(text)
        const document = JSON.stringify(value, undefined, indent)
        expect(JSON.stringify(parseJson(document))).toBe(JSON.stringify(value))
        expect(parseJson(utf8(document))).toEqual(parseJson(document))
      }),
    )
  })

  it('agrees with JSON.parse on what is JSON', () => {
    const pieces = [
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '\\',
      '"a"',
      '\\u0041',
      '1',
      '-',
      '0',
      '.5',
      'e3',
      'true',
      'null',
      ' ',
      '\n',
      '\u0001',
      '/',
    ]
    const isJson = (text: string): boolean => {
      try {
        JSON.parse(text)
        return true
      } catch {
        return false
      }
    }
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 12 }), (some) => {
        const text = some.join('')
        const code = codeOf(() => (parseJson(text), 'read'))
        // It refuses more, for the reason that it says.
        if (code !== 'json/duplicate-member') expect(code).toBe(isJson(text) ? 'read' : 'json/syntax')
      }),
      { numRuns: 2000 },
    )
  })

  it.each([
    ['two members of one name', '{"a":1,"b":{},"a":1}', 'json/duplicate-member'],
    ['two members of one name, one of them escaped', '{"a":1,"\\u0061":1}', 'json/duplicate-member'],
    ['two members called __proto__', '{"__proto__":1,"__proto__":2}', 'json/duplicate-member'],
    ['an escaped lone surrogate', '"\\ud800"', 'json/encoding'],
    ['a lone surrogate', '"\ud800"', 'json/encoding'],
    ['octets that are not UTF-8', Uint8Array.of(0x22, 0xff, 0x22), 'json/encoding'],
    ['a byte order mark', utf8('\ufeff1'), 'json/syntax'],
    ['nothing', '', 'json/syntax'],
    ['a comma too many', '[1,]', 'json/syntax'],
    ['text after the value', '{} x', 'json/syntax'],
    ['a string without an end', '"abc\\"', 'json/syntax'],
    ['a control character in a string', '"\u0000"', 'json/syntax'],
    ['a number with a leading zero', '01', 'json/syntax'],
    ['white space that is not of JSON', '\u00a01', 'json/syntax'],
    ['deep lists', '['.repeat(17) + ']'.repeat(17), 'json/limit-depth'],
    ['very deep lists', '['.repeat(1_000_000), 'json/limit-depth'],
  ])('refuses %s', (_what, document, code) => {
    expect(codeOf(() => parseJson(document))).toBe(code)
  })

  it('accepts what is just inside the limits', () => {
    expect(parseJson('['.repeat(16) + ']'.repeat(16))).toHaveLength(1)
    expect(parseJson('[1,2]', { maxValues: 3, maxBytes: 5 })).toEqual([1, 2])
    expect(codeOf(() => parseJson('[1,2]', { maxValues: 2 }))).toBe('json/limit-values')
    expect(codeOf(() => parseJson('[1,2]', { maxBytes: 4 }))).toBe('json/limit-bytes')
  })

  it('keeps a member called __proto__ to itself', () => {
    const value = parseJson('{"__proto__":{"kty":"UP"}}') as { kty?: string }
    expect(value.kty).toBeUndefined()
    expect(Object.keys(value)).toEqual(['__proto__'])
  })

  it('reads long strings with many escapes in time that grows with their length', () => {
    const text = JSON.stringify('\\"'.repeat(200_000))
    expect(parseJson(text)).toHaveLength(400_000)
  })
})
