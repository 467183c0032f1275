// The exports that the entries `.` and `./slim` share.
export type {
  BackendName,
  Base,
  Curve,
  CurveDescription,
  Digest,
  Element,
  Engine,
  EngineOptions,
  FixedBase,
  FixedBaseOptions,
  Group,
  GroupDescription,
  KernelAddress,
  KernelName,
  KernelSource,
  KernelSources,
  Scalar,
  ScalarField,
  Subgroup,
  SubgroupDescription,
  SubgroupOptions,
} from '../bindings/engine/engine.js'
export { EngineError, InvalidGroupError, InvalidInputError, UProveError } from '../bindings/errors.js'
export { elementFromOctets, minimalOctets, scalarFromOctets } from './group/index.js'
export type { HashAlgorithm, ZeroEncoding } from './hash/index.js'
export type {
  RecommendedCurve,
  RecommendedGenerators,
  RecommendedParameters,
  RecommendedSubgroup,
} from './params/recommended.js'
export type { Attribute } from './uprove/parameters/attributes.js'
export type { DeviceContribution } from './uprove/parameters/contents.js'
export {
  SoftwareDevice,
  type Device,
  type DeviceChallenge,
  type DeviceCommitment,
  type DeviceSession,
  type SoftwareDeviceOptions,
} from './uprove/device/device.js'
export { ProtocolError } from './uprove/errors.js'
export type { KnownAnswer, NonceOptions } from './uprove/nonces.js'
export type { IssuerSession } from './uprove/issuance/issuer-session.js'
export { Issuer, type IssueOptions, type IssuerOptions } from './uprove/issuance/issuer.js'
export {
  decodeMessage1,
  decodeMessage2,
  decodeMessage3,
  encodeMessage1,
  encodeMessage2,
  encodeMessage3,
} from './uprove/issuance/message-codec.js'
export type { IssuanceMessage1, IssuanceMessage2, IssuanceMessage3 } from './uprove/issuance/messages.js'
export type { RandomSource } from '../bindings/octets/random.js'
export type { OctetsLike } from '../bindings/octets/octets.js'
export {
  IssuerParameters,
  type IssuerParametersOptions,
  type IssuerParametersValues,
  type ProverIssuanceValues,
} from './uprove/parameters/parameters.js'
export {
  decodeIssuerParameters,
  encodeIssuerParameters,
  type DecodedParameters,
  type DecodeParametersOptions,
} from './uprove/parameters/parameters-codec.js'
export type { IssuerPrecomputation } from './uprove/parameters/precomputation.js'
export { checkIssuedToken, type CheckIssuedTokenOptions } from './uprove/presentation/certified.js'
export {
  PresentationSession,
  presentToken,
  type CommitmentOpening,
  type Presentation,
} from './uprove/presentation/presentation.js'
export type {
  PresentationMessages,
  PresentationOptions,
  PseudonymRequest,
} from './uprove/presentation/presentation-options.js'
export type {
  CommitmentProof,
  DisclosedAttribute,
  PresentationProof,
  PseudonymProof,
  PseudonymSource,
} from './uprove/presentation/proof.js'
export { decodeProof, encodeProof } from './uprove/presentation/proof-codec.js'
export { Prover, type FinishOptions, type ProverOptions } from './uprove/issuance/prover.js'
export type { Refusal, RefusalCode } from './uprove/token/refusal.js'
export type { Revision } from './uprove/parameters/revision.js'
export {
  tokenIdentifier,
  verifyToken,
  type IssuedToken,
  type Token,
  type TokenVerification,
} from './uprove/token/token.js'
export { decodeIssuedToken, decodeToken, encodeIssuedToken, encodeToken } from './uprove/token/token-codec.js'
export {
  verifyPresentation,
  type VerificationOptions,
  type VerifiedPresentation,
} from './uprove/presentation/verification.js'
