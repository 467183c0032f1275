import { errorsWith } from '../../bindings/errors.js'

/** The codes, each with a fixed text, so that nothing of a message, an attribute or a key reaches a log. */
const MESSAGES = {
  // JSON itself.
  'json/encoding': 'The document is not UTF-8, or has an escaped lone surrogate.',
  'json/syntax': 'The document is not JSON (RFC 8259).',
  'json/duplicate-member': 'An object has two members of one name.',
  'json/limit-bytes': 'The document is longer than allowed.',
  'json/limit-depth': 'Objects and lists are nested more deeply than allowed.',
  'json/limit-values': 'The document has more values than allowed.',

  // The shape of artefacts.
  'json/type': 'A member is missing, or its value is of another type.',
  'json/unknown-member': 'An object has a member that is not defined for it.',
  'json/kind': 'The document is not of the type that was asked for.',
  'json/version': 'The document is of a version that this release does not read.',
  'json/base64url': 'A value is not base64url without padding.',
  'json/length': 'A value does not have the length that its curve or hash prescribes.',
  'json/count': 'A list has more values than allowed, or lists that belong together differ in length.',
  'json/index': 'An attribute index is not a decimal number from 1 to 50, written without leading zeros.',
  'json/compact': 'The compact form does not have the right number of parts.',
  'json/header': 'The protected header has a critical parameter or another typ than expected.',

  // Issuer parameters.
  'json/key-type': 'The key is not of type UP.',
  'json/algorithm': 'The alg is unknown, or its curve was not given to the reader.',
  'json/key-identifier': 'The kid is empty or too long, or two keys of a set have the same kid.',
  'json/private-key': 'A public key was expected, and the document has a private one. Do not publish it.',
  'json/specification': 'The specification is not an object with an integer n from 0 to 50.',
  'json/attribute-encoding': 'The member e is not a list of n numbers, each 0 or 1.',
  'json/parameters':
    'These Issuer parameters are not of the framework: a recommended curve with its generators and hash, Revision 3.',

  // Expiry.
  'json/expiration-type': 'The expType is unknown, or is needed for exp and missing.',
  'json/expiration-year':
    'Years are not issued: the framework does not say how long one is, and implementations differ by months. Use week.',
  'json/expiration': 'The value exp is not a non-negative integer, or not a date.',

  // What the framework has no member for.
  'json/null-attribute': 'A null attribute cannot be written. Use an empty string.',
  'json/extensions': 'The framework has no Devices, pseudonyms and commitments.',
  'json/token-reference': 'A presentation must have a token or a token identifier, and not both.',

  // Issuance.
  'json/not-authenticated': 'The client is not authenticated.',
  'json/no-tokens': 'The request is for no tokens, or the answer has none.',
  'json/attribute-count': 'There must be one attribute for each of the n in the Issuer parameters.',
  'json/exchange-unknown': 'There is no open exchange with this sID.',
  'json/different-message': 'The exchange has been answered, for another message.',
  'json/busy': 'Too many exchanges are open. Try again later.',
  'json/too-many-tokens': 'The request or the answer exceeds the number of tokens.',
  'json/token-expired': 'The offered tokens have expired.',
  'json/declined': 'The client declined the offer.',
  'json/wallet-busy': 'The wallet is being changed by another process. Try again.',

  // Presentation.
  'json/challenge': 'The challenge is missing or malformed.',
  'json/other-audience': 'The challenge names another Verifier, or another request.',
  'json/consent': 'The user did not consent to signing the data.',
} as const

export type JsonErrorCode = keyof typeof MESSAGES

/** A document was refused, or a value cannot be written as JSON of the framework. */
export class JsonError extends /* @__PURE__ */ errorsWith(MESSAGES) {}
