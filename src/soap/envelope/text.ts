import type { XmlElement } from '../../xml/tree.js'
import { SoapError } from '../errors.js'
import type { QName } from './names.js'

/**
 * The text without XML's white space at both ends, which does not belong to the value of a URI, a QName or a boolean. Not a
 * regular expression: that takes quadratic time for white space in the middle of the text.
 */
export function collapse(text: string): string {
  let [start, end] = [0, text.length]
  while (start < end && isSpace(text.charCodeAt(start))) start++
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

const isSpace = (unit: number): boolean => unit === 0x20 || unit === 0x09 || unit === 0x0a || unit === 0x0d

/** The value of an xs:boolean; undefined for other texts. */
export function parseBoolean(text: string): boolean | undefined {
  const value = collapse(text)
  if (value === 'true' || value === '1') return true
  return value === 'false' || value === '0' ? false : undefined
}

/** A QName in content, with the namespaces in scope at its element; undefined if it is malformed or its prefix unbound. */
export function readQName(element: XmlElement): QName | undefined {
  const [, prefix = '', localName] = /^(?:([^:\s]+):)?([^:\s]+)$/.exec(collapse(element.text ?? '')) ?? []
  const namespace = localName === undefined ? undefined : element.lookupNamespace(prefix)
  return localName === undefined || namespace === undefined ? undefined : { namespace, localName }
}

const DATE_TIME = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[-+](?:0\d|1[0-4]):[0-5]\d)$/

/**
 * The instant of an xs:dateTime that has a time zone, of a year from 0001 to 9999; undefined for anything else. Fractions
 * below a millisecond are cut off.
 */
export function parseInstant(text: string): Date | undefined {
  const [, day, time, fraction = '', zone] = DATE_TIME.exec(collapse(text)) ?? []
  if (day === undefined || time === undefined || zone === undefined || day.startsWith('0000')) return undefined
  const local = `${day}T${time}`
  // `Date` turns dates that do not exist, and 24:00:00, into other dates or NaN.
  const wall = new Date(`${local}Z`)
  if (Number.isNaN(wall.getTime()) || !wall.toISOString().startsWith(local)) return undefined
  return new Date(`${local}.${fraction.slice(0, 3).padEnd(3, '0')}${zone}`)
}

/** An instant as xs:dateTime in UTC, with milliseconds as Windows writes them. Throws `SoapError` (`soap/date-time`). */
export function writeInstant(time: Date): string {
  const year = time.getUTCFullYear()
  if (!(year >= 1 && year <= 9999)) throw new SoapError('soap/date-time')
  return time.toISOString()
}
