import { UProveError } from '../../bindings/errors.js'

/** The codes, each with a fixed text. The peer's own words are in faults only. */
const MESSAGES = {
  'soap/insecure-url': 'The address must be an https URL.',
  'soap/transport': 'The server could not be reached, or the connection broke.',
  'soap/too-long': 'The answer is longer than allowed.',
  'soap/http-status': 'The server answered with an HTTP status instead of a SOAP message.',
  'soap/content-type': 'The media type of the answer must be application/soap+xml, in UTF-8.',
  'soap/envelope': 'The answer is not a valid SOAP 1.2 message.',
  'soap/action': 'The answer has an unexpected action.',
  'soap/relates-to': 'The answer relates to another message, or to none.',
  'soap/clock': 'The Timestamp of the answer is not valid now: the clock here or that of the server is wrong.',
  'soap/date-time': 'A time cannot be written as xs:dateTime.',
} as const

export type SoapErrorCode = keyof typeof MESSAGES

/** An exchange failed without a SOAP fault. */
export class SoapError extends UProveError {
  declare readonly code: SoapErrorCode
  /** The HTTP status of `soap/http-status`. */
  readonly status: number | undefined

  constructor(code: SoapErrorCode, options: ErrorOptions & { readonly status?: number } = {}) {
    super(code, MESSAGES[code], options)
    this.status = options.status
  }
}
