import { stat } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import type { Engine } from '../../../bindings/engine/engine.js'
import { UProveError } from '../../../bindings/errors.js'
import { L1024N160, L2048N256, L3072N256, P256, P384, P521 } from '../../params/index.js'
import type { DecryptionKey } from '../../pki/archival/key-transport.js'
import type { ArchivalOptions } from '../../pki/ca/archival.js'
import { createAuthority, type EmbeddedAuthority } from '../../pki/ca/embedded-authority.js'
import { serialText } from '../../pki/ca/issuing/sign-certificate.js'
import { isCompromised } from '../../pki/ca/related-certificates.js'
import { parseCertificate } from '../../pki/x509/certificate.js'
import { PkiError } from '../../pki/errors.js'
import { importPrivateKey } from '../../pki/keys/keys.js'
import { keyFingerprint, readPublicKey } from '../../pki/keys/public-key.js'
import { decodePem, decodePems, type PemLabel } from '../../pki/asn1/pem.js'
import type { SignatureVerifier } from '../../pki/keys/signing.js'
import {
  keyInEnvironment,
  keyInFile,
  locationFromEnvironment,
  openStore,
  type KeySource,
  type Store,
  type StoreLocation,
  type StoreOptions,
} from '../../store/index.js'
import { readPrivateJwk } from '../../json/artefacts/keys.js'
import { specificationOf } from '../../json/artefacts/specification.js'
import { JsonError } from '../../json/errors.js'
import { Issuer } from '../../uprove/issuance/issuer.js'
import { itemAt } from '../../../bindings/octets/lists.js'
import { equalOctets, wipe, type Octets } from '../../../bindings/octets/octets.js'
import {
  loadIssuerParameters,
  type ProfileIssuer,
  type ProfileParameters,
} from '../../ws-trust/artefacts/issuer-parameters.js'
import { readDeviceParameters, type DeviceParameters } from '../../ws-trust/artefacts/device-parameters.js'
import { parseXml } from '../../xml/parse.js'
import { withoutSignature } from '../../xml/signature.js'
import { certificateTrust, type SignerTrust } from '../../ws-trust/trust/signer.js'
import { decodeBase64 } from '../../../bindings/octets/base64.js'
import {
  CONFIGURATION_FILE,
  ConfigurationError,
  inFolder,
  readConfiguration,
  readText,
  readUsers,
  type Configuration,
} from './configuration.js'
import { nodeDecryptionKey } from './decryption-key.js'
import { Directory } from './directory.js'
import type { TlsOptions } from '../http/tls.js'
import { z } from '../packages.js'
import { PATHS } from './paths.js'
import type { Profile } from '../../pki/ca/policy/profile.js'
import { profilesOf } from './profiles.js'
import type { SealingKey } from './sealed-passwords.js'

const SETS = [L2048N256, L3072N256]
const LEGACY_SETS = [L1024N160, ...SETS]
const CURVES = [P256, P384, P521]
const claimTypes = z.array(z.string())

/** How far the clock of a client may be ahead, in milliseconds. */
const CLOCK_SKEW = 300_000

/** Characters of a token with at least 128 random bits. */
const MIN_TOKEN = 22

export type Environment = Readonly<Record<string, string | undefined>>

/** An Issuer of the JSON Framework, with the claim type of each attribute. */
export interface JsonIssuer {
  readonly issuer: Issuer
  readonly claimTypes: readonly string[]
}

/** A deployment folder with its configuration and users. */
export class Deployment {
  #loaded = new Date()

  private constructor(
    readonly folder: string,
    readonly configuration: Configuration,
    readonly directory: Directory,
    private readonly environment: Environment,
  ) {}

  /** Throws `ConfigurationError`. */
  static async open(folder: string, environment: Environment = process.env): Promise<Deployment> {
    const configuration = await readConfiguration(folder)
    const directory = new Directory(await readUsers(inFolder(folder, configuration.users)))
    return new Deployment(folder, configuration, directory, environment)
  }

  /** A file of the deployment, named relative to its folder. */
  path(file: string): string {
    return inFolder(this.folder, file)
  }

  /** The address of a party, such as `url('claimProvider')`. */
  url(path: keyof typeof PATHS): string {
    return this.configuration.url + PATHS[path]
  }

  /** The address of a party for clients that log in with a certificate; undefined if there is no listener for them. */
  certificateUrl(path: keyof typeof PATHS): string | undefined {
    const { clientCertificate } = this.configuration
    return clientCertificate && clientCertificate.url + PATHS[path]
  }

