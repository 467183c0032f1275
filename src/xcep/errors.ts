import { UProveError } from '../../bindings/errors.js'

/** The codes, each with a fixed text, so that no part of a message reaches a log. */
const MESSAGES = {
  'xcep/request': 'The body is not a GetPolicies request.',
  'xcep/client': 'The request has no client element, or it is nil or empty.',
  'xcep/filter': 'The request filter is malformed.',
  'xcep/response': 'The answer is not a GetPoliciesResponse.',
  'xcep/reference': 'The answer refers to an object identifier or an authority that it does not define.',
  'xcep/certificate': 'The answer holds a certificate that is empty or is not base64.',
  'xcep/policy': 'The policy cannot be written: a name, an identifier or a length is out of range.',
  'xcep/template-unknown': 'The policy has no such template.',
  'xcep/template-refused': 'The policy does not let this account enroll for the template.',
  'xcep/no-address': 'The policy names no enrollment address that this client can use.',
} as const

export type XcepErrorCode = keyof typeof MESSAGES

/** A message was refused, or the policy does not allow the enrollment. */
export class XcepError extends UProveError {
  declare readonly code: XcepErrorCode

  constructor(code: XcepErrorCode, options?: ErrorOptions) {
    super(code, MESSAGES[code], options)
  }
}
