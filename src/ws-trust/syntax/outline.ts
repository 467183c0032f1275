import { isWhiteSpace } from '../../xml/names.js'
import { XmlElement } from '../../xml/tree.js'
import { WsTrustError } from '../errors.js'
import { UP } from './names.js'

/**
 * Reads an element as the outlines of the specification have it: known attributes, known children in their order, and
 * nothing else. Everything else throws `WsTrustError` (`ws-trust/element`, `ws-trust/attribute`, `ws-trust/text`).
 */
export class Outline {
  readonly #children: readonly XmlElement[]
  #at = 0

  /** @param attributes the attributes that the element may have, none of them in a namespace. */
  constructor(
    readonly element: XmlElement,
    attributes: readonly string[] = [],
  ) {
    expectAttributes(element, attributes)
    const children: XmlElement[] = []
    for (const child of element.children) {
      if (child instanceof XmlElement) children.push(child)
      else if (typeof child !== 'string' || !isWhiteSpace(child)) throw new WsTrustError('ws-trust/text')
    }
    this.#children = children
  }

  /** The value of an attribute that must be there. */
  attribute(name: string): string {
    const value = this.element.attribute(name)
    if (value === undefined) throw new WsTrustError('ws-trust/attribute')
    return value
  }

  /** The next child, which must have this name. */
  next(localName: string, namespace = UP): XmlElement {
    const child = this.optional(localName, namespace)
    if (child === undefined) throw new WsTrustError('ws-trust/element')
    return child
  }

  /** The next child, if it has this name. */
  optional(localName: string, namespace = UP): XmlElement | undefined {
    const child = this.#children[this.#at]
    if (child?.is(namespace, localName) !== true) return undefined
    this.#at++
    return child
  }

  /** The next children of this name, at least `atLeast` of them. */
  many(localName: string, atLeast = 0, namespace = UP): XmlElement[] {
    const found: XmlElement[] = []
    for (let child = this.optional(localName, namespace); child; child = this.optional(localName, namespace)) {
      found.push(child)
    }
    if (found.length < atLeast) throw new WsTrustError('ws-trust/element')
    return found
  }

  /** The remaining children by name, each at most once: WS-Trust has no order among those of its messages. */
  unordered(...names: readonly (readonly [localName: string, namespace: string])[]): (XmlElement | undefined)[] {
    const found = new Array<XmlElement | undefined>(names.length).fill(undefined)
    for (; this.#at < this.#children.length; this.#at++) {
      const child = this.#children[this.#at]!
      const i = names.findIndex(([localName, namespace]) => child.is(namespace, localName))
      if (i < 0 || found[i] !== undefined) throw new WsTrustError('ws-trust/element')
      found[i] = child
    }
    return found
  }

  /** There must be no further children. */
  end(): void {
    if (this.#at < this.#children.length) throw new WsTrustError('ws-trust/element')
  }
}

/** Checks the name of an element that a caller hands in. Throws `WsTrustError` (`ws-trust/element`). */
export function expectElement(element: XmlElement, localName: string, namespace = UP): void {
  if (!element.is(namespace, localName)) throw new WsTrustError('ws-trust/element')
}

/** The text of an element that has nothing else. Throws `WsTrustError` (`ws-trust/text`, `ws-trust/attribute`). */
export function simpleText(element: XmlElement): string {
  expectAttributes(element, [])
  return contentText(element)
}

/** The text of an element whose attributes are read elsewhere. Throws `WsTrustError` (`ws-trust/text`). */
export function contentText({ children }: XmlElement): string {
  const [text = '', ...others] = children
  if (typeof text !== 'string' || others.length > 0) throw new WsTrustError('ws-trust/text')
  return text
}

function expectAttributes(element: XmlElement, known: readonly string[]): void {
  for (const { namespace, localName } of element.attributes) {
    if (namespace !== '' || !known.includes(localName)) throw new WsTrustError('ws-trust/attribute')
  }
}
