import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalize, type CanonicalizeOptions } from './canonicalize.js'
import { XmlError } from './errors.js'
import { parseXml } from './parse.js'
import { documents, NAMESPACES } from './testing/documents.js'
import { hasProgram, xmllintCanonical } from './testing/xmllint.js'
import { vocabulary, XmlElement } from './tree.js'

const utf8 = new TextDecoder()
const keepingComments = { comments: 'keep' } as const

function canonical(document: string, options?: CanonicalizeOptions): string {
  return utf8.decode(canonicalize(parseXml(document, keepingComments), options))
}

function descendants(element: XmlElement): XmlElement[] {
  return [element, ...element.elements.flatMap(descendants)]
}

function find(root: XmlElement, localName: string): XmlElement {
  const found = descendants(root).find((element) => element.localName === localName)
  if (found === undefined) throw new Error(`no ${localName}`)
  return found
}

describe('canonicalize', () => {
  it.each([
    ['empty elements have end tags', '<a/>', '<a></a>'],
    [
      'attribute values',
      `<a b='"&#9;&#10;&#13;&lt;>&amp;''/>`.replace("''", "'"),
      '<a b="&quot;&#x9;&#xA;&#xD;&lt;>&amp;"></a>',
    ],
    ['text', '<a>&lt;"&gt;&amp;&#13;\r\n<![CDATA[<&>]]></a>', '<a>&lt;"&gt;&amp;&#xD;\n&lt;&amp;&gt;</a>'],
    ['white space in tags', '<a  b = "1"\n></a >', '<a b="1"></a>'],
    ['white space in content is kept', '<a>\n <b/>\t</a>', '<a>\n <b></b>\t</a>'],
    ['what stands outside', '<?xml version="1.0"?>\n<!--x-->\n<a/>\n<!--y-->', '<a></a>'],
    ['comments are left out', '<a>x<!-- c -->y</a>', '<a>xy</a>'],
    [
      'unused declarations are left out',
      '<a xmlns:b="urn:b" xmlns:c="urn:c"><c:d/></a>',
      '<a><c:d xmlns:c="urn:c"></c:d></a>',
    ],
    [
      'declarations are written where they are first used, on each branch',
      '<a xmlns:b="urn:b"><b:c><b:d/></b:c><b:c/></a>',
      '<a><b:c xmlns:b="urn:b"><b:d></b:d></b:c><b:c xmlns:b="urn:b"></b:c></a>',
    ],
    [
      'a declaration shadowed comes back',
      '<p:a xmlns:p="urn:1"><p:b xmlns:p="urn:2"/><p:c/></p:a>',
      '<p:a xmlns:p="urn:1"><p:b xmlns:p="urn:2"></p:b><p:c></p:c></p:a>',
    ],
    ['xmlns="" where it undoes', '<a xmlns="urn:a"><b xmlns=""/></a>', '<a xmlns="urn:a"><b xmlns=""></b></a>'],
    [
      'xmlns="" not where there is nothing to undo',
      '<p:a xmlns:p="urn:p" xmlns=""><b xmlns=""/></p:a>',
      '<p:a xmlns:p="urn:p"><b></b></p:a>',
    ],
    [
      'xmlns="" not where the default was never written',
      '<p:a xmlns:p="urn:p" xmlns="urn:a"><b xmlns=""/></p:a>',
      '<p:a xmlns:p="urn:p"><b></b></p:a>',
    ],
    ['an attribute uses its prefix', '<a xmlns:b="urn:b" b:c=""/>', '<a xmlns:b="urn:b" b:c=""></a>'],
    [
      'an attribute without one does not use the default',
      '<p:a xmlns="urn:d" xmlns:p="urn:p" b=""/>',
      '<p:a xmlns:p="urn:p" b=""></p:a>',
    ],
    [
      'xml: is never declared',
      '<a xml:lang="en" xmlns:xml="http://www.w3.org/XML/1998/namespace"/>',
      '<a xml:lang="en"></a>',
    ],
    ['not for elements either', '<xml:a/>', '<xml:a></xml:a>'],
    [
      'declarations by prefix, the default first',
      '<b:x xmlns:b="urn:1" xmlns:a="urn:2" xmlns="urn:3" a:y=""><x/></b:x>',
      '<b:x xmlns:a="urn:2" xmlns:b="urn:1" a:y=""><x xmlns="urn:3"></x></b:x>',
    ],
    [
      'attributes by namespace name, not by prefix; those without one first',
      '<x xmlns:a="urn:2" xmlns:b="urn:1" a:c="1" b:d="2" z="3" e="4" b:c="5"/>',
      '<x xmlns:a="urn:2" xmlns:b="urn:1" e="4" z="3" b:c="5" b:d="2" a:c="1"></x>',
    ],
    ['by code point, not by locale', '<x é="" z="" Z="" a-="" a.=""/>', '<x Z="" a-="" a.="" z="" é=""></x>'],
    ['by code point, not by code unit', '<x \u{10000}="" \uF900=""/>', '<x \uF900="" \u{10000}=""></x>'],
    [
      'by code point after a common astral start',
      '<x \u{10000}\u{10001}="" \u{10000}\u{10000}=""/>',
      '<x \u{10000}\u{10000}="" \u{10000}\u{10001}=""></x>',
    ],
    ['namespace names are escaped', '<a xmlns="urn:a?b&amp;c&quot;"/>', '<a xmlns="urn:a?b&amp;c&quot;"></a>'],
    ['prefixes in content are not used', '<a xmlns:x="urn:x" t="x:y">x:y</a>', '<a t="x:y">x:y</a>'],
  ])('%s', (_name, document, expected) => {
    expect(canonical(document)).toBe(expected)
  })

  it('writes comments when asked', () => {
    expect(canonical('<a>x<!-- <&> --><b/></a>', { comments: true })).toBe('<a>x<!-- <&> --><b></b></a>')
  })

  it('gives the examples of the Recommendation (section 2.2)', () => {
    // n1:elem2 in two envelopes, and the same canonical form of both.
    const inner =
      '<n1:elem2 xmlns:n1="http://example.net" xml:lang="en"><n3:stuff xmlns:n3="ftp://example.org"/></n1:elem2>'
    const expected =
      '<n1:elem2 xmlns:n1="http://example.net" xml:lang="en"><n3:stuff xmlns:n3="ftp://example.org"></n3:stuff></n1:elem2>'
    for (const envelope of [
      `<n0:pdu xmlns:n0='http://a.example' xmlns:n1='http://example.net' xml:lang='fr'>${inner}</n0:pdu>`,
      `<n2:pdu xmlns:n1='http://example.com' xmlns:n2='http://foo.example' xml:lang='fr' xml:space='retain'>${inner}</n2:pdu>`,
    ]) {
      expect(utf8.decode(canonicalize(find(parseXml(envelope), 'elem2')))).toBe(expected)
    }
  })

  describe('with inclusive prefixes', () => {
    const document =
      '<a:r xmlns:a="urn:a" xmlns:b="urn:b" xmlns="urn:d"><a:s><a:t xmlns:b="urn:b2"><a:u xmlns=""/></a:t></a:s></a:r>'
    const of = (localName: string, ...inclusivePrefixes: string[]): string =>
      utf8.decode(canonicalize(find(parseXml(document), localName), { inclusivePrefixes }))

    it('writes their declarations where they are in scope, inherited ones too', () => {
      expect(of('s', 'b')).toBe('<a:s xmlns:a="urn:a" xmlns:b="urn:b"><a:t xmlns:b="urn:b2"><a:u></a:u></a:t></a:s>')
      expect(of('u', 'b', 'unbound', 'xml', 'xmlns')).toBe('<a:u xmlns:a="urn:a" xmlns:b="urn:b2"></a:u>')
    })

    it('takes #default for the default namespace', () => {
      expect(of('t', '#default')).toBe('<a:t xmlns="urn:d" xmlns:a="urn:a"><a:u xmlns=""></a:u></a:t>')
      expect(of('u', '#default')).toBe('<a:u xmlns:a="urn:a"></a:u>')
    })
  })

  it('keeps the octets of an element that is moved, whatever its new ancestors declare', () => {
    const wrap = vocabulary('p', 'urn:wrapper')
    fc.assert(
      fc.property(documents, ({ withComments }) => {
        for (const element of descendants(parseXml(withComments, keepingComments))) {
          const octets = canonicalize(element)
          const moved = wrap('w', {}, element, wrap('x')).declaring({ q: 'urn:elsewhere', é: 'urn:elsewhere' })
          const written = parseXml(canonicalize(moved, { inclusivePrefixes: ['q', 'é'] }))
          expect(canonicalize(written.elements[0] as XmlElement)).toEqual(octets)
          expect(canonicalize(parseXml(octets))).toEqual(octets)
        }
      }),
    )
  })

  it('bounds what one long declaration can become', () => {
    // 1 MB of input, 1 GB of output: more than a string can hold.
    const document = parseXml(`<a xmlns:b="urn:${'b'.repeat(1_000_000)}">${'<b:c/>'.repeat(1000)}</a>`)
    expect(() => canonicalize(document, { maxBytes: 2_000_000 })).toThrow(XmlError)
    expect(() => canonicalize(parseXml('<a>€</a>'), { maxBytes: 9 })).toThrow('larger than allowed')
    expect(canonicalize(parseXml('<a>€</a>'), { maxBytes: 10 })).toHaveLength(10)
  })
})

