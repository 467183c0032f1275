export type { ClaimValue, IndexedAttribute } from './syntax/attributes.js'
export { issuanceBackend, type IssuanceBackend, type Principal } from './issuance/backend.js'
export {
  ClaimProvider,
  countsUpTo,
  expiringAfter,
  type ClaimProviderOptions,
  type ClassPolicy,
  type CountPolicy,
  type DevicePolicy,
  type ExpiryPolicy,
} from './issuance/claim-provider.js'
export { signDeviceParameters, verifyDeviceParameters, type DeviceParameters } from './artefacts/device-parameters.js'
export { WsTrustError, type WsTrustErrorCode } from './errors.js'
export { wsTrustFault, type WsTrustFault } from './soap/faults.js'
export { IndexedDbWalletStorage } from './wallet/indexed-db.js'
export type { XmlInput } from '../xml/reader.js'
export {
  createIssuer,
  loadIssuerParameters,
  readIssuerParameters,
  signIssuerParameters,
  writeIssuerParameters,
  type CreateIssuerOptions,
  type LoadParametersOptions,
  type ProfileIssuer,
  type ProfileParameters,
  type ReadParametersOptions,
  type WriteParametersOptions,
} from './artefacts/issuer-parameters.js'
export {
  readFirstResponse,
  readSecondResponse,
  readThirdResponse,
  readTokenRequest,
  writeFirstResponse,
  writeSecondResponse,
  writeThirdResponse,
  writeTokenRequest,
  type FirstInstance,
  type FirstResponse,
  type RequestedInstance,
  type SecondResponse,
  type ThirdResponse,
  type TokenRequest,
} from './issuance/messages.js'
export { ISSUE, TOKEN_TYPE, UP, WST, type TokenClass } from './syntax/names.js'
export { poolIssuanceBackend } from './issuance/pool-backend.js'
export {
  createPresentationToken,
  type Consent,
  type PresentationDevice,
  type PresentationDeviceSession,
  type PresentOptions,
  type TokenToPresent,
} from './presentation/present.js'
export {
  createMessage,
  messageElement,
  readMessage,
  type PresentationMessage,
} from './artefacts/presentation-message.js'
export {
  readPresentationToken,
  writePresentationToken,
  type PresentationDocument,
  type PresentationTokenDocument,
} from './artefacts/presentation-token.js'
export {
  RelyingParty,
  type AcceptedPresentation,
  type AuditOptions,
  type ClaimRequirement,
  type PresentationPolicy,
  type PresentationRefusalCode,
  type PresentedClaim,
  type PresentedClaims,
  type PresentedIdentifier,
  type RefusedPresentation,
  type RelyingPartyOptions,
} from './presentation/relying-party.js'
export { SealedWallet, type SealedWalletOptions } from './wallet/sealed-wallet.js'
export { MemoryNonceStore, MemoryReplayCache, type NonceStore, type ReplayCache } from '../authentication/single-use.js'
export { soapIssuance, validateOverSoap, type SoapEndpoint, type Validation } from './soap/soap-client.js'
export {
  claimProviderService,
  relyingPartyService,
  writeValidation,
  type ClaimProviderServiceOptions,
  type RelyingPartyServiceOptions,
} from './soap/soap-service.js'
export type { Specification } from './artefacts/specification.js'
export {
  MemoryStateStore,
  type Answer,
  type ExchangeName,
  type MemoryStateStoreOptions,
  type OpenExchange,
  type StateStore,
  type StoredExchange,
} from './issuance/state-store.js'
export type { TokenDocument } from './artefacts/token.js'
export { heldTokens, type HeldToken, type TokenBatch, type TokenContents } from './artefacts/held-tokens.js'
export {
  TokenClient,
  type IssuanceTransport,
  type ObtainOptions,
  type RequestedDevice,
  type TokenClientOptions,
  type TokenExchange,
} from './issuance/token-client.js'
export type { Granularity, TokenInformation } from './artefacts/token-information.js'
export {
  certificateTrust,
  dsaSha256,
  EXTENDED_KEY_USAGE,
  issuerOfCertificate,
  type CertificateTrustOptions,
  type IdentityRule,
  type Signer,
  type SignerTrust,
  type SigningPurpose,
} from './trust/signer.js'
export { presentFromWallet, type WalletPresentationOptions } from './wallet/wallet-presentation.js'
export { createWalletKey, walletKeyFromOctets, walletKeyFromPassphrase } from './wallet/wallet-key.js'
export { MemoryWalletStorage, type WalletChanges, type WalletStorage } from './wallet/wallet-storage.js'
export type { TokenPair, TokenQuery, Wallet } from './wallet/wallet.js'
// SOAP, XML and signatures.
export { SoapClient, type SoapClientOptions } from '../soap/client.js'
export { SoapError, type SoapErrorCode } from '../soap/errors.js'
export { SoapFault, type FaultCode } from '../soap/envelope/fault.js'
export type { HttpHandler, HttpRequest, HttpResponse } from '../soap/http/http.js'
export { securityFault } from '../soap/envelope/standard-faults.js'
export type { SoapRequest } from '../soap/service.js'
export { directTransport, fetchTransport, type Transport } from '../soap/http/transport.js'
export { verifyPassword, type UsernameCredentials, type UsernameToken } from '../soap/security/username-token.js'
export { canonicalize } from '../xml/canonicalize.js'
export { XmlError, type XmlErrorCode } from '../xml/errors.js'
export { parseXml, type ParseOptions, type XmlLimits } from '../xml/parse.js'
export {
  ecdsaSha256,
  ecdsaSha384,
  ecdsaSha512,
  rsaSha256,
  rsaSha384,
  rsaSha512,
  type SignatureAlgorithm,
} from '../xml/signature-algorithms.js'
export type { KeyHint, SignatureKey, SignOptions } from '../xml/signature.js'
export { XmlElement } from '../xml/tree.js'
