import { UProveError } from '../../bindings/errors.js'

/** What keeps a client from an answer. Fixed texts: what the peer said is in faults only. */
const MESSAGES = {
  'soap/insecure-url': 'The address is not one of https.',
  'soap/transport': 'The server was not reached, or the connection broke.',
  'soap/too-long': 'The answer is longer than allowed.',
  'soap/http-status': 'The server answered with an HTTP status that no SOAP message comes with.',
  'soap/content-type': 'The answer is not of the media type application/soap+xml in UTF-8.',
  'soap/envelope': 'The answer is not a SOAP 1.2 message as it should be.',
  'soap/action': 'The answer has another action than the request asks for.',
  'soap/relates-to': 'The answer is to another message, or does not say to which.',
  'soap/date-time': 'A time cannot be written as xs:dateTime.',
} as const

export type SoapErrorCode = keyof typeof MESSAGES

/** An exchange that failed without a fault of the peer. */
export class SoapError extends UProveError {
  declare readonly code: SoapErrorCode
  /** The status, where it is what was wrong. */
  readonly status: number | undefined

  constructor(code: SoapErrorCode, options: ErrorOptions & { readonly status?: number } = {}) {
    super(code, MESSAGES[code], options)
    this.status = options.status
  }
}
