import { setFlagsFromString } from 'node:v8'
import { runInThisContext } from 'node:vm'
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { canonicalize } from './canonicalize.js'
import { XmlError, type XmlErrorCode } from './errors.js'
import { DEFAULT_LIMITS, parseXml, parseXmlInSlices, type ParseOptions } from './parse.js'
import { TreeParser } from './tree-parser.js'
import { XmlComment, XmlElement } from './tree.js'

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const octets = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes)
const concat = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]))

function refusal(input: Uint8Array | string, options?: ParseOptions): XmlError | undefined {
  try {
    parseXml(input, options)
    return undefined
  } catch (error) {
    if (error instanceof XmlError) return error
    throw error
  }
}

/** Every one holds `SECRET`, which no message may repeat. */
const HOSTILE: readonly [string, XmlErrorCode, string | Uint8Array][] = [
  ['nothing', 'xml/not-well-formed', ''],
  ['white space alone', 'xml/not-well-formed', ' \n'],
  ['text before the root', 'xml/not-well-formed', 'SECRET<a/>'],
  ['text after the root', 'xml/not-well-formed', '<a/>SECRET'],
  ['an entity after the root', 'xml/not-well-formed', '<SECRET/>&amp;'],
  ['CDATA before the root', 'xml/not-well-formed', '<![CDATA[SECRET]]><a/>'],
  ['CDATA after the root', 'xml/not-well-formed', '<a/><![CDATA[SECRET]]>'],
  ['a second root', 'xml/not-well-formed', '<a/><SECRET/>'],
  ['a root that is not closed', 'xml/not-well-formed', '<SECRET>'],
  ['a start tag that ends early', 'xml/not-well-formed', '<SECRET'],
  ['an end tag alone', 'xml/not-well-formed', '</SECRET>'],
  ['crossing tags', 'xml/not-well-formed', '<a><b></a></b>SECRET'],
  ['an end tag of another name', 'xml/not-well-formed', '<a></SECRET>'],
  ['an end tag of another prefix', 'xml/not-well-formed', '<x:a xmlns:x="urn:SECRET" xmlns:y="urn:SECRET"></y:a>'],
  ['an end tag with an attribute', 'xml/not-well-formed', '<a></a b="SECRET">'],
  ['an empty end tag', 'xml/not-well-formed', '<SECRET></>'],
  ['< in an attribute', 'xml/not-well-formed', '<a b="<SECRET"/>'],
  ['& in an attribute', 'xml/not-well-formed', '<a b="& SECRET"/>'],
  ['& in text', 'xml/not-well-formed', '<a>& SECRET</a>'],
  ['an entity without a name', 'xml/not-well-formed', '<a>&;SECRET</a>'],
  ['an unknown entity', 'xml/not-well-formed', '<a>&SECRET;</a>'],
  ['an entity of HTML', 'xml/not-well-formed', '<a>SECRET&nbsp;</a>'],
  ['an entity named like a property', 'xml/not-well-formed', '<SECRET>&__proto__;</SECRET>'],
  ['an entity in upper case', 'xml/not-well-formed', '<a>SECRET&LT;</a>'],
  ['an entity that does not end', 'xml/not-well-formed', '<a>SECRET&lt</a>'],
  [']]> in text', 'xml/not-well-formed', '<a>SECRET]]></a>'],
  ['CDATA that does not end', 'xml/not-well-formed', '<a><![CDATA[SECRET]]</a>'],
  ['CDATA in lower case', 'xml/not-well-formed', '<a><![cdata[SECRET]]></a>'],
  ['a control character', 'xml/not-well-formed', '<a>SECRET\u0001</a>'],
  ['a form feed between attributes', 'xml/not-well-formed', '<a\fb="SECRET"/>'],
  ['a no-break space between attributes', 'xml/not-well-formed', '<a\u00A0b="SECRET"/>'],
  ['U+0000', 'xml/not-well-formed', '<a>SECRET\u0000</a>'],
  ['U+FFFE', 'xml/not-well-formed', '<a>SECRET\uFFFE</a>'],
  ['U+FFFF in an attribute', 'xml/not-well-formed', '<a b="SECRET\uFFFF"/>'],
  ['a lone high surrogate', 'xml/not-well-formed', '<a>SECRET\uD800</a>'],
  ['a lone high surrogate in an attribute', 'xml/not-well-formed', '<a b="SECRET\uD800"/>'],
  ['a lone low surrogate', 'xml/not-well-formed', '<a>SECRET\uDC00</a>'],
  ['&#0;', 'xml/not-well-formed', '<a>SECRET&#0;</a>'],
  ['&#1;', 'xml/not-well-formed', '<a>SECRET&#x1;</a>'],
  ['a reference to a surrogate', 'xml/not-well-formed', '<a>SECRET&#xD800;</a>'],
  ['a reference to U+FFFE', 'xml/not-well-formed', '<a>SECRET&#xFFFE;</a>'],
  ['a reference beyond Unicode', 'xml/not-well-formed', '<a>SECRET&#x110000;</a>'],
  ['a reference beyond 2^53', 'xml/not-well-formed', `<a>SECRET&#x1${'0'.repeat(60)}41;</a>`],
  ['a reference with X', 'xml/not-well-formed', '<a>SECRET&#X41;</a>'],
  ['a signed reference', 'xml/not-well-formed', '<a>SECRET&#+65;</a>'],
  ['a reference with a space', 'xml/not-well-formed', '<a>SECRET&#65 ;</a>'],
  ['a reference without digits', 'xml/not-well-formed', '<a>SECRET&#;</a>'],
  ['an unbound prefix of an element', 'xml/not-well-formed', '<SECRET:a/>'],
  ['an unbound prefix of an attribute', 'xml/not-well-formed', '<a SECRET:b=""/>'],
  ['a prefix used after its scope', 'xml/not-well-formed', '<a><b xmlns:c="urn:SECRET"/><c:d/></a>'],
  ['a prefix named like a property', 'xml/not-well-formed', '<__proto__:a SECRET=""/>'],
  ['an attribute twice', 'xml/not-well-formed', '<a SECRET="1" SECRET="2"/>'],
  [
    'an attribute twice by namespace',
    'xml/not-well-formed',
    '<a xmlns:x="urn:SECRET" xmlns:y="urn:SECRET" x:b="1" y:b="2"/>',
  ],
  ['a declaration twice', 'xml/not-well-formed', '<a xmlns:x="urn:SECRET" xmlns:x="urn:b"/>'],
  ['a default declaration twice', 'xml/not-well-formed', '<a xmlns="urn:SECRET" xmlns="urn:SECRET"/>'],
  ['two colons', 'xml/not-well-formed', '<a:b:SECRET xmlns:a="urn:a"/>'],
  ['two colons in an attribute', 'xml/not-well-formed', '<a xmlns:b="urn:b" b:c:SECRET=""/>'],
  ['a colon first', 'xml/not-well-formed', '<:SECRET/>'],
  ['a colon last', 'xml/not-well-formed', '<SECRET: xmlns:SECRET="urn:a"/>'],
  ['a local name that starts with a digit', 'xml/not-well-formed', '<a:1SECRET xmlns:a="urn:a"/>'],
  ['an attribute whose local name does', 'xml/not-well-formed', '<a xmlns:a="urn:a" a:-SECRET=""/>'],
  ['a declared prefix that does', 'xml/not-well-formed', '<a xmlns:1="urn:SECRET"/>'],
  ['a name that starts with a digit', 'xml/not-well-formed', '<1SECRET/>'],
  ['a space before the name', 'xml/not-well-formed', '< SECRET/>'],
  ['an undeclared prefix', 'xml/not-well-formed', '<a xmlns:x="urn:SECRET"><b xmlns:x=""/></a>'],
  ['xml rebound', 'xml/not-well-formed', '<a xmlns:xml="urn:SECRET"/>'],
  [
    'the xml namespace under another prefix',
    'xml/not-well-formed',
    '<SECRET xmlns:a="http://www.w3.org/XML/1998/namespace"/>',
  ],
  ['the xml namespace as default', 'xml/not-well-formed', '<SECRET xmlns="http://www.w3.org/XML/1998/namespace"/>'],
  ['xmlns declared', 'xml/not-well-formed', '<SECRET xmlns:xmlns="http://www.w3.org/2000/xmlns/"/>'],
  ['xmlns rebound', 'xml/not-well-formed', '<a xmlns:xmlns="urn:SECRET"/>'],
  ['the xmlns namespace under a prefix', 'xml/not-well-formed', '<SECRET xmlns:a="http://www.w3.org/2000/xmlns/"/>'],
  ['the xmlns namespace as default', 'xml/not-well-formed', '<SECRET xmlns="http://www.w3.org/2000/xmlns/"/>'],
  ['an element with the prefix xmlns', 'xml/not-well-formed', '<xmlns:SECRET/>'],
  ['a relative namespace name', 'xml/namespace-name', '<a xmlns="SECRET"/>'],
  ['a relative one for a prefix', 'xml/namespace-name', '<a xmlns:x="../SECRET"/>'],
  ['white space before a namespace name', 'xml/namespace-name', '<a xmlns=" urn:SECRET"/>'],
  ['white space after one', 'xml/namespace-name', '<a xmlns:x="urn:SECRET&#10;"/>'],
  ['a no-break space after one', 'xml/namespace-name', '<a xmlns:x="urn:SECRET\u00A0"/>'],
  ['white space as a namespace name', 'xml/namespace-name', '<SECRET xmlns=" "/>'],
  ['an attribute without quotes', 'xml/not-well-formed', '<a b=SECRET/>'],
  ['an attribute without a value', 'xml/not-well-formed', '<a SECRET/>'],
  ['an attribute without a value, spaced', 'xml/not-well-formed', '<a SECRET b=""/>'],
  ['an attribute that does not end', 'xml/not-well-formed', '<a b="SECRET/>'],
  ['an attribute of mixed quotes', 'xml/not-well-formed', `<a b="SECRET'/>`],
  ['attributes without space between', 'xml/not-well-formed', '<a b="SECRET"c=""/>'],
  ['a stray =', 'xml/not-well-formed', '<a ="SECRET"/>'],
  ['two =', 'xml/not-well-formed', '<a b=="SECRET"/>'],
  ['a stray /', 'xml/not-well-formed', '<a / b="SECRET">'],
  ['-- in a comment', 'xml/comment', '<a><!-- SECRET -- --></a>'],
  ['a comment', 'xml/comment', '<a><!--SECRET--></a>'],
  ['a comment before the root', 'xml/comment', '<!--SECRET--><a/>'],
  ['a comment after the root', 'xml/comment', '<a/><!--SECRET-->'],
  ['a comment that does not end', 'xml/not-well-formed', '<a><!-- SECRET'],
  ['a processing instruction', 'xml/processing-instruction', '<a><?b SECRET?></a>'],
  ['one before the root', 'xml/processing-instruction', '<?xml-stylesheet href="SECRET"?><a/>'],
  ['one after the root', 'xml/processing-instruction', '<a/><?SECRET?>'],
  ['a late XML declaration', 'xml/not-well-formed', ' <?xml version="1.0"?><SECRET/>'],
  ['an XML declaration inside', 'xml/not-well-formed', '<a><?xml version="1.0"?>SECRET</a>'],
  ['an XML declaration in upper case', 'xml/not-well-formed', '<?XML version="1.0"?><SECRET/>'],
  ['an XML declaration without a version', 'xml/not-well-formed', '<?xml encoding="UTF-8"?><SECRET/>'],
  ['an XML declaration with more', 'xml/not-well-formed', '<?xml version="1.0" SECRET="1"?><a/>'],
  [
    'an XML declaration out of order',
    'xml/not-well-formed',
    '<?xml version="1.0" standalone="no" encoding="UTF-8"?><a/>SECRET',
  ],
  ['XML 1.1', 'xml/version', '<?xml version="1.1"?><SECRET/>'],
  ['XML 1.9', 'xml/version', '<?xml version="1.9"?><SECRET/>'],
  ['XML 2.0', 'xml/not-well-formed', '<?xml version="2.0"?><SECRET/>'],
  ['a Latin-1 declaration', 'xml/encoding', '<?xml version="1.0" encoding="ISO-8859-1"?><SECRET/>'],
  ['a UTF-16 declaration', 'xml/encoding', '<?xml version="1.0" encoding="UTF-16"?><SECRET/>'],
  ['a UTF-7 declaration', 'xml/encoding', '<?xml version="1.0" encoding="UTF-7"?><SECRET/>'],
  ['a DOCTYPE', 'xml/doctype', '<!DOCTYPE SECRET><a/>'],
  ['an external subset', 'xml/doctype', '<!DOCTYPE a SYSTEM "file:///SECRET"><a/>'],
  ['an external entity', 'xml/doctype', '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///SECRET">]><a>&b;</a>'],
  [
    'an entity bomb',
    'xml/doctype',
    '<!DOCTYPE a [<!ENTITY b "SECRET"><!ENTITY c "&b;&b;&b;"><!ENTITY d "&c;&c;">]><a>&d;</a>',
  ],
  ['an attribute default', 'xml/doctype', '<!DOCTYPE a [<!ATTLIST a Id ID "SECRET">]><a/>'],
  ['a DOCTYPE after the root', 'xml/not-well-formed', '<a/><!DOCTYPE SECRET>'],
  ['a DOCTYPE that does not end', 'xml/not-well-formed', '<!DOCTYPE SECRET [<a/>'],
  ['a truncated sequence', 'xml/encoding', concat(utf8('<a>SECRET'), octets(0xc3), utf8('</a>'))],
  ['an overlong sequence', 'xml/encoding', concat(utf8('<a>SECRET'), octets(0xc0, 0xbc), utf8('</a>'))],
  ['a surrogate in UTF-8', 'xml/encoding', concat(utf8('<a>SECRET'), octets(0xed, 0xa0, 0x80), utf8('</a>'))],
  ['beyond Unicode in UTF-8', 'xml/encoding', concat(utf8('<a>SECRET'), octets(0xf4, 0x90, 0x80, 0x80), utf8('</a>'))],
  ['UTF-16 with a mark', 'xml/encoding', Uint8Array.from(Buffer.from('\uFEFF<SECRET/>', 'utf16le'))],
  ['UTF-16 without a mark', 'xml/not-well-formed', Uint8Array.from(Buffer.from('<SECRET/>', 'utf16le'))],
  ['two byte order marks', 'xml/not-well-formed', '\uFEFF\uFEFF<SECRET/>'],
]

