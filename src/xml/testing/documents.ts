import fc from 'fast-check'

/** A document in a form that generators can shrink: what is written where, not what it means. */
interface Element {
  readonly prefix: string
  readonly localName: string
  readonly declarations: readonly (readonly [prefix: string, namespace: string])[]
  readonly attributes: readonly (readonly [prefix: string, localName: string, value: string])[]
  readonly content: readonly (string | Comment | Element)[]
  readonly space: string
}

interface Comment {
  readonly comment: string
}

/** Names whose order differs between code units and code points, or between locales. */
const LOCAL_NAMES = ['a', 'b', 'B', 'a.b', 'a-b', '_', 'é', 'z', '\uF900', '\u{10000}', 'xmlnsa']
export const PREFIXES = ['p', 'q', 'Q', 'é', '\uF900', '\u{10000}', 'p1']
/** `''` undeclares the default. */
export const NAMESPACES = [
  '',
  'urn:a',
  'urn:b',
  'http://example.com/',
  'http://example.com/A',
  'urn:%C3%A9',
  'http://example.com',
]

/** Spellings, of text or in an attribute of double quotes. */
const SPELLINGS = [
  ...[
    'x',
    ' ',
    '\n',
    '\r',
    '\r\n',
    '\t',
    "'",
    '>',
    '&gt;',
    '&lt;',
    '&amp;',
    '&quot;',
    '&apos;',
    '&#13;',
    '&#xA;',
    '&#9;',
  ],
  ...['\u0085', '\u2028', 'é', 'e\u0301', '\u{1F511}', '\uFFFD', '&#x1F511;', ']]', '--'],
]
const spelled = fc.array(fc.constantFrom(...SPELLINGS), { maxLength: 4 }).map((pieces) => pieces.join(''))
const text = spelled.map((value) => value.replaceAll(']]>', ']]&gt;').replace(/]+$/, ''))
const cdata = spelled.map((value) => `<![CDATA[${value.replaceAll(']]>', '')}]]>`)
const comment = spelled.map((value) => ({ comment: value.replaceAll('--', '').replace(/-$/, '') }))

const prefix = fc.oneof(
  { weight: 2, arbitrary: fc.constant('') },
  { weight: 3, arbitrary: fc.constantFrom(...PREFIXES) },
)
const declaration = fc.tuple(prefix, fc.constantFrom(...NAMESPACES))
const attribute = fc.oneof(
  { weight: 9, arbitrary: fc.tuple(prefix, fc.constantFrom(...LOCAL_NAMES), spelled) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('xml'), fc.constantFrom('lang', 'space', 'id'), fc.constant('x')) },
)

const { element } = fc.letrec<{ element: Element; node: string | Comment | Element }>((tie) => ({
  element: fc.record({
    prefix,
    localName: fc.constantFrom(...LOCAL_NAMES),
    declarations: fc.array(declaration, { maxLength: 3 }),
    attributes: fc.array(attribute, { maxLength: 4 }),
    content: fc.array(tie('node'), { maxLength: 4, depthIdentifier: 'content' }),
    space: fc.constantFrom(' ', '\n  ', '\t'),
  }),
  node: fc.oneof(
    { depthSize: 'medium', depthIdentifier: 'content' },
    text,
    cdata,
    comment,
    tie('element'),
    tie('element'),
  ),
}))

/** Writes a document: names that would clash are left out, prefixes that are not bound are declared where they are used. */
function write(element: Element, comments: boolean, scope: ReadonlyMap<string, string> = new Map()): string {
  const bound = new Map(scope)
  let tag = element.space
  const declared = new Set<string>()
  const declare = (prefix: string, namespace: string): void => {
    if (declared.has(prefix)) return
    declared.add(prefix)
    bound.set(prefix, namespace)
    tag += `${prefix === '' ? 'xmlns' : `xmlns:${prefix}`}="${namespace}"${element.space}`
  }
  for (const [prefix, namespace] of element.declarations) {
    if (prefix === '' || namespace !== '') declare(prefix, namespace)
  }
  const require = (prefix: string): void => {
    if (prefix !== '' && prefix !== 'xml' && !bound.has(prefix)) declare(prefix, NAMESPACES[prefix.length] as string)
  }
  require(element.prefix)
  const seen = new Set<string>()
  for (const [prefix, localName, value] of element.attributes) {
    require(prefix)
    const key = `${localName} ${prefix === '' ? '' : (bound.get(prefix) ?? prefix)}`
    if (seen.has(key)) continue
    seen.add(key)
    tag += `${qualified(prefix, localName)}="${value}"${element.space}`
  }
  const name = qualified(element.prefix, element.localName)
  const contents = element.content.map((node) => {
    if (typeof node === 'string') return node
    if ('comment' in node) return comments ? `<!--${node.comment}-->` : '<![CDATA[]]>'
    return write(node, comments, bound)
  })
  const content = contents.join('')
  return content === '' ? `<${name}${tag}/>` : `<${name}${tag}>${content}</${name}${element.space}>`
}

function qualified(prefix: string, localName: string): string {
  return prefix === '' ? localName : `${prefix}:${localName}`
}

/** Well-formed documents, with their comments and without: empty CDATA sections stand for them. */
export const documents = element.map((root) => ({
  withComments: write(root, true),
  withoutComments: write(root, false),
}))
