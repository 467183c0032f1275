export { JsonError, type JsonErrorCode } from './errors.js'
export { parseJson, type JsonLimits, type JsonObject, type JsonValue } from './syntax/parse.js'
export type { JsonInput } from './syntax/reader.js'
export { algorithmOf, type JsonAlgorithm } from './artefacts/algorithms.js'
export {
  createJsonIssuer,
  readJwk,
  readJwkSet,
  readPrivateJwk,
  writeJwk,
  writeJwkSet,
  writePrivateJwk,
  type CreateJsonIssuerOptions,
  type IssuerJwk,
  type IssuerJwkSet,
  type PrivateIssuerJwk,
  type ReadJwkOptions,
} from './artefacts/keys.js'
export { specificationOf, type ExpirationType, type Specification } from './artefacts/specification.js'
export {
  createTokenInformation,
  readTokenInformation,
  type TokenInformation,
  type TokenInformationOptions,
} from './artefacts/token-information.js'
export {
  readMessage1,
  readMessage2,
  readMessage3,
  writeMessage1,
  writeMessage2,
  writeMessage3,
  type JsonMessage1,
  type JsonMessage2,
  type JsonMessage3,
} from './artefacts/messages.js'
export { readToken, writeToken, type JsonToken } from './artefacts/token.js'
export {
  readPresentation,
  writePresentation,
  type JsonPresentation,
  type JsonProof,
  type PresentationDocument,
  type TokenReference,
} from './artefacts/presentation.js'
export { readJws, writeJws, type SignedPresentation } from './artefacts/jws.js'
export { readIssuedJwp, readPresentedJwp, writeIssuedJwp, writePresentedJwp, type IssuedJwp } from './artefacts/jwp.js'
export {
  verifyJsonPresentation,
  type AcceptedJsonPresentation,
  type JsonRefusalCode,
  type JsonVerificationOptions,
  type RefusedJsonPresentation,
} from './artefacts/verification.js'
export { TokenIssuance, type TokenIssuanceOptions } from './parties/token-issuance.js'
export type { ExchangeMessage, TokenOffer, TokenRequest } from './parties/issuance.js'
export { obtainTokens, type ObtainedTokens, type ObtainTokensOptions, type Offer } from './parties/obtain-tokens.js'
export { JsonWallet, type HeldJsonToken, type JsonWalletOptions } from './parties/json-wallet.js'
export {
  answerChallenge,
  readAuthorization,
  readChallenge,
  readChallengeHeader,
  writeAuthorization,
  writeChallengeHeader,
  type AnswerOptions,
  type Challenge,
} from './parties/challenge.js'
export {
  PresentationVerifier,
  type PresentationVerifierOptions,
  type VerifierRefusalCode,
  type VerifierVerdict,
} from './parties/presentation-verifier.js'
// The parts of issuance that may be replaced; over SOAP it has the same.
export { issuanceBackend, type IssuanceBackend, type Principal } from '../ws-trust/issuance/backend.js'
export { poolIssuanceBackend } from '../ws-trust/issuance/pool-backend.js'
export { MemoryStateStore, type StateStore } from '../ws-trust/issuance/state-store.js'
export { MemoryNonceStore, type NonceStore } from '../authentication/single-use.js'
