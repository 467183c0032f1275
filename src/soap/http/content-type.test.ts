import { describe, expect, it } from 'vitest'
import { isSoapInUtf8, parseContentType } from './content-type.js'

describe('parseContentType', () => {
  it.each([
    ['application/soap+xml', undefined, undefined],
    ['application/soap+xml; charset=utf-8', 'utf-8', undefined],
    ['Application/SOAP+XML;Charset="UTF-8"', 'utf-8', undefined],
    ['application/soap+xml; action="urn:a;b"; charset=utf-8', 'utf-8', 'urn:a;b'],
    ['application/soap+xml; charset=utf-8; action="urn:a"', 'utf-8', 'urn:a'],
    ['application/soap+xml;action=http://example.org/a;charset=utf-8', 'utf-8', 'http://example.org/a'],
    ['application/soap+xml; charset=utf-8; msgtype=x;', 'utf-8', undefined],
    ['application/soap+xml ;\tcharset=utf-8 ', 'utf-8', undefined],
    [String.raw`application/soap+xml; action="urn:\"a\\"`, undefined, String.raw`urn:"a\ `.trim()],
  ])('reads %s', (header, charset, action) => {
    const contentType = parseContentType(header)
    expect(contentType).toEqual({ mediaType: 'application/soap+xml', charset, action })
    expect(isSoapInUtf8(contentType!)).toBe(true)
  })

  it.each([
    '',
    'application',
    '/xml',
    'application/soap+xml charset=utf-8',
    'application/soap+xml; charset',
    'application/soap+xml; charset="utf-8',
    'application/soap+xml; charset=utf-8 utf-16',
    'application/soap+xml; charset=utf-8; charset=utf-16',
    'application/soap+xml; action="urn:a"; action=urn:b',
    'application/soap+xml, application/xml',
  ])('refuses %s', (header) => {
    expect(parseContentType(header)).toBeUndefined()
  })

  it.each(['text/xml', 'application/xml; charset=utf-8', 'application/soap+xml; charset=utf-16', 'multipart/related'])(
    'knows that %s cannot be read',
    (header) => {
      expect(isSoapInUtf8(parseContentType(header)!)).toBe(false)
    },
  )
})
