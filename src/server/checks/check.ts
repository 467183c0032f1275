import { stat } from 'node:fs/promises'
import path from 'node:path'
import { createEngine } from '../../../bindings/loading/create-engine.js'
import type { Engine } from '../../../bindings/engine/engine.js'
import { UProveError } from '../../../bindings/errors.js'
import { MemoryAuthorityStore } from '../../pki/ca/records/memory-store.js'
import { signatureVerifier } from '../../pki/keys/keys.js'
import { probeStore, StoreError } from '../../store/index.js'
import { certificateTrust } from '../../ws-trust/trust/signer.js'
import { checkInForce } from '../../ws-trust/artefacts/issuer-parameters.js'
import { Deployment, type Environment } from '../deployment/deployment.js'
import { covers, namesIn } from '../deployment/tls-certificate.js'
import { deployedCertificates, signingEnds, WARNING_DAYS, type DeployedCertificate } from './certificates.js'

/** What was looked at. */
export type CheckName =
  'configuration' | 'permissions' | 'clock' | 'certificates' | 'keys' | 'issuer-parameters' | 'database' | 'versions'

/** What a check found. An error keeps the service, or a part of it, from working. */
export interface Finding {
  readonly check: CheckName
  readonly level: 'ok' | 'warning' | 'error'
  readonly text: string
  /** Of an error of this library. */
  readonly code?: string
}

export interface CheckOptions {
  /** Locates the store, as for `startService`. Default: `process.env`. */
  readonly environment?: Environment
  /** Whether to look at the database. Default true. */
  readonly database?: boolean
  readonly clock?: () => Date
}

const DAY = 86_400_000
/** How far the clocks here and in the database may differ, in milliseconds: beyond it, digests and exchanges seem old or new. */
const CLOCKS = { warning: 5_000, error: 300_000 }

/**
 * Looks whether a deployment can be served, without serving it: configuration, permissions, clock, certificates, keys, Issuer parameters,
 * database. It changes nothing. Each check gives one finding or several; the first that makes others impossible is the last.
 *
 * @example
 * ```ts
 * import { mkdtemp, rm } from 'node:fs/promises'
 * import path from 'node:path'
 * import { checkDeployment, initialize } from 'uprove-wasm/server'
 *
 * const folder = await mkdtemp('deployment-')
 * await initialize(folder)
 * const isRight = (await checkDeployment(folder)).every(({ level }) => level === 'ok')
 * console.log(isRight) // true
 *
 * await rm(path.join(folder, 'keys/issuer.key'))
 * const findings = await checkDeployment(folder)
 * console.log(findings.filter(({ level }) => level === 'error').map(({ check }) => check).join()) // issuer-parameters
 * await rm(folder, { recursive: true })
 * ```
 */
export async function checkDeployment(folder: string, options: CheckOptions = {}): Promise<Finding[]> {
  const findings: Finding[] = []
  const note = (check: CheckName, level: Finding['level'], text: string): void =>
    void findings.push({ check, level, text })
  /** What an attempt gives; a finding, and undefined, if it fails. */
  const attempt = async <T>(check: CheckName, action: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await action()
    } catch (error) {
      if (!(error instanceof UProveError) && !isSystemError(error)) throw error
      findings.push({ check, level: 'error', text: error.message, code: error.code })
      return undefined
    }
  }
  const deployment = await attempt('configuration', () => Deployment.open(folder, options.environment))
  if (deployment === undefined) return findings
  note('configuration', 'ok', `${deployment.configuration.url}, ${String(deployment.directory.size)} accounts`)
  note('versions', 'ok', `Node ${process.versions.node}, OpenSSL ${process.versions.openssl}`)
  const now = (options.clock ?? (() => new Date()))()
  const check: Check = { deployment, now, note, attempt }

  await attempt('permissions', () => checkPermissions(check))
  const certificates = await attempt('certificates', () => deployedCertificates(deployment))
  if (certificates !== undefined) {
    checkClock(check, certificates)
    checkCertificates(check, certificates)
  }
  const engine = await attempt('versions', () => createEngine())
  if (engine !== undefined) {
    try {
      await checkKeys(check, engine)
      await checkParameters(check, engine, certificates)
    } finally {
      engine.dispose()
    }
  }
  if (options.database !== false) await attempt('database', () => checkDatabase(check))
  return findings
}

/** An error of the operating system, such as EACCES. */
const isSystemError = (error: unknown): error is Error & { readonly code: string } =>
  error instanceof Error && 'syscall' in error && 'code' in error && typeof error.code === 'string'

interface Check {
  readonly deployment: Deployment
  readonly now: Date
  readonly note: (check: CheckName, level: Finding['level'], text: string) => void
  readonly attempt: <T>(check: CheckName, action: () => Promise<T>) => Promise<T | undefined>
}

