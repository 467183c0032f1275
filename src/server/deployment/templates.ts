import { yaml } from '../packages.js'
import { CONFIGURATION_FILE, type UserEntry } from './configuration.js'

/** The files of a deployment folder, as `init` lays them out. */
export const FILES = {
  configuration: CONFIGURATION_FILE,
  users: 'users.yaml',
  authorityCertificate: 'keys/authority.crt',
  authorityKey: 'keys/authority.key',
  tlsCertificate: 'keys/tls.crt',
  tlsKey: 'keys/tls.key',
  claimProviderCertificate: 'keys/claim-provider.crt',
  claimProviderKey: 'keys/claim-provider.key',
  issuerKey: 'keys/issuer.key',
  jsonIssuerKey: 'keys/issuer.jwk',
  stateKey: 'keys/state.key',
  operatorToken: 'keys/operator.token',
  exchangeKey: 'keys/exchange.key',
  recoveryAgentKey: 'keys/recovery-agent.key',
  recoveryAgentCertificate: 'keys/recovery-agent.crt',
  issuerParameters: 'issuer-parameters.xml',
  data: 'data',
  state: 'state',
} as const

export interface Template {
  readonly url: string
  /** Where clients are served. Default: `127.0.0.1`. */
  readonly address?: string
  readonly port: number
  /** Where operators are served. Default: `127.0.0.1`, and no names beside `localhost`. */
  readonly adminAddress?: string
  readonly adminPort: number
  readonly adminHosts?: readonly string[]
  readonly httpPort: number
  readonly certificatePort: number
  /** A GUID in braces, and the object identifier that those of the templates begin with. */
  readonly policyId: string
  readonly templateArc: string
  /** Whether private keys are archived. */
  readonly archivesKeys?: boolean
  /** Whether the store is the one that `DATABASE_URL` names. Default: an embedded one. */
  readonly storeInEnvironment?: boolean
}

/** Below `authority`. */
const archival = (
  templateArc: string,
): string => `    # For keys that only encrypt. Requests carry them, encrypted to the exchange key.
    Encryption:
      template: { oid: ${templateArc}.3 }
      validity: 730d
      purposes: [email]
      approval: automatic
      enrollers: everyone
      archival: required
  # Archived keys are encrypted to these agents; each can recover every key (uprove ca DIR recover).
  archival:
    exchangeKeys: [${FILES.exchangeKey}]
    agents: [${FILES.recoveryAgentCertificate}]
`

const embeddedStore = `# The records: back them up. Write { url: postgresql://... } for PostgreSQL, which a farm needs. DATABASE_URL overrides this.
store: { folder: ${FILES.data} }
# Open exchanges, as precious as the Issuer's key: keep them out of backups and replicas.
state: { folder: ${FILES.state} }
`
const storeOfEnvironment = `# Records and state are in the PostgreSQL database of DATABASE_URL, or the state in that of STATE_DATABASE_URL.
store: environment
`

