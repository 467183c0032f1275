import fc from 'fast-check'
import { readdirSync, readFileSync } from 'node:fs'
import { pseudorandom } from '../../../bindings/testing/differential.js'
import { documents } from './documents.js'

/** Markup, and what is wrong in most places. */
const PIECES = [
  ...Array.from('<>&;"=/:![]-?# \n\r\'xA0'),
  ...[
    '<a>',
    '</a>',
    '<a/>',
    ' xmlns:p="urn:a"',
    ' xmlns=""',
    'p:',
    '&#x',
    '&#0;',
    '&lt;',
    '&a;',
    ']]>',
    '<!--',
    '-->',
    '<!-- -->',
  ],
  ...[
    ' a="1"',
    ' p:a=""',
    'xml:',
    'xmlns:',
    '\u0000',
    '\uFFFE',
    '\u00A0',
    '\u{1F511}',
    '<?x?>',
    '<!DOCTYPE a>',
    '<![CDATA[]]>',
  ],
]

const messages = new URL('../../../vectors/wstep/messages/', import.meta.url)
const published = readdirSync(messages)
  .filter((name) => name.endsWith('.xml'))
  .map((name) => readFileSync(new URL(name, messages), 'utf8'))

/**
 * A document with up to two places changed, of which one in four is not: generated, or a published message. The same number gives the
 * same mutant.
 */
export function xmlMutant(number: number): string {
  const below = pseudorandom(number)
  const [generated] = fc.sample(documents, { seed: number, numRuns: 1 })
  const original = below(8) === 0 ? published[below(published.length)] : generated?.withComments
  if (original === undefined) throw new Error('no document')
  // By code points: half a character cannot be written to a file.
  let text = Array.from(original)
  for (let changes = [0, 1, 1, 2][below(4)] ?? 0; changes > 0; changes--) {
    const at = below(text.length + 1)
    text = [...text.slice(0, at), ...Array.from(PIECES[below(PIECES.length)] ?? ''), ...text.slice(at + below(2))]
  }
  return text.join('')
}
