import { sha256 } from '@noble/hashes/sha2.js'
import { encodeBase64Url } from '../../../bindings/octets/base64.js'
import { canonicalize } from '../../xml/canonicalize.js'
import { parseXml } from '../../xml/parse.js'
import type { XmlElement } from '../../xml/tree.js'
import { WsTrustError } from '../errors.js'
import { up } from '../syntax/names.js'
import { Outline, simpleText } from '../syntax/outline.js'
import { dateTime, parseDateTime } from '../syntax/values.js'
import { encodeText } from '../../../bindings/octets/text.js'

/** The message that a presentation signs (section 4.3.1). */
export interface PresentationMessage {
  /** m: the exclusive canonical form of the up:Message element as received or made. */
  readonly octets: Uint8Array
  readonly nonce: string
  /** The text that the user signs. The client shows it before. */
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

/** The element of a message, for a presentation token or a policy. */
export function messageElement({ octets }: PresentationMessage): XmlElement {
  return parseXml(octets)
}

/**
 * A digest of the meaning of a message: its nonce, and the data to be signed or their absence, which JSON writes as null. It
 * does not depend on how the message is written: two prefixes for one namespace make two octet strings and one digest.
 */
export function messageDigest({ nonce, signedData }: PresentationMessage): Uint8Array {
  return sha256(encodeText(JSON.stringify([nonce, signedData])))
}

/** The number of random octets in a Relying Party's nonce. */
export const NONCE_LENGTH = 32

/**
 * The nonce of a Relying Party's message: base64url of 32 random octets, a comma, and an identifier of the Relying Party. It
 * cannot be read as a client's nonce, which begins with a time.
 */
export function relyingPartyNonce(random: Uint8Array, relyingParty: string): string {
  return `${encodeBase64Url(random)},${relyingParty}`
}

/** The Relying Party that a nonce names, no matter who made the nonce; undefined for a nonce of any other form. */
export function audienceOf(nonce: string): string | undefined {
  return parseClientNonce(nonce)?.relyingParty ?? /^[\w-]{43},(.+)$/su.exec(nonce)?.[1]
}

/** The nonce of a client's own message: the time, a comma, and an identifier of the Relying Party. */
export function clientNonce(time: Date, relyingParty: string): string {
  return `${dateTime(time)},${relyingParty}`
}

/** The parts of a client's nonce; undefined for a nonce of any other form. */
export function parseClientNonce(nonce: string): { time: Date; relyingParty: string } | undefined {
  const comma = nonce.indexOf(',')
  const time = comma < 0 ? undefined : parseDateTime(nonce.slice(0, comma))
  return time && { time, relyingParty: nonce.slice(comma + 1) }
}
