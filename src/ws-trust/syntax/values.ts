import { stripLeadingZeros } from '../../../bindings/octets/integers.js'
import { collapse, parseInstant } from '../../soap/envelope/text.js'
import { decodeBase64, encodeBase64 } from '../../../bindings/octets/base64.js'
import type { XmlElement } from '../../xml/tree.js'
import { WsTrustError } from '../errors.js'
import { isTokenClass, type TokenClass } from './names.js'
import { simpleText } from './outline.js'

/** The octets in an xs:base64Binary. Throws `WsTrustError` (`ws-trust/base64`). */
export function readBase64(element: XmlElement): Uint8Array {
  const octets = decodeBase64(simpleText(element))
  if (octets === undefined) throw new WsTrustError('ws-trust/base64')
  return octets
}

/**
 * The number in a ds:CryptoBinary: minimal big-endian octets, zero as one octet (section 3.1.1). Each number has one form; all
 * others are refused. Throws `WsTrustError` (`ws-trust/crypto-binary`).
 */
export function readCryptoBinary(element: XmlElement): Uint8Array {
  const octets = decodeBase64(simpleText(element))
  if (octets === undefined || octets.length === 0 || (octets[0] === 0 && octets.length > 1)) {
    throw new WsTrustError('ws-trust/crypto-binary')
  }
  return octets
}

/** One octet of 0. */
const ZERO = 'AA=='

/** The text of a ds:CryptoBinary, of a number at any width. */
export function cryptoBinary(number: Uint8Array): string {
  const minimal = stripLeadingZeros(number)
  return minimal.length === 0 ? ZERO : encodeBase64(minimal)
}

/** A number at exactly `length` octets. Throws `WsTrustError` (`ws-trust/number-range`). */
export function atWidth(minimal: Uint8Array, length: number): Uint8Array {
  if (minimal.length > length) throw new WsTrustError('ws-trust/number-range')
  const octets = new Uint8Array(length)
  octets.set(minimal, length - minimal.length)
  return octets
}

const UTC = /^[^.]{19}(?:\.\d{1,9})?Z$/

/**
 * The time of an xs:dateTime in UTC with Z (section 3.1.2) and a year from 0001 to 9999; undefined for other texts, such as the
 * dates without separators in the specification's figures. Fractions below a millisecond are cut off.
 */
export function parseDateTime(text: string): Date | undefined {
  return UTC.test(text) ? parseInstant(text) : undefined
}

/** The time in an element. Throws `WsTrustError` (`ws-trust/date-time`). */
export function readDateTime(element: XmlElement): Date {
  const time = parseDateTime(collapse(simpleText(element)))
  if (time === undefined) throw new WsTrustError('ws-trust/date-time')
  return time
}

/** A time as canonical xs:dateTime in UTC. Throws `WsTrustError` (`ws-trust/date-time`) for years before 1 and after 9999. */
export function dateTime(time: Date): string {
  const year = time.getUTCFullYear()
  if (!(year >= 1 && year <= 9999)) throw new WsTrustError('ws-trust/date-time')
  return time.toISOString().replace(/\.?0*Z$/, 'Z')
}

const MAX_URI = 2048
const ABSOLUTE_URI = /^[A-Za-z][-+.0-9A-Za-z]*:\S+$/u

/**
 * The URI, checked: absolute and without white space, which readers treat differently.
 * Throws `WsTrustError` (`ws-trust/uri`).
 */
export function checkUri(uri: string): string {
  if (uri.length > MAX_URI || !ABSOLUTE_URI.test(uri)) throw new WsTrustError('ws-trust/uri')
  return uri
}

/** An application-specific identifier, checked: any text that is neither empty nor too long. Throws `WsTrustError` (`ws-trust/identifier`). */
export function checkIdentifier(identifier: string): string {
  if (identifier === '' || identifier.length > MAX_URI) throw new WsTrustError('ws-trust/identifier')
  return identifier
}

/** The xs:anyURI in an element: absolute, without white space. Throws `WsTrustError` (`ws-trust/uri`). */
export function readUri(element: XmlElement): string {
  return checkUri(simpleText(element))
}

/** The text of an xs:anyURI or xs:token that is one of a few constants, without the white space around it. */
export function readToken(element: XmlElement): string {
  return collapse(simpleText(element))
}

/** A decimal integer from `least` to 65,535. Throws `WsTrustError` (`ws-trust/integer`). */
export function parseCount(text: string, least = 0): number {
  const digits = collapse(text)
  const value = /^\d{1,5}$/.test(digits) ? Number(digits) : Number.NaN
  if (!(value >= least && value <= 0xffff)) throw new WsTrustError('ws-trust/integer')
  return value
}

/** Throws `WsTrustError` (`ws-trust/token-class`). */
export function parseTokenClass(text: string): TokenClass {
  const name = collapse(text)
  if (!isTokenClass(name)) throw new WsTrustError('ws-trust/token-class')
  return name
}

/** Checks the version of an artefact. Throws `WsTrustError` (`ws-trust/version`). */
export function checkVersion(version: string): void {
  if (version !== '1.0') throw new WsTrustError('ws-trust/version')
}
