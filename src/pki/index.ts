export type { CurveName, HashName } from './algorithms.js'
export type * from './authority.js'
export * from './ca/index.js'
export { parseCertificate, certificateSignature, type Certificate } from './certificate.js'
export { DsaKeys } from './dsa-keys.js'
export { DsaKey, DsaPublicKey, type DsaGenerationOptions, type DsaKeyOptions } from './dsa.js'
export {
  createFullResponse,
  readResponse,
  type EnrollmentResponse,
  type FullResponse,
  type ReadResponseOptions,
  type ResponseContent,
  type ResponseSigner,
  type ResponseStatus,
} from './cmc-response.js'
export { createCertsOnly } from './cms.js'
export {
  createCmcRequest,
  createRenewalRequest,
  type CmcRequestContent,
  type RenewalRequestContent,
} from './create-enrollment-request.js'
export { readEnrollmentRequest, type EnrollmentRequest, type ReadRequestOptions } from './enrollment-request.js'
export { PkiError, type PkiErrorCode } from './errors.js'
export * from './extensions.js'
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
} from './keys.js'
export { formatName, parseName, readName, type NameAttribute } from './name.js'
export { decodePem, decodePems, encodePem, type PemLabel } from './pem.js'
export {
  createCertificationRequest,
  parseCertificationRequest,
  verifyCertificationRequest,
  type CertificationRequest,
  type CertificationRequestContent,
  type ClientInfo,
  type CspProvider,
} from './pkcs10.js'
export {
  checkKeyStrength,
  readPublicKey,
  type DsaParameters,
  type KeyRequirements,
  type PublicKey,
} from './public-key.js'
export type * from './signing.js'
