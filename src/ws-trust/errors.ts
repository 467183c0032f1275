import { errorsWith } from '../../bindings/errors.js'

/** The codes, each with a fixed text, so that nothing of a message, a claim or a key reaches a log. */
const MESSAGES = {
  // Shape: the document does not follow the outlines of the specification.
  'ws-trust/element': 'An element is missing, out of place, or unknown.',
  'ws-trust/attribute': 'An attribute is missing or unknown.',
  'ws-trust/text': 'An element has text where it must have elements, or elements where it must have text.',
  'ws-trust/version': 'The version of an artefact is not 1.0.',
  'ws-trust/crypto-binary': 'A number is not the base64 of its minimal big-endian octets.',
  'ws-trust/base64': 'A value is not base64.',
  'ws-trust/date-time': 'A time is not an xs:dateTime in UTC, written with Z.',
  'ws-trust/uri': 'A URI is empty, relative, too long, or has white space.',
  'ws-trust/identifier': 'An identifier is empty or too long.',
  'ws-trust/integer': 'A count or an index is not an integer in its range.',
  'ws-trust/token-class': 'A token class must be claim or ID.',
  'ws-trust/attribute-indices': 'Attribute indices must ascend and be in 1 to n.',
  'ws-trust/white-space': 'The token information has insignificant white space, which could mark a token.',
  'ws-trust/number-range': 'A number is longer than the numbers of the group.',

  // Issuer parameters.
  'ws-trust/unknown-group': 'The group is unknown.',
  'ws-trust/curve-group':
    'The group is an elliptic curve. The profile uses Revision 1, which is defined over subgroups only.',
  'ws-trust/unknown-generators': 'The generators are unknown, or belong to another group.',
  'ws-trust/unknown-hash': 'The hash algorithm is unknown.',
  'ws-trust/unknown-device-generator': 'The Device generator is unknown, or belongs to another group.',
  'ws-trust/n-mismatch': 'The number of attributes does not agree with a list of the Issuer parameters.',
  'ws-trust/e-value': 'Every E value must be 1.',
  'ws-trust/validity-order': 'The Issuer parameters end before they begin.',
  'ws-trust/parameters-expired': 'The Issuer parameters have expired.',
  'ws-trust/parameters-not-yet-valid': 'The Issuer parameters are not valid yet.',
  'ws-trust/other-parameters': 'The message is for other Issuer parameters.',

  // Trust.
  'ws-trust/signature': 'The enveloped signature is missing, malformed or wrong.',
  'ws-trust/signer': 'The certificate of the signer is not trusted for this purpose.',
  'ws-trust/issuer-identity': 'The signer of the parameters is not the Issuer that they name.',
  'ws-trust/unexpected-signature':
    'The Issuer parameters are signed. Use loadIssuerParameters(), which verifies the signature.',

  // Issuance.
  'ws-trust/not-authenticated': 'The client is not authenticated.',
  'ws-trust/context': 'The Context is missing, empty or too long.',
  'ws-trust/context-in-use': 'The Context is in use.',
  'ws-trust/context-unknown': 'There is no open exchange with this Context.',
  'ws-trust/context-mismatch': 'The Context is not that of the request.',
  'ws-trust/token-type': 'The token type must be that of U-Prove tokens.',
  'ws-trust/request-type': 'The request type must be Issue.',
  'ws-trust/class-refused': 'Tokens of this class are not issued to this client.',
  'ws-trust/no-tokens': 'The request is for no tokens.',
  'ws-trust/too-many-tokens': 'The request exceeds the number of tokens for one exchange.',
  'ws-trust/token-count': 'A token count differs from the number of values.',
  'ws-trust/instance-count': 'The number of instances differs from that of the exchange.',
  'ws-trust/attributes-presence': 'Claim tokens must have attributes, and ID tokens must not.',
  'ws-trust/attribute-count': 'There must be one attribute for each claim type.',
  'ws-trust/attribute-encoding': 'The octets of an attribute are not UTF-8: in XML it is text.',
  'ws-trust/token-expired': 'The tokens have expired.',
  'ws-trust/token-outlives-parameters': 'The tokens outlive their Issuer parameters.',
  'ws-trust/fine-grained-expiry':
    'The token information could single out the user: its date is too fine, or it is written in an unusual way.',
  'ws-trust/unrequested-class': 'The Claim Provider offers tokens of a class that the client did not ask for.',
  'ws-trust/declined': 'The client declined the offer.',
  'ws-trust/device-required': 'The tokens must be Device-protected.',
  'ws-trust/device-unexpected': 'The tokens must not be Device-protected.',
  'ws-trust/device-mismatch': 'The tokens need another Device generator.',
  'ws-trust/device-unsupported': 'The Issuer parameters do not support Device-protected tokens.',
  'ws-trust/device-refused': 'Devices are not accepted from this client.',
  'ws-trust/device-key': 'The public key of the Device is not in the group, or is 1.',
  'ws-trust/busy': 'Too many exchanges are open.',
  'ws-trust/different-message': 'The exchange has been answered, for another message.',

  // Presentation.
  'ws-trust/no-token': 'The wallet has no such token, and could not get one.',
  'ws-trust/claims': 'The token lacks a claim that must be disclosed.',
  'ws-trust/consent': 'The user did not consent to signing the data.',
  'ws-trust/nonce': 'The nonce is empty or too long.',
  'ws-trust/other-relying-party': 'The message names another Relying Party.',
  'ws-trust/unnamed-relying-party': 'The nonce of the message names no Relying Party.',

  // Wallet.
  'ws-trust/wallet-busy': 'The wallet is being changed by another process. Try again.',
  'ws-trust/wallet-key': 'The key does not open the wallet, or the wallet was tampered with.',
} as const

export type WsTrustErrorCode = keyof typeof MESSAGES

/** A message or an artefact was refused, or an exchange cannot go on. */
export class WsTrustError extends /* @__PURE__ */ errorsWith(MESSAGES) {}
