import { canonicalize } from '../../xml/canonicalize.js'
import { parseXml } from '../../xml/parse.js'
import type { XmlElement } from '../../xml/tree.js'
import { WsTrustError } from '../errors.js'
import { up } from '../syntax/names.js'
import { Outline, simpleText } from '../syntax/outline.js'
import { dateTime, parseDateTime } from '../syntax/values.js'

/** What a presentation signs (section 4.3.1). */
export interface PresentationMessage {
  /** m: the exclusive canonical form of the up:Message element as it was received or made. */
  readonly octets: Uint8Array
  readonly nonce: string
  /** Shown to the user, who signs it. */
  readonly signedData: string | undefined
}

const MAX_NONCE = 4096

/** Makes a message. Throws `WsTrustError` (`ws-trust/nonce`), `XmlError` (`xml/character`). */
export function createMessage(nonce: string, signedData?: string): PresentationMessage {
  const data = signedData === undefined ? undefined : up('SignedData', {}, signedData)
  return readMessage(up('Message', {}, up('Nonce', {}, nonce), data))
}

/** Reads an up:Message element and keeps its octets. Throws `WsTrustError` (shape, `ws-trust/nonce`). */
export function readMessage(element: XmlElement): PresentationMessage {
  const outline = new Outline(element)
  const nonce = simpleText(outline.next('Nonce'))
  const data = outline.optional('SignedData')
  outline.end()
  if (nonce === '' || nonce.length > MAX_NONCE) throw new WsTrustError('ws-trust/nonce')
  return { octets: canonicalize(element), nonce, signedData: data && simpleText(data) }
}

/** The element of a message, to be put into a presentation token or a policy. */
export function messageElement({ octets }: PresentationMessage): XmlElement {
  return parseXml(octets)
}

/** The nonce of a client's own message: the time, a comma, and an identifier of the Relying Party. */
export function clientNonce(time: Date, relyingParty: string): string {
  return `${dateTime(time)},${relyingParty}`
}

/** The parts of such a nonce; undefined if it is none. */
export function parseClientNonce(nonce: string): { time: Date; relyingParty: string } | undefined {
  const comma = nonce.indexOf(',')
  const time = comma < 0 ? undefined : parseDateTime(nonce.slice(0, comma))
  return time && { time, relyingParty: nonce.slice(comma + 1) }
}
