import { CaError } from '../../pki/ca/errors.js'
import type {
  AuthorityStore,
  CertificateContent,
  CertificateKind,
  CrlSummary,
  Decision,
  NewCertificate,
  NewRequest,
  RecordFilter,
  RecordSummary,
  RequestEvent,
  Revocation,
  RevocationReason,
  RevokedSerial,
  StoredCertificate,
  StoredCrl,
  StoredRequest,
} from '../../pki/ca/records/store.js'
import type { DenialReason } from '../../pki/authority.js'
import { formatName } from '../../pki/x509/name.js'
import type { Octets } from '../../../bindings/octets/octets.js'
import { onlyRow, type Database, type Queryable, type SqlValue } from '../database/database.js'
import { StoreError } from '../errors.js'
import { listRecords } from './record-list.js'

interface CertificateRow {
  readonly serial: string
  readonly kind: CertificateKind
  readonly certificate: Octets
  readonly key_fingerprint: string | null
  readonly not_before: Date
  readonly not_after: Date
  readonly revoked_at: Date | null
  readonly revocation_reason: RevocationReason | null
  /** Of the request that it answers. */
  readonly id: number | null
  readonly profile: string | null
  readonly account: string | null
}

interface RevokedRow {
  readonly serial: string
  readonly at: Date
  readonly reason: RevocationReason
}

interface CrlRow {
  readonly number: number
  readonly revision: number
  readonly this_update: Date
  readonly next_update: Date
}

/** The row of an outer join that found nothing. */
type Absent<T> = { readonly [K in keyof T]: null }

type Nullable<T> = { readonly [K in keyof T]: T[K] | null }

interface RequestRow extends Nullable<CertificateRow> {
  readonly id: number
  readonly der: Octets
  readonly account: string
  readonly method: string
  readonly submitted_at: Date
  readonly idempotence_key: string | null
  readonly renews: string | null
  readonly query_token: string | null
  readonly public_key: Octets | null
  readonly subject: Octets | null
  readonly subject_alternative_name: Octets | null
  readonly sid: string | null
  readonly status: 'pending' | 'issued' | 'denied'
  readonly reason: DenialReason | null
  readonly error_code: number | null
  readonly decided_at: Date | null
  readonly operator: string | null
}

const CERTIFICATE = `c.serial, c.kind, c.der AS certificate, c.key_fingerprint, c.not_before, c.not_after, c.revoked_at, c.revocation_reason`
const CERTIFICATES = `
  SELECT ${CERTIFICATE}, r.id, r.profile, r.account
  FROM uprove.certificates c LEFT JOIN uprove.requests r ON r.id = c.request_id`
const REQUESTS = `
  SELECT r.*, ${CERTIFICATE}
  FROM uprove.requests r LEFT JOIN uprove.certificates c ON c.request_id = r.id`
/** Rows of a page of revoked certificates: a few milliseconds to read. */
const REVOKED_PAGE = 2_000

/** Locks the authority's only row, so that writers take turns. */
const TAKE_TURN = 'SELECT exchange_serial FROM uprove.authority FOR UPDATE'

/** The records of a certificate authority, in a database. */
export class AuthorityRecords implements AuthorityStore {
  constructor(private readonly database: Database) {}

  /** Throws `CaError` (`ca/serial-in-use`), as all methods that keep certificates do. */
  insert(request: NewRequest, decision?: Decision, archivedKey?: Octets): Promise<StoredRequest> {
    const { content, idempotenceKey = null } = request
    const [reason, errorCode] = reasonOf(decision)
    return this.database.transaction(async (transaction) => {
      // Checked first, so that a repeated request uses up no number. The conflict below handles two at once.
      const known = await oneRequest(transaction, 'WHERE r.idempotence_key = $1', idempotenceKey)
      if (known !== undefined) return known
      const [inserted] = await transaction.query<{ id: number }>(
        `INSERT INTO uprove.requests (der, account, method, submitted_at, idempotence_key, renews, query_token,
           profile, public_key, subject, subject_text, subject_alternative_name, sid,
           status, reason, error_code, decided_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
         ON CONFLICT (idempotence_key) DO NOTHING RETURNING id`,
        [
          request.der,
          request.account,
          request.method,
          request.submittedAt,
          idempotenceKey,
          request.renews ?? null,
          request.queryToken ?? null,
          content?.profile ?? null,
          content?.publicKey ?? null,
          content?.subject ?? null,
          content === undefined ? null : formatName(content.subject),
          content?.subjectAlternativeName ?? null,
          content?.sid ?? null,
          decision?.status ?? 'pending',
          reason,
          errorCode,
          decision === undefined ? null : request.submittedAt,
        ],
      )
      if (inserted === undefined) {
        return (await oneRequest(transaction, 'WHERE r.idempotence_key = $1', idempotenceKey))!
      }
      const { id } = inserted
      // Nobody has a certificate for the key of a denied request.
      if (archivedKey !== undefined && decision?.status !== 'denied') {
        const sql = `INSERT INTO uprove.archived_keys (request_id, envelope) VALUES ($1, $2)`
        await transaction.query(sql, [id, archivedKey])
      }
      if (decision?.status === 'issued') await keepCertificate(transaction, decision.certificate, id)
      return (await oneRequest(transaction, 'WHERE r.id = $1', id))!
    })
  }

