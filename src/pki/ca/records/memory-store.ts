import { formatName } from '../../x509/name.js'
import type { Octets } from '../../../../bindings/octets/octets.js'
import { CaError } from '../errors.js'
import type {
  AuthorityStore,
  CrlSummary,
  Decision,
  NewCertificate,
  NewRequest,
  RecordFilter,
  RecordSummary,
  RequestEvent,
  Revocation,
  RevokedSerial,
  StoredCertificate,
  StoredCrl,
  StoredRequest,
} from './store.js'

/** A request with the serial number of its certificate in place of the certificate, which may be revoked later. */
interface Row extends Omit<StoredRequest, 'outcome'> {
  readonly outcome: { readonly status: 'pending' } | { readonly status: 'issued'; readonly serial: string } | Denied
}
type Denied = Extract<StoredRequest['outcome'], { status: 'denied' }>

/** An `AuthorityStore` in memory, lost when the process ends. For tests, and for authorities that live no longer. */
export class MemoryAuthorityStore implements AuthorityStore {
  readonly #requests = new Map<string, Row>()
  readonly #requestIds = new Map<string, string>()
  readonly #certificates = new Map<string, StoredCertificate>()
  /** By request. */
  readonly #archivedKeys = new Map<string, Octets>()
  #exchange: string | undefined
  #revision = 0
  #crl: StoredCrl | undefined

  // Each function does its work before it first yields, so it is atomic; `async` turns its exceptions into rejections.
  /* eslint-disable @typescript-eslint/require-await */