  /**
   * When the policy of an account can last have changed: when the configuration or the users were last read. A client whose clock is
   * ahead by `CLOCK_SKEW` must not believe that it has read what came after, so that much is added.
   */
  get policyChanged(): Date {
    return new Date(this.#loaded.getTime() + CLOCK_SKEW)
  }

  /** The beginning of the addresses in certificates. */
  #publicationUrl(): string {
    return this.configuration.publication?.url ?? this.configuration.url
  }

  /** Reads the users again; a file that cannot be used changes nothing. Throws `ConfigurationError`. */
  async reloadUsers(): Promise<void> {
    this.directory.replace(await readUsers(this.path(this.configuration.users)))
    this.#loaded = new Date()
  }

  /** The store, at `DATABASE_URL` or as configured, and its key. Throws `ConfigurationError` if it is in an environment that does not name it. */
  storeOptions(): StoreOptions {
    const { authentication, remembered, claimProvider } = this.configuration
    return {
      ...this.#location(),
      key: this.stateKey(),
      logins: { attempts: authentication.failuresBeforeLockout, lockout: authentication.lockout },
      remembered,
      maxAccountExchanges: claimProvider.maxAccountExchanges,
    }
  }

  #location(): StoreLocation {
    const fromEnvironment = locationFromEnvironment('', this.environment)
    if (fromEnvironment.url !== undefined) return fromEnvironment
    const { store, state } = this.configuration
    if (store === 'environment') {
      throw new ConfigurationError(
        this.path(CONFIGURATION_FILE),
        'store: is `environment`, and DATABASE_URL is not set',
      )
    }
    return store.url === undefined
      ? { folder: this.path(store.folder), stateFolder: state?.folder && this.path(state.folder) }
      : { url: store.url, stateUrl: state?.url }
  }

  /** The key of the issuance state: in `UPROVE_STATE_KEY`, or in the configured file. */
  stateKey(): KeySource {
    return this.environment.UPROVE_STATE_KEY
      ? keyInEnvironment('UPROVE_STATE_KEY', this.environment)
      : keyInFile(this.path(this.configuration.stateKey))
  }

  /**
   * Refuses a deployment without the folder of its embedded store: an operator who forgot to set `DATABASE_URL` must not get an empty store. Throws `ConfigurationError`,
   * `UProveError` as `storeOptions()`.
   */
  async requireStore(): Promise<void> {
    const { folder } = this.storeOptions()
    if (folder === undefined || (await stat(folder).catch(() => undefined)) !== undefined) return
    const problem = 'the embedded store is not there: restore it, or set DATABASE_URL if the store is on PostgreSQL'
    throw new ConfigurationError(folder, problem)
  }

  /**
   * Opens the store of `storeOptions()`. Throws `StoreError`.
   *
   * @param onCall told how long each statement and each transaction took
   */
  openStore(onCall?: StoreOptions['onCall']): Promise<Store> {
    return openStore({ ...this.storeOptions(), onCall })
  }

  /** The class of an account in metrics and logs: its first group; `none` without a group or an account. */
  accountClass(account: string | undefined): string {
    return (account === undefined ? undefined : this.directory.find(account)?.user.groups[0]) ?? 'none'
  }

  /** The folder and retention of the security log, if it has files of its own. */
  securityLog(): { readonly folder: string; readonly retention: number } | undefined {
    const { security, retention } = this.configuration.log
    return security === undefined ? undefined : { folder: this.path(security), retention }
  }

  /** The configured files with secrets that other users of this machine can read. */
  async exposedSecrets(): Promise<string[]> {
    const { tls, stateKey, users, operatorToken, authority, claimProvider, authentication, json } = this.configuration
    const secrets = [tls.key, stateKey, users, operatorToken, authority.key, claimProvider.privateKey]
    if (authentication.digestKey !== undefined) secrets.push(authentication.digestKey)
    if (json !== undefined) secrets.push(json.privateKey)
    secrets.push(...(authority.archival?.exchangeKeys ?? []))
    const files = secrets.map((file) => this.path(file))
    const exposed = await Promise.all(files.map(isReadableToOthers))
    return files.filter((_, i) => exposed[i])
  }

  /** The server's certificate and key. Throws `ConfigurationError`. */
  async tls(): Promise<TlsOptions> {
    const { tls } = this.configuration
    const read = (file: string): Promise<string> => readText(this.path(file))
    const [cert, key] = await Promise.all([read(tls.certificate), read(tls.key)])
    try {
      createSecureContext({ cert, key })
    } catch (cause) {
      const problem = `is not a certificate in PEM, or ${tls.key} is not its private key`
      throw new ConfigurationError(this.path(tls.certificate), problem, { cause })
    }
    return { cert, key }
  }

  /** The authorities of clients' certificates, PEM. Throws `ConfigurationError`. */
  async clientAuthorities(): Promise<string[]> {
    return [await readText(this.path(this.configuration.authority.certificate))]
  }

  /** Throws `ConfigurationError`, also for a token that could be guessed. */
  async operatorToken(): Promise<string> {
    const file = this.path(this.configuration.operatorToken)
    const token = (await readText(file)).trim()
    if (token.length < MIN_TOKEN)
      throw new ConfigurationError(file, `must have at least ${String(MIN_TOKEN)} random characters`)
    return token
  }

  /** The key that opens sealed passwords; undefined if none is configured. Throws `ConfigurationError`. */
  async digestKey(): Promise<SealingKey | undefined> {
    const { digestKey } = this.configuration.authentication
    return digestKey === undefined ? undefined : this.#secret(digestKey, 32)
  }

  /**
   * @param profiles default: those of the configuration.
   *
   * Throws `ConfigurationError`, `CaError`.
   */
  async openAuthority(
    store: Pick<Store, 'authority'>,
    engine: Engine,
    verifier: SignatureVerifier,
    profiles: readonly Profile[] = profilesOf(this.configuration.authority.profiles, this.directory),
  ): Promise<EmbeddedAuthority> {
    const { authority } = this.configuration
    const { defaultProfile } = authority
    const [pkcs8] = await this.#pems(authority.key, 'PRIVATE KEY')
    try {
      return await createAuthority({
        key: await this.#reading(authority.key, () => importPrivateKey(pkcs8, { engine })),
        chain: await this.#pems(authority.certificate, 'CERTIFICATE'),
        profiles,
        store: store.authority,
        verifier,
        engine,
        defaultProfile,
        crlDistributionPoints: [this.#publicationUrl() + PATHS.revoked],
        authorityInformation: { caIssuers: [this.#publicationUrl() + PATHS.authority] },
        archival: await this.#archival(),
      })
    } finally {
      wipe(pkcs8)
    }
  }

  async #archival(): Promise<ArchivalOptions | undefined> {
    const { archival } = this.configuration.authority
    if (archival === undefined) return undefined
    const keys = await Promise.all(archival.exchangeKeys.map((file) => this.#decryptionKey(file)))
    const agents = await Promise.all(archival.agents.map(async (file) => (await this.#pems(file, 'CERTIFICATE'))[0]))
    return { keys: [itemAt(keys, 0), ...keys.slice(1)], agents }
  }

  async #decryptionKey(file: string): Promise<DecryptionKey> {
    const [pkcs8] = await this.#pems(file, 'PRIVATE KEY')
    try {
      return await this.#reading(file, () => nodeDecryptionKey(pkcs8))
    } finally {
      wipe(pkcs8)
    }
  }

  /**
   * Trusts signers that the deployment's authority has certified for the purpose, and whose key it has not revoked.
   *
   * @param clock when the certificates must be valid. Default: now
   */
  async trust(store: Pick<Store, 'authority'>, clock?: () => Date): Promise<SignerTrust> {
    return this.#trustIn(this.configuration.authority.certificate, store, clock)
  }

  async #trustIn(
    authority: string,
    store: Pick<Store, 'authority'>,
    clock: () => Date = () => new Date(),
  ): Promise<SignerTrust> {
    const anchors = await this.#pems(authority, 'CERTIFICATE')
    const isRevoked = async (der: Uint8Array): Promise<boolean> => {
      const recorded = await certificateOf(store, der)
      return recorded.isRevoked || recorded.isCompromised
    }
    return certificateTrust({ anchors, isRevoked, clock })
  }

  /** Trusts signers of Device parameters that the configured authority has certified. Default: `trust`. */
  async deviceTrust(trust: SignerTrust, store: Pick<Store, 'authority'>): Promise<SignerTrust> {
    const { authority } = this.configuration.claimProvider.devices
    return authority === undefined ? trust : this.#trustIn(authority, store)
  }

  /** The Device of an account, if the operator configured one. The operator vouches for it, so its signature is not checked. */
  async knownDevice(account: string): Promise<DeviceParameters | undefined> {
    const file = this.directory.find(account)?.user.device
    if (file === undefined) return undefined
    const document = await readText(this.path(file))
    return this.#reading(file, () => readDeviceParameters(withoutSignature(parseXml(document))))
  }

  /** The Claim Provider's Issuer; its signed parameters are verified. Throws `ConfigurationError`. */
  async issuer(engine: Engine, trust: SignerTrust): Promise<ProfileIssuer> {
    const { parameters: file, privateKey } = this.configuration.claimProvider
    const parameters = await this.issuerParameters(file, engine, trust)
    const key = await this.#secret(privateKey, parameters.parameters.group.scalarLength)
    try {
      const issuer = await this.#reading(privateKey, () => Issuer.fromPrivateKey(parameters.parameters, key))
      return { issuer, parameters }
    } finally {
      wipe(key)
    }
  }

  /** The Issuer of the JSON Framework; undefined if none is configured. Throws `ConfigurationError`. */
  async jsonIssuer(engine: Engine): Promise<JsonIssuer | undefined> {
    const { json } = this.configuration
    if (json === undefined) return undefined
    const document = await readText(this.path(json.privateKey))
    return this.#reading(json.privateKey, () => {
      const issuer = readPrivateJwk(document, { engine, curves: CURVES })
      const { n, attrTypes } = specificationOf(issuer.parameters)
      const types = claimTypes.safeParse(attrTypes).data ?? []
      if (types.length !== n) throw new JsonError('json/specification')
      return { issuer, claimTypes: types }
    })
  }

  /** Issuer parameters in a file, verified. Throws `ConfigurationError`. */
  async issuerParameters(
    file: string,
    engine: Engine,
    trust: SignerTrust,
    { allowLegacy = false }: { readonly allowLegacy?: boolean } = {},
  ): Promise<ProfileParameters> {
    const document = await readText(this.path(file))
    return this.#reading(file, () =>
      loadIssuerParameters(document, { engine, sets: allowLegacy ? LEGACY_SETS : SETS, trust, allowLegacy }),
    )
  }

  async #pems(file: string, label: PemLabel): Promise<[Octets, ...Octets[]]> {
    const text = await readText(this.path(file))
    const found = await this.#reading(file, () =>
      label === 'CERTIFICATE' ? decodePems(label, text) : [decodePem(label, text)],
    )
    const [first, ...others] = found
    if (first === undefined) throw new ConfigurationError(this.path(file), `contains no PEM block of a ${label}`)
    return [first, ...others]
  }

  async #secret(file: string, octets: number): Promise<Uint8Array> {
    const secret = decodeBase64(await readText(this.path(file)))
    if (secret?.length !== octets)
      throw new ConfigurationError(this.path(file), `must be ${String(octets)} octets in base64`)
    return secret
  }

  /** Turns an error in a file into one that names the file. */
  async #reading<T>(file: string, read: () => T | Promise<T>): Promise<T> {
    try {
      return await read()
    } catch (error) {
      if (!(error instanceof UProveError)) throw error
      throw new ConfigurationError(this.path(file), `${error.message} (${error.code})`, { cause: error })
    }
  }
}