  async findRequest(requestId: string): Promise<StoredRequest | undefined> {
    const id = idOf(requestId)
    return id === undefined ? undefined : oneRequest(this.database, 'WHERE r.id = $1', id)
  }

  findByIdempotenceKey(key: string): Promise<StoredRequest | undefined> {
    return oneRequest(this.database, 'WHERE r.idempotence_key = $1', key)
  }

  async findRenewals(serial: string): Promise<readonly StoredRequest[]> {
    const rows = await this.database.query<RequestRow>(`${REQUESTS} WHERE r.renews = $1 ORDER BY r.id`, [serial])
    return rows.map(storedRequest)
  }

  list(filter: RecordFilter): Promise<readonly RecordSummary[]> {
    return listRecords(this.database, filter)
  }

  async decide(requestId: string, decision: Decision, event: RequestEvent): Promise<StoredRequest | undefined> {
    const id = idOf(requestId)
    if (id === undefined) return undefined
    return this.database.transaction(async (transaction) => {
      const sql = `SELECT status FROM uprove.requests WHERE id = $1 FOR UPDATE`
      const [row] = await transaction.query<{ status: string }>(sql, [id])
      if (row?.status === 'pending') await keepDecision(transaction, id, decision, event)
      return oneRequest(transaction, 'WHERE r.id = $1', id)
    })
  }

  findCertificate(serial: string): Promise<StoredCertificate | undefined> {
    return oneCertificate(this.database, 'WHERE c.serial = $1', [serial])
  }

  async findByKey(
    keyFingerprint: string,
    { compromised = false }: { readonly compromised?: boolean } = {},
  ): Promise<readonly StoredCertificate[]> {
    const rows = await this.database.query<CertificateRow>(
      `${CERTIFICATES} WHERE (c.key_fingerprint = $1 OR c.key_fingerprint IS NULL)
         AND (NOT $2 OR c.revocation_reason = 'keyCompromise')
       ORDER BY c.not_before, c.serial`,
      [keyFingerprint, compromised],
    )
    return rows.map(storedCertificate)
  }

  async findArchivedKey(serial: string): Promise<Octets | undefined> {
    const [row] = await this.database.query<{ envelope: Octets }>(
      `SELECT k.envelope FROM uprove.archived_keys k
       JOIN uprove.certificates c ON c.request_id = k.request_id WHERE c.serial = $1`,
      [serial],
    )
    return row?.envelope
  }

  async insertCertificate(certificate: NewCertificate): Promise<void> {
    await this.database.transaction((transaction) => keepCertificate(transaction, certificate, null))
  }

  exchangeCertificate(): Promise<StoredCertificate | undefined> {
    return oneCertificate(this.database, 'JOIN uprove.authority a ON a.exchange_serial = c.serial', [])
  }

  replaceExchangeCertificate(certificate: NewCertificate, replaced: string | undefined): Promise<StoredCertificate> {
    return this.database.transaction(async (transaction) => {
      const [turn] = await transaction.query<{ exchange_serial: string | null }>(TAKE_TURN)
      const current = turn?.exchange_serial ?? undefined
      if (current === replaced) {
        await keepCertificate(transaction, certificate, null)
        await transaction.query(`UPDATE uprove.authority SET exchange_serial = $1`, [certificate.serial])
      }
      const serial = current === replaced ? certificate.serial : current!
      return (await oneCertificate(transaction, 'WHERE c.serial = $1', [serial]))!
    })
  }