describe.skipIf(!hasProgram('xmllint', 'canonical forms compared with those of libxml2'))('beside xmllint', () => {
  it('gives the same canonical forms of generated documents, with comments and without', () => {
    const generated = fc.sample(documents, 400)
    const inputs = generated.flatMap(({ withComments, withoutComments }) => [withComments, withoutComments])
    const expected = xmllintCanonical(inputs)
    for (const [i, input] of inputs.entries()) expect(canonical(input, { comments: true }), input).toBe(expected[i])
    for (const { withComments, withoutComments } of generated) {
      expect(canonical(withComments), withComments).toBe(canonical(withoutComments))
    }
  })

  it('accepts no mutated document that xmllint refuses or reads differently', () => {
    const characters = Array.from('<>&;"=/:![]-?# \n\r')
    const piece = fc.constantFrom(...characters, '<a>', '</a>', ' xmlns:p="urn:a"', 'p:', '&#x', ']]>')
    const mutants = fc
      .tuple(documents, fc.nat(), fc.nat(2), piece)
      .map(([{ withComments }, place, removed, inserted]) => {
        const at = place % withComments.length
        return withComments.slice(0, at) + inserted + withComments.slice(at + removed)
      })
    const comparable = fc.sample(mutants, 3000).flatMap((document) => {
      try {
        const root = parseXml(document, keepingComments)
        // libxml2 leaves & in namespace names as it is, and refuses names that RFC 3986 has no room for.
        const known = descendants(root).every((e) => [...e.declarations.values()].every((n) => NAMESPACES.includes(n)))
        return known ? [{ document, form: canonical(document, { comments: true }) }] : []
      } catch (error) {
        if (error instanceof XmlError) return []
        throw error
      }
    })
    expect(comparable.length).toBeGreaterThan(200)
    const expected = xmllintCanonical(comparable.map(({ document }) => document))
    for (const [i, { document, form }] of comparable.entries()) expect(form, document).toBe(expected[i])
  })
})
