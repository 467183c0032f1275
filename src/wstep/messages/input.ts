import { WST } from '../../ws-trust/syntax/names.js'
import { parseXml, type ParseOptions } from '../../xml/parse.js'
import { XmlElement } from '../../xml/tree.js'
import { WstepError, type WstepErrorCode } from '../errors.js'

/** A message as it comes: its document, or its element in a document that was parsed (the child of a SOAP body). */
export type XmlInput = Uint8Array | string | XmlElement

/** The element of a message, one of WS-Trust. Throws `XmlError`, `WstepError` of the code. */
export function inputElement(
  input: XmlInput,
  localName: string,
  code: WstepErrorCode,
  limits?: ParseOptions,
): XmlElement {
  const element = input instanceof XmlElement ? input : parseXml(input, limits)
  if (!element.is(WST, localName)) throw new WstepError(code)
  return element
}