  revoke(serial: string, { at, reason }: Revocation): Promise<StoredCertificate | undefined> {
    return this.database.transaction(async (transaction) => {
      await transaction.query(TAKE_TURN)
      const [revoked] = await transaction.query(
        `UPDATE uprove.certificates SET revoked_at = coalesce(revoked_at, $2), revocation_reason = $3
         WHERE serial = $1
           AND (revoked_at IS NULL
             OR (revocation_reason <> $3 AND (revocation_reason = 'certificateHold' OR $3 = 'keyCompromise')))
         RETURNING 1 AS revoked`,
        [serial, at, reason],
      )
      if (revoked !== undefined) await transaction.query(`UPDATE uprove.authority SET revision = revision + 1`)
      return oneCertificate(transaction, 'WHERE c.serial = $1', [serial])
    })
  }

  unrevoke(serial: string): Promise<StoredCertificate | undefined> {
    return this.database.transaction(async (transaction) => {
      await transaction.query(TAKE_TURN)
      const [released] = await transaction.query(
        `UPDATE uprove.certificates SET revoked_at = NULL, revocation_reason = NULL
         WHERE serial = $1 AND revocation_reason = 'certificateHold' RETURNING 1 AS released`,
        [serial],
      )
      if (released !== undefined) await transaction.query(`UPDATE uprove.authority SET revision = revision + 1`)
      return oneCertificate(transaction, 'WHERE c.serial = $1', [serial])
    })
  }

  /** In pages, since a driver reads the rows of one answer without a pause. */
  listRevoked(notAfterFrom: Date): Promise<{ revision: number; revoked: readonly RevokedSerial[] }> {
    return this.database.transaction(async (transaction) => {
      // All statements see one snapshot.
      await transaction.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ')
      const { revision } = onlyRow(
        await transaction.query<{ revision: number }>('SELECT revision FROM uprove.authority'),
      )
      const revoked: RevokedSerial[] = []
      for (let [page, after] = [REVOKED_PAGE, '']; page === REVOKED_PAGE; after = revoked.at(-1)?.serial ?? '') {
        const rows = await transaction.query<RevokedRow>(
          `SELECT serial, revoked_at AS at, revocation_reason AS reason FROM uprove.certificates
           WHERE revoked_at IS NOT NULL AND not_after >= $1 AND serial > $2 ORDER BY serial LIMIT ${String(REVOKED_PAGE)}`,
          [notAfterFrom, after],
        )
        for (const { serial, at, reason } of rows) revoked.push({ serial, revocation: { at, reason } })
        page = rows.length
      }
      return { revision, revoked }
    })
  }

  async latestCrl(): Promise<{ revision: number; crl?: CrlSummary }> {
    const row = onlyRow(
      await this.database.query<{ current: number } & (CrlRow | Absent<CrlRow>)>(
        `SELECT a.revision AS current, l.number, l.revision, l.this_update, l.next_update
         FROM uprove.authority a LEFT JOIN uprove.crl l ON true`,
      ),
    )
    if (row.number === null) return { revision: row.current }
    const { current, number, revision, this_update: thisUpdate, next_update: nextUpdate } = row
    return { revision: current, crl: { number, revision, thisUpdate, nextUpdate } }
  }

  async findCrl(number: number): Promise<Octets | undefined> {
    const sql = `SELECT der FROM uprove.crl WHERE number = $1`
    const [row] = await this.database.query<{ der: Octets }>(sql, [number])
    return row?.der
  }

  publishCrl(
    { number, revision, der, thisUpdate, nextUpdate }: StoredCrl,
    replaced: number | undefined,
  ): Promise<boolean> {
    return this.database.transaction(async (transaction) => {
      await transaction.query(TAKE_TURN)
      const rows = await transaction.query(
        `INSERT INTO uprove.crl AS old (number, revision, der, this_update, next_update)
         SELECT $1::bigint, $2::bigint, $3, $4, $5
         WHERE $6::bigint IS NULL OR EXISTS (SELECT FROM uprove.crl)
         ON CONFLICT (only_one) DO UPDATE SET
           number = excluded.number, revision = excluded.revision, der = excluded.der,
           this_update = excluded.this_update, next_update = excluded.next_update
         WHERE old.number = $6::bigint AND excluded.number > old.number AND excluded.revision >= old.revision
         RETURNING 1 AS published`,
        [number, revision, der, thisUpdate, nextUpdate, replaced ?? null],
      )
      return rows.length > 0
    })
  }
}

