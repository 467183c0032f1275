import { existsSync } from 'node:fs'
import { chmod, chown, open, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { equalOctets, type Octets } from '../../../bindings/octets/octets.js'
import { decodePems, encodePem } from '../../pki/asn1/pem.js'
import type { ExportableKey } from '../../pki/keys/keys.js'
import { parseCertificate, type Certificate } from '../../pki/x509/certificate.js'
import type { Stream } from '../command/terminal.js'
import { UsageError } from '../errors.js'
import { readText, writeFileWhole } from './files.js'
import { privateKeyPem, readPrivateKey } from './private-key-file.js'

const KEY_MODE = 0o600
const CERTIFICATE_MODE = 0o644

/**
 * The files of a certificate and of its private key, PEM, which are replaced together. What is new is first written beside them, to
 * `FILE.new`, and then renamed: readers never see half a file, and a crash in between is mended by `recover()`.
 */
export class KeyPairFiles {
  constructor(
    readonly certificate: string,
    readonly key: string,
  ) {}

  /** The certificate, the first in its file. Throws `UsageError`, `PkiError`. */
  async readCertificate(): Promise<Certificate> {
    const certificate = await firstCertificate(this.certificate)
    if (certificate === undefined) throw new UsageError(`${this.certificate} contains no certificate`)
    return certificate
  }

  /** The private key. Warns if others can read its file. Throws `UsageError`, `PkiError`. */
  readKey(err: Stream): Promise<ExportableKey> {
    return readPrivateKey(this.key, err)
  }

  /** The new key that was staged; undefined if none was. */
  async readStagedKey(err: Stream): Promise<ExportableKey | undefined> {
    return existsSync(this.#newKey) ? readPrivateKey(this.#newKey, err) : undefined
  }

  /** Writes a new key beside the present one. Throws `FailureError`. */
  async stageKey(key: ExportableKey): Promise<void> {
    await writeFileWhole(this.#newKey, await privateKeyPem(key), { secret: true, replace: true })
  }

  /** Forgets a new key. */
  async dropStagedKey(): Promise<void> {
    await rm(this.#newKey, { force: true })
  }

  /**
   * Puts a certificate, followed by those of its issuers, into its file, and the staged key, if there is one, into the other. The
   * files keep their modes and, where the process may give files away, their owners; a key is never open to all users.
   * Throws `FailureError`.
   */
  async install(chain: readonly Octets[]): Promise<void> {
    const pem = chain.map((der) => encodePem('CERTIFICATE', der)).join('')
    await writeFileWhole(this.#newCertificate, pem, { replace: true })
    await this.#rename()
  }

  /** Ends a replacement that a crash interrupted. */
  async recover(err: Stream): Promise<void> {
    if (!existsSync(this.#newCertificate)) return
    const { publicKey } = (await firstCertificate(this.#newCertificate)) ?? {}
    const key = (await this.readStagedKey(err)) ?? (await this.readKey(err))
    if (publicKey !== undefined && equalOctets(publicKey, key.publicKey)) await this.#rename()
    else await rm(this.#newCertificate, { force: true })
  }

  async #rename(): Promise<void> {
    const hasNewKey = existsSync(this.#newKey)
    if (hasNewKey) await takeAfter(this.#newKey, this.key, KEY_MODE)
    await takeAfter(this.#newCertificate, this.certificate, CERTIFICATE_MODE)
    if (hasNewKey) await rename(this.#newKey, this.key)
    await rename(this.#newCertificate, this.certificate)
    // The renames are on the disk once the folder is.
    if (process.platform === 'win32') return
    const folder = await open(path.dirname(this.certificate), 'r')
    await folder.sync().finally(() => folder.close())
  }

  get #newCertificate(): string {
    return `${this.certificate}.new`
  }

  get #newKey(): string {
    return `${this.key}.new`
  }
}

async function firstCertificate(file: string): Promise<Certificate | undefined> {
  const [der] = decodePems('CERTIFICATE', await readText(file))
  return der && parseCertificate(der)
}

/** Gives a new file the mode and owner of the one that it replaces; a key's file is closed to others. */
async function takeAfter(file: string, old: string, defaultMode: number): Promise<void> {
  const found = await stat(old).catch(() => undefined)
  const mode = (found?.mode ?? defaultMode) & 0o777
  // Only the superuser may give a file away.
  if (found !== undefined && process.getuid?.() === 0) await chown(file, found.uid, found.gid)
  await chmod(file, defaultMode === KEY_MODE ? mode & 0o770 : mode)
}
