export type { Accounts } from './accounts.js'
export type { Base64Lines } from './binary-token.js'
export {
  Authentication,
  type Account,
  type AuthenticationOptions,
  type TransportCredentials,
} from './authentication.js'
export {
  WstepClient,
  type CallOptions,
  type Enrollment,
  type EnrollOptions,
  type IssuedEnrollment,
  type PendingEnrollment,
  type RenewOptions,
  type WstepClientOptions,
} from './client.js'
export { WstepError, type WstepErrorCode } from './errors.js'
export { readFaultDetail, type EnrollmentFaultDetail } from './fault-detail.js'
export type { XmlInput } from './input.js'
export { chooseLanguage, LANGUAGES, type Language, type Languages } from './languages.js'
export type * from './messages.js'
export type { PollOptions } from './poll.js'
export { Refusal } from './refusal.js'
export { readRequest, writeRequest, type WriteRequestOptions } from './request-message.js'
export { readResponse, writeResponse, type WriteResponseOptions } from './response-message.js'
export { WSTEP_SCHEMA, wstepWsdl } from './schema.js'
export { SecurityTokenService, type SecurityTokenServiceOptions, type ServiceEvents } from './security-token-service.js'
export { ENGLISH, FRENCH, GERMAN, JAPANESE, type Catalogue, type FaultReason, type TextKey } from './texts.js'

// What messages travel in.
export { SoapClient, type SoapCall, type SoapClientOptions } from '../soap/client.js'
export type { Envelope } from '../soap/envelope.js'
export { SoapError, type SoapErrorCode } from '../soap/errors.js'
export { SoapFault, type FaultCode, type FaultOptions, type FaultReason as SoapFaultReason } from '../soap/fault.js'
export type { HttpHandler, HttpRequest, HttpResponse } from '../soap/http.js'
export type { QName } from '../soap/names.js'
export {
  directTransport,
  fetchTransport,
  type FetchTransportOptions,
  type Transport,
  type TransportOptions,
} from '../soap/transport.js'
export type { UsernameCredentials, UsernameToken } from '../soap/username-token.js'

// Where digests are remembered.
export { MemoryReplayCache, type MemoryOptions, type ReplayCache } from '../ws-trust/single-use.js'

// What messages are read from and written to.
export type { ParseOptions } from '../xml/parse.js'
export type { XmlElement } from '../xml/tree.js'
