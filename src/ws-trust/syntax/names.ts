import { element, vocabulary, type AttributeInput, type XmlElement } from '../../xml/tree.js'

/** The namespaces of section 2.2. */
export const UP = 'http://schemas.xmlsoap.org/ws/2011/02/u-prove'
export const WST = 'http://docs.oasis-open.org/ws-sx/ws-trust/200512'

/** The token type of requests and of presentation tokens (sections 4.2.2 and 4.3.1). */
export const TOKEN_TYPE = `${UP}/token`
/** The only request type of this profile. */
export const ISSUE = `${WST}/Issue`

/** Builders of elements. */
export const up = /* @__PURE__ */ vocabulary('up', UP)
export const wst = /* @__PURE__ */ vocabulary('wst', WST)

/** An element of this profile with any number of children. */
export function upList(localName: string, attributes: AttributeInput, children: readonly XmlElement[]): XmlElement {
  return element({ prefix: 'up', namespace: UP, localName }, attributes, children)
}

/** The two classes of tokens (section 4.1). */
export type TokenClass = 'claim' | 'ID'

/** Whether a text names a class of tokens. */
export function isTokenClass(text: string): text is TokenClass {
  return text === 'claim' || text === 'ID'
}
