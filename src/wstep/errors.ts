import { errorsWith } from '../../bindings/errors.js'

/** What can be wrong with a message, or keep a client from its certificate. Fixed texts: nothing of a message or a key. */
const MESSAGES = {
  // Requests.
  'wstep/request': 'The body is not a valid RequestSecurityToken.',
  'wstep/request-type': 'The request type is absent, nil, or none of the three.',
  'wstep/token-type': 'The token type is not that of X.509 version 3.',
  'wstep/token-missing': 'There is no BinarySecurityToken, or nothing in it.',
  'wstep/token-undecodable': 'A BinarySecurityToken is not base64.',
  'wstep/encoding-type': 'The EncodingType of a BinarySecurityToken is not that of base64.',
  'wstep/request-id': 'The RequestID is absent, nil, empty or too long.',
  'wstep/request-ket': 'There is no RequestKET element.',
  'wstep/additional-context': 'The additional context is malformed.',

  // Answers.
  'wstep/response': 'The answer is not a valid RequestSecurityTokenResponseCollection.',
  'wstep/response-count': 'The collection does not have exactly one response.',
  'wstep/response-kind': 'The answer does not fit the request.',
  'wstep/response-certificate': 'The certificates of the answer cannot be read.',
  'wstep/other-key': 'The certificate is not for the key of the request.',
  'wstep/no-request-id': 'The request is pending, and the answer does not say under which RequestID.',
  'wstep/other-origin': 'The answer refers to an address that is not to be trusted.',
  'wstep/still-pending': 'The request is still pending.',
} as const

export type WstepErrorCode = keyof typeof MESSAGES

/** A message that is refused, or an answer that does not fit. */
export class WstepError extends /* @__PURE__ */ errorsWith(MESSAGES) {}
