import { SoapError } from '../errors.js'
import { collapse } from '../envelope/text.js'

const DATE_TIME = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[-+](?:0\d|1[0-4]):[0-5]\d)$/

/**
 * The instant of an xs:dateTime that has a time zone, of a year from 0001 to 9999; undefined for anything else. Fractions
 * below a millisecond are cut off.
 */
export function parseInstant(text: string): Date | undefined {
  const [, day, time, fraction = '', zone] = DATE_TIME.exec(collapse(text)) ?? []
  if (day === undefined || time === undefined || zone === undefined || day.startsWith('0000')) return undefined
  const local = `${day}T${time}`
  // Dates that do not exist, 24:00:00 among them, come back as others or not at all.
  const wall = new Date(`${local}Z`)
  if (Number.isNaN(wall.getTime()) || !wall.toISOString().startsWith(local)) return undefined
  return new Date(`${local}.${fraction.slice(0, 3).padEnd(3, '0')}${zone}`)
}

/** An instant as xs:dateTime in UTC, with milliseconds as Windows has them. Throws `SoapError` (`soap/date-time`). */
export function writeInstant(time: Date): string {
  const year = time.getUTCFullYear()
  if (!(year >= 1 && year <= 9999)) throw new SoapError('soap/date-time')
  return time.toISOString()
}
