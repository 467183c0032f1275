import type { XmlElement } from '../xml/tree.js'
import type { QName } from './names.js'

/** Without white space of XML at both ends, which is none of the value of a URI, a QName or a boolean. */
export function collapse(text: string): string {
  return text.replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, '')
}

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
