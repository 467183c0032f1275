const shown = 48

/**
 * Readable XML: one element a line, indented, long values shortened in the middle.
 * @param {string} xml
 */
export function prettyXml(xml) {
  const { documentElement } = new DOMParser().parseFromString(xml, 'application/xml')
  return lines(documentElement, '').join('\n')
}

/**
 * @param {Element} element
 * @param {string} indent
 * @returns {string[]}
 */
function lines(element, indent) {
  const attributes = Array.from(element.attributes, ({ name, value }) => ` ${name}="${value}"`).join('')
  const children = Array.from(element.children)
  const { tagName } = element
  if (children.length > 0) {
    const inner = children.flatMap((child) => lines(child, `${indent}  `))
    return [`${indent}<${tagName}${attributes}>`, ...inner, `${indent}</${tagName}>`]
  }
  const text = element.textContent ?? ''
  if (text === '') return [`${indent}<${tagName}${attributes}/>`]
  return [`${indent}<${tagName}${attributes}>${shorten(text)}</${tagName}>`]
}

/** @param {string} text */
function shorten(text) {
  if (text.length <= shown) return text
  return `${text.slice(0, shown / 2)} … ${text.slice(-8)} (${text.length} characters)`
}
