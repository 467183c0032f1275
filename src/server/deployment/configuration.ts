import { readFile } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import type { core, input, output, ZodType } from 'zod'
import { UProveError } from '../../../bindings/errors.js'
import { SID } from '../../pki/ca/policy/names.js'
import { PkiError } from '../../pki/errors.js'
import { parseName } from '../../pki/x509/name.js'
import { isCharacterData } from '../../xml/names.js'
import { DEFAULT_ROW_LIMITS } from '../../store/index.js'
import { FORWARDED_HEADERS, isNetwork } from '../http/forwarded.js'
import { DEFAULT_HOST_LIMITS } from '../http/limits.js'
import { yaml, z } from '../packages.js'
import { isPasswordHash } from './passwords.js'
import { authoritySettings } from './profile-settings.js'
import { choice, count, duration, name, settings, uri } from './values.js'

/** A file of a deployment cannot be used. The text names the file, the place in it, and the problem. */
export class ConfigurationError extends UProveError {
  constructor(file: string, problem: string, options?: ErrorOptions) {
    super('server/configuration', `${file}: ${problem}`, options)
  }
}

/** The contents of a YAML file, checked. Throws `ConfigurationError`, which names places in the file, never values. */
export async function readYaml<S extends ZodType>(file: string, schema: S): Promise<output<S>> {
  let contents: unknown
  try {
    contents = yaml.parse(await readText(file), { maxAliasCount: 0 })
  } catch (error) {
    // The parser refuses an alias before it knows the line.
    if (error instanceof ReferenceError) throw new ConfigurationError(file, 'aliases (*) are not supported')
    if (!(error instanceof yaml.YAMLParseError)) throw error
    const [start] = error.linePos ?? []
    throw new ConfigurationError(file, `not YAML (${error.code}), line ${String(start?.line ?? '?')}`)
  }
  const { success, data, error } = schema.safeParse(contents, { reportInput: false })
  if (success) return data
  throw new ConfigurationError(file, error.issues.map(problemOf).join('; '))
}

/** The place of a problem, and what is allowed there. */
function problemOf({ code, path, message }: core.$ZodIssue): string {
  const isMissing = code === 'invalid_type' && message.endsWith('received undefined')
  return `${path.length === 0 ? 'the file' : path.join('.')}: ${isMissing ? 'is missing' : message}`
}

/** The text of a file. Throws `ConfigurationError` if the file does not exist or cannot be read. */
export async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const { code = 'unreadable' } = error as NodeJS.ErrnoException
    throw new ConfigurationError(file, code === 'ENOENT' ? 'the file does not exist' : `cannot be read (${code})`)
  }
}

/** A path in a deployment: relative paths are relative to its folder. */
export const inFolder = (folder: string, path: string): string => (isAbsolute(path) ? path : join(folder, path))

const listener = settings({ address: name, port: z.int().min(0).max(65_535) })
const location = z.union(
  [
    settings({ folder: name, url: z.undefined().optional() }),
    settings({ url: name, folder: z.undefined().optional() }),
  ],
  {
    error: 'must have either a folder or a url',
  },
)

const language = choice(['en-US', 'de-DE', 'fr-FR', 'ja-JP'])

const httpsUrl = z
  .url({ protocol: /^https$/, error: 'must be an https URL' })
  .transform((text) => text.replace(/\/+$/, ''))

