import type { ParseOptions } from '../../xml/parse.js'
import { ElementReader, expectAttributes, inputElement, type ReaderRules, type XmlInput } from '../../xml/reader.js'
import type { XmlElement } from '../../xml/tree.js'
import { WsTrustError } from '../errors.js'
import { UP } from './names.js'

const RULES: ReaderRules = { namespace: UP, refuse: (misfit) => new WsTrustError(`ws-trust/${misfit}`) }

/**
 * Reads an element by the outlines of the specification: known attributes, known children in their order, and nothing else.
 * Throws `WsTrustError` (`ws-trust/element`, `ws-trust/attribute`, `ws-trust/text`).
 */
export class Outline extends ElementReader {
  /** @param attributes the attributes that the element may have. */
  constructor(element: XmlElement, attributes: readonly string[] = []) {
    super(element, RULES, attributes)
  }
}

/**
 * Reads a message of WS-Trust, which is open (its schema has xs:any): attributes of namespaces are ignored, and so are elements
 * of other namespaces than that of this profile. Throws like `Outline`.
 */
export class OpenOutline extends ElementReader {
  /** @param attributes the attributes without a namespace that the message may have. */
  constructor(element: XmlElement, attributes: readonly string[]) {
    super(element, { ...RULES, foreignAttributes: true }, attributes)
  }

  /** The children by name, each at most once, in any order. */
  find(...names: readonly (readonly [localName: string, namespace: string])[]): (XmlElement | undefined)[] {
    const found = names.map(([localName, namespace]) => this.only(localName, namespace))
    const isUnknown = (child: XmlElement): boolean => child.namespace === UP && !found.includes(child)
    if (this.rest().some(isUnknown)) throw RULES.refuse('element')
    return found
  }
}

/** The element of an artefact or a message. Throws `XmlError`, `WsTrustError` (`ws-trust/element`). */
export function artefact(input: XmlInput, localName: string, namespace = UP, limits?: ParseOptions): XmlElement {
  return inputElement(input, localName, namespace, () => new WsTrustError('ws-trust/element'), limits)
}

/** The text of an element that has nothing else. Throws `WsTrustError` (`ws-trust/text`, `ws-trust/attribute`). */
export function simpleText(element: XmlElement): string {
  expectAttributes(element, [], RULES)
  return contentText(element)
}

/** The text of an element whose attributes are read elsewhere. Throws `WsTrustError` (`ws-trust/text`). */
export function contentText({ children }: XmlElement): string {
  const [text = '', ...others] = children
  if (typeof text !== 'string' || others.length > 0) throw new WsTrustError('ws-trust/text')
  return text
}
