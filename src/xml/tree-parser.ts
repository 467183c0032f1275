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

/** The limits of `XmlLimits` that a tree can meet. */
interface TreeLimits {
  readonly maxDepth: number
  readonly maxAttributes: number
  readonly maxText: number
  readonly maxNodes: number
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

/** Text that stands for itself: printable ASCII, blanks and line feeds, without markup. */
const PLAIN = /^[\t\n\x20-\x25\x27-\x3b\x3d\x3f-\x7e]*$/

/** How many code units saxes gets at once: at least, where no tag has just ended, and at most. */
const PIECE = 64
const LONGEST_PIECE = 1 << 14

/** Builds the tree while saxes parses. In a file of its own, so that the public declarations do not name the parser behind them. */
export class TreeParser extends SaxesParser<{ xmlns: true; position: false }> {
  root: XmlElement | undefined = undefined
  /** The code units that saxes got. */
  #written = 0
  /** How many it had got where the last tag inside the document element ended. */
  #tagEnd = -1
  readonly #append: (node: XmlNode) => void

  /**
   * Parses the next piece of a document and returns where it ends, mostly behind a tag. saxes takes several nanoseconds for each
   * character, and most characters are base64: text behind a tag that stands for itself goes past it.
   */
  advance(document: string, start: number): number {
    const isBehindTag = this.#written === this.#tagEnd
    const markup = isBehindTag ? document.indexOf('<', start) : -1
    const run = markup < 0 ? '' : document.slice(start, markup)
    const isPlain = run !== '' && PLAIN.test(run)
    if (isPlain) this.#append(run)
    const from = isPlain ? markup : start
    const bracket = document.indexOf('>', isBehindTag ? from : from + PIECE)
    const end = Math.min(bracket < 0 ? document.length : bracket + 1, from + LONGEST_PIECE)
    this.#written += end - from
    this.write(document.slice(from, end))
    return end
  }

  constructor({ maxDepth, maxAttributes, maxText, maxNodes }: TreeLimits, keepComments: boolean) {
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

    this.#append = append
    // `position` is right during a write only.
    const markTagEnd = (): void => {
      this.#tagEnd = open.length > 0 ? this.position : -1
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
      markTagEnd()
    })
    this.on('closetag', () => {
      const { name, attributes: own, children, declarations, context } = open.pop() as OpenElement
      const closed = new XmlElement(name, own, children, declarations, context)
      const parent = open[open.length - 1]
      if (parent === undefined) this.root = closed
      else parent.children.push(closed)
      markTagEnd()
    })
  }
}

/**
 * Makes the properties that saxes keeps its handlers in. `on` makes them under computed names, and V8 turns an object that
 * gets many of those into a dictionary: each character then costs ten times as much.
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
    // The value as written: saxes trims it when it resolves names.
    if (value !== '' && !isNamespaceName(value)) throw new XmlError('xml/namespace-name')
    declarations.set(prefix === '' ? '' : local, value)
  }
  return [own, declarations.size === 0 ? NO_DECLARATIONS : declarations]
}