/** What the records of the authority say about a certificate. */
export interface RecordedCertificate {
  /** Whose it is, if the authority issued it. */
  readonly account: string | undefined
  readonly isRevoked: boolean
  /** Whether a certificate with its key was revoked for keyCompromise: this one, or another. The key then proves nothing. */
  readonly isCompromised: boolean
}

/** What the records of the authority say about a certificate, DER. One that cannot be read counts as revoked. */
export async function certificateOf(
  { authority }: Pick<Store, 'authority'>,
  der: Uint8Array,
): Promise<RecordedCertificate> {
  try {
    const { serialNumber, publicKey } = parseCertificate(der)
    const fingerprint = keyFingerprint(readPublicKey(publicKey))
    const [stored, compromised] = await Promise.all([
      authority.findCertificate(serialText(serialNumber)),
      isCompromised(authority, fingerprint),
    ])
    const known = stored !== undefined && equalOctets(stored.der, der) ? stored : undefined
    return { account: known?.account, isRevoked: known?.revocation !== undefined, isCompromised: compromised }
  } catch (error) {
    if (error instanceof PkiError) return { account: undefined, isRevoked: true, isCompromised: false }
    throw error
  }
}

/** Whether a file exists and users other than its owner and group can read it. Windows has no such mode. */
async function isReadableToOthers(file: string): Promise<boolean> {
  if (process.platform === 'win32') return false
  const found = await stat(file).catch(() => undefined)
  return found !== undefined && (found.mode & 0o004) !== 0
}
