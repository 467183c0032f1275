import { encodeBase64 } from '../../../bindings/octets/base64.js'
import type { XmlElement } from '../../xml/tree.js'
import type { ParseOptions } from '../../xml/parse.js'
import type { XmlInput } from '../../xml/reader.js'
import { readAttributes, writeAttributes, type IndexedAttribute } from '../syntax/attributes.js'
import { WsTrustError } from '../errors.js'
import { UP, up } from '../syntax/names.js'
import { artefact, Outline } from '../syntax/outline.js'
import { messageElement, readMessage, type PresentationMessage } from './presentation-message.js'
import { readToken, writeToken, type TokenDocument } from './token.js'
import { checkVersion, cryptoBinary, readBase64, readCryptoBinary } from '../syntax/values.js'

/** One presentation as written (section 4.3.1). Numbers are big-endian octets of any width. */
export interface PresentationDocument {
  /** As received; the Verifier checks it. */
  readonly tokenClass: string
  readonly token: TokenDocument
  /** {A_i, i in D}. None for ID tokens, which disclose all their attributes without writing them. */
  readonly attributes: readonly IndexedAttribute[]
  readonly a: Uint8Array
  readonly r0: Uint8Array
  /** {r_i, i in U}. */
  readonly r: readonly Uint8Array[]
  readonly rd: Uint8Array | undefined
}

/** A presentation token as written. */
export interface PresentationTokenDocument {
  readonly message: PresentationMessage
  readonly presentations: readonly PresentationDocument[]
}

/** The limits of parsing a presentation token: many times the size of 8 presentations of 50 attributes. */
export const PRESENTATION_LIMITS: ParseOptions = { maxBytes: 512 * 1024, maxNodes: 10_000 }

/** The up:PresentationToken element. */
export function writePresentationToken({ message, presentations }: PresentationTokenDocument): XmlElement {
  return up(
    'PresentationToken',
    { Version: '1.0' },
    messageElement(message),
    up('Presentations', {}, ...presentations.map(writePresentation)),
  )
}

function writePresentation({ tokenClass, token, attributes, a, r0, r, rd }: PresentationDocument): XmlElement {
  return up(
    'Presentation',
    { TokenClass: tokenClass },
    writeToken(token),
    up(
      'SubsetProof',
      {},
      attributes.length === 0 ? undefined : writeAttributes(attributes),
      up('A', {}, encodeBase64(a)),
      up('R0', {}, cryptoBinary(r0)),
      r.length === 0 ? undefined : up('Responses', {}, ...r.map((ri) => up('R', {}, cryptoBinary(ri)))),
      rd && up('Rd', {}, cryptoBinary(rd)),
    ),
  )
}

/**
 * Reads a presentation token. Nothing is verified, not even the class. Throws `XmlError`, `WsTrustError`.
 */
export function readPresentationToken(input: XmlInput, limits?: ParseOptions): PresentationTokenDocument {
  const outline = new Outline(artefact(input, 'PresentationToken', UP, limits), ['Version'])
  checkVersion(outline.attribute('Version'))
  const message = readMessage(outline.next('Message'))
  const list = new Outline(outline.next('Presentations'))
  outline.end()
  const presentations = list.many('Presentation', 1).map(readPresentation)
  list.end()
  return { message, presentations }
}

function readPresentation(element: XmlElement): PresentationDocument {
  const outline = new Outline(element, ['TokenClass'])
  const tokenClass = outline.attribute('TokenClass')
  const token = readToken(outline.next('Token'))
  const proof = new Outline(outline.next('SubsetProof'))
  outline.end()
  const attributesElement = proof.optional('Attributes')
  const attributes = attributesElement === undefined ? [] : readAttributes(attributesElement)
  // An empty list must be absent.
  if (attributesElement !== undefined && attributes.length === 0) throw new WsTrustError('ws-trust/element')
  const a = readBase64(proof.next('A'))
  const r0 = readCryptoBinary(proof.next('R0'))
  const responsesElement = proof.optional('Responses')
  const responses = responsesElement && new Outline(responsesElement)
  const r = responses?.many('R', 1).map(readCryptoBinary) ?? []
  responses?.end()
  const rdElement = proof.optional('Rd')
  proof.end()
  return { tokenClass, token, attributes, a, r0, r, rd: rdElement && readCryptoBinary(rdElement) }
}