const configuration = settings({
  url: httpsUrl,
  listen: listener,
  /** `hosts`: names that operators and Prometheus call it by, beside `localhost` and IP addresses. */
  admin: settings({ ...listener.shape, hosts: z.array(name.transform((text) => text.toLowerCase())).default([]) })
    .nullable()
    .default(null),
  /** Proxies that end TLS in front of this service and forward the addresses of their clients. */
  trustedProxies: z.array(name.refine(isNetwork, 'must be an IP address or a network such as 10.0.0.0/8')).default([]),
  forwardedHeader: choice(FORWARDED_HEADERS).default('x-forwarded-for'),
  tls: settings({ certificate: name, key: name }),
  /**
   * The CRL and the authority's certificate over plain HTTP, as RFC 5280, section 8, wants it: a client that checks a TLS
   * certificate cannot fetch its CRL over TLS. The URL stands in certificates. Default: over https only, which few clients fetch.
   */
  publication: z
    .strictObject({
      url: z.url({ protocol: /^http$/, error: 'must be an http URL' }).transform((text) => text.replace(/\/+$/, '')),
      listen: listener,
    })
    .optional(),
  /**
   * HTTPS for clients that log in with a certificate. Only this listener asks for one: a browser that is asked shows a dialog,
   * or hangs. Default: no client can log in with a certificate.
   */
  clientCertificate: settings({ url: httpsUrl, listen: listener }).optional(),
  store: z.union([z.literal('environment'), location], {
    error: 'must be `environment`, or have either a folder or a url',
  }),
  state: location.optional(),
  stateKey: name,
  users: name,
  /** The file of the operator token; each node has one. */
  operatorToken: name,
  authority: authoritySettings,
  /** The languages of texts for people in answers of the Security Token Service. [MS-WSTEP] 3.1.1 */
  languages: z
    .strictObject({
      supported: z.array(language).min(1).default(['en-US', 'de-DE', 'fr-FR', 'ja-JP']),
      default: language.default('en-US'),
    })
    .refine((languages) => languages.supported.includes(languages.default), 'default must be one of supported')
    .prefault({}),
  /** The policy service of [MS-XCEP]. Default: none. */
  policy: z
    .strictObject({
      /** Names the policy in the caches of Windows: never change it, never give it to another authority. */
      id: z.string().regex(/^\{[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\}$/, 'must be a GUID in braces'),
      name: name.optional(),
      nextUpdateHours: count.max(8760).default(8),
    })
    .optional(),
  claimProvider: z
    .strictObject({
      parameters: name,
      privateKey: name,
      maxClaimTokens: count.default(1_000),
      maxIdTokens: count.default(100),
      /** In days; tokens expire at the beginning of a month. */
      claimTokenDays: count.default(30),
      idTokenDays: count.default(3_650),
      issuance: choice(['batch', 'sequential']).default('batch'),
      maxOpenTokens: count.optional(),
      /** Tokens and exchanges that one account may have open; beyond them its oldest exchange ends. */
      maxAccountTokens: count.optional(),
      maxAccountExchanges: count.min(2, 'must be at least 2: one for each class of tokens').optional(),
      /** How long an unanswered exchange keeps its place when another account needs it. */
      patience: duration.default(30_000),
      devices: z
        .strictObject({
          /** Whether a Device must protect all tokens. */
          required: z.boolean().default(false),
          /** The certificates of the authorities that certify Device issuers, PEM. Default: this authority. */
          authority: name.optional(),
        })
        .prefault({}),
    })
    .refine(
      ({ maxAccountTokens = Infinity, maxClaimTokens, maxIdTokens }) =>
        maxAccountTokens >= maxClaimTokens + maxIdTokens,
      'maxAccountTokens must not be less than maxClaimTokens and maxIdTokens together',
    ),
  /** The Issuer and the Verifier of the JSON Framework. Default: none. */
  json: z
    .strictObject({
      /** The private JWK of the Issuer; the `attrTypes` of its specification are the claim types of the attributes. */
      privateKey: name,
      maxTokens: count.default(1_000),
      /** In days; tokens expire at the end of the unit in the key's specification. */
      tokenDays: count.default(30),
      /** The claim types that a presentation must disclose. */
      requiredClaims: z.array(uri).default([]),
      /** The text that the user must sign. Default: no text is required. */
      signedData: z.string().min(1).optional(),
    })
    .optional(),
  relyingParty: settings({
    identifiers: z.array(uri).min(1).optional(),
    /** Trusted Issuer parameters. Default: those of this Claim Provider. */
    parameters: z.array(name).optional(),
    requiredClaims: z.array(uri).default([]),
    /** Whether a Device must protect every token that is presented. */
    deviceRequired: z.boolean().default(false),
    /** Whether `parameters` may use L1024N160 and SHA-1, which are weak: for old tokens. */
    allowLegacy: z.boolean().default(false),
    /** The text that the user must sign. Default: no text is required. */
    signedData: z.string().min(1).refine(isCharacterData, 'contains characters that XML cannot write').optional(),
  }),
  authentication: z
    .strictObject({
      /** The file of the key of sealed passwords. Default: digests of passwords are refused. */
      digestKey: name.optional(),
      failuresBeforeLockout: count.default(10),
      failuresPerAddress: count.default(100),
      lockout: duration.default(900_000),
      requestsPerSecond: z.number().positive().default(50),
    })
    .prefault({}),
  workers: z.union([z.literal('auto'), z.int().min(0).max(256)]).default('auto'),
  limits: z
    .strictObject({
      inFlight: count.default(DEFAULT_HOST_LIMITS.inFlight),
      /** Requests for tokens being answered, for each worker. More only wait for the workers. */
      inFlightPerWorker: count.default(4),
      connections: count.default(DEFAULT_HOST_LIMITS.connections),
      connectionsPerAddress: count.default(DEFAULT_HOST_LIMITS.connectionsPerAddress),
      /** A message with 1,100 challenges takes about a tenth of that. */
      body: count.default(DEFAULT_HOST_LIMITS.body),
      bodies: count.default(DEFAULT_HOST_LIMITS.bodies),
      bodiesPerAddress: count.default(DEFAULT_HOST_LIMITS.bodiesPerAddress),
      headersTimeout: duration.default(DEFAULT_HOST_LIMITS.headersTimeout),
      requestTimeout: duration.default(DEFAULT_HOST_LIMITS.requestTimeout),
      idleTimeout: duration.default(DEFAULT_HOST_LIMITS.idleTimeout),
    })
    // A larger body would be refused from everywhere.
    .refine(({ body, bodiesPerAddress }) => body <= bodiesPerAddress, 'body must not exceed bodiesPerAddress')
    .prefault({}),
  /** The number of remembered single-use values, by kind. */
  remembered: z
    .strictObject({
      challenges: count.default(DEFAULT_ROW_LIMITS.challenges),
      presentations: count.default(DEFAULT_ROW_LIMITS.presentations),
      passwordDigests: count.default(DEFAULT_ROW_LIMITS.passwordDigests),
    })
    .prefault({}),
  log: z
    .strictObject({
      level: choice(['silent', 'fatal', 'error', 'warn', 'info', 'debug']).default('info'),
      /** The folder of the security log, one file a day. Default: its lines go to stdout with the others. */
      security: name.optional(),
      /** How long files of the security log are kept. */
      retention: duration.default(90 * 86_400_000),
    })
    .prefault({}),
})

/** `uprove.yaml`, checked; paths as written there. */
export type Configuration = output<typeof configuration>

export const CONFIGURATION_FILE = 'uprove.yaml'

/** The configuration of a deployment folder. Throws `ConfigurationError`. */
export async function readConfiguration(folder: string): Promise<Configuration> {
  return readYaml(join(folder, CONFIGURATION_FILE), configuration)
}

const claimValue = z.string().refine(isCharacterData, 'contains characters that XML cannot write')

function isName(text: string): boolean {
  try {
    return parseName(text).length > 0
  } catch (error) {
    if (error instanceof PkiError) return false
    throw error
  }
}

const user = settings({
  /** As `uprove password` prints it. Default: the account cannot log in with a password. */
  password: z.string().refine(isPasswordHash, 'must be a hash made by `uprove password`').optional(),
  /** The password itself, sealed as `uprove password --digest` prints it, for clients that send only digests. */
  sealedPassword: z.string().startsWith('$sealed$', 'must be made by `uprove password --digest`').optional(),
  groups: z.array(name).default([]),
  /** The subject of the account's certificates, an RFC 4514 string. */
  subject: name.refine(isName, 'must be a name such as CN=Alice,O=Example'),
  emails: z.array(z.email()).default([]),
  upns: z.array(name).default([]),
  dnsNames: z.array(name).default([]),
  uris: z.array(uri).default([]),
  ipAddresses: z.array(z.union([z.ipv4(), z.ipv6()])).default([]),
  /** The security identifier of the account in Active Directory, which its certificates then carry. Default: none. */
  sid: z.string().regex(SID, 'must be a security identifier such as S-1-5-21-1-2-3-1104').optional(),
  /** By claim type; the others are null. */
  claims: z.record(uri, z.union([claimValue, z.number().transform(String), z.null()])).default({}),
  /** A file of Device parameters: the Device that protects the tokens of this account. */
  device: name.optional(),
  disabled: z.boolean().default(false),
})

/** A person or machine with an account. */
export type User = output<typeof user>
/** The same as written in the file. */
export type UserEntry = input<typeof user>

const users = settings({ users: z.record(name, user) })

/** The users of a deployment by name. Throws `ConfigurationError`. */
export async function readUsers(file: string): Promise<ReadonlyMap<string, User>> {
  return new Map(Object.entries((await readYaml(file, users)).users))
}