  async insert(request: NewRequest, decision?: Decision, archivedKey?: Octets): Promise<StoredRequest> {
    const { idempotenceKey } = request
    const known = idempotenceKey === undefined ? undefined : this.#requestIds.get(idempotenceKey)
    if (known !== undefined) return this.#stored(this.#requests.get(known)!)
    const requestId = String(this.#requests.size + 1)
    const row: Row = {
      ...request,
      requestId,
      outcome: { status: 'pending' },
      history: [{ at: request.submittedAt, event: 'submitted' }],
    }
    const kept =
      decision === undefined ? row : this.#decided(row, decision, { at: request.submittedAt, event: decision.status })
    this.#requests.set(requestId, kept)
    if (archivedKey !== undefined && decision?.status !== 'denied') this.#archivedKeys.set(requestId, archivedKey)
    if (idempotenceKey !== undefined) this.#requestIds.set(idempotenceKey, requestId)
    return this.#stored(kept)
  }

  async findRequest(requestId: string): Promise<StoredRequest | undefined> {
    const row = this.#requests.get(requestId)
    return row && this.#stored(row)
  }

  async findByIdempotenceKey(key: string): Promise<StoredRequest | undefined> {
    return this.findRequest(this.#requestIds.get(key) ?? '')
  }

  async findRenewals(serial: string): Promise<readonly StoredRequest[]> {
    return [...this.#requests.values()].filter(({ renews }) => renews === serial).map((row) => this.#stored(row))
  }

  async list({ after = '0', limit, ...conditions }: RecordFilter): Promise<readonly RecordSummary[]> {
    return [...this.#requests.values()]
      .filter(({ requestId }) => Number(requestId) > Number(after))
      .map((row) => summary(this.#stored(row)))
      .filter((record) => meets(record, conditions))
      .slice(0, limit)
  }

  async decide(requestId: string, decision: Decision, event: RequestEvent): Promise<StoredRequest | undefined> {
    const row = this.#requests.get(requestId)
    if (row?.outcome.status !== 'pending') return row && this.#stored(row)
    const decided = this.#decided(row, decision, event)
    this.#requests.set(requestId, decided)
    return this.#stored(decided)
  }

  async findCertificate(serial: string): Promise<StoredCertificate | undefined> {
    return this.#certificates.get(serial)
  }

  async findByKey(
    keyFingerprint: string,
    { compromised = false }: { readonly compromised?: boolean } = {},
  ): Promise<readonly StoredCertificate[]> {
    return [...this.#certificates.values()]
      .filter(
        (one) =>
          (one.keyFingerprint ?? keyFingerprint) === keyFingerprint &&
          (!compromised || one.revocation?.reason === 'keyCompromise'),
      )
      .sort((a, b) => a.notBefore.getTime() - b.notBefore.getTime() || (a.serial < b.serial ? -1 : 1))
  }

  async findArchivedKey(serial: string): Promise<Octets | undefined> {
    return this.#archivedKeys.get(this.#certificates.get(serial)?.requestId ?? '')
  }

  async insertCertificate(certificate: NewCertificate): Promise<void> {
    this.#keep(certificate)
  }

  async exchangeCertificate(): Promise<StoredCertificate | undefined> {
    return this.#certificates.get(this.#exchange ?? '')
  }

  async replaceExchangeCertificate(
    certificate: NewCertificate,
    replaced: string | undefined,
  ): Promise<StoredCertificate> {
    if (this.#exchange === replaced) {
      this.#keep(certificate)
      this.#exchange = certificate.serial
    }
    return this.#certificates.get(this.#exchange ?? '')!
  }

  async revoke(serial: string, revocation: Revocation): Promise<StoredCertificate | undefined> {
    const certificate = this.#certificates.get(serial)
    if (certificate === undefined || !isStronger(revocation, certificate.revocation)) return certificate
    const revoked = {
      ...certificate,
      revocation: { ...revocation, ...certificate.revocation, reason: revocation.reason },
    }
    this.#certificates.set(serial, revoked)
    this.#revision++
    return revoked
  }

  async unrevoke(serial: string): Promise<StoredCertificate | undefined> {
    const certificate = this.#certificates.get(serial)
    if (certificate?.revocation?.reason !== 'certificateHold') return certificate
    const released = { ...certificate, revocation: undefined }
    this.#certificates.set(serial, released)
    this.#revision++
    return released
  }

  async listRevoked(
    notAfterFrom: Date,
  ): Promise<{ readonly revision: number; readonly revoked: readonly RevokedSerial[] }> {
    const revoked = [...this.#certificates.values()]
      .flatMap(({ serial, revocation, notAfter }) =>
        revocation && notAfter >= notAfterFrom ? [{ serial, revocation }] : [],
      )
      .sort((a, b) => (a.serial < b.serial ? -1 : 1))
    return { revision: this.#revision, revoked }
  }

  async latestCrl(): Promise<{ readonly revision: number; readonly crl?: CrlSummary }> {
    if (this.#crl === undefined) return { revision: this.#revision }
    const { number, revision, thisUpdate, nextUpdate } = this.#crl
    return { revision: this.#revision, crl: { number, revision, thisUpdate, nextUpdate } }
  }

  async findCrl(number: number): Promise<Octets | undefined> {
    return this.#crl?.number === number ? this.#crl.der : undefined
  }

  async publishCrl(crl: StoredCrl, replaced: number | undefined): Promise<boolean> {
    if (this.#crl?.number !== replaced) return false
    const { number, revision } = this.#crl ?? { number: 0, revision: 0 }
    if (crl.number <= number || crl.revision < revision) return false
    this.#crl = crl
    return true
  }

  /* eslint-enable @typescript-eslint/require-await */

  #decided(row: Row, decision: Decision, event: RequestEvent): Row {
    const history = [...row.history, event]
    if (decision.status === 'denied') {
      this.#archivedKeys.delete(row.requestId)
      const { status, reason, errorCode } = decision
      return { ...row, outcome: { status, reason, errorCode }, history }
    }
    const { requestId, account, content } = row
    this.#keep({ ...decision.certificate, requestId, account, profile: content?.profile })
    return { ...row, outcome: { status: 'issued', serial: decision.certificate.serial }, history }
  }

  #keep(certificate: StoredCertificate): void {
    if (this.#certificates.has(certificate.serial)) {
      throw new CaError('ca/serial-in-use')
    }
    this.#certificates.set(certificate.serial, certificate)
  }

  #stored({ outcome, ...rest }: Row): StoredRequest {
    if (outcome.status !== 'issued') return { ...rest, outcome }
    return { ...rest, outcome: { status: 'issued', certificate: this.#certificates.get(outcome.serial)! } }
  }
}

/** Whether to store a revocation: the first one, any that ends a hold for good, and keyCompromise in place of another reason. */
function isStronger({ reason }: Revocation, before: Revocation | undefined): boolean {
  if (before === undefined) return true
  return before.reason !== reason && (before.reason === 'certificateHold' || reason === 'keyCompromise')
}

function summary({ requestId, account, method, submittedAt, renews, content, outcome }: StoredRequest): RecordSummary {
  const common = { requestId, account, method, submittedAt, renews }
  const known = content && { profile: content.profile, subject: formatName(content.subject) }
  if (outcome.status !== 'issued') {
    return {
      ...common,
      ...known,
      status: outcome.status,
      reason: outcome.status === 'denied' ? outcome.reason : undefined,
    }
  }
  const { serial, notAfter, revocation } = outcome.certificate
  return { ...common, ...known, status: statusOf(revocation), serial, notAfter, revocation }
}

function statusOf(revocation: Revocation | undefined): RecordSummary['status'] {
  if (revocation === undefined) return 'issued'
  return revocation.reason === 'certificateHold' ? 'held' : 'revoked'
}

function meets(record: RecordSummary, wanted: Omit<RecordFilter, 'after' | 'limit'>): boolean {
  const { status, account, profile, serial, subject, ends } = wanted
  return (
    (status ?? record.status) === record.status &&
    (account ?? record.account) === record.account &&
    (profile ?? record.profile)?.toLowerCase() === record.profile?.toLowerCase() &&
    (serial ?? record.serial) === record.serial &&
    (subject === undefined || record.subject?.toLowerCase().includes(subject.toLowerCase()) === true) &&
    (ends === undefined ||
      (record.notAfter !== undefined && record.notAfter >= ends.from && record.notAfter < ends.before))
  )
}
