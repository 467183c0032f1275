import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { equalOctets } from '../../../bindings/octets/octets.js'
import { parseCertificate, type Certificate } from '../../pki/x509/certificate.js'
import type { ExportableKey } from '../../pki/keys/keys.js'
import { SoapFault } from '../../soap/envelope/fault.js'
import { WSSE } from '../../soap/envelope/names.js'
import type { Transport } from '../../soap/http/transport.js'
import { WstepClient, type Enrollment } from '../../wstep/client/client.js'
import { WstepError } from '../../wstep/errors.js'
import { readFaultDetail } from '../../wstep/faults/fault-detail.js'
import { UsageError } from '../errors.js'
import type { Stream } from '../command/terminal.js'
import { writeFileWhole } from '../files/files.js'
import type { KeyPairFiles } from '../files/key-pair-files.js'
import { formatPending, readPending } from '../files/pending-file.js'

export interface RenewalOptions {
  readonly files: KeyPairFiles
  /** The Security Token Service. */
  readonly url: string
  /** Called for each attempt, since the certificate with which the client may log in changes. */
  readonly connect: () => Promise<Transport>
  /** Makes the key of the new certificate. Default: that of the old one. */
  readonly newKey?: (old: ExportableKey) => Promise<ExportableKey>
  readonly err: Stream
}

export type RenewalResult =
  | { readonly status: 'issued'; readonly certificate: Certificate }
  | { readonly status: 'pending'; readonly requestId: string }

/**
 * The renewal of one certificate, whose key signs the request. All that must outlive this process is in files: the new key beside the
 * old one, a pending request in `CERTIFICATE.pending`. So an attempt that was interrupted is continued, not repeated: the service
 * recognises a renewal with the same key and answers with the certificate that it issued.
 */
export class Renewal {
  constructor(private readonly options: RenewalOptions) {}

  /** Whether a request waits for an operator. */
  get isPending(): boolean {
    return existsSync(this.#pendingFile)
  }

  /**
   * Asks for the new certificate, or for the one that is pending, and puts it in place. Throws what `WstepClient` and the files
   * throw; after a refusal the next attempt begins anew, with another key.
   */
  async attempt(signal?: AbortSignal): Promise<RenewalResult> {
    const { files, err } = this.options
    await files.recover(err)
    try {
      return await this.#conclude(await (this.isPending ? this.#query(signal) : this.#ask(signal)))
    } catch (error) {
      if (isFinal(error)) await this.#forget()
      throw error
    }
  }

  async #ask(signal: AbortSignal | undefined): Promise<Enrollment> {
    const { files, newKey: makeKey, url, connect, err } = this.options
    const [certificate, oldKey] = [await files.readCertificate(), await files.readKey(err)]
    if (!equalOctets(certificate.publicKey, oldKey.publicKey)) {
      throw new UsageError(`${files.key} is not the private key of ${files.certificate}`)
    }
    const newKey = makeKey === undefined ? oldKey : await this.#stagedKey(() => makeKey(oldKey))
    if (newKey === oldKey) await files.dropStagedKey()
    const client = new WstepClient({ url, transport: await connect() })
    return client.renew({ certificate: certificate.der, oldKey, newKey, signal })
  }

  /** The key of an attempt that got no answer, or a new one, which is in its file before it is used. */
  async #stagedKey(make: () => Promise<ExportableKey>): Promise<ExportableKey> {
    const { files, err } = this.options
    const staged = await files.readStagedKey(err)
    if (staged !== undefined) return staged
    const key = await make()
    await files.stageKey(key)
    return key
  }

  async #query(signal: AbortSignal | undefined): Promise<Enrollment> {
    const { url, pending } = await readPending(this.#pendingFile, this.options.err)
    return new WstepClient({ url, transport: await this.options.connect() }).queryStatus(pending, { signal })
  }

  async #conclude(enrollment: Enrollment): Promise<RenewalResult> {
    const { files, url } = this.options
    if (enrollment.status === 'pending') {
      const contents = formatPending({ url, pending: enrollment })
      await writeFileWhole(this.#pendingFile, contents, { secret: true, replace: true })
      return { status: 'pending', requestId: enrollment.requestId }
    }
    await files.install(enrollment.chain)
    await rm(this.#pendingFile, { force: true })
    return { status: 'issued', certificate: parseCertificate(enrollment.certificate) }
  }

  async #forget(): Promise<void> {
    await rm(this.#pendingFile, { force: true })
    await this.options.files.dropStagedKey()
  }

  get #pendingFile(): string {
    return `${this.options.files.certificate}.pending`
  }
}

/** Whether the same request would never get its certificate: it was denied, or is not known. A server that fails may answer later. */
function isFinal(error: unknown): boolean {
  if (error instanceof WstepError) return error.code === 'wstep/other-key'
  if (!(error instanceof SoapFault)) return false
  if (readFaultDetail(error)?.invalidRequest === true) return true
  return error.faultCode === 'Sender' && !error.hasSubcode(WSSE, 'FailedAuthentication')
}

/** When a certificate can be renewed, if the server says that it is too early, in milliseconds since 1970. */
export function earliestRenewal(error: unknown): number | undefined {
  if (!(error instanceof SoapFault) || !error.message.includes('denial/renewal-early')) return undefined
  const [time] = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/.exec(error.message) ?? []
  return time === undefined ? undefined : Date.parse(time)
}
