import { errorsWith } from '../../bindings/errors.js'

/** The codes, each with a fixed text, so that no part of a message or a key reaches a log. */
const MESSAGES = {
  // Requests.
  'wstep/request': 'The body is not a valid RequestSecurityToken.',
  'wstep/request-type': 'The request type is absent, nil or unknown.',
  'wstep/token-type': 'The token type is not X.509 version 3.',
  'wstep/token-missing': 'The BinarySecurityToken is missing or empty.',
  'wstep/token-undecodable': 'A BinarySecurityToken is not base64.',
  'wstep/encoding-type': 'The EncodingType of a BinarySecurityToken is not base64.',
  'wstep/request-id': 'The RequestID is absent, nil, empty or too long.',
  'wstep/request-ket': 'The RequestKET element is missing.',
  'wstep/additional-context': 'The additional context is malformed.',

  // Answers.
  'wstep/response': 'The answer is not a valid RequestSecurityTokenResponseCollection.',
  'wstep/response-count': 'The collection does not have exactly one response.',
  'wstep/response-kind': 'The answer does not match the request.',
  'wstep/response-certificate': 'The certificates of the answer cannot be read.',
  'wstep/other-key': 'The certificate is for another key than that of the request.',
  'wstep/not-archived': 'The answer does not confirm that the private key was archived.',
  'wstep/no-request-id': 'The request is pending, and the answer has no RequestID.',
  'wstep/other-origin': 'The answer refers to an untrusted address.',
  'wstep/still-pending': 'The request is still pending.',
} as const

export type WstepErrorCode = keyof typeof MESSAGES

/** A message was refused, or an answer does not match the request. */
export class WstepError extends /* @__PURE__ */ errorsWith(MESSAGES) {}
