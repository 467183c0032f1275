import { randomBytes } from 'node:crypto'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Engine } from '../../../bindings/engine/engine.js'
import { InvalidInputError } from '../../../bindings/errors.js'
import { createJsonIssuer, writePrivateJwk } from '../../json/artefacts/keys.js'
import { L2048N256 } from '../../params/L2048N256.js'
import { P256 } from '../../params/P256.js'
import type { RecommendedSubgroup } from '../../params/recommended.js'
import type { EmbeddedAuthority } from '../../pki/ca/embedded-authority.js'
import { createRoot } from '../../pki/ca/issuing/root.js'
import { keyIdentifier, newSerialNumber, signCertificate, wholeSeconds } from '../../pki/ca/issuing/sign-certificate.js'
import { extendedKeyUsage, keyUsage, subjectKeyIdentifier } from '../../pki/x509/extensions.js'
import { systemRandom } from '../../../bindings/octets/random.js'
import { PURPOSES } from './profile-settings.js'
import { generateKey, signatureVerifier, type ExportableKey } from '../../pki/keys/keys.js'
import { parseName } from '../../pki/x509/name.js'
import { encodePem } from '../../pki/asn1/pem.js'
import type { SignatureVerifier } from '../../pki/keys/signing.js'
import { createSecretFile, locationFromEnvironment } from '../../store/index.js'
import { wipe, type Octets } from '../../../bindings/octets/octets.js'
import { WstepClient } from '../../wstep/client/client.js'
import { SecurityTokenService } from '../../wstep/security-token-service.js'
import type { UserEntry } from './configuration.js'
import { certificateOf, Deployment, type Environment } from './deployment.js'
import { Host } from '../http/host.js'
import { isAddress } from '../http/ip-address.js'
import { httpsTransport } from '../http/https-transport.js'
import { makeIssuer, signerKey } from './issuer-files.js'
import { hashPassword } from './passwords.js'
import { PATHS } from './paths.js'
import { soapRoute } from '../http/http.js'
import { configurationTemplate, FILES, newTemplateArc, usersTemplate } from './templates.js'
import { issueAsOperator, TLS_ACCOUNT } from './tls-certificate.js'
import { createEngine } from '../../../bindings/loading/create-engine.js'

export interface InitOptions {
  /** The URL of the service, https. Default: `https://localhost:8443`. */
  readonly url?: string
  /** The address to listen at, for clients. Default: `127.0.0.1`. */
  readonly address?: string
  /** The address to listen at for operators, plain HTTP. Default: `127.0.0.1`. */
  readonly adminAddress?: string
  /** Names by which operators and Prometheus call it, beside `localhost` and IP addresses. Default: none. */
  readonly adminHosts?: readonly string[]
  /** The port. Default: the port of the URL. */
  readonly port?: number
  /** The port for operators. Default: `port` + 1. */
  readonly adminPort?: number
  /** The port of plain HTTP for the CRL and the authority's certificate. Default: `port` + 2, or 8080 if that is below 1024. */
  readonly httpPort?: number
  /** The port of HTTPS for clients with certificates. Default: `port` + 3, or 8446 if that is below 1024. */
  readonly certificatePort?: number
  /** Whether to make keys for archiving the private keys of others: the exchange key, and that of a recovery agent. Default false. */
  readonly archiveKeys?: boolean
  /** The set of the Claim Provider's Issuer parameters: L2048N256 or L3072N256. Default: L2048N256. */
  readonly group?: RecommendedSubgroup
  /** Passwords of the example users, by name. Default: random ones. */
  readonly passwords?: Readonly<Record<string, string>>
  /** Locates the store, as for `startService`. Default: `process.env`. */
  readonly environment?: Environment
  /** Called before each step. */
  readonly onStep?: (step: string) => void
}

/** A new deployment. */
export interface Initialized {
  readonly url: string
  /** The URL for clients that log in with a certificate. */
  readonly certificateUrl: string
  /** Passwords of the example users, by name; the folder has only their hashes. */
  readonly passwords: Readonly<Record<string, string>>
}

const DAY = 86_400_000
const CLAIMS = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/'
const EXAMPLE_CLAIMS = ['emailaddress', 'givenname', 'surname', 'dateofbirth', 'country'] as const
type ExampleClaims = Readonly<Record<(typeof EXAMPLE_CLAIMS)[number], string>>
/** The claim types of the example. */
export const EXAMPLE_CLAIM_TYPES = EXAMPLE_CLAIMS.map((name) => CLAIMS + name)

/**
 * Makes a deployment folder that can be served: an authority, a TLS certificate, a Claim Provider that enrols over WSTEP and signs
 * its Issuer parameters, example users, and a commented configuration. Throws `InvalidInputError` (`init/folder` for a folder
 * that is not empty, `init/url`, `init/address`) and `StoreError`; the folder is empty again then.
 */
