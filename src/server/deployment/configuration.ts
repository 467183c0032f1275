import { readFile } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import { parse as parseYaml, YAMLParseError } from 'yaml'
import { z } from 'zod'
import { UProveError } from '../../../bindings/errors.js'
import { PkiError } from '../../pki/errors.js'
import { parseName } from '../../pki/x509/name.js'
import { isCharacterData } from '../../xml/names.js'
import { isPasswordHash } from './passwords.js'

/** A file of a deployment that cannot be used; the text says which, where in it, and what is wanted. */
export class ConfigurationError extends UProveError {
  constructor(file: string, problem: string, options?: ErrorOptions) {
    super('server/configuration', `${file}: ${problem}`, options)
  }
}

/** Reads a YAML file and checks it. Throws `ConfigurationError`; of values in the file only the place is told. */
export async function readYaml<S extends z.ZodType>(file: string, schema: S): Promise<z.output<S>> {
  let contents: unknown
  try {
    contents = parseYaml(await readText(file), { maxAliasCount: 0 })
  } catch (error) {
    // Of a node that names another one, before it has a place.
    if (error instanceof ReferenceError) throw new ConfigurationError(file, 'aliases (*) cannot be used in it')
    if (!(error instanceof YAMLParseError)) throw error
    const [start] = error.linePos ?? []
    throw new ConfigurationError(file, `no YAML (${error.code}), line ${String(start?.line ?? '?')}`)
  }
  const { success, data, error } = schema.safeParse(contents, { reportInput: false })
  if (success) return data
  const problems = error.issues.map(
    ({ path, message }) => `${path.length === 0 ? 'the file' : path.join('.')}: ${message}`,
  )
  throw new ConfigurationError(file, problems.join('; '))
}

/** Throws `ConfigurationError` if there is no such file, or it may not be read. */
export async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const { code = 'unreadable' } = error as NodeJS.ErrnoException
    throw new ConfigurationError(file, code === 'ENOENT' ? 'there is no such file' : `cannot be read (${code})`)
  }
}

/** A path in a deployment, which is relative to its folder. */
export const inFolder = (folder: string, path: string): string => (isAbsolute(path) ? path : join(folder, path))

const count = z.int().positive()
const name = z.string().min(1).max(200)
const uri = z.url()
/** `30d`, `12h`, `5m`, `90s`; in milliseconds. */
const duration = z
  .string()
  .regex(/^[1-9]\d{0,5}[smhd]$/, 'a duration such as 30d, 12h, 5m or 90s is wanted')
  .transform(
    (text) =>
      Number(text.slice(0, -1)) * { s: 1e3, m: 6e4, h: 36e5, d: 864e5 }[text.slice(-1) as 's' | 'm' | 'h' | 'd'],
  )

const listener = z.strictObject({ address: name, port: z.int().min(0).max(65_535) })
const location = z
  .strictObject({ folder: name.optional(), url: name.optional() })
  .refine(({ folder, url }) => (folder === undefined) !== (url === undefined), 'either a folder or a url is wanted')

/** What certificates are for. Their key usages follow from it. */
const purpose = z.enum(['client', 'server', 'email', 'issuer-parameters', 'device-parameters'])

const profile = z.strictObject({
  validity: duration,
  purposes: z.array(purpose).min(1),
  /** Whether an operator approves each request. */
  approval: z.enum(['automatic', 'operator']),
  /** Who may enrol: everybody with an account, or members of groups. */
  enrollers: z.union([z.literal('everyone'), z.array(name)]),
  /** Names that are taken from the request; by default all come from the account. */
  honours: z.array(z.enum(['subject', 'dnsNames', 'uris', 'emails', 'upns', 'ipAddresses'])).default([]),
  /** How long before its end a certificate can be renewed; by default it cannot. */
  renewal: duration.optional(),
})

