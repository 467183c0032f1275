import { errorsWith } from '../../bindings/errors.js'

/** What can be wrong. Fixed texts: nothing of a request, a name or a key reaches a log. */
const MESSAGES = {
  // Encoding.
  'pki/not-der': 'The octets are not one value in DER.',
  'pki/limit': 'The octets are more, or nested more deeply, than allowed.',
  'pki/structure': 'The value in DER is not of the structure that was expected.',
  'pki/pem': 'The text is not PEM, or has no block of the kind that was expected.',
  'pki/name': 'The text is not a distinguished name of RFC 4514.',
  'pki/value': 'A value cannot be encoded as what it is to be.',

  // Keys and signatures.
  'pki/key': 'The key is malformed, or of a kind that is not supported.',
  'pki/rsa-too-small': 'The RSA modulus has too few bits.',
  'pki/rsa-too-large': 'The RSA modulus has too many bits.',
  'pki/rsa-even': 'The RSA modulus is even.',
  'pki/rsa-exponent': 'The public exponent of the RSA key is even, less than 3, or longer than 64 bits.',
  'pki/rsa-small-factor': 'The RSA modulus has a small factor.',
  'pki/rsa-close-primes': 'The primes of the RSA modulus are too close to each other.',
  'pki/rsa-roca': 'A flawed library made the RSA key (ROCA, CVE-2017-15361).',
  'pki/rsa-prime': 'The RSA modulus is prime.',
  'pki/ec-curve': 'The elliptic curve of the key is not accepted.',
  'pki/ec-point': 'The public key is not a point on its elliptic curve.',
  'pki/dsa-group': 'The DSA group of the key is not accepted.',
  'pki/not-extractable': 'The private key cannot be exported.',
  'pki/variable-time': 'The engine is not constant time: it must not use private keys without allowVariableTime.',
  'pki/signature': 'A signature is wrong, or its algorithm is not accepted.',

  // CMS.
  'pki/cms-type': 'The octets are not a SignedData.',
  'pki/cms-content': 'The SignedData has no content.',
  'pki/cms-digest': 'A digest algorithm is not accepted.',
  'pki/cms-attributes': 'Signed attributes are missing, or not as they must be.',
  'pki/cms-content-type': 'The signed content type is not that of the content.',
  'pki/cms-message-digest': 'The signed digest is not that of the content.',

  // Requests for certificates.
  'pki/request-form': 'The request is neither a PKCS#10, nor a CMS or CMC request.',
  'pki/null-signature': 'A null signature is not accepted here.',
  'pki/signer-missing': 'The request is not signed by all who must sign it.',
  'pki/signer-unexpected': 'The request is signed by more than must sign it.',
  'pki/signer-unknown': 'The request does not bring the certificate of its signer.',
  'pki/signer-form': 'The first signer of a CMC request is not named by a key identifier.',
  'pki/signer-signature': 'The signature around the request is wrong, or its algorithm is not accepted.',
  'pki/renewal-unsigned': 'A bare PKCS#10 cannot renew a certificate.',
  'pki/renewal-certificate':
    'The certificate to be renewed is malformed, or not among the certificates of the request.',
  'pki/renewal-signer': 'The signer is not the certificate that is to be renewed.',
  'pki/renewal-signature': 'The signature is not by the key of the certificate that is to be renewed.',
  'pki/on-behalf': 'Requests on behalf of others are not accepted.',
  'pki/key-archival': 'Private keys are not archived.',
  'pki/pairs': 'Name-value pairs are malformed, or one name has two values.',
  'pki/cmc-requests': 'There is not exactly one request, a PKCS#10.',
  'pki/cmc-body-part': 'An identifier of a body part occurs twice, or leads nowhere.',
  'pki/cmc-control': 'A control, or an attribute in one, is not known.',
  'pki/cmc-nested': 'Messages within messages are not accepted.',

  // Responses to them.
  'pki/response-form': 'The response is neither a CMC response with a status that is known, nor certificates only.',
  'pki/response-unsigned': 'The response is not signed.',
  'pki/response-signer': 'The response is not signed by one who is trusted.',
  'pki/response-signature': 'The signature of the response is wrong, or its algorithm is not accepted.',
  'pki/response-certificate': 'The certificate that was issued is missing, or there is one although none was issued.',
} as const

export type PkiErrorCode = keyof typeof MESSAGES

/** Octets that are refused, or a key that cannot be used. */
export class PkiError extends /* @__PURE__ */ errorsWith(MESSAGES) {}
