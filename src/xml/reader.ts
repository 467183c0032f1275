import { isWhiteSpace } from './names.js'
import { parseXml, parseXmlInSlices, type ParseOptions } from './parse.js'
import { XmlElement } from './tree.js'

/** A message or artefact: its document, or its element in a document that was parsed already (the child of a SOAP body). */
export type XmlInput = Uint8Array | string | XmlElement

/** The kind of fault: a child that is missing, unknown or out of place; an attribute; text or a comment between children. */
export type Misfit = 'element' | 'attribute' | 'text'

/** The rules that all readers of one vocabulary share. */
export interface ReaderRules {
  /** The default namespace of requested children. */
  readonly namespace: string
  /** The error to throw. */
  readonly refuse: (misfit: Misfit) => Error
  /** Whether comments may stand between children. Default: no. */
  readonly comments?: boolean
  /** Whether attributes of namespaces are ignored. Default: they are refused. */
  readonly foreignAttributes?: boolean
}

/**
 * Reads the children of an element strictly: in order (`next`, `optional`, `many`, `rest`, closed by `end`), in any order
 * (`unordered`), or one at a time among others that are ignored (`only`). Text beside the children is refused at once.
 */
export class ElementReader {
  readonly #rules: ReaderRules
  readonly #children: readonly XmlElement[]
  #at = 0

  /** @param attributes the attributes that the element may have, none of them in a namespace. */
  constructor(
    readonly element: XmlElement,
    rules: ReaderRules,
    attributes: readonly string[] | 'any',
  ) {
    this.#rules = rules
    if (attributes !== 'any') expectAttributes(element, attributes, rules)
    const children: XmlElement[] = []
    for (const child of element.children) {
      if (child instanceof XmlElement) children.push(child)
      else if (typeof child === 'string' ? !isWhiteSpace(child) : rules.comments !== true) throw rules.refuse('text')
    }
    this.#children = children
  }

  /** The value of a required attribute. */
  attribute(name: string): string {
    const value = this.element.attribute(name)
    if (value === undefined) throw this.#rules.refuse('attribute')
    return value
  }

  /** The next child, which must have this name. */
  next(localName: string, namespace = this.#rules.namespace): XmlElement {
    const child = this.optional(localName, namespace)
    if (child === undefined) throw this.#rules.refuse('element')
    return child
  }

  /** The next child, if it has this name. */
  optional(localName: string, namespace = this.#rules.namespace): XmlElement | undefined {
    const child = this.#children[this.#at]
    if (child?.is(namespace, localName) !== true) return undefined
    this.#at++
    return child
  }

  /** The next children of this name, at least `atLeast` of them. */
  many(localName: string, atLeast = 0, namespace = this.#rules.namespace): XmlElement[] {
    const start = this.#at
    while (this.#children[this.#at]?.is(namespace, localName) === true) this.#at++
    if (this.#at - start < atLeast) throw this.#rules.refuse('element')
    return this.#children.slice(start, this.#at)
  }

  /** The remaining children, with any names. */
  rest(): XmlElement[] {
    const rest = this.#children.slice(this.#at)
    this.#at = this.#children.length
    return rest
  }

  /** The remaining children by name, each at most once, and no others. */
  unordered(...names: readonly (readonly [localName: string, namespace: string])[]): (XmlElement | undefined)[] {
    const found = new Array<XmlElement | undefined>(names.length).fill(undefined)
    for (const child of this.rest()) {
      const i = names.findIndex(([localName, namespace]) => child.is(namespace, localName))
      if (i < 0 || found[i] !== undefined) throw this.#rules.refuse('element')
      found[i] = child
    }
    return found
  }

  /** The child of this name, in any position; others are ignored. Undefined if there is none; several are refused. */
  only(localName: string, namespace = this.#rules.namespace): XmlElement | undefined {
    return onlyOne(this.#children, localName, namespace, () => this.#rules.refuse('element'))
  }

  /** Checks that no children are left. */
  end(): void {
    if (this.#at < this.#children.length) throw this.#rules.refuse('element')
  }
}

/** The element of a name among others; undefined if there is none. Throws what `refuse` returns if there are several. */
export function onlyOne(
  elements: readonly XmlElement[],
  localName: string,
  namespace: string,
  refuse: () => Error,
): XmlElement | undefined {
  const [found, ...others] = elements.filter((candidate) => candidate.is(namespace, localName))
  if (others.length > 0) throw refuse()
  return found
}

/** Checks that an element has no attributes but these, none of them in a namespace. */
export function expectAttributes(element: XmlElement, known: readonly string[], rules: ReaderRules): void {
  const { refuse, foreignAttributes = false } = rules
  for (const { namespace, localName } of element.attributes) {
    if (namespace === '' ? !known.includes(localName) : !foreignAttributes) throw refuse('attribute')
  }
}

/** The element of an input; a document is parsed in slices, between which other work runs. Throws `XmlError`. */
export async function parseInput(input: XmlInput, limits?: ParseOptions): Promise<XmlElement> {
  return input instanceof XmlElement ? input : parseXmlInSlices(input, limits)
}

/** The element of an input, which must have this name. Throws `XmlError`, and what `refuse` returns for another element. */
export function inputElement(
  input: XmlInput,
  localName: string,
  namespace: string,
  refuse: () => Error,
  limits?: ParseOptions,
): XmlElement {
  const element = input instanceof XmlElement ? input : parseXml(input, limits)
  if (!element.is(namespace, localName)) throw refuse()
  return element
}
