import { describe, expect, it } from 'vitest'
import { canonicalize } from './canonicalize.js'
import { XmlError, type XmlErrorCode } from './errors.js'
import { parseXml } from './parse.js'
import { element, vocabulary, XmlComment, type XmlAttribute, type XmlElement } from './tree.js'

const a = vocabulary('a', 'urn:a')
const written = (root: XmlElement): string => new TextDecoder().decode(canonicalize(root))
const attribute = (prefix: string, namespace: string, localName: string, value = ''): XmlAttribute => ({
  prefix,
  namespace,
  localName,
  value,
})

describe('element', () => {
  it('builds what is then written with the declarations that it needs', () => {
    const tree = a(
      'x',
      [
        attribute('', '', 'p', '1'),
        attribute('b', 'urn:b', 'q', '2'),
        attribute('xml', 'http://www.w3.org/XML/1998/namespace', 'lang', 'en'),
      ],
      'text & ',
      undefined,
      'more',
      a('y', { z: '"' }, parseXml('<c xmlns="urn:c" xmlns:unused="urn:d"/>')),
      element({ prefix: '', namespace: '', localName: 'n' }),
    )
    expect(written(tree)).toBe(
      '<a:x xmlns:a="urn:a" xmlns:b="urn:b" p="1" xml:lang="en" b:q="2">text &amp; more' +
        '<a:y z="&quot;"><c xmlns="urn:c"></c></a:y><n></n></a:x>',
    )
    expect(tree.children[0]).toBe('text & more')
  })

  it('leaves out empty text', () => {
    expect(a('x', {}, '', '').children).toEqual([])
  })

  it('is what parsing its canonical form gives', () => {
    const tree = a('x', { y: '<\t\r\n "' }, '\r\n\t]]>&\u{1F511}', a('z'))
    const parsed = parseXml(canonicalize(tree))
    expect(parsed.attribute('y')).toBe(tree.attribute('y'))
    expect(parsed.children[0]).toBe(tree.children[0])
    expect(canonicalize(parsed)).toEqual(canonicalize(tree))
  })

  it('changes children without changing the original', () => {
    const tree = a('x', { y: '1' }, 'text')
    expect(written(tree.withChildren(['other', undefined, ' text']))).toBe(
      '<a:x xmlns:a="urn:a" y="1">other text</a:x>',
    )
    expect(written(tree)).toBe('<a:x xmlns:a="urn:a" y="1">text</a:x>')
  })

  it('declares prefixes that only its content uses, and writes them where asked', () => {
    const tree = a('x', { t: 'q:T' }).declaring({ q: 'urn:q' })
    expect(tree.lookupNamespace('q')).toBe('urn:q')
    expect(written(tree)).toBe('<a:x xmlns:a="urn:a" t="q:T"></a:x>')
    const octets = canonicalize(a('outer', {}, tree), { inclusivePrefixes: ['q'] })
    const inner = parseXml(octets).elements[0]
    expect(inner?.lookupNamespace('q')).toBe('urn:q')
    expect(parseXml(octets).lookupNamespace('q')).toBeUndefined()
  })

  const name = (prefix: string, namespace: string, localName: string): (() => XmlElement) => {
    return () => element({ prefix, namespace, localName })
  }
  it.each<[string, XmlErrorCode, () => XmlElement]>([
    ['an empty name', 'xml/name', name('', '', '')],
    ['a qualified name as local name', 'xml/name', name('', '', 'a:b')],
    ['a name that would end its tag', 'xml/name', name('', '', 'a><b')],
    ['a name with an attribute', 'xml/name', name('', '', 'a b="1"')],
    ['a name with a line feed', 'xml/name', name('', '', 'a\n')],
    ['a prefix that is no name', 'xml/name', name('1', 'urn:a', 'a')],
    ['an attribute that is no name', 'xml/name', () => a('x', { 'y ': '' })],
    ['a prefix without a namespace', 'xml/prefix', name('a', '', 'b')],
    ['xmlns as a prefix', 'xml/prefix', name('xmlns', 'http://www.w3.org/2000/xmlns/', 'b')],
    ['xml for another namespace', 'xml/prefix', name('xml', 'urn:a', 'b')],
    ['the xml namespace under another prefix', 'xml/prefix', name('a', 'http://www.w3.org/XML/1998/namespace', 'b')],
    ['xmlns as an attribute', 'xml/prefix', () => a('x', { xmlns: 'urn:b' })],
    ['an attribute with a namespace and no prefix', 'xml/prefix', () => a('x', [attribute('', 'urn:b', 'y')])],
    [
      'an attribute that binds the prefix of the element otherwise',
      'xml/prefix',
      () => a('x', [attribute('a', 'urn:b', 'y')]),
    ],
    [
      'attributes that bind one prefix twice',
      'xml/prefix',
      () => a('x', [attribute('b', 'urn:b', 'y'), attribute('b', 'urn:c', 'z')]),
    ],
    ['a relative namespace name', 'xml/namespace-name', name('a', 'b', 'c')],
    ['a namespace name with white space', 'xml/namespace-name', name('a', 'urn:b ', 'c')],
    ['a namespace name with a lone surrogate', 'xml/namespace-name', name('a', 'urn:\uD800', 'c')],
    ['an attribute twice', 'xml/duplicate-attribute', () => a('x', [attribute('', '', 'y'), attribute('', '', 'y')])],
    [
      'an attribute twice by namespace',
      'xml/duplicate-attribute',
      () => a('x', [attribute('b', 'urn:b', 'y'), attribute('c', 'urn:b', 'y')]),
    ],
    ['a control character in text', 'xml/character', () => a('x', {}, '\u0000')],
    ['a lone surrogate in text', 'xml/character', () => a('x', {}, '\uDC00')],
    ['U+FFFE in an attribute', 'xml/character', () => a('x', { y: '\uFFFE' })],
    ['a comment that would end early', 'xml/character', () => a('x', {}, new XmlComment('--><b/>'))],
    ['a comment that ends with -', 'xml/character', () => a('x', {}, new XmlComment('-'))],
    ['bad text as a new child', 'xml/character', () => a('x').withChildren(['\u0001'])],
    ['a declaration of xml', 'xml/prefix', () => a('x').declaring({ xml: 'urn:b' })],
    ['a declaration that rebinds the prefix in use', 'xml/prefix', () => a('x').declaring({ a: 'urn:b' })],
    [
      'one that rebinds the prefix of an attribute',
      'xml/prefix',
      () => a('x', [attribute('b', 'urn:b', 'y')]).declaring({ b: 'urn:c' }),
    ],
    ['a declaration of no name', 'xml/name', () => a('x').declaring({ 'b c': 'urn:b' })],
    ['a declaration of a relative name', 'xml/namespace-name', () => a('x').declaring({ b: 'c' })],
  ])('refuses %s: %s', (_name, code, build) => {
    expect(build).toThrow(XmlError)
    expect(build).toThrow(expect.objectContaining({ code }))
  })
})
