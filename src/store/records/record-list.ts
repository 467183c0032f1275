import type { DenialReason } from '../../pki/authority.js'
import type { RecordFilter, RecordStatus, RecordSummary, RevocationReason } from '../../pki/ca/records/store.js'
import { formatName } from '../../pki/x509/name.js'
import type { Octets } from '../../../bindings/octets/octets.js'
import type { Queryable, SqlValue } from '../database/database.js'

interface SummaryRow {
  readonly id: number
  readonly account: string
  readonly method: string
  readonly submitted_at: Date
  readonly profile: string | null
  readonly subject_text: string | null
  /** Name, DER: only in rows of an older version, which kept no text of it. */
  readonly subject: Octets | null
  readonly renews: string | null
  readonly status: RecordStatus
  readonly reason: DenialReason | null
  readonly serial: string | null
  readonly not_after: Date | null
  readonly revoked_at: Date | null
  readonly revocation_reason: RevocationReason | null
}

/** What a request with a status meets, so that an index can find it. */
const MEETS: Readonly<Record<RecordStatus, string>> = {
  pending: `r.status = 'pending'`,
  denied: `r.status = 'denied'`,
  issued: `r.status = 'issued' AND c.revoked_at IS NULL`,
  held: `c.revocation_reason = 'certificateHold'`,
  revoked: `c.revoked_at IS NOT NULL AND c.revocation_reason <> 'certificateHold'`,
}

const STATUS = `
  CASE WHEN c.revocation_reason = 'certificateHold' THEN 'held' WHEN c.revoked_at IS NOT NULL THEN 'revoked' ELSE r.status END`

/** A page of requests with their certificates, oldest first. No request, certificate or key is read. */
export async function listRecords(database: Queryable, filter: RecordFilter): Promise<readonly RecordSummary[]> {
  const { status, account, profile, serial, subject, ends, after = '0', limit } = filter
  const parameters: SqlValue[] = []
  const add = (value: SqlValue): string => `$${String(parameters.push(value))}`
  const conditions = [
    `r.id > ${add(Number(after))}`,
    status && MEETS[status],
    account && `r.account = ${add(account)}`,
    profile && `lower(r.profile) = lower(${add(profile)})`,
    serial && `c.serial = ${add(serial)}`,
    subject && `position(lower(${add(subject)}) IN lower(r.subject_text)) > 0`,
    ends && `c.not_after >= ${add(ends.from)} AND c.not_after < ${add(ends.before)}`,
  ].filter((condition) => condition !== undefined && condition !== '')
  const rows = await database.query<SummaryRow>(
    `SELECT r.id, r.account, r.method, r.submitted_at, r.profile, r.renews, r.reason, ${STATUS} AS status, r.subject_text,
       CASE WHEN r.subject_text IS NULL THEN r.subject END AS subject,
       c.serial, c.not_after, c.revoked_at, c.revocation_reason
     FROM uprove.requests r LEFT JOIN uprove.certificates c ON c.request_id = r.id
     WHERE ${conditions.join(' AND ')} ORDER BY r.id LIMIT ${add(limit)}`,
    parameters,
  )
  return rows.map(summaryOf)
}

function summaryOf(row: SummaryRow): RecordSummary {
  const { account, method, status, subject, revoked_at: at, revocation_reason: reason } = row
  return {
    requestId: String(row.id),
    status,
    account,
    method,
    submittedAt: row.submitted_at,
    profile: row.profile ?? undefined,
    subject: row.subject_text ?? (subject === null ? undefined : formatName(subject)),
    renews: row.renews ?? undefined,
    reason: row.reason ?? undefined,
    serial: row.serial ?? undefined,
    notAfter: row.not_after ?? undefined,
    revocation: at === null || reason === null ? undefined : { at, reason },
  }
}
