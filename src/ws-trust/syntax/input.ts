import { parseXml, type ParseOptions } from '../../xml/parse.js'
import { XmlElement } from '../../xml/tree.js'
import { expectElement } from './outline.js'

/** An artefact or message as it comes: its document, or its element in a document that was parsed (a SOAP body's child). */
export type XmlInput = Uint8Array | string | XmlElement

/** The element of an artefact. Throws `XmlError`, `WsTrustError` (`ws-trust/element`). */
export function inputElement(input: XmlInput, localName: string, namespace: string, limits?: ParseOptions): XmlElement {
  const element = input instanceof XmlElement ? input : parseXml(input, limits)
  expectElement(element, localName, namespace)
  return element
}
