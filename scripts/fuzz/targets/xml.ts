import { canonicalize } from '../../../src/xml/canonicalize.js'
import { parseXml } from '../../../src/xml/parse.js'
import { mustBeSame, unlessRefused, utf8, type Target } from './property.js'

export const xml: Target = {
  explores: 'parsing and canonical XML: the canonical form of a document, parsed, has the same canonical form',
  words: [
    ...[
      '<a>',
      '</a>',
      '<a/>',
      ' xmlns="urn:a"',
      ' xmlns:p="urn:p"',
      ' xmlns=""',
      '<p:a',
      ' p:b="c"',
      ' xml:lang="en"',
      ' xml:space="preserve"',
    ],
    ...[
      '&amp;',
      '&lt;',
      '&#13;',
      '&#x10FFFF;',
      '&#0;',
      '<![CDATA[',
      ']]>',
      '<!--',
      '-->',
      '<?pi',
      '?>',
      '<!DOCTYPE a [',
      '\r\n',
      '\t',
      '\u00e9',
      '\ufeff',
    ],
    ...[
      '<?xml version="1.0" encoding="utf-8"?>',
      '<?xml version="1.1"?>',
      'encoding="utf-16"',
      ' standalone="yes"',
      'xmlns:xml="http://www.w3.org/XML/1998/namespace"',
    ],
  ],
  seeds: () =>
    Promise.resolve(
      [
        '<a/>',
        '<?xml version="1.0" encoding="UTF-8"?>\n<p:a xmlns:p="urn:p" p:b="1" c="&lt;&quot;&#9;"><p:d xmlns="urn:d">t\r\n<e xmlns=""/></p:d><!-- c --></p:a>',
        '<a xml:lang="en" xml:space="preserve"> <![CDATA[<x>]]> &amp;&gt;&#xD; </a>',
        '<a xmlns:x="urn:1"><b xmlns:x="urn:2" x:c="d"><x:e/></b><x:e f="g"/></a>',
      ].map(utf8),
    ),
  prepare: () =>
    Promise.resolve((input: Uint8Array) => {
      const element = unlessRefused(() => parseXml(input))
      if (element === undefined) return
      const canonical = canonicalize(element)
      mustBeSame(canonical, canonicalize(parseXml(canonical)), 'a canonical form')
      for (const child of element.elements) {
        const own = canonicalize(child)
        mustBeSame(own, canonicalize(parseXml(own)), 'the canonical form of a part')
      }
    }),
}
