export { ConfigurationError, readConfiguration, type Configuration, type User } from './configuration.js'
export { Deployment, type Environment } from './deployment.js'
export {
  DEFAULT_HOST_LIMITS,
  Host,
  type HostEvents,
  type HostLimits,
  type HostOptions,
  type TlsOptions,
} from './host.js'
export { json, text, type HttpClient, type HttpRequest, type HttpResponse, type Route } from './http.js'
export { httpsTransport, type HttpsTransportOptions } from './https-transport.js'
export { EXAMPLE_CLAIM_TYPES, initialize, type Initialized, type InitOptions } from './init.js'
export { createLog, type Log, type LogLevel } from './log.js'
export { hashPassword, verifyPassword } from './passwords.js'
export { PATHS } from './paths.js'
export { sealPassword, type SealingKey } from './sealed-passwords.js'
export { startService, type Service, type ServiceOptions, type TransportAuthenticator } from './service.js'
export { soapRoute, type SoapContext } from './soap-route.js'

// What it remembers, and what clients do.
export * from '../store/index.js'