/** A commented `uprove.yaml`. */
export function configurationTemplate(template: Template): string {
  const { url, address = '127.0.0.1', port, adminPort, httpPort, certificatePort, policyId, templateArc } = template
  const { archivesKeys = false, storeInEnvironment = false, adminAddress = '127.0.0.1', adminHosts = [] } = template
  const adminNames = adminHosts.length === 0 ? '' : `, hosts: ${JSON.stringify(adminHosts)}`
  const { hostname } = new URL(url)
  return `# A deployment of uprove-wasm. Paths are relative to this folder. docs/operating.md explains all settings.

# The URL of this service. Tokens and certificates contain it: change it only with new Issuer parameters.
url: ${url}
listen: { address: ${JSON.stringify(address)}, port: ${String(port)} }
# Health, metrics and operators, over plain HTTP: keep it on the loopback interface, or in a network of operators. null turns it off.
admin: { address: ${JSON.stringify(adminAddress)}, port: ${String(adminPort)}${adminNames} }
# The CRL and the authority's certificate, over plain HTTP, where clients look for them. Certificates contain the URL. Listen on
# a public address so that other machines can reach it.
publication:
  url: http://${hostname}:${String(httpPort)}
  listen: { address: ${JSON.stringify(address)}, port: ${String(httpPort)} }
# HTTPS for clients that log in with a certificate, such as Windows, cepces and uprove enroll --cert. The other addresses never ask
# for one, since browsers that are asked show a dialog, or hang.
clientCertificate:
  url: https://${hostname}:${String(certificatePort)}
  listen: { address: ${JSON.stringify(address)}, port: ${String(certificatePort)} }
tls: { certificate: ${FILES.tlsCertificate}, key: ${FILES.tlsKey} }

${storeInEnvironment ? storeOfEnvironment : embeddedStore}# UPROVE_STATE_KEY in the environment overrides this.
stateKey: ${FILES.stateKey}

users: ${FILES.users}
operatorToken: ${FILES.operatorToken}

authority:
  certificate: ${FILES.authorityCertificate}
  key: ${FILES.authorityKey}
  # Profiles by the template name of requests. All names in a certificate come from the account, unless its profile
  # honours the request's. Windows and cepces find those with a template by its object identifier: never change one.
  defaultProfile: User
  profiles:
    User:
      template: { oid: ${templateArc}.1 }
      validity: 365d
      purposes: [client, email]
      approval: automatic
      enrollers: everyone
      renewal: 90d
    Machine:
      template: { oid: ${templateArc}.2 }
      machine: true
      validity: 365d
      purposes: [server, client]
      approval: operator
      enrollers: [machines]
      renewal: 90d
    # These sign Device parameters and Issuer parameters.
    DeviceIssuer:
      { validity: 730d, purposes: [device-parameters], approval: operator, enrollers: [device-issuers], renewal: 90d }
    ClaimProvider:
      { validity: 1825d, purposes: [issuer-parameters], approval: automatic, enrollers: [claim-providers], renewal: 90d }
${archivesKeys ? archival(templateArc) : ''}
# The policy service, which Windows and cepces query before they enrol, at /policy.
policy: { id: "${policyId}", name: "Policy of ${hostname}" }

claimProvider:
  parameters: ${FILES.issuerParameters}
  privateKey: ${FILES.issuerKey}
  maxClaimTokens: 1000
  maxIdTokens: 100
  claimTokenDays: 30
  idTokenDays: 365
  # batch: for identity tokens. sequential: where each token has a value, such as a vote or a ticket.
  issuance: batch

# The same in JSON, over the curve P-256: keys at /.well-known/jwks.json, issuance and presentation below /json.
json:
  privateKey: ${FILES.jsonIssuerKey}
  maxTokens: 1000
  tokenDays: 30
  requiredClaims: []

relyingParty:
  # Claim types that a presentation must disclose. Without any, all valid presentations are accepted.
  requiredClaims: []

authentication:
  failuresBeforeLockout: 10
  lockout: 15m
  # Of one address, and of one account.
  requestsPerSecond: 50

# Threads for the arithmetic. 0: the main thread computes.
workers: auto
limits: { inFlight: 64, body: 1048576, requestTimeout: 30s }
log: { level: info }
`
}

/**
 * An object identifier for templates of this deployment, below Microsoft's arc for them: four random arcs of 24 bits, which keep it
 * apart from those of others and below the 2^32 that Windows reads.
 */
export function newTemplateArc(): string {
  const arcs = Array.from(crypto.getRandomValues(new Uint32Array(4)), (arc) => String(arc >>> 8))
  return `1.3.6.1.4.1.311.21.8.${arcs.join('.')}.1`
}

/** A commented `users.yaml`. */
export function usersTemplate(users: Readonly<Record<string, UserEntry>>): string {
  return `# Accounts of people and machines. \`uprove password\` hashes a password; an account without one logs in with its certificate.
# Certificates take their names (subject, emails, upns, dnsNames, uris, ipAddresses) from here, tokens their claims. Send the
# server SIGHUP after a change.
${yaml.stringify({ users }, { lineWidth: 120 })}`
}
