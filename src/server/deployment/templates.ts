import { stringify } from 'yaml'
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
  stateKey: 'keys/state.key',
  operatorToken: 'keys/operator.token',
  issuerParameters: 'issuer-parameters.xml',
  data: 'data',
  state: 'state',
} as const

export interface Template {
  readonly url: string
  readonly port: number
  readonly adminPort: number
}

/** `uprove.yaml`, with comments. */
export function configurationTemplate({ url, port, adminPort }: Template): string {
  return `# A deployment of uprove-wasm. Paths are relative to this folder. docs/operating.md explains everything.

# What clients call this service: in tokens, in certificates, in answers. Change it only with new Issuer parameters.
url: ${url}
listen: { address: 127.0.0.1, port: ${String(port)} }
# Health, metrics and operators, over plain HTTP: keep it on the loopback interface. null: none.
admin: { address: 127.0.0.1, port: ${String(adminPort)} }
tls: { certificate: ${FILES.tlsCertificate}, key: ${FILES.tlsKey} }

# The records, to be backed up; DATABASE_URL overrides it, as does a url of PostgreSQL here. A farm needs PostgreSQL.
store: { folder: ${FILES.data} }
# Open exchanges, as precious as the Issuer's key: never in a backup, never in a replica.
state: { folder: ${FILES.state} }
# UPROVE_STATE_KEY in the environment overrides it.
stateKey: ${FILES.stateKey}

users: ${FILES.users}
operatorToken: ${FILES.operatorToken}

authority:
  certificate: ${FILES.authorityCertificate}
  key: ${FILES.authorityKey}
  # Certificates by the template name that requests have. All names in them come from the account, unless a profile
  # honours some of the request's.
  profiles:
    User:
      { validity: 365d, purposes: [client, email], approval: automatic, enrollers: everyone, renewal: 90d }
    Machine:
      { validity: 365d, purposes: [server, client], approval: operator, enrollers: [machines], renewal: 90d }
    # These may sign Device parameters and Issuer parameters: operators look at each.
    DeviceIssuer:
      { validity: 730d, purposes: [device-parameters], approval: operator, enrollers: [device-issuers], renewal: 90d }
    ClaimProvider:
      { validity: 1825d, purposes: [issuer-parameters], approval: automatic, enrollers: [claim-providers], renewal: 90d }

claimProvider:
  parameters: ${FILES.issuerParameters}
  privateKey: ${FILES.issuerKey}
  maxClaimTokens: 1000
  maxIdTokens: 100
  claimTokenDays: 30
  idTokenDays: 365
  # batch: for tokens that say who somebody is. sequential: where a token is worth something by itself.
  issuance: batch

relyingParty:
  # Claim types that a presentation must disclose; none: any valid presentation is accepted.
  requiredClaims: []

authentication:
  failuresBeforeLockout: 10
  lockout: 15m
  # By one address.
  requestsPerSecond: 50

# Threads for the arithmetic; 0: none.
workers: auto
limits: { inFlight: 64, body: 1048576, requestTimeout: 30s }
log: { level: info }
`
}

/** `users.yaml`. */
export function usersTemplate(users: Readonly<Record<string, UserEntry>>): string {
  return `# Accounts: people and machines. Passwords are hashed by \`uprove password\`; an account without one logs in with its
# certificate, or not at all. Names in certificates (subject, emails, upns, dnsNames, uris, ipAddresses) and claims in tokens come from
# here. Send the server SIGHUP to have it read again.
${stringify({ users }, { lineWidth: 120 })}`
}
