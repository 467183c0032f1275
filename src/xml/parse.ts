import { SaxesParser, type SaxesTagNS } from 'saxes'
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
  /** Levels of elements; the document element is at 1. Keep it far below 1,000, since writing a tree is recursive. */
  readonly maxDepth: number
  /** Attributes of one element, namespace declarations included. */
  readonly maxAttributes: number
  /** UTF-16 code units of one run of text, attribute value or comment. */
  readonly maxText: number
  /** Elements, attributes, namespace declarations, runs of text and comments together. */
  readonly maxNodes: number
  /** Milliseconds that the parser may work on the document. */
  readonly maxMilliseconds: number
}

/** Room for some 15,000 tokens of a 2048-bit group in one message. */
export const DEFAULT_LIMITS: XmlLimits = {
  maxBytes: 16 * 1024 * 1024,
  maxDepth: 64,
  maxAttributes: 64,
  maxText: 1024 * 1024,
  maxNodes: 250_000,
  maxMilliseconds: 20_000,
}

export interface ParseOptions extends Partial<XmlLimits> {
  /** `'refuse'` (the default), or `'keep'`: comments inside the document element become nodes of the tree. */
  readonly comments?: 'refuse' | 'keep'
}

/**
 * The document element of a document of XML 1.0 with namespaces. Throws `XmlError` for a document that is not well-formed or
 * exceeds the limits, and for DOCTYPE, processing instructions, encodings other than UTF-8, relative namespace names and (by
 * default) comments. The first error ends the parse.
 */
export function parseXml(input: Uint8Array | string, options: ParseOptions = {}): XmlElement {
  const document = new DocumentParse(input, options)
  while (document.root === undefined) document.advance()
  return document.root
}

/**
 * Parses like `parseXml`, and lets other work run between slices of a large document: the event loop is held for a few
 * milliseconds at a time.
 */
export async function parseXmlInSlices(input: Uint8Array | string, options: ParseOptions = {}): Promise<XmlElement> {
  const document = new DocumentParse(input, options)
  for (let turn = performance.now(); document.root === undefined;) {
    document.advance()
    if (performance.now() - turn < TURN) continue
    await nextTurn()
    turn = performance.now()
  }
  return document.root
}

/** UTF-16 code units that are parsed at once: at most some 5,000 elements, a few milliseconds. */
const SLICE = 1 << 14
/** Milliseconds after which other work may run. */
const TURN = 5

/** Only Node has it. */
const { setImmediate } = globalThis as { readonly setImmediate?: (run: () => void) => void }

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (setImmediate === undefined) setTimeout(resolve)
    else setImmediate(resolve)
  })
}

/** The parse of one document, slice by slice. */
class DocumentParse {
  /** The document element, once the last slice is parsed. */
  root: XmlElement | undefined
  readonly #text: string
  readonly #parser: TreeParser
  readonly #maxMilliseconds: number
  #at = 0
  #milliseconds = 0

  constructor(input: Uint8Array | string, options: ParseOptions) {
    const limits = { ...DEFAULT_LIMITS, ...defined(options) }
    if (input.length > limits.maxBytes) throw new XmlError('xml/limit-bytes')
    this.#text = typeof input === 'string' ? input : decode(input)
    // saxes takes some lone surrogates for characters and swallows what follows them. Decoded octets have none.
    if (typeof input === 'string' && /\p{Surrogate}/u.test(input)) throw new XmlError('xml/not-well-formed')
    this.#parser = new TreeParser(limits, options.comments === 'keep')
    this.#maxMilliseconds = limits.maxMilliseconds
  }

  /** Parses the next slice. */
  advance(): void {
    const start = performance.now()
    const end = this.#at + SLICE
    this.#parser.write(this.#text.slice(this.#at, end))
    this.#at = end
    if (end >= this.#text.length) {
      this.#parser.close()
      this.root = this.#parser.root
    }
    this.#milliseconds += performance.now() - start
    if (this.#milliseconds > this.#maxMilliseconds) throw new XmlError('xml/limit-time')
  }
}

/** The options without those that are undefined, which would replace defaults. */
function defined(options: ParseOptions): ParseOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
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

const NO_ATTRIBUTES: readonly XmlAttribute[] = Object.freeze([])

/** Builds the tree while saxes parses. */
export class TreeParser extends SaxesParser<{ xmlns: true; position: false }> {
  root: XmlElement | undefined = undefined

