import { errorsWith } from '../../bindings/errors.js'

/** The codes, each with a fixed text, so that no part of a request, a name or a key reaches a log. */
const MESSAGES = {
  // Encoding.
  'pki/not-der': 'The octets are not a single DER value.',
  'pki/limit': 'The DER exceeds the limit on size or nesting.',
  'pki/structure': 'The DER value does not have the expected structure.',
  'pki/pem': 'The text has no PEM block with the expected label, or more than one.',
  'pki/name': 'The text is not a distinguished name (RFC 4514).',
  'pki/value': 'A value cannot be encoded as the intended ASN.1 type.',
  'pki/duplicate': 'An attribute or extension occurs twice, or has several values.',
  'pki/empty': 'An attribute has no value.',

  // Keys and signatures.
  'pki/key': 'The key is malformed, or its type is not supported.',
  'pki/key-type': 'The type of the key is not supported.',
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
  'pki/ec-compressed': 'The point of the public key is compressed, or of the wrong length.',
  'pki/dsa-group': 'The DSA group of the key is not accepted.',
  'pki/not-extractable': 'The private key cannot be exported.',
  'pki/variable-time': 'The engine is not constant time. Private keys on it need allowVariableTime.',
  'pki/signature': 'A signature is wrong, or its algorithm is not accepted.',
  'pki/algorithm': 'A hash or signature algorithm is not accepted.',
  'pki/algorithm-parameters': 'The parameters of a signature algorithm are malformed.',

  // CMS.
  'pki/cms-type': 'The octets are not a SignedData.',
  'pki/cms-content': 'The SignedData has no content.',
  'pki/cms-digest': 'A digest algorithm is not accepted.',
  'pki/cms-attributes': 'Signed attributes are missing or malformed.',
  'pki/cms-content-type': 'The signed content type differs from that of the content.',
  'pki/cms-message-digest': 'The signed digest differs from that of the content.',

  'pki/enveloped-data':
    'The octets are not an EnvelopedData for certificates with RSA keys, encrypted with AES in CBC mode.',
  'pki/recipient': 'The EnvelopedData has no such recipient, or its key cannot take part.',
  'pki/decryption': 'The EnvelopedData cannot be decrypted, or does not contain the private key.',

  // Requests for certificates.
  'pki/request-version': 'The version of the PKCS#10 is not 0.',
  'pki/request-form': 'The request is not a PKCS#10, CMS or CMC request.',
  'pki/null-signature': 'A null signature is not accepted here.',
  'pki/signer-missing': 'The request lacks a signature.',
  'pki/signer-unexpected': 'The request has too many signatures.',
  'pki/signer-unknown': 'The request does not contain the certificate of its signer.',
  'pki/signer-form': 'The first signer of the CMC request has no key identifier.',
  'pki/signer-signature': 'The signature around the request is wrong, or its algorithm is not accepted.',
  'pki/renewal-unsigned': 'A bare PKCS#10 cannot renew a certificate.',
  'pki/renewal-certificate': 'The certificate to renew is malformed, or missing among the certificates of the request.',
  'pki/renewal-signer': 'The signer is not the holder of the certificate to renew.',
  'pki/renewal-signature': 'The key of the certificate to renew did not make the signature.',
  'pki/on-behalf': 'Requests on behalf of others are not accepted.',
  'pki/key-archival': 'Private keys are not archived.',
  'pki/archival-request': 'The private key to be archived is not there once, with its hash, in a signed CMC request.',
  'pki/archival-hash': 'The hash of the private key to be archived is wrong.',
  'pki/pairs': 'Name-value pairs are malformed, or one name has two values.',
  'pki/cmc-requests': 'The message does not contain exactly one request.',
  'pki/cmc-body': 'The request in the message is not a PKCS#10.',
  'pki/cmc-body-part': 'A body part identifier occurs twice, or refers to no body part.',
  'pki/cmc-control': 'A control, or an attribute in it, is unknown.',
  'pki/cmc-nested': 'Nested messages are not accepted.',

  // Responses to them.
  'pki/response-form': 'The response is neither a CMC response with a known status nor a certs-only message.',
  'pki/response-unsigned': 'The response is not signed.',
  'pki/response-signer': 'No trusted signer signed the response.',
  'pki/response-signature': 'The signature of the response is wrong, or its algorithm is not accepted.',
  'pki/response-certificate': 'The response lacks the issued certificate, or has one without issuing it.',
} as const

export type PkiErrorCode = keyof typeof MESSAGES

/** Octets were refused, or a key cannot be used. */
export class PkiError extends /* @__PURE__ */ errorsWith(MESSAGES) {
  /**
   * What the error is about, where there is more to say: the number of an octet, or the name or OID of an algorithm, an
   * attribute, an extension or a control. It contains no other part of the octets.
   */
  readonly detail?: string

  constructor(code: PkiErrorCode, options?: ErrorOptions & { readonly detail?: string }) {
    super(code, options)
    this.detail = options?.detail
  }
}