describe('parseXml refuses', () => {
  it.each(HOSTILE)('%s: %s', (_name, code, input) => {
    const error = refusal(input)
    expect(error?.code).toBe(code)
    expect(error?.message).not.toMatch(/SECRET|\d:\d/)
    expect(error?.cause).toBeUndefined()
    // As octets it is refused for the same reason. (A lone surrogate has no octets.)
    if (typeof input === 'string' && !/\p{Surrogate}/u.test(input)) expect(refusal(utf8(input))?.code).toBe(code)
  })

  it('malformed comments where comments are kept', () => {
    for (const comment of ['<!-- -- -->', '<!--a--->', '<!---', '<!-a-->', '<! --a-->']) {
      expect(refusal(`<a>${comment}</a>`, { comments: 'keep' })?.code, comment).toBe('xml/not-well-formed')
    }
  })

  const levels = (depth: number): string => '<a>'.repeat(depth) + '</a>'.repeat(depth)
  const LIMITS: readonly [XmlErrorCode, ParseOptions, string, string][] = [
    ['xml/limit-bytes', { maxBytes: 8 }, '<a>1</a>', '<a>12</a>'],
    ['xml/limit-depth', { maxDepth: 5 }, levels(5), levels(6)],
    ['xml/limit-depth', {}, levels(DEFAULT_LIMITS.maxDepth), levels(DEFAULT_LIMITS.maxDepth + 1)],
    ['xml/limit-attributes', { maxAttributes: 2 }, '<a b="" xmlns="urn:c"/>', '<a b="" xmlns:c="urn:c" d=""/>'],
    ['xml/limit-text', { maxText: 3 }, '<a>123</a>', '<a>1234</a>'],
    ['xml/limit-text', { maxText: 3 }, '<a>1<![CDATA[2]]>&#51;</a>', '<a>1<![CDATA[23]]>&#52;</a>'],
    ['xml/limit-text', { maxText: 3 }, '<a b="123"/>', '<a b="1234"/>'],
    ['xml/limit-text', { maxText: 3, comments: 'keep' }, '<a><!--123--></a>', '<a><!--1234--></a>'],
    ['xml/limit-nodes', { maxNodes: 4 }, '<a><b/>1<b/></a>', '<a><b/>1<b/>2</a>'],
    ['xml/limit-nodes', { maxNodes: 3 }, '<a b="" c=""/>', '<a b="" c="" d=""/>'],
    ['xml/limit-nodes', { maxNodes: 2 }, '<a xmlns="urn:a"/>', '<a xmlns="urn:a" xmlns:b="urn:b"/>'],
    ['xml/limit-nodes', { maxNodes: 2, comments: 'keep' }, '<a><!----></a>', '<a><!----><!----></a>'],
  ]
  it.each(LIMITS)('what exceeds a limit: %s %o', (code, options, within, beyond) => {
    expect(refusal(within, options)).toBeUndefined()
    expect(refusal(beyond, options)?.code).toBe(code)
  })

  it('what exceeds a default limit, where a caller of JavaScript gives undefined', () => {
    const options = { maxDepth: undefined } as unknown as ParseOptions
    expect(refusal(levels(DEFAULT_LIMITS.maxDepth + 1), options)?.code).toBe('xml/limit-depth')
  })

  it('octets beyond the limit, whatever their characters', () => {
    expect(refusal(utf8('<a>€</a>'), { maxBytes: 10 })).toBeUndefined()
    expect(refusal(utf8('<a>€€</a>'), { maxBytes: 10 })?.code).toBe('xml/limit-bytes')
  })
})

