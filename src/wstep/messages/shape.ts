import { XSI } from '../../soap/envelope/names.js'
import { collapse, parseBoolean } from '../../soap/envelope/text.js'
import { WST } from '../../ws-trust/syntax/names.js'
import { ElementReader } from '../../xml/reader.js'
import type { XmlElement } from '../../xml/tree.js'
import { WstepError, type WstepErrorCode } from '../errors.js'

/**
 * Reads the children of an element by name, in any order; others are ignored ([MS-WSTEP] 3.1.4.1.3.3). Two children of one
 * name, or text beside the children, throw `WstepError` with the code.
 */
export function childrenOf(parent: XmlElement, code: WstepErrorCode): ElementReader {
  return new ElementReader(parent, { namespace: WST, refuse: () => new WstepError(code), comments: true }, 'any')
}

/** Whether an element is nil: xsi:nil is true or 1. */
export function isNil(element: XmlElement): boolean {
  return parseBoolean(element.attribute('nil', XSI) ?? '') === true
}

/**
 * The text of an element without white space at its ends; undefined if the element is absent, nil or empty, or has child
 * elements.
 */
export function definedText(element: XmlElement | undefined): string | undefined {
  if (element === undefined || isNil(element)) return undefined
  const text = collapse(element.text ?? '')
  return text === '' ? undefined : text
}

/** The attribute that makes an element nil. */
export const NIL = [{ prefix: 'xsi', namespace: XSI, localName: 'nil', value: 'true' }]
