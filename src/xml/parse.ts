import { SaxesParser } from 'saxes'
import { XmlError } from './errors.js'
import { isNamespaceName, isNCName, XMLNS_NAMESPACE } from './names.js'
import {
  NO_DECLARATIONS,
  XmlComment,
  XmlElement,
  type NamespaceContext,
  type XmlAttribute,
  type XmlName,
  type XmlNode,
} from './tree.js'

/** What a document may cost. */
export interface XmlLimits {
  /** Octets of the document (UTF-16 code units of a string). */
  readonly maxBytes: number
  /** Levels of elements; the document element is at 1. Writing recurses, so this is no place for thousands. */
  readonly maxDepth: number
  /** Attributes of one element, namespace declarations included. */
  readonly maxAttributes: number
  /** UTF-16 code units of one run of text, attribute value or comment. */
  readonly maxText: number
  /** Elements, attributes, namespace declarations, runs of text and comments together. */
  readonly maxNodes: number
}

/** Room for some 15,000 tokens of a 2048-bit group in one message. */
export const DEFAULT_LIMITS: XmlLimits = {
  maxBytes: 16 * 1024 * 1024,
  maxDepth: 64,
  maxAttributes: 64,
  maxText: 1024 * 1024,
  maxNodes: 250_000,
}

export interface ParseOptions extends Partial<XmlLimits> {
  /** `'refuse'` (the default), or `'keep'`: those inside the document element become nodes of the tree. */
  readonly comments?: 'refuse' | 'keep'
}

interface OpenElement {
  readonly name: XmlName
  readonly attributes: readonly XmlAttribute[]
  readonly declarations: ReadonlyMap<string, string>
  readonly context: NamespaceContext | undefined
  /** The context of the children. */
  readonly inner: NamespaceContext | undefined
  readonly children: XmlNode[]
}

/**
 * Parses a document of XML 1.0 with namespaces into its document element. DOCTYPE, processing instructions, encodings other
 * than UTF-8, relative namespace names and (by default) comments are refused, and so is whatever exceeds the limits: throws
 * `XmlError`. The first error ends the parse.
 */
export function parseXml(input: Uint8Array | string, options: ParseOptions = {}): XmlElement {
  const {
    maxBytes = DEFAULT_LIMITS.maxBytes,
    maxDepth = DEFAULT_LIMITS.maxDepth,
    maxAttributes = DEFAULT_LIMITS.maxAttributes,
    maxText = DEFAULT_LIMITS.maxText,
    maxNodes = DEFAULT_LIMITS.maxNodes,
    comments = 'refuse',
  } = options
  if (input.length > maxBytes) throw new XmlError('xml/limit-bytes')
  const text = typeof input === 'string' ? input : decode(input)
  // saxes takes some lone surrogates for characters, swallowing what follows them. Decoded octets have none.
  if (typeof input === 'string' && /\p{Surrogate}/u.test(text)) throw new XmlError('xml/not-well-formed')

  const parser = new SaxesParser({ xmlns: true, position: false })
  const open: OpenElement[] = []
  let root: XmlElement | undefined
  let nodes = 0
  let attributes = 0

  const count = (): void => {
    if (++nodes > maxNodes) throw new XmlError('xml/limit-nodes')
  }
  const append = (node: XmlNode): void => {
    const children = open[open.length - 1]?.children
    if (children === undefined) return // white space and comments outside the document element
    const last = children[children.length - 1]
    const joins = typeof node === 'string' && typeof last === 'string'
    const run = joins ? last + node : node
    if (typeof run === 'string' && run.length > maxText) throw new XmlError('xml/limit-text')
    if (joins) {
      children[children.length - 1] = run
    } else if (run !== '') {
      count()
      children.push(run)
    }
  }

  parser.on('error', () => {
    throw new XmlError('xml/not-well-formed')
  })
  parser.on('xmldecl', ({ version, encoding }) => {
    if (version !== '1.0') throw new XmlError('xml/version')
    if (encoding !== undefined && encoding.toLowerCase() !== 'utf-8') throw new XmlError('xml/encoding')
  })
  parser.on('doctype', () => {
    throw new XmlError('xml/doctype')
  })
  parser.on('processinginstruction', () => {
    throw new XmlError('xml/processing-instruction')
  })
  parser.on('comment', (comment) => {
    if (comments !== 'keep') throw new XmlError('xml/comment')
    if (comment.length > maxText) throw new XmlError('xml/limit-text')
    append(new XmlComment(comment))
  })
  parser.on('text', append)
  parser.on('cdata', append)
  parser.on('opentagstart', () => {
    if (open.length >= maxDepth) throw new XmlError('xml/limit-depth')
    count()
    attributes = 0
  })
  parser.on('attribute', ({ value }) => {
    if (++attributes > maxAttributes) throw new XmlError('xml/limit-attributes')
    if (value.length > maxText) throw new XmlError('xml/limit-text')
    count()
  })
  parser.on('opentag', (tag) => {
    const parent = open[open.length - 1]
    const own: XmlAttribute[] = []
    let declarations: Map<string, string> | undefined
    for (const { prefix, local, uri, value } of Object.values(tag.attributes)) {
      if (prefix !== '' && !isNCName(local)) throw new XmlError('xml/not-well-formed')
      if (uri !== XMLNS_NAMESPACE) {
        own.push({ prefix, namespace: uri, localName: local, value })
        continue
      }
      // The value as written: saxes trims what it resolves with.
      if (value !== '' && !isNamespaceName(value)) throw new XmlError('xml/namespace-name')
      declarations ??= new Map()
      declarations.set(prefix === '' ? '' : local, value)
    }
    // saxes looks at the first character of a qualified name only.
    if (tag.prefix !== '' && !isNCName(tag.local)) throw new XmlError('xml/not-well-formed')
    const context = parent?.inner
    open.push({
      name: { prefix: tag.prefix, namespace: tag.uri, localName: tag.local },
      attributes: own,
      declarations: declarations ?? NO_DECLARATIONS,
      context,
      inner: declarations === undefined ? context : { declarations, parent: context },
      children: [],
    })
  })
  parser.on('closetag', () => {
    const { name, attributes, children, declarations, context } = open.pop() as OpenElement
    const closed = new XmlElement(name, attributes, children, declarations, context)
    const parent = open[open.length - 1]
    if (parent === undefined) root = closed
    else parent.children.push(closed)
  })
  parser.write(text).close()
  return root as unknown as XmlElement
}

function decode(octets: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(octets)
  } catch {
    throw new XmlError('xml/encoding')
  }
}