describe('a large document', () => {
  afterEach(() => {
    vi.restoreAllMocks()
  })

  /** Longer than several slices of the parser. */
  const large = (count: number): string => `<a xmlns="urn:a">${'<b c="1">text</b>'.repeat(count)}</a>`

  it('reads the same whole, and in slices that end anywhere', async () => {
    const construct = '<b xmlns:p="urn:p" p:c="&#65;\r\n">\r\nx&amp;😀]]<![CDATA[]>]]>é</b><!--c--></a>'
    const whole = canonicalize(parseXml(`<a>${construct}`, { comments: 'keep' }), { comments: true })
    for (let offset = 0; offset < construct.length; offset++) {
      const filler = '-'.repeat((1 << 14) - offset)
      const document = `<a>${filler}${construct}`
      const expected = new TextDecoder().decode(whole).replace('<a>', `<a>${filler}`)
      for (const input of [document, utf8(document)]) {
        const root = await parseXmlInSlices(input, { comments: 'keep' })
        expect(new TextDecoder().decode(canonicalize(root, { comments: true }))).toBe(expected)
      }
    }
  })

  it('is refused in slices as it is whole', async () => {
    for (const [, code, input] of HOSTILE) {
      await expect(parseXmlInSlices(input)).rejects.toMatchObject({ code })
    }
    await expect(parseXmlInSlices(large(5000), { maxNodes: 14_000 })).rejects.toMatchObject({ code: 'xml/limit-nodes' })
    await expect(parseXmlInSlices(large(5000).slice(0, -1))).rejects.toMatchObject({ code: 'xml/not-well-formed' })
  })

  it('lets other work run while it is parsed', async () => {
    let turns = 0
    let done = false
    const other = (): void => {
      turns++
      if (!done) setImmediate(other)
    }
    setImmediate(other)
    // Each look at the clock is a millisecond later, so that the number of turns does not depend on the machine.
    let now = 0
    vi.spyOn(performance, 'now').mockImplementation(() => ++now)
    const document = large(20_000)
    const slices = document.length / (1 << 14)
    expect((await parseXmlInSlices(document)).elements).toHaveLength(20_000)
    done = true
    expect(turns).toBeGreaterThan(slices / 4)
  })

  it('may take so long and no longer', async () => {
    let now = 0
    vi.spyOn(performance, 'now').mockImplementation(() => (now += 10))
    const slices = Math.ceil(large(20_000).length / (1 << 14))
    expect(refusal(large(20_000), { maxMilliseconds: 10 * slices })).toBeUndefined()
    expect(refusal(large(20_000), { maxMilliseconds: 10 * slices - 1 })?.code).toBe('xml/limit-time')
    await expect(parseXmlInSlices(large(20_000), { maxMilliseconds: 20 })).rejects.toMatchObject({
      code: 'xml/limit-time',
    })
  })

  it('meets a parser whose properties are fast', () => {
    setFlagsFromString('--allow-natives-syntax')
    const hasFastProperties = runInThisContext('(object) => %HasFastProperties(object)') as (object: object) => boolean
    const parser = new TreeParser(DEFAULT_LIMITS, false)
    expect(hasFastProperties(parser)).toBe(true)
    parser.write(large(100)).close()
    expect(hasFastProperties(parser)).toBe(true)
    const root = parser.root as XmlElement
    for (const node of [root, root.elements[0] as XmlElement, root.elements[0]?.attributes[0] as object]) {
      expect(hasFastProperties(node)).toBe(true)
    }
    // What it would be with handlers that are set from outside, in a loop: the test can tell.
    const slow: Record<string, unknown> = {}
    for (let i = 0; i < 2000; i++) slow[`p${i}`] = i
    expect(hasFastProperties(slow)).toBe(false)
  })
})

