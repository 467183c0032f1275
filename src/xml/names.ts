export const XML_NAMESPACE = 'http://www.w3.org/XML/1998/namespace'
export const XMLNS_NAMESPACE = 'http://www.w3.org/2000/xmlns/'

const NAME_START =
  'A-Z_a-z\\xC0-\\xD6\\xD8-\\xF6\\xF8-\\u02FF\\u0370-\\u037D\\u037F-\\u1FFF\\u200C\\u200D\\u2070-\\u218F' +
  '\\u2C00-\\u2FEF\\u3001-\\uD7FF\\uF900-\\uFDCF\\uFDF0-\\uFFFD\\u{10000}-\\u{EFFFF}'
const NC_NAME = new RegExp(`^[${NAME_START}][-.0-9\\xB7\\u0300-\\u036F\\u203F\\u2040${NAME_START}]*$`, 'u')
const NOT_A_CHARACTER = /[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u
/** Characters that are one UTF-16 code unit each: the test of most texts, and several times as fast. */
const PLAIN = /^[\t\n\r\x20-\uD7FF\uE000-\uFFFD]*$/
const ABSOLUTE_URI = /^[A-Za-z][-+.0-9A-Za-z]*:\S*$/u

/** NCName of Namespaces in XML 1.0 (third edition), section 3. */
export function isNCName(name: string): boolean {
  return NC_NAME.test(name)
}

/** Whether every character is a Char of XML 1.0, section 2.2. A lone surrogate is not. */
export function isCharacterData(text: string): boolean {
  return PLAIN.test(text) || !NOT_A_CHARACTER.test(text)
}

/**
 * Whether a namespace name is an absolute URI without white space. Canonical XML must fail on relative ones (section 1.3), and
 * parsers treat white space at the ends differently.
 */
export function isNamespaceName(uri: string): boolean {
  return ABSOLUTE_URI.test(uri)
}

/** Whether a text is empty or only white space: S of XML 1.0, section 2.3. */
export function isWhiteSpace(text: string): boolean {
  return /^[\t\n\r ]*$/.test(text)
}