export async function initialize(folder: string, options: InitOptions = {}): Promise<Initialized> {
  const url = checkUrl(options.url ?? 'https://localhost:8443')
  for (const address of [options.address, options.adminAddress]) {
    if (address !== undefined && !isAddress(address)) {
      throw new InvalidInputError('init/address', 'the address to listen at must be an IP address')
    }
  }
  await makeFolder(folder)
  try {
    return await fill(folder, url, options)
  } catch (error) {
    for (const made of await readdir(folder)) await rm(join(folder, made), { recursive: true })
    throw error
  }
}

async function fill(folder: string, url: URL, options: InitOptions): Promise<Initialized> {
  const { onStep = () => undefined } = options
  const write = async (file: string, contents: string): Promise<void> => createSecretFile(join(folder, file), contents)

  onStep('making keys, users and configuration')
  const { users, passwords } = await exampleUsers(url, options.passwords ?? {})
  const port = options.port ?? Number(url.port || 443)
  const certificatePort = options.certificatePort ?? (port + 3 < 1024 ? 8446 : port + 3)
  const text = configurationTemplate({
    url: url.origin,
    address: options.address,
    port,
    adminAddress: options.adminAddress,
    adminPort: options.adminPort ?? port + 1,
    adminHosts: options.adminHosts,
    httpPort: options.httpPort ?? (port + 2 < 1024 ? 8080 : port + 2),
    certificatePort,
    policyId: `{${crypto.randomUUID().toUpperCase()}}`,
    templateArc: newTemplateArc(),
    archivesKeys: options.archiveKeys,
    // A URL may contain a password, and this file is no secret.
    storeInEnvironment: locationFromEnvironment('', options.environment).url !== undefined,
  })
  await write(FILES.configuration, text)
  await write(FILES.users, usersTemplate(users))
  await write(FILES.stateKey, `${randomBytes(32).toString('base64')}\n`)
  await write(FILES.operatorToken, `${randomBytes(32).toString('base64url')}\n`)
  const root = await generateKey('ECDSA-P256', { extractable: true })
  const subject = parseName(`CN=uprove-wasm authority of ${url.hostname}`)
  const certificate = await createRoot({ key: root, subject, validity: 3_650 * DAY, pathLength: 0 })
  await write(FILES.authorityKey, await privatePem(root))
  await write(FILES.authorityCertificate, encodePem('CERTIFICATE', certificate))

  if (options.archiveKeys === true) {
    onStep('making the keys of the archive')
    const exchange = await generateKey('RSA-3072', { extractable: true })
    const agent = await generateKey('RSA-3072', { extractable: true })
    await write(FILES.exchangeKey, await privatePem(exchange))
    await write(FILES.recoveryAgentKey, await privatePem(agent))
    await write(FILES.recoveryAgentCertificate, encodePem('CERTIFICATE', await agentCertificate(agent, url.hostname)))
  }

  const deployment = await Deployment.open(folder, options.environment)
  const engine = await createEngine()
  const store = await deployment.openStore()
  try {
    const verifier = signatureVerifier({ engine })
    const authority = await deployment.openAuthority(store, engine, verifier)

    onStep('issuing the TLS certificate')
    const tlsKey = await generateKey('ECDSA-P256', { extractable: true })
    const asked = { account: TLS_ACCOUNT, templateName: 'Machine', key: tlsKey }
    const issued = await issueAsOperator(asked, authority, verifier)
    if (issued.status !== 'issued') {
      throw new InvalidInputError('init/certificate', 'the authority issued no certificate for TLS')
    }
    await write(FILES.tlsKey, await privatePem(tlsKey))
    await write(
      FILES.tlsCertificate,
      [issued.certificate, certificate].map((der) => encodePem('CERTIFICATE', der)).join(''),
    )

    onStep('enrolling the Claim Provider over WSTEP')
    const providerKey = await generateKey('ECDSA-P256', { extractable: true })
    const enrolled = await enrollOverTls(deployment, authority, verifier, providerKey, certificate)
    await write(FILES.claimProviderKey, await privatePem(providerKey))
    await write(FILES.claimProviderCertificate, enrolled.map((der) => encodePem('CERTIFICATE', der)).join(''))

    onStep('making the Issuer parameters')
    const { document, privateKey } = await makeIssuer(
      engine,
      options.group ?? L2048N256,
      { uidp: `${deployment.url('issuerParameters')}/1`, url: url.origin, claimTypes: EXAMPLE_CLAIM_TYPES },
      { key: await signerKey(await providerKey.exportPrivateKey()), certificates: enrolled },
    )
    await write(FILES.issuerParameters, document)
    await write(FILES.issuerKey, `${privateKey}\n`)

    await write(FILES.jsonIssuerKey, `${makeJsonIssuer(engine)}\n`)

    const { isRevoked } = await certificateOf(store, enrolled[0])
    if (isRevoked)
      throw new InvalidInputError('init/folder', 'the store did not record the certificate of the Claim Provider')
    return { url: url.origin, certificateUrl: `https://${url.hostname}:${String(certificatePort)}`, passwords }
  } finally {
    await store.close()
    engine.dispose()
  }
}

function checkUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'https:' || url.pathname !== '/' || url.search !== '') {
    throw new InvalidInputError('init/url', 'the URL of a service must be https, without a path')
  }
  return url
}

