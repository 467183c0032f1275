import { errorsWith } from '../../bindings/errors.js'

/** The codes, each with a fixed text, so that nothing of a document reaches a log. */
const MESSAGES = {
  'xml/encoding': 'The document is not in UTF-8, or declares another encoding.',
  'xml/version': 'The document declares an XML version other than 1.0.',
  'xml/doctype': 'A document type declaration is not allowed.',
  'xml/processing-instruction': 'Processing instructions are not allowed.',
  'xml/comment': 'Comments are not allowed here.',
  'xml/not-well-formed': 'The document is not well-formed XML 1.0 with namespaces.',
  'xml/namespace-name': 'A namespace name is not an absolute URI.',
  'xml/limit-bytes': 'The document is larger than allowed.',
  'xml/limit-depth': 'The elements are nested more deeply than allowed.',
  'xml/limit-attributes': 'An element has more attributes than allowed.',
  'xml/limit-text': 'A run of text or an attribute value is longer than allowed.',
  'xml/limit-nodes': 'The document has more nodes than allowed.',
  'xml/limit-time': 'Parsing the document takes longer than allowed.',
  'xml/name': 'A name is not an NCName.',
  'xml/character': 'A character is not allowed in XML 1.0.',
  'xml/prefix': 'A prefix is reserved, missing, or bound to two namespaces on one element.',
  'xml/duplicate-attribute': 'An element has two attributes of the same name.',
} as const

export type XmlErrorCode = keyof typeof MESSAGES

/** A document was refused, or a tree cannot be written as XML. */
export class XmlError extends /* @__PURE__ */ errorsWith(MESSAGES) {}
