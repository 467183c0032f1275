import { XmlError } from './errors.js'
import { XmlComment, type XmlAttribute, type XmlElement, type XmlName, type XmlNode } from './tree.js'
import { concatOctets } from '../../bindings/octets/octets.js'
import { encodeText } from '../../bindings/octets/text.js'

/** The algorithm's identifier, without comments. */
export const EXCLUSIVE_C14N = 'http://www.w3.org/2001/10/xml-exc-c14n#'

export interface CanonicalizeOptions {
  /** Write comments too (the `WithComments` variant). */
  readonly comments?: boolean
  /** InclusiveNamespaces PrefixList: prefixes whose declarations are written even where no name uses them; `#default` is ''. */
  readonly inclusivePrefixes?: readonly string[]
  /**
   * The limit of the output, `XmlError` (`xml/limit-bytes`): one long declaration can be repeated on many elements. Default 64
   * MiB.
   */
  readonly maxBytes?: number
}

const DEFAULT_MAX_BYTES = 64 * 1024 * 1024

/** How many UTF-16 code units become octets at once, about. Many pieces of text that make megabytes take V8 ten times as long to join. */
const PIECE = 1 << 14

const NOTHING: readonly (readonly [prefix: string, namespace: string])[] = []

/**
 * The exclusive canonical form of an element with its contents, as UTF-8 (Exclusive XML Canonicalization 1.0). It is a complete
 * document with exactly the namespace declarations that its names use, so it also serves as the serialiser.
 *
 * @example
 * ```ts
 * import { canonicalize, parseXml } from 'uprove-wasm/ws-trust'
 *
 * const element = parseXml('<order number = "7" date="today" xmlns="urn:example" xmlns:unused="urn:other"/>')
 * console.log(new TextDecoder().decode(canonicalize(element))) // <order xmlns="urn:example" date="today" number="7"></order>
 * ```
 */
export function canonicalize(apex: XmlElement, options: CanonicalizeOptions = {}): Uint8Array<ArrayBuffer> {
  const { comments = false, maxBytes = DEFAULT_MAX_BYTES } = options
  const inclusive = new Set(options.inclusivePrefixes?.map((prefix) => (prefix === '#default' ? '' : prefix)))
  inclusive.delete('xml')
  inclusive.delete('xmlns')
  /** The namespaces that the ancestors in the output declare, by prefix. */
  const rendered = new Map([['', '']])
  const pieces: Uint8Array[] = []
  let bytes = 0
  let output = ''
  const encodeOutput = (): void => {
    const piece = encodeText(output)
    pieces.push(piece)
    bytes += piece.length
    output = ''
    if (bytes > maxBytes) throw new XmlError('xml/limit-bytes')
  }

  const write = (element: XmlElement): void => {
    const name = qualifiedName(element)
    // Made only for an element that declares something: most do not.
    let due: Map<string, string> | undefined
    const render = (prefix: string, namespace: string): void => {
      if (rendered.get(prefix) !== namespace) (due ??= new Map<string, string>()).set(prefix, namespace)
    }
    if (element.prefix !== 'xml') render(element.prefix, element.namespace)
    for (const { prefix, namespace } of element.attributes) {
      if (prefix !== '' && prefix !== 'xml') render(prefix, namespace)
    }
    if (inclusive.size > 0) {
      if (element === apex) {
        for (const prefix of inclusive) {
          const namespace = element.lookupNamespace(prefix)
          if (namespace !== undefined) render(prefix, namespace)
        }
      } else {
        for (const [prefix, namespace] of element.declarations) if (inclusive.has(prefix)) render(prefix, namespace)
      }
    }

    output += `<${name}`
    const declared = due === undefined ? NOTHING : [...due].sort(([a], [b]) => compareCodePoints(a, b))
    const shadowed = declared.map(([prefix]) => rendered.get(prefix))
    for (const [prefix, namespace] of declared) {
      rendered.set(prefix, namespace)
      output += `${prefix === '' ? ' xmlns' : ` xmlns:${prefix}`}="${escapeAttribute(namespace)}"`
    }
    const attributes = element.attributes.length > 1 ? [...element.attributes].sort(compareNames) : element.attributes
    for (const attribute of attributes) output += ` ${qualifiedName(attribute)}="${escapeAttribute(attribute.value)}"`
    output += '>'
    for (const child of element.children) writeNode(child)
    output += `</${name}>`
    declared.forEach(([prefix], i) => {
      const namespace = shadowed[i]
      if (namespace === undefined) rendered.delete(prefix)
      else rendered.set(prefix, namespace)
    })
    if (output.length > PIECE) encodeOutput()
  }
  const writeNode = (node: XmlNode): void => {
    if (typeof node === 'string') output += escapeText(node)
    else if (!(node instanceof XmlComment)) write(node)
    else if (comments) output += `<!--${node.text}-->`
  }

  write(apex)
  encodeOutput()
  return concatOctets(pieces)
}

function qualifiedName({ prefix, localName }: XmlName): string {
  return prefix === '' ? localName : `${prefix}:${localName}`
}

/** The order of attributes: by namespace name, then by local name (Canonical XML 1.0, section 2.2). */
function compareNames(a: XmlAttribute, b: XmlAttribute): number {
  return compareCodePoints(a.namespace, b.namespace) || compareCodePoints(a.localName, b.localName)
}

/** The order of code points, which is that of UTF-8 octets. JavaScript's own order puts surrogates before U+E000. */
function compareCodePoints(a: string, b: string): number {
  if (a === b) return 0
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return codePointOrder(x) - codePointOrder(y)
  }
  return a.length - b.length
}

/** Moves surrogates behind U+FFFF, where the characters that they encode belong. */
function codePointOrder(codeUnit: number): number {
  if (codeUnit < 0xd800) return codeUnit
  return codeUnit < 0xe000 ? codeUnit + 0x2000 : codeUnit - 0x800
}

const TEXT_ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#xD;' }
const ATTRIBUTE_ESCAPES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '"': '&quot;',
  '\t': '&#x9;',
  '\n': '&#xA;',
  '\r': '&#xD;',
}

function escapeText(text: string): string {
  return text.replace(/[&<>\r]/g, (c) => TEXT_ESCAPES[c] as string)
}

/** Text as the value of an attribute in double quotes. */
export function escapeAttribute(text: string): string {
  return text.replace(/[&<"\t\n\r]/g, (c) => ATTRIBUTE_ESCAPES[c] as string)
}