async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  if ((await readdir(folder)).length > 0) throw new InvalidInputError('init/folder', 'the folder is not empty')
  await mkdir(join(folder, 'keys'), { mode: 0o700 })
}

async function exampleUsers(
  { hostname, origin }: URL,
  given: Readonly<Record<string, string>>,
): Promise<{ users: Record<string, UserEntry>; passwords: Record<string, string> }> {
  const passwords: Record<string, string> = {}
  const person = async (claims: ExampleClaims, groups: string[] = []): Promise<UserEntry> => {
    const { emailaddress, givenname, surname } = claims
    const name = givenname.toLowerCase()
    passwords[name] = given[name] ?? randomBytes(12).toString('base64url')
    return {
      password: await hashPassword(passwords[name]),
      subject: `CN=${givenname} ${surname},O=Example`,
      emails: [emailaddress],
      groups,
      claims: Object.fromEntries(EXAMPLE_CLAIMS.map((claim) => [CLAIMS + claim, claims[claim]])),
    }
  }
  const isIp = /^[\d.]+$|:/.test(hostname)
  const users: Record<string, UserEntry> = {
    alice: await person(
      {
        ...{ emailaddress: 'alice@example.com', givenname: 'Alice', surname: 'Archer' },
        ...{ dateofbirth: '1990-05-17', country: 'SE' },
      },
      ['device-issuers'],
    ),
    bob: await person({
      ...{ emailaddress: 'bob@example.com', givenname: 'Bob', surname: 'Baker' },
      ...{ dateofbirth: '2008-02-29', country: 'PT' },
    }),
    [TLS_ACCOUNT]: {
      subject: `CN=${hostname}`,
      groups: ['machines'],
      ...(isIp ? { ipAddresses: [hostname.replace(/[[\]]/g, '')] } : { dnsNames: [hostname] }),
    },
    'claim-provider': { subject: 'CN=Claim Provider,O=Example', groups: ['claim-providers'], uris: [origin] },
  }
  return { users, passwords }
}

const privatePem = async (key: ExportableKey): Promise<string> => {
  const pkcs8 = await key.exportPrivateKey()
  try {
    return encodePem('PRIVATE KEY', pkcs8)
  } finally {
    wipe(pkcs8)
  }
}

/** Signed by itself: it is trusted because it is configured. */
async function agentCertificate(key: ExportableKey, hostname: string): Promise<Octets> {
  const subject = parseName(`CN=Recovery agent of ${hostname}`)
  const now = wholeSeconds(Date.now())
  return signCertificate(
    {
      serialNumber: newSerialNumber(systemRandom),
      issuer: subject,
      subject,
      notBefore: new Date(now.getTime() - 300_000),
      notAfter: new Date(now.getTime() + 3_650 * DAY),
      publicKey: key.publicKey,
      extensions: [
        subjectKeyIdentifier(await keyIdentifier(key.publicKey)),
        keyUsage('keyEncipherment'),
        extendedKeyUsage(PURPOSES['recovery-agent']),
      ],
    },
    key,
  )
}

/** Enrols the Claim Provider as any other client, over WSTEP with a password. Returns its certificate and the chain. */
async function enrollOverTls(
  deployment: Deployment,
  authority: EmbeddedAuthority,
  verifier: SignatureVerifier,
  key: ExportableKey,
  ca: Octets,
): Promise<readonly [Octets, Octets]> {
  const once = randomBytes(24).toString('base64url')
  const sts = new SecurityTokenService({
    authority,
    verifier,
    address: deployment.url('securityTokenService'),
    accounts: {
      verify: (username, password) =>
        Promise.resolve(username === 'claim-provider' && password === once ? username : undefined),
    },
  })
  const path = PATHS.securityTokenService
  const host = new Host({
    routes: [soapRoute({ name: 'wstep', path }, (request) => sts.handle(request))],
    tls: await deployment.tls(),
  })
  const { port } = await host.listen(0, '127.0.0.1')
  try {
    const { hostname } = new URL(deployment.configuration.url)
    const client = new WstepClient({
      url: `https://127.0.0.1:${String(port)}${path}`,
      transport: httpsTransport({ ca: encodePem('CERTIFICATE', ca), servername: hostname }),
      credentials: { username: 'claim-provider', password: once },
    })
    const enrollment = await client.enroll({ subject: 'CN=Claim Provider', key, templateName: 'ClaimProvider' })
    if (enrollment.status !== 'issued') throw new InvalidInputError('init/certificate', 'the enrolment is pending')
    return [enrollment.certificate, ca]
  } finally {
    await host.close()
  }
}

/** The private JWK of an Issuer of the JSON Framework, whose tokens expire by the day. */
function makeJsonIssuer(engine: Engine): string {
  const specification = { n: EXAMPLE_CLAIM_TYPES.length, expType: 'day', attrTypes: EXAMPLE_CLAIM_TYPES } as const
  const issuer = createJsonIssuer(engine.curve(P256), { recommended: P256, specification })
  try {
    return JSON.stringify(writePrivateJwk(issuer))
  } finally {
    issuer.dispose()
  }
}
