// What the entries `.` and `./slim` have in common.
export type {
  BackendName,
  Base,
  Element,
  Engine,
  EngineOptions,
  FixedBase,
  FixedBaseOptions,
  KernelAddress,
  KernelName,
  KernelSource,
  KernelSources,
  RandomSource,
  Scalar,
  ScalarField,
  Subgroup,
  SubgroupDescription,
  SubgroupOptions,
} from '../bindings/engine.js'
export { EngineError, InvalidGroupError, InvalidInputError, UProveError } from '../bindings/errors.js'
export { elementFromOctets, minimalOctets, scalarFromOctets } from './group/index.js'
export type { HashAlgorithm, ZeroEncoding } from './hash/index.js'
export type { RecommendedParameters } from './params/recommended.js'
export type { Attribute } from './uprove/attributes.js'
export type { DeviceContribution } from './uprove/contents.js'
export {
  SoftwareDevice,
  type Device,
  type DeviceChallenge,
  type DeviceCommitment,
  type DeviceSession,
  type SoftwareDeviceOptions,
} from './uprove/device.js'
export { ProtocolError } from './uprove/errors.js'
export type { IssuerSession, PendingIssuance } from './uprove/issuer-session.js'
export { Issuer, type IssueOptions, type IssuerOptions } from './uprove/issuer.js'
export {
  decodeMessage1,
  decodeMessage2,
  decodeMessage3,
  encodeMessage1,
  encodeMessage2,
  encodeMessage3,
} from './uprove/message-codec.js'
export type { IssuanceMessage1, IssuanceMessage2, IssuanceMessage3 } from './uprove/messages.js'
export type { Octets } from './uprove/octets.js'
export {
  IssuerParameters,
  type IssuerParametersOptions,
  type IssuerParametersValues,
  type ProverIssuanceValues,
} from './uprove/parameters.js'
export { decodeIssuerParameters, encodeIssuerParameters, type DecodedParameters } from './uprove/parameters-codec.js'
export type { IssuerPrecomputation } from './uprove/precomputation.js'
export { PresentationSession, presentToken, type CommitmentOpening, type Presentation } from './uprove/presentation.js'
export type { PresentationMessages, PresentationOptions, PseudonymRequest } from './uprove/presentation-options.js'
export type {
  CommitmentProof,
  DisclosedAttribute,
  PresentationProof,
  PseudonymProof,
  PseudonymSource,
} from './uprove/proof.js'
export { decodeProof, encodeProof } from './uprove/proof-codec.js'
export { Prover, type FinishOptions, type ProverOptions } from './uprove/prover.js'
export type { Refusal, RefusalCode } from './uprove/refusal.js'
export type { Revision } from './uprove/revision.js'
export { tokenIdentifier, verifyToken, type IssuedToken, type Token, type TokenVerification } from './uprove/token.js'
export { decodeIssuedToken, decodeToken, encodeIssuedToken, encodeToken } from './uprove/token-codec.js'
export { verifyPresentation, type VerificationOptions, type VerifiedPresentation } from './uprove/verification.js'
