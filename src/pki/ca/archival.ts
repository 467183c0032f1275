import { equalOctets, type Octets } from '../../../bindings/octets/octets.js'
import { archiveKey } from '../archival/archived-key.js'
import { mayReceive, type Recipient } from '../archival/enveloped-data.js'
import type { DecryptionKey } from '../archival/key-transport.js'
import { PkiError } from '../errors.js'
import { readPublicKey } from '../keys/public-key.js'
import { unfitForCertificate } from '../keys/weak-keys.js'
import type { EnrollmentRequest } from '../requests/enrollment-request.js'
import { isSignerOf } from '../requests/cms.js'
import { parseCertificate, type Certificate } from '../x509/certificate.js'
import { CaError } from './errors.js'
import { keyIdentifier, serialText } from './issuing/sign-certificate.js'
import { denial, HRESULT } from './policy/denials.js'
import type { AuthorityStore, Denial } from './records/store.js'

/** Who takes private keys in, and who can recover them. [MS-WCCE] 1.3.2.1 */
export interface ArchivalOptions {
  /**
   * The keys of exchange certificates, to which clients encrypt their private keys: RSA. New certificates are for the first one; the
   * others are of older certificates, until those expire.
   */
  readonly keys: readonly [DecryptionKey, ...DecryptionKey[]]
  /** Certificates of recovery agents, DER. Archived keys are encrypted to all of them; each can recover every key. */
  readonly agents: readonly Octets[]
  /** How long each exchange certificate is valid, in milliseconds; it is replaced when a third is left. Default: a week. */
  readonly validity?: number
}

/** Archives the private keys that come with requests. */
export class KeyArchive {
  readonly #keys: readonly DecryptionKey[]
  readonly #agents: readonly Certificate[]

  /** Throws `CaError` (`ca/exchange-key`, `ca/recovery-agent`) and `PkiError` for keys and certificates that cannot be used. */
  constructor(
    { keys, agents }: ArchivalOptions,
    private readonly store: AuthorityStore,
  ) {
    for (const { publicKey } of keys) {
      const details = readPublicKey(publicKey)
      if (details.type !== 'RSA' || unfitForCertificate(details) !== undefined) throw new CaError('ca/exchange-key')
    }
    this.#keys = keys
    this.#agents = agents.map(parseCertificate)
    if (this.#agents.length === 0 || !this.#agents.every(mayReceive)) throw new CaError('ca/recovery-agent')
  }

  /**
   * The private key of a request, encrypted to the recovery agents: an EnvelopedData, DER; or a denial. Called only for a request
   * that would be granted, its requester authenticated and its signatures verified.
   */
  async archive(
    { archivedKey, certificationRequest }: EnrollmentRequest & { readonly archivedKey: Octets },
    now: Date,
  ): Promise<Octets | Denial> {
    if (this.#agents.some(({ notBefore, notAfter }) => now < notBefore || now > notAfter)) {
      return denial('archival-unavailable', 'denial/recovery-agent-expired', HRESULT.CERTSRV_E_NO_VALID_KRA)
    }
    try {
      return await archiveKey(archivedKey, {
        publicKey: certificationRequest.publicKey,
        keyOf: (recipient) => this.#keyOf(recipient, now),
        agents: this.#agents,
      })
    } catch (error) {
      if (error instanceof PkiError) return denial('archived-key', error.code)
      throw error
    }
  }

  /** The key of the exchange certificate that a recipient names, if it is valid. */
  async #keyOf({ identifier }: Recipient, now: Date): Promise<DecryptionKey | undefined> {
    if (!('issuer' in identifier)) {
      for (const key of this.#keys) {
        if (equalOctets(await keyIdentifier(key.publicKey), identifier.subjectKeyIdentifier)) return key
      }
      return undefined
    }
    const stored = await this.store.findCertificate(serialText(identifier.serialNumber))
    if (stored?.kind !== 'exchange' || stored.revocation !== undefined || now > stored.notAfter) return undefined
    const certificate = parseCertificate(stored.der)
    if (!isSignerOf(identifier, certificate)) return undefined
    return this.#keys.find(({ publicKey }) => equalOctets(publicKey, certificate.publicKey))
  }
}
