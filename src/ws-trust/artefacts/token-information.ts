import { equalOctets } from '../../../bindings/octets/octets.js'
import { canonicalize } from '../../xml/canonicalize.js'
import { parseXml } from '../../xml/parse.js'
import type { XmlElement } from '../../xml/tree.js'
import { WsTrustError } from '../errors.js'
import { up } from '../syntax/names.js'
import { Outline, simpleText } from '../syntax/outline.js'
import { checkUri, dateTime, parseDateTime } from '../syntax/values.js'

/** The token information field TI (section 3.3.1). */
export interface TokenInformation {
  /** TI: the exclusive canonical form of the element as received or made. It is hashed, stored and sent, and never rebuilt. */
  readonly octets: Uint8Array
  readonly notOnOrAfter: Date
  /** GdName: the Device generator of a Device-protected token. */
  readonly deviceGenerator: string | undefined
}

/** Makes a TI. Throws `WsTrustError` (`ws-trust/uri`, `ws-trust/date-time`). */
export function createTokenInformation(notOnOrAfter: Date, deviceGenerator?: string): TokenInformation {
  const element = up(
    'TI',
    {},
    deviceGenerator === undefined ? undefined : up('Gd', { GdName: checkUri(deviceGenerator) }),
    up('NotOnOrAfter', {}, dateTime(notOnOrAfter)),
  )
  return readTokenInformation(element)
}

/**
 * Reads a TI and keeps its octets. White space and attributes are refused, since they could mark a token.
 * Throws `WsTrustError` (shape, `ws-trust/white-space`, `ws-trust/uri`, `ws-trust/date-time`).
 */
export function readTokenInformation(element: XmlElement): TokenInformation {
  const outline = new Outline(element)
  const gd = outline.optional('Gd')
  const date = outline.next('NotOnOrAfter')
  outline.end()
  const deviceGenerator = gd === undefined ? undefined : checkUri(new Outline(gd, ['GdName']).attribute('GdName'))
  const text = simpleText(date)
  const blank = [element, gd].some((parent) => parent?.children.some((child) => typeof child === 'string'))
  if (blank || /[\t\n\r ]/.test(text)) throw new WsTrustError('ws-trust/white-space')
  if (gd !== undefined && gd.children.length > 0) throw new WsTrustError('ws-trust/element')
  const notOnOrAfter = parseDateTime(text)
  if (notOnOrAfter === undefined) throw new WsTrustError('ws-trust/date-time')
  return { octets: canonicalize(element), notOnOrAfter, deviceGenerator }
}

/** The element of a TI, for a message. */
export function tokenInformationElement({ octets }: TokenInformation): XmlElement {
  return parseXml(octets)
}

/** Reads a TI from its octets. Throws like `readTokenInformation`, and `XmlError`. */
export function decodeTokenInformation(octets: Uint8Array): TokenInformation {
  return readTokenInformation(parseXml(octets))
}

/** How coarse a date of expiry is: the coarser, the more tokens share it. */
export type Granularity = 'hour' | 'day' | 'month'

/** Whether a TI is written as this library writes it: prefixes and fractions of a second could mark a token. */
export function isPlain(ti: TokenInformation): boolean {
  return equalOctets(createTokenInformation(ti.notOnOrAfter, ti.deviceGenerator).octets, ti.octets)
}

/** Whether a time is a multiple of a granularity. */
export function isAsCoarseAs(time: Date, granularity: Granularity): boolean {
  return roundUp(time, granularity).getTime() === time.getTime()
}

/** The first multiple of a granularity that is not before `time`. */
export function roundUp(time: Date, granularity: Granularity): Date {
  const [year, month, day, hour] = [time.getUTCFullYear(), time.getUTCMonth(), time.getUTCDate(), time.getUTCHours()]
  const [begin, next] = {
    hour: [Date.UTC(year, month, day, hour), Date.UTC(year, month, day, hour + 1)],
    day: [Date.UTC(year, month, day), Date.UTC(year, month, day + 1)],
    month: [Date.UTC(year, month), Date.UTC(year, month + 1)],
  }[granularity] as [number, number]
  return new Date(begin === time.getTime() ? begin : next)
}