  constructor({ maxDepth, maxAttributes, maxText, maxNodes }: XmlLimits, keepComments: boolean) {
    super({ xmlns: true, position: false })
    reserveHandlers(this)
    const open: OpenElement[] = []
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

    this.on('error', () => {
      throw new XmlError('xml/not-well-formed')
    })
    this.on('xmldecl', ({ version, encoding }) => {
      if (version !== '1.0') throw new XmlError('xml/version')
      if (encoding !== undefined && encoding.toLowerCase() !== 'utf-8') throw new XmlError('xml/encoding')
    })
    this.on('doctype', () => {
      throw new XmlError('xml/doctype')
    })
    this.on('processinginstruction', () => {
      throw new XmlError('xml/processing-instruction')
    })
    this.on('comment', (comment) => {
      if (!keepComments) throw new XmlError('xml/comment')
      if (comment.length > maxText) throw new XmlError('xml/limit-text')
      append(new XmlComment(comment))
    })
    this.on('text', append)
    this.on('cdata', append)
    this.on('opentagstart', () => {
      if (open.length >= maxDepth) throw new XmlError('xml/limit-depth')
      count()
      attributes = 0
    })
    this.on('attribute', ({ value }) => {
      if (++attributes > maxAttributes) throw new XmlError('xml/limit-attributes')
      if (value.length > maxText) throw new XmlError('xml/limit-text')
      count()
    })
    this.on('opentag', (tag) => {
      // saxes looks at the first character of a qualified name only.
      if (tag.prefix !== '' && !isNCName(tag.local)) throw new XmlError('xml/not-well-formed')
      const [own, declarations] = attributes === 0 ? NOTHING : attributesOf(tag)
      const context = open[open.length - 1]?.inner
      open.push({
        name: { prefix: tag.prefix, namespace: tag.uri, localName: tag.local },
        attributes: own,
        declarations,
        context,
        inner: declarations === NO_DECLARATIONS ? context : { declarations, parent: context },
        children: [],
      })
    })
    this.on('closetag', () => {
      const { name, attributes: own, children, declarations, context } = open.pop() as OpenElement
      const closed = new XmlElement(name, own, children, declarations, context)
      const parent = open[open.length - 1]
      if (parent === undefined) this.root = closed
      else parent.children.push(closed)
    })
  }
}

/**
 * Makes the properties that saxes keeps its handlers in. `on` makes them under computed names, and V8 turns an object that
 * gets so many of those into a dictionary: each character then costs ten times as much.
 */
function reserveHandlers(parser: object): void {
  const handlers = parser as Record<`${string}Handler`, undefined>
  handlers.errorHandler = undefined
  handlers.xmldeclHandler = undefined
  handlers.doctypeHandler = undefined
  handlers.piHandler = undefined
  handlers.commentHandler = undefined
  handlers.textHandler = undefined
  handlers.cdataHandler = undefined
  handlers.openTagStartHandler = undefined
  handlers.attributeHandler = undefined
  handlers.openTagHandler = undefined
  handlers.closeTagHandler = undefined
}

type Attributes = readonly [own: readonly XmlAttribute[], declarations: ReadonlyMap<string, string>]

const NOTHING: Attributes = [NO_ATTRIBUTES, NO_DECLARATIONS]

/** The attributes of an element, and its namespace declarations. */
function attributesOf(tag: SaxesTagNS): Attributes {
  const own: XmlAttribute[] = []
  const declarations = new Map<string, string>()
  for (const { prefix, local, uri, value } of Object.values(tag.attributes)) {
    if (prefix !== '' && !isNCName(local)) throw new XmlError('xml/not-well-formed')
    if (uri !== XMLNS_NAMESPACE) {
      own.push({ prefix, namespace: uri, localName: local, value })
      continue
    }
    // The value as written: saxes trims what it resolves with.
    if (value !== '' && !isNamespaceName(value)) throw new XmlError('xml/namespace-name')
    declarations.set(prefix === '' ? '' : local, value)
  }
  return [own, declarations.size === 0 ? NO_DECLARATIONS : declarations]
}

function decode(octets: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(octets)
  } catch {
    throw new XmlError('xml/encoding')
  }
}