async function keepDecision(
  transaction: Queryable,
  id: number,
  decision: Decision,
  { at, operator = null }: { readonly at: Date; readonly event: string; readonly operator?: string | null },
): Promise<void> {
  const [reason, errorCode] = reasonOf(decision)
  await transaction.query(
    `UPDATE uprove.requests SET status = $2, reason = $3, error_code = $4, decided_at = $5, operator = $6 WHERE id = $1`,
    [id, decision.status, reason, errorCode, at, operator],
  )
  if (decision.status === 'issued') await keepCertificate(transaction, decision.certificate, id)
  // Nobody has a certificate for it.
  else await transaction.query(`DELETE FROM uprove.archived_keys WHERE request_id = $1`, [id])
}

/** Why a request is denied: the reason and the error code. */
function reasonOf(decision: Decision | undefined): readonly [DenialReason, number] | readonly [null, null] {
  return decision?.status === 'denied' ? [decision.reason, decision.errorCode] : [null, null]
}

async function keepCertificate(
  transaction: Queryable,
  {
    serial,
    kind,
    der,
    keyFingerprint = null,
    notBefore,
    notAfter,
  }: Nullable<Pick<NewCertificate, 'keyFingerprint'>> & Omit<NewCertificate, 'keyFingerprint'>,
  requestId: number | null,
): Promise<void> {
  const rows = await transaction.query(
    `INSERT INTO uprove.certificates (serial, kind, der, key_fingerprint, not_before, not_after, request_id)
     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (serial) DO NOTHING RETURNING 1 AS kept`,
    [serial, kind, der, keyFingerprint, notBefore, notAfter, requestId],
  )
  if (rows.length === 0) throw new CaError('ca/serial-in-use')
}

async function oneRequest(database: Queryable, where: string, parameter: SqlValue): Promise<StoredRequest | undefined> {
  const [row] = await database.query<RequestRow>(`${REQUESTS} ${where}`, [parameter])
  return row && storedRequest(row)
}

async function oneCertificate(
  database: Queryable,
  where: string,
  parameters: readonly SqlValue[],
): Promise<StoredCertificate | undefined> {
  const [row] = await database.query<CertificateRow>(`${CERTIFICATES} ${where}`, parameters)
  return row && storedCertificate(row)
}

/** The number of a request id; undefined for other texts. */
function idOf(requestId: string): number | undefined {
  return /^[1-9]\d{0,9}$/.test(requestId) ? Number(requestId) : undefined
}

function hasCertificate<T extends Nullable<CertificateRow>>(row: T): row is T & CertificateRow {
  return row.serial !== null
}

function storedRequest(row: RequestRow): StoredRequest {
  const { der, account, method, submitted_at: submittedAt } = row
  const submitted: RequestEvent = { at: submittedAt, event: 'submitted' }
  return {
    requestId: String(row.id),
    der,
    account,
    method,
    submittedAt,
    idempotenceKey: row.idempotence_key ?? undefined,
    renews: row.renews ?? undefined,
    queryToken: row.query_token ?? undefined,
    content: contentOf(row),
    outcome: outcomeOf(row),
    history: row.status === 'pending' ? [submitted] : [submitted, decisionOf(row, row.status)],
  }
}

function decisionOf({ decided_at: at, operator }: RequestRow, event: 'issued' | 'denied'): RequestEvent {
  return { at: at!, event, operator: operator ?? undefined }
}

function contentOf(row: RequestRow): CertificateContent | undefined {
  const { profile, public_key: publicKey, subject, subject_alternative_name: alternative } = row
  if (profile === null || publicKey === null || subject === null) return undefined
  return { profile, publicKey, subject, subjectAlternativeName: alternative ?? undefined, sid: row.sid ?? undefined }
}

function outcomeOf(row: RequestRow): StoredRequest['outcome'] {
  if (row.status === 'pending') return { status: 'pending' }
  if (row.status === 'denied') return { status: 'denied', reason: row.reason!, errorCode: row.error_code! }
  if (!hasCertificate(row)) throw new StoreError('store/failed')
  return { status: 'issued', certificate: storedCertificate(row) }
}

function storedCertificate(row: CertificateRow): StoredCertificate {
  const { serial, kind, certificate, not_before: notBefore, not_after: notAfter } = row
  const { revoked_at: at, revocation_reason: reason } = row
  return {
    serial,
    kind,
    der: certificate,
    keyFingerprint: row.key_fingerprint ?? undefined,
    notBefore,
    notAfter,
    revocation: at === null || reason === null ? undefined : { at, reason },
    requestId: row.id === null ? undefined : String(row.id),
    profile: row.profile ?? undefined,
    account: row.account ?? undefined,
  }
}
