export type { Base64Lines } from './messages/binary-token.js'
export {
  Authentication,
  type Account,
  type Accounts,
  type AuthenticationOptions,
  type TransportCredentials,
} from '../authentication/authentication.js'
export { AuthenticationError, type AuthenticationErrorCode } from '../authentication/errors.js'
export {
  WstepClient,
  type CallOptions,
  type Enrollment,
  type EnrollOptions,
  type IssuedEnrollment,
  type PendingEnrollment,
  type RenewOptions,
  type WstepClientOptions,
} from './client/client.js'
export { WstepError, type WstepErrorCode } from './errors.js'
export { readFaultDetail, type EnrollmentFaultDetail } from './faults/fault-detail.js'
export type { XmlInput } from '../xml/reader.js'
export { chooseLanguage, LANGUAGES, selectLanguages, type Language, type Languages } from './faults/languages.js'
export type * from './messages/messages.js'
export type { PollOptions } from './client/poll.js'
export { RequestRefusedError } from './faults/faults.js'
export { readRequest, writeRequest, type WriteRequestOptions } from './messages/request-message.js'
export { readResponse, writeResponse, type WriteResponseOptions } from './messages/response-message.js'
export { WSTEP_SCHEMA, wstepWsdl } from './messages/schema.js'
export {
  SecurityTokenService,
  type SecurityTokenServiceOptions,
  type RefusalDetails,
  type ServiceEvents,
} from './security-token-service.js'
export { ENGLISH, FRENCH, GERMAN, JAPANESE, type Catalogue, type FaultReason, type TextKey } from './faults/texts.js'

// SOAP and its transports.
export { SoapClient, type SoapCall, type SoapClientOptions } from '../soap/client.js'
export type { Envelope } from '../soap/envelope/envelope.js'
export { SoapError, type SoapErrorCode } from '../soap/errors.js'
export {
  SoapFault,
  type FaultCode,
  type FaultOptions,
  type FaultReason as SoapFaultReason,
} from '../soap/envelope/fault.js'
export type { HttpHandler, HttpRequest, HttpResponse } from '../soap/http/http.js'
export type { QName } from '../soap/envelope/names.js'
export {
  directTransport,
  fetchTransport,
  type FetchTransportOptions,
  type Transport,
  type TransportOptions,
} from '../soap/http/transport.js'
export type { UsernameCredentials, UsernameToken } from '../soap/security/username-token.js'

// The memory of digests.
export { MemoryReplayCache, type MemoryOptions, type ReplayCache } from '../authentication/single-use.js'

// XML.
export type { ParseOptions } from '../xml/parse.js'
export type { XmlElement } from '../xml/tree.js'