describe('parseXml', () => {
  it('resolves names', () => {
    const root = parseXml('<a xmlns="urn:d" xmlns:p="urn:p" b="1" p:b="2"><p:c/><d xmlns=""/></a>')
    expect(root.is('urn:d', 'a')).toBe(true)
    expect(root.is('', 'a')).toBe(false)
    expect(root.attribute('b')).toBe('1')
    expect(root.attribute('b', 'urn:p')).toBe('2')
    expect(root.attribute('b', 'urn:d')).toBeUndefined()
    expect(root.attributes).toHaveLength(2)
    expect(root.elements.map((e) => [e.prefix, e.namespace, e.localName])).toEqual([
      ['p', 'urn:p', 'c'],
      ['', '', 'd'],
    ])
  })

  it('takes names of properties for names', () => {
    const root = parseXml('<__proto__ __proto__="1" constructor="2" hasOwnProperty="3"/>')
    expect(root.localName).toBe('__proto__')
    expect(['__proto__', 'constructor', 'hasOwnProperty'].map((name) => root.attribute(name))).toEqual(['1', '2', '3'])
    expect(parseXml('<a/>').attribute('__proto__')).toBeUndefined()
    expect(parseXml('<__proto__:a xmlns:__proto__="urn:p"/>').namespace).toBe('urn:p')
  })

  it('resolves references, CDATA and line ends, and joins what they divide', () => {
    const root = parseXml('<a b="&lt;&#9;\t\r\n&quot;">1&amp;<![CDATA[<2>]]>&#x33;\r\n4\r5&#13;</a>')
    expect(root.attribute('b')).toBe('<\t  "')
    expect(root.children).toEqual(['1&<2>3\n4\n5\r'])
    expect(root.text).toBe('1&<2>3\n4\n5\r')
    expect(parseXml('<a><![CDATA[]]></a>').children).toEqual([])
  })

  it('has the text of elements without children', () => {
    const root = parseXml('<a> \n<b/><c>x</c></a>')
    expect(root.text).toBeUndefined()
    expect(root.elements.map((e) => e.text)).toEqual(['', 'x'])
  })

  it('takes a byte order mark, an XML declaration and characters beyond the basic plane', () => {
    const document =
      '\uFEFF<?xml version="1.0" encoding="utf-8" standalone="yes"?>\n<\u{10000}a>\u{1F511}</\u{10000}a>\n'
    for (const input of [document, utf8(document)]) {
      const root = parseXml(input)
      expect(root.localName).toBe('\u{10000}a')
      expect(root.text).toBe('\u{1F511}')
    }
  })

  it('keeps comments inside the document element when asked, where text ignores them', () => {
    const root = parseXml('<!--0--><a>x<!--1-->y</a><!--2-->', { comments: 'keep' })
    expect(root.children).toEqual(['x', new XmlComment('1'), 'y'])
    expect(root.text).toBe('xy')
  })

  it('finds what prefixes in content mean', () => {
    const root = parseXml(
      '<a xmlns="urn:d" xmlns:p="urn:p"><b xmlns:q="urn:q"><q:c xmlns:p="urn:p2" xmlns=""/></b></a>',
    )
    const b = root.elements[0] as XmlElement
    const c = b.elements[0] as XmlElement
    expect(['', 'p', 'q', 'r', 'xml'].map((prefix) => b.lookupNamespace(prefix))).toEqual([
      'urn:d',
      'urn:p',
      'urn:q',
      undefined,
      'http://www.w3.org/XML/1998/namespace',
    ])
    expect(['', 'p', 'q'].map((prefix) => c.lookupNamespace(prefix))).toEqual(['', 'urn:p2', 'urn:q'])
    expect(root.lookupNamespace('q')).toBeUndefined()
  })

  it('gives a tree that cannot be changed', () => {
    const root = parseXml('<a><b/></a>')
    expect(() => (root.children as unknown[]).push('x')).toThrow(TypeError)
    expect(() => (root.attributes as unknown[]).push({})).toThrow(TypeError)
    expect(() => Object.assign(root, { localName: 'c' })).toThrow(TypeError)
  })

  /** The tree if saxes gets the whole document. */
  const parseByTheLetter = (document: string): XmlElement | undefined => {
    if (/\p{Surrogate}/u.test(document)) throw new XmlError('xml/not-well-formed')
    const parser = new TreeParser(DEFAULT_LIMITS, true)
    parser.write(document).close()
    return parser.root
  }
  /** The tree in its canonical form, or the code of the error. */
  const outcome = (parse: () => XmlElement | undefined): string => {
    try {
      return new TextDecoder().decode(canonicalize(parse() as XmlElement, { comments: true }))
    } catch (error) {
      if (error instanceof XmlError) return error.code
      throw error
    }
  }

  it('throws XmlError or nothing on mutated documents', () => {
    const seed =
      '<?xml version="1.0" encoding="UTF-8"?><p:a xmlns:p="urn:p" xmlns="urn:d" p:b="&lt;1&#10;" c=\'2\'>' +
      'x<![CDATA[y]]>&amp;<b xmlns="">z</b><!--c--><e>plain text</e>\t<e d=">"/>]]<e>é</e></p:a>'
    const characters = Array.from('<>&;"\'=/:![]-?# \t\n\0xa1')
    const piece = fc.constantFrom(...characters, '\uD83D', '\uDC4D', '<!--', '-->', ']]>', 'xmlns:', 'xml', '&#x')
    const edit = fc.tuple(fc.nat(seed.length), fc.nat(3), piece)
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
        let document = seed
        for (const [at, removed, inserted] of edits) {
          document = document.slice(0, at) + inserted + document.slice(at + removed)
        }
        // Text that goes past saxes means what it means to saxes.
        expect(outcome(() => parseXml(document, { comments: 'keep' }))).toBe(outcome(() => parseByTheLetter(document)))
        for (const input of [document, utf8(document)]) {
          if (refusal(input, { comments: 'keep' }) !== undefined) continue
          const root = parseXml(input, { comments: 'keep' })
          const written = canonicalize(root, { comments: true })
          expect(canonicalize(parseXml(written, { comments: 'keep' }), { comments: true })).toEqual(written)
        }
      }),
      { numRuns: 2000 },
    )
  })
})
