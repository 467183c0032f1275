import { XmlError } from './errors.js'
import type { XmlElement } from './tree.js'
import { TreeParser } from './tree-parser.js'
import { strictText } from '../../bindings/octets/text.js'

/** The limits of a document. */
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
 *
 * @example
 * ```ts
 * import { parseXml, XmlError } from 'uprove-wasm/ws-trust'
 *
 * const order = parseXml('<order xmlns="urn:example" number="7"><item>pen</item></order>')
 * console.log(order.namespace, order.localName, order.attribute('number')) // urn:example order 7
 *
 * try {
 *   parseXml('<!DOCTYPE order><order/>')
 * } catch (error) {
 *   if (error instanceof XmlError) console.log(error.code) // xml/doctype
 * }
 * ```
 */
export function parseXml(input: Uint8Array | string, options: ParseOptions = {}): XmlElement {
  const document = new DocumentParse(input, options)
  while (document.root === undefined) document.advance()
  return document.root
}

/**
 * Parses like `parseXml`, and lets other work run between slices of a large document, so that it blocks the event loop for a
 * few milliseconds at a time.
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
    if (typeof input === 'string' && /[\ud800-\udfff]/u.test(input)) throw new XmlError('xml/not-well-formed')
    this.#parser = new TreeParser(limits, options.comments === 'keep')
    this.#maxMilliseconds = limits.maxMilliseconds
  }

  /** Parses the next slice. */
  advance(): void {
    const start = performance.now()
    const end = Math.min(this.#at + SLICE, this.#text.length)
    while (this.#at < end) this.#at = this.#parser.advance(this.#text, this.#at)
    if (this.#at === this.#text.length) {
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

function decode(octets: Uint8Array): string {
  const text = strictText(octets)
  if (text === undefined) throw new XmlError('xml/encoding')
  return text
}
