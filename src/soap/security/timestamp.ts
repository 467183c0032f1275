import { onlyOne } from '../../xml/reader.js'
import type { XmlElement } from '../../xml/tree.js'
import { parseInstant, writeInstant } from '../envelope/text.js'
import { u, WSU } from '../envelope/names.js'
import { securityFault } from '../envelope/standard-faults.js'

/** wsu:Timestamp (SOAP Message Security 1.0, section 10). */
export interface Timestamp {
  readonly created: Date | undefined
  readonly expires: Date | undefined
}

/** The lifetime of a message, as on Windows. */
const LIFETIME_SECONDS = 300
/** How far the clocks of two parties may differ, as on Windows. */
export const DEFAULT_SKEW_SECONDS = 300

/** Reads a wsu:Timestamp. Throws `SoapFault` (InvalidSecurity), also if it expires before it was created. */
export function readTimestamp(timestamp: XmlElement): Timestamp {
  const created = instant(timestamp, 'Created')
  const expires = instant(timestamp, 'Expires')
  if (created !== undefined && expires !== undefined && expires < created) throw securityFault('InvalidSecurity')
  return { created, expires }
}

function instant(timestamp: XmlElement, localName: string): Date | undefined {
  const element = onlyOne(timestamp.elements, localName, WSU, () => securityFault('InvalidSecurity'))
  if (element === undefined) return undefined
  const time = parseInstant(element.text ?? '')
  if (time === undefined) throw securityFault('InvalidSecurity')
  return time
}

/** Whether the message is valid now, give or take the skew. */
export function isOfNow({ created, expires }: Timestamp, now: Date, skewSeconds = DEFAULT_SKEW_SECONDS): boolean {
  const skew = skewSeconds * 1000
  const early = created !== undefined && created.getTime() > now.getTime() + skew
  const late = expires !== undefined && expires.getTime() < now.getTime() - skew
  return !early && !late
}

/** The wsu:Timestamp element of a message that is sent now. Throws `SoapError` (`soap/date-time`). */
export function timestampElement(now: Date): XmlElement {
  return u(
    'Timestamp',
    [{ prefix: 'u', namespace: WSU, localName: 'Id', value: '_0' }],
    u('Created', {}, writeInstant(now)),
    u('Expires', {}, writeInstant(new Date(now.getTime() + LIFETIME_SECONDS * 1000))),
  )
}
