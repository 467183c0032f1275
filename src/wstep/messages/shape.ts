import { XSI } from '../../soap/envelope/names.js'
import { collapse, parseBoolean } from '../../soap/envelope/text.js'
import type { XmlElement } from '../../xml/tree.js'
import { WstepError, type WstepErrorCode } from '../errors.js'

/**
 * The children of an element by name, in any order. Others are ignored ([MS-WSTEP] 3.1.4.1.3.3); of one name there is one at
 * most, and no text beside them. What breaks this throws `WstepError` of the code.
 */
export class Children {
  readonly #parent: XmlElement
  readonly #code: WstepErrorCode

  constructor(parent: XmlElement, code: WstepErrorCode) {
    if (!parent.hasElementContent) throw new WstepError(code)
    this.#parent = parent
    this.#code = code
  }

  one(namespace: string, localName: string): XmlElement | undefined {
    const [found, ...others] = this.#parent.elements.filter((child) => child.is(namespace, localName))
    if (others.length > 0) throw new WstepError(this.#code)
    return found
  }
}

/** Whether an element is nil: xsi:nil is true or 1. */
export function isNil(element: XmlElement): boolean {
  return parseBoolean(element.attribute('nil', XSI) ?? '') === true
}

/** The text of an element, white space at its ends cut off; undefined if it is absent, nil, empty, or holds elements. */
export function definedText(element: XmlElement | undefined): string | undefined {
  if (element === undefined || isNil(element)) return undefined
  const text = collapse(element.text ?? '')
  return text === '' ? undefined : text
}

/** The attribute that makes an element nil. */
export const NIL = [{ prefix: 'xsi', namespace: XSI, localName: 'nil', value: 'true' }]