const configuration = z.strictObject({
  url: z.url({ protocol: /^https$/, error: 'an https URL is wanted' }).transform((text) => text.replace(/\/+$/, '')),
  listen: listener,
  admin: listener.nullable().default(null),
  tls: z.strictObject({ certificate: name, key: name }),
  store: location,
  state: location.optional(),
  stateKey: name,
  users: name,
  /** Authorizes operators; each node has one. */
  operatorToken: name,
  authority: z.strictObject({
    certificate: name,
    key: name,
    defaultProfile: name.optional(),
    profiles: z.record(name, profile),
    /** The public RSA key, PEM, to which private keys to be archived are encrypted; by default none are. */
    exchangeKey: name.optional(),
  }),
  claimProvider: z.strictObject({
    parameters: name,
    privateKey: name,
    maxClaimTokens: count.default(1_000),
    maxIdTokens: count.default(100),
    /** In days; tokens expire at the beginning of a month. */
    claimTokenDays: count.default(30),
    idTokenDays: count.default(3_650),
    issuance: z.enum(['batch', 'sequential']).default('batch'),
    maxOpenTokens: count.optional(),
  }),
  relyingParty: z.strictObject({
    identifiers: z.array(uri).min(1).optional(),
    /** Issuer parameters that are trusted; default: those of the Claim Provider here. */
    parameters: z.array(name).optional(),
    requiredClaims: z.array(uri).default([]),
  }),
  authentication: z
    .strictObject({
      /** The key of sealed passwords; without one, digests of passwords are refused. */
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
      inFlight: count.default(64),
      connections: count.default(1_000),
      /** The message with 1,100 challenges has about a tenth of that. While one is read, all others wait. */
      body: count.default(1 << 20),
      bodies: count.default(256 << 20),
      requestTimeout: duration.default(30_000),
      idleTimeout: duration.default(10_000),
    })
    .prefault({}),
  log: z
    .strictObject({ level: z.enum(['silent', 'fatal', 'error', 'warn', 'info', 'debug']).default('info') })
    .prefault({}),
})

/** `uprove.yaml`, checked; paths are as they stand there. */
export type Configuration = z.output<typeof configuration>
export type ProfileConfiguration = z.output<typeof profile>

export const CONFIGURATION_FILE = 'uprove.yaml'

/** The configuration of a deployment folder. Throws `ConfigurationError`. */
export async function readConfiguration(folder: string): Promise<Configuration> {
  return readYaml(join(folder, CONFIGURATION_FILE), configuration)
}

/** What XML can write. */
const claimValue = z.string().refine(isCharacterData, 'there are characters in it that XML cannot write')

function isName(text: string): boolean {
  try {
    return parseName(text).length > 0
  } catch (error) {
    if (error instanceof PkiError) return false
    throw error
  }
}

const user = z.strictObject({
  /** As `uprove password` prints it; without one, nobody logs in with a password. */
  password: z.string().refine(isPasswordHash, 'a hash that `uprove password` made is wanted').optional(),
  /** The password itself, sealed as `uprove password --digest` prints it: for clients that send digests only. */
  sealedPassword: z.string().startsWith('$sealed$', 'what `uprove password --digest` made is wanted').optional(),
  groups: z.array(name).default([]),
  /** For certificates: the name of the person or machine, an RFC 4514 string. */
  subject: name.refine(isName, 'a name such as CN=Alice,O=Example is wanted'),
  emails: z.array(z.email()).default([]),
  upns: z.array(name).default([]),
  dnsNames: z.array(name).default([]),
  uris: z.array(uri).default([]),
  ipAddresses: z.array(z.union([z.ipv4(), z.ipv6()])).default([]),
  /** By claim type; what is left out is null. */
  claims: z.record(uri, z.union([claimValue, z.number().transform(String), z.null()])).default({}),
  disabled: z.boolean().default(false),
})

/** A person or machine with an account. */
export type User = z.output<typeof user>
/** The same as it stands in the file. */
export type UserEntry = z.input<typeof user>

const users = z.strictObject({ users: z.record(name, user) })

/** The users of a deployment by name. Throws `ConfigurationError`. */
export async function readUsers(file: string): Promise<ReadonlyMap<string, User>> {
  return new Map(Object.entries((await readYaml(file, users)).users))
}
