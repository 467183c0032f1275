import { errorsWith } from '../../bindings/errors.js'

/** What can be wrong. Fixed texts: nothing of a message, a claim or a key reaches a log. */
const MESSAGES = {
  // Shape: what the outlines of the specification do not have.
  'ws-trust/element': 'An element is missing, out of place, or not known here.',
  'ws-trust/attribute': 'An attribute is missing or not known here.',
  'ws-trust/text': 'An element has text where it has elements, or the other way round.',
  'ws-trust/version': 'The version of an artefact is not 1.0.',
  'ws-trust/crypto-binary': 'A number is not the base64 of its minimal big-endian octets.',
  'ws-trust/base64': 'A value is not base64.',
  'ws-trust/date-time': 'A time is not an xs:dateTime in UTC, written with Z.',
  'ws-trust/uri': 'A URI is empty, relative, too long, or has white space.',
  'ws-trust/integer': 'A count or an index is not an integer in its range.',
  'ws-trust/token-class': 'A token class is neither claim nor ID.',
  'ws-trust/attribute-indices': 'Attribute indices do not ascend, or are not in 1 to n.',
  'ws-trust/white-space': 'The token information has insignificant white space, which could mark a token.',
  'ws-trust/number-range': 'A number is longer than the group has them.',

  // Issuer parameters.
  'ws-trust/unknown-group': 'The group is not a known one.',
  'ws-trust/unknown-generators': 'The generators are not known ones, or of another group.',
  'ws-trust/unknown-hash': 'The hash algorithm is not a known one.',
  'ws-trust/unknown-device-generator': 'The Device generator is not a known one, or of another group.',
  'ws-trust/n-mismatch': 'The number of attributes does not agree with a list of the Issuer parameters.',
  'ws-trust/e-value': 'An E value is not 1.',
  'ws-trust/validity-order': 'The Issuer parameters end before they begin.',
  'ws-trust/parameters-expired': 'The Issuer parameters are not valid any more.',
  'ws-trust/parameters-not-yet-valid': 'The Issuer parameters are not valid yet.',
  'ws-trust/other-parameters': 'The message is for other Issuer parameters.',

  // Trust.
  'ws-trust/signature': 'The enveloped signature is missing, malformed or wrong.',
  'ws-trust/signer': 'The certificate of the signer is not trusted for this.',
  'ws-trust/issuer-identity': 'The Issuer that the parameters name is not who signed them.',
  'ws-trust/unexpected-signature': 'The Issuer parameters are signed: load them with their signature verified.',

  // Issuance.
  'ws-trust/not-authenticated': 'The client is not authenticated.',
  'ws-trust/context': 'The Context is missing, empty or too long.',
  'ws-trust/context-in-use': 'The Context is in use.',
  'ws-trust/context-unknown': 'No exchange with this Context is open.',
  'ws-trust/context-mismatch': 'The Context is not that of the request.',
  'ws-trust/token-type': 'The token type is not that of U-Prove tokens.',
  'ws-trust/request-type': 'The request type is not Issue.',
  'ws-trust/class-refused': 'Tokens of this class are not issued to this client.',
  'ws-trust/no-tokens': 'No tokens would be issued.',
  'ws-trust/too-many-tokens': 'More tokens than one exchange may have.',
  'ws-trust/token-count': 'A token count does not agree with the values that are there.',
  'ws-trust/instance-count': 'The message has another number of instances than the exchange.',
  'ws-trust/attributes-presence': 'Attributes go with claim tokens, and only with them.',
  'ws-trust/attribute-count': 'There is not one attribute for each claim type.',
  'ws-trust/token-expired': 'The tokens would have expired already.',
  'ws-trust/token-outlives-parameters': 'The tokens would be valid longer than their Issuer parameters.',
  'ws-trust/fine-grained-expiry': 'The token information is not as coarse or as plain as the client wants it.',
  'ws-trust/unrequested-class': 'Tokens of a class that the client asked not to have.',
  'ws-trust/declined': 'The client declined what was offered.',
  'ws-trust/device-required': 'The tokens are to be Device-protected, and are not.',
  'ws-trust/device-unexpected': 'The tokens are Device-protected, and are not to be.',
  'ws-trust/device-mismatch': 'The Device generator is not the one that the tokens are to have.',
  'ws-trust/device-unsupported': 'The Issuer parameters do not support Device-protected tokens.',
  'ws-trust/device-refused': 'Devices are not accepted from this client.',
  'ws-trust/device-key': 'The public key of the Device is not in the group, or is 1.',
  'ws-trust/busy': 'Too many exchanges are open.',
  'ws-trust/different-message': 'The exchange was answered, to another message.',

  // Presentation.
  'ws-trust/no-token': 'The wallet has no such token, and got none.',
  'ws-trust/claims': 'The token has not the claims that are to be disclosed.',
  'ws-trust/consent': 'The user did not consent to what is to be signed.',
  'ws-trust/nonce': 'The nonce is empty or too long.',
  'ws-trust/other-relying-party': 'The message names another Relying Party.',
  'ws-trust/unnamed-relying-party': 'The nonce of the message names no Relying Party.',

  // Wallet.
  'ws-trust/wallet-busy': 'Others change the wallet all the time.',
  'ws-trust/wallet-key': 'The wallet cannot be opened with this key, or was tampered with.',
} as const

export type WsTrustErrorCode = keyof typeof MESSAGES

/** A message or artefact that is refused, or an exchange that cannot go on. */
export class WsTrustError extends /* @__PURE__ */ errorsWith(MESSAGES) {}
