import type { XmlElement } from '../../xml/tree.js'

export type Structure = readonly [
  name: string,
  attributes: Readonly<Record<string, string>>,
  content: string | readonly Structure[],
]

/** What an element says, whatever its prefixes, white space and order of attributes; base64 without line ends. */
export function structureOf(element: XmlElement): Structure {
  const { namespace, localName, attributes, elements, text } = element
  const values = Object.fromEntries(attributes.map((a) => [`{${a.namespace}}${a.localName}`, a.value]))
  const isBinary = localName === 'BinarySecurityToken'
  const content = elements.length > 0 ? elements.map(structureOf) : (text ?? '').replace(/\s+/g, isBinary ? '' : ' ')
  return [`{${namespace}}${localName}`, values, typeof content === 'string' ? content.trim() : content]
}