async function checkPermissions({ deployment, note }: Check): Promise<void> {
  const exposed = await deployment.exposedSecrets()
  for (const file of exposed) note('permissions', 'warning', `other users can read ${file}: chmod 600 it`)
  const folders = [deployment.folder, path.join(deployment.folder, 'keys')]
  let isOpen = false
  for (const folder of process.platform === 'win32' ? [] : folders) {
    const found = await stat(folder).catch(() => undefined)
    if (found === undefined || (found.mode & 0o002) === 0) continue
    isOpen = true
    note('permissions', 'error', `other users can change the files in ${folder}: chmod 700 it`)
  }
  if (exposed.length === 0 && !isOpen) note('permissions', 'ok', 'only the owner and the group can read the secrets')
}

/** A clock far from the right time shows in the certificates: they seem to begin later. */
function checkClock({ now, note }: Check, certificates: readonly DeployedCertificate[]): void {
  const early = certificates.find(({ certificate }) => now < certificate.notBefore)
  if (early === undefined) note('clock', 'ok', now.toISOString())
  else {
    const begins = early.certificate.notBefore.toISOString()
    note('clock', 'error', `it is ${now.toISOString()} here, and ${early.file} begins at ${begins}: set the clock`)
  }
}

function checkCertificates({ deployment, now, note }: Check, certificates: readonly DeployedCertificate[]): void {
  for (const { name, file, certificate } of certificates) {
    const left = certificate.notAfter.getTime() - now.getTime()
    const ends = certificate.notAfter.toISOString().slice(0, 10)
    if (left <= 0) note('certificates', 'error', `${name}: ${file} ended on ${ends}`)
    else if (left < WARNING_DAYS * DAY) {
      note('certificates', 'warning', `${name}: ${file} ends on ${ends}, in ${String(Math.floor(left / DAY))} days`)
    } else note('certificates', 'ok', `${name}: until ${ends}`)
    if (name !== 'tls') continue
    const { url, clientCertificate } = deployment.configuration
    for (const address of [url, clientCertificate?.url]) {
      if (address === undefined || covers(namesIn(certificate), new URL(address).hostname)) continue
      note('certificates', 'error', `tls: clients of ${address} refuse ${file}, which has no such name`)
    }
  }
}

/** Each key is read, and compared with its certificate. */
async function checkKeys({ deployment, attempt, note }: Check, engine: Engine): Promise<void> {
  const verifier = signatureVerifier({ engine })
  const read = await attempt('keys', async () => {
    await deployment.tls()
    await deployment.clientAuthorities()
    await deployment.operatorToken()
    await deployment.digestKey()
    await deployment.jsonIssuer(engine)
    await deployment.stateKey().load()
    await deployment.openAuthority({ authority: new MemoryAuthorityStore() }, engine, verifier)
    return true
  })
  if (read === true) note('keys', 'ok', 'each fits its certificate')
}

/** The Issuer parameters: their signature, their signer, their time, and the private key. Revocations are in the database. */
async function checkParameters(
  { deployment, now, attempt, note }: Check,
  engine: Engine,
  certificates: readonly DeployedCertificate[] | undefined,
): Promise<void> {
  const anchor = certificates?.find(({ name }) => name === 'authority')
  if (certificates === undefined || anchor === undefined) return
  // Of one that has ended, a finding says so already.
  const at = new Date(Math.min(now.getTime(), signingEnds(certificates).getTime()))
  const trust = certificateTrust({ anchors: [anchor.certificate.der], clock: () => at })
  const ends = await attempt('issuer-parameters', async () => {
    const { parameters } = await deployment.issuer(engine, trust)
    checkInForce(parameters, now)
    return parameters.specification.notOnOrAfter
  })
  if (ends === undefined) return
  const left = ends.getTime() - now.getTime()
  const level = left < WARNING_DAYS * DAY ? 'warning' : 'ok'
  note('issuer-parameters', level, `in force until ${ends.toISOString().slice(0, 10)}`)
}

async function checkDatabase({ deployment, note }: Check): Promise<void> {
  const probe = await probeStore(deployment.storeOptions()).catch((error: unknown) => {
    if (!(error instanceof StoreError) || error.code !== 'store/folder-in-use') throw error
    return 'in use' as const
  })
  if (probe === 'in use') {
    note('database', 'ok', 'the embedded store is in use by a server that runs')
    return
  }
  if (probe === undefined) {
    note(
      'database',
      'error',
      'the folder of the embedded store is missing: restore it, or set DATABASE_URL if the store is on PostgreSQL',
    )
    return
  }
  const { version, pending, ahead, stateKey } = probe
  const migrations = pending === 0 ? '' : `; the next start applies ${String(pending)} migrations: back up first`
  note('database', pending === 0 ? 'ok' : 'warning', `PostgreSQL ${version} takes writes${migrations}`)
  // If it cannot be read, the check of the keys has said so.
  const key = await deployment
    .stateKey()
    .load()
    .catch(() => undefined)
  if (stateKey !== undefined && key !== undefined && stateKey !== key.id) {
    note('database', 'error', new StoreError('store/other-key').message)
  }
  const apart = Math.abs(ahead)
  if (apart > CLOCKS.warning) {
    const level = apart > CLOCKS.error ? 'error' : 'warning'
    note('clock', level, `the clocks here and of the database differ by ${String(Math.round(apart / 1_000))} s`)
  }
}
