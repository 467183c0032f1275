export type { CurveName, HashName } from './keys/algorithms.js'
export type * from './authority.js'
export * from './ca/index.js'
export { parseCertificate, certificateSignature, type Certificate } from './x509/certificate.js'
export type { NameConstraints, PolicyConstraints, PolicyMapping, Subtree } from './x509/constraints.js'
export { crlRevocation, parseCrl, type CertificateRevocationList, type RevocationOptions } from './x509/crl.js'
export { isSameName } from './x509/name-matching.js'
export { findPath, type PathOptions } from './x509/path.js'
export type { PolicyOptions } from './x509/policies.js'
export { encryptForArchival, recoverKey } from './archival/archived-key.js'
export { importDecryptionKey, type DecryptionKey, type KeyTransport } from './archival/key-transport.js'
export { DsaKeys } from './keys/dsa-keys.js'
export { DsaKey, DsaPublicKey, type DsaGenerationOptions, type DsaKeyOptions } from './keys/dsa.js'
export {
  createFullResponse,
  readResponse,
  type EnrollmentResponse,
  type FullResponse,
  type ReadResponseOptions,
  type ResponseContent,
  type ResponseSigner,
  type ResponseStatus,
} from './requests/cmc-response.js'
export { createCertsOnly } from './requests/cms.js'
export {
  createCmcRequest,
  createRenewalRequest,
  type CmcRequestContent,
  type RenewalRequestContent,
} from './requests/create-enrollment-request.js'
export {
  readEnrollmentRequest,
  type EnrollmentRequest,
  type LegacyRequests,
  type ReadRequestOptions,
} from './requests/enrollment-request.js'
export { PkiError, type PkiErrorCode } from './errors.js'
export * from './x509/extensions.js'
export {
  generateKey,
  importPrivateKey,
  signatureVerifier,
  webCryptoKey,
  type ExportableKey,
  type GenerationOptions,
  type ImportOptions,
  type KeyType,
  type SigningOptions,
  type VerifierOptions,
} from './keys/keys.js'
export { formatName, parseName, readName, type NameAttribute } from './x509/name.js'
export { decodePem, decodePems, encodePem, type PemLabel } from './asn1/pem.js'
export {
  createCertificationRequest,
  parseCertificationRequest,
  verifyCertificationRequest,
  type CertificationRequest,
  type CertificationRequestContent,
  type ClientInfo,
  type CspProvider,
} from './requests/pkcs10.js'
export {
  keyFingerprint,
  readPublicKey,
  type DsaParameters,
  type KeyRequirements,
  type PublicKey,
} from './keys/public-key.js'
export type * from './keys/signing.js'
export { checkKeyStrength } from './keys/weak-keys.js'
export type { Octets } from '../../bindings/octets/octets.js'
