import fc from 'fast-check'
import { canonicalize } from '../../xml/canonicalize.js'
import type { XmlElement } from '../../xml/tree.js'

/** Pieces that mean something in the messages, or are wrong everywhere. */
const PIECES = [
  ...[
    '',
    ' ',
    '\n',
    'A',
    '=',
    '/',
    '0',
    '-1',
    '65536',
    'AA==',
    'AQ==',
    '&amp;',
    '&#0;',
    '&',
    '<',
    '>',
    '"',
    '\u{1F511}',
    '\u0000',
  ],
  ...[
    '<x/>',
    '<up:X/>',
    '<!-- -->',
    '<?x?>',
    '<![CDATA[]]>',
    '<up:TI></up:TI>',
    ' xmlns:up="urn:x"',
    ' Id="x"',
    'claim',
    'ID',
    'Z',
  ],
]

/** What changes a document in one to three places: octets, pieces, whole elements. */
export const mutations: fc.Arbitrary<(element: XmlElement) => string> = fc
  .array(
    fc.oneof(
      fc.record({
        kind: fc.constant('replace' as const),
        at: fc.double({ min: 0, max: 1, noNaN: true }),
        length: fc.nat({ max: 3 }),
        piece: fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 2 })),
      }),
      fc.record({
        kind: fc.constantFrom('drop' as const, 'double' as const, 'swap' as const, 'empty' as const),
        at: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
    ),
    { minLength: 1, maxLength: 3 },
  )
  .map(
    (changes) => (element: XmlElement) =>
      changes.reduce(
        (text, change) => {
          const at = Math.floor(change.at * text.length)
          if (change.kind !== 'replace') return changeElement(text, at, change.kind)
          return text.slice(0, at) + change.piece + text.slice(at + change.length)
        },
        new TextDecoder().decode(canonicalize(element)),
      ),
  )

/** Changes the first element that begins at or after a position. */
function changeElement(text: string, at: number, kind: 'drop' | 'double' | 'swap' | 'empty'): string {
  const open = /<([A-Za-z:0-9]+)[^<>]*>/g
  open.lastIndex = at
  const found = open.exec(text)
  const end = found === null ? -1 : text.indexOf(`</${found[1]!}>`, open.lastIndex)
  if (found === null || end < 0) return text
  const stop = end + found[1]!.length + 3
  const [before, element, after] = [text.slice(0, found.index), text.slice(found.index, stop), text.slice(stop)]
  const next = /^<([A-Za-z:0-9]+)[^<>]*>[^<]*<\/\1>/.exec(after)?.[0] ?? ''
  switch (kind) {
    case 'drop':
      return before + after
    case 'double':
      return before + element + element + after
    case 'swap':
      return before + next + element + after.slice(next.length)
    case 'empty':
      return before + found[0] + `</${found[1]!}>` + after
  }
}
