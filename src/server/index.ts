export { ConfigurationError, readConfiguration, type Configuration, type User } from './deployment/configuration.js'
export { Deployment, type Environment } from './deployment/deployment.js'
export {
  DEFAULT_HOST_LIMITS,
  Host,
  type HostEvents,
  type HostLimits,
  type HostOptions,
  type TlsOptions,
} from './http/host.js'
export { json, text, type HttpClient, type HostRequest, type HttpResponse, type Route } from './http/http.js'
export { httpsTransport, type HttpsTransportOptions } from './http/https-transport.js'
export { EXAMPLE_CLAIM_TYPES, initialize, type Initialized, type InitOptions } from './deployment/init.js'
export { createLog, type Log, type LogLevel } from './observation/log.js'
export { hashPassword, verifyPassword } from './deployment/passwords.js'
export { PATHS } from './deployment/paths.js'
export { sealPassword, type SealingKey } from './deployment/sealed-passwords.js'
export { startService, type Service, type ServiceOptions, type TransportAuthenticator } from './service.js'
export { soapRoute, type SoapContext } from './http/soap-route.js'

// What it remembers, and what clients do.
export * from '../store/index.js'
