export { JsonError, type JsonErrorCode } from '../json/errors.js'
export type { JsonObject, JsonValue } from '../json/syntax/parse.js'
export type { JsonInput } from '../json/syntax/reader.js'
export type { ArtefactJson } from './form.js'
export {
  issuerFromPrivateKeyJson,
  issuerParametersFromJson,
  issuerParametersToJson,
  issuerPrivateKeyToJson,
} from './parameters.js'
export {
  attributesFromJson,
  attributesToJson,
  tokenFromJson,
  tokenToJson,
  tokenWithPrivateKeyFromJson,
  tokenWithPrivateKeyToJson,
} from './tokens.js'
export {
  message1FromJson,
  message1ToJson,
  message2FromJson,
  message2ToJson,
  message3FromJson,
  message3ToJson,
} from './messages.js'
export {
  commitmentsFromJson,
  commitmentsToJson,
  proofFromJson,
  proofToJson,
  pseudonymFromJson,
  pseudonymToJson,
  secretOpeningsFromJson,
  secretOpeningsToJson,
} from './presentations.js'
export {
  deviceChallengeFromJson,
  deviceChallengeToJson,
  deviceCommitmentFromJson,
  deviceCommitmentToJson,
  deviceFromPrivateKeyJson,
  devicePrivateKeyToJson,
  devicePublicKeyFromJson,
  devicePublicKeyToJson,
  deviceResponseFromJson,
  deviceResponseToJson,
} from './devices.js'
