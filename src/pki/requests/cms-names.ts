/** Object identifiers of CMS (RFC 5652), CMC (RFC 2797, RFC 5272) and of what Microsoft adds to them. */
export const OID = {
  // RFC 5652, sections 4 to 6 and 11.
  data: '1.2.840.113549.1.7.1',
  signedData: '1.2.840.113549.1.7.2',
  envelopedData: '1.2.840.113549.1.7.3',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',

  // RFC 5272, section 3.
  pkiData: '1.3.6.1.5.5.7.12.2',
  pkiResponse: '1.3.6.1.5.5.7.12.3',
  noSignature: '1.3.6.1.5.5.7.6.2',

  // Controls: RFC 5272, section 6.
  statusInfo: '1.3.6.1.5.5.7.7.1',
  transactionId: '1.3.6.1.5.5.7.7.5',
  senderNonce: '1.3.6.1.5.5.7.7.6',
  addExtensions: '1.3.6.1.5.5.7.7.8',
  regInfo: '1.3.6.1.5.5.7.7.18',

  // [MS-WCCE] 2.2.2.7 and 3.2.1.4.2.1.4.8.2.
  addAttributes: '1.3.6.1.4.1.311.10.10.1',
  renewalCertificate: '1.3.6.1.4.1.311.13.1',
  nameValuePair: '1.3.6.1.4.1.311.13.2.1',
  archivedKey: '1.3.6.1.4.1.311.21.13',
  issuedCertificateHash: '1.3.6.1.4.1.311.21.17',
  encryptedKeyHash: '1.3.6.1.4.1.311.21.21',
} as const
