import type { XmlElement } from '../../xml/tree.js'
import type { QName } from './names.js'

/**
 * Without white space of XML at both ends, which is none of the value of a URI, a QName or a boolean. No expression does it:
 * they take quadratic time for white space that does not end the text.
 */
export function collapse(text: string): string {
  let [start, end] = [0, text.length]
  while (start < end && isSpace(text.charCodeAt(start))) start++
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

const isSpace = (unit: number): boolean => unit === 0x20 || unit === 0x09 || unit === 0x0a || unit === 0x0d

/** xs:boolean; undefined for what is none. */
export function parseBoolean(text: string): boolean | undefined {
  const value = collapse(text)
  if (value === 'true' || value === '1') return true
  return value === 'false' || value === '0' ? false : undefined
}

/** A QName in content, with the namespaces in scope at its element; undefined if it is malformed or its prefix unbound. */
export function readQName(element: XmlElement): QName | undefined {
  const [, prefix = '', localName] = /^(?:([^:\s]+):)?([^:\s]+)$/.exec(collapse(element.text ?? '')) ?? []
  const namespace = localName === undefined ? undefined : element.lookupNamespace(prefix)
  return localName === undefined || namespace === undefined ? undefined : { namespace, localName }
}
